"""Asks the training library for its predictions, row classes with bad rows included.

A library refuses a whole table when one of its rows is bad. Which row it was is found by halving,
so that every row has either the library's prediction or the library's refusal.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from converters.contract import Contract
from converters.family import Family, Request
from pmml_pipeline.parity.rows import Columns

REASONS_KEPT = 50

# Some rows with their predictions, or one row with the library's words.
_Part = tuple[npt.NDArray[np.intp], "dict[str, npt.NDArray[Any]] | str"]


@dataclass(slots=True)
class Predictions:
    """What the library made of some rows.

    Attributes:
        values: by result name, each of shape (rows,); rows that were refused hold NaN or None.
        refused: shape (rows,), by the library or the contract.
        reasons: why, by row, for the first refusals.
        by_contract: rows that the contract refuses; the library was not asked.
    """

    values: dict[str, npt.NDArray[Any]]
    refused: npt.NDArray[np.bool_]
    reasons: dict[int, str]
    by_contract: frozenset[int]


class Oracle:
    """A fitted model as its own library runs it.

    Args:
        family: of the model.
        fitted: the model.
        request: of the conversion; its sample gives the form in which the library sees every row.

    Attributes:
        contract: what the exporter refuses. Rows that it refuses are not asked about.
    """

    def __init__(self, family: Family, fitted: object, request: Request) -> None:
        self._family = family
        self._fitted = fitted
        self._request = request
        self.contract = Contract()

    def predict(self, columns: Columns, suspects: Collection[int] = ()) -> Predictions:
        """The library's predictions for rows given as columns.

        Args:
            columns: the rows.
            suspects: rows that will probably be refused. They are asked about one by one, which
                spares the halving; the outcome is the same.
        """
        frame = self._frame(columns)
        declared = self._declared(columns, len(frame))
        asked = np.setdiff1d(np.arange(len(frame)), list(declared))
        apart = np.intersect1d(asked, list(suspects))
        parts: list[_Part] = []
        # One thread: more threads than free cores make short predictions many times slower.
        with warnings.catch_warnings(), threadpool_limits(limits=1):
            # Overflow, unknown categories: provoked here on purpose, thousands of times.
            warnings.simplefilter("ignore")
            self._ask(frame, np.setdiff1d(asked, apart), parts)
            for row in apart:
                self._ask(frame, np.array([row]), parts)
        shapes = next((found for _, found in parts if isinstance(found, dict)), {})
        values = {name: _empty(len(frame), array.dtype) for name, array in shapes.items()}
        refused = np.zeros(len(frame), dtype=bool)
        refused[list(declared)] = True
        reasons = dict(list(declared.items())[:REASONS_KEPT])
        for rows, found in parts:
            if isinstance(found, str):
                refused[rows] = True
                if len(reasons) < 2 * REASONS_KEPT:
                    reasons[int(rows[0])] = found
                continue
            for name, array in found.items():
                values[name][rows] = array
        for name, array in values.items():
            # NaN and infinity are no predictions: nothing that may be served.
            if array.dtype.kind == "f":
                for row in np.flatnonzero(~np.isfinite(array) & ~refused):
                    reasons.setdefault(int(row), f"its {name} is {array[row]}")
                refused |= ~np.isfinite(array)
        return Predictions(values, refused, reasons, frozenset(declared))

    def accepts(self, record: Mapping[str, Any]) -> bool:
        """Whether the library predicts something for one record."""
        found = self.predict({name: [value] for name, value in record.items()})
        return not found.refused[0]

    def _declared(self, columns: Columns, rows: int) -> dict[int, str]:
        """Why the contract refuses rows, by row."""
        found: dict[int, str] = {}
        for name in sorted(self.contract.fields & columns.keys()):
            for row, value in enumerate(columns[name]):
                reason = self.contract.refusal(name, value)
                if reason is not None:
                    found.setdefault(row, reason)
        return found

    def _ask(self, frame: pd.DataFrame, rows: npt.NDArray[np.intp], parts: list[_Part]) -> None:
        """Predictions for the rows, in two halves when the library refuses them together."""
        if not len(rows):
            return
        try:
            found = self._family.predict(self._fitted, frame.iloc[rows], self._request)
        except Exception as error:  # noqa: BLE001 - libraries refuse with whatever they like
            if len(rows) == 1:
                first = (str(error).strip().splitlines() or [""])[0]
                parts.append((rows, f"{type(error).__name__}: {first[:200]}"))
                return
            middle = len(rows) // 2
            self._ask(frame, rows[:middle], parts)
            self._ask(frame, rows[middle:], parts)
            return
        parts.append((rows, found))

    def _frame(self, columns: Columns) -> pd.DataFrame:
        """Rows as Python objects; the family gives them the dtypes of training."""
        sample = self._request.sample
        return pd.DataFrame(
            {name: pd.Series(columns[name], dtype=object) for name in sample.columns}
        ).assign(**{name: _marked(columns[name], sample[name]) for name in _texts(sample)})


def _texts(sample: pd.DataFrame) -> list[str]:
    return [name for name in sample.columns if sample[name].dtype == object]


def _marked(values: Sequence[Any], trained: pd.Series) -> pd.Series:
    """A column of objects whose missing values look as they did in training.

    A library may tell None from NaN (scikit-learn's encoders have a category for each).
    """
    mark = next((v for v in trained if _is_missing(v)), np.nan)
    return pd.Series([mark if v is None else v for v in values], dtype=object)


def _empty(rows: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if dtype.kind == "f":
        return np.full(rows, np.nan, dtype=dtype)
    return np.full(rows, None, dtype=object)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def columns_of(frame: pd.DataFrame) -> Columns:
    """Rows as columns of JSON values: what a record would bring. NaN and NA become None."""
    return {str(name): [_plain(v) for v in frame[name].tolist()] for name in frame.columns}


def _plain(value: Any) -> Any:
    if _is_missing(value) or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value

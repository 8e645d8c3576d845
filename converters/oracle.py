"""Asks the training library for its predictions, row classes with bad rows included.

A library refuses a whole table when one of its rows is bad. Which row it was is found by halving,
so that every row has either the library's prediction or the library's refusal.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
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

# A stretch of rows with their predictions, or one row with the library's words.
_Part = tuple[int, int, "dict[str, npt.NDArray[Any]] | str"]


@dataclass(slots=True)
class Predictions:
    """What the library made of some rows.

    Attributes:
        values: by result name, each of shape (rows,); rows that were refused hold NaN or None.
        refused: shape (rows,).
        reasons: the library's words, by row, for the first refusals.
    """

    values: dict[str, npt.NDArray[Any]]
    refused: npt.NDArray[np.bool_]
    reasons: dict[int, str]


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

    def predict(self, columns: Columns) -> Predictions:
        """The library's predictions for rows given as columns."""
        frame = self._frame(columns)
        declared = self._declared(columns, len(frame))
        asked = np.setdiff1d(np.arange(len(frame)), list(declared))
        parts: list[_Part] = []
        # One thread: more threads than free cores make short predictions many times slower.
        with warnings.catch_warnings(), threadpool_limits(limits=1):
            # Overflow, unknown categories: provoked here on purpose, thousands of times.
            warnings.simplefilter("ignore")
            self._halve(frame.iloc[asked], 0, len(asked), parts)
        shapes = next((found for _, _, found in parts if isinstance(found, dict)), {})
        values = {name: _empty(len(frame), array.dtype) for name, array in shapes.items()}
        refused = np.zeros(len(frame), dtype=bool)
        refused[list(declared)] = True
        reasons = dict(list(declared.items())[:REASONS_KEPT])
        for start, stop, found in parts:
            rows = asked[start:stop]
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
        return Predictions(values, refused, reasons)

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

    def _halve(
        self,
        frame: pd.DataFrame,
        start: int,
        stop: int,
        parts: list[_Part],
    ) -> None:
        if start == stop:
            return
        try:
            found = self._family.predict(self._fitted, frame.iloc[start:stop], self._request)
        except Exception as error:  # noqa: BLE001 - libraries refuse with whatever they like
            if stop - start == 1:
                text = str(error).strip().splitlines()
                parts.append((start, stop, f"{type(error).__name__}: {(text or [''])[0][:200]}"))
                return
            middle = (start + stop) // 2
            self._halve(frame, start, middle, parts)
            self._halve(frame, middle, stop, parts)
            return
        parts.append((start, stop, found))

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

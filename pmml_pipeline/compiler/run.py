"""Runs the stages of a plan over columns: first the program, then the functions of texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.host import Call, result_of
from pmml_pipeline.compiler.limits import Allowance, LimitError
from pmml_pipeline.compiler.program import Stage
from pmml_pipeline.compiler.terms import TermCall

Column = npt.NDArray[np.float64]
# Whole numbers up to so many times the rows are counted off; larger ones are sorted.
_AS_MANY = 16
Execute = Callable[[int, Sequence[Column], int], Sequence[Column]]


class TextTable:
    """Texts by number, for one call: those of the document, and the others as they come.

    Args:
        texts: of the document.
        codes: their numbers.
    """

    def __init__(self, texts: Sequence[str], codes: dict[str, float]) -> None:
        self._texts = texts
        self._codes = codes
        self._extras: list[str] = []
        self._extra_codes: dict[str, float] = {}
        self._allowance = Allowance()

    def code(self, text: str) -> float:
        """The number of a text."""
        code = self._codes.get(text)
        if code is None:
            code = self._extra_codes.get(text)
        if code is None:
            code = self._extra_codes[text] = float(len(self._texts) + len(self._extras))
            self._extras.append(text)
        return code

    def made(self, text: str) -> float:
        """The number of a text that a function made.

        Raises:
            LimitError: it or all of them are too long.
        """
        if text not in self._codes and text not in self._extra_codes:
            self._allowance.take(len(text))
        return self.code(text)

    def text(self, code: float) -> str:
        """The text of a number."""
        at, known = int(code), len(self._texts)
        return self._texts[at] if at < known else self._extras[at - known]


def run_stages(
    stages: Sequence[Stage],
    columns: dict[int, Column],
    rows: int,
    table: TextTable,
    errors: dict[int, str],
    execute: Execute,
) -> Sequence[Column]:
    """The outputs of the last stage.

    Args:
        stages: of the plan.
        columns: the inputs by number; what the stages make is added.
        rows: how many rows there are.
        table: the texts of this call.
        errors: by row, what a function of texts could not do; is added to.
        execute: runs the program of a stage, named by its position.
    """
    outputs: Sequence[Column] = ()
    for position, stage in enumerate(stages):
        outputs = execute(position, [columns[c] for c in stage.reads], rows)
        columns.update(zip(stage.writes, outputs, strict=True))
        for call in stage.calls:
            if isinstance(call, TermCall):
                counts = _counted(call, columns, rows, table, errors)
                columns.update(zip(call.targets, counts, strict=True))
            else:
                columns[call.target] = _called(call, columns, rows, table, errors)
    return outputs


def _called(
    call: Call, columns: dict[int, Column], rows: int, table: TextTable, errors: dict[int, str]
) -> Column:
    """A function's results: once for every distinct combination of its arguments."""
    distinct, inverse = _distinct([columns[s] for s in call.sources], rows)
    found = np.full(len(distinct), np.nan)
    for at, numbers in enumerate(distinct):
        try:
            found[at] = result_of(call.function, call.parameters, call.source_types, numbers, table)
        except (ValueError, OverflowError) as error:
            if call.forgiving and not isinstance(error, LimitError):
                continue
            for row in np.flatnonzero(inverse == at).tolist():
                errors.setdefault(row, str(error))
    return found[inverse]


def _counted(
    call: TermCall, columns: dict[int, Column], rows: int, table: TextTable, errors: dict[int, str]
) -> Column:
    """The weights of terms, of shape (terms, rows): each distinct text is read once."""
    distinct, inverse = _distinct([columns[s] for s in call.sources], rows)
    found = np.full((len(distinct), len(call.targets)), np.nan)
    for at, (code,) in enumerate(distinct):
        if code != code:
            continue
        try:
            found[at] = call.index.count(table.text(code))
        except ValueError as error:
            for row in np.flatnonzero(inverse == at).tolist():
                errors.setdefault(row, str(error))
    return np.ascontiguousarray(found[inverse].T)


def _distinct(
    columns: Sequence[Column], rows: int
) -> tuple[list[tuple[float, ...]], npt.NDArray[np.int64]]:
    """The distinct rows of some columns, and which of them each row is.

    Numbers are told apart by their bits, so that what a row gives is what it gives alone.
    """
    if not columns:
        return [()], np.zeros(rows, dtype=np.int64)
    combined, count = _places(columns[0])
    for column in columns[1:]:
        places, others = _places(column)
        combined, count = _counted_off(combined * others + places, count * others)
    first = np.empty(count, dtype=np.int64)
    first[combined[::-1]] = np.arange(rows - 1, -1, -1)  # what is assigned last stays
    return list(zip(*(c[first].tolist() for c in columns), strict=True)), combined


def _places(column: Column) -> tuple[npt.NDArray[np.int64], int]:
    """Which of the distinct values each is, and how many there are."""
    missing = np.isnan(column)
    bound = _AS_MANY * len(column)
    whole = np.where((column >= 0) & (column < bound), column, -1.0).astype(np.int64)
    # Bits and not values are compared: -0.0 is another value than 0.
    same = whole.astype(np.float64).view(np.int64) == column.view(np.int64)
    if (missing | (same & (whole >= 0))).all():
        last = int(whole.max(initial=-1)) + 1
        return _counted_off(np.where(missing, last, whole), last + 1)
    values, places = np.unique(column.view(np.int64), return_inverse=True)
    return places, len(values)


def _counted_off(numbers: npt.NDArray[np.int64], bound: int) -> tuple[npt.NDArray[np.int64], int]:
    """Whole numbers from 0 to below a bound as their places among the distinct ones."""
    if bound > _AS_MANY * len(numbers) + 1:
        values, places = np.unique(numbers, return_inverse=True)
        return places, len(values)
    there = np.zeros(bound, dtype=np.bool_)
    there[numbers] = True
    places = np.cumsum(there) - 1
    return places[numbers], int(places[-1]) + 1

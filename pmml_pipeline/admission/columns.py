"""A table, column by column: the same checks as for a record, over many rows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.admission.cells import (
    INTEGER_MISSING,
    LARGEST,
    Cell,
    RefusedError,
    cell_reader,
    missing_marks,
    validity,
)
from pmml_pipeline.admission.records import field_error, unknown_fields
from pmml_pipeline.admission.repeated import Repeated, repeated
from pmml_pipeline.errors import DataError, FieldError, TableError
from pmml_pipeline.schema import InputField


@dataclass(slots=True)
class Column:
    """One field over many rows.

    Attributes:
        data: shape (rows,), not to be changed. float64 with NaN missing (double); int64 with
            ``INTEGER_MISSING`` missing (integer, boolean); int64 positions in ``levels``, -1
            missing (string).
        levels: the distinct strings of a string column; None of any other.
    """

    data: npt.NDArray[Any]
    levels: Sequence[str] | None = None


RowErrors = dict[int, list[FieldError]]


class _Checks:
    """The checks of one input, made once when the model is loaded."""

    def __init__(self, field: InputField) -> None:
        self.field = field
        self.read = cell_reader(field)
        self.marks = missing_marks(field)
        self.admits_all = validity(field) is None
        self.nothing: Cell = float("nan") if field.kind == "double" else None


class FrameAdmission:
    """The checks of a model's inputs over columns.

    Args:
        inputs: the inputs, in the order in which columns come out.
        supplementary: names of columns that a table may have although they are no inputs.
        extra_fields: ``"refuse"`` a table with any other column, or ``"ignore"`` it.
    """

    def __init__(
        self,
        inputs: Sequence[InputField],
        supplementary: Sequence[str] = (),
        extra_fields: str = "refuse",
    ) -> None:
        self.inputs = tuple(inputs)
        self._checks = [_Checks(field) for field in inputs]
        self._known = frozenset((*(field.name for field in inputs), *supplementary))
        self._refuse_extra = extra_fields == "refuse"

    def columns(
        self, table: Mapping[str, Sequence[Any] | npt.NDArray[Any]], rows: int
    ) -> tuple[list[Column], RowErrors]:
        """The checked columns, and what is wrong with which row.

        Args:
            table: a value per row for every column, each of length ``rows``.
            rows: how many rows there are.

        Returns:
            A column for every input (a refused cell is missing there), and the errors by row.

        Raises:
            TableError: a column has not one value per row.
            DataError: a required column is absent, or there is a column that is no input. Such a
                fault is the table's, not a row's.
        """
        self._check_names(table)
        errors: RowErrors = {}
        columns = []
        for checks in self._checks:
            name = checks.field.name
            raw = table.get(name)
            if raw is None:
                raw = np.full(rows, None, dtype=object)
            columns.append(_column(checks, _of_rows(name, raw, rows), errors))
        return columns, errors

    def _check_names(self, table: Mapping[str, Any]) -> None:
        errors = [
            FieldError(field.name, "missing", None, field.describe())
            for field in self.inputs
            if field.required and field.name not in table
        ]
        if self._refuse_extra:
            names = tuple(field.name for field in self.inputs)
            errors += unknown_fields((n for n in table if n not in self._known), names)
        if errors:
            raise DataError(errors)


def _of_rows(name: str, raw: Any, rows: int) -> Any:
    """The column with a value per row, and no more to it than its values.

    Raises:
        TableError: it has not one value per row. The kernels would read what lies behind it.
    """
    if isinstance(raw, np.ma.MaskedArray):
        mask, raw = np.ma.getmaskarray(raw), np.ma.getdata(raw).astype(object)
        raw[mask] = None
    elif not hasattr(raw, "__len__"):
        raw = list(raw)
    shape = raw.shape if isinstance(raw, np.ndarray) else (len(raw),)
    if shape != (rows,):
        raise TableError(
            f"the column {name!r} has the shape {shape} and there are {rows} rows",
            "give one value per row",
        )
    return raw


def _column(checks: _Checks, raw: Any, errors: RowErrors) -> Column:
    kind = checks.field.kind
    numbers = isinstance(raw, np.ndarray) and raw.dtype.kind in "fiu"
    if numbers and kind == "double":
        return Column(_doubles(checks, raw, errors))
    if numbers and kind == "integer" and raw.dtype.kind != "f" and _all_valid(checks, raw):
        return Column(raw.astype(np.int64, copy=False))
    some = repeated(raw)
    if some is not None:
        return _by_value(checks, some, errors)
    cells = _cells(checks, raw, errors)
    return _packed(kind, [*cells, checks.nothing], np.arange(len(cells)))


def _by_value(checks: _Checks, column: Repeated, errors: RowErrors) -> Column:
    """Every distinct value read once."""
    cells: list[Cell] = []
    refused: dict[int, tuple[RefusedError, Any]] = {}
    for place, value in (*enumerate(column.values), (-1, None)):
        try:
            cells.append(checks.read(value))
        except RefusedError as error:
            refused[place] = error, value
            cells.append(checks.nothing)
    for place, (why, value) in refused.items():
        for row in np.flatnonzero(column.places == place).tolist():
            errors.setdefault(row, []).append(field_error(checks.field, why, value))
    return _packed(checks.field.kind, cells, column.places)


def _packed(kind: str, cells: Sequence[Any], places: npt.NDArray[np.int64]) -> Column:
    """The column that has the cell of each place.

    Args:
        cells: of the places 0, 1, ..., and at last that of the place -1.
    """
    if kind == "double":
        return Column(np.array(cells, dtype=np.float64).take(places))
    if kind != "string":
        whole = [INTEGER_MISSING if cell is None else int(cell) for cell in cells]
        return Column(np.array(whole, dtype=np.int64).take(places))
    levels: dict[str, int] = {}
    codes = [-1 if cell is None else levels.setdefault(cell, len(levels)) for cell in cells]
    if codes == [*range(len(levels)), -1]:  # the places are the codes
        return Column(places, list(levels))
    return Column(np.array(codes, dtype=np.int64).take(places), list(levels))


def _doubles(checks: _Checks, raw: npt.NDArray[Any], errors: RowErrors) -> npt.NDArray[Any]:
    """Numbers as they stand; only the suspicious ones are looked at one by one."""
    data = raw.astype(np.float64, copy=False)
    if _all_valid(checks, data):
        return data
    data = raw.astype(np.float64)
    suspicious = np.isnan(data) if checks.field.required else np.zeros(len(data), dtype=bool)
    if not checks.admits_all:
        suspicious |= ~_surely_valid(checks.field, data)
    for mark in checks.marks:
        suspicious |= data == mark  # never of NaN, which is missing without being declared
    for row in np.flatnonzero(suspicious):
        data[row] = _read(checks, raw[row].item(), int(row), errors)
    return data


def _all_valid(checks: _Checks, data: npt.NDArray[Any]) -> bool:
    """Whether all lie strictly inside one interval, or anywhere where there is none to be in, and
    none of them is missing. To know the smallest and the largest of them is enough for that."""
    if not len(data):
        return True
    field = checks.field
    low, high = data.min().item(), data.max().item()
    if low != low:
        return False
    if field.kind == "integer" and not -LARGEST <= low <= high <= LARGEST:
        return False
    if any(low <= mark <= high for mark in checks.marks):
        return False
    if checks.admits_all:
        return True
    ends = np.array([low, high], dtype=np.float64)
    return len(field.intervals) == 1 and bool(_surely_valid(field, ends).all())


def _surely_valid(field: InputField, data: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Rows that lie strictly inside an interval, when that decides their validity."""
    sure: npt.NDArray[np.bool_] = np.isnan(data) & (not field.required)
    if field.invalid_values:
        return sure
    single = field.data_type == "float"
    with np.errstate(over="ignore"):
        numbers = data.astype(np.float32).astype(np.float64) if single else data
    for interval in field.intervals:
        inside = ~np.isnan(data)
        margins = interval.as_float32() if single else interval
        if margins.left_margin is not None:
            inside &= numbers > margins.left_margin
        if margins.right_margin is not None:
            inside &= numbers < margins.right_margin
        sure |= inside
    return sure


def _cells(checks: _Checks, raw: Any, errors: RowErrors) -> list[Cell]:
    # An array of time stamps would become whole numbers of some unit.
    plain = isinstance(raw, np.ndarray) and raw.dtype.kind not in "mM"
    values = raw.tolist() if plain else list(raw)
    # Text repeats: each distinct text is read once. Numbers are not shared, since 1 == 1.0 == True.
    known: dict[str, Cell] = {}
    cells: list[Cell] = []
    for row, value in enumerate(values):
        text = type(value) is str
        if text and value in known:
            cells.append(known[value])
            continue
        cell = _read(checks, value, row, errors)
        if text and cell is not checks.nothing:
            known[value] = cell
        cells.append(cell)
    return cells


def _read(checks: _Checks, value: Any, row: int, errors: RowErrors) -> Cell:
    try:
        return checks.read(value)
    except RefusedError as refused:
        errors.setdefault(row, []).append(field_error(checks.field, refused, value))
        return checks.nothing

"""Columns give the same cells and the same errors as records, row by row."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline.admission import INTEGER_MISSING, Cell, Column, FrameAdmission, RecordAdmission
from pmml_pipeline.document import Interval
from pmml_pipeline.errors import DataError, FieldError
from pmml_pipeline.schema import InputField

from .values import fields, values


def cells_of(field: InputField, column: Column) -> list[Cell]:
    """A column's cells, as a record has them."""
    found: list[Cell] = column.data.tolist()
    if field.kind == "double":
        return found
    if column.levels is not None:
        assert field.kind == "string"
        return [None if c == -1 else column.levels[c] for c in column.data]
    convert = bool if field.kind == "boolean" else int
    return [None if c == INTEGER_MISSING else convert(c) for c in column.data]


def row_by_row(
    inputs: list[InputField], table: dict[str, Any], rows: int
) -> tuple[list[list[Cell] | None], dict[int, list[FieldError]]]:
    """What records make of the same rows."""
    admission = RecordAdmission(inputs)
    cells: list[list[Cell] | None] = []
    errors = {}
    for row in range(rows):
        record = {name: column[row] for name, column in table.items()}
        try:
            cells.append(admission.cells(record))
        except DataError as error:
            cells.append(None)
            errors[row] = list(error.fields)
    return cells, errors


def same(a: Any, b: Any) -> bool:
    """Equal, of one type, a NaN equal to itself and zeros told apart."""
    return type(a) is type(b) and repr(a) == repr(b)


def check(inputs: list[InputField], table: dict[str, Any], rows: int) -> None:
    """Compares the two ways."""
    columns, errors = FrameAdmission(inputs).columns(table, rows)
    expected, expected_errors = row_by_row(inputs, table, rows)
    assert errors.keys() == expected_errors.keys()
    for row, found in errors.items():
        for ours, theirs in zip(found, expected_errors[row], strict=True):
            assert (ours.field, ours.code, ours.expected) == (
                *(theirs.field, theirs.code, theirs.expected),
            )
            assert ours.value is theirs.value or repr(plain(ours.value)) == repr(
                plain(theirs.value)
            )
    by_field = [cells_of(f, c) for f, c in zip(inputs, columns, strict=True)]
    for row, cells in enumerate(expected):
        if cells is not None:
            found_cells = [column[row] for column in by_field]
            assert all(map(same, found_cells, cells)), (row, found_cells, cells)


def plain(value: Any) -> Any:
    """A NumPy scalar as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[InputField], dict[str, Any], int]:
    """Inputs of any type with columns of any values, as lists."""
    count, rows = draw(st.integers(1, 3)), draw(st.integers(0, 6))
    inputs = [draw(fields(name=f"f{i}")) for i in range(count)]
    column = st.lists(values, min_size=rows, max_size=rows)
    return inputs, {f.name: draw(column) for f in inputs}, rows


@settings(max_examples=400)
@given(tables())
def test_lists_of_anything(case: tuple[list[InputField], dict[str, Any], int]) -> None:
    check(*case)


_DTYPES = ["f8", "f4", "f2", "i8", "i1", "u8", "?", "U3"]
_NUMERIC = ("double", "float", "integer", "boolean", "string")


@st.composite
def arrays(draw: st.DrawFn) -> npt.NDArray[Any]:
    """An array of any of the types that tables have."""
    size = 8
    numbers: st.SearchStrategy[Any] = st.sampled_from(
        [0.0, -0.0, 0.1, 4.4, 1e-50, -2.5, 1e39, 5.0, 100.0, np.nan, np.inf]
    )
    dtype = np.dtype(draw(st.sampled_from(_DTYPES)))
    if dtype.kind in "iu":
        numbers = st.integers(0, 120) | st.just(int(np.iinfo(dtype.str).max))
    floats = numbers | st.floats() if dtype.kind == "f" else numbers
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array(draw(st.lists(floats, min_size=size, max_size=size))).astype(dtype)


@settings(max_examples=600)
@given(fields(types=_NUMERIC), arrays())
def test_arrays_of_numbers(field: InputField, array: npt.NDArray[Any]) -> None:
    check([field], {"x": array}, len(array))


@settings(max_examples=300)
@given(
    st.sampled_from(["double", "float"]),
    st.sampled_from(["openOpen", "closedClosed", "openClosed", "closedOpen"]),
    st.sampled_from([None, 0.0, 4.4, -1e-45, 1e-40, 3.4e38]),
    st.sampled_from([None, 0.0, 4.4, 1e-45, 1e39]),
    st.integers(-3, 3),
)
def test_arrays_at_the_margins(
    data_type: str, closure: str, low: float | None, high: float | None, steps: int
) -> None:
    margins = [m for m in (low, high, 0.0) if m is not None]
    with np.errstate(over="ignore"):
        near = np.array([np.float32(m) for m in margins])
        for _ in range(abs(steps)):
            near = np.nextafter(near, np.float32(np.copysign(np.inf, steps)))
    double = np.array([np.nextafter(m, np.copysign(np.inf, steps)) for m in margins])
    array = np.concatenate([near.astype(float), double, margins, double * 1e-30])
    intervals = (Interval(closure, low, high),)
    check(
        [InputField("x", data_type, "continuous", False, intervals=intervals)],
        {"x": array},
        len(array),
    )


def test_arrays_of_time_stamps() -> None:
    field = InputField("x", "dateTime", "categorical", False)
    for unit in ("s", "ms", "us", "ns", "D"):
        array = np.array(["2024-02-29", "NaT"], dtype=f"datetime64[{unit}]")
        (column,), errors = FrameAdmission([field]).columns({"x": array}, 2)
        assert cells_of(field, column) == ["2024-02-29T00:00:00", None]
        assert not errors


def test_a_refused_cell_is_missing_and_its_value_is_as_given() -> None:
    inputs = [InputField("x", "double", "continuous", False, values=("1",))]
    (column,), errors = FrameAdmission(inputs).columns({"x": np.array([1, 5])}, 2)
    assert column.data[0] == 1.0
    assert np.isnan(column.data[1])
    (error,) = errors[1]
    assert repr(error.value) == "5"


def test_an_optional_column_may_be_absent_and_a_required_one_may_not() -> None:
    optional = InputField("a", "string", "categorical", False)
    required = InputField("b", "date", "categorical", True)
    admission = FrameAdmission([optional, required], supplementary=("id",))
    columns, errors = admission.columns({"b": [datetime.date(2024, 2, 29)], "id": [1]}, 1)
    assert cells_of(optional, columns[0]) == [None]
    assert not errors
    with pytest.raises(DataError) as caught:
        admission.columns({"a": ["x"], "bb": ["x"]}, 1)
    assert [(e.field, e.code) for e in caught.value.fields] == [
        *(("b", "missing"), ("bb", "unknown_field")),
    ]
    assert "did you mean 'b'?" in str(caught.value)
    ignoring = FrameAdmission([optional], extra_fields="ignore")
    assert ignoring.columns({"a": ["x"], "zz": [1]}, 1)[1] == {}


def test_an_array_that_came_in_is_left_as_it_was() -> None:
    inputs = [InputField("x", "double", "continuous", False, missing_values=("-1",))]
    array = np.array([-1.0, 2.0])
    (column,), _ = FrameAdmission(inputs).columns({"x": array}, 2)
    assert np.isnan(column.data[0])
    assert array[0] == -1.0


@pytest.mark.parametrize("data_type", ["double", "float", "integer"])
def test_between_two_intervals_nothing_is_valid_though_both_ends_are(data_type: str) -> None:
    intervals = (Interval("closedClosed", 0, 2), Interval("closedClosed", 8, 10))
    field = InputField("x", data_type, "continuous", False, intervals=intervals)
    array = np.array([1, 5, 9], dtype=np.int64 if data_type == "integer" else np.float64)
    check([field], {"x": array}, 3)
    assert list(FrameAdmission([field]).columns({"x": array}, 3)[1]) == [1]

"""One value of one field: read as the declared type, or refused with the reason."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from pmml_pipeline.admission import RefusedError, cell_reader
from pmml_pipeline.schema import KINDS, InputField

from .values import MISSING, ODD, Colour, fields, values

CODES = {None, "missing", "wrong_type", "unseen_level", "out_of_range"}


def read(data_type: str, value: Any, **attributes: Any) -> Any:
    """The cell of a value of a field that admits everything of its type, or has the attributes."""
    field = InputField("x", data_type, "categorical", **{"required": False, **attributes})
    return cell_reader(field)(value)


def code(data_type: str, value: Any, **attributes: Any) -> str:
    """Why the value is refused."""
    with pytest.raises(RefusedError) as caught:
        read(data_type, value, **attributes)
    return caught.value.code


def outcome(field: InputField, value: Any) -> tuple[Any, str | None]:
    """The cell, or why there is none."""
    try:
        return cell_reader(field)(value), None
    except RefusedError as refused:
        return None, refused.code


@settings(max_examples=1_500)
@given(fields(), values)
def test_every_value_is_a_cell_of_the_type_or_refused(field: InputField, value: Any) -> None:
    cell, refusal = outcome(field, value)
    assert refusal in CODES
    if refusal is not None:
        return
    if field.kind == "double":
        assert type(cell) is float
        assert not (field.required and math.isnan(cell))
        return
    if cell is None:
        assert not field.required
        return
    types: dict[str, type] = {"integer": int, "boolean": bool, "string": str}
    assert type(cell) is types[field.kind]
    if isinstance(cell, int):
        assert -(2**63) < cell < 2**63  # the smallest number is a mark
    if isinstance(cell, str):
        cell.encode()


@settings(max_examples=500)
@given(fields(), values)
def test_a_cell_read_again_is_the_same_cell(field: InputField, value: Any) -> None:
    cell, refusal = outcome(field, value)
    if refusal is not None:
        return
    again = cell_reader(field)(cell)
    assert again == cell or (cell != cell and again != again)
    assert type(again) is type(cell)


@pytest.mark.parametrize("data_type", KINDS)
def test_missing_is_missing_for_every_type(data_type: str) -> None:
    for value in MISSING:
        cell = read(data_type, value)
        assert cell is None or math.isnan(cell), value
        assert code(data_type, value, required=True) == "missing", value


@pytest.mark.parametrize("data_type", KINDS)
def test_what_is_no_value_is_of_the_wrong_type(data_type: str) -> None:
    for value in ODD:
        assert code(data_type, value) == "wrong_type", value
        assert code(data_type, value, required=True) == "wrong_type", value


@pytest.mark.parametrize("data_type", ["double", "float"])
@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (3, 3.0),
        (True, 1.0),
        (np.bool_(False), 0.0),
        ("1.5", 1.5),
        (" -2e3 ", -2000.0),
        ("true", 1.0),
        ("FALSE", 0.0),
        ("inf", math.inf),
        (Decimal("0.1"), 0.1),
        (Fraction(1, 4), 0.25),
        (np.float32(0.1), 0.10000000149011612),
        (np.float16(0.1), 0.0999755859375),
        (np.uint64(2**64 - 1), 2.0**64),
        (2**53 + 1, 2.0**53),
        (5e-324, 5e-324),
        ("0.1000000000000000055511151231257827", 0.1),
    ],
)
def test_numbers(data_type: str, value: Any, cell: float) -> None:
    assert read(data_type, value) == cell


def test_the_sign_of_zero_is_kept() -> None:
    assert math.copysign(1, read("double", "-0.0")) == -1
    assert math.copysign(1, read("double", np.float32(-0.0))) == -1


def test_the_text_of_no_number_is_missing() -> None:
    assert math.isnan(read("double", "NaN"))
    assert code("double", "nan", required=True) == "missing"


@pytest.mark.parametrize(
    "value", ["", " ", "1_000", "１２", "٣", "1\u00a0", "0x10", "1,5", "yes", "None", "1e", "--1",
              10**400, "2024-02-29", datetime.date(2024, 2, 29), Fraction(10**400, 3)],
)  # fmt: skip
@pytest.mark.parametrize("data_type", ["double", "integer"])
def test_what_is_no_number(data_type: str, value: Any) -> None:
    assert code(data_type, value) == "wrong_type"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (True, 1),
        ("7", 7),
        ("+7", 7),
        (" 7 ", 7),
        ("7.0", 7),
        ("1e3", 1000),
        ("true", 1),
        (7.0, 7),
        (-0.0, 0),
        (np.int8(-7), -7),
        (np.float32(7), 7),
        (Decimal("7.00"), 7),
        (Fraction(14, 2), 7),
        (2**63 - 1, 2**63 - 1),
        (-(2**63) + 1, -(2**63) + 1),
        (np.uint64(2**63 - 1), 2**63 - 1),
        ("9007199254740993", 2**53 + 1),
        ("9007199254740993.0", 2**53 + 1),
        ("-9007199254740993", -(2**53) - 1),
        (Decimal("9007199254740993"), 2**53 + 1),
        (Fraction(2**55 + 4, 4), 2**53 + 1),
        ("0" * 5_000 + "1", 1),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_whole_numbers_are_exact(value: Any, cell: int) -> None:
    assert read("integer", value) == cell


@pytest.mark.parametrize(
    "value",
    [1.5, "1.5", math.inf, "inf", 2**63, -(2**63), 10**4_000, "9" * 19, "9" * 5_000, 1e300,
     Decimal("0.1"), Decimal("9007199254740993.5"), "9007199254740993.5", Fraction(1, 3),
     Fraction(2**54 + 1, 2), np.uint64(2**63), Decimal("Infinity")],
)  # fmt: skip
def test_what_is_no_whole_number_of_64_bits(value: Any) -> None:
    assert code("integer", value) == "wrong_type"


TRUE: list[Any] = [True, np.bool_(True), "true", "True", "TRUE"]
FALSE: list[Any] = [False, np.bool_(False), "false"]
NEITHER: list[Any] = [0, 1, 1.0, "1", "0", "yes", "", " true", "wahr"]


def test_truth_values() -> None:
    assert [read("boolean", value) for value in TRUE] == [True] * len(TRUE)
    assert [read("boolean", value) for value in FALSE] == [False] * len(FALSE)
    assert {code("boolean", value) for value in NEITHER} == {"wrong_type"}


NO_TEXT: list[Any] = [1, 1.0, True, b"red", datetime.date(2024, 2, 29), "\ud800", "a\udfff"]


def test_text_stays_as_it_is() -> None:
    for value in ("", " a ", "é", "e\u0301", "是", "\0", "a\nb", "\U0001f600", "x" * 10**6, "NaN"):
        assert read("string", value) == value
    assert read("string", np.str_("red")) == "red"
    assert read("string", Colour.RED) == "red"
    assert {code("string", value) for value in NO_TEXT} == {"wrong_type"}


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("2024-02-29", "2024-02-29"),
        ("20240229", "2024-02-29"),
        ("2024-02-29T00:00:00", "2024-02-29"),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (datetime.datetime(2024, 2, 29), "2024-02-29"),
        (pd.Timestamp("2024-02-29"), "2024-02-29"),
        (np.datetime64("2024-02-29"), "2024-02-29"),
        (np.datetime64("2024-02-29T00:00:00", "ns"), "2024-02-29"),
    ],
)
def test_dates(value: Any, cell: str) -> None:
    assert read("date", value) == cell
    assert read("dateTime", value) == cell + "T00:00:00"


def test_date_times_and_times() -> None:
    noon = pd.Timestamp("2024-02-29 12:00:00.123456789")
    assert read("dateTime", noon) == "2024-02-29T12:00:00.123456"
    assert read("dateTime", "2024-02-29 12:00") == "2024-02-29T12:00:00"
    assert read("time", "12:30") == "12:30:00"
    assert read("time", datetime.time(12, 30)) == "12:30:00"


def test_a_kind_of_date_time_that_is_not_pandas() -> None:
    class Moment(datetime.datetime):
        pass

    assert read("dateTime", Moment(2024, 2, 29, 12)) == "2024-02-29T12:00:00"


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        ("date", "2023-02-29"),
        ("date", "29.02.2024"),
        ("date", "2024-02-29T12:00:00"),
        ("date", datetime.datetime(2024, 2, 29, 12)),
        ("date", 20240229),
        ("date", datetime.time(12)),
        ("date", np.datetime64("2024")),
        ("date", ""),
        ("dateTime", "12:30"),
        ("dateTime", "2024-02-29T12:00:00Z"),
        ("dateTime", datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)),
        ("dateTime", pd.Timestamp("2024-02-29", tz="UTC")),
        ("dateTime", 0),
        ("time", "25:00"),
        ("time", "12:30:00+02:00"),
        ("time", datetime.time(12, tzinfo=datetime.UTC)),
        ("time", "2024-02-29"),
        ("time", datetime.datetime(2024, 2, 29, 12)),
        ("time", 12),
    ],
)
def test_what_is_no_date_or_time(data_type: str, value: Any) -> None:
    assert code(data_type, value) == "wrong_type"


@pytest.mark.parametrize("data_type", ["timeSeconds", "dateDaysSince[1970]"])
def test_days_and_seconds_are_whole_numbers_in_text(data_type: str) -> None:
    assert read(data_type, 19782) == "19782"
    assert read(data_type, "019782.0") == "19782"
    assert code(data_type, 1.5) == "wrong_type"
    assert read(data_type, 7, values=("7.0",)) == "7"

"""Values and fields of every kind, for the property tests."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from pmml_pipeline.document import Interval
from pmml_pipeline.schema import KINDS, InputField


class Colour(str, enum.Enum):  # noqa: UP042 - the old way, whose str() is not its text
    """A string that is an enumeration's member."""

    RED = "red"


MISSING = (
    *(None, float("nan"), np.float32("nan"), np.float64("nan"), pd.NA, pd.NaT),
    *(Decimal("NaN"), Decimal("sNaN"), np.datetime64("NaT"), np.datetime64("NaT", "ns")),
    np.timedelta64("NaT"),
)
ODD: tuple[Any, ...] = (
    *(b"1", bytearray(b"1"), [], [1], (1,), {}, {"a": 1}, set(), object(), object, len, ...),
    *(1j, np.complex128(1 + 2j), np.array(1), np.array([1.0]), range(3), np.timedelta64(1, "s")),
    np.timedelta64(1, "ns"),
    *(
        datetime.timedelta(1),
        np.void(b"1"),
        np.bytes_(b"1"),
        pd.Timedelta(1),
        type("NAType2", (), {})(),
    ),
)
TEXTS = (
    *(
        "",
        " ",
        "1",
        " 1 ",
        "+1",
        "-1",
        "1.0",
        "1.5",
        "1e3",
        "1e400",
        "1_000",
        "0x10",
        "１",
        "٣",
        "½",
    ),
    *(
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "true",
        "TRUE",
        "False",
        "yes",
        "None",
        "null",
        "N/A",
        "\0",
    ),
    *("9007199254740993", "9007199254740993.0", "9" * 18, "9" * 30, "0" * 5_000 + "1", "9" * 5_000),
    *("\ud800", "\U0001f600", "a" * 10_000, "2024-02-29", "2023-02-29", "2024-02-29T12:30:00"),
    *("2024-02-29 12:30:00.123456", "2024-02-29T12:30:00Z", "12:30", "12:30:00+02:00", "20240229"),
)
NUMBERS = (
    *(0, 1, -1, 2, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 10**30, 10**400, 10**4_000),
    *(0.0, -0.0, 0.1, 1.0, 1.5, 1e-320, 1e308, float("inf"), -float("inf"), 2.0**53, 2.0**63),
    *(True, False, np.bool_(True), np.int8(-1), np.uint64(2**64 - 1), np.int64(7), np.float16(0.1)),
    *(np.float32(0.1), np.float64(0.1), np.longdouble("1e4000"), np.longdouble(3), Fraction(1, 3)),
    *(Fraction(4, 2), Fraction(10**400, 7), Fraction(2**54 + 1, 2), Decimal("0.1"), Decimal("3.0")),
    *(
        Decimal("9007199254740993"),
        Decimal("9007199254740993.5"),
        Decimal("1e400"),
        Decimal("Infinity"),
    ),
)
TIMES = (
    *(
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12),
    ),
    *(datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC), datetime.time(12, 30)),
    *(datetime.time(12, tzinfo=datetime.UTC), pd.Timestamp("2024-02-29"), pd.Timestamp.max),
    *(pd.Timestamp("2024-02-29 12:30:00.123456789"), pd.Timestamp("2024-02-29", tz="UTC")),
    *(np.datetime64("2024"), np.datetime64("2024-02-29"), np.datetime64("2024-02-29T12:30", "ns")),
)
SPECIAL = (*MISSING, *ODD, *TEXTS, *NUMBERS, *TIMES, Colour.RED, np.str_("red"), np.str_("1.5"))

values: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(SPECIAL),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.floats(width=32).map(np.float32),
    st.decimals(),
    st.fractions(),
    st.text(max_size=8),
    st.text("0123456789.eE+-_ ", max_size=8),
    st.characters(categories=["Cs"]),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.times(),
    st.complex_numbers(),
    st.binary(max_size=3),
)

_LEVELS = {
    "double": ["0", "0.1", "-2.5", "1e3", "NaN"],
    "integer": ["0", "1", "-7", "9007199254740993"],
    "boolean": ["true", "false"],
    "string": ["", "red", "blue", "是", "1.0"],
    "date": ["2024-02-29", "1999-12-31"],
    "time": ["12:30:00", "00:00:00"],
    "dateTime": ["2024-02-29T12:30:00", "2024-02-29T00:00:00"],
}
_margins = st.none() | st.sampled_from([-2.5, 0.0, 0.1, 4.4, 100.0, 1e39]) | st.integers(-5, 5)
CLOSURES = ("openOpen", "openClosed", "closedOpen", "closedClosed")


@st.composite
def fields(draw: st.DrawFn, name: str = "x", types: tuple[str, ...] = tuple(KINDS)) -> InputField:
    """An input of any type, with or without declared values, intervals and treatments."""
    data_type = draw(st.sampled_from(types))
    kind = KINDS[data_type]
    levels = _LEVELS.get(data_type) or _LEVELS["integer" if kind == "string" else kind]
    some = st.lists(st.sampled_from(levels), max_size=3, unique=True).map(tuple)
    continuous = kind in ("double", "integer") and draw(st.booleans())
    return InputField(
        name=name,
        data_type=data_type,
        optype="continuous" if continuous else "categorical",
        required=draw(st.booleans()),
        values=draw(st.just(()) | some),
        intervals=tuple(draw(st.lists(intervals(), max_size=2))) if continuous else (),
        missing_values=draw(st.just(()) | some),
        invalid_values=draw(st.just(()) | some),
        invalid_value_treatment=draw(
            st.sampled_from(["returnInvalid", "returnInvalid", "asIs", "asMissing"])
        ),
    )


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """An interval with any closure; perhaps open to infinity, perhaps empty."""
    low, high = draw(_margins), draw(_margins)
    margins = (None if m is None else float(m) for m in (low, high))
    return Interval(draw(st.sampled_from(CLOSURES)), *margins)

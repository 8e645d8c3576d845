"""Declared values, intervals and treatments: which values of the right type are admitted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pmml_pipeline.admission import RefusedError, cell_reader
from pmml_pipeline.document import Interval
from pmml_pipeline.errors import DocumentError
from pmml_pipeline.schema import InputField


def field(data_type: str, **attributes: Any) -> InputField:
    """A field that is neither required nor restricted unless the attributes say so."""
    optype = "continuous" if "intervals" in attributes else "categorical"
    return InputField("x", data_type, optype, **{"required": False, **attributes})


def verdict(f: InputField, value: Any) -> str:
    """The code of the refusal, "missing" for a missing cell, or "admitted"."""
    try:
        cell = cell_reader(f)(value)
    except RefusedError as refused:
        return refused.code
    return "no value" if cell is None or cell != cell else "admitted"


@pytest.mark.parametrize(
    ("data_type", "values", "good", "bad"),
    [
        ("string", ("a", "1"), ["a", "1"], ["b", "A", "", " a"]),
        ("integer", ("1", "2.0"), [1, "1", 1.0, True, "2"], [3, "0"]),
        ("double", ("1", "0.1"), [1, "1.0", 0.1, "1e-1"], [1.1, 0.1 + 2**-55, math.inf]),
        ("float", ("0.1",), [0.1, np.float32(0.1), "0.1"], [0.2, np.nextafter(np.float32(0.1), 1)]),
        ("boolean", ("true",), [True, "TRUE"], [False, "false"]),
        ("date", ("2024-02-29",), ["20240229", "2024-02-29"], ["2024-03-01"]),
        ("dateDaysSince[1970]", ("7", "08"), [7, "7", 8], [9]),
    ],
)
def test_declared_levels(data_type: str, values: tuple[str, ...], good: Any, bad: Any) -> None:
    f = field(data_type, values=values)
    assert [verdict(f, v) for v in good] == ["admitted"] * len(good)
    assert [verdict(f, v) for v in bad] == ["unseen_level"] * len(bad)
    lenient = field(data_type, values=values, invalid_value_treatment="asIs")
    assert [verdict(lenient, v) for v in bad] == ["admitted"] * len(bad)


@pytest.mark.parametrize("treatment", ["asIs", "asMissing", "asValue"])
def test_a_wrong_type_is_refused_whatever_the_treatment(treatment: str) -> None:
    f = field("double", values=("1",), invalid_value_treatment=treatment)
    assert verdict(f, "red") == "wrong_type"


def test_declared_missing_values() -> None:
    f = field("integer", missing_values=("-1", "99"), values=("1",))
    assert [verdict(f, v) for v in (-1, "99", -1.0, 1, 5)] == [
        *("no value", "no value", "no value", "admitted", "unseen_level"),
    ]
    required = field("double", missing_values=("-1",), required=True)
    assert [verdict(required, v) for v in (-1, "-1.0", 0)] == ["missing", "missing", "admitted"]
    text = field("string", missing_values=("", "N/A"))
    assert [verdict(text, v) for v in ("", "N/A", "n/a")] == ["no value", "no value", "admitted"]
    single = field("float", missing_values=("0.1",))
    assert [verdict(single, v) for v in (0.1, np.float32(0.1))] == ["no value", "no value"]


def test_a_declared_nan_is_missing_anyway() -> None:
    f = field("double", missing_values=("NaN",), intervals=(Interval("closedClosed", 0, 1),))
    assert [verdict(f, v) for v in (math.nan, "NaN", None, 0.5)] == [*["no value"] * 3, "admitted"]


def test_declared_invalid_values() -> None:
    f = field("integer", invalid_values=("0",))
    assert [verdict(f, v) for v in (0, "0", 1)] == ["unseen_level", "unseen_level", "admitted"]
    among = field("double", invalid_values=("5",), intervals=(Interval("closedClosed", 0, 10),))
    assert [verdict(among, v) for v in (5, 6, 11)] == ["out_of_range", "admitted", "out_of_range"]


def test_a_valid_value_outside_the_intervals_is_valid() -> None:
    f = field("double", values=("-1",), intervals=(Interval("closedClosed", 0, 1),))
    assert [verdict(f, v) for v in (-1, 0.5, -0.5)] == ["admitted", "admitted", "out_of_range"]


@pytest.mark.parametrize("data_type", ["double", "float", "integer"])
@pytest.mark.parametrize(
    ("closure", "at_left", "at_right"),
    [
        ("closedClosed", "admitted", "admitted"),
        ("closedOpen", "admitted", "out_of_range"),
        ("openClosed", "out_of_range", "admitted"),
        ("openOpen", "out_of_range", "out_of_range"),
    ],
)
def test_closures(data_type: str, closure: str, at_left: str, at_right: str) -> None:
    f = field(data_type, intervals=(Interval(closure, 2, 8), Interval(closure, 20, None)))
    expected = ["out_of_range", at_left, "admitted", at_right, "out_of_range"]
    assert [verdict(f, v) for v in (1, 2, 5, 8, 9)] == expected
    assert [verdict(f, v) for v in (20, 2**60)] == [at_left, "admitted"]


def test_neighbours_of_a_margin() -> None:
    f = field("double", intervals=(Interval("openClosed", 0.0, 4.4),))
    assert verdict(f, math.nextafter(4.4, 5)) == "out_of_range"
    assert verdict(f, 4.4) == "admitted"
    assert verdict(f, 5e-324) == "admitted"
    assert verdict(f, -0.0) == "out_of_range"


def test_a_float_field_is_compared_as_float() -> None:
    # The training value 4.4 as float32 lies above the double 4.4, and is the margin all the same.
    f = field("float", intervals=(Interval("closedClosed", 1.1, 4.4),))
    assert verdict(f, np.float32(4.4)) == "admitted"
    assert verdict(f, math.nextafter(4.4, 5)) == "admitted"
    assert verdict(f, np.float32(1.1)) == "admitted"
    assert verdict(f, np.nextafter(np.float32(4.4), np.float32(5))) == "out_of_range"
    assert verdict(f, 1e39) == "out_of_range"
    above_zero = field("float", intervals=(Interval("openClosed", 0, 1),))
    assert verdict(above_zero, 1e-50) == "out_of_range"  # it is zero as a float


def test_whole_numbers_beyond_doubles_are_compared_exactly() -> None:
    f = field("integer", intervals=(Interval("closedOpen", 0, 2.0**53),))
    assert [verdict(f, v) for v in (2**53 - 1, 2**53)] == ["admitted", "out_of_range"]
    levels = field("integer", values=("9007199254740993",))
    assert [verdict(levels, v) for v in (2**53 + 1, 2**53, "9007199254740993")] == [
        *("admitted", "unseen_level", "admitted"),
    ]


@pytest.mark.parametrize(
    ("data_type", "value"),
    [("double", "N/A"), ("integer", "1.5"), ("boolean", "ja"), ("date", "soon"), ("float", "")],
)
@pytest.mark.parametrize("attribute", ["values", "missing_values", "invalid_values"])
def test_a_declared_value_that_is_none_of_the_type(
    data_type: str, value: str, attribute: str
) -> None:
    with pytest.raises(DocumentError, match=f"of DataField 'x' is no {data_type}"):
        cell_reader(field(data_type, **{attribute: (value,)}))

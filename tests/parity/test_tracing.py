"""The value of an input at which a derived field crosses a number, to the last double."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pmml_pipeline.document import read
from pmml_pipeline.parity.tracing import Tracer, bisect_doubles
from pmml_pipeline.schema import inputs_of

from ..pmml import data_field, mining_field, pmml, tag
from .test_thresholds import derived_field

MEAN, SCALE = 61.74940489432702, 1.4326080390046028
Steps = list[tuple[str, float]]


def tracer(data_type: str, steps: Steps, source: str = "double") -> Tracer:
    """A tracer for ``y``, computed from ``x``."""
    derived = tag("TransformationDictionary", {}, derived_field("y", data_type, "x", steps))
    schema = tag("MiningSchema", {}, mining_field("x"))
    model = tag("RegressionModel", {"functionName": "regression"}, schema)
    parsed = read(pmml(data_field("x", source), model, before=derived))
    return Tracer(parsed, inputs_of(parsed))


def up(x: float) -> float:
    return math.nextafter(x, math.inf)


@pytest.mark.parametrize("text", ["0.5739626", "1.4832559", "2.2068303", "-1.5", "0", "1e-3"])
def test_a_scaler_in_float32_turns_between_two_doubles(text: str) -> None:
    threshold = np.float32(text)
    origin, x = tracer("float", [("-", MEAN), ("/", SCALE)]).trace("y", float(text)) or ("", 0.0)
    assert origin == "x"
    assert np.float32((x - MEAN) / SCALE) <= threshold
    assert np.float32((up(x) - MEAN) / SCALE) > threshold


@given(
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3),
    st.floats(-50, 50),
    st.booleans(),
    st.sampled_from(["lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"]),
)
@example(0.0, -1.0, 0.0, True, "lessThan")
def test_a_side_of_a_derived_field_is_a_side_of_its_input(
    mean: float, scale: float, threshold: float, single: bool, operator: str
) -> None:
    found = tracer("float" if single else "double", [("-", mean), ("/", scale)])
    side = found.side("y", operator, threshold)
    assert side is not None
    name, how, x = side
    assert name == "x"
    assert how in ("lessOrEqual", "greaterThan")
    round_: Callable[[float], float] = (lambda v: float(np.float32(v))) if single else float
    compare: Callable[[float], bool] = {
        "lessThan": lambda v: v < round_(threshold),
        "lessOrEqual": lambda v: v <= round_(threshold),
        "greaterThan": lambda v: v > round_(threshold),
        "greaterOrEqual": lambda v: v >= round_(threshold),
    }[operator]
    below, above = (compare(round_((v - mean) / scale)) for v in (x, up(x)))
    assert (below, above) == ((True, False) if how == "lessOrEqual" else (False, True))


def test_constants_may_come_first() -> None:
    inner = tag("Constant", {}, "10") + tag("FieldRef", {"field": "x"})
    apply = tag("Apply", {"function": "-"}, inner)
    attributes = {"name": "y", "dataType": "double", "optype": "continuous"}
    derived = tag("TransformationDictionary", {}, tag("DerivedField", attributes, apply))
    schema = tag("MiningSchema", {}, mining_field("x"))
    model = tag("RegressionModel", {"functionName": "regression"}, schema)
    parsed = read(pmml(data_field("x"), model, before=derived))
    found = Tracer(parsed, inputs_of(parsed))
    assert found.side("y", "lessOrEqual", 4.0) == ("x", "greaterThan", math.nextafter(6.0, 0))
    assert found.side("y", "lessThan", 4.0) == ("x", "greaterThan", 6.0)


def test_an_input_that_is_a_float_is_cast_first() -> None:
    _, x = tracer("double", [("-", 0.1)], source="float").trace("y", 0.0) or ("", 0.0)
    assert float(np.float32(x)) - 0.1 <= 0.0
    assert float(np.float32(up(x))) - 0.1 > 0.0


@pytest.mark.parametrize("steps", [[("*", 0.0)], [("/", 0.0)], [("pow", 2.0)], [("max", 1.0)]])
def test_what_does_not_cross_the_number_or_is_not_known_is_not_traced(steps: Steps) -> None:
    found = tracer("double", steps)
    assert found.trace("y", 5.0) is None
    assert found.side("y", "lessThan", 5.0) is None
    assert found.is_derived("y")
    assert not found.is_derived("x")
    assert found.trace("nobody", 5.0) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.0)
@example(-0.0)
@example(-5e-324)
@example(1.7976931348623157e308)
def test_bisection_finds_any_double(turning: float) -> None:
    low, high = -math.inf, math.inf
    assert bisect_doubles(lambda x: x <= turning, low, high) == turning

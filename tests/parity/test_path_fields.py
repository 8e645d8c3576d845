"""The values that the ways through the trees stand on: derived fields, replacements, refusals."""

from __future__ import annotations

import pytest

from pmml_pipeline.parity.paths import paths
from tests.parity.trees import ABOVE, X_TENTH, document, end, ensemble, split
from tests.pmml import data_field, mining_field, simple, tag


def derived(expression: str, data_type: str = "double", name: str = "d") -> str:
    attributes = {"name": name, "optype": "continuous", "dataType": data_type}
    return tag("DerivedField", attributes, expression)


def apply(function: str, *parts: str, **attributes: object) -> str:
    return tag("Apply", {"function": function, **attributes}, "".join(parts))


X = '<FieldRef field="x"/>'


def constant(value: object) -> str:
    return tag("Constant", {"dataType": "double"}, str(value))


@pytest.mark.parametrize(
    ("expression", "x", "value"),
    [
        (X, 3, 3),
        (apply("/", apply("-", X, constant(1)), constant(4)), 3, 0.5),
        (apply("+", apply("*", X, constant(2)), constant(1)), 3, 7),
        (apply("if", apply("isMissing", X), constant(-1), X), None, -1),
        (apply("if", apply("isMissing", X), constant(-1), X), 3, 3),
        (apply("+", X, constant(1), mapMissingTo="9"), None, 9),
        (apply("+", X, constant(1), defaultValue="8"), None, 8),
        (tag("FieldRef", {"field": "x", "mapMissingTo": "5"}), None, 5),
        (apply("if", apply("isIn", X, constant(3), constant(4)), constant(1), constant(0)), 3, 1),
        (tag("NormDiscrete", {"field": "c", "value": "a"}), 0, 1),
    ],
)
def test_derived_fields_are_followed(expression: str, x: float | None, value: float) -> None:
    local = tag("LocalTransformations", {}, derived(expression))
    model = split(simple("d", "equal", value), before=local)
    assert "score 1" in end(paths(document(model), {"x": x, "c": "a"}))


def test_a_cast_to_float_is_kept_as_float32_and_left_out_as_double() -> None:
    cast = derived(X, "float", name="f")
    rest = derived(apply("-", '<FieldRef field="f"/>', constant(0.1)))
    common = tag("TransformationDictionary", {}, cast + rest)
    found = paths(document(split(simple("d", "lessOrEqual", 0)), before=common), {"x": 0.1})
    assert found.partings[0].double.startswith("0.0 <= 0.0: true")
    assert found.partings[0].single.startswith("1.4901161415892261e-09 <= 0.0: false")


def test_what_cannot_be_followed_is_said() -> None:
    local = tag("LocalTransformations", {}, derived(apply("log10", X)))
    found = paths(document(split(simple("d", "lessThan", 1), before=local)), {"x": 3})
    assert found.not_followed == ("derived field d is not followed (function log10)",)
    assert (found.trees, found.walked, found.steps) == (1, 0, ())


def test_derived_fields_that_double_at_every_step_are_computed_once() -> None:
    chain = derived(X, name="d0") + "".join(
        derived(apply("+", *[f'<FieldRef field="d{i}"/>'] * 2), name=f"d{i + 1}") for i in range(40)
    )
    common = tag("TransformationDictionary", {}, chain)
    found = paths(document(split(simple("d40", "equal", 2**40)), before=common), {"x": 1})
    assert "score 1" in end(found)


def test_replacements_of_the_mining_schemas() -> None:
    fields = mining_field("x", missingValueReplacement="7")
    outer = split(simple("x", "equal", 7), fields=fields)
    assert "score 1" in end(paths(document(outer), {}))
    assert "score 2" in end(paths(document(outer), {"x": 6}))
    inner = mining_field("z", missingValueReplacement="4")
    segment = tag("Segment", {}, "<True/>" + split(simple("z", "equal", 4), fields=inner))
    assert "score 1" in end(paths(document(ensemble(segment)), {}))


@pytest.mark.parametrize(
    ("treatment", "outcome"), [("asMissing", "gives no prediction"), ("asIs", "score 2")]
)
def test_invalid_values_that_are_admitted(treatment: str, outcome: str) -> None:
    field = data_field("x", intervals=[("closedClosed", 0, 1)])
    fields = mining_field("x", invalidValueTreatment=treatment)
    model = split(X_TENTH, fields=fields, missingValueStrategy="nullPrediction")
    assert outcome in end(paths(document(model, x=field), {"x": 2}))


def test_a_record_that_the_document_does_not_admit_is_not_walked() -> None:
    field = data_field("x", intervals=[("closedClosed", 0, 1)])
    found = paths(document(split(X_TENTH), x=field), {"x": 2})
    assert found.refused == "x: out of range 2 (a number in [0, 1])"
    assert (found.walked, found.shown) == (0, None)
    assert "no tree is asked" in str(found)


def test_a_value_that_is_valid_in_one_reading_only_is_named() -> None:
    field = data_field("x", "float", intervals=[("closedClosed", 0, 0.1)])
    found = paths(document(split(X_TENTH), x=field), {"x": ABOVE})
    assert (
        found.margin
        == "x = 0.10000000000000002 is outside [0, 0.1] as a double and inside as float32"
    )
    assert paths(document(split(X_TENTH), x=field), {"x": 0.05}).margin is None

"""What a model takes and gives, as read off its document."""

from __future__ import annotations

import pytest

from pmml_pipeline.document import Interval, read
from pmml_pipeline.errors import DocumentError
from pmml_pipeline.schema import KINDS, InputField, OutputField, inputs_of, outputs_of

from .pmml import classifier, data_field, linear, mining_field, output_field, pmml, simple, tag


def schema(data: bytes) -> tuple[dict[str, InputField], dict[str, OutputField]]:
    """Inputs and outputs by name."""
    document = read(data)
    return {f.name: f for f in inputs_of(document)}, {f.name: f for f in outputs_of(document)}


def test_inputs_come_in_the_order_of_the_mining_schema_without_what_is_no_input() -> None:
    fields = "".join(data_field(name) for name in "abcd")
    usages = {"c": None, "a": "active", "d": "supplementary", "b": "frequencyWeight"}
    schema_ = "".join(mining_field(name, usageType=usage) for name, usage in usages.items())
    assert list(schema(linear(fields, schema_, {}))[0]) == ["c", "a"]


def test_what_is_required_and_what_is_valid() -> None:
    fields = data_field(
        "a", "integer", intervals=[("closedOpen", 0, 5)], missing=["-1"]
    ) + data_field("b", "string", "categorical", ["x", "y"], invalid=["z"])
    marks = {"missingValueTreatment": "returnInvalid", "invalidValueTreatment": "asMissing"}
    inputs, _ = schema(linear(fields, mining_field("a", **marks) + mining_field("b"), {}))
    a, b = inputs["a"], inputs["b"]
    assert (a.required, b.required) == (True, False)
    assert (a.invalid_value_treatment, b.invalid_value_treatment) == ("asMissing", "returnInvalid")
    assert (a.missing_values, b.values, b.invalid_values) == (("-1",), ("x", "y"), ("z",))
    assert a.describe() == "a whole number; any that is not in [0, 5) counts as missing"
    assert b.describe() == "one of x, y"


@pytest.mark.parametrize(
    ("treatment", "replacement", "number", "level"),
    [
        ("returnInvalid", None, "a number in [0, 5]", "one of x, y"),
        ("asIs", None, "a number", "one of x, y; any other is taken as it is"),
        (
            "asMissing",
            None,
            "a number; any that is not in [0, 5] counts as missing",
            "one of x, y; any other counts as missing",
        ),
        (
            "asValue",
            "1",
            "a number; any that is not in [0, 5] is taken for 1",
            "one of x, y; any other is taken for 1",
        ),
    ],
)
def test_only_what_is_enforced_is_a_condition(
    treatment: str, replacement: str | None, number: str, level: str
) -> None:
    fields = data_field("a", intervals=[("closedClosed", 0, 5)])
    fields += data_field("b", "string", "categorical", ["x", "y"])
    how = {"invalidValueTreatment": treatment, "invalidValueReplacement": replacement}
    inputs, _ = schema(linear(fields, mining_field("a", **how) + mining_field("b", **how), {}))
    assert (inputs["a"].describe(), inputs["b"].describe()) == (number, level)


def test_values_beside_a_range_and_those_that_are_excluded_are_said() -> None:
    both = InputField("a", "double", "continuous", False, ("9",), (Interval("openOpen", 0, 5),))
    assert both.describe() == "one of 9 or a number in (0, 5)"
    without = InputField("a", "string", "categorical", False, invalid_values=("x", "y"))
    assert without.describe() == "text other than x, y"


def test_dates_say_their_form() -> None:
    moment = InputField("a", "dateTime", "continuous", False).describe()
    assert moment == "a date and time in ISO 8601 without a time zone, such as 2012-02-13T08:18:05"


def test_intervals_count_only_where_the_field_is_continuous() -> None:
    field = data_field("a", "integer", "categorical", intervals=[("closedClosed", 0, 5)])
    assert schema(linear(field, mining_field("a"), {}))[0]["a"].intervals == ()


def test_many_levels_are_described_by_the_first_and_their_number() -> None:
    field = data_field("a", "string", "categorical", [str(i) for i in range(30)])
    described = schema(linear(field, mining_field("a"), {}))[0]["a"].describe()
    assert described == "one of 0, 1, 2, 3, 4, 5, 6, 7, … (30)"


@pytest.mark.parametrize("data_type", KINDS)
def test_every_type_is_described(data_type: str) -> None:
    field = schema(linear(data_field("a", data_type), mining_field("a"), {}))[0]["a"]
    assert field.kind == KINDS[data_type]
    assert field.describe()


def test_the_target_comes_first_then_the_output_fields() -> None:
    data = classifier(
        ["yes", "no"], data_field("x"), mining_field("x"), (simple("x", "equal", 1), "yes", {})
    )
    _, outputs = schema(data)
    assert list(outputs) == ["label", "p_yes", "p_no"]
    label, chance = outputs["label"], outputs["p_yes"]
    assert (label.target, label.kind, label.levels) == (True, "string", ("yes", "no"))
    assert (chance.target, chance.kind, chance.feature) == (False, "double", "probability")
    assert (chance.value, chance.levels) == ("yes", ())


def test_an_output_without_a_type_has_that_of_its_feature() -> None:
    output = "".join(
        tag("OutputField", {"name": name, "feature": name})
        for name in ("predictedValue", "probability", "affinity", "reasonCode")
    )
    _, outputs = schema(
        linear(data_field("x"), mining_field("x"), {}, target_type="integer", output=output)
    )
    assert {name: field.kind for name, field in outputs.items()} == {
        "y": "integer",
        "predictedValue": "integer",
        "probability": "double",
        "affinity": "double",
        "reasonCode": "string",
    }


def test_an_output_that_has_the_name_of_the_target_is_the_target() -> None:
    output = output_field("y", "transformedValue", data_type="string")
    _, outputs = schema(linear(data_field("x"), mining_field("x"), {}, output=output))
    assert list(outputs) == ["y"]
    assert outputs["y"].target
    assert outputs["y"].kind == "double"


@pytest.mark.parametrize(("function", "kind"), [("regression", "double"), ("clustering", "string")])
def test_a_model_without_target_and_outputs_has_one_result(function: str, kind: str) -> None:
    inner = tag("MiningSchema", {}, mining_field("x"))
    model = tag("ClusteringModel", {"functionName": function}, inner)
    _, outputs = schema(pmml(data_field("x"), model))
    assert [(o.name, o.kind, o.target) for o in outputs.values()] == [
        ("predictedValue", kind, True)
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (linear("", mining_field("x"), {}), "MiningField 'x' is not in the DataDictionary"),
        (linear(data_field("x", "number"), mining_field("x"), {}), "'x' has the unknown dataType"),
        (
            linear(data_field("x"), "", {}, target_type="label"),
            "'y' has the unknown dataType 'label'",
        ),
        (
            linear("", "", {}, output=output_field("o", "probability", data_type="percent")),
            "'o' has the unknown dataType 'percent'",
        ),
        (
            linear(data_field("x", "date", intervals=[("openOpen", 0, 1)]), mining_field("x"), {}),
            "'x' is a date and has an Interval, which is of numbers",
        ),
    ],
)
def test_what_cannot_be_scored_is_named(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        schema(data)

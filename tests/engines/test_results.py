"""What comes out: numbers, labels and probabilities, one by one and in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, EngineError, UnsupportedDocumentError

from ..pmml import classifier, data_field, linear, mining_field, output_field, pmml, simple, tag
from .conftest import Load

LABELS: dict[str, tuple[list[str], list[Any]]] = {
    "string": (["no", 'a "q" \\ <&\'', "是 é\u0301"], ["no", 'a "q" \\ <&\'', "是 é\u0301"]),
    "integer": (["0", "-7", "2147483647"], [0, -7, 2147483647]),
    "double": (["0", "1.5", "-2"], [0.0, 1.5, -2.0]),
    "boolean": (["false", "true"], [False, True]),
}


def by_thirds(data_type: str, levels: list[str], probabilities: bool = True) -> bytes:
    """A classifier: level i for x in (i - 1, i], nothing below -1 and above the last."""
    nodes = []
    for i, level in enumerate(levels):
        low, high = simple("x", "greaterThan", i - 1), simple("x", "lessOrEqual", i)
        between = tag("CompoundPredicate", {"booleanOperator": "and"}, low + high)
        nodes.append((between, level, {level: 3, levels[i - 1]: 1}))
    return classifier(
        levels,
        data_field("x"),
        mining_field("x"),
        *nodes,
        label_type=data_type,
        probabilities=probabilities,
    )


@pytest.mark.parametrize("data_type", LABELS)
def test_labels_and_probabilities(load: Load, data_type: str) -> None:
    levels, labels = LABELS[data_type]
    scorer = load(by_thirds(data_type, levels))
    names = ["label", *(f"p_{level}" for level in levels)]
    assert [output.name for output in scorer.outputs] == names
    expected = []
    for i, label in enumerate(labels):
        chances = [0.75 if j == i else 0.25 if j == (i - 1) % len(levels) else 0.0
                   for j in range(len(levels))]  # fmt: skip
        expected.append(dict(zip(names, [label, *chances], strict=True)))
    found = [scorer.score({"x": i}) for i in range(len(labels))]
    assert found == expected
    assert [type(result["label"]) for result in found] == [type(label) for label in labels]
    columns, errors = scorer.score_columns({"x": list(range(len(labels)))}, len(labels))
    assert not errors
    assert [dict(zip(names, row, strict=True)) for row in rows_of(columns)] == expected


def rows_of(columns: list[Any]) -> list[tuple[Any, ...]]:
    """Columns of results as rows."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("data_type", LABELS)
@pytest.mark.parametrize("probabilities", [True, False])
@pytest.mark.parametrize("x", [None, 99.0])
def test_no_prediction_is_a_data_error(
    load: Load, engine: str, data_type: str, probabilities: bool, x: float | None,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    if engine == "pypmml" and data_type == "boolean" and not probabilities:
        reason = "PMML4S answers false when it has no prediction of a truth value"
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    scorer = load(by_thirds(data_type, LABELS[data_type][0], probabilities))
    with pytest.raises(pp.DataError) as caught:
        scorer.score({"x": x})
    assert [e.code for e in caught.value.fields] == ["unscorable"]
    columns, errors = scorer.score_columns({"x": [0.0, x]}, 2)
    assert list(errors) == [1]
    assert errors[1].fields[0].code == "unscorable"
    assert all(column[1] is None or np.isnan(column[1]) for column in columns)
    assert columns[0][0] is not None


def test_no_result_at_all_is_a_data_error(load: Load) -> None:
    outputs = "".join(
        output_field(name, "transformedValue", inner=tag("FieldRef", {"field": field}))
        for name, field in (("t", "x"), ("u", "z"))
    )
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field("x") + mining_field("z"))
        + tag("Output", {}, outputs)
        + tag("RegressionTable", {"intercept": 1}),
    )
    scorer = load(pmml(data_field("x") + data_field("z"), model))
    assert scorer.score({"x": 1.0, "z": None}) == {"t": 1.0, "u": None}
    with pytest.raises(pp.DataError, match="unscorable"):
        scorer.score({})
    columns, errors = scorer.score_columns({"x": [1.0, None], "z": [None, None]}, 2)
    assert list(errors) == [1]
    assert columns[0].tolist()[0] == 1.0


def test_a_regression(load: Load) -> None:
    fields = data_field("a") + data_field("b", "float") + data_field("n", "integer")
    schema = "".join(mining_field(name) for name in "abn")
    scorer = load(linear(fields, schema, {"a": 0.1, "b": -3.0, "n": 1e-3}, intercept=0.7))
    assert scorer.score({"a": 2, "b": 0.5, "n": 1_000}) == {"y": 0.7 + 0.1 * 2 - 3 * 0.5 + 1.0}
    assert scorer.score({"n": -1, "b": "0", "a": 1e300}) == {"y": 0.1 * 1e300}


@pytest.mark.parametrize("data_type", ["integer", "boolean"])
def test_a_number_that_is_none_of_the_declared_type_is_not_rounded(
    load: Load, engine: str, data_type: str, request: pytest.FixtureRequest
) -> None:
    if engine == "pypmml" and data_type == "boolean":
        reason = "PMML4S makes true of every number but zero"
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    scorer = load(linear(data_field("x"), mining_field("x"), {"x": 0.5}, target_type=data_type))
    with pytest.raises(pp.DataError) as caught:
        scorer.score({"x": 3})
    assert caught.value.fields[0].code == "unscorable"
    (column,), errors = scorer.score_columns({"x": [2.0, 3.0, 0.0]}, 3)
    assert list(errors) == [1]
    assert column.tolist() == ([1, None, 0] if data_type == "integer" else [True, None, False])


def test_output_fields_come_after_the_target(load: Load) -> None:
    doubled = tag(
        "OutputField",
        {
            "name": "twice",
            "feature": "transformedValue",
            "dataType": "double",
            "optype": "continuous",
        },
        '<Apply function="*"><FieldRef field="same"/><Constant>2</Constant></Apply>',
    )
    output = output_field("same", "predictedValue") + doubled
    scorer = load(linear(data_field("x"), mining_field("x"), {"x": 3.0}, output=output))
    assert list(scorer.score({"x": 2}).items()) == [("y", 6.0), ("same", 6.0), ("twice", 12.0)]


def test_a_model_without_a_target_has_one_result(load: Load, engine: str) -> None:
    cluster = "".join(
        tag("Cluster", {"id": name, "name": name}, f'<Array n="1" type="real">{at}</Array>')
        for name, at in (("low", 0), ("high", 10))
    )
    model = tag(
        "ClusteringModel",
        {"functionName": "clustering", "modelClass": "centerBased", "numberOfClusters": 2},
        tag("MiningSchema", {}, mining_field("x"))
        + '<ComparisonMeasure kind="distance"><squaredEuclidean/></ComparisonMeasure>'
        + '<ClusteringField field="x" compareFunction="absDiff"/>'
        + cluster,
    )
    data = pmml(data_field("x"), model)
    if engine == "pypmml":  # PMML4S numbers the clusters in a way of its own
        with pytest.raises(UnsupportedDocumentError, match="gives no result 'predictedValue'"):
            load(data)
        return
    scorer = load(data)
    assert [o.name for o in scorer.outputs] == ["predictedValue"]
    assert scorer.score({"x": 1}) == {"predictedValue": "low"}
    assert scorer.score_columns({"x": [9.0, 1.0]}, 2)[0][0].tolist() == ["high", "low"]


@pytest.mark.parametrize(
    "damage",
    [
        (b"RegressionTable", b"RegressionTabel"),
        (b'coefficient="3.0"', b'coefficient="many"'),
        (b"RegressionModel", b"TextModel"),
    ],
)
def test_a_document_that_the_engine_refuses(load: Load, damage: tuple[bytes, bytes]) -> None:
    data = linear(data_field("x"), mining_field("x"), {"x": 3.0}).replace(*damage)
    with pytest.raises((UnsupportedDocumentError, pp.DataError)) as caught:
        load(data).score({"x": 1})
    assert caught.value.fix


@pytest.mark.parametrize("depth", [400, 1_900])
def test_a_deep_document_is_scored_or_refused(load: Load, depth: int) -> None:
    opening = "".join(f'<Node score="{i}">{simple("x", "greaterThan", i)}' for i in range(depth))
    root = f'<Node score="-1"><True/>{opening}{"</Node>" * (depth + 1)}'
    schema = mining_field("y", usageType="target") + mining_field("x")
    model = tag("TreeModel", {"functionName": "regression"}, tag("MiningSchema", {}, schema) + root)
    data = pmml(data_field("x") + data_field("y"), model)
    try:
        found = load(data).score({"x": depth})
    except EngineError:  # the machine's stack is too small, which must not cost the process
        assert depth > 400
    else:
        assert found == {"y": depth - 1.0}
    good = load(linear(data_field("x"), mining_field("x"), {"x": 3.0}))
    assert good.score({"x": 1}) == {"y": 3.0}


def first_character(data_type: str) -> bytes:
    """A document with an output: the first character of a text, as another type."""
    one = '<Constant dataType="integer">1</Constant>'
    inner = tag("Apply", {"function": "substring"}, '<FieldRef field="s"/>' + one + one)
    output = output_field("first", "transformedValue", None, data_type, inner)
    fields = data_field("x") + data_field("s", "string", "categorical")
    return linear(fields, mining_field("x") + mining_field("s"), {"x": 2}, output=output)


@pytest.mark.parametrize("text", ["ab", "年ab", "😀b"])
def test_a_character_is_not_cut_in_two(load: Load, engine: str, text: str) -> None:
    """Java takes half of the emoji for the first character, which is no text to Python."""
    scorer = load(first_character("string"))
    (_, column), errors = scorer.score_columns({"x": [1, 1], "s": ["c", text]}, 2)
    assert column[0] == "c"
    if text == "😀b" and engine != "compiled":
        assert "cuts a character of first in two" in str(errors[1])
        with pytest.raises(DataError, match="cuts a character of first in two"):
            scorer.score({"x": 1, "s": text})
    else:
        assert not errors
        assert column[1] == scorer.score({"x": 1, "s": text})["first"] == text[0]


def test_a_message_may_quote_half_a_character(load: Load) -> None:
    scorer = load(first_character("integer"))
    with pytest.raises(DataError, match="unscorable"):
        scorer.score({"x": 1, "s": "😀b"})
    _, errors = scorer.score_columns({"x": [1, 1], "s": ["1", "😀b"]}, 2)
    assert list(errors) == [1]

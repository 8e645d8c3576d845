"""Targets, output fields and what a schema says of a field: by the words of the specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError
from pmml_pipeline.scorer import Scorer

from ..pmml import data_field, linear, mining_field, output_field, pmml, simple, tag

COUNTS = {"a": 2, "b": 5, "c": 3}


def load(data: bytes | str, folder: Path, engine: str = "compiled") -> Scorer:
    path = folder / "document.pmml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return pp.load(path, engine)


def tree(
    outputs: str = "",
    targets: str = "",
    *,
    target: str = "",
    function: str = "classification",
    score: str | None = None,
) -> bytes:
    """A tree of one leaf, with no prediction where x is missing."""
    inner = "".join(tag("ScoreDistribution", {"value": v, "recordCount": n}) for v, n in
                    COUNTS.items())  # fmt: skip
    leaf = tag("Node", {"score": score}, simple("x", "greaterThan", 0) + inner)
    model = tag(
        "TreeModel",
        {"functionName": function},
        tag("MiningSchema", {}, mining_field("l", usageType="target") + mining_field("x"))
        + (tag("Output", {}, outputs) if outputs else "")
        + (tag("Targets", {}, targets) if targets else "")
        + tag("Node", {}, "<True/>" + leaf),
    )
    target = target or data_field("l", "string", "categorical", ["a", "b", "c"])
    return pmml(target + data_field("x"), model)


def ranked(name: str, feature: str, rank: int, data_type: str = "double") -> str:
    attributes = {"name": name, "feature": feature, "rank": rank, "dataType": data_type}
    return tag("OutputField", {**attributes, "optype": "categorical"})


def test_ranked_classes(tmp_path: Path) -> None:
    outputs = "".join(
        ranked(f"{name}{n}", feature, n, kind)
        for n in (1, 2, 3)
        for name, feature, kind in (
            ("v", "predictedValue", "string"),
            ("p", "probability", "double"),
        )
    )
    found = load(tree(outputs), tmp_path).score({"x": 1.0})
    assert found == {"l": "b", "v1": "b", "v2": "c", "v3": "a", "p1": 0.5, "p2": 0.3, "p3": 0.2}


def test_the_probability_is_of_the_class_that_is_predicted(tmp_path: Path) -> None:
    found = load(tree(output_field("p", "probability"), score="c"), tmp_path).score({"x": 1.0})
    assert found == {"l": "c", "p": 0.3}


def test_a_target_says_what_is_shown_and_what_holds_without_a_prediction(tmp_path: Path) -> None:
    targets = tag(
        "Target",
        {"field": "l"},
        tag("TargetValue", {"value": "a", "displayValue": "Ah", "priorProbability": 0.25})
        + tag("TargetValue", {"value": "c", "displayValue": "See", "priorProbability": 0.75}),
    )
    outputs = output_field("shown", "predictedDisplayValue", None, "string")
    outputs += output_field("p", "probability", "a") + output_field("q", "probability", "b")
    scorer = load(tree(outputs, targets), tmp_path)
    assert scorer.score({"x": 1.0}) == {"l": "b", "shown": "b", "p": 0.2, "q": 0.5}
    assert scorer.score({"x": None}) == {"l": "c", "shown": "See", "p": 0.25, "q": 0.0}
    data = tree(outputs).replace(b'value="b" prop', b'value="b" displayValue="Be" prop')
    assert load(data, tmp_path).score({"x": 1.0})["shown"] == "Be"


def test_the_default_of_a_number(tmp_path: Path) -> None:
    targets = tag("Target", {"field": "l"}, tag("TargetValue", {"defaultValue": 432.25}))
    data = tree("", targets, target=data_field("l"), function="regression", score="2")
    for engine in ("compiled", "jpmml"):
        scorer = load(data, tmp_path, engine)
        assert [scorer.score({"x": x}) for x in (1.0, None)] == [{"l": 2.0}, {"l": 432.25}]
    both = targets.replace('field="l"', 'field="l" rescaleFactor="2"')
    data = tree("", both, target=data_field("l"), function="regression", score="2")
    with pytest.raises(UnsupportedDocumentError, match="defaultValue of what is rescaled"):
        load(data, tmp_path)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (output_field("o", "residual"), "the feature 'residual' is not supported"),
        (output_field("o", "standardError"), "the feature 'standardError' is not"),
        (output_field("o", "reasonCode"), "the feature 'reasonCode' is not supported"),
        (output_field("o", "ruleValue"), "the feature 'ruleValue' is not supported"),
        (ranked("o", "probability", 4), "the rank is 4, and there are 3"),
        (ranked("o", "probability", 0), "the rank 0 is not 1 or more"),
        (ranked("o", "probability", 1).replace("rank=", "rankBasis="), "rankBasis='1' is not"),
        (ranked("o", "probability", 1).replace("rank=", "algorithm="), "algorithm='1' is not"),
        (ranked("o", "probability", 1).replace("rank=", "isMultiValued="), "isMultiValued='1'"),
        (output_field("o", "transformedValue"), "there is no expression"),
        (output_field("o", "probability", "z"), "'z', which is no class"),
    ],
)
def test_an_output_field_that_cannot_be_is_named(output: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=rf"'o' \(line 1\): .*{said}"):
        load(tree(output), tmp_path)


def clusters(outputs: str, cyclic: str = "") -> str:
    model = tag(
        "ClusteringModel",
        {"functionName": "clustering", "modelClass": "centerBased", "numberOfClusters": 3},
        tag("MiningSchema", {}, mining_field("x"))
        + tag("Output", {}, outputs)
        + tag("ComparisonMeasure", {"kind": "distance"}, "<squaredEuclidean/>")
        + tag("ClusteringField", {"field": "x"})
        + "".join(tag("Cluster", {"id": n}, tag("Array", {"type": "real", "n": 1}, str(at)))
                  for n, at in (("one", 0), ("two", 3), ("three", 10))),
    )  # fmt: skip
    return pmml(data_field("x").replace("<DataField", f"<DataField{cyclic}"), model).decode()


def test_ranked_clusters(tmp_path: Path) -> None:
    outputs = "".join(
        ranked(f"i{n}", "clusterId", n, "string") + ranked(f"a{n}", "clusterAffinity", n)
        for n in (1, 2, 3)
    )
    found = load(clusters(outputs), tmp_path).score({"x": 4.0})
    assert found == {"i1": "two", "i2": "one", "i3": "three", "a1": 1.0, "a2": 16.0, "a3": 36.0}


def test_a_cluster_is_shown_by_its_name(tmp_path: Path) -> None:
    """A cluster without a name by its id, where JPMML-Evaluator shows nothing."""
    shown = output_field("d", "predictedDisplayValue", data_type="string")
    data = clusters(shown).replace('id="one"', 'id="one" name="first"')
    for engine in ("compiled", "jpmml"):
        assert load(data, tmp_path, engine).score({"x": 1.0}) == {"d": "first"}
    assert load(data, tmp_path).score({"x": 9.0}) == {"d": "three"}


def test_the_distance_of_a_cyclic_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match="a cyclic field"):
        load(clusters(ranked("i", "clusterId", 1, "string"), " isCyclic='1'"), tmp_path)


def test_a_taxonomy_is_refused(tmp_path: Path) -> None:
    data = linear(data_field("x").replace("<DataField", "<DataField taxonomy='t'"),
                  mining_field("x"), {"x": 1.0})  # fmt: skip
    with pytest.raises(UnsupportedDocumentError, match=r"DataField \(line 1\) with a taxonomy"):
        load(data, tmp_path)


def test_the_schema_overrides_the_optype(tmp_path: Path) -> None:
    # As a category the number has no interval, so nothing lies outside of it.
    field = data_field("x", intervals=[("closedClosed", 0, 1)])
    data = linear(field, mining_field("x", optype="categorical"), {"x": 2.0})
    scorer = load(data, tmp_path)
    assert scorer.inputs[0].optype == "categorical"
    assert scorer.score({"x": 5.0}) == {"y": 10.0}
    with pytest.raises(DataError):
        load(linear(field, mining_field("x"), {"x": 2.0}), tmp_path).score({"x": 5.0})


def nested(**inner: Any) -> bytes:
    schema = mining_field("l", usageType="target")
    leaves = "".join(tag("Node", {"score": n}, simple("s", operator, "a"))
                     for n, operator in ((1, "equal"), (2, "notEqual")))  # fmt: skip
    model = tag(
        "TreeModel",
        {"functionName": "regression", "noTrueChildStrategy": "returnLastPrediction"},
        tag("MiningSchema", {}, schema + mining_field("s", **inner))
        + tag("Node", {"score": 9}, "<True/>" + leaves),
    )
    return pmml(
        data_field("l") + data_field("s", "string", "categorical", ["a", "b"]),
        tag(
            "MiningModel",
            {"functionName": "regression"},
            tag("MiningSchema", {}, schema + mining_field("s", invalidValueTreatment="asIs"))
            + tag("Segmentation", {"multipleModelMethod": "sum"},
                  tag("Segment", {}, "<True/>" + model) * 2),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ({}, (2.0, 4.0, 4.0, 18.0)),
        ({"missingValueTreatment": "returnInvalid"}, (2.0, 4.0, 4.0, None)),
        ({"missingValueReplacement": "a"}, (2.0, 4.0, None, 2.0)),
        ({"missingValueReplacement": "a", "invalidValueTreatment": "asMissing"},
         (2.0, 4.0, 2.0, 2.0)),
        ({"invalidValueReplacement": "b", "invalidValueTreatment": "asValue"},
         (2.0, 4.0, 4.0, 18.0)),
    ],
)  # fmt: skip
def test_the_schema_of_a_segment(
    inner: dict[str, str], expected: tuple[float | None, ...], tmp_path: Path
) -> None:
    scorer = load(nested(**inner), tmp_path)
    for value, score in zip(("a", "b", "new", None), expected, strict=True):
        if score is None:
            with pytest.raises(DataError):
                scorer.score({"s": value})
        else:
            assert scorer.score({"s": value}) == {"l": score}


@pytest.mark.parametrize("engine", ["compiled", "jpmml"])
def test_softmax_of_a_regression(engine: str, tmp_path: Path) -> None:
    data = linear(data_field("x"), mining_field("x"), {"x": 1.0}).decode()
    attribute = 'functionName="regression" normalizationMethod='
    softmax = data.replace('functionName="regression"', attribute + '"softmax"')
    expected = pytest.approx(0.6224593312018546, abs=1e-15)
    assert load(softmax, tmp_path, engine).score({"x": 0.5})["y"] == expected
    simplemax = data.replace('functionName="regression"', attribute + '"simplemax"')
    with pytest.raises(UnsupportedDocumentError, match="simplemax"):
        load(simplemax, tmp_path)


def applied(function: str, arguments: str, **attributes: str) -> str:
    return tag("OutputField", {"name": "t", "feature": "transformedValue", "dataType": "double",
                               "optype": "continuous"},
               tag("Apply", {"function": function, **attributes}, arguments))  # fmt: skip


def test_what_a_function_cannot_do_may_be_missing(tmp_path: Path) -> None:
    x, text = tag("FieldRef", {"field": "x"}), tag("Constant", {"dataType": "string"}, "abc")
    one = tag("Constant", {"dataType": "integer"}, "1")
    length = tag("Apply", {"function": "stringLength"},
                 tag("Apply", {"function": "substring", "invalidValueTreatment": "asMissing"},
                     text + x + one))  # fmt: skip

    def score(output: str, x: float) -> Any:
        data = linear(data_field("x", "integer"), mining_field("x"), {}, output=output)
        return load(data, tmp_path).score({"x": x})["t"]

    divided = applied("/", one + x, invalidValueTreatment="asMissing", defaultValue="7")
    assert [score(divided, at) for at in (0, 2)] == [7.0, 0.5]
    assert [score(applied("+", length + one, defaultValue="-1"), at) for at in (0, 2)] == [-1, 2]
    strict = applied("stringLength", tag("Apply", {"function": "substring"}, text + x + one))
    with pytest.raises(DataError, match="a substring from 0"):
        score(strict, 0)


def test_clusters_that_are_fewer_than_the_model_says(tmp_path: Path) -> None:
    text = clusters(ranked("i", "clusterId", 1, "string"))
    with pytest.raises(UnsupportedDocumentError, match="has 3 clusters, and says 4"):
        load(text.replace('numberOfClusters="3"', 'numberOfClusters="4"'), tmp_path)

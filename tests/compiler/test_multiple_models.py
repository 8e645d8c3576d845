"""Models of models: every method, with segments that do not apply and results that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, simple, tag

SHARES = ((0.7, 0.2, 0.1), (0.3, 0.6, 0.1), (0.1, 0.5, 0.4), (0.25, 0.25, 0.5))
TREATMENTS = ("continue", "skipSegment", "returnMissing")
RECORDS = [{"x": float(x)} for x in range(8)]
FIELDS = data_field("y") + data_field("l", "string", "categorical", "abc") + data_field("x")


def tree(score: object, target: str, distribution: tuple[float, ...] = (), gone: int = -1) -> str:
    """A tree with one score, and none where x is ``gone``."""
    inner = "".join(
        tag("ScoreDistribution", {"value": v, "recordCount": 100 * p})
        for v, p in zip("abc", distribution, strict=False)
    )
    leaf = tag("Node", {"score": score}, simple("x", "notEqual", gone) + inner)
    outputs = "".join(output_field(f"q{v}", "probability", v) for v in "abc")
    return tag(
        "TreeModel",
        {"functionName": "classification" if distribution else "regression"},
        tag("MiningSchema", {}, mining_field(target, usageType="target") + mining_field("x"))
        + (tag("Output", {}, outputs) if distribution else "")
        + tag("Node", {}, "<True/>" + leaf),
    )


def ensemble(method: str, models: list[str], classifies: bool, **attributes: object) -> bytes:
    """Segment n does not apply where x is n + 4, and segment n has the weight n + 1."""
    target = "l" if classifies else "y"
    segments = "".join(
        tag("Segment", {"id": f"s{n}", "weight": n + 1}, simple("x", "notEqual", n + 4) + model)
        for n, model in enumerate(models)
    )
    outputs = "".join(output_field(f"p{v}", "probability", v) for v in "abc")
    return pmml(
        FIELDS,
        tag(
            "MiningModel",
            {"functionName": "classification" if classifies else "regression"},
            tag("MiningSchema", {}, mining_field(target, usageType="target") + mining_field("x"))
            + (tag("Output", {}, outputs) if classifies else "")
            + tag("Segmentation", {"multipleModelMethod": method, **attributes}, segments),
        ),
    )


def scores(data: bytes, folder: Path, engine: str = "compiled") -> list[Any]:
    path = folder / "document.pmml"
    path.write_bytes(data)
    scorer = pp.load(path, engine)
    found: list[Any] = []
    for record in RECORDS:
        try:
            found.append(list(scorer.score(record).values()))
        except DataError:
            found.append(None)
    return found


def same(found: list[Any], expected: list[Any]) -> bool:
    def equal(a: Any, b: Any) -> bool:
        return bool(a == b if isinstance(a, str) else abs(a - b) < 1e-12)

    return all(
        f == e if f is None or e is None else all(map(equal, f, e))
        for f, e in zip(found, expected, strict=True)
    )


REGRESSIONS = ("sum", "average", "median", "weightedAverage", "weightedSum", "weightedMedian")
# Of a median JPMML-Evaluator names the class with the largest of the probabilities that it returns,
# where the specification names the one with the largest median.
CLASSIFICATIONS = ("average", "max", "weightedAverage", "majorityVote", "weightedMajorityVote")


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("method", REGRESSIONS)
def test_numbers(method: str, treatment: str, tmp_path: Path) -> None:
    models = [tree(s, "y", gone=g) for s, g in ((1.5, 0), (4.0, 1), (2.5, 2), (10.0, 2))]
    data = ensemble(method, models, False, missingPredictionTreatment=treatment)
    assert same(scores(data, tmp_path), scores(data, tmp_path, "jpmml"))


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("method", CLASSIFICATIONS)
def test_classes(method: str, treatment: str, tmp_path: Path) -> None:
    models = [
        tree("abc"[p.index(max(p))], "l", p, g) for p, g in zip(SHARES, (0, 1, 2, 2), strict=True)
    ]
    data = ensemble(method, models, True, missingPredictionTreatment=treatment)
    assert same(scores(data, tmp_path), scores(data, tmp_path, "jpmml"))


def test_the_median_of_classes(tmp_path: Path) -> None:
    data = ensemble("median", [tree("a", "l", p) for p in SHARES], True)
    expected = []
    for record in RECORDS:
        rows = [p for n, p in enumerate(SHARES) if record["x"] != n + 4]
        ordered = [sorted(column) for column in zip(*rows, strict=True)]
        middle = [(c[(len(c) - 1) // 2], c[len(c) // 2]) for c in ordered]
        winner = max(range(3), key=lambda k: sum(middle[k]))
        chosen = [p for p in rows if p[winner] in middle[winner]]
        shares = [sum(column) / len(chosen) for column in zip(*chosen, strict=True)]
        expected.append(["abc"[winner], *shares])
    assert same(scores(data, tmp_path), expected)


def test_a_threshold_of_missing_results(tmp_path: Path) -> None:
    models = [tree(s, "y", gone=g) for s, g in ((1.0, 0), (2.0, 0), (4.0, 0), (8.0, 1))]
    attributes = {"missingPredictionTreatment": "skipSegment", "missingThreshold": 0.5}
    found = scores(ensemble("average", models, False, **attributes), tmp_path)
    # Three of four are missing, one of four, none; then one does not apply.
    assert found[:4] == [None, [7 / 3], [15 / 4], [15 / 4]]
    assert found[4:] == [[14 / 3], [13 / 3], [11 / 3], [7 / 3]]


def test_the_first_that_applies_and_has_a_result(tmp_path: Path) -> None:
    models = [tree(s, "y", gone=g) for s, g in ((1.0, 0), (2.0, 1), (3.0, 0))]
    data = ensemble("selectFirst", models, False, missingPredictionTreatment="skipSegment")
    assert scores(data, tmp_path) == [[2.0], [1.0], [1.0], [1.0], [2.0], [1.0], [1.0], [1.0]]
    plain = ensemble("selectFirst", models, False)
    assert scores(plain, tmp_path)[:2] == [None, [1.0]]


def test_all_are_selected_by_output_fields_that_name_them(tmp_path: Path) -> None:
    segments = "".join(
        tag("Segment", {"id": n}, simple("x", "notEqual", at) + tree(score, "y"))
        for n, at, score in (("one", 0, 5.0), ("two", 1, 6.0))
    )
    outputs = "".join(
        tag("OutputField", {"name": n, "segmentId": n, "feature": "transformedValue",
                            "dataType": "double", "optype": "continuous"}, expression)
        for n, expression in (("one", ""), ("two", ""))
    ).replace("transformedValue", "predictedValue")  # fmt: skip
    model = tag(
        "MiningModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field("x"))
        + tag("Output", {}, outputs)
        + tag("Segmentation", {"multipleModelMethod": "selectAll"}, segments),
    )
    path = tmp_path / "document.pmml"
    path.write_bytes(pmml(FIELDS, model))
    scorer = pp.load(path, "compiled")
    assert scorer.score({"x": 3.0}) == {"one": 5.0, "two": 6.0}
    with pytest.raises(DataError):  # which segment does not apply has no predicted value
        scorer.score({"x": 1.0})


def test_a_chain_with_a_missing_result(tmp_path: Path) -> None:
    models = [tree(1.0, "y", gone=0), tree(2.0, "y", gone=1)]
    data = ensemble("modelChain", models, False, missingPredictionTreatment="returnMissing")
    assert scores(data, tmp_path)[:3] == [None, None, [2.0]]
    assert scores(ensemble("modelChain", models, False), tmp_path)[:3] == [[2.0], None, [2.0]]


def of_segment(name: str, feature: str, segment: str, data_type: str = "double") -> str:
    field = output_field(name, feature, "a" if feature == "probability" else None, data_type)
    return field.replace("<OutputField", f'<OutputField segmentId="{segment}"')


@pytest.mark.parametrize("engine", ["compiled", "jpmml"])
@pytest.mark.parametrize("method", ["modelChain", "majorityVote", "average", "max"])
def test_an_output_field_of_a_segment(method: str, engine: str, tmp_path: Path) -> None:
    """Each is of that segment's own result, whatever becomes of it."""
    models = [
        tree("abc"[p.index(max(p))], "l", p).replace('name="q', f'name="q{n}')
        for n, p in enumerate(SHARES[:3])
    ]
    outputs = "".join(
        of_segment(f"l{s}", "predictedValue", f"s{s}", "string")
        + of_segment(f"p{s}", "probability", f"s{s}")
        for s in (0, 2)
    )
    text = ensemble(method, models, True).decode()
    start, end = text.index("<Output>"), text.index("<Segmentation")
    data = (text[:start] + tag("Output", {}, outputs) + text[end:]).encode()
    found = scores(data, tmp_path, engine)
    assert found[0][1:5] == ["a", 0.7, "b", 0.1]
    assert (found[4], found[6]) == (None, None)  # one of the two does not apply


@pytest.mark.parametrize("method", ["modelChain", "selectFirst"])
def test_a_segment_that_is_not_taken_has_no_result(method: str, tmp_path: Path) -> None:
    """``isMissing`` is asked, since a result that is missing is refused."""
    outputs = ""
    for n in range(2):
        asked = tag("Apply", {"function": "isMissing"}, tag("FieldRef", {"field": f"r{n}"}))
        outputs += of_segment(f"r{n}", "predictedValue", f"s{n}").replace(
            'feature="predictedValue"', 'feature="predictedValue" isFinalResult="false"'
        )
        outputs += output_field(f"m{n}", "transformedValue", None, "boolean", asked)
    text = ensemble(method, [tree(1.0, "y"), tree(2.0, "y")], False).decode()
    text = text.replace("<Segmentation", tag("Output", {}, outputs) + "<Segmentation", 1)
    found = scores(text.encode(), tmp_path)
    if method == "modelChain":
        assert found[3:5] == [[2.0, False, False], [2.0, True, False]]
    else:  # "the first model for which the predicate evaluates to true"
        assert found[3:5] == [[1.0, False, True], [2.0, True, False]]


def clusters(*names: str) -> str:
    """The first is at 0, the next at 3, and so on."""
    return tag(
        "ClusteringModel",
        {"functionName": "clustering", "modelClass": "centerBased",
         "numberOfClusters": len(names)},
        tag("MiningSchema", {}, mining_field("x"))
        + tag("ComparisonMeasure", {"kind": "distance"}, "<squaredEuclidean/>")
        + tag("ClusteringField", {"field": "x"})
        + "".join(tag("Cluster", {"id": f"c{n}", "name": name},
                      tag("Array", {"type": "real", "n": 1}, str(3 * n)))
                  for n, name in enumerate(names)),
    )  # fmt: skip


@pytest.mark.parametrize("segment", [None, "s0"])
def test_what_only_a_kind_of_model_has(segment: str | None, tmp_path: Path) -> None:
    """It is that of the segment, and there is none where the segment is not taken.

    JPMML-Evaluator wants a target, which clusters have none.
    """
    outputs = "".join(
        output_field(name, feature, data_type="string")
        for name, feature in (("name", "predictedDisplayValue"), ("id", "clusterId"))
    )
    if segment is not None:
        outputs = outputs.replace("<OutputField", f'<OutputField segmentId="{segment}"')
    segments = "".join(
        tag("Segment", {"id": f"s{n}"}, simple("x", operator, 4) + clusters(*names))
        for n, (operator, names) in enumerate(
            (("lessThan", ("one", "two")), ("greaterThan", ("three", "four"))))
    )  # fmt: skip
    model = tag(
        "MiningModel",
        {"functionName": "clustering"},
        tag("MiningSchema", {}, mining_field("x"))
        + tag("Output", {}, outputs)
        + tag("Segmentation", {"multipleModelMethod": "selectFirst"}, segments),
    )
    found = scores(pmml(FIELDS, model), tmp_path)
    assert found[0] == ["one", "c0"]
    assert found[3] == ["two", "c1"]
    assert found[5] == (["four", "c1"] if segment is None else None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("weight='1'", "weight='one'"), "Segment .* has a weight that is no number"),
        (("weight='1'", "weight='-1'"), "Segment .* has the weight -1"),
        (("weight='1'", "wait='1'"), "Segment .* has the attribute 'wait'"),
        (("multipleModelMethod='sum'", "multipleModelMethod='selectAll'"), "gives no 'y'"),
        (("'sum'", "'modelChain' missingPredictionTreatment='skipSegment'"), "skipSegment in a"),
        (("<TreeModel", "<VariableWeight field='x'/><TreeModel"), "VariableWeight .* in a Segment"),
    ],
)
def test_what_is_refused(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    text = ensemble("sum", [tree(1.0, "y"), tree(2.0, "y")], False).decode().replace('"', "'")
    assert change[0] in text
    path = tmp_path / "document.pmml"
    path.write_text(text.replace(change[0], change[1], 1))
    with pytest.raises(UnsupportedDocumentError, match=said):
        pp.load(path, "compiled")

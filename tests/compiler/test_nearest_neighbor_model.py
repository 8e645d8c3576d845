"""Nearest neighbours: against JPMML, against scikit-learn, and by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

import pmml_pipeline as pp
from converters import table
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..converters.agreement import request_of
from ..pmml import data_field, mining_field, pmml, tag
from .test_comparison import BINARY, FIELDS, MEASURES, NAMES, RECORDS, SCHEMA, measure, same
from .test_comparison import numbers as some_number
from .test_generated_documents import SETTINGS

CLASSES = ["q", "p", "r"]


def ranked(feature: str, name: str, data_type: str, ranks: Sequence[int]) -> str:
    return "".join(
        tag("OutputField", {"name": f"{name}{n}", "feature": feature, "rank": n,
                            "dataType": data_type})
        for n in ranks
    )  # fmt: skip


def neighbours(
    measure: str,
    rows: Sequence[Sequence[object]],
    k: int,
    *,
    targets: Sequence[str] = ("y",),
    inputs: str = "",
    data: str = "",
    output: str = "",
    identifier: bool = False,
    transformed: str | None = "true",
    **attributes: object,
) -> bytes:
    """Rows have a, b, c, then the targets, then the id."""
    columns = [*NAMES, *targets, *(["id"] if identifier else [])]
    fields = "".join(tag("InstanceField", {"field": c, "column": c}) for c in columns)
    instances = "".join(
        tag("row", {}, "".join(f"<{c}>{v}</{c}>" for c, v in zip(columns, row, strict=True)))
        for row in rows
    )
    ranks = range(1, k + 1)
    output = output or (
        ranked("entityId", "id", "string", ranks) + ranked("entityAffinity", "d", "double", ranks)
    )
    model = tag(
        "NearestNeighborModel",
        {"numberOfNeighbors": k, "instanceIdVariable": "id" if identifier else None,
         "functionName": "regression" if not data else "classification", **attributes},
        tag("MiningSchema", {}, "".join(mining_field(t, usageType="target") for t in targets)
            + SCHEMA)
        + tag("Output", {}, output)
        + tag("TrainingInstances", {"isTransformed": transformed},
              tag("InstanceFields", {}, fields) + tag("InlineTable", {}, instances))
        + measure
        + tag("KNNInputs", {}, inputs or "".join(tag("KNNInput", {"field": n}) for n in NAMES)),
    )  # fmt: skip
    return pmml((data or "".join(data_field(t) for t in targets)) + FIELDS, model)


LABEL = data_field("y", "string", "categorical", CLASSES)
ONE = ranked("entityAffinity", "d", "double", (1,))


def score(data: bytes, folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return pp.load(path, "compiled").score(record)


@SETTINGS
@given(data=st.data())
def test_generated_regressions(data: st.DataObject, tmp_path: Path) -> None:
    name = data.draw(st.sampled_from([n for n in MEASURES if n not in BINARY]))
    count = data.draw(st.integers(1, 7))
    rows = [[data.draw(some_number) for _ in range(4)] for _ in range(count)]
    inputs = "".join(
        tag("KNNInput", {"field": f, "fieldWeight": data.draw(st.sampled_from([None, 0.5, 2.0])),
                         "compareFunction": data.draw(st.sampled_from([None, "delta"]))})
        for f in NAMES
    )  # fmt: skip
    method = data.draw(st.sampled_from([None, "median", "average", "weightedAverage"]))
    document = neighbours(
        measure(name),
        rows,
        data.draw(st.integers(1, count)),
        inputs=inputs,
        continuousScoringMethod=method,
        threshold=data.draw(st.sampled_from([None, 0.5])),
    )
    # JPMML gives the affinity of the nearest, whatever the rank.
    same(document, tmp_path, RECORDS, without="d")


@SETTINGS
@given(data=st.data())
def test_generated_classifications(data: st.DataObject, tmp_path: Path) -> None:
    rows = [
        [*(data.draw(some_number) for _ in NAMES), data.draw(st.sampled_from(CLASSES))]
        for _ in range(data.draw(st.integers(4, 9)))
    ]
    method = data.draw(st.sampled_from([None, "majorityVote", "weightedMajorityVote"]))
    document = neighbours(
        measure("cityBlock"),
        rows,
        data.draw(st.integers(1, 4)),
        data=LABEL,
        categoricalScoringMethod=method,
    )
    same(document, tmp_path, RECORDS, without="d")


ROWS = [
    [0, 0, 0, "q"], [0, 0, 0, "p"], [1, 0, 0, "q"], [1, 1, 0, "p"],
    [2, 1, 0, "r"], [2, 2, 2, "r"], [2, 2, 2, "r"],
]  # fmt: skip
ORIGIN = {"a": 0.0, "b": 0.0, "c": 0.0}


def test_of_instances_equally_near_the_first_of_the_document_comes_first(tmp_path: Path) -> None:
    document = neighbours(measure("cityBlock"), ROWS, 3, data=LABEL)
    found = score(document, tmp_path, ORIGIN)
    assert [found[f"id{n}"] for n in (1, 2, 3)] == ["1", "2", "3"]
    assert [found[f"d{n}"] for n in (1, 2, 3)] == [0.0, 0.0, 1.0]
    found = score(document, tmp_path, {"a": 2.0, "b": 2.0, "c": 2.0})
    assert [found[f"id{n}"] for n in (1, 2, 3)] == ["6", "7", "5"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[0, 0, 0, "q"], [0, 0, 0, "r"], [9, 9, 9, "r"]], "r"),  # most in the training data
        ([[0, 0, 0, "q"], [0, 0, 0, "p"], [9, 9, 9, "r"]], "p"),  # the smallest of them
    ],
)
def test_a_tied_vote(rows: list[list[Any]], expected: str, tmp_path: Path) -> None:
    document = neighbours(measure("cityBlock"), rows, 2, data=LABEL, output=ONE)
    assert score(document, tmp_path, ORIGIN)["y"] == expected
    same(document, tmp_path, [ORIGIN])


def test_several_targets_of_several_kinds_and_an_id(tmp_path: Path) -> None:
    rows = [[0, 0, 0, "p", 1.5, "first"], [1, 0, 0, "p", 2.5, "second"], [9, 9, 9, "q", 7, "third"]]
    document = neighbours(
        measure("euclidean"),
        rows,
        2,
        targets=("y", "n"),
        data=LABEL + data_field("n"),
        identifier=True,
    )
    assert score(document, tmp_path, ORIGIN) == {
        "y": "p", "n": 2.0, "id1": "first", "id2": "second", "d1": 0.0, "d2": 1.0
    }  # fmt: skip
    document = neighbours(measure("euclidean"), [[*r[:3], r[5]] for r in rows], 1, targets=(),
                          identifier=True, data=" ")  # fmt: skip
    assert score(document, tmp_path, ORIGIN) == {"id1": "first", "d1": 0.0}


def test_an_instance_at_no_distance_is_all_that_counts_without_a_threshold(tmp_path: Path) -> None:
    rows = [[0, 0, 0, 1.0], [1, 0, 0, 5.0], [0, 0, 0, 4.0]]
    how = {"continuousScoringMethod": "weightedAverage", "output": ONE}
    document = neighbours(measure("euclidean"), rows, 3, threshold="0.0", **how)
    assert score(document, tmp_path, ORIGIN)["y"] == 2.5
    assert score(document, tmp_path, {**ORIGIN, "a": 0.5})["y"] == pytest.approx(10 / 3, abs=1e-14)
    document = neighbours(measure("euclidean"), rows, 3, threshold=0.5, **how)
    assert score(document, tmp_path, ORIGIN)["y"] == pytest.approx(
        (2 * 1 + 2 * 4 + 5 / 1.5) / (4 + 1 / 1.5), abs=1e-14
    )


@pytest.mark.parametrize("everywhere", [False, True])
def test_instances_that_are_not_transformed_yet_are(everywhere: bool, tmp_path: Path) -> None:
    double = tag(
        "Apply", {"function": "*"}, tag("FieldRef", {"field": "a"}) + "<Constant>2</Constant>"
    )
    whole = tag("Apply", {"function": "floor"}, tag("FieldRef", {"field": "a2"}))
    derived = "".join(
        tag("DerivedField", {"name": n, "dataType": "double", "optype": "continuous"}, e)
        for n, e in (("a2", double), ("whole", whole))
    )  # fmt: skip
    rows = [[0.2, 0, 0, 1.0], [0.7, 0, 0, 2.0], [1.3, 5, 0, 4.0]]
    inputs = "".join(tag("KNNInput", {"field": f}) for f in ("whole", "b"))
    document = neighbours(measure("cityBlock"), rows, 2, inputs=inputs, transformed=None).decode()
    if everywhere:
        where = "</DataDictionary>"
        text = document.replace(where, where + tag("TransformationDictionary", {}, derived))
    else:
        where = "<TrainingInstances"
        text = document.replace(where, tag("LocalTransformations", {}, derived) + where)
    record = {"a": 0.6, "b": 0.0, "c": 0.0}
    assert score(text.encode(), tmp_path, record) == {
        "y": 1.5, "id1": "2", "id2": "1", "d1": 0.0, "d2": 1.0
    }  # fmt: skip
    if not everywhere:  # which JPMML does not do
        same(text.encode(), tmp_path, [record], without="d")
    text = text.replace("<TrainingInstances", '<TrainingInstances isTransformed="true"')
    with pytest.raises(UnsupportedDocumentError, match="no column for 'whole'"):
        score(text.encode(), tmp_path, record)


def test_a_record_without_any_value_has_no_neighbours(tmp_path: Path) -> None:
    document = neighbours(measure("euclidean"), ROWS, 1, data=LABEL)
    with pytest.raises(DataError):
        score(document, tmp_path, dict.fromkeys(NAMES))


def test_texts_are_equal_or_not(tmp_path: Path) -> None:
    texts = "".join(data_field(n, "string", "categorical") for n in NAMES)
    rows = [["u", "v", "w", 1.0], ["u", "x", "w", 2.0]]
    document = neighbours(measure("cityBlock", compareFunction="delta"), rows, 1).replace(
        FIELDS.encode(), texts.encode()
    )
    record = {"a": "u", "b": "x", "c": "new"}
    assert score(document, tmp_path, record) == {"y": 2.0, "id1": "2", "d1": 1.0}
    with pytest.raises(UnsupportedDocumentError, match="absDiff of string"):
        score(document.replace(b"delta", b"absDiff"), tmp_path, record)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (neighbours(measure("euclidean"), ROWS, 8, data=LABEL), "8 neighbours of 7"),
        (neighbours(measure("euclidean"), [[0, "", 0, 1]], 1), "no 'b'"),
        (neighbours(measure("euclidean"), [[0, "one", 0, 1]], 1), "'one' is no number"),
        (neighbours(measure("jaccard"), [[0, 0, 0.5, 1]], 1), "not only 0 and 1"),
        (neighbours(measure("euclidean", "similarity"), [[0, 0, 1, 1]], 1), "as a similarity"),
        (
            neighbours(measure("cityBlock"), [[0, 0, 0, 1]], 1, inputs=tag("KNNInput",
                       {"field": "a", "compareFunction": "table"})),
            "Comparisons",
        ),
        (
            neighbours(measure("jaccard"), [[0, 0, 1, 1]], 1,
                       continuousScoringMethod="weightedAverage"),
            "by similarity",
        ),
        (
            neighbours(measure("cityBlock"), ROWS, 1, data=LABEL,
                       output=ranked("entityId", "id", "string", (2,))),
            "no neighbour of rank 2",
        ),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused(document: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=rf"\(line 1\).*{reason}"):
        score(document, tmp_path, ORIGIN)


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsRegressor(7),
        KNeighborsRegressor(5, weights="distance"),
        KNeighborsRegressor(4, p=3),
        KNeighborsRegressor(12, metric="manhattan", algorithm="brute"),
        KNeighborsClassifier(5),
        KNeighborsClassifier(6, weights="distance"),
    ],
    ids=str,
)
def test_what_scikit_learn_predicts(estimator: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(300, 4)), columns=["a", "b", "c", "d"])
    score_of = frame["a"] * 2 - frame["b"] + random.normal(size=300) / 4
    numbers = isinstance(estimator, KNeighborsRegressor)
    target = score_of if numbers else np.where(score_of > 0, "yes", "no")
    fitted = estimator.fit(frame, target)
    path = tmp_path / "model.pmml"
    path.write_bytes(table.find(fitted).convert(fitted, request_of(frame, "y")))
    rows = pd.concat([frame[:50], frame[:200] + random.normal(size=(200, 4)) / 3])
    scorer = pp.load(path, "compiled")
    columns = {name: rows[name].tolist() for name in rows.columns}
    found, errors = scorer.score_columns(columns, len(rows))
    assert not errors
    expected = fitted.predict(rows)
    if numbers:
        assert np.abs(np.asarray(found[0], dtype=float) - expected).max() <= 1e-12
    else:
        assert list(found[0]) == list(expected)

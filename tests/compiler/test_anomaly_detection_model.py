"""Anomaly detection models, which JPMML does not have: by the specification's formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.ensemble._iforest import _average_path_length

import pmml_pipeline as pp
from pmml_pipeline.errors import UnsupportedDocumentError

from ..pmml import data_field, linear, mining_field, output_field, pmml, simple, tag
from .test_comparison import FIELDS, SCHEMA, clusters, fields_of, measure

LINEAR = linear(data_field("x"), mining_field("x"), {"x": 2.0}, intercept=1.0).decode()
INNER = LINEAR[LINEAR.index("<RegressionModel") : LINEAR.index("</PMML>")]
INNER = INNER.replace(mining_field("y", usageType="target"), "")
CLUSTERS = clusters(measure("euclidean"), fields_of(), [[0, 0, 0], [3, 4, 0]]).decode()
CLUSTERS = CLUSTERS[CLUSTERS.index("<ClusteringModel") : CLUSTERS.index("</PMML>")]


def anomaly(kind: str, inner: str, schema: str = "", more: str = "", **attributes: object) -> str:
    output = tag("Output", {}, output_field("score", "predictedValue"))
    return tag(
        "AnomalyDetectionModel",
        {"functionName": "regression", "algorithmType": kind, **attributes},
        tag("MiningSchema", {}, schema or mining_field("x")) + output + inner + more,
    )


def score(model: str, folder: Path, record: dict[str, Any]) -> Any:
    path = folder / "document.pmml"
    path.write_bytes(pmml(data_field("x") + FIELDS, model))
    return pp.load(path, "compiled").score(record)["score"]


def means(text: str) -> str:
    return tag("MeanClusterDistances", {}, tag("Array", {"type": "real"}, text))


@pytest.mark.parametrize("rows", [2, 256])
def test_an_isolation_forest(rows: int, tmp_path: Path) -> None:
    """ "2^-(predictedValue/c(n)), c(n) = 2*H(n-1) - (2*(n-1)/n)", as scikit-learn has it."""
    leaves = tag("Node", {"score": 2}, simple("x", "lessThan", 0))
    leaves += tag("Node", {"score": 7}, simple("x", "greaterOrEqual", 0))
    schema = tag("MiningSchema", {}, mining_field("x"))
    root = tag("Node", {}, "<True/>" + leaves)
    tree = tag("TreeModel", {"functionName": "regression"}, schema + root)
    segments = "".join(tag("Segment", {"id": n}, "<True/>" + tree) for n in (1, 2))
    forest = tag(
        "MiningModel",
        {"functionName": "regression"},
        schema + tag("Segmentation", {"multipleModelMethod": "average"}, segments),
    )
    model = anomaly("iforest", forest, sampleDataSize=rows)
    (expected,) = _average_path_length([rows])
    for x, length in ((-1.0, 2.0), (1.0, 7.0)):
        found = score(model, tmp_path, {"x": x})
        assert found == pytest.approx(2 ** -(length / expected), abs=1e-15)


@pytest.mark.parametrize("kind", ["ocsvm", "other"])
def test_other_models_give_the_score_themselves(kind: str, tmp_path: Path) -> None:
    assert score(anomaly(kind, INNER), tmp_path, {"x": 3.0}) == 7.0


def test_the_mean_distance_of_the_cluster(tmp_path: Path) -> None:
    model = anomaly("clusterMeanDist", CLUSTERS, SCHEMA, means("2.0 0.5"))
    assert score(model, tmp_path, {"a": 1.0, "b": 0.0, "c": 0.0}) == 0.5
    assert score(model, tmp_path, {"a": 3.0, "b": 4.0, "c": 1.0}) == 2.0


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (anomaly("iforest", INNER), "sampleDataSize"),
        (anomaly("clusterMeanDist", INNER, more=means("1")), "ClusteringModel"),
        (anomaly("clusterMeanDist", CLUSTERS, SCHEMA, means("1 2 3")), "has 3 values"),
        (anomaly("clusterMeanDist", CLUSTERS, SCHEMA, means("1 0")), "not positive"),
        (anomaly("other", CLUSTERS, SCHEMA), "no number"),
        (anomaly("lof", INNER), "algorithmType='lof'"),
    ],
)
def test_what_is_wrong_is_refused(model: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=rf"\(line 1\).*{reason}"):
        score(model, tmp_path, {})


@pytest.mark.parametrize(
    "name",
    [
        "AssociationModel",
        "BaselineModel",
        "BayesianNetworkModel",
        "GaussianProcessModel",
        "SequenceModel",
        "TextModel",
        "TimeSeriesModel",
    ],
)
def test_models_that_are_not_done_are_refused_by_name(name: str, tmp_path: Path) -> None:
    schema = tag("MiningSchema", {}, mining_field("x"))
    with pytest.raises(UnsupportedDocumentError, match=rf"{name} \(line 1\) is not supported"):
        score(tag(name, {"functionName": "regression"}, schema), tmp_path, {})

"""``AnomalyDetectionModel``. Source: PMML 4.4, AnomalyDetectionModel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement
from pmml_pipeline.document.reader import MODEL_ELEMENTS


@dataclass(frozen=True, slots=True)
class MeanClusterDistances:
    """``MeanClusterDistances``: how far the records of each cluster are from its centre."""

    array: Element = field(metadata={"tag": "Array"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyDetectionModel(ModelElement):
    """``AnomalyDetectionModel``: another model, whose result becomes an anomaly score."""

    algorithm_type: Literal["iforest", "ocsvm", "clusterMeanDist", "other"]
    model: Element = field(metadata={"tags": tuple(sorted(MODEL_ELEMENTS))})
    sample_data_size: int | None = None
    mean_cluster_distances: MeanClusterDistances | None = None

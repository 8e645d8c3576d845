"""``ClusteringModel``. Source: PMML 4.4, ClusteringModel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.comparison import CompareFunction, ComparisonMeasure
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement


@dataclass(frozen=True, slots=True)
class Comparisons:
    """``Comparisons``: how far apart the values of a field are, as a matrix."""

    matrix: Element = field(metadata={"tag": "Matrix"})


@dataclass(frozen=True, slots=True)
class ClusteringField:
    """``ClusteringField``: a field that is compared."""

    line: int
    field: str
    is_center_field: bool = True
    field_weight: float = 1.0
    similarity_scale: float | None = None
    compare_function: CompareFunction | None = None
    comparisons: Comparisons | None = None


@dataclass(frozen=True, slots=True)
class MissingValueWeights:
    """``MissingValueWeights``: how much each field counts where others are missing."""

    array: Element = field(metadata={"tag": "Array"})


@dataclass(frozen=True, slots=True)
class Cluster:
    """``Cluster``: a centre."""

    line: int
    array: Element = field(metadata={"tag": "Array"})
    id: str | None = None
    name: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteringModel(ModelElement):
    """``ClusteringModel``."""

    model_class: Literal["centerBased"]
    number_of_clusters: int
    measure: ComparisonMeasure
    fields: tuple[ClusteringField, ...]
    clusters: tuple[Cluster, ...]
    weights: MissingValueWeights | None = None

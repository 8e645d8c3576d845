"""``ClusteringModel`` and ``ComparisonMeasure``. Source: PMML 4.4, ClusteringModel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement

CompareFunction = Literal["absDiff", "gaussSim", "delta", "equal", "table"]


@dataclass(frozen=True, slots=True)
class Euclidean:
    """``euclidean``."""

    TAG = "euclidean"


@dataclass(frozen=True, slots=True)
class SquaredEuclidean:
    """``squaredEuclidean``."""

    TAG = "squaredEuclidean"


@dataclass(frozen=True, slots=True)
class Chebychev:
    """``chebychev``."""

    TAG = "chebychev"


@dataclass(frozen=True, slots=True)
class CityBlock:
    """``cityBlock``."""

    TAG = "cityBlock"


@dataclass(frozen=True, slots=True)
class ComparisonMeasure:
    """``ComparisonMeasure``: how far apart two records are."""

    line: int
    kind: Literal["distance", "similarity"]
    measure: Euclidean | SquaredEuclidean | Chebychev | CityBlock
    compare_function: CompareFunction = "absDiff"
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class ClusteringField:
    """``ClusteringField``: a field that is compared."""

    line: int
    field: str
    is_center_field: bool = True
    field_weight: float = 1.0
    similarity_scale: float | None = None
    compare_function: CompareFunction | None = None


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

"""``ComparisonMeasure``: how far apart two records are. Source: PMML 4.4, ClusteringModel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

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
class Minkowski:
    """``minkowski``."""

    p: float = field(metadata={"name": "p-parameter"})
    TAG = "minkowski"


@dataclass(frozen=True, slots=True)
class SimpleMatching:
    """``simpleMatching``."""

    TAG = "simpleMatching"


@dataclass(frozen=True, slots=True)
class Jaccard:
    """``jaccard``."""

    TAG = "jaccard"


@dataclass(frozen=True, slots=True)
class Tanimoto:
    """``tanimoto``."""

    TAG = "tanimoto"


@dataclass(frozen=True, slots=True)
class BinarySimilarity:
    """``binarySimilarity``."""

    c00: float = field(metadata={"name": "c00-parameter"})
    c01: float = field(metadata={"name": "c01-parameter"})
    c10: float = field(metadata={"name": "c10-parameter"})
    c11: float = field(metadata={"name": "c11-parameter"})
    d00: float = field(metadata={"name": "d00-parameter"})
    d01: float = field(metadata={"name": "d01-parameter"})
    d10: float = field(metadata={"name": "d10-parameter"})
    d11: float = field(metadata={"name": "d11-parameter"})
    TAG = "binarySimilarity"


Similarity = SimpleMatching | Jaccard | Tanimoto | BinarySimilarity


@dataclass(frozen=True, slots=True)
class ComparisonMeasure:
    """``ComparisonMeasure``."""

    line: int
    kind: Literal["distance", "similarity"]
    measure: Euclidean | SquaredEuclidean | Chebychev | CityBlock | Minkowski | Similarity
    compare_function: CompareFunction = "absDiff"
    minimum: float | None = None
    maximum: float | None = None

"""``NaiveBayesModel``. Source: PMML 4.4, NaiveBayes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.expressions import Discretize
from pmml_pipeline.document.model_element import ModelElement


@dataclass(frozen=True, slots=True)
class TargetValueCount:
    """``TargetValueCount``: how often a value of the target was seen."""

    value: str
    count: float


@dataclass(frozen=True, slots=True)
class TargetValueCounts:
    """``TargetValueCounts``: by the values of the target."""

    counts: tuple[TargetValueCount, ...] = ()


@dataclass(frozen=True, slots=True)
class PairCounts:
    """``PairCounts``: how often a value of an input was seen, by the values of the target."""

    line: int
    value: str
    counts: TargetValueCounts


@dataclass(frozen=True, slots=True)
class GaussianDistribution:
    """``GaussianDistribution``."""

    line: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class PoissonDistribution:
    """``PoissonDistribution``."""

    line: int
    mean: float


@dataclass(frozen=True, slots=True)
class TargetValueStat:
    """``TargetValueStat``: how an input is distributed where the target has a value.

    "For Bayes models, these are restricted to Gaussian and Poisson distributions" (NaiveBayes).
    """

    line: int
    value: str
    distribution: GaussianDistribution | PoissonDistribution


@dataclass(frozen=True, slots=True)
class TargetValueStats:
    """``TargetValueStats``: by the values of the target."""

    stats: tuple[TargetValueStat, ...]


@dataclass(frozen=True, slots=True)
class BayesDerivedField:
    """``DerivedField`` of an input; "only the Discretize mapping may be invoked here"."""

    line: int
    data_type: str
    discretize: Discretize
    optype: Literal["continuous", "categorical", "ordinal"] = "categorical"
    name: str | None = None
    display_name: str | None = None
    TAG = "DerivedField"


@dataclass(frozen=True, slots=True)
class BayesInput:
    """``BayesInput``: counts or distributions of an input."""

    line: int
    field_name: str
    derived_field: BayesDerivedField | None = None
    stats: TargetValueStats | None = None
    pairs: tuple[PairCounts, ...] = ()


@dataclass(frozen=True, slots=True)
class BayesInputs:
    """``BayesInputs``."""

    inputs: tuple[BayesInput, ...] = ()


@dataclass(frozen=True, slots=True)
class BayesOutput:
    """``BayesOutput``: how often each value of the target was seen."""

    line: int
    field_name: str
    counts: TargetValueCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveBayesModel(ModelElement):
    """``NaiveBayesModel``."""

    threshold: float
    inputs: BayesInputs
    bayes_output: BayesOutput = field(metadata={"tag": "BayesOutput"})

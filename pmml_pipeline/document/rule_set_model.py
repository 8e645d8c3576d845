"""``RuleSetModel``. Source: PMML 4.4, RuleSet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement
from pmml_pipeline.document.tree_model import PREDICATES


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    """``ScoreDistribution``: what the training records were for which a rule fires."""

    value: str
    record_count: float
    confidence: float | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class SimpleRule:
    """``SimpleRule``: a score where a predicate is true."""

    line: int
    score: str
    predicate: Element = field(metadata={"tags": PREDICATES})
    distribution: tuple[ScoreDistribution, ...] = ()
    id: str | None = None
    record_count: float | None = None
    nb_correct: float | None = None
    confidence: float = 1.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class CompoundRule:
    """``CompoundRule``: rules that fire only where its own predicate is true. They stay elements,
    since there may be compound rules among them.
    """

    line: int
    predicate: Element = field(metadata={"tags": PREDICATES})
    rules: tuple[Element, ...] = field(
        default=(), metadata={"tags": ("SimpleRule", "CompoundRule")}
    )


@dataclass(frozen=True, slots=True)
class RuleSelectionMethod:
    """``RuleSelectionMethod``: which of the rules that fire counts."""

    criterion: Literal["weightedSum", "weightedMax", "firstHit"]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """``RuleSet``."""

    line: int
    methods: tuple[RuleSelectionMethod, ...]
    distribution: tuple[ScoreDistribution, ...] = ()
    rules: tuple[Element, ...] = field(
        default=(), metadata={"tags": ("SimpleRule", "CompoundRule")}
    )
    record_count: float | None = None
    nb_correct: float | None = None
    default_score: str | None = None
    default_confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetModel(ModelElement):
    """``RuleSetModel``."""

    rule_set: RuleSet

"""``Scorecard``. Source: PMML 4.4, Scorecard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.expressions import Expression
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement
from pmml_pipeline.document.tree_model import PREDICATES


@dataclass(frozen=True, slots=True)
class ComplexPartialScore:
    """``ComplexPartialScore``: points that an expression computes."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Attribute:
    """``Attribute``: the points where a predicate is true."""

    line: int
    predicate: Element = field(metadata={"tags": PREDICATES})
    partial_score: float | None = None
    reason_code: str | None = None
    complex_partial_score: ComplexPartialScore | None = None


@dataclass(frozen=True, slots=True)
class Characteristic:
    """``Characteristic``: one addend of the score."""

    line: int
    attributes: tuple[Attribute, ...]
    name: str | None = None
    reason_code: str | None = None
    baseline_score: float | None = None


@dataclass(frozen=True, slots=True)
class Characteristics:
    """``Characteristics``: all of them."""

    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard(ModelElement):
    """``Scorecard``."""

    characteristics: Characteristics
    initial_score: float = 0.0
    use_reason_codes: bool = True
    reason_code_algorithm: Literal["pointsAbove", "pointsBelow"] = "pointsBelow"
    baseline_score: float | None = None
    baseline_method: Literal["max", "min", "mean", "neutral", "other"] = "other"

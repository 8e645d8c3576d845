"""``RegressionModel``. Source: PMML 4.4, Regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmml_pipeline.document.expressions import FieldRef
from pmml_pipeline.document.model_element import ModelElement


@dataclass(frozen=True, slots=True)
class NumericPredictor:
    """``NumericPredictor``: coefficient * field ^ exponent."""

    name: str
    coefficient: float
    exponent: int = 1


@dataclass(frozen=True, slots=True)
class CategoricalPredictor:
    """``CategoricalPredictor``: the coefficient where the field has the value, otherwise 0."""

    name: str
    value: str
    coefficient: float


@dataclass(frozen=True, slots=True)
class PredictorTerm:
    """``PredictorTerm``: coefficient * the product of some fields."""

    coefficient: float
    factors: tuple[FieldRef, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class RegressionTable:
    """``RegressionTable``: one linear function; of one category, when it classifies."""

    line: int
    intercept: float
    numeric: tuple[NumericPredictor, ...] = ()
    categorical: tuple[CategoricalPredictor, ...] = ()
    terms: tuple[PredictorTerm, ...] = ()
    target_category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionModel(ModelElement):
    """``RegressionModel``."""

    tables: tuple[RegressionTable, ...]
    normalization_method: Literal[
        "none",
        "simplemax",
        "softmax",
        "logit",
        "probit",
        "cloglog",
        "exp",
        "loglog",
        "cauchit",
    ] = "none"
    target_field_name: str | None = None
    model_type: str | None = None

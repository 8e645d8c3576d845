"""``GeneralRegressionModel``. Source: PMML 4.4, GeneralRegression."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement


@dataclass(frozen=True, slots=True)
class Parameter:
    """``Parameter``; the reference point is for Cox regression."""

    name: str
    label: str | None = None
    reference_point: float = 0.0


@dataclass(frozen=True, slots=True)
class ParameterList:
    """``ParameterList``."""

    line: int
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """``Category``: a value of a factor."""

    value: str


@dataclass(frozen=True, slots=True)
class Categories:
    """``Categories``: the values of a factor, in the order of the rows of its matrix."""

    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """``Matrix``: rows as arrays."""

    line: int
    rows: tuple[Element, ...] = field(default=(), metadata={"tag": "Array"})
    kind: Literal["any"] = "any"
    nb_rows: int | None = None
    nb_cols: int | None = None


@dataclass(frozen=True, slots=True)
class Predictor:
    """``Predictor``: a factor, perhaps with a contrast matrix, or a covariate."""

    line: int
    name: str
    categories: Categories | None = None
    matrix: Matrix | None = None
    contrast_matrix_type: str | None = None


@dataclass(frozen=True, slots=True)
class FactorList:
    """``FactorList``: the categorical predictors."""

    predictors: tuple[Predictor, ...] = ()


@dataclass(frozen=True, slots=True)
class CovariateList:
    """``CovariateList``: the continuous predictors."""

    predictors: tuple[Predictor, ...] = ()


@dataclass(frozen=True, slots=True)
class PPCell:
    """``PPCell``: how a predictor is part of a parameter."""

    line: int
    value: str
    predictor_name: str
    parameter_name: str


@dataclass(frozen=True, slots=True)
class PPMatrix:
    """``PPMatrix``: predictors to parameters."""

    cells: tuple[PPCell, ...] = ()


@dataclass(frozen=True, slots=True)
class PCell:
    """``PCell``: the coefficient of a parameter, perhaps of one category of the target."""

    line: int
    parameter_name: str
    beta: float
    target_category: str | None = None
    df: float | None = None


@dataclass(frozen=True, slots=True)
class ParamMatrix:
    """``ParamMatrix``: parameters to coefficients."""

    cells: tuple[PCell, ...] = ()


@dataclass(frozen=True, slots=True)
class BaselineCell:
    """``BaselineCell``: the cumulative hazard from a time on."""

    time: float
    cum_hazard: float


@dataclass(frozen=True, slots=True)
class BaselineStratum:
    """``BaselineStratum``: the hazards of one stratum."""

    line: int
    value: str
    max_time: float
    cells: tuple[BaselineCell, ...] = ()
    label: str | None = None


@dataclass(frozen=True, slots=True)
class BaseCumHazardTables:
    """``BaseCumHazardTables``: of each stratum, or of all together."""

    line: int
    strata: tuple[BaselineStratum, ...] = ()
    cells: tuple[BaselineCell, ...] = ()
    max_time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralRegressionModel(ModelElement):
    """``GeneralRegressionModel``."""

    model_type: Literal[
        "regression",
        "generalLinear",
        "multinomialLogistic",
        "ordinalMultinomial",
        "generalizedLinear",
        "CoxRegression",
    ]
    parameter_list: ParameterList
    factor_list: FactorList | None = None
    covariate_list: CovariateList | None = None
    pp_matrix: PPMatrix
    param_matrix: ParamMatrix
    tables: BaseCumHazardTables | None = None
    target_reference_category: str | None = None
    cumulative_link: Literal["logit", "probit", "cloglog", "loglog", "cauchit"] | None = None
    link_function: (
        Literal[
            "cloglog",
            "identity",
            "log",
            "logc",
            "logit",
            "loglog",
            "negbin",
            "oddspower",
            "power",
            "probit",
        ]
        | None
    ) = None
    link_parameter: float | None = None
    dist_parameter: float | None = None
    trials_variable: str | None = None
    trials_value: float | None = None
    offset_variable: str | None = None
    offset_value: float | None = None
    end_time_variable: str | None = None
    baseline_strata_variable: str | None = None
    # How the parameters were estimated; no part of a score.
    covariances: Element | None = field(default=None, metadata={"tag": "PCovMatrix"})
    events: Element | None = field(default=None, metadata={"tag": "EventValues"})
    IGNORED = (
        "targetVariableName",
        "distribution",
        "modelDF",
        "startTimeVariable",
        "subjectIDVariable",
        "statusVariable",
    )

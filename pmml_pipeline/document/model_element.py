"""What every model element has: mining schema, output, targets, local transformations.

Source: PMML 4.4, MiningSchema, Output, Targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmml_pipeline.document.expressions import (
    Expression,
    FieldValue,
    LocalTransformations,
    OutlierTreatment,
)

MiningFunction = Literal[
    "associationRules",
    "sequences",
    "classification",
    "regression",
    "clustering",
    "timeSeries",
    "mixed",
]


@dataclass(frozen=True, slots=True)
class MiningField:
    """``MiningField``: how a model uses a field, and what it does with bad values."""

    line: int
    name: str
    usage_type: Literal[
        "active",
        "predicted",
        "target",
        "supplementary",
        "group",
        "order",
        "frequencyWeight",
        "analysisWeight",
    ] = "active"
    optype: Literal["categorical", "ordinal", "continuous"] | None = None
    importance: float | None = None
    outliers: OutlierTreatment = "asIs"
    low_value: float | None = None
    high_value: float | None = None
    missing_value_replacement: str | None = None
    missing_value_treatment: str | None = None
    invalid_value_treatment: Literal["returnInvalid", "asIs", "asMissing", "asValue"] = (
        "returnInvalid"
    )
    invalid_value_replacement: str | None = None


@dataclass(frozen=True, slots=True)
class MiningSchema:
    """``MiningSchema``: the fields that a model uses."""

    fields: tuple[MiningField, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetValue:
    """``TargetValue``: what is known of one value of a target."""

    value: str | None = None
    display_value: str | None = None
    prior_probability: float | None = None
    default_value: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """``Target``: what is done with the predicted value before it is returned."""

    line: int
    field: str | None = None
    optype: Literal["categorical", "ordinal", "continuous"] | None = None
    cast_integer: Literal["round", "ceiling", "floor"] | None = None
    min: float | None = None
    max: float | None = None
    rescale_constant: float = 0.0
    rescale_factor: float = 1.0
    values: tuple[TargetValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Targets:
    """``Targets``: one for each target field."""

    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """``Decision``: a value that a decision can take."""

    value: str
    display_value: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """``Decisions``: the values that a decision can take."""

    decisions: tuple[Decision, ...] = ()
    business_problem: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class OutputField:
    """``OutputField``: one more result."""

    line: int
    name: str
    optype: Literal["categorical", "ordinal", "continuous"] | None = None
    data_type: str | None = None
    target_field: str | None = None
    feature: str = "predictedValue"
    value: str | None = None
    rule_feature: str | None = None
    algorithm: str | None = None
    rank: int = 1
    rank_basis: str | None = None
    rank_order: str | None = None
    is_multi_valued: str | None = None
    segment_id: str | None = None
    is_final_result: bool = True
    display_name: str | None = None
    decisions: Decisions | None = None
    expression: Expression | None = None
    values: tuple[FieldValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """``Output``: the results of a model beside its prediction."""

    fields: tuple[OutputField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelElement:
    """What every model element has."""

    line: int
    function_name: MiningFunction
    mining_schema: MiningSchema
    output: Output | None = None
    targets: Targets | None = None
    local_transformations: LocalTransformations | None = None
    model_name: str | None = None
    algorithm_name: str | None = None
    is_scorable: bool = True
    x_math_context: Literal["float", "double"] | None = None

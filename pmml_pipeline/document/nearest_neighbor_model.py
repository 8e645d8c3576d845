"""``NearestNeighborModel``. Source: PMML 4.4, KNN."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.comparison import CompareFunction, ComparisonMeasure
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement


@dataclass(frozen=True, slots=True)
class InstanceField:
    """``InstanceField``: the column of a field in the table of instances."""

    field: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceFields:
    """``InstanceFields``: all of them."""

    fields: tuple[InstanceField, ...]


@dataclass(frozen=True, slots=True)
class TrainingInstances:
    """``TrainingInstances``: the records that the model was trained with."""

    line: int
    instance_fields: InstanceFields
    table: Element | None = field(default=None, metadata={"tag": "InlineTable"})
    is_transformed: bool = False
    record_count: int | None = None
    field_count: int | None = None


@dataclass(frozen=True, slots=True)
class KNNInput:
    """``KNNInput``: a field that is compared."""

    line: int
    field: str
    field_weight: float = 1.0
    compare_function: CompareFunction | None = None


@dataclass(frozen=True, slots=True)
class KNNInputs:
    """``KNNInputs``: all of them."""

    inputs: tuple[KNNInput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestNeighborModel(ModelElement):
    """``NearestNeighborModel``."""

    training: TrainingInstances
    measure: ComparisonMeasure
    inputs: KNNInputs
    number_of_neighbors: int
    continuous_scoring_method: Literal["median", "average", "weightedAverage"] = "average"
    categorical_scoring_method: Literal["majorityVote", "weightedMajorityVote"] = "majorityVote"
    instance_id_variable: str | None = None
    threshold: float = 0.001

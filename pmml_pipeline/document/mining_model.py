"""``MiningModel``: models of models. Source: PMML 4.4, MultipleModels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement

MultipleModelMethod = Literal[
    "majorityVote",
    "weightedMajorityVote",
    "average",
    "weightedAverage",
    "median",
    "weightedMedian",
    "max",
    "sum",
    "weightedSum",
    "selectFirst",
    "selectAll",
    "modelChain",
    "multiModelChain",
]


@dataclass(frozen=True, slots=True)
class Segmentation:
    """``Segmentation``: the segments, as elements: a predicate and a model each."""

    line: int
    multiple_model_method: MultipleModelMethod
    segments: tuple[Element, ...] = field(metadata={"tag": "Segment"})
    missing_prediction_treatment: Literal["returnMissing", "skipSegment", "continue"] = "continue"
    missing_threshold: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MiningModel(ModelElement):
    """``MiningModel``."""

    segmentation: Segmentation

"""``TreeModel`` and predicates. Source: PMML 4.4, TreeModel.

The nodes themselves stay plain elements, since there are so many of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement

PREDICATES = (
    "True",
    "False",
    "SimplePredicate",
    "SimpleSetPredicate",
    "CompoundPredicate",
)
MissingValueStrategy = Literal[
    "lastPrediction",
    "nullPrediction",
    "defaultChild",
    "weightedConfidence",
    "aggregateNodes",
    "none",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeModel(ModelElement):
    """``TreeModel``."""

    node: Element = field(metadata={"tag": "Node"})
    missing_value_strategy: MissingValueStrategy = "none"
    missing_value_penalty: float = 1.0
    no_true_child_strategy: Literal["returnNullPrediction", "returnLastPrediction"] = (
        "returnNullPrediction"
    )
    split_characteristic: Literal["binarySplit", "multiSplit"] = "multiSplit"

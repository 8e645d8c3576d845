"""Scores PMML: trained pipelines in, the same predictions out, with the proof beside them.

>>> import pmml_pipeline as pp
>>> scorer = pp.load("artifacts/credit")
>>> scorer.score({"Age": 30, "Home": "rent"})
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pmml_pipeline.errors import (
    DataError,
    FieldError,
    PmmlPipelineError,
    PmmlPipelineWarning,
)

if TYPE_CHECKING:
    from pmml_pipeline.loading import load
    from pmml_pipeline.schema import InputField, OutputField
    from pmml_pipeline.scorer import Scorer

_LAZY = {
    "load": "loading",
    "InputField": "schema",
    "OutputField": "schema",
    "Scorer": "scorer",
}
__all__ = [
    "DataError",
    "FieldError",
    "InputField",
    "OutputField",
    "PmmlPipelineError",
    "PmmlPipelineWarning",
    "Scorer",
    "load",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

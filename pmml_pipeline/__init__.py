"""Scores PMML: trained pipelines in, the same predictions out, with the proof beside them.

>>> import pmml_pipeline as pp
>>> scorer = pp.load("artifacts/credit")
>>> scorer.score({"Age": 30, "Home": "rent"})
"""

from pmml_pipeline.errors import (
    DataError,
    FieldError,
    PmmlPipelineError,
    PmmlPipelineWarning,
)
from pmml_pipeline.loading import load
from pmml_pipeline.schema import InputField, OutputField
from pmml_pipeline.scorer import Scorer

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

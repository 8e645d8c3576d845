"""PMML documents: hardened reading, and frozen dataclasses in the specification's words."""

from pmml_pipeline.document.model import (
    DataField,
    Document,
    Element,
    Interval,
    MiningField,
    Model,
    OutputField,
    Value,
)
from pmml_pipeline.document.parse import Limits
from pmml_pipeline.document.reader import bytes_of, read

__all__ = [
    "DataField",
    "Document",
    "Element",
    "Interval",
    "Limits",
    "MiningField",
    "Model",
    "OutputField",
    "Value",
    "bytes_of",
    "read",
]

"""Admits records: every value is typed and checked once, at the edge."""

from pmml_pipeline.admission.cells import INTEGER_MISSING, Cell, RefusedError, cell_reader
from pmml_pipeline.admission.columns import Column, FrameAdmission, RowErrors
from pmml_pipeline.admission.records import RecordAdmission
from pmml_pipeline.admission.repeated import Repeated

__all__ = [
    "INTEGER_MISSING",
    "Cell",
    "Column",
    "FrameAdmission",
    "RecordAdmission",
    "RefusedError",
    "Repeated",
    "RowErrors",
    "cell_reader",
]

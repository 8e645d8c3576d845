"""What a record brings for the inputs of a document, in both readings of its numbers.

Source: PMML 4.4, DataDictionary and MiningSchema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pmml_pipeline.admission import Cell, RecordAdmission, RefusedError, cell_reader
from pmml_pipeline.admission.cells import validity
from pmml_pipeline.document import Document
from pmml_pipeline.document.model import to_float32
from pmml_pipeline.parity.fields import Both, single
from pmml_pipeline.schema import InputField, inputs_of


class Inputs:
    """The inputs of a document, and what a record brings for them."""

    def __init__(self, document: Document) -> None:
        self.fields = inputs_of(document)
        self.admission = RecordAdmission(self.fields, extra_fields="ignore")
        self._readers = [(f, _any_value(f), _invalid(f)) for f in self.fields]

    def values(self, record: Mapping[str, Any]) -> dict[str, Both]:
        """The record's values after the outermost mining schema.

        Raises:
            DataError: the document does not admit the record.
        """
        cells = self.admission.cells(record)
        found = {}
        for (f, read, is_invalid), cell in zip(self._readers, cells, strict=True):
            value = None if cell is None or cell != cell else cell
            if value is not None and is_invalid(value):
                value = _treat_invalid(f, value, read)
            if value is None and f.missing_value_replacement is not None:
                value = _replacement(f.missing_value_replacement, read)
            found[f.name] = Both(value, single(value) if f.data_type == "float" else value)
        return found

    def margins(self, record: Mapping[str, Any]) -> str | None:
        """The first field that is inside its intervals in one of the two readings only."""
        for f, read, _ in self._readers:
            if f.data_type != "float" or not f.intervals:
                continue
            try:
                value = read(record.get(f.name))
            except RefusedError:
                continue
            if not isinstance(value, float) or value != value:
                continue
            wide = any(i.contains(value) for i in f.intervals)
            narrow = any(i.as_float32().contains(to_float32(value)) for i in f.intervals)
            if wide != narrow:
                where = ("outside", "inside")
                shown = " or ".join(str(i) for i in f.intervals)
                return (
                    f"{f.name} = {value!r} is {where[wide]} {shown} as a double "
                    f"and {where[narrow]} as float32"
                )
        return None


def _invalid(f: InputField) -> Callable[[Any], bool]:
    """Whether a typed value is one that the field's declarations do not admit."""
    check = validity(replace(f, invalid_value_treatment="returnInvalid"))
    return lambda value: check is not None and check(value) is not None


def _treat_invalid(f: InputField, value: Cell, read: Callable[[Any], Cell]) -> Cell:
    if f.invalid_value_treatment == "asMissing":
        return None
    if f.invalid_value_treatment == "asValue" and f.invalid_value_replacement is not None:
        return _replacement(f.invalid_value_replacement, read)
    return value


def _any_value(f: InputField) -> Callable[[Any], Cell]:
    """Reads a value of the field's type, valid or not."""
    return cell_reader(
        replace(f, required=False, missing_value_treatment=None, invalid_value_treatment="asIs")
    )


def _replacement(text: str, read: Callable[[Any], Cell]) -> Cell:
    try:
        return read(text)
    except RefusedError:  # not of the field's type: there is nothing to put in
        return None

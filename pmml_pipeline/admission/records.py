"""One record, a mapping from field name to value, to cells in the order of the inputs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pmml_pipeline.admission.cells import Cell, RefusedError, cell_reader
from pmml_pipeline.errors import DataError, FieldError
from pmml_pipeline.schema import InputField

SUGGESTIONS = 10
LONGEST_NAME = 200


class RecordAdmission:
    """The checks of a model's inputs, made once when the model is loaded.

    Args:
        inputs: the inputs, in the order in which cells come out.
        supplementary: names that a record may bring although they are no inputs.
        extra_fields: ``"refuse"`` a record with any other field, or ``"ignore"`` it.
    """

    def __init__(
        self,
        inputs: Sequence[InputField],
        supplementary: Sequence[str] = (),
        extra_fields: str = "refuse",
    ) -> None:
        self.inputs = tuple(inputs)
        self.names = tuple(field.name for field in inputs)
        self._known = frozenset((*self.names, *supplementary))
        self._refuse_extra = extra_fields == "refuse"
        self._readers = [(field.name, cell_reader(field)) for field in inputs]

    def cells(self, record: Mapping[str, Any]) -> list[Cell]:
        """The cells of one record. A field that is absent is missing.

        Raises:
            DataError: with one entry for every field that is wrong.
            TypeError: the record is no mapping.
        """
        if type(record) is not dict and not isinstance(record, Mapping):
            hint = "; pass record.to_dict()" if hasattr(record, "to_dict") else ""
            raise TypeError(
                "a record is a mapping from field name to value, and this is a "
                f"{type(record).__name__}{hint}"
            )
        get = record.get
        if len(record) > len(self._known) and self._refuse_extra:
            raise DataError(self._errors(record))
        try:
            cells = [read(get(name)) for name, read in self._readers]
        except RefusedError:
            raise DataError(self._errors(record)) from None
        if self._refuse_extra and not self._known.issuperset(record):
            raise DataError(self._errors(record))
        return cells

    def _errors(self, record: Mapping[str, Any]) -> list[FieldError]:
        """Everything that is wrong with the record. Only called when something is."""
        errors = []
        for field, (name, read) in zip(self.inputs, self._readers, strict=True):
            value = record.get(name)
            try:
                read(value)
            except RefusedError as refused:
                errors.append(field_error(field, refused, value))
        if self._refuse_extra:
            errors += unknown_fields((n for n in record if n not in self._known), self.names)
        return errors


def field_error(field: InputField, refused: RefusedError, value: Any) -> FieldError:
    """The error for a value that its field does not admit."""
    return FieldError(field.name, refused.code, value, refused.fix or field.describe())


def unknown_fields(names: Iterable[object], known: Sequence[str]) -> list[FieldError]:
    """The errors for fields that are no inputs, with the nearest name that is one.

    Only the first few get a suggestion, since comparing names takes a while.
    """
    errors: list[FieldError] = []
    for name in map(str, names):
        near: list[str] = []
        if len(errors) < SUGGESTIONS and len(name) <= LONGEST_NAME:
            near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "the model has no input of this name"
        if name.startswith("__index_level_"):
            hint = "the index of a pandas frame: pa.Table.from_pandas(frame, preserve_index=False)"
        errors.append(FieldError(name, "unknown_field", None, hint))
    return errors

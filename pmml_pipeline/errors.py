"""Every error of the package, in one table.

Each error says in one sentence what is wrong (``cause``) and what to do about it (``fix``), and has
a ``code`` that stays the same between releases, so that services can tell errors apart without
reading text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

FieldErrorCode = Literal[
    "missing",  # a required field is absent, None or NaN
    "wrong_type",  # the value cannot be read as the declared dataType
    "unseen_level",  # a categorical value that the document does not declare
    "out_of_range",  # a number outside every declared interval
    "unknown_field",  # the document has no input of this name
    "unscorable",  # the inputs are admitted one by one, but the model gives no score for them
]


class PmmlPipelineWarning(UserWarning):
    """Something that does not stop the work but that a person should know."""


class PmmlPipelineError(Exception):
    """Base of all errors here.

    Args:
        cause: what is wrong, as a clause without a full stop.
        fix: what to do about it, as a clause without a full stop.
    """

    code: ClassVar[str] = "error"

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(cause, fix)
        self.cause = cause
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.cause}; {self.fix}." if self.fix else f"{self.cause}."


# --- documents -------------------------------------------------------------------------------


class DocumentError(PmmlPipelineError):
    """The PMML document cannot be read or is not admitted."""

    code = "document"


class DocumentTooLargeError(DocumentError):
    """The document exceeds a limit of size, depth or number of elements."""

    code = "document_too_large"


class UnsafeDocumentError(DocumentError):
    """The document has a DTD or entities, which are never processed."""

    code = "document_unsafe"


# --- engines ---------------------------------------------------------------------------------


class EngineError(PmmlPipelineError):
    """An engine failed in a way that is not the record's fault."""

    code = "engine"


class EngineUnavailableError(EngineError):
    """The engine, or the Java runtime it needs, is not installed or not usable."""

    code = "engine_unavailable"


class UnsupportedDocumentError(EngineError):
    """The engine refuses this document."""

    code = "engine_unsupported_document"


class ForkedJvmError(EngineError):
    """The process was forked after its JVM had started; a JVM does not survive that."""

    code = "engine_forked"


# --- artifacts -------------------------------------------------------------------------------


class StoreError(PmmlPipelineError):
    """A store, model or version cannot be read or written."""

    code = "store"


class ModelNameError(StoreError):
    """A model name that could leave the store or that file systems would not keep apart."""

    code = "model_name"


class NotAVersionError(StoreError):
    """The folder has no manifest.json, so it is not a published version."""

    code = "not_a_version"


class ManifestError(StoreError):
    """The manifest does not have the published form."""

    code = "manifest"


class ChecksumError(StoreError):
    """A file of the artifact is not the one that was published."""

    code = "checksum"


class ServingError(StoreError):
    """What a store says about serving a model has not the published form, or cannot be had."""

    code = "serving"


class LabelError(StoreError):
    """No version has the label, or it cannot be given to one."""

    code = "label"


class ServiceError(PmmlPipelineError):
    """The online service cannot start."""

    code = "service"


# --- proof -----------------------------------------------------------------------------------


class NotCertifiedError(PmmlPipelineError):
    """No engine reproduced the training library, or the one asked for did not."""

    code = "not_certified"


class GoldenRowError(PmmlPipelineError):
    """An engine does not reproduce the golden rows of the artifact on this machine."""

    code = "golden_row"


class VerificationError(PmmlPipelineError):
    """An engine does not give the results that a document has records of (ModelVerification)."""

    code = "verification"


# --- export ----------------------------------------------------------------------------------


class PreflightError(PmmlPipelineError):
    """The pipeline, its versions or its names will not convert; found before conversion."""

    code = "preflight"


class ConversionError(PmmlPipelineError):
    """The conversion to PMML failed.

    ``detail`` keeps what the converter printed, for ``--verbose``.
    """

    code = "conversion"

    def __init__(self, cause: str, fix: str, detail: str = "") -> None:
        super().__init__(cause, fix)
        self.detail = detail


# --- records ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of one record.

    Attributes:
        field: name of the input (or of the unknown field); empty for the record as a whole.
        code: see :data:`FieldErrorCode`.
        value: the value as given, ``None`` when missing.
        expected: what would be valid, for a person.
    """

    field: str
    code: FieldErrorCode
    value: Any
    expected: str

    def __str__(self) -> str:
        nothing = ("missing", "unknown_field", "unscorable")
        shown = "" if self.code in nothing else f" {_short(self.value)}"
        name = f"{self.field[:200]}: " if self.field else ""
        return f"{name}{self.code.replace('_', ' ')}{shown} ({self.expected})"


class DataError(PmmlPipelineError):
    """数据错误: the record is not one that the model's declared inputs admit.

    Attributes:
        fields: one :class:`FieldError` per offending field.
    """

    code = "data_error"

    def __init__(self, fields: Sequence[FieldError]) -> None:
        self.fields = tuple(fields)
        super().__init__(
            "数据错误 (data error): " + "; ".join(_shown(self.fields)),
            "send a record that the inputs of the model admit",
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.fields,))


class TableError(PmmlPipelineError):
    """A file of records cannot be read or written, or its columns do not fit the model."""

    code = "table"


def _short(value: Any, limit: int = 60) -> str:
    """The value as text, cut so that a hostile one does not fill the log."""
    try:
        text = repr(value[: limit + 1]) if isinstance(value, str) else repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        return f"a huge {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shown(fields: Sequence[FieldError], limit: int = 20) -> Iterator[str]:
    """The first entries as text, and how many more there are."""
    yield from map(str, fields[:limit])
    if len(fields) > limit:
        yield f"and {len(fields) - limit} more"

"""What is taken from a file of records, and the chunks that it comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pmml_pipeline.admission.records import unknown_fields
from pmml_pipeline.errors import FieldError, TableError
from pmml_pipeline.schema import InputField

CHUNK_ROWS = 4096
NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be taken from a file.

    Attributes:
        inputs: of the model.
        supplementary: columns that may be there although they are no inputs.
        keep: columns to copy to the output.
        refuse_extra: whether any other column is an error.
        missing: texts of a CSV cell that stand for "missing".
    """

    inputs: tuple[InputField, ...]
    supplementary: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    refuse_extra: bool = True
    missing: tuple[str, ...] = ("",)

    @property
    def known(self) -> frozenset[str]:
        """The columns that may be there."""
        names = (f.name for f in self.inputs)
        return frozenset((*names, *self.supplementary, *self.keep))


@dataclass(slots=True)
class Chunk:
    """Some rows.

    Attributes:
        rows: how many.
        columns: a value per row for every input that the file has.
        kept: a value per row for every column to copy; an Arrow array where the file has one.
        faults: rows that are no records, and why.
        unknown: fields that are no inputs, by row.
    """

    rows: int
    columns: dict[str, Any]
    kept: dict[str, Any]
    faults: dict[int, str] = field(default_factory=dict)
    unknown: dict[int, list[FieldError]] = field(default_factory=dict)


class Source(Protocol):
    """An open file of records.

    Attributes:
        total: what :meth:`done` goes up to; None when nobody knows.
        kept_types: Arrow types of the columns to copy, as far as the file has types.
    """

    total: float | None
    kept_types: Mapping[str, Any]

    def chunks(self) -> Iterator[Chunk]:
        """The rows, in order.

        Raises:
            TableError: the file is not what it should be.
            StoreError: it cannot be read.
        """
        ...

    def done(self) -> float:
        """How much has been read."""
        ...


def check_columns(names: Sequence[str], wanted: Wanted, shown: str) -> None:
    """Checks the columns of a file that has the same ones in every row.

    Raises:
        TableError: a column occurs twice, is absent, or is no input; all of it at once.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise TableError(f"{shown} has the column {_quoted(twice)} twice", "rename one of them")
    if wanted.inputs and not {f.name for f in wanted.inputs} & set(names):
        raise TableError(
            f"{shown} has none of the model's inputs; its columns are {_some(names)}",
            f"give records with {_some([f.name for f in wanted.inputs])}",
        )
    absent = [f for f in wanted.inputs if f.required and f.name not in names]
    lost = [n for n in wanted.keep if n not in names]
    extra = [n for n in names if n not in wanted.known] if wanted.refuse_extra else []
    causes, fixes = [], []
    if absent:
        causes.append(f"has no column {_quoted(f.name for f in absent)}, which the model requires")
        fixes.append("add it")
    if lost:
        causes.append(f"has no column {_quoted(lost)} to keep")
        fixes.append(f"choose from {_some(names)}")
    if extra:
        shown_first = extra[:NAMES_SHOWN]
        errors = unknown_fields(shown_first, [f.name for f in wanted.inputs])
        near = [e.expected if e.expected.startswith("did you mean") else "" for e in errors]
        listed = ", ".join(
            f"{n!r} ({h})" if h else repr(n) for n, h in zip(shown_first, near, strict=True)
        ) + _more(extra)
        causes.append(f"has columns that are no inputs of the model: {listed}")
        few = len(extra) <= NAMES_SHOWN
        keep = f"copy them to the output with --keep {','.join(extra)}, or --extra ignore"
        fixes.append(keep if few else "ignore them with --extra ignore")
    if causes:
        raise TableError(f"{shown} " + ", and ".join(causes), "; ".join(fixes))


def _quoted(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(map(repr, listed[:NAMES_SHOWN])) + _more(listed)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + _more(names)


def _more(names: Sequence[str]) -> str:
    """How many names are not shown: a file may have a hundred thousand columns."""
    return f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""

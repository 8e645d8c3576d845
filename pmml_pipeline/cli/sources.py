"""Files of records, read in chunks: CSV, JSON Lines and Parquet.

Memory is bounded by one chunk, whatever the length of the file. A line that is no record costs that
row, not the file.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pmml_pipeline.admission.records import unknown_field
from pmml_pipeline.errors import FieldError, TableError
from pmml_pipeline.schema import InputField
from pmml_pipeline.store.files import explained

CHUNK_ROWS = 4096
LONGEST_LINE = 64 << 20  # bytes of one JSON record; a file beyond that is not JSON Lines


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


@contextmanager
def open_source(name: str, form: str, wanted: Wanted) -> Iterator[Source]:
    """Opens a file of records and checks its columns.

    Args:
        name: its path, or ``-`` for standard input.
        form: ``csv``, ``jsonl`` or ``parquet``.
        wanted: what to take from it.

    Raises:
        TableError: the file is not of that form, or its columns do not fit the model.
        StoreError: it cannot be read.
    """
    if form == "parquet":
        yield ParquetSource(name, wanted)
        return
    text = CsvSource if form == "csv" else JsonLinesSource
    if name == "-":
        yield text(sys.stdin.buffer, "standard input", None, wanted)
        return
    with explained(f"read {name}"):
        file = Path(name).open("rb")
    with file:
        size = os.fstat(file.fileno()).st_size
        yield text(file, name, float(size) or None, wanted)  # a pipe by name has no size


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
            f"{shown} has none of the model's inputs; its columns are {', '.join(names)}",
            f"give records with {', '.join(f.name for f in wanted.inputs)}",
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
        fixes.append(f"choose from {', '.join(names)}")
    if extra:
        inputs = [f.name for f in wanted.inputs]
        hints = [unknown_field(n, inputs).expected for n in extra]
        near = [f" ({h})" if h.startswith("did you mean") else "" for h in hints]
        listed = ", ".join(f"{n!r}{h}" for n, h in zip(extra, near, strict=True))
        causes.append(f"has columns that are no inputs of the model: {listed}")
        fixes.append(f"copy them to the output with --keep {','.join(extra)}, or --extra ignore")
    if causes:
        raise TableError(f"{shown} " + ", and ".join(causes), "; ".join(fixes))


def _quoted(names: Any) -> str:
    return ", ".join(repr(name) for name in names)


class CsvSource:
    """Comma-separated text in UTF-8 with a heading line."""

    kept_types: Mapping[str, Any] = {}

    def __init__(self, file: BinaryIO, shown: str, total: float | None, wanted: Wanted) -> None:
        self._file, self._shown, self.total = file, shown, total
        self._missing = frozenset(wanted.missing)
        # utf-8-sig: spreadsheets begin their files with a byte order mark.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._reader = csv.reader(text, strict=True)
        heading = next(self._rows(), None)
        if heading is None:
            raise TableError(f"{shown} is empty", "give a CSV file with a heading line")
        check_columns(heading, wanted, shown)
        self._width = len(heading)
        self._inputs = [(f.name, heading.index(f.name)) for f in wanted.inputs if f.name in heading]
        self._kept = [(name, heading.index(name)) for name in wanted.keep]

    def done(self) -> float:
        """Bytes read."""
        return float(self._file.tell()) if self.total else 0.0

    def chunks(self) -> Iterator[Chunk]:
        """See :class:`Source`."""
        rows: list[list[str]] = []
        faults: dict[int, str] = {}
        for cells in self._rows():
            if len(cells) != self._width:
                faults[len(rows)] = (
                    f"line {self._reader.line_num} has {len(cells)} cells, "
                    f"and the heading {self._width}"
                )
                cells = (cells + [""] * self._width)[: self._width]
            rows.append(cells)
            if len(rows) == CHUNK_ROWS:
                yield self._chunk(rows, faults)
                rows, faults = [], {}
        if rows:
            yield self._chunk(rows, faults)

    def _rows(self) -> Iterator[list[str]]:
        """The lines with something on them."""
        line = 0
        try:
            with explained(f"read {self._shown}"):
                for cells in self._reader:
                    line = self._reader.line_num
                    if cells:
                        yield cells
        except csv.Error as error:
            raise TableError(
                f"{self._shown} is not CSV after line {line}: {error}",
                "quote cells that hold commas, quotes or line ends",
            ) from None
        except UnicodeDecodeError as error:
            raise TableError(
                f"{self._shown} is not UTF-8 after line {line}: {error.reason}", "save it as UTF-8"
            ) from None

    def _chunk(self, rows: list[list[str]], faults: dict[int, str]) -> Chunk:
        missing = self._missing
        columns = {
            name: [None if row[i] in missing else row[i] for row in rows]
            for name, i in self._inputs
        }
        kept = {name: [row[i] for row in rows] for name, i in self._kept}
        return Chunk(len(rows), columns, kept, faults)


class JsonLinesSource:
    """A JSON object on every line, in UTF-8. Fields may differ from line to line."""

    kept_types: Mapping[str, Any] = {}

    def __init__(self, file: BinaryIO, shown: str, total: float | None, wanted: Wanted) -> None:
        self._file, self._shown, self.total = file, shown, total
        self._wanted, self._known = wanted, wanted.known
        self._inputs = [f.name for f in wanted.inputs]
        self._line = 0

    def done(self) -> float:
        """Bytes read."""
        return float(self._file.tell()) if self.total else 0.0

    def chunks(self) -> Iterator[Chunk]:
        """See :class:`Source`."""
        records: list[dict[str, Any]] = []
        faults: dict[int, str] = {}
        for line in self._lines():
            record, fault = _record(line)
            if fault:
                faults[len(records)] = f"line {self._line} is no JSON object: {fault}"
            records.append(record)
            if len(records) == CHUNK_ROWS:
                yield self._chunk(records, faults)
                records, faults = [], {}
        if records:
            yield self._chunk(records, faults)

    def _lines(self) -> Iterator[bytes]:
        """The lines with something on them."""
        readline: Callable[[int], bytes] = self._file.readline
        with explained(f"read {self._shown}"):
            while line := readline(LONGEST_LINE):
                self._line += 1
                if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    raise TableError(
                        f"line {self._line} of {self._shown} is longer than {LONGEST_LINE} bytes",
                        "write one JSON object per line",
                    )
                if self._line == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield line

    def _chunk(self, records: list[dict[str, Any]], faults: dict[int, str]) -> Chunk:
        columns = {name: [r.get(name) for r in records] for name in self._inputs}
        kept = {name: [r.get(name) for r in records] for name in self._wanted.keep}
        unknown = {}
        if self._wanted.refuse_extra:
            for row, record in enumerate(records):
                if not self._known.issuperset(record):
                    extra = [name for name in record if name not in self._known]
                    unknown[row] = [unknown_field(name, self._inputs) for name in extra]
        return Chunk(len(records), columns, kept, faults, unknown)


def _record(line: bytes) -> tuple[dict[str, Any], str | None]:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return {}, f"it is not UTF-8 ({error.reason})"
    except RecursionError:
        return {}, "it is nested too deeply"
    except ValueError as error:
        return {}, str(error)
    if not isinstance(record, dict):
        return {}, f"it is a {type(record).__name__}"
    return record, None


class ParquetSource:
    """A Parquet file, of which only the needed columns are read."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        pq = parquet_module()
        with explained(f"read {name}"):
            try:
                self._file = pq.ParquetFile(name)
            except ValueError as error:  # what Arrow's own errors are
                raise _not_parquet(name, error) from None
        schema = self._file.schema_arrow
        check_columns(schema.names, wanted, name)
        self._shown = name
        self._inputs = [f.name for f in wanted.inputs if f.name in schema.names]
        self._keep = list(wanted.keep)
        self.kept_types = {name: schema.field(name).type for name in self._keep}
        self.total: float | None = float(self._file.metadata.num_rows)
        self._rows = 0

    def done(self) -> float:
        """Rows read."""
        return float(self._rows)

    def chunks(self) -> Iterator[Chunk]:
        """See :class:`Source`."""
        import pyarrow as pa

        from pmml_pipeline.frames import columns_of

        names = list(dict.fromkeys((*self._inputs, *self._keep)))
        try:
            with explained(f"read {self._shown}"):
                for batch in self._file.iter_batches(CHUNK_ROWS, columns=names):
                    table = pa.Table.from_batches([batch])
                    self._rows += len(batch)
                    columns, _ = columns_of(table.select(self._inputs))
                    kept = {name: table[name].combine_chunks() for name in self._keep}
                    yield Chunk(len(batch), columns, kept)
        except pa.ArrowException as error:
            raise _not_parquet(self._shown, error) from None


def parquet_module() -> Any:
    """``pyarrow.parquet``.

    Raises:
        TableError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise TableError(
            "reading and writing Parquet needs pyarrow, which is not installed",
            "pip install 'pmml-pipeline[parquet]'",
        ) from None
    return pyarrow.parquet


def _not_parquet(name: str, error: Exception) -> TableError:
    return TableError(
        f"{name} cannot be read as Parquet: {str(error).splitlines()[0]}",
        "see that the file is whole",
    )

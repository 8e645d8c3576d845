"""Records from CSV and from JSON Lines. A line that is no record costs that row, not the file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from pmml_pipeline.admission.records import unknown_fields
from pmml_pipeline.cli.records import CHUNK_ROWS, Chunk, Wanted, check_columns
from pmml_pipeline.errors import FieldError, TableError
from pmml_pipeline.store.files import explained

LONGEST_LINE = 64 << 20  # bytes of one JSON record; a file beyond that is not JSON Lines


class CsvSource:
    """Comma-separated text in UTF-8 with a heading line."""

    kept_types: Mapping[str, Any] = {}

    def __init__(self, file: BinaryIO, shown: str, total: float | None, wanted: Wanted) -> None:
        self._file, self._shown, self.total = file, shown, total
        self._missing = frozenset(wanted.missing)
        # utf-8-sig: spreadsheets begin their files with a byte order mark.
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._reader = csv.reader(text, strict=True)
        heading, fault = next(self._rows(), ([], "it is empty"))
        if fault:
            raise TableError(f"{shown} has no heading line: {fault}", "give CSV with one")
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
        for cells, fault in self._rows():
            if not fault and len(cells) != self._width:
                fault = f"has {len(cells)} cells, and the heading {self._width}"
            if fault:
                faults[len(rows)] = f"line {self._reader.line_num} {fault}"
                cells = (cells + [""] * self._width)[: self._width]
            rows.append(cells)
            if len(rows) == CHUNK_ROWS:
                yield self._chunk(rows, faults)
                rows, faults = [], {}
        if rows:
            yield self._chunk(rows, faults)

    def _rows(self) -> Iterator[tuple[list[str], str]]:
        """The lines with something on them, or what is wrong with one."""
        while True:
            before = self._reader.line_num
            try:
                with explained(f"read {self._shown}"):
                    cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is not closed takes the lines after it along: how many, nobody knows.
                if self._reader.line_num > before + 1:
                    raise TableError(
                        f"{self._shown} has a quote that is not closed as it should be, "
                        f"in line {before + 1} or after it ({error})",
                        "quote cells that hold commas, quotes or line ends",
                    ) from None
                yield [], f"is not CSV ({error})"
                continue
            except UnicodeDecodeError as error:
                near = error.object[max(0, error.start - 10) : error.start + 10]
                raise TableError(
                    f"{self._shown} is not UTF-8: {error.reason} in {near!r}", "save it as UTF-8"
                ) from None
            if cells:
                yield cells, ""

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
        self._errors: dict[tuple[str, ...], list[FieldError]] = {}
        self._line = 0

    def done(self) -> float:
        """Bytes read."""
        return float(self._file.tell()) if self.total else 0.0

    def chunks(self) -> Iterator[Chunk]:
        """See :class:`Source`."""
        records: list[dict[str, Any]] = []
        faults: dict[int, str] = {}
        begun = False
        for line in self._lines():
            record, fault = _record(line)
            if fault and not begun and _opens_array(line):
                raise TableError(
                    f"{self._shown} is one JSON array, not JSON Lines",
                    "write every record on a line of its own, as jq -c '.[]' does",
                )
            begun = True
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
                    extra = tuple(name for name in record if name not in self._known)
                    unknown[row] = self._unknown(extra)
        return Chunk(len(records), columns, kept, faults, unknown)

    def _unknown(self, names: tuple[str, ...]) -> list[FieldError]:
        """The errors for these fields. A field that is no input is often so in every row."""
        if names not in self._errors:
            if len(self._errors) >= CHUNK_ROWS:
                self._errors.clear()
            self._errors[names] = unknown_fields(names, self._inputs)
        return self._errors[names]


def _opens_array(line: bytes) -> bool:
    """Whether an array of records begins on this line, which is no record itself."""
    if not line.lstrip().startswith(b"["):
        return False
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return line.strip(b" \t\r\n[{") == b"" or line.lstrip()[1:].lstrip()[:1] == b"{"
    return any(isinstance(item, dict) for item in found)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Which of the two values was meant, nobody knows; readers differ on which one counts.
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"it has the field {twice[:100]!r} twice")
    return found


def _record(line: bytes) -> tuple[dict[str, Any], str | None]:
    try:
        record = json.loads(line.decode("utf-8").strip(), object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError as error:
        return {}, f"it is not UTF-8 ({error.reason})"
    except json.JSONDecodeError as error:
        return {}, f"{error.msg} at character {error.colno}"
    except RecursionError:
        return {}, "it is nested too deeply"
    except ValueError as error:
        return {}, str(error)
    if not isinstance(record, dict):
        return {}, f"it is a {type(record).__name__}"
    return record, None

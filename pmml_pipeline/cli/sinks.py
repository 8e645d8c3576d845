"""Files of results, written in chunks: CSV, JSON Lines and Parquet.

Numbers are written with all their digits. A file appears under its name when it is whole.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pmml_pipeline.cli.parquet_source import parquet_module
from pmml_pipeline.errors import TableError
from pmml_pipeline.schema import OutputField
from pmml_pipeline.store.files import explained

Columns = Mapping[str, Any]


class Sink(Protocol):
    """An open file of results."""

    def write(self, columns: Columns) -> None:
        """Writes some rows: a list (or an Arrow array) of values for every column, in order."""
        ...

    def close(self) -> None:
        """Writes what is left. The file itself stays open."""
        ...


@contextmanager
def open_sink(
    name: str,
    form: str,
    kept: Sequence[str],
    kept_types: Mapping[str, Any],
    outputs: Sequence[OutputField],
) -> Iterator[Sink]:
    """A file to write results to.

    Args:
        name: its path, or ``-`` for standard output. The file takes its name when it is whole; one
            of that name is replaced.
        form: ``csv``, ``jsonl`` or ``parquet``.
        kept: columns that are copied from the input.
        kept_types: their Arrow types, where they have one.
        outputs: of the model.

    Raises:
        TableError: a kept column has the name of a result, or the form cannot be written.
        StoreError: the file cannot be written.
    """
    names = [*kept, *(o.name for o in outputs), "errors"]
    clash = sorted({n for n in names if names.count(n) > 1})
    if clash:
        raise TableError(
            f"a column to keep has the name of a result: {', '.join(clash)}",
            "rename it in the input, or do not keep it",
        )
    with _binary(name) as file:
        sink: Sink
        if form == "csv":
            sink = CsvSink(file, names)
        elif form == "jsonl":
            sink = JsonLinesSink(file, names)
        else:
            sink = ParquetSink(file, kept, kept_types, outputs)
        yield sink
        sink.close()


@contextmanager
def _binary(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    if path.exists() and not path.is_file():  # a pipe or a device has no half state to hide
        with explained(f"write {name}"), path.open("wb") as file:
            yield file
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with explained(f"write {name}"):
        try:
            with partial.open("xb") as file:
                yield file
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _plain(values: Any) -> list[Any]:
    """Python values of a column; NaN is none."""
    if hasattr(values, "to_pylist"):
        return _from_arrow(values)
    if hasattr(values, "dtype"):
        listed = values.tolist()
        return [None if v != v else v for v in listed]
    return list(values)


def _from_arrow(array: Any) -> list[Any]:
    """Dates and times as text: Python's own types have no nanoseconds."""
    import pyarrow as pa

    if pa.types.is_temporal(array.type) and not pa.types.is_duration(array.type):
        array = array.cast(pa.string())
    return array.to_pylist()  # type: ignore[no-any-return]


class CsvSink:
    """Comma-separated text; a missing value is an empty cell."""

    def __init__(self, file: BinaryIO, names: Sequence[str]) -> None:
        self._file = file
        self._write([names])

    def write(self, columns: Columns) -> None:
        """See :class:`Sink`."""
        cells = [[_cell(v) for v in _plain(values)] for values in columns.values()]
        self._write(zip(*cells, strict=True))

    def close(self) -> None:
        """See :class:`Sink`."""

    def _write(self, rows: Iterable[Sequence[Any]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._file.write(_encoded(text.getvalue()))
        self._file.flush()  # whoever reads a pipe need not wait


def _encoded(text: str) -> bytes:
    """UTF-8. A lone surrogate, which a JSON string can hold, has no form in it and is escaped."""
    return text.encode("utf-8", errors="backslashreplace")


def _cell(value: Any) -> Any:
    """What csv writes as it should be read again; it writes floats with all digits by itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


class JsonLinesSink:
    """A JSON object on every line."""

    def __init__(self, file: BinaryIO, names: Sequence[str]) -> None:
        self._file = file
        self._names = list(names)

    def write(self, columns: Columns) -> None:
        """See :class:`Sink`."""
        listed = [[_json_value(v) for v in _plain(values)] for values in columns.values()]
        lines = (
            json.dumps(dict(zip(self._names, row, strict=True)), ensure_ascii=False, default=str)
            for row in zip(*listed, strict=True)
        )
        self._file.write(_encoded("".join(f"{line}\n" for line in lines)))
        self._file.flush()

    def close(self) -> None:
        """See :class:`Sink`."""


def _json_value(value: Any) -> Any:
    """JSON has no infinity; text is what a reader can turn back into the number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if value != value else str(value)
    return value


class ParquetSink:
    """A Parquet file. Columns kept from a file without types are text."""

    def __init__(
        self,
        file: BinaryIO,
        kept: Sequence[str],
        kept_types: Mapping[str, Any],
        outputs: Sequence[OutputField],
    ) -> None:
        module = parquet_module()
        import pyarrow as pa

        types = {"double": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
        fields = [(name, kept_types.get(name, pa.string())) for name in kept]
        fields += [(o.name, types.get(o.kind, pa.string())) for o in outputs]
        self._schema = pa.schema([*fields, ("errors", pa.string())])
        self._untyped = [name for name in kept if name not in kept_types]
        self._writer = module.ParquetWriter(file, self._schema)

    def write(self, columns: Columns) -> None:
        """See :class:`Sink`."""
        import pyarrow as pa

        arrays = []
        for field, (name, values) in zip(self._schema, columns.items(), strict=True):
            if hasattr(values, "to_pylist"):
                arrays.append(values)
            elif name in self._untyped:
                arrays.append(pa.array([_as_text(v) for v in values], field.type))
            elif getattr(values, "dtype", None) is not None and values.dtype.kind in "fib":
                arrays.append(pa.array(values, field.type, from_pandas=True))  # NaN is null
            else:
                arrays.append(pa.array(_plain(values), field.type))
        self._writer.write_table(pa.table(arrays, schema=self._schema))

    def close(self) -> None:
        """See :class:`Sink`."""
        self._writer.close()


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _encoded(text).decode()

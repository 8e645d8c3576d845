"""Records from Parquet, and the library that reads and writes it, which is an extra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pmml_pipeline.cli.records import CHUNK_ROWS, Chunk, Wanted, check_columns
from pmml_pipeline.errors import TableError
from pmml_pipeline.store.files import explained


class ParquetSource:
    """A Parquet file, of which only the needed columns are read."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        pq = parquet_module()
        with explained(f"read {name}"):
            try:
                # Buffers that are filled ahead are kept until the end: in all, the whole file.
                self._file = pq.ParquetFile(name, pre_buffer=False)
            except ValueError as error:  # what Arrow's own errors are
                raise _not_parquet(name, error) from None
        schema = self._file.schema_arrow
        check_columns(schema.names, wanted, name)
        self._shown = name
        self._inputs = [f.name for f in wanted.inputs if f.name in schema.names]
        self._keep = list(wanted.keep)
        self.kept_types: Mapping[str, Any] = {name: schema.field(name).type for name in self._keep}
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

"""Files of records, read in chunks: CSV, JSON Lines and Parquet.

Memory is bounded by one chunk, whatever the length of the file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pmml_pipeline.cli.parquet_source import ParquetSource
from pmml_pipeline.cli.records import Source, Wanted
from pmml_pipeline.cli.text_sources import CsvSource, JsonLinesSource
from pmml_pipeline.store.files import explained


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
    with ExitStack() as stack:
        with explained(f"read {name}"):  # what the caller does with the rows is another matter
            file = stack.enter_context(Path(name).open("rb"))
        size = os.fstat(file.fileno()).st_size
        yield text(file, name, float(size) or None, wanted)  # a pipe by name has no size

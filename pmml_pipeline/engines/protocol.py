"""What an engine is: a loaded document that turns cells into results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy.typing as npt

from pmml_pipeline.admission import Cell, Column, Repeated
from pmml_pipeline.document import Document
from pmml_pipeline.schema import InputField, OutputField, Schema

Result = float | int | bool | str | None
ResultColumn = npt.NDArray[Any] | Repeated


@dataclass(slots=True)
class Results:
    """The results of many rows.

    Attributes:
        columns: one of shape (rows,) per output, in the order of the outputs: float64 with NaN for
            none (double), otherwise objects (int, bool, str) with None for none. Where there is a
            result for every row it can be int64 or bool, and texts can be ``Repeated``.
        errors: what the engine said, by row, about the rows that it could not score.
    """

    columns: Sequence[ResultColumn]
    errors: dict[int, str]


@dataclass(frozen=True, slots=True)
class Opened:
    """A document on an engine, and what is known of it.

    Attributes:
        schema: what it takes and gives.
        engine: scores with it.
        document: as read, without the nodes of trees; None where it did not have to be read.
        sha256: of the document's bytes; empty where the engine reads the file itself.
    """

    schema: Schema
    engine: Engine
    document: Document | None = None
    sha256: str = ""


class Engine(Protocol):
    """A document, loaded. It gets only cells that the model's inputs admit.

    Safe to use from many threads at once.

    Attributes:
        shares_rows: whether threads that score parts of a table at once are faster than one.
    """

    shares_rows: bool

    def score_record(self, cells: list[Cell]) -> Sequence[Result]:
        """The results of one record, in the order of the outputs.

        Args:
            cells: one per input, in their order. The list may be changed.

        Raises:
            RowError: the engine could not score this record.
            EngineError: the engine itself failed.
        """
        ...

    def score_columns(self, columns: Sequence[Column], rows: int, threads: int = 1) -> Results:
        """The results of many rows; errors are kept by row.

        Args:
            columns: one per input, in their order, each of ``rows``.
            rows: how many there are.
            threads: how many of its own the engine may use, where it has some.

        Raises:
            EngineError: the engine itself failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class RecordRules:
    """What a scorer admits and what it gives.

    Attributes:
        inputs: what a record brings.
        supplementary: names that it may have too.
        refuse_extra: whether any other name is an error.
        outputs: what comes out.
        essential: positions of the outputs without which there is no score.
    """

    inputs: tuple[InputField, ...]
    supplementary: tuple[str, ...]
    refuse_extra: bool
    outputs: tuple[OutputField, ...]
    essential: frozenset[int]


class Shortcut(NamedTuple):
    """The short ways of one record; each gives None for a record that has to take the long one.

    Attributes:
        record: from a record to its results.
        json: from a record in JSON, which is a part of the bytes (from where up to where), to its
            results in JSON; and whether a single result goes without its name.
    """

    record: Callable[[Any], dict[str, Result] | None]
    json: Callable[[bytes, int, int, bool], bytes | None]


@runtime_checkable
class TakesRecords(Protocol):
    """An engine that can do with a record what admission would, for records that are plain."""

    def shortcut(self, rules: RecordRules) -> Shortcut | None:
        """The short ways, or None where there are none."""
        ...


class RowError(Exception):
    """An engine could not score one record; the message is the engine's own."""

"""What an engine is: a loaded document that turns cells into results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from pmml_pipeline.admission import Cell, Column

Result = float | int | bool | str | None


@dataclass(slots=True)
class Results:
    """The results of many rows.

    Attributes:
        columns: one array of shape (rows,) per output, in the order of the outputs: float64 with
            NaN for none (double), otherwise objects (int, bool, str) with None for none.
        errors: what the engine said, by row, about the rows that it could not score.
    """

    columns: list[npt.NDArray[Any]]
    errors: dict[int, str]


class Engine(Protocol):
    """A document, loaded. It gets only cells that the model's inputs admit.

    Safe to use from many threads at once.
    """

    def score_record(self, cells: list[Cell]) -> Sequence[Result]:
        """The results of one record, in the order of the outputs.

        Args:
            cells: one per input, in their order. The list may be changed.

        Raises:
            RowError: the engine could not score this record.
            EngineError: the engine itself failed.
        """
        ...

    def score_columns(self, columns: Sequence[Column], rows: int) -> Results:
        """The results of many rows; errors are kept by row.

        Raises:
            EngineError: the engine itself failed.
        """
        ...


class RowError(Exception):
    """An engine could not score one record; the message is the engine's own."""

"""How do threads share the rows of a table?

A table is cut into parts, and a thread takes a part all the way: out of the frame, through the
checks, through the engine. Almost all of that leaves Python's lock, so on many rows the threads
hardly meet. They take the parts in turn: one that the system lets run seldom takes fewer.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.admission import Repeated
from pmml_pipeline.engines.protocol import ResultColumn
from pmml_pipeline.errors import DataError

Scored = tuple[list[ResultColumn], dict[int, DataError]]

# With fewer to a part, waiting for Python's lock costs more than there is to spare.
ROWS_OF_A_PART = 32_768
# With more, threads that the system treats unlike have nothing left to share in the end.
MOST_ROWS = 262_144


def spans(rows: int, threads: int) -> list[tuple[int, int]]:
    """Where the parts of a table begin and end: as many for every thread, one for a single one or
    where rows are few.

    Args:
        rows: how many the table has.
        threads: how many may share them.
    """
    sharing = max(1, min(threads, rows // ROWS_OF_A_PART))
    count = 1 if sharing == 1 else sharing * -(-rows // (sharing * MOST_ROWS))
    return list(itertools.pairwise(rows * k // count for k in range(count + 1)))


def in_parts(
    score: Callable[[int, int], Scored], parts: Sequence[tuple[int, int]], threads: int
) -> Scored:
    """The results of all parts, in the order of the rows.

    The threads are made for this call and gone after it, so that a fork finds none. The caller is
    one of them, and takes what those do not that the system has no room for.

    Args:
        score: the results of the rows from the first up to the second number, and the errors by
            row, counted from the first.
        parts: where they begin and end.
        threads: how many may take them.

    Raises:
        Exception: what ``score`` raises, of the first part that failed.
    """
    found: list[Scored | BaseException] = [RuntimeError("not scored")] * len(parts)
    whole = _Whole(parts[-1][1])
    left = iter(range(len(parts)))  # the next number is taken in one step, under Python's lock

    def take() -> None:
        for number in left:
            try:
                columns, errors = score(*parts[number])
                found[number] = whole.with_(columns, *parts[number]), errors
            except BaseException as error:  # noqa: BLE001 - raised when all are done
                found[number] = error
                for _ in left:  # nobody wants those behind it any more
                    pass

    others = []
    for number in range(1, min(threads, len(parts))):
        thread = threading.Thread(target=take, name=f"rows of {number}")
        try:
            thread.start()
        except RuntimeError:  # no more threads are to be had
            break
        others.append(thread)
    take()
    for thread in others:
        thread.join()
    scored: list[Scored] = []
    for one in found:
        if isinstance(one, BaseException):
            raise one
        scored.append(one)
    errors = {
        start + row: error
        for (start, _), (_, some) in zip(parts, scored, strict=True)
        for row, error in some.items()
    }
    columns = zip(*(columns for columns, _ in scored), strict=True)
    return [whole.of(place, column) for place, column in enumerate(columns)], errors


class _Whole:
    """The columns of all rows. A thread puts its part there itself, so that there is nothing left
    to be copied when all are done.

    Args:
        rows: of the table.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._arrays: dict[int, npt.NDArray[Any]] = {}
        self._adding = threading.Lock()

    def with_(self, columns: Sequence[ResultColumn], start: int, stop: int) -> list[ResultColumn]:
        """The same columns of a part; those that are there now are views of it."""
        return [
            column if isinstance(column, Repeated) else self._put(place, column, start, stop)
            for place, column in enumerate(columns)
        ]

    def _put(self, place: int, column: npt.NDArray[Any], start: int, stop: int) -> ResultColumn:
        with self._adding:
            whole = self._arrays.get(place)
            if whole is None:
                whole = self._arrays[place] = np.empty(self._rows, dtype=column.dtype)
        if whole.dtype != column.dtype:  # whole numbers beside objects, of which some are None
            return column
        whole[start:stop] = column
        return whole[start:stop]

    def of(self, place: int, parts: Sequence[ResultColumn]) -> ResultColumn:
        """One column of its parts, which are all arrays or all repeated values."""
        if isinstance(parts[0], Repeated):
            return _joined(parts)
        whole = self._arrays[place]
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        if all(array.base is whole for array in arrays):
            return whole
        return np.concatenate(arrays)


def _joined(parts: Sequence[ResultColumn]) -> Repeated:
    """One column of its parts of repeated values."""
    known: dict[str, int] = {}
    places = []
    for part in parts:
        assert isinstance(part, Repeated)
        moved = [known.setdefault(value, len(known)) for value in part.values]
        places.append(np.array([*moved, -1], dtype=np.int64)[part.places])
    return Repeated(list(known), np.concatenate(places))

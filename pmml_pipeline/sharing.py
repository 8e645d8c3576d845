"""How do threads share the rows of a table?

A table is cut into parts, and a thread takes a part all the way: out of the frame, through the
checks, through the engine. Almost all of that leaves Python's lock, so on many rows the threads
hardly meet. They take the parts in turn: one that the system lets run seldom takes fewer.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence

import numpy as np

from pmml_pipeline.admission import Repeated
from pmml_pipeline.engines.protocol import ResultColumn
from pmml_pipeline.errors import DataError

Scored = tuple[list[ResultColumn], dict[int, DataError]]

# With fewer to a part, waiting for Python's lock costs more than there is to spare.
ROWS_OF_A_PART = 32_768
# With more, threads that the system treats unlike have nothing left to share in the end.
MOST_ROWS = 131_072


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

    left = iter(range(len(parts)))  # the next number is taken in one step, under Python's lock

    def take() -> None:
        for number in left:
            try:
                found[number] = score(*parts[number])
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
    whole: list[Scored] = []
    for one in found:
        if isinstance(one, BaseException):
            raise one
        whole.append(one)
    errors = {
        start + row: error
        for (start, _), (_, some) in zip(parts, whole, strict=True)
        for row, error in some.items()
    }
    columns = zip(*(columns for columns, _ in whole), strict=True)
    return [_joined(column) for column in columns], errors


def _joined(parts: Sequence[ResultColumn]) -> ResultColumn:
    """One column of its parts, which are all arrays or all repeated values."""
    if not isinstance(parts[0], Repeated):
        # Whole numbers beside objects, of which some are None, become objects.
        return np.concatenate([part for part in parts if isinstance(part, np.ndarray)])
    known: dict[str, int] = {}
    places = []
    for part in parts:
        assert isinstance(part, Repeated)
        moved = [known.setdefault(value, len(known)) for value in part.values]
        places.append(np.array([*moved, -1], dtype=np.int64)[part.places])
    return Repeated(list(known), np.concatenate(places))

"""What a peer offers to be measured: calls for many rows and calls for one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from benchmarks.case import Case, Rows

BATCH, RECORD, THREADS = "batch", "record", "threads"


@dataclass(frozen=True, slots=True)
class Batch:
    """A call that scores many rows.

    Attributes:
        name: as in the tables.
        given: in which form it gets the rows; making that form is not timed.
        prepare: makes the call for some rows.
        scores: from what the call returns to a number per row; not timed.
        kind: ``BATCH``: the process's processor time counts. ``THREADS``: the time on the wall.
    """

    name: str
    given: str
    prepare: Callable[[Rows], Callable[[], Any]]
    scores: Callable[[Any], npt.NDArray[Any]]
    kind: str = BATCH


@dataclass(frozen=True, slots=True)
class Record:
    """A call that scores one record.

    Attributes:
        name: as in the tables.
        given: in which form it gets the record.
        call: takes what ``prepare`` made.
        score: from what the call returns to a number; not timed.
        prepare: from a dict to what the call takes; not timed.
    """

    name: str
    given: str
    call: Callable[[Any], Any]
    score: Callable[[Any], float]
    prepare: Callable[[dict[str, Any]], Any] = dict
    kind: str = RECORD


Call = Batch | Record
Peer = Callable[[Case], Iterator[Call]]
Peers = Mapping[str, Peer]


class NotForThisError(Exception):
    """A peer cannot score this model; the message says why."""


def only_for(case: Case, *families: str) -> None:
    """Ends a peer that knows other training libraries only.

    Raises:
        NotForThisError: the model is of another family.
    """
    if case.facts.family not in families:
        raise NotForThisError(f"it scores {' and '.join(families)} models only")


def only_trees(case: Case) -> None:
    """Ends a peer that knows ensembles of trees only.

    Raises:
        NotForThisError: the model is something else.
    """
    if not case.facts.trees:
        raise NotForThisError("it scores ensembles of trees only")

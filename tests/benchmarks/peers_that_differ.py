"""Peers for the tests: one is right, one is coarse, one is wrong, one refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.calls import Batch, Call, Peers, Record
from benchmarks.case import Case, Rows


def _of(name: str, change: Callable[[Any], Any]) -> Callable[[Case], Iterator[Call]]:
    def peer(case: Case) -> Iterator[Call]:
        def prepare(rows: Rows) -> Callable[[], Any]:
            matrix = rows.matrix()
            return lambda: change(matrix.sum(axis=1))

        yield Batch(name, "float64 matrix", prepare, np.asarray)
        yield Record(
            name,
            "dict to a number",
            lambda record: change(np.array([sum(record.values())]))[0],
            float,
        )

    return peer


def _refuses(case: Case) -> Iterator[Call]:
    raise ValueError(f"no such model: {case.facts.title}\nand more")


PEERS: Peers = {
    "right": _of("right", lambda sums: sums),
    "coarse": _of("coarse", lambda sums: sums.astype(np.float32)),
    "wrong": _of("wrong", lambda sums: np.where(sums > 0, sums, sums + 0.25)),
    "refuses": _refuses,
}

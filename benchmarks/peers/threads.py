"""The project's own engine on one thread, on two, and in two processes with half the rows each.

Measured while no peer is there: some of them keep a processor busy after a call. Two processes
share neither a lock nor memory, so what they gain is what the machine has for two threads of this
very work at that moment.
"""

from __future__ import annotations

import mmap
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

import pmml_pipeline as pp
from benchmarks.calls import THREADS, Batch, Call, Peers
from benchmarks.case import Case, Rows
from benchmarks.figures import ONE_THREAD, TWO_PROCESSES, TWO_THREADS


def _threads(case: Case) -> Iterator[Call]:
    def frame_of(scorer: pp.Scorer, rows: Rows) -> Any:
        return rows.only([field.name for field in scorer.inputs]).frame()

    def scores(result: Any) -> npt.NDArray[Any]:
        return np.asarray(result[case.facts.score], dtype=float)

    def framed(scorer: pp.Scorer, rows: Rows) -> Callable[[], Any]:
        frame = frame_of(scorer, rows)
        return lambda: scorer.score_frame(frame)

    def halved(scorer: pp.Scorer, rows: Rows) -> Callable[[], Any]:
        frame, half = frame_of(scorer, rows), len(rows) // 2
        mine, theirs = frame[:half].copy(), frame[half:].copy()
        return _Beside(lambda: scorer.score_frame(theirs), scores, len(theirs)).with_(
            lambda: scorer.score_frame(mine)
        )

    def both(result: Any) -> npt.NDArray[Any]:
        mine, theirs = result
        return np.concatenate([scores(mine), theirs])

    single = pp.load(case.document, engine="compiled", threads=1)
    double = pp.load(case.document, engine="compiled", threads=2)
    given = "pandas frame"
    yield Batch(ONE_THREAD, given, partial(framed, single), scores, THREADS)
    yield Batch(TWO_THREADS, given, partial(framed, double), scores, THREADS)
    yield Batch(TWO_PROCESSES, "half a frame each", partial(halved, single), both, THREADS)


class _Beside:
    """Another process, which scores whenever this one does, and leaves its scores in memory that
    both have. It ends with this process.

    Args:
        score: what it does.
        scores: from its result to the numbers.
        rows: how many those are.
    """

    def __init__(
        self, score: Callable[[], Any], scores: Callable[[Any], npt.NDArray[Any]], rows: int
    ) -> None:
        context = multiprocessing.get_context("fork")  # which has the rows and the engine already
        self._scores = np.frombuffer(mmap.mmap(-1, max(8 * rows, 1)), dtype=float, count=rows)
        self._ours, theirs = context.Pipe()

        def work() -> None:
            self._ours.close()  # so that the end of the other process ends this one
            with suppress(EOFError):
                while theirs.recv():
                    self._scores[:] = scores(score())
                    theirs.send(True)

        context.Process(target=work, daemon=True).start()

    def with_(self, score: Callable[[], Any]) -> Callable[[], tuple[Any, npt.NDArray[Any]]]:
        """What this process does meanwhile: gives its result, and the numbers of the other."""

        def both() -> tuple[Any, npt.NDArray[Any]]:
            self._ours.send(True)
            mine = score()
            self._ours.recv()
            return mine, self._scores

        return both


PEERS: Peers = {"compiled": _threads}

"""The project's own engine on one thread and on two.

Measured while no peer is there: some of them keep a processor busy after a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

import pmml_pipeline as pp
from benchmarks.calls import THREADS, Batch, Call, Peers
from benchmarks.case import Case, Rows
from benchmarks.figures import ONE_THREAD, TWO_THREADS


def _threads(case: Case) -> Iterator[Call]:
    def framed(scorer: pp.Scorer, rows: Rows) -> Callable[[], Any]:
        frame = rows.only([field.name for field in scorer.inputs]).frame()
        return lambda: scorer.score_frame(frame)

    def scores(result: Any) -> npt.NDArray[Any]:
        return np.asarray(result[case.facts.score], dtype=float)

    for name, threads in ((ONE_THREAD, 1), (TWO_THREADS, 2)):
        scorer = pp.load(case.document, engine="compiled", threads=threads)
        yield Batch(name, "pandas frame", partial(framed, scorer), scores, THREADS)


PEERS: Peers = {"compiled": _threads}

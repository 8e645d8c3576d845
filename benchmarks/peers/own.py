"""The project's own engine, with all checks on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

import pmml_pipeline as pp
from benchmarks.calls import Batch, Call, Peers, Record
from benchmarks.case import Case, Rows
from benchmarks.figures import DICT, FRAME


def _own(case: Case) -> Iterator[Call]:
    scorer = pp.load(case.document, engine="compiled", threads=1)
    names = [field.name for field in scorer.inputs]
    at = [output.name for output in scorer.outputs].index(case.facts.score)

    def framed(rows: Rows) -> Callable[[], Any]:
        frame = rows.only(names).frame()
        return lambda: scorer.score_frame(frame)

    def columns(rows: Rows) -> Callable[[], Any]:
        table = rows.only(names).columns
        return lambda: scorer.score_columns(table, len(rows))

    def of_frame(result: Any) -> npt.NDArray[Any]:
        return np.asarray(result[case.facts.score], dtype=float)

    yield Batch(FRAME, "pandas frame", framed, of_frame)
    yield Batch("compiled: score_columns", "an array per field", columns, lambda r: r[0][at])
    yield Record(
        DICT,
        "dict to dict",
        scorer.score,
        lambda result: result[case.facts.score],
        lambda record: {name: record[name] for name in names},
    )


PEERS: Peers = {"compiled": _own}

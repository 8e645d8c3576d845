"""lleaves: a LightGBM model compiled by LLVM, once, and kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.calls import Batch, Call, Peers, Record, only_for
from benchmarks.case import Case, Rows


def _lleaves(case: Case) -> Iterator[Call]:
    only_for(case, "lightgbm")
    import lleaves

    kept = case.folder / "lleaves.bin"
    model = lleaves.Model(model_file=str(case.booster))
    start = time.monotonic()
    fresh = not kept.is_file()
    model.compile(cache=str(kept))
    if fresh:
        seconds = time.monotonic() - start
        (case.folder / "lleaves-seconds.txt").write_text(f"{seconds:.1f}", encoding="ascii")

    def predict(matrix: Any) -> Any:
        return model.predict(matrix, n_jobs=1)

    def call(rows: Rows) -> Callable[[], Any]:
        matrix = rows.matrix()
        return lambda: predict(matrix)

    yield Batch("lleaves", "float64 matrix", call, np.asarray)
    yield Record(
        "lleaves",
        "dict to an array",
        lambda record: predict(np.array([list(record.values())])),
        lambda found: float(found[0]),
    )


PEERS: Peers = {"lleaves": _lleaves}

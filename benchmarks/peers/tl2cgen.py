"""tl2cgen: the model as C, compiled once and kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.calls import Batch, Call, NotForThisError, Peers, Record
from benchmarks.case import Case, Rows
from benchmarks.peers.treelite import imported, matrix_for, of_last_class


def _tl2cgen(case: Case) -> Iterator[Call]:
    model = imported(case)
    import tl2cgen

    library = case.folder / "tl2cgen.so"
    if not library.is_file():
        if not shutil.which("gcc"):
            raise NotForThisError("it needs gcc, which is not here")
        part = case.folder / f"tl2cgen.{os.getpid()}.so"
        # Many files: one of all trees takes a compiler the square of its length.
        tl2cgen.export_lib(
            model, toolchain="gcc", libpath=part, params={"parallel_comp": 64}, nthread=2
        )
        part.replace(library)
    predictor = tl2cgen.Predictor(library, nthread=1)

    def call(rows: Rows) -> Callable[[], Any]:
        matrix = tl2cgen.DMatrix(matrix_for(model, rows.matrix()))
        return lambda: predictor.predict(matrix)

    def one(record: dict[str, Any]) -> Any:
        return predictor.predict(tl2cgen.DMatrix(matrix_for(model, [list(record.values())])))

    yield Batch("tl2cgen", "its own DMatrix", call, of_last_class)
    yield Record("tl2cgen", "dict to a DMatrix", one, lambda r: float(of_last_class(r)[0]))


PEERS: Peers = {"tl2cgen": _tl2cgen}

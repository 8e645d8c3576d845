"""treelite: the model as treelite reads it, and its own interpreter of trees (GTIL)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.calls import Batch, Call, Peers, Record, only_trees
from benchmarks.case import Case, Rows


def imported(case: Case) -> Any:
    """The model in treelite. Whatever it raises says that it cannot read it."""
    only_trees(case)
    import treelite

    if case.facts.family == "lightgbm":
        return treelite.frontend.load_lightgbm_model(case.booster)
    if case.facts.family == "xgboost":
        return treelite.frontend.load_xgboost_model(case.booster)
    return treelite.sklearn.import_model(case.fitted())


def of_last_class(found: Any) -> Any:
    """One number per row, from an array of rows, targets and classes."""
    return np.asarray(found).reshape(len(found), -1)[:, -1]


def matrix_for(model: Any, matrix: Any) -> Any:
    """A matrix of the type that the thresholds have."""
    kind = np.float32 if "float32" in str(model.input_type) else np.float64
    return np.ascontiguousarray(matrix, dtype=kind)


def _treelite(case: Case) -> Iterator[Call]:
    model = imported(case)
    import treelite

    predict = treelite.gtil.predict

    def call(rows: Rows) -> Callable[[], Any]:
        matrix = matrix_for(model, rows.matrix())
        return lambda: predict(model, matrix, nthread=1)

    def one(record: dict[str, Any]) -> Any:
        return predict(model, matrix_for(model, [list(record.values())]), nthread=1)

    yield Batch("treelite", f"{model.input_type} matrix", call, of_last_class)
    yield Record("treelite", "dict to an array", one, lambda r: float(of_last_class(r)[0]))


PEERS: Peers = {"treelite": _treelite}

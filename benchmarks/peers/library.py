"""The library that trained the model, with its own predictor, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.calls import Batch, Call, Peers, Record, only_for
from benchmarks.case import Case, Rows
from benchmarks.peers.lightgbm_c import LightGBM


def _matrix(function: Callable[[Any], Any]) -> Callable[[Rows], Callable[[], Any]]:
    def prepare(rows: Rows) -> Callable[[], Any]:
        matrix = rows.matrix()
        return lambda: function(matrix)

    return prepare


def _lightgbm(case: Case) -> Iterator[Call]:
    """``Booster.predict``."""
    import lightgbm

    booster = lightgbm.Booster(model_file=case.booster)

    def predict(matrix: Any) -> Any:
        return booster.predict(matrix, num_threads=1)

    yield Batch("LightGBM", "float64 matrix", _matrix(predict), np.asarray)
    yield Record(
        "LightGBM",
        "dict to an array",
        lambda record: predict(np.array([list(record.values())])),
        lambda found: float(found[0]),
    )


def _lightgbm_c(case: Case) -> Iterator[Call]:
    """LightGBM's C interface, which Python's own call goes through."""
    only_for(case, "lightgbm")
    booster = LightGBM(case.booster, len(case.rows().columns))
    yield Batch("LightGBM's C API", "float64 matrix", _matrix(booster.many), np.asarray)
    yield Record(
        "LightGBM's C API", "list to a number", booster.one, float, lambda r: list(r.values())
    )


def _xgboost(case: Case) -> Iterator[Call]:
    """``Booster.inplace_predict``, which makes no DMatrix."""
    import xgboost

    booster = xgboost.Booster(params={"nthread": 1}, model_file=case.booster)
    booster.set_param({"nthread": 1})
    predict = booster.inplace_predict
    yield Batch("XGBoost", "float64 matrix", _matrix(predict), np.asarray)
    yield Record(
        "XGBoost",
        "dict to an array",
        lambda record: predict(np.array([list(record.values())])),
        lambda found: float(found[0]),
    )


def _sklearn(case: Case) -> Iterator[Call]:
    """``predict_proba`` or ``predict``, of a frame where there are texts."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    fitted = case.fitted()
    function = getattr(fitted, "predict_proba", fitted.predict)

    def framed(rows: Rows) -> Callable[[], Any]:
        frame = rows.frame()
        return lambda: function(frame)

    def one(record: dict[str, Any]) -> Any:
        return function(frame_of([record]))

    import pandas as pd

    frame_of = pd.DataFrame
    yield Batch("scikit-learn", "pandas frame", framed, last_column)
    yield Record("scikit-learn", "dict to a frame of one row", one, lambda r: last_column(r)[0])


def last_column(found: Any) -> Any:
    """The probability of the last class, or the prediction itself."""
    return found[:, -1] if found.ndim == 2 else found


_LIBRARIES: Peers = {"lightgbm": _lightgbm, "xgboost": _xgboost, "sklearn": _sklearn}

PEERS: Peers = {
    "the training library": lambda case: _LIBRARIES[case.facts.family](case),
    "LightGBM's C API": _lightgbm_c,
}

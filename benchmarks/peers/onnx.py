"""ONNX Runtime, of a model that onnxmltools or skl2onnx converted; float32 throughout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.calls import Batch, Call, Peers, Record
from benchmarks.case import Case, Rows

OPSET = {"": 21, "ai.onnx.ml": 3}


def converted(case: Case) -> Any:
    """The ONNX model. Whatever the converters raise says that they cannot."""
    fitted, rows = case.fitted(), case.rows().head(1)
    if case.facts.family == "sklearn":
        import skl2onnx
        from skl2onnx.common.data_types import FloatTensorType, StringTensorType

        if rows.numeric and not hasattr(fitted, "steps"):
            types = [("input", FloatTensorType([None, len(rows.columns)]))]
        else:
            types = [
                (name, (FloatTensorType if c.dtype == float else StringTensorType)([None, 1]))
                for name, c in rows.columns.items()
            ]
        zipmap = {"zipmap": False} if hasattr(fitted, "predict_proba") else {}
        options = {id(fitted): zipmap} if zipmap else None
        return skl2onnx.convert_sklearn(
            fitted, initial_types=types, options=options, target_opset=OPSET
        )
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("input", FloatTensorType([None, len(rows.columns)]))]
    if case.facts.family == "lightgbm":
        from onnxmltools import convert_lightgbm

        return convert_lightgbm(
            fitted, initial_types=types, zipmap=False, target_opset=OPSET["ai.onnx.ml"] + 12
        )
    import xgboost
    from onnxmltools import convert_xgboost

    booster = xgboost.XGBClassifier()
    booster.load_model(case.booster)
    # The converter knows columns by position only.
    booster.get_booster().feature_names = None
    return convert_xgboost(booster, initial_types=types, target_opset=OPSET["ai.onnx.ml"] + 12)


def _onnx(case: Case) -> Iterator[Call]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    session = onnxruntime.InferenceSession(
        converted(case).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    inputs = [i.name for i in session.get_inputs()]
    wanted = [session.get_outputs()[-1].name]
    run = session.run
    together = inputs == ["input"]
    texts = {n for n, c in case.rows().head(1).columns.items() if c.dtype != float}

    def arrays(rows: Rows) -> Callable[[], Any]:
        if together:
            fed = {"input": rows.matrix().astype(np.float32)}
        else:
            fed = {
                name: column.reshape(-1, 1).astype(object if name in texts else np.float32)
                for name, column in rows.columns.items()
            }
        return lambda: run(wanted, fed)[0]

    def from_one(record: dict[str, Any]) -> Any:
        return run(wanted, {"input": np.array([list(record.values())], dtype=np.float32)})[0]

    def from_many(record: dict[str, Any]) -> Any:
        fed = {
            name: np.array([[cell]], dtype=object if name in texts else np.float32)
            for name, cell in record.items()
        }
        return run(wanted, fed)[0]

    given = "float32 matrix" if together else "float32 and text arrays"
    yield Batch("ONNX Runtime", given, arrays, scores)
    one = from_one if together else from_many
    yield Record("ONNX Runtime", "dict to arrays", one, lambda r: float(scores(r)[0]))


def scores(found: Any) -> Any:
    """The last column: the probability of the last class, or the prediction."""
    return np.asarray(found).reshape(len(found), -1)[:, -1]


PEERS: Peers = {"ONNX Runtime": _onnx}

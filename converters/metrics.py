"""Evaluation metrics of a model on held-out rows, for the manifest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics as m


def evaluate(
    truth: npt.NDArray[Any], predictions: dict[str, npt.NDArray[Any]], target: str, function: str
) -> dict[str, float]:
    """The metrics that fit the function; empty when there is nothing to evaluate.

    Args:
        truth: shape (rows,), the true target.
        predictions: by result name, as the training library made them, each of shape (rows,).
        target: name of the target field.
        function: PMML's functionName.

    Returns:
        classification: accuracy, log_loss, and for two classes auc (of the last class);
        regression: rmse, mae, r2.
    """
    if function == "regression" and target in predictions:
        predicted = predictions[target].astype(np.float64)
        return {
            "rmse": float(m.root_mean_squared_error(truth, predicted)),
            "mae": float(m.mean_absolute_error(truth, predicted)),
            "r2": float(m.r2_score(truth, predicted)),
        }
    if function != "classification":
        return {}
    found: dict[str, float] = {}
    labels = np.array([_text(v) for v in truth])
    if target in predictions:
        predicted = np.array([_text(v) for v in predictions[target]])
        found["accuracy"] = float(m.accuracy_score(labels, predicted))
    classes = [n[len("probability(") : -1] for n in predictions if n.startswith("probability(")]
    if len(classes) > 1 and set(labels) <= set(classes):
        matrix = np.column_stack([predictions[f"probability({c})"] for c in classes])
        positions = {c: i for i, c in enumerate(classes)}
        codes = np.array([positions[label] for label in labels])
        matrix = matrix.astype(np.float64)
        scaled = matrix / matrix.sum(axis=1, keepdims=True)
        found["log_loss"] = float(m.log_loss(codes, scaled, labels=range(len(classes))))
        if len(classes) == 2 and len(set(codes)) == 2:
            found["auc"] = float(m.roc_auc_score(codes, matrix[:, 1]))
    return found


def _text(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    return str(value).lower() if isinstance(value, bool) else str(value)

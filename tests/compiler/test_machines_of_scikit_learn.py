"""Support vector machines of scikit-learn, exported: the engine predicts what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM

import pmml_pipeline as pp
from converters import table
from tests.converters.agreement import request_of

N = 200
RANDOM = np.random.default_rng(6)
FRAME = pd.DataFrame(RANDOM.normal(size=(N, 4)), columns=["a", "b", "c", "d"])
SCORE = FRAME["a"] * FRAME["b"] + np.sin(FRAME["c"])
LABEL = np.array(["low", "mid", "new", "very high"])[
    np.digitize(SCORE, SCORE.quantile([0.2, 0.5, 0.8]))
]


@pytest.mark.parametrize(
    ("fitted", "y"),
    [
        (SVC(), SCORE > 0),
        (SVC(kernel="poly", coef0=0.5), LABEL),
        (NuSVC(kernel="sigmoid", nu=0.1), LABEL),
        (SVR(kernel="poly", degree=2), SCORE),
        (NuSVR(), SCORE),
        (SVR(kernel="linear"), SCORE),
        (OneClassSVM(gamma=0.5), None),
        (LinearSVC(), SCORE > 0),
        (LinearSVR(), SCORE),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, BaseEstimator) else "",
)
def test_machines_of_scikit_learn(fitted: Any, y: Any, tmp_path: Path) -> None:
    fitted.fit(FRAME, y)
    found, predicted, decision = compared(fitted, FRAME, tmp_path)
    if isinstance(fitted, OneClassSVM):
        assert np.abs(found["decisionFunction"] - decision).max() < 1e-11
        assert found["predict(outlier)"].tolist() == predicted.tolist()
        return
    (name, *_) = found
    if y is SCORE:
        assert np.abs(found[name] - predicted).max() < 1e-11
    else:
        assert found[name].tolist() == predicted.tolist()


def compared(fitted: Any, frame: pd.DataFrame, folder: Path) -> tuple[dict[str, Any], Any, Any]:
    path = folder / "machine.pmml"
    path.write_bytes(table.find(fitted).convert(fitted, request_of(FRAME)))
    scorer = pp.load(path, "compiled", extra_fields="ignore")
    columns, errors = scorer.score_columns({n: frame[n].to_numpy() for n in frame}, len(frame))
    assert not errors
    names = [output.name for output in scorer.outputs]
    decision = fitted.decision_function(frame) if hasattr(fitted, "decision_function") else None
    return dict(zip(names, columns, strict=True)), fitted.predict(frame), decision


def test_a_tie_of_three_classes_is_decided_as_in_scikit_learn(tmp_path: Path) -> None:
    """Far from all vectors every kernel is 0, and only the constants vote."""
    three = np.array(["low", "mid", "top"])[np.digitize(SCORE, [-0.5, 0.5])]
    for seed in range(300):
        rows = np.random.default_rng(seed).choice(N, 25, replace=False)
        fitted = SVC(gamma=1.0, decision_function_shape="ovo").fit(FRAME.iloc[rows], three[rows])
        one, two, last = fitted.intercept_
        if one < 0 < two and last < 0:
            break
    else:
        pytest.fail("no model with a tie")
    found, predicted, decision = compared(fitted, FRAME * 100, tmp_path)
    signs = np.sign(decision)
    assert (signs == [-1, 1, -1]).all(axis=1).sum() > N / 2
    assert next(iter(found.values())).tolist() == predicted.tolist()

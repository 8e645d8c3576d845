"""Neural networks of scikit-learn, exported: the engine predicts what they do."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaggingClassifier, BaggingRegressor, VotingRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

import pmml_pipeline as pp
from converters import table
from tests.converters.agreement import request_of

N = 200
RANDOM = np.random.default_rng(5)
FRAME = pd.DataFrame(RANDOM.normal(size=(N, 4)), columns=["a", "b", "c", "d"])
SCORE = FRAME["a"] * FRAME["b"] + np.sin(FRAME["c"])
LABEL = np.array(["low", "mid", "very high"])[np.digitize(SCORE, SCORE.quantile([0.3, 0.6]))]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_networks_of_an_ensemble_name_no_target(tmp_path: Path) -> None:
    networks = [
        ("one", MLPRegressor(hidden_layer_sizes=(4,), max_iter=20, random_state=0)),
        ("two", BaggingRegressor(MLPRegressor(hidden_layer_sizes=(3,)), 2, random_state=0)),
    ]
    fitted = VotingRegressor(networks).fit(FRAME, SCORE)
    path = tmp_path / "network.pmml"
    path.write_bytes(table.find(fitted).convert(fitted, request_of(FRAME)))
    scorer = pp.load(path, "compiled")
    (found,), errors = scorer.score_columns({n: FRAME[n].to_numpy() for n in FRAME}, N)
    assert not errors
    assert np.abs(found - fitted.predict(FRAME)).max() < 1e-13
    classes = BaggingClassifier(MLPClassifier((4,), max_iter=20), 2, random_state=0)
    classes.fit(FRAME, LABEL)
    path.write_bytes(table.find(classes).convert(classes, request_of(FRAME)))
    scorer = pp.load(path, "compiled")
    columns, errors = scorer.score_columns({n: FRAME[n].to_numpy() for n in FRAME}, N)
    assert not errors
    assert columns[0].tolist() == classes.predict(FRAME).tolist()
    shares = np.column_stack(columns[1:])
    assert np.abs(shares - classes.predict_proba(FRAME)).max() < 1e-13


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (MLPClassifier((7, 5), max_iter=30), SCORE > 0),
        (MLPClassifier((7,), activation="tanh", max_iter=30), LABEL),
        (MLPClassifier((6, 5), activation="logistic", max_iter=30), LABEL),
        (MLPRegressor(hidden_layer_sizes=(9, 6, 3), activation="tanh", max_iter=30), SCORE),
        (MLPRegressor(hidden_layer_sizes=(9,), activation="identity", max_iter=30), SCORE),
    ],
    ids=["binary", "tanh", "logistic", "regressor", "identity"],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_networks_of_scikit_learn(model: BaseEstimator, y: Any, tmp_path: Path) -> None:
    model.set_params(random_state=0).fit(FRAME, y)
    path = tmp_path / "network.pmml"
    path.write_bytes(table.find(model).convert(model, request_of(FRAME)))
    records = {name: FRAME[name].to_numpy() * 1.5 for name in FRAME}
    predicted = model.predict(pd.DataFrame(records))
    scorers = [pp.load(path, engine, extra_fields="ignore") for engine in ("compiled", "jpmml")]
    names = [output.name for output in scorers[0].outputs]
    (found, errors), (other, _) = (s.score_columns(records, N) for s in scorers)
    shown = dict(zip(names, found, strict=True))
    inside = [i for i in range(N) if i not in errors]
    assert len(inside) > N / 2
    if isinstance(model, MLPClassifier):
        shares = model.predict_proba(pd.DataFrame(records))
        columns = [shown[n] for n in names if n.startswith("probability")]
        difference = np.abs(np.column_stack(columns) - shares)[inside]
        assert shown[names[0]][inside].tolist() == predicted[inside].tolist()
    else:
        difference = np.abs(np.column_stack(found) - predicted.reshape(N, -1))[inside]
    assert difference.max() < 1e-13
    for one, two in itertools.zip_longest(found, other):
        if one.dtype == float:
            assert np.abs(one[inside] - two[inside]).max() < 1e-10

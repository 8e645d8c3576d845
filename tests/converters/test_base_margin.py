"""Does a document of XGBoost begin its sums with the number that XGBoost begins with?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import pmml_pipeline as pp
from converters import table
from converters.base_margin import exact_base_margin
from tests.converters.agreement import NUMBERS, SCORE, request_of

# The logarithm of its odds is -0.0118704615 by the C library and -0.011870461 by Java.
UNLUCKY = 0.49703240394592285
LABELS = (SCORE > 1).to_numpy().astype(int)


def fitted(in_pipeline: bool) -> Any:
    model = xgboost.XGBClassifier(n_estimators=40, base_score=UNLUCKY, n_jobs=1)
    return (make_pipeline(StandardScaler(), model) if in_pipeline else model).fit(NUMBERS, LABELS)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_every_row_is_the_same_float32(in_pipeline: bool, tmp_path: Path) -> None:
    model = fitted(in_pipeline)
    path = tmp_path / "model.pmml"
    document = table.find(model).convert(model, request_of(NUMBERS))
    assert b'rescaleConstant="-0.0118704615"' in document
    path.write_bytes(document)
    rows = NUMBERS.sample(40_000, replace=True, random_state=3).reset_index(drop=True)
    rows["number"] *= np.random.default_rng(4).normal(size=len(rows))
    found = pp.load(path, engine="compiled").score_frame(rows)["probability(1)"]
    expected = model.predict_proba(rows)[:, 1]
    assert (found.to_numpy().astype(np.float32) == expected).all()


def test_a_constant_of_another_kind_is_left_alone() -> None:
    model = fitted(False)
    others = b'<Target rescaleConstant="-0.0118705" /><Target rescaleConstant="100" />'
    assert exact_base_margin(others, model) == others
    regressor = xgboost.XGBRegressor(n_estimators=1).fit(NUMBERS, LABELS)
    exact = b'<Target rescaleConstant="0.5" />'
    assert exact_base_margin(exact, regressor) == exact

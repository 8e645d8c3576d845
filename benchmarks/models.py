"""The models that are measured: trained on made-up numbers, exported with their certificate.

The inputs are float32 numbers, as scikit-learn's trees see them, so that no engine can differ for
that reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn2pmml.decoration import ContinuousDomain

import converters
from pmml_pipeline.parity.rows import Budget

SMALL = Budget(heldout=2_000, boundary=2_000, missing=60, storage=60)


def _numbers(random: np.random.Generator, rows: int, columns: int) -> pd.DataFrame:
    values = random.normal(size=(rows, columns)).astype(np.float32).astype(float)
    return pd.DataFrame(values, columns=[f"number_{i}" for i in range(columns)])


def _export(fitted: Any, X: pd.DataFrame, y: pd.Series, store: Path, name: str) -> Path:
    published = converters.export(
        fitted, X, y, model=name, store=store, budget=SMALL, engines=["pypmml"]
    )
    return published.artifact.root


def boosted(store: Path) -> tuple[Path, pd.DataFrame]:
    """LightGBM, 500 trees of 31 leaves, 30 numbers."""
    X = _numbers(np.random.default_rng(0), 20_000, 30)
    y = (X["number_0"] * X["number_1"] + X["number_2"] > 0).astype(int).rename("target")
    model = lightgbm.LGBMClassifier(n_estimators=500, num_leaves=31, n_jobs=1, verbose=-1)
    return _export(model.fit(X, y), X, y, store, "boosted"), X


def forest(store: Path) -> tuple[Path, pd.DataFrame]:
    """RandomForest, 100 trees of depth 12, 30 numbers whose range is checked."""
    X = _numbers(np.random.default_rng(1), 20_000, 30)
    y = (X["number_0"] * X["number_1"] + X["number_2"] > 0).astype(int).rename("target")
    check = ContinuousDomain(
        missing_value_treatment="return_invalid",
        invalid_value_treatment="return_invalid",
        data_min=[-10.0] * 30,
        data_max=[10.0] * 30,
        dtype="float32",
    )
    trees = RandomForestClassifier(n_estimators=100, max_depth=12, random_state=0, n_jobs=1)
    model = make_pipeline(check, trees)
    return _export(model.fit(X, y), X, y, store, "forest"), X


def linear(store: Path) -> tuple[Path, pd.DataFrame]:
    """Scaled and one-hot encoded, LogisticRegression, 10 numbers and 6 categories of 20 levels."""
    random = np.random.default_rng(2)
    X = _numbers(random, 5_000, 10)
    y = (X["number_0"] + random.normal(size=len(X)) > 0).astype(int).rename("target")
    numbers = list(X.columns)
    levels = [f"level_{i}" for i in range(20)]
    categories = [f"category_{i}" for i in range(6)]
    X = X.assign(**{name: random.choice(levels, size=len(X)).astype(object) for name in categories})
    features = ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("levels", OneHotEncoder(), categories)]
    )
    model = make_pipeline(features, LogisticRegression(max_iter=500))
    return _export(model.fit(X, y), X, y, store, "linear"), X


MODELS: Mapping[str, Callable[[Path], tuple[Path, pd.DataFrame]]] = {
    "LightGBM 500 x 31, 30 fields": boosted,
    "RandomForest 100 x depth 12, 30 fields": forest,
    "LogisticRegression, 10 + 6 fields": linear,
}

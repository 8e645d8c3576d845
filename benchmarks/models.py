"""The models that are measured, trained on made-up rows that are the same every time.

The numbers are float32 numbers, as scikit-learn's trees see them, so that no peer can differ for
that reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn2pmml.decoration import CategoricalDomain, ContinuousDomain
from sklearn2pmml.preprocessing import ExpressionTransformer

ROWS = 20_000
LEVELS = (5, 10, 20, 40, 80, 100)  # of the six categories

Data = tuple[pd.DataFrame, pd.Series]


@dataclass(frozen=True, slots=True)
class Model:
    """A model to measure.

    Attributes:
        title: as in the tables.
        family: ``lightgbm``, ``xgboost`` or ``sklearn``.
        trees: whether it is an ensemble of trees.
        data: makes rows: how many there are to be.
        fit: trains it on them; told whether a small one will do.
        score: the result that is compared, as the document names it.
        training: rows to train on, and rows for a small one.
        limits: whether numbers have limits that a record is checked for.
        distinct: how many different rows are scored.
    """

    title: str
    family: str
    trees: bool
    data: Callable[[int], Data]
    fit: Callable[[pd.DataFrame, pd.Series, bool], Any]
    score: str = "probability(1)"
    training: tuple[int, int] = (ROWS, 2_000)
    limits: bool = False
    distinct: int = ROWS


def numbers(random: np.random.Generator, rows: int, columns: int) -> pd.DataFrame:
    """Columns of normal numbers."""
    values = random.normal(size=(rows, columns)).astype(np.float32).astype(float)
    return pd.DataFrame(values, columns=[f"number_{i}" for i in range(columns)])


def thirty_numbers(rows: int) -> Data:
    """30 numbers, three of which decide, with some noise."""
    random = np.random.default_rng(0)
    X = numbers(random, rows, 30)
    signal = X["number_0"] * X["number_1"] + X["number_2"] + 0.5 * random.normal(size=rows)
    return X, (signal > 0).astype(int).rename("target")


def mixed(rows: int) -> Data:
    """10 numbers, and 6 categories of 5 to 100 levels."""
    random = np.random.default_rng(1)
    X = numbers(random, rows, 10)
    for i, levels in enumerate(LEVELS):
        names = np.array([f"level_{k}" for k in range(levels)], dtype=object)
        # Every level occurs, so that a small training set knows them all.
        codes = np.concatenate([np.arange(levels), random.integers(levels, size=rows - levels)])
        X[f"category_{i}"] = names[codes]
    return X, (X["number_0"] + random.normal(size=rows) > 0).astype(int).rename("target")


def texts_and_numbers(rows: int) -> Data:
    """10 numbers, and 6 texts of two words."""
    random = np.random.default_rng(2)
    X = numbers(random, rows, 10)
    words = np.array(["Alpha", "beta", "Gamma", "delta", "EPSILON", "zeta"])
    for i in range(6):
        first, second = random.integers(6, size=(2, rows))
        X[f"text_{i}"] = np.char.add(np.char.add(words[first], " "), words[second]).astype(object)
    return X, (2 * X["number_0"] + random.normal(size=rows)).rename("target")


def _lightgbm(trees: int, leaves: int) -> Callable[[pd.DataFrame, pd.Series, bool], Any]:
    def fit(X: pd.DataFrame, y: pd.Series, small: bool) -> Any:
        n = trees // 20 if small else trees
        settings: dict[str, Any] = {"n_jobs": 1, "verbose": -1, "random_state": 0}
        model = lightgbm.LGBMClassifier(
            n_estimators=n, num_leaves=leaves, learning_rate=0.03, **settings
        )
        return model.fit(X, y)

    return fit


def _forest(trees: int, depth: int | None) -> Callable[[pd.DataFrame, pd.Series, bool], Any]:
    def fit(X: pd.DataFrame, y: pd.Series, small: bool) -> Any:
        n = trees // 10 if small else trees
        # One thread: the probabilities of the trees are added in the same order everywhere.
        model = RandomForestClassifier(n_estimators=n, max_depth=depth, random_state=0, n_jobs=1)
        return model.fit(X, y)

    return fit


def _xgboost(X: pd.DataFrame, y: pd.Series, small: bool) -> Any:
    model = xgboost.XGBClassifier(n_estimators=30 if small else 300, max_depth=6, n_jobs=1)
    return model.fit(X, y)


def _histogram(X: pd.DataFrame, y: pd.Series, small: bool) -> Any:
    trees = 20 if small else 300
    return HistGradientBoostingClassifier(max_iter=trees, early_stopping=False, random_state=0).fit(
        X, y
    )


def _linear(X: pd.DataFrame, y: pd.Series, small: bool) -> Any:
    del small
    names = [list(X.filter(like=kind).columns) for kind in ("number", "category")]
    features = ColumnTransformer(
        [("numbers", StandardScaler(), names[0]), ("levels", OneHotEncoder(), names[1])]
    )
    return make_pipeline(features, LogisticRegression(max_iter=500)).fit(X, y)


def _network(X: pd.DataFrame, y: pd.Series, small: bool) -> Any:
    network = MLPClassifier((64, 32), max_iter=5 if small else 20, random_state=0)
    return make_pipeline(StandardScaler(), network).fit(X, y)


_OF_NUMBERS = (
    *("numpy.log(numpy.abs({0}) + 1)", "{0} * {1} - {2}", "{0} if {0} > {1} else {1}"),
    *("({0} + {1}) / (numpy.abs({2}) + 1)", "numpy.exp(-{0} * {0})", "1 if {0} > 0.5 else 0"),
    *("numpy.sqrt(numpy.abs({0} - {1}))", "numpy.floor({0} * 10)"),
)
_OF_TEXTS = (
    *("1 if {0}.lower() == 'alpha beta' else 0", "len({0})", "1 if {0} == {1} else 0"),
    *("1 if {0} in ['Alpha beta', 'zeta zeta'] else 0", "len({0}.strip()) - len({1})"),
)


def expressions() -> list[str]:
    """40 expressions, 24 of numbers and 16 of texts, over 10 numbers and 6 texts."""
    found = []
    for k in range(24):
        places = [f"X[{(k + step) % 10}]" for step in (0, 3, 7)]
        found.append(_OF_NUMBERS[k % len(_OF_NUMBERS)].format(*places))
    for k in range(16):
        places = [f"X[{10 + (k + step) % 6}]" for step in (0, 1)]
        found.append(_OF_TEXTS[k % len(_OF_TEXTS)].format(*places))
    return found


def _transformations(X: pd.DataFrame, y: pd.Series, small: bool) -> Any:
    del small
    numeric, texts = (list(X.filter(like=kind).columns) for kind in ("number", "text"))
    # Without these the converter takes the texts for numbers.
    whole = {"missing_value_treatment": "return_invalid", "dtype": "float64"}
    ends = {"data_min": [-10.0] * len(numeric), "data_max": [10.0] * len(numeric)}
    declared = ColumnTransformer(
        [
            ("numbers", ContinuousDomain(**whole, **ends), numeric),
            ("texts", CategoricalDomain(missing_value_treatment="return_invalid"), texts),
        ]
    )
    every = list(range(len(X.columns)))
    steps = [(f"e{k}", ExpressionTransformer(e), every) for k, e in enumerate(expressions())]
    return make_pipeline(declared, ColumnTransformer(steps), LinearRegression()).fit(X, y)


MODELS: Mapping[str, Model] = {
    "lightgbm-500": Model(
        "LightGBM 500 x 31 leaves, 30 fields", "lightgbm", True, thirty_numbers, _lightgbm(500, 31)
    ),
    "lightgbm-2000": Model(
        "LightGBM 2000 x 64 leaves, 30 fields",
        *("lightgbm", True, thirty_numbers, _lightgbm(2000, 64)),
    ),
    "forest-100": Model(
        "RandomForest 100 x depth 12, 30 fields",
        *("sklearn", True, thirty_numbers, _forest(100, 12)),
        limits=True,  # else the sealing asks the forest 500 times for the largest that it takes
    ),
    "forest-300": Model(
        "RandomForest 300 x unlimited depth, 30 fields",
        *("sklearn", True, thirty_numbers, _forest(300, None)),
        training=(5_000, 1_000),
        limits=True,
    ),
    "xgboost-300": Model(
        "XGBoost 300 x depth 6, 30 fields", "xgboost", True, thirty_numbers, _xgboost
    ),
    "histogram": Model(
        "HistGradientBoosting 300 x 31 leaves, 30 fields",
        *("sklearn", True, thirty_numbers, _histogram),
    ),
    "linear": Model(
        "LogisticRegression, 10 numbers and 6 categories of 5 to 100 levels",
        *("sklearn", False, mixed, _linear),
        limits=True,
    ),
    "network": Model(
        "MLP 64-32, 30 fields", "sklearn", False, thirty_numbers, _network, limits=True
    ),
    "transformations": Model(
        "40 expressions of 10 numbers and 6 texts, LinearRegression",
        *("sklearn", False, texts_and_numbers, _transformations),
        score="target",
        training=(500, 500),
        distinct=1_000,
    ),
}

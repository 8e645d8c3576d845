"""scikit-learn's documents, scored by JPMML-Evaluator, against scikit-learn itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn2pmml.pipeline import PMMLPipeline

from converters import table
from tests.converters.agreement import (
    FLOAT32,
    LGB,
    NUMBERS,
    RANDOM,
    SCORE,
    THREE,
    XGB,
    N,
    X,
    agree,
    probabilities,
    request_of,
)

MIXED = X[["number", "whole"]].assign(
    home=RANDOM.choice(["own", "rent", "two words"], N).astype(object)
)


def prepared(last: BaseEstimator, missing_home: str | None = None) -> Pipeline:
    encode: Any = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    if missing_home:
        constant = SimpleImputer(strategy="constant", fill_value=missing_home, missing_values=None)
        encode = make_pipeline(constant, encode)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = [("numbers", numbers, ["number", "whole"]), ("levels", encode, ["home"])]
    return Pipeline([("prepare", ColumnTransformer(columns)), ("last", last)])


@pytest.mark.parametrize(
    ("last", "y", "expected", "tolerance"),
    [
        (Ridge(), SCORE, {"T"}, 1e-10),
        (GradientBoostingRegressor(n_estimators=8), SCORE, {"T"}, 1e-10),
        (LogisticRegression(), SCORE > 1, {"T"} | probabilities("false", "true"), 1e-10),
        (
            HistGradientBoostingClassifier(max_iter=5),
            np.array(["low", "mid", "very high"])[THREE],
            {"T"} | probabilities("low", "mid", "very high"),
            1e-10,
        ),
        (
            RandomForestClassifier(4, max_depth=5, random_state=0),
            THREE + 3,
            {"T"} | probabilities("3", "4", "5"),
            1e-10,
        ),
        (lightgbm.LGBMClassifier(**LGB), THREE, {"T"} | probabilities("0", "1", "2"), 1e-10),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, BaseEstimator) else "",
)
def test_scikit_learn_pipeline(
    last: BaseEstimator, y: Any, expected: set[str], tolerance: float, tmp_path: Path
) -> None:
    fitted = prepared(last).fit(MIXED, y)
    _, names = agree(fitted, MIXED, tmp_path, tolerance)
    assert names == expected
    assert table.find(fitted).name == "scikit-learn"
    assert not table.find(fitted).float32(fitted)


def test_scikit_learn_pipeline_with_xgboost_last(tmp_path: Path) -> None:
    fitted = prepared(xgboost.XGBClassifier(**XGB), "none").fit(MIXED, THREE)
    agree(fitted, MIXED, tmp_path, FLOAT32)
    family = table.find(fitted)
    assert family.float32(fitted)
    assert family.packages(fitted) == ("scikit-learn", "xgboost")


def test_forest_takes_missing_values_and_is_left_as_it_is(tmp_path: Path) -> None:
    """Trees predict for a missing value also when they were trained without."""
    frame = NUMBERS.assign(number=NUMBERS["number"].fillna(0))
    forest = RandomForestClassifier(random_state=0)
    fitted = GridSearchCV(forest, {"n_estimators": [3], "max_depth": [5]}, cv=2).fit(frame, THREE)
    scorer, _ = agree(fitted, frame, tmp_path)
    assert scorer.score({"number": None, "never missing": 0.1, "whole": 3})["T"] in {0, 1, 2}
    assert not hasattr(fitted.best_estimator_, "pmml_options_")


def test_pmml_pipeline_gets_the_name_of_the_target(tmp_path: Path) -> None:
    fitted = PMMLPipeline(prepared(Ridge()).steps).fit(MIXED, SCORE.rename("other"))
    agree(fitted, MIXED, tmp_path)
    assert list(np.ravel(fitted.target_fields)) == ["other"]


def test_clusters_and_outliers(tmp_path: Path) -> None:
    frame = NUMBERS.fillna(0.0)
    clusters = KMeans(3, n_init=1, random_state=0).fit(frame)
    # Of two clusters as far away as 1e30, rounding decides which is nearer.
    assert agree(clusters, frame, tmp_path, extremes=(0.0, 2.5))[1] == {"cluster"}
    forest = IsolationForest(n_estimators=8, random_state=0).fit(frame)
    expected = {"decisionFunction", "outlier", "predict(outlier)"}
    assert agree(forest, frame, tmp_path)[1] == expected


def test_neighbours_have_no_probabilities_in_a_document(tmp_path: Path) -> None:
    frame = NUMBERS.fillna(0.0)[:150]
    fitted = KNeighborsClassifier(3).fit(frame, THREE[:150])
    assert set(table.find(fitted).predict(fitted, frame, request_of(frame))) == {"T"}

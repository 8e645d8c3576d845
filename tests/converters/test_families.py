"""LightGBM's and XGBoost's documents on JPMML-Evaluator, against the libraries themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from converters import table
from converters.family import Request
from converters.oracle import columns_of
from pmml_pipeline.errors import DataError
from tests.converters.agreement import (
    CATEGORIES,
    FLOAT32,
    LGB,
    NAMES,
    NUMBERS,
    RANDOM,
    SCORE,
    THREE,
    XGB,
    N,
    X,
    agree,
    levels,
    probabilities,
    request_of,
)

# --- LightGBM ------------------------------------------------------------------------------------


def test_lightgbm_classifier_takes_the_users_names(tmp_path: Path) -> None:
    labels = np.where(SCORE > 1, "good one", 'b"ad')
    fitted = lightgbm.LGBMClassifier(**LGB).fit(X, labels)
    scorer, names = agree(fitted, X, tmp_path)
    assert names == {"T"} | probabilities("good one", 'b"ad')
    levels = {i.name: i.values for i in scorer.inputs}
    assert levels["name"] == tuple(NAMES)
    assert levels["rank"] == ("lo", "mid", "hi")
    assert levels["性别"] == ("男", "女", "未知")
    types = {i.name: i.data_type for i in scorer.inputs}
    assert (types["code"], types["flag"], types["never missing"]) == (
        "integer",
        "boolean",
        "double",
    )


def test_lightgbm_several_classes(tmp_path: Path) -> None:
    fitted = lightgbm.LGBMClassifier(**LGB).fit(X, THREE * 10 - 10)
    scorer, names = agree(fitted, X, tmp_path)
    assert names == {"T"} | probabilities("-10", "0", "10")
    assert {o.name: o.data_type for o in scorer.outputs}["T"] == "integer"


def test_lightgbm_boolean_classes(tmp_path: Path) -> None:
    _, names = agree(lightgbm.LGBMClassifier(**LGB).fit(X, SCORE > 1), X, tmp_path)
    assert names == {"T"} | probabilities("false", "true")


def test_lightgbm_booster_with_categories_named_by_hand(tmp_path: Path) -> None:
    """The levels of a column of numbers are the numbers; what was never missing counts as 0."""
    categories = [c for c in X.columns if isinstance(X[c].dtype, pd.CategoricalDtype)]
    data = lightgbm.Dataset(X, (SCORE > 1).astype(int), categorical_feature=[*categories, "ten"])
    params = {k: v for k, v in LGB.items() if k != "n_estimators"}
    fitted = lightgbm.train({"objective": "binary", **params}, data, 12)
    scorer, names = agree(fitted, X, tmp_path, categories=("ten",))
    assert names == probabilities("0", "1")
    inputs = {i.name: i for i in scorer.inputs}
    assert set(inputs["ten"].values) == {"0", "10", "20", "30", "40", "50"}
    assert inputs["never missing"].missing_value_replacement == "0.0"
    assert inputs["number"].missing_value_replacement is None


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "poisson"},
        {"objective": "quantile"},
        {"objective": "regression_l1", "boosting_type": "dart"},
        {"objective": "tweedie", "use_missing": False},
    ],
    ids=str,
)
def test_lightgbm_regression(options: dict[str, Any], tmp_path: Path) -> None:
    fitted = lightgbm.LGBMRegressor(**LGB, **options).fit(X, np.exp(SCORE / 4))
    _, names = agree(fitted, X, tmp_path)
    assert names == {"T"}


def test_lightgbm_trained_on_an_array_and_stopped_early(tmp_path: Path) -> None:
    values = NUMBERS.to_numpy()
    train, valid = (lightgbm.Dataset(values[s], SCORE[s]) for s in (slice(1500), slice(1500, N)))
    fitted = lightgbm.train(
        {"objective": "regression", "learning_rate": 0.5, "verbose": -1},
        train,
        200,
        valid_sets=[valid],
        callbacks=[lightgbm.early_stopping(3, verbose=False)],
        keep_training_booster=True,
    )
    assert fitted.best_iteration < fitted.num_trees()
    scorer, _ = agree(fitted, NUMBERS, tmp_path)
    assert [i.name for i in scorer.inputs] == list(NUMBERS.columns)


def test_lightgbm_split_beside_zero(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": RANDOM.choice([-2.0, 0.0, 2.0], N)})
    fitted = lightgbm.LGBMRegressor(**LGB).fit(frame, np.sign(frame["x"]))
    assert b"E-35" in table.find(fitted).convert(fitted, request_of(frame)).upper()
    agree(fitted, frame, tmp_path)


# --- XGBoost -------------------------------------------------------------------------------------


def test_xgboost_classifier_takes_the_users_names(tmp_path: Path) -> None:
    """Also whole numbers beyond float32's, and fractions where training had whole numbers."""
    fitted = xgboost.XGBClassifier(**CATEGORIES).fit(X, SCORE > 1)
    scorer, names = agree(fitted, X, tmp_path, FLOAT32)
    assert names == {"T"} | probabilities("0", "1")
    inputs = {i.name: i for i in scorer.inputs}
    assert inputs["name"].values == tuple(NAMES)
    assert inputs["性别"].values == ("男", "女", "未知")
    assert inputs["code"].data_type == "integer"
    assert inputs["whole"].data_type == inputs["large"].data_type == "float"
    predicted = table.find(fitted).predict(fitted, X.head(), request_of(X))
    assert predicted["probability(1)"].dtype == np.float32


def test_xgboost_level_that_no_split_mentions(tmp_path: Path) -> None:
    """The converter knows levels from the splits; the last ones may be in none."""
    frame = pd.DataFrame({"level": levels(list("abcdef")), "x": RANDOM.normal(size=N)})
    scores = (frame["level"] == "a") * 1.0 + (frame["x"] > 0) * 2.0
    fitted = xgboost.XGBRegressor(**CATEGORIES, max_cat_to_onehot=9, gamma=20).fit(frame, scores)
    raw: list[bytes] = []
    request = request_of(frame)

    def keep(wrapped: Any) -> bytes:
        raw.append(request.convert(wrapped))
        return raw[0]

    table.find(fitted).convert(fitted, Request(request.sample, "T", keep))
    assert b'<Value value="5"/>' not in raw[0]
    scorer, _ = agree(fitted, frame, tmp_path, FLOAT32)
    assert {i.name: i.values for i in scorer.inputs}["level"] == tuple("abcdef")


def test_xgboost_several_classes_and_boosters(tmp_path: Path) -> None:
    _, names = agree(xgboost.XGBClassifier(**CATEGORIES).fit(X, THREE), X, tmp_path, FLOAT32)
    assert names == {"T"} | probabilities("0", "1", "2")
    data = xgboost.DMatrix(X, THREE, enable_categorical=True)
    for objective, expected in (
        ("multi:softprob", probabilities("0", "1", "2")),
        ("multi:softmax", {"T"}),
        ("reg:squarederror", {"T"}),
    ):
        params = {"objective": objective, "max_depth": 4, "nthread": 1}
        if objective.startswith("multi"):
            params["num_class"] = 3
        assert agree(xgboost.train(params, data, 5), X, tmp_path, FLOAT32)[1] == expected


def test_xgboost_stopped_early(tmp_path: Path) -> None:
    """An estimator predicts with the best trees, its booster with all."""
    fitted = xgboost.XGBRegressor(
        n_estimators=200, learning_rate=0.5, early_stopping_rounds=3, enable_categorical=True
    ).fit(X[:1500], SCORE[:1500], eval_set=[(X[1500:], SCORE[1500:])], verbose=False)
    booster = fitted.get_booster()
    assert fitted.best_iteration + 1 < booster.num_boosted_rounds()
    estimator, _ = agree(fitted, X, tmp_path, FLOAT32)
    record = {name: values[0] for name, values in columns_of(X.head(1)).items()}
    scores = [
        estimator.score(record)["T"],
        agree(booster, X, tmp_path, FLOAT32)[0].score(record)["T"],
    ]
    assert scores[0] != scores[1]
    assert booster.attr("best_iteration") == str(fitted.best_iteration)


def test_xgboost_number_that_stands_for_missing(tmp_path: Path) -> None:
    frame = NUMBERS.fillna(-999.0)
    fitted = xgboost.XGBRegressor(**XGB, missing=-999.0).fit(frame, SCORE)
    scorer, _ = agree(fitted, frame, tmp_path, FLOAT32)
    record = {"number": -999.0, "never missing": 0.5, "whole": 3}
    assert scorer.score(record) == scorer.score({**record, "number": None})


@pytest.mark.parametrize("level", ["aa", "b", "zz"])
def test_xgboost_refuses_an_unseen_level_however_it_sorts(level: str) -> None:
    frame = pd.DataFrame({"level": levels(["a", "c", "e"])})
    fitted = xgboost.XGBRegressor(**CATEGORIES).fit(frame, frame["level"].cat.codes)
    rows = pd.DataFrame({"level": ["a", level, None]}, dtype=object)
    family = table.find(fitted)
    with pytest.raises(DataError, match="unseen level"):
        family.predict(fitted, rows, request_of(frame))
    assert len(family.predict(fitted, rows.drop(1), request_of(frame))["T"]) == 2

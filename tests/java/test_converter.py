"""The library pmml-sklearn, called by this project's program, converts as the package does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import all_estimators
from sklearn2pmml.pipeline import PMMLPipeline
from xgboost import XGBClassifier

import converters
import pmml_pipeline as pp
from converters import programs, runner, table
from converters.family import Request
from converters.programs import JARS, find, is_mapped
from pmml_pipeline.engines.jvm.java import find_java
from pmml_pipeline.errors import ConversionError, PmmlPipelineWarning, PreflightError
from pmml_pipeline.parity.rows import Budget

from ..converters.test_preflight import PlainSubclass
from . import bridge

MODULE = "pmml-bridge-converter"
pytestmark = [
    bridge.needs_maven,
    # The published library is older than the scikit-learn here, and each export says so.
    pytest.mark.filterwarnings("ignore:scikit-learn. pmml-sklearn:UserWarning"),
]
SMALL = Budget(heldout=100, boundary=200, missing=20, storage=20)

_random = np.random.default_rng(5)
N = 600
X = pd.DataFrame(
    {
        "Age": _random.integers(18, 70, N),
        "Income": _random.gamma(2.0, 60.0, N),
        "Home": pd.Categorical(_random.choice(["owner", "rent", "parents"], N)),
    }
)
X.loc[::11, "Income"] = np.nan
Y = pd.Series(
    np.where(X["Income"].fillna(90) + X["Age"] + 40 * (X["Home"] == "owner") > 170, "good", "bad"),
    name="Status",
)
TRAIN, HELD_OUT = slice(0, 450), slice(450, None)
NUMBERS = X[["Age", "Income"]].fillna(90.0)


@pytest.fixture(scope="module")
def built() -> Path:
    """The module, built by Maven."""
    bridge.built()
    return bridge.BRIDGE / MODULE


@pytest.fixture(autouse=True)
def there(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(JARS, raising=False)
    monkeypatch.setattr(programs, "_MODULE", built)


def pipelines() -> Iterator[Any]:
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["Age"]), ("levels", OneHotEncoder(), ["Home"])]
    )
    yield pytest.param(make_pipeline(columns, LogisticRegression()), X, Y, id="scikit-learn")
    lightgbm = LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1)
    yield pytest.param(lightgbm, X, Y, id="LightGBM")
    step = LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1)
    yield pytest.param(make_pipeline(StandardScaler(), step), NUMBERS, Y, id="LightGBM, a step")
    codes = (Y == "good").astype(int)
    xgboost = XGBClassifier(n_estimators=8, max_depth=4, n_jobs=1, enable_categorical=True)
    yield pytest.param(xgboost, X, codes, id="XGBoost")
    step = XGBClassifier(n_estimators=8, max_depth=4, n_jobs=1)
    yield pytest.param(make_pipeline(StandardScaler(), step), NUMBERS, codes, id="XGBoost, a step")


@pytest.mark.parametrize(("estimator", "frame", "target"), list(pipelines()))
def test_certified_and_the_same_as_with_the_package(
    estimator: Any, frame: pd.DataFrame, target: pd.Series, tmp_path: Path
) -> None:
    fitted = estimator.fit(frame[TRAIN], target[TRAIN])
    published = converters.export(
        fitted,
        frame[TRAIN],
        target[TRAIN],
        model="m",
        store=tmp_path,
        holdout=(frame[HELD_OUT], target[HELD_OUT]),
        engines=["compiled"],
        budget=SMALL,
        converter="pmml-sklearn",
    )
    certificate = published.proof.certificate
    assert certificate.engines_certified == ("compiled",)
    assert certificate.tolerance == 1e-10
    scores = pp.load(published.artifact.root, extra_fields="ignore").score_frame(frame[HELD_OUT])
    names = [name for name in scores if name.startswith("probability")]
    assert len(names) == 2
    # The training library itself: to 10 decimals, and XGBoost's float32 to the bit.
    given, expected = scores[names].to_numpy(), fitted.predict_proba(frame[HELD_OUT])
    assert np.abs(given - expected).max() <= 1e-10
    assert expected.dtype != np.float32 or (given.astype(np.float32) == expected).all()

    document = tmp_path / "package.pmml"
    convert = partial(find("sklearn2pmml").convert, java_home=find_java().home, java_options=())
    request = Request(frame[TRAIN].head(), str(target.name), convert)
    document.write_bytes(table.find(fitted).convert(fitted, request))
    package = pp.load(document, engine="compiled", extra_fields="ignore").score_frame(
        frame[HELD_OUT]
    )
    assert (package[names].to_numpy() == given).all()
    assert list(package[target.name]) == list(scores[target.name])


def test_the_manifest_says_which_library_wrote_the_document(tmp_path: Path) -> None:
    fitted = RandomForestClassifier(3, max_depth=3).fit(NUMBERS, Y)
    published = converters.export(
        fitted,
        NUMBERS,
        Y,
        model="m",
        store=tmp_path,
        engines=["compiled"],
        budget=SMALL,
        converter="pmml-sklearn",
    )
    manifest = published.artifact.manifest
    packages = manifest.training["packages"]
    pom = (bridge.BRIDGE / "pom.xml").read_text()
    for name in ("pmml-sklearn", "pmml-lightgbm", "pmml-xgboost"):
        assert f"<{name}.version>{packages[name]}</{name}.version>" in pom
    assert manifest.producer == f"JPMML-SkLearn library {packages['pmml-sklearn']}"


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize("step", [MultinomialNB(), PlainSubclass()])
def test_a_step_that_the_library_does_not_know_is_refused_before_the_conversion(step: Any) -> None:
    assert converters.check(step, NUMBERS, Y) == []
    with pytest.raises(PreflightError, match=f"{type(step).__name__} does not convert"):
        converters.check(step, NUMBERS, Y, converter="pmml-sklearn")


def test_the_page_names_every_estimator_that_only_the_package_knows() -> None:
    jars = [find(name).class_path() for name in ("sklearn2pmml", "pmml-sklearn")]
    known = [
        {name for name, kind in all_estimators() if is_mapped(f"{kind.__module__}.{name}", some)}
        for some in jars
    ]
    assert len(known[1]) > 100
    page = (bridge.BRIDGE.parent / "docs" / "export.md").read_text()
    row = next(
        line for line in page.splitlines() if line.startswith("| estimators of scikit-learn")
    )
    assert set(re.findall(r"`(\w+)`", row)) == known[0] - known[1]


def test_a_scikit_learn_that_the_library_does_not_know_is_a_warning() -> None:
    (told,) = converters.check(LogisticRegression(), NUMBERS, Y, converter="pmml-sklearn")
    assert (told.severity, told.subject) == ("warning", "scikit-learn")
    newest = find("pmml-sklearn").newest_scikit_learn()
    assert f"knows scikit-learn up to {newest}, and " in told.cause


def refusal(built: Path, pipeline: Any, **options: Any) -> ConversionError:
    with pytest.raises(ConversionError) as caught:
        find("pmml-sklearn").convert(
            pipeline, **{"java_home": find_java().home, "java_options": (), **options}
        )
    assert "\n" not in caught.value.cause + caught.value.fix
    return caught.value


def test_a_conversion_that_fails_says_why_in_a_line(built: Path) -> None:
    wrapped = PMMLPipeline([("words", MultinomialNB())]).fit(NUMBERS, Y)
    error = refusal(built, wrapped)
    assert error.cause.startswith("MultinomialNB was not converted: The object")
    assert "replace the step" in error.fix
    assert "pmmlpipeline.bridge.converter.Main" in error.detail
    error = refusal(built, wrapped, java_home=built)
    assert f"{built / 'bin' / 'java'} cannot be run" in error.cause
    assert "java_home" in error.fix


def test_without_the_number_the_library_refuses_the_scikit_learn(built: Path) -> None:
    program = find("pmml-sklearn")
    fitted = PMMLPipeline([("model", LogisticRegression())]).fit(NUMBERS, Y)
    jars = program.class_path()
    bare = program.main(jars)[:3]
    with pytest.raises(ConversionError, match=r"does not know about Scikit-Learn version"):
        runner.run(fitted, jars, bare, java_home=find_java().home)
    assert b"<RegressionModel" in runner.run(
        fitted, jars, program.main(jars), java_home=find_java().home
    )


def test_names_and_folders_that_the_locale_cannot_spell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "临时"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("LC_ALL", "C")
    frame = NUMBERS.rename(columns={"Age": "年龄"})
    pipeline = PMMLPipeline([("model", LogisticRegression())]).fit(frame, Y)
    document = find("pmml-sklearn").convert(pipeline, java_home=find_java().home, java_options=())
    assert 'name="年龄"' in document.decode("utf-8")
    assert list(folder.iterdir()) == []


# --- another folder, other jars --------------------------------------------------------------


def test_the_setting_takes_a_later_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those inside the package sklearn2pmml, which know the scikit-learn here."""
    monkeypatch.setenv(JARS, str(runner.jar_path("pmml-sklearn").parent))
    program = find("pmml-sklearn")
    jars = [jar.name for jar in program.class_path()]
    assert not [name for name in jars if re.match(r"sklearn2pmml|telemetry", name)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", PmmlPipelineWarning)
        published = converters.export(
            MultinomialNB().fit(NUMBERS, Y),
            NUMBERS,
            Y,
            model="m",
            store=tmp_path,
            engines=["compiled"],
            budget=SMALL,
            converter="pmml-sklearn",
        )
    assert published.proof.certificate.engines_certified == ("compiled",)


# --- the clock -------------------------------------------------------------------------------

COMPILER = ["cc"] if shutil.which("cc") else [sys.executable, "-m", "ziglang", "cc"]
_SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/time.h>
#include <time.h>
/* The clock of the day, six years on. */
static const time_t later = 6L * 365 * 24 * 3600;
int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int status = real(id, at);
  if (!status && id == CLOCK_REALTIME) at->tv_sec += later;
  return status;
}
int gettimeofday(struct timeval *at, void *zone) {
  struct timespec now;
  int status = clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return status;
}
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a clock is put in on Linux only")
def test_it_converts_years_after_its_build_and_the_package_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, shim = tmp_path / "later.c", tmp_path / "later.so"
    source.write_text(_SHIM)
    done = subprocess.run(
        [*COMPILER, "-shared", "-fPIC", str(source), "-o", str(shim)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    fitted = PMMLPipeline([("model", LogisticRegression())]).fit(NUMBERS, Y)
    # Only for the Java process: the library would be put into this one by nobody.
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    options: dict[str, Any] = {"java_home": find_java().home, "java_options": ()}
    with pytest.raises(ConversionError, match="has expired"):
        find("sklearn2pmml").convert(fitted, **options)
    document = find("pmml-sklearn").convert(fitted, **options)
    year = int(re.search(rb"<Timestamp>(\d{4})-", document)[1])  # type: ignore[index]
    assert year >= 2032
    # The same library of the package, without the package's own program.
    monkeypatch.setenv(JARS, str(runner.jar_path("pmml-sklearn").parent))
    assert b"<RegressionModel" in find("pmml-sklearn").convert(fitted, **options)

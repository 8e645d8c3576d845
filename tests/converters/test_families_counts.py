"""Naive Bayes models, counts of words and generalised linear models, against scikit-learn itself.

The compiled engine is held to scikit-learn on every row; JPMML-Evaluator too, where words have no
letters with accents, which Java's patterns do not know.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import (
    BernoulliNB,
    CategoricalNB,
    ComplementNB,
    GaussianNB,
    MultinomialNB,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OrdinalEncoder, StandardScaler
from sklearn2pmml.feature_extraction.text import Splitter
from sklearn2pmml.pipeline import PMMLPipeline

import pmml_pipeline as pp
from converters.runner import run_sklearn2pmml
from pmml_pipeline.engines.jvm.java import find_java

RANDOM = np.random.default_rng(5)
N = 200
WORDS = ("good", "bad", "the", "not", "a", "great-case", "it's", "$5", "Excellent!", "ok,", "(so)")
TEXTS = [" ".join(RANDOM.choice(WORDS, RANDOM.integers(0, 9))) for _ in range(N)]
LABELS = np.array(["pos" if t.count("good") > t.count("bad") else "neg" for t in TEXTS])
NUMBERS = pd.DataFrame(
    {"u": RANDOM.normal(size=N), "v": RANDOM.normal(3, 5, N), "w": RANDOM.integers(0, 4, N) * 1.0}
)
COUNTS = pd.DataFrame({f"k{i}": RANDOM.poisson(i + 1, N) * 1.0 for i in range(3)})
LEVELS = pd.DataFrame(
    {"f": RANDOM.choice(["p", "q", "r"], N), "g": RANDOM.choice(["x", "y y", 'z"z'], N)}
)
THREE = np.where(NUMBERS.u > 0.5, "a", np.where(NUMBERS.v > 3, "b", "c"))
POSITIVE = np.exp(0.3 * NUMBERS.u + RANDOM.normal(size=N) * 0.1).to_numpy()


def predictions(scorer: pp.Scorer, frame: pd.DataFrame, classes: Any) -> np.ndarray:
    out = scorer.score_frame(frame)
    assert "errors" not in out or not out["errors"].notna().any()
    if classes is None:
        return out.iloc[:, 0].to_numpy(dtype=float)
    return np.array([out[f"probability({c})"].to_numpy(dtype=float) for c in classes]).T


def agree(last: BaseEstimator, data: Any, target: Any, folder: Path, *, java: bool = True) -> None:
    pipeline = PMMLPipeline([("last", last)])
    if not isinstance(data, pd.DataFrame):
        data = pd.Series(data, name="text")
    pipeline.fit(data, pd.Series(target, name="y"))
    path = folder / "model.pmml"
    path.write_bytes(run_sklearn2pmml(pipeline, java_home=find_java().home))
    classes = getattr(pipeline, "classes_", None)
    expected = pipeline.predict(data) if classes is None else pipeline.predict_proba(data)
    for engine in ("compiled", "jpmml") if java else ("compiled",):
        scorer = pp.load(path, engine=engine, extra_fields="ignore")
        frame = data if isinstance(data, pd.DataFrame) else data.to_frame()
        found = predictions(scorer, frame, classes)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10, err_msg=engine)
        for row in (0, 1, N - 1):
            record = {i.name: frame.iloc[row][i.name] for i in scorer.inputs}
            (one, *_) = [v for v in scorer.score(record).values() if isinstance(v, float)]
            assert one == found[row] if classes is None else one in found[row]


@pytest.mark.parametrize(
    ("last", "data", "target"),
    [
        (GaussianNB(), NUMBERS, THREE),
        (make_pipeline(StandardScaler(), GaussianNB(var_smoothing=1e-3)), NUMBERS * 1e6, THREE),
        (make_pipeline(OrdinalEncoder(), CategoricalNB(alpha=0.1)), LEVELS, THREE),
        (
            make_pipeline(
                KBinsDiscretizer(4, encode="ordinal", quantile_method="averaged_inverted_cdf"),
                CategoricalNB(),
            ),
            NUMBERS,
            THREE,
        ),
        (MultinomialNB(alpha=0.5), COUNTS, THREE),
        (ComplementNB(norm=True), COUNTS, THREE),
        (PoissonRegressor(), NUMBERS, POSITIVE),
        (GammaRegressor(), NUMBERS, POSITIVE),
    ],
    ids=lambda p: type(p[-1] if hasattr(p, "steps") else p).__name__,
)
def test_numbers_and_levels(last: BaseEstimator, data: Any, target: Any, tmp_path: Path) -> None:
    agree(last, data, target, tmp_path)


@pytest.mark.parametrize(
    ("words", "last"),
    [
        (CountVectorizer(), MultinomialNB()),
        (CountVectorizer(binary=True), BernoulliNB()),
        (CountVectorizer(stop_words=["the", "a", "not"], ngram_range=(1, 2)), ComplementNB()),
        (CountVectorizer(tokenizer=Splitter(), token_pattern=None), MultinomialNB()),
        (CountVectorizer(vocabulary=["good", "not bad"], ngram_range=(1, 2)), MultinomialNB()),
        (TfidfVectorizer(norm=None, ngram_range=(1, 3)), LogisticRegression()),
        (TfidfVectorizer(norm=None, sublinear_tf=True), LogisticRegression()),
        (TfidfVectorizer(), LogisticRegression()),
        (CountVectorizer(), RandomForestClassifier(5, random_state=1)),
    ],
)
def test_words(words: Any, last: BaseEstimator, tmp_path: Path) -> None:
    # A text without words has a norm of zero. The document divides by it, scikit-learn does not.
    texts = [f"{t} ok" for t in TEXTS] if getattr(words, "norm", None) else TEXTS
    agree(make_pipeline(words, last), texts, LABELS, tmp_path)


def test_words_with_accents(tmp_path: Path) -> None:
    texts = [t.replace("good", "Möglich").replace("bad", "été «où»") for t in TEXTS]
    agree(make_pipeline(CountVectorizer(), MultinomialNB()), texts, LABELS, tmp_path, java=False)

"""What converts and is not the same: the preflight says so, and it is true."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    QuantileTransformer,
)
from sklearn2pmml.pipeline import PMMLPipeline

import pmml_pipeline as pp
from converters.runner import (
    run_sklearn2pmml,
)
from converters.support import (
    step_findings,
)
from pmml_pipeline.errors import DataError

from .test_preflight import JAVA_HOME, X, Y

# --- what converts, and is not the same ------------------------------------------------------

TEXTS = pd.Series(
    ["Good food", "bad food", "good", "Bad", "so so good", "bad bad"] * 10, name="say"
)


def told(model: Any) -> list[tuple[str, str]]:
    return [(f.severity, f.cause) for f in step_findings(model)]


def loaded(model: Any, X: Any, folder: Path) -> pp.Scorer:
    path = folder / "model.pmml"
    pipeline = PMMLPipeline([("estimator", model)]).fit(X, Y)
    path.write_bytes(run_sklearn2pmml(pipeline, java_home=JAVA_HOME))
    return pp.load(path, engine="jpmml")


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_a_norm_of_words_gives_no_score_for_a_text_without_a_known_word(
    norm: Any, tmp_path: Path
) -> None:
    model = make_pipeline(TfidfVectorizer(norm=norm), LogisticRegression())
    ((severity, cause),) = told(model)
    assert severity == "error"
    assert f"norm='{norm}'" in cause
    scorer = loaded(model, TEXTS, tmp_path)
    assert scorer.score({"say": "good"})
    with pytest.raises(DataError):
        scorer.score({"say": "nothing known"})
    plain = make_pipeline(TfidfVectorizer(norm=None), LogisticRegression())
    assert told(plain) == []
    assert loaded(plain, TEXTS, tmp_path).score({"say": "nothing known"})


@pytest.mark.parametrize("words", [CountVectorizer, partial(TfidfVectorizer, norm=None)])
def test_words_with_their_case_are_counted_without_it(words: Any, tmp_path: Path) -> None:
    model = make_pipeline(words(lowercase=False), LogisticRegression())
    ((severity, cause),) = told(model)
    assert severity == "warning"
    assert "lowercase=False" in cause
    scorer = loaded(model, TEXTS, tmp_path)
    assert scorer.score({"say": "Good"}) == scorer.score({"say": "GOOD"})
    library = model.predict_proba(["Good", "GOOD"])
    assert library[0, 0] != library[1, 0]
    assert told(make_pipeline(words(), LogisticRegression())) == []


def test_a_number_just_below_an_edge_comes_into_the_bin_above(tmp_path: Path) -> None:
    bins = KBinsDiscretizer(3, strategy="uniform", encode="ordinal")
    model = make_pipeline(bins, LinearRegression())
    ((severity, cause),) = told(model)
    assert severity == "warning"
    assert "just below an edge" in cause
    scorer = loaded(model, X, tmp_path)
    edge = bins.bin_edges_[1][1]
    for pay, same in ((edge * (1 - 1e-6), False), (edge * (1 - 1e-3), True), (edge, True)):
        row = {"age": 0.5, "pay": pay}
        (online,) = scorer.score(row).values()
        assert (abs(online - model.predict(pd.DataFrame([row]))[0]) < 1e-10) == same


def test_quantiles_that_repeat_are_refused(tmp_path: Path) -> None:
    counts = X.assign(pay=np.arange(len(X)) % 3 * 1.0)
    model = make_pipeline(QuantileTransformer(n_quantiles=20), LinearRegression())
    assert told(model) == []
    scorer = loaded(model, counts, tmp_path)
    ((severity, cause),) = told(model)
    assert severity == "error"
    assert "column 'pay' repeat" in cause
    row = {"age": 0.5, "pay": 0.0}
    with pytest.raises(DataError):
        scorer.score(row)
    assert told(model.fit(X, Y)) == []

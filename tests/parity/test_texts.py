"""Odd texts are made of real ones, for documents that count terms, and every oddity is there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import converters
from pmml_pipeline.document import read
from pmml_pipeline.parity.rows import CATEGORIES, Budget, build_rows
from pmml_pipeline.parity.texts import odd_texts, some_texts, text_inputs
from pmml_pipeline.schema import inputs_of

from ..pmml import classifier, data_field, mining_field, simple, tag

FIELDS = (
    data_field("x")
    + data_field("said", "string", "categorical")
    + data_field("level", "string", "categorical", ["a", "b"])
)
SCHEMA = mining_field("x") + mining_field("said") + mining_field("level")
COUNTED = tag(
    "LocalTransformations",
    {},
    tag(
        "DerivedField",
        {"name": "good", "dataType": "integer", "optype": "continuous"},
        tag("TextIndex", {"textField": "said"}, tag("Constant", {}, "good")),
    ),
)


def written(derived: str) -> bytes:
    """A document with those derived fields."""
    document = classifier(["p", "q"], FIELDS, SCHEMA, (simple("x", "lessThan", 1), "p", {"p": 1}))
    return document.replace(b"<Node>", derived.encode() + b"<Node>", 1)


def test_only_free_text_of_a_document_that_counts_terms_is_varied() -> None:
    for document, names in ((written(COUNTED), ["said"]), (written(""), [])):
        parsed = read(document)
        assert [f.name for f in text_inputs(parsed, inputs_of(parsed))] == names


def test_the_rows_are_among_the_categories() -> None:
    parsed = read(written(COUNTED))
    real = {"x": [1.0, 2.0], "said": ["good film", None], "level": ["a", "b"]}
    rows = build_rows(parsed, inputs_of(parsed), real, Budget())[3]
    assert rows.name == CATEGORIES
    assert {"good-film", "GOOD FILM", "good\u00a0film", "good film 42 3.14"} <= set(
        rows.online["said"]
    )
    assert any("words joined by '-'" in note for note in rows.notes)


def test_every_oddity_is_there_once() -> None:
    found = dict(odd_texts("nice Film"))
    for odd in (
        *("nice-Film", "nice.Film", "nice/Film", "nice\u2019Film", "nice_Film", "nice\u2014Film"),
        *("nice\u00a0Film", "nice  Film", "NICE FILM", "nice film", "Nice Film", "(nice Film)"),
        *("nice2 Film2", "7nice 7Film", "", "ñïçé Fïlm", "N\u0130CE F\u0130LM", "Film nice"),
    ):
        assert odd in found
    assert "nice Film" not in found
    assert len(dict(odd_texts("film"))) < len(found)  # one word has no joints


def test_texts_with_many_words_come_first() -> None:
    values = ["a", None, "a b c", 3, "a b", " ", "a b"]
    assert some_texts(values, 2) == ["a b c", "a b"]


def test_an_engine_that_splits_words_otherwise_is_not_certified(tmp_path: Path) -> None:
    said = ["good film", "great plot", "bad movie", "awful actor", "good movie", "bad plot"] * 20
    X = pd.DataFrame({"said": said})
    y = pd.Series(["pos", "pos", "neg", "neg", "pos", "neg"] * 20, name="tone")
    steps = ColumnTransformer([("words", CountVectorizer(), "said")])
    fitted = make_pipeline(steps, LogisticRegression()).fit(X, y)
    published = converters.export(fitted, X, y, model="tone", store=tmp_path)
    certificate = published.proof.certificate
    assert certificate.engines_certified == ("compiled", "jpmml")
    refused = certificate.engine("pypmml")
    assert refused is not None
    # PMML4S takes other characters than scikit-learn for the end of a word.
    assert [c.name for c in refused.classes if c.mismatches] == [CATEGORIES]

"""What is computed with is a number: inside, texts and dates are numbers that stand for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, linear, mining_field, output_field, pmml, tag

FIELD = '<FieldRef field="q"/>'
NORM = '<LinearNorm orig="0" norm="0"/><LinearNorm orig="1" norm="2"/>'
BIN = '<Interval closure="closedOpen" leftMargin="4" rightMargin="10"/>'
# With the value for 4.
EXPRESSIONS = {
    "norm": (tag("NormContinuous", {"field": "q"}, NORM), 8.0),
    "discretize": (
        tag("Discretize", {"field": "q"}, tag("DiscretizeBin", {"binValue": "7"}, BIN)),
        7.0,
    ),
    "cdf": (tag("Apply", {"function": "stdNormalCDF"}, FIELD), 0.9999683287581669),
    "pdf": (tag("Apply", {"function": "stdNormalPDF"}, FIELD), 0.00013383022576488537),
    "expit": (tag("Apply", {"function": "expit"}, FIELD), 0.9820137900379085),
}
TERM = '<PredictorTerm coefficient="1"><FieldRef field="x"/><FieldRef field="q"/></PredictorTerm>'


def predictor(data_type: str) -> bytes:
    """2 x + q."""
    fields = data_field("x") + data_field("q", data_type)
    return linear(fields, mining_field("x") + mining_field("q"), {"x": 2.0, "q": 1.0})


def term(data_type: str) -> bytes:
    """x q."""
    schema = mining_field("y", usageType="target") + mining_field("x") + mining_field("q")
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, schema) + tag("RegressionTable", {"intercept": "0"}, TERM),
    )
    return pmml(data_field("y") + data_field("x") + data_field("q", data_type), model)


def output(data_type: str, expression: str) -> bytes:
    """An output that computes with q."""
    fields = data_field("x") + data_field("q", data_type)
    out = output_field("w", "transformedValue", None, "double", expression)
    return linear(fields, mining_field("x") + mining_field("q"), {"x": 2.0}, output=out)


def load(folder: Path, document: bytes) -> pp.Scorer:
    path = folder / "document.pmml"
    path.write_bytes(document)
    return pp.load(path, "compiled")


def alone_and_among_others(scorer: pp.Scorer, name: str) -> float:
    """The result for the text 4, which is the same whatever texts are scored beside it."""
    value = scorer.score({"x": 3, "q": "4"})[name]
    at = [output.name for output in scorer.outputs].index(name)
    columns, errors = scorer.score_columns({"x": [3, 3, 3], "q": ["9", "5", "4"]}, 3)
    assert not errors
    assert columns[at][2] == value
    return float(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("data_type", ["string", "integer", "double"])
def test_a_text_is_read_as_a_number(tmp_path: Path, data_type: str) -> None:
    """As JPMML-Evaluator and PMML4S do."""
    assert alone_and_among_others(load(tmp_path, predictor(data_type)), "y") == 10.0
    assert alone_and_among_others(load(tmp_path, term(data_type)), "y") == 12.0


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions_read_it_too(tmp_path: Path, name: str) -> None:
    expression, expected = EXPRESSIONS[name]
    found = alone_and_among_others(load(tmp_path, output("string", expression)), "w")
    assert found == pytest.approx(expected, rel=1e-14)


def test_a_text_that_is_no_number_is_the_error_of_its_row(tmp_path: Path) -> None:
    scorer = load(tmp_path, predictor("string"))
    with pytest.raises(DataError, match="'four' is no number"):
        scorer.score({"x": 3, "q": "four"})


@pytest.mark.parametrize("data_type", ["date", "dateTime", "time"])
def test_dates_are_refused(tmp_path: Path, data_type: str) -> None:
    documents: list[Any] = [predictor(data_type), term(data_type)]
    documents += [output(data_type, expression) for expression, _ in EXPRESSIONS.values()]
    for document in documents:
        with pytest.raises(UnsupportedDocumentError, match=f"a cast from {data_type} to double"):
            load(tmp_path, document)


@pytest.mark.parametrize("function", ["and", "or", "not"])
def test_a_text_is_no_truth_value(tmp_path: Path, function: str) -> None:
    arguments = FIELD if function == "not" else FIELD + FIELD
    expression = tag("Apply", {"function": function}, arguments)
    with pytest.raises(UnsupportedDocumentError, match="a string as a truth value"):
        load(tmp_path, output("string", expression))

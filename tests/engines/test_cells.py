"""What goes in: text, numbers and missing values reach the engine as they are."""

from __future__ import annotations

import math
from typing import Any

import pytest

import pmml_pipeline as pp

from ..pmml import classifier, data_field, linear, mining_field, simple
from .conftest import Load

TEXTS = [
    *("plain", " leading", "trailing ", 'quo"te', "quo'te", "back\\slash", "<&>", "tab\tinside"),
    *(
        "是否",
        "é",
        "e\u0301",
        "ß",
        "\U0001f600",
        "\u200b",
        "\ufeff",
        "x" * 100_000,
        "null",
        "NaN",
        "1",
    ),
]


def one_hot(texts: list[str], values: list[str]) -> bytes:
    """A classifier that gives the position of a text; anything else is "other"."""
    nodes: list[tuple[str, str, dict[str, int]]] = [
        (simple("s", "equal", text), str(i), {}) for i, text in enumerate(texts)
    ]
    return classifier(
        [*map(str, range(len(texts))), "other"],
        data_field("s", "string", "categorical", values),
        mining_field("s", invalidValueTreatment="asIs"),
        *nodes,
        ("<True/>", "other", {}),
        probabilities=False,
    )


@pytest.mark.parametrize("declared", [True, False])
def test_text_of_every_kind(load: Load, declared: bool) -> None:
    written = [t for t in TEXTS if "\t" not in t]  # in an attribute a tab is read as a space
    scorer = load(one_hot(written, written if declared else []))
    expected = [str(i) for i in range(len(written))]
    assert [scorer.score({"s": text})["label"] for text in written] == expected
    (labels,), errors = scorer.score_columns({"s": [*written, "?", *written]}, 2 * len(written) + 1)
    assert labels.tolist() == [*expected, "other", *expected]
    assert not errors


def test_text_that_no_document_can_hold(load: Load) -> None:
    scorer = load(one_hot(["a"], ["a", "b"]))
    for text in ("\0", "a\0", "", "\tb", "\uffff"):
        assert scorer.score({"s": text}) == {"label": "other"}
    for half in ("\ud800", "a\udfff"):
        with pytest.raises(pp.DataError, match="wrong type"):
            scorer.score({"s": half})
        (labels,), errors = scorer.score_columns({"s": ["a", half, "b"]}, 3)
        assert (labels.tolist(), list(errors)) == (["0", None, "other"], [1])


def test_a_level_that_is_declared_twice_shifts_no_other(load: Load) -> None:
    scorer = load(one_hot(["a", "b"], ["a", "b", "a", "b"]))
    texts, labels = ["a", "b", "?", "!"], ["0", "1", "other", "other"]
    assert [scorer.score({"s": s})["label"] for s in texts] == labels
    assert scorer.score_columns({"s": texts[::-1]}, 4)[0][0].tolist() == labels[::-1]


def test_a_label_that_is_declared_twice_shifts_no_other(load: Load, engine: str) -> None:
    if engine == "pypmml":
        pytest.skip("PMML4S refuses a document with a label that is not declared")
    data = classifier(
        ["a", "b"],
        data_field("x"),
        mining_field("x"),
        *[(simple("x", "equal", i), score, {}) for i, score in enumerate(["a", "b", "undeclared"])],
        probabilities=False,
    ).replace(b'<Value value="b" property="valid"/>', b'<Value value="a"/><Value value="b"/>')
    scorer = load(data)
    assert scorer.outputs[0].levels == ("a", "b")
    assert [scorer.score({"x": i})["label"] for i in range(3)] == ["a", "b", "undeclared"]


@pytest.mark.parametrize("data_type", ["double", "float", "integer", "boolean", "string"])
@pytest.mark.parametrize("mark", [None, float("nan")])
def test_missing_is_missing_and_no_number(load: Load, data_type: str, mark: Any) -> None:
    tests = {"boolean": ("equal", "false", "true"), "string": ("equal", "a", "b")}
    operator, low, high = tests.get(data_type, ("lessOrEqual", "-5", "0"))
    optype = "categorical" if data_type in tests else "continuous"
    data = classifier(
        ["low", "high", "missing"],
        data_field("x", data_type, optype),
        mining_field("x"),
        (simple("x", operator, low), "low", {"low": 1}),
        (simple("x", operator, high), "high", {"high": 1}),
        ('<SimplePredicate field="x" operator="isMissing"/>', "missing", {"missing": 1}),
    ).replace(b'missingValueStrategy="nullPrediction"', b'missingValueStrategy="none"')
    scorer = load(data)
    assert [scorer.score({"x": v})["label"] for v in (low, high, mark)] == [
        "low",
        "high",
        "missing",
    ]
    assert scorer.score({})["label"] == "missing"
    (labels, *_), errors = scorer.score_columns({"x": [mark, low, None, high]}, 4)
    assert labels.tolist() == ["missing", "low", "missing", "high"]
    assert not errors


DATES = {"date": "2024-02-29", "time": "12:30:00", "dateTime": "2024-02-29T12:30:00"}


@pytest.mark.parametrize("data_type", DATES)
def test_dates_are_compared_or_there_is_no_score(load: Load, engine: str, data_type: str) -> None:
    data = classifier(
        ["that", "other"],
        data_field("x", data_type, "categorical"),
        mining_field("x"),
        (simple("x", "equal", DATES[data_type]), "that", {"that": 1}),
        (simple("x", "equal", DATES[data_type].replace("2", "1", 1)), "other", {"other": 1}),
    )
    scorer = load(data)
    if engine == "pypmml":  # PMML4S compares no dates
        with pytest.raises(pp.DataError, match="unscorable"):
            scorer.score({"x": DATES[data_type]})
    else:
        assert scorer.score({"x": DATES[data_type]})["label"] == "that"
        with pytest.raises(pp.DataError, match="unscorable"):
            scorer.score({"x": None})


@pytest.mark.parametrize("data_type", ["double", "integer", "float"])
def test_a_missing_term_leaves_no_number(load: Load, data_type: str) -> None:
    scorer = load(linear(data_field("x", data_type), mining_field("x"), {"x": 1.0}))
    with pytest.raises(pp.DataError, match="unscorable"):
        scorer.score({"x": None})


@pytest.mark.parametrize("treatment", ["asValue", "asMean"])
def test_the_engine_replaces_what_is_missing(load: Load, treatment: str) -> None:
    fields = data_field("x") + data_field("n", "integer", missing=["-1"])
    schema = "".join(
        mining_field(name, missingValueTreatment=treatment, missingValueReplacement=value)
        for name, value in (("x", "1.5"), ("n", "40"))
    )
    scorer = load(linear(fields, schema, {"x": 1.0, "n": 1.0}))
    assert scorer.score({}) == {"y": 41.5}
    assert scorer.score({"x": 0, "n": -1}) == {"y": 40.0}
    assert scorer.score_columns({"x": [None, 0], "n": [2, -1]}, 2)[0][0].tolist() == [3.5, 40.0]


@pytest.mark.parametrize("number", [2**31 - 1, -(2**31), 2**31, -(2**31) - 1, 2**40, 2**53])
def test_large_whole_numbers_are_right_or_refused(load: Load, engine: str, number: int) -> None:
    scorer = load(linear(data_field("n", "integer"), mining_field("n"), {"n": 1.0}))
    (column,), errors = scorer.score_columns({"n": [number]}, 1)
    if engine == "jpmml" and not -(2**31) <= number < 2**31:  # Java's Integer
        assert list(errors) == [0]
        with pytest.raises(pp.DataError, match="unscorable"):
            scorer.score({"n": number})
    else:
        assert column.tolist() == [number]
        assert scorer.score({"n": number}) == {"y": number}


def test_doubles_keep_their_last_bit(load: Load) -> None:
    scorer = load(linear(data_field("x"), mining_field("x"), {"x": 1.0}))
    numbers = [
        0.1 + 0.2,
        1 / 3,
        5e-324,
        -5e-324,
        1.7e308,
        2.0**53 + 2,
        -0.0,
        1e-11,
        0.12345678901234567,
    ]
    found = [scorer.score({"x": x})["y"] for x in numbers]
    assert found == numbers
    assert scorer.score_columns({"x": numbers}, len(numbers))[0][0].tolist() == numbers


def test_a_float_threshold_is_met_from_both_sides(load: Load) -> None:
    data = classifier(
        ["low", "high"],
        data_field("x", "float"),
        mining_field("x"),
        (simple("x", "lessOrEqual", "0.1033"), "low", {"low": 1}),
        (simple("x", "greaterThan", "0.1033"), "high", {"high": 1}),
    )
    scorer = load(data)
    # As float32 the first three are the threshold itself.
    numbers = [0.1033, 0.10329999774694443, math.nextafter(0.1033, 1), 0.10330001]
    expected = ["low", "low", "low", "high"]
    assert [scorer.score({"x": x})["label"] for x in numbers] == expected
    assert scorer.score_columns({"x": numbers}, 4)[0][0].tolist() == expected


def test_overflow_is_no_score(load: Load) -> None:
    scorer = load(linear(data_field("x"), mining_field("x"), {"x": 10.0}))
    with pytest.raises(pp.DataError, match="unscorable"):
        scorer.score({"x": 1e308})
    assert list(scorer.score_columns({"x": [1.0, 1e308]}, 2)[1]) == [1]

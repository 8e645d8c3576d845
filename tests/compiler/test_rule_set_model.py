"""Rulesets: generated documents against JPMML, and small ones by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, simple, tag
from .test_generated_documents import FIELDS, SCHEMA, SETTINGS, agree, predicates

CONFIDENCE = output_field("sure", "confidence")
RULE = output_field("rule", "entityId", data_type="string")
OF_CLASSES = "".join(output_field(f"sure of {c}", "confidence", c) for c in "pqr")
METHODS = ["firstHit", "weightedMax", "weightedSum"]


def rule(predicate: str, score: str, **attributes: object) -> str:
    return tag("SimpleRule", {"score": score, **attributes}, predicate)


def rule_set(method: str, rules: str, output: str = "", **attributes: object) -> bytes:
    model = tag(
        "RuleSetModel",
        {"functionName": "classification"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + SCHEMA)
        + (tag("Output", {}, output) if output else "")
        + tag(
            "RuleSet",
            attributes,
            tag("RuleSelectionMethod", {"criterion": method}) + rules,
        ),
    )
    return pmml(data_field("y", "string", "categorical", ["p", "q", "r"]) + FIELDS, model)


@st.composite
def rule_sets(draw: st.DrawFn) -> bytes:
    numbers = iter(range(1000))
    share = st.sampled_from([0.25, 0.5, 0.75, 0.875])
    method = draw(st.sampled_from(METHODS))

    def some(depth: int) -> str:
        found = ""
        for _ in range(draw(st.integers(1, 3))):
            if depth and draw(st.booleans()):
                inner = draw(predicates()) + some(depth - 1)
                found += tag("CompoundRule", {}, inner)
                continue
            number = next(numbers)
            weight = draw(share) + 2.0**-number / 8  # no two sums of weights are the same
            # Of several classes JPMML takes the most confident, not the one of the largest weight.
            sure = weight / 2 if method == "weightedMax" else draw(share)
            found += rule(
                draw(predicates()),
                draw(st.sampled_from("pqr")),
                id=f"rule {number}",
                weight=weight,
                confidence=sure,
            )
        return found

    default = {"defaultScore": "r", "defaultConfidence": draw(share)}
    return rule_set(method, some(2), CONFIDENCE + RULE + OF_CLASSES, **default)


@SETTINGS
@given(data=rule_sets())
def test_generated_rule_sets(data: bytes, tmp_path: Path) -> None:
    agree(data, tmp_path, where_it_answers=True)


T = "<True/>"
RECORD = {"x": 1.0, "z": 1.0, "s": "a"}
RULES = (
    rule(T, "q", id="a", weight=0.25, confidence=0.7)
    + rule(simple("x", "greaterThan", 5), "r", weight=9)
    + rule(T, "p", weight=0.5, confidence=0.9)
    + tag("CompoundRule", {}, T + rule(T, "q", id="d", weight=0.5, confidence=0.8))
)


def score(data: bytes, folder: Path, record: dict[str, Any] = RECORD) -> dict[str, Any]:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return pp.load(path, "compiled").score(record)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("firstHit", {"y": "q", "sure": 0.7, "rule": "a"}),
        ("weightedMax", {"y": "p", "sure": 0.9, "rule": "3"}),
        ("weightedSum", {"y": "q", "sure": 0.75 / 3, "rule": "d"}),
    ],
)
def test_methods(method: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert score(rule_set(method, RULES, CONFIDENCE + RULE), tmp_path) == expected


def test_of_equal_sums_the_first_class_of_the_data_dictionary_wins(tmp_path: Path) -> None:
    rules = rule(T, "q", weight=0.5) + rule(T, "p", weight=0.5)
    assert score(rule_set("weightedSum", rules), tmp_path) == {"y": "p"}
    assert score(rule_set("weightedMax", rules), tmp_path) == {"y": "q"}


@pytest.mark.parametrize("method", METHODS)
def test_where_no_rule_fires(method: str, tmp_path: Path) -> None:
    rules = rule(simple("x", "equal", 1), "p")
    missing = {**RECORD, "x": None}
    given = {"defaultScore": "r", "defaultConfidence": 0.25}
    data = rule_set(method, rules, CONFIDENCE + RULE + OF_CLASSES, **given)
    assert score(data, tmp_path, missing) == {
        "y": "r", "sure": 0.25, "rule": None, "sure of p": 0.0, "sure of q": 0.0, "sure of r": 0.25
    }  # fmt: skip
    with pytest.raises(DataError):
        score(rule_set(method, rules), tmp_path, missing)


def test_the_first_method_counts(tmp_path: Path) -> None:
    second = tag("RuleSelectionMethod", {"criterion": "firstHit"})
    assert score(rule_set("weightedMax", second + RULES), tmp_path) == {"y": "p"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (rule_set("firstHit", RULES, output_field("p", "probability", "p")), "no probabilities"),
        (rule_set("firstHit", RULES, output_field("p", "confidence", "w")), "no class 'w'"),
        (rule_set("firstHit", RULES, output_field("p", "ruleValue")), "ruleValue"),
        (rule_set("firstHit", tag("CompoundRule", {}, T)), "has no rule"),
        (rule_set("lastHit", RULES), "criterion='lastHit'"),
        (
            rule_set(
                "firstHit", RULES, CONFIDENCE.replace("<OutputField", '<OutputField rank="2"')
            ),
            "rank 2",
        ),
    ],
)
def test_what_is_not_supported_is_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=reason):
        score(data, tmp_path)

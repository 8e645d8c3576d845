"""Scorecards and their reason codes: generated documents against JPMML, and small ones by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, pmml, simple, tag
from .test_generated_documents import FIELDS, SCHEMA, SETTINGS, agree, numbers_of, predicates

CODES = ["R1", "R2", "R3", "R4"]
RANKS = (1, 2, 3)
REASONS = "".join(
    tag("OutputField", {"name": f"reason {n}", "feature": "reasonCode", "rank": n,
                        "dataType": "string", "optype": "categorical"})
    for n in RANKS
)  # fmt: skip


def attribute(predicate: str, score: object = None, code: str | None = None, more: str = "") -> str:
    return tag("Attribute", {"partialScore": score, "reasonCode": code}, predicate + more)


def scorecard(
    characteristics: str, output: str = REASONS, targets: str = "", **attributes: object
) -> bytes:
    model = tag(
        "Scorecard",
        {"functionName": "regression", **attributes},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + SCHEMA)
        + (tag("Output", {}, output) if output else "")
        + targets
        + tag("Characteristics", {}, characteristics),
    )
    return pmml(data_field("y") + FIELDS, model)


@st.composite
def scorecards(draw: st.DrawFn) -> bytes:
    points = st.sampled_from([0.0, 1.5, -2.25, 10.0, 4.5])
    code = st.sampled_from(CODES)
    parts = []
    for number in range(draw(st.integers(1, 4))):
        attributes = []
        for _ in range(draw(st.integers(0, 3))):
            more = ""
            if draw(st.booleans()):
                more = tag("ComplexPartialScore", {}, draw(numbers_of(1)))
            own = draw(st.none() | code)
            attributes.append(attribute(draw(predicates()), draw(points), own, more))
        attributes.append(attribute("<True/>", draw(points), draw(st.none() | code)))
        parts.append(
            tag("Characteristic", {"name": f"c{number}", "reasonCode": draw(code),
                "baselineScore": draw(st.none() | points)}, "".join(attributes))
        )  # fmt: skip
    return scorecard(
        "".join(parts),
        initialScore=draw(st.sampled_from([None, 2.5])),
        reasonCodeAlgorithm=draw(st.sampled_from([None, "pointsAbove", "pointsBelow"])),
        baselineScore=draw(points),
    )


@SETTINGS
@given(data=scorecards())
def test_generated_scorecards(data: bytes, tmp_path: Path) -> None:
    agree(data, tmp_path, where_it_answers=True)


def characteristic(score: object, code: str | None, base: object = None, of: str = "") -> str:
    inner = of or attribute("<True/>", score)
    return tag("Characteristic", {"reasonCode": code, "baselineScore": base}, inner)


def both(data: bytes, folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """What the compiled engine gives, which is what JPMML gives."""
    path = folder / "document.pmml"
    path.write_bytes(data)
    found = pp.load(path, "compiled").score(record)
    assert found == pp.load(path, "jpmml").score(record)
    return found


RECORD = {"x": 1.0, "z": 1.0, "s": "a"}


def test_points_of_the_same_code_are_added_and_those_beyond_the_baseline_are_none(
    tmp_path: Path,
) -> None:
    parts = characteristic(5, "R1") + characteristic(7, "R2") + characteristic(5, "R1")
    parts += characteristic(-1, "R3") + characteristic(0, "R4", 0)
    data = scorecard(parts, baselineScore=0, reasonCodeAlgorithm="pointsAbove", initialScore=100)
    assert both(data, tmp_path, RECORD) == {
        "y": 116.0, "reason 1": "R1", "reason 2": "R2", "reason 3": "R4"
    }  # fmt: skip


def test_of_equal_points_the_first_in_the_document_comes_first(tmp_path: Path) -> None:
    parts = characteristic(3, "R2") + characteristic(7, "R1") + characteristic(4, "R2")
    data = scorecard(parts, baselineScore=0, reasonCodeAlgorithm="pointsAbove")
    found = both(data, tmp_path, RECORD)
    assert [found["reason 1"], found["reason 2"], found["reason 3"]] == ["R2", "R1", None]


def test_an_unknown_predicate_is_passed_over_and_no_attribute_is_no_score(tmp_path: Path) -> None:
    of = attribute(simple("x", "lessThan", 0), 1) + attribute(simple("z", "greaterThan", 0), 2)
    data = scorecard(characteristic(0, None, of=of), "", useReasonCodes="false")
    assert both(data, tmp_path, {**RECORD, "x": None}) == {"y": 2.0}
    with pytest.raises(DataError):
        pp.load(tmp_path / "document.pmml", "compiled").score({"x": 1.0, "z": None, "s": "a"})


def test_targets_apply(tmp_path: Path) -> None:
    targets = tag("Targets", {}, tag("Target", {"field": "y", "min": 10, "rescaleFactor": 2}))
    data = scorecard(characteristic(3, "R"), targets=targets, useReasonCodes="false", output="")
    assert both(data, tmp_path, RECORD) == {"y": 20.0}


@pytest.mark.parametrize("method", ["modelChain", "selectFirst"])
def test_reasons_of_a_scorecard_in_a_mining_model(method: str, tmp_path: Path) -> None:
    inner = scorecard(characteristic(3, "R1") + characteristic(9, "R2"), baselineScore=10).decode()
    card = inner[inner.index("<Scorecard") : inner.index("</PMML>")]
    segment = tag("Segment", {"id": "card"}, "<True/>" + card)
    output = "" if method == "modelChain" else tag("Output", {}, REASONS.replace(
        'feature="reasonCode"', 'feature="reasonCode" segmentId="card"'
    ))  # fmt: skip
    model = tag(
        "MiningModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + SCHEMA)
        + output
        + tag("Segmentation", {"multipleModelMethod": method}, segment),
    )
    path = tmp_path / "document.pmml"
    path.write_bytes(pmml(data_field("y") + FIELDS, model))
    assert pp.load(path, "compiled").score(RECORD) == {
        "y": 12.0, "reason 1": "R1", "reason 2": "R2", "reason 3": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (scorecard(characteristic(1, "R")), "no baselineScore"),
        (scorecard(characteristic(1, None), baselineScore=0), "no reasonCode"),
        (scorecard(characteristic(1, "R"), useReasonCodes="false"), "useReasonCodes=false"),
        (scorecard(characteristic(None, "R"), baselineScore=0), "no partialScore"),
        (scorecard(tag("Characteristic", {"reasonCode": "R"})), "has no Attribute"),
    ],
)
def test_what_is_wrong_is_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "document.pmml"
    path.write_bytes(data)
    with pytest.raises(UnsupportedDocumentError, match=rf"\(line 1\).*{reason}"):
        pp.load(path, "compiled")

"""The report says what happened, in one safe and small page and in one JSON file."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pmml_pipeline.document import Document, read
from pmml_pipeline.parity.certify import OfflineRows, certify
from pmml_pipeline.parity.compare import DECADES
from pmml_pipeline.parity.markup import fit, size, text
from pmml_pipeline.parity.page import render
from pmml_pipeline.parity.report import write_report
from pmml_pipeline.parity.rows import ROW_CLASSES, Budget, build_rows
from pmml_pipeline.schema import inputs_of, outputs_of
from tests.parity.page import Page
from tests.pmml import data_field, mining_field, pmml, simple, tag

HOSTILE = (
    '<script>alert(\'x\')</script>"><img src=http://x.example/ onerror="a()"> $title ${x} &lt;'
)


def document(*, x: str = "x", data_type: str = "float") -> Document:
    """A tree of two leaves: 1 where ``x <= 0.1``, otherwise 2."""
    return read(written(x, data_type))


def written(x: str = "x", data_type: str = "float") -> bytes:
    leaves = tag("Node", {"score": 1}, simple(x, "lessOrEqual", 0.1)) + tag(
        "Node", {"score": 2}, "<True/>"
    )
    model = tag(
        "TreeModel",
        {"functionName": "regression", "splitCharacteristic": "multiSplit"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + mining_field(x))
        + tag("Node", {"score": 0}, "<True/>" + leaves),
    )
    return pmml(data_field("y") + data_field(x, data_type), model)


def difference(**changes: Any) -> dict[str, Any]:
    return {
        "row": 0,
        "note": "row 0",
        "input": {"x": 0.5},
        "output": "y",
        "offline": 1.0,
        "online": 2.0,
        "difference": 1.0,
        "cause": "unknown: something",
        **changes,
    }


def row_class(name: str, *differences: dict[str, Any], **changes: Any) -> dict[str, Any]:
    histogram = [8, 1, *[0] * (len(DECADES) - 2)]
    histogram[-2] = len(differences)
    worst = 1.0 if differences else 1e-16
    return {
        "name": name,
        "rows": 10,
        "refused": 0,
        "mismatches": len(differences),
        "worst": worst,
        "histogram": histogram,
        "differences": list(differences),
        **changes,
    }


def engine(
    name: str,
    *classes: dict[str, Any],
    reason: str | None = None,
    remedy: str | None = None,
    ran: bool = True,
) -> dict[str, Any]:
    by_name = {c["name"]: c for c in classes}
    all_classes = [by_name.get(n) or row_class(n) for n in ROW_CLASSES] if ran else []
    return {
        "engine": name,
        "certified": reason is None,
        "reason": reason,
        "remedy": remedy,
        "versions": {name: "1.2.3"},
        "seconds": 4.25,
        "classes": all_classes,
    }


def report(*engines: dict[str, Any], tolerance: float = 1e-10) -> dict[str, Any]:
    certified = [e["engine"] for e in engines if e["certified"]]
    return {
        "tolerance": tolerance,
        "agreement": "to 10 decimals",
        "created": "2026-11-22T18:01:25Z",
        "preferred": certified[0] if certified else None,
        "decades": [None if math.isinf(d) else d for d in DECADES],
        "row_classes": [
            {"name": n, "rows": 10, "refused_offline": 0, "refused_by_contract": 0, "remarks": []}
            for n in ROW_CLASSES
        ],
        "engines": list(engines),
        "model": "credit",
    }


def page_of(made: dict[str, Any], parsed: Document | None = None) -> Page:
    return Page(write_report(made, parsed or document())["parity.html"].decode())


# --- the page ----------------------------------------------------------------------------------


def test_a_certified_report_says_so() -> None:
    page = page_of(report(engine("pypmml"), engine("jpmml")))
    assert "pypmml and jpmml predict what the training library predicts, to 10 decimals" in (
        page.text
    )
    assert "2 of 2 engines certified" in swapped(page)
    assert "not to 10 decimals" not in page.text
    assert "The rows that differ" not in page.text
    assert {"class": "verdict certified"} in page.all("div")


def swapped(page: Page) -> str:
    """The text with every value of a tile before its name, as it is seen."""
    words = [w.strip() for w in page.words if w.strip()]
    start = words.index("engines certified")
    tiles = words[start : start + 8]
    return " ".join(f"{value} {name}" for name, value in zip(tiles[::2], tiles[1::2], strict=True))


def test_a_wider_tolerance_is_said_plainly() -> None:
    page = page_of(report(engine("pypmml"), tolerance=2e-6))
    assert "but not to 10 decimals (tolerance 2e-06)" in page.text
    assert "numbers within 2e-06" in page.text
    assert "stated tolerance: 2e-06" in page.text
    assert {"class": "verdict wide"} in page.all("div")


def test_a_failed_report_says_where_and_why() -> None:
    refused = difference(output="", offline={"y": 1.0}, online="refused: because", difference=None)
    made = report(
        engine(
            "pypmml", row_class("boundary", difference()), reason="1 of 10 boundary rows differ"
        ),
        engine("jpmml", row_class("missing", refused, worst=None), reason="1 of 10 missing rows"),
    )
    page = page_of(made)
    assert "Not certified: no engine reproduces the training library" in page.text
    assert "Nothing was published." in page.text
    assert "✗ 1 of 10 differ by up to 1" in page.text
    assert "✗ 1 of 10 differ some by label or refusal" in page.text
    assert "1 records that differ on pypmml, the nearest engine" in swapped(page)
    assert "Online: engine refused: because" in page.text
    assert "✗ 1 of 10 boundary rows differ" in page.text


def test_an_engine_that_fails_beside_a_certified_one() -> None:
    made = report(
        engine("pypmml"),
        engine("jpmml", ran=False, reason="it ended with status 3"),
        tolerance=1e-10,
    )
    page = page_of(made)
    assert "pypmml predicts what the training library predicts" in page.text
    assert "jpmml is not certified. jpmml scored nothing: it ended with status 3." in page.text
    assert page.text.count("– not scored") == len(ROW_CLASSES)
    assert len(page.all("figure")) == 1


def test_no_engine_ran_at_all() -> None:
    page = page_of(report(engine("pypmml", ran=False, reason="pypmml is not installed")))
    assert "No engine scored anything." in page.text
    assert "0 engines could score the document" in swapped(page)


def test_classes_show_rows_refusals_and_remarks() -> None:
    made = report(engine("pypmml", row_class("categories", rows=0, worst=0.0)))
    told = {"rows": 12_345, "refused_offline": 7, "remarks": ["all were tried"]}
    made["row_classes"][1] |= told
    made["row_classes"][2] |= {"refused_offline": 5, "refused_by_contract": 3}
    made["row_classes"][4] |= {"refused_offline": 4, "refused_by_contract": 4}
    page = page_of(made)
    assert "12,345 7 refused by the library" in page.text
    assert "10 3 refused by the contract, 2 refused by the library" in page.text
    assert "10 4 refused by the contract" in page.text
    assert "all were tried" in page.text
    assert "– no such input" in page.text


def test_a_model_without_thresholds_is_said_to_have_none() -> None:
    page = page_of(report(engine("pypmml", row_class("boundary", rows=0, worst=0.0))))
    assert "– no thresholds" in page.text
    assert "– no such input" not in page.text


def test_what_helps_is_said_below_the_verdict() -> None:
    page = page_of(report(engine("pypmml"), engine("jpmml", reason="x", remedy="limits= helps")))
    assert "jpmml is not certified. What helps jpmml: limits= helps." in page.text


def test_the_page_needs_no_script_and_no_network_and_is_semantic() -> None:
    page = page_of(failed())
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("img")
    for name, attributes in page.elements:
        assert not {"src", "href", "style", "onclick"} & set(attributes), name
    policy = next(m["content"] for m in page.all("meta") if "http-equiv" in m)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    labels = {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert labels <= set(ids)
    assert all("scope" in th for th in page.all("th"))
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.all("svg"))
    assert [len(page.all(tag_)) for tag_ in ("h1", "main", "title")] == [1, 1, 1]


def failed(count: int = 1, **changes: Any) -> dict[str, Any]:
    """A report in which two engines fail on ``count`` rows of every class."""

    def classes() -> Iterator[dict[str, Any]]:
        for name in ROW_CLASSES:
            yield row_class(name, *[difference(row=i, **changes) for i in range(count)])

    return report(
        engine("pypmml", *classes(), reason="differs"),
        engine("jpmml", *classes(), reason="differs"),
    )


def test_everything_from_the_data_is_escaped() -> None:
    record = {HOSTILE: HOSTILE, "x": None}
    made = failed(
        note=HOSTILE, input=record, output=HOSTILE, offline=HOSTILE, online=HOSTILE, cause=HOSTILE
    )
    made["model"] = made["engines"][0]["engine"] = made["engines"][0]["reason"] = HOSTILE
    made["engines"][0]["versions"] = {HOSTILE: HOSTILE}
    made["row_classes"][0] |= {"name": HOSTILE, "remarks": [HOSTILE]}
    made["created"] = HOSTILE
    page = page_of(made, document(x=HOSTILE))
    assert not page.all("script")
    assert not page.all("img")
    assert "<script>alert('x')</script>\"><img" in page.text
    assert "$title ${x} &lt;" in page.text
    assert "<script" not in render(json.loads(write_report(made, document())["parity.json"]))


@pytest.mark.parametrize("hostile", ["f", "<&\"'", "字", "\x00\x1b"])
def test_the_page_stays_small_whatever_the_records_are_like(hostile: str) -> None:
    record = {f"{hostile * 60}{i}": hostile * 100 for i in range(2_000)} | {"x": 0.1}
    long = hostile * 5_000
    made = failed(5, input=record, note=long, offline=long, online=long, cause=f"{long}: {long}")
    made["engines"].append(copy.deepcopy(made["engines"][0]) | {"engine": "compiled"})
    html = write_report(made, document())["parity.html"]
    assert len(html) < 300_000
    page = Page(html.decode())
    assert len(page.all("article")) == 3 * 6 * 5
    assert "more fields in parity.json" in page.text


def test_the_fields_that_a_row_is_about_come_first() -> None:
    record = {f"f{i}": i for i in range(50)} | {"x": 0.5}
    page = page_of(failed(note="x = 0.5 (the threshold)", input=record))
    names = [w for w in page.words if w == "x" or w.startswith("f0")]
    assert names[0] == "x"


# --- the histogram -----------------------------------------------------------------------------


def test_the_bars_are_logarithmic_and_coloured_by_the_rule() -> None:
    made = report(engine("pypmml"), tolerance=2e-6)
    zeros = [0] * len(DECADES)
    for c in made["engines"][0]["classes"]:
        c["histogram"] = zeros
    counts = {0: 9_999, 9: 99, 14: 9}  # equal, up to 1e-8, up to 1e-3
    made["engines"][0]["classes"][0]["histogram"] = [counts.get(i, 0) for i in range(len(DECADES))]
    page = page_of(made)
    drawn = {
        i: (r["class"], float(r["width"] or 0))
        for i, r in enumerate(page.all("rect"))
        if float(r["width"] or 0)
    }
    assert drawn == {0: ("within", 210.0), 9: ("stated", 105.0), 14: ("beyond", 52.5)}
    assert "10,107 numbers compared 108 of them differ by more than 1e-10" in page.text
    assert "equal: 9999; ≤ 1e-08: 99; ≤ 0.001: 9." in str(page.all("svg")[0]["aria-label"])


# --- the JSON ----------------------------------------------------------------------------------


def test_every_difference_gets_its_paths_and_the_report_stays_as_it_is() -> None:
    above = math.nextafter(0.1, 1)
    made = failed(note="x", input={"x": above}, cause="threshold: at this value ...")
    before = copy.deepcopy(made)
    files = write_report(made, document())
    assert made == before
    found = json.loads(files["parity.json"])
    assert found["document"] == {
        "version": "4.4",
        "application": "tests 1",
        "kind": "TreeModel",
        "trees": 1,
    }
    for e in found["engines"]:
        for c in e["classes"]:
            for d in c["differences"]:
                assert d["paths"]["partings"][0]["predicate"] == "x <= 0.1"
                assert d["cause"].startswith(
                    "threshold: double and float32 take different branches"
                )
    page = Page(files["parity.html"].decode())
    assert "Tree 1, line 1: x <= 0.1 as doubles 0.10000000000000002 <= 0.1: false" in page.text


def test_numbers_that_are_not_finite_are_named() -> None:
    made = failed(offline=math.inf, online={"y": -math.inf, "z": math.nan}, difference=None)
    found = json.loads(write_report(made, document())["parity.json"])
    first = found["engines"][0]["classes"][0]["differences"][0]
    assert (first["offline"], first["online"]) == ("Infinity", {"y": "-Infinity", "z": None})
    assert "-Infinity" in page_of(made).text


def test_only_the_worst_rows_of_a_class_are_followed() -> None:
    found = json.loads(write_report(failed(7), document())["parity.json"])
    differences = found["engines"][0]["classes"][0]["differences"]
    assert ["paths" in d for d in differences] == [True] * 5 + [False] * 2


def test_an_offset_common_to_all_rows_becomes_their_cause() -> None:
    def causes(mismatches: int) -> set[str]:
        off = [difference(offline=i + 0.0, online=i + 5.0) for i in range(4)]
        made = [row_class(name, *off, mismatches=mismatches) for name in ROW_CLASSES]
        shown = report(engine("pypmml", *made, reason="x"))
        found = json.loads(write_report(shown, document())["parity.json"])
        return {d["cause"] for c in found["engines"][0]["classes"] for d in c["differences"]}

    (cause,) = causes(10)
    assert cause.startswith("offset: all of these rows are off by about 5")
    # A constant that is left out is left out in every row, so rows that agree speak against it.
    assert not any(cause.startswith("offset") for cause in causes(4))


# --- pieces ------------------------------------------------------------------------------------


def test_text_is_cut_by_its_bytes() -> None:
    assert text("<b>") == "&lt;b&gt;"
    assert text("abc", 3) == "abc"
    assert text("abcd", 3) == "abc…"
    assert size(text("<" * 100, 40)) <= 40 + size("…")
    assert size(text("字" * 100, 40)) <= 40 + size("…")
    assert text("a\x00b\u202e") == "a�b�"


def test_parts_are_kept_until_the_room_is_used() -> None:
    assert fit(["aaa", "bbb", "ccc"], 6) == ["aaa", "bbb"]
    assert fit(["字字字"], 2) == ["字字字"]
    assert fit([], 2) == []


# --- the whole way -----------------------------------------------------------------------------


def test_a_real_engine_that_compares_doubles_is_caught_at_the_threshold(tmp_path: Path) -> None:
    """A library that compares in float32, and a document that does not say so."""
    path = tmp_path / "model.pmml"
    path.write_bytes(written(data_type="double"))
    parsed = read(path)
    real = {"x": [0.05, 0.07, 0.3]}
    offline = []
    for row_set in build_rows(parsed, inputs_of(parsed), real, Budget(heldout=5, missing=3)):
        x = np.array([math.nan if v is None else v for v in row_set.offline["x"]])
        with np.errstate(over="ignore"):
            predictions = np.where(x.astype(np.float32) <= np.float32(0.1), 1.0, 2.0)
        none = np.zeros(len(x), dtype=bool)
        offline.append(OfflineRows(row_set, {"y": predictions}, none, {}))
    proof = certify(path, outputs_of(parsed), offline, tolerance=1e-10, engines=["pypmml"])
    assert not proof.certificate.engines_certified
    files = write_report(proof.report, parsed)
    boundary = json.loads(files["parity.json"])["engines"][0]["classes"][1]
    assert boundary["mismatches"] > 0
    assert boundary["differences"][0]["cause"].startswith(
        "threshold: double and float32 take different branches in 1 of 1 trees, first in tree 1"
    )
    assert (
        "as float32 0.10000000149011612 <= 0.10000000149011612: true"
        in Page(files["parity.html"].decode()).text
    )

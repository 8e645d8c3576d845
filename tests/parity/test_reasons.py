"""The reason of an engine that is not certified is one line, and names what helps."""

from __future__ import annotations

from typing import Any

import pytest

from pmml_pipeline.parity.reasons import losses, reason_of, remedy_of, remedy_of_refusal
from tests.cli.sample import certificate


def shown(
    name: str, mismatches: int, *differences: tuple[float | None, str, str], rows: int = 10
) -> dict[str, Any]:
    """A class of rows as in the report, of (difference, cause, note)."""
    return {
        "name": name,
        "rows": rows,
        "mismatches": mismatches,
        "differences": [{"difference": d, "cause": c, "note": n} for d, c, n in differences],
    }


FLOAT32 = (8.51e-8, "float32: in single precision", "row 1")
FAR = (None, "no result: none", "x = 1e+308 (nearly the largest double)")


def test_the_reason_is_the_worst_class_and_the_names_of_the_others() -> None:
    classes = [
        shown("held-out", 2, (1e-7, "float32: x", "row 1"), (5e-8, "float32: x", "row 2")),
        shown("missing", 0),
        shown("storage", 1, (3e-8, "rounding: x", "row 3")),
    ]
    assert reason_of(classes) == (
        "2 of 10 held-out rows differ by up to 1e-07 (likely cause: float32: x); "
        "rows differ in storage too"
    )
    assert reason_of([shown("missing", 0)]) is None


def test_a_label_or_a_refusal_is_worse_than_any_number() -> None:
    classes = [shown("held-out", 9, (0.5, "unknown: x", "row")), shown("extremes", 1, FAR)]
    assert reason_of(classes) == (
        "1 of 10 extremes rows differ, such as x = 1e+308 (nearly the largest double) "
        "(likely cause: no result: none); rows differ in held-out too"
    )


def test_a_cause_that_is_unknown_is_left_out_and_a_field_is_named() -> None:
    odd = shown("held-out", 2, (0.5, "unknown: x", "row 1"), (0.4, "unknown: x", "row 2"))
    assert reason_of([odd]) == "2 of 10 held-out rows differ by up to 0.5"
    for d in odd["differences"]:
        d["field"] = "say"
    assert reason_of([odd]) == (
        "2 of 10 held-out rows differ by up to 0.5, by values of 'say' that no row that agrees has"
    )
    text = shown("categories", 1, (0.5, "category: x", f"say = {'long ' * 40!r} (upper case)"))
    assert len(str(reason_of([text]))) < 250


def test_small_differences_name_a_tolerance_that_holds_them() -> None:
    assert remedy_of([shown("held-out", 1, FLOAT32)]) == (
        "tolerance=8.6e-08, if the precision of float32 is close enough for this model"
    )


@pytest.mark.parametrize(
    "other",
    [
        (None, "float32: the label differs", "row"),
        (0.25, "threshold: another branch", "row"),
    ],
)
def test_no_tolerance_is_named_where_it_would_not_help(other: tuple[Any, str, str]) -> None:
    assert remedy_of([shown("held-out", 3, FLOAT32, FLOAT32, other)]) is None


def test_rows_far_beyond_real_ones_name_limits() -> None:
    margin = (None, "no result: none", "x = 1e+307 (the threshold; valid interval)")
    assert "limits=" in str(remedy_of([shown("extremes", 1, FAR)]))
    assert "limits=" in str(remedy_of([shown("boundary", 1, margin), shown("extremes", 1, FAR)]))


@pytest.mark.parametrize(
    "inside",
    [
        shown("boundary", 1, (1.0, "threshold: x", "x = 0.5 (the threshold; tree 1, line 9)")),
        shown("extremes", 1, (None, "no result: none", "x = 7.0 (the maximum)")),
        shown("held-out", 1, (None, "no result: none", "row 1")),
    ],
)
def test_limits_are_not_named_where_real_numbers_differ(inside: dict[str, Any]) -> None:
    assert remedy_of([inside, shown("extremes", 1, FAR)]) is None


def test_limits_that_were_given_have_to_be_tighter() -> None:
    limits = "limits= on the numbers that a record may bring keep"
    assert remedy_of([shown("extremes", 1, FAR)], {"x"}) == f"tighter {limits} such rows out"
    assert remedy_of([shown("extremes", 1, FAR)], {"z"}) == f"{limits}s such rows out"


def test_a_column_of_text_that_was_taken_for_numbers_has_to_be_declared() -> None:
    row = shown("held-out", 1, (None, "type: x", "row 1"))
    refused = (
        "refused: 数据错误 (data error): 城 c: wrong type 'r' (a number); d: wrong type 'z' (x)"
    )
    row["differences"][0]["online"] = refused
    assert remedy_of([row]) == (
        "declare 'd', '城 c' with sklearn2pmml.decoration.CategoricalDomain"
    )
    assert remedy_of([row, shown("missing", 1, (None, "missing: x", "x is missing"))]) is None
    compared = (
        "the document cannot be compiled: a comparison of double with string is not supported"
    )
    assert "CategoricalDomain" in str(remedy_of_refusal(compared))
    assert remedy_of_refusal("it ended with status -9") is None


def test_levels_that_were_never_seen_and_have_no_prediction_have_to_be_declared() -> None:
    cause = "no result: by the document's rules 2 of 15 trees give no prediction for this row"
    unseen = shown("categories", 1, (None, cause, "c = '__never seen__' (never seen)"))
    assert str(remedy_of([unseen])).startswith("declare 'c' with sklearn2pmml.decoration.Categ")
    other = shown("categories", 1, (None, cause, "c = 'a' (a declared level)"))
    assert remedy_of([other]) is None


def test_what_is_lost_is_said_and_what_it_costs() -> None:
    assert losses(certificate(("compiled", "pypmml", "jpmml"))) == []
    (line,) = losses(certificate(("compiled", "pypmml")))
    assert line.startswith("jpmml is not certified: ")
    *lost, needed = losses(certificate(("jpmml",)))
    assert [line.split(": ")[0] for line in lost] == [
        "compiled is not certified", "pypmml is not certified"
    ]  # fmt: skip
    assert needed.startswith("scoring needs the extra pmml-pipeline[jpmml] (AGPL-3.0-only)")

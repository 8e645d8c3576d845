"""A field is named where its value alone tells the rows that differ from those that agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from pmml_pipeline.parity.rows import RowSet
from pmml_pipeline.parity.suspects import changed_field, name_fields

REAL: list[dict[str, Any]] = [
    {"x": 1.0, "say": "good"},
    {"x": 2.0, "say": "good"},
    {"x": 3.0, "say": "Bad"},
    {"x": 4.0, "say": "Bad"},
]


def row_set(name: str, rows: list[dict[str, Any]], notes: list[str] | None = None) -> RowSet:
    columns = {field: [row[field] for row in rows] for field in rows[0]}
    return RowSet(name, columns, columns, notes or [f"row {i}" for i in range(len(rows))])


def named(*parts: tuple[RowSet, list[int], str]) -> list[dict[str, Any]]:
    """The differences of parts of (rows, those that differ, cause)."""
    classes = [
        {"differences": [{"row": r, "note": rows.notes[r], "cause": cause} for r in wrong]}
        for rows, wrong, cause in parts
    ]
    agreed = [np.array([i not in wrong for i in range(len(rows))]) for rows, wrong, _ in parts]
    name_fields(classes, [rows for rows, _, _ in parts], agreed)
    return [d for c in classes for d in c["differences"]]


def test_the_one_value_that_no_agreeing_row_has() -> None:
    made = row_set("extremes", [{"x": 1e308, "say": "good"}], ["x = 1e+308 (far)"])
    (found,) = named((row_set("held-out", REAL), [], ""), (made, [0], "extreme: size"))
    assert (found["field"], found["cause"]) == ("x", "extreme: size")


def test_a_row_at_the_minimum_whose_text_is_at_fault() -> None:
    """The minimum also stands in a real row that agrees; "Bad" stands in none."""
    made = row_set("boundary", [{"x": 1.0, "say": "Bad"}], ["x = 1.0 (the threshold; tree 1)"])
    *_, found = named(
        (row_set("held-out", REAL), [2, 3], "unknown: x"), (made, [0], "threshold: branches")
    )
    assert found["field"] == "say"
    assert found["cause"].startswith("unknown: ")


def test_of_several_fields_the_one_that_is_at_fault_elsewhere() -> None:
    made = row_set("extremes", [{"x": 1.0, "say": "Bad"}], ["x = 1.0 (the minimum)"])
    found = named((row_set("held-out", REAL), [2, 3], "unknown: x"), (made, [0], "unknown: x"))
    assert [d["field"] for d in found] == ["say", "say", "say"]


def test_no_field_is_named_where_several_or_none_are_left() -> None:
    (several, _) = named((row_set("held-out", REAL), [2, 3], "unknown: x"))
    assert several["field"] is None
    both = [{"x": 1.0, "say": "a"}, {"x": 2.0, "say": "b"}, {"x": 1.0, "say": "b"}]
    (none,) = named((row_set("held-out", both), [2], "unknown: x"))
    assert none["field"] is None
    one = row_set("held-out", [{"x": 1.0}])
    assert named((one, [0], "unknown: x"))[0]["field"] is None  # no row agrees


def test_values_of_rows_that_both_refuse_prove_nothing() -> None:
    rows = row_set(
        "held-out", [{"x": 1.0, "say": "a"}, {"x": 1.0, "say": "b"}, {"x": 2.0, "say": "a"}]
    )
    classes = [{"differences": [{"row": 1, "note": "row 1", "cause": "unknown: x"}]}]
    name_fields(classes, [rows], [np.array([True, False, False])])
    assert classes[0]["differences"][0]["field"] == "say"


def test_the_field_that_a_note_speaks_of() -> None:
    assert changed_field("b = 3 (zero)", ["a", "b"]) == "b"
    assert changed_field("a b is missing", ["a", "a b"]) == "a b"
    assert changed_field("row 3", ["a"]) is None

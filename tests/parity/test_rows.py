"""The six classes of rows: what each holds, and that every value is one that JSON has."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import numpy as np
import pytest

from pmml_pipeline.admission import RecordAdmission
from pmml_pipeline.document import Document, read
from pmml_pipeline.errors import DataError
from pmml_pipeline.parity.rows import (
    BOUNDARY,
    CATEGORIES,
    EXTREMES,
    HELDOUT,
    MISSING,
    ROW_CLASSES,
    STORAGE,
    UNSEEN,
    UNSEEN_NUMBER,
    Budget,
    Columns,
    RowSet,
    build_rows,
)
from pmml_pipeline.schema import inputs_of

from ..pmml import classifier, data_field, mining_field, simple

FIELDS = (
    data_field("x", intervals=[("closedOpen", -1, 100.5)])
    + data_field("f", "float")
    + data_field("n", "integer")
    + data_field("level", "integer", "categorical", ["1", "2"])
    + data_field("free", "string", "categorical")
    + data_field("flag", "boolean", "categorical", ["false", "true"])
)
NAMES = ("x", "f", "n", "level", "free", "flag")
REAL: Columns = {
    "x": [0.5, 1.5, None, 1 / 3],
    "f": [0.10000000149011612, None, 2.0, 3.0],
    "n": [3, 4, 5, 2**40],
    "level": [1, 2, 1, 2],
    "free": ["a,b", 'quo"te', None, "line\nbreak"],
    "flag": [True, False, None, True],
    "kept": ["p", "q", "r", "s"],
}


def document() -> Document:
    """A tree that compares a number, a float and a whole number."""
    return read(
        classifier(
            ["yes", "no"],
            FIELDS,
            "".join(map(mining_field, NAMES)),
            (simple("x", "lessOrEqual", 1.25), "yes", {"yes": 1}),
            (simple("f", "lessThan", "0.1"), "no", {"no": 1}),
            (simple("n", "greaterThan", 4), "no", {"no": 1}),
        )
    )


def parquet(columns: Columns) -> Columns:
    """A round trip through Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return pq.read_table(file).to_pydict()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def sets() -> dict[str, RowSet]:
    """The classes by name."""
    parsed = document()
    found = build_rows(parsed, inputs_of(parsed), REAL, parquet=parquet)
    assert tuple(s.name for s in found) == ROW_CLASSES
    return {s.name: s for s in found}


def changed(rows: RowSet, name: str) -> list[Any]:
    """The values of a field in the rows whose note is about it."""
    notes = [note.split(" ")[0] for note in rows.notes]
    return [v for v, about in zip(rows.online[name], notes, strict=True) if about == name]


def test_every_set_is_whole(sets: dict[str, RowSet]) -> None:
    for rows in sets.values():
        assert len(rows) > 0
        assert list(rows.offline) == list(REAL)
        assert list(rows.online) == list(NAMES)
        assert {len(v) for v in [*rows.offline.values(), *rows.online.values()]} == {len(rows)}
        if rows.name != EXTREMES:
            json.dumps([rows.offline, rows.online], allow_nan=False)
        if rows.name != STORAGE:
            assert rows.online == {name: rows.offline[name] for name in NAMES}


def test_each_row_differs_from_a_real_one_in_one_thing(sets: dict[str, RowSet]) -> None:
    real = {json.dumps([v[i] for v in REAL.values()]) for i in range(4)}
    for name in (MISSING, CATEGORIES, EXTREMES):
        rows = sets[name]
        for row, note in enumerate(rows.notes):
            record = {n: v[row] for n, v in rows.offline.items()}
            field = note.split(" ")[0]
            if field == "everything":
                continue
            assert any(
                json.dumps(
                    [
                        v if n == field else record[n]
                        for n, v in zip(REAL, json.loads(r), strict=True)
                    ]
                )
                in r
                for r in real
            )


def test_held_out_rows_are_the_real_ones(sets: dict[str, RowSet]) -> None:
    assert sets[HELDOUT].offline == REAL
    assert sets[HELDOUT].record(1) == {n: REAL[n][1] for n in NAMES}
    parsed = document()
    few = build_rows(parsed, inputs_of(parsed), REAL, Budget(heldout=2))[0]
    assert len(few) == 2


def test_boundary_rows_lie_on_both_sides_of_every_threshold(sets: dict[str, RowSet]) -> None:
    rows = sets[BOUNDARY]
    x = set(changed(rows, "x"))
    for threshold in (1.25, -1.0, 100.5):
        assert {threshold, math.nextafter(threshold, 1e9), math.nextafter(threshold, -1e9)} <= x
    f = set(changed(rows, "f"))
    near = np.float32(0.1)
    assert {0.1, float(near), math.nextafter(0.1, 0), math.nextafter(0.1, 1)} <= f
    assert {float(np.nextafter(near, np.float32(s))) for s in (0, 1)} <= f
    assert set(changed(rows, "n")) == {3, 4, 5, 6}
    assert all(type(v) is int for v in changed(rows, "n"))
    assert "5 distinct thresholds at 5 places; 5 places tried" in rows.remarks


def test_boundary_rows_get_to_their_threshold(sets: dict[str, RowSet]) -> None:
    rows = sets[BOUNDARY]
    for row, note in enumerate(rows.notes):
        if note.startswith("n = "):  # third child: neither of the first two takes it
            record = rows.record(row)
            assert record["x"] is not None
            assert record["x"] > 1.25
            assert np.float32(record["f"]) >= np.float32(0.1)


def test_a_budget_of_boundary_rows_takes_each_threshold_before_any_again() -> None:
    parsed = document()
    rows = build_rows(parsed, inputs_of(parsed), REAL, Budget(boundary=8))[1]
    assert 8 <= len(rows) < 20
    assert "5 distinct thresholds at 5 places; 2 places tried" in rows.remarks


def test_each_input_is_missing_in_turn_and_all_at_once(sets: dict[str, RowSet]) -> None:
    rows = sets[MISSING]
    for name in NAMES:
        alone = changed(rows, name)
        assert len(alone) >= 3
        assert set(alone) == {None}
    last = rows.record(len(rows) - 1)
    assert set(last.values()) == {None}
    assert rows.offline["kept"][-1] is not None


def test_every_level_and_one_never_seen(sets: dict[str, RowSet]) -> None:
    rows = sets[CATEGORIES]
    assert set(changed(rows, "level")) == {1, 2, UNSEEN_NUMBER}
    assert set(changed(rows, "flag")) == {False, True}
    assert set(changed(rows, "free")) == {"a,b", 'quo"te', "line\nbreak", UNSEEN}
    assert changed(rows, "x") == changed(rows, "n") == []


def test_extremes(sets: dict[str, RowSet]) -> None:
    rows = sets[EXTREMES]
    x = changed(rows, "x")
    assert {1 / 3, 1.5, 0.0, 5e-324, 1e308, -1e308, 3.5e38, 100.5, -1.0} <= set(x)
    assert {math.inf, -math.inf} <= set(x)
    assert "-0.0" in map(repr, x)
    assert min(x[:4]) < 1 / 3 < 1.5 < max(x[:4])
    n = changed(rows, "n")
    assert {3, 2**40, 0, 2**31 - 1, -(2**31)} <= set(n)
    assert all(type(v) is int for v in n)
    assert changed(rows, "level") == []


def test_storage_gives_back_what_was_stored(sets: dict[str, RowSet]) -> None:
    rows = sets[STORAGE]
    assert len(rows) == 3 * len(REAL["x"])
    assert rows.remarks == ["round trips: JSON, CSV, Parquet"]
    parsed = document()
    admission = RecordAdmission(inputs_of(parsed))
    media = {note.split(" ")[-1] for note in rows.notes}
    assert media == {"JSON", "CSV", "Parquet"}
    for row in range(len(rows)):
        original = {n: rows.offline[n][row] for n in NAMES}
        assert repr(admission.cells(rows.record(row))) == repr(admission.cells(original))
    text = [v for v, n in zip(rows.online["n"], rows.notes, strict=True) if n.endswith("CSV")]
    assert text == ["3", "4", "5", str(2**40)]


@pytest.mark.xfail(strict=True, reason="CSV cannot tell an empty text from a missing one")
def test_an_empty_text_comes_back_from_every_storage() -> None:
    parsed = document()
    real = {**REAL, "free": ["", "a", "b", "c"]}
    rows = build_rows(parsed, inputs_of(parsed), real, parquet=parquet)[-1]
    assert rows.online["free"] == rows.offline["free"]


def test_the_same_document_and_rows_give_the_same_sets(sets: dict[str, RowSet]) -> None:
    parsed = document()
    again = build_rows(parsed, inputs_of(parsed), REAL, parquet=parquet)
    assert [repr(s) for s in again] == [repr(s) for s in sets.values()]


def test_one_real_row_is_enough() -> None:
    parsed = document()
    real = {name: values[:1] for name, values in REAL.items()}
    for rows in build_rows(parsed, inputs_of(parsed), real):
        assert len(rows) > 0


def test_only_what_no_record_should_bring_is_refused(sets: dict[str, RowSet]) -> None:
    parsed = document()
    admission = RecordAdmission(inputs_of(parsed))
    for rows in sets.values():
        codes = {code for row in range(len(rows)) for code in refusals(admission, rows.record(row))}
        assert codes <= {"out_of_range", "unseen_level"}


def refusals(admission: RecordAdmission, record: dict[str, Any]) -> set[str]:
    """Why a record is refused."""
    try:
        admission.cells(record)
    except DataError as error:
        return {e.code for e in error.fields}
    return set()

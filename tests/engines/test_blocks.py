"""Many rows: blocks, none at all, very many, and many threads at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from pmml_pipeline.engines.jvm import block
from pmml_pipeline.errors import DataError

from ..pmml import classifier, data_field, linear, mining_field, simple, tag
from .conftest import Load

MIXED = (
    data_field("x")
    + data_field("n", "integer")
    + data_field("s", "string", "categorical", ["a", "b"])
)
SCHEMA = "".join(mining_field(name, invalidValueTreatment="asIs") for name in "xns")


def mixed() -> bytes:
    """A classifier with an input of every kind, that gives nothing for some rows."""
    both = simple("x", "greaterThan", 0) + simple("n", "greaterThan", 0)
    return classifier(
        ["first", "second", "third"],
        MIXED,
        SCHEMA,
        (simple("s", "equal", "a"), "first", {"first": 3, "third": 1}),
        (tag("CompoundPredicate", {"booleanOperator": "and"}, both), "second", {"second": 1}),
        (simple("s", "equal", "b"), "third", {"third": 1}),
    )


def rows(count: int) -> dict[str, list[Any]]:
    """Rows of which some are bad, some are missing a value, and some have text never seen."""
    make = np.random.default_rng(3)
    x = [None if v > 2 else v for v in make.normal(size=count).tolist()]
    n = [None if v == 9 else "?" if v == 8 else int(v) for v in make.integers(-5, 10, count)]
    s = [f"new {v}" if v > 20 else "ab"[v % 2] for v in make.integers(0, 30, count).tolist()]
    return {"x": x, "n": n, "s": s}


def outcome(scorer: Any, table: dict[str, list[Any]]) -> tuple[list[list[Any]], dict[int, Any]]:
    """Results without NaN, which is not equal to itself, and the fields in error."""
    count = len(table["x"])
    columns, errors = scorer.score_columns(table, count)
    shown = [[None if v != v else v for v in column.tolist()] for column in columns]
    return shown, {row: error.fields for row, error in errors.items()}


def test_no_rows(load: Load) -> None:
    scorer = load(mixed())
    columns, errors = scorer.score_columns({"x": [], "n": [], "s": []}, 0)
    assert [len(c) for c in columns] == [0] * 4
    assert [c.dtype for c in columns] == [object, float, float, float]
    assert errors == {}


@pytest.mark.parametrize(("size", "cells"), [(1, 1 << 24), (7, 1 << 24), (64, 1 << 24), (64, 12)])
def test_blocks_of_any_size_give_the_same(
    load: Load, monkeypatch: pytest.MonkeyPatch, size: int, cells: int
) -> None:
    scorer, table = load(mixed()), rows(200)
    whole = outcome(scorer, table)
    assert {e[0].code for e in whole[1].values()} == {"wrong_type", "unscorable"}
    monkeypatch.setattr(block, "BLOCK_ROWS", size)
    monkeypatch.setattr(block, "BLOCK_CELLS", cells)
    assert outcome(scorer, table) == whole


def test_a_batch_gives_what_its_records_give(load: Load) -> None:
    scorer, table = load(mixed()), rows(300)
    columns, errors = outcome(scorer, table)
    found = [
        one_by_one(scorer, {n: values[row] for n, values in table.items()}) for row in range(300)
    ]
    assert {row: e for row, e in enumerate(found) if isinstance(e, tuple)} == errors
    good = {row: e for row, e in enumerate(found) if isinstance(e, list)}
    assert good == {row: [column[row] for column in columns] for row in good}


def one_by_one(scorer: Any, record: dict[str, Any]) -> Any:
    """The results of a record as a list, or the fields in error as a tuple."""
    try:
        return list(scorer.score(record).values())
    except DataError as error:
        return error.fields


def test_what_the_engine_says_about_a_row_is_said_of_that_row(
    load: Load, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block, "BLOCK_ROWS", 4)
    scorer = load(
        linear(data_field("n", "integer"), mining_field("n"), {"n": 0.5}, target_type="integer")
    )
    n = [2, 4, 3, 8, 10, 12, 5, 16, 18, 2**40, 22]
    (y,), errors = scorer.score_columns({"n": n}, len(n))
    too_large = {9} if engine == "jpmml" else set()  # for Java's Integer
    assert errors.keys() == {2, 6} | too_large
    assert y.tolist() == [None if i in errors else v // 2 for i, v in enumerate(n)]
    if engine == "pypmml":
        assert ["gives 1.5" in str(errors[2]), "gives 2.5" in str(errors[6])] == [True, True]


def test_more_than_one_real_block(load: Load) -> None:
    scorer = load(
        linear(
            data_field("x") + data_field("n", "integer"),
            mining_field("x") + mining_field("n"),
            {"x": 2.0, "n": 1.0},
        )
    )
    count = block.BLOCK_ROWS + 40_000
    x, n = np.arange(count) / 8, np.arange(count)[::-1]
    (y,), errors = scorer.score_columns({"x": x, "n": n}, count)
    assert not errors
    np.testing.assert_array_equal(y, 2 * x + n)


def test_text_that_is_never_the_same_crosses_once(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block, "BLOCK_ROWS", 1 << 9)
    scorer = load(mixed())
    count = 1 << 15  # 64 blocks: if every block brought every text, that would be 2 million texts
    table: dict[str, list[Any]] = {
        "x": [1.0] * count,
        "n": [1] * count,
        "s": [f"new {i}" for i in range(count)],
    }
    started = time.process_time()
    (labels, *_), errors = scorer.score_columns(table, count)
    assert time.process_time() - started < 5
    assert not errors
    assert set(labels) == {"second"}


def test_a_table_of_many_columns(load: Load) -> None:
    names = [f"f{i}" for i in range(900)]
    fields, schema = "".join(map(data_field, names)), "".join(map(mining_field, names))
    scorer = load(linear(fields, schema, {names[0]: 1.0, names[-1]: 2.0}))
    count = block.BLOCK_CELLS // 900 + 1_000  # more cells than go into a block, in fewer rows
    assert count < block.BLOCK_ROWS
    columns = dict.fromkeys(names, np.zeros(count))
    columns[names[-1]] = np.arange(count, dtype=float)
    columns[names[0]] = np.ones(count)
    (y,), errors = scorer.score_columns(columns, count)
    assert not errors
    np.testing.assert_array_equal(y, 1 + 2.0 * np.arange(count))


def test_many_threads_give_what_one_gives(load: Load) -> None:
    scorer = load(mixed())
    tables = [
        {name: values[i:] + values[:i] for name, values in rows(400).items()} for i in range(8)
    ]
    expected = [outcome(scorer, table) for table in tables]
    records = [
        dict(zip(tables[0], values, strict=True))
        for values in zip(*tables[0].values(), strict=True)
    ]
    good = [r for i, r in enumerate(records) if i not in expected[0][1]]
    singles = [scorer.score(r) for r in good]
    gate = threading.Barrier(8)

    def work(number: int) -> None:
        gate.wait()
        for _ in range(5):
            assert outcome(scorer, tables[number]) == expected[number]
            assert [scorer.score(r) for r in good] == singles

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


def test_threads_that_come_and_go(load: Load) -> None:
    scorer = load(mixed())
    expected = scorer.score({"x": 1.0, "n": 1, "s": "new"})
    found = []
    for _ in range(200):
        thread = threading.Thread(
            target=lambda: found.append(scorer.score({"x": 1.0, "n": 1, "s": "new"}))
        )
        thread.start()
        thread.join()
    assert found == [expected] * 200

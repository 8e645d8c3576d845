"""Do threads that share the rows of a table give what one thread gives?"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pmml_pipeline as pp
from pmml_pipeline import sharing
from pmml_pipeline.admission import Repeated
from pmml_pipeline.errors import DataError, TableError

from .pmml import data_field, mining_field, output_field, pmml, tag

THREADS = 3
ROWS = 1_003


def _document() -> bytes:
    """A tree over a number and a text: a label, its probability, a whole number and a text.

    Without a score where x is above 900 (no true child), and an error where the text is no level.
    """
    node = (
        '<Node score="{label}" recordCount="10"><SimplePredicate field="x" operator="{operator}" '
        'value="{value}"/><ScoreDistribution value="yes" recordCount="{yes}"/>'
        '<ScoreDistribution value="no" recordCount="{no}"/></Node>'
    )
    nodes = "".join(
        node.format(label=label, operator=operator, value=value, yes=yes, no=10 - yes)
        for label, operator, value, yes in (
            ("no", "lessOrEqual", 300, 3),
            ("yes", "lessOrEqual", 900, 8),
        )
    )
    count = '<Apply function="floor"><FieldRef field="x"/></Apply>'
    outputs = (
        output_field("probability", "probability", "yes")
        + output_field("count", "transformedValue", None, "integer", count)
        + output_field("word", "transformedValue", None, "string", '<FieldRef field="s"/>')
    )
    model = tag(
        "TreeModel",
        {"functionName": "classification", "splitCharacteristic": "multiSplit"},
        tag(
            "MiningSchema",
            {},
            mining_field("x") + mining_field("s") + mining_field("y", usageType="target"),
        )
        + tag("Output", {}, outputs)
        + tag("Node", {}, "<True/>" + nodes),
    )
    fields = (
        data_field("x")
        + data_field("s", "string", "categorical", values=("a", "b", "c d"))
        + data_field("y", "string", "categorical", values=("yes", "no"))
    )
    return pmml(fields, model)


@pytest.fixture
def scorers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pp.Scorer, pp.Scorer]:
    """On one thread and on several, with parts of a few rows."""
    monkeypatch.setattr(sharing, "ROWS_OF_A_PART", 100)
    path = tmp_path / "tree.pmml"
    path.write_bytes(_document())
    monkeypatch.setattr(sharing, "MOST_ROWS", 150)
    return pp.load(path, "compiled", threads=1), pp.load(path, "compiled", threads=THREADS)


@pytest.fixture
def frame() -> pd.DataFrame:
    """Rows that are scored, that have no score, and whose text is no level."""
    x = np.arange(ROWS, dtype=float)
    words = np.array(["a", "b", "c d", "e"], dtype=object)[np.arange(ROWS) % 4]
    words[words == "e"] = np.where(np.arange((words == "e").sum()) % 5 == 0, "e", "a")
    words[:400] = "c d"  # the texts of the first part are not those of the others
    return pd.DataFrame({"x": x, "s": words}, index=np.arange(ROWS) * 2 + 7)


@pytest.mark.parametrize("rows", [1, 99, 200, 299, 300, 1_003])
def test_frames_are_equal(
    scorers: tuple[pp.Scorer, pp.Scorer], frame: pd.DataFrame, rows: int
) -> None:
    one, many = scorers
    some = frame.iloc[:rows]
    for kind in (some, some.astype({"s": "category"}), some.astype({"s": "str"})):
        expected, found = one.score_frame(kind), many.score_frame(kind)
        pd.testing.assert_frame_equal(found, expected)
    whole = one.score_frame(some)
    assert whole["errors"].isna().sum() == (whole["word"].notna() & whole["y"].notna()).sum()
    if rows == ROWS:
        assert whole["errors"].notna().sum() > 100
        assert set(whole["y"].dropna()) == {"yes", "no"}


@pytest.mark.parametrize("kind", [pl.from_pandas, pa.Table.from_pandas])
def test_other_tables_are_equal(
    scorers: tuple[pp.Scorer, pp.Scorer], frame: pd.DataFrame, kind: Any
) -> None:
    one, many = scorers
    table = kind(frame.reset_index(drop=True))
    assert many.score_frame(table).equals(one.score_frame(table))
    assert len(many.score_frame(table)) == ROWS


@pytest.mark.parametrize("as_", [list, np.asarray, "repeated"])
def test_columns_are_equal(
    scorers: tuple[pp.Scorer, pp.Scorer], frame: pd.DataFrame, as_: Any
) -> None:
    words = list(frame["s"])
    if as_ == "repeated":
        known = sorted(set(words))
        text: Any = Repeated(known, np.array([known.index(w) for w in words]))
    else:
        text = as_(words)
    table = {"x": frame["x"].to_numpy(), "s": text}
    (expected, errors), (found, same) = (s.score_columns(table, ROWS) for s in scorers)
    for left, right in zip(found, expected, strict=True):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    assert {row: str(e) for row, e in same.items()} == {row: str(e) for row, e in errors.items()}


def test_the_table_s_own_faults_are_raised(
    scorers: tuple[pp.Scorer, pp.Scorer], frame: pd.DataFrame
) -> None:
    _, many = scorers
    with pytest.raises(DataError, match="z"):
        many.score_frame(frame.assign(z=1.0))
    with pytest.raises(TableError, match="'s' has the shape"):
        many.score_columns({"x": frame["x"].to_numpy(), "s": ["a"] * 5}, ROWS)
    with pytest.raises(TypeError, match="no table to score"):
        many.score_frame(frame["x"])


def test_every_row_is_scored_once_and_by_several_threads() -> None:
    names: dict[int, str] = {}
    meet = threading.Barrier(THREADS, timeout=30)

    def score(start: int, stop: int) -> sharing.Scored:
        names[start] = threading.current_thread().name
        meet.wait()
        return [np.arange(start, stop, dtype=float)], {0: DataError([])}

    parts = sharing.spans(3 * sharing.ROWS_OF_A_PART + 1, THREADS)
    assert parts[0][0] == 0
    (column,), errors = sharing.in_parts(score, parts, THREADS)
    assert np.array_equal(column, np.arange(parts[-1][1]))
    assert sorted(errors) == [start for start, _ in parts]
    assert len(set(names.values())) == THREADS
    assert not [t for t in threading.enumerate() if t.name.startswith("rows of ")]


def test_the_caller_scores_alone_where_there_are_no_threads(
    scorers: tuple[pp.Scorer, pp.Scorer], frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    one, many = scorers
    expected = one.score_frame(frame)
    monkeypatch.setattr(threading.Thread, "start", start)
    pd.testing.assert_frame_equal(many.score_frame(frame), expected)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("failing", [0, 2])
def test_what_a_part_raises_is_raised_and_no_other_is_begun(failing: int, threads: int) -> None:
    begun: list[int] = []

    def score(start: int, stop: int) -> sharing.Scored:
        begun.append(start)
        if start == failing:
            raise KeyboardInterrupt
        time.sleep(0.01)
        return [np.zeros(stop - start)], {}

    with pytest.raises(KeyboardInterrupt):
        sharing.in_parts(score, [(k, k + 1) for k in range(100)], threads)
    assert len(begun) <= failing + threads + 1
    assert not [t for t in threading.enumerate() if t.name.startswith("rows of ")]


def test_few_rows_are_one_part() -> None:
    assert sharing.spans(0, 4) == [(0, 0)]
    assert sharing.spans(2 * sharing.ROWS_OF_A_PART - 1, 4) == [(0, 2 * sharing.ROWS_OF_A_PART - 1)]
    assert len(sharing.spans(2 * sharing.ROWS_OF_A_PART, 4)) == 2
    assert len(sharing.spans(10**9, 1)) == 1
    assert len(sharing.spans(4 * sharing.MOST_ROWS, 4)) == 4
    assert len(sharing.spans(4 * sharing.MOST_ROWS + 1, 4)) == 8


def test_a_thread_that_is_held_up_takes_fewer_parts() -> None:
    taken: list[str] = []
    held = threading.Event()

    def score(start: int, stop: int) -> sharing.Scored:
        taken.append(threading.current_thread().name)
        if start == 0:
            assert held.wait(30)
        elif start == 4:
            held.set()
        return [np.arange(start, stop, dtype=float)], {}

    (column,), _ = sharing.in_parts(score, [(k, k + 1) for k in range(5)], 2)
    assert column.tolist() == [0, 1, 2, 3, 4]
    assert sorted(taken.count(name) for name in set(taken)) == [1, 4]

"""Rows shared by threads: the same numbers, whoever scores which rows."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pmml_pipeline as pp
from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.program import Program
from pmml_pipeline.engines.native import Native
from pmml_pipeline.loading import _processors

from ..pmml import data_field, linear, mining_field


def program() -> Program:
    """exp(a) * b, and a."""
    b = Builder(2)
    product = b.op("MUL", b.op("EXP", 0), 1)
    (stage,) = b.finish([product, 0])
    return stage.program


def threads_of_this_process() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 1024, 2048, 3000, 20_001])
@pytest.mark.parametrize("threads", [2, 3, 7, 1000])
def test_every_number_of_threads_gives_the_same_bits(rows: int, threads: int) -> None:
    native = Native(program())
    columns = np.random.default_rng(0).normal(size=(2, rows))
    one = native.score(columns, rows)
    assert one[1].tolist() == columns[0].tolist()
    assert native.score(columns, rows, threads).tobytes() == one.tobytes()


def test_columns_need_not_lie_one_after_the_other() -> None:
    table = np.random.default_rng(0).normal(size=(5000, 3))
    native = Native(program())
    whole = native.score(np.ascontiguousarray(table.T[:2]), 5000, 2)
    assert native.score([table[:, 0], table[:, 1]], 5000, 2).tobytes() == whole.tobytes()


SCORE_WITHOUT_THREADS = """
import resource, threading
import numpy as np, pandas as pd, pmml_pipeline as pp
one, scorer = (pp.load({path!r}, "compiled", threads=n) for n in (1, 8))
frame = pd.DataFrame({{"x": np.arange(9000.0)}})
expected = one.score_frame(frame)["y"].tolist()
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 3_000_000, size + 3_000_000))
try:
    threading.Thread(target=print).start()
    raise SystemExit("a thread could be had")
except RuntimeError:
    pass
assert scorer.score_frame(frame)["y"].tolist() == expected
print("scored")
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """y = 2x."""
    path = tmp_path / "document.pmml"
    path.write_bytes(linear(data_field("x"), mining_field("x"), {"x": 2.0}))
    return path


def test_rows_are_scored_where_no_thread_can_be_had(document: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCORE_WITHOUT_THREADS.format(path=str(document))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "scored\n", done.stderr


def test_a_scorer_has_threads_only_while_it_scores(document: Path) -> None:
    before = threads_of_this_process()
    scorer = pp.load(document, "compiled", threads=4)
    frame = pd.DataFrame({"x": np.arange(50_000.0)})
    assert scorer.score_frame(frame)["y"].tolist() == (2.0 * frame["x"]).tolist()
    assert threads_of_this_process() == before


@pytest.mark.parametrize("threads", [0, -1, 257, 2.0, "2", True, float("nan")])
def test_there_is_at_least_one_thread(document: Path, threads: Any) -> None:
    with pytest.raises(
        ValueError, match=f"threads is {threads!r}; use a whole number from 1 to 256"
    ):
        pp.load(document, threads=threads)


def test_the_processors_of_the_process_are_taken_not_the_machine_s(monkeypatch: Any) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5})
    assert _processors() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert _processors() == 1


def test_a_column_of_another_length_is_refused_before_memory_is_read() -> None:
    native = Native(program())
    for columns in (np.ones((2, 9)), [np.ones(10), np.ones(9)], [np.ones(10), np.ones((10, 1))]):
        with pytest.raises(ValueError, match="has not 10 numbers"):
            native.score(columns, 10)
    with pytest.raises(ValueError, match="same size"):
        native.score_one([1.0])


def test_threads_score_single_rows_at_once() -> None:
    native = Native(program())
    rows = np.random.default_rng(1).normal(size=(2000, 2)).tolist()
    expected = [native.score_one(row) for row in rows]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(native.score_one, rows)) == expected

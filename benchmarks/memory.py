"""Measures the memory that ``pmml-pipeline score`` takes for ten million rows of Parquet.

The rows have 10 numbers and 6 texts, and the model is the LogisticRegression of
``benchmarks.speed``. The file is written into ``build/bench`` and removed afterwards. What counts
is the most that the process ever had resident, as the kernel says when it ends.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.case import BUILD, Case, Rows
from benchmarks.prepare import prepared
from benchmarks.results import show, table, verdict

ROWS = 10_000_000
LIMIT = 1.0  # GiB
GROUP = 200_000  # rows that are written at once


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes into the results; 1 when it is more than it may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS, help=f"other than {ROWS:,}")
    parser.add_argument("--quick", action="store_true", help="a small model")
    given = parser.parse_args(arguments)
    (case,) = prepared(["linear"], given.quick)
    source, target = BUILD / "memory-in.parquet", BUILD / "memory-out.parquet"
    try:
        print(f"Writing {given.rows:,} rows ...", flush=True)
        _write(source, case.rows(), given.rows)
        size = source.stat().st_size / 2**30
        print("Scoring ...", flush=True)
        seconds, peak = _score(case, source, target)
        found = pq.ParquetFile(target).metadata.num_rows
    finally:
        source.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
    met = peak < LIMIT and found == given.rows
    cells = [f"{found:,}", f"{size:.2f} GiB", f"{seconds:.0f} s", f"{found / seconds:,.0f}"]
    lines = table(
        ["rows", "file", "took", "rows/s", "most resident memory", "wanted", ""],
        [[*cells, f"{peak:.2f} GiB", f"under {LIMIT:.0f} GiB", verdict(met)]],
    )
    show("memory", lines, keep=given.rows == ROWS and not given.quick)
    return 0 if met else 1


def _write(path: Path, rows: Rows, count: int) -> None:
    random = np.random.default_rng(4)
    texts = {n: pa.array(c.tolist()) for n, c in rows.columns.items() if c.dtype != float}
    writer = None
    try:
        for start in range(0, count, GROUP):
            size = min(GROUP, count - start)
            some = random.integers(len(rows), size=size)
            columns = {
                n: texts[n].take(pa.array(some)) if n in texts else random.normal(size=size)
                for n in rows.columns
            }
            group = pa.table(columns)
            writer = writer or pq.ParquetWriter(path, group.schema)
            writer.write_table(group)
    finally:
        if writer is not None:
            writer.close()


def _score(case: Case, source: Path, target: Path) -> tuple[float, float]:
    """Seconds and GiB."""
    command = [sys.executable, "-m", "pmml_pipeline.cli", "score", str(case.document)]
    command += ["--engine", "compiled", "--input", str(source), "--output", str(target)]
    start = time.monotonic()
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"pmml-pipeline score ended with {child.returncode}")
    return time.monotonic() - start, usage.ru_maxrss / 2**20


if __name__ == "__main__":
    sys.exit(main())

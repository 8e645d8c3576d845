"""Shows that the cost of scoring grows linearly: with rows to ten million, with trees to 10,000.

The documents are sums of made-up trees. From the times the exponent p of ``seconds = c * n ** p``
is fitted: 1 is linear. It is wanted to be at most 1.1. A smaller one says that some of the cost
does not grow at all.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import pmml_pipeline as pp
from benchmarks.case import BUILD
from benchmarks.made_up import FIELDS, forest
from benchmarks.results import show, table, verdict

LIMIT = 1.1
FEW_TREES, MANY_ROWS = 100, (10_000, 100_000, 1_000_000, 10_000_000)
FEW_ROWS, MANY_TREES = 5_000, (10, 100, 1_000, 10_000)
AGAIN_S = 1.0  # a measurement that is shorter is repeated for so long; the median counts


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes into the results; 1 when it is not linear."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows and trees")
    given = parser.parse_args(arguments)
    most = 3 if given.quick else 4
    os.environ["PMML_PIPELINE_COMPILED_CACHE"] = "off"  # what is loaded is to be compiled
    BUILD.mkdir(parents=True, exist_ok=True)
    rows = _by_rows(MANY_ROWS[:most])
    trees, loading = _by_trees(MANY_TREES[:most])
    lines, met = [], True
    for what, unit, times in (
        (f"rows, {FEW_TREES} trees, score_columns", "row", rows),
        (f"trees, {FEW_ROWS:,} rows, score_columns", "tree", trees),
        ("trees, to load the document", "tree", loading),
    ):
        power = exponent(times)
        met = met and power <= LIMIT
        lines += [
            *table([what, "seconds", f"µs for a {unit}"], _rows(times)),
            "",
            f"Exponent {power:.2f}, wanted at most {LIMIT}: {verdict(power <= LIMIT)}.",
            "",
        ]
    show("linear", lines, keep=not given.quick)
    return 0 if met else 1


def exponent(times: Mapping[int, float]) -> float:
    """The power with which seconds grow, by least squares of their logarithms."""
    counts, seconds = (np.log(np.array(list(x), float)) for x in (times.keys(), times.values()))
    return float(np.polyfit(counts, seconds, 1)[0])


def _by_rows(counts: Sequence[int]) -> dict[int, float]:
    path = _written(FEW_TREES)
    scorer = pp.load(path, engine="compiled", threads=1)
    return {count: _seconds(scorer, count) for count in counts}


def _by_trees(counts: Sequence[int]) -> tuple[dict[int, float], dict[int, float]]:
    scoring, loading = {}, {}
    for count in counts:
        path = _written(count)
        start = time.perf_counter()
        scorer = pp.load(path, engine="compiled", threads=1)
        loading[count] = time.perf_counter() - start
        scoring[count] = _seconds(scorer, FEW_ROWS)
        path.unlink()
    return scoring, loading


def _seconds(scorer: pp.Scorer, rows: int) -> float:
    random = np.random.default_rng(3)
    columns: dict[str, npt.NDArray[np.float64]] = {n: random.normal(size=rows) for n in FIELDS}
    times: list[float] = []
    end = time.perf_counter() + AGAIN_S
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        scorer.score_columns(columns, rows)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _written(trees: int) -> Path:
    path = BUILD / f"made-up-{trees}.pmml"
    path.write_text(forest(trees), encoding="utf-8")
    return path


def _rows(times: Mapping[int, float]) -> list[list[str]]:
    return [[f"{n:,}", f"{s:.4f}", f"{s / n * 1e6:.3f}"] for n, s in times.items()]


if __name__ == "__main__":
    sys.exit(main())

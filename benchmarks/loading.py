"""Measures how long it takes until there is a first score, each time in a fresh process.

The document is that of the RandomForest of 100 trees. The Java machine is started, and everything
that an engine needs is imported, before it is timed. The first time that the compiled engine loads
the document is with an empty cache in a folder of its own, and the later times with what it has
kept there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.case import Case
from benchmarks.prepare import prepared
from benchmarks.results import show, table, verdict

# The bare document: an artifact replays its golden rows, which is no loading.
_LOAD = """
import sys, time
import pmml_pipeline as pp
import pmml_pipeline.compiler.compile, pmml_pipeline.engines.compiled, pmml_pipeline.loading
from pmml_pipeline import kernels
from pmml_pipeline.engines.jvm import runtime
kernels.load()
if {java}:
    import pmml_pipeline.engines.jpmml, pmml_pipeline.engines.pypmml
    runtime.start()
start = time.perf_counter()
{load}
print(time.perf_counter() - start)
"""
_PYPMML = _LOAD.format(
    java=True,
    load="pypmml_model(sys.argv[1])",
).replace("start = time", "from benchmarks.forms import pypmml_model\nstart = time")
_IMPORT = """
import time
start = time.perf_counter()
import pmml_pipeline
print(time.perf_counter() - start)
"""
_SCORE = """
import json, sys
import pmml_pipeline as pp
scorer = pp.load(sys.argv[1], engine="compiled")
scorer.score(json.loads(sys.argv[2]))
"""

FIRST, AGAIN = "compiled, the first time", "compiled, again"
PYPMML, JPMML, ENGINE = "pypmml's own Model.fromFile", "engine jpmml", "engine pypmml"
IMPORT = "import pmml_pipeline"
SCORE = "a first score, from the start of Python to its end"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes into the results; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes of each kind")
    parser.add_argument("--quick", action="store_true", help="a small document, two rounds")
    given = parser.parse_args(arguments)
    rounds = 2 if given.quick else given.rounds
    (case,) = prepared(["forest-100"], given.quick)
    times = _times(case, rounds)
    medians = {name: statistics.median(some) for name, some in times.items()}
    found = _figures(medians)
    size = case.document.stat().st_size / 1e6
    lines = [
        f"The document has {size:.1f} MB. Medians of {rounds} fresh processes.",
        "",
        *table(
            ["what", "median s", "fastest", "slowest"],
            [
                [n, *(f"{s:.3f}" for s in (medians[n], min(some), max(some)))]
                for n, some in times.items()
            ],
        ),
        "",
        *table(
            ["figure", "wanted", "found", ""],
            [[name, wanted, shown, verdict(met)] for name, wanted, shown, met in found],
        ),
    ]
    show("loading", lines, keep=not given.quick)
    return 0 if all(met for *_, met in found) else 1


def _times(case: Case, rounds: int) -> dict[str, list[float]]:
    document = str(case.document)
    (record,) = case.rows().records(1)
    engine = 'pp.load(sys.argv[1], engine="{}")'
    compiled = _LOAD.format(java=False, load=engine.format("compiled"))
    with tempfile.TemporaryDirectory(prefix="pmml-bench-") as top:
        caches = iter(range(10_000))

        def first() -> float:
            return _said(compiled, document, cache=Path(top, str(next(caches))))

        kept = Path(top, "kept")
        _said(compiled, document, cache=kept)
        kinds: dict[str, Callable[[], float]] = {
            FIRST: first,
            AGAIN: lambda: _said(compiled, document, cache=kept),
            PYPMML: lambda: _said(_PYPMML, document),
            ENGINE: lambda: _said(_LOAD.format(java=True, load=engine.format("pypmml")), document),
            JPMML: lambda: _said(_LOAD.format(java=True, load=engine.format("jpmml")), document),
            IMPORT: lambda: _said(_IMPORT),
            SCORE: lambda: _whole(_SCORE, document, json.dumps(record), cache=kept),
        }
        times: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, measure in kinds.items():
                times[name].append(measure())
    return times


def _figures(medians: dict[str, float]) -> list[tuple[str, str, str, bool]]:
    """What is to be reached: name, wanted, found, met."""
    first, again = (medians[PYPMML] / medians[name] for name in (FIRST, AGAIN))
    return [
        ("the first time, beside pypmml", "4 times as fast", f"{first:.1f}", first >= 4),
        ("again, beside pypmml", "50 times as fast", f"{again:.1f}", again >= 50),
        (IMPORT, "under 0.15 s", f"{medians[IMPORT]:.3f} s", medians[IMPORT] < 0.15),
        (SCORE, "under 1.5 s", f"{medians[SCORE]:.2f} s", medians[SCORE] < 1.5),
    ]


def _said(code: str, *arguments: str, cache: Path | None = None) -> float:
    return float(_run(code, arguments, cache).splitlines()[-1])


def _whole(code: str, *arguments: str, cache: Path | None = None) -> float:
    start = time.perf_counter()
    _run(code, arguments, cache)
    return time.perf_counter() - start


def _run(code: str, arguments: Sequence[str], cache: Path | None) -> str:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    if cache is not None:
        cache.mkdir(exist_ok=True)
        environment["PMML_PIPELINE_COMPILED_CACHE"] = str(cache)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=Path(__file__).resolve().parents[1],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

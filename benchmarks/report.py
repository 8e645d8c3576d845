"""The table of what was measured, on the terminal and in ``benchmarks/results.md``."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pmml_pipeline.engines.jvm.java import find_java

if TYPE_CHECKING:
    from benchmarks.scoring import Comparison, Measured

RESULTS = Path(__file__).with_name("results.md")
PACKAGES = ("pypmml", "jpype1", "pandas", "numpy", "pmml-pipeline")


def write(comparisons: Sequence[Comparison], rounds: int, processes: int, keep: bool) -> None:
    """Prints the tables and, where wanted, writes them to the file."""
    lines = [
        *_head(rounds, processes),
        *(_summary(comparison) for comparison in comparisons),
        *(line for comparison in comparisons for line in _details(comparison)),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if keep:
        RESULTS.write_text(text, encoding="utf-8")


def _head(rounds: int, processes: int) -> Iterator[str]:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    yield "# Scoring on pypmml, against pypmml's own calls"
    yield ""
    yield "Written by `make bench`; `benchmarks/scoring.py` says how it is measured. The ratio is"
    yield "this package's time by that of pypmml's fastest form: the median and the middle half of"
    yield f"{rounds} rounds in each of {processes} processes."
    yield ""
    yield f"- {_processor()}, {os.cpu_count()} cores, {platform.system()}"
    yield f"- Python {platform.python_version()}, Java {find_java().version}, {versions}"
    yield "- processor time of one thread"
    yield ""
    yield "| model | pypmml's fastest form | this package | ratio | middle half | figure | |"
    yield "|---|---|---|---|---|---|---|"


def _summary(comparison: Comparison) -> str:
    ratios = comparison.ratios
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    best, own = comparison.fastest, comparison.own
    cells = (
        comparison.model,
        f"{best.name}: {_speed(best.median, comparison.batch)}",
        f"{own.name}: {_speed(own.median, comparison.batch)}",
        f"{median:.2f}",
        f"{low:.2f} to {high:.2f}",
        f"at most {comparison.limit:.1f}",
        "MISSED" if comparison.missed else "reached",
    )
    return f"| {' | '.join(cells)} |"


def _details(comparison: Comparison) -> Iterator[str]:
    yield ""
    yield f"## {comparison.model}, {'a batch' if comparison.batch else 'one record'}"
    yield ""
    yield "| call | median | fastest round | slowest round | |"
    yield "|---|---|---|---|---|"
    for form in comparison.forms:
        yield f"| {' | '.join(_cells(form, comparison.batch))} |"


def _cells(form: Measured, batch: bool) -> tuple[str, ...]:
    if not form.rounds:
        return (form.name, "", "", "", form.note)
    fastest, slowest = min(form.rounds), max(form.rounds)
    shown = (_speed(microseconds, batch) for microseconds in (form.median, fastest, slowest))
    return (form.name, *shown, form.note)


def _speed(microseconds: float, batch: bool) -> str:
    return f"{1e6 / microseconds:,.0f} rows/s" if batch else f"{microseconds:.1f} µs"


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

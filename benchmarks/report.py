"""The tables of pypmml's own calls."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from benchmarks.results import table, verdict

if TYPE_CHECKING:
    from benchmarks.scoring import Comparison, Measured


def lines(comparisons: Sequence[Comparison], rounds: int, processes: int) -> list[str]:
    """The section of the results."""
    return [
        "The ratio is this package's time by that of pypmml's fastest form: the median and the",
        f"middle half of {rounds} rounds in each of {processes} processes, in processor time of",
        "one thread.",
        "",
        *table(
            [
                "model",
                "pypmml's fastest form",
                "this package",
                "ratio",
                "middle half",
                "figure",
                "",
            ],
            [_summary(comparison) for comparison in comparisons],
        ),
        *(line for comparison in comparisons for line in _details(comparison)),
    ]


def _summary(comparison: Comparison) -> list[str]:
    low, median, high = statistics.quantiles(comparison.ratios, n=4, method="inclusive")
    best, own = comparison.fastest, comparison.own
    return [
        comparison.model,
        f"{best.name}: {_speed(best.median, comparison.batch)}",
        f"{own.name}: {_speed(own.median, comparison.batch)}",
        f"{median:.2f}",
        f"{low:.2f} to {high:.2f}",
        f"at most {comparison.limit:.1f}",
        verdict(not comparison.missed),
    ]


def _details(comparison: Comparison) -> Iterator[str]:
    yield ""
    yield f"### {comparison.model}, {'a batch' if comparison.batch else 'one record'}"
    yield ""
    head = ["call", "median", "fastest round", "slowest round", ""]
    yield from table(head, [_cells(form, comparison.batch) for form in comparison.forms])


def _cells(form: Measured, batch: bool) -> list[str]:
    if not form.rounds:
        return [form.name, "", "", "", form.note]
    fastest, slowest = min(form.rounds), max(form.rounds)
    shown = (_speed(microseconds, batch) for microseconds in (form.median, fastest, slowest))
    return [form.name, *shown, form.note]


def _speed(microseconds: float, batch: bool) -> str:
    return f"{1e6 / microseconds:,.0f} rows/s" if batch else f"{microseconds:.1f} µs"

"""Measures Scorer.score and score_frame on pypmml against pypmml's own calls.

``make bench`` runs this. Of three of the models of ``benchmarks.speed`` it scores the same rows
with every call form that pypmml has and with this package, in one process and on one JVM, with all
checks on. The rounds of all forms are interleaved, and each of this package's is divided by that of
pypmml's fastest form beside it. The figure is the median of these ratios over the rounds of several
processes, one after the other: how Java compiles hot code is partly chance.

What is measured is the processor time of the one thread that calls, Java included, since other work
on the machine hardly touches that. Results are checked before and after.

The figures to reach:

- ``score`` takes at most 1.2 times the time of pypmml's fastest form for one record;
- ``score_frame`` is at least as fast as pypmml's fastest form for many.

pypmml gets its inputs ready-made (lists, JSON text), and its answers are left as they come: neither
is counted, nor the collection of garbage, which runs in other threads. It runs over JPype; its
default, py4j, is several times slower.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.case import Case
from benchmarks.prepare import prepared
from benchmarks.report import lines
from benchmarks.results import show

RECORD_LIMIT = 1.2
BATCH_LIMIT = 1.0
MODELS = ("lightgbm-500", "forest-100", "linear")


@dataclass(frozen=True, slots=True)
class Measured:
    """One form, with the rounds of every process.

    Attributes:
        name: as in the table.
        own: whether it is this package's.
        note: what is special about it.
        times: microseconds per row, one list per process.
    """

    name: str
    own: bool
    note: str
    times: list[list[float]]

    @property
    def rounds(self) -> list[float]:
        """Every round of every process; empty when the form does not work."""
        return [time for process in self.times for time in process]

    @property
    def median(self) -> float:
        """Microseconds per row."""
        return statistics.median(self.rounds)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The forms of one kind (one record, or a batch) on one model, and the figure to reach."""

    model: str
    batch: bool
    forms: list[Measured]

    @property
    def own(self) -> Measured:
        """This package's form."""
        return next(f for f in self.forms if f.own)

    @property
    def fastest(self) -> Measured:
        """pypmml's fastest form. One that gives other results is none to be measured against."""
        usable = [f for f in self.forms if not f.own and not f.note]
        return min(usable, key=lambda f: f.median)

    @property
    def ratios(self) -> list[float]:
        """This package's time by that of pypmml's fastest form, round by round, sorted."""
        pairs = zip(self.own.rounds, self.fastest.rounds, strict=True)
        return sorted(ours / theirs for ours, theirs in pairs)

    @property
    def limit(self) -> float:
        """What the median of the ratios may be."""
        return BATCH_LIMIT if self.batch else RECORD_LIMIT

    @property
    def missed(self) -> bool:
        """Whether it is more."""
        return statistics.median(self.ratios) > self.limit


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes ``benchmarks/results.md``; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of each form, at least 5")
    parser.add_argument("--processes", type=int, default=3, help="one after the other")
    parser.add_argument("--model", choices=MODELS, action="append", help="only this one")
    parser.add_argument("--quick", action="store_true", help="small models")
    given = parser.parse_args(arguments)
    if given.rounds < 5 or given.processes < 1:
        parser.error("fewer than 5 rounds say nothing")
    comparisons = []
    for case in prepared(given.model or MODELS, given.quick):
        comparisons += _compare(case, given.rounds, given.processes)
    missed = [c for c in comparisons if c.missed]
    text = lines(comparisons, given.rounds, given.processes)
    show("scoring", text, keep=not (given.model or given.quick))
    print(f"{len(missed)} of {len(comparisons)} figures missed")
    return 1 if missed else 0


def _compare(case: Case, rounds: int, processes: int) -> list[Comparison]:
    name = case.facts.title
    command = [sys.executable, "-m", "benchmarks.forms", str(case.folder), str(rounds)]
    runs: list[dict[str, Any]] = []
    for number in range(processes):
        print(f"{name}: measure ({number + 1} of {processes}) ...", flush=True)
        runs.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
    return [
        Comparison(
            name,
            kind == "batches",
            [
                Measured(
                    same[0]["name"],
                    same[0]["own"],
                    next((f["note"] for f in same if f["note"]), ""),
                    [f["times"] for f in same],
                )
                for same in zip(*(run[kind] for run in runs), strict=True)
            ],
        )
        for kind in ("records", "batches")
    ]


if __name__ == "__main__":
    sys.exit(main())

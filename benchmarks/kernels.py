"""Measures the kernels by themselves: the table of docs/decisions/0007-kernels-in-c.md.

The program of LightGBM 500 x 31 leaves over columns of numbers, without checks and without frames,
compiled for each level of vector instructions, by gcc too, and in its interpretation with NumPy;
beside lleaves and LightGBM. It is measured as in ``benchmarks.speed``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.calls import BATCH
from benchmarks.case import Case
from benchmarks.environments import LLEAVES
from benchmarks.measuring import Group, Measured, Session, measure
from benchmarks.prepare import prepared
from benchmarks.results import show, table
from benchmarks.speed import COMPILE_LIMIT, ROUNDS, SECONDS
from pmml_pipeline.kernels.build import levels

GROUPS = (
    Group("the kernels", "benchmarks.peers.kernels"),
    Group("LightGBM", "benchmarks.peers.library"),
    Group("lleaves", "benchmarks.peers.lleaves", LLEAVES, COMPILE_LIMIT),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes into the results; 1 when some result is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small model, two short rounds")
    given = parser.parse_args(arguments)
    (case,) = prepared(["lightgbm-500"], given.quick)
    length = (2, 0.05, 0.05) if given.quick else (ROUNDS, SECONDS, SECONDS)
    session = measure(case.folder, GROUPS, *length)
    calls = sorted((c for c in session.calls if c.kind == BATCH), key=lambda c: c.median)
    base = next((c for c in calls if c.name == f"C for {levels()[0]}"), None)
    head = [case.facts.title, "is given", "rows", "median rows/s", "the best C is as fast, times"]
    lines = table([*head, "results"], [_row(call, base) for call in calls])
    lines += ["", *_notes(case, session)]
    show("kernels", lines, keep=not given.quick)
    return 0 if all(call.agreement.exact for call in calls) else 1


def _row(call: Measured, base: Measured | None) -> list[str]:
    ratio = "" if base is None else f"{base.ratio(call):.2f}"
    speed = f"{1e6 / call.median:,.0f}"
    return [call.name, call.given, f"{call.rows:,}", speed, ratio, str(call.agreement)]


def _notes(case: Case, session: Session) -> list[str]:
    lines = [f"- {absent.name} was not measured: {absent.reason}" for absent in session.absent]
    took = case.folder / "lleaves-seconds.txt"
    if took.is_file():
        seconds = float(took.read_text(encoding="ascii"))
        lines.append(f"- lleaves compiled this model in {seconds:.0f} s, once.")
    return lines


if __name__ == "__main__":
    sys.exit(main())

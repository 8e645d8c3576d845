"""The tables of what was measured beside the peers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.calls import BATCH, RECORD
from benchmarks.case import Facts
from benchmarks.figures import DICT, FRAME, Figure
from benchmarks.measuring import Measured, Session
from benchmarks.results import table, verdict

_KINDS = {
    BATCH: ("many rows, one thread", FRAME),
    RECORD: ("one record", DICT),
}


def summary(found: Sequence[tuple[Facts, Sequence[Figure]]]) -> Iterator[str]:
    """The figures to reach."""
    rows = []
    for facts, some in found:
        for figure in some:
            result = figure.reason if figure.found is None else f"{figure.found:.2f}"
            met = verdict(figure.met)
            rows.append([facts.title, figure.what, f"{figure.wanted:g}", result, met])
    yield from table(["model", "this package beside", "times as fast, wanted", "found", ""], rows)


def details(facts: Facts, session: Session) -> Iterator[str]:
    """Every call of one model, and the peers that there are none of."""
    yield ""
    yield f"### {facts.title}"
    for kind, (title, own) in _KINDS.items():
        calls = [c for c in session.calls if c.kind == kind]
        if not calls:
            continue
        base = next((c for c in calls if c.name == own), None)
        calls.sort(key=lambda c: c.median)
        speed = "µs" if kind == RECORD else "rows/s"
        head = [title, "is given", "rows", f"median {speed}", "99th percentile"]
        yield ""
        yield from table(
            [*head, "this package is as fast, times", "results"], [_row(c, base) for c in calls]
        )
    if session.absent:
        yield ""
        yield "Not measured:"
        yield ""
        for absent in session.absent:
            yield f"- {absent.name}: {' '.join(absent.reason.split())}"


def _row(call: Measured, base: Measured | None) -> list[str]:
    ratio = "" if base is None else f"{base.ratio(call):.2f}"
    rows = "1" if call.kind == RECORD else f"{call.rows:,}"
    speeds = [_speed(call.kind, each) for each in (call.median, call.slowest)]
    return [call.name, call.given, rows, *speeds, ratio, str(call.agreement)]


def _speed(kind: str, microseconds: float) -> str:
    return f"{microseconds:,.1f}" if kind == RECORD else f"{1e6 / microseconds:,.0f}"

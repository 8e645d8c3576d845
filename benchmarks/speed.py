"""Measures the project beside every peer: many rows on one thread, and one record.

``make bench`` runs this. The models are trained and exported once and kept in ``build/bench``; so
are the environments of the peers and what they compile. Every peer has a process of its own, and
they take turns, round after round.

Many rows are timed by the processor time of the whole process, so that neither other work on the
machine nor a second thread counts for or against anybody; one record is timed by the clock. What a
peer is given is made before: only the forms that the tables name are. Where one record is a dict,
making the peer's arrays of it counts. All results are compared with the training library's while
they are timed. A peer that would take more than a second gets fewer rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from benchmarks.case import Facts
from benchmarks.environments import LLEAVES, PEERS
from benchmarks.figures import Figure, figures
from benchmarks.measuring import Group, Session, measure
from benchmarks.models import MODELS
from benchmarks.prepare import prepared
from benchmarks.results import show
from benchmarks.tables import details, summary
from pmml_pipeline.errors import PmmlPipelineError

COMPILE_LIMIT = 300.0  # seconds for a peer that compiles the model
GROUPS = (
    Group("compiled", "benchmarks.peers.own"),
    Group("pypmml and jpmml", "benchmarks.peers.java"),
    Group("the training library", "benchmarks.peers.library"),
    Group("ONNX Runtime", "benchmarks.peers.onnx", PEERS),
    Group("treelite", "benchmarks.peers.treelite", PEERS),
    Group("tl2cgen", "benchmarks.peers.tl2cgen", PEERS, COMPILE_LIMIT),
    Group("lleaves", "benchmarks.peers.lleaves", LLEAVES, COMPILE_LIMIT),
)
ROUNDS, SECONDS, WARM = 5, 0.2, 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes ``benchmarks/results.md``; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each call")
    parser.add_argument("--model", choices=MODELS, action="append", help="only this one")
    parser.add_argument("--quick", action="store_true", help="small models, two short rounds")
    parser.add_argument("--prepare", action="store_true", help="only make and compile the models")
    given = parser.parse_args(arguments)
    rounds, seconds, warm = given.rounds, SECONDS, WARM
    if given.quick or given.prepare:
        rounds, seconds, warm = (2 if given.quick else 0), 0.05, 0.05
    found: list[tuple[Facts, Session, list[Figure]]] = []
    failed = 0
    for name in given.model or MODELS:
        try:
            (case,) = prepared([name], given.quick)
        except PmmlPipelineError as error:
            print(f"{MODELS[name].title} cannot be exported: {error}")
            failed += 1
            continue
        print(f"{case.facts.title}: measure ...", flush=True)
        start = time.monotonic()
        session = measure(case.folder, GROUPS, rounds, seconds, warm)
        print(f"  {time.monotonic() - start:.0f} s", flush=True)
        if not given.prepare:
            found.append((case.facts, session, figures(case.facts, session)))
    if given.prepare:
        return 1 if failed else 0
    lines = list(summary([(facts, some) for facts, _, some in found]))
    for facts, session, _ in found:
        lines += details(facts, session)
    show("speed", lines, keep=not (given.quick or given.model or failed))
    every = [figure for _, _, some in found for figure in some]
    missed = sum(not figure.met for figure in every)
    print(f"{missed} of {len(every)} figures missed")
    return 1 if missed or failed else 0


if __name__ == "__main__":
    sys.exit(main())

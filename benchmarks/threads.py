"""What do two threads gain over one, beside what the machine has for them at that moment?

The two processors of a virtual machine may be two halves of one core, now and then, or be lent to
somebody else. So next to two threads of one process the same work is done by two processes, which
share neither a lock nor memory, in turn. Right after, two threads multiply small matrices, which
need neither. All results are compared with the training library's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.calls import THREADS
from benchmarks.figures import ONE_THREAD, TWICE, TWO_PROCESSES, TWO_THREADS
from benchmarks.machine import two_beside_one
from benchmarks.measuring import Group, Measured, Session, measure
from benchmarks.models import MODELS
from benchmarks.prepare import prepared
from benchmarks.results import show, table, verdict

ALONE = Group("compiled on two threads", "benchmarks.peers.threads")
ROUNDS, SECONDS, WARM = 9, 1.0, 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes into the results; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", choices=MODELS, action="append", help="only this one")
    parser.add_argument("--quick", action="store_true", help="small models, two short rounds")
    given = parser.parse_args(arguments)
    rounds, seconds, warm = (2, 0.05, 0.05) if given.quick else (ROUNDS, SECONDS, WARM)
    rows, missed = [], 0
    for name in given.model or MODELS:
        (case,) = prepared([name], given.quick)
        print(f"{case.facts.title}: measure ...", flush=True)
        session = measure(case.folder, (ALONE,), rounds, seconds, warm)
        one, two, processes = (
            _call(session, call) for call in (ONE_THREAD, TWO_THREADS, TWO_PROCESSES)
        )
        gain = two.ratio(one)
        missed += gain < TWICE
        rows.append(
            [
                *(case.facts.title, f"{one.rows:,}", f"{1e6 / one.median:,.0f}"),
                *(f"{gain:.2f}", verdict(gain >= TWICE), f"{processes.ratio(one):.2f}"),
                two_beside_one(),
            ]
        )
    head = [
        *("model", "rows", "rows/s on one thread"),
        *(f"two threads, times one ({TWICE} wanted)", "", "two processes, times one"),
        "matrix products on two threads (10th to 90th percentile)",
    ]
    show("threads", table(head, rows), keep=not (given.quick or given.model))
    return 1 if missed else 0


def _call(session: Session, name: str) -> Measured:
    """A call whose results are right.

    Raises:
        ValueError: it was not measured, or is wrong.
    """
    for call in session.calls:
        if call.name == name and call.kind == THREADS and call.agreement.exact:
            return call
    raise ValueError(f"{name} was not measured or is wrong: {session.absent}")


if __name__ == "__main__":
    sys.exit(main())

"""Times the calls of one peer, in a process of its own.

``python -m benchmarks.worker CASE MODULE`` is a child of ``benchmarks.measuring``, perhaps in
another environment. It says on one line of JSON what it can call, and then answers every line that
names a call and a number of seconds. What libraries print goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.agreement import Agreement, compare
from benchmarks.calls import THREADS, Call, Peers, Record
from benchmarks.case import Case, Rows

TRY_ROWS = (200, 2_000, 20_000)  # which show how long all would take
LONGEST = 1.0  # so that a slow peer gets fewer rows
MORE = 50  # times as many rows for threads, and as many for all calls of a peer
RECORDS = 1_000  # different ones, taken in turn


class Timed:
    """A call with what it needs to be timed.

    Args:
        call: to time.
        rows: all there are to score; fewer are scored where they would take too long.
        expected: the training library's results for them.
        longest: seconds that one call may take.
    """

    def __init__(self, call: Call, rows: Rows, expected: Any, longest: float = LONGEST) -> None:
        self.call = call
        self._expected = expected
        if isinstance(call, Record):
            self.rows = 1
            self._records = [call.prepare(r) for r in rows.records(RECORDS)]
            self._next = 0
            self.measure(0.0)
        else:
            self.rows = len(rows)
            for some in (n for n in TRY_ROWS if n <= len(rows)):  # whether more may be tried
                self._run = call.prepare(rows.head(some))
                self._run()  # what is done once
                start = time.process_time()
                self._run()
                each = (time.process_time() - start) / some
                self.rows = int(max(some, min(len(rows), longest / max(each, 1e-9))))
                if self.rows == some:
                    break
            self._run = call.prepare(rows.head(self.rows))

    def measure(self, seconds: float) -> tuple[list[float], Agreement]:
        """Calls for about that long, at least once: microseconds per row, and the check."""
        if isinstance(self.call, Record):
            return self._one_by_one(seconds, self.call)
        clock = time.perf_counter if self.call.kind == THREADS else time.process_time
        times: list[float] = []
        end = time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            start = clock()
            result = self._run()
            times.append((clock() - start) / self.rows * 1e6)
        return times, compare(self._expected[: self.rows], self.call.scores(result))

    def _one_by_one(self, seconds: float, record: Record) -> tuple[list[float], Agreement]:
        clock, call, records = time.perf_counter, record.call, self._records
        times: list[float] = []
        places: list[int] = []
        results: list[Any] = []
        end = clock() + seconds
        while not times or clock() < end:
            self._next = (self._next + 1) % len(records)
            one = records[self._next]
            start = clock()
            result = call(one)
            times.append((clock() - start) * 1e6)
            places.append(self._next)
            results.append(result)
        found = [record.score(result) for result in results]
        return times, compare(self._expected[places], np.array(found))


def _opened(case: Case, peers: Peers) -> tuple[list[Timed], list[dict[str, Any]]]:
    """What can be called, and why the others cannot."""
    rows, expected = case.rows(), case.expected()
    timed: list[Timed] = []
    absent = []
    many, repeated, longest = rows.repeated(MORE), np.tile(expected, MORE), LONGEST
    for name, peer in peers.items():
        try:
            for call in peer(case):
                if call.kind == THREADS:  # the first of them says how many rows all get
                    timed.append(Timed(call, many, repeated, longest))
                    many, longest = many.head(timed[-1].rows), math.inf
                else:
                    timed.append(Timed(call, rows, expected))
        # Whatever keeps a peer from a model is what has to be reported of it.
        except Exception as error:  # noqa: BLE001
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            kind = "" if type(error).__name__ == "NotForThisError" else f"{type(error).__name__}: "
            absent.append({"name": name, "reason": kind + " ".join(lines[:2])[:300]})
    return timed, absent


def main(folder: str, module: str) -> None:
    """Opens, and answers until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # the answers are read by a program
    start = time.monotonic()
    timed, absent = _opened(Case(Path(folder)), importlib.import_module(module).PEERS)
    said = {
        "calls": [
            {"name": t.call.name, "given": t.call.given, "kind": t.call.kind, "rows": t.rows}
            for t in timed
        ],
        "absent": absent,
        "seconds": time.monotonic() - start,
    }
    print(json.dumps(said), file=answers, flush=True)
    for line in sys.stdin:
        number, seconds = json.loads(line)
        times, agreement = timed[number].measure(seconds)
        print(json.dumps([times, asdict(agreement)]), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

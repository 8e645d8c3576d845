"""How much do two threads give on this machine at all?

Two processors of a virtual machine may be two halves of one core, or be lent to somebody else in
between. Hashing needs no memory and no lock, so what two threads of it gain over one is the most
that two threads of anything can be asked for at that moment.
"""

from __future__ import annotations

import hashlib
import statistics
import threading
import time

_DATA = bytes(1 << 16)  # stays in the first cache; hashlib leaves Python's lock
_TIMES = 300
_ROUNDS = 25


def two_beside_one() -> float:
    """How many times the hashes of one thread two threads make in the same time, a median."""
    _seconds(1)
    return statistics.median(2.0 * _seconds(1) / _seconds(2) for _ in range(_ROUNDS))


def _seconds(threads: int) -> float:
    others = [threading.Thread(target=_hash) for _ in range(threads - 1)]
    start = time.perf_counter()
    for other in others:
        other.start()
    _hash()
    for other in others:
        other.join()
    return time.perf_counter() - start


def _hash() -> None:
    digest = hashlib.sha256()
    for _ in range(_TIMES):
        digest.update(_DATA)

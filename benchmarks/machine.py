"""How much do two threads give on this machine at all?

Two processors of a virtual machine may be two halves of one core, now and then, or be lent to
somebody else. A product of small matrices needs no memory and no lock and keeps a whole core busy,
so what two threads of it gain over one is the most that two threads of anything of the kind can be
asked for at that moment.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time

import numpy as np

from benchmarks.children import ONE_THREAD

_SIZE = 128  # rows and columns: three such matrices stay near the processor
_TIMES = 100
_ROUNDS = 40


def two_beside_one() -> str:
    """How many times the work of one thread two threads do in the same time: median and range."""
    # In a process of its own, where NumPy takes one thread for a product.
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.machine"],
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _two_beside_one() -> str:
    _seconds(1)
    found = sorted(2.0 * _seconds(1) / _seconds(2) for _ in range(_ROUNDS))
    low, high = found[_ROUNDS // 10], found[-_ROUNDS // 10]
    return f"{statistics.median(found):.2f} ({low:.2f} to {high:.2f})"


def _seconds(threads: int) -> float:
    others = [threading.Thread(target=_multiply) for _ in range(threads - 1)]
    start = time.perf_counter()
    for other in others:
        other.start()
    _multiply()
    for other in others:
        other.join()
    return time.perf_counter() - start


def _multiply() -> None:
    matrix, product = np.ones((_SIZE, _SIZE)), np.empty((_SIZE, _SIZE))
    for _ in range(_TIMES):
        np.dot(matrix, matrix, out=product)


if __name__ == "__main__":
    alone = ONE_THREAD.items() <= os.environ.items()
    print(_two_beside_one() if alone else two_beside_one())

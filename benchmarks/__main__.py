"""Runs every benchmark, one after the other: ``make bench``, or ``make bench ARGS=--quick``."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from collections.abc import Sequence

from benchmarks.results import APART, TITLES


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs them all, also after one that fails; 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="small and short: does it all work? Writes nothing"
    )
    parser.add_argument("--only", choices=TITLES, action="append", help="only this one")
    given = parser.parse_args(arguments)
    failed = []
    for command in given.only or [name for name in TITLES if name not in APART]:
        print(f"--- python -m benchmarks.{command}", flush=True)
        start = time.monotonic()
        try:
            code = importlib.import_module(f"benchmarks.{command}").main(_options(command, given))
        except Exception:  # noqa: BLE001 - the others are wanted all the same, and this is shown
            traceback.print_exc()
            code = 2
        print(f"--- {command}: {time.monotonic() - start:.0f} s", flush=True)
        if code:
            failed.append(command + (" (it failed)" if code > 1 else ""))
    if failed:
        print(f"Figures were missed in {', '.join(failed)}")
    return 1 if failed else 0


def _options(command: str, given: argparse.Namespace) -> list[str]:
    options = ["--quick"] if given.quick else []
    if given.quick and command == "memory":
        options += ["--rows", "400000"]
    if given.quick and command == "scoring":
        options += ["--processes", "1"]
    return options


if __name__ == "__main__":
    sys.exit(main())

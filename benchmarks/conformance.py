"""Scores the recorded documents with every engine and prints who agrees with the training library.

The documents and predictions are recorded fixtures of other projects, outside this repository.
``make conformance`` runs this; the tests run it too and compare with what is known of each engine.

A document agrees when every expected column of every row does: numbers within 1e-10, numbers that
were recorded in float32 (at most 9 significant digits) as the same float32, labels as text.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pmml_pipeline.engines import ENGINES

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "conformance"
TOLERANCE = 1e-10
TIME_LIMIT = 60.0


@dataclass(frozen=True)
class Verdict:
    """What came of one document on one engine.

    Attributes:
        status: ``agrees``, ``mismatch``, ``error`` or ``timeout``.
        detail: the first difference or the error.
    """

    document: str
    status: str
    detail: str = ""


def documents(folder: Path = FOLDER) -> dict[str, str]:
    """The recorded documents and their input files."""
    with (folder / "index.csv").open(newline="") as file:
        return {row["document"]: row["input"] for row in csv.DictReader(file)}


def judge(document: str, input_file: str, engine: str, folder: Path = FOLDER) -> Verdict:
    """Scores one document and compares."""
    from pmml_pipeline.document import read
    from pmml_pipeline.errors import PmmlPipelineError
    from pmml_pipeline.scorer import Scorer

    path = folder / "pmml" / f"{document}.pmml"
    try:
        scorer = Scorer(path, read(path, trees=False), engine, extra_fields="ignore")
        table = _table(folder / "input" / input_file)
        rows = len(next(iter(table.values())))
        columns, errors = scorer.score_columns(table, rows)
    except PmmlPipelineError as error:
        return Verdict(document, "error", str(error)[:300])
    expected = _table(folder / "expected" / f"{document}.csv")
    for row, refusal in sorted(errors.items()):
        # No score is the right answer where the training library has none either.
        if any(cells[row] is not None for cells in expected.values()):
            return Verdict(document, "error", f"row {row}: {refusal.cause}"[:300])
    found = {o.name: values for o, values in zip(scorer.outputs, columns, strict=True)}
    return _compare(document, expected, found)


def _table(path: Path) -> dict[str, list[str | None]]:
    with path.open(newline="", encoding="utf-8") as file:
        first = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter="\t" if "\t" in first else ",")
        names = next(reader)
        columns: dict[str, list[str | None]] = {name: [] for name in names}
        for row in reader:
            for name, cell in zip(names, row, strict=True):
                columns[name].append(None if cell == "N/A" else cell)
    return columns


def _compare(
    document: str, expected: dict[str, list[str | None]], found: dict[str, Any]
) -> Verdict:
    for name, cells in expected.items():
        if name not in found:
            return Verdict(document, "mismatch", f"no result {name!r}, only {', '.join(found)}")
        single = _is_float32(cells)
        for row, (cell, value) in enumerate(zip(cells, found[name], strict=True)):
            if not _same(cell, value, single):
                return Verdict(
                    document, "mismatch", f"{name}, row {row}: expected {cell}, got {value!r}"
                )
    return Verdict(document, "agrees")


def _is_float32(cells: Sequence[str | None]) -> bool:
    """Whether a column was recorded in float32: no number needs more than 9 digits."""
    digits = [len(c.lower().split("e")[0].replace(".", "").strip("-0")) for c in cells if c]
    return any("." in c for c in cells if c) and max(digits, default=0) <= 9


def _same(cell: str | None, value: Any, single: bool) -> bool:
    if cell is None or value is None:
        return cell is None and (value is None or value != value)
    try:
        expected = float(cell)
    except ValueError:
        return str(value).lower() == cell.lower()
    try:
        actual = float(value)
    except (TypeError, ValueError):
        return False
    if math.isnan(expected) or math.isnan(actual):
        return math.isnan(expected) and math.isnan(actual)
    if single and np.float32(expected) == np.float32(actual):
        return True
    return abs(expected - actual) <= TOLERANCE and not (single and abs(expected) > 1e-3)


def run(engine: str, names: Sequence[str] | None = None) -> list[Verdict]:
    """Judges documents in a child process, which is replaced when a document makes it hang."""
    inputs = documents()
    todo = list(names or inputs)
    verdicts: list[Verdict] = []
    while len(verdicts) < len(todo):
        rest = todo[len(verdicts) :]
        verdicts += _batch(engine, [(name, inputs[name]) for name in rest])
    return verdicts


def _batch(engine: str, work: Sequence[tuple[str, str]]) -> list[Verdict]:
    """Verdicts for a beginning of the work, up to a document that hangs or crashes the child."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.conformance", "--child", engine],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    verdicts: list[Verdict] = []
    try:
        for document, input_file in work:
            child.stdin.write(json.dumps([document, input_file]) + "\n")
            child.stdin.flush()
            ready, _, _ = select.select([child.stdout], [], [], TIME_LIMIT)
            line = child.stdout.readline() if ready else ""
            if not line:
                status = "timeout" if not ready else "error"
                verdicts.append(
                    Verdict(document, status, "the engine hung" if not ready else "crashed")
                )
                break
            verdicts.append(Verdict(**json.loads(line)))
    finally:
        child.kill()
        child.communicate()
    return verdicts


def _child(engine: str) -> None:
    for line in sys.stdin:
        document, input_file = json.loads(line)
        print(json.dumps(asdict(judge(document, input_file, engine))), flush=True)


def _lines(results: dict[str, list[Verdict]], verbose: bool) -> Iterator[str]:
    yield f"{'engine':10} {'agrees':>7} {'mismatch':>9} {'error':>6} {'timeout':>8}"
    for engine, verdicts in results.items():
        counts = Counter(v.status for v in verdicts)
        yield (
            f"{engine:10} {counts['agrees']:>7} {counts['mismatch']:>9} "
            f"{counts['error']:>6} {counts['timeout']:>8}"
        )
    for engine, verdicts in results.items():
        for v in verdicts:
            if v.status != "agrees":
                yield f"{engine}  {v.document}: {v.status}" + (f": {v.detail}" if verbose else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m benchmarks.conformance [--verbose] [engine ...]``"""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "engines", nargs="*", metavar="engine", help=f"some of {', '.join(ENGINES)}; all by default"
    )
    parser.add_argument("--verbose", action="store_true", help="show the first difference of each")
    parser.add_argument("--child", metavar="ENGINE", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    for name in given.engines:
        if name not in ENGINES:
            parser.error(f"there is no engine {name!r}; give some of {', '.join(ENGINES)}")
    if given.child:
        _child(given.child)
        return 0
    if not FOLDER.is_dir():
        print("SKIPPED: the recorded documents (../shared/conformance) are not here")
        return 0
    results = {}
    for engine in given.engines or ENGINES:
        start = time.monotonic()
        results[engine] = run(engine)
        print(f"{engine}: {len(results[engine])} documents in {time.monotonic() - start:.0f} s")
    print("\n".join(_lines(results, given.verbose)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Scores mutated documents with the compiled engine and looks for what must not be.

Each document either gives scores, the same from the kernels and from the plain interpretation of
the program, from one record and from many; or an error of :mod:`pmml_pipeline.errors`. Anything
else is a finding: another exception, a crash, a document that takes more than five seconds or two
gibibytes. A number names a document, so a finding can be looked at again::

    make fuzz ARGS="--count 100000"
    python -m benchmarks.fuzz --replay 12345

Documents come from ``fuzz_seeds.py`` and, where they are, from the small recorded documents of
other projects. The work is done in a child process, which is replaced when it dies.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import select
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.conformance import FOLDER
from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_seeds import seeds

if TYPE_CHECKING:
    from pmml_pipeline.schema import InputField
    from pmml_pipeline.scorer import Scorer

ROOT = Path(__file__).resolve().parents[1]
FINDINGS = ROOT / "build" / "fuzz"
TIME_LIMIT = 5.0
MEMORY = 2 << 30
ROWS = 20
LARGEST = 20_000  # bytes of a recorded document


@dataclass(frozen=True)
class Outcome:
    """What came of one document.

    Attributes:
        number: of the document.
        status: ``scored``, ``refused`` or ``finding``.
        detail: of a finding.
    """

    number: int
    status: str
    detail: str = ""


@cache
def originals(recorded: bool = True) -> tuple[tuple[str, bytes], ...]:
    """The documents that are mutated, with their names."""
    found = dict(seeds())
    if recorded and FOLDER.is_dir():
        for path in sorted((FOLDER / "pmml").glob("*.pmml")):
            if path.stat().st_size <= LARGEST:
                found[path.stem] = path.read_bytes()
    return tuple(found.items())


def document(number: int, *, recorded: bool = True) -> tuple[str, bytes]:
    """The document of a number, and the name of the one that it was made from."""
    generator = random.Random(number)
    name, data = generator.choice(originals(recorded))
    return name, mutated(generator, data)


def judge(number: int, *, recorded: bool = True) -> Outcome:
    """Loads and scores a document."""
    from pmml_pipeline.document import read
    from pmml_pipeline.errors import PmmlPipelineError
    from pmml_pipeline.scorer import Scorer

    _, data = document(number, recorded=recorded)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "document.pmml"
        path.write_bytes(data)
        try:
            scorer = Scorer(path, read(path, trees=False), "compiled")
            fault = _faults(random.Random(number), scorer)
        except PmmlPipelineError:
            return Outcome(number, "refused")
        except Exception as error:  # noqa: BLE001  (that is what is looked for)
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            return Outcome(number, "finding", f"{type(error).__name__} at {where}: {error}"[:300])
    return Outcome(number, "finding" if fault else "scored", fault)


def _faults(generator: random.Random, scorer: Scorer) -> str:
    """What is wrong with the scores of some records; empty when nothing is."""
    table = {f.name: [_value(generator, f) for _ in range(ROWS)] for f in scorer.inputs}
    columns, errors = scorer.score_columns(table, ROWS)
    for row in range(3):
        one = _one(scorer, {name: values[row] for name, values in table.items()})
        many = None if row in errors else [column[row] for column in columns]
        if not _same(one, many):
            return f"row {row} alone gives {one}, among others {many}"
    return _interpreted(scorer, table, errors)


def _one(scorer: Scorer, record: dict[str, Any]) -> list[Any] | None:
    from pmml_pipeline.errors import DataError

    try:
        return list(scorer.score(record).values())
    except DataError:
        return None


def _same(one: list[Any] | None, other: list[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    for a, b in zip(one, other, strict=True):
        missing = [v is None or v != v for v in (a, b)]
        if missing[0] != missing[1] or (not missing[0] and a != b):
            return False
    return True


def _interpreted(scorer: Scorer, table: dict[str, list[Any]], errors: dict[int, Any]) -> str:
    """Where the kernels and the plain interpretation give different numbers."""
    from pmml_pipeline.compiler import interpret
    from pmml_pipeline.compiler.run import TextTable, run_stages
    from pmml_pipeline.engines.compiled import CompiledModel

    engine = scorer._engine
    assert isinstance(engine, CompiledModel)
    cells, _ = scorer._frames.columns(table, ROWS)
    found = []
    for execute in (
        partial(engine._execute, 1),
        lambda at, columns, rows: interpret.run(engine.plan.stages[at].program, columns, rows),
    ):
        texts = TextTable(engine.plan.texts, engine._codes)
        numbers = {
            i: engine._numbers(column, texts, engine._moments.get(i))
            for i, column in enumerate(cells)
        }
        found.append(run_stages(engine.plan.stages, numbers, ROWS, texts, {}, execute))
    for output, native, plain in zip(scorer.outputs, *found, strict=True):
        differ = ~((native == plain) | (np.isnan(native) & np.isnan(plain)))
        differ &= ~np.isclose(native, plain, rtol=1e-15, atol=0)  # quantiles of the normal one
        if differ.any():
            at = int(np.flatnonzero(differ)[0])
            return f"{output.name}, row {at}: kernels {native[at]!r}, interpreted {plain[at]!r}"
    return ""


def _value(generator: random.Random, field: InputField) -> Any:
    """A value of a field, now and then a strange one."""
    if generator.random() < 0.15:
        return None
    if field.values and generator.random() < 0.8:
        return generator.choice(field.values)
    if field.kind == "double":
        return generator.choice((0.0, 1.0, -1.0, 0.5, 2.5, 1e308, -1e-320, 4.4, 12.0, float("inf")))
    if field.kind == "integer":
        return generator.choice((0, 1, 2, 3, -7, 2**53 + 1, 10**18))
    if field.kind == "boolean":
        return generator.random() < 0.5
    texts = {
        "date": ("2020-02-29", "1969-07-20", "9999-12-31", "0001-01-01"),
        "dateTime": ("2020-02-29T23:59:59.5", "1969-07-20T00:00:00"),
        "time": ("00:00:00", "23:59:59"),
        "string": ("", "a", "b", "new", "ß" * 50, "1", " 2 "),
    }
    return generator.choice(texts.get(field.data_type, ("0", "1000", "-5")))


def run(numbers: Sequence[int], *, recorded: bool = True) -> Iterator[Outcome]:
    """Judges documents in child processes."""
    todo = list(numbers)
    while todo:
        done = 0
        for outcome in _batch(todo, recorded):
            done += 1
            yield outcome
        todo = todo[done:]


def _batch(numbers: Sequence[int], recorded: bool) -> Iterator[Outcome]:
    """Outcomes of a beginning of the numbers, up to one that ends the child."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fuzz", "--child", str(int(recorded))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdout.readline()  # it has started
        for number in numbers:
            child.stdin.write(f"{number}\n")
            child.stdin.flush()
            ready, _, _ = select.select([child.stdout], [], [], TIME_LIMIT)
            line = child.stdout.readline() if ready else ""
            if not line:
                what = "crashed" if ready else f"took more than {TIME_LIMIT:.0f} s"
                yield Outcome(number, "finding", what)
                return
            yield Outcome(**json.loads(line))
    finally:
        child.kill()
        child.communicate()


def _child(recorded: bool) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    originals(recorded)
    print("started", flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(judge(int(line), recorded=recorded))), flush=True)


def main(arguments: Sequence[str]) -> int:
    """``python -m benchmarks.fuzz [--count N] [--first N] [--seconds N] [--replay N]``"""
    parser = argparse.ArgumentParser(prog="benchmarks.fuzz")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--replay", type=int)
    parser.add_argument("--child", type=int)
    options = parser.parse_args(arguments)
    if options.child is not None:
        _child(bool(options.child))
        return 0
    if options.replay is not None:
        name, data = document(options.replay)
        print(f"{name}\n{data.decode(errors='replace')}\n{judge(options.replay)}")
        return 0
    counts: Counter[str] = Counter()
    started = time.monotonic()
    for outcome in run(range(options.first, options.first + options.count)):
        counts[outcome.status] += 1
        if outcome.status == "finding":
            name, data = document(outcome.number)
            FINDINGS.mkdir(parents=True, exist_ok=True)
            (FINDINGS / f"{outcome.number}.pmml").write_bytes(data)
            print(f"{outcome.number} ({name}): {outcome.detail}", flush=True)
        if time.monotonic() - started > options.seconds:
            break
    print(f"{sum(counts.values())} documents in {time.monotonic() - started:.0f} s: {dict(counts)}")
    return int(counts["finding"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Measures the Java bridge beside JPMML-Evaluator alone: ``make bench-java``. It needs Maven.

The documents are those of published examples and of a RandomForest of 100 trees, the records their
golden rows. JMH runs each side in JVMs of its own, in turn; a ratio is the median of the ratios of
single rounds, in processor time of the thread that scores. Loading is timed once in a fresh JVM.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.case import BUILD
from benchmarks.models import MODELS, ROWS
from benchmarks.prepare import LARGEST
from benchmarks.results import show, table, verdict
from converters import export
from pmml_pipeline.store import models

BRIDGE = Path(__file__).resolve().parents[1] / "java_bridge"
MODULE = BRIDGE / "pmml-bridge-bench" / "target"
EXAMPLES = ("attrition", "credit", "cancer", "diamonds")
FOREST = "forest-100"
SIDES = ("bridge", "bare")
FEW, MANY = 2, 8  # threads
COST, WIDE = 1.05, 0.95


@dataclass
class Side:
    """What JMH found for one side: a number for every round.

    Attributes:
        wall: microseconds for a record, or for loading; JMH's own time.
        processor: microseconds of processor time for a record.
        waits: how often a thread waited for another one.
        allocated: bytes for a record.
    """

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    waits: float = 0
    allocated: list[float] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes into the results; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="JVMs of each kind")
    parser.add_argument("--quick", action="store_true", help="one example, two short rounds")
    parser.add_argument(
        "--store", type=Path, default=BUILD / "java-store", help="where versions are, or will be"
    )
    given = parser.parse_args(arguments)
    if shutil.which("mvn") is None:
        parser.error("Maven is needed (Debian, Ubuntu: apt-get install maven)")
    examples = EXAMPLES[:1] if given.quick else EXAMPLES
    documents = examples if given.quick else (*examples, FOREST)
    rounds = 2 if given.quick else given.rounds
    _publish(given.store, documents)
    _build()
    short = ["-wi", "1", "-i", "2"] if given.quick else []
    lines, met = _scoring(given.store, documents, rounds, short)
    for more, well in (
        _threads(given.store, rounds, short),
        _loading(given.store, documents[-1], rounds),
    ):
        lines += ["", *more]
        met &= well
    show("java", lines, keep=not given.quick)
    return 0 if met else 1


def _publish(store: Path, documents: Sequence[str]) -> None:
    store.mkdir(parents=True, exist_ok=True)
    for name in documents:
        if name in models(store):
            continue
        print(f"{name}: train, prove and publish ...", flush=True)
        if name == FOREST:
            _publish_forest(store)
        else:
            command = [sys.executable, "-m", "pmml_pipeline.cli", "export", name]
            subprocess.run([*command, "--store", str(store)], check=True)


def _publish_forest(store: Path) -> None:
    """The forest of ``benchmarks.loading`` with its proof on the engine that is measured."""
    model = MODELS[FOREST]
    X, y = model.data(ROWS)
    rows, held = model.training
    export(
        model.fit(X.head(rows), y.head(rows), False),
        X.head(rows),
        y.head(rows),
        model=FOREST,
        store=store,
        holdout=(X.tail(held), y.tail(held)),
        limits={str(name): (-LARGEST, LARGEST) for name in X.columns},
        engines=["jpmml"],
    )


def _build() -> None:
    print("Maven builds ...", flush=True)
    goals = ["-q", "-pl", MODULE.parent.name, "-am", "-DskipTests", "package"]
    subprocess.run(["mvn", "-B", "-ntp", *goals], cwd=BRIDGE, check=True)


def _jmh(benchmark: str, store: Path, model: str, options: Sequence[str]) -> list[dict[str, Any]]:
    """What JMH has to say of one JVM."""
    with tempfile.TemporaryDirectory(prefix="pmml-bench-") as folder:
        found = Path(folder, "found.json")
        command = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        command += ["-cp", os.pathsep.join(f"{MODULE}/{jars}" for jars in ("*", "lib/*"))]
        command += ["org.openjdk.jmh.Main", f"{benchmark}$", "-foe", "true", *options]
        command += ["-p", f"store={store.resolve()}", "-p", f"model={model}"]
        command += ["-v", "silent", "-rf", "json", "-rff", str(found)]
        subprocess.run(command, check=True)
        result: list[dict[str, Any]] = json.loads(found.read_text(encoding="utf-8"))
    return result


def _taken(side: Side, benchmark: str, store: Path, model: str, options: Sequence[str]) -> None:
    """Adds one JVM."""
    (result,) = _jmh(benchmark, store, model, options)
    batch = result["measurementBatchSize"]
    side.wall.append(statistics.median(_raw(result["primaryMetric"])) / batch)
    more = result["secondaryMetrics"]
    if "scored" in more:
        spent, scored = _raw(more["processor"]), _raw(more["scored"])
        each = [p / n / 1e3 for p, n in zip(spent, scored, strict=True)]
        side.processor.append(statistics.median(each))
        side.waits += sum(_raw(more["waits"]))
        bytes_each = _raw(more["gc.alloc.rate.norm"])
        side.allocated.append(statistics.median(bytes_each) / batch)


def _raw(metric: dict[str, Any]) -> list[float]:
    """The iterations of the one JVM."""
    (iterations,) = metric["rawData"]
    return [float(value) for value in iterations]


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def _in_turn(number: int) -> Sequence[str]:
    return SIDES if number % 2 else SIDES[::-1]


def _scoring(
    store: Path, documents: Sequence[str], rounds: int, short: Sequence[str]
) -> tuple[list[str], bool]:
    found = {name: {side: Side() for side in SIDES} for name in documents}
    for number in range(rounds):
        for name in documents:
            print(f"score {name}, round {number + 1} of {rounds} ...", flush=True)
            for side in _in_turn(number):
                options = ["-prof", "gc", *short]
                _taken(found[name][side], f"ScoreBenchmark.{side}", store, name, options)
    rows, all_met = [], True
    for name, sides in found.items():
        ours, theirs = (sides[side] for side in SIDES)
        ratio = _ratio(ours.processor, theirs.processor)
        all_met &= ratio <= COST
        micros = (statistics.median(side.processor) for side in (ours, theirs))
        kilos = (statistics.median(side.allocated) / 1e3 for side in (ours, theirs))
        rows.append(
            [
                name,
                *(f"{each:.1f}" for each in micros),
                *(f"{each:.1f}" for each in kilos),
                f"{_ratio(ours.wall, theirs.wall):.3f}",
                f"{ratio:.3f}",
                verdict(ratio <= COST),
            ]
        )
    head = ["document", "bridge µs", "bare µs", "bridge kB", "bare kB", "ratio by the clock"]
    lines = [
        "Processor time and memory taken for a record, medians of",
        f"{rounds} JVMs of each, in turn; wanted is a ratio of at most {COST}.",
        "",
        *table([*head, "ratio", ""], rows),
    ]
    return lines, all_met


def _threads(store: Path, rounds: int, short: Sequence[str]) -> tuple[list[str], bool]:
    name = EXAMPLES[0]
    found = {count: Side() for count in (FEW, MANY)}
    for number in range(rounds):
        print(f"threads, round {number + 1} of {rounds} ...", flush=True)
        for count in (FEW, MANY) if number % 2 else (MANY, FEW):
            options = ["-prof", "gc", "-t", str(count), *short]
            _taken(found[count], "ScoreBenchmark.bridge", store, name, options)
    few, many = found[FEW], found[MANY]
    # The time for a record is that of one thread: so many of them are scored meanwhile.
    wide = [MANY / FEW * a / b for a, b in zip(few.wall, many.wall, strict=True)]
    ratio = statistics.median(wide)
    rows = [
        [str(count), f"{1e6 * count / statistics.median(side.wall):,.0f}", f"{side.waits:.0f}"]
        for count, side in found.items()
    ]
    rows[1] += [f"{ratio:.2f}", f"at least {WIDE}", verdict(ratio >= WIDE)]
    rows[0] += ["", "", ""]
    head = ["threads", "records a second", "waits of a thread", "ratio", "wanted", ""]
    return [f"{name} on the bridge, on {os.cpu_count()} cores.", "", *table(head, rows)], (
        ratio >= WIDE
    )


def _loading(store: Path, name: str, rounds: int) -> tuple[list[str], bool]:
    found = {side: Side() for side in SIDES}
    for number in range(rounds):
        print(f"load {name}, round {number + 1} of {rounds} ...", flush=True)
        for side in _in_turn(number):
            _taken(found[side], f"LoadBenchmark.{side}", store, name, [])
    ours, theirs = (found[side] for side in SIDES)
    ratio = _ratio(ours.wall, theirs.wall)
    size = next(store.glob(f"{name}/*/model.pmml")).stat().st_size / 1e6
    lines = [
        f"Loading {name}, {size:.1f} MB: by the bridge with checksums, manifest and golden rows,",
        f"and JPMML-Evaluator's load, build and verify alone. Medians of {rounds} fresh JVMs.",
        "",
        *table(
            ["bridge ms", "bare ms", "ratio", "wanted", ""],
            [
                [
                    *(f"{statistics.median(side.wall):,.0f}" for side in (ours, theirs)),
                    f"{ratio:.3f}",
                    "at most 1",
                    verdict(ratio <= 1),
                ]
            ],
        ),
    ]
    return lines, ratio <= 1


if __name__ == "__main__":
    sys.exit(main())

"""A small published model, and the command as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pmml_pipeline.store import Artifact, Certificate
from tests import artifacts, pmml

ROOT = Path(__file__).resolve().parents[2]

# Two thirds have no decimal form, so every digit of a double is needed to give them back.
DOCUMENT = pmml.classifier(
    ["no", "yes"],
    pmml.data_field("age", intervals=[("closedClosed", 0, 120)])
    + pmml.data_field("home", "string", "categorical", ["rent", "own"])
    + pmml.data_field("note", "string", "categorical"),
    pmml.mining_field("age", missingValueTreatment="returnInvalid")
    + pmml.mining_field("home", missingValueReplacement="own", missingValueTreatment="asValue")
    + pmml.mining_field("note", usageType="supplementary"),
    (pmml.simple("age", "lessThan", 30), "no", {"no": 2, "yes": 1}),
    (pmml.simple("home", "equal", "own"), "yes", {"no": 1, "yes": 6}),
    ("<True/>", "no", {"no": 3, "yes": 2}),
)
GOLDEN: Sequence[Mapping[str, Any]] = (
    {"input": {"age": 20, "home": "rent"}, "output": {"label": "no", "p_no": 2 / 3}},
    {"input": {"age": 40, "home": "own"}, "output": {"label": "yes", "p_no": 1 / 7}},
    {"input": {"age": 40, "home": "rent"}, "output": {"label": "no", "p_no": 0.6}},
    {"input": {"age": 50, "home": None}, "output": {"label": "yes", "p_no": 1 / 7}},
    {"input": {"home": "own"}, "error": "age is required"},
)


def expected(age: float, home: str | None) -> tuple[str, float, float]:
    """What the model makes of a record, by its text."""
    counts = (2, 1) if age < 30 else (3, 2) if home == "rent" else (1, 6)
    label = "yes" if counts == (1, 6) else "no"
    return label, counts[0] / sum(counts), counts[1] / sum(counts)


def certificate(
    certified: Sequence[str] = ("pypmml", "jpmml"), tolerance: float = 1e-10
) -> Certificate:
    """A certificate that names these engines, and the others as having failed."""
    return artifacts.certificate(certified, tolerance)


def publish_sample(
    store: Path,
    model: str = "loans",
    *,
    golden: Sequence[Mapping[str, Any]] = GOLDEN,
    proof: Certificate | None = None,
    document: bytes = DOCUMENT,
) -> Artifact:
    """Publishes the model as the next version."""
    return artifacts.publish_document(store, model, document, golden, proof or certificate())


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with the package on the path behind what is added to it."""
    more = more or {}
    parts = (more.get("PYTHONPATH"), os.environ.get("PYTHONPATH"), str(ROOT))
    return {**os.environ, **more, "PYTHONPATH": os.pathsep.join(filter(None, parts))}


COMMAND = (sys.executable, "-m", "pmml_pipeline.cli")


def run(
    *arguments: str | Path,
    data: bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs the command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=data,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        cwd=cwd,
        env=environment(env),
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )

"""Runs an engine over rows in a child process with a time limit.

A document that makes an engine hang, crash or eat memory must cost that engine its certificate and
nothing else, so the engine never runs in the exporter's own process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.parity.rows import Columns

RECORDS_CHECKED = 200  # how many rows of a class also go through the one-record path


@dataclass(slots=True)
class Run:
    """What an engine made of one class of rows.

    Attributes:
        columns: per output, in order: float64 or objects, shape (rows,).
        errors: refusals by row.
    """

    columns: list[npt.NDArray[Any]]
    errors: dict[int, str]


@dataclass(slots=True)
class Outcome:
    """What became of a child process.

    Attributes:
        runs: empty when there is a reason.
        reason: why there are none.
        timed_out: whether it is that the time was up.
    """

    runs: list[Run]
    reason: str | None = None
    timed_out: bool = False


def run_engine(
    engine: str, document: Path, row_sets: Sequence[Columns], time_limit: float
) -> Outcome:
    """Scores row sets with an engine in a child process.

    Args:
        engine: name of the engine.
        document: the PMML file.
        row_sets: columns by name, each of one length within a set.
        time_limit: seconds for everything together.
    """
    with tempfile.TemporaryDirectory(prefix="pmml-parity-") as folder:
        question, answer = Path(folder, "rows.json"), Path(folder, "results.json")
        question.write_text(json.dumps([list(row_sets)]), encoding="utf-8")
        command = [sys.executable, "-m", "pmml_pipeline.parity.child"]
        child = subprocess.Popen(
            [*command, engine, str(document), str(question), str(answer)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
        )
        try:
            _, stderr = child.communicate(timeout=time_limit)
        except subprocess.TimeoutExpired:
            return Outcome([], f"the engine did not answer within {time_limit:g} s", timed_out=True)
        finally:
            child.kill()
            child.wait()
        if child.returncode or not answer.exists():
            lines = stderr.decode("utf-8", "replace").strip().splitlines()
            last = lines[-1][:500] if lines else "no message"
            return Outcome([], f"the engine ended with status {child.returncode}: {last}")
        found = json.loads(answer.read_text(encoding="utf-8"))
    if "reason" in found:
        return Outcome([], found["reason"])
    return Outcome([_run(run) for run in found["runs"]])


def _environment() -> dict[str, str]:
    """The child finds this very package, however this process found it."""
    package = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{path}" if path else package}


def _run(run: dict[str, Any]) -> Run:
    columns = [
        np.array([np.nan if v is None else v for v in values], dtype=np.float64)
        if kind == "double"
        else np.array([*values, None], dtype=object)[:-1]
        for kind, values in zip(run["kinds"], run["columns"], strict=True)
    ]
    return Run(columns, {int(row): text for row, text in run["errors"].items()})

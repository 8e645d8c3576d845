"""The program of a compiled document without anything around it: no checks, no frames."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import pmml_pipeline as pp
from benchmarks.calls import Batch, Call, NotForThisError, Peers
from benchmarks.case import BUILD, Case, Rows
from pmml_pipeline import kernels
from pmml_pipeline.compiler import interpret
from pmml_pipeline.compiler.program import Program
from pmml_pipeline.engines.native import Native
from pmml_pipeline.kernels.build import levels, library

GIVEN = "float64, column by column"


@contextmanager
def _loaded(path: Path) -> Iterator[None]:
    """Lets what is made inside run on another library than the best one."""
    with (
        mock.patch.object(kernels, "library", return_value=path),
        mock.patch.object(kernels, "best_level", return_value=levels()[0]),
    ):
        kernels.load.cache_clear()
        try:
            yield
        finally:
            kernels.load.cache_clear()


class _Case:
    """The one program of a case, and which of its outputs counts."""

    def __init__(self, case: Case) -> None:
        scorer = pp.load(case.document, engine="compiled", threads=1)
        stages = scorer._engine.plan.stages  # type: ignore[attr-defined]
        if len(stages) > 1:
            raise NotForThisError("it has more than one program")
        self.program: Program = stages[0].program
        self._names = [scorer.inputs[i].name for i in stages[0].reads]
        self.output = [output.name for output in scorer.outputs].index(case.facts.score)

    def columns(self, rows: Rows) -> Any:
        """The inputs of the program, of shape (inputs, rows)."""
        return np.array([rows.columns[name] for name in self._names])


def _on(path: Callable[[], Path], name: str) -> Callable[[Case], Iterator[Call]]:
    def peer(case: Case) -> Iterator[Call]:
        found = _Case(case)
        with _loaded(path()):
            native = Native(found.program)

        def prepare(rows: Rows) -> Callable[[], Any]:
            columns = found.columns(rows)
            return lambda: native.score(columns, len(rows))

        yield Batch(name, GIVEN, prepare, lambda result: result[found.output])

    return peer


def _numpy(case: Case) -> Iterator[Call]:
    found = _Case(case)

    def prepare(rows: Rows) -> Callable[[], Any]:
        columns = list(found.columns(rows))
        return lambda: interpret.run(found.program, columns, len(rows))

    name = "the interpretation in NumPy"
    yield Batch(name, GIVEN, prepare, lambda result: result[found.output])


def _by_gcc() -> Path:
    """The library as gcc compiles it; kept until the sources change."""
    if not shutil.which("gcc"):
        raise NotForThisError("there is no gcc here")
    folder = BUILD / "kernels-gcc"
    source = Path(kernels.__file__).parent
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.so", "*.part", "__pycache__"))
    subprocess.run(
        [sys.executable, str(folder / "build.py")],
        env={**os.environ, "PMML_PIPELINE_CC": "gcc"},
        check=True,
    )
    return folder / library(levels()[0]).name


def _level(level: str) -> Callable[[], Path]:
    return lambda: library(level)


PEERS: Peers = {
    **{f"C for {level}": _on(_level(level), f"C for {level}") for level in levels()},
    f"C by gcc, for {levels()[0]}": _on(_by_gcc, f"C by gcc, for {levels()[0]}"),
    "the interpretation in NumPy": _numpy,
}

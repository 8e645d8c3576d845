"""Engines that fail in every way. A child process gets them through ``sitecustomize``."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pmml_pipeline.admission import Cell, Column
from pmml_pipeline.document import Document
from pmml_pipeline.engines.protocol import Engine, Result, Results, RowError
from pmml_pipeline.engines.table import EngineSpec
from pmml_pipeline.errors import EngineError
from pmml_pipeline.schema import InputField, OutputField

WAYS = (
    *("good", "hangs on load", "hangs on rows", "is killed", "exits", "raises", "gives up"),
    *("prints garbage", "is short", "differs", "refuses records", "refuses batches", "overflows"),
)
SPECS = {
    way: EngineSpec(way, "tests.parity.engines_that_fail", "numpy", "", "Apache-2.0", 100 + i)
    for i, way in enumerate(WAYS)
}
# What the child process runs before anything else.
SITECUSTOMIZE = """
from pmml_pipeline.engines.table import ENGINES
from tests.parity.engines_that_fail import SPECS
ENGINES.update(SPECS)
"""


@dataclass
class Failing:
    """Doubles ``x``, and does something else besides."""

    way: str
    shares_rows: bool = False

    def score_record(self, cells: list[Cell]) -> Sequence[Result]:
        if self.way == "refuses records":
            raise RowError("not alone")
        x = cells[0]
        assert isinstance(x, float)
        return [x * 2 + (self.way == "differs")]

    def score_columns(self, columns: Sequence[Column], rows: int, threads: int = 1) -> Results:
        if self.way == "hangs on rows":
            time.sleep(1_000)
        if self.way == "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.way == "exits":
            os._exit(3)
        if self.way == "raises":
            raise ZeroDivisionError("the engine divides by zero")
        if self.way == "gives up":
            raise EngineError("the engine gives up", "")
        if self.way == "overflows":
            return self.score_columns(columns, rows)
        if self.way == "prints garbage":
            os.write(1, b"\xff\x00 garbage" * 100_000)
            os.write(2, b"\xff\x00 garbage" * 100_000)
        if self.way == "is short":
            return Results([columns[0].data[:-1] * 2], {})
        refused = {0: "not all"} if self.way == "refuses batches" else {}
        return Results([np.array(columns[0].data) * 2], refused)


def load(
    path: Path, document: Document, inputs: Sequence[InputField], outputs: Sequence[OutputField]
) -> Engine:
    """The engine that the command line of the child names."""
    way = _named(sys.argv)
    if way == "hangs on load":
        time.sleep(1_000)
    return Failing(way)


def _named(arguments: Sequence[Any]) -> str:
    return next(way for way in WAYS if way in arguments)

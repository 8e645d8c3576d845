"""A plan as text: every kind of instruction can be printed, and says what its tables hold."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.compile import compile_document
from pmml_pipeline.compiler.forest import Forest, Split, sums
from pmml_pipeline.compiler.listing import listing
from pmml_pipeline.compiler.program import Plan
from pmml_pipeline.document import read
from pmml_pipeline.schema import schema_of

from .test_functions import apply, constant, document


def test_tables_are_described() -> None:
    b = Builder(2)
    look = b.op("LUT", 0, immediates=(b.doubles([1.5, 2.5, -9.0, math.nan]), 7, 2))
    find = b.op("FIND", 1, immediates=(b.doubles([0.5, 2.0, 10.0, 20.0, -1.0, -2.0]), 2))
    gap = b.op("BIN", 1, immediates=(b.doubles(np.arange(20.0)), 20))
    lines = list(listing(Plan(b.finish([look, find, gap]), ("a", "b")), ["x", "y z"], "pqr"))
    assert lines[1:4] == [
        "  r2 = LUT(x; from 7 on: 1.5, 2.5; any other -9, missing nan)",
        "  r3 = FIND(y z; of 0.5, 2: 10, 20; any other -1, missing -2)",
        "  r4 = BIN(y z; between 0, 1, 2, 3, 4, 5, 6, 7, ... (20))",
    ]
    assert lines[4:] == ["  p <- r2", "  q <- r3", "  r <- r4", "texts 2: 'a', 'b'"]


def test_a_forest_is_counted() -> None:
    forest = Forest()
    for threshold in (1.0, 2.0, 3.0):
        leaves = forest.leaf([1.0, 2.0]), forest.leaf([3.0, 4.0])
        forest.trees.append(Split(0, threshold, frozenset(), False, *leaves))
    b = Builder(1)
    plan = Plan(b.finish(sums(b, forest, (0.0, 0.0), single=True)), ())
    _, line, *_ = listing(plan, ["x"], ["one", "two"])
    assert line == (
        "  r1, r2 = FOREST(x; trees 3, columns of ranks 1, values of a leaf 2, "
        "nodes 9, up to 1 deep, by walks and sets of 32 leaves, in float32)"
    )


def test_calls_of_python_stand_between_the_stages(tmp_path: Path) -> None:
    words = apply("uppercase", '<FieldRef field="s"/>')
    path = tmp_path / "document.pmml"
    path.write_bytes(document(apply("concat", words, constant("!", "string")), "string"))
    read_ = read(path)
    schema = schema_of(read_)
    plan = compile_document(read_, schema.inputs, schema.outputs)
    lines = list(listing(plan, [f.name for f in schema.inputs], [o.name for o in schema.outputs]))
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")][:3] == [
        *("stage 1 of 3", "stage 2 of 3", "stage 3 of 3"),
    ]
    (upper,) = [line for line in lines if "uppercase" in line]
    assert upper.split(" = ")[1] == "uppercase(s), in Python"
    assert lines[-1].startswith("texts 4: 'a', 'b', 'c', '!'")

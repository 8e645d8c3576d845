"""Decision trees as data: tests and leaves, which ``forest_tables.py`` lays out for the kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.forest_tables import emit
from pmml_pipeline.compiler.grown import Grown


@dataclass(slots=True, eq=False)
class Leaf:
    """Where a row ends.

    Attributes:
        number: which of the forest's leaves it is.
    """

    number: int


@dataclass(slots=True, eq=False)
class Split:
    """One test: of a number against a threshold, or of a level against a set.

    Attributes:
        register: what is tested.
        threshold: passes when the number is at most this; None for a test of levels.
        levels: passes when the level is one of these.
        missing: whether a missing value passes.
        passed, failed: where to go.
    """

    register: Register
    threshold: float | None
    levels: frozenset[float]
    missing: bool
    passed: Tree
    failed: Tree


Tree = Split | Leaf


@dataclass(slots=True)
class Forest:
    """Trees and the values of their leaves.

    Attributes:
        trees: in the order in which they are summed.
        values: shape (leaves, width), what each leaf adds to each sum; not used by leaf numbers.
    """

    trees: list[Tree] = field(default_factory=list)
    values: list[Sequence[float]] = field(default_factory=list)

    def leaf(self, values: Sequence[float]) -> Leaf:
        """A new leaf."""
        self.values.append(values)
        return Leaf(len(self.values) - 1)


def sums(
    builder: Builder, forest: Forest | Grown, first: Sequence[float], *, single: bool
) -> tuple[Register, ...]:
    """The sums of the values of the leaves that a row reaches, one tree after the other.

    Args:
        builder: of the program.
        forest: the trees.
        first: what each sum begins with.
        single: whether they are float32.
    """
    arrays = grown(forest, len(first)) if isinstance(forest, Forest) else forest
    return emit(builder, arrays, first, len(first), 1 if single else 0)


def leaves(builder: Builder, forest: Forest | Grown) -> tuple[Register, ...]:
    """The number of the leaf that a row reaches, for every tree."""
    arrays = grown(forest, 0) if isinstance(forest, Forest) else forest
    return emit(builder, arrays, (0.0,), len(arrays.starts) - 1, 2)


def grown(forest: Forest, width: int) -> Grown:
    """The forest as arrays.

    Args:
        forest: the trees.
        width: how many sums there are; 0 where the values of leaves do not count.
    """
    rows: list[tuple[int, float, int, bool, int]] = []  # all but failed
    failed: list[int] = []
    starts = [0]
    sets: dict[frozenset[float], int] = {}
    for tree in forest.trees:
        stack: list[tuple[Tree, int]] = [(tree, -1)]
        while stack:
            node, of = stack.pop()
            if of >= 0:
                failed[of] = len(rows)
            failed.append(0)
            if isinstance(node, Leaf):
                rows.append((-1, 0.0, -1, False, node.number))
                continue
            numeric = node.threshold is not None
            number = -1 if numeric else sets.setdefault(node.levels, len(sets))
            rows.append((node.register, node.threshold or 0.0, number, node.missing, 0))
            stack += ((node.failed, len(rows) - 1), (node.passed, -1))
        starts.append(len(rows))
    registers, thresholds, numbers, missing, leaves = zip(*rows, strict=True)
    values = np.zeros((len(forest.values), width))
    if width:
        values[:] = forest.values
    return Grown(
        np.array(starts, dtype=np.int64),
        np.array(registers, dtype=np.int32),
        np.array(thresholds, dtype=np.float64),
        np.array(numbers, dtype=np.int32),
        np.array(missing, dtype=bool),
        np.array(failed, dtype=np.int32),
        np.array(leaves, dtype=np.int32),
        tuple(sets),
        values,
    )


def at_most(operator: str, value: float) -> float:
    """The threshold t for which "x operator value" is "x <= t", or its opposite is."""
    before = operator in ("lessThan", "greaterOrEqual")
    return math.nextafter(value, -math.inf) if before else value

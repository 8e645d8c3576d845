"""Decision trees as data: from tests and leaves to the tables that the kernel walks.

``kernels/src/forest.c`` says how it works and how the tables lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.builder import Builder, Register

BIT_LEAVES = 32  # a set of leaves is one word


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
    builder: Builder, forest: Forest, first: Sequence[float], *, single: bool
) -> tuple[Register, ...]:
    """The sums of the values of the leaves that a row reaches, one tree after the other.

    Args:
        builder: of the program.
        forest: the trees.
        first: what each sum begins with.
        single: whether they are float32.
    """
    return _emit(builder, forest, first, len(first), 1 if single else 0)


def leaves(builder: Builder, forest: Forest) -> tuple[Register, ...]:
    """The number of the leaf that a row reaches, for every tree."""
    return _emit(builder, forest, (0.0,), len(forest.trees), 2)


def _emit(
    builder: Builder, forest: Forest, first: Sequence[float], results: int, flags: int
) -> tuple[Register, ...]:
    columns = _Columns()
    for tree in forest.trees:
        columns.collect(tree)
    columns.settle(builder)
    sets = _Sets(columns)
    walk = _walk_table(forest, columns, sets)
    vectors = _vector_table(forest, columns, sets)
    width = len(first)
    values = np.zeros((len(forest.values), width))
    if not flags & 2:
        values[:] = forest.values
    header = [
        len(columns.table),
        len(forest.trees),
        width,
        flags,
        builder.doubles(values.ravel()),
        builder.ints([n for column in columns.table for n in column]),
        builder.ints(walk),
        0 if vectors is None else builder.ints(vectors),
        builder.ints(np.array(sets.words, dtype=np.uint32).view(np.int32)),
        builder.doubles(first),
    ]
    return builder.ops("FOREST", results, columns.registers, (builder.ints(header),))


@dataclass(slots=True)
class _Columns:
    """Which columns of ranks and levels there are.

    Attributes:
        registers: what the columns are made of.
        table: source, kind, offset, count and rounding of each; see forest.c.
        numbers: the column of (register, whether a missing value passes).
        texts: the column of a register whose levels are tested.
        thresholds, levels: what is tested, sorted, by register.
    """

    registers: list[Register] = field(default_factory=list)
    table: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    numbers: dict[tuple[Register, bool], int] = field(default_factory=dict)
    texts: dict[Register, int] = field(default_factory=dict)
    thresholds: dict[Register, dict[float, int]] = field(default_factory=dict)
    levels: dict[Register, dict[float, int]] = field(default_factory=dict)

    def collect(self, tree: Tree) -> None:
        stack = [tree]
        while stack:
            node = stack.pop()
            if isinstance(node, Leaf):
                continue
            if node.threshold is None:
                self.levels.setdefault(node.register, {}).update(dict.fromkeys(node.levels, 0))
            else:
                self.thresholds.setdefault(node.register, {})[node.threshold] = 0
                self.numbers[node.register, node.missing] = 0
            stack += (node.passed, node.failed)

    def settle(self, builder: Builder) -> None:
        """Numbers thresholds, levels and columns."""
        for known in (*self.thresholds.values(), *self.levels.values()):
            for place, value in enumerate(sorted(known)):
                known[value] = place
        for register, passes in self.numbers:
            values = sorted(self.thresholds[register])
            self.numbers[register, passes] = self._add(
                builder, register, 0 if passes else 1, values
            )
        for register, known in self.levels.items():
            self.texts[register] = self._add(builder, register, 2, sorted(known))

    def _add(self, builder: Builder, register: Register, kind: int, values: list[float]) -> int:
        if register not in self.registers:
            self.registers.append(register)
        offset = builder.doubles(values)
        self.table.append((self.registers.index(register), kind, offset, len(values), 0))
        return len(self.table) - 1


class _Sets:
    """Sets of levels as bits; the same set is kept once."""

    def __init__(self, columns: _Columns) -> None:
        self._columns = columns
        self._known: dict[tuple[int, ...], int] = {}
        self.words: list[int] = []

    def add(self, split: Split) -> int:
        known = self._columns.levels[split.register]
        bits = 0
        for level in split.levels:
            bits |= 1 << known[level]
        if split.missing:
            bits |= 1 << (len(known) + 1)
        count = (len(known) + 2 + 31) // 32
        words = tuple((bits >> (32 * i)) & 0xFFFFFFFF for i in range(count))
        if words not in self._known:
            self._known[words] = len(self.words)
            self.words.extend(words)
        return self._known[words]


def _test(split: Split, columns: _Columns, sets: _Sets) -> tuple[int, int]:
    """The column, and the rank or the first word of the set."""
    if split.threshold is None:
        return columns.texts[split.register], sets.add(split)
    column = columns.numbers[split.register, split.missing]
    return column, columns.thresholds[split.register][split.threshold]


def _walk_table(forest: Forest, columns: _Columns, sets: _Sets) -> npt.NDArray[np.int32]:
    """Roots, then nodes; the two children of a node are side by side."""
    rows: list[tuple[int, int, int, int]] = []
    roots = []
    for tree in forest.trees:
        roots.append(len(rows))
        rows.append((0, -1, 0, 0))
        queue: list[tuple[Tree, int]] = [(tree, len(rows) - 1)]
        while queue:
            node, place = queue.pop()
            if isinstance(node, Leaf):
                rows[place] = (node.number, -1, 0, 0)
                continue
            column, k = _test(node, columns, sets)
            child = len(rows)
            rows[place] = (child, column if node.threshold is not None else -2 - column, k, 0)
            rows += [(0, -1, 0, 0)] * 2
            queue += ((node.failed, child + 1), (node.passed, child))
    return np.array([*roots, len(rows), *(n for row in rows for n in row)], dtype=np.int32)


def _vector_table(forest: Forest, columns: _Columns, sets: _Sets) -> npt.NDArray[np.int32] | None:
    """The tests of each tree with the leaves that a failed one takes away, or None.

    None when a tree has more leaves than a word has bits, or its leaves are not numbered from left
    to right without a gap (a leaf may be reached on several ways).
    """
    table: list[int] = []
    for tree in forest.trees:
        order = _in_order(tree)
        if len(order) > BIT_LEAVES or order != list(range(order[0], order[0] + len(order))):
            return None
        ranks: list[int] = []
        levels: list[int] = []
        for split, first, count in _spans(tree):
            column, k = _test(split, columns, sets)
            taken = ((1 << count) - 1) << first
            part = ranks if split.threshold is not None else levels
            part += [column, k, taken - (1 << 32) if taken >= 1 << 31 else taken]
        table += [len(ranks) // 3, len(levels) // 3, order[0], *ranks, *levels]
    return np.array(table, dtype=np.int32)


def _in_order(tree: Tree) -> list[int]:
    """The numbers of the leaves from left (passed) to right."""
    found, stack = [], [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Leaf):
            found.append(node.number)
        else:
            stack += (node.failed, node.passed)
    return found


def _spans(tree: Tree) -> list[tuple[Split, int, int]]:
    """Every split with the first leaf of its passing side and how many there are."""
    sizes: dict[int, int] = {}
    order: list[Split] = []
    stack: list[Tree] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Split):
            order.append(node)
            stack += (node.failed, node.passed)
    for split in reversed(order):
        sizes[id(split)] = _size(split.passed, sizes) + _size(split.failed, sizes)
    starts = {id(tree): 0}
    found = []
    for split in order:
        first = starts[id(split)]
        passing = _size(split.passed, sizes)
        starts[id(split.passed)] = first
        starts[id(split.failed)] = first + passing
        found.append((split, first, passing))
    return found


def _size(tree: Tree, sizes: dict[int, int]) -> int:
    return 1 if isinstance(tree, Leaf) else sizes[id(tree)]


def at_most(operator: str, value: float) -> float:
    """The threshold t for which "x operator value" is "x <= t", or its opposite is."""
    before = operator in ("lessThan", "greaterOrEqual")
    return math.nextafter(value, -math.inf) if before else value

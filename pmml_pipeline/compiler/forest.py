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
from pmml_pipeline.errors import DocumentError

WORD = 32  # leaves to a word of a bit vector
BRANCHES = 16  # of the search for a rank
MOST_WORDS = 2  # with more leaves to a tree, walking is faster
TEST_BITS = 31  # what a column and a rank have together


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
    roots, nodes = _walk_table(forest, columns, sets)
    shift = max(1, (len(columns.table) - 1).bit_length())
    words, vectors = _vector_table(forest, columns, sets)
    width = len(first)
    values = np.zeros((len(forest.values), width))
    if not flags & 2:
        values[:] = forest.values
    header = [
        len(columns.table),
        len(forest.trees),
        width,
        flags | (4 if columns.texts else 0),
        builder.doubles(values.ravel()),
        builder.ints([n for column in columns.table for n in column]),
        builder.ints(_packed(roots, nodes, shift)),
        0 if vectors is None else builder.ints(vectors),
        builder.ints(np.array(sets.words, dtype=np.uint32).view(np.int32)),
        builder.doubles(first),
        shift,
        words,
    ]
    return builder.ops("FOREST", results, columns.registers, (builder.ints(header),))


@dataclass(slots=True)
class _Columns:
    """Which columns of ranks and levels there are.

    Attributes:
        registers: what the columns are made of.
        table: source, kind, offset and count of each; see forest.c.
        numbers: the column of (register, whether a missing value passes).
        texts: the column of a register whose levels are tested.
        thresholds, levels: what is tested, sorted, by register.
    """

    registers: list[Register] = field(default_factory=list)
    table: list[tuple[int, int, int, int]] = field(default_factory=list)
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
        for register, known in self.thresholds.items():
            for passes in (True, False):  # side by side: the kernel searches once for both
                if (register, passes) in self.numbers:
                    kind = 0 if passes else 1
                    column = self._add(builder, register, kind, sorted(known))
                    self.numbers[register, passes] = column
        for register, known in self.levels.items():
            self.texts[register] = self._add(builder, register, 2, sorted(known))

    def _add(self, builder: Builder, register: Register, kind: int, values: list[float]) -> int:
        if register not in self.registers:
            self.registers.append(register)
        offset = builder.doubles(values if kind == 2 else _search_table(values))
        self.table.append((self.registers.index(register), kind, offset, len(values)))
        return len(self.table) - 1


def _search_table(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Sorted numbers as the kernel searches them, in levels from the bottom to the top."""
    size = (len(values) // BRANCHES + 1) * BRANCHES
    levels = [np.full(size, math.inf)]
    levels[0][: len(values)] = values
    while len(levels[-1]) > BRANCHES:
        last = levels[-1][BRANCHES - 1 :: BRANCHES]
        level = np.full(-(-len(last) // BRANCHES) * BRANCHES, math.inf)
        level[: len(last)] = last
        levels.append(level)
    return np.concatenate(levels)


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


_Ints = npt.NDArray[np.int64]


def _walk_table(forest: Forest, columns: _Columns, sets: _Sets) -> tuple[_Ints, _Ints]:
    """The roots, of shape (trees,), and the nodes, of shape (nodes, 3).

    A node is its child (of the two, which are side by side, the one that passes), its column and
    its k. For a leaf these are its number, -1 and 0; for a test of levels the column is -2 - c.
    """
    rows: list[tuple[int, int, int]] = []
    roots = []
    for tree in forest.trees:
        roots.append(len(rows))
        rows.append((0, -1, 0))
        queue: list[tuple[Tree, int]] = [(tree, len(rows) - 1)]
        while queue:
            node, place = queue.pop()
            if isinstance(node, Leaf):
                rows[place] = (node.number, -1, 0)
                continue
            column, k = _test(node, columns, sets)
            child = len(rows)
            rows[place] = (child, column if node.threshold is not None else -2 - column, k)
            rows += [(0, -1, 0)] * 2
            queue += ((node.failed, child + 1), (node.passed, child))
    return np.array(roots, dtype=np.int64), np.array(rows, dtype=np.int64).reshape(-1, 3)


def _packed(roots: _Ints, nodes: _Ints, shift: int) -> npt.NDArray[np.int32]:
    """The walk as the kernel reads it.

    Raises:
        DocumentError: a column and a rank do not fit into one test.
    """
    child, column, k = nodes.T
    leaf, levels = column == -1, column < -1
    most = (1 << (TEST_BITS - shift)) - 1
    # A missing level's rank is two more than that of the last one.
    if len(k) and int(k.max()) + 3 > most:
        raise DocumentError(
            f"a field of the trees has {int(k.max()) + 1:,} thresholds, which are too many",
            "use another engine",
        )
    test = np.where(levels, -2 - column, np.where(leaf, 0, column)) | (k << shift)
    test = np.where(leaf, most << shift, test) | np.where(levels, 1 << TEST_BITS, 0)
    packed = np.empty((len(nodes), 2), dtype=np.uint32)
    packed[:, 0] = np.where(leaf, np.arange(len(nodes)), child)
    packed[:, 1] = test
    numbers = np.where(leaf, child, 0)
    parts = (roots, _depths(roots, nodes), [len(nodes)], packed.view(np.int32).ravel(), numbers)
    return np.concatenate([np.asarray(part, dtype=np.int32) for part in parts])


def _depths(roots: _Ints, nodes: _Ints) -> _Ints:
    """How many tests the longest way of each tree has."""
    depths = np.zeros(len(roots), dtype=np.int64)
    at, tree, depth = roots, np.arange(len(roots)), 0
    while len(at):
        depths[tree] = depth
        inner = nodes[at, 1] != -1
        child, tree = nodes[at[inner], 0], tree[inner]
        at, tree, depth = (
            np.concatenate([child, child + 1]),
            np.concatenate([tree, tree]),
            depth + 1,
        )
    return depths


def _vector_table(
    forest: Forest, columns: _Columns, sets: _Sets
) -> tuple[int, npt.NDArray[np.int32] | None]:
    """The words of a bit vector, and each tree's tests with the leaves that a failed one takes.

    None when a tree has too many leaves, or its leaves are not numbered from left to right without
    a gap (a leaf may be reached on several ways).
    """
    orders = [_in_order(tree) for tree in forest.trees]
    words = -(-max(map(len, orders), default=1) // WORD)
    if words > MOST_WORDS:
        return 0, None
    table: list[int] = []
    for tree, order in zip(forest.trees, orders, strict=True):
        if order != list(range(order[0], order[0] + len(order))):
            return 0, None
        ranks: list[list[int]] = [[] for _ in range(words)]
        levels: list[list[int]] = [[] for _ in range(words)]
        for split, first, count in _spans(tree):
            column, k = _test(split, columns, sets)
            taken = ((1 << count) - 1) << first
            part = ranks if split.threshold is not None else levels
            for word in range(words):
                bits = (taken >> (WORD * word)) & 0xFFFFFFFF
                if bits:
                    part[word] += [column, k, bits - (1 << 32) if bits >= 1 << 31 else bits]
        table.append(order[0])
        for word in range(words):
            table += [len(ranks[word]) // 3, len(levels[word]) // 3]
        for word in range(words):
            table += [*ranks[word], *levels[word]]
    return words, np.array(table, dtype=np.int32)


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

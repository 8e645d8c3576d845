"""Forests as the tables that the kernel walks. ``kernels/src/forest.c`` says how they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.builder import Builder, Register

BIT_LEAVES = 32  # a set of leaves is one word
Ints = npt.NDArray[np.int32]


@dataclass(slots=True)
class Grown:
    """All trees of a forest, item after item: a split, its whole passing side, its failing side.

    Attributes:
        starts: shape (trees + 1,), where each tree begins.
        registers: shape (items,), what is tested; -1 is a leaf.
        thresholds: passes when the number is at most this; not used by tests of levels.
        sets: which of ``levels`` passes; -1 for a test of a number.
        missing: whether a missing value passes.
        failed: the item where the failing side begins; the passing side is the next item.
        leaves: the number of the leaf.
        levels: sets of levels.
        values: shape (leaves, width), what each leaf adds to each sum.
    """

    starts: npt.NDArray[np.int64]
    registers: npt.NDArray[np.int32]
    thresholds: npt.NDArray[np.float64]
    sets: npt.NDArray[np.int32]
    missing: npt.NDArray[np.bool_]
    failed: npt.NDArray[np.int32]
    leaves: npt.NDArray[np.int32]
    levels: Sequence[frozenset[float]]
    values: npt.NDArray[np.float64]


def emit(
    builder: Builder, forest: Grown, first: Sequence[float], results: int, flags: int
) -> tuple[Register, ...]:
    """The instruction for a forest.

    Args:
        builder: of the program.
        forest: the trees.
        first: what each sum begins with.
        results: how many registers come out.
        flags: as in forest.c.
    """
    tests = _tests(builder, forest)
    vectors = _vector_table(forest, tests)
    header = [
        len(tests.table),
        len(forest.starts) - 1,
        len(first),
        flags,
        builder.doubles(forest.values.ravel()),
        builder.ints([n for column in tests.table for n in column]),
        builder.ints(_walk_table(forest, tests)),
        0 if vectors is None else builder.ints(vectors),
        builder.ints(np.array(tests.words, dtype=np.uint32).view(np.int32)),
        builder.doubles(first),
    ]
    return builder.ops("FOREST", results, tests.registers, (builder.ints(header),))


@dataclass(slots=True)
class _Tests:
    """The tests of a forest as columns of ranks and levels.

    Attributes:
        registers: what the columns are made of.
        table: source, kind, offset, count and rounding of each column; see forest.c.
        words: the sets of levels, as bits.
        columns: by item, the column that is tested; 0 for leaves.
        ks: by item, the rank, or the first word of the set.
    """

    registers: list[Register]
    table: list[tuple[int, int, int, int, int]]
    words: list[int]
    columns: Ints
    ks: Ints

    def add(self, builder: Builder, register: int, kind: int, values: Sequence[float]) -> int:
        """A new column."""
        if register not in self.registers:
            self.registers.append(register)
        offset = builder.doubles(values)
        self.table.append((self.registers.index(register), kind, offset, len(values), 0))
        return len(self.table) - 1


def _tests(builder: Builder, forest: Grown) -> _Tests:
    items = len(forest.registers)
    tests = _Tests([], [], [], np.zeros(items, dtype=np.int32), np.zeros(items, dtype=np.int32))
    _number_tests(builder, forest, tests)
    _level_tests(builder, forest, tests)
    return tests


def _number_tests(builder: Builder, forest: Grown, tests: _Tests) -> None:
    """A column for each register and way of missing values; k is the place of the threshold."""
    at = np.flatnonzero((forest.registers >= 0) & (forest.sets < 0))
    if not len(at):
        return
    registers = forest.registers[at].astype(np.int64)
    thresholds = forest.thresholds[at] + 0.0  # -0.0 is 0.0
    order = np.lexsort((thresholds, registers))
    registers_sorted, sorted_ = registers[order], thresholds[order]
    begins = np.ones(len(at), dtype=bool)  # of a register
    begins[1:] = registers_sorted[1:] != registers_sorted[:-1]
    new = begins.copy()
    new[1:] |= sorted_[1:] != sorted_[:-1]
    counted = np.cumsum(new) - 1
    group = np.cumsum(begins) - 1
    ranks = np.empty(len(at), dtype=np.int64)
    ranks[order] = counted - counted[begins][group]
    of = dict(zip(registers_sorted[begins].tolist(), range(group[-1] + 1), strict=True))
    parts = [part.tolist() for part in np.split(sorted_[new], counted[begins][1:])]
    keys = registers * 2 + forest.missing[at]
    known, firsts, inverse = np.unique(keys, return_index=True, return_inverse=True)
    columns = np.empty(len(known), dtype=np.int32)
    for number in np.argsort(firsts).tolist():
        register, passes = divmod(int(known[number]), 2)
        columns[number] = tests.add(builder, register, 0 if passes else 1, parts[of[register]])
    tests.columns[at] = columns[inverse]
    tests.ks[at] = ranks


def _level_tests(builder: Builder, forest: Grown, tests: _Tests) -> None:
    """A column for each register; k is the first word of the set. The same set is kept once."""
    at = np.flatnonzero(forest.sets >= 0)
    if not len(at):
        return
    keys = np.stack([forest.registers[at], forest.sets[at], forest.missing[at]])
    known, firsts, inverse = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    places: dict[int, dict[float, int]] = {}
    for register, number, _ in known.T.tolist():
        places.setdefault(register, {}).update(dict.fromkeys(forest.levels[number], 0))
    order = np.argsort(firsts).tolist()
    columns: dict[int, int] = {}
    for register in dict.fromkeys(int(known[0, n]) for n in order):
        values = sorted(places[register])
        places[register] = {value: place for place, value in enumerate(values)}
        columns[register] = tests.add(builder, register, 2, values)
    words: dict[tuple[int, ...], int] = {}
    ks = np.empty(known.shape[1], dtype=np.int32)
    for n in order:
        register, number, missing = (int(v) for v in known[:, n])
        place = places[register]
        # After the levels come the place of any other, and that of a missing one.
        bits = sum(1 << place[level] for level in forest.levels[number])
        bits |= missing << (len(place) + 1)
        parts = tuple(bits >> (32 * i) & 0xFFFFFFFF for i in range((len(place) + 33) // 32))
        if parts not in words:
            words[parts] = len(tests.words)
            tests.words.extend(parts)
        ks[n] = words[parts]
    inverse = inverse.reshape(-1)
    tests.columns[at] = np.array([columns[r] for r in known[0].tolist()], dtype=np.int32)[inverse]
    tests.ks[at] = ks[inverse]


def _trees(forest: Grown) -> npt.NDArray[np.int64]:
    """By item, the tree that it belongs to."""
    return np.repeat(np.arange(len(forest.starts) - 1), np.diff(forest.starts))


def _walk_table(forest: Grown, tests: _Tests) -> Ints:
    """Roots, then nodes; the two children of a node are side by side."""
    starts, split = forest.starts[:-1], forest.registers >= 0
    before = np.concatenate([[0], np.cumsum(split)])  # splits before an item
    # A tree of n splits takes the places of its root and of n pairs of children.
    roots = 2 * before[starts] + np.arange(len(starts))
    at = np.flatnonzero(split)
    tree = _trees(forest)[at]
    child = roots[tree] + 1 + 2 * (before[at] - before[starts][tree])
    place = np.empty(len(split), dtype=np.int64)
    place[starts] = roots
    place[at + 1] = child
    place[forest.failed[at]] = child + 1
    rows = np.zeros((len(split), 4), dtype=np.int32)
    rows[place, 0] = forest.leaves
    rows[place, 1] = -1
    numeric = forest.sets[at] < 0
    rows[place[at], 0] = child
    rows[place[at], 1] = np.where(numeric, tests.columns[at], -2 - tests.columns[at])
    rows[place[at], 2] = tests.ks[at]
    whole = np.concatenate([roots, [len(split)], rows.ravel()])
    return whole.astype(np.int32)


def _vector_table(forest: Grown, tests: _Tests) -> Ints | None:
    """The tests of each tree with the leaves that a failed one takes away, or None.

    None when a tree has more leaves than a word has bits, or its leaves are not numbered from left
    to right without a gap (a leaf may be reached on several ways).
    """
    starts, leaf = forest.starts[:-1], forest.registers < 0
    before = np.concatenate([[0], np.cumsum(leaf)])  # leaves before an item
    trees = _trees(forest)
    if np.diff(before[forest.starts]).max() > BIT_LEAVES:
        return None
    firsts = forest.leaves[np.flatnonzero(leaf)[before[starts]]]
    place = (before[:-1] - before[starts][trees])[leaf]
    if not np.array_equal(forest.leaves[leaf], firsts[trees[leaf]] + place):
        return None
    at = np.flatnonzero(~leaf)
    numeric = forest.sets[at] < 0
    at = at[np.lexsort((at, ~numeric, trees[at]))]  # tests of ranks come first in a tree
    tree = trees[at]
    count = before[forest.failed[at]] - before[at]
    taken = ((1 << count) - 1) << (before[at] - before[starts][tree])
    n_levels = np.bincount(tree[forest.sets[at] >= 0], minlength=len(starts))
    n_ranks = np.bincount(tree, minlength=len(starts)) - n_levels
    heads = (
        3 * np.arange(len(starts)) + 3 * np.concatenate([[0], np.cumsum(n_ranks + n_levels)])[:-1]
    )
    table = np.empty(3 * (len(starts) + len(at)), dtype=np.int64)
    for offset, values in enumerate((n_ranks, n_levels, firsts)):
        table[heads + offset] = values
    rows = 3 * (np.arange(len(at)) + tree + 1)
    for offset, values in enumerate((tests.columns[at], tests.ks[at], taken)):
        table[rows + offset] = values
    return table.astype(np.uint32).view(np.int32)

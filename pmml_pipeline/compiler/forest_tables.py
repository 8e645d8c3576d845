"""Forests as the tables that the kernel walks. ``kernels/src/forest.c`` says how they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.grown import Grown, asked, without
from pmml_pipeline.errors import DocumentError

WORD = 32  # leaves to a word of a bit vector
MOST_WORDS = 2  # with more leaves to a tree, walking is faster
BRANCHES = 16  # thresholds that are compared at a time
MOST_BUCKETS = 4  # for every threshold
TEST_BITS = 31  # what a column and a rank have together
SIDE = 8  # rows that walk side by side
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


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
    shift = (SIDE * len(tests.table) - 1).bit_length()
    kept = asked(forest)
    parts = [(forest, tests.columns, tests.ks)]
    if not kept.all():
        parts.append((without(forest, kept), tests.columns[kept], tests.ks[kept]))
    vectors = [_vector_table(*part) for part in parts]
    values = forest.values
    if not flags & 2 and all(table is None for _, table in vectors):
        values, places = _distinct(values)
        parts = [(replace(t, leaves=places[t.leaves]), columns, ks) for t, columns, ks in parts]
    ways = [
        (
            builder.ints(_packed(*_walk_table(*part), shift)),
            0 if table is None else builder.ints(table),
            words,
        )
        for part, (words, table) in zip(parts, vectors, strict=True)
    ]
    header = [
        len(tests.table),
        len(forest.starts) - 1,
        len(first),
        flags | (4 if tests.words else 0),
        builder.doubles(values.ravel()),
        builder.ints([n for column in tests.table for n in column]),
        builder.ints(np.array(tests.words, dtype=np.uint32).view(np.int32)),
        builder.doubles(first),
        shift,
        *ways[0],
        *ways[-1],
    ]
    return builder.ops("FOREST", results, tests.registers, (builder.ints(header),))


def _distinct(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], Ints]:
    """The different values of leaves, and the place of each leaf's among them.

    A forest of classification has few: they stay near while rows go down other trees. Zeros of
    either sign are different here.
    """
    bits = np.ascontiguousarray(values).view(np.uint64).reshape(values.shape)
    mixed = np.zeros(len(bits), dtype=np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15) + (mixed >> np.uint64(29))
    _, firsts, places = np.unique(mixed, return_index=True, return_inverse=True)
    if not np.array_equal(bits[firsts][places], bits):  # two were mixed into the same number
        return values, np.arange(len(values), dtype=np.int32)
    return values[firsts], places.astype(np.int32)


@dataclass(slots=True)
class _Tests:
    """The tests of a forest as columns of ranks and levels.

    Attributes:
        registers: what the columns are made of.
        table: source, kind, offset and count of each column, and its buckets; see forest.c.
        words: the sets of levels, as bits.
        columns: by item, the column that is tested; 0 for leaves.
        ks: by item, the rank, or the first word of the set.
    """

    registers: list[Register]
    table: list[tuple[int, int, int, int, int, int]]
    words: list[int]
    columns: Ints
    ks: Ints

    def add(self, builder: Builder, register: int, kind: int, values: Sequence[float]) -> int:
        """A new column."""
        if register not in self.registers:
            self.registers.append(register)
        head = (self.registers.index(register), kind)
        if kind == 2:
            self.table.append((*head, builder.doubles(values), len(values), 0, -1))
            return len(self.table) - 1
        line, buckets = _buckets(np.array(values))
        behind = [math.inf] * BRANCHES  # a block may begin at the last threshold
        table = [*values, *behind] if len(buckets) else _search_table(values)
        thresholds = builder.doubles(table)
        places = builder.ints(buckets) if len(buckets) else -1
        self.table.append((*head, thresholds, len(values), builder.doubles(line), places))
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
    places = {key: number for number, key in enumerate(known.tolist())}
    for register in dict.fromkeys(int(known[number]) // 2 for number in np.argsort(firsts)):
        for passes in (1, 0):  # side by side: the kernel searches once for both
            if (number := places.get(2 * register + passes)) is not None:
                kind = 0 if passes else 1
                columns[number] = tests.add(builder, register, kind, parts[of[register]])
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


def _buckets(thresholds: npt.NDArray[np.float64]) -> tuple[list[float], Ints]:
    """The buckets that tell where the thresholds near a number are.

    Returns:
        What a number's bucket is computed of (its start, buckets per unit, the last bucket), and
        for each bucket how many thresholds are in those before. Nothing where thresholds are few,
        or so uneven that a bucket would have more than the kernel compares.
    """
    finite = thresholds[np.isfinite(thresholds)]
    if len(thresholds) <= BRANCHES or len(finite) < 2:
        return [], np.empty(0, dtype=np.int32)
    low, high = finite[0], finite[-1]
    count = len(thresholds) // 4
    while count <= MOST_BUCKETS * len(thresholds):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            scale = count / (high - low)
            place = (thresholds - low) * scale
        if not 0.0 < scale < math.inf or np.isnan(place).any():
            break
        bucket = np.clip(place, 0.0, count - 1.0).astype(np.int64)  # as the kernel computes it
        before = np.searchsorted(bucket, np.arange(count))
        if np.bincount(bucket).max() <= BRANCHES:
            return [low, scale, count - 1.0], before.astype(np.int32)
        count *= 2
    return [], np.empty(0, dtype=np.int32)


def _walk_table(forest: Grown, columns: Ints, ks: Ints) -> tuple[Longs, Longs]:
    """The roots, of shape (trees,), and the nodes, of shape (nodes, 3).

    A node is its child (of the two, which are side by side, the one that passes), its column and
    its k. For a leaf these are its number, -1 and 0; for a test of levels the column is -2 - c.
    """
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
    rows = np.zeros((len(split), 3), dtype=np.int64)
    rows[place, 0] = forest.leaves
    rows[place, 1] = -1
    numeric = forest.sets[at] < 0
    rows[place[at], 0] = child
    rows[place[at], 1] = np.where(numeric, columns[at], -2 - columns[at])
    rows[place[at], 2] = ks[at]
    return roots, rows


def _packed(roots: Longs, nodes: Longs, shift: int) -> Ints:
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
    test = SIDE * np.where(levels, -2 - column, np.where(leaf, 0, column)) | (k << shift)
    test = np.where(leaf, most << shift, test) | np.where(levels, 1 << TEST_BITS, 0)
    packed = np.empty((len(nodes), 2), dtype=np.uint32)
    packed[:, 0] = np.where(leaf, np.arange(len(nodes)), child)
    packed[:, 1] = test
    numbers = np.where(leaf, child, 0)
    parts = (roots, _depths(roots, nodes), [len(nodes)], packed.view(np.int32).ravel(), numbers)
    return np.concatenate([np.asarray(part, dtype=np.int32) for part in parts])


def _depths(roots: Longs, nodes: Longs) -> Longs:
    """How many tests the longest way of each tree has."""
    depths = np.zeros(len(roots), dtype=np.int64)
    at, tree, depth = roots, np.arange(len(roots)), 0
    while len(at):
        depths[tree] = depth
        inner = nodes[at, 1] != -1
        child, tree = nodes[at[inner], 0], tree[inner]
        at, tree = np.concatenate([child, child + 1]), np.concatenate([tree, tree])
        depth += 1
    return depths


def _vector_table(forest: Grown, columns: Ints, ks: Ints) -> tuple[int, Ints | None]:
    """The words of a bit vector, and each tree's tests with the leaves that a failed one takes.

    None when a tree has too many leaves, or its leaves are not numbered from left to right without
    a gap (a leaf may be reached on several ways).
    """
    starts, leaf = forest.starts[:-1], forest.registers < 0
    before = np.concatenate([[0], np.cumsum(leaf)])  # leaves before an item
    trees = _trees(forest)
    words = -(-int(np.diff(before[forest.starts]).max(initial=1)) // WORD)
    if words > MOST_WORDS:
        return 0, None
    firsts = forest.leaves[np.flatnonzero(leaf)[before[starts]]]
    place = (before[:-1] - before[starts][trees])[leaf]
    if not np.array_equal(forest.leaves[leaf], firsts[trees[leaf]] + place):
        return 0, None
    at = np.flatnonzero(~leaf)
    numeric = forest.sets[at] < 0
    at = at[np.lexsort((at, ~numeric, trees[at]))]  # tests of ranks come first in a tree
    low = before[at] - before[starts][trees[at]]
    high = before[forest.failed[at]] - before[starts][trees[at]]
    # Of a tree: its first leaf, the counts of every word, then word after word the tests that take
    # leaves of it.
    count = len(starts)
    parts: list[tuple[npt.NDArray[np.int64], Longs]] = []
    counts = np.zeros((count, 2 * words), dtype=np.int64)
    for word in range(words):
        begin = np.clip(low - WORD * word, 0, WORD)
        end = np.clip(high - WORD * word, 0, WORD)
        some = np.flatnonzero(end > begin)
        taken = ((1 << (end - begin)) - 1) << begin
        parts.append((at[some], taken[some]))
        levels = forest.sets[at[some]] >= 0
        counts[:, 2 * word + 1] = np.bincount(trees[at[some]][levels], minlength=count)
        counts[:, 2 * word] = np.bincount(trees[at[some]], minlength=count)
    counts[:, ::2] -= counts[:, 1::2]
    sizes = 1 + 2 * words + 3 * counts.sum(axis=1)
    heads = np.concatenate([[0], np.cumsum(sizes)])
    table = np.empty(heads[-1], dtype=np.int64)
    table[heads[:-1]] = firsts
    for number in range(2 * words):
        table[heads[:-1] + 1 + number] = counts[:, number]
    body = heads[:-1] + 1 + 2 * words
    for word, (items, taken) in enumerate(parts):
        tree = trees[items]
        n = counts[:, 2 * word] + counts[:, 2 * word + 1]
        rows = body[tree] + 3 * (np.arange(len(items)) - (np.cumsum(n) - n)[tree])
        for offset, values in enumerate((columns[items], ks[items], taken)):
            table[rows + offset] = values
        body = body + 3 * n
    return words, table.astype(np.uint32).view(np.int32)

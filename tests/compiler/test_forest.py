"""Forests: both ways of the kernel, the plain interpretation, and the trees themselves agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline.compiler import forest_tables
from pmml_pipeline.compiler import grown as grown_module
from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.forest import Forest, Leaf, Split, Tree, grown, leaves, sums
from pmml_pipeline.compiler.interpret import run
from pmml_pipeline.engines.native import Native
from pmml_pipeline.errors import DocumentError

FIELDS = 4
NUMBERS = (0.0, -0.0, 1.0, 1.5, 2.0, math.inf, -math.inf, 5e-324, 1e308)
LEVELS = tuple(float(n) for n in range(40))


def grow(random: np.random.Generator, forest: Forest, splits: int) -> Tree:
    """A tree with that many splits. Fields 0 and 1 are numbers, 2 and 3 have levels."""
    if splits == 0:
        return forest.leaf([float(random.normal()), float(random.normal())])
    register = int(random.integers(FIELDS))
    left = int(random.integers(splits))
    passed, failed = grow(random, forest, left), grow(random, forest, splits - 1 - left)
    missing = bool(random.integers(2))
    if register < 2:
        threshold = float(random.choice([*NUMBERS, math.nextafter(1.0, 2.0)]))
        return Split(register, threshold, frozenset(), missing, passed, failed)
    count = 3 if register == 2 else len(LEVELS)
    chosen = random.choice(LEVELS[:count], size=int(random.integers(1, count)), replace=False)
    return Split(register, None, frozenset(chosen.tolist()), missing, passed, failed)


def walk(tree: Tree, row: list[float]) -> int:
    """The leaf of a row, by the words of Split."""
    while isinstance(tree, Split):
        x = row[tree.register]
        if x != x:
            passes = tree.missing
        elif tree.threshold is None:
            passes = x in tree.levels
        else:
            passes = x <= tree.threshold
        tree = tree.passed if passes else tree.failed
    return tree.number


def rows_of(random: np.random.Generator, count: int, whole: bool = False) -> np.ndarray:
    missing = [] if whole else [math.nan]
    numbers = [*NUMBERS, *missing, 1.0000000000000002, 1.7, -3.0]
    levels = [*LEVELS, 99.0, -1.0, *missing]
    columns = [random.choice(numbers, count), random.choice(numbers, count)]
    columns += [random.choice(levels, count), random.choice(levels, count)]
    return np.array(columns)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([1, 3, 5, 31, 32, 33, 128, 130, 300]),
    st.sampled_from([0, 1, 7, 31, 32, 60, 100]),
    st.booleans(),
    st.booleans(),
)
def test_every_way_gives_the_same_sums(
    seed: int, count: int, most: int, single: bool, whole: bool
) -> None:
    random = np.random.default_rng(seed)
    forest = Forest()
    for _ in range(int(random.integers(1, 6))):
        forest.trees.append(grow(random, forest, int(random.integers(0, most + 1))))
    b = Builder(FIELDS)
    (stage,) = b.finish(sums(b, forest, (0.5, -1.0), single=single))
    table = rows_of(random, count, whole)
    inputs = np.ascontiguousarray(table[list(stage.reads)]).reshape(len(stage.reads), count)
    native = Native(stage.program).score(inputs, count)
    assert np.array_equal(native, np.array(run(stage.program, list(inputs), count)))
    kind = np.float32 if single else np.float64
    for row in range(count):
        total = np.array([0.5, -1.0], dtype=kind)
        for tree in forest.trees:
            leaf = walk(tree, table[:, row].tolist())
            total = total + np.array(forest.values[leaf], dtype=kind)
        assert native[:, row].tolist() == total.tolist()
    alone = np.array([Native(stage.program).score_one(inputs[:, row]) for row in range(count)])
    assert np.array_equal(alone.T, native)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 40, 129]))
def test_every_tree_gives_its_leaf(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    forest = Forest()
    for _ in range(3):
        forest.trees.append(grow(random, forest, int(random.integers(0, 50))))
    b = Builder(FIELDS)
    (stage,) = b.finish(leaves(b, forest))
    table = rows_of(random, count)
    inputs = np.ascontiguousarray(table[list(stage.reads)]).reshape(len(stage.reads), count)
    native = Native(stage.program).score(inputs, count)
    expected = [[walk(t, table[:, r].tolist()) for r in range(count)] for t in forest.trees]
    assert native.tolist() == expected


@pytest.mark.parametrize("missing", [(), (0,), (517, 600)])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_large_forest_takes_more_rows_at_a_time(missing: tuple[int, ...], threads: int) -> None:
    """Blocks of a forest of this size have 512 rows; what is missing in one changes no other."""
    random = np.random.default_rng(1)
    forest = Forest()
    for _ in range(80):
        forest.trees.append(grow(random, forest, 1_000))
    b = Builder(FIELDS)
    (stage,) = b.finish(sums(b, forest, (0.0, 0.0), single=False))
    assert 8 * 80 * 2_000 > 256 * 2**12  # bytes of nodes
    count = 3_333
    table = rows_of(random, count, whole=True)
    table[:, list(missing)] = math.nan
    found = Native(stage.program).score(table[list(stage.reads)], count, threads)
    for row in [*range(500, 620), 0, 1_023, 1_024, 3_332]:
        total = np.zeros(2)
        for tree in forest.trees:
            total += forest.values[walk(tree, table[:, row].tolist())]
        assert found[:, row].tolist() == total.tolist()


def test_whole_rows_do_not_ask_what_is_missing() -> None:
    """Of three tests, two ask whether a value is there; below one of them stands another tree."""
    forest = Forest()
    none, low, high, other = (forest.leaf([float(n)]) for n in range(4))
    below = Split(0, 1.0, frozenset(), True, low, high)
    absent = Split(1, 5.0, frozenset(), True, other, Split(1, 6.0, frozenset(), True, none, low))
    asked = Split(0, math.inf, frozenset(), False, below, absent)
    forest.trees.append(Split(1, math.inf, frozenset(), False, asked, none))
    trees = grown(forest, 1)
    assert len(trees.registers) == 11
    kept = grown_module.asked(trees)
    left = grown_module.without(trees, kept)
    assert left.registers.tolist() == [0, -1, -1]
    assert left.failed.tolist()[0] == 2
    assert left.leaves[1:].tolist() == [1, 2]
    assert left.starts.tolist() == [0, 3]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(allow_nan=False), min_size=17, max_size=80, unique=True),
    st.lists(st.floats(), max_size=20),
    st.floats(-300, 300),
)
def test_ranks_among_any_thresholds(
    thresholds: list[float], others: list[float], power: float
) -> None:
    with np.errstate(over="ignore", under="ignore"):
        near = 10.0**power * (1.0 + np.arange(40) / 64)
    values = np.unique(np.array([*thresholds, *near]) + 0.0)
    forest = Forest()
    tree: Tree = forest.leaf([float(len(values))])
    for place in reversed(range(len(values))):
        passed = forest.leaf([float(place)])
        tree = Split(0, float(values[place]), frozenset(), False, passed, tree)
    forest.trees.append(tree)
    b = Builder(1)
    (stage,) = b.finish(sums(b, forest, (0.0,), single=False))
    with np.errstate(over="ignore", invalid="ignore"):
        x = np.array(
            [*values, *np.nextafter(values, np.inf), *np.nextafter(values, -np.inf), *others]
        )
    x = x[~np.isnan(x)]
    expected = np.searchsorted(values, x).astype(float)
    assert np.array_equal(Native(stage.program).score(x[None], len(x))[0], expected)


def test_even_thresholds_are_found_by_buckets_and_uneven_ones_are_not() -> None:
    even = np.linspace(-1.0, 1.0, 1_000)
    line, buckets = forest_tables._buckets(even)
    assert len(line) == 3
    assert buckets[0] == 0
    assert np.diff(buckets).max() <= forest_tables.BRANCHES
    for uneven in (np.logspace(-200, 200, 1_000), np.array([-1e308, *even, 1e308]), even[:16]):
        assert len(forest_tables._buckets(uneven)[1]) == 0


def test_the_same_values_of_leaves_are_kept_once() -> None:
    values = np.array([[1.0, 2.0], [0.0, 2.0], [1.0, 2.0], [-0.0, 2.0], [2.0, 1.0]])
    found, places = forest_tables._distinct(values)
    assert len(found) == 4
    assert np.array_equal(found[places], values)
    assert np.array_equal(np.signbit(found[places]), np.signbit(values))


def test_a_leaf_that_is_reached_on_two_ways() -> None:
    forest = Forest()
    shared = forest.leaf([7.0])
    below = Split(1, 2.0, frozenset(), False, shared, forest.leaf([9.0]))
    forest.trees.append(Split(0, 1.0, frozenset(), False, shared, below))
    b = Builder(2)
    (stage,) = b.finish(sums(b, forest, (0.0,), single=False))
    found = Native(stage.program).score(np.array([[0.0] * 9, [5.0] * 9]), 9)
    assert found.tolist() == [[7.0] * 9]
    found = Native(stage.program).score(np.array([[3.0] * 9, [5.0] * 9]), 9)
    assert found.tolist() == [[9.0] * 9]


@pytest.mark.parametrize(("splits", "words"), [(0, 1), (31, 1), (32, 2), (63, 2), (64, 0)])
def test_bit_vectors_are_for_trees_of_up_to_64_leaves(splits: int, words: int) -> None:
    forest = Forest()
    forest.trees.append(grow(np.random.default_rng(3), forest, splits))
    arrays = grown(forest, 2)
    tests = forest_tables._tests(Builder(FIELDS), arrays)
    found, table = forest_tables._vector_table(arrays, tests.columns, tests.ks)
    assert found == words
    assert (table is None) == (words == 0)
    assert isinstance(forest.leaf([0.0]), Leaf)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 255, 256, 257, 4096, 5000])
def test_ranks_among_any_number_of_thresholds(count: int) -> None:
    """A chain of tests of one number: the leaf is its rank."""
    random = np.random.default_rng(count)
    thresholds = np.sort(random.normal(size=count))
    forest = Forest()
    tree: Tree = forest.leaf([float(count)])
    for place in reversed(range(count)):
        missing = bool(place % 2)
        passed = forest.leaf([float(place)])
        tree = Split(0, float(thresholds[place]), frozenset(), missing, passed, tree)
    forest.trees.append(tree)
    b = Builder(1)
    (stage,) = b.finish(sums(b, forest, (0.0,), single=False))
    x = np.concatenate([thresholds, np.nextafter(thresholds, 9.0), [-9.0, 9.0, math.inf, math.nan]])
    expected = np.searchsorted(thresholds, x).astype(float)
    expected[-1] = min(1.0, count)  # the first test that a missing value passes
    native = Native(stage.program)
    assert np.array_equal(native.score(x[None], len(x))[0], expected)
    assert [native.score_one([v])[0] for v in x[-40:]] == expected[-40:].tolist()


def test_more_thresholds_than_a_test_can_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forest_tables, "TEST_BITS", 8)
    forest = Forest()
    forest.trees.append(grow(np.random.default_rng(3), forest, 20))
    with pytest.raises(DocumentError, match="thresholds, which are too many"):
        sums(Builder(FIELDS), forest, (0.0, 0.0), single=False)

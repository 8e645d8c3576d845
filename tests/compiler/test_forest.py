"""Forests: both ways of the kernel, the plain interpretation, and the trees themselves agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline.compiler import forest_tables
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


def rows_of(random: np.random.Generator, count: int) -> np.ndarray:
    numbers = [*NUMBERS, math.nan, 1.0000000000000002, 1.7, -3.0]
    levels = [*LEVELS, 99.0, -1.0, math.nan]
    columns = [random.choice(numbers, count), random.choice(numbers, count)]
    columns += [random.choice(levels, count), random.choice(levels, count)]
    return np.array(columns)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from([1, 3, 5, 31, 32, 33, 128, 130, 300]),
    st.sampled_from([0, 1, 7, 31, 32, 60]),
    st.booleans(),
)
def test_every_way_gives_the_same_sums(seed: int, count: int, most: int, single: bool) -> None:
    random = np.random.default_rng(seed)
    forest = Forest()
    for _ in range(int(random.integers(1, 6))):
        forest.trees.append(grow(random, forest, int(random.integers(0, most + 1))))
    b = Builder(FIELDS)
    (stage,) = b.finish(sums(b, forest, (0.5, -1.0), single=single))
    table = rows_of(random, count)
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
    monkeypatch.setattr(forest_tables, "TEST_BITS", 4)
    forest = Forest()
    forest.trees.append(grow(np.random.default_rng(3), forest, 20))
    with pytest.raises(DocumentError, match="thresholds, which are too many"):
        sums(Builder(FIELDS), forest, (0.0, 0.0), single=False)

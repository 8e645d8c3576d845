"""Every operation gives in the kernels what it gives in the plain interpretation, bit for bit."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline import kernels
from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.interpret import MAPS, run
from pmml_pipeline.compiler.program import Program
from pmml_pipeline.engines.native import Native

SPECIAL = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, 1e308, -1e308, 5e-324, 1e-30, math.inf, -math.inf),
    *(math.nan, 3.4e38, 3.5e38, 1e-46, 709.7, 710.0, -745.2, 2.0**53, 1e7, 0.1, 4.4),
)
NUMBERS = st.sampled_from(SPECIAL) | st.floats(width=64) | st.floats(-50, 50)
# In these a sum is taken in another way, or the C library has a version of its own.
LAST_BIT = {"NORM_IDF"}


def both(program: Program, columns: list[np.ndarray], rows: int) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(columns, dtype=float).reshape(len(columns), rows)
    return Native(program).score(table, rows), np.array(run(program, list(table), rows))


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal in every bit, but for which NaN it is."""
    gone = np.isnan(one) & np.isnan(other)
    return bool(np.all(gone | (one.view(np.int64) == other.view(np.int64))))


def test_the_library_has_exactly_the_operations_of_the_interpretation() -> None:
    from pmml_pipeline.compiler import interpret

    assert set(kernels.op_codes()) == {*MAPS, *interpret._OTHERS}


@pytest.mark.parametrize("name", sorted(MAPS))
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=40))
def test_an_expression(name: str, rows: list[tuple[float, float, float]]) -> None:
    columns = [np.array(c) for c in zip(*rows, strict=True)]
    count = _sources(name)
    builder = Builder(3)
    (stage,) = builder.finish([builder.op(name, *range(count))])
    native, plain = both(stage.program, [columns[c] for c in stage.reads], len(rows))
    if name in LAST_BIT:
        np.testing.assert_allclose(native, plain, rtol=1e-15, atol=0)
    else:
        assert same(native, plain), (name, rows, native, plain)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-30, 30) | NUMBERS, min_size=1, max_size=40))
def test_the_vectorised_tanh_is_that_of_the_c_library(values: list[float]) -> None:
    x = np.array(values)
    found, expected = MAPS["VTANH"](x), MAPS["TANH"](x)
    np.testing.assert_allclose(found, expected, rtol=9e-16, atol=0)
    assert same(np.copysign(1.0, found), np.copysign(1.0, expected)) or np.isnan(x).any()


def _sources(name: str) -> int:
    for count in (1, 2, 3):
        try:
            with np.errstate(all="ignore"):
                MAPS[name](*[np.array([0.5])] * count)
        except TypeError:
            continue
        return count
    raise AssertionError(name)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_operations_on_tables(data: st.DataObject) -> None:
    rows = data.draw(st.sampled_from([1, 2, 7, 127, 128, 129, 300]))
    seed = data.draw(st.integers(0, 2**32))
    random = np.random.default_rng(seed)
    pool = np.array([*range(-2, 8), 0.5, math.nan, math.inf, -math.inf, -0.0])
    columns = [random.choice(pool, rows) for _ in range(4)]
    width = data.draw(st.integers(1, 9))
    b = Builder(4)
    keys = sorted({float(v) for v in random.integers(-1, 6, 4)})
    values = random.normal(size=len(keys)).tolist()
    results = [
        b.op("LUT", 0, immediates=(b.doubles([1.5, 2.5, 3.5, -9.0, math.nan]), 1, 3)),
        b.op("FIND", 1, immediates=(b.doubles([*keys, *values, -1.0, -2.0]), len(keys))),
        b.op("BIN", 2, immediates=(b.doubles(keys), len(keys))),
        b.op("BIN", 2, immediates=(0, 0)),
        b.op("LINEAR", 0, 1, 2, immediates=(b.doubles([0.25, 1.5, -2.0, 3.0]),)),
        b.op("SUM", 3, 2, 1, 0),
        b.op("ARGMAX", 0, 1, 2, 3),
        b.op("CHOOSE", 0, 1, 2, 3),
        b.op("MEDIAN", 0, 1, 2, 3, immediates=(b.doubles([0.0, 1.0, 1.0, 1.0, 1.0]),)),
        b.op("MEDIAN", 0, 1, 2, 3, immediates=(b.doubles([1.0, 0.5, 2.0, 0.25, 1.0]),)),
        *(
            b.op("MEDIAN", 0, 1, 2, 3, immediates=(b.doubles([way, 0.5, 2.0, 0.25, 1.0]),))
            for way in (2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
        ),
        *b.ops("DENSE", 6, (0, 1, 2, 3), (b.doubles(random.normal(size=30)),)),
        *b.ops("DENSE", 1, (0, 2), (b.doubles(random.normal(size=3)),)),
        *(
            register
            for kind in range(5)
            for degree in (3.0, 0.0, 2.5)
            for register in b.ops(
                "KERNEL",
                width,
                (3, 0, 1),
                (b.doubles([0.75, 0.5, degree, *random.normal(size=3 * width)]), kind),
            )
        ),
    ]
    (stage,) = b.finish(results)
    native, plain = both(stage.program, [columns[c] for c in stage.reads], rows)
    assert same(native, plain)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_distances(data: st.DataObject) -> None:
    rows = data.draw(st.sampled_from([1, 2, 7, 127, 128, 129, 300]))
    measure = data.draw(st.integers(0, 5))
    compared = data.draw(st.integers(0, 4))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    pool = [0.0, 1.0] if measure == 5 or compared == 4 else [0.0, 1.0, -2.0, 0.5, 3.25]
    columns = [random.choice(np.array([*pool, *pool, *pool, math.nan]), rows) for _ in range(3)]
    columns.append(random.choice(np.array([*pool, 0.25, -1.0, math.inf, -0.0]), rows))
    count, wanted = data.draw(st.sampled_from([1, 3, 40])), data.draw(st.sampled_from([1, 2, 5]))
    instances = random.choice(np.array(pool), (count, 4))
    b = Builder(4)
    matrix = 9 + 5 * 4 + 4 * count
    first = {1: -0.7, 4: float(matrix)}.get(compared, 0.0)
    head = [3.0, 0.5, 0.25, 1.0, 1.0, 2.0, 2.0, 1.0, 4.0]
    fields = [[float(compared), w, 1.0, first, 2.0] for w in (1.0, 0.5, 2.0, 1.5)]
    table = [*head, *itertools.chain(*fields), *instances.ravel(), 0.0, 0.75, 0.5, 1.0]
    at = b.doubles(table)
    sources = (0, 1, 2, 3)
    found = [
        *b.ops("DISTANCES", count, sources, (at, count, measure)),
        *b.ops("NEAREST", 2 * wanted, sources, (at, count, measure, 0, wanted)),
        *b.ops("NEAREST", 2 * wanted, sources, (at, count, measure, 1, wanted)),
    ]
    (stage,) = b.finish(found)
    native, plain = both(stage.program, [columns[c] for c in stage.reads], rows)
    assert same(native, plain)


def test_a_constant_is_computed_at_once_and_what_is_not_needed_is_left_out() -> None:
    b = Builder(1)
    two = b.op("ADD", b.constant(1.0), b.constant(1.0))
    assert b.value(two) == 2.0
    b.op("EXP", 0)
    twice = b.op("MUL", 0, two)
    assert b.op("MUL", 0, two) == twice
    (stage,) = b.finish([twice])
    assert [i.op for i in stage.program.instructions] == ["MUL"]
    assert stage.program.constants.tolist() == [2.0]


def test_zero_and_minus_zero_are_two_constants() -> None:
    b = Builder(1)
    assert b.constant(0.0) != b.constant(-0.0)


def test_values_that_are_not_needed_together_share_a_register() -> None:
    b = Builder(1)
    at = 0
    for step in range(200):
        at = b.op("ADD" if step % 2 else "MUL", at, 0)
    (stage,) = b.finish([at])
    assert stage.program.n_registers <= 4
    native, plain = both(stage.program, [np.array([1.0, 0.5, -1.0])], 3)
    assert same(native, plain)


def test_the_normal_quantile_over_its_whole_range() -> None:
    """Each of its three polynomials, as Python's own."""
    middle = np.linspace(0.0005, 0.9995, 20_000)
    tails = 10.0 ** -np.linspace(0.4, 300.0, 5_000)
    p = np.concatenate([middle, tails, 1.0 - tails[tails > 1e-15]])
    builder = Builder(1)
    (stage,) = builder.finish([builder.op("NORM_IDF", 0)])
    native, _ = both(stage.program, [p], len(p))
    expected = [NormalDist().inv_cdf(v) for v in p.tolist()]
    np.testing.assert_allclose(native[0], expected, rtol=1e-15, atol=0)

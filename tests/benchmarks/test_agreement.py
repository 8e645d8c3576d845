"""A peer that is wrong is reported as off."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.agreement import Agreement, compare, worst_of

TRUE = np.array([0.1, 0.2, 0.3, 0.4])


def test_within_ten_decimals_is_exact() -> None:
    found = compare(TRUE, TRUE + 9e-11)
    assert found.exact
    assert str(found) == "exact"


def test_beyond_is_off_and_says_by_how_much_and_how_often() -> None:
    found = compare(TRUE, TRUE + np.array([0, 0, 2e-10, 0]))
    assert not found.exact
    assert str(found) == "off by 2e-10 in 25% of the rows"


def test_a_float32_is_no_excuse_beside_a_library_that_computes_in_double() -> None:
    assert not compare(TRUE, TRUE.astype(np.float32)).exact


def test_the_float32_that_the_library_itself_gives_is_right() -> None:
    single = TRUE.astype(np.float32)
    assert str(compare(single, single)) == "exact"
    assert str(compare(single, TRUE)) == "same float32"
    assert not compare(single, np.nextafter(single, np.float32(1))).exact


def test_a_result_that_is_missing_is_off_by_infinity() -> None:
    found = compare(TRUE, [0.1, math.nan, 0.3, 0.4])
    assert found.worst == math.inf
    assert found.wrong == 1
    assert compare(np.array([math.nan]), [math.nan]).exact
    assert not compare(np.array([math.nan]), [1.0]).exact
    assert compare(np.array([math.inf]), [math.inf]).exact
    assert not compare(np.array([math.inf]), [-math.inf]).exact


def test_other_numbers_of_rows_are_an_error() -> None:
    with pytest.raises(ValueError, match="results for"):
        compare(TRUE, [0.1])


def test_nothing_compared_is_not_exact() -> None:
    assert not Agreement(0, 0, 0, 0.0).exact


def test_one_round_that_is_wrong_is_what_counts() -> None:
    wrong = Agreement(10, 1, 0, 1e-5)
    assert worst_of([Agreement(10, 0, 0, 0.0), wrong, Agreement(10, 0, 3, 1e-8)]) is wrong

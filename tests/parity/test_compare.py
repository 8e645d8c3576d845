"""When two predictions agree: the rule at its edges, and what is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmml_pipeline.parity.compare import (
    DECADES,
    TEN_DECIMALS,
    WORST_KEPT,
    Comparison,
    compare,
    plain,
    same_label,
)
from pmml_pipeline.schema import OutputField

Y = OutputField("y", "double", target=True)
LABEL = OutputField("label", "string", target=True)


def numbers(
    offline: list[float],
    online: list[float],
    *,
    single: bool = False,
    tolerance: float = TEN_DECIMALS,
    refused: tuple[int, ...] = (),
    errors: Mapping[int, str] | None = None,
) -> Comparison:
    """Compares one numeric result."""
    with np.errstate(over="ignore"):
        library = np.array(offline, dtype=np.float32 if single else np.float64)
    mask = np.zeros(len(offline), dtype=bool)
    mask[list(refused)] = True
    return compare(
        {"y": library}, mask, [Y], [np.array(online, dtype=float)], errors or {}, tolerance
    )


def agree(offline: float, online: float, **options: Any) -> bool:
    """Whether two numbers agree."""
    return not numbers([offline], [online], **options).mismatches


def steps(x: float, count: int) -> float:
    """The double that many units in the last place away."""
    for _ in range(abs(count)):
        x = math.nextafter(x, math.copysign(math.inf, count))
    return x


def test_ten_decimals() -> None:
    assert agree(0.0, 1e-10)
    assert not agree(0.0, math.nextafter(1e-10, 1))
    assert agree(0.25, 0.25 + 0.9e-10)
    assert not agree(0.25, 0.25 + 1.1e-10)
    assert agree(-0.0, 0.0)
    assert agree(5e-324, -5e-324)


@pytest.mark.parametrize("size", [2.0**19, 2.0**19 + 1, 1e6, 2.0**53, 1e15, 1e300])
def test_four_units_in_the_last_place_where_ten_decimals_are_below_them(size: float) -> None:
    for sign in (1, -1):
        assert agree(sign * size, steps(sign * size, 4 * sign))
        assert not agree(sign * size, steps(sign * size, 5 * sign))


def test_below_that_size_ten_decimals_hold() -> None:
    below = math.nextafter(2.0**19, 0)  # a unit is 5.8e-11 here
    assert agree(below, steps(below, -1))
    assert not agree(below, steps(below, -2))


def test_a_wider_tolerance_is_one_for_large_numbers_too() -> None:
    assert agree(1e6, 1e6 + 1e-6, tolerance=2e-6)
    assert not agree(1e6, 1e6 + 3e-6, tolerance=2e-6)
    assert agree(1e15, steps(1e15, 4), tolerance=2e-6)
    assert agree(0.5, 0.5 + 1.9e-6, tolerance=2e-6)


def test_a_float32_is_the_same_float32() -> None:
    half = np.spacing(np.float32(0.1)) / 2.01
    assert agree(0.1, 0.1, single=True)
    assert agree(0.1, float(np.float32(0.1)) + float(half), single=True)
    after = float(np.nextafter(np.float32(0.1), np.float32(1)))
    assert not agree(0.1, after, single=True)
    # Far closer than 1e-10, and another float32 all the same.
    tiny = float(np.nextafter(np.float32(1e-30), np.float32(1)))
    assert not agree(1e-30, tiny, single=True)
    assert agree(1e-30, tiny, single=True, tolerance=1e-9)
    assert agree(3.5e38, 1e39, single=True)  # infinite, both
    assert not agree(3.4e38, 1e39, single=True)


def test_numbers_that_are_none() -> None:
    assert agree(math.nan, math.nan)
    assert agree(math.inf, math.inf)
    assert agree(-math.inf, -math.inf)
    for a, b in ((math.nan, 0.0), (0.0, math.nan), (math.inf, 1e308), (math.inf, -math.inf),
                 (math.inf, math.nan)):  # fmt: skip
        found = numbers([a], [b])
        assert (found.mismatches, found.worst) == (1, math.inf)
        assert not agree(a, b, tolerance=1.0)


def test_a_row_that_one_side_refuses() -> None:
    found = numbers(
        [1.0] * 4, [1.0, 1.0, math.nan, math.nan], refused=(1, 3), errors={2: "no", 3: "no"}
    )
    assert (found.rows, found.refused, found.mismatches, found.worst) == (4, 2, 2, math.inf)
    by_row = {d.row: d for d in found.differences}
    assert by_row.keys() == {1, 2}
    assert (by_row[1].offline, by_row[1].online) == ("refused by the training library", {"y": 1.0})
    assert (by_row[2].offline, by_row[2].online) == ({"y": 1.0}, "refused: no")
    assert sum(found.histogram) == 1


def test_what_refused_rows_hold_does_not_matter() -> None:
    found = numbers([math.inf, 1.0], [5.0, 1.0], refused=(0,), errors={0: "no"})
    assert (found.mismatches, found.worst, sum(found.histogram)) == (0, 0.0, 1)


def test_differences_are_counted_by_decade() -> None:
    differences = [0.0, 1e-16, 2e-16, 1e-10, 1e-9, 0.5, 1.0, 2.0, math.inf]
    found = numbers([0.0] * len(differences), differences)
    assert sum(found.histogram) == len(differences)
    by_end = dict(zip(DECADES, found.histogram, strict=True))
    assert by_end[0.0] == 1
    assert by_end[1e-16] == 1
    assert by_end[1e-15] == 1
    assert by_end[1e-10] == 1
    assert by_end[1e-9] == 1
    assert by_end[1.0] == 2
    assert by_end[math.inf] == 2


def test_the_worst_rows_are_kept_worst_first() -> None:
    online = [float(i % 10) / 100 for i in range(100)]
    found = numbers([0.0] * 100, online)
    assert found.mismatches == 90
    assert found.worst == 0.09
    assert [d.difference for d in found.differences] == [0.09] * WORST_KEPT
    assert [d.row for d in found.differences] == [9, 19, 29, 39, 49]
    mixed = numbers([0.0, 0.0, 0.0], [0.5, 0.0, 9.0], errors={1: "no"})
    assert [d.row for d in mixed.differences] == [1, 2, 0]


def test_of_several_results_the_worst_is_named() -> None:
    other = OutputField("p", "double")
    offline = {"y": np.array([1.0, 1.0]), "p": np.array([1.0, 1.0]), "unknown": np.array([1, 2])}
    online = [np.array([1.5, 1.0]), np.array([3.0, 1.0])]
    found = compare(offline, np.zeros(2, dtype=bool), [Y, other], online, {})
    assert found.mismatches == 1
    assert [(d.output, d.offline, d.online, d.difference) for d in found.differences] == [
        ("p", 1.0, 3.0, 2.0)
    ]


def test_no_rows() -> None:
    found = numbers([], [])
    assert (found.rows, found.mismatches, found.worst, sum(found.histogram)) == (0, 0, 0.0, 0)


@pytest.mark.parametrize(
    ("offline", "online", "same"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("", None, False),
        (None, None, True),
        (None, "None", False),
        (1, 1, True),
        (np.int64(1), 1, True),
        (1.0, 1, True),
        (np.float32(1), 1, True),
        (1.5, 1, False),
        ("1", 1, True),
        (1, "1", True),
        ("1.0", 1, False),
        (True, True, True),
        (np.True_, True, True),
        (True, "true", True),
        ("True", True, True),
        (True, False, False),
        (True, 1, False),
        (0, False, False),
        (np.str_("a"), "a", True),
        (2**53 + 1, 2**53, False),
        (np.int64(2**53 + 1), 2**53 + 1, True),
        (math.nan, None, False),
    ],
)
def test_labels(offline: Any, online: Any, same: bool) -> None:
    assert same_label(offline, online) is same
    library = np.array([offline, None], dtype=object)[:1]
    engine = np.array([online, None], dtype=object)[:1]
    found = compare({"label": library}, np.zeros(1, dtype=bool), [LABEL], [engine], {})
    assert found.mismatches == (not same)
    assert found.worst == (0.0 if same else math.inf)


@given(
    st.lists(st.floats(), max_size=20),
    st.booleans(),
    st.lists(st.integers(0, 19), max_size=3),
    st.floats(0, 1),
)
def test_what_is_compared_with_itself_agrees(
    values: list[float], single: bool, refused: list[int], tolerance: float
) -> None:
    with np.errstate(over="ignore"):
        library = np.array(values, dtype=np.float32 if single else np.float64)
    mask = np.zeros(len(values), dtype=bool)
    mask[[r for r in refused if r < len(values)]] = True
    errors = {int(r): "no" for r in np.flatnonzero(mask)}
    found = compare({"y": library}, mask, [Y], [library.astype(float)], errors, tolerance)
    assert (found.mismatches, found.worst, found.differences) == (0, 0.0, [])
    assert found.histogram[0] == sum(found.histogram) == len(values) - len(errors)


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_agreement_does_not_depend_on_the_sides(a: float, b: float) -> None:
    # Except where a unit in the last place is another one on the other side.
    if agree(a, b) != agree(b, a):
        assert abs(a - b) <= 5 * max(np.spacing(abs(a)), np.spacing(abs(b)))


def test_values_are_plain_json() -> None:
    found = [plain(v) for v in (np.float32(0.1), np.int64(3), np.True_, math.nan, "a", None)]
    assert found == [0.10000000149011612, 3, True, None, "a", None]
    assert [type(v) for v in found] == [float, int, bool, type(None), str, type(None)]

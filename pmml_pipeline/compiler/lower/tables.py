"""Tables: from a whole number, from any number, from an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pmml_pipeline.compiler.builder import Builder, Register

_FAR = 2**30


def look_up(
    builder: Builder,
    register: Register,
    base: int,
    values: Sequence[float],
    other: float,
    missing: float,
) -> Register:
    """values[x - base], or ``other`` where there is none, or ``missing`` where x is missing."""
    offset = builder.doubles([*values, other, missing])
    return builder.op("LUT", register, immediates=(offset, base, len(values)))


def value_of(
    builder: Builder,
    register: Register,
    table: Mapping[float, float],
    other: float,
    missing: float = math.nan,
) -> Register:
    """table[x], or ``other`` where there is none, or ``missing`` where x is missing.

    The numbers of texts lie close together, and so do most codes that are whole numbers: then there
    is an entry for every number between, and nothing has to be searched. No x is NaN, which is
    missing, and where a key is NaN nothing can be searched.
    """
    keys = sorted(key for key in table if key == key)
    if keys and all(k.is_integer() and abs(k) < _FAR for k in keys):
        first, last = int(keys[0]), int(keys[-1])
        if last - first < 4 * len(keys) + 64:
            values = [table.get(float(k), other) for k in range(first, last + 1)]
            return look_up(builder, register, first, values, other, missing)
    offset = builder.doubles([*keys, *(table[k] for k in keys), other, missing])
    return builder.op("FIND", register, immediates=(offset, len(keys)))


def value_of_interval(
    builder: Builder,
    register: Register,
    intervals: Sequence[tuple[str, float | None, float | None, float]],
    other: float,
    missing: float,
) -> Register:
    """The value of the first interval (closure, left, right, value) that x lies in.

    Every margin becomes a number t such that the interval ends, or begins, right behind it: "at
    most t" or "more than t". Then an interval is a run of the gaps between the sorted margins.
    """
    spans: list[tuple[float | None, float | None, float]] = []
    for closure, left, right, value in intervals:
        low, high = left, right
        if left is not None and closure.startswith("closed"):
            low = math.nextafter(left, -math.inf)
        if right is not None and not closure.endswith("Closed"):
            high = math.nextafter(right, -math.inf)
        spans.append((low, high, value))
    cuts = sorted({c for low, high, _ in spans for c in (low, high) if c is not None})
    place = {cut: i for i, cut in enumerate(cuts)}
    values = [other] * (len(cuts) + 1)
    free = list(range(len(cuts) + 2))  # by gap, one that has no value yet: itself or further on
    for low, high, value in spans:
        last = len(cuts) if high is None else place[high]
        gap = _follow(free, 0 if low is None else place[low] + 1)
        while gap <= last:
            values[gap] = value
            free[gap] = gap + 1
            gap = _follow(free, gap)
    gap_of_x = builder.op("BIN", register, immediates=(builder.doubles(cuts), len(cuts)))
    return look_up(builder, gap_of_x, 0, values, other, missing)


def _follow(further: list[int], at: int) -> int:
    """Where the way ends that leads on from a place; it is shortened, so that all take little."""
    while further[at] != at:
        further[at] = further[further[at]]
        at = further[at]
    return at

"""Finds where the training library's own prediction jumps, by asking it.

A document can say one thing and an engine do another on the way to a comparison: a derived field is
compared in float32 here and in double there, say. No reading of the document shows that. So one
number of a real row is walked to its value in another real row, and where the prediction is not the
same at both ends, the walk is halved until its ends are neighbours. An engine that jumps elsewhere
differs on one side of such a place.

A label that comes with numbers (probabilities) is left to them: where two classes are equally
likely, the last bit decides between them, and that is no fault of an engine. A label that comes
alone is tried a little away from the place where it changes, for the same reason.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.schema import InputField, OutputField

SCREENED = 8  # walks that are looked at for each one that may be halved
BESIDE = 2  # neighbours that are tried on each side of a jump
HALVINGS = 64  # a double has 64 bits
AWAY = 2**23  # doubles between a label's change and where it is tried: 2e-9 of the number
SMALLEST = 1e-10  # less than that between neighbours is rounding, not a jump

#: Rows as columns to the library's predictions by result name, and to which rows it refuses.
Ask = Callable[
    [Mapping[str, list[Any]]], tuple[Mapping[str, npt.NDArray[Any]], npt.NDArray[np.bool_]]
]


@dataclass(frozen=True, slots=True)
class Jump:
    """Two neighbouring values of an input between which the prediction changes most.

    Attributes:
        row: position of the real row that has them.
        field: the input.
        values: the two, and their neighbours, ascending.
        size: what changes between the two; infinite for a label or a refusal.
    """

    row: int
    field: str
    values: tuple[float | int, ...]
    size: float

    @property
    def real(self) -> bool:
        """Whether it is more than the rounding of a smooth prediction."""
        return self.size > SMALLEST


@dataclass(slots=True)
class _Walk:
    """One number of one row between two ends, as positions among all numbers of its type."""

    row: int
    field: InputField
    low: int
    high: int


def find_jumps(
    ask: Ask,
    inputs: Sequence[InputField],
    outputs: Sequence[OutputField],
    real: Mapping[str, list[Any]],
    count: int,
) -> list[Jump]:
    """Jumps of the library's prediction along single inputs.

    The walks take the numeric inputs in turn, between rows drawn with a fixed seed: the same model
    and the same rows give the same jumps. A smooth prediction changes on every walk; what is found
    then is the place where it changes most, which is harmless.

    Args:
        ask: the library.
        inputs, outputs: the document's; other results of the library are not looked at.
        real: real rows as columns.
        count: how many walks may be halved.
    """
    walks = _drawn(inputs, real, count * SCREENED)
    if not walks:
        return []
    library = _Library(ask, outputs, real)
    sizes, refused = library.changes(walks, [(w.low, w.high) for w in walks])
    taken = np.flatnonzero((sizes > 0) & ~refused)[:count]
    walks = [walks[i] for i in taken]
    sizes = sizes[taken]
    for _ in range(HALVINGS):
        wide = [i for i, w in enumerate(walks) if w.high - w.low > 1]
        if not wide:
            break
        sizes[wide] = _halve(library, [walks[i] for i in wide])
    away = AWAY if library.only_labels else 0
    return [_jump(w, float(size), away) for w, size in zip(walks, sizes, strict=True)]


def _drawn(inputs: Sequence[InputField], real: Mapping[str, list[Any]], count: int) -> list[_Walk]:
    """Walks between two values that differ, the inputs in turn."""
    chance = random.Random(20_240_301)
    numeric = [f for f in inputs if f.optype == "continuous" and f.kind in ("double", "integer")]
    present = {
        f.name: [row for row, v in enumerate(real[f.name]) if _is_finite(v)] for f in numeric
    }
    numeric = [f for f in numeric if len(present[f.name]) > 1]
    walks = []
    for i in range(count if numeric else 0):
        f = numeric[i % len(numeric)]
        row, other = chance.sample(present[f.name], 2)
        start, end = (_position(real[f.name][r], f) for r in (row, other))
        if start != end:
            walks.append(_Walk(row, f, min(start, end), max(start, end)))
    return walks


class _Library:
    """The training library, asked about pairs of rows that differ in one number."""

    def __init__(
        self, ask: Ask, outputs: Sequence[OutputField], real: Mapping[str, list[Any]]
    ) -> None:
        self._ask = ask
        self._names = {o.name for o in outputs}
        self._numbers = {o.name for o in outputs if o.kind == "double" and not o.levels}
        self._real = real
        self.only_labels = False

    def changes(
        self, walks: Sequence[_Walk], ends: Sequence[tuple[int, int]]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """How much the prediction changes from end to end, and whether an end is refused."""
        count = len(ends)
        rows = [w.row for w in walks] * 2
        columns = {name: [values[r] for r in rows] for name, values in self._real.items()}
        for i, walk in enumerate(walks):
            for row, place in zip((i, count + i), ends[i], strict=True):
                columns[walk.field.name][row] = _value(place, walk.field)
        values, refused = self._ask(columns)
        numbers = [array for name, array in values.items() if name in self._numbers]
        labels = [array for name, array in values.items() if name in self._names]
        self.only_labels = not numbers
        sizes = np.zeros(count)
        for array in numbers:
            with np.errstate(invalid="ignore", over="ignore"):
                wide = array.astype(np.float64)
                sizes = np.fmax(sizes, np.abs(wide[:count] - wide[count:]))
        for array in () if numbers else labels:
            pairs = zip(array[:count], array[count:], strict=True)
            sizes[[a != b for a, b in pairs]] = np.inf
        first, second = refused[:count], refused[count:]
        sizes[first ^ second] = np.inf
        sizes[first & second] = 0.0
        return sizes, first | second


def _halve(library: _Library, walks: Sequence[_Walk]) -> npt.NDArray[np.float64]:
    """Moves one end of every walk to its middle, keeping the half with the larger change."""
    middles = [(w.low + w.high) // 2 for w in walks]
    ends = [(w.low, m) for w, m in zip(walks, middles, strict=True)]
    ends += [(m, w.high) for w, m in zip(walks, middles, strict=True)]
    sizes, _ = library.changes([*walks, *walks], ends)
    below, above = sizes[: len(walks)], sizes[len(walks) :]
    for walk, middle, left, right in zip(walks, middles, below, above, strict=True):
        if left > right:
            walk.high = middle
        else:
            walk.low = middle
    return np.maximum(below, above)


def _jump(walk: _Walk, size: float, away: int) -> Jump:
    away = 0 if walk.field.kind == "integer" else away
    low, high = walk.low - away, walk.high + away
    places = [*range(low - BESIDE, low + 1), *range(high, high + BESIDE + 1)]
    values = [_value(place, walk.field) for place in places]
    return Jump(walk.row, walk.field.name, tuple(v for v in values if _is_finite(v)), size)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < float("inf")


def _position(value: float, field: InputField) -> int:
    """The place of a number among all of its type; neighbours have neighbouring places."""
    if field.kind == "integer":
        return int(value)
    (bits,) = struct.unpack("<q", struct.pack("<d", float(value) + 0.0))  # no negative zero
    return int(bits if bits >= 0 else -(2**63) - bits)


def _value(place: int, field: InputField) -> float | int:
    if field.kind == "integer":
        return place
    bits = place if place >= 0 else -(2**63) - place
    return float(struct.unpack("<d", struct.pack("<q", bits))[0])

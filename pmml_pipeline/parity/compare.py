"""When two predictions agree, and what the differences of many rows look like.

The rule (see docs/certificate.md): within the tolerance, 1e-10 unless the exporter stated a wider
one; for numbers so large that 1e-10 is below their precision, within 4 units in the last place; a
prediction made in float32 is the same float32. Where the training library or the contract refuses
a row, the engine must refuse it too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.schema import OutputField

TEN_DECIMALS = 1e-10
ULPS = 4
WORST_KEPT = 5

# Upper ends of the bins in which differences are counted; the first is "equal".
DECADES = (0.0, *(10.0**e for e in range(-16, 1)), math.inf)

REFUSED_OFFLINE = "refused by the training library"

Offline = Mapping[str, npt.NDArray[Any]]


@dataclass(slots=True)
class Difference:
    """One row on which the two sides do not agree.

    Attributes:
        row: position in the row set.
        output: name of the result, or empty when one side refuses the row.
        offline, online: the two values; text for a refusal.
        difference: absolute; infinite where none can be given.
    """

    row: int
    output: str
    offline: Any
    online: Any
    difference: float


@dataclass(slots=True)
class Comparison:
    """One engine on one class of rows.

    Attributes:
        rows, refused, mismatches: counts of rows; refused by the engine.
        worst: largest absolute difference between two numbers that should agree.
        histogram: differences of all numbers, counted by :data:`DECADES`.
        agreed: shape (rows,), which rows both sides scored and agree on.
        differences: the worst rows that do not agree, at most :data:`WORST_KEPT`.
    """

    rows: int
    refused: int
    mismatches: int
    worst: float
    histogram: list[int]
    agreed: npt.NDArray[np.bool_]
    differences: list[Difference] = field(default_factory=list)


def compare(
    offline: Offline,
    refused_offline: npt.NDArray[np.bool_],
    outputs: Sequence[OutputField],
    online: Sequence[npt.NDArray[Any]],
    errors: Mapping[int, str],
    tolerance: float = TEN_DECIMALS,
) -> Comparison:
    """Compares what the training library and an engine made of the same rows.

    Args:
        offline: the library's predictions by result name, each of shape (rows,). A float32 array
            means that the library predicts in float32. Rows that it refused hold anything.
        refused_offline: shape (rows,), which rows the library or the contract refused.
        outputs: the results of the document, in order.
        online: the engine's results in that order, float64 or objects.
        errors: the engine's refusals by row.
        tolerance: absolute.
    """
    rows = len(refused_offline)
    refused_online = np.zeros(rows, dtype=bool)
    refused_online[list(errors)] = True
    one_sided = refused_offline ^ refused_online
    both = ~refused_offline & ~refused_online
    histogram = np.zeros(len(DECADES), dtype=np.int64)
    positions = {output.name: i for i, output in enumerate(outputs)}
    names = [name for name in offline if name in positions]
    differences = np.zeros((len(names), rows))
    wrong = np.zeros((len(names), rows), dtype=bool)
    for i, name in enumerate(names):
        output, values = outputs[positions[name]], online[positions[name]]
        if output.kind == "double":
            difference, agree = _numbers(offline[name], values.astype(np.float64), tolerance)
            histogram += _count(difference[both])
        else:
            pairs = zip(offline[name], values.tolist(), strict=True)
            agree = np.array([same_label(a, b) for a, b in pairs], dtype=bool)
            difference = np.where(agree, 0.0, math.inf)
        differences[i] = np.where(both, difference, 0.0)
        wrong[i] = both & ~agree
    bad = one_sided | wrong.any(axis=0)
    largest = np.where(one_sided, math.inf, differences.max(axis=0, initial=0.0))
    rank = np.flatnonzero(bad)[np.argsort(-largest[bad], kind="stable")]
    found = [
        _difference(int(row), names, offline, positions, online, errors, wrong, differences)
        for row in rank[:WORST_KEPT]
    ]
    return Comparison(
        rows=rows,
        refused=int(refused_online.sum()),
        mismatches=int(bad.sum()),
        worst=float(largest.max(initial=0.0)),
        histogram=histogram.tolist(),
        agreed=both & ~bad,
        differences=found,
    )


def _numbers(
    expected: npt.NDArray[Any], actual: npt.NDArray[np.float64], tolerance: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Absolute differences (infinite where one side has none) and whether the two agree."""
    single = expected.dtype == np.float32
    wide = expected.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(wide - actual)
        difference[wide == actual] = 0.0  # infinities
        allowed = np.full(len(wide), tolerance)
        spacing = np.spacing(np.abs(wide))
        coarse = spacing > TEN_DECIMALS
        allowed[coarse] = np.maximum(tolerance, ULPS * spacing[coarse])
        agree = difference <= allowed
        if single:
            same = expected == actual.astype(np.float32)
            # At ten decimals "the same float32" is the rule; only a stated tolerance widens it.
            agree = same if tolerance <= TEN_DECIMALS else same | agree
    neither = np.isnan(wide) & np.isnan(actual)
    agree |= neither
    difference[neither] = 0.0
    difference[np.isnan(difference)] = math.inf
    return difference, agree


def same_label(offline: Any, online: Any) -> bool:
    """Whether two labels are the same, whatever number type carries them."""
    if offline is None or online is None:
        return offline is None and online is None
    if isinstance(offline, bool | np.bool_) or isinstance(online, bool):
        return str(offline).lower() == str(online).lower()
    if isinstance(offline, int | float | np.number) and isinstance(online, int | float):
        return bool(offline == online)
    return str(offline) == str(online)


def _count(differences: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    places = np.searchsorted(np.array(DECADES), differences, side="left")
    return np.bincount(places, minlength=len(DECADES)).astype(np.int64)


def _difference(
    row: int,
    names: Sequence[str],
    offline: Offline,
    positions: Mapping[str, int],
    online: Sequence[npt.NDArray[Any]],
    errors: Mapping[int, str],
    wrong: npt.NDArray[np.bool_],
    differences: npt.NDArray[np.float64],
) -> Difference:
    columns = np.flatnonzero(wrong[:, row])
    if not len(columns):  # one side refuses
        if row in errors:
            shown = {name: plain(values[row]) for name, values in offline.items()}
            return Difference(row, "", shown, f"refused: {errors[row]}", math.inf)
        shown = {name: plain(online[positions[name]][row]) for name in names}
        return Difference(row, "", REFUSED_OFFLINE, shown, math.inf)
    worst = int(columns[np.argmax(differences[columns, row])])
    name = names[worst]
    return Difference(
        row,
        name,
        plain(offline[name][row]),
        plain(online[positions[name]][row]),
        float(differences[worst, row]),
    )


def plain(value: Any) -> Any:
    """A NumPy scalar as a JSON value with all its digits; NaN as None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and value != value else value

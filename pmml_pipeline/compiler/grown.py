"""Trees item after item, and what is left of them in rows in which nothing is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


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


def asked(forest: Grown) -> npt.NDArray[np.bool_]:
    """The items that are left in rows in which nothing is missing.

    "At most infinity" asks whether a value is there. Where it is known to be, neither that question
    nor what stands on its failing side is needed.

    Returns:
        Of shape (items,).
    """
    present = (forest.registers >= 0) & (forest.sets < 0) & np.isposinf(forest.thresholds)
    kept = ~present
    places = np.flatnonzero(present)
    fails = np.sort(forest.failed[places])
    alone = forest.registers[fails] < 0  # a single leaf
    kept[fails[alone]] = False
    registers: list[int] = []
    end = 0
    for first in fails[~alone].tolist():
        if first < end:  # inside what was taken out already
            continue
        registers = registers or forest.registers.tolist()
        end, open_ = first, 1
        while open_:
            open_ += 1 if registers[end] >= 0 else -1
            end += 1
        kept[first:end] = False
    return kept


def without(forest: Grown, kept: npt.NDArray[np.bool_]) -> Grown:
    """The trees of the items that are kept, as :func:`asked` has them."""
    # What led to a question leads to its passing side, which is the next item that is kept.
    places = np.concatenate([[0], np.cumsum(kept)])
    return Grown(
        places[forest.starts].astype(np.int64),
        forest.registers[kept],
        forest.thresholds[kept],
        forest.sets[kept],
        forest.missing[kept],
        places[forest.failed[kept]].astype(np.int32),
        forest.leaves[kept],
        forest.levels,
        forest.values,
    )

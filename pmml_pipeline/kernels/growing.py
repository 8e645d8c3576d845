"""Plain trees to tests with two ways out, by the kernels; see ``src/grow.c``."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmml_pipeline.kernels import load

Ints = npt.NDArray[np.int32]
TRUE, FALSE = -1, -2
AT_MOST, EQUAL, ONE_OF, IS_MISSING = range(4)
STRATEGIES = ("none", "lastPrediction", "nullPrediction", "defaultChild")

ITEM = np.dtype(
    [(name, np.int32) for name in ("register", "set", "missing", "failed", "node")]
    + [("spare", np.int32), ("threshold", np.float64)]
)


@dataclass(slots=True)
class Plain:
    """``pp_grow_plain`` of ``src/grow.c``: arrays in the order of its fields."""

    roots: Ints
    strategies: Ints
    lasts: Ints
    tests: Ints
    ids: Ints
    defaults: Ints
    firsts: Ints
    children: Ints
    fields: Ints
    registers: Ints
    presents: Ints
    kinds: Ints
    negated: Ints
    sets: Ints
    thresholds: npt.NDArray[np.float64]
    words: npt.NDArray[np.int64]
    levels: npt.NDArray[np.uint64]
    set_starts: npt.NDArray[np.int64]


class _Native(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("n_trees", "n_registers", "most")),
        *((name, ctypes.c_void_p) for name in Plain.__slots__),
    )


class _Grown(ctypes.Structure):
    _fields_ = (
        ("items", ctypes.c_int64),
        ("room", ctypes.c_int64),
        ("at", ctypes.c_void_p),
        ("starts", ctypes.c_void_p),
    )


def grow(plain: Plain, most: int) -> tuple[npt.NDArray[np.void], npt.NDArray[np.int64]] | None:
    """The items of all trees, of :data:`ITEM`, and where each tree begins, one more at the end.

    Args:
        plain: the trees.
        most: how many splits a tree may have.

    Returns:
        None where a tree has more.
    """
    library = load()
    arrays = {n: np.ascontiguousarray(getattr(plain, n)) for n in Plain.__slots__}
    native = _Native(
        n_trees=len(plain.roots),
        n_registers=len(plain.words) - 1,
        most=most,
        **{name: array.ctypes.data for name, array in arrays.items()},
    )
    grown = _Grown()
    library.pp_grow_free.restype = None
    try:
        if library.pp_grow_trees(ctypes.byref(native), ctypes.byref(grown)):
            return None
        items = ctypes.string_at(grown.at, grown.items * ITEM.itemsize)
        starts = ctypes.string_at(grown.starts, 8 * (len(plain.roots) + 1))
        return np.frombuffer(items, dtype=ITEM), np.frombuffer(starts, dtype=np.int64)
    finally:
        library.pp_grow_free(ctypes.byref(grown))

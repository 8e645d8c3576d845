"""The different texts of a column, by the kernels; see ``src/texts.c``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pmml_pipeline.kernels import load

Ints = npt.NDArray[np.int64]


def tell_apart(
    data: int, offsets: int, valid: int, bit: int, rows: int
) -> tuple[Ints, Ints] | None:
    """Which texts are the same.

    Args:
        data: address of the bytes of all texts, one behind the other.
        offsets: address of ``rows`` + 1 int64: where each text begins, and the end of the last.
        valid: address of a bit per row, counted from ``bit``: whether it has a text; 0 where all
            rows have one.
        bit: where the rows begin in ``valid``.
        rows: how many there are.

    Returns:
        The place of every row's text among the different ones, -1 for none, and the row in which
        each of those is met first; None where the kernels gave up, for want of memory or since
        somebody made the texts to be slow.

    Raises:
        EngineUnavailableError: there are no kernels for this machine.
    """
    places, firsts = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    at = places.ctypes.data, firsts.ctypes.data
    count = load().pp_texts(data, offsets, valid, bit, rows, *at)
    return None if count < 0 else (places, firsts[:count].copy())

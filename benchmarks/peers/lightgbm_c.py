"""LightGBM's C interface, called with as little in between as Python allows."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_FLOAT64, _NORMAL, _PARAMETERS = 1, 0, b"num_threads=1"  # of LightGBM/c_api.h


class LightGBM:
    """A booster.

    Args:
        path: its text.
        columns: how many a row has.

    Raises:
        RuntimeError: LightGBM refuses something.
    """

    def __init__(self, path: Path, columns: int) -> None:
        import lightgbm.libpath

        (name, *_) = lightgbm.libpath._find_lib_path()
        self._library = ctypes.CDLL(str(name))
        self._columns = columns
        self._length = ctypes.c_int64()
        self._handle, self._fast = ctypes.c_void_p(), ctypes.c_void_p()
        trees = ctypes.c_int()
        text = str(path).encode()
        self._do(
            "LGBM_BoosterCreateFromModelfile",
            *(text, ctypes.byref(trees), ctypes.byref(self._handle)),
        )
        self._do(
            "LGBM_BoosterPredictForMatSingleRowFastInit",
            *(self._handle, _NORMAL, 0, -1, _FLOAT64, columns, _PARAMETERS),
            ctypes.byref(self._fast),
        )
        self._row = (ctypes.c_double * columns)()
        self._result = (ctypes.c_double * 1)()
        self._one = self._library.LGBM_BoosterPredictForMatSingleRowFast
        self._one_arguments = (self._fast, self._row, ctypes.byref(self._length), self._result)

    def one(self, cells: list[float]) -> float:
        """The prediction for one row."""
        self._row[:] = cells  # type: ignore[assignment]
        if self._one(*self._one_arguments):
            raise RuntimeError("LightGBM refuses the row")
        return self._result[0]

    def many(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The predictions for the rows of a C-ordered matrix."""
        found = np.empty(len(matrix))
        address = ctypes.c_void_p(matrix.ctypes.data)
        size = (_FLOAT64, len(matrix), self._columns, 1)
        self._do(
            "LGBM_BoosterPredictForMat",
            *(self._handle, address, *size, _NORMAL, 0, -1, _PARAMETERS),
            *(ctypes.byref(self._length), ctypes.c_void_p(found.ctypes.data)),
        )
        return found

    def _do(self, name: str, *arguments: Any) -> None:
        if getattr(self._library, name)(*arguments):
            self._library.LGBM_GetLastError.restype = ctypes.c_char_p
            raise RuntimeError(f"{name}: {self._library.LGBM_GetLastError().decode()}")

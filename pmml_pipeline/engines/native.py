"""A program as the kernels take it."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline import kernels
from pmml_pipeline.compiler.program import Program
from pmml_pipeline.errors import EngineError

# With fewer, to start a thread and to wait for it takes longer than it spares.
_ROWS_OF_A_THREAD = 1024


class Native:
    """A program with its tables in memory.

    Args:
        program: what to run. Its tables are kept alive here.

    Attributes:
        address: where the kernels' ``pp_program`` is.
    """

    def __init__(self, program: Program) -> None:
        self._library = kernels.load()
        codes = kernels.op_codes()
        words: list[int] = []
        for i in program.instructions:
            words += (codes[i.op], len(i.targets), len(i.sources), len(i.immediates))
            words += (*i.targets, *i.sources, *i.immediates)
        self._kept = (
            np.array(words, dtype=np.int32),
            np.ascontiguousarray(program.ints),
            np.ascontiguousarray(program.doubles),
            np.ascontiguousarray(program.constants),
            np.array(program.outputs, dtype=np.int32),
        )
        code, ints, doubles, constants, outputs = (a.ctypes.data for a in self._kept)
        self._program = kernels.NativeProgram(
            code=code,
            words=len(words),
            ints=ints,
            doubles=doubles,
            constants=constants,
            n_constants=len(program.constants),
            n_inputs=program.n_inputs,
            n_registers=program.n_registers,
            n_outputs=len(program.outputs),
            outputs=outputs,
        )
        self._reference = ctypes.byref(self._program)
        self.address = ctypes.addressof(self._program)
        self._n_inputs = program.n_inputs
        self._n_outputs = len(program.outputs)
        self._addresses = ctypes.c_void_p * program.n_inputs
        self._local = threading.local()

    def score_one(self, cells: Sequence[Any]) -> list[float]:
        """The outputs for one row.

        Raises:
            EngineError: there is no memory.
        """
        source, addresses, target = self._of_thread()
        source[: self._n_inputs] = cells
        self._run(addresses, target, 1, 1)
        found: list[float] = target[: self._n_outputs]
        return found

    def _of_thread(self) -> tuple[Any, Any, Any]:
        """A row of inputs of this thread, where each of them is, and a row of outputs."""
        found: tuple[Any, Any, Any] | None = getattr(self._local, "buffers", None)
        if found is None:
            source = (ctypes.c_double * max(self._n_inputs, 1))()
            start = ctypes.addressof(source)
            addresses = self._addresses(*range(start, start + 8 * self._n_inputs, 8))
            target = (ctypes.c_double * max(self._n_outputs, 1))()
            found = self._local.buffers = (source, addresses, target)
        return found

    def score(
        self, columns: Iterable[npt.NDArray[np.float64]], rows: int, threads: int = 1
    ) -> npt.NDArray[np.float64]:
        """The outputs of many rows.

        Args:
            columns: of float64, one per input of the program, each of shape (rows,).
            rows: how many there are.
            threads: how many may score at a time; there are fewer where rows are few.

        Returns:
            Of shape (outputs, rows).

        Raises:
            ValueError: a column is of another length.
            EngineError: there is no memory.
        """
        found = np.empty((self._n_outputs, rows), dtype=np.float64)
        kept = [np.ascontiguousarray(column, dtype=np.float64) for column in columns]
        if any(column.shape != (rows,) for column in kept):  # else foreign memory would be scored
            raise ValueError(f"there is a column that has not {rows} numbers")
        at_most = max(1, min(threads, rows // _ROWS_OF_A_THREAD))
        addresses = self._addresses(*[c.ctypes.data for c in kept])
        self._run(addresses, found.ctypes.data, rows, at_most)
        return found

    def _run(self, addresses: Any, target: Any, rows: int, threads: int) -> None:
        if self._library.pp_score(self._reference, addresses, target, rows, threads):
            raise EngineError("there is no memory left to score", "score fewer rows at a time")

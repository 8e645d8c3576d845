"""A program: what a document becomes, and all that is needed to score.

``kernels/src/kernels.h`` has the picture. A program is plain data, so it can be kept in a file,
printed, and run by the kernels or, to check these, by :mod:`pmml_pipeline.compiler.interpret`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.host import Call
from pmml_pipeline.compiler.terms import TermCall


@dataclass(frozen=True, slots=True)
class Instruction:
    """One operation on whole columns.

    Attributes:
        op: its name in ``kernels/src/ops.def``.
        targets: registers that it writes.
        sources: registers that it reads.
        immediates: whole numbers, mostly offsets into the program's tables.
    """

    op: str
    targets: tuple[int, ...]
    sources: tuple[int, ...]
    immediates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """Instructions and their tables.

    Attributes:
        instructions: in the order in which they run.
        constants: shape (n,), what the first n registers hold.
        n_inputs: how many columns come in; they are the registers after the constants.
        n_registers: how many there are.
        outputs: the registers that come out, in order.
        ints: shape (m,), int32, tables of whole numbers.
        doubles: shape (k,), float64, tables of numbers.
    """

    instructions: tuple[Instruction, ...]
    constants: npt.NDArray[np.float64]
    n_inputs: int
    n_registers: int
    outputs: tuple[int, ...]
    ints: npt.NDArray[np.int32]
    doubles: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stage:
    """A program over whole columns, and the functions of texts that follow it.

    Attributes:
        program: what runs first.
        reads: the columns that are its inputs.
        writes: the columns that its outputs become.
        calls: what is called then.
    """

    program: Program
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    calls: tuple[Call | TermCall, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is needed to score with a document.

    Attributes:
        stages: what runs.
        texts: the texts of the programs; their numbers are their positions.
    """

    stages: tuple[Stage, ...]
    texts: tuple[str, ...]

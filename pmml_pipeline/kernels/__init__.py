"""The compiled kernels: what runs a program over rows.

The library is built when the package is installed and holds no code of Python's, so it is the same
for every version of it. ``src/kernels.h`` has the picture.
"""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path

from pmml_pipeline.errors import EngineUnavailableError
from pmml_pipeline.kernels.build import levels, library

ABI = 7


class NativeProgram(ctypes.Structure):
    """``pp_program`` of ``src/kernels.h``."""

    _fields_ = (
        ("code", ctypes.c_void_p),
        ("words", ctypes.c_int64),
        ("ints", ctypes.c_void_p),
        ("doubles", ctypes.c_void_p),
        ("constants", ctypes.c_void_p),
        ("n_constants", ctypes.c_int32),
        ("n_inputs", ctypes.c_int32),
        ("n_registers", ctypes.c_int32),
        ("n_outputs", ctypes.c_int32),
        ("outputs", ctypes.c_void_p),
    )


def best_level() -> str:
    """The highest level of vector instructions that this processor has.

    Raises:
        EngineUnavailableError: it has none that the kernels are built for.
    """
    flags = _processor_flags()
    for level in levels():
        if _NEEDS.get(level, frozenset()) <= flags:
            return level
    raise EngineUnavailableError(
        f"the kernels need a processor of level {levels()[-1]} or higher", "use another engine"
    )


# What Linux calls the instructions that a level adds.
_V2 = frozenset({"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"})
_NEEDS = {
    "x86_64_v2": _V2,
    "x86_64_v3": _V2 | {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave", "abm"},
}


def _processor_flags() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return _V2
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


def identity() -> bytes:
    """All of this machine that may change a number: the library, and the processor's instructions.

    Raises:
        EngineUnavailableError: there is no library for it.
        OSError: it cannot be read.
    """
    flags = " ".join(sorted(_processor_flags()))
    return flags.encode() + library(best_level()).read_bytes()


@functools.cache
def load() -> ctypes.CDLL:
    """The library, loaded once. A call into it leaves other Python threads running.

    Raises:
        EngineUnavailableError: it was not built for this machine, or is of another version.
    """
    path = library(best_level())
    fix = "install the package again (in a checkout: make setup)"
    try:
        found = ctypes.CDLL(str(path))
    except OSError as error:
        raise EngineUnavailableError(f"the kernels cannot be loaded ({error})", fix) from None
    if found.pp_abi() != ABI:
        raise EngineUnavailableError(f"{path} is of another version of this package", fix)
    found.pp_op_name.restype = ctypes.c_char_p
    found.pp_score.restype = ctypes.c_int32
    found.pp_score.argtypes = [
        ctypes.POINTER(NativeProgram),
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int32,
    ]
    found.pp_texts.restype = ctypes.c_int64
    found.pp_texts.argtypes = [
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
        *(ctypes.c_int64, ctypes.c_int64),
        *(ctypes.c_void_p, ctypes.c_void_p),
    ]
    return found


@functools.cache
def with_lock() -> ctypes.PyDLL:
    """The same library, for calls that keep the interpreter's lock since they touch its objects.

    Raises:
        EngineUnavailableError: see :func:`load`.
    """
    found = ctypes.PyDLL(load()._name)
    found.pp_score_record.restype = ctypes.py_object
    found.pp_score_record.argtypes = [ctypes.c_void_p, ctypes.py_object]
    found.pp_score_json.restype = ctypes.py_object
    found.pp_score_json.argtypes = [
        *(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int32)
    ]
    found.pp_reader_size.restype = found.pp_reader_begin.restype = None
    found.pp_reader_begin.argtypes = [ctypes.c_void_p]
    found.pp_reader_size.argtypes = [ctypes.c_void_p] * 3
    return found


@functools.cache
def op_codes() -> dict[str, int]:
    """The number of every operation, by name."""
    found: dict[str, int] = {}
    while name := load().pp_op_name(len(found)):
        found[name.decode()] = len(found)
    return found

"""The short ways of one record: a dict to a dict, or JSON to JSON, in one call of the kernels.

``kernels/src/record.c`` and ``json.c`` say what they do. They answer for plain records only; for
any other they give None, and the record takes the way through :mod:`pmml_pipeline.admission`, which
decides.
"""

from __future__ import annotations

import ctypes
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pmml_pipeline import kernels
from pmml_pipeline.admission.cells import missing_marks, validity_sets
from pmml_pipeline.engines.protocol import RecordRules, Result, Shortcut
from pmml_pipeline.schema import KINDS, InputField

_KINDS = {"double": 0, "integer": 1, "boolean": 2, "string": 3}
_REQUIRED, _SINGLE, _BOUNDED, _LEFT_OPEN, _RIGHT_OPEN = 1, 2, 4, 8, 16
_EXACT = 2.0**53


class _Input(ctypes.Structure):
    """``pp_input`` of ``kernels/src/record.c``."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("known", ctypes.c_void_p),
        ("kind", ctypes.c_int32),
        ("flags", ctypes.c_int32),
        ("low", ctypes.c_double),
        ("high", ctypes.c_double),
        ("marks", ctypes.c_void_p),
        ("n_marks", ctypes.c_int64),
        ("key", ctypes.c_void_p),
        ("key_size", ctypes.c_int64),
    )


class _Output(ctypes.Structure):
    """``pp_output``."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("kind", ctypes.c_int32),
        ("essential", ctypes.c_int32),
        ("key", ctypes.c_void_p),
        ("key_size", ctypes.c_int64),
    )


_FUNCTIONS = (
    *("PyDict_GetItemWithError", "PyDict_Size", "PyDict_New", "PyDict_SetItem"),
    *("PyFloat_AsDouble", "PyFloat_FromDouble", "PyLong_AsLongLongAndOverflow"),
    *("PyLong_FromDouble", "PyErr_Occurred", "PyErr_Clear", "Py_IncRef", "Py_DecRef"),
    *("PyUnicode_DecodeUTF8", "PyBytes_FromStringAndSize", "PyOS_string_to_double"),
    *("PyOS_double_to_string", "PyMem_Free"),
)
_OBJECTS = (dict, float, int, str, None, True, False)


class _Reader(ctypes.Structure):
    """``pp_reader``."""

    _fields_ = (
        *((n, ctypes.c_void_p) for n in ("python", "program", "inputs", "outputs")),
        *((n, ctypes.c_void_p) for n in ("others", "reads", "texts", "quoted", "quoted_sizes")),
        *((n, ctypes.c_void_p) for n in ("regs", "scratch")),
        *((n, ctypes.c_int64) for n in ("n_inputs", "n_outputs", "n_others", "n_texts")),
        ("refuse_extra", ctypes.c_int32),
    )


def shortcut(
    native: Any, reads: Sequence[int], texts: Sequence[str], rules: RecordRules
) -> Shortcut | None:
    """The short way of a model's records, or None where there is none.

    Args:
        native: the program, see ``engines/compiled.py``.
        reads: which input each of the program's inputs is.
        texts: the document's texts; their numbers are their positions.
        rules: what is admitted, and what comes out.
    """
    library = kernels.with_lock()
    types = [field.data_type for field in rules.inputs]
    types += [field.data_type for field in rules.outputs]
    if (
        not _objects_are_as_expected()
        or max(len(rules.inputs), len(rules.outputs)) > library.pp_most_cells()
        or any(KINDS[t] == "string" != t for t in types)  # dates and times
    ):
        return None
    kept: list[Any] = [native, rules]  # whatever the structures point into
    codes = {text: float(code) for code, text in enumerate(texts)}
    inputs = (_Input * len(rules.inputs))(*(_input(f, codes, kept) for f in rules.inputs))
    outputs = (_Output * len(rules.outputs))(
        *(
            _Output(
                *(id(o.name), _KINDS[o.kind], i in rules.essential),
                *_kept_bytes(json.dumps(o.name, ensure_ascii=False) + ":", kept),
            )
            for i, o in enumerate(rules.outputs)
        )
    )
    # Only an output that is a text needs them.
    texts_out = texts if any(o.kind == "string" for o in rules.outputs) else ()
    quoted = [_kept_bytes(json.dumps(text, ensure_ascii=False), kept) for text in texts_out]
    size, scratch_size = ctypes.c_int64(), ctypes.c_int64()
    program = native.address
    library.pp_reader_size(program, ctypes.byref(size), ctypes.byref(scratch_size))
    reader = _Reader(
        python=ctypes.addressof(_python()),
        program=program,
        inputs=ctypes.addressof(inputs),
        outputs=ctypes.addressof(outputs),
        others=_addresses(rules.supplementary, kept),
        reads=_array(reads, np.int32, kept),
        texts=_addresses(texts, kept),
        quoted=_array([address for address, _ in quoted], np.uint64, kept),
        quoted_sizes=_array([size for _, size in quoted], np.int64, kept),
        regs=_memory(size.value * 8, kept),
        scratch=_memory(scratch_size.value, kept),
        n_inputs=len(inputs),
        n_outputs=len(outputs),
        n_others=len(rules.supplementary),
        n_texts=len(texts),
        refuse_extra=rules.refuse_extra,
    )
    kept += (inputs, outputs, reader)
    library.pp_reader_begin(ctypes.addressof(reader))
    of_record, of_json = library.pp_score_record, library.pp_score_json
    address = ctypes.addressof(reader)

    def score(record: Any, kept: Sequence[Any] = kept) -> dict[str, Result] | None:
        return of_record(address, record)  # type: ignore[no-any-return]

    def score_json(text: bytes, start: int, stop: int, bare: bool) -> bytes | None:
        return of_json(address, text, start, stop, bare)  # type: ignore[no-any-return]

    return Shortcut(score, score_json)


def _input(field: InputField, codes: Mapping[str, float], kept: list[Any]) -> _Input:
    flags = _REQUIRED if field.required else 0
    values, invalid, intervals = validity_sets(field)
    marks = missing_marks(field)
    known: dict[Any, Any] | None = None
    low, high = -math.inf, math.inf
    if field.kind == "string":
        # A text that is admitted only under some condition is not here, and takes the other way.
        admitted = {t: c for t, c in codes.items() if not values or t in values}
        known = {t: c for t, c in admitted.items() if t not in invalid and t not in marks}
        marks = frozenset()
    elif invalid:
        flags, low, high = flags | _BOUNDED, math.inf, -math.inf  # all take the other way
    elif intervals:
        first = intervals[0]
        flags |= _BOUNDED | (_SINGLE if field.data_type == "float" else 0)
        flags |= 0 if first.closure.startswith("closed") else _LEFT_OPEN
        flags |= 0 if first.closure.endswith("Closed") else _RIGHT_OPEN
        low = low if first.left_margin is None else first.left_margin
        high = high if first.right_margin is None else first.right_margin
    elif values:
        known = dict.fromkeys(values, 1.0)
    if field.kind == "integer" and any(abs(mark) > _EXACT for mark in marks):
        flags, low, high = flags | _BOUNDED, math.inf, -math.inf
    kept.append(known)
    key, key_size = _kept_bytes(field.name, kept)
    return _Input(
        name=id(field.name),
        known=None if known is None else id(known),
        kind=_KINDS[field.kind],
        flags=flags,
        low=low,
        high=high,
        marks=_array(sorted(map(float, marks)), np.float64, kept),
        n_marks=len(marks),
        key=key,
        key_size=key_size,
    )


def _objects_are_as_expected() -> bool:
    """Whether there is one lock, and an object has its type where record.c looks for it."""
    locked: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    if sys.implementation.name != "cpython" or not locked:
        return False
    return ctypes.c_void_p.from_address(id(1.5) + ctypes.sizeof(ctypes.c_void_p)).value == id(float)


_PYTHON: list[Any] = []


def _python() -> Any:
    """``pp_python``: the interpreter's functions and objects by their addresses."""
    if not _PYTHON:
        functions = [
            ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
            for name in _FUNCTIONS
        ]
        addresses = [*functions, *map(id, _OBJECTS)]
        _PYTHON.append((ctypes.c_void_p * len(addresses))(*addresses))
    return _PYTHON[0]


def _array(values: Sequence[Any], dtype: Any, kept: list[Any]) -> int:
    array = np.array(values, dtype=dtype)
    kept.append(array)
    return int(array.ctypes.data)


def _kept_bytes(text: str, kept: list[Any]) -> tuple[int, int]:
    """The address of a text in UTF-8, and its size."""
    data = ctypes.create_string_buffer(text.encode())
    kept.append(data)
    return ctypes.addressof(data), len(data) - 1


def _memory(size: int, kept: list[Any]) -> int:
    """That many bytes of zeros, at an address that is a multiple of 64."""
    memory = np.zeros(size + 64, dtype=np.uint8)
    kept.append(memory)
    return int(memory.ctypes.data + 63) // 64 * 64


def _addresses(objects: Sequence[Any], kept: list[Any]) -> int:
    kept.append(tuple(objects))
    return _array([id(item) for item in objects], np.uint64, kept)

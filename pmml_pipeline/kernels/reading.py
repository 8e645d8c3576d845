"""The reader of XML in the kernels, which stands on Python's own expat; see ``src/read.c``."""

from __future__ import annotations

import ctypes
import functools
import pyexpat

from pmml_pipeline.errors import EngineUnavailableError
from pmml_pipeline.kernels import load

OK, MALFORMED, DEPTH, ELEMENTS, DTD, MEMORY = range(6)


class NativeTable(ctypes.Structure):
    """``pp_xml_table`` of ``src/read.c``."""

    _fields_ = (
        ("elements", ctypes.c_int64),
        ("attributes", ctypes.c_int64),
        ("strings", ctypes.c_int64),
        ("bytes", ctypes.c_int64),
        ("tags", ctypes.c_void_p),
        ("parents", ctypes.c_void_p),
        ("lines", ctypes.c_void_p),
        ("ends", ctypes.c_void_p),
        ("texts", ctypes.c_void_p),
        ("firsts", ctypes.c_void_p),
        ("names", ctypes.c_void_p),
        ("values", ctypes.c_void_p),
        ("starts", ctypes.c_void_p),
        ("buffer", ctypes.c_void_p),
        ("root", ctypes.c_int64),
        ("line", ctypes.c_int64),
        ("column", ctypes.c_int64),
        ("code", ctypes.c_int32),
    )


@functools.cache
def library() -> tuple[ctypes.PyDLL, int] | None:
    """The library, called with Python's lock held, and the address of expat's functions.

    expat asks Python about encodings that it does not know itself, which needs the lock.
    None where there is no library for this machine, or where Python's expat is another than the one
    that ``src/read.c`` was written for.
    """
    try:
        path = load()._name
    except EngineUnavailableError:
        return None
    capsule = getattr(pyexpat, "expat_CAPI", None)
    if capsule is None:  # another Python than CPython
        return None
    address_of = ctypes.pythonapi.PyCapsule_GetPointer
    address_of.restype = ctypes.c_void_p
    address_of.argtypes = [ctypes.py_object, ctypes.c_char_p]
    address = address_of(capsule, b"pyexpat.expat_CAPI")
    found = ctypes.PyDLL(path)
    found.pp_read_knows.argtypes = [ctypes.c_void_p]
    found.pp_read_open.restype = ctypes.c_void_p
    found.pp_read_open.argtypes = [
        *(ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64),
        *(ctypes.c_char_p, ctypes.c_uint64),
    ]
    found.pp_read_feed.argtypes = [
        *(ctypes.c_void_p, ctypes.c_void_p),
        *(ctypes.c_int32, ctypes.c_int32),
    ]
    found.pp_read_table.argtypes = [ctypes.c_void_p, ctypes.POINTER(NativeTable)]
    found.pp_read_table.restype = None
    found.pp_read_close.argtypes = [ctypes.c_void_p]
    found.pp_read_close.restype = None
    return (found, address) if found.pp_read_knows(address) else None

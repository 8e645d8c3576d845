"""A compiled document as bytes: the form of the files of ``compiled_cache.py``.

```
16 bytes   what it is
32 bytes   SHA-256 of all that follows
 8 bytes   length of the header
 header    JSON: the key, the arrays, and dataclasses with their fields by name
 arrays    raw numbers, each at a multiple of 64 bytes
```
Nothing is unpickled, so a file cannot run anything. The kernels read a program's tables without
checking an index. So the checksum is compared before anything else is looked at; that it is no
other's file is for ``compiled_cache.py`` to see to.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.host import Call
from pmml_pipeline.compiler.matching import Pattern
from pmml_pipeline.compiler.program import Instruction, Plan, Program, Stage
from pmml_pipeline.compiler.terms import (
    Normalization,
    Replacement,
    TermCall,
    TermIndex,
    TextSettings,
)
from pmml_pipeline.document import Interval
from pmml_pipeline.document.model_verification import ModelVerification, VerificationField
from pmml_pipeline.schema import InputField, OutputField, Schema

MAGIC = b"pmml-pipeline 2\n"
_DIGEST = 32
_LENGTH = 8
_ALIGNED = 64  # a line of the processor's cache; any array of numbers may begin there
_CLASSES: Mapping[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        *(Plan, Stage, Program, Instruction, Call),
        *(TermCall, TermIndex, TextSettings, Normalization, Replacement, Pattern),
        *(Schema, InputField, OutputField, Interval, ModelVerification, VerificationField),
    )
}


def to_bytes(key: str, schema: Schema, plan: Plan) -> bytes:
    """The file.

    Args:
        key: what the file is for; it is only read with the same.
        schema, plan: of the document.
    """
    arrays: list[npt.NDArray[Any]] = []
    content = _plain((schema, plan), arrays)
    table, at = [], 0
    for array in arrays:
        table.append([array.dtype.str, at, len(array)])
        at += _rounded(array.nbytes)
    header = json.dumps({"key": key, "arrays": table, "content": content}).encode()
    start = len(MAGIC) + _DIGEST + _LENGTH + len(header)
    parts = [len(header).to_bytes(_LENGTH, "big"), header, bytes(_rounded(start) - start)]
    for array in arrays:
        parts += [array.tobytes(), bytes(_rounded(array.nbytes) - array.nbytes)]
    rest = b"".join(parts)
    return MAGIC + hashlib.sha256(rest).digest() + rest


def from_bytes(data: bytes, key: str) -> tuple[Schema, Plan]:
    """What :func:`to_bytes` was given.

    The arrays are views of the data and cannot be written to.

    Raises:
        ValueError: it is another file, or damaged.
    """
    try:
        return _from_bytes(data, key)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"of another form ({error!r})") from None


def _from_bytes(data: bytes, key: str) -> tuple[Schema, Plan]:
    rest = memoryview(data)[len(MAGIC) + _DIGEST :]
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("another form")
    if hashlib.sha256(rest).digest() != data[len(MAGIC) : len(MAGIC) + _DIGEST]:
        raise ValueError("damaged")
    length = int.from_bytes(rest[:_LENGTH], "big")
    header = json.loads(bytes(rest[_LENGTH : _LENGTH + length]))
    if header["key"] != key:
        raise ValueError("for something else")
    start = _rounded(len(MAGIC) + _DIGEST + _LENGTH + length)
    arrays = [
        np.frombuffer(data, dtype=np.dtype(dtype), count=count, offset=start + at)
        for dtype, at, count in header["arrays"]
    ]
    schema, plan = _objects(header["content"], arrays)
    if not (isinstance(schema, Schema) and isinstance(plan, Plan)):
        raise TypeError("something else")
    return schema, plan


def _rounded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _plain(value: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    """The value in the words of JSON; an array is its number."""
    if isinstance(value, np.ndarray):
        for number, known in enumerate(arrays):
            if known is value:  # stages share their tables
                return {"array": number}
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, tuple):
        return [_plain(one, arrays) for one in value]
    if dataclasses.is_dataclass(value):
        name = type(value).__name__
        if _CLASSES.get(name) is not type(value):
            raise TypeError(f"{name} is none of {', '.join(_CLASSES)}")
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {"class": name, **{n: _plain(one, arrays) for n, one in fields.items()}}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a compiled document")


def _objects(value: Any, arrays: list[npt.NDArray[Any]]) -> Any:
    """The opposite of :func:`_plain`."""
    if isinstance(value, list):
        return tuple(_objects(one, arrays) for one in value)
    if isinstance(value, dict):
        if "class" not in value and "array" in value:
            return arrays[value["array"]]
        fields = {n: _objects(one, arrays) for n, one in value.items() if n != "class"}
        return _CLASSES[value["class"]](**fields)
    return value

"""Tensors of the Open Inference Protocol: between their two forms, JSON and binary, and columns.

A tensor has a value per record, so its shape is ``[records]`` or ``[records, 1]``. In binary form
values follow one another in little-endian order, a BYTES value behind its length in four bytes
(the protocol's binary tensor data extension).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.schema import Kind
from pmml_pipeline.serving.refusal import bad_request, cut

# All but BYTES, whose values have no common length.
_ARRAYS: dict[str, npt.DTypeLike] = {
    **{f"UINT{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    "BOOL": "|u1",
}
# The whole numbers that fit: of the FP ones those up to which it has all.
_WHOLE = {
    name: (-(2 << int(np.finfo(dtype).nmant)), 2 << int(np.finfo(dtype).nmant))
    if name.startswith("FP")
    else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    for name, dtype in _ARRAYS.items()
}
_LARGEST = {n: float(np.finfo(dtype).max) for n, dtype in _ARRAYS.items() if n.startswith("FP")}
# What a field of PMML is told as, and what a result is given as.
DATATYPES: dict[Kind, str] = {
    "double": "FP64",
    "integer": "INT64",
    "boolean": "BOOL",
    "string": "BYTES",
}
_LENGTH = 4  # bytes in front of a BYTES value
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a request.

    Attributes:
        name: of an input.
        datatype: the protocol's.
        rows: how many records it has.
    """

    name: str
    datatype: str
    rows: int


def tensor_of(entry: Any, place: int) -> Tensor:
    """What an entry of ``inputs`` says of itself.

    Raises:
        Refusal: it is no tensor of one value per record.
    """
    where = f"inputs[{place}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise bad_request(f"{where} must be an object with a name")
    name = entry["name"]
    where = f"the tensor {cut(name, _SHOWN)}"
    for key in entry:
        if key not in ("name", "shape", "datatype", "data", "parameters"):
            raise bad_request(f"{where} has the key {cut(key, _SHOWN)}, which is unknown")
    datatype, shape = entry.get("datatype"), entry.get("shape")
    if not isinstance(datatype, str) or datatype not in (*_ARRAYS, "BYTES"):
        known = ", ".join((*_ARRAYS, "BYTES"))
        raise bad_request(f"{where} must have a datatype, one of {known}")
    if (
        not isinstance(shape, list)
        or not all(type(size) is int and size > 0 for size in shape)
        or len(shape) not in (1, 2)
        or shape[1:] not in ([], [1])
    ):
        raise bad_request(f"{where} must have the shape [records] or [records, 1]")
    return Tensor(name, datatype, shape[0])


def from_json(tensor: Tensor, data: Any) -> list[Any]:
    """The values of ``data``, flat or nested as the shape says. A null is a missing value.

    Raises:
        Refusal: they are not as many as there are records, or none of the datatype.
    """
    if isinstance(data, list) and data and all(isinstance(v, list) and len(v) == 1 for v in data):
        data = [value for (value,) in data]
    if not isinstance(data, list) or len(data) != tensor.rows:
        raise _wrong(tensor, f"must have data of {tensor.rows} values")
    for row, value in enumerate(data):
        if value is not None and not _fits(tensor.datatype, value):
            raise _wrong(tensor, f"has a value that is no {tensor.datatype}, at {row}")
    if tensor.datatype in ("FP16", "FP32"):
        # As its sender has it, who may have printed fewer digits than the nearest double has.
        dtype = np.dtype(_ARRAYS[tensor.datatype]).type
        return [None if value is None else float(dtype(value)) for value in data]
    return data


def _fits(datatype: str, value: Any) -> bool:
    if datatype == "BYTES":
        return isinstance(value, str)
    if datatype == "BOOL":
        return isinstance(value, bool)
    if type(value) is int:
        low, high = _WHOLE[datatype]
        return low <= value <= high
    largest = _LARGEST.get(datatype)
    return type(value) is float and largest is not None and not largest < abs(value) < math.inf


def from_binary(tensor: Tensor, data: memoryview) -> list[Any]:
    """The values of a tensor's bytes.

    Raises:
        Refusal: they are not as many as there are records, or none of the datatype.
    """
    if tensor.datatype == "BYTES":
        return _texts(tensor, data)
    dtype = np.dtype(_ARRAYS[tensor.datatype])
    if len(data) != tensor.rows * dtype.itemsize:
        raise _wrong(tensor, f"must have {tensor.rows * dtype.itemsize} bytes, not {len(data)}")
    values = np.frombuffer(data, dtype)
    if tensor.datatype == "BOOL":
        if values.max() > 1:
            raise _wrong(tensor, "has a byte that is neither 0 nor 1")
        values = values.astype(np.bool_)
    return values.tolist()  # type: ignore[no-any-return]


def _texts(tensor: Tensor, data: memoryview) -> list[str]:
    texts = []
    at = 0
    while at < len(data):
        start = at + _LENGTH
        at = start + int.from_bytes(data[at:start], "little")
        if start > len(data) or at > len(data):
            raise _wrong(tensor, "has a length that leads behind its end")
        try:
            texts.append(str(data[start:at], "utf-8"))
        except UnicodeDecodeError:
            raise _wrong(tensor, f"has a value that is not UTF-8, at {len(texts)}") from None
    if len(texts) != tensor.rows:
        raise _wrong(tensor, f"must have {tensor.rows} values, not {len(texts)}")
    return texts


def to_binary(name: str, kind: Kind, values: Sequence[Any]) -> bytes:
    """Results as bytes; a number that is absent is NaN.

    Raises:
        Refusal: a result is absent and has no form that says so.
    """
    if kind == "double":
        return np.array([math.nan if v is None else v for v in values], "<f8").tobytes()
    if any(value is None for value in values):
        raise bad_request(f"the output {name} has no value in some record; ask for it as JSON")
    if kind == "string":
        texts = [value.encode() for value in values]
        return b"".join(len(text).to_bytes(_LENGTH, "little") + text for text in texts)
    return np.array(values, "<i8" if kind == "integer" else "|u1").tobytes()


def _wrong(tensor: Tensor, what: str) -> Exception:
    return bad_request(f"the tensor {cut(tensor.name, _SHOWN)} {what}")

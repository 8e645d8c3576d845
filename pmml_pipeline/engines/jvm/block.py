"""Rows into Java and results out of it, one crossing per block.

Python and Java share memory that is laid out as the Java side describes (BlockScorer.java): one
8-byte cell per field and row, column after column. So a crossing passes two buffers and a number,
whatever the number of fields or rows, and neither side makes an object for it.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.admission import INTEGER_MISSING, Cell, Column
from pmml_pipeline.engines.jvm import runtime
from pmml_pipeline.engines.protocol import Result, Results, RowError
from pmml_pipeline.errors import EngineError
from pmml_pipeline.schema import InputField, OutputField

# What bounds the memory of a crossing, and how long one holds off others.
BLOCK_ROWS = 1 << 16
BLOCK_CELLS = 1 << 24
_EXACT = 2**53  # a larger whole number may have been rounded on its way as a double


class BlockModel:
    """An engine behind a Java ``BlockScorer``; see :class:`pmml_pipeline.engines.Engine`.

    Args:
        scorer: the Java object.
        inputs, outputs: what it takes and gives, in order.
    """

    shares_rows = False  # what is around the call into Java holds Python's lock

    def __init__(
        self, scorer: Any, inputs: Sequence[InputField], outputs: Sequence[OutputField]
    ) -> None:
        import jpype.nio

        self._scorer = scorer
        self._direct = jpype.nio.convertToDirectBuffer
        self._codes = [{level: i for i, level in enumerate(f.values)} for f in inputs]
        self._strings = [i for i, f in enumerate(inputs) if f.kind == "string"]
        self._integers = [i for i, f in enumerate(inputs) if f.kind in ("integer", "boolean")]
        self._pack = struct.Struct(
            "=" + "".join("d" if f.kind == "double" else "q" for f in inputs)
        )
        self._unpack = struct.Struct(f"={len(outputs) + 1}d")
        self._outputs = tuple(outputs)
        self._local = threading.local()

    def score_record(self, cells: list[Cell]) -> Sequence[Result]:
        """One record; see the protocol."""
        runtime.check_process()
        extras: list[str] | None = None
        for i in self._strings:
            cell = cells[i]
            codes = self._codes[i]
            code = INTEGER_MISSING if cell is None else codes.get(cell)  # type: ignore[arg-type]
            if code is None:
                extras = extras or []
                code = len(codes) + len(extras)
                extras.append(str(cell))
            cells[i] = code
        for i in self._integers:
            if cells[i] is None:
                cells[i] = INTEGER_MISSING
        source, target, java_source, java_target = self._buffers()
        self._pack.pack_into(source, 0, *cells)
        messages = self._call(java_source, java_target, 1, extras)
        *values, status = self._unpack.unpack_from(target)
        if status:
            raise RowError(_said(messages[int(status) - 1]))
        return [
            _result(output, value, messages)
            for output, value in zip(self._outputs, values, strict=True)
        ]

    def score_columns(self, columns: Sequence[Column], rows: int, threads: int = 1) -> Results:
        """Many rows; see the protocol."""
        runtime.check_process()
        widest = max(len(columns), len(self._outputs) + 1)
        step = max(1, min(BLOCK_ROWS, BLOCK_CELLS // widest))
        parts = [
            self._block(columns, start, min(start + step, rows)) for start in range(0, rows, step)
        ]
        if not parts:
            return Results([np.empty(0, dtype=_dtype(o)) for o in self._outputs], {})
        return Results(
            [np.concatenate(part) for part in zip(*(p.columns for p in parts), strict=True)],
            {row: text for part in parts for row, text in part.errors.items()},
        )

    def _block(self, columns: Sequence[Column], start: int, stop: int) -> Results:
        rows = stop - start
        source = np.empty((max(len(columns), 1), rows), dtype=np.float64)
        extras: list[str] = []
        for i, column in enumerate(columns):
            data = column.data[start:stop]
            if column.data.dtype == np.float64:
                source[i] = data
                continue
            if column.levels is not None:
                data = self._recode(i, column.levels, data, extras)
            source[i] = data.view(np.float64)  # the bits of the whole number, untouched
        target = np.empty((len(self._outputs) + 1, rows), dtype=np.float64)
        messages = self._call(
            self._direct(source), self._direct(target), rows, extras if extras else None
        )
        errors = {
            start + int(row): _said(messages[int(target[-1, row]) - 1])
            for row in np.flatnonzero(target[-1])
        }
        target[:-1, target[-1] != 0] = np.nan
        found = []
        for output, values in zip(self._outputs, target, strict=False):  # the last is the status
            results, misfits = _results(output, values, messages)
            found.append(results)
            errors |= {start + row: text for row, text in misfits.items()}
        return Results(found, errors)

    def _recode(
        self, field: int, levels: Sequence[str], data: npt.NDArray[Any], extras: list[str]
    ) -> npt.NDArray[Any]:
        """Positions in the column's own levels, to positions in the declared ones and the extras.

        The extras of a call are shared by its fields, so an extra's number counts from the end of
        the field's declared levels.
        """
        codes = self._codes[field]
        table = np.empty(len(levels) + 1, dtype=np.int64)
        table[-1] = INTEGER_MISSING  # which is where -1 finds it
        for position in np.unique(data[data >= 0]).tolist():
            level = levels[position]
            code = codes.get(level)
            if code is None:
                code = len(codes) + len(extras)
                extras.append(level)
            table[position] = code
        return table.take(data)

    def _buffers(self) -> tuple[bytearray, bytearray, Any, Any]:
        """This thread's buffers for one record, as Python and as Java see them."""
        buffers: tuple[bytearray, bytearray, Any, Any] | None
        buffers = getattr(self._local, "buffers", None)
        if buffers is None:
            source = bytearray(max(self._pack.size, 8))
            target = bytearray(self._unpack.size)
            buffers = (source, target, self._direct(source), self._direct(target))
            self._local.buffers = buffers
        return buffers

    def _call(self, source: Any, target: Any, rows: int, extras: list[str] | None) -> Any:
        try:
            return self._scorer.score(source, target, rows, extras)
        except Exception as error:
            raise EngineError(
                f"the Java engine failed ({error})",
                "the document may be too large or too deep for it; try another engine",
            ) from error


def _result(output: OutputField, value: float, messages: Any) -> Result:
    if value != value:
        return None
    if output.kind == "double":
        return value
    if output.kind == "string":
        return _text(output, int(value), messages)
    if output.kind == "boolean" and value in (0.0, 1.0):
        return bool(value)
    if output.kind == "integer" and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    # To round it would hide that the model predicts something else than the document declares.
    raise RowError(f"the engine gives {value!r} for {output.name}, which is no {output.data_type}")


def _text(output: OutputField, position: int, messages: Any) -> str:
    known = len(output.levels)
    if position < known:
        return output.levels[position]
    try:
        return str(messages[position - known])
    except UnicodeDecodeError:  # Java counts some characters, such as emojis, as two
        raise RowError(f"the engine cuts a character of {output.name} in two") from None


def _said(message: Any) -> str:
    """A message of Java's, which may quote a text that is none."""
    return bytes(message.getBytes("UTF-8")).decode()


def _dtype(output: OutputField) -> type:
    return np.float64 if output.kind == "double" else object


def _results(
    output: OutputField, values: npt.NDArray[Any], messages: Any
) -> tuple[npt.NDArray[Any], dict[int, str]]:
    """The results of a block, and what is wrong with which row of it."""
    if output.kind == "double":
        return values.copy(), {}
    distinct, inverse = np.unique(values, return_inverse=True)
    named = np.empty(len(distinct), dtype=object)
    wrong: dict[int, str] = {}
    for i, value in enumerate(distinct):
        try:
            named[i] = _result(output, float(value), messages)
        except RowError as error:
            wrong[i] = str(error)
    rows = np.flatnonzero(np.isin(inverse, list(wrong))) if wrong else ()
    return named[inverse], {int(row): wrong[int(inverse[row])] for row in rows}

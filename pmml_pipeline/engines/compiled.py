"""``compiled``: the project's own engine, in this process and without Java.

A document becomes a program (:mod:`pmml_pipeline.compiler`), which the kernels run
(:mod:`pmml_pipeline.kernels`). What is here turns cells into the program's numbers and its numbers
into results.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.admission import INTEGER_MISSING, Cell, Column, Repeated
from pmml_pipeline.compiler.moments import number_of, text_of_moment
from pmml_pipeline.compiler.program import Plan
from pmml_pipeline.compiler.run import TextTable, run_stages
from pmml_pipeline.compiler.run_record import run_record
from pmml_pipeline.document import bytes_of, read
from pmml_pipeline.engines import compiled_cache
from pmml_pipeline.engines.native import Native
from pmml_pipeline.engines.protocol import (
    Opened,
    RecordRules,
    Result,
    ResultColumn,
    Results,
    RowError,
    Shortcut,
)
from pmml_pipeline.engines.shortcut import shortcut
from pmml_pipeline.schema import InputField, OutputField, Schema, schema_of

NAN = float("nan")
_AT_ONCE = 2048  # rows
_EXACT = 2**53  # a larger whole number may have been rounded on its way as a double


def open_document(path: Path) -> Opened:
    """Compiles a document, or takes it from the cache of compiled ones.

    The file is read once, and what is looked up in the cache is the hash of the very bytes that
    would be compiled.

    Raises:
        DocumentError: it cannot be read.
        UnsupportedDocumentError: it cannot be compiled.
        EngineUnavailableError: the kernels were not built for this machine.
    """
    data = bytes_of(path)
    sha256 = hashlib.sha256(data).hexdigest()
    found = compiled_cache.find(sha256)
    if found is None:
        found = _compiled(data)
        compiled_cache.keep(sha256, *found)
    schema, plan = found
    return Opened(schema, CompiledModel(plan, schema.inputs, schema.outputs), sha256=sha256)


def _compiled(data: bytes) -> tuple[Schema, Plan]:
    # Not needed, and so not imported, when the cache has it.
    from pmml_pipeline.compiler.compile import compile_document

    document = read(data)
    schema = schema_of(document)
    return schema, compile_document(document, schema.inputs, schema.outputs)


class CompiledModel:
    """A compiled document; see :class:`pmml_pipeline.engines.Engine`."""

    def __init__(
        self, plan: Plan, inputs: Sequence[InputField], outputs: Sequence[OutputField]
    ) -> None:
        self.plan = plan
        self._outputs = tuple(outputs)
        self._texts = plan.texts
        self._codes = {text: float(code) for code, text in enumerate(plan.texts)}
        self._strings = [i for i, f in enumerate(inputs) if f.data_type == "string"]
        # Dates and times come as text, and the program takes them as numbers.
        self._moments = {
            i: f.data_type for i, f in enumerate(inputs) if f.kind == "string" != f.data_type
        }
        self._others = [i for i, f in enumerate(inputs) if f.kind in ("integer", "boolean")]
        self._table = TextTable(plan.texts, self._codes)
        self._natives = [Native(stage.program) for stage in plan.stages]
        # Most documents have one stage, which reads the inputs as they come.
        (stage, *others) = plan.stages
        self._one = None if others else self._natives[0]
        self._reads = stage.reads
        # Between stages Python is called, and threads would only wait for its lock.
        self.shares_rows = not others

    def shortcut(self, rules: RecordRules) -> Shortcut | None:
        """See :class:`pmml_pipeline.engines.protocol.TakesRecords`."""
        if self._one is None:
            return None
        return shortcut(self._one, self._reads, self._texts, rules)

    def score_record(self, cells: list[Cell]) -> Sequence[Result]:
        """One record; see the protocol."""
        # A call of its own needs a table of its own only when it brings or makes a new text.
        table, codes = self._table, self._codes
        if self._one is None:
            table = TextTable(self._texts, codes)
        for i in self._strings:
            cell = cells[i]
            if cell is None:
                cells[i] = NAN
                continue
            code = codes.get(cell)  # type: ignore[arg-type]
            if code is None:
                if table is self._table:
                    table = TextTable(self._texts, codes)
                code = table.code(str(cell))
            cells[i] = code
        for i in self._others:
            if cells[i] is None:
                cells[i] = NAN
        for i, data_type in self._moments.items():
            cells[i] = NAN if cells[i] is None else number_of(str(cells[i]), data_type)
        if self._one is not None:
            values = self._one.score_one([cells[i] for i in self._reads])
        else:
            numbers: list[float] = cells  # type: ignore[assignment]
            try:
                values = list(run_record(self.plan.stages, numbers, table, self._execute_one))
            except (ValueError, OverflowError) as error:
                raise RowError(str(error)) from None
        return [
            self._result(output, value, table)
            for output, value in zip(self._outputs, values, strict=True)
        ]

    def score_columns(self, columns: Sequence[Column], rows: int, threads: int = 1) -> Results:
        """Many rows; see the protocol."""
        table = TextTable(self._texts, self._codes)
        errors: dict[int, str] = {}
        numbers = {
            i: self._numbers(column, table, self._moments.get(i))
            for i, column in enumerate(columns)
        }
        found = self._run(numbers, rows, table, errors, threads)
        results: list[ResultColumn] = []
        for output, values in zip(self._outputs, found, strict=True):
            if output.kind == "double":
                results.append(values)
            else:
                results.append(self._results(output, values, table, errors))
        return Results(results, errors)

    def _run(
        self,
        numbers: dict[int, npt.NDArray[np.float64]],
        rows: int,
        table: TextTable,
        errors: dict[int, str],
        threads: int,
    ) -> Sequence[npt.NDArray[np.float64]]:
        """The outputs for many rows, some at a time: between stages all columns are in memory, and
        a document may count thousands of terms in a text, each a column."""
        execute = partial(self._execute, threads)
        if self._one is not None or rows <= _AT_ONCE:
            return run_stages(self.plan.stages, numbers, rows, table, errors, execute)
        parts = []
        for start in range(0, rows, _AT_ONCE):
            some = {i: column[start : start + _AT_ONCE] for i, column in numbers.items()}
            count = min(_AT_ONCE, rows - start)
            found: dict[int, str] = {}
            parts.append(run_stages(self.plan.stages, some, count, table, found, execute))
            errors.update((start + row, text) for row, text in found.items())
        return [np.concatenate(columns) for columns in zip(*parts, strict=True)]

    def _execute_one(self, stage: int, cells: Sequence[float]) -> Sequence[float]:
        return self._natives[stage].score_one(cells)

    def _execute(
        self, threads: int, stage: int, columns: Sequence[npt.NDArray[np.float64]], rows: int
    ) -> Sequence[npt.NDArray[np.float64]]:
        return list(self._natives[stage].score(columns, rows, threads))

    def _numbers(
        self, column: Column, table: TextTable, moment: str | None
    ) -> npt.NDArray[np.float64]:
        data = column.data
        if data.dtype == np.float64:
            return data
        if column.levels is not None:
            codes = [
                number_of(level, moment) if moment else table.code(level) for level in column.levels
            ]
            return np.array([*codes, NAN]).take(data)  # -1 is the place of the last
        return np.where(data == INTEGER_MISSING, NAN, data.astype(np.float64))

    def _results(
        self,
        output: OutputField,
        values: npt.NDArray[np.float64],
        table: TextTable,
        errors: dict[int, str],
    ) -> ResultColumn:
        plain = _plain(output, values)
        if plain is not None:
            return plain
        distinct, inverse = np.unique(values, return_inverse=True)
        if output.data_type == "string":
            known = distinct[~np.isnan(distinct)]  # NaN is the last one
            texts = [table.text(code) for code in known.tolist()]
            return Repeated(texts, np.where(inverse < len(known), inverse, -1))
        named = np.empty(len(distinct), dtype=object)
        for k, value in enumerate(distinct.tolist()):
            try:
                named[k] = self._result(output, value, table)
            except RowError as error:
                for row in np.flatnonzero(inverse == k).tolist():
                    errors.setdefault(row, str(error))
        return named[inverse]

    def _result(self, output: OutputField, value: float, table: TextTable) -> Result:
        if value != value:
            return None
        kind = output.kind
        if kind == "double":
            return value
        if kind == "string":
            if output.data_type != "string":
                return text_of_moment(value, output.data_type)
            return table.text(value)
        if kind == "boolean" and value in (0.0, 1.0):
            return bool(value)
        if kind == "integer" and value.is_integer() and abs(value) <= _EXACT:
            return int(value)
        raise RowError(
            f"the engine gives {value!r} for {output.name}, which is no {output.data_type}"
        )


def _plain(output: OutputField, values: npt.NDArray[np.float64]) -> npt.NDArray[Any] | None:
    """Whole numbers or truth values, where every row has one."""
    if output.kind == "integer":
        if np.all((values == np.floor(values)) & (np.abs(values) <= _EXACT)):
            return values.astype(np.int64)
    elif output.kind == "boolean" and np.all((values == 0.0) | (values == 1.0)):
        return values.astype(np.bool_)
    return None

"""``TrainingInstances``: the records that a model compares with. Source: PMML 4.4, KNN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.interpret import run
from pmml_pipeline.compiler.lower.expressions import define_derived_fields
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.bind import refusal
from pmml_pipeline.document.nearest_neighbor_model import NearestNeighborModel, TrainingInstances
from pmml_pipeline.errors import DocumentError

Table = dict[str, list[str | None]]


def columns_of(training: TrainingInstances) -> Table:
    """The cells of the records by field; None where a record has none.

    Raises:
        DocumentError: there are no records, or they are elsewhere.
    """
    if training.table is None:
        raise _wrong(training, "a table that is not inline is not supported")
    rows = [
        {cell.tag: cell.text.strip() for cell in row.children} for row in training.table.all("row")
    ]
    fields = training.instance_fields.fields
    if not rows or not fields:
        raise refusal(training.table, "has no rows")
    # Cells are read without the prefix of their XML namespace.
    names = {f.field: (f.column or f.field).rpartition(":")[2] for f in fields}
    return {field: [row.get(column) for row in rows] for field, column in names.items()}


def column_of(training: TrainingInstances, table: Table, field: str) -> list[str]:
    """The cells of a field.

    Raises:
        DocumentError: some are missing.
    """
    if field not in table:
        raise _wrong(training, f"there is no column for {field!r}")
    cells = [cell for cell in table[field] if cell]
    if len(cells) < len(table[field]):
        raise _wrong(training, f"a row has no {field!r}")
    return cells


def instances(
    context: Context, model: NearestNeighborModel, table: Table
) -> list[Sequence[str | float]]:
    """The column of every field that is compared.

    "isTransformed: if false, the training data has not been transformed yet. If a DerivedField is
    used, the training instances will also need to be transformed together with the k-NN input"
    (TrainingInstances, KNNInput).
    """
    names = [one.field for one in model.inputs.inputs]
    training = model.training
    if training.is_transformed or all(name in context.data_fields for name in names):
        return [column_of(training, table, name) for name in names]
    return list(_transformed(context, model, table, names))


def _transformed(
    context: Context, model: NearestNeighborModel, table: Table, names: Sequence[str]
) -> list[list[float]]:
    """Derived fields of the training records, computed once when the document is compiled."""
    raw = [name for name in table if name in context.data_fields]
    inner = Context(
        Builder(len(raw)),
        context.texts,
        context.data_fields,
        version=context.version,
        functions=context.functions,
        derived=context.derived,
    )
    scope = Scope()
    columns = []
    for number, name in enumerate(raw):
        data = context.data_fields[name]
        scope.define(
            name, Value(number, data.data_type, data.optype, levels=data.values_of("valid"))
        )
        columns.append(
            [
                float("nan") if not cell else parse(cell, data.data_type, context.texts)
                for cell in table[name]
            ]
        )
    define_derived_fields(inner, scope, tuple(context.derived.values()))
    if model.local_transformations is not None:
        define_derived_fields(inner, scope, model.local_transformations.fields)
    (stage, *others) = inner.builder.finish([scope.value(name).register for name in names])
    if others or stage.calls:
        raise _wrong(model.training, "functions of texts in untransformed data are not supported")
    arrays = [np.array(columns[number], dtype=np.float64) for number in stage.reads]
    found = run(stage.program, arrays, len(columns[0]))
    for name, column in zip(names, found, strict=True):
        if np.isnan(column).any():
            raise _wrong(model.training, f"a row has no {name!r}")
    return [column.tolist() for column in found]


def _wrong(training: TrainingInstances, text: str) -> DocumentError:
    return DocumentError(f"TrainingInstances (line {training.line}): {text}", "use another engine")

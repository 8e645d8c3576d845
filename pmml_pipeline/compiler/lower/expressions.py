"""Expressions to operations. Source: PMML 4.4, Transformations."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pmml_pipeline.compiler.lower.casts import as_number, cast
from pmml_pipeline.compiler.lower.functions import FUNCTIONS
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up, value_of, value_of_interval
from pmml_pipeline.compiler.lower.text_index import lower_text_index
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.bind import number, whole
from pmml_pipeline.document.expressions import (
    Aggregate,
    Apply,
    Constant,
    DerivedField,
    Discretize,
    Expression,
    FieldRef,
    Lag,
    MapValues,
    NormContinuous,
    NormDiscrete,
    TextIndex,
)
from pmml_pipeline.errors import DocumentError

# Of functions that the document defines: each call puts the whole function in, with its
# expressions, points, bins and rows.
_MOST_PARTS = 100_000


def lower_expression(context: Context, scope: Scope, expression: Expression) -> Value:
    """The value of an expression.

    Raises:
        DocumentError: it is wrong or not supported; names the line.
    """
    try:
        if context.calling:
            _count(context, expression)
        return _LOWER[type(expression)](context, scope, expression)
    except DocumentError as error:
        if "(line " in error.cause:
            raise
        name = type(expression).__name__
        raise DocumentError(f"{name} (line {expression.line}): {error.cause}", error.fix) from None


def _count(context: Context, expression: Expression) -> None:
    """Counts what a function of the document puts in, and ends it where that is too much."""
    parts: list[object] = []
    if isinstance(expression, NormContinuous):
        parts = list(expression.points)
    elif isinstance(expression, Discretize):
        parts = list(expression.bins)
    elif isinstance(expression, MapValues) and expression.inline_table is not None:
        parts = list(expression.inline_table.children)
    elif isinstance(expression, TextIndex):
        parts = [row for n in expression.normalizations for row in n.inline_table.children]
    context.put_in += 1 + len(parts)
    if context.put_in > _MOST_PARTS:
        raise DocumentError(
            "functions of the document, put in wherever they are called, are more than "
            f"{_MOST_PARTS} expressions", ""
        )  # fmt: skip


def lower_derived_field(context: Context, scope: Scope, field: DerivedField) -> Value:
    """The value of a derived field."""
    expression = field.expression
    if isinstance(expression, Discretize | MapValues) and expression.data_type is None:
        # Results without a type of their own are read as the field's, so "007" stays a text.
        expression = dataclasses.replace(expression, data_type=field.data_type)
    value = lower_expression(context, scope, expression)
    value = cast(context, value, field.data_type)
    for declared in field.values:
        if declared.property == "invalid":
            raise DocumentError(
                f"DerivedField (line {field.line}): a Value that is invalid is not supported", ""
            )
        if declared.property == "missing":
            value = _without(context, value, declared.value)
    levels = tuple(v.value for v in field.values if v.property == "valid")
    return dataclasses.replace(value, optype=field.optype, levels=levels, checked=False)


def _without(context: Context, value: Value, text: str) -> Value:
    """The value, missing where it is one that stands for that."""
    b = context.builder
    code = b.constant(parse(text, value.data_type, context.texts))
    register = b.op("IF", b.op("EQ", value.register, code), b.constant(math.nan), value.register)
    return dataclasses.replace(value, register=register, present=False)


def define_derived_fields(context: Context, scope: Scope, fields: Sequence[DerivedField]) -> None:
    """Makes derived fields known; each is lowered when something asks for it."""
    for field in fields:
        scope.define_later(field.name, partial(lower_derived_field, context, scope, field))


def _constant(context: Context, _: Scope, constant: Constant) -> Value:
    text = constant.content
    data_type = constant.data_type or _type_of(text)
    if constant.missing:
        return Value(context.builder.constant(math.nan), data_type)
    value = parse(text, data_type, context.texts)
    return Value(context.builder.constant(value), data_type, present=value == value)


def _type_of(text: str) -> str:
    """ "If dataType is not specified, it is inferred from the value" (Constant)."""
    for read, data_type in ((whole, "integer"), (number, "double")):
        try:
            read(text)
        except (ValueError, OverflowError):
            continue
        return "double" if data_type == "integer" and any(c in text for c in ".eE") else data_type
    return "string"


def _common_type(texts: Sequence[str]) -> str:
    """The type of a table's results where none is declared: that of all its constants."""
    types = {_type_of(text) for text in texts}
    if types <= {"integer", "double"}:
        return "double" if "double" in types else "integer"
    return "string"


def _field_ref(context: Context, scope: Scope, reference: FieldRef) -> Value:
    value = scope.value(reference.field)
    return _map_missing(context, value, reference.map_missing_to)


def _map_missing(context: Context, value: Value, replacement: str | None) -> Value:
    if replacement is None or value.present:
        return value
    constant = context.builder.constant(parse(replacement, value.data_type, context.texts))
    register = context.builder.op("COALESCE", value.register, constant)
    return Value(register, value.data_type, value.optype, True, value.levels)


def _norm_discrete(context: Context, scope: Scope, norm: NormDiscrete) -> Value:
    field, b = scope.value(norm.field), context.builder
    if norm.method == "thermometer":
        if norm.value not in field.levels:
            raise DocumentError(f"{norm.value!r} is no declared value of {norm.field!r}", "")
        values = field.levels[field.levels.index(norm.value) :]
    else:
        values = (norm.value,)
    truths = [
        b.op("EQ", field.register, b.constant(parse(v, field.data_type, context.texts)))
        for v in values
    ]
    found = truths[0]
    for truth in truths[1:]:
        found = b.op("OR", found, truth)
    if norm.map_missing_to is not None:
        found = b.op("COALESCE", found, b.constant(norm.map_missing_to))
    return Value(found, "double", present=field.present or norm.map_missing_to is not None)


def _norm_continuous(context: Context, scope: Scope, norm: NormContinuous) -> Value:
    field, b = scope.value(norm.field), context.builder
    points = norm.points
    if len(points) < 2 or any(p.orig >= q.orig for p, q in itertools.pairwise(points)):
        # "must be strictly sorted by ascending value of orig" (NormContinuous)
        raise DocumentError("the LinearNorm elements are not two or more in ascending order", "")
    x = as_number(context, field)
    inner = [p.orig for p in points[1:-1]]

    def of_piece(pick: Callable[[int], float]) -> int:
        values = [pick(i) for i in range(len(points) - 1)]
        return look_up(b, piece, 0, values, math.nan, math.nan)

    piece = b.op("BIN", x, immediates=(b.doubles(inner), len(inner)))
    low = of_piece(lambda i: points[i].orig)
    rise = of_piece(lambda i: points[i + 1].norm - points[i].norm)
    run = of_piece(lambda i: points[i + 1].orig - points[i].orig)
    base = of_piece(lambda i: points[i].norm)
    # "The value is b1 + (x - a1) / (a2 - a1) * (b2 - b1)" (NormContinuous)
    found = b.op("ADD", base, b.op("MUL", b.op("DIV", b.op("SUB", x, low), run), rise))
    if norm.outliers != "asIs":
        as_extremes = norm.outliers == "asExtremeValues"
        for edge, beyond in ((points[0], "LT"), (points[-1], "GT")):
            value = edge.norm if as_extremes else math.nan
            outside = b.op(beyond, x, b.constant(edge.orig))
            found = b.op("IF", outside, b.constant(value), found)
    if norm.map_missing_to is not None:  # an outlier that becomes missing stays so
        found = b.op("IF", b.op("IS_MISSING", x), b.constant(norm.map_missing_to), found)
    return Value(found, "double")


def _discretize(context: Context, scope: Scope, discretize: Discretize) -> Value:
    field = scope.value(discretize.field)
    texts = [b.bin_value for b in discretize.bins]
    data_type = discretize.data_type or _common_type(texts)
    bins = [
        (b.interval.closure, b.interval.left_margin, b.interval.right_margin,
         parse(b.bin_value, data_type, context.texts))
        for b in discretize.bins
    ]  # fmt: skip

    def optional(text: str | None) -> float:
        return math.nan if text is None else parse(text, data_type, context.texts)

    register = value_of_interval(
        context.builder,
        as_number(context, field),
        bins,
        optional(discretize.default_value),
        optional(discretize.map_missing_to),
    )
    return Value(register, data_type, "categorical")


def _map_values(context: Context, scope: Scope, mapping: MapValues) -> Value:
    if mapping.inline_table is None:
        raise DocumentError("a table that is not inline is not supported", "")
    b = context.builder
    rows = [
        {cell.tag: cell.text for cell in row.children} for row in mapping.inline_table.all("row")
    ]
    output = _local(mapping.output_column)
    data_type = mapping.data_type or _common_type([row.get(output, "") for row in rows])

    def optional(text: str | None) -> float:
        return math.nan if text is None else parse(text, data_type, context.texts)

    default, missing = optional(mapping.default_value), optional(mapping.map_missing_to)
    # Every field becomes the position of its value among those of its column; positions of several
    # fields make one number, as digits do.
    index, size = None, 1
    positions: list[dict[float, int]] = []
    fields = [scope.value(pair.field) for pair in mapping.pairs]
    names = [_local(pair.column) for pair in mapping.pairs]
    for column, field in zip(names, fields, strict=True):
        known: dict[float, int] = {}
        for row in rows:
            if column in row:
                known.setdefault(parse(row[column], field.data_type, context.texts), len(known))
        positions.append(known)
        digit = value_of(b, field.register, {k: float(v) for k, v in known.items()}, math.nan)
        index = digit if index is None else b.op(
            "ADD", b.op("MUL", index, b.constant(float(len(known)))), digit
        )  # fmt: skip
        size *= max(len(known), 1)
    if index is None or size > 10_000_000:
        raise DocumentError("the table has no columns, or too many combinations of values", "")
    values = [default] * size
    for row in reversed(rows):  # the first row that fits is taken
        place = 0
        for column, field, known in zip(names, fields, positions, strict=True):
            if column not in row:
                raise DocumentError(f"a row of the table has no {column}", "")
            key = parse(row[column], field.data_type, context.texts)
            place = place * len(known) + known[key]
        values[place] = optional(row.get(output))
    found = look_up(b, index, 0, values, default, default)
    for field in fields:
        if not field.present:
            found = b.op("IF", b.op("IS_MISSING", field.register), b.constant(missing), found)
    return Value(found, data_type, "categorical")


def _local(column: str) -> str:
    """A column's name without the prefix of its XML namespace, as the cells' tags are read."""
    return column.rpartition(":")[2]


def _apply(context: Context, scope: Scope, apply: Apply) -> Value:
    arguments = [lower_expression(context, scope, a) for a in apply.arguments]
    b = context.builder
    if apply.function in context.functions:
        found = _call(context, apply.function, arguments)
    else:
        # "x-" is how JPMML marks a function that its version of PMML does not have yet.
        function = FUNCTIONS.get(apply.function.removeprefix("x-"))
        if function is None:
            raise DocumentError(f"the function {apply.function!r} is not supported", "")
        found = function(context, arguments, apply)
    if apply.map_missing_to is not None:
        # "If one of the arguments is missing, the result is the value of mapMissingTo" (Apply)
        constant = b.constant(parse(apply.map_missing_to, found.data_type, context.texts))
        register = found.register
        for argument in arguments:
            if not argument.present:
                missing = b.op("IS_MISSING", argument.register)
                register = b.op("IF", missing, constant, register)
        found = Value(register, found.data_type, found.optype)
    if apply.default_value is not None:
        constant = b.constant(parse(apply.default_value, found.data_type, context.texts))
        register = b.op("COALESCE", found.register, constant)
        found = Value(register, found.data_type, found.optype, True)
    return found


def _call(context: Context, name: str, arguments: list[Value]) -> Value:
    definition = context.functions[name]
    if len(arguments) != len(definition.parameters):
        raise DocumentError(
            f"the function {name!r} takes {len(definition.parameters)} arguments, not "
            f"{len(arguments)}", ""
        )  # fmt: skip
    scope = Scope()
    for parameter, argument in zip(definition.parameters, arguments, strict=True):
        if parameter.data_type is not None:
            argument = cast(context, argument, parameter.data_type)
        scope.define(parameter.name, argument)
    if name in context.calling:
        cycle = " -> ".join([*context.calling[context.calling.index(name) :], name])
        raise DocumentError(f"the function {name!r} calls itself ({cycle})", "")
    context.calling.append(name)
    try:
        found = lower_expression(context, scope, definition.expression)
    finally:
        context.calling.pop()
    data_type = definition.data_type or found.data_type
    found = cast(context, found, data_type)
    return dataclasses.replace(found, optype=definition.optype)


def _text_index(context: Context, scope: Scope, index: TextIndex) -> Value:
    return lower_text_index(context, scope, index, lower_expression(context, scope, index.term))


def _of_other_records(_: Context, __: Scope, ___: Lag | Aggregate) -> Value:
    """ "Lag: a previous value of the given input field"; "Aggregate: groups of values".

    The same record would have another score behind other records. Records are scored one by one.
    """
    raise DocumentError("needs other records, and every record is scored on its own", "")


_LOWER: dict[type, Callable[[Context, Scope, Any], Value]] = {
    Constant: _constant,
    FieldRef: _field_ref,
    NormDiscrete: _norm_discrete,
    NormContinuous: _norm_continuous,
    Discretize: _discretize,
    MapValues: _map_values,
    Apply: _apply,
    TextIndex: _text_index,
    Lag: _of_other_records,
    Aggregate: _of_other_records,
}

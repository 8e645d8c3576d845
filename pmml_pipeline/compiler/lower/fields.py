"""Mining schemas to operations: what a model does with missing, invalid and outlying values.

Source: PMML 4.4, MiningSchema.
"""

from __future__ import annotations

import dataclasses
import math

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.lower.tables import value_of
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document import DataField
from pmml_pipeline.document.model_element import MiningField


def prepare(
    context: Context, value: Value, mining: MiningField, data: DataField | None, *, outermost: bool
) -> Value:
    """A field as a model sees it.

    Args:
        context: of the lowering.
        value: as it comes in.
        mining: what the model's schema says.
        data: what the data dictionary says; None for a field that is computed.
        outermost: whether records come in here. What is invalid has been refused then, where the
            schema asks for that.
    """
    b = context.builder
    register = value.register
    present, possible = value.present, value.possible
    # "optype overrides the corresponding value in the DataField" (MiningSchema)
    optype = mining.optype or value.optype
    if mining.invalid_value_treatment in ("asMissing", "asValue") and data is not None:
        replacement = math.nan
        if mining.invalid_value_treatment == "asValue":
            text = mining.invalid_value_replacement or ""
            replacement = parse(text, value.data_type, context.texts)
            possible = _with(possible, text)
        valid = valid_values(context, register, dataclasses.replace(value, optype=optype), data)
        if valid is not None:
            bad = b.op("EQ", valid, b.constant(0.0))
            register = b.op("IF", bad, b.constant(replacement), register)
            # A missing value is neither; IF gives missing for it, which it is.
            present = present and replacement == replacement
    if mining.outliers != "asIs" and value.numeric:
        register = _outliers(context, register, mining)
        present = present and mining.outliers == "asExtremeValues"
    if mining.missing_value_replacement is not None and not present:
        constant = parse(mining.missing_value_replacement, value.data_type, context.texts)
        register = b.op("COALESCE", register, b.constant(constant))
        present = constant == constant
        possible = _with(possible, mining.missing_value_replacement)
    if outermost and mining.missing_value_treatment == "returnInvalid":
        present = True  # a record without it has been refused
    if (register, present, optype) == (value.register, value.present, value.optype):
        return value
    return dataclasses.replace(
        value, register=register, present=present, optype=optype, possible=possible
    )


def _with(possible: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The possible texts and one more, where they are known."""
    return tuple(dict.fromkeys((*possible, text))) if possible else ()


def invalid_in_segment(
    context: Context, value: Value, mining: MiningField, data: DataField | None
) -> list[Register]:
    """Where a field makes the result of a model inside another one invalid.

    A field that the inner schema only mentions is taken as it comes, as JPMML does: what the outer
    schema admits is meant to pass. One that it treats has the inner schema's checks.
    """
    b, found = context.builder, []
    if mining.missing_value_treatment == "returnInvalid" and not value.present:
        found.append(b.op("IS_MISSING", value.register))
    treated = mining.missing_value_replacement is not None or mining.outliers != "asIs"
    if mining.invalid_value_treatment == "returnInvalid" and treated and data is not None:
        valid = valid_values(context, value.register, value, data)
        if valid is not None and not value.checked:
            found.append(b.op("EQ", b.op("COALESCE", valid, b.constant(1.0)), b.constant(0.0)))
    return found


def valid_values(
    context: Context, register: Register, value: Value, data: DataField
) -> Register | None:
    """1 where the value is valid, 0 where it is not, missing where it is; None if all are valid."""
    b = context.builder
    valid = data.values_of("valid")
    intervals = data.intervals if value.optype == "continuous" else ()
    found: Register | None = None
    if valid:
        codes = {parse(v, value.data_type, context.texts) for v in valid}
        found = value_of(b, register, dict.fromkeys(codes, 1.0), 0.0)
    for interval in intervals:
        edges = interval.as_float32() if value.data_type == "float" else interval
        inside = b.op("EQ", register, register)  # true, or missing
        if edges.left_margin is not None:
            op = "GE" if edges.closure.startswith("closed") else "GT"
            inside = b.op("AND", inside, b.op(op, register, b.constant(edges.left_margin)))
        if edges.right_margin is not None:
            op = "LE" if edges.closure.endswith("Closed") else "LT"
            inside = b.op("AND", inside, b.op(op, register, b.constant(edges.right_margin)))
        found = inside if found is None else b.op("OR", found, inside)
    for text in data.values_of("invalid"):
        code = b.constant(parse(text, value.data_type, context.texts))
        differs = b.op("NE", register, code)
        found = differs if found is None else b.op("AND", found, differs)
    return found


def _outliers(context: Context, register: Register, mining: MiningField) -> Register:
    """ "asExtremeValues: replaced by lowValue or highValue; asMissingValues: as missing"."""
    b = context.builder
    for limit, op in ((mining.low_value, "LT"), (mining.high_value, "GT")):
        if limit is None:
            continue
        replacement = math.nan if mining.outliers == "asMissingValues" else limit
        outside = b.op(op, register, b.constant(limit))
        register = b.op("IF", outside, b.constant(replacement), register)
    return register

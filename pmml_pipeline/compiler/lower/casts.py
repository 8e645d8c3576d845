"""Values as another type."""

from __future__ import annotations

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.host_calls import call_host
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.moments import DAY
from pmml_pipeline.compiler.values import NUMERIC, Value
from pmml_pipeline.errors import DocumentError


def as_number(context: Context, value: Value) -> Register:
    """A value that is computed with: true is 1, and a text is read as a number.

    Raises:
        DocumentError: it is a date or a time. The number that stands for one means nothing.
    """
    if value.numeric or value.data_type == "boolean":
        return value.register
    return cast(context, value, "double").register


def cast(context: Context, value: Value, data_type: str) -> Value:
    """The value as another type.

    Raises:
        DocumentError: there is no such cast.
    """
    if data_type == value.data_type:
        return value
    builder, register = context.builder, value.register
    if value.data_type in (*NUMERIC, "boolean") and data_type in (*NUMERIC, "boolean"):
        if data_type == "float":
            register = builder.op("F32", register)
        elif data_type == "integer" and value.data_type != "boolean":
            register = builder.op("TRUNC", register)
        elif data_type == "boolean":
            register = builder.op("NE", register, builder.constant(0.0))
        return Value(register, data_type, value.optype, value.present)
    if (value.data_type, data_type) == ("dateTime", "date"):
        days = builder.op("DIV", register, builder.constant(DAY))
        return Value(builder.op("FLOOR", days), data_type, value.optype, value.present)
    if (value.data_type, data_type) == ("date", "dateTime"):
        seconds = builder.op("MUL", register, builder.constant(DAY))
        return Value(seconds, data_type, value.optype, value.present)
    if data_type == "string":
        return call_host(context, "text", (), [value], "string", value.optype)
    if value.data_type == "string":
        return call_host(context, "parse", (data_type,), [value], data_type, value.optype)
    raise DocumentError(
        f"a cast from {value.data_type} to {data_type} is not supported", "use another engine"
    )

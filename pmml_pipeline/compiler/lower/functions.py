"""The one table of built-in functions. Source: PMML 4.4, Built-in functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.casts import as_number, cast
from pmml_pipeline.compiler.lower.fields import valid_values
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.lower.text_functions import (
    Function,
    check_count,
    days_since_year,
    forgiving,
    format_datetime,
    format_number,
    of_pattern,
    of_texts,
    seconds_since_midnight,
    seconds_since_year,
    substring,
)
from pmml_pipeline.compiler.values import NUMERIC, Value
from pmml_pipeline.document.expressions import Apply, FieldRef
from pmml_pipeline.errors import DocumentError


def _widest(context: Context, arguments: Sequence[Value]) -> str:
    """The type of a result: that of the widest argument."""
    for argument in arguments:
        if argument.data_type not in (*NUMERIC, "boolean"):
            raise DocumentError(f"arithmetic with a {argument.data_type} is not supported", "")
    types = {a.data_type for a in arguments}
    return next((t for t in ("double", "float", "integer") if t in types), "integer")


def _single(apply: Apply, data_type: str) -> bool:
    """Whether the result is a float32."""
    return apply.x_math_context == "float" or data_type == "float"


def _arithmetic(op: str) -> Function:
    def lower(context: Context, arguments: list[Value], apply: Apply) -> Value:
        check_count(arguments, 1 if op == "SUB" else 2, 2)
        b = context.builder
        data_type = _widest(context, arguments)
        if op == "DIV" and data_type == "integer":
            data_type = "double"
        if len(arguments) == 1:
            found = b.op("NEG", arguments[0].register)
        else:
            x, y = (a.register for a in arguments)
            found = b.op(op, x, y)
            if op == "DIV" and forgiving(apply) and data_type != _widest(context, arguments):
                # Of whole numbers, which have no infinity; of others it is one.
                found = b.op("IF", b.op("EQ", y, b.constant(0.0)), b.constant(math.nan), found)
        if _single(apply, data_type):
            found = b.op("F32", found)
        present = all(a.present for a in arguments) and op in ("ADD", "SUB", "MUL")
        return Value(found, data_type, present=present and data_type == "integer")

    return lower


def _math(op: str, result: str = "double", least: int = 1) -> Function:
    """A function of numbers; ``same`` gives the type of the argument."""

    def lower(context: Context, arguments: list[Value], apply: Apply) -> Value:
        check_count(arguments, least, least)
        b = context.builder
        data_type = _widest(context, arguments)
        single = _single(apply, data_type)
        found = b.op("F32_EXP" if op == "EXP" and single else op, *(a.register for a in arguments))
        if single:
            found = b.op("F32", found)
        kind = data_type if result == "same" else result
        if kind == "double" and single:
            kind = "float"
        return Value(found, kind)

    return lower


def _aggregate(op: str) -> Function:
    """ "Missing values are ignored" (min, max, sum, avg, median, product)."""

    def lower(context: Context, arguments: list[Value], apply: Apply) -> Value:
        check_count(arguments, 1, None)
        b, data_type = context.builder, _widest(context, arguments)
        registers = [a.register for a in arguments]
        neutral = {"ADD": 0.0, "MUL": 1.0}.get(op)  # MIN and MAX ignore what is missing themselves
        if neutral is not None:
            registers = [
                a.register if a.present else b.op("COALESCE", a.register, b.constant(neutral))
                for a in arguments
            ]
        found = registers[0]
        for register in registers[1:]:
            found = b.op(op, found, register)
            if _single(apply, data_type):
                found = b.op("F32", found)
        if neutral is not None and not any(a.present for a in arguments):
            nothing = b.op("IS_MISSING", arguments[0].register)
            for argument in arguments[1:]:
                nothing = b.op("AND", nothing, b.op("IS_MISSING", argument.register))
            found = b.op("IF", nothing, b.constant(math.nan), found)
        return Value(found, data_type)

    return lower


def _average(context: Context, arguments: list[Value], apply: Apply) -> Value:
    check_count(arguments, 1, None)
    b = context.builder
    total = _aggregate("ADD")(context, arguments, apply)
    one = b.constant(1.0)
    count = b.constant(0.0)
    for argument in arguments:
        if argument.present:
            count = b.op("ADD", count, one)
        else:
            count = b.op("ADD", count, b.op("SUB", one, b.op("IS_MISSING", argument.register)))
    data_type = "float" if _single(apply, total.data_type) else "double"
    found = b.op("DIV", total.register, count)
    return Value(b.op("F32", found) if data_type == "float" else found, data_type)


def _comparable(context: Context, left: Value, right: Value) -> tuple[Register, Register]:
    """Two values as numbers that can be compared."""
    if left.data_type == right.data_type:
        return left.register, right.register
    kinds = (*NUMERIC, "boolean")
    if left.data_type in kinds and right.data_type in kinds:
        return left.register, right.register
    raise DocumentError(
        f"a comparison of {left.data_type} with {right.data_type} is not supported", ""
    )


def _comparison(op: str) -> Function:
    def lower(context: Context, arguments: list[Value], _: Apply) -> Value:
        check_count(arguments, 2, 2)
        left, right = arguments
        if op not in ("EQ", "NE") and "string" in (left.data_type, right.data_type):
            raise DocumentError("an order of texts is not supported", "")
        x, y = _comparable(context, left, right)
        present = left.present and right.present
        return Value(context.builder.op(op, x, y), "boolean", "categorical", present)

    return lower


def _logic(op: str) -> Function:
    def lower(context: Context, arguments: list[Value], _: Apply) -> Value:
        check_count(arguments, 2, None)
        _check_truths(arguments)
        found = arguments[0].register
        for argument in arguments[1:]:
            found = context.builder.op(op, found, argument.register)
        present = all(a.present for a in arguments)
        return Value(found, "boolean", "categorical", present)

    return lower


def _check_truths(arguments: Sequence[Value]) -> None:
    for argument in arguments:
        if argument.data_type not in (*NUMERIC, "boolean"):
            raise DocumentError(f"a {argument.data_type} as a truth value is not supported", "")


def _not(context: Context, arguments: list[Value], _: Apply) -> Value:
    check_count(arguments, 1, 1)
    _check_truths(arguments)
    found = context.builder.op("NOT", arguments[0].register)
    return Value(found, "boolean", "categorical", arguments[0].present)


def _is_missing(negated: bool) -> Function:
    def lower(context: Context, arguments: list[Value], _: Apply) -> Value:
        check_count(arguments, 1, 1)
        found = context.builder.op("IS_MISSING", arguments[0].register)
        if negated:
            found = context.builder.op("NOT", found)
        return Value(found, "boolean", "categorical", present=True)

    return lower


def _is_in(negated: bool) -> Function:
    def lower(context: Context, arguments: list[Value], _: Apply) -> Value:
        check_count(arguments, 2, None)
        b = context.builder
        found = None
        for other in arguments[1:]:
            x, y = _comparable(context, arguments[0], other)
            same = b.op("EQ", x, y)
            found = same if found is None else b.op("OR", found, same)
        assert found is not None
        # A missing value is in no list, as in the libraries whose code becomes this function.
        if not all(a.present for a in arguments):
            found = b.op("COALESCE", found, b.constant(0.0))
        if negated:
            found = b.op("NOT", found)
        return Value(found, "boolean", "categorical", present=True)

    return lower


def _if(context: Context, arguments: list[Value], _: Apply) -> Value:
    """ "if the first parameter is true ... the second, otherwise the third, or missing"."""
    check_count(arguments, 2, 3)
    b = context.builder
    condition, then = arguments[0], arguments[1]
    if condition.data_type != "boolean":
        raise DocumentError("the condition of an 'if' is no boolean", "")
    if len(arguments) == 2:
        found = b.op("IF", condition.register, then.register, b.constant(math.nan))
        return Value(found, then.data_type, then.optype)
    other = arguments[2]
    data_type = then.data_type
    if then.data_type != other.data_type:
        text = "string" in (then.data_type, other.data_type)
        data_type = "string" if text else _widest(context, (then, other))
        then, other = cast(context, then, data_type), cast(context, other, data_type)
    found = b.op("IF", condition.register, then.register, other.register)
    present = condition.present and then.present and other.present
    return Value(found, data_type, then.optype, present)


def _validity(negated: bool) -> Function:
    """ "isValid: true if the value is neither missing nor invalid" (of a field)."""

    def lower(context: Context, arguments: list[Value], apply: Apply) -> Value:
        check_count(arguments, 1, 1)
        b, value, argument = context.builder, arguments[0], apply.arguments[0]
        if not isinstance(argument, FieldRef):
            raise DocumentError("of what is no field it is not supported", "")
        data = context.data_fields.get(argument.field)
        valid = None if data is None else valid_values(context, value.register, value, data)
        if valid is None:
            valid = b.op("EQ", value.register, value.register)
        found = b.op("NOT", valid) if negated else valid
        found = b.op("COALESCE", found, b.constant(0.0))  # a missing value is neither
        return Value(found, "boolean", "categorical", present=True)

    return lower


def _median(context: Context, arguments: list[Value], apply: Apply) -> Value:
    """ "Missing values are ignored"; of two in the middle their mean."""
    check_count(arguments, 1, None)
    b, data_type = context.builder, _widest(context, arguments)
    table = b.doubles([2.0, *(1.0 for _ in arguments)])
    found = b.op("MEDIAN", *(a.register for a in arguments), immediates=(table,))
    single = _single(apply, data_type)
    return Value(b.op("F32", found) if single else found, "float" if single else "double")


def _threshold(context: Context, arguments: list[Value], _: Apply) -> Value:
    """ "threshold(x, y): 1 if x > y, otherwise 0"."""
    check_count(arguments, 2, 2)
    found = context.builder.op("GT", arguments[0].register, arguments[1].register)
    return Value(found, _widest(context, arguments))


def _standardised(context: Context, arguments: list[Value]) -> Value:
    """ "normalCDF(x, mu, sigma)": (x - mu) / sigma, for the functions of a normal distribution."""
    check_count(arguments, 3, 3)
    _widest(context, arguments)
    b, (x, mu, sigma) = context.builder, (a.register for a in arguments)
    found = b.op("DIV", b.op("SUB", x, mu), sigma)
    return Value(
        b.op("IF", b.op("GT", sigma, b.constant(0.0)), found, b.constant(math.nan)), "double"
    )


def _general_cdf(context: Context, arguments: list[Value], apply: Apply) -> Value:
    return _normal_cdf(context, [_standardised(context, arguments)], apply)


def _general_pdf(context: Context, arguments: list[Value], apply: Apply) -> Value:
    found = _normal_pdf(context, [_standardised(context, arguments)], apply)
    return Value(context.builder.op("DIV", found.register, arguments[2].register), "double")


def _general_idf(context: Context, arguments: list[Value], apply: Apply) -> Value:
    """ "normalIDF(p, mu, sigma)": the x at which the distribution reaches p."""
    check_count(arguments, 3, 3)
    _widest(context, arguments)
    b, (p, mu, sigma) = context.builder, (a.register for a in arguments)
    found = b.op("ADD", mu, b.op("MUL", sigma, b.op("NORM_IDF", p)))
    return Value(
        b.op("IF", b.op("GT", sigma, b.constant(0.0)), found, b.constant(math.nan)), "double"
    )


def _normal_cdf(context: Context, arguments: list[Value], _: Apply) -> Value:
    """The standard normal distribution up to x."""
    check_count(arguments, 1, 1)
    b = context.builder
    scaled = b.op("DIV", b.op("NEG", as_number(context, arguments[0])), b.constant(math.sqrt(2.0)))
    return Value(b.op("MUL", b.constant(0.5), b.op("ERFC", scaled)), "double")


def _normal_pdf(context: Context, arguments: list[Value], _: Apply) -> Value:
    """The density of the standard normal distribution."""
    check_count(arguments, 1, 1)
    b, x = context.builder, as_number(context, arguments[0])
    power = b.op("EXP", b.op("DIV", b.op("MUL", x, x), b.constant(-2.0)))
    return Value(b.op("DIV", power, b.constant(math.sqrt(2.0 * math.pi))), "double")


def _expit(context: Context, arguments: list[Value], apply: Apply) -> Value:
    """JPMML's extension: the logistic function."""
    check_count(arguments, 1, 1)
    b, one = context.builder, context.builder.constant(1.0)
    exp = b.op("EXP", b.op("NEG", as_number(context, arguments[0])))
    return Value(b.op("DIV", one, b.op("ADD", one, exp)), "double")


FUNCTIONS: Mapping[str, Function] = {
    "concat": of_texts("concat", 1, None),
    "uppercase": of_texts("uppercase", 1, 1),
    "lowercase": of_texts("lowercase", 1, 1),
    "trimBlanks": of_texts("trimBlanks", 1, 1),
    "stringLength": of_texts("stringLength", 1, 1, "integer"),
    "substring": substring,
    "matches": of_pattern("matches", 2, "boolean"),
    "replace": of_pattern("replace", 3, "string"),
    "formatNumber": format_number,
    "formatDatetime": format_datetime,
    "dateDaysSinceYear": days_since_year,
    "dateSecondsSinceYear": seconds_since_year,
    "dateSecondsSinceMidnight": seconds_since_midnight,
    "+": _arithmetic("ADD"),
    "-": _arithmetic("SUB"),
    "*": _arithmetic("MUL"),
    "/": _arithmetic("DIV"),
    "min": _aggregate("MIN"),
    "max": _aggregate("MAX"),
    "sum": _aggregate("ADD"),
    "product": _aggregate("MUL"),
    "avg": _average,
    "median": _median,
    "log10": _math("LOG10"),
    "ln": _math("LN"),
    "ln1p": _math("LN1P"),
    "sqrt": _math("SQRT"),
    "abs": _math("ABS", "same"),
    "exp": _math("EXP"),
    "expm1": _math("EXPM1"),
    "pow": _math("POW", least=2),
    "threshold": _threshold,
    "floor": _math("FLOOR", "same"),
    "ceil": _math("CEIL", "same"),
    "round": _math("ROUND", "same"),
    "rint": _math("RINT", "same"),
    "modulo": _math("MOD", "same", least=2),
    "sin": _math("SIN"),
    "cos": _math("COS"),
    "tan": _math("TAN"),
    "asin": _math("ASIN"),
    "acos": _math("ACOS"),
    "atan": _math("ATAN"),
    "atan2": _math("ATAN2", least=2),
    "hypot": _math("HYPOT", least=2),
    "sinh": _math("SINH"),
    "cosh": _math("COSH"),
    "tanh": _math("TANH"),
    "erf": _math("ERF"),
    "normalCDF": _general_cdf,
    "normalPDF": _general_pdf,
    "normalIDF": _general_idf,
    "stdNormalCDF": _normal_cdf,
    "stdNormalPDF": _normal_pdf,
    "stdNormalIDF": _math("NORM_IDF"),
    "expit": _expit,
    "isValid": _validity(negated=False),
    "isNotValid": _validity(negated=True),
    "isMissing": _is_missing(negated=False),
    "isNotMissing": _is_missing(negated=True),
    "equal": _comparison("EQ"),
    "notEqual": _comparison("NE"),
    "lessThan": _comparison("LT"),
    "lessOrEqual": _comparison("LE"),
    "greaterThan": _comparison("GT"),
    "greaterOrEqual": _comparison("GE"),
    "and": _logic("AND"),
    "or": _logic("OR"),
    "not": _not,
    "isIn": _is_in(negated=False),
    "isNotIn": _is_in(negated=True),
    "if": _if,
}

"""Built-in functions of texts, dates and times. Source: PMML 4.4, Built-in functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pmml_pipeline.compiler.host import check_number_format
from pmml_pipeline.compiler.lower.casts import cast
from pmml_pipeline.compiler.lower.host_calls import call_host
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.matching import Pattern
from pmml_pipeline.compiler.moments import DAY, TEMPORAL, check_moment_format, days_until
from pmml_pipeline.compiler.patterns import python_pattern, template
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.expressions import Apply, Constant
from pmml_pipeline.errors import DocumentError

Function = Callable[[Context, list[Value], Apply], Value]


def check_count(arguments: Sequence[Value], least: int, most: int | None) -> None:
    """Refuses a call with too few or too many arguments."""
    if len(arguments) < least or (most is not None and len(arguments) > most):
        what = str(least) if least == most else f"{least} or more" if most is None else (
            f"{least} to {most}"
        )  # fmt: skip
        raise DocumentError(f"it takes {what} arguments, not {len(arguments)}", "")


def forgiving(apply: Apply) -> bool:
    """ "invalidValueTreatment: asMissing": what the function cannot do is missing (Apply)."""
    return apply.invalid_value_treatment == "asMissing"


def of_texts(name: str, least: int, most: int | None, result: str = "string") -> Function:
    """A function of texts with values for all of its arguments."""

    def lower(context: Context, arguments: list[Value], apply: Apply) -> Value:
        check_count(arguments, least, most)
        optype = "categorical" if result in ("string", "boolean") else "continuous"
        return call_host(context, name, (), arguments, result, optype, forgiving(apply))

    return lower


def substring(context: Context, arguments: list[Value], apply: Apply) -> Value:
    """ "substring(text, start, length)"; a text for one of the two is read as a whole number."""
    check_count(arguments, 3, 3)
    text, *places = arguments
    counts = [
        p if p.numeric or p.data_type == "boolean" else cast(context, p, "integer") for p in places
    ]
    return call_host(
        context, "substring", (), [text, *counts], "string", "categorical", forgiving(apply)
    )


def pattern_of(text: str, ignore_case: bool = False) -> Pattern:
    """A regular expression of the document.

    Raises:
        DocumentError: it is not supported.
    """
    try:
        pattern = Pattern(python_pattern(text), ignore_case)
        pattern.check()
    except ValueError as error:
        raise DocumentError(str(error), "") from None
    return pattern


def check_replacement(pattern: Pattern, replacement: str) -> None:
    """Refuses a replacement that is none, or that asks for a group that the pattern has not."""
    try:
        template(replacement, pattern.groups)
    except ValueError as error:
        raise DocumentError(str(error), "") from None


def of_pattern(name: str, count: int, result: str) -> Function:
    """A function whose second argument is a regular expression, the third a replacement."""

    def lower(context: Context, arguments: list[Value], apply: Apply) -> Value:
        check_count(arguments, count, count)
        constants = [a.content for a in apply.arguments[1:] if isinstance(a, Constant)]
        if len(constants) < count - 1:
            raise DocumentError("a pattern that is no constant is not supported", "")
        pattern = pattern_of(constants[0])
        for replacement in constants[1:]:
            check_replacement(pattern, replacement)
        parameters = [pattern.text, *constants[1:]]
        return call_host(
            context, name, parameters, arguments[:1], result, "categorical", forgiving(apply)
        )

    return lower


def format_number(context: Context, arguments: list[Value], apply: Apply) -> Value:
    check_count(arguments, 2, 2)
    pattern = apply.arguments[1]
    if not isinstance(pattern, Constant):
        raise DocumentError("a format that is no constant is not supported", "")
    first = arguments[0]
    if not first.numeric:
        raise DocumentError(f"a {first.data_type} is no number", "")
    try:
        check_number_format(pattern.content)
    except ValueError as error:
        raise DocumentError(str(error), "") from None
    return call_host(
        context,
        "formatNumber",
        (pattern.content,),
        [first],
        *("string", "categorical", forgiving(apply)),
    )


def days_since_year(context: Context, arguments: list[Value], apply: Apply) -> Value:
    """ "dateDaysSinceYear(date, year)": days since the first of January of the year."""
    moment, days = _since_year(context, arguments, apply)
    b = context.builder
    register = moment.register
    if moment.data_type == "dateTime":
        register = b.op("FLOOR", b.op("DIV", register, b.constant(DAY)))
    return Value(b.op("SUB", register, b.constant(days)), "integer", present=moment.present)


def seconds_since_year(context: Context, arguments: list[Value], apply: Apply) -> Value:
    """ "dateSecondsSinceYear(dateTime, year)": seconds since the first of January of the year."""
    moment, days = _since_year(context, arguments, apply)
    b = context.builder
    register = moment.register
    if moment.data_type == "date":
        register = b.op("MUL", register, b.constant(DAY))
    register = b.op("FLOOR", b.op("SUB", register, b.constant(days * DAY)))
    return Value(register, "integer", present=moment.present)


def _since_year(context: Context, arguments: list[Value], apply: Apply) -> tuple[Value, float]:
    check_count(arguments, 2, 2)
    moment, year = arguments[0], context.builder.value(arguments[1].register)
    if moment.data_type == "string":
        moment = cast(context, moment, "dateTime")
    if moment.data_type not in ("date", "dateTime"):
        raise DocumentError(f"a {moment.data_type} is no date", "")
    if year is None or not 1 <= year <= 9999:
        raise DocumentError("a year that is no constant from 1 to 9999 is not supported", "")
    return moment, float(days_until(int(year)))


def seconds_since_midnight(context: Context, arguments: list[Value], _: Apply) -> Value:
    """ "dateSecondsSinceMidnight(time)"."""
    check_count(arguments, 1, 1)
    moment, b = arguments[0], context.builder
    register = moment.register
    if moment.data_type not in ("time", "dateTime"):
        raise DocumentError(f"a {moment.data_type} has no time of the day", "")
    if moment.data_type == "dateTime":
        day = b.op("FLOOR", b.op("DIV", register, b.constant(DAY)))
        register = b.op("SUB", register, b.op("MUL", day, b.constant(DAY)))
    return Value(b.op("FLOOR", register), "integer", present=moment.present)


def format_datetime(context: Context, arguments: list[Value], apply: Apply) -> Value:
    check_count(arguments, 2, 2)
    pattern, moment = apply.arguments[1], arguments[0]
    if not isinstance(pattern, Constant):
        raise DocumentError("a format that is no constant is not supported", "")
    if moment.data_type not in TEMPORAL:
        raise DocumentError(f"a {moment.data_type} is neither date nor time", "")
    try:
        check_moment_format(pattern.content, moment.data_type)
    except ValueError as error:
        raise DocumentError(str(error), "") from None
    return call_host(
        context,
        "formatDatetime",
        (moment.data_type, pattern.content),
        [moment],
        *("string", "categorical", forgiving(apply)),
    )

"""Functions of texts, which run in Python between the stages of a program.

The kernels know numbers only. What makes a new text, or reads one, is done here, once for every
distinct combination of values in a call. The one table is :data:`FUNCTIONS`.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from pmml_pipeline.compiler.limits import Clock, check_length
from pmml_pipeline.compiler.matching import Pattern
from pmml_pipeline.compiler.moments import (
    TEMPORAL,
    formatted,
    is_counted,
    number_of,
    text_of_moment,
)
from pmml_pipeline.document.model import to_float32

_BLANKS = "".join(map(chr, range(33)))  # what Java trims

Plain = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function on whole columns.

    Attributes:
        function: its name in :data:`FUNCTIONS`.
        parameters: what it takes besides the values, as text.
        sources: the columns of its arguments.
        source_types: their PMML dataTypes.
        target: the column of its result.
        target_type: the PMML dataType of that.
        forgiving: whether what it cannot do is missing; otherwise it is an error of the row.
    """

    function: str
    parameters: tuple[str, ...]
    sources: tuple[int, ...]
    source_types: tuple[str, ...]
    target: int
    target_type: str
    forgiving: bool = False

    @property
    def targets(self) -> tuple[int, ...]:
        """The only one."""
        return (self.target,)


class Single(float):
    """A value of the type float, which has fewer digits than a double."""


def text_of(value: Plain) -> str:
    """A value as text, as Java writes it, which is what producers of documents go by.

    A negative zero is a zero: values that are equal have the same text.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _java_number(value)
    return str(value)


def _java_number(value: float) -> str:
    """``Double.toString`` and ``Float.toString``: the fewest digits that read back as the same, at
    least one of them a decimal; an exponent from 1e7 on and below 1e-3."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0.0"
    exact = np.float32(value) if isinstance(value, Single) else np.float64(value)
    if 1e-3 <= abs(value) < 1e7:
        return str(exact)
    shortest = np.format_float_scientific(exact, unique=True, trim="-")
    digits, _, power = shortest.partition("e")
    if "." not in digits:
        # Of the numbers with two digits the nearest, where one digit is enough (Double.toString).
        digits = f"{value:.1e}".partition("e")[0]
    return f"{digits}E{int(power)}"


def _parse(value: Plain, data_type: str) -> Plain:
    text = str(value).strip(_BLANKS)
    if data_type in TEMPORAL or is_counted(data_type):
        if not text.isascii() or "_" in text:
            raise ValueError(f"{text[:100]!r} is no {data_type}")
        return number_of(text, data_type)
    if data_type == "boolean":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ValueError(f"{text[:100]!r} is no truth value")
    number = _number(text)
    if data_type == "integer":
        if not number.is_integer():
            raise ValueError(f"{text[:100]!r} is no whole number")
        return int(number)
    return to_float32(number) if data_type == "float" else number


def _number(text: str) -> float:
    """A text as number; truth values are numbers, as they are where records are admitted."""
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        # To Python the digits of all scripts are some, and so is 1_000.
        if "_" in text or not text.isascii():
            raise ValueError
        return float(text)
    except ValueError:
        raise ValueError(f"{text[:100]!r} is no number") from None


def _concat(*values: Plain) -> str:
    texts = [text_of(value) for value in values]
    check_length(sum(map(len, texts)))
    return "".join(texts)


def _substring(value: Plain, start: Plain, length: Plain) -> str:
    """ "substring(text, start, length)": the first character is 1."""
    assert isinstance(start, int | float)
    assert isinstance(length, int | float)
    if start < 1 or length < 0:
        raise ValueError(f"a substring from {start} of length {length}")
    return text_of(value)[int(start) - 1 : int(start) - 1 + int(length)]


_CONVERSION = re.compile(r"%(?:%|[-+ 0#]*([0-9]*)(?:\.([0-9]*))?([a-zA-Z]?))")


def check_number_format(pattern: str) -> None:
    """Refuses what is no printf format of one number that Python and C write the same.

    Raises:
        ValueError: says what it is.
    """
    found = [m for m in _CONVERSION.finditer(pattern) if m[0] != "%%"]
    if len(found) != 1 or found[0][3] not in tuple("dieEfgG"):
        raise ValueError(f"the format {pattern[:100]!r} is not supported")
    if max(int(n or 0) for n in found[0].group(1, 2)) > 400:
        raise ValueError(f"the format {pattern[:100]!r} is too wide")


def _format_number(value: Plain, pattern: str) -> str:
    assert isinstance(value, int | float)
    found = next(m for m in _CONVERSION.finditer(pattern) if m[0] != "%%")
    return str(pattern % (int(value) if found[3] in ("d", "i") else value + 0.0))  # no -0.0


_pattern = functools.lru_cache(1024)(Pattern)
Function = Callable[..., Plain]
FUNCTIONS: Mapping[str, Function] = {
    "text": text_of,
    "parse": _parse,
    "concat": _concat,
    "uppercase": lambda value: text_of(value).upper(),
    "lowercase": lambda value: text_of(value).lower(),
    "trimBlanks": lambda value: text_of(value).strip(_BLANKS),
    "stringLength": lambda value: len(text_of(value)),
    "substring": _substring,
    "replace": lambda value, pattern, replacement: _pattern(pattern).replaced(
        text_of(value), replacement, Clock()
    ),
    "matches": lambda value, pattern: _pattern(pattern).matches(text_of(value), Clock()),
    "formatNumber": _format_number,
    "formatDatetime": formatted,
}


class TextNumbers(Protocol):
    """Texts by number."""

    def made(self, text: str) -> float:
        """The number of a text that a function made.

        Raises:
            LimitError: it or all of them are too long.
        """
        ...

    def text(self, code: Any) -> str:
        """The text of a number."""
        ...


def result_of(
    function: str,
    parameters: Sequence[str],
    types: Sequence[str],
    numbers: Sequence[float],
    texts: TextNumbers,
) -> float:
    """What a function makes of its arguments, as numbers of a program.

    "If an argument is missing, the result is missing" (Apply).

    Raises:
        ValueError: the function cannot do it; says what.
        OverflowError: the same.
    """
    as_text = function != "formatDatetime"  # which takes the number
    values = [
        _plain(number, data_type, texts, as_text=as_text)
        for number, data_type in zip(numbers, types, strict=True)
    ]
    if any(value is None for value in values):
        return math.nan
    result = FUNCTIONS[function](*values, *parameters)
    if result is None:
        return math.nan
    return float(texts.made(result)) if isinstance(result, str) else float(result)


def _plain(number: float, data_type: str, texts: TextNumbers, *, as_text: bool) -> Plain:
    if number != number:
        return None
    if data_type == "string":
        return texts.text(int(number))
    if data_type == "boolean":
        return bool(number)
    if as_text and (data_type in TEMPORAL or is_counted(data_type)):
        return text_of_moment(number, data_type)
    if data_type == "float":
        return Single(number)
    return int(number) if data_type == "integer" else number

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

from pmml_pipeline.compiler.moments import (
    TEMPORAL,
    formatted,
    is_counted,
    number_of,
    text_of_moment,
)

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


def text_of(value: Plain) -> str:
    """A value as text, as Java writes it, which is what producers of documents go by."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _java_double(value)
    return str(value)


def _java_double(value: float) -> str:
    """``Double.toString``: at least one decimal, an exponent from 1e7 on and below 1e-3."""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        if "e" in text:  # 1e-03 cannot be; Python changes over at 1e16 and 1e-4
            text = f"{value:f}"
        return text
    digits, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        _mantissa, _, _power = f"{value:.17e}".partition("e")
        shortest = next(
            t for n in range(18) if float(t := f"{value:.{n}e}") == value
        )  # the fewest digits that read back as the same
        digits, _, exponent = shortest.partition("e")
    if "." not in digits:
        digits += ".0"
    return f"{digits}E{int(exponent)}"


def _parse(value: Plain, data_type: str) -> Plain:
    text = str(value).strip()
    if data_type in TEMPORAL or is_counted(data_type):
        return number_of(text, data_type)
    if data_type == "boolean":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ValueError(f"{text!r} is no truth value")
    try:
        if "_" in text:
            raise ValueError
        number = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if data_type == "integer":
        if not number.is_integer():
            raise ValueError(f"{text!r} is no whole number")
        return int(number)
    return number


def _substring(value: Plain, start: Plain, length: Plain) -> str:
    """ "substring(text, start, length)": the first character is 1."""
    assert isinstance(start, int | float)
    assert isinstance(length, int | float)
    if start < 1 or length < 0:
        raise ValueError(f"a substring from {start} of length {length}")
    return text_of(value)[int(start) - 1 : int(start) - 1 + int(length)]


def _replace(value: Plain, pattern: str, replacement: str) -> str:
    return re.sub(pattern, replacement, text_of(value))


def check_pattern(pattern: str) -> None:
    """Refuses a regular expression that Python does not read as Java and Perl do.

    Raises:
        ValueError: says what it is.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is not supported ({error})") from None
    if "[[:" in pattern or "&&" in pattern:
        raise ValueError(f"the pattern {pattern!r} is not supported")


_JAVA_CLASSES = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7F",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "XDigit": "0-9a-fA-F",
    "Space": r"\s",
}


@functools.lru_cache(1024)
def python_pattern(pattern: str) -> str:
    r"""A regular expression of Java or Perl in Python's words: ``\p{Punct}`` and such written out.

    Raises:
        ValueError: Python has no such expression, or reads it otherwise.
    """
    found, inside, at = [], False, 0
    while at < len(pattern):
        part = pattern[at]
        if part == "\\":
            part = pattern[at : at + 2]
            named = re.match(r"\\p\{(?:Is)?(\w+)\}", pattern[at:])
            if named and named[1] in _JAVA_CLASSES:
                part, known = named[0], _JAVA_CLASSES[named[1]]
                found.append(known if inside else f"[{known}]")
            else:
                found.append(part)
        else:
            inside = part == "[" or (inside and part != "]")
            found.append(part)
        at += len(part)
    check_pattern("".join(found))
    return "".join(found)


def python_replacement(replacement: str) -> str:
    r"""``$1`` of Java and Perl as ``\g<1>`` of Python; ``\$`` as a dollar."""
    found = []
    at = 0
    while at < len(replacement):
        char = replacement[at]
        if char == "\\" and at + 1 < len(replacement):
            at += 1
            found.append("\\\\" if replacement[at] == "\\" else replacement[at])
        elif char == "$" and replacement[at + 1 : at + 2].isdigit():
            at += 1
            found.append(f"\\g<{replacement[at]}>")
        else:
            found.append(char)
        at += 1
    return "".join(found)


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
    return str(pattern % (int(value) if found[3] in ("d", "i") else value))


Function = Callable[..., Plain]
FUNCTIONS: Mapping[str, Function] = {
    "text": text_of,
    "parse": _parse,
    "concat": lambda *values: "".join(text_of(v) for v in values),
    "uppercase": lambda value: text_of(value).upper(),
    "lowercase": lambda value: text_of(value).lower(),
    "trimBlanks": lambda value: text_of(value).strip("".join(map(chr, range(33)))),
    "stringLength": lambda value: len(text_of(value)),
    "substring": _substring,
    "replace": _replace,
    "matches": lambda value, pattern: re.search(pattern, text_of(value)) is not None,
    "formatNumber": _format_number,
    "formatDatetime": formatted,
}


class TextNumbers(Protocol):
    """Texts by number."""

    def code(self, text: str) -> float:
        """The number of a text; a new one gets the next."""
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
    return float(texts.code(result)) if isinstance(result, str) else float(result)


def _plain(number: float, data_type: str, texts: TextNumbers, *, as_text: bool) -> Plain:
    if number != number:
        return None
    if data_type == "string":
        return texts.text(int(number))
    if data_type == "boolean":
        return bool(number)
    if as_text and (data_type in TEMPORAL or is_counted(data_type)):
        return text_of_moment(number, data_type)
    return int(number) if data_type == "integer" else number

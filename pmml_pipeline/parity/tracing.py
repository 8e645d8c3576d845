"""Finds the value of an input at which a field derived from it reaches a number.

That works where the field is computed from one input by a chain of casts and arithmetic with
constants (a scaler, say): the value is found by bisection over the doubles.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence

from pmml_pipeline.document import Document, Element
from pmml_pipeline.document.model import to_float32
from pmml_pipeline.schema import InputField


def constant_of(element: Element) -> float | None:
    """The number that a Constant element holds, or None."""
    try:
        return float(element.text)
    except ValueError:
        return None


Function = Callable[[float], float]


class Tracer:
    """The numeric fields of a document and how they are computed.

    Args:
        document: read whole.
        inputs: its inputs.

    Attributes:
        numeric: names of the inputs that are numbers.
    """

    def __init__(self, document: Document, inputs: Sequence[InputField]) -> None:
        self._types = {f.name: f.data_type for f in inputs if f.kind in ("double", "integer")}
        self.numeric = self._types.keys()
        self._derived = {
            e.attributes["name"]: e
            for e in document.root.walk()
            if e.tag == "DerivedField" and "name" in e.attributes
        }
        self._functions: dict[str, tuple[str, Function] | None] = {}

    def is_derived(self, name: str) -> bool:
        """Whether a derived field of that name exists."""
        return name in self._derived

    def trace(self, name: str, value: float) -> tuple[str, float] | None:
        """The input and its last value, going up, before ``name`` crosses ``value``."""
        function = self._function(name, 0)
        if function is None:
            return None
        origin, compute = function
        turning = _bisect(compute, self._compared(name, value), strict=False)
        return None if turning is None else (origin, turning[0])

    def side(self, name: str, operator: str, value: float) -> tuple[str, str, float] | None:
        """A comparison of a derived field as one of its input: name, operator, value."""
        function = self._function(name, 0)
        if function is None:
            return None
        origin, compute = function
        strict = operator in ("lessThan", "greaterOrEqual")
        turning = _bisect(compute, self._compared(name, value), strict)
        if turning is None:
            return None
        last, rising = turning
        below = operator.startswith("less") == rising
        return origin, "lessOrEqual" if below else "greaterThan", last

    def _compared(self, name: str, value: float) -> float:
        """The number that a field is compared with, which is of the field's type."""
        return to_float32(value) if self._derived[name].get("dataType") == "float" else value

    def _function(self, name: str, depth: int) -> tuple[str, Function] | None:
        if name in self._types:
            return name, to_float32 if self._types[name] == "float" else _identity
        if name not in self._functions:
            element = self._derived.get(name)
            found = None
            if element is not None and depth < 50 and element.children:
                found = self._expression(element.children[-1], depth + 1)
                if found is not None and element.get("dataType") == "float":
                    origin, inner = found
                    found = origin, lambda x: to_float32(inner(x))
            self._functions[name] = found
        return self._functions[name]

    def _expression(self, element: Element, depth: int) -> tuple[str, Function] | None:
        if element.tag == "FieldRef":
            return self._function(element.get("field") or "", depth)
        if element.tag != "Apply" or element.get("function") not in _ARITHMETIC:
            return None
        if len(element.children) != 2:
            return None
        left, right = element.children
        operate = _ARITHMETIC[element.attributes["function"]]
        constant = constant_of(right) if right.tag == "Constant" else None
        if constant is not None:
            found = self._expression(left, depth)
            return None if found is None else (found[0], _after(found[1], operate, constant))
        constant = constant_of(left) if left.tag == "Constant" else None
        if constant is not None:
            found = self._expression(right, depth)
            return None if found is None else (found[0], _before(found[1], operate, constant))
        return None


def _identity(x: float) -> float:
    return x


def _after(inner: Function, operate: Callable[[float, float], float], constant: float) -> Function:
    return lambda x: operate(inner(x), constant)


def _before(inner: Function, operate: Callable[[float, float], float], constant: float) -> Function:
    return lambda x: operate(constant, inner(x))


def _divide(a: float, b: float) -> float:
    return a / b if b else math.nan


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
}


def _bisect(compute: Function, value: float, strict: bool) -> tuple[float, bool] | None:
    """The last double, going up, before a monotonic function crosses a value.

    Args:
        compute: the function.
        value: to be crossed.
        strict: whether the value itself counts as the upper side instead of the lower one.

    Returns:
        The double, and whether the function rises; None when it does not cross the value.
    """
    low, high = -1e300, 1e300
    rising = compute(high) > compute(low)

    def is_lower(x: float) -> bool:
        return compute(x) < value if strict else compute(x) <= value

    def before(x: float) -> bool:
        return is_lower(x) == rising

    if not before(low) or before(high):
        return None
    return bisect_doubles(before, low, high), rising


def bisect_doubles(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The last double from ``low`` up for which a condition holds that fails at ``high``.

    The condition must hold at ``low`` and turn once; at most 64 values are tried.
    """
    first, last = _to_ordinal(low), _to_ordinal(high)
    while last - first > 1:
        middle = (first + last) // 2
        if holds(_from_ordinal(middle)):
            first = middle
        else:
            last = middle
    return _from_ordinal(first)


def _to_ordinal(x: float) -> int:
    """Doubles in order as whole numbers."""
    bits: int = struct.unpack("<q", struct.pack("<d", x))[0]
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def _from_ordinal(n: int) -> float:
    bits = n if n >= 0 else (-n) | -0x8000_0000_0000_0000
    return float(struct.unpack("<d", struct.pack("<q", bits))[0])

"""Finds every number in a document at which a comparison turns, and rows that get there.

A threshold in a tree only matters to a row that reaches its node. So each threshold comes with the
conditions on the way from the root, and :meth:`Threshold.reach` bends a real record to meet them.

A comparison may be on a derived field. Where that field is computed from one input by a chain of
casts and arithmetic with constants (a scaler, say), the input's value at which the comparison turns
is found by bisection over the doubles.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmml_pipeline.document import Document, Element
from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.model import to_float32
from pmml_pipeline.schema import InputField

_COMPARISONS = frozenset({"lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"})
_APPLIED = _COMPARISONS | {"equal", "notEqual", "min", "max", "threshold"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison on the way to a node: ``field operator value(s)``."""

    field: str
    operator: str
    value: float | tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.field} {self.operator} {self.value}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value of an input at which a comparison turns.

    Attributes:
        field: the input.
        value: the number.
        where: what compares, for a person.
        path: the conditions that a row must meet to get there.
    """

    field: str
    value: float
    where: str
    path: tuple[Condition, ...] = ()

    def reach(self, record: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
        """The record, changed as little as needed to meet the path's conditions on inputs."""
        changed = dict(record)
        for name in {c.field for c in self.path if c.field in kinds and c.field != self.field}:
            conditions = [c for c in self.path if c.field == name]
            changed[name] = _meet(changed[name], conditions, kinds[name] == "integer")
        return changed


def _meet(value: Any, conditions: Sequence[Condition], whole: bool) -> Any:
    """A value that meets the conditions, the given one if it does."""
    low, high = -math.inf, math.inf
    allowed: list[str] | None = None
    for c in conditions:
        if isinstance(c.value, tuple):
            if c.operator == "isIn":
                allowed = [v for v in c.value if allowed is None or v in allowed]
            elif value in c.value:
                return value  # avoiding levels needs the whole list of them; leave the row as it is
        elif c.operator in ("lessThan", "lessOrEqual"):
            high = min(high, c.value if c.operator == "lessOrEqual" else _below(c.value))
        elif c.operator in ("greaterThan", "greaterOrEqual"):
            low = max(low, c.value if c.operator == "greaterOrEqual" else _above(c.value))
    if allowed is not None:
        if value in allowed or not allowed:
            return value
        return type(value)(allowed[0]) if isinstance(value, int | float) else allowed[0]
    if low == -math.inf and high == math.inf:
        return value
    if isinstance(value, int | float) and low <= value <= high:
        return value
    if low > high:
        return value
    inside = low if high == math.inf else high if low == -math.inf else low + (high - low) / 2
    return math.ceil(inside) if whole and math.ceil(inside) <= high else inside


def _above(value: float) -> float:
    return math.nextafter(value, math.inf)


def _below(value: float) -> float:
    return math.nextafter(value, -math.inf)


def find_thresholds(
    document: Document, inputs: Sequence[InputField]
) -> tuple[list[Threshold], int]:
    """Every threshold of a document.

    Args:
        document: read with its trees.
        inputs: its inputs.

    Returns:
        The thresholds, in document order, and how many more there are on derived fields that
        cannot be traced back to one input.
    """
    numeric = {f.name for f in inputs if f.kind in ("double", "integer")}
    tracer = _Tracer(document, numeric)
    found: list[Threshold] = []
    untraced = 0
    for name, value, where, path in _comparisons(document.root):
        if name in numeric:
            found.append(Threshold(name, value, where, path))
            continue
        origin = tracer.trace(name, value)
        if origin is None:
            untraced += tracer.is_numeric(name)
        else:
            found.append(Threshold(origin[0], origin[1], f"{where} on {name}", path))
    return found, untraced


Comparison = tuple[str, float, str, tuple[Condition, ...]]


def _comparisons(root: Element) -> Iterator[Comparison]:
    tree = 0
    for element in root.walk():
        if element.tag == "TreeModel":
            tree += 1
            for node in element.all("Node"):
                yield from _in_tree(node, f"tree {tree}")
        elif element.tag == "DataField" and element.get("optype") == "continuous":
            for interval in element.all("Interval"):
                for margin in _numbers(interval, "leftMargin", "rightMargin"):
                    yield element.attributes["name"], margin, "valid interval", ()
        elif element.tag in ("Discretize", "NormContinuous"):
            yield from _in_bins(element)
        elif element.tag == "Apply" and element.get("function") in _APPLIED:
            names = [c.get("field") for c in element.children if c.tag == "FieldRef"]
            numbers = [_constant(c) for c in element.children if c.tag == "Constant"]
            if len(names) == 1 and names[0]:
                for number in numbers:
                    if number is not None:
                        yield names[0], number, f"function {element.get('function')}", ()
        elif element.tag in ("SimpleRule", "CompoundRule", "Attribute", "Segment"):
            for predicate in element.children:
                if predicate.tag == "SimplePredicate":
                    condition = _condition(predicate)
                    if condition is not None and isinstance(condition.value, float):
                        yield condition.field, condition.value, element.tag, ()


def _in_tree(top: Element, where: str) -> Iterator[Comparison]:
    """The comparisons of one tree, each with the way there, without recursion."""
    stack: list[tuple[Element, tuple[Condition, ...]]] = [(top, ())]
    while stack:
        node, path = stack.pop()
        passed = path
        for child in node.all("Node"):
            conditions = [c for p in _predicates(child) if (c := _condition(p)) is not None]
            for condition in conditions:
                if isinstance(condition.value, float) and condition.operator in _COMPARISONS:
                    label = f"{where}, line {child.line}: {condition}"
                    yield condition.field, condition.value, label, passed
            stack.append((child, passed + tuple(conditions)))
            # The next child is only looked at when this one was not taken.
            passed += tuple(_negated(c) for c in conditions[:1])


def _predicates(node: Element) -> list[Element]:
    """The predicates that a node asks for, of which all hold when it is taken."""
    for child in node.children:
        if child.tag in ("SimplePredicate", "SimpleSetPredicate"):
            return [child]
        if child.tag == "CompoundPredicate":
            simple = [c for c in child.children if c.tag.startswith("Simple")]
            return simple[:1] if child.get("booleanOperator") == "surrogate" else simple
        if child.tag in ("True", "False"):
            return []
    return []


def _condition(predicate: Element) -> Condition | None:
    name = predicate.get("field")
    if name is None:
        return None
    if predicate.tag == "SimpleSetPredicate":
        array = predicate.child("Array")
        values = tuple(array_values(array)) if array is not None else ()
        return Condition(name, predicate.get("booleanOperator") or "isIn", values)
    operator, value = predicate.get("operator"), predicate.get("value")
    if operator is None or value is None:
        return None
    if operator == "equal":
        return Condition(name, "isIn", (value,))
    try:
        return Condition(name, operator, float(value))
    except ValueError:
        return None


_OPPOSITES = {
    "lessThan": "greaterOrEqual",
    "lessOrEqual": "greaterThan",
    "greaterThan": "lessOrEqual",
    "greaterOrEqual": "lessThan",
    "isIn": "isNotIn",
    "isNotIn": "isIn",
}


def _negated(condition: Condition) -> Condition:
    opposite = _OPPOSITES.get(condition.operator, condition.operator)
    return Condition(condition.field, opposite, condition.value)


def _in_bins(element: Element) -> Iterator[Comparison]:
    name = element.get("field") or ""
    for inner in element.children:
        if inner.tag == "LinearNorm":
            for number in _numbers(inner, "orig"):
                yield name, number, element.tag, ()
        for interval in inner.all("Interval"):
            for number in _numbers(interval, "leftMargin", "rightMargin"):
                yield name, number, element.tag, ()


def _numbers(element: Element, *names: str) -> Iterator[float]:
    for name in names:
        value = element.get(name)
        if value is not None:
            yield float(value)


def _constant(element: Element) -> float | None:
    try:
        return float(element.text)
    except ValueError:
        return None


Function = Callable[[float], float]


class _Tracer:
    """Finds the input value at which a derived field reaches a number."""

    def __init__(self, document: Document, numeric: set[str]) -> None:
        self._numeric = numeric
        self._derived = {
            e.attributes["name"]: e
            for e in document.root.walk()
            if e.tag == "DerivedField" and "name" in e.attributes
        }
        self._functions: dict[str, tuple[str, Function] | None] = {}

    def is_numeric(self, name: str) -> bool:
        """Whether a derived field of that name exists."""
        return name in self._derived

    def trace(self, name: str, value: float) -> tuple[str, float] | None:
        """The input and its value where ``name`` reaches ``value``; None when it has none."""
        function = self._function(name, 0)
        if function is None:
            return None
        origin, compute = function
        turning = _bisect(compute, value)
        return None if turning is None else (origin, turning)

    def _function(self, name: str, depth: int) -> tuple[str, Function] | None:
        if name in self._numeric:
            return name, _identity
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
        constant = _constant(right) if right.tag == "Constant" else None
        if constant is not None:
            found = self._expression(left, depth)
            return None if found is None else (found[0], _after(found[1], operate, constant))
        constant = _constant(left) if left.tag == "Constant" else None
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


def _bisect(compute: Function, value: float) -> float | None:
    """The last double, going up, before a monotonic function crosses a value."""
    low, high = -1e300, 1e300
    rising = compute(high) > compute(low)

    def below(x: float) -> bool:
        return compute(x) <= value if rising else compute(x) > value

    if not below(low) or below(high):
        return None
    return bisect_doubles(below, low, high)


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

"""Finds every number in a document at which a comparison turns, and rows that get there.

A threshold in a tree only matters to a row that reaches its node. So each threshold comes with the
conditions on the way from the root, and :meth:`Threshold.reach` bends a real record to meet them.

A comparison may be on a derived field; see :mod:`pmml_pipeline.parity.tracing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pmml_pipeline.document import Document, Element
from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.model import to_float32
from pmml_pipeline.parity.tracing import Tracer, constant_of
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

    def reach(self, record: Mapping[str, Any], inputs: Mapping[str, InputField]) -> dict[str, Any]:
        """The record, changed as little as needed to meet the path's conditions on inputs."""
        changed = dict(record)
        for name in {c.field for c in self.path if c.field in inputs and c.field != self.field}:
            conditions = [c for c in self.path if c.field == name]
            levels = [c for c in conditions if isinstance(c.value, tuple)]
            meet = _meet_levels if levels else _meet_numbers
            changed[name] = meet(changed[name], levels or conditions, inputs[name])
        return changed


def _meet_levels(value: Any, conditions: Sequence[Condition], f: InputField) -> Any:
    """A level that meets the conditions, the given one if it does."""
    left = [_typed(v, f) for v in f.values]
    for c in conditions:
        assert isinstance(c.value, tuple)
        named = [_typed(v, f) for v in c.value]
        if c.operator == "isIn":
            left = [v for v in left or named if v in named]
        else:
            left = [v for v in left if v not in named]
    return value if value in left or not left else left[0]


def _typed(level: str, f: InputField) -> Any:
    """A level as a record brings it."""
    if f.kind == "boolean":
        return level.lower() == "true"
    if f.kind == "string":
        return level
    return int(float(level)) if f.kind == "integer" else float(level)


def _meet_numbers(value: Any, conditions: Sequence[Condition], f: InputField) -> Any:
    """A number that meets the conditions, the given one if it does."""
    low, high = -math.inf, math.inf
    single = f.data_type == "float"
    for c in conditions:
        assert isinstance(c.value, float)
        bound = to_float32(c.value) if single else c.value
        if c.operator in ("lessThan", "lessOrEqual"):
            high = min(high, bound if c.operator == "lessOrEqual" else _next(bound, -1, single))
        elif c.operator in ("greaterThan", "greaterOrEqual"):
            low = max(low, bound if c.operator == "greaterOrEqual" else _next(bound, 1, single))
    if low > high or (low == -math.inf and high == math.inf):
        return value
    if isinstance(value, int | float) and low <= (to_float32(value) if single else value) <= high:
        return value
    inside = low if high == math.inf else high if low == -math.inf else low + (high - low) / 2
    if f.kind == "integer":
        return next((n for n in (math.floor(inside), math.ceil(inside)) if low <= n <= high), value)
    return inside if not single or low <= to_float32(inside) <= high else low


def _next(value: float, direction: int, single: bool) -> float:
    """The next number up (1) or down (-1), among the float32 values if ``single``."""
    if not single:
        return math.nextafter(value, direction * math.inf)
    return float(np.nextafter(np.float32(value), np.float32(direction * math.inf)))


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
    tracer = Tracer(document, inputs)
    found: list[Threshold] = []
    untraced = 0
    traced: dict[Condition, Condition] = {}
    for name, value, where, path in _comparisons(document.root):
        origin = (name, value) if name in tracer.numeric else tracer.trace(name, value)
        if origin is None:
            untraced += tracer.is_derived(name)
            continue
        for condition in path:
            if condition not in traced:
                traced[condition] = _on_input(condition, tracer)
        where = where if name == origin[0] else f"{where} on {name}"
        found.append(Threshold(*origin, where, tuple(traced[c] for c in path)))
    return found, untraced


def _on_input(condition: Condition, tracer: Tracer) -> Condition:
    """A condition on a derived field as one on the input that decides it, where there is one."""
    if isinstance(condition.value, tuple) or condition.operator not in _COMPARISONS:
        return condition
    if condition.field in tracer.numeric:
        return condition
    found = tracer.side(condition.field, condition.operator, condition.value)
    return condition if found is None else Condition(*found)


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
            numbers = [constant_of(c) for c in element.children if c.tag == "Constant"]
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

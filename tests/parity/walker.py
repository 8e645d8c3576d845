"""Walks the trees of a document as the specification says: the test's own, small and slow."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from pmml_pipeline.document import Document, Element
from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.model import to_float32

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "lessThan": operator.lt,
    "lessOrEqual": operator.le,
    "greaterThan": operator.gt,
    "greaterOrEqual": operator.ge,
    "equal": operator.eq,
    "notEqual": operator.ne,
}
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
PREDICATES = ("True", "False")


class Walker:
    """The values of a document's fields for a record, and the nodes that it meets."""

    def __init__(self, document: Document) -> None:
        self.types = {f.name: f.data_type for f in document.data_fields.values()}
        self.derived = {
            e.attributes["name"]: e for e in document.root.walk() if e.tag == "DerivedField"
        }
        self.types |= {name: e.attributes["dataType"] for name, e in self.derived.items()}
        self.trees = [e for e in document.root.walk() if e.tag == "TreeModel"]

    def value(self, name: str, record: Mapping[str, Any]) -> Any:
        """The value of a field, cast to its type; None when it is missing."""
        if name in self.derived:
            found = self._expression(self.derived[name].children[-1], record)
        else:
            found = record.get(name)
        return None if found is None else self.typed(name, found)

    def typed(self, name: str, value: Any) -> Any:
        """A value, or the text of one, as the type of a field."""
        data_type = self.types[name]
        if data_type == "string":
            return value
        if data_type == "boolean":
            return value if isinstance(value, bool) else value == "true"
        number = float(value)
        return to_float32(number) if data_type == "float" else number

    def _expression(self, element: Element, record: Mapping[str, Any]) -> Any:
        if element.tag == "FieldRef":
            return self.value(element.attributes["field"], record)
        if element.tag == "Constant":
            return float(element.text)
        values = [self._expression(child, record) for child in element.children]
        if None in values:
            return None
        return ARITHMETIC[element.attributes["function"]](*values)

    def holds(self, predicate: Element, record: Mapping[str, Any]) -> bool | None:
        """Whether a predicate holds; None where a missing value leaves that open."""
        if predicate.tag in PREDICATES:
            return predicate.tag == "True"
        if predicate.tag == "CompoundPredicate":
            found = [self.holds(child, record) for child in predicate.children]
            how = predicate.attributes["booleanOperator"]
            if how == "surrogate":
                return next((f for f in found if f is not None), None)
            decisive = how == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        name = predicate.attributes["field"]
        value = self.value(name, record)
        if value is None:
            return None
        if predicate.tag == "SimpleSetPredicate":
            array = predicate.child("Array")
            assert array is not None
            inside = value in [self.typed(name, v) for v in array_values(array)]
            return inside == (predicate.attributes["booleanOperator"] == "isIn")
        compare = COMPARISONS[predicate.attributes["operator"]]
        return compare(value, self.typed(name, predicate.attributes["value"]))

    def asked(self, record: Mapping[str, Any]) -> set[tuple[int, int]]:
        """The nodes whose predicates a record is asked about: (number of the tree, line)."""
        found = set()
        for number, tree in enumerate(self.trees, 1):
            node = tree.child("Node")
            while node is not None:
                taken = None
                for child in node.all("Node"):
                    found.add((number, child.line))
                    holds = self.holds(_predicate(child), record)
                    if holds is not False:
                        taken = child if holds else None
                        break
                node = taken
        return found


def _predicate(node: Element) -> Element:
    return next(c for c in node.children if c.tag in PREDICATES or c.tag.endswith("Predicate"))

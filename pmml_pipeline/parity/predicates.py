"""Whether a predicate holds: true, false, or unknown for want of a value; in both readings.

Source: PMML 4.4, TreeModel ("Predicates").
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from pmml_pipeline.admission import Cell
from pmml_pipeline.document import Element
from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.model import to_float32
from pmml_pipeline.parity.fields import Both, NotFollowedError, equal

DEPTH = 50
PREDICATES = frozenset({"True", "False", "SimplePredicate", "SimpleSetPredicate"}) | {
    "CompoundPredicate"
}

Truth = bool | None
Lookup = Callable[[str], Both]

_ORDER: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "lessThan": ("<", operator.lt),
    "lessOrEqual": ("<=", operator.le),
    "greaterThan": (">", operator.gt),
    "greaterOrEqual": (">=", operator.ge),
}
_SIGNS = {name: sign for name, (sign, _) in _ORDER.items()} | {"equal": "=", "notEqual": "!="}


def predicate_of(element: Element) -> Element | None:
    """The predicate of a Node or a Segment."""
    return next((c for c in element.children if c.tag in PREDICATES), None)


class Predicates:
    """Evaluates predicates. What it reads off an element is kept for the next record."""

    def __init__(self) -> None:
        self._thresholds: dict[int, Both] = {}
        self._sets: dict[int, frozenset[str]] = {}

    def holds(
        self, predicate: Element | None, lookup: Lookup, as_single: bool, depth: int = 0
    ) -> Truth:
        """The truth of a predicate; None is the specification's UNKNOWN.

        Args:
            predicate: the element; a node without one is as good as True.
            lookup: gives a field's value.
            as_single: in which reading.
            depth: of compound predicates inside one another.

        Raises:
            NotFollowedError: a field or an operator is not followed.
        """
        tag = "True" if predicate is None else predicate.tag
        if predicate is None or tag in ("True", "False"):
            return tag == "True"
        if tag == "SimplePredicate":
            return self._simple(predicate, lookup, as_single)
        if tag == "SimpleSetPredicate":
            value = lookup(predicate.get("field") or "")[as_single]
            if value is None:
                return None
            inside = self._is_in(value, predicate)
            return inside == (predicate.get("booleanOperator") != "isNotIn")
        return self._compound(predicate, lookup, as_single, depth)

    def asked(self, predicate: Element, lookup: Lookup, as_single: bool) -> str | None:
        """A comparison of two numbers with the numbers as they are compared; None for others."""
        sign = _SIGNS.get(predicate.get("operator") or "")
        value = lookup(predicate.get("field") or "")[as_single]
        if sign is None or not isinstance(value, int | float):
            return None
        number = to_float32(value) if as_single else value
        return f"{number!r} {sign} {self._threshold(predicate)[as_single]!r}"

    def _simple(self, predicate: Element, lookup: Lookup, as_single: bool) -> Truth:
        name, value = predicate.get("operator") or "", lookup(predicate.get("field") or "")
        cell = value[as_single]
        if name == "isMissing":
            return cell is None
        if name == "isNotMissing":
            return cell is not None
        if cell is None:
            return None
        if name in ("equal", "notEqual"):
            if isinstance(cell, float):
                number = to_float32(cell) if as_single else cell
                same = number == self._threshold(predicate)[as_single]
            else:
                same = equal(cell, predicate.get("value") or "")
            return same == (name == "equal")
        if name not in _ORDER or isinstance(cell, str):
            raise NotFollowedError(f"operator {name} on {type(cell).__name__} is not followed")
        number = to_float32(cell) if as_single else cell
        return _ORDER[name][1](number, self._threshold(predicate)[as_single])

    def _threshold(self, predicate: Element) -> Both:
        found = self._thresholds.get(id(predicate))
        if found is None:
            text = predicate.get("value") or ""
            try:
                number = float(text)
            except ValueError:
                raise NotFollowedError(f"a number compared with {text!r} is not followed") from None
            found = self._thresholds[id(predicate)] = Both(number, to_float32(number))
        return found

    def _is_in(self, value: Cell, predicate: Element) -> bool:
        values = self._sets.get(id(predicate))
        if values is None:
            array = predicate.child("Array")
            values = frozenset(array_values(array)) if array is not None else frozenset()
            self._sets[id(predicate)] = values
        if isinstance(value, str):
            return value in values
        return str(value) in values or any(equal(value, v) for v in values)

    def _compound(self, predicate: Element, lookup: Lookup, as_single: bool, depth: int) -> Truth:
        if depth > DEPTH:
            raise NotFollowedError("compound predicates inside one another are not followed so far")
        name = predicate.get("booleanOperator")
        parts = (
            self.holds(c, lookup, as_single, depth + 1)
            for c in predicate.children
            if c.tag in PREDICATES
        )
        if name == "surrogate":
            # "The first predicate whose value is not UNKNOWN decides."
            return next((truth for truth in parts if truth is not None), None)
        truths = list(parts)
        if name == "and":
            return False if False in truths else None if None in truths else True
        if name == "or":
            return True if True in truths else None if None in truths else False
        if name == "xor":
            return None if None in truths else sum(map(bool, truths)) % 2 == 1
        raise NotFollowedError(f"booleanOperator {name} is not followed")

    def turning(self, predicate: Element, lookup: Lookup, depth: int = 0) -> Element:
        """The innermost predicate that holds in one reading only."""
        if predicate.tag == "CompoundPredicate" and depth <= DEPTH:
            for part in predicate.children:
                if part.tag in PREDICATES and self.holds(part, lookup, False) != self.holds(
                    part, lookup, True
                ):
                    return self.turning(part, lookup, depth + 1)
        return predicate


def describe(predicate: Element | None, limit: int = 160, depth: int = 0) -> str:
    """A predicate for a person, at most ``limit`` characters."""
    text = _describe(predicate, depth)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _describe(predicate: Element | None, depth: int) -> str:
    if predicate is None or predicate.tag == "True":
        return "always"
    if predicate.tag == "False":
        return "never"
    name = predicate.get("field") or ""
    if predicate.tag == "SimplePredicate":
        sign = predicate.get("operator") or ""
        if sign in ("isMissing", "isNotMissing"):
            return f"{name} is {'' if sign == 'isMissing' else 'not '}missing"
        return f"{name} {_SIGNS.get(sign, sign)} {predicate.get('value')}"
    if predicate.tag == "SimpleSetPredicate":
        array = predicate.child("Array")
        values = array_values(array) if array is not None else []
        shown = ", ".join(values[:6]) + (f", … {len(values)} values" if len(values) > 6 else "")
        inside = "not in" if predicate.get("booleanOperator") == "isNotIn" else "in"
        return f"{name} {inside} {{{shown}}}"
    if depth > 3:
        return "(…)"
    parts = [_describe(c, depth + 1) for c in predicate.children[:6] if c.tag in PREDICATES]
    operator_ = predicate.get("booleanOperator") or ""
    joined = (", or if missing " if operator_ == "surrogate" else f" {operator_} ").join(parts)
    return f"({joined})" if depth else joined

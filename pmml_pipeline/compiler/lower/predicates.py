"""Predicates to truth values. Source: PMML 4.4, TreeModel ("Predicates").

Trees have their own way with predicates (``tree_model.py``); this one is for segments, scorecards
and rules.
"""

from __future__ import annotations

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.values import parse
from pmml_pipeline.document.arrays import parse_array
from pmml_pipeline.document.bind import refusal
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.tree_model import PREDICATES

_OPERATORS = {
    "equal": "EQ",
    "notEqual": "NE",
    "lessThan": "LT",
    "lessOrEqual": "LE",
    "greaterThan": "GT",
    "greaterOrEqual": "GE",
}


def predicate_of(element: Element) -> Element:
    """The predicate of a segment, a node or a rule.

    Raises:
        DocumentError: it has none.
    """
    found = next((c for c in element.children if c.tag in PREDICATES), None)
    if found is None:
        raise refusal(element, "has no predicate that is supported")
    return found


def fires(context: Context, scope: Scope, predicate: Element) -> Register:
    """1 where the predicate is true, 0 where it is false or unknown."""
    b = context.builder
    return b.op("COALESCE", lower_predicate(context, scope, predicate), b.constant(0.0))


def lower_predicate(context: Context, scope: Scope, predicate: Element) -> Register:
    """1, 0, or missing for unknown."""
    b = context.builder
    if predicate.tag in ("True", "False"):
        return b.constant(float(predicate.tag == "True"))
    if predicate.tag == "CompoundPredicate":
        parts = [
            lower_predicate(context, scope, c) for c in predicate.children if c.tag in PREDICATES
        ]
        return _combined(context, predicate, parts)
    value = scope.value(predicate.get("field") or "")
    x = value.register
    operator = predicate.get("operator") or predicate.get("booleanOperator")
    if operator in ("isMissing", "isNotMissing"):
        missing = b.op("IS_MISSING", x)
        return missing if operator == "isMissing" else b.op("NOT", missing)
    if predicate.tag == "SimpleSetPredicate":
        array = predicate.child("Array")
        texts = [] if array is None else parse_array(array.text)
        if not texts or operator not in ("isIn", "isNotIn"):
            raise refusal(predicate, "has no values or an unknown operator")
        found = None
        for text in texts:
            same = b.op("EQ", x, b.constant(parse(text, value.data_type, context.texts)))
            found = same if found is None else b.op("OR", found, same)
        assert found is not None
        return found if operator == "isIn" else b.op("NOT", found)
    if operator not in _OPERATORS:
        raise refusal(predicate, f"has the unknown operator {operator!r}")
    if operator not in ("equal", "notEqual") and not value.numeric:
        raise refusal(predicate, f"compares the order of {value.data_type} values")
    constant = b.constant(parse(predicate.get("value") or "", value.data_type, context.texts))
    return b.op(_OPERATORS[operator], x, constant)


def _combined(context: Context, predicate: Element, parts: list[Register]) -> Register:
    b = context.builder
    operator = predicate.get("booleanOperator")
    if not parts or operator not in ("and", "or", "xor", "surrogate"):
        raise refusal(predicate, "has no parts or an unknown operator")
    found = parts[0]
    for part in parts[1:]:
        if operator == "surrogate":  # "the first whose value is not UNKNOWN"
            found = b.op("COALESCE", found, part)
        else:
            found = b.op({"and": "AND", "or": "OR", "xor": "NE"}[operator], found, part)
    return found

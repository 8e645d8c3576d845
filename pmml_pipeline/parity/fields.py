"""What a field of a document is worth for one record, once as doubles and once as float32.

"As doubles" means that every number is a double, whatever ``dataType`` says; some engines compare
so. "As float32" means that a field of ``dataType="float"`` is rounded to float32, and that both
sides of a predicate are; XGBoost compares so.

Derived fields are followed where IEEE 754 fixes the result to the last bit: references, constants,
casts, ``+ - * /``, conditions and 0/1 indicators. Anything else is not followed, and said so.

Source: PMML 4.4, Transformations and Functions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pmml_pipeline.admission import Cell
from pmml_pipeline.document import Element
from pmml_pipeline.document.model import to_float32

DEPTH = 100  # expressions and derived fields inside one another; deeper ones are not followed


class Both(NamedTuple):
    """A value in both readings; None is missing."""

    double: Cell
    single: Cell


class NotFollowedError(Exception):
    """A field whose value is not known here; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a model sees beside the inputs.

    Attributes:
        derived: derived fields by name.
        replacements: values for missing ones, by name, from the mining schemas of inner models.
        produced: names that other models of the document compute.
    """

    derived: Mapping[str, Element] = field(default_factory=dict)
    replacements: Mapping[str, str] = field(default_factory=dict)
    produced: frozenset[str] = frozenset()


def single(value: Cell) -> Cell:
    """The value as float32, if it is a number with a fraction."""
    return to_float32(value) if isinstance(value, float) else value


class Values:
    """Looks up fields for one record. Answers are kept, so that each field is computed once.

    Args:
        inputs: what the record brings, by name.
    """

    def __init__(self, inputs: Mapping[str, Both]) -> None:
        self._inputs = inputs
        self._known: dict[tuple[str, int, bool], Cell] = {}
        self._failed: dict[tuple[str, int, bool], str] = {}

    def get(self, name: str, scope: Scope) -> Both:
        """The field's value in both readings.

        Raises:
            NotFollowedError: it cannot be told here.
        """
        return Both(self._field(name, scope, False, 0), self._field(name, scope, True, 0))

    def _field(self, name: str, scope: Scope, as_single: bool, depth: int) -> Cell:
        key = (name, id(scope), as_single)
        if key in self._known:
            return self._known[key]
        if key in self._failed:
            raise NotFollowedError(self._failed[key])
        try:
            value = self._find(name, scope, as_single, depth)
        except NotFollowedError as error:
            self._failed[key] = str(error)
            raise
        replacement = scope.replacements.get(name)
        if value is None and replacement is not None:
            value = _constant(replacement)
            value = single(value) if as_single else value
        self._known[key] = value
        return value

    def _find(self, name: str, scope: Scope, as_single: bool, depth: int) -> Cell:
        element = scope.derived.get(name)
        if element is None:
            if name in self._inputs:
                return self._inputs[name][as_single]
            what = "the result of another model" if name in scope.produced else "field"
            raise NotFollowedError(f"{what} {name} is not followed")
        expression = next((c for c in element.children if c.tag != "Extension"), None)
        try:
            if expression is None or depth > DEPTH:
                raise NotFollowedError("no expression" if expression is None else "too deep")
            value = self._expression(expression, scope, as_single, depth + 1)
            return _cast(value, element.get("dataType") or "", as_single)
        except NotFollowedError as error:
            if str(error).startswith("derived field"):
                raise
            raise NotFollowedError(f"derived field {name} is not followed ({error})") from None

    def _expression(self, element: Element, scope: Scope, as_single: bool, depth: int) -> Cell:
        if depth > DEPTH:
            raise NotFollowedError("its expression is too deep")
        if element.tag == "Constant":
            if element.get("missing") == "true":
                return None
            return _typed(element.text, element.get("dataType"))
        if element.tag == "FieldRef":
            value = self._field(element.get("field") or "", scope, as_single, depth)
            default = element.get("mapMissingTo")
            return _constant(default) if value is None and default is not None else value
        if element.tag == "NormDiscrete":
            # "If the input value equals the value attribute, the result is 1, otherwise 0."
            value = self._field(element.get("field") or "", scope, as_single, depth)
            if value is None:
                default = element.get("mapMissingTo")
                return None if default is None else _constant(default)
            return float(equal(value, element.get("value") or ""))
        if element.tag == "Apply":
            return self._apply(element, scope, as_single, depth)
        raise NotFollowedError(element.tag)

    def _apply(self, element: Element, scope: Scope, as_single: bool, depth: int) -> Cell:
        name = element.get("function") or ""
        parts = [c for c in element.children if c.tag != "Extension"]
        if name == "if" and len(parts) in (2, 3):
            # "The if-then-else function: the third argument is optional and missing without it."
            holds = self._expression(parts[0], scope, as_single, depth + 1)
            chosen = parts[1:2] if holds is True else parts[2:] if holds is False else []
            value = self._expression(chosen[0], scope, as_single, depth + 1) if chosen else None
        else:
            if name not in _FUNCTIONS and name not in _MISSING:
                raise NotFollowedError(f"function {name}")
            values = [self._expression(c, scope, as_single, depth + 1) for c in parts]
            value = self._call(element, name, values)
        default = element.get("defaultValue")
        return _constant(default) if value is None and default is not None else value

    @staticmethod
    def _call(element: Element, name: str, values: list[Cell]) -> Cell:
        if name in _MISSING and len(values) == 1:
            return (values[0] is None) == _MISSING[name]
        # "If any of the arguments is missing, the result is mapMissingTo, or missing."
        if any(v is None for v in values):
            default = element.get("mapMissingTo")
            return None if default is None else _constant(default)
        try:
            result: Cell = _FUNCTIONS[name](*values)
        except (KeyError, TypeError, ZeroDivisionError, OverflowError):
            raise NotFollowedError(f"function {name} of these values") from None
        if result != result:
            raise NotFollowedError(f"function {name} gives no number")
        return result


_MISSING = {"isMissing": True, "isNotMissing": False}


def _arithmetic(operate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compute(a: Any, b: Any) -> Any:
        if isinstance(a, str) or isinstance(b, str):
            raise TypeError
        if operate is operator.truediv and isinstance(a, int) and isinstance(b, int):
            raise TypeError  # engines differ over the quotient of whole numbers
        return operate(a, b)

    return compute


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(operator.truediv),
    "equal": lambda a, b: equal(a, b),
    "notEqual": lambda a, b: not equal(a, b),
    "isIn": lambda a, *rest: any(equal(a, b) for b in rest),
    "isNotIn": lambda a, *rest: not any(equal(a, b) for b in rest),
    "lessThan": operator.lt,
    "lessOrEqual": operator.le,
    "greaterThan": operator.gt,
    "greaterOrEqual": operator.ge,
    "and": lambda *args: all(args),
    "or": lambda *args: any(args),
    "not": operator.not_,
}


def equal(value: Cell, other: Cell) -> bool:
    """Whether two values are the same once the text among them is read as the other's type."""
    if isinstance(value, str) == isinstance(other, str):
        return value == other
    text, typed = (value, other) if isinstance(value, str) else (other, value)
    if isinstance(typed, bool):
        return str(text).lower() in (("true", "1") if typed else ("false", "0"))
    try:
        return float(str(text)) == typed
    except ValueError:
        return False


def _constant(text: str) -> Cell:
    """A literal of the document: a number if it looks like one."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _typed(text: str, data_type: str | None) -> Cell:
    """The text of a Constant as its own dataType, if it has one."""
    if data_type == "string":
        return text
    value = _constant(text)
    number = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if number and data_type in ("double", "float") else value  # type: ignore[arg-type]


def _cast(value: Cell, data_type: str, as_single: bool) -> Cell:
    """The value as the derived field's declared type."""
    if value is None:
        return None
    if data_type in ("double", "float"):
        if isinstance(value, str):
            raise NotFollowedError(f"a cast of text to {data_type}")
        return single(float(value)) if as_single and data_type == "float" else float(value)
    if data_type == "integer":
        if isinstance(value, str) or not float(value).is_integer():  # what a cast drops differs
            raise NotFollowedError(f"a cast of {value!r} to integer")
        return int(value)
    if data_type == "boolean" and not isinstance(value, bool):
        raise NotFollowedError(f"a cast of {value!r} to boolean")
    if data_type == "string" and not isinstance(value, str):
        if isinstance(value, float):  # engines differ over how a number is written
            raise NotFollowedError(f"a cast of {value!r} to text")
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value

"""Puts the user's names into a document that was made from a booster.

A booster knows categories by their codes and classes by their numbers. The document made from one
says ``carrier isIn (0, 3)`` and ``_target = 1``; after :func:`rewrite` it says
``carrier isIn (AA, UA)`` and ``Status = good``, so that it takes raw records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent

from converters.family import data_type, text
from converters.markup import PMML, TABLE, parse, serialise

_TARGET = "_target"  # what the converter calls the target of a booster

# Engines differ in how they read quotes, backslashes and empty strings inside an Array, so levels
# with these are compared one by one.
_PLAIN = re.compile(r'[^\s"\\]+( [^\s"\\]+)*')

_COMPARE: Mapping[str, Callable[[int, float], bool]] = {
    "equal": lambda code, value: code == value,
    "notEqual": lambda code, value: code != value,
    "lessThan": lambda code, value: code < value,
    "lessOrEqual": lambda code, value: code <= value,
    "greaterThan": lambda code, value: code > value,
    "greaterOrEqual": lambda code, value: code >= value,
}


@dataclass(frozen=True, slots=True)
class Names:
    """What to write in the place of the booster's own names.

    Attributes:
        target: name of the target field.
        classes: labels in the order of the booster's class numbers, ``None`` to keep the numbers.
        fields: the user's name of each field, by the booster's. Fields not in it keep their name.
        levels: the level that each code stands for, by the booster's field name. Codes not in it
            are dropped: the booster has them for levels that cannot occur.
        others_go_first: whether the first child of a split on levels takes those that neither has,
            which happens where the converter does not know all levels.
        unseen_is_missing: whether a level that is not declared counts as missing (otherwise it is
            an invalid value, and the record is refused).
        missing: a number that stands for a missing value in every continuous field, besides NaN.
        missing_as: the value that a missing one counts as, by the booster's field name.
    """

    target: str
    classes: Sequence[Any] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    others_go_first: bool = False
    unseen_is_missing: bool = False
    missing: float | None = None
    missing_as: Mapping[str, Any] = field(default_factory=dict)


def rewrite(document: bytes, names: Names) -> bytes:
    """The document with the user's names.

    Args:
        document: bytes from the converter, for a booster.

    Returns:
        UTF-8, the same for the same arguments.

    Raises:
        PreflightError: levels or classes are of types that a document cannot hold.
    """
    root = parse(document)
    _Rewriter(names, root).rewrite()
    return serialise(root)


class _Rewriter:
    def __init__(self, names: Names, root: Element) -> None:
        self._names = names
        self._root = root
        self._others: dict[Element, set[int]] = {}
        self._fields = {**names.fields, _TARGET: names.target}
        self._levels = {
            name: _Levels.of(f"the levels of {names.fields.get(name, name)}", levels)
            for name, levels in names.levels.items()
        }
        self._class_type = data_type(names.classes, "the classes") if names.classes else None
        self._classes = {str(i): text(c) for i, c in enumerate(names.classes or ())}
        self._by_tag = {
            PMML + "DataField": self._data_field,
            PMML + "MiningField": self._mining_field,
            PMML + "SimplePredicate": self._predicate,
            PMML + "SimpleSetPredicate": self._predicate,
            PMML + "OutputField": self._output_field,
            PMML + "RegressionTable": self._regression_table,
            PMML + "NumericPredictor": self._named,
            PMML + "FieldRef": self._refers,
            PMML + "Target": self._refers,
            TABLE + "name": self._in_table,
        }

    def rewrite(self) -> None:
        # Segments get what the outermost model makes of a missing value, so it is stated there.
        schema = next(self._root.iter(PMML + "MiningSchema"))
        for element in schema.iter(PMML + "MiningField"):
            self._replace_missing(element)
        if self._names.others_go_first and self._levels:
            for element in self._root.iter(PMML + "Node"):
                self._split(element)
        for element in list(self._root.iter()):
            if action := self._by_tag.get(element.tag):
                action(element)

    def _replace_missing(self, element: Element) -> None:
        replacement = self._names.missing_as.get(element.attrib["name"])
        if replacement is not None:
            element.set("missingValueReplacement", text(replacement))
            element.set("missingValueTreatment", "asValue")

    def _named(self, element: Element) -> None:
        name = element.attrib["name"]
        element.set("name", self._fields.get(name, name))

    def _refers(self, element: Element) -> None:
        if (name := element.get("field")) is not None:
            element.set("field", self._fields.get(name, name))

    def _in_table(self, element: Element) -> None:
        element.text = self._fields.get(element.text or "", element.text)

    def _data_field(self, element: Element) -> None:
        name = element.attrib["name"]
        self._named(element)
        if name == _TARGET:
            if self._class_type:
                element.set("dataType", self._class_type)
                _set_values(element, self._classes.values())
        elif levels := self._levels.get(name):
            element.set("optype", "categorical")
            element.set("dataType", levels.data_type)
            _set_values(element, levels.texts.values())
        elif self._names.missing is not None and element.get("optype") == "continuous":
            SubElement(element, PMML + "Value", value=text(self._names.missing), property="missing")
            indent(element, "\t", level=2)

    def _mining_field(self, element: Element) -> None:
        levels = self._levels.get(element.attrib["name"])
        self._named(element)
        # Ordered levels and booleans were numbers, which may be any; now they are levels.
        if levels is None or not element.attrib.pop("invalidValueTreatment", None):
            return
        if self._names.unseen_is_missing and levels.data_type != "boolean":
            element.set("invalidValueTreatment", "asMissing")

    def _predicate(self, element: Element) -> None:
        levels = self._levels.get(element.attrib["field"])
        codes = self._codes(element, levels) if levels else []
        self._refers(element)
        if levels:
            levels.match(element, codes)

    def _codes(self, element: Element, levels: _Levels) -> list[int]:
        """The codes for which a predicate on levels is true."""
        extra = self._others.get(element, ())
        if element.tag == PMML + "SimpleSetPredicate":
            inside = {int(code) for code in (element[0].text or "").split()}
            wanted = element.attrib["booleanOperator"] == "isIn"
            return [c for c in levels.texts if (c in inside) == wanted or c in extra]
        compare, value = _COMPARE[element.attrib["operator"]], float(element.attrib["value"])
        return [c for c in levels.texts if compare(c, value) or c in extra]

    def _split(self, node: Element) -> None:
        """Notes for the predicate of the first child the codes that are in neither child."""
        predicates = [child[0] for child in node if child.tag == node.tag]
        fields = {predicate.get("field") for predicate in predicates}
        levels = self._levels.get(fields.pop() or "") if len(fields) == 1 else None
        if levels and len(predicates) == 2:
            known = {code for p in predicates for code in self._codes(p, levels)}
            self._others[predicates[0]] = levels.texts.keys() - known

    def _output_field(self, element: Element) -> None:
        label = self._classes.get(element.get("value", ""))
        if label is not None and element.get("feature") == "probability":
            element.set("value", label)
            element.set("name", f"probability({label})")

    def _regression_table(self, element: Element) -> None:
        if (label := self._classes.get(element.get("targetCategory", ""))) is not None:
            element.set("targetCategory", label)


@dataclass(frozen=True, slots=True)
class _Levels:
    """The levels of one field.

    Attributes:
        texts: each level by its code.
        items: each level as an item of an Array, of those that can safely be one.
    """

    data_type: str
    texts: Mapping[int, str]
    items: Mapping[int, str]

    @classmethod
    def of(cls, what: str, levels: Mapping[int, Any]) -> _Levels:
        kind = data_type(list(levels.values()), what)
        texts = {code: text(level) for code, level in sorted(levels.items())}
        plain = {c: t for c, t in texts.items() if kind != "boolean" and _PLAIN.fullmatch(t)}
        return cls(kind, texts, {c: f'"{t}"' if " " in t else t for c, t in plain.items()})

    def match(self, element: Element, codes: Sequence[int]) -> None:
        """Makes the element the predicate that the field has one of the levels.

        Unknown for a missing value in every form, as the specification says of all predicates.
        """
        name = element.attrib["field"]
        tail = element.tail
        element.clear()
        element.tail = tail
        if not codes:  # no level at all, and still unknown for a missing value
            _every(element, "and", name, "notEqual", self.texts.values())
        elif len(codes) == 1 or not all(c in self.items for c in codes):
            _every(element, "or", name, "equal", [self.texts[c] for c in codes])
        else:
            element.tag = PMML + "SimpleSetPredicate"
            element.attrib.update(field=name, booleanOperator="isIn")
            kind = {"integer": "int", "double": "real"}.get(self.data_type, "string")
            array = SubElement(element, PMML + "Array", type=kind)
            array.text = " ".join([self.items[c] for c in codes])


def _every(element: Element, joined: str, name: str, operator: str, values: Iterable[str]) -> None:
    """Makes the element compare the field with each value, one by one."""
    compared = [{"field": name, "operator": operator, "value": value} for value in values]
    if len(compared) == 1:
        element.tag = PMML + "SimplePredicate"
        element.attrib.update(compared[0])
        return
    element.tag = PMML + "CompoundPredicate"
    element.set("booleanOperator", joined)
    for attributes in compared:
        SubElement(element, PMML + "SimplePredicate", attributes)


def _set_values(element: Element, values: Iterable[str]) -> None:
    """Makes the values the only children of a DataField."""
    for child in list(element):
        element.remove(child)
    for value in values:
        SubElement(element, PMML + "Value", value=value)
    indent(element, "\t", level=2)

"""The parts of a PMML document that say what goes in and what comes out.

Names are the specification's own in Python's spelling (``missingValueTreatment`` is
``missing_value_treatment``). Source: PMML 4.4, https://dmg.org/pmml/v4-4-1/GeneralStructure.html
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Element:
    """An XML element as written: local name, attributes, children, text, line in the file."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, default: str | None = None) -> str | None:
        """The attribute, or the default."""
        return self.attributes.get(name, default)

    def child(self, tag: str) -> Element | None:
        """The first child of that name."""
        return next((c for c in self.children if c.tag == tag), None)

    def all(self, tag: str) -> list[Element]:
        """The children of that name."""
        return [c for c in self.children if c.tag == tag]

    def walk(self) -> Iterator[Element]:
        """This element and everything under it, in document order, without recursion."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


def to_float32(value: float) -> float:
    """The nearest float32 as a double; infinite where it overflows."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


@dataclass(frozen=True, slots=True)
class Interval:
    """``Interval``: a range of valid numbers. A margin that is ``None`` is open to infinity."""

    closure: str
    left_margin: float | None
    right_margin: float | None

    def contains(self, value: float) -> bool:
        """Whether the number lies inside, by the closure (openClosed, closedOpen, ...)."""
        left, right = self.left_margin, self.right_margin
        if left is not None and not (
            value >= left if self.closure.startswith("closed") else value > left
        ):
            return False
        return right is None or (
            value <= right if self.closure.endswith("Closed") else value < right
        )

    def as_float32(self) -> Interval:
        """The same interval with margins rounded to float32.

        A ``float`` field is compared in float32 on both sides: 4.4 written in the document and 4.4
        in a record are the same number, though their double values differ.
        """
        left, right = (
            None if m is None else to_float32(m) for m in (self.left_margin, self.right_margin)
        )
        return Interval(self.closure, left, right)

    def __str__(self) -> str:
        left = "-inf" if self.left_margin is None else f"{self.left_margin:g}"
        right = "inf" if self.right_margin is None else f"{self.right_margin:g}"
        opening = "[" if self.closure.startswith("closed") and self.left_margin is not None else "("
        closing = "]" if self.closure.endswith("Closed") and self.right_margin is not None else ")"
        return f"{opening}{left}, {right}{closing}"


@dataclass(frozen=True, slots=True)
class Value:
    """``Value``: one declared value; its ``property`` is valid, invalid or missing."""

    value: str
    property: str = "valid"
    display_value: str | None = None


@dataclass(frozen=True, slots=True)
class DataField:
    """``DataField``: name, types, and what values there are."""

    name: str
    data_type: str
    optype: str
    values: tuple[Value, ...] = ()
    intervals: tuple[Interval, ...] = ()

    def values_of(self, property_: str) -> tuple[str, ...]:
        """The declared values with that property (valid, invalid, missing), each once."""
        return tuple(dict.fromkeys(v.value for v in self.values if v.property == property_))


@dataclass(frozen=True, slots=True)
class MiningField:
    """``MiningField``: how a model uses a field, and what it does with bad values."""

    name: str
    usage_type: str = "active"
    missing_value_treatment: str | None = None
    missing_value_replacement: str | None = None
    invalid_value_treatment: str = "returnInvalid"
    invalid_value_replacement: str | None = None
    importance: float | None = None
    optype: str | None = None


@dataclass(frozen=True, slots=True)
class OutputField:
    """``OutputField``: one more result beside the target."""

    name: str
    data_type: str | None = None
    optype: str | None = None
    feature: str = "predictedValue"
    value: str | None = None
    target_field: str | None = None
    is_final_result: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """The outermost model element.

    Attributes:
        kind: the element's name, as ``MiningModel``.
        function: ``regression``, ``classification``, ``clustering``, ...
        mining_fields: its mining schema.
        result_targets: the targets whose predictions are results. Of a model chain these are the
            targets of its last segment.
        output_fields: the output fields that are final results, those of a chain's end included.
        element: the element itself.
    """

    kind: str
    function: str
    name: str | None
    algorithm: str | None
    mining_fields: tuple[MiningField, ...]
    result_targets: tuple[str, ...]
    output_fields: tuple[OutputField, ...]
    element: Element

    @property
    def supplementary(self) -> tuple[str, ...]:
        """Fields that a record may bring although the model does not use them."""
        return tuple(f.name for f in self.mining_fields if f.usage_type == "supplementary")

    @property
    def active_fields(self) -> tuple[MiningField, ...]:
        """The fields that a record brings."""
        return tuple(f for f in self.mining_fields if f.usage_type == "active")


@dataclass(frozen=True, slots=True)
class Document:
    """A PMML file as written.

    Attributes:
        version: the PMML version, as ``4.4``.
        application: the producer, with its version.
        data_fields: the data dictionary, by name, in document order.
        model: the first model of the document, which is the one that is scored.
        root: the whole element tree; without the nodes of trees when read for scoring.
    """

    version: str
    application: str | None
    data_fields: dict[str, DataField]
    model: Model
    root: Element

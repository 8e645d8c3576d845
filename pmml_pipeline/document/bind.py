"""Turns XML elements into the dataclasses that mirror the specification, strictly.

A dataclass is the whole description of its element::

    @dataclass(frozen=True, slots=True)
    class NumericPredictor:
        name: str                                 # attribute, required since it has no default
        coefficient: float
        exponent: int = 1                         # attribute with the specification's default

A field whose type is a dataclass is a child element of that name: ``X`` is required, ``X | None``
may be absent, ``tuple[X, ...]`` may be any number, and with ``A | B`` each may be either.
Attributes are spelt as in PMML (``missingValueStrategy`` is ``missing_value_strategy``; JPMML's
extension ``x-mathContext`` is ``x_math_context``), or as ``metadata={"name": ...}`` says. ``line``
is the line in the file, ``content`` the text. A child that stays a plain element names its tag in
``metadata``, or several ``tags``.

Whatever a dataclass does not mention is refused, so nothing of a document is silently left out.
What says something about the document but not how to score is passed over: ``Extension``,
statistics, and the attributes that a class names in ``IGNORED``.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from dataclasses import dataclass
from typing import Any, TypeVar

from pmml_pipeline.document.model import Element
from pmml_pipeline.errors import DocumentError

T = TypeVar("T")

# Elements that do not change how a record is scored.
INFORMATIVE = frozenset(
    {"Extension", "ModelStats", "ModelExplanation", "ModelVerification", "LiftData", "ROC"}
)


@dataclass(frozen=True, slots=True)
class _Attribute:
    field: str
    name: str
    read: Any
    required: bool


@dataclass(frozen=True, slots=True)
class _Children:
    field: str
    classes: dict[str, type]
    many: bool
    required: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    attributes: dict[str, _Attribute]
    children: tuple[_Children, ...]
    by_tag: dict[str, _Children]
    ignored: frozenset[str]
    has_line: bool
    has_content: bool


def bind(cls: type[T], element: Element) -> T:
    """The element as an object of the class.

    Raises:
        DocumentError: something is missing, has a wrong value, or is not known; names the line.
    """
    plan = _plan(typing.cast(Any, cls))
    found: dict[str, Any] = {}
    for name, text in element.attributes.items():
        attribute = plan.attributes.get(name)
        if attribute is None:
            if name in plan.ignored or name.startswith("http"):  # of another namespace
                continue
            raise refusal(element, f"has the attribute {name!r}, which is not supported")
        try:
            found[attribute.field] = attribute.read(text)
        except ValueError as error:
            raise refusal(element, f"has {name}={text[:100]!r}, {error}") from None
    lists: dict[str, list[Any]] = {c.field: [] for c in plan.children}
    for child in element.children:
        children = plan.by_tag.get(child.tag)
        if children is None:
            if child.tag in INFORMATIVE:
                continue
            raise refusal(child, f"in {element.tag} is not supported")
        kind = children.classes[child.tag]
        lists[children.field].append(child if kind is Element else bind(kind, child))
    for children in plan.children:
        values = lists[children.field]
        if children.many:
            found[children.field] = tuple(values)
        elif len(values) > 1:
            raise refusal(element, f"has {len(values)} of {' or '.join(children.classes)}, not one")
        elif values:
            found[children.field] = values[0]
        elif children.required:
            raise refusal(element, f"has no {' or '.join(children.classes)}")
    for attribute in plan.attributes.values():
        if attribute.required and attribute.field not in found:
            raise refusal(element, f"has no attribute {attribute.name!r}")
    if plan.has_line:
        found["line"] = element.line
    if plan.has_content:
        found["content"] = element.text
    return cls(**found)


def refusal(element: Element, text: str) -> DocumentError:
    """An error about an element, with its line."""
    return DocumentError(f"{element.tag} (line {element.line}) {text}", "use another engine")


@functools.cache
def _plan(cls: Any) -> _Plan:
    hints = typing.get_type_hints(cls)
    attributes: dict[str, _Attribute] = {}
    children = []
    special = set()
    for field in dataclasses.fields(cls):
        required = field.default is dataclasses.MISSING and (
            field.default_factory is dataclasses.MISSING
        )
        if field.name in ("line", "content"):
            special.add(field.name)
            continue
        parts, many = _parts(hints[field.name])
        classes = {field.metadata.get("tag") or _tag(p): p for p in parts if _is_element(p)}
        classes = dict.fromkeys(field.metadata.get("tags", ()), Element) or classes
        if classes:
            children.append(_Children(field.name, classes, many, required and not many))
        else:
            name = field.metadata.get("name") or _spelling(field.name)
            attributes[name] = _Attribute(field.name, name, _reader(parts), required)
    return _Plan(
        attributes=attributes,
        children=tuple(children),
        by_tag={tag: c for c in children for tag in c.classes},
        ignored=frozenset(getattr(cls, "IGNORED", ())),
        has_line="line" in special,
        has_content="content" in special,
    )


def _parts(hint: Any) -> tuple[tuple[Any, ...], bool]:
    """The alternatives of a type, without None, and whether there may be many."""
    if typing.get_origin(hint) is tuple:
        return _parts(typing.get_args(hint)[0])[0], True
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(p for p in typing.get_args(hint) if p is not types.NoneType), False
    return (hint,), False


def _is_element(part: Any) -> bool:
    return part is Element or dataclasses.is_dataclass(part)


def _tag(part: Any) -> str:
    return str(getattr(part, "TAG", part.__name__))


def _spelling(name: str) -> str:
    prefix, rest = ("x-", name[2:]) if name.startswith("x_") else ("", name)
    return prefix + re.sub(r"_(.)", lambda m: m[1].upper(), rest.rstrip("_"))


def _reader(parts: tuple[Any, ...]) -> Any:
    (part,) = parts
    if typing.get_origin(part) is typing.Literal:
        allowed = typing.get_args(part)

        def choose(text: str) -> str:
            # "x-" is how JPMML marks a value that its version of PMML does not have yet.
            value = text if text in allowed else text.removeprefix("x-")
            if value not in allowed:
                raise ValueError(f"none of {', '.join(allowed)}")
            return value

        return choose
    return {str: str, float: double, int: whole, bool: truth}[part]


def number(text: str) -> float:
    """A number as PMML writes it.

    Raises:
        ValueError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        raise ValueError("no number") from None
    # Python's digit separator is none of PMML's, nor are the digits of other scripts.
    if value != value or "_" in text or not text.isascii():
        raise ValueError("no number")
    return value


def double(text: str) -> float:
    """A number as XML Schema writes one in an attribute, where infinity is INF or -INF.

    Raises:
        ValueError: it is none.
    """
    if "n" in text.lower() and text.strip() not in ("INF", "-INF"):
        raise ValueError("no number")
    return number(text)


def whole(text: str) -> int:
    """A whole number, also if written with decimals that are zero.

    Raises:
        ValueError: it is none.
    """
    value = number(text)
    if not value.is_integer():
        raise ValueError("no whole number")
    return int(value)


def truth(text: str) -> bool:
    """``true``, ``false``, ``1`` or ``0``, which is what XML Schema's boolean admits.

    Raises:
        ValueError: it is none of them.
    """
    values = {"true": True, "1": True, "false": False, "0": False}
    if text not in values:
        raise ValueError("neither true nor false")
    return values[text]

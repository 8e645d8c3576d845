"""Elements become dataclasses, and whatever these do not know is refused with its line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import pytest

from pmml_pipeline.document.bind import bind
from pmml_pipeline.document.model import Element
from pmml_pipeline.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Inner:
    """A child."""

    value: float
    line: int


@dataclass(frozen=True, slots=True)
class Other:
    """Another child, under a name of its own."""

    content: str
    TAG = "other"


@dataclass(frozen=True, slots=True)
class Outer:
    """A parent."""

    some_name: str
    children: tuple[Inner | Other, ...]
    kind: Literal["one", "two"] = "one"
    count: int = 3
    sure: bool = False
    x_math_context: str | None = None
    IGNORED = ("comment",)


@dataclass(frozen=True, slots=True)
class One:
    """A parent of exactly one."""

    child: Inner


def element(tag: str, *children: Element, text: str = "", **attributes: str) -> Element:
    named = {k.replace("__", "-"): v for k, v in attributes.items()}
    return Element(tag, named, 7, list(children), text)


@pytest.mark.parametrize(("text", "value"), [("INF", math.inf), ("-INF", -math.inf), (" 2 ", 2.0)])
def test_numbers_of_xml_schema(text: str, value: float) -> None:
    """JPMML-Evaluator takes these too, and none of those below."""
    assert bind(Inner, element("Inner", value=text)).value == value


def test_attributes_and_children() -> None:
    found = bind(
        Outer,
        element(
            "Outer",
            element("Inner", value="1.5"),
            element("Extension", anything="goes"),
            element("other", text=" a text "),
            someName="n",
            kind="x-two",
            count="4.0",
            sure="1",
            x__mathContext="float",
            comment="passed over",
        ),
    )
    assert found == Outer(
        "n", (Inner(1.5, 7), Other(" a text ")), "two", 4, True, x_math_context="float"
    )
    assert bind(Outer, element("Outer", someName="n")) == Outer("n", ())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (element("Outer"), r"Outer \(line 7\) has no attribute 'someName'"),
        (element("Outer", someName="n", kind="three"), "has kind='three', none of one, two"),
        (element("Outer", someName="n", count="1.5"), "has count='1.5', no whole number"),
        (element("Outer", someName="n", count="1_0"), "no number"),
        (element("Outer", someName="n", sure="yes"), "neither true nor false"),
        (element("Outer", someName="n", strange="1"), "has the attribute 'strange'"),
        (element("Outer", element("Strange"), someName="n"), r"Strange \(line 7\) in Outer"),
        *(
            (element("Outer", element("Inner", value=text), someName="n"), "no number")
            for text in ("NaN", "Infinity", "inf", "+INF", "-inf", "\uff12", "1\u0662", "\u00a02")
        ),
        (element("Outer", someName="n", count="\u0662"), "no number"),
    ],
)
def test_what_is_wrong_or_unknown_is_refused(wrong: Element, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        bind(Outer, wrong)


@dataclass(frozen=True, slots=True)
class Named:
    """Names that are no Python names, and elements of several tags that stay as they are."""

    p: float = field(metadata={"name": "p-parameter"})
    either: Element = field(metadata={"tags": ("True", "False")})


def test_names_and_tags_that_a_field_states() -> None:
    false = Element("False", {}, 2)
    found = bind(Named, Element("Named", {"p-parameter": "2"}, 1, [false]))
    assert (found.p, found.either) == (2.0, false)
    with pytest.raises(DocumentError, match="has no True or False"):
        bind(Named, Element("Named", {"p-parameter": "2"}, 1))


def test_one_child_is_one() -> None:
    assert bind(One, element("One", element("Inner", value="2"))).child.value == 2.0
    with pytest.raises(DocumentError, match="has no Inner"):
        bind(One, element("One"))
    inner = element("Inner", value="2")
    with pytest.raises(DocumentError, match="has 2 of Inner, not one"):
        bind(One, element("One", inner, inner))


@dataclass(frozen=True, slots=True)
class Spelt:
    """An attribute that is spelt like no other."""

    word: str = field(default="w", metadata={"name": "x-wordRE"})


def test_an_attribute_with_a_spelling_of_its_own() -> None:
    assert bind(Spelt, Element("Spelt", {"x-wordRE": "a"}, 1)).word == "a"
    assert bind(Spelt, Element("Spelt", {}, 1)).word == "w"
    with pytest.raises(DocumentError, match="'word'"):
        bind(Spelt, Element("Spelt", {"word": "a"}, 1))

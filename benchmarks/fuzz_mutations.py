"""Mutations of documents: of the bytes, of attributes, of elements."""

from __future__ import annotations

import copy
import random
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

PIECES = (
    *(
        b"<",
        b">",
        b"</",
        b"&",
        b'"',
        b"\0",
        b"\xff",
        b"<!DOCTYPE a>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
    ),
    *(b"&#0;", b"&lt;", b"<?xml?>", b" xmlns='u'", b"NaN", b"1_0", b"\xed\xa0\x80", b"-", b"e9"),
)
TEXTS = (
    *(
        "",
        " ",
        "0",
        "-0",
        "1",
        "-1",
        "2",
        "0.5",
        "-1e308",
        "1e308",
        "1e999",
        "5e-324",
        "NaN",
        "INF",
    ),
    *(
        "Infinity",
        "9007199254740993",
        "99999999999999999999",
        "1_0",
        "0x10",
        "1,5",
        "true",
        "false",
    ),
    *(
        "a",
        "ß",
        "a" * 5000,
        "🙂",
        "x-a",
        "\u2028",
        "%s",
        "%999d",
        "(",
        "(a+)+$",
        "[[:alpha:]]",
        "$9",
    ),
    *("2020-02-30", "0000-00-00", "10000-01-01", "string", "double", "float", "integer", "boolean"),
    *("date", "dateTime", "time", "dateDaysSince[1970]", "continuous", "categorical", "ordinal"),
    *("none", "asIs", "asMissing", "asValue", "returnInvalid", "equal", "isIn", "and", "xor"),
    *("surrogate", "sum", "average", "selectAll", "modelChain", "weightedMajorityVote", "softmax"),
    *("probit", "simplemax", "classification", "regression", "clustering", "openClosed"),
)


def mutated(generator: random.Random, data: bytes) -> bytes:
    """The document with one to four things changed."""
    if generator.random() < 0.15:
        return _bytes(generator, data)
    root = ET.fromstring(data)
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        generator.choices(_MUTATIONS, _WEIGHTS)[0](generator, root)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # deep documents are written by recursion
    try:
        data = ET.tostring(root, encoding="utf-8")
    finally:
        sys.setrecursionlimit(before)
    return _bytes(generator, data) if generator.random() < 0.03 else data


def _bytes(generator: random.Random, data: bytes) -> bytes:
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(data) + 1)
        kind = generator.randrange(4)
        if kind == 0:
            data = data[:at] + generator.choice(PIECES) + data[at:]
        elif kind == 1:
            data = data[:at] + data[at + generator.randint(1, 30) :]
        elif kind == 2 and at < len(data):
            data = data[:at] + bytes([data[at] ^ 1 << generator.randrange(8)]) + data[at + 1 :]
        else:
            end = at + generator.randint(1, 300)
            data = data[:end] + data[at:end] + data[end:]
    return data


def _any(generator: random.Random, root: ET.Element) -> ET.Element:
    return generator.choice(list(root.iter()))


def _pair(generator: random.Random, root: ET.Element) -> tuple[ET.Element, ET.Element] | None:
    """An element and one of its children."""
    parents = [element for element in root.iter() if len(element)]
    if not parents:
        return None
    parent = generator.choice(parents)
    return parent, generator.choice(list(parent))


def _named(generator: random.Random, root: ET.Element) -> tuple[ET.Element, str] | None:
    """An element and the name of one of its attributes."""
    found = [element for element in root.iter() if element.attrib]
    if not found:
        return None
    element = generator.choice(found)
    return element, generator.choice(list(element.attrib))


def _drop_attribute(generator: random.Random, root: ET.Element) -> None:
    found = _named(generator, root)
    if found is not None:
        del found[0].attrib[found[1]]


def _change_attribute(generator: random.Random, root: ET.Element) -> None:
    found = _named(generator, root)
    if found is not None:
        found[0].set(found[1], generator.choice(TEXTS))


def _borrow_attribute(generator: random.Random, root: ET.Element) -> None:
    """The value of another attribute, most often one of the same name."""
    found = _named(generator, root)
    if found is None:
        return
    element, name = found
    same = [e.get(name, "") for e in root.iter() if name in e.attrib]
    others = [v for e in root.iter() for v in e.attrib.values()]
    element.set(name, generator.choice(same if generator.random() < 0.6 else others))


def _move_attribute(generator: random.Random, root: ET.Element) -> None:
    found = _named(generator, root)
    if found is not None:
        _any(generator, root).set(found[1], found[0].get(found[1], ""))


def _change_text(generator: random.Random, root: ET.Element) -> None:
    _any(generator, root).text = " ".join(generator.choices(TEXTS[:-20], k=generator.randint(1, 3)))


def _delete(generator: random.Random, root: ET.Element) -> None:
    found = _pair(generator, root)
    if found is not None:
        found[0].remove(found[1])


def _repeat(generator: random.Random, root: ET.Element) -> None:
    found = _pair(generator, root)
    if found is not None:
        parent, child = found
        for _ in range(generator.choice((1, 1, 2, 20))):
            parent.insert(generator.randint(0, len(parent)), copy.deepcopy(child))


def _move(generator: random.Random, root: ET.Element) -> None:
    """To another parent, or to another place with the same one."""
    found = _pair(generator, root)
    if found is None:
        return
    parent, child = found
    parent.remove(child)
    target = parent if generator.random() < 0.5 else _any(generator, root)
    target.insert(generator.randint(0, len(target)), child)


def _copy_elsewhere(generator: random.Random, root: ET.Element) -> None:
    found = _pair(generator, root)
    if found is not None:
        target = _any(generator, root)
        target.insert(generator.randint(0, len(target)), copy.deepcopy(found[1]))


def _rename(generator: random.Random, root: ET.Element) -> None:
    _any(generator, root).tag = _any(generator, root).tag


def _nest(generator: random.Random, root: ET.Element) -> None:
    """An element inside itself, up to deeper than documents may be."""
    found = _pair(generator, root)
    if found is None:
        return
    parent, child = found
    at = list(parent).index(child)
    parent.remove(child)
    inner = child
    for _ in range(generator.choice((1, 3, 30, 300, 2500))):
        outer = ET.Element(child.tag, dict(child.attrib))
        outer.append(inner)
        inner = outer
    parent.insert(at, inner)


_MUTATIONS: tuple[Callable[[random.Random, ET.Element], None], ...] = (
    *(_drop_attribute, _change_attribute, _borrow_attribute, _move_attribute, _change_text),
    *(_delete, _repeat, _move, _copy_elsewhere, _rename, _nest),
)
_WEIGHTS = (3, 5, 5, 1, 2, 3, 2, 2, 2, 1, 1)

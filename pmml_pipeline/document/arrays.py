"""``Array``: values separated by white space, with quotes around those that contain some.

"A sequence of characters within quotes is one value; a quote inside is written as \\"" (Array,
GeneralStructure).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pmml_pipeline.document.bind import number, refusal, whole
from pmml_pipeline.document.model import Element

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def array_values(array: Element) -> list[str]:
    """The values of an Array element, as text."""
    return parse_array(array.text)


def parse_array(text: str) -> list[str]:
    """The values of an array's text."""
    found = []
    for quoted, plain in _TOKEN.findall(text):
        found.append(plain or quoted.replace('\\"', '"'))
    return found


def sparse_values(array: Element, count: int) -> list[float]:
    """The numbers of a ``REAL-SparseArray``, all of them.

    "Indices are 1-based; an entry that is not listed has the defaultValue, which is 0" (Array).

    Raises:
        DocumentError: it is not well-formed, or not of that many numbers.
    """
    parts = {"Indices": "", "REAL-Entries": ""}
    for child in array.children:
        if child.tag not in parts:
            raise refusal(child, f"in {array.tag} is not supported")
        parts[child.tag] = child.text
    try:
        places = [whole(text) for text in parts["Indices"].split()]
        entries = [number(text) for text in parts["REAL-Entries"].split()]
        default = number(array.get("defaultValue") or "0")
        size = whole(array.get("n") or str(count))
    except ValueError:
        raise refusal(array, "has a value that is no number") from None
    if len(places) != len(entries):
        raise refusal(array, f"has {len(places)} indices and {len(entries)} entries")
    if size != count:
        raise refusal(array, f"is of {size} values, and there are {count} fields")
    found = [default] * count
    for place, entry in zip(places, entries, strict=True):
        if not 1 <= place <= count:
            raise refusal(array, f"has the index {place}, and there are {count} fields")
        found[place - 1] = entry
    return found


def format_array(values: Iterable[str]) -> str:
    """The text of an array with those values; what :func:`parse_array` reads back."""
    return " ".join(_quoted(value) for value in values)


def _quoted(value: str) -> str:
    if value and not re.search(r'[\s"]', value):
        return value
    return '"' + value.replace('"', '\\"') + '"'

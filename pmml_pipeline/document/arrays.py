"""``Array``: values separated by white space, with quotes around those that contain some.

"A sequence of characters within quotes is one value; a quote inside is written as \\"" (Array,
GeneralStructure).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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


def format_array(values: Iterable[str]) -> str:
    """The text of an array with those values; what :func:`parse_array` reads back."""
    return " ".join(_quoted(value) for value in values)


def _quoted(value: str) -> str:
    if value and not re.search(r'[\s"]', value):
        return value
    return '"' + value.replace('"', '\\"') + '"'

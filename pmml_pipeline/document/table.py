"""A document as columns, and elements as views of them.

``kernels/src/read.c`` fills the columns. A large forest has hundreds of thousands of elements, of
which most are never looked at one by one: the compiler takes trees off the columns. An element that
is looked at becomes an :class:`Element` then, once.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import Any

from pmml_pipeline.document.model import Element
from pmml_pipeline.kernels.reading import NativeTable


class Table:
    """Columns of whole numbers; ``kernels/src/read.c`` says what they are.

    Attributes:
        tags, parents, lines, ends, texts: by element, in the order of the document.
        firsts: by element, where its attributes begin; one more at the end.
        names, values: by attribute.
        size: how many elements there are.
        strings: how many strings there are.
    """

    def __init__(self, native: NativeTable) -> None:
        """Copies the columns.

        Raises:
            UnicodeDecodeError: a string holds what is no character.
        """

        def column(address: int | None, count: int) -> memoryview:
            return memoryview(ctypes.string_at(address or 0, 4 * count) if count else b"").cast("i")

        self.size: int = native.elements
        self.strings: int = native.strings
        self.tags = column(native.tags, native.elements)
        self.parents = column(native.parents, native.elements)
        self.lines = column(native.lines, native.elements)
        self.ends = column(native.ends, native.elements)
        self.texts = column(native.texts, native.elements)
        self.firsts = column(native.firsts, native.elements + 1)
        self.names = column(native.names, native.attributes)
        self.values = column(native.values, native.attributes)
        self._starts = memoryview(ctypes.string_at(native.starts, 8 * (native.strings + 1)))
        self._starts = self._starts.cast("q")
        self._buffer = ctypes.string_at(native.buffer, native.bytes) if native.bytes else b""
        self._buffer.decode()  # raises here what would be raised later
        self._known: dict[int, str] = {}
        self._elements: dict[int, TableElement] = {}

    def string(self, number: int) -> str:
        """A string by its number; the same object each time."""
        text = self._known.get(number)
        if text is None:
            text = self._buffer[self._starts[number] : self._starts[number + 1]].decode()
            text = self._known.setdefault(number, text)
        return text

    def encoded(self, numbers: Iterable[int]) -> list[bytes]:
        """Many strings in UTF-8, which takes less time than one by one as text."""
        buffer, starts = self._buffer, self._starts
        return [buffer[starts[n] : starts[n + 1]] for n in numbers]

    def has_tag(self, test: Callable[[str], bool]) -> bool:
        """Whether an element has a tag of that kind."""
        return any(test(self.string(tag)) for tag in set(self.tags))

    def element(self, at: int) -> TableElement:
        """The view of an element; the same object each time."""
        found = self._elements.get(at)
        if found is None:  # the first of two threads counts
            found = self._elements.setdefault(at, TableElement(self, at))
        return found


class TableElement(Element):
    """An element of a table. What is not a tag or a line is read off when it is first asked for."""

    __slots__ = ("at", "table")

    def __init__(self, table: Table, at: int) -> None:
        self.table = table
        self.at = at
        self.tag = table.string(table.tags[at])
        self.line = table.lines[at]

    def __getattr__(self, name: str) -> Any:
        # Comes here only for what is not set yet.
        table, at = self.table, self.at
        value: Any
        if name == "children":
            value, child, end = [], at + 1, table.ends[at]
            while child < end:
                value.append(table.element(child))
                child = table.ends[child]
        elif name == "attributes":
            string, names, values = table.string, table.names, table.values
            own = range(table.firsts[at], table.firsts[at + 1])
            value = {string(names[i]): string(values[i]) for i in own}
        elif name == "text":
            value = table.string(table.texts[at])
        else:
            raise AttributeError(name)
        setattr(self, name, value)
        return value

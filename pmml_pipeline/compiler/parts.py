"""The parts of a regular expression: characters, classes of them, groups, anchors, repeats.

What Java and Python read in different ways, or one of them not at all, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_JAVA_CLASSES = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7F",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "XDigit": "0-9a-fA-F",
    "Space": r"\s",
}
_CATEGORIES = "wWdDsS"
_NAMED = re.compile(r"\\p\{(?:Is)?(\w+)\}")
_CHARACTER = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|0[0-7]{0,2}|.)", re.DOTALL
)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# What follows a "(" in Java, Perl and Python.
_GROUP = re.compile(r"\((?:\?(?::|=|!|>|<=|<!|(?P<on>[imsu]*)(?:-(?P<off>[ims]+))?(?P<end>[:)])))?")
_REPEAT = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a pattern that matches one character, or one member of a class.

    Attributes:
        first, last: the characters from and to; the same for one.
        category: ``w`` and such, in place of characters.
    """

    first: str = ""
    last: str = ""
    category: str = ""

    def beyond_ascii(self) -> str:
        """The characters that ASCII does not have, but for those of a category."""
        codes = range(max(ord(self.first), 128), ord(self.last) + 1) if self.first else ()
        return "".join(map(chr, codes))


@dataclass(frozen=True, slots=True)
class Class:
    """A class of characters in brackets."""

    negated: bool
    items: tuple[Item, ...]


Part = str | Item | Class  # a text is what stands for no character: groups, anchors, repeats


class _Reader:
    """Cuts a pattern into parts."""

    def __init__(self, pattern: str, ignore_case: bool = False) -> None:
        self._pattern = pattern
        self._at = 0
        self._ignoring = [ignore_case]  # by the groups that are open

    def parts(self) -> Iterator[Part]:
        """All of them.

        Raises:
            ValueError: a part that is not supported.
        """
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            if char == "\\":
                yield self._escape()
            elif char == "[":
                yield self._class()
            elif char == "(":
                yield self._group()
            elif char == "{":
                yield self._take(_REPEAT, "a '{' that repeats nothing")
            else:
                self._at += 1
                if char == ")" and len(self._ignoring) > 1:
                    self._ignoring.pop()
                yield char if char in "^$.|?*+)" else Item(char, char)

    def _take(self, wanted: re.Pattern[str], what: str) -> str:
        found = wanted.match(self._pattern, self._at)
        if found is None:
            raise ValueError(what)
        self._at = found.end()
        return found[0]

    def _group(self) -> str:
        found = _GROUP.match(self._pattern, self._at)
        assert found is not None
        if self._pattern.startswith("?", found.end()):
            raise ValueError("a kind of group that Java or Python does not know")
        self._at = found.end()
        ignoring = self._ignoring[-1]
        if found["end"]:
            ignoring = (ignoring or "i" in found["on"]) and "i" not in (found["off"] or "")
        if found["end"] == ")":
            self._ignoring[-1] = ignoring
        else:
            self._ignoring.append(ignoring)
        return found[0]

    def _escape(self) -> Part:
        named = _NAMED.match(self._pattern, self._at)
        if named and named[1] in _JAVA_CLASSES:
            self._at = named.end()
            return _Reader(f"[{_JAVA_CLASSES[named[1]]}]")._class()
        source = self._take(_CHARACTER, "a backslash at the end")
        name = source[1]
        if name in _CATEGORIES:
            return Item(category=name)
        if name in "123456789":
            return self._reference(name)
        if name in "bBAZz":
            return source
        char = self._character(source)
        return Item(char, char)

    def _reference(self, name: str) -> str:
        """A group that is found once more."""
        digits = name + self._pattern[self._at : self._at + 2]
        if re.fullmatch("[0-3][0-7][0-7]", digits):
            raise ValueError("a number in octal digits, which are a group in Java")
        if self._ignoring[-1]:  # of S and ſ only Java, or only Python, says that they are the same
            raise ValueError("a group that is found once more while case is ignored")
        following = re.match("[0-9]?", digits[1:])
        assert following is not None
        self._at += following.end()
        return f"\\{name}{following[0]}"

    def _character(self, source: str) -> str:
        """The character that an escape stands for."""
        name, rest = source[1], source[2:]
        if name == "v":
            raise ValueError(r"\v, which is one character in Python and several in Java")
        if name in "xuU" and rest:
            code = int(rest, 16)
            if code > 0x10FFFF:
                raise ValueError(f"{source}, which is no character")
            return chr(code)
        if name == "N" and rest:
            try:
                return unicodedata.lookup(rest[1:-1])
            except KeyError:
                raise ValueError(f"{source}, which is no character") from None
        if name.isdigit():
            following = self._pattern[self._at : self._at + 1]
            if name != "0" or (following and following in "0123456789"):
                raise ValueError("a number in octal digits")
            return chr(int(source[1:], 8))
        if name in _CONTROLS:
            return _CONTROLS[name]
        if name.isascii() and name.isalnum():
            raise ValueError(f"bad escape {source}")
        return name

    def _class(self) -> Class:
        self._at += 1
        negated = self._pattern.startswith("^", self._at)
        self._at += negated
        items: list[Item] = []
        while items == [] or not self._pattern.startswith("]", self._at):
            items += self._members()
        self._at += 1
        return Class(negated, tuple(items))

    def _members(self) -> tuple[Item, ...]:
        """A character, a range or a category of a class."""
        first = self._member()
        after = self._pattern[self._at + 1 : self._at + 2]
        if not self._pattern.startswith("-", self._at) or after == "]":
            return first
        self._at += 1
        last = self._member()
        ends = (*first, *last)
        if len(ends) > 2 or any(one.category or one.first != one.last for one in ends):
            raise ValueError("a range that does not end in characters")
        lowest, highest = ends
        if lowest.first > highest.first:
            raise ValueError(f"the range {lowest.first}-{highest.first}")
        return (Item(lowest.first, highest.first),)

    def _member(self) -> tuple[Item, ...]:
        char = self._pattern[self._at : self._at + 1]
        if not char:
            raise ValueError("a class without an end")
        if char == "[":
            raise ValueError("a class inside a class")
        if self._pattern.startswith("&&", self._at):
            raise ValueError("a class of what is in two classes")
        if char != "\\":
            self._at += 1
            return (Item(char, char),)
        named = _NAMED.match(self._pattern, self._at)
        if named and named[1] in _JAVA_CLASSES:
            self._at = named.end()
            return _Reader(f"[{_JAVA_CLASSES[named[1]]}]")._class().items
        source = self._take(_CHARACTER, "a backslash at the end")
        if source[1] in _CATEGORIES:
            return (Item(category=source[1]),)
        char = self._character(source)
        return (Item(char, char),)


def parts_of(pattern: str, ignore_case: bool = False) -> list[Part]:
    """The parts of a pattern.

    Args:
        pattern: in the words of Java or Python.
        ignore_case: whether it ignores case where it does not say so itself.

    Raises:
        ValueError: one is not supported.
    """
    return list(_Reader(pattern, ignore_case).parts())

r"""Regular expressions of documents: read as Java and Perl read them, written for Python.

Documents come from Python pipelines, so what ``\w``, ``\d``, ``\s`` and ignoring case mean beyond
ASCII is what Python's ``re`` says. What Python reads otherwise than Java and Perl without saying
so, or Java does not read at all, is refused or translated.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
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
_LARGEST = 100_000  # characters that a pattern may have with its repeats written out
_CATEGORIES = "wWdDsS"
_NAMED = re.compile(r"\\p\{(?:Is)?(\w+)\}")
_CHARACTER = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|0[0-7]{0,2}|.)", re.DOTALL
)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# What follows a "(" in Java, Perl and Python.
_GROUP = re.compile(r"\((?:\?(?::|=|!|>|<=|<!|(?P<on>[imsu]*)(?:-(?P<off>[ims]+))?(?P<end>[:)])))?")
_GROUP_NUMBER = re.compile("[0-9]{1,3}")
_REPEAT = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a pattern that matches one character, or one member of a class.

    Attributes:
        source: as it is written.
        first, last: the characters from and to; the same for one.
        category: ``w`` and such, in place of characters.
        ignore_case: whether it does.
    """

    source: str
    first: str = ""
    last: str = ""
    category: str = ""
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    """A class of characters in brackets."""

    negated: bool
    items: tuple[Item, ...]
    ignore_case: bool = False


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
                yield char if char in "^$.|?*+)" else self._item(char, char)

    def _take(self, wanted: re.Pattern[str], what: str) -> str:
        found = wanted.match(self._pattern, self._at)
        if found is None:
            raise ValueError(what)
        self._at = found.end()
        return found[0]

    def _item(self, source: str, char: str) -> Item:
        return Item(source, char, char, ignore_case=self._ignoring[-1])

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
            items = _Reader(f"[{_JAVA_CLASSES[named[1]]}]")._class().items
            return Class(False, items, self._ignoring[-1])
        source = self._take(_CHARACTER, "a backslash at the end")
        name = source[1]
        if name in _CATEGORIES:
            return Item(source, category=name)
        if name in "123456789":
            return self._reference(name)
        if name in "bBAZz":
            return source
        return self._item(source, self._character(source))

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
        return Class(negated, tuple(items), self._ignoring[-1])

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
            raise ValueError(f"the range {lowest.source}-{highest.source}")
        return (Item(f"{lowest.source}-{highest.source}", lowest.first, highest.first),)

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
            return (Item(char, char, char),)
        named = _NAMED.match(self._pattern, self._at)
        if named and named[1] in _JAVA_CLASSES:
            self._at = named.end()
            return _Reader(f"[{_JAVA_CLASSES[named[1]]}]")._class().items
        source = self._take(_CHARACTER, "a backslash at the end")
        if source[1] in _CATEGORIES:
            return (Item(source, category=source[1]),)
        char = self._character(source)
        return (Item(source, char, char),)


def parts_of(pattern: str, ignore_case: bool = False) -> list[Part]:
    """The parts of a pattern.

    Args:
        pattern: in the words of Java or Python.
        ignore_case: whether it ignores case where it does not say so itself.

    Raises:
        ValueError: one is not supported.
    """
    return list(_Reader(pattern, ignore_case).parts())


def _check_size(parts: Sequence[Part]) -> None:
    """Refuses repeats inside repeats that come to too much, since ``regex`` writes them out.

    Raises:
        ValueError: they do.
    """
    sizes, last = [0], 0  # of the groups that are open, and of what a repeat repeats
    for part in parts:
        if not isinstance(part, str):
            last = 1
            sizes[-1] += last
        elif part[0] == "(" and part[-1] != ")":
            sizes.append(0)
        elif part == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif part[0] == "{":
            more = last * (max(map(int, re.findall("[0-9]+", part))) - 1)
            last += max(more, 0)
            sizes[-1] += max(more, 0)
        if sizes[-1] > _LARGEST:
            raise ValueError(f"its repeats come to more than {_LARGEST:,} characters")


def escaped(char: str) -> str:
    """A character in a class, so that neither ``re`` nor ``regex`` sees more in it."""
    return "\\" + char if char in "\\[]^-&|~" else char


def written(item: Item) -> str:
    """A member of a class."""
    if item.category:
        return f"\\{item.category}"
    if item.first == item.last:
        return escaped(item.first)
    return f"{escaped(item.first)}-{escaped(item.last)}"


def _class_in_python(part: Class) -> str:
    return f"[{'^' * part.negated}{''.join(map(written, part.items))}]"


# "\Z: the end of the input but for the final terminator, if any; \z: the end of the input" (Java)
_ANCHORS = {r"\z": r"\Z", r"\Z": r"(?=\n?\Z)"}


@functools.lru_cache(1024)
def python_pattern(pattern: str) -> str:
    r"""A regular expression of Java or Perl in Python's words.

    ``\p{Punct}`` and such are written out; ``\z`` is ``\Z``.

    Raises:
        ValueError: Python has no such expression, or reads it otherwise.
    """
    try:
        parts = parts_of(pattern)
        _check_size(parts)
        found = "".join(
            _class_in_python(part)
            if isinstance(part, Class)
            else part.source
            if isinstance(part, Item)
            else _ANCHORS.get(part, part)
            for part in parts
        )
        re.compile(found)
    except (ValueError, re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the pattern {pattern[:100]!r} is not supported ({error})") from None
    return found


@functools.lru_cache(1024)
def template(replacement: str, groups: int) -> tuple[str | int, ...]:
    r"""The parts of a replacement of Java and Perl: texts, and the numbers of groups.

    ``$1`` is a group, ``$12`` is the twelfth if there is one and otherwise the first and a 2, and
    behind a backslash any character is itself.

    Args:
        replacement: as it is written.
        groups: how many the pattern has.

    Raises:
        ValueError: it is none, or there is no such group.
    """
    found: list[str | int] = []
    at = 0
    while at < len(replacement):
        char = replacement[at]
        at += 1
        if char == "$":
            digits = _GROUP_NUMBER.match(replacement, at)
            if digits is None:
                raise ValueError(
                    f"the replacement {replacement[:100]!r} has a $ that no digit follows"
                )
            number = digits[0]
            while len(number) > 1 and int(number) > groups:
                number = number[:-1]
            if int(number) > groups:
                raise ValueError(
                    f"the pattern has no group {number}, "
                    f"which the replacement {replacement[:100]!r} asks for"
                )
            at += len(number)
            found.append(int(number))
            continue
        if char == "\\":
            if at == len(replacement):
                raise ValueError(f"the replacement {replacement[:100]!r} ends in a backslash")
            char = replacement[at]
            at += 1
        last = found.pop() if found else ""
        found += [last + char] if isinstance(last, str) else [last, char]
    return tuple(found)


def literal(text: str) -> str:
    """The replacement that is this text."""
    return text.replace("\\", "\\\\").replace("$", r"\$")

"""Looks for regular expressions in texts, within a limit of time.

Python's ``re`` cannot be stopped, and some patterns take it years with some texts. The package
``regex`` can, so it does the matching; it is imported when the first pattern is looked for. Its
tables of characters differ from Python's in what a letter is (a combining mark is one), and in the
four letters i. Offline and online must agree all the same. So a character that the two take for
different things is replaced, before ``regex`` sees the text, by one that it takes for what Python
takes the other for. Where a pattern would notice, since it names such a character or compares
characters with each other, Python's classes are written out in it instead, which is slow.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.limits import Clock, LimitError, check_length
from pmml_pipeline.compiler.patterns import Class, Part, parts_of, template, written

_DOTTED = "iI\u0130\u0131"  # which Python takes for one another when it ignores case


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression.

    Attributes:
        text: in Python's words, see :func:`pmml_pipeline.compiler.patterns.python_pattern`.
        ignore_case: whether it does.
    """

    text: str
    ignore_case: bool = False

    def check(self) -> None:
        """Refuses what cannot be looked for.

        Raises:
            ValueError: says why.
        """
        import regex

        try:
            _compiled(self, False)
        except (regex.error, ValueError, OverflowError, RecursionError) as error:
            raise ValueError(
                f"the pattern {self.text[:100]!r} is not supported ({error})"
            ) from None

    @property
    def groups(self) -> int:
        """How many groups it has."""
        return int(_compiled(self, False).groups)

    def matches(self, text: str, clock: Clock) -> bool:
        """Whether it is somewhere in the text.

        Raises:
            LimitError: that takes too long.
        """
        try:
            compiled, seen = _prepared(self, text)
            return compiled.search(seen, timeout=clock.left()) is not None
        except TimeoutError:
            raise self._too_long() from None

    def found(self, text: str, clock: Clock) -> Iterator[tuple[tuple[int, int], ...]]:
        """The matches in the text, one behind the other: from where to where, then its groups.

        Raises:
            LimitError: that takes too long.
        """
        compiled, seen = _prepared(self, text)
        try:
            for match in compiled.finditer(seen, timeout=clock.left()):
                yield match.regs
        except TimeoutError:
            raise self._too_long() from None

    def split(self, text: str, clock: Clock) -> Iterator[str]:
        """What is between the matches, and what their groups are, as ``re.split`` has it."""
        at = 0
        for (start, end), *groups in self.found(text, clock):
            yield text[at:start]
            yield from (text[first:last] for first, last in groups)
            at = end
        yield text[at:]

    def replaced(self, text: str, replacement: str, clock: Clock) -> str:
        """The text with a replacement of Java for every match.

        Raises:
            LimitError: it takes too long, or makes a text that is too long.
        """
        parts = template(replacement, self.groups)
        pieces, at, length = [], 0, 0
        for groups in self.found(text, clock):
            start, end = groups[0]
            pieces.append(text[at:start])
            length += start - at
            for part in parts:
                first, last = groups[part] if isinstance(part, int) else (0, len(part))
                # Before anything is made: a replacement may name a group a thousand times.
                length += last - first
                check_length(length)
                pieces.append(text[first:last] if isinstance(part, int) else part)
            at = end
        check_length(length + len(text) - at)
        return "".join([*pieces, text[at:]])

    def _too_long(self) -> LimitError:
        return LimitError(f"the pattern {self.text[:100]!r} takes too long on this text")


@functools.lru_cache(1024)
def _compiled(pattern: Pattern, spelled: bool) -> Any:
    """For ``regex``; spelled with Python's classes of characters written out."""
    import regex

    parts = parts_of(pattern.text, pattern.ignore_case)
    text = "".join(_part(part, spelled) for part in parts)
    return regex.compile(text, regex.V0 | (regex.I if pattern.ignore_case else 0))


def _part(part: Part, spelled: bool) -> str:
    if isinstance(part, str):
        if part not in (r"\b", r"\B"):
            return part
        return (_NOT_HERE if part == r"\B" else "") + (_boundary(part) if spelled else part)
    if isinstance(part, Class):
        return _class(part, spelled)
    if part.category:
        return _category(part.category) if spelled else part.source
    if part.first in _DOTTED and part.ignore_case:
        return f"[{_DOTTED}]"
    return re.escape(part.first)


def _class(part: Class, spelled: bool) -> str:
    apart = [item for item in part.items if spelled and item.category]
    inside = "".join(written(item) for item in part.items if item not in apart)
    if part.ignore_case and any(i.first <= c <= i.last for i in part.items for c in _DOTTED):
        inside += _DOTTED
    if not apart:
        return f"[{'^' * part.negated}{inside}]"
    either = "|".join(
        [*(_category(i.category) for i in apart), *([f"[{inside}]"] if inside else [])]
    )
    return f"(?:(?!{either})(?s:.))" if part.negated else f"(?:{either})"


# Until Python 3.14 there is no \B in a text without characters.
_NOT_HERE = "" if re.search(r"\B", "") else r"(?!\A\Z)"


def _boundary(name: str) -> str:
    word = _category("w")
    if name == r"\b":
        return f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"
    return f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"


@functools.cache
def _category(name: str) -> str:
    r"""What ``\w`` and such are in Python. Case is not ignored: a letter's may be a mark."""
    ranges = [
        f"\\U{ord(found[0][0]):08x}-\\U{ord(found[0][-1]):08x}"
        for found in re.finditer(rf"\{name.lower()}+", "".join(map(chr, range(sys.maxunicode + 1))))
    ]
    return f"(?-i:[{'^' * name.isupper()}{''.join(ranges)}])"


# What stands for a character that is taken for different things; to both of them it is nothing of
# that, a digit, a letter, a space.
_AS = "\ue000\u0660\U00020000\u2003"
_SEPARATORS = re.compile("[\x1c-\x1f]")  # of ASCII the only ones: in Python they are spaces


def _prepared(pattern: Pattern, text: str) -> tuple[Any, str]:
    """What to look for, for ``regex``, and the text in which to look; the places are the same."""
    if text.isascii() and not _SEPARATORS.search(text):
        return _compiled(pattern, False), text
    seen = text.translate(_stand_ins())
    if seen == text:
        return _compiled(pattern, False), text
    if _notices(pattern):
        return _compiled(pattern, True), text
    return _compiled(pattern, False), seen


@functools.lru_cache(1024)
def _notices(pattern: Pattern) -> bool:
    """Whether it may match otherwise where a character is replaced by its stand-in."""
    replaced = np.zeros(sys.maxunicode + 1, dtype=bool)
    replaced[[*_stand_ins(), *map(ord, _AS)]] = True
    for part in parts_of(pattern.text):
        if isinstance(part, str):
            if part[0] == "\\" and part[1].isdigit():
                return True
            continue
        for item in part.items if isinstance(part, Class) else (part,):
            if item.first and replaced[ord(item.first) : ord(item.last) + 1].any():
                return True
    return False


@functools.cache
def _stand_ins() -> dict[int, str]:
    """By character, where ``re`` and ``regex`` differ about it."""
    import regex

    every = "".join(map(chr, range(sys.maxunicode + 1)))
    mine = [_having(re.finditer(rf"\{name}+", every)) for name in "dws"]
    theirs = [_having(regex.finditer(rf"\{name}+", every)) for name in "dws"]
    differing = np.logical_or.reduce([a != b for a, b in zip(mine, theirs, strict=True)])
    kinds = np.select(mine, [1, 2, 3])  # digits are of \w too
    return {int(code): _AS[kinds[code]] for code in np.flatnonzero(differing)}


def _having(runs: Iterable[Any]) -> npt.NDArray[np.bool_]:
    found = np.zeros(sys.maxunicode + 1, dtype=np.bool_)
    for run in runs:
        found[run.start() : run.end()] = True
    return found

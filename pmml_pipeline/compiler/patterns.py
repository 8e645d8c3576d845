r"""Regular expressions of documents: read as Java and Perl read them, written for Python.

Documents come from Python pipelines, so what ``\w``, ``\d``, ``\s`` and ignoring case mean beyond
ASCII is what Python's ``re`` says. What Python reads otherwise than Java and Perl without saying
so, or Java does not read at all, is refused or translated.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.parts import Class, Part, parts_of

_LARGEST = 100_000  # characters that a pattern may have with its repeats written out
# The longest text in which an ordinary pattern is looked for without a limit of time, by how many
# repeats without an end it has on one way: each of them may be tried from everywhere to everywhere.
_LONGEST = (math.inf, 10_000, 500)
_WAYS = 1000  # products of its other repeats and alternatives
_GROUP_NUMBER = re.compile("[0-9]{1,3}")


@dataclass(slots=True)
class _Group:
    """What a group has that may be found in several ways, and how long it is written out."""

    around: bool = False  # whether it looks ahead or behind
    branches: int = 1
    repeats: bool = False
    size: int = 0
    endless: int = 0  # repeats without an end, in this branch
    most: int = 0  # of them, in one of the branches before

    @property
    def endless_ways(self) -> int:
        """How many repeats without an end one way through the group has."""
        return max(self.most, self.endless)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a pattern asks for.

    Attributes:
        longest: characters of a text in which ``re`` needs no limit of time to look for it, since
            the ways to find the pattern grow no faster than the cube of the length of the text; 0
            for a pattern that is not ordinary.
        size: characters, with its repeats written out, as ``regex`` has them.
    """

    longest: float
    size: int


def cost_of(parts: Sequence[Part]) -> Cost:
    """What a pattern asks for.

    Not ordinary are a group that is found once more, a repeat in what is looked for ahead or
    behind, a repeat or an alternation in a group that is repeated, more than two repeats without an
    end on one way, and too many alternatives in a row.
    """
    groups, last = [_Group()], _Group()  # those that are open; what a repeat repeats
    ordinary, ways, repeated = True, 1, False
    for part in parts:
        repeat = isinstance(part, str) and part[0] in "*+?{"
        if not isinstance(part, str):
            last = _Group(size=1)
            groups[-1].size += 1
        elif part[0] == "(" and part[-1] != ")":
            groups.append(_Group(around=part in ("(?=", "(?!", "(?<=", "(?<!")))
        elif part == ")":
            last = groups.pop()
            ordinary &= not (last.around and last.repeats)
            ways *= last.branches
            last.repeats |= last.branches > 1
            groups[-1].repeats |= last.repeats
            groups[-1].endless += last.endless_ways
            groups[-1].size += last.size
        elif part == "|":
            groups[-1].branches += 1
            groups[-1].most, groups[-1].endless = groups[-1].endless_ways, 0
        elif re.match(r"\\[1-9]", part):
            ordinary = False
        elif repeat and not repeated:  # behind another it says how that one repeats
            least, most = _bounds(part)
            ordinary &= most in (0, 1) or not last.repeats
            groups[-1].endless += most is None
            ways *= 1 if most is None else max(most - least, 0) + 1
            groups[-1].repeats = True
            groups[-1].size += last.size * max((most or least) - 1, 0)
        repeated = repeat and not repeated
    endless = groups[0].endless_ways
    ordinary &= endless < len(_LONGEST) and ways <= _WAYS
    return Cost(_LONGEST[endless] if ordinary else 0, groups[0].size)


def _bounds(repeat: str) -> tuple[int, int | None]:
    """How often something is repeated, at least and at most."""
    if repeat[0] != "{":
        return (int(repeat == "+"), 1 if repeat == "?" else None)
    least, comma, most = repeat[1:-1].partition(",")
    return int(least), int(most) if most else None if comma else int(least)


def escaped(char: str) -> str:
    """A character, so that ``re`` and ``regex`` see no more in it, in a class or elsewhere."""
    return "\\" + char if char in "\\[](){}^$.|?*+-&~" else char


def _in_python(part: Part) -> str:
    if isinstance(part, str):
        return _ANCHORS.get(part, part)
    if isinstance(part, Class):
        return f"[{'^' * part.negated}{''.join(map(_in_python, part.items))}]"
    if part.category:
        return f"\\{part.category}"
    last = "" if part.first == part.last else "-" + escaped(part.last)
    return escaped(part.first) + last


_ANCHORS = {
    # "\Z: the end of the input but for the final terminator, if any; \z: the end of the input"
    # (Java)
    r"\z": r"\Z",
    r"\Z": r"(?=\n\Z|\Z)",
    # Until Python 3.14 there is no \B in a text without characters.
    r"\B": r"\B" if re.search(r"\B", "") else r"(?!\A\Z)\B",
}


@functools.lru_cache(1024)
def python_pattern(pattern: str) -> str:
    r"""A regular expression of Java or Perl in Python's words.

    ``\p{Punct}`` and such are written out; ``\z`` is ``\Z``.

    Raises:
        ValueError: Python has no such expression, or reads it otherwise.
    """
    try:
        parts = parts_of(pattern)
        found = "".join(map(_in_python, parts))
        re.compile(found)
        if cost_of(parts).size > _LARGEST:
            raise ValueError(f"its repeats come to more than {_LARGEST:,} characters")
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

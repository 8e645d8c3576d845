"""Looks for regular expressions in texts.

An ordinary pattern is looked for with Python's ``re``. Others may take years with some texts, as
ordinary ones may with long texts, and ``re`` cannot be stopped. The package ``regex`` can; it is
imported when it is needed. It takes some characters for other things than Python (a combining mark
for a letter). Offline and online must agree all the same, so where it is needed a text with one of
them is an error.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pmml_pipeline.compiler.differing import differing_in
from pmml_pipeline.compiler.limits import Clock, LimitError, check_length
from pmml_pipeline.compiler.parts import Class, Item, parts_of
from pmml_pipeline.compiler.patterns import cost_of, template

_IGNORES_CASE = re.compile(r"\(\?[msu]*i")


@dataclass(frozen=True)
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
        try:
            _ = self._compiled
        except (ValueError, OverflowError, RecursionError) as error:
            raise ValueError(
                f"the pattern {self.text[:100]!r} is not supported ({error})"
            ) from None

    @property
    def groups(self) -> int:
        """How many groups it has."""
        return int(self._compiled.groups)

    @functools.cached_property
    def _compiled(self) -> Any:
        """For ``re`` if it is ordinary, otherwise for ``regex``."""
        return re.compile(self.text, re.I * self.ignore_case) if self._longest else self._timed

    @functools.cached_property
    def _longest(self) -> float:
        return cost_of(parts_of(self.text, self.ignore_case)).longest

    @functools.cached_property
    def _timed(self) -> Any:
        """For ``regex``."""
        import regex

        parts = parts_of(self.text, self.ignore_case)
        for part in parts if self._ignores_case else ():
            for item in part.items if isinstance(part, Class) else (part,):
                if isinstance(item, Item) and (char := differing_in(item.beyond_ascii(), True)):
                    raise ValueError(f"too intricate to ignore the case of {char!r}")
        try:
            return regex.compile(self.text, regex.V0 | (regex.I if self.ignore_case else 0))
        except regex.error as error:
            raise ValueError(str(error)) from None

    @property
    def _ignores_case(self) -> bool:
        return self.ignore_case or _IGNORES_CASE.search(self.text) is not None

    def found(self, text: str, clock: Clock) -> Iterator[re.Match[str]]:
        """The matches in the text, one behind the other.

        Raises:
            LimitError: that takes too long, or the text has a character that it must not have.
        """
        if len(text) <= self._longest:
            return iter(self._compiled.finditer(text))
        return self._found_in_time(text, clock)

    def _found_in_time(self, text: str, clock: Clock) -> Iterator[re.Match[str]]:
        if char := differing_in(text, self._ignores_case):
            raise LimitError(
                f"the pattern {self.text[:100]!r} is too intricate to be looked for in a text with "
                f"the character {char!r}"
            )
        try:
            timed = self._timed
        except ValueError as error:  # an ordinary pattern, but not for a text as long as this one
            raise LimitError(
                f"the pattern {self.text[:100]!r} cannot be looked for in a text of {len(text):,} "
                f"characters ({error})"
            ) from None
        try:
            yield from timed.finditer(text, timeout=clock.left())
        except TimeoutError:
            raise LimitError(
                f"the pattern {self.text[:100]!r} takes too long on this text"
            ) from None

    def matches(self, text: str, clock: Clock) -> bool:
        """Whether it is somewhere in the text; raises as :meth:`found`."""
        return next(self.found(text, clock), None) is not None

    def split(self, text: str, clock: Clock) -> Iterator[str]:
        """What is between the matches, and what their groups are, as ``re.split`` has it."""
        at, grouped = 0, self.groups > 0
        for match in self.found(text, clock):
            start, end = match.span()
            yield text[at:start]
            if grouped:
                yield from match.groups("")
            at = end
        yield text[at:]

    def replaced(self, text: str, replacement: str, clock: Clock) -> str:
        """The text with a replacement of Java for every match.

        Raises:
            LimitError: as :meth:`found`, or it makes a text that is too long.
        """
        parts = template(replacement, self.groups)
        pieces, at, length = [], 0, 0
        for match in self.found(text, clock):
            start, end = match.span()
            pieces.append(text[at:start])
            length += start - at
            for part in parts:
                first, last = match.span(part) if isinstance(part, int) else (0, len(part))
                # Before anything is made: a replacement may name a group a thousand times.
                length += last - first
                check_length(length)
                pieces.append(text[first:last] if isinstance(part, int) else part)
            at = end
        check_length(length + len(text) - at)
        return "".join([*pieces, text[at:]])

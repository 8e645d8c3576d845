"""How often terms are in a text: what ``TextIndex`` asks, for all terms of a field at once.

A document may ask for thousands of terms of one text. The text is cut into words once; then every
run of words, as long as some term is, is looked up among the terms. Source: PMML 4.4,
Transformations (TextIndex).
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.limits import Clock, LimitError
from pmml_pipeline.compiler.matching import Pattern

PASSES = 1000  # of a table that is applied until nothing changes
LONGEST = 1_000_000  # characters that a text may become


@dataclass(frozen=True, slots=True)
class Replacement:
    """A row of a normalization table: a pattern, and what replaces what it matches, in Java's
    words."""

    pattern: Pattern
    replacement: str


@dataclass(frozen=True, slots=True)
class Normalization:
    """A normalization table.

    Attributes:
        rows: in order.
        recursive: whether it is applied until nothing changes.
    """

    rows: tuple[Replacement, ...]
    recursive: bool

    def apply(self, text: str, clock: Clock) -> str:
        """The text with everything replaced.

        Raises:
            ValueError: something changes for ever, grows without end or takes too long.
        """
        for _ in range(PASSES if self.recursive else 1):
            before = text
            for row in self.rows:
                try:
                    text = row.pattern.replaced(text, row.replacement, clock)
                except LimitError as error:
                    raise LimitError(f"TextIndexNormalization: {error}") from None
                if len(text) > max(len(before), LONGEST):
                    raise ValueError("a TextIndexNormalization makes a text too long")
            if text == before:
                return text
        if self.recursive:
            raise ValueError("a recursive TextIndexNormalization does not come to an end")
        return text


@dataclass(frozen=True, slots=True)
class TextSettings:
    """How terms are counted; see ``TextIndex``.

    Attributes:
        weights: localTermWeights.
        case_sensitive: isCaseSensitive.
        distance: maxLevenshteinDistance.
        best: whether only the hits with the lowest distance count (countHits).
        separator: what is between words, or None.
        word: what a word is, or None.
        normalizations: what is done to the text first.
    """

    weights: str
    case_sensitive: bool
    distance: int
    best: bool
    separator: Pattern | None
    word: Pattern | None
    normalizations: tuple[Normalization, ...]

    def words(self, text: str, clock: Clock) -> list[str]:
        """The words of a text or a term.

        Raises:
            ValueError: to find them takes too long.
        """
        if not self.case_sensitive:
            text = text.lower()
        if self.word is not None:
            return [m[0] for m in self.word.found(text, clock) if m[0]]
        assert self.separator is not None
        # "All leading and trailing punctuation is removed from each word" (TextIndex)
        marks = _punctuation()
        return [w for part in self.separator.split(text, clock) if (w := part.strip(marks))]


@functools.cache
def _punctuation() -> str:
    """What Unicode calls punctuation, which ``$`` and ``+`` are not."""
    return "".join(
        c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "P"
    )


@dataclass(eq=False)
class TermIndex:
    """Counts terms in texts.

    Attributes:
        settings: how.
        terms: which.
    """

    settings: TextSettings
    terms: tuple[str, ...]

    def __post_init__(self) -> None:
        cut = [tuple(self.settings.words(term, Clock())) for term in self.terms]
        self._place: dict[tuple[str, ...], int] = {}
        for term in cut:
            self._place.setdefault(term, len(self._place))
        # Several terms may be the same words.
        self._of_term = np.array([self._place[t] for t in cut], dtype=np.int64)
        self._lengths = sorted({len(t) for t in cut if t})

    def count(self, text: str) -> npt.NDArray[np.float64]:
        """The weight of every term, of shape (terms,).

        Raises:
            ValueError: the text cannot be normalised, or that takes too long.
        """
        settings, clock = self.settings, Clock()
        for normalization in settings.normalizations:
            text = normalization.apply(text, clock)
        words = settings.words(text, clock)
        found = np.zeros(len(self._place))
        if settings.distance:
            for term, at in self._place.items():
                found[at] = self._similar(words, term)
        else:
            for length in self._lengths:
                for start in range(len(words) - length + 1):
                    at = self._place.get(tuple(words[start : start + length]), -1)
                    if at >= 0:
                        found[at] += 1.0
        self._weigh(found, words)
        return found[self._of_term]

    def _similar(self, words: Sequence[str], term: tuple[str, ...]) -> int:
        """How many runs of words are like the term.

        "Any text fragment with a Levenshtein distance less than or equal to [the maximum] counts as
        a match"; of several words it is the sum of their distances. "bestHits: count all hits that
        have the lowest Levenshtein distance" (TextIndex)
        """
        limit = self.settings.distance
        hits: Counter[int] = Counter()
        for start in range(len(words) - len(term) + 1 if term else 0):
            total = 0
            for word, wanted in zip(words[start:], term, strict=False):
                total += levenshtein(word, wanted, limit - total)
                if total > limit:
                    break
            else:
                hits[total] += 1
        if not hits:
            return 0
        return hits[min(hits)] if self.settings.best else hits.total()

    def _weigh(self, found: npt.NDArray[np.float64], words: Sequence[str]) -> None:
        """Frequencies to weights, in place (localTermWeights)."""
        weights = self.settings.weights
        if weights == "binary":  # "1 if the term occurs in the document or 0 if it doesn't"
            np.minimum(found, 1.0, out=found)
        elif weights == "logarithmic":  # "log10(1 + the number of times the term occurs)"
            found[:] = np.log10(1.0 + found)
        elif weights == "augmentedNormalizedTermFrequency":
            # "0.5 * (binary frequency + frequency / the highest frequency of the terms observed in
            # that document)"
            highest = max(Counter(words).values(), default=1)
            found[:] = 0.5 * (np.minimum(found, 1.0) + found / highest)


def levenshtein(one: str, two: str, limit: int) -> int:
    """How many characters to insert, delete or replace; ``limit + 1`` if it is more than that."""
    if abs(len(one) - len(two)) > limit:
        return limit + 1
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, row = row, [i]
        for j, b in enumerate(two, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


@dataclass(frozen=True, slots=True)
class TermCall:
    """The counting of many terms in one column of texts.

    Attributes:
        index: what counts.
        sources: the column of the texts.
        source_types: its PMML dataType.
        targets: the columns of the results, one for each term.
    """

    index: TermIndex
    sources: tuple[int, ...]
    source_types: tuple[str, ...]
    targets: tuple[int, ...]

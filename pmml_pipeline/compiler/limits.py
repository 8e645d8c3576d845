"""How much the functions of texts may take: characters and time.

A document of a few lines can ask for any amount of either. What is beyond is an error of the row,
also where what cannot be done is missing (``invalidValueTreatment="asMissing"``): whether a row has
a result must not depend on how fast the machine is.
"""

from __future__ import annotations

import math
import time

LONGEST = 1 << 24  # characters of one text that a function makes
ALTOGETHER = 1 << 28  # characters of all texts that are made in one call
TIME_S = 1.0  # for all patterns of one text that are not ordinary


class LimitError(ValueError):
    """A function of a text would take more than it may, or cannot be kept from it."""


def check_length(length: int) -> None:
    """Refuses a text before it is made.

    Raises:
        LimitError: it would be too long.
    """
    if length > LONGEST:
        raise LimitError(
            f"a function would make a text of {length:,} characters, more than {LONGEST:,}"
        )


class Allowance:
    """The characters that may still be made in one call."""

    def __init__(self) -> None:
        self._left = ALTOGETHER

    def take(self, length: int) -> None:
        """Counts a text.

        Raises:
            LimitError: it or all of them are too long.
        """
        check_length(length)
        if length > self._left:
            raise LimitError(
                f"the functions of texts make more than {ALTOGETHER:,} characters in one call"
            )
        self._left -= length


class Clock:
    """The time for one text, from when it is asked for first."""

    def __init__(self) -> None:
        self._end = math.inf

    def left(self) -> float:
        """Seconds, more than 0."""
        now = time.monotonic()
        self._end = min(self._end, now + TIME_S)
        return max(self._end - now, 1e-6)

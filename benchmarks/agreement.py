"""Does a peer give what the training library gives? Asked of every result that is timed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the numbers of a peer compare with the training library's own.

    Attributes:
        rows: how many were compared.
        wrong: how many differ by more than 1e-10 and are not the same float32.
        rounded: how many differ by more than 1e-10 and are the same float32.
        worst: the largest difference; infinite where one has a number and the other has none.
    """

    rows: int
    wrong: int
    rounded: int
    worst: float

    @property
    def exact(self) -> bool:
        """Whether every number is right: within 1e-10, or the float32 that the library gives."""
        return self.rows > 0 and not self.wrong

    def __str__(self) -> str:
        if not self.rows:
            return "nothing compared"
        if not self.wrong:
            return "same float32" if self.rounded else "exact"
        return f"off by {self.worst:.1g} in {self.wrong / self.rows:.0%} of the rows"


def compare(expected: npt.NDArray[Any], found: Any) -> Agreement:
    """Compares numbers.

    Args:
        expected: of the training library, in its own precision: float32 numbers of a model that
            computes in double are no reason to let a peer be as coarse.
        found: of the peer, as many.

    Raises:
        ValueError: there are more of one than of the other.
    """
    numbers = np.asarray(found, dtype=np.float64)
    if numbers.shape != expected.shape:
        raise ValueError(f"{numbers.shape} results for {expected.shape} rows")
    true = expected.astype(np.float64)
    with np.errstate(invalid="ignore"):  # infinity less infinity
        apart = np.abs(numbers - true)
    apart[numbers == true] = 0.0  # infinities too
    apart[np.isnan(numbers) & np.isnan(true)] = 0.0
    apart[np.isnan(apart)] = np.inf
    off = apart > TOLERANCE
    single = np.zeros_like(off)
    if expected.dtype == np.float32:
        single = off & (numbers.astype(np.float32) == expected)
    return Agreement(
        len(expected),
        int((off & ~single).sum()),
        int(single.sum()),
        float(apart.max(initial=0.0)),
    )


def worst_of(some: list[Agreement]) -> Agreement:
    """The one that says the worst of a peer."""
    return max(some, key=lambda a: (a.wrong > 0, a.worst, a.wrong))

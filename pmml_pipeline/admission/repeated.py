"""A column whose values repeat: what is different is kept once, and read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.admission.cells import is_missing


@dataclass(frozen=True, slots=True, eq=False)
class Repeated(Sequence[Any]):
    """A column of values by their position among the distinct ones.

    Attributes:
        values: the distinct values, as they came.
        places: shape (rows,), int64: positions in ``values``, -1 for a missing value.
    """

    values: Sequence[Any]
    places: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        place = int(self.places[row])
        return None if place < 0 else self.values[place]

    def part(self, start: int, stop: int) -> Repeated:
        """Some rows; the distinct values stay the same."""
        return Repeated(self.values, self.places[start:stop])

    def array(self) -> npt.NDArray[Any]:
        """The values one by one, as objects, None for a missing one."""
        named = np.empty(len(self.values) + 1, dtype=object)  # the place -1 is the last one
        named[:-1] = self.values
        return named[self.places]


def repeated(raw: Any) -> Repeated | None:
    """The column in this form, where its values can be told apart without reading them.

    They are numbers or truth values of one type in an array, or nothing but texts and missing
    values; among any others 1, 1.0 and True would be taken for one value.
    """
    if isinstance(raw, Repeated):
        return raw
    if isinstance(raw, np.ndarray):
        if raw.dtype.kind == "f" and np.any(np.signbit(raw) & (raw == 0)):
            return None  # the two zeros are equal, and written differently
        if raw.dtype.kind in "iubf":
            values, places = np.unique(raw, return_inverse=True)
            return Repeated(values.tolist(), places)
        if raw.dtype.kind != "O":
            return None
    try:
        distinct = {value: place for place, value in enumerate(dict.fromkeys(raw))}
    except TypeError:  # something in it has no hash
        return None
    if not all(type(value) is str or is_missing(value) for value in distinct):
        return None
    return Repeated(
        list(distinct), np.fromiter(map(distinct.__getitem__, raw), dtype=np.int64, count=len(raw))
    )

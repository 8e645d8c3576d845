"""Which field sets the rows that differ apart from those that agree?

A value that also stands in a row on which the two sides agree is not what makes them differ, or
not alone. Where one field is left, the reason names it; where several or none are, nobody does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.parity.causes import UNKNOWN
from pmml_pipeline.parity.rows import RowSet

# Causes that say no more than what was tried with the row; with_paths finds more telling ones.
_TRIED = ("threshold", "missing", "category", "extreme")


def name_fields(
    classes: Sequence[Mapping[str, Any]],
    rows: Sequence[RowSet],
    agreed: Sequence[npt.NDArray[np.bool_]],
) -> None:
    """Gives every difference its ``field``, or None, and takes back a cause that speaks of another.

    Args:
        classes: of one engine, as in the report; their differences are changed.
        rows: the rows of each class.
        agreed: of each class, shape (rows,): both sides scored the row, and agree.
    """
    shown = [(part, d) for part, c in zip(rows, classes, strict=True) for d in c["differences"]]
    names = list(rows[0].online) if rows else []
    harmless = {
        name: _agreeing(name, {part.offline[name][d["row"]] for part, d in shown}, rows, agreed)
        for name in names
    }
    suspects = [
        [name for name in names if part.offline[name][d["row"]] not in harmless[name]]
        for part, d in shown
    ]
    if not any(mask.any() for mask in agreed):
        suspects = [[] for _ in shown]  # nothing to tell them from
    alone = {found[0] for found in suspects if len(found) == 1}
    for (_, d), found in zip(shown, suspects, strict=True):
        likely = found if len(found) == 1 else [name for name in found if name in alone]
        d["field"] = likely[0] if len(likely) == 1 else None
        tried = changed_field(d["note"], names)
        if d["field"] and tried != d["field"] and d["cause"].partition(":")[0] in _TRIED:
            d["cause"] = UNKNOWN


def changed_field(note: str, names: Sequence[str]) -> str | None:
    """The field whose value makes a row special, as its note says."""
    found = (n for n in names if note.startswith(f"{n} = ") or note == f"{n} is missing")
    return next(found, None)


def _agreeing(
    name: str,
    values: set[Any],
    rows: Sequence[RowSet],
    agreed: Sequence[npt.NDArray[np.bool_]],
) -> set[Any]:
    """Those of the values that stand in a row that agrees."""
    found: set[Any] = set()
    for part, mask in zip(rows, agreed, strict=True):
        found |= values.intersection(compress(part.offline[name], mask))
    return found

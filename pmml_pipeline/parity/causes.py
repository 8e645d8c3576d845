"""Why two predictions differ, as far as it can be told from the row, the values and the paths.

A cause is a likelihood, not a proof; it begins with the kind of thing that it is.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pmml_pipeline.document.model import to_float32
from pmml_pipeline.parity.compare import REFUSED_OFFLINE, Difference, Offline
from pmml_pipeline.parity.rows import BOUNDARY, CATEGORIES, EXTREMES, MISSING, STORAGE, RowSet

# Relative differences: rounding to float32 leaves 2**-24 (6e-8) or more, summed over a few hundred
# terms up to 1e-5; what is smaller by far comes from the order of sums in double precision.
_SINGLE = 1e-5
_DOUBLE = 1e-9
# Below this a probability or a sum that was added up in float32 can be off by cancellation alone.
_SINGLE_ABSOLUTE = 1e-6
# How many rows with the same offset are no coincidence.
_SAME_OFFSET = 3

# Beyond these a number is one that real records do not have.
_HUGE = 1e15
_TINY = 1e-300

# How a refusal before the engine begins, whoever refuses; and what the contract's is called.
_REFUSED = "refused by "
REFUSED_BY_CONTRACT = "refused by the contract"
_REFUSALS = {
    "missing": "missing: the document requires a value, the training library does not",
    "wrong type": "type: the document refuses a type of value that the training library takes",
    "unseen level": "category: the document refuses a level that the training library takes",
    "out of range": "range: the document refuses a number that the training library takes",
}
_REFUSAL = re.compile(r": (" + "|".join(_REFUSALS) + r")[ (]")
_CLASSES = {
    BOUNDARY: "threshold: at this value the two sides may take different branches",
    MISSING: "missing: the two sides treat the missing value differently",
    CATEGORIES: "category: the two sides treat this level differently",
}
NO_PREDICTION = "trees give no prediction"
_EXTREME = "extreme: the two sides compute differently at this size"
UNKNOWN = "unknown: the row takes another path, or the model is computed differently"


def cause_of(difference: Difference, rows: RowSet, offline: Offline) -> str:
    """The likely cause, in a few words, from the row and the two values."""
    if difference.offline == REFUSED_OFFLINE:
        return "refusal: the training library refuses the row, the engine scores it"
    if difference.offline == REFUSED_BY_CONTRACT:
        return "refusal: the contract refuses the row, the engine scores it"
    if not difference.output:
        return _of_refusal(str(difference.online))
    return _of_rounding(difference, offline) or _of_class(rows, difference.row)


def _of_class(rows: RowSet, row: int) -> str:
    """The cause that the class of the row suggests, if the row bears it out."""
    if rows.name == EXTREMES:
        numbers = [abs(v) for v in rows.record(row).values() if isinstance(v, int | float)]
        far = any(n >= _HUGE or 0 < n <= _TINY for n in numbers)
        return _EXTREME if far else UNKNOWN
    if rows.name == STORAGE:
        changed = [n for n in rows.online if not _kept(rows.offline[n][row], rows.online[n][row])]
        names = ", ".join(map(repr, changed))
        return f"storage: {names} changed on the way through the file" if changed else UNKNOWN
    return _CLASSES.get(rows.name, UNKNOWN)


def _kept(original: Any, stored: Any) -> bool:
    """Whether a file gave back the value, be it as text."""
    if original is None or stored is None or not isinstance(stored, str):
        return bool(original == stored)
    try:
        return float(stored) == float(original)
    except ValueError:
        return str(original) == stored


def _of_refusal(text: str) -> str:
    """Why the engine gives nothing, from its words."""
    if "in a batch gives" in text or "as a single record" in text:
        return "engine: it scores the row in one way alone and in another in a batch"
    if "unscorable (the engine gives no" in text:
        return "no result: the engine gives no prediction for a row whose values are all admitted"
    if "unscorable" in text:
        return "engine: it fails on a row whose values are all admitted"
    found = _REFUSAL.search(text)
    if found:
        return _REFUSALS[found.group(1)]
    return "refusal: the engine refuses a row that the training library scores"


def _of_rounding(difference: Difference, offline: Offline) -> str | None:
    """The cause of a difference that is as small as rounding leaves it; None for a larger one."""
    a, b = difference.offline, difference.online
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return None
    size, largest = abs(a - b), max(abs(a), abs(b))
    in_single = offline[difference.output].dtype == np.float32
    if size > _SINGLE * largest and not (in_single and size <= _SINGLE_ABSOLUTE):
        return None
    if in_single and b != to_float32(b):
        return "float32: the training library computes in single precision, the engine in double"
    if in_single:
        return "float32: both compute in single precision, but round or add up in another order"
    if size <= _DOUBLE * largest:
        return "rounding: both compute in double precision, but add up in another order"
    if b == to_float32(b):
        return "float32: the engine's result is rounded to single precision"
    return "float32: a value is rounded to single precision on one side only"


def with_paths(cause: str, difference: Mapping[str, Any], paths: Mapping[str, Any]) -> str:
    """The cause once the row's way through the trees is known.

    Args:
        cause: from :func:`cause_of`.
        difference: one of the differences in the report.
        paths: from :meth:`pmml_pipeline.parity.paths.Paths.to_json`, of the same row.
    """
    if cause.startswith(("rounding", "engine", "type")):
        return cause
    one_sided = not difference["output"]
    if one_sided and paths.get("margin"):
        return f"float32: {paths['margin']}"
    unanswered, walked = paths.get("unanswered", 0), paths.get("walked", 0)
    if unanswered and not str(difference["offline"]).startswith(_REFUSED):
        kind = "missing" if cause.startswith(("missing", "no result")) else "no result"
        return (
            f"{kind}: by the document's rules {unanswered} of {walked} {NO_PREDICTION} "
            "for this row, and the training library has one"
        )
    if one_sided or cause.startswith("float32"):
        return cause
    if paths.get("partings"):
        first = paths["partings"][0]
        return (
            f"threshold: double and float32 take different branches in {paths['parted']} of "
            f"{walked} trees, first in tree {first['tree']} at line {first['line']}"
        )
    if cause.startswith("threshold") and walked and walked == paths["trees"]:
        return (
            "unknown: the row is at a threshold, but by the document's rules double and float32 "
            "take the same branches"
        )
    return cause


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def common_offset(differences: Iterable[Mapping[str, Any]]) -> str | None:
    """The cause of differences that are all the same number: a constant on one side only.

    Args:
        differences: those of one engine and one result that are larger than rounding.
    """
    pairs = {
        (d["offline"], d["online"])
        for d in differences
        if _is_finite(d["offline"]) and _is_finite(d["online"])
    }
    offsets = [online - offline for offline, online in pairs]
    if len({offline for offline, _ in pairs}) < _SAME_OFFSET:
        return None
    middle = statistics.median(offsets)
    # What float32 leaves of a sum is a part of the sum, not of the offset.
    allowed = _SINGLE * max(abs(value) for pair in pairs for value in pair)
    if allowed > abs(middle) / 100 or any(abs(o - middle) > allowed for o in offsets):
        return None
    return (
        f"offset: all of these rows are off by about {middle:.6g}, so one side leaves out or adds "
        "a constant, such as an intercept or a base score"
    )

"""Why two predictions differ, as far as it can be told from the row and the values."""

from __future__ import annotations

import numpy as np

from pmml_pipeline.parity.compare import Difference, Offline
from pmml_pipeline.parity.rows import BOUNDARY, CATEGORIES, EXTREMES, MISSING, STORAGE, RowSet

# A relative difference of this size is what rounding to float32 leaves (2**-24), summed over a few
# hundred terms.
_FLOAT32 = 1e-5


def cause_of(difference: Difference, rows: RowSet, offline: Offline) -> str:
    """The likely cause, in a few words."""
    if difference.offline == "refused by the training library":
        return "the training library refuses the row, the engine scores it"
    if not difference.output:
        return "the engine refuses a row that the training library scores"
    if _is_rounding(difference):
        expected = offline[difference.output]
        if expected.dtype == np.float32:
            return "float32: the library predicts in single precision, the engine in double"
        return "float32: a value is rounded to single precision on one side only"
    return {
        BOUNDARY: "threshold: at this value the two sides take different branches",
        MISSING: "missing: the two sides treat the missing value differently",
        CATEGORIES: "category: the two sides treat this level differently",
        EXTREMES: "extreme value: the two sides compute differently at this size",
        STORAGE: "storage: the value changed on its way",
    }.get(rows.name, "unknown: the row takes another path, or the model is computed differently")


def _is_rounding(difference: Difference) -> bool:
    a, b = difference.offline, difference.online
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return False
    return abs(a - b) <= _FLOAT32 * max(abs(a), abs(b))

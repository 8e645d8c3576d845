"""Golden rows: a few records of every row class with their offline predictions.

They travel with the artifact, so that whoever loads it can check the proof in a moment.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pmml_pipeline.parity.causes import REFUSED_BY_CONTRACT
from pmml_pipeline.parity.certify import OfflineRows
from pmml_pipeline.parity.compare import REFUSED_OFFLINE, plain

PER_CLASS = 20


def golden_rows(offline: Sequence[OfflineRows], per_class: int = PER_CLASS) -> list[dict[str, Any]]:
    """Rows of golden.jsonl, spread over each class, refused ones among them.

    A prediction made in float32 is written with the digits of its double; the manifest's outputs
    say which those are.
    """
    found: list[dict[str, Any]] = []
    for part in offline:
        rows = len(part.rows)
        chosen = set(np.linspace(0, rows - 1, min(rows, per_class)).astype(int).tolist())
        refused = np.flatnonzero(part.refused)
        scored = np.flatnonzero(~part.refused)
        for some in (refused, scored):  # each kind is there, however rare it is
            chosen.update(some[: max(2, per_class // 5)].tolist())
        found.extend(_row(part, row) for row in sorted(chosen))
    return found


def _row(part: OfflineRows, row: int) -> dict[str, Any]:
    record = part.rows.record(row)
    line: dict[str, Any] = {"input": {name: _in_json(value) for name, value in record.items()}}
    if part.refused[row]:
        line["error"] = part.reasons.get(row) or (
            REFUSED_BY_CONTRACT if row in part.by_contract else REFUSED_OFFLINE
        )
    else:
        line["output"] = {name: plain(values[row]) for name, values in part.predictions.items()}
    line["class"] = part.rows.name
    return line


def _in_json(value: Any) -> Any:
    """JSON has no infinity; as text it is read as the number that it is."""
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def to_json_lines(rows: Sequence[dict[str, Any]]) -> bytes:
    """golden.jsonl: one row per line, numbers with all their digits."""
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    return ("\n".join(lines) + "\n").encode("utf-8")

"""The training distribution of every input and of the score, as counts over fixed edges.

Monitoring counts live records into the same edges, so that windows and workers add up exactly. The
edges of numbers are quantiles of the training rows; levels count by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.parity.rows import Columns
from pmml_pipeline.schema import InputField

BINS = 10
LEVELS_KEPT = 500


def baseline(
    inputs: Sequence[InputField], training: Columns, scores: dict[str, npt.NDArray[Any]]
) -> dict[str, Any]:
    """The content of baseline.json.

    Args:
        inputs: of the document.
        training: training rows as columns.
        scores: the model's predictions on the training rows, by result name.
    """
    rows = len(next(iter(training.values()), []))
    return {
        "rows": rows,
        "inputs": {f.name: _field(training[f.name], f.optype) for f in inputs},
        "outputs": {
            name: _field(values.tolist(), _optype(values)) for name, values in scores.items()
        },
    }


def _optype(values: npt.NDArray[Any]) -> str:
    return "continuous" if values.dtype.kind == "f" else "categorical"


def _field(values: Sequence[Any], optype: str) -> dict[str, Any]:
    if optype == "continuous":
        return _numbers(values)
    return _levels(values)


def _numbers(values: Sequence[Any]) -> dict[str, Any]:
    """Counts between quantiles. Bin i holds ``edges[i] <= x < edges[i + 1]``, the last its end too.

    ``below``, ``above`` and ``invalid`` are zero here and there for the live side to count into.
    """
    present = np.array([v for v in values if v is not None and v == v], dtype=np.float64)
    edges: list[float] = []
    counts: list[int] = []
    if len(present):
        edges = np.unique(
            np.quantile(present, np.linspace(0, 1, BINS + 1), method="lower")
        ).tolist()
        if len(edges) == 1:
            edges = [edges[0], edges[0]]
            counts = [len(present)]
        else:
            counts = np.histogram(present, bins=np.array(edges))[0].tolist()
    return {
        "kind": "numbers",
        "edges": edges,
        "counts": counts,
        "missing": len(values) - len(present),
        "invalid": 0,
        "below": 0,
        "above": 0,
    }


def _levels(values: Sequence[Any]) -> dict[str, Any]:
    """Counts by level, the most frequent first; the rest of very many levels under ``other``."""
    present = Counter(_text(v) for v in values if v is not None and v == v)
    kept = sorted(present.items(), key=lambda item: (-item[1], item[0]))[:LEVELS_KEPT]
    return {
        "kind": "levels",
        "levels": [level for level, _ in kept],
        "counts": [count for _, count in kept],
        "other": present.total() - sum(count for _, count in kept),
        "missing": len(values) - present.total(),
        "invalid": 0,
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

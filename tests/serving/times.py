"""A model that multiplies: its version says twice by how much."""

from __future__ import annotations

from pathlib import Path

from .. import pmml
from ..artifacts import certificate, publish_document


def publish(store: Path, factor: int, *, golden: int | None = None, model: str = "times") -> Path:
    """The next version, which multiplies ``x`` by the factor.

    Args:
        store: where.
        factor: what ``y`` and ``again`` are of one.
        golden: what the golden row says instead, for a version that has to be refused.
        model: its name.
    """
    document = pmml.linear(
        pmml.data_field("x"),
        pmml.mining_field("x"),
        {"x": float(factor)},
        output=pmml.output_field("again", "predictedValue"),
    )
    wanted = float(golden or factor)
    rows = [{"input": {"x": 1}, "output": {"y": wanted, "again": wanted}}]
    proof = certificate(("compiled", "pypmml", "jpmml"))
    return publish_document(store, model, document, rows, proof).root

"""Points at which the nearest neighbours of a row are nearly or exactly as far as others.

Which of two equally near training instances counts is left open by the specification, and libraries
and engines choose differently. Real rows seldom lie on such points; the training instances
themselves, and the middle between two of them, do.

Source: PMML 4.4, k-Nearest Neighbors (TrainingInstances, InstanceFields, InlineTable).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from pmml_pipeline.document import Document, Element
from pmml_pipeline.parity.tracing import Tracer

Point = dict[str, float]


def neighbour_points(document: Document, tracer: Tracer, count: int) -> list[tuple[Point, str]]:
    """Values of inputs at training instances, and exactly between pairs of them.

    Args:
        document: read whole.
        tracer: of the same document; finds the input behind a scaled field.
        count: how many instances, and how many pairs.
    """
    chance = random.Random(20_240_315)
    found: list[tuple[Point, str]] = []
    for model in document.root.walk():
        if model.tag != "NearestNeighborModel":
            continue
        points = [point for row in _instances(model) if (point := _on_inputs(row, tracer))]
        if not points:
            continue
        some = chance.sample(points, min(count, len(points)))
        found.extend((point, "a training instance") for point in some)
        for _ in range(count if len(points) > 1 else 0):
            one, other = chance.sample(points, 2)
            middle = {name: (one[name] + other[name]) / 2 for name in one if name in other}
            found.append((middle, "between two training instances"))
    return found


def _instances(model: Element) -> Iterator[Point]:
    """The numbers of every training instance, by field."""
    training = model.child("TrainingInstances")
    fields = training.child("InstanceFields") if training is not None else None
    table = training.child("InlineTable") if training is not None else None
    if fields is None or table is None:
        return
    names = {
        (field.get("column") or "").rpartition(":")[2]: field.get("field") or ""
        for field in fields.all("InstanceField")
    }
    for row in table.all("row"):
        point = {}
        for cell in row.children:
            try:
                point[names[cell.tag]] = float(cell.text)
            except (KeyError, ValueError):  # a column that is no field, a label
                continue
        yield point


def _on_inputs(row: Point, tracer: Tracer) -> Point:
    """The point as numbers of inputs; a field that no single input decides is left out."""
    point = {}
    for name, value in row.items():
        if name in tracer.numeric:
            point[name] = value
        elif tracer.is_derived(name):
            traced = tracer.trace(name, value)
            if traced is not None:
                point[traced[0]] = traced[1]
    return point

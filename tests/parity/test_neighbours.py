"""Rows at the training instances of a document, and exactly between two of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

import converters
from pmml_pipeline.document import Document, read
from pmml_pipeline.errors import NotCertifiedError
from pmml_pipeline.parity.neighbours import neighbour_points
from pmml_pipeline.parity.rows import BOUNDARY, Budget, build_rows
from pmml_pipeline.parity.tracing import Tracer
from pmml_pipeline.schema import inputs_of

from ..pmml import data_field, mining_field, pmml, tag

ROWS = [(1.0, 4.0), (3.0, 8.0)]
HALF = tag(
    "LocalTransformations",
    {},
    tag(
        "DerivedField",
        {"name": "half", "dataType": "double", "optype": "continuous"},
        tag(
            "Apply", {"function": "*"}, tag("FieldRef", {"field": "n"}) + tag("Constant", {}, "0.5")
        ),
    ),
)


def document(rows: list[tuple[float, float]] = ROWS) -> Document:
    """Two neighbours: x as it is, n halved."""
    columns = (("y", "label"), ("x", "first"), ("half", "second"))
    fields = "".join(tag("InstanceField", {"field": f, "column": f"data:{c}"}) for f, c in columns)
    table = "".join(
        tag("row", {}, tag("label", {}, "p") + tag("first", {}, str(x)) + tag("second", {}, str(h)))
        for x, h in rows
    )
    model = tag(
        "NearestNeighborModel",
        {"functionName": "classification", "numberOfNeighbors": 1},
        tag(
            "MiningSchema",
            {},
            mining_field("y", usageType="target") + mining_field("x") + mining_field("n"),
        )
        + HALF
        + tag(
            "TrainingInstances",
            {},
            tag("InstanceFields", {}, fields) + tag("InlineTable", {}, table),
        ),
    )
    fields = data_field("y", "string", "categorical", ["p"]) + data_field("x")
    return read(pmml(fields + data_field("n", "integer"), model))


def points(parsed: Document, count: int = 5) -> list[tuple[dict[str, float], str]]:
    return neighbour_points(parsed, Tracer(parsed, inputs_of(parsed)), count)


def test_instances_and_the_middle_of_two() -> None:
    found = points(document())
    assert [(p, how) for p, how in found if "instances" not in how] in (
        [
            ({"x": 1.0, "n": 8.0}, "a training instance"),
            ({"x": 3.0, "n": 16.0}, "a training instance"),
        ],
        [
            ({"x": 3.0, "n": 16.0}, "a training instance"),
            ({"x": 1.0, "n": 8.0}, "a training instance"),
        ],
    )
    between = [p for p, how in found if how == "between two training instances"]
    assert between == [{"x": 2.0, "n": 12.0}] * 5
    assert points(document()) == found
    assert len(points(document(), 1)) == 2
    assert points(document([])) == []
    assert [how for _, how in points(document(ROWS[:1]))] == ["a training instance"]


def test_the_rows_are_at_the_boundary() -> None:
    parsed = document()
    real = {"x": [0.5], "n": [7]}
    rows = build_rows(parsed, inputs_of(parsed), real, Budget(neighbours=3))[1]
    assert rows.name == BOUNDARY
    at = [rows.record(i) for i, note in enumerate(rows.notes) if "training instance" in note]
    assert {(r["x"], r["n"]) for r in at} == {(1.0, 8), (3.0, 16), (2.0, 12)}
    assert all(type(r["n"]) is int for r in at)


def test_an_engine_that_breaks_ties_otherwise_is_not_certified(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.normal(size=(300, 2)), columns=["a", "b"]).round(1)
    y = pd.Series(np.where(X.a + X.b > 0, "p", "q"), name="side")
    fitted = KNeighborsClassifier(3).fit(X, y)
    held = pd.DataFrame(random.normal(size=(60, 2)), columns=["a", "b"])
    holdout = (held, pd.Series(fitted.predict(held), name="side"))
    with pytest.raises(NotCertifiedError, match=r"pypmml: .* boundary rows differ"):
        converters.export(fitted, X, y, model="near", store=tmp_path, holdout=holdout)

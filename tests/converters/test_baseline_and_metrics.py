"""Baselines count every row once; metrics are scikit-learn's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.baseline import BINS, LEVELS_KEPT, baseline
from converters.metrics import evaluate
from pmml_pipeline.schema import InputField


def _input(optype: str) -> InputField:
    data_type = "double" if optype == "continuous" else "string"
    return InputField("x", data_type, optype, required=False)


def _field(optype: str, values: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = baseline([_input(optype)], {"x": values}, {})["inputs"]["x"]
    return found


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_numbers_are_each_counted_once(values: list[float | None]) -> None:
    found = _field("continuous", values)
    assert sum(found["counts"]) + found["missing"] == len(values)
    assert found["edges"] == sorted(found["edges"])
    assert len(found["counts"]) <= BINS
    json.dumps(found, allow_nan=False)


@given(st.lists(st.none() | st.text(max_size=3)))
def test_levels_are_each_counted_once(values: list[str | None]) -> None:
    found = _field("categorical", values)
    assert sum(found["counts"]) + found["missing"] + found["other"] == len(values)
    assert len(set(found["levels"])) == len(found["levels"])


def test_very_many_levels_are_bounded() -> None:
    found = _field("categorical", [f"level {i}" for i in range(LEVELS_KEPT * 3)])
    assert len(found["levels"]) == LEVELS_KEPT
    assert found["other"] == LEVELS_KEPT * 2


def test_deciles_hold_a_tenth_each() -> None:
    found = _field("continuous", list(range(1000)))
    assert len(found["counts"]) == BINS
    assert all(abs(count - 100) <= 1 for count in found["counts"])


def test_a_constant_has_one_bin() -> None:
    found = _field("continuous", [4.0] * 7)
    assert found["edges"] == [4.0, 4.0]
    assert found["counts"] == [7]


def test_scores_have_a_baseline_too() -> None:
    scores = {"y": np.array(["a", "b", "a"], dtype=object), "p": np.array([0.1, 0.2, 0.3])}
    found = baseline([], {}, scores)["outputs"]
    assert found["y"]["levels"] == ["a", "b"]
    assert sum(found["p"]["counts"]) == 3


def test_metrics_of_a_classification() -> None:
    truth = np.array(["good", "bad", "good", "bad"])
    predictions = {
        "status": np.array(["good", "bad", "bad", "bad"]),
        "probability(bad)": np.array([0.2, 0.9, 0.6, 0.7]),
        "probability(good)": np.array([0.8, 0.1, 0.4, 0.3]),
    }
    found = evaluate(truth, predictions, "status", "classification")
    assert found["accuracy"] == 0.75
    assert found["auc"] == 1.0
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.9, 0.4, 0.7]).mean())


def test_metrics_of_a_regression() -> None:
    found = evaluate(np.array([1.0, 2.0]), {"y": np.array([1.0, 4.0])}, "y", "regression")
    assert found["rmse"] == pytest.approx(np.sqrt(2.0))
    assert found["mae"] == 1.0


def test_integer_and_boolean_labels_meet_their_text() -> None:
    truth = np.array([0, 1, 1])
    predictions = {
        "probability(0)": np.array([0.9, 0.2, 0.4]),
        "probability(1)": np.array([0.1, 0.8, 0.6]),
    }
    assert evaluate(truth, predictions, "y", "classification")["auc"] == 1.0

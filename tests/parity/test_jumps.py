"""Jumps of a prediction are found to the last bit, and only real ones are counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from pmml_pipeline.parity.jumps import AWAY, Ask, Jump, find_jumps
from pmml_pipeline.schema import InputField, OutputField

X = InputField("x", "double", "continuous", required=False)
N = InputField("n", "integer", "continuous", required=False)
LEVEL = InputField("level", "string", "categorical", required=False)
SCORE = OutputField("score", "double", target=True)
LABEL = OutputField("label", "string", target=True, levels=("no", "yes"))
PROBABILITY = OutputField("probability(yes)", "double", "probability", "yes")

REAL: dict[str, list[Any]] = {
    "x": [-3.5, None, 0.25, 7.0, 0.0, 1e9],
    "n": [1, 2, None, 50, 7, 2**40],
    "level": ["a", "b", "a", None, "b", "a"],
}


def library(score: Callable[[Any, Any], float]) -> Ask:
    """A library that predicts one number of x and n, and refuses NaN."""

    def ask(columns: Mapping[str, list[Any]]) -> tuple[dict[str, Any], Any]:
        pairs = zip(columns["x"], columns["n"], strict=True)
        found = np.array([score(0.0 if x is None else x, n or 0) for x, n in pairs])
        return {"score": found}, np.isnan(found)

    return ask


def labels(ask: Ask, probability: bool) -> Ask:
    """The same library as a classifier: yes from 1 on."""

    def classify(columns: Mapping[str, list[Any]]) -> tuple[dict[str, Any], Any]:
        values, refused = ask(columns)
        found: dict[str, Any] = {
            "label": np.where(values["score"] >= 1, "yes", "no").astype(object)
        }
        if probability:
            found["probability(yes)"] = 1 / (1 + np.exp(1 - values["score"]))
        return found, refused

    return classify


def on(jumps: list[Jump], field: str) -> set[tuple[float | int, ...]]:
    """The values of the jumps along one input."""
    return {jump.values for jump in jumps if jump.field == field}


def test_both_sides_of_a_jump_are_neighbours() -> None:
    jumps = find_jumps(library(lambda x, n: float(x > 0.1)), [X], [SCORE], REAL, 20)
    above = math.nextafter(0.1, 1)
    inner = {values[2:4] for values in on(jumps, "x")}
    assert inner == {(0.1, above)}
    assert all(jump.real and jump.size == 1 for jump in jumps)
    (values,) = on(jumps, "x")
    assert values[1] == math.nextafter(0.1, 0)
    assert values[4] == math.nextafter(above, 1)


@pytest.mark.parametrize("threshold", [0.0, -1e-310, 5e-324, -2.5, 123456.789])
def test_jumps_are_found_among_numbers_of_every_size(threshold: float) -> None:
    jumps = find_jumps(library(lambda x, n: float(x > threshold)), [X], [SCORE], REAL, 20)
    inner = {values[2:4] for values in on(jumps, "x")}
    assert inner == {(threshold, math.nextafter(threshold, math.inf))}


def test_a_comparison_in_float32_is_found_where_it_turns() -> None:
    ask = library(lambda x, n: float(np.float32(x) > np.float32(0.1)))
    ((_, _, last, first, _, _),) = on(find_jumps(ask, [X], [SCORE], REAL, 20), "x")
    assert np.float32(last) == np.float32(0.1) < np.float32(first)


def test_whole_numbers_stay_whole_and_inputs_take_turns() -> None:
    jumps = find_jumps(library(lambda x, n: (x > 1) + (n > 20) * 1.0), [X, N], [SCORE], REAL, 20)
    assert on(jumps, "n") == {(18, 19, 20, 21, 22, 23)}
    assert all(type(v) is int for values in on(jumps, "n") for v in values)
    assert len(on(jumps, "x")) == 1


def test_of_two_jumps_the_larger_one_is_found() -> None:
    ask = library(lambda x, n: (x > -1) * 1.0 + (x > 5) * 100.0 + x * 1e-9)
    jumps = find_jumps(ask, [X], [SCORE], REAL, 40)
    assert {round(jump.size) for jump in jumps if jump.real} == {1, 100}
    across = [jump for jump in jumps if REAL["x"][jump.row] < -1 and jump.size > 1.5]
    assert across


def test_a_smooth_prediction_has_no_jumps() -> None:
    jumps = find_jumps(library(lambda x, n: 3 * min(x, 10)), [X], [SCORE], REAL, 20)
    assert jumps
    assert not any(jump.real for jump in jumps)


def test_where_the_library_begins_to_refuse_is_a_jump() -> None:
    ask = library(lambda x, n: math.nan if 1 < x < 2 else 5.0 + (x > 3))
    jumps = find_jumps(ask, [X], [SCORE], REAL, 20)
    assert {values[2:4] for values in on(jumps, "x")} & {
        (1.0, math.nextafter(1, 2)),
        (math.nextafter(2, 1), 2.0),
        (3.0, math.nextafter(3, 4)),
    }
    assert all(jump.real for jump in jumps)


def test_a_tie_of_probabilities_is_no_jump() -> None:
    ask = labels(library(lambda x, n: x), probability=True)
    jumps = find_jumps(ask, [X], [LABEL, PROBABILITY], REAL, 20)
    assert not any(jump.real for jump in jumps)


def test_a_label_that_comes_alone_is_tried_a_little_away() -> None:
    ask = labels(library(lambda x, n: x), probability=False)
    jumps = find_jumps(ask, [X], [LABEL], REAL, 20)
    assert all(jump.real for jump in jumps)
    ((_, _, low, high, _, _),) = on(jumps, "x")
    assert low < 1 - AWAY * 2**-54
    assert 1 + AWAY * 2**-54 < high < 1 + 1e-8
    # The library may predict what the document has no result for.
    assert find_jumps(labels(ask_numbers(), True), [X], [LABEL], REAL, 20) == jumps


def ask_numbers() -> Ask:
    """The number itself."""
    return library(lambda x, n: x)


def test_rows_are_the_same_every_time_and_few() -> None:
    ask = library(lambda x, n: float(x > 0.1))
    first = find_jumps(ask, [X, N, LEVEL], [SCORE], REAL, 3)
    assert len(first) == 3
    assert find_jumps(ask, [X, N, LEVEL], [SCORE], REAL, 3) == first


def test_nothing_to_walk_is_nothing_found() -> None:
    ask = library(lambda x, n: 0.0)
    alone: dict[str, list[Any]] = {"x": [1.0, None], "n": [None, None], "level": ["a", "b"]}
    assert find_jumps(ask, [X, N, LEVEL], [SCORE], alone, 20) == []
    assert find_jumps(ask, [LEVEL], [SCORE], REAL, 20) == []
    assert find_jumps(ask, [X], [SCORE], REAL, 20) == []

"""The likely cause of a difference, from the values, the class of rows and the way of the row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pmml_pipeline.parity.causes import cause_of, common_offset, with_paths
from pmml_pipeline.parity.compare import Difference
from pmml_pipeline.parity.rows import RowSet


def rows(name: str = "held-out") -> RowSet:
    return RowSet(name, {}, {}, [])


@pytest.mark.parametrize(
    ("offline", "online", "dtype", "cause"),
    [
        (0.5, 0.5 + 1e-7, np.float32, "float32: the training library computes in single"),
        (0.5, 0.5 + 2.0**-24, np.float32, "float32: both compute in single precision"),
        (1e-9, 1e-9 + 3e-7, np.float32, "float32: the training library computes in single"),
        (0.1, float(np.float32(0.1)), np.float64, "float32: the engine's result is rounded"),
        (0.1, 0.1 + 1e-8, np.float64, "float32: a value is rounded"),
        (100.0, 100.0 + 1e-9, np.float64, "rounding: both compute in double precision"),
        (0.5, 0.6, np.float32, "unknown: "),
        ("a", "b", object, "unknown: "),
    ],
)
def test_causes_of_two_values(offline: Any, online: Any, dtype: Any, cause: str) -> None:
    found = Difference(0, "y", offline, online, math.inf)
    assert cause_of(found, rows(), {"y": np.array([offline], dtype=dtype)}).startswith(cause)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("boundary", "threshold"),
        ("missing", "missing"),
        ("categories", "category"),
        ("held-out", "unknown"),
    ],
)
def test_causes_of_a_class(name: str, kind: str) -> None:
    found = Difference(0, "y", 1.0, 2.0, 1.0)
    assert cause_of(found, rows(name), {"y": np.array([1.0])}).startswith(f"{kind}: ")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1e308, "extreme"),
        (-3.5e38, "extreme"),
        (math.inf, "extreme"),
        (5e-324, "extreme"),
        (7.0, "unknown"),
        (0.0, "unknown"),
        (2**31 - 1, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_size_is_a_cause_only_where_the_number_has_it(value: Any, kind: str) -> None:
    columns = {"x": [value], "say": ["a text"]}
    found = Difference(0, "y", 1.0, 2.0, 1.0)
    extreme = RowSet("extremes", columns, columns, ["x"])
    assert cause_of(found, extreme, {"y": np.array([1.0])}).startswith(f"{kind}: ")


@pytest.mark.parametrize(
    ("original", "stored", "kind"),
    [
        (0.1, 0.1, "unknown"),
        (0.1, "0.1", "unknown"),
        (3, "3", "unknown"),
        (True, "True", "unknown"),
        ("a", "a", "unknown"),
        (None, None, "unknown"),
        ("", None, "storage: 'x' changed"),
        (0.1, "0.10000001", "storage: 'x' changed"),
        ("a", "b", "storage: 'x' changed"),
    ],
)
def test_the_file_is_a_cause_only_where_it_changed_a_value(
    original: Any, stored: Any, kind: str
) -> None:
    rows = RowSet("storage", {"x": [original], "z": [1]}, {"x": [stored], "z": [1]}, ["row 0"])
    found = Difference(0, "y", 1.0, 2.0, 1.0)
    assert cause_of(found, rows, {"y": np.array([1.0])}).startswith(kind)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("unscorable (the engine gives no y)", "no result"),
        ("unscorable (java.lang.Exception)", "engine"),
        ("x: out of range 7 (a number in [0, 1])", "range"),
        ("c: unseen level 'z' (one of a, b)", "category"),
        ("x: missing (a number)", "missing"),
        ("x: wrong type 'a' (a number)", "type"),
        ("x: something else", "refusal"),
    ],
)
def test_causes_of_a_refusal(words: str, kind: str) -> None:
    found = Difference(0, "", {}, f"refused: 数据错误 (data error): {words}", math.inf)
    assert cause_of(found, rows(), {}).startswith(f"{kind}: ")


def test_causes_of_one_sided_rows() -> None:
    offline = Difference(0, "", "refused by the training library", {"y": 1.0}, math.inf)
    assert cause_of(offline, rows(), {}).startswith("refusal: the training library refuses")
    contract = Difference(0, "", "refused by the contract", {"y": 1.0}, math.inf)
    assert cause_of(contract, rows(), {}).startswith("refusal: the contract refuses")
    batch = Difference(
        0, "", {}, "refused: one record gives [1], the same row in a batch gives [2]", 0
    )
    assert cause_of(batch, rows(), {}).startswith("engine: it scores the row in one way alone")


PARTED = {"trees": 9, "walked": 9, "parted": 2, "partings": [{"tree": 3, "line": 40}]}


@pytest.mark.parametrize(
    ("cause", "changes", "paths", "expected"),
    [
        ("unknown: x", {}, PARTED, "threshold: double and float32 take different branches in 2 of"),
        ("float32: x", {}, PARTED, "float32: x"),
        ("rounding: x", {}, PARTED, "rounding: x"),
        ("threshold: x", {}, {"trees": 9, "walked": 9}, "unknown: the row is at a threshold"),
        ("threshold: x", {}, {"trees": 9, "walked": 8}, "threshold: x"),
        ("threshold: x", {}, {"trees": 0}, "threshold: x"),
        ("missing: x", {}, {"trees": 9, "walked": 9, "unanswered": 4}, "missing: by the document"),
        (
            "no result: x",
            {"output": ""},
            {"trees": 9, "walked": 9, "unanswered": 4},
            "missing: by the document's rules 4 of 9 trees give no prediction",
        ),
        (
            "refusal: x",
            {"output": "", "offline": "refused by the training library: y"},
            {"trees": 9, "walked": 9, "unanswered": 4},
            "refusal: x",
        ),
        ("refusal: x", {"output": ""}, {"trees": 1, "margin": "x = 7 is ..."}, "float32: x = 7 is"),
    ],
)
def test_the_way_makes_the_cause_closer(
    cause: str, changes: dict[str, Any], paths: dict[str, Any], expected: str
) -> None:
    assert with_paths(cause, {"output": "y", "offline": 1.0, **changes}, paths).startswith(expected)


def pairs(*values: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"offline": a, "online": b} for a, b in values]


def test_a_common_offset_is_found() -> None:
    found = common_offset(pairs((10.0, 7.0), (20.0, 17.0), (30.0, 27.00001)))
    assert found is not None
    assert "off by about -3" in found
    assert common_offset(pairs((10.0, 7.0), (20.0, 17.0), (30.0, 28.0))) is None
    assert common_offset(pairs((10.0, 7.0), (10.0, 7.0), (10.0, 7.0))) is None
    assert common_offset(pairs((1e6, 1e6 - 3), (2e6, 2e6 - 9), (3e6, 3e6 - 1))) is None

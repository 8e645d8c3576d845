"""``RegressionModel`` as a classifier: every normalisation, of two classes and of more."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, tag

ENGINES = ("compiled", "jpmml")
# y_j = intercept + coefficient * x: at x = 0.5 these are 0.25, 0.25, 0.4 and 0.625.
TABLES = ((0.1, 0.3), (0.2, 0.1), (0.2, 0.4), (0.6, 0.05))


def document(method: str | None, count: int, optype: str = "categorical") -> bytes:
    names = "pqrs"[:count]
    tables = "".join(
        tag("RegressionTable", {"intercept": intercept, "targetCategory": name},
            tag("NumericPredictor", {"name": "x", "coefficient": coefficient}))
        for name, (intercept, coefficient) in zip(names, TABLES, strict=False)
    )  # fmt: skip
    outputs = "".join(output_field(name, "probability", name) for name in names)
    model = tag(
        "RegressionModel",
        {"functionName": "classification", "normalizationMethod": method},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + mining_field("x"))
        + tag("Output", {}, outputs)
        + tables,
    )
    return pmml(data_field("y", "string", optype, names) + data_field("x"), model)


def score(data: bytes, folder: Path, engine: str, x: float) -> list[Any]:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return list(pp.load(path, engine).score({"x": x}).values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("method", "count", "x", "expected"),
    [
        (None, 2, 0.5, ["q", 0.25, 0.75]),
        (None, 2, -1.0, ["q", 0.0, 1.0]),  # y_1 is -0.2
        (None, 2, 5.0, ["p", 1.0, 0.0]),  # y_1 is 1.6
        ("none", 3, 0.5, ["r", 0.25, 0.25, 0.5]),
        ("none", 3, -1.0, ["r", -0.2, 0.1, 1.1]),
        ("none", 4, 0.5, ["r", 0.25, 0.25, 0.4, 0.1]),  # the last table says 0.625
        ("simplemax", 3, 0.5, ["r", 0.25 / 0.9, 0.25 / 0.9, 0.4 / 0.9]),
    ],
)
def test_without_an_order(
    method: str | None, count: int, x: float, expected: list[Any], engine: str, tmp_path: Path
) -> None:
    found = score(document(method, count), tmp_path, engine, x)
    assert found[0] == expected[0]
    assert found[1:] == pytest.approx(expected[1:], abs=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("count", [3, 4])
def test_logits_are_divided_by_their_sum(count: int, engine: str, tmp_path: Path) -> None:
    odds = [1 / (1 + math.exp(-(i + c * 0.5))) for i, c in TABLES[:count]]
    found = score(document("logit", count), tmp_path, engine, 0.5)
    assert found[1:] == pytest.approx([p / sum(odds) for p in odds], abs=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_cumulative_ends_at_zero_and_one(engine: str, tmp_path: Path) -> None:
    # At -1 the tables give -0.2 and 0.1 for "at most p" and "at most q".
    found = score(document("none", 3, "ordinal"), tmp_path, engine, -1.0)
    assert found[0] == "r"
    assert found[1:] == pytest.approx([0.0, 0.1, 0.9], abs=1e-15)


@pytest.mark.parametrize(
    ("method", "count", "optype"),
    [
        *((method, 3, "categorical") for method in ("probit", "cloglog", "loglog", "cauchit")),
        *(("exp", count, optype) for count in (2, 3) for optype in ("categorical", "ordinal")),
    ],
)
def test_what_gives_no_probabilities(method: str, count: int, optype: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=rf"RegressionModel \(line 1\).*{method}"):
        score(document(method, count, optype), tmp_path, "compiled", 0.5)

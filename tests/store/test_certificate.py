"""A certificate says what was proven, and cannot be made to contradict itself."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from pmml_pipeline.errors import ManifestError
from pmml_pipeline.store import Certificate, ClassResult, EngineResult

from .sample import CERTIFICATE

GOOD = CERTIFICATE.engines[0]
BAD = CERTIFICATE.engines[1]


def test_what_it_says() -> None:
    assert CERTIFICATE.engines_certified == ("pypmml",)
    assert CERTIFICATE.preferred == "pypmml"
    assert CERTIFICATE.engine("jpmml") is BAD
    assert CERTIFICATE.engine("compiled") is None


@pytest.mark.parametrize(
    ("tolerance", "text"),
    [
        (0.0, "to 10 decimals"),
        (1e-10, "to 10 decimals"),
        (1.1e-10, "not to 10 decimals (tolerance 1.1e-10)"),
        (2e-6, "not to 10 decimals (tolerance 2e-06)"),
    ],
)
def test_describe(tolerance: float, text: str) -> None:
    certificate = dataclasses.replace(CERTIFICATE, tolerance=tolerance)
    assert certificate.describe() == text
    assert certificate.to_10_decimals == (not text.startswith("not"))


def test_round_trip_keeps_an_infinite_difference() -> None:
    again = Certificate.from_json(CERTIFICATE.to_json())
    assert again == CERTIFICATE
    assert again.engines[1].classes[1].worst == math.inf


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"preferred": "jpmml"}, "'jpmml' is not certified"),
        ({"preferred": "compiled"}, "'compiled' is not certified"),
        ({"engines": (GOOD, GOOD)}, "named twice"),
        ({"engines": (dataclasses.replace(GOOD, classes=GOOD.classes[:1]),)}, "one result per row"),
        ({"engines": (dataclasses.replace(GOOD, classes=GOOD.classes * 2),)}, "one result per row"),
        ({"engines": (dataclasses.replace(GOOD, classes=()),)}, "one result per row"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": math.nan}, "tolerance"),
        ({"tolerance": math.inf}, "tolerance"),
    ],
)
def test_contradictions_of_the_whole(changed: dict[str, Any], cause: str) -> None:
    with pytest.raises(ManifestError, match=cause):
        dataclasses.replace(CERTIFICATE, **changed)


def test_contradictions_of_an_engine() -> None:
    with pytest.raises(ManifestError, match="although rows do not agree"):
        dataclasses.replace(BAD, certified=True)
    with pytest.raises(ManifestError, match="no reason"):
        EngineResult("jpmml", certified=False, versions={})


@pytest.mark.parametrize("counts", [(10, 11, 0, 0.0), (10, 0, 11, 0.0), (10, -1, 0, 0.0)])
def test_contradictions_of_the_counts(counts: tuple[int, int, int, float]) -> None:
    with pytest.raises(ManifestError, match="more rows"):
        ClassResult("boundary", *counts)


@pytest.mark.parametrize("worst", [math.nan, -1.0])
def test_a_difference_is_a_size(worst: float) -> None:
    with pytest.raises(ManifestError, match="worst difference"):
        ClassResult("boundary", 1, 0, 0, worst)


def test_no_engine_at_all_can_be_said_but_not_preferred() -> None:
    none = dataclasses.replace(CERTIFICATE, engines=(BAD,), preferred=None)
    assert none.engines_certified == ()


def test_a_flag_that_contradicts_the_tolerance_is_not_believed() -> None:
    data = CERTIFICATE.to_json() | {"tolerance": 2e-6}
    with pytest.raises(ManifestError, match="to_10_decimals contradicts"):
        Certificate.from_json(data)

"""Naive Bayes models against the formulas of the specification and against JPMML-Evaluator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, tag

S = data_field("s", "string", "categorical")
X = data_field("x")


def counts(of: Mapping[str, float]) -> str:
    inner = "".join(tag("TargetValueCount", {"value": k, "count": v}) for k, v in of.items())
    return tag("TargetValueCounts", {}, inner)


def pair(value: str, of: Mapping[str, float]) -> str:
    return tag("PairCounts", {"value": value}, counts(of))


def bayes(field: str, inner: str) -> str:
    return tag("BayesInput", {"fieldName": field}, inner)


def stats(of: Mapping[str, str]) -> str:
    inner = "".join(tag("TargetValueStat", {"value": k}, v) for k, v in of.items())
    return tag("TargetValueStats", {}, inner)


def gaussian(mean: float, variance: float) -> str:
    return tag("GaussianDistribution", {"mean": mean, "variance": variance})


def poisson(mean: float) -> str:
    return tag("PoissonDistribution", {"mean": mean})


def document(
    inputs: str,
    output: Mapping[str, float],
    threshold: float,
    fields: str,
    names: str,
    classes: tuple[str, ...] = ("p", "q"),
) -> bytes:
    schema = mining_field("y", usageType="target")
    schema += "".join(mining_field(n, invalidValueTreatment="asIs") for n in names)
    outputs = "".join(output_field(f"p_{c}", "probability", c) for c in classes)
    model = tag(
        "NaiveBayesModel",
        {"functionName": "classification", "threshold": threshold},
        tag("MiningSchema", {}, schema)
        + tag("Output", {}, outputs)
        + tag("BayesInputs", {}, inputs)
        + tag("BayesOutput", {"fieldName": "y"}, counts(output)),
    )
    return pmml(data_field("y", "string", "categorical", classes) + fields, model)


def load(data: bytes, folder: Path, engine: str = "compiled") -> pp.Scorer:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return pp.load(path, engine=engine)


def shares(scorer: pp.Scorer, **record: Any) -> list[float]:
    result = scorer.score(record)
    return [v for k, v in result.items() if k.startswith("p_")]


def normal(*likelihoods: float) -> Any:
    return pytest.approx([v / sum(likelihoods) for v in likelihoods], rel=0, abs=1e-14)


COUNTED = bayes(
    "s", pair("a", {"p": 3, "q": 0}) + pair("b", {"p": 1, "q": 4}) + pair("c", {"p": 2})
)
GAUSSIAN = bayes("x", stats({"p": gaussian(0, 1), "q": gaussian(3, 2)}))
POISSON = bayes("x", stats({"p": poisson(1), "q": poisson(30)}))


def test_counts_are_shares_of_what_was_seen_with_the_class(tmp_path: Path) -> None:
    scorer = load(document(COUNTED, {"p": 10, "q": 5}, 0.01, S, "s"), tmp_path)
    assert shares(scorer, s="a") == normal(10 * 3 / 6, 5 * 0.01)  # a count of zero
    assert shares(scorer, s="b") == normal(10 * 1 / 6, 5 * 4 / 4)
    assert shares(scorer, s="c") == normal(10 * 2 / 6, 5 * 0.01)  # a count that is left out
    assert shares(scorer, s="never seen") == normal(10, 5)
    assert shares(scorer, s=None) == normal(10, 5)
    assert scorer.score({"s": "b"})["y"] == "q"


def test_without_a_threshold_what_was_never_seen_has_no_score(tmp_path: Path) -> None:
    scorer = load(document(COUNTED, {"p": 10, "q": 5}, 0.0, S, "s"), tmp_path)
    assert shares(scorer, s="a") == [1.0, 0.0]
    assert shares(scorer, s=None) == normal(10, 5)
    with pytest.raises(DataError):
        scorer.score({"s": "never seen"})


def density(x: float, mean: float, variance: float) -> float:
    return math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


@pytest.mark.parametrize("x", [0.0, -1.5, 2.0, 10.0, 1e5])
def test_gaussian_distributions(x: float, tmp_path: Path) -> None:
    scorer = load(document(GAUSSIAN, {"p": 10, "q": 5}, 0.001, X, "x"), tmp_path)
    p, q = (max(0.001, density(x, *of)) for of in ((0, 1), (3, 2)))
    assert shares(scorer, x=x) == normal(10 * p, 5 * q)
    assert shares(scorer, x=None) == normal(10, 5)


def test_far_away_the_densities_do_not_underflow(tmp_path: Path) -> None:
    scorer = load(document(GAUSSIAN, {"p": 1, "q": 1}, 0.0, X, "x"), tmp_path)
    logs = [-(1e3**2) / 2, -(997.0**2) / 4 - math.log(2) / 2]
    assert shares(scorer, x=1e3) == pytest.approx([math.exp(logs[0] - logs[1]), 1.0], abs=1e-14)


@pytest.mark.parametrize("x", [0, 1, 7, 31, 32, 33, 60])
def test_poisson_distributions(x: int, tmp_path: Path) -> None:
    scorer = load(document(POISSON, {"p": 10, "q": 5}, 1e-30, X, "x"), tmp_path)
    p, q = (max(1e-30, m**x * math.exp(-m) / math.factorial(x)) for m in (1, 30))
    assert shares(scorer, x=float(x)) == normal(10 * p, 5 * q)


def test_numbers_that_no_poisson_distribution_gives(tmp_path: Path) -> None:
    scorer = load(document(POISSON, {"p": 10, "q": 5}, 1e-30, X, "x"), tmp_path)
    assert shares(scorer, x=-1.0) == normal(10, 5)
    for x in (1.5, 40.5):
        with pytest.raises(DataError):
            scorer.score({"x": x})


def test_factorials_of_large_numbers(tmp_path: Path) -> None:
    # Only one of two classes reaches the threshold, which shows the factorial itself.
    data = document(
        bayes("x", stats({"p": poisson(100), "q": poisson(1e-300)})), {"p": 1, "q": 1}, 1e-9, X, "x"
    )
    scorer = load(data, tmp_path)
    for x in (70, 80, 100, 150):
        p = math.exp(x * math.log(100) - 100 - math.lgamma(x + 1))
        assert shares(scorer, x=float(x)) == pytest.approx(
            [p / (p + 1e-9), 1e-9 / (p + 1e-9)], rel=1e-11
        )


def binned(left: str = "lo") -> str:
    bins = tag(
        "DiscretizeBin",
        {"binValue": left},
        tag("Interval", {"closure": "openOpen", "rightMargin": 1}),
    ) + tag(
        "DiscretizeBin",
        {"binValue": "hi"},
        tag("Interval", {"closure": "closedOpen", "leftMargin": 1, "rightMargin": 9}),
    )
    inner = tag("Discretize", {"field": "x"}, bins)
    return tag("DerivedField", {"optype": "categorical", "dataType": "string"}, inner)


DERIVED = bayes("x", binned() + pair("lo", {"p": 3, "q": 2}) + pair("hi", {"p": 1, "q": 4}))


def test_an_input_that_is_discretized(tmp_path: Path) -> None:
    scorer = load(document(DERIVED + COUNTED, {"p": 10, "q": 5}, 0.01, X + S, "xs"), tmp_path)
    assert shares(scorer, x=0.0, s="b") == normal(10 * 3 / 4 * 1 / 6, 5 * 2 / 6)
    assert shares(scorer, x=1.0, s=None) == normal(10 * 1 / 4, 5 * 4 / 6)
    assert shares(scorer, x=20.0, s=None) == normal(10, 5)  # in no interval: missing


def test_a_class_without_a_count_has_none(tmp_path: Path) -> None:
    scorer = load(document(COUNTED, {"p": 10}, 0.01, S, "s"), tmp_path)
    assert shares(scorer, s="b") == [1.0, 0.0]


def test_of_equals_the_first_of_the_output_wins(tmp_path: Path) -> None:
    same = bayes("s", pair("a", {"p": 1, "q": 1}))
    scorer = load(document(same, {"q": 5, "p": 5}, 0.01, S, "s"), tmp_path)
    assert scorer.score({"s": "a"})["y"] == "q"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (bayes("x", stats({"p": gaussian(0, 1)})), "not one distribution for every class"),
        (bayes("x", stats({"p": gaussian(0, 0), "q": gaussian(0, 1)})), "the variance 0"),
        (bayes("x", stats({"p": poisson(0), "q": poisson(1)})), "the mean 0"),
        (
            bayes("x", stats({"p": tag("UniformDistribution", {"lower": 0, "upper": 1})})),
            "UniformDistribution",
        ),
        (bayes("x", ""), "neither TargetValueStats nor PairCounts"),
        (bayes("x", pair("1", {"p": 1}) + pair("1.0", {"p": 1})), "once more"),
        (bayes("x", pair("1", {"z": 1})), "'z', which is no class"),
        (bayes("x", pair("1", {"p": -1})), "counts -1"),
        (bayes("s", stats({"p": gaussian(0, 1), "q": gaussian(0, 1)})), "no number"),
        (bayes("x", binned() + stats({"p": poisson(1), "q": poisson(1)})), "more than its"),
    ],
)
def test_refusals_name_the_element(inputs: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=said):
        load(document(inputs, {"p": 1, "q": 1}, 0.01, X + S, "xs"), tmp_path)


@pytest.mark.parametrize("threshold", [0.0, 0.01])
@pytest.mark.parametrize("inputs", [GAUSSIAN, POISSON, DERIVED])
def test_jpmml_says_the_same(inputs: str, threshold: float, tmp_path: Path) -> None:
    # Where JPMML takes a count that is left out for a missing input, the specification does not.
    full = bayes("s", pair("a", {"p": 3, "q": 0.5}) + pair("b", {"p": 1, "q": 4}))
    data = document(inputs + full, {"p": 10, "q": 5}, threshold, X + S, "xs")
    ours, theirs = (load(data, tmp_path, engine) for engine in ("compiled", "jpmml"))
    for x in (None, 0.0, 1.0, 4.0, 25.0):
        for s in (None, "a", "b"):
            assert shares(ours, x=x, s=s) == pytest.approx(
                shares(theirs, x=x, s=s), rel=0, abs=1e-12
            )

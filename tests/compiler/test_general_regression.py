"""General regression models against the specification's formulas and against JPMML-Evaluator."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, tag

FIELDS = (
    data_field("f", "string", "categorical", ["a", "b", "c"])
    + data_field("g", "string", "categorical", ["u", "v"])
    + data_field("x")
    + data_field("z")
)
RECORDS: list[dict[str, Any]] = [
    {"f": f, "g": g, "x": x, "z": z}
    for f, g, x, z in itertools.product(("a", "b", "d", None), ("u", "v"), (0.5, -1.0), (2.0, 3.0))
]


def beta(parameter: str, value: float, category: str | None = None) -> str:
    return tag("PCell", {"parameterName": parameter, "beta": value, "targetCategory": category})


def part(parameter: str, predictor: str, value: str) -> str:
    return tag("PPCell", {"parameterName": parameter, "predictorName": predictor, "value": value})


def listed(name: str, inner: Sequence[str]) -> str:
    return tag(name, {}, "".join(inner))


FACTORS = listed("FactorList", [tag("Predictor", {"name": n}) for n in "fg"])
COVARIATES = listed("CovariateList", [tag("Predictor", {"name": n}) for n in "xz"])
PARTS = (
    part("p1", "x", "1"),
    part("p2", "f", "a"),
    part("p3", "f", "b"),
    part("p4", "x", "2"),
    part("p4", "f", "a"),
    part("p5", "f", "b"),
    part("p5", "g", "u"),
    part("p6", "z", "0.5"),
)
BETAS = {"p0": 0.25, "p1": 0.5, "p2": -0.75, "p3": 0.3, "p4": 0.1, "p5": 0.2, "p6": 0.7}
CELLS = [beta(p, v) for p, v in BETAS.items()]


def linear(f: str, g: str, x: float, z: float) -> float:
    terms = {
        "p0": 1.0,
        "p1": x,
        "p2": float(f == "a"),
        "p3": float(f == "b"),
        "p4": x**2 * (f == "a"),
        "p5": float(f == "b" and g == "u"),
        "p6": z**0.5,
    }
    return sum(BETAS[p] * v for p, v in terms.items())


def document(
    attributes: Mapping[str, object],
    cells: Sequence[str] = CELLS,
    *,
    classes: Sequence[str] = (),
    parts: Sequence[str] = PARTS,
    factors: str = FACTORS,
    references: Mapping[str, float] | None = None,
    more: str = "",
    optype: str = "categorical",
) -> bytes:
    target = data_field("y", "string", optype, classes) if classes else data_field("y")
    outputs = "".join(output_field(f"p_{c}", "probability", c) for c in classes)
    schema = mining_field("y", usageType="target")
    schema += "".join(mining_field(n, invalidValueTreatment="asIs") for n in "fgxz")
    parameters = [
        tag("Parameter", {"name": p, "referencePoint": (references or {}).get(p)})
        for p in [*BETAS, "unused"]
    ]
    model = tag(
        "GeneralRegressionModel",
        {"functionName": "classification" if classes else "regression", **attributes},
        tag("MiningSchema", {}, schema)
        + (tag("Output", {}, outputs) if outputs else "")
        + listed("ParameterList", parameters)
        + factors
        + COVARIATES
        + listed("PPMatrix", parts)
        + listed("ParamMatrix", cells)
        + more,
    )
    return pmml(target + FIELDS, model)


def load(data: bytes, folder: Path, engine: str = "compiled") -> pp.Scorer:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return pp.load(path, engine=engine)


def answers(scorer: pp.Scorer, records: Sequence[Mapping[str, Any]] = RECORDS) -> list[Any]:
    found: list[Any] = []
    for record in records:
        try:
            result = scorer.score(record)
        except DataError:
            found.append("refused")
        else:
            found.append([v for v in result.values() if isinstance(v, float)])
    return found


def agree(data: bytes, folder: Path, records: Sequence[Mapping[str, Any]] = RECORDS) -> list[Any]:
    """The compiled engine's numbers, which are JPMML's."""
    found, expected = (answers(load(data, folder, e), records) for e in ("compiled", "jpmml"))
    for record, one, other in zip(records, found, expected, strict=True):
        assert one == (other if other == "refused" else pytest.approx(other, rel=0, abs=1e-12)), (
            record
        )
    return found


@pytest.mark.parametrize("kind", ["regression", "generalLinear"])
def test_numbers(kind: str, tmp_path: Path) -> None:
    found = agree(document({"modelType": kind}), tmp_path)
    for record, numbers in zip(RECORDS, found, strict=True):
        if record["f"] is None:
            assert numbers == "refused"
        else:
            assert numbers == pytest.approx([linear(**record)], rel=0, abs=1e-14)


LINKS: dict[str, Any] = {
    "cloglog": lambda y: 1 - math.exp(-math.exp(y)),
    "identity": lambda y: y,
    "log": math.exp,
    "logc": lambda y: 1 - math.exp(y),
    "logit": lambda y: 1 / (1 + math.exp(-y)),
    "loglog": lambda y: math.exp(-math.exp(-y)),
    "probit": NormalDist().cdf,
}
WITH_PARAMETER: list[tuple[str, str, float, Any]] = [
    ("negbin", "distParameter", 0.5, lambda y: 1 / (0.5 * (math.exp(-y) - 1))),
    ("oddspower", "linkParameter", 0.5, lambda y: 1 / (1 + (1 + 0.5 * y) ** -2)),
    ("oddspower", "linkParameter", -0.2, lambda y: 1 / (1 + (1 - 0.2 * y) ** 5)),
    ("oddspower", "linkParameter", 0, LINKS["logit"]),
    ("power", "linkParameter", 2, lambda y: y**0.5),
    ("power", "linkParameter", -1, lambda y: 1 / y),
    ("power", "linkParameter", 0, math.exp),
]


@pytest.mark.parametrize(
    ("name", "attribute", "value", "inverse"),
    [*((n, "modelDF", 1, f) for n, f in LINKS.items()), *WITH_PARAMETER],
)
def test_links(name: str, attribute: str, value: float, inverse: Any, tmp_path: Path) -> None:
    attributes = {"modelType": "generalizedLinear", "linkFunction": name, attribute: value}
    data = document({**attributes, "offsetValue": 0.5, "trialsValue": 3})
    found = agree(data, tmp_path)
    for record, numbers in zip(RECORDS, found, strict=True):
        if record["f"] is not None:
            expected = 3 * inverse(linear(**record) + 0.5)
            assert numbers == pytest.approx([expected], rel=1e-12, abs=1e-14)


def test_offset_and_trials_of_the_record(tmp_path: Path) -> None:
    attributes = {"modelType": "generalizedLinear", "linkFunction": "logit"}
    data = document({**attributes, "offsetVariable": "x", "trialsVariable": "z"})
    found = agree(data, tmp_path)
    for record, numbers in zip(RECORDS, found, strict=True):
        if record["f"] is not None:
            expected = record["z"] * LINKS["logit"](linear(**record) + record["x"])
            assert numbers == pytest.approx([expected], rel=0, abs=1e-14)
    half = {"f": "a", "g": "u", "x": 1.0, "z": 2.5}
    assert agree(data, tmp_path, [half]) == ["refused"]


def of_category(category: str, factor: float) -> list[str]:
    return [beta(p, v * factor, category) for p, v in BETAS.items()]


@pytest.mark.parametrize("classes", [["n", "y"], ["y", "n"]])
@pytest.mark.parametrize("kind", ["generalizedLinear", "multinomialLogistic"])
@pytest.mark.parametrize(
    ("cells", "reference"),
    [(of_category("y", 1), None), (of_category("y", 1), "n"), (CELLS, "n"), (CELLS, "y")],
)
def test_two_categories(
    classes: list[str], kind: str, cells: list[str], reference: str | None, tmp_path: Path
) -> None:
    attributes = {"modelType": kind, "linkFunction": "logit", "targetReferenceCategory": reference}
    found = agree(document(attributes, cells, classes=classes), tmp_path)
    share = LINKS["logit"](linear("a", "u", 0.5, 2.0))
    of = {"n": 1 - share, "y": share} if reference != "y" else {"n": share, "y": 1 - share}
    assert found[0] == pytest.approx([of[c] for c in classes], rel=0, abs=1e-14)


@pytest.mark.parametrize("reference", [None, "k2"])
def test_several_categories(reference: str | None, tmp_path: Path) -> None:
    attributes = {"modelType": "multinomialLogistic", "targetReferenceCategory": reference}
    cells = [*of_category("k1", 1), *of_category("k3", -2)]
    found = agree(document(attributes, cells, classes=["k1", "k2", "k3"]), tmp_path)
    y = linear("a", "u", 0.5, 2.0)
    powers = [math.exp(y), 1.0, math.exp(-2 * y)]
    assert found[0] == pytest.approx([p / sum(powers) for p in powers], rel=0, abs=1e-14)


def test_large_sums_do_not_overflow(tmp_path: Path) -> None:
    cells = [*of_category("k1", 5000), *of_category("k3", -2)]
    data = document({"modelType": "multinomialLogistic"}, cells, classes=["k1", "k2", "k3"])
    assert answers(load(data, tmp_path))[0] == [1.0, 0.0, 0.0]


def cauchit(y: float) -> float:
    return 0.5 + math.atan(y) / math.pi


@pytest.mark.parametrize("optype", ["ordinal", "categorical"])
@pytest.mark.parametrize("offset", [None, "x"])
@pytest.mark.parametrize(
    ("name", "inverse"),
    [*((n, LINKS[n]) for n in ("logit", "probit", "cloglog", "loglog")), ("cauchit", cauchit)],
)
def test_ordinal(name: str, inverse: Any, offset: str | None, optype: str, tmp_path: Path) -> None:
    attributes = {"modelType": "ordinalMultinomial", "cumulativeLink": name}
    cells = [beta("p0", -0.5, "k1"), beta("p0", 0.75, "k2"), *CELLS[1:]]
    data = document(
        {**attributes, "offsetVariable": offset}, cells, classes=["k1", "k2", "k3"], optype=optype
    )
    found = agree(data, tmp_path)
    y = linear("a", "u", 0.5, 2.0) - BETAS["p0"] + (0.5 if offset else 0.0)
    first, second = inverse(y - 0.5), inverse(y + 0.75)
    assert found[0] == pytest.approx([first, second - first, 1 - second], rel=0, abs=1e-14)


def contrast(rows: Sequence[Sequence[float]], categories: str = "") -> str:
    inner = listed("Categories", [tag("Category", {"value": c}) for c in categories])
    arrays = [tag("Array", {"type": "real"}, " ".join(map(str, row))) for row in rows]
    matrix = tag("Matrix", {"nbRows": len(rows), "nbCols": len(rows[0])}, "".join(arrays))
    predictor = tag(
        "Predictor",
        {"name": "f", "contrastMatrixType": "Helmert"},
        (inner if categories else "") + matrix,
    )
    return listed("FactorList", [predictor, tag("Predictor", {"name": "g"})])


HELMERT = [[0.6, 0], [-0.3, 0.5], [-0.3, -0.5]]


@pytest.mark.parametrize("categories", ["abc", ""])
def test_contrast_matrices(categories: str, tmp_path: Path) -> None:
    # Without categories they are those of the field, which JPMML does not know.
    parts = [part("p1", "f", "a"), part("p2", "f", "b"), part("p3", "f", "b"), part("p3", "x", "1")]
    cells = [beta("p0", 0.1), beta("p1", 1), beta("p2", 10), beta("p3", 100)]
    data = document(
        {"modelType": "generalLinear"}, cells, parts=parts, factors=contrast(HELMERT, categories)
    )
    records = [{"f": f, "g": "u", "x": 2.0, "z": 1.0} for f in ("a", "b", "c", "d", None)]
    found = agree(data, tmp_path, records) if categories else answers(load(data, tmp_path), records)
    for (one, two), numbers in zip(HELMERT, found, strict=False):
        assert numbers == pytest.approx([0.1 + one + 10 * two + 200 * two], rel=0, abs=1e-12)
    assert found[3:] == ["refused", "refused"]


def cells_of(hazards: Mapping[float, float]) -> str:
    return "".join(tag("BaselineCell", {"time": t, "cumHazard": h}) for t, h in hazards.items())


COX = {"modelType": "CoxRegression", "endTimeVariable": "z", "statusVariable": "g"}
COX_PARTS = [part("p1", "x", "1"), part("p2", "f", "a")]
COX_CELLS = [beta("p1", 0.5), beta("p2", -0.75)]
TIMES = (0.0, 1.0, 1.5, 2.0, 3.0, 4.0, 9.0, None)


def test_cox_regression(tmp_path: Path) -> None:
    table = tag("BaseCumHazardTables", {"maxTime": 4}, cells_of({1: 0.1, 2: 0.3, 3: 0.6}))
    events = tag("EventValues", {}, tag("Value", {"value": "1"}))
    data = document(
        COX, COX_CELLS, parts=COX_PARTS, references={"p1": 2, "unused": 5}, more=events + table
    )
    records = [{"f": "a", "g": "u", "x": 1.0, "z": z} for z in TIMES]
    found = agree(data, tmp_path, records)
    scale = math.exp(0.5 - 0.75 - 0.5 * 2)
    expected = [[h * scale] for h in (0.0, 0.1, 0.1, 0.3, 0.6, 0.6)]
    assert found == [*map(pytest.approx, expected), "refused", "refused"]


def test_cox_regression_by_strata(tmp_path: Path) -> None:
    strata = {"u": (4, {1: 0.1, 2: 0.3}), "v": (2, {0.5: 0.2})}
    table = listed(
        "BaseCumHazardTables",
        [
            tag("BaselineStratum", {"value": name, "maxTime": latest}, cells_of(hazards))
            for name, (latest, hazards) in strata.items()
        ],
    )
    attributes = {**COX, "baselineStrataVariable": "g"}
    data = document(attributes, COX_CELLS, parts=COX_PARTS, more=table)
    records = [
        {"f": "b", "g": g, "x": 0.0, "z": z} for g in ("u", "v", "w") for z in (0.0, 1.0, 3.0)
    ]
    found = agree(data, tmp_path, records)
    assert found == [[0.0], [0.1], [0.3], [0.0], [0.2], *["refused"] * 4]


@pytest.mark.parametrize(
    ("attributes", "options", "said"),
    [
        ({"modelType": "logLinear"}, {}, "modelType='logLinear'"),
        ({"modelType": "regression", "offsetValue": 1}, {}, "an offset"),
        ({"modelType": "regression", "trialsValue": 1}, {}, "trials"),
        ({"modelType": "regression", "x-mathContext": "float"}, {}, "float32"),
        ({"modelType": "generalizedLinear"}, {}, "no linkFunction"),
        ({"modelType": "generalizedLinear", "linkFunction": "power"}, {}, "no linkParameter"),
        ({"modelType": "regression"}, {"factors": ""}, "neither factor nor covariate"),
        ({"modelType": "regression"}, {"cells": [*CELLS, CELLS[0]]}, "once more of 'p0'"),
        ({"modelType": "regression"}, {"cells": [beta("?", 1)]}, "no parameter"),
        ({"modelType": "regression"}, {"parts": [part("?", "x", "1")]}, "no parameter"),
        ({"modelType": "regression"}, {"parts": [part("p1", "x", "b")]}, "the exponent 'b'"),
        ({"modelType": "regression"}, {"cells": of_category("y", 1)}, "a targetCategory"),
        ({"modelType": "regression"}, {"classes": ["n", "y"]}, "classification with regression"),
        ({"modelType": "multinomialLogistic"}, {}, "regression with multinomialLogistic"),
        (
            {"modelType": "regression"},
            {"factors": contrast(HELMERT[:2], "abc")},
            "2 rows of 3 categories",
        ),
        (
            {"modelType": "multinomialLogistic"},
            {"classes": ["k1", "k2", "k3"], "cells": of_category("k1", 1)},
            "which category is the reference",
        ),
        (
            {"modelType": "multinomialLogistic", "targetReferenceCategory": "k1"},
            {"classes": ["k1", "k2"], "cells": of_category("k1", 1)},
            "reference category 'k1'",
        ),
        (
            {"modelType": "multinomialLogistic", "offsetValue": 1},
            {"classes": ["n", "y"], "cells": of_category("y", 1)},
            "an offset",
        ),
        ({"modelType": "multinomialLogistic"}, {"classes": ["n", "y"]}, "no targetCategory"),
        (
            {"modelType": "ordinalMultinomial", "cumulativeLink": "logit"},
            {"classes": ["k1", "k2"], "cells": of_category("k2", 1)},
            "not the last",
        ),
        (
            {"modelType": "ordinalMultinomial"},
            {"classes": ["k1", "k2"], "cells": of_category("k1", 1)},
            "no cumulativeLink",
        ),
        (
            {"modelType": "generalizedLinear", "linkFunction": "logit"},
            {"classes": ["a", "b", "c"], "cells": [*of_category("a", 1), *of_category("b", 1)]},
            "3 categories",
        ),
        (COX, {}, "no BaseCumHazardTables"),
        (COX, {"more": tag("BaseCumHazardTables", {}, cells_of({1: 1}))}, "no maxTime"),
        (COX, {"more": tag("BaseCumHazardTables", {"maxTime": 1})}, "BaselineCell"),
    ],
)
def test_refusals_name_what_it_is(
    attributes: dict[str, Any], options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedDocumentError, match=said) as refused:
        load(document(attributes, **options), tmp_path)
    assert "(line " in str(refused.value)

"""Distances and similarities, of clusters and of neighbours: against JPMML, and by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, tag
from .test_generated_documents import SETTINGS

MEASURES = {
    "euclidean": {},
    "squaredEuclidean": {},
    "chebychev": {},
    "cityBlock": {},
    "minkowski": {"p-parameter": 3},
    "simpleMatching": {},
    "jaccard": {},
    "tanimoto": {},
    "binarySimilarity": {f"{k}{n}-parameter": 0.5 * i + 0.25 for i, (k, n) in enumerate(
        (k, n) for k in "cd" for n in ("00", "01", "10", "11"))},
}  # fmt: skip
BINARY = ("simpleMatching", "jaccard", "tanimoto", "binarySimilarity")
NAMES = ("a", "b", "c")
FIELDS = "".join(data_field(name) for name in NAMES)
SCHEMA = "".join(mining_field(name) for name in NAMES)


def measure(name: str, kind: str = "", **attributes: object) -> str:
    kind = kind or ("similarity" if name in BINARY else "distance")
    return tag("ComparisonMeasure", {"kind": kind, **attributes}, tag(name, MEASURES[name]))


def clusters(
    measure: str,
    fields: str,
    centres: Sequence[Sequence[object]],
    more: str = "",
    output: str = "",
    data: str = FIELDS,
    schema: str = SCHEMA,
) -> bytes:
    outputs = output + output_field("nearest", "predictedValue", data_type="string")
    outputs += "".join(
        output_field(f"d{n}", "affinity", str(n)) for n in range(1, len(centres) + 1)
    )
    arrays = "".join(
        tag("Cluster", {"id": n}, tag("Array", {"type": "real"}, " ".join(map(str, centre))))
        for n, centre in enumerate(centres, 1)
    )
    model = tag(
        "ClusteringModel",
        {"functionName": "clustering", "modelClass": "centerBased",
         "numberOfClusters": len(centres)},
        tag("MiningSchema", {}, schema) + tag("Output", {}, outputs) + measure + fields + more
        + arrays,
    )  # fmt: skip
    return pmml(data, model)


def fields_of(names: Sequence[str] = NAMES, **attributes: object) -> str:
    return "".join(tag("ClusteringField", {"field": name, **attributes}) for name in names)


def scores(data: bytes, folder: Path, engine: str, records: Sequence[dict[str, Any]]) -> list[Any]:
    path = folder / "document.pmml"
    path.write_bytes(data)
    scorer = pp.load(path, engine)
    found: list[Any] = []
    for record in records:
        try:
            found.append(scorer.score(record))
        except DataError:
            found.append(None)
    return found


def same(data: bytes, folder: Path, records: Sequence[dict[str, Any]], without: str = "\0") -> None:
    """Both engines give the same, to 1e-10, but for results whose names begin with ``without``."""
    ours = scores(data, folder, "compiled", records)
    theirs = scores(data, folder, "jpmml", records)
    for record, one, other in zip(records, ours, theirs, strict=True):
        assert (one is None) == (other is None), (record, one, other, data.decode())
        for name in one or ():
            if name.startswith(without) and name != f"{without}1":
                continue
            a, b = one[name], other[name]
            if isinstance(a, float):
                assert math.isclose(a, b, rel_tol=0, abs_tol=1e-10), (record, one, other)
            else:
                assert a == b, (record, one, other, data.decode())


numbers = st.floats(-3, 3).map(lambda x: round(x, 3))
RECORDS = [
    {"a": 0.5, "b": -1.25, "c": 2.0},
    {"a": 1.0, "b": 0.0, "c": 0.0},
    {"a": None, "b": 0.75, "c": -0.5},
    {"a": 1.5, "b": None, "c": None},
    {"a": None, "b": None, "c": None},
]
BITS = [{"a": float(n & 1), "b": float(n >> 1 & 1), "c": float(n >> 2 & 1)} for n in range(8)]


@SETTINGS
@given(data=st.data())
def test_generated_clusters(data: st.DataObject, tmp_path: Path) -> None:
    name = data.draw(st.sampled_from([n for n in MEASURES if n not in BINARY]))
    function = data.draw(st.sampled_from(["absDiff", "gaussSim", "delta", "equal"]))
    weights = data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=3, max_size=3))
    fields = "".join(
        tag(
            "ClusteringField",
            {"field": f, "fieldWeight": w, "similarityScale": 1.5, "compareFunction": function},
        )
        for f, w in zip(NAMES, weights, strict=True)
    )
    count = data.draw(st.integers(1, 4))
    centres = [[data.draw(numbers) for _ in NAMES] for _ in range(count)]
    more = ""
    if data.draw(st.booleans()):
        more = tag("MissingValueWeights", {}, tag("Array", {"type": "real"}, "1.0 0.5 2.0"))
    document = clusters(measure(name), fields, centres, more)
    same(document, tmp_path, RECORDS)


@SETTINGS
@given(data=st.data())
def test_generated_similarities(data: st.DataObject, tmp_path: Path) -> None:
    name = data.draw(st.sampled_from(BINARY))
    bit = st.sampled_from(["0.0", "1.0"])
    # Of a record and a centre without any 1, Jaccard's measure is 0 / 0.
    centres = [[data.draw(bit), data.draw(bit), "1.0"] for _ in range(data.draw(st.integers(1, 4)))]
    same(clusters(measure(name), fields_of(), centres), tmp_path, BITS)


RECORD = {"a": 1.0, "b": 0.0, "c": 2.0}


def test_ranks_and_ties(tmp_path: Path) -> None:
    output = "".join(
        tag("OutputField", {"name": f"{feature} {n}", "feature": feature, "rank": n,
                            "dataType": "string" if feature == "entityId" else "double"})
        for feature in ("entityId", "affinity")
        for n in (1, 2, 3)
    )  # fmt: skip
    centres = [[5, 0, 2], [1, 1, 2], [1, 0, 1]]
    (found,) = scores(
        clusters(measure("cityBlock"), fields_of(), centres, output=output),
        tmp_path,
        "compiled",
        [RECORD],
    )
    assert [found[f"entityId {n}"] for n in (1, 2, 3)] == ["2", "3", "1"]
    assert [found[f"affinity {n}"] for n in (1, 2, 3)] == [1.0, 1.0, 4.0]
    assert (found["nearest"], found["d1"]) == ("2", 4.0)


def test_many_clusters_are_one_instruction(tmp_path: Path) -> None:
    centres = [[n / 8, -n, n % 7] for n in range(500)]
    data = clusters(measure("euclidean"), fields_of(), centres)
    (found,) = scores(data, tmp_path, "compiled", [RECORD])
    expected = [math.dist((1.0, 0.0, 2.0), centre) for centre in centres]
    assert found["nearest"] == str(1 + expected.index(min(expected)))
    assert [found[f"d{n}"] for n in range(1, 501)] == pytest.approx(expected, rel=1e-15)
    plan = pp.load(tmp_path / "document.pmml", "compiled")._engine.plan
    ops = [i.op for stage in plan.stages for i in stage.program.instructions]
    assert sorted(ops)[:3] == ["DISTANCES", "LUT", "NEAREST"]


def test_without_any_one_jaccard_says_nothing(tmp_path: Path) -> None:
    data = clusters(measure("jaccard"), fields_of(), [["0.0"] * 3, ["1.0"] * 3])
    assert scores(data, tmp_path, "compiled", [dict.fromkeys(NAMES, 0.0)]) == [None]
    assert scores(data, tmp_path, "compiled", [{**RECORD, "c": 0.5}]) == [None]


LEVELS = data_field("s", "string", "categorical", ["lo", "mid", "hi"])
MATRICES = [
    tag("Matrix", {"kind": "symmetric"}, "".join(
        tag("Array", {"type": "real"}, row) for row in ("0", "1 0", "3 1.5 0"))),
    tag("Matrix", {"kind": "any"}, "".join(
        tag("Array", {"type": "real"}, row) for row in ("0 1 3", "1 0 1.5", "3 1.5 0"))),
    tag("Matrix", {"nbRows": 3, "nbCols": 3, "diagDefault": 0, "offDiagDefault": 1}, "".join(
        tag("MatCell", {"row": r, "col": c}, v)
        for r, c, v in ((1, 3, "3"), (3, 1, "3"), (2, 3, "1.5"), (3, 2, "1.5")))),
]  # fmt: skip


def by_table(matrix: str, centre: str = "lo") -> bytes:
    field = tag("ClusteringField", {"field": "s", "compareFunction": "table"},
                tag("Comparisons", {}, matrix))  # fmt: skip
    schema = mining_field("s", invalidValueTreatment="asIs")
    return clusters(measure("cityBlock"), field, [[centre], ["hi"]], data=LEVELS, schema=schema)


@pytest.mark.parametrize("matrix", MATRICES)
def test_a_table_of_comparisons(matrix: str, tmp_path: Path) -> None:
    records = [{"s": s} for s in ("lo", "mid", "hi", "new", None)]
    found = scores(by_table(matrix), tmp_path, "compiled", records)
    assert [f and (f["nearest"], f["d1"], f["d2"]) for f in found] == [
        ("1", 0.0, 3.0), ("1", 1.0, 1.5), ("2", 3.0, 0.0), None, None
    ]  # fmt: skip


def test_a_diagonal_matrix_is_zero_elsewhere(tmp_path: Path) -> None:
    matrix = tag("Matrix", {"kind": "diagonal"}, tag("Array", {"type": "real"}, "1 2 4"))
    (found,) = scores(by_table(matrix), tmp_path, "compiled", [{"s": "hi"}])
    assert (found["nearest"], found["d1"], found["d2"]) == ("1", 0.0, 4.0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (by_table(MATRICES[0], "none"), "'none' is none of its values"),
        (by_table(tag("Matrix", {}, tag("Array", {"type": "real"}, "0"))), "not as many"),
        (by_table(tag("Matrix", {}, tag("Array", {"type": "real"}, "0 1"))), "square matrix"),
        (clusters(measure("euclidean"), fields_of(compareFunction="gaussSim"), [[0, 0, 0]]),
         "similarityScale"),
        (clusters(measure("euclidean"), fields_of(), [[0, 0]]), "has 2 values"),
        (clusters(measure("euclidean", "similarity"), fields_of(), [[0, 0, 0]]), "a similarity"),
        (clusters(measure("jaccard", "distance"), fields_of(), [[0, 0, 0]]), "a distance"),
        (clusters(tag("ComparisonMeasure", {"kind": "distance"}, tag("minkowski",
                  {"p-parameter": 0})), fields_of(), [[0, 0, 0]]), "p=0"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=rf"\(line 1\).*{reason}"):
        scores(data, tmp_path, "compiled", [])

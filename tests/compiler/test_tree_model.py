"""What becomes of missing values in a tree, and how sure it then is."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.compiler.lower import tree_tests
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, simple, tag

CLASSES = ("a", "b", "c")
# Every node: id, predicate, the records of the classes, children.
Node = tuple[str, str, tuple[int, ...], list[Any]]
LEAVES = {"L1": (30, 6, 4), "L2": (5, 5, 10), "R1": (1, 20, 4), "R2": (2, 2, 11)}


def either(*parts: str) -> str:
    return tag("CompoundPredicate", {"booleanOperator": "surrogate"}, "".join(parts))


def pair(field: str, left: Node, right: Node, surrogate: str = "") -> list[Node]:
    """Two children, of up to 0 and of more."""
    found = []
    for operator, node in (("lessOrEqual", left), ("greaterThan", right)):
        test = simple(field, operator, 0)
        predicate = either(test, simple(surrogate, operator, 0)) if surrogate else test
        found.append((node[0], predicate, node[2], node[3]))
    return found


def leaf(name: str) -> Node:
    return (name, "", LEAVES[name], [])


def added(*names: str) -> tuple[int, ...]:
    return tuple(map(sum, zip(*(LEAVES[n] for n in names), strict=True)))


def whole(surrogate: str = "") -> Node:
    """x decides between left and right, and z in both."""
    left = ("L", "", added("L1", "L2"), pair("z", leaf("L1"), leaf("L2")))
    right = ("R", "", added("R1", "R2"), pair("z", leaf("R1"), leaf("R2")))
    return ("root", "<True/>", added(*LEAVES), pair("x", left, right, surrogate))


def written(node: Node) -> str:
    name, predicate, counts, children = node
    inner = "".join(
        tag("ScoreDistribution", {"value": v, "recordCount": n, "confidence": n / sum(counts)})
        for v, n in zip(CLASSES, counts, strict=True)
    )
    attributes = {
        "id": name,
        "score": CLASSES[counts.index(max(counts))],
        "recordCount": sum(counts),
        "defaultChild": children[0][0] if children else None,
    }
    return tag("Node", attributes, predicate + inner + "".join(map(written, children)))


def document(strategy: str, node: Node | None = None, penalty: float = 1.0, **more: str) -> bytes:
    outputs = output_field("sure", "confidence")
    outputs += "".join(output_field(f"p{v}", "probability", v) for v in CLASSES)
    outputs += "".join(output_field(f"c{v}", "confidence", v) for v in CLASSES)
    fields = "".join(mining_field(name) for name in "xzs")
    model = tag(
        "TreeModel",
        {"functionName": "classification", "missingValueStrategy": strategy,
         "missingValuePenalty": penalty, **more},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + fields)
        + tag("Output", {}, outputs) + written(node or whole()),
    )  # fmt: skip
    target = data_field("y", "string", "categorical", CLASSES)
    return pmml(target + "".join(data_field(name) for name in "xzs"), model)


def results(data: bytes, folder: Path, engine: str = "compiled") -> dict[tuple[Any, Any], Any]:
    path = folder / "document.pmml"
    path.write_bytes(data)
    scorer = pp.load(path, engine)
    found: dict[tuple[Any, Any], Any] = {}
    for x, z in itertools.product((-1.0, 1.0, None), repeat=2):
        try:
            found[x, z] = scorer.score({"x": x, "z": z, "s": 1.0})
        except DataError:
            found[x, z] = None
    return found


def shares(counts: tuple[int, ...]) -> list[float]:
    return [n / sum(counts) for n in counts]


def check(found: dict[str, Any], expected: list[float], penalty: float = 1.0) -> None:
    best = max(expected)
    assert found["y"] == CLASSES[expected.index(best)]
    assert found["sure"] == pytest.approx(best * penalty, abs=1e-12)
    for name, share in zip(CLASSES, expected, strict=True):
        assert found[f"p{name}"] == pytest.approx(share, abs=1e-12)
        assert found[f"c{name}"] == pytest.approx(share * penalty, abs=1e-12)


@pytest.mark.parametrize("strategy", ["aggregateNodes", "weightedConfidence"])
def test_all_children_that_may_be(strategy: str, tmp_path: Path) -> None:
    # The counts of a node are those of its leaves, so both strategies give their shares.
    found = results(document(strategy), tmp_path)
    for (x, z), record in found.items():
        sides = {-1.0: "L", 1.0: "R", None: "LR"}[x]
        numbers = {-1.0: "1", 1.0: "2", None: "12"}[z]
        reached = [side + n for side in sides for n in numbers]
        if strategy == "aggregateNodes" or len(reached) != 2 or x is not None:
            check(record, shares(added(*reached)))
        else:  # the left has 60 of 100 records, whichever of its leaves is reached
            left, right = (shares(LEAVES[name]) for name in reached)
            check(record, [0.6 * p + 0.4 * q for p, q in zip(left, right, strict=True)])


def test_a_default_child_and_its_penalty(tmp_path: Path) -> None:
    found = results(document("defaultChild", penalty=0.8), tmp_path)
    check(found[1.0, 1.0], shares(LEAVES["R2"]))
    check(found[1.0, None], shares(LEAVES["R1"]), 0.8)
    check(found[None, 1.0], shares(LEAVES["L2"]), 0.8)
    check(found[None, None], shares(LEAVES["L1"]), 0.8**2)
    expected = results(document("defaultChild", penalty=0.8), tmp_path, "jpmml")
    for place, record in found.items():
        assert record == pytest.approx(expected[place], abs=1e-12), place


def test_a_surrogate_and_its_penalty(tmp_path: Path) -> None:
    found = results(document("nullPrediction", whole("s"), penalty=0.5), tmp_path)
    check(found[-1.0, -1.0], shares(LEAVES["L1"]))
    check(found[None, 1.0], shares(LEAVES["R2"]), 0.5)  # s is 1
    assert found[None, None] is None


def test_what_there_is_without_a_default_child(tmp_path: Path) -> None:
    data = document("defaultChild").replace(b'defaultChild="L1"', b"")
    assert results(data, tmp_path)[-1.0, None] is None


@pytest.mark.parametrize("engine", ["compiled", "jpmml"])
def test_a_default_child_that_is_no_child(engine: str, tmp_path: Path) -> None:
    data = document("defaultChild").replace(b'defaultChild="L1"', b'defaultChild="R2"')
    found = results(data, tmp_path, engine)
    assert found[-1.0, None] is None
    assert found[-1.0, -1.0] == results(document("defaultChild"), tmp_path, engine)[-1.0, -1.0]


@pytest.mark.parametrize("strategy", ["none", "lastPrediction", "nullPrediction", "defaultChild"])
@pytest.mark.parametrize("last", ["returnNullPrediction", "returnLastPrediction"])
def test_strategies(strategy: str, last: str, tmp_path: Path) -> None:
    data = document(strategy, noTrueChildStrategy=last)
    found, expected = results(data, tmp_path), results(data, tmp_path, "jpmml")
    for place, record in found.items():
        assert record == (expected[place] and pytest.approx(expected[place], abs=1e-12)), place


def test_no_child_that_is_true_among_several(tmp_path: Path) -> None:
    # Both leaves on the left ask for more than 5.
    data = document("aggregateNodes", noTrueChildStrategy="returnLastPrediction")
    data = data.replace(b'id="L1"', b'id="L9"', 1)
    text = data.decode().replace(
        simple("z", "lessOrEqual", 0), simple("z", "greaterThan", 5), 1
    ).replace(simple("z", "greaterThan", 0), simple("z", "greaterThan", 5), 1)  # fmt: skip
    found = results(text.encode(), tmp_path)
    check(found[-1.0, 1.0], shares(added("L1", "L2")))
    check(found[None, 1.0], shares(added("L1", "L2", "R2")))


@pytest.mark.parametrize(
    ("strategy", "change", "said"),
    [
        ("aggregateNodes", ('recordCount="30"', 'strange="30"'), "has no recordCount"),
        ("weightedConfidence", ('recordCount="60"', 'recordCount="no"'), "has no recordCount"),
        ("aggregateNodes", ("classification", "regression"), "of a regression with"),
        ("none", ("<ScoreDistribution", "<DecisionTree/><ScoreDistribution"), "DecisionTree"),
        ("none", ('value="a" recordCount="30"', 'value="a" recordCount="x"'), "no number|none"),
        ("none", ('confidence="0.75"', 'confidence="high"'), "a confidence that is no number"),
    ],
)
def test_what_is_refused(strategy: str, change: tuple[str, str], said: str, tmp_path: Path) -> None:
    text = document(strategy).decode()
    assert change[0] in text
    with pytest.raises(UnsupportedDocumentError, match=said):
        results(text.replace(*change, 1).encode(), tmp_path)


def test_a_tree_that_would_become_too_large(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Three fields with forty thresholds each, and as many ways to go as they can be combined.
    node: Node = ("n", "<True/>", (1, 2, 3), [])
    for depth in range(40):
        parts = (simple(field, "lessThan", depth) for field in "xzs")
        predicate = tag("CompoundPredicate", {"booleanOperator": "xor"}, "".join(parts))
        node = (f"n{depth}", predicate, (1, 2, 3), [node])
    root: Node = ("root", "<True/>", (1, 2, 3), [node])
    monkeypatch.setattr(tree_tests, "LARGEST", 100)
    with pytest.raises(UnsupportedDocumentError, match="becomes a tree of more than 940 splits"):
        results(document("none", root, noTrueChildStrategy="returnLastPrediction"), tmp_path)


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize(
    "last", ["<True/>", simple("x", "greaterThan", 0), simple("z", "equal", 1)]
)
def test_without_a_default_child_there_is_no_prediction(
    last: str, ensemble: bool, tmp_path: Path
) -> None:
    """A child without an id is not the default child of a node that names none."""
    nodes = tag("Node", {"score": 1.0}, simple("x", "lessOrEqual", 0))
    nodes += tag("Node", {"score": 2.0}, last)
    function = {"functionName": "regression"}
    fields = mining_field("x") + mining_field("z")
    schema = tag("MiningSchema", {}, mining_field("y", usageType="target") + fields)
    tree = tag(
        "TreeModel",
        {**function, "missingValueStrategy": "defaultChild"},
        (tag("MiningSchema", {}, fields) if ensemble else schema)
        + tag("Node", {}, "<True/>" + nodes),
    )
    if ensemble:
        segments = tag("Segment", {}, "<True/>" + tree) * 2
        segmentation = tag("Segmentation", {"multipleModelMethod": "average"}, segments)
        tree = tag("MiningModel", function, schema + segmentation)
    path = tmp_path / "document.pmml"
    path.write_bytes(pmml("".join(data_field(name) for name in "yxz"), tree))
    scorer = pp.load(path, "compiled")
    assert scorer.score({"x": -1.0, "z": 0.0}) == {"y": 1.0}
    with pytest.raises(DataError):
        scorer.score({"x": None, "z": 1.0})

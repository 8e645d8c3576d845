"""The ways through the trees follow the specification, and the places where they part are found."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pmml_pipeline.parity import paths as module
from pmml_pipeline.parity.paths import paths
from tests.parity.trees import ABOVE, X_TENTH, document, end, ensemble, node, split, tree
from tests.pmml import mining_field, simple, tag


def test_names_the_predicate_at_which_double_and_float32_part() -> None:
    body = "\n".join(["<True/>", node(X_TENTH, 1), node("<True/>", 2)])
    found = paths(document("\n" + tree("\n" + node(body, 0))), {"x": ABOVE})
    (parting,) = found.partings
    assert (found.trees, found.walked, found.parted) == (1, 1, 1)
    assert (parting.tree, parting.line, parting.predicate) == (1, 4, "x <= 0.1")
    assert (
        parting.double
        == "0.10000000000000002 <= 0.1: false; the tree ends at line 5 with the score 2"
    )
    single = "0.10000000149011612 <= 0.10000000149011612: true; the tree ends at line 4"
    assert parting.single == f"{single} with the score 1"
    assert "double and float32 part ways" in str(found)
    assert found.to_json()["partings"] == [parting.to_json()]


@pytest.mark.parametrize(
    ("sign", "value", "parts"),
    [
        ("lessThan", 0.1, False),
        ("lessThan", math.nextafter(0.1, 0), True),
        ("lessOrEqual", math.nextafter(0.1, 0), False),
        ("greaterThan", ABOVE, True),
        ("greaterOrEqual", math.nextafter(0.1, 0), True),
        ("equal", ABOVE, True),
        ("notEqual", ABOVE, True),
        ("equal", 0.2, False),
    ],
)
def test_every_comparison_is_made_in_both_readings(sign: str, value: float, parts: bool) -> None:
    found = paths(document(split(simple("x", sign, 0.1))), {"x": value})
    assert bool(found.parted) == parts


def test_the_path_of_the_first_tree_is_shown_when_none_part() -> None:
    found = paths(document(split(X_TENTH)), {"x": 7})
    assert (found.parted, found.shown) == (0, 1)
    assert found.steps == (
        "line 1: x <= 0.1: false",
        "line 1: always: true",
        "ends at line 1 with the score 2",
    )


# --- missing values ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "outcome"),
    [
        (None, "score 2"),
        ("none", "score 2"),
        ("lastPrediction", "score 0"),
        ("nullPrediction", "gives no prediction"),
        ("defaultChild", "score 1"),
    ],
)
def test_missing_value_strategies(strategy: str | None, outcome: str) -> None:
    inner = node(
        "<True/>", 0, node(X_TENTH, 1, id="a"), node("<True/>", 2, id="b"), defaultChild="a"
    )
    found = paths(document(tree(inner, missingValueStrategy=strategy)), {"x": None})
    assert outcome in end(found)
    assert "unknown, a value is missing" in found.steps[0]
    assert found.unanswered == (strategy == "nullPrediction")


def test_a_missing_value_stops_at_the_first_predicate_that_asks_for_it() -> None:
    leaves = node(simple("z", "lessThan", 0), 1), node(X_TENTH, 2), node("<True/>", 3)
    model = tree(node("<True/>", 0, *leaves), missingValueStrategy="lastPrediction")
    assert "score 1" in end(paths(document(model), {"z": -1}))
    assert "score 0" in end(paths(document(model), {"z": 1}))


def test_a_default_child_that_is_not_there_gives_no_prediction() -> None:
    found = paths(document(split(X_TENTH, missingValueStrategy="defaultChild")), {})
    assert found.unanswered == 1
    assert "there is no default" in end(found)


@pytest.mark.parametrize(
    ("strategy", "outcome"),
    [
        (None, "no child is true"),
        ("returnNullPrediction", "gives no prediction"),
        ("returnLastPrediction", "score 0 (no child is true: the last prediction)"),
    ],
)
def test_no_true_child_strategies(strategy: str | None, outcome: str) -> None:
    model = split(X_TENTH, simple("x", "lessThan", 0), noTrueChildStrategy=strategy)
    found = paths(document(model), {"x": 5})
    assert outcome in end(found)
    assert found.unanswered == (strategy != "returnLastPrediction")


def test_a_strategy_that_combines_branches_is_not_followed() -> None:
    model = split(X_TENTH, missingValueStrategy="weightedConfidence")
    assert paths(document(model), {"x": 1}).walked == 1
    found = paths(document(model), {})
    assert (found.walked, found.shown) == (0, None)
    assert found.not_followed == ("missingValueStrategy weightedConfidence is not followed",)
    assert str(found) == "1 tree not followed"


def test_a_tree_that_a_missing_value_decides_is_shown_before_others() -> None:
    segments = [
        tag("Segment", {"id": i}, "<True/>" + split(simple(f, "lessThan", 0)))
        for i, f in enumerate("xz")
    ]
    found = paths(document(ensemble(*segments)), {"x": 1})
    assert (found.shown, found.why) == (2, "a missing value decides in it")


# --- predicates --------------------------------------------------------------------------------

TRUE, FALSE, UNKNOWN = "<True/>", "<False/>", simple("x", "lessThan", 0)


@pytest.mark.parametrize(
    ("how", "parts", "truth"),
    [
        ("and", (TRUE, TRUE), True),
        ("and", (UNKNOWN, FALSE), False),
        ("and", (TRUE, UNKNOWN), None),
        ("or", (FALSE, FALSE), False),
        ("or", (UNKNOWN, TRUE), True),
        ("or", (FALSE, UNKNOWN), None),
        ("xor", (TRUE, TRUE), False),
        ("xor", (TRUE, TRUE, TRUE), True),
        ("xor", (TRUE, UNKNOWN), None),
        ("surrogate", (UNKNOWN, FALSE, TRUE), False),
        ("surrogate", (UNKNOWN, TRUE), True),
        ("surrogate", (UNKNOWN, UNKNOWN), None),
    ],
)
def test_compound_predicates(how: str, parts: tuple[str, ...], truth: bool | None) -> None:
    predicate = tag("CompoundPredicate", {"booleanOperator": how}, "".join(parts))
    model = split(predicate, missingValueStrategy="nullPrediction")
    expected = {True: "score 1", False: "score 2", None: "gives no prediction"}[truth]
    assert expected in end(paths(document(model), {}))


def in_set(field: str, how: str, values: str) -> str:
    array = tag("Array", {"type": "string"}, values)
    return tag("SimpleSetPredicate", {"field": field, "booleanOperator": how}, array)


@pytest.mark.parametrize(
    ("predicate", "record", "outcome"),
    [
        (in_set("c", "isIn", 'a "b c"'), {"c": "b c"}, "score 1"),
        (in_set("c", "isIn", "a b"), {"c": "d"}, "score 2"),
        (in_set("c", "isNotIn", "a b"), {"c": "d"}, "score 1"),
        (in_set("c", "isNotIn", "a b"), {}, "gives no prediction"),
        (in_set("x", "isIn", "1 2"), {"x": 2}, "score 1"),
        (simple("c", "equal", "a"), {"c": "a"}, "score 1"),
        (simple("c", "notEqual", "a"), {"c": "a"}, "score 2"),
        (tag("SimplePredicate", {"field": "x", "operator": "isMissing"}), {}, "score 1"),
        (tag("SimplePredicate", {"field": "x", "operator": "isNotMissing"}), {}, "score 2"),
    ],
)
def test_sets_texts_and_checks_for_missing_values(
    predicate: str, record: dict[str, Any], outcome: str
) -> None:
    model = split(predicate, missingValueStrategy="nullPrediction")
    assert outcome in end(paths(document(model), record))


def test_inside_a_compound_predicate_the_turning_comparison_is_named() -> None:
    both = simple("z", "greaterThan", 0) + X_TENTH
    predicate = tag("CompoundPredicate", {"booleanOperator": "and"}, both)
    found = paths(document(split(predicate)), {"x": ABOVE, "z": 1})
    assert found.partings[0].predicate == "x <= 0.1 (in z > 0 and x <= 0.1)"


def test_whole_numbers_are_not_rounded_where_they_are_codes() -> None:
    code = 16_777_217  # no float32
    model = split(simple("z", "equal", code - 1))
    assert not paths(document(model, z_type="integer"), {"z": code}).parted
    assert paths(document(model), {"z": code}).parted


# --- documents ---------------------------------------------------------------------------------


def test_trees_are_numbered_in_document_order_and_conditions_of_segments_are_asked() -> None:
    segments = [
        tag("Segment", {"id": 1}, simple("z", "lessThan", 0) + split(X_TENTH)),
        tag("Segment", {"id": 2}, "<True/>" + split(X_TENTH)),
        tag("Segment", {"id": 3}, "<True/>" + split(X_TENTH)),
    ]
    found = paths(document(ensemble(*segments)), {"x": ABOVE, "z": 1})
    assert (found.trees, found.walked, found.unanswered) == (3, 3, 0)
    assert [p.tree for p in found.partings] == [2, 3]
    found = paths(document(ensemble(*segments)), {"x": ABOVE, "z": -1})
    assert [p.tree for p in found.partings] == [1, 2, 3]


def test_only_the_first_trees_are_walked_and_the_first_partings_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_TREES", 5)
    segments = [tag("Segment", {"id": i}, "<True/>" + split(X_TENTH)) for i in range(8)]
    found = paths(document(ensemble(*segments)), {"x": ABOVE})
    assert (found.trees, found.walked, found.parted, len(found.partings)) == (8, 5, 5, 3)
    assert "3 trees not followed" in str(found)


def test_a_long_path_is_cut() -> None:
    inner = node("<True/>", 9)
    for _ in range(100):
        inner = node("<True/>", 0, inner)
    found = paths(document(tree(inner)), {"x": 1})
    assert len(found.steps) == module.STEPS_KEPT + 1
    assert any("more …" in step for step in found.steps)


def test_a_document_without_trees() -> None:
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + mining_field("x"))
        + tag("RegressionTable", {"intercept": 1}),
    )
    found = paths(document(model), {"x": 1})
    assert found.to_json() == {"summary": "the document has no trees", "trees": 0}


def test_the_leaves_are_those_of_scikit_learn() -> None:
    """A fitted tree, written as a document: both readings end in the leaf that ``apply`` names."""
    sklearn_tree = pytest.importorskip("sklearn.tree")
    random = np.random.default_rng(0)
    data = random.normal(size=(300, 2)).astype(np.float32)
    fitted = sklearn_tree.DecisionTreeRegressor(max_depth=6, random_state=0)
    fitted.fit(data, data[:, 0] * data[:, 1])
    inner = fitted.tree_

    def written(i: int, predicate: str) -> str:
        left, right = inner.children_left[i], inner.children_right[i]
        if left < 0:
            return node(predicate, i)
        threshold = float(inner.threshold[i])
        name = "xz"[inner.feature[i]]
        return node(
            predicate,
            None,
            written(left, simple(name, "lessOrEqual", repr(threshold))),
            written(right, simple(name, "greaterThan", repr(threshold))),
        )

    finder = module.PathFinder(document(tree(written(0, "<True/>"))))
    for row, leaf in zip(data.tolist(), fitted.apply(data), strict=True):
        found = finder.paths({"x": row[0], "z": row[1]})
        assert not found.parted
        assert end(found).endswith(f"with the score {leaf}")

"""Every threshold of a document is found, and rows really get to where it is asked."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline.document import Document, read
from pmml_pipeline.parity.rows import _about
from pmml_pipeline.parity.thresholds import Condition, Threshold, find_thresholds
from pmml_pipeline.schema import InputField, inputs_of

from ..pmml import data_field, mining_field, pmml, simple, tag
from .walker import Walker

INPUTS = {
    "d": ("double", "continuous", []),
    "e": ("double", "continuous", []),
    "f": ("float", "continuous", []),
    "g": ("float", "continuous", []),
    "i": ("integer", "continuous", []),
    "j": ("integer", "continuous", []),
    "s": ("string", "categorical", ["a", "b c", 'q"', "是"]),
    "c": ("integer", "categorical", ["0", "1", "2", "30"]),
    "b": ("boolean", "categorical", ["false", "true"]),
}
# Derived fields that one input decides: casts and scalers, rising and falling.
DERIVED = {
    "float(d)": ("float", "d", []),
    "scaled": ("float", "e", [("-", 0.7979397478680015), ("/", 0.4740068505099664)]),
    "falling": ("double", "d", [("*", -3.3), ("+", 1e-3)]),
    "twice": ("float", "scaled", [("*", 2.0)]),
    "of a float": ("double", "g", [("-", 0.1)]),
}


def derived_field(name: str, data_type: str, source: str, steps: list[tuple[str, float]]) -> str:
    """A ``DerivedField`` that applies the steps to the source, one after the other."""
    expression = tag("FieldRef", {"field": source})
    for function, constant in steps:
        number = tag("Constant", {"dataType": "double"}, repr(constant))
        expression = tag("Apply", {"function": function}, expression + number)
    attributes = {"name": name, "dataType": data_type, "optype": "continuous"}
    return tag("DerivedField", attributes, expression)


def document(*trees: str) -> Document:
    """A document of those trees over all the fields, each element on a line of its own."""
    fields = "".join(data_field(n, t, o, v) for n, (t, o, v) in INPUTS.items())
    transformations = tag(
        "TransformationDictionary", {}, "".join(derived_field(n, *d) for n, d in DERIVED.items())
    )
    segments = "".join(tag("Segment", {}, "<True/>" + tree) for tree in trees)
    schema = tag("MiningSchema", {}, "".join(map(mining_field, INPUTS)))
    model = tag(
        "MiningModel",
        {"functionName": "regression"},
        schema + tag("Segmentation", {"multipleModelMethod": "sum"}, segments),
    )
    data = pmml(fields, model, before=transformations)
    return read(data.replace(b"<Node", b"\n<Node"))


def tree(*nodes: str) -> str:
    """A ``TreeModel`` with those nodes under its root."""
    root = tag("Node", {}, "<True/>" + "".join(nodes))
    return tag("TreeModel", {"functionName": "regression"}, "<MiningSchema/>" + root)


def node(predicate: str, *children: str) -> str:
    """A ``Node``."""
    return tag("Node", {"score": 1}, predicate + "".join(children))


def found_in(*trees: str) -> dict[str, list[float]]:
    """The thresholds by field."""
    parsed = document(*trees)
    thresholds, untraced = find_thresholds(parsed, inputs_of(parsed))
    assert untraced == 0
    fields: dict[str, list[float]] = {}
    for threshold in thresholds:
        fields.setdefault(threshold.field, []).append(threshold.value)
    return fields


# --- what is found ---------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"])
def test_every_comparison_of_a_tree_is_found(operator: str) -> None:
    deep = node(simple("d", operator, 3), node(simple("i", operator, 4.5)))
    compound = tag(
        "CompoundPredicate",
        {"booleanOperator": "and"},
        simple("e", operator, -1e-300) + simple("f", operator, "0.1"),
    )
    trees = tree(node(simple("d", operator, "1.5"), deep), node("<True/>")), tree(node(compound))
    assert found_in(*trees) == {"d": [1.5, 3.0], "i": [4.5], "e": [-1e-300], "f": [0.1]}


def test_levels_are_no_thresholds() -> None:
    levels = node(simple("s", "equal", "a"), node(simple("c", "equal", "1")))
    array = '<Array type="string" n="2">a "b c"</Array>'
    inside = tag("SimpleSetPredicate", {"field": "s", "booleanOperator": "isIn"}, array)
    missing = node(tag("SimplePredicate", {"field": "d", "operator": "isMissing"}))
    assert found_in(tree(levels, node(inside), missing)) == {}


def test_what_compares_outside_of_trees_is_found() -> None:
    bins = tag(
        "Discretize",
        {"field": "d"},
        tag(
            "DiscretizeBin",
            {"binValue": "low"},
            tag("Interval", {"closure": "openClosed", "leftMargin": 1, "rightMargin": 2}),
        ),
    )
    norm = tag(
        "NormContinuous",
        {"field": "e"},
        tag("LinearNorm", {"orig": 3, "norm": 0}) + tag("LinearNorm", {"orig": 4, "norm": 1}),
    )
    apply = tag(
        "Apply",
        {"function": "greaterThan"},
        tag("FieldRef", {"field": "i"}) + tag("Constant", {"dataType": "integer"}, "5"),
    )
    extra = "".join(
        tag("DerivedField", {"name": n, "dataType": "string", "optype": "categorical"}, inner)
        for n, inner in (("bins", bins), ("norm", norm), ("apply", apply))
    )
    fields = data_field("d", intervals=[("closedOpen", -7, None)])
    fields += data_field("e") + data_field("i", "integer")
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, "".join(map(mining_field, "dei"))),
    )
    parsed = read(pmml(fields, model, before=tag("TransformationDictionary", {}, extra)))
    thresholds, untraced = find_thresholds(parsed, inputs_of(parsed))
    assert sorted((t.field, t.value) for t in thresholds) == [
        *(("d", -7.0), ("d", 1.0), ("d", 2.0), ("e", 3.0), ("e", 4.0), ("i", 5.0)),
    ]
    assert untraced == 0


def test_a_derived_field_of_two_inputs_is_counted_as_untraced() -> None:
    both = tag(
        "Apply",
        {"function": "+"},
        tag("FieldRef", {"field": "d"}) + tag("FieldRef", {"field": "e"}),
    )
    total = tag("DerivedField", {"name": "sum", "dataType": "double", "optype": "continuous"}, both)
    model = tree(node(simple("sum", "lessThan", 1)), node(simple("d", "lessThan", 2)))
    data = pmml(
        data_field("d") + data_field("e"),
        model.replace("<MiningSchema/>", "<MiningSchema><MiningField name='d'/></MiningSchema>"),
        before=tag("TransformationDictionary", {}, total),
    )
    parsed = read(data)
    thresholds, untraced = find_thresholds(parsed, inputs_of(parsed))
    assert ([(t.field, t.value) for t in thresholds], untraced) == ([("d", 2.0)], 1)


def test_fields_that_define_each_other_end() -> None:
    fields = "".join(derived_field(a, "double", b, []) for a, b in (("p", "q"), ("q", "p")))
    model = tree(node(simple("p", "lessThan", 1))).replace("<MiningSchema/>", "")
    parsed = read(pmml("", model, before=tag("TransformationDictionary", {}, fields)))
    assert find_thresholds(parsed, inputs_of(parsed)) == ([], 1)


def test_a_deep_tree_does_not_exhaust_the_stack() -> None:
    opening = "".join(f"<Node>{simple('d', 'lessThan', i)}" for i in range(1_900))
    model = tag(
        "TreeModel", {"functionName": "regression"}, f"<Node><True/>{opening}{'</Node>' * 1_901}"
    )
    parsed = read(pmml(data_field("d"), model))
    field = InputField("d", "double", "continuous", False)
    thresholds, _ = find_thresholds(parsed, [field])
    assert len(thresholds) == 1_900
    assert len(thresholds[-1].path) == 1_899


# --- how to get there ------------------------------------------------------------------------


def base_record(make: random.Random) -> dict[str, Any]:
    """A record with something in every field, sometimes nothing."""
    record: dict[str, Any] = {}
    for name, (data_type, _, levels) in INPUTS.items():
        if data_type == "string":
            record[name] = make.choice(levels)
        elif data_type == "boolean":
            record[name] = make.random() < 0.5
        elif levels:
            record[name] = int(make.choice(levels))
        elif data_type == "integer":
            record[name] = make.randint(-9, 9)
        else:
            record[name] = round(make.uniform(-3, 3), 3)
        if make.random() < 0.1:
            record[name] = None
    return record


ORIGINS = {"float(d)": "d", "falling": "d", "scaled": "e", "twice": "e", "of a float": "g"}


@st.composite
def splits(draw: st.DrawFn, inputs: frozenset[str]) -> tuple[str, str, str]:
    """One of the inputs, and two predicates of which one holds for every record that has it."""
    name = draw(st.sampled_from(sorted(inputs)))
    levels = INPUTS[name][2]
    if not levels:
        field = draw(st.sampled_from([name, *(n for n, o in ORIGINS.items() if o == name)]))
        value = draw(st.sampled_from(["-1", "0.0", "0.1", "2.5", "-0.7", "1.2787349", "4"]))
        strict = draw(st.booleans())
        low = simple(field, "lessThan" if strict else "lessOrEqual", value)
        return name, low, simple(field, "greaterOrEqual" if strict else "greaterThan", value)
    if draw(st.booleans()):
        level = draw(st.sampled_from(levels))
        return name, simple(name, "equal", level), simple(name, "notEqual", level)
    proper = st.lists(st.sampled_from(levels), min_size=1, max_size=len(levels) - 1, unique=True)
    some = draw(proper)
    text = " ".join('"' + v.replace('"', '\\"') + '"' for v in some)
    array = tag("Array", {"type": "string", "n": len(some)}, text)
    inside, outside = (
        tag("SimpleSetPredicate", {"field": name, "booleanOperator": how}, array)
        for how in ("isIn", "isNotIn")
    )
    return name, inside, outside


@st.composite
def trees(draw: st.DrawFn, inputs: frozenset[str] = frozenset(INPUTS)) -> list[str]:
    """Nodes that split in two down to some depth; no path asks about an input twice."""
    deep = len(INPUTS) - len(inputs)
    if deep == 4 or (deep > 1 and draw(st.booleans())):
        return []
    name, low, high = draw(splits(inputs))
    otherwise = draw(st.sampled_from([high, "<True/>"]))
    return [node(p, *draw(trees(inputs - {name}))) for p in (low, otherwise)]


@settings(max_examples=100, deadline=None)
@given(trees(), st.integers(0, 1000))
def test_reach_leads_to_where_the_threshold_is_asked(nodes: list[str], seed: int) -> None:
    parsed = document(tree(*nodes))
    inputs = {f.name: f for f in inputs_of(parsed)}
    thresholds, untraced = find_thresholds(parsed, list(inputs.values()))
    assert untraced == 0
    walker, make = Walker(parsed), random.Random(seed)
    for threshold in thresholds:
        base = threshold.reach(base_record(make), inputs)
        match = re.match(r"tree (\d+), line (\d+):", threshold.where)
        assert match
        place = (int(match[1]), int(match[2]))
        whole = inputs[threshold.field].kind == "integer"
        rows = [{**base, threshold.field: v} for v, _ in _about(threshold.value, whole)]
        assert any(place in walker.asked(row) for row in rows), (threshold, base)


def test_a_path_that_asks_about_an_input_twice() -> None:
    field = InputField("d", "double", "continuous", False)
    both = (Condition("d", "greaterThan", 1.0), Condition("d", "lessOrEqual", 5.0))
    threshold = Threshold("x", 1.0, "", both)
    for value in (0.0, 1.0, 9.0, None):
        assert 1.0 < threshold.reach({"d": value}, {"d": field})["d"] <= 5.0
    assert threshold.reach({"d": 1.5}, {"d": field}) == {"d": 1.5}


def test_a_record_that_fits_is_left_as_it_is() -> None:
    inputs = {"d": InputField("d", "double", "continuous", False),
              "s": InputField("s", "string", "categorical", False, values=("a", "b"))}  # fmt: skip
    path = (Condition("d", "lessOrEqual", 2.0), Condition("s", "isNotIn", ("a",)))
    threshold = Threshold("x", 1.0, "", path)
    record = {"d": 1.25, "s": "b", "other": object()}
    assert threshold.reach(record, inputs) == record
    changed = threshold.reach({"d": 3.0, "s": "a"}, inputs)
    assert (changed["d"] <= 2.0, changed["s"]) == (True, "b")


@pytest.mark.parametrize(
    ("operator", "bound", "expected"),
    [
        ("lessThan", 5.0, 4),
        ("lessOrEqual", 5.0, 5),
        ("lessOrEqual", 5.5, 5),
        ("greaterThan", 50.0, 51),
        ("greaterOrEqual", 50.0, 50),
        ("greaterThan", 50.5, 51),
    ],
)
def test_a_whole_number_stays_whole(operator: str, bound: float, expected: int) -> None:
    field = InputField("n", "integer", "continuous", False)
    threshold = Threshold("x", 1.0, "", (Condition("n", operator, bound),))
    found = threshold.reach({"n": 10}, {"n": field})["n"]
    assert (found, type(found)) == (expected, int)
    assert threshold.reach({"n": None}, {"n": field})["n"] == expected


def test_a_truth_value_that_must_be_false_is_false() -> None:
    field = InputField("b", "boolean", "categorical", False, values=("false", "true"))
    threshold = Threshold("x", 1.0, "", (Condition("b", "isIn", ("false",)),))
    assert threshold.reach({"b": True}, {"b": field})["b"] is False

"""Documents of forests of every kind that is plain, for the property tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import strategies as st

from ..pmml import data_field, mining_field, pmml, simple, tag

LEVELS = [f"l{i}" for i in range(70)]
FIELDS = (
    data_field("x")
    + data_field("z", "float")
    + data_field("n", "integer", "categorical", ["0", "1", "2"])
    + data_field("s", "string", "categorical", LEVELS)
)
NAMES = ("x", "z", "n", "s")
STRATEGIES = ("none", "nullPrediction", "lastPrediction", "defaultChild")

_numbers = st.sampled_from(["-1", "-0.0", "0", "0.1", "1.0", "1.5", "2", "1e300", " 1 "])
_orders = st.sampled_from(["lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"])
_equal = st.sampled_from(["equal", "notEqual"])
_in = st.sampled_from(["isIn", "isNotIn"])


@st.composite
def predicates(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 8))
    if kind <= 2:
        return simple(draw(st.sampled_from("xz")), draw(_orders), draw(_numbers))
    if kind == 3:
        return simple(draw(st.sampled_from("xz")), draw(_equal), draw(_numbers))
    if kind == 4:
        field, levels = draw(st.sampled_from([("s", LEVELS), ("n", ["0", "1", "2"])]))
        return simple(field, draw(_equal), draw(st.sampled_from(levels)))
    if kind <= 6:
        field, levels = draw(st.sampled_from([("s", LEVELS), ("n", ["0", "1", "2", "7"])]))
        some = draw(st.lists(st.sampled_from(levels), max_size=5, unique=True))
        array = tag("Array", {"type": "string", "n": len(some)}, " ".join(some) or " ")
        return tag("SimpleSetPredicate", {"field": field, "booleanOperator": draw(_in)}, array)
    if kind == 7:
        operator = draw(st.sampled_from(["isMissing", "isNotMissing"]))
        field = draw(st.sampled_from(NAMES))
        return tag("SimplePredicate", {"field": field, "operator": operator})
    return draw(st.sampled_from(["<True/>", "<False/>"]))


@st.composite
def nodes(
    draw: st.DrawFn, numbers: Iterator[int], depth: int, classes: bool, root: bool = False
) -> tuple[str, str]:
    """A node with its children, and its id."""
    number = next(numbers)
    inner = "<True/>" if root and draw(st.booleans()) else draw(predicates())
    count = draw(st.integers(0, 3)) if depth else 0
    children = [draw(nodes(numbers, depth - 1, classes)) for _ in range(count)]
    default = draw(st.sampled_from([None, "n0", *(name for _, name in children)]))
    shares = ""
    score: object = number / 7
    if classes:
        score = draw(st.sampled_from([None, "a", "b", "c"]))
        kind = draw(st.sampled_from(["recordCount", "probability", "none", "mixed"]))
        for name in draw(st.lists(st.sampled_from("abc"), max_size=4)):
            count_, share = draw(st.sampled_from([0, 1, 3, 0.1, 0.7])), draw(st.floats(0, 1))
            values: dict[str, object] = {"value": name, "recordCount": count_}
            if kind == "probability" or (kind == "mixed" and draw(st.booleans())):
                values["probability"] = share
            shares += tag("ScoreDistribution", values) if kind != "none" else ""
    elif draw(st.integers(0, 9)) == 0:
        score = None
    attributes = {
        "id": draw(st.sampled_from([f"n{number}", f"n{number}", None])),
        "score": score,
        "defaultChild": default,
    }
    body = inner + shares + "<Extension/>" + "".join(text for text, _ in children)
    return tag("Node", attributes, body), f"n{number}"


@st.composite
def forests(draw: st.DrawFn, classes: bool) -> bytes:
    segments = ""
    for number in range(draw(st.integers(1, 4))):
        root, _ = draw(nodes(itertools.count(), 3, classes, True))
        schema = "".join(
            mining_field(
                name,
                missingValueReplacement=draw(
                    st.sampled_from([None, None, "1" if name != "s" else "l3"])
                ),
                invalidValueTreatment="asIs",
            )
            for name in NAMES
        )
        tree = tag(
            "TreeModel",
            {
                "functionName": "classification" if classes else "regression",
                "missingValueStrategy": draw(st.sampled_from(STRATEGIES)),
                "noTrueChildStrategy": draw(
                    st.sampled_from(["returnNullPrediction", "returnLastPrediction"])
                ),
                "x-mathContext": draw(st.sampled_from([None, "float"])),
            },
            tag("MiningSchema", {}, schema) + root,
        )
        segments += tag("Segment", {"id": number}, "<True/>" + tree)
    method = "average" if classes else draw(st.sampled_from(["sum", "average"]))
    fields = "".join(mining_field(name, invalidValueTreatment="asIs") for name in NAMES)
    label = data_field("y", "string", "categorical", ["a"]) if classes else data_field("y")
    outputs = "".join(
        tag("OutputField", {"name": n, "feature": "probability", "value": n, "dataType": "double"})
        for n in "a"
        if classes
    )
    model = tag(
        "MiningModel",
        {"functionName": "classification" if classes else "regression"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + fields)
        + (tag("Output", {}, outputs) if outputs else "")
        + tag("Segmentation", {"multipleModelMethod": method}, segments),
    )
    return pmml(label + FIELDS, model)

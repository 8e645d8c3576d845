"""Small PMML documents, written as text by the tests that need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

NAMESPACE = "http://www.dmg.org/PMML-4_4"


def tag(name: str, attributes: Mapping[str, object], inner: str = "") -> str:
    """An element; attributes that are None are left out."""
    written = "".join(f" {k}={quoteattr(str(v))}" for k, v in attributes.items() if v is not None)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def data_field(
    name: str,
    data_type: str = "double",
    optype: str = "continuous",
    values: Sequence[str] = (),
    missing: Sequence[str] = (),
    invalid: Sequence[str] = (),
    intervals: Sequence[tuple[str, object, object]] = (),
) -> str:
    """A ``DataField``; an interval is (closure, left margin, right margin)."""
    inner = "".join(
        tag("Interval", {"closure": c, "leftMargin": low, "rightMargin": high})
        for c, low, high in intervals
    )
    for property_, some in (("valid", values), ("missing", missing), ("invalid", invalid)):
        inner += "".join(tag("Value", {"value": v, "property": property_}) for v in some)
    return tag("DataField", {"name": name, "optype": optype, "dataType": data_type}, inner)


def mining_field(name: str, **attributes: object) -> str:
    """A ``MiningField``."""
    return tag("MiningField", {"name": name, **attributes})


def pmml(fields: str, model: str, namespace: str | None = NAMESPACE, before: str = "") -> bytes:
    """A document of those fields and that model, with ``before`` between the two."""
    return tag(
        "PMML",
        {"xmlns": namespace, "version": "4.4"},
        tag("Header", {}, tag("Application", {"name": "tests", "version": "1"}))
        + tag("DataDictionary", {}, fields)
        + before
        + model,
    ).encode()


def linear(
    fields: str,
    schema: str,
    coefficients: Mapping[str, float],
    *,
    intercept: float = 0.0,
    target: str = "y",
    target_type: str = "double",
    output: str = "",
) -> bytes:
    """A ``RegressionModel``: the sum of the numbers, each times its coefficient."""
    predictors = "".join(
        tag("NumericPredictor", {"name": name, "coefficient": repr(value)})
        for name, value in coefficients.items()
    )
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field(target, usageType="target") + schema)
        + (tag("Output", {}, output) if output else "")
        + tag("RegressionTable", {"intercept": repr(intercept)}, predictors),
    )
    return pmml(data_field(target, target_type) + fields, model)


def output_field(
    name: str, feature: str, value: str | None = None, data_type: str = "double", inner: str = ""
) -> str:
    """An ``OutputField``."""
    return tag(
        "OutputField",
        {
            "name": name,
            "feature": feature,
            "value": value,
            "dataType": data_type,
            "optype": "continuous" if data_type == "double" else "categorical",
        },
        inner,
    )


def classifier(
    levels: Sequence[str],
    fields: str,
    schema: str,
    *nodes: tuple[str, str, Mapping[str, int]],
    label_type: str = "string",
    probabilities: bool = True,
    label: str = "label",
) -> bytes:
    """A ``TreeModel`` of one split for every node: (predicate, score, counts by level).

    A level that a node does not count is not mentioned there, as JPMML's converters write it.
    """
    children = "".join(
        tag(
            "Node",
            {"score": score, "recordCount": sum(counts.values())},
            predicate
            + "".join(
                tag("ScoreDistribution", {"value": level, "recordCount": count})
                for level, count in counts.items()
            ),
        )
        for predicate, score, counts in nodes
    )
    outputs = "".join(output_field(f"p_{v}", "probability", v) for v in levels)
    model = tag(
        "TreeModel",
        {
            "functionName": "classification",
            "splitCharacteristic": "multiSplit",
            "noTrueChildStrategy": "returnNullPrediction",
            "missingValueStrategy": "nullPrediction",
        },
        tag("MiningSchema", {}, mining_field(label, usageType="target") + schema)
        + (tag("Output", {}, outputs) if probabilities else "")
        + tag("Node", {}, "<True/>" + children),
    )
    return pmml(data_field(label, label_type, "categorical", levels) + fields, model)


def simple(field: str, operator: str, value: object) -> str:
    """A ``SimplePredicate``."""
    return tag("SimplePredicate", {"field": field, "operator": operator, "value": value})

"""Documents with trees, over the inputs x and z (numbers) and c (text)."""

from __future__ import annotations

import math
from typing import Any

from pmml_pipeline.document import Document, read
from pmml_pipeline.parity.paths import Paths
from tests.pmml import data_field, mining_field, pmml, simple, tag

ABOVE = math.nextafter(0.1, 1)  # the same float32 as 0.1, another double


def node(predicate: str, score: object = None, *children: str, **attributes: object) -> str:
    return tag("Node", {"score": score, **attributes}, predicate + "".join(children))


def tree(*nodes: str, fields: str = "", before: str = "", **attributes: Any) -> str:
    """A TreeModel over the inputs x, z (numbers) and c (text)."""
    schema = "".join(mining_field(n) for n in "xzc")
    target = mining_field("y", usageType="target")
    inner = tag("MiningSchema", {}, target + (fields or schema)) + before
    return tag("TreeModel", {"functionName": "regression", **attributes}, inner + "".join(nodes))


def document(
    model: str, *, x: str | None = None, before: str = "", z_type: str = "double"
) -> Document:
    dictionary = (
        data_field("y")
        + (x or data_field("x"))
        + data_field("z", z_type)
        + data_field("c", "string", "categorical")
    )
    return read(pmml(dictionary, model, before=before))


def split(first: str, second: str = "<True/>", **attributes: Any) -> str:
    """A tree of two leaves, 1 where the first predicate holds and 2 where the second does."""
    return tree(node("<True/>", 0, node(first, 1), node(second, 2)), **attributes)


def end(found: Paths) -> str:
    return found.steps[-1]


X_TENTH = simple("x", "lessOrEqual", 0.1)


def ensemble(*segments: str) -> str:
    schema = mining_field("y", usageType="target") + "".join(mining_field(n) for n in "xzc")
    inner = tag("Segmentation", {"multipleModelMethod": "sum"}, "".join(segments))
    return tag(
        "MiningModel", {"functionName": "regression"}, tag("MiningSchema", {}, schema) + inner
    )

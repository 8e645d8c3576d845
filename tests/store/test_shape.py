"""The schema reader agrees with a complete one, and knows every keyword that the schema uses."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline.store import shape
from pmml_pipeline.store.manifest import schema

from .sample import MANIFEST

WHOLE: dict[str, Any] = json.loads(MANIFEST.to_bytes())
FULL = jsonschema.Draft202012Validator(schema())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value below the top."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


REMOVE = object()
REPLACEMENTS = [
    REMOVE, None, True, False, 0, 1, -1, 2, 0.5, -0.5, 10**400, "", "x", "../x", "a" * 64, "0" * 64,
    "asMean", "classification", [], [1], [{}], {}, {"x": 1}, {"../x": {}}, {"name": "x"},
]  # fmt: skip


def subschemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema within the schema; keys of ``properties`` are names and not keywords."""
    yield node
    for keyword in ("properties", "$defs"):
        for child in node.get(keyword, {}).values():
            yield from subschemas(child)
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if keyword in node:
            yield from subschemas(node[keyword])


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(dict(schema()))


def test_every_keyword_of_the_schema_is_read() -> None:
    used = {keyword for node in subschemas(schema()) for keyword in node}
    assert used <= shape.CHECKED | shape.ANNOTATIONS
    assert used >= shape.CHECKED, "the reader reads more than the schema needs"


def test_every_pattern_is_anchored() -> None:
    patterns = [node["pattern"] for node in subschemas(schema()) if "pattern" in node]
    assert patterns
    for pattern in patterns:
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        re.compile(pattern)


def test_the_sample_has_the_form() -> None:
    FULL.validate(WHOLE)
    shape.check(WHOLE, schema())


def accepts(value: Any) -> bool:
    try:
        shape.check(value, schema())
    except shape.ShapeError:
        return False
    return True


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(places(WHOLE), key=repr)), st.sampled_from(REPLACEMENTS))
def test_agrees_with_jsonschema_on_one_changed_value(path: tuple[Any, ...], new: Any) -> None:
    value = copy.deepcopy(WHOLE)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    if new is REMOVE:
        del parent[path[-1]]
    else:
        parent[path[-1]] = copy.deepcopy(new)
    # jsonschema takes integers of any length for numbers; here they have to fit a double.
    expected = FULL.is_valid(value) and (new != 10**400 or accepts(value))
    assert accepts(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "the whole must be object, not an array"),
        ({}, "format is missing"),
        (WHOLE | {"version": 0}, "version must be at least 1, not 0"),
        (WHOLE | {"version": True}, "version must be integer, not true"),
        (WHOLE | {"version": 1.5}, "version must be integer, not 1.5"),
        (WHOLE | {"metrics": {"auc": float("nan")}}, "metrics.auc must be number, not nan"),
        (WHOLE | {"metrics": {"a b": "x"}}, "metrics['a b'] must be number, not 'x'"),
        (WHOLE | {"metrics": {"auc": 10**400}}, "metrics.auc must be number, not 1000"),
        (WHOLE | {"outputs": []}, "outputs must have at least 1 entries"),
        (
            WHOLE | {"inputs": [WHOLE["inputs"][0], WHOLE["inputs"][0] | {"optype": "nominal"}]},
            "inputs[1].optype must be one of 'continuous', 'categorical', 'ordinal', not 'nominal'",
        ),
        (WHOLE | {"created": "2026-01-02"}, "created must look like ^[0-9]{4}"),
        (WHOLE | {"model": "a\n"}, "model must look like"),
        (
            WHOLE | {"files": WHOLE["files"] | {"../x": WHOLE["files"]["model.pmml"]}},
            "the key files['../x'] must look like",
        ),
    ],
)
def test_names_the_place(value: Any, message: str) -> None:
    with pytest.raises(shape.ShapeError) as caught:
        shape.check(value, schema())
    assert str(caught.value).startswith(message)

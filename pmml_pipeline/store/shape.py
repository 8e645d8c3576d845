"""Is this JSON value of the form that a JSON Schema describes?

Scoring needs the answer without a dependency, so this reads the part of JSON Schema (draft 2020-12)
that ``manifest.schema.json`` uses, and stops at the first fault. The schema is therefore the one
place that says what a manifest looks like. Every ``pattern`` is read as anchored at both ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

#: Keywords that :func:`check` obeys.
CHECKED = frozenset(
    {"$ref", "type", "enum", "minimum", "minLength", "pattern"}
    | {"required", "properties", "additionalProperties", "propertyNames"}
    | {"items", "minItems"}
)
#: Keywords that say something to a person only.
ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description"})

# Beyond the range of a double, as which most readers of JSON take every number.
_TOO_BIG = 1 << 1023

Schema = Mapping[str, Any]


class ShapeError(ValueError):
    """A value is not of the described form.

    Attributes:
        path: where, as ``certificate.engines[0].rows``; empty for the value as a whole.
        message: what is wrong there, as "must be ...".
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path} {self.message}" if self.path else f"the whole {self.message}"


def check(value: Any, schema: Schema) -> None:
    """Returns when the value has the form.

    Raises:
        ShapeError: at the first place where it has not.
    """
    _check(value, schema, schema, "")


def _check(value: Any, schema: Schema, root: Schema, path: str) -> None:
    if "$ref" in schema:
        _check(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    if "type" in schema:
        _check_type(value, schema["type"], path)
    if "enum" in schema and value not in schema["enum"]:
        allowed = ", ".join(repr(v) for v in schema["enum"])
        raise ShapeError(path, f"must be one of {allowed}, not {_short(value)}")
    if isinstance(value, str):
        _check_text(value, schema, path)
    elif _is(value, "number") and value < schema.get("minimum", -math.inf):
        raise ShapeError(path, f"must be at least {schema['minimum']}, not {_short(value)}")
    elif isinstance(value, Mapping):
        _check_object(value, schema, root, path)
    elif isinstance(value, list | tuple):
        _check_array(value, schema, root, path)


def _check_type(value: Any, names: str | list[str], path: str) -> None:
    names = [names] if isinstance(names, str) else names
    if not any(_is(value, name) for name in names):
        raise ShapeError(path, f"must be {' or '.join(names)}, not {_short(value)}")


def _check_text(value: str, schema: Schema, path: str) -> None:
    if len(value) < schema.get("minLength", 0):
        raise ShapeError(path, "must not be empty")
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        raise ShapeError(path, f"must look like {schema['pattern']}, not {_short(value)}")


def _check_object(value: Mapping[str, Any], schema: Schema, root: Schema, path: str) -> None:
    for key in schema.get("required", ()):
        if key not in value:
            raise ShapeError(_below(path, key), "is missing")
    known = schema.get("properties", {})
    for key, item in value.items():
        here = _below(path, key)
        if "propertyNames" in schema:
            _check(key, schema["propertyNames"], root, f"the key {here}")
        if key in known:
            _check(item, known[key], root, here)
        elif "additionalProperties" in schema:
            _check(item, schema["additionalProperties"], root, here)


def _check_array(value: Any, schema: Schema, root: Schema, path: str) -> None:
    if len(value) < schema.get("minItems", 0):
        raise ShapeError(path, f"must have at least {schema['minItems']} entries")
    if "items" in schema:
        for i, item in enumerate(value):
            _check(item, schema["items"], root, f"{path}[{i}]")


def _is(value: Any, name: str) -> bool:
    """Whether the value is of the JSON type; a bool is no number, and infinity is none either."""
    match name:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            if isinstance(value, float):
                return math.isfinite(value)
            return _is(value, "integer") and -_TOO_BIG < value < _TOO_BIG
        case "array":
            return isinstance(value, list | tuple)
        case "object":
            return isinstance(value, Mapping)
    raise NotImplementedError(f"JSON type {name}")


def _below(path: str, key: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]+", key):
        return f"{path}[{_short(key)}]"
    return f"{path}.{key}" if path else key


def _short(value: Any) -> str:
    """The value for a message; the content of objects and lists is left out."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = ascii(value[:61] if isinstance(value, str) else value)
    return text if len(text) <= 60 else text[:57] + "..."

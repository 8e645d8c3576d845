"""The service in OpenAPI 3.1: every loaded model with its own fields, levels and ranges.

https://spec.openapis.org/oas/v3.1.1.html; the schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from typing import Any

from pmml_pipeline.admission.cells import validity_sets
from pmml_pipeline.document import Interval
from pmml_pipeline.errors import NotAVersionError
from pmml_pipeline.schema import InputField, Kind, OutputField
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving.live import LiveModel

Schema = dict[str, Any]

_KINDS: Mapping[Kind, Schema] = {
    "double": {"type": "number"},
    "integer": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
}
_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
# What travels as text and is no text to a person, which JSON Schema's formats want a zone for.
_PATTERNS = {"date": f"^{_DATE}$", "time": f"^{_TIME}$", "dateTime": f"^{_DATE}T{_TIME}$"}


def of_all(models: Mapping[str, LiveModel]) -> Schema:
    """The server and all models; those of which no version is loaded are left out."""
    scorers = {}
    for name, live in sorted(models.items()):
        with suppress(NotAVersionError):
            scorers[name] = live.latest()
    return _described("pmml-pipeline", scorers, _SERVER_PATHS)


def of_model(name: str, scorer: Scorer) -> Schema:
    """One model, by one of its versions."""
    return _described(name, {name: scorer}, {})


def _described(title: str, scorers: Mapping[str, Scorer], others: Mapping[str, Schema]) -> Schema:
    paths, schemas = dict(others), dict(_COMMON)
    for name, scorer in scorers.items():
        paths |= _paths(name, scorer)
        schemas |= _schemas(name, scorer)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": title,
            "version": version("pmml-pipeline"),
            "description": "Scores of PMML models that were proven to be those of their training "
            "library. Numbers may also be sent as text.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def record_schema(inputs: Iterable[InputField], supplementary: Iterable[str] = ()) -> Schema:
    """What a record must be.

    Args:
        inputs: of the model.
        supplementary: fields that a record may have although they are no inputs.
    """
    fields = list(inputs)
    return {
        "type": "object",
        "required": [field.name for field in fields if field.required],
        "properties": {
            **{field.name: field_schema(field) for field in fields},
            **{name: {"description": "not used by the model"} for name in supplementary},
        },
        "additionalProperties": False,
    }


def field_schema(field: InputField) -> Schema:
    """What the value of a field must be."""
    schema: Schema = {**_KINDS[field.kind]}
    if field.data_type in _PATTERNS:
        schema["pattern"] = _PATTERNS[field.data_type]
    elif field.data_type.endswith("]"):
        schema["pattern"] = r"^-?[0-9]{1,15}$"
    if field.invalid_value_treatment == "returnInvalid":
        admitted: list[Schema] = [_range(schema, interval) for interval in field.intervals]
        levels, invalid = _levels(field)
        if levels:
            admitted.append({"enum": levels})
        if len(admitted) == 1:
            schema = admitted[0]
        elif admitted:
            schema = {"anyOf": admitted}
        if invalid:
            schema = {**schema, "not": {"enum": invalid}}
    if not field.required:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "description": field.describe()}


def _range(schema: Schema, interval: Interval) -> Schema:
    found = dict(schema)
    left, right = interval.left_margin, interval.right_margin
    if left is not None:
        found.pop("minimum", None)
        found["exclusiveMinimum" if interval.closure.startswith("open") else "minimum"] = left
    if right is not None:
        found.pop("maximum", None)
        found["exclusiveMaximum" if interval.closure.endswith("Open") else "maximum"] = right
    return found


def _levels(field: InputField) -> tuple[list[Any], list[Any]]:
    """The values that are valid and those that are not, as JSON has them."""
    if field.kind == "string":  # dates too, which travel as text
        return list(field.values), list(field.invalid_values)
    valid, invalid, _ = validity_sets(field)
    return sorted(valid), sorted(invalid)


def _score_schema(outputs: Iterable[OutputField]) -> Schema:
    fields = list(outputs)
    return {
        "type": "object",
        "required": [field.name for field in fields],
        "properties": {field.name: _result_schema(field) for field in fields},
    }


def _result_schema(field: OutputField) -> Schema:
    type_ = {"double": "number"}.get(field.kind, field.kind)
    if field.target or field.feature in ("predictedValue", "probability"):
        return {"type": type_}
    return {"type": [type_, "null"]}


def _schemas(name: str, scorer: Scorer) -> dict[str, Schema]:
    return {
        f"{name}.Record": record_schema(scorer.inputs, scorer.schema.supplementary),
        f"{name}.Score": _score_schema(scorer.outputs),
    }


def _paths(name: str, scorer: Scorer) -> dict[str, Schema]:
    base = f"/v1/models/{name}"
    record, score = _ref(f"{name}.Record"), _ref(f"{name}.Score")
    single = scorer.outputs[0] if len(scorer.outputs) == 1 else None
    told = _result_schema(single) if single is not None else score
    partial = {"anyOf": [told, _ref("Refused")]}
    paths = {
        base: {"get": _get(name, "state", "The states of its versions.", _ref("States"))},
        f"{base}/metadata": {
            "get": _get(name, "metadata", "Its inputs and outputs.", {"type": "object"})
        },
        f"{base}:predict": {
            "post": _post(
                *(name, "predict", "Scores records."),
                {
                    **_list("instances", record),
                    "partial": {
                        "type": "boolean",
                        "description": "Whether good records are scored although others are bad.",
                    },
                },
                {"predictions": {"type": "array", "items": partial}},
            )
        },
    }
    if any(o.feature == "probability" and o.value is not None for o in scorer.outputs):
        pair = {"type": "array", "prefixItems": [{}, {"type": "number"}], "items": False}
        results = {"type": "array", "items": {"type": "array", "items": pair}}
        summary = "Labels with their probabilities."
        paths[f"{base}:classify"] = {
            "post": _post(
                name, "classify", summary, _list("examples", record), {"results": results}
            )
        }
    if scorer.schema.function == "regression":
        results = {"type": "array", "items": {"type": "number"}}
        paths[f"{base}:regress"] = {
            "post": _post(
                *(name, "regress", "Scores records."),
                *(_list("examples", record), {"results": results}),
            )
        }
    return paths


def _list(key: str, items: Schema) -> Schema:
    return {key: {"type": "array", "items": items, "minItems": 1}}


def _get(tag: str, name: str, summary: str, schema: Schema) -> Schema:
    return {
        "operationId": f"{name}.{tag}",
        "tags": [tag],
        "summary": summary,
        "responses": {"200": _response("What is asked for.", schema)},
    }


def _post(tag: str, name: str, summary: str, request: Schema, told: Schema) -> Schema:
    key = next(iter(request))
    return {
        "operationId": f"{name}.{tag}",
        "tags": [tag],
        "summary": summary,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": [key],
                        "properties": request,
                        "additionalProperties": False,
                    }
                }
            },
        },
        "responses": {
            "200": _response(
                "The scores.", {"type": "object", "required": list(told), "properties": told}
            ),
            "400": _response("No request, or a data error.", _ref("Error")),
            "413": _response("Too large.", _ref("Error")),
            "415": _response("Compressed in another way than gzip.", _ref("Error")),
            "429": _response("Too many at once.", _ref("Error")),
        },
    }


def _response(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_DATA_ERROR: Schema = {
    "type": "object",
    "required": ["field", "code", "value", "expected"],
    "properties": {
        "record": {"type": "integer", "minimum": 0, "description": "Its place in the request."},
        "field": {"type": "string"},
        "code": {"type": "string", "description": "What is wrong, for programs."},
        "value": {"description": "What came."},
        "expected": {"type": "string", "description": "What would be valid."},
    },
}
_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string"},
        "data_errors": {"type": "array", "items": _ref("DataError")},
        "data_errors_omitted": {"type": "integer", "minimum": 1},
    },
}
_COMMON: Mapping[str, Schema] = {
    "DataError": _DATA_ERROR,
    "Error": _ERROR,
    "Refused": {**_ERROR, "required": ["error", "data_errors"]},
    "States": {
        "type": "object",
        "required": ["model_version_status"],
        "properties": {"model_version_status": {"type": "array", "items": {"type": "object"}}},
    },
}
_SERVER_PATHS: Mapping[str, Schema] = {
    "/v1/models": {"get": _get("server", "models", "All models.", {"type": "object"})},
    "/v2": {"get": _get("server", "about", "What the server is.", {"type": "object"})},
    "/v2/health/live": {"get": _get("server", "live", "Whether it runs.", {"type": "object"})},
    "/v2/health/ready": {
        "get": {
            **_get("server", "ready", "Whether every model was tried.", {"type": "object"}),
            "responses": {
                "200": _response("It is.", {"type": "object"}),
                "503": _response("Not yet.", _ref("Error")),
            },
        }
    },
}

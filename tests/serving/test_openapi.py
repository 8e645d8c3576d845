"""The description in OpenAPI is one, and says of records what the service does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from .. import pmml
from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN
from .services import Service, started
from .test_rest import SQUARE, TYPES

FIELDS = pmml.linear(
    pmml.data_field("x", intervals=[("openClosed", 0, 10), ("closedOpen", 20, None)])
    + pmml.data_field("whole", "integer", intervals=[("closedOpen", -3, 5)])
    + pmml.data_field("code", "integer", "categorical", ["1", "2.0"])
    + pmml.data_field("word", "string", "categorical", ["a", "其他", ""])
    + pmml.data_field("free", "string", "categorical")
    + pmml.data_field("flag", "boolean", "categorical")
    + pmml.data_field("day", "date", "ordinal")
    + pmml.data_field("clock", "time", "ordinal")
    + pmml.data_field("moment", "dateTime", "ordinal"),
    pmml.mining_field("whole", missingValueReplacement="1")
    + "".join(
        pmml.mining_field(name, missingValueTreatment="returnInvalid")
        for name in ("x", "code", "word", "free", "flag", "day", "clock", "moment")
    ),
    {"x": 1.0},
)
RECORD: dict[str, Any] = {
    **{"x": 5.5, "whole": 2, "code": 1, "word": "其他", "free": "b", "flag": True},
    **{"day": "2012-02-13", "clock": "08:18:05", "moment": "2012-02-13T08:18"},
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Models of all kinds of fields, and one that cannot be loaded."""
    folder: Path = tmp_path_factory.mktemp("store")
    proof = certificate(("compiled", "pypmml", "jpmml"))
    publish_document(folder, "loans", DOCUMENT, GOLDEN, proof)
    golden = [{"input": {"x": 2}, "output": {"y": 5.0}}]
    publish_document(folder, "square", SQUARE, golden, proof)
    golden = [{"input": {"x": 2, "n": 3, "t": True}, "output": {"y": 5.0}}]
    publish_document(folder, "types", TYPES, golden, proof)
    golden = [{"input": RECORD, "output": {"y": 5.5}}]
    publish_document(folder, "fields", FIELDS, golden, proof)
    publish_document(folder, "bad", SQUARE, [{"input": {"x": 2}, "output": {"y": 1.0}}], proof)
    with started("python", folder) as running:
        yield running


def test_it_is_openapi(service: Service) -> None:
    whole = service.get("/openapi.json").body
    OpenAPIV31SpecValidator(whole).validate()
    assert {path for path in whole["paths"] if path.endswith(":predict")} == {
        f"/v1/models/{name}:predict" for name in ("fields", "loans", "square", "types")
    }
    assert "/v1/models/loans:classify" in whole["paths"]
    assert "/v1/models/square:regress" in whole["paths"]
    for name in ("fields", "loans"):
        one = service.get(f"/v1/models/{name}/openapi.json").body
        OpenAPIV31SpecValidator(one).validate()
        assert set(one["paths"]) < set(whole["paths"])
        assert one["info"]["title"] == name
    assert service.get("/v1/models/bad/openapi.json").status == 404
    assert service.call("POST", "/openapi.json", {}).status == 405


def test_every_path_that_it_names_is_there(service: Service) -> None:
    for path, methods in service.get("/openapi.json").body["paths"].items():
        for method in methods:
            answer = service.call(method.upper(), path, {} if method == "post" else None)
            assert str(answer.status) in methods[method]["responses"], (method, path, answer)
            if method == "get":
                assert answer.status == 200


def _valid(description: dict[str, Any], name: str, value: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    return not list(jsonschema.Draft202012Validator(schema).iter_errors(value))


# Numbers as text and truth values as numbers are admitted although it does not say so.
@pytest.mark.parametrize(
    ("field", "admitted", "refused"),
    [
        ("x", [5, 0.001, 10, 10.0, 20, 1e300], [0, 10.5, 19.9, "x", None, [], {}]),
        ("whole", [-3, 4, 4.0, None], [-4, 5, 1.5, "x"]),
        ("code", [1, 2], [0, 3, 1.5, None]),
        ("word", ["a", "其他", ""], ["b", 1, None]),
        ("free", ["a", "", "x" * 1000, "😀"], [1, None, ["a"]]),
        ("flag", [True, False], ["yes", 7, None]),
        ("day", ["2012-02-13", "1970-01-01"], ["13.2.2012", "2012-13-02", "today", 5]),
        ("clock", ["08:18", "08:18:05", "08:18:05.25"], ["8 o'clock", "25:00:00"]),
        (
            "moment",
            ["2012-02-13T08:18", "2012-02-13T08:18:05.5"],
            ["2012-02-13T24:18", "noon"],
        ),
    ],
)
def test_a_record_that_it_admits_is_scored_and_no_other(
    service: Service, field: str, admitted: list[Any], refused: list[Any]
) -> None:
    description = service.get("/v1/models/fields/openapi.json").body
    for values, good in ((admitted, True), (refused, False)):
        for value in values:
            record = {**RECORD, field: value}
            answer = service.post("/v1/models/fields:predict", {"instances": [record]})
            assert (answer.status == 200) == good, (value, answer)
            assert _valid(description, "fields.Record", record) == good, value
            if not good:
                assert _valid(description, "Error", answer.body)


def test_a_field_that_is_absent_or_unknown(service: Service) -> None:
    description = service.get("/v1/models/fields/openapi.json").body
    for name in RECORD:
        record = {key: value for key, value in RECORD.items() if key != name}
        answer = service.post("/v1/models/fields:predict", {"instances": [record]})
        assert _valid(description, "fields.Record", record) == (answer.status == 200), name
    record = {**RECORD, "more": 1}
    assert service.post("/v1/models/fields:predict", {"instances": [record]}).status == 400
    assert not _valid(description, "fields.Record", record)


def test_scores_are_what_it_says(service: Service) -> None:
    description = service.get("/openapi.json").body
    rows = {"loans": {"age": 20}, "types": {"x": 1, "n": 2, "t": False}}
    for name, record in rows.items():
        answer = service.post(f"/v1/models/{name}:predict", {"instances": [record]})
        (score,) = answer.body["predictions"]
        assert _valid(description, f"{name}.Score", score)
        assert not _valid(description, f"{name}.Score", {**score, next(iter(score)): []})

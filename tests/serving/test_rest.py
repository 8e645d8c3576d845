"""TensorFlow Serving's REST, the same for every service."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .. import pmml
from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN, expected
from .services import EACH, Service, started

ALL = ("compiled", "pypmml", "jpmml")
PREDICT = "/v1/models/loans:predict"

SQUARE = pmml.linear(pmml.data_field("x"), pmml.mining_field("x"), {"x": 2.0}, intercept=1.0)
TYPES = pmml.linear(
    pmml.data_field("x")
    + pmml.data_field("n", "integer")
    + pmml.data_field("t", "boolean", "categorical"),
    pmml.mining_field("x", missingValueReplacement="7")
    + pmml.mining_field("n", missingValueReplacement="1")
    + pmml.mining_field("t", missingValueReplacement="true"),
    {"x": 1.0, "n": 1.0},
    output=pmml.output_field("twice", "predictedValue")
    + pmml.output_field(
        "whole", "transformedValue", data_type="integer", inner=pmml.tag("FieldRef", {"field": "n"})
    )
    + pmml.output_field(
        "truth", "transformedValue", data_type="boolean", inner=pmml.tag("FieldRef", {"field": "t"})
    ),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four models, one of which has no version that can be proven."""
    folder = tmp_path_factory.mktemp("store")
    proof = certificate(ALL)
    publish_document(folder, "loans", DOCUMENT, GOLDEN, proof)
    publish_document(folder, "loans", DOCUMENT, GOLDEN, proof)
    golden = [{"input": {"x": 2}, "output": {"y": 5.0}}]
    publish_document(folder, "square", SQUARE, golden, proof)
    golden = [{"input": {"x": 2, "n": 3, "t": True}, "output": {"y": 5.0}}]
    publish_document(folder, "types", TYPES, golden, proof)
    bad = [{"input": {"x": 2}, "output": {"y": 5.1}}]
    publish_document(folder, "bad", SQUARE, bad, proof)
    (folder / "loans" / "serving.json").write_text(
        '{"format": 1, "policy": {"latest": 1}, "labels": {"stable": 1}}'
    )
    return folder


@pytest.fixture(scope="module", params=EACH)
def service(request: pytest.FixtureRequest, store: Path) -> Iterator[Service]:
    """Each service in turn."""
    with started(request.param, store) as running:
        yield running


def scored(age: float, home: str | None) -> dict[str, Any]:
    """What the model makes of a record."""
    return dict(zip(("label", "p_no", "p_yes"), expected(age, home), strict=True))


def test_records_are_scored_in_row_form(service: Service) -> None:
    rows = [{"age": 20, "home": "rent"}, {"age": "40", "home": "own"}, {"age": 40.5}]
    answer = service.post(PREDICT, {"instances": rows, "signature_name": "serving_default"})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == {
        "predictions": [scored(20, "rent"), scored(40, "own"), scored(40.5, None)]
    }


def test_golden_rows_come_out_bit_for_bit(service: Service) -> None:
    for row in GOLDEN:
        answer = service.post(PREDICT, {"instances": [row["input"]]})
        if "error" in row:
            assert answer.status == 400
            continue
        found = answer.body["predictions"][0]
        assert {name: found[name] for name in row["output"]} == row["output"]


def test_records_are_scored_in_column_form(service: Service) -> None:
    columns = {"age": [20, 40], "home": ["rent", None]}
    answer = service.post(PREDICT, {"inputs": columns})
    rows = [scored(20, "rent"), scored(40, None)]
    assert answer.body == {"outputs": {name: [row[name] for row in rows] for name in rows[0]}}


def test_a_single_output_and_a_single_input_need_no_name(service: Service) -> None:
    path = "/v1/models/square:predict"
    assert service.post(path, {"instances": [1, 2.5, "3"]}).body == {"predictions": [3.0, 6.0, 7.0]}
    assert service.post(path, {"instances": [{"x": 1}]}).body == {"predictions": [3.0]}
    assert service.post(path, {"inputs": [1, 2]}).body == {"outputs": [3.0, 5.0]}
    assert service.post(path, {"inputs": {"x": [1]}}).body == {"outputs": [3.0]}


def test_numbers_keep_their_types_and_their_digits(service: Service) -> None:
    path = "/v1/models/types:predict"
    text = json.dumps({"instances": [{"x": 0.1 + 0.2, "n": 0, "t": False}]})
    found = service.post(path, text.encode()).body["predictions"][0]
    y = 0.30000000000000004
    assert found == {"y": y, "twice": y, "whole": 0, "truth": False}
    assert isinstance(found["whole"], int)
    assert found["truth"] is False
    # A float has a point or an exponent, which is how TensorFlow Serving's clients tell.
    assert service.post(path, {"instances": [{"x": 1, "n": 1}]}).body["predictions"][0]["y"] == 2.0
    raw = service.call("POST", "/v1/models/square:predict", b'{"instances": [1e300, NaN, 5]}')
    assert raw.status == 400  # one of them is missing
    found = service.post("/v1/models/square:predict", {"instances": [1e300]}).body
    assert math.isclose(found["predictions"][0], 2e300, rel_tol=1e-15)


def test_examples_are_classified_and_regressed(service: Service) -> None:
    body = {"context": {"home": "rent"}, "examples": [{"age": 20}, {"age": 40, "home": "own"}]}
    answer = service.post("/v1/models/loans:classify", body)
    assert answer.body == {
        "results": [
            [["no", 2 / 3], ["yes", 1 / 3]],
            [["no", 1 / 7], ["yes", 6 / 7]],
        ]
    }
    answer = service.post("/v1/models/square:regress", {"examples": [{"x": 1}, {"x": 2}]})
    assert answer.body == {"results": [3.0, 5.0]}
    assert service.post("/v1/models/loans:regress", body).status == 400
    assert service.post("/v1/models/square:classify", {"examples": [{"x": 1}]}).status == 400


def test_a_context_that_is_no_input_is_refused_before_every_example_has_it(
    service: Service,
) -> None:
    context = {f"k{i}": i for i in range(20_000)}
    start = time.perf_counter()
    answer = service.post(
        "/v1/models/loans:classify", {"context": context, "examples": [{}] * 10_000}
    )
    assert answer.status == 400
    assert answer.body == {"error": "context has the field k0, which is no input"}
    assert time.perf_counter() - start < 5
    context = {"home": "rent", "note": "supplementary"}
    body = {"context": context, "examples": [{"age": 20}] * 10_000}
    assert len(service.post("/v1/models/loans:classify", body).body["results"]) == 10_000


def test_every_score_says_which_document_gave_it(service: Service, store: Path) -> None:
    wanted = hashlib.sha256((store / "loans" / "2" / "model.pmml").read_bytes()).hexdigest()
    for rows, status in (([{"age": 20}], 200), ([{"age": -1}], 400)):
        answer = service.post(PREDICT, {"instances": rows})
        assert (answer.status, answer.headers["x-document-sha256"]) == (status, wanted)


def test_a_version_or_a_label_can_be_named(service: Service) -> None:
    rows = {"instances": [{"age": 20}]}
    for where in ("", "/versions/2", "/versions/1", "/labels/stable"):
        assert service.post(f"/v1/models/loans{where}:predict", rows).status == 200, where
    for path, request in (
        ("/v1/models/loans/versions/9", "Specific(loans, 9)"),
        ("/v1/models/nobody", "Latest(nobody)"),
        ("/v1/models/bad", "Latest(bad)"),
    ):
        answer = service.post(path + ":predict", rows)
        assert answer.status == 404
        assert answer.body == {"error": f"Servable not found for request: {request}"}
    answer = service.post("/v1/models/loans/labels/canary:predict", rows)
    assert answer.status == 400
    assert answer.body == {"error": "Unrecognized servable version label: canary"}


def test_the_states_of_versions_are_told(service: Service) -> None:
    well = {"error_code": "OK", "error_message": ""}
    entry = {"version": "2", "state": "AVAILABLE", "status": well}
    older = {"version": "1", "state": "AVAILABLE", "status": well}
    assert service.get("/v1/models/loans").body == {"model_version_status": [entry, older]}
    assert service.get("/v1/models/loans/versions/1").body == {"model_version_status": [older]}
    assert service.get("/v1/models/loans/labels/stable").body == {"model_version_status": [older]}
    (refused,) = service.get("/v1/models/bad").body["model_version_status"]
    assert refused["state"] == "END"
    assert refused["status"]["error_code"] == "FAILED_PRECONDITION"
    assert "golden rows" in refused["status"]["error_message"]
    models = service.get("/v1/models").body["models"]
    assert [model["name"] for model in models] == ["bad", "loans", "square", "types"]
    assert models[1]["labels"] == {"stable": 1}
    assert models[1]["model_version_status"] == [entry, older]


def test_the_metadata_describe_inputs_and_outputs(service: Service) -> None:
    body = service.get("/v1/models/loans/metadata").body
    assert body["model_spec"] == {"name": "loans", "signature_name": "", "version": "2"}
    signature = body["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert {name: t["dtype"] for name, t in signature["inputs"].items()} == {
        "age": "DT_DOUBLE",
        "home": "DT_STRING",
    }
    assert signature["inputs"]["age"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]
    assert set(signature["outputs"]) == {"label", "p_no", "p_yes"}
    told = body["metadata"]["pmml"]
    assert told["function"] == "classification"
    assert told["agreement"] == "to 10 decimals"
    age, home = told["inputs"]
    assert (age["required"], home["required"]) == (True, False)
    assert "[0, 120]" in age["expected"]
    assert home["values"] == ["rent", "own"]
    body = service.get("/v1/models/loans/versions/1/metadata").body
    assert body["model_spec"]["version"] == "1"


def test_a_faulty_record_is_a_data_error_with_every_field(service: Service) -> None:
    rows = [{"age": 20}, {"age": 121, "home": "boat", "shoe": 43}, {}]
    answer = service.post(PREDICT, {"instances": rows})
    assert answer.status == 400
    assert answer.body["error"].startswith(
        "数据错误 (data error): 2 of 3 records, the first of which is record 1: age: out of range"
    )
    assert answer.body["error"].count("数据错误") == 1
    told = [(e["record"], e["field"], e["code"], e["value"]) for e in answer.body["data_errors"]]
    assert told == [
        (1, "age", "out_of_range", 121),
        (1, "home", "unseen_level", "boat"),
        (1, "shoe", "unknown_field", None),
        (2, "age", "missing", None),
    ]
    assert answer.body["data_errors"][1]["expected"] == "one of rent, own"
    answer = service.post(PREDICT, {"instances": [{"age": "old"}]})
    assert answer.body["error"].startswith("数据错误 (data error): age: wrong type 'old'")
    answer = service.post(PREDICT, {"inputs": {"age": [20, None]}})
    assert answer.status == 400
    assert answer.body["data_errors"][0]["record"] == 1
    many = service.post(PREDICT, {"instances": [{}] * 5000})
    assert len(many.body["data_errors"]) == 100
    assert many.body["data_errors_omitted"] == 4900
    assert len(json.dumps(many.body)) < 50_000


def test_good_rows_of_a_partial_request_are_scored(service: Service) -> None:
    rows = [{"age": 20}, {"age": 121}, {"age": 40, "home": "own"}]
    answer = service.post(PREDICT, {"instances": rows, "partial": True})
    assert answer.status == 200
    first, second, third = answer.body["predictions"]
    assert (first, third) == (scored(20, None), scored(40, "own"))
    assert second["error"].startswith("数据错误 (data error): age: out of range 121")
    assert [(e["field"], e["code"]) for e in second["data_errors"]] == [("age", "out_of_range")]
    assert service.post(PREDICT, {"inputs": {"age": [1]}, "partial": True}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"instances": [',
        b'{"instances": []}',
        b'{"instances": {"age": 20}}',
        b'{"instances": [20]}',
        b'{"instances": [[20]]}',
        b'{"instances": [null]}',
        b'{"instances": [{"age": 20}], "inputs": {"age": [20]}}',
        b'{"signature_name": "serving_default"}',
        b'{"instances": [{"age": 20}], "signature_name": "other"}',
        b'{"instances": [{"age": 20}], "partail": true}',
        b'{"instances": [{"age": 20}], "partial": "yes"}',
        b'{"instances": [{"age": 20, "age": 30}]}',
        b'{"instances": [{"age": [20]}]}',
        b'{"instances": [{"age": {"a": 20}}]}',
        b'{"instances": [{"age": 1e999}]}',
        b'{"instances": [{"age": ' + b"9" * 5000 + b"}]}",
        b'{"instances": [{"age": 20, "home": "\\ud83d"}]}',
        b'{"instances": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"inputs": []}',
        b'{"inputs": {}}',
        b'{"inputs": {"age": []}}',
        b'{"inputs": {"age": 20}}',
        b'{"inputs": {"age": [20, 30], "home": ["rent"]}}',
        b'\xff\xfe{"instances"',
        b'{"instances": [{"age": 20}]} {}',
    ],
)
def test_a_request_that_is_none_is_refused(service: Service, body: bytes) -> None:
    answer = service.post(PREDICT, body)
    assert answer.status == 400, answer
    assert next(iter(answer.body)) == "error"
    assert "\n" not in answer.body["error"]
    assert "Source" not in answer.body["error"]


def test_what_is_too_large_is_refused(service: Service) -> None:
    rows = b'{"instances": [' + b'{"age": 20},' * 10_000 + b'{"age": 20}]}'
    assert service.post(PREDICT, rows).status == 413
    answer = service.post(PREDICT, {"inputs": {"age": [20] * 10_001}})
    assert answer.status == 413
    assert service.post(PREDICT, b" " * ((10 << 20) + 1)).status == 413
    bomb = gzip.compress(b" " * (100 << 20))
    answer = service.call("POST", PREDICT, bomb, {"Content-Encoding": "gzip"})
    assert answer.status == 413
    trailing = gzip.compress(b"{}") + b"\0" * (11 << 20)
    answer = service.call("POST", PREDICT, trailing, {"Content-Encoding": "gzip"})
    assert answer.status in (400, 413)
    assert service.post(PREDICT, {"instances": [{"age": 20}]}).status == 200


def test_a_body_may_be_compressed(service: Service) -> None:
    body = gzip.compress(b'{"instances": [{"age": 20}]}')
    answer = service.call("POST", PREDICT, body, {"Content-Encoding": "gzip"})
    assert answer.body == {"predictions": [scored(20, None)]}
    two = gzip.compress(b'{"instances": [') + gzip.compress(b'{"age": 20}]}')  # as pigz writes
    answer = service.call("POST", PREDICT, two, {"Content-Encoding": "gzip"})
    assert answer.body == {"predictions": [scored(20, None)]}
    answer = service.call("POST", PREDICT, body[:20], {"Content-Encoding": "gzip"})
    assert answer.status == 400
    answer = service.call("POST", PREDICT, b"{}", {"Content-Encoding": "gzip"})
    assert answer.status == 400
    answer = service.call("POST", PREDICT, b"{}", {"Content-Encoding": "br"})
    assert answer.status == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1", 404),
        ("GET", "/v1/models/loans/versions", 404),
        ("GET", "/v1/models/loans/versions/x", 400),
        ("GET", "/v1/models/loans/versions/-1", 400),
        ("GET", "/v1/models/loans/versions/" + "9" * 40, 400),
        ("GET", "/v1/models/loans/versions/0", 404),
        ("GET", "/v1/models/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/models/../../../etc/passwd", 404),
        ("GET", "/v1/models/" + "a" * 5000, 404),
        ("GET", "/v1/models/loans:explain", 404),
        ("GET", "/v1/models/loans/predict", 404),
        ("POST", "/v1/models/loans:metadata", 404),
        ("GET", "/v1/models/loans:predict", 405),
        ("POST", "/v1/models/loans", 405),
        ("POST", "/v1/models", 405),
        ("DELETE", "/v1/models/loans", 405),
        ("PUT", "/v1/models/loans:predict", 405),
    ],
)
def test_paths_that_lead_nowhere_are_refused(
    service: Service, method: str, path: str, status: int
) -> None:
    answer = service.call(method, path, b"{}" if method != "GET" else None)
    assert answer.status == status, answer
    assert answer.body["error"]
    assert len(answer.body["error"]) < 200
    assert ("allow" in answer.headers) == (status == 405)


def test_a_request_keeps_its_id(service: Service) -> None:
    answer = service.call("GET", "/v1/models", headers={"X-Request-Id": "a-1"})
    assert answer.headers["x-request-id"] == "a-1"
    answer = service.call("GET", "/v1/models", headers={"X-Request-Id": "a b"})
    assert "x-request-id" not in answer.headers


def test_one_connection_serves_many_requests_without_waiting(service: Service) -> None:
    body = b'{"instances": [{"age": 20}]}'
    request = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (
        PREDICT.encode(),
        len(body),
        body,
    )
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        times = []
        for _ in range(100):
            start = time.perf_counter()
            connection.sendall(request)
            received = b""
            while not received.endswith(b"]}\n"):
                received += connection.recv(65536)
            times.append(time.perf_counter() - start)
            assert received.startswith(b"HTTP/1.1 200 ")
    # Two packets that wait for each other take 40 ms.
    assert sorted(times)[50] < 0.02, times

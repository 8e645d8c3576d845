"""The Open Inference Protocol, called by NVIDIA's client and by hand."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN
from .services import Service, started
from .test_rest import SQUARE, TYPES, scored

INFER = "/v2/models/loans/infer"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Three models: texts and numbers, one number, and all types."""
    folder = tmp_path_factory.mktemp("store")
    proof = certificate(("compiled", "pypmml", "jpmml"))
    publish_document(folder, "loans", DOCUMENT, GOLDEN, proof)
    publish_document(folder, "loans", DOCUMENT, GOLDEN, proof)
    (folder / "loans" / "serving.json").write_text(
        '{"format": 1, "policy": {"latest": 2}, "labels": {}}'
    )
    golden = [{"input": {"x": 2}, "output": {"y": 5.0}}]
    publish_document(folder, "square", SQUARE, golden, proof)
    golden = [{"input": {"x": 2, "n": 3, "t": True}, "output": {"y": 5.0}}]
    publish_document(folder, "types", TYPES, golden, proof)
    with started("python", folder, "--max-rows", "1000") as running:
        yield running


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[triton.InferenceServerClient]:
    """NVIDIA's client."""
    with triton.InferenceServerClient(f"127.0.0.1:{service.port}") as made:
        yield made


def tensor(name: str, values: Any, datatype: str, *, binary: bool = True) -> triton.InferInput:
    """A tensor of one value per record."""
    array = np.array(values, dtype=object if datatype == "BYTES" else None)
    if datatype != "BYTES":
        array = array.astype({"FP64": "f8", "FP32": "f4", "INT64": "i8", "INT32": "i4"}[datatype])
    made = triton.InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array, binary_data=binary)
    return made


def test_the_server_and_its_models_tell_what_they_are(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("loans")
    assert client.is_model_ready("loans", "1")
    assert not client.is_model_ready("loans", "3")
    assert not client.is_model_ready("nobody")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    told = client.get_model_metadata("loans")
    assert (told["name"], told["versions"], told["platform"]) == ("loans", ["1", "2"], "pmml")
    assert [(t["name"], t["datatype"], t["shape"]) for t in told["inputs"]] == [
        ("age", "FP64", [-1]),
        ("home", "BYTES", [-1]),
    ]
    assert [(t["name"], t["datatype"], t["shape"]) for t in told["outputs"]] == [
        ("label", "BYTES", [-1]),
        ("p_no", "FP64", [-1]),
        ("p_yes", "FP64", [-1]),
    ]


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("received", [True, False])
@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_records_are_scored(
    client: triton.InferenceServerClient, sent: bool, received: bool, shape: tuple[int, ...]
) -> None:
    ages, homes = np.array([20, 40, 40.5]), np.array(["rent", "own", "rent"], dtype=object)
    inputs = [
        tensor("age", ages.reshape(shape), "FP64", binary=sent),
        tensor("home", homes.reshape(shape), "BYTES", binary=sent),
    ]
    names = ("label", "p_no", "p_yes")
    outputs = [triton.InferRequestedOutput(name, binary_data=received) for name in names]
    found = client.infer("loans", inputs, outputs=outputs, request_id="a 其")
    assert found.get_response()["id"] == "a 其"
    assert found.get_response()["model_version"] == "2"
    rows = [scored(age, home) for age, home in zip(ages, homes, strict=True)]
    for name in names:
        values = found.as_numpy(name).tolist()
        values = [v.decode() if isinstance(v, bytes) else v for v in values]
        assert values == [row[name] for row in rows]
    some = client.infer("loans", inputs, outputs=outputs[2:], model_version="1")
    assert some.as_numpy("p_yes").tolist() == [row["p_yes"] for row in rows]
    assert some.get_output("label") is None
    every = client.infer("loans", inputs)  # which asks for all as bytes
    assert every.as_numpy("p_yes").tolist() == [row["p_yes"] for row in rows]


def test_every_type_comes_back_as_itself(client: triton.InferenceServerClient) -> None:
    truth = triton.InferInput("t", [2], "BOOL")
    truth.set_data_from_numpy(np.array([False, True]))
    x = 0.1 + 0.2
    inputs = [tensor("x", [x, 1e300], "FP64"), tensor("n", [0, -5], "INT32"), truth]
    for binary in (True, False):
        names = ("y", "whole", "truth")
        outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
        found = client.infer("types", inputs, outputs=outputs)
        assert found.as_numpy("y").tolist() == [x, 1e300]
        assert found.as_numpy("whole").tolist() == [0, -5]
        assert found.as_numpy("whole").dtype == np.int64
        assert found.as_numpy("truth").tolist() == [False, True]


def test_a_single_is_the_number_that_its_sender_has(
    client: triton.InferenceServerClient, service: Service
) -> None:
    wanted = [2 * float(np.float32(0.1)) + 1]
    for binary in (True, False):
        found = client.infer("square", [tensor("x", [0.1], "FP32", binary=binary)])
        assert found.as_numpy("y").tolist() == wanted
    entry = {"name": "x", "shape": [1], "datatype": "FP32", "data": [0.1]}
    answer = service.post("/v2/models/square/infer", {"inputs": [entry]})
    assert answer.body["outputs"][0]["data"] == wanted


def test_a_record_that_is_wrong_says_why(client: triton.InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match=r"数据错误 \(data error\).*age"):
        client.infer("loans", [tensor("home", ["rent"], "BYTES")])
    with pytest.raises(InferenceServerException, match="1 of 2 records, the first of which is rec"):
        client.infer("loans", [tensor("age", [20, -1], "FP64")])
    with pytest.raises(InferenceServerException, match="not found"):
        client.infer("nobody", [tensor("age", [20], "FP64")])


def test_a_null_and_a_nan_are_missing(service: Service) -> None:
    ages = {"name": "age", "shape": [2], "datatype": "FP64", "data": [20, 40]}
    homes = {"name": "home", "shape": [2, 1], "datatype": "BYTES", "data": [["rent"], [None]]}
    answer = service.post(INFER, {"inputs": [ages, homes], "outputs": [{"name": "p_yes"}]})
    assert answer.body == {
        "model_name": "loans",
        "model_version": "2",
        "outputs": [
            {
                **{"name": "p_yes", "datatype": "FP64", "shape": [2]},
                "data": [scored(20, "rent")["p_yes"], scored(40, None)["p_yes"]],
            }
        ],
    }
    body = json.dumps({"inputs": [{**ages, "data": [20, math.nan]}]}).encode()
    answer = service.call("POST", INFER, body)
    assert answer.status == 400
    (told,) = answer.body["data_errors"]
    assert (told["record"], told["field"], told["code"]) == (1, "age", "missing")


AGE = {"name": "age", "shape": [1], "datatype": "FP64", "data": [20]}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "inputs must be a list"),
        ({"inputs": []}, "inputs must be a list that is not empty"),
        ({"inputs": {"age": 1}}, "inputs must be a list"),
        ({"inputs": [1]}, "inputs[0] must be an object with a name"),
        ({"inputs": [AGE], "instances": []}, "the key instances is unknown"),
        ({"inputs": [AGE], "id": 5}, "id must be text"),
        ({"inputs": [AGE], "parameters": {"partial": True}}, "has the parameter partial"),
        ({"inputs": [AGE], "parameters": []}, "must be an object"),
        ({"inputs": [AGE], "parameters": {"binary_data_output": 1}}, "must be true or false"),
        ({"inputs": [AGE, AGE]}, "the tensor age is there twice"),
        ({"inputs": [AGE | {"values": []}]}, "has the key values"),
        ({"inputs": [AGE | {"datatype": "FP8"}]}, "must have a datatype, one of"),
        ({"inputs": [AGE | {"datatype": []}]}, "must have a datatype, one of"),
        ({"inputs": [AGE | {"shape": [1, 2]}]}, "must have the shape"),
        ({"inputs": [AGE | {"shape": [1, 1, 1]}]}, "must have the shape"),
        ({"inputs": [AGE | {"shape": [0]}]}, "must have the shape"),
        ({"inputs": [AGE | {"shape": [True]}]}, "must have the shape"),
        ({"inputs": [AGE | {"shape": []}]}, "must have the shape"),
        ({"inputs": [AGE | {"shape": [2]}]}, "must have data of 2 values"),
        ({"inputs": [AGE | {"data": 20}]}, "must have data of 1 values"),
        ({"inputs": [AGE | {"data": ["20"]}]}, "has a value that is no FP64, at 0"),
        ({"inputs": [AGE | {"data": [True]}]}, "has a value that is no FP64, at 0"),
        ({"inputs": [AGE | {"data": [2**60]}]}, "has a value that is no FP64, at 0"),
        ({"inputs": [AGE | {"datatype": "FP32", "data": [1e39]}]}, "no FP32, at 0"),
        ({"inputs": [AGE | {"datatype": "FP16", "data": [100_000]}]}, "no FP16, at 0"),
        ({"inputs": [AGE | {"datatype": "FP16", "data": [1e5]}]}, "no FP16, at 0"),
        ({"inputs": [AGE | {"datatype": "UINT8", "data": [256]}]}, "no UINT8, at 0"),
        ({"inputs": [AGE | {"datatype": "INT8", "data": [1.0]}]}, "no INT8, at 0"),
        ({"inputs": [AGE | {"datatype": "BOOL", "data": [1]}]}, "no BOOL, at 0"),
        ({"inputs": [AGE | {"datatype": "BYTES", "data": [1]}]}, "no BYTES, at 0"),
        ({"inputs": [AGE, AGE | {"name": "b", "shape": [2], "data": [1, 2]}]}, "the first has 1"),
        ({"inputs": [AGE | {"parameters": {"binary_data_size": 8}}]}, "must have data, or"),
        ({"inputs": [AGE], "outputs": [{"name": "x"}]}, "outputs[0] must have a name, one of"),
        ({"inputs": [AGE], "outputs": [{"name": ["x"]}]}, "outputs[0] must have a name, one of"),
        ({"inputs": [AGE], "outputs": "label"}, "outputs must be a list"),
    ],
)
def test_what_is_no_request_is_refused(service: Service, request_: Any, said: str) -> None:
    answer = service.post(INFER, request_)
    assert answer.status == 400, answer
    assert said in answer.body["error"]
    assert "data_errors" not in answer.body


def _binary(
    service: Service, parts: bytes, *, size: Any, length: str | None = None, **entry: Any
) -> Any:
    """The answer to a tensor in binary form."""
    tensor = {"name": "age", "shape": [1], "datatype": "FP64", **entry}
    text = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": size}}]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(text)) if length is None else length}
    return service.call("POST", INFER, text + parts, headers)


def test_bytes_that_are_no_tensor_are_refused(service: Service) -> None:
    one = struct.pack("<d", 20)
    assert _binary(service, one, size=8).status == 200
    for parts, size, entry, said in (
        (one, 7, {}, "must have 8 bytes, not 7"),
        (one, 9, {}, "must have data, or binary_data_size bytes"),
        (one, -1, {}, "must have data, or"),
        (one, True, {}, "must have data, or"),
        (one + b"x", 8, {}, "1 bytes behind the JSON belong to no tensor"),
        (b"\2", 1, {"datatype": "BOOL"}, "neither 0 nor 1"),
        (b"\4\0\0\0ab", 6, {"datatype": "BYTES"}, "leads behind its end"),
        (b"\4\0", 2, {"datatype": "BYTES"}, "leads behind its end"),
        (b"\xff\xff\xff\xff", 4, {"datatype": "BYTES"}, "leads behind its end"),
        (b"\1\0\0\0\xff", 5, {"datatype": "BYTES"}, "not UTF-8, at 0"),
        (b"\0\0\0\0" * 2, 8, {"datatype": "BYTES"}, "must have 1 values, not 2"),
        (one * 1001, 8008, {"shape": [1001]}, "more than 1000 records"),
    ):
        answer = _binary(service, parts, size=size, **entry)
        assert answer.status == (413 if "more than" in said else 400), answer
        assert said in answer.body["error"]
    for length, said in (("x", "no number"), ("-1", "no number"), ("99999", "more than the body")):
        answer = _binary(service, one, size=8, length=length)
        assert answer.status == 400
        assert said in answer.body["error"]
    headers = {"Inference-Header-Content-Length": "5"}
    answer = service.call("POST", "/v1/models/loans:predict", b"{}", headers)
    assert answer.status == 400


def test_paths_and_methods(service: Service) -> None:
    for method, path, status in (
        ("GET", "/v2", 200),
        ("POST", "/v2", 405),
        ("GET", INFER, 405),
        ("POST", "/v2/models/loans", 405),
        ("GET", "/v2/models/loans/versions/1", 200),
        ("GET", "/v2/models/loans/versions/1/ready", 200),
        ("GET", "/v2/models/loans/versions/x", 400),
        ("GET", "/v2/models/loans/labels/stable", 404),
        ("GET", "/v2/models/nobody", 404),
        ("GET", "/v2/models/", 404),
        ("DELETE", "/v2/models/loans", 405),
    ):
        assert service.call(method, path).status == status, (method, path)

"""The Open Inference Protocol (v2): what is computed for a request, from bytes to an answer.

https://github.com/kserve/open-inference-protocol, with the binary tensor data extension.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pmml_pipeline.schema import OutputField
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving import tensors
from pmml_pipeline.serving.answer import Answer, answer
from pmml_pipeline.serving.body import parsed
from pmml_pipeline.serving.live import LiveModel
from pmml_pipeline.serving.refusal import Refusal, bad_request, cut
from pmml_pipeline.serving.scores import all_scores

JSON_LENGTH = b"inference-header-content-length"
_REQUEST = frozenset({"id", "parameters", "inputs", "outputs"})
_SHOWN = 60


def server() -> dict[str, Any]:
    """What the server is."""
    return {
        "name": "pmml-pipeline",
        "version": version("pmml-pipeline"),
        "extensions": ["binary_tensor_data"],
    }


def model(live: LiveModel, scorer: Scorer) -> dict[str, Any]:
    """What a version is: its inputs and outputs as tensors of a value per record."""
    assert scorer.artifact is not None  # a store has nothing else
    return {
        "name": scorer.artifact.manifest.model,
        "versions": [str(loaded) for loaded in live.loaded],
        "platform": "pmml",
        "inputs": [
            {
                "name": field.name,
                "datatype": "FP32" if field.data_type == "float" else tensors.DATATYPES[field.kind],
                "shape": [-1],
                "parameters": {"required": field.required, "expected": field.describe()},
            }
            for field in scorer.inputs
        ],
        "outputs": [
            {"name": field.name, "datatype": tensors.DATATYPES[field.kind], "shape": [-1]}
            for field in scorer.outputs
        ],
    }


def infer(scorer: Scorer, body: bytes, most: int, json_length: int | None) -> Answer:
    """The answer to ``/infer``.

    Args:
        scorer: of the version that is asked for.
        body: of the request.
        most: records that it may have.
        json_length: bytes of JSON at the beginning of the body; None when it is nothing else.

    Raises:
        Refusal: the request is none, or a record is a data error.
    """
    assert scorer.artifact is not None  # a store has nothing else
    if json_length is not None and json_length > len(body):
        raise bad_request("Inference-Header-Content-Length is more than the body has")
    request = parsed(body[:json_length], _REQUEST)
    id_ = request.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise bad_request("id must be text")
    binary = _flag(request, "the request", "binary_data_output")
    wanted = _wanted(scorer, request.get("outputs"), binary)
    behind = memoryview(b"" if json_length is None else body)[json_length or 0 :]
    columns = _columns(request.get("inputs"), behind, most)
    names = list(columns)
    records = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    rows = all_scores(scorer, records)
    told, parts = [], []
    for output, as_bytes in wanted:
        entry: dict[str, Any] = {
            "name": output.name,
            "datatype": tensors.DATATYPES[output.kind],
            "shape": [len(rows)],
        }
        values = [row[output.name] for row in rows]
        if as_bytes:
            parts.append(tensors.to_binary(output.name, output.kind, values))
            entry["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            entry["data"] = values
        told.append(entry)
    manifest = scorer.artifact.manifest
    found = {"model_name": manifest.model, "model_version": str(manifest.version)}
    if id_ is not None:
        found["id"] = id_
    whole = answer({**found, "outputs": told})
    if not parts:
        return whole
    return Answer(
        b"".join([whole.body, *parts]),
        headers=((JSON_LENGTH, b"%d" % len(whole.body)),),
        media=b"application/octet-stream",
    )


def _columns(inputs: Any, behind: memoryview, most: int) -> dict[str, list[Any]]:
    """The values of every tensor, by name.

    Args:
        inputs: of the request.
        behind: the bytes behind its JSON, in the order of the tensors that have theirs there.
        most: records.

    Raises:
        Refusal: there are none, or they are not of one length.
    """
    if not isinstance(inputs, list) or not inputs:
        raise bad_request("inputs must be a list that is not empty")
    columns: dict[str, list[Any]] = {}
    rows = 0
    for place, entry in enumerate(inputs):
        tensor = tensors.tensor_of(entry, place)
        if tensor.rows > most:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the tensors have more than {most} records"
            )
        where = f"the tensor {cut(tensor.name, _SHOWN)}"
        if tensor.name in columns:
            raise bad_request(f"{where} is there twice")
        if columns and tensor.rows != rows:
            raise bad_request(f"{where} has {tensor.rows} records, and the first has {rows}")
        rows = tensor.rows
        size = _parameters(entry, where, "binary_data_size").get("binary_data_size")
        if size is None:
            columns[tensor.name] = tensors.from_json(tensor, entry.get("data"))
            continue
        if type(size) is not int or not 0 <= size <= len(behind) or "data" in entry:
            raise bad_request(f"{where} must have data, or binary_data_size bytes behind the JSON")
        columns[tensor.name] = tensors.from_binary(tensor, behind[:size])
        behind = behind[size:]
    if len(behind):
        raise bad_request(f"{len(behind)} bytes behind the JSON belong to no tensor")
    return columns


def _wanted(scorer: Scorer, outputs: Any, binary: bool) -> list[tuple[OutputField, bool]]:
    """The outputs that are asked for, and whether as bytes; all where none is named.

    Raises:
        Refusal: one is no output.
    """
    if outputs is None:
        return [(output, binary) for output in scorer.outputs]
    if not isinstance(outputs, list):
        raise bad_request("outputs must be a list")
    known = {output.name: output for output in scorer.outputs}
    wanted = []
    for place, entry in enumerate(outputs):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or name not in known:
            raise bad_request(f"outputs[{place}] must have a name, one of {', '.join(known)}")
        wanted.append((known[name], _flag(entry, f"the output {name}", "binary_data", binary)))
    return wanted or [(output, binary) for output in scorer.outputs]


def _flag(of: Mapping[str, Any], where: str, key: str, default: bool = False) -> bool:
    flag = _parameters(of, where, key).get(key, default)
    if not isinstance(flag, bool):
        raise bad_request(f"{key} of {where} must be true or false")
    return flag


def _parameters(of: Mapping[str, Any], where: str, known: str) -> Mapping[str, Any]:
    """The parameters of a request, an input or an output.

    Raises:
        Refusal: one is not known, so that the answer would not be what is asked for.
    """
    found = of.get("parameters")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise bad_request(f"the parameters of {where} must be an object")
    for key in found:
        if key != known:
            raise bad_request(f"{where} has the parameter {cut(key, _SHOWN)}; known is {known}")
    return found

"""What a service says of models: their states, and what a version is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving.live import LiveModel, VersionStatus

# What TensorFlow Serving's clients know, which are gRPC's names.
_CODES = {
    "checksum": "DATA_LOSS",
    "manifest": "DATA_LOSS",
    "golden_row": "FAILED_PRECONDITION",
    "not_certified": "FAILED_PRECONDITION",
    "engine_unavailable": "UNAVAILABLE",
    "engine_unsupported_document": "UNIMPLEMENTED",
    "store": "UNAVAILABLE",
    "not_a_version": "NOT_FOUND",
}
_TYPES = {"double": "DT_DOUBLE", "float": "DT_FLOAT", "boolean": "DT_BOOL"}


def described_models(models: Mapping[str, LiveModel]) -> dict[str, Any]:
    """All models, by name, with the states of their versions."""
    return {
        "models": [
            {"name": name, **states(live), "labels": dict(sorted(live.labels.items()))}
            for name, live in sorted(models.items())
        ]
    }


def states(live: LiveModel, only: int | None = None) -> dict[str, Any]:
    """The states of versions, newest first.

    Args:
        live: the model.
        only: the one version that is told; None for all.
    """
    told = [_state(s) for s in reversed(live.statuses) if only is None or s.version == only]
    return {"model_version_status": told}


def _state(status: VersionStatus) -> dict[str, Any]:
    code = "OK" if status.code is None else _CODES.get(status.code, "UNKNOWN")
    return {
        "version": str(status.version),
        "state": status.state.value,
        "status": {"error_code": code, "error_message": status.message or ""},
    }


def metadata(scorer: Scorer) -> dict[str, Any]:
    """What a version is: TensorFlow Serving's signature, and PMML's own words beside it."""
    assert scorer.artifact is not None  # a store has nothing else
    manifest = scorer.artifact.manifest
    signature = {
        "inputs": {f.name: _tensor(f.name, f.data_type, f.kind) for f in scorer.inputs},
        "outputs": {o.name: _tensor(o.name, o.data_type, o.kind) for o in scorer.outputs},
        "method_name": "tensorflow/serving/predict",
    }
    return {
        "model_spec": {
            "name": manifest.model,
            "signature_name": "",
            "version": str(manifest.version),
        },
        "metadata": {
            "signature_def": {"signature_def": {"serving_default": signature}},
            "pmml": _pmml(scorer),
        },
    }


def _tensor(name: str, data_type: str, kind: str) -> dict[str, Any]:
    return {
        "dtype": _TYPES.get(data_type, "DT_INT64" if kind == "integer" else "DT_STRING"),
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
        "name": f"{name}:0",
    }


def _pmml(scorer: Scorer) -> dict[str, Any]:
    assert scorer.artifact is not None
    manifest = scorer.artifact.manifest
    inputs = []
    for f in scorer.inputs:
        entry: dict[str, Any] = {
            "name": f.name,
            "dataType": f.data_type,
            "required": f.required,
            "expected": f.describe(),
        }
        if f.values:
            entry["values"] = list(f.values)
        if f.intervals:
            entry["intervals"] = [str(interval) for interval in f.intervals]
        inputs.append(entry)
    outputs = []
    for o in scorer.outputs:
        entry = {"name": o.name, "dataType": o.data_type, "feature": o.feature}
        if o.value is not None:
            entry["value"] = o.value
        outputs.append(entry)
    return {
        "function": scorer.schema.function,
        "created": manifest.created,
        "engine": scorer.engine,
        "agreement": manifest.certificate.describe(),
        "sha256": {name: fact.sha256 for name, fact in manifest.files.items()},
        "inputs": inputs,
        "outputs": outputs,
    }

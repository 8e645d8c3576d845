"""A small artifact that is whole, for tests to publish and to damage."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from pmml_pipeline.store import Artifact, Certificate, ClassResult, EngineResult, FileFact, Manifest
from pmml_pipeline.store.publish import publish

FILES: Mapping[str, bytes] = {
    "model.pmml": b'<PMML version="4.4"/>',
    "golden.jsonl": b'{"input": {"Age": 30}, "output": {"Status": "good"}}\n',
    "baseline.json": b"{}",
    "parity.json": b"{}",
}

CERTIFICATE = Certificate(
    tolerance=1e-10,
    created="2026-01-02T03:04:05Z",
    row_classes=("held-out", "boundary"),
    engines=(
        EngineResult(
            engine="pypmml",
            certified=True,
            versions={"pypmml": "1.5.8", "java": "25"},
            classes=(
                ClassResult("held-out", 1000, 0, 0, 2.2e-16),
                ClassResult("boundary", 420, 3, 0, 0.0),
            ),
        ),
        EngineResult(
            engine="jpmml",
            certified=False,
            versions={"jpmml-evaluator": "0.16.0"},
            classes=(
                ClassResult("held-out", 1000, 0, 0, 2.2e-16),
                ClassResult("boundary", 420, 17, 14, float("inf")),
            ),
            reason="14 of 420 boundary rows are refused",
        ),
    ),
    preferred="pypmml",
)

MANIFEST = Manifest(
    model="credit",
    version=1,
    created="2026-01-02T03:04:05Z",
    files={name: FileFact("0" * 64, len(data)) for name, data in FILES.items()},
    pmml_version="4.4",
    producer="JPMML-SkLearn 1.9.0",
    function="classification",
    inputs=(
        {
            "name": "Age",
            "dataType": "double",
            "optype": "continuous",
            "required": False,
            "intervals": [{"closure": "closedClosed", "leftMargin": 18.0, "rightMargin": None}],
            "missing": {"treatment": "asMean", "replacement": 37.5},
            "invalid": {"treatment": "returnInvalid"},
        },
        {
            "name": "Home",
            "dataType": "string",
            "optype": "categorical",
            "required": True,
            "values": ["rent", "own", "其他"],
            "missing": {"treatment": None},
            "invalid": {"treatment": "asValue", "replacement": "own"},
        },
    ),
    outputs=(
        {"name": "Status", "dataType": "string", "optype": "categorical"},
        {"name": "p", "dataType": "double", "feature": "probability", "value": "good"},
    ),
    training={
        "python": "3.11.7",
        "platform": "Linux-x86_64",
        "device": "cpu",
        "packages": {"scikit-learn": "1.9.0"},
        "rows": 4454,
        "revision": None,
    },
    metrics={"auc": 0.83},
    certificate=CERTIFICATE,
)


def maker(model: str = "credit") -> Callable[[int, Mapping[str, FileFact]], Manifest]:
    """What makes the manifest of the sample once the number is known."""

    def make(version: int, files: Mapping[str, FileFact]) -> Manifest:
        return dataclasses.replace(MANIFEST, model=model, version=version, files=files)

    return make


def publish_sample(
    store: Path, model: str = "credit", files: Mapping[str, bytes | Path] = FILES
) -> Artifact:
    """Publishes the sample as the next version."""
    return publish(store, model, files, maker(model))


def staging_folders(model_folder: Path) -> list[str]:
    """What exports left behind, by name."""
    return sorted(p.name for p in model_folder.glob(".staging-*"))

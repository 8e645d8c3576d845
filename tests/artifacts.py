"""Artifacts of any document, published without a training library."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pmml_pipeline.document import read
from pmml_pipeline.engines import ENGINES
from pmml_pipeline.schema import Schema, schema_of
from pmml_pipeline.store import Artifact, Certificate, ClassResult, EngineResult, Manifest
from pmml_pipeline.store.fields import input_entry, output_entry
from pmml_pipeline.store.publish import publish

CREATED = "2026-01-02T03:04:05Z"


def certificate(certified: Sequence[str], tolerance: float = 1e-10) -> Certificate:
    """A certificate that names these engines, and the others as having failed."""
    engines = tuple(
        EngineResult(
            engine=name,
            certified=name in certified,
            versions=spec.versions(),
            classes=(ClassResult("held-out", 1_000, 7, 0 if name in certified else 3, 1.5e-16),),
            reason=None if name in certified else "3 of 1000 held-out rows differ",
        )
        for name, spec in ENGINES.items()
    )
    return Certificate(
        tolerance=tolerance,
        created=CREATED,
        row_classes=("held-out",),
        engines=engines,
        preferred=certified[0],
    )


def publish_document(
    store: Path,
    model: str,
    document: bytes,
    golden: Iterable[Mapping[str, Any]],
    proof: Certificate,
    producer: str = "tests 1",
) -> Artifact:
    """Publishes a document as the next version, as if it had been proven."""
    lines = "".join(json.dumps(row) + "\n" for row in golden)
    files: dict[str, bytes | Path] = {
        "model.pmml": document,
        "golden.jsonl": lines.encode(),
        "baseline.json": b"{}",
    }
    schema = _schema(document)

    def manifest(version: int, facts: Any) -> Manifest:
        return Manifest(
            model=model,
            version=version,
            created=CREATED,
            files=facts,
            pmml_version=schema.version,
            producer=producer,
            function=schema.function,
            inputs=tuple(input_entry(f) for f in schema.inputs),
            outputs=tuple(output_entry(o, False) for o in schema.outputs),
            training={
                "python": "3.11",
                "platform": "Linux",
                "device": "cpu",
                "packages": {"scikit-learn": "1.9.0"},
                "rows": 4_454,
                "revision": None,
            },
            metrics={"accuracy": 0.75, "auc": 0.8125},
            certificate=proof,
            supplementary=schema.supplementary,
        )

    return publish(store, model, files, manifest)


def _schema(document: bytes) -> Schema:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.pmml"
        path.write_bytes(document)
        return schema_of(read(path, trees=False))

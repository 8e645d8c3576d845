"""The Java bridge as people run it, and artifacts of any document for it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pmml_pipeline.schema import Schema
from pmml_pipeline.store import Certificate, ClassResult, EngineResult, Manifest
from pmml_pipeline.store.fields import input_entry, output_entry
from pmml_pipeline.store.publish import publish

BRIDGE = Path(__file__).resolve().parents[2] / "java_bridge"
MAIN = "pmmlpipeline.bridge.cli.Main"
# The Maven module of each engine.
MODULES = {"jpmml": "pmml-bridge-jpmml", "pypmml": "pmml-bridge-pmml4s"}


def class_path(*engines: str) -> str:
    """The command and these engines."""
    folders = [BRIDGE / m / "target" for m in ("pmml-bridge-cli", *(MODULES[e] for e in engines))]
    return os.pathsep.join(f"{folder}/{jars}" for folder in folders for jars in ("*", "lib/*"))


def run(
    *arguments: str | Path, engines: Sequence[str] = ("jpmml",), data: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs the command with these engines on its class path."""
    return subprocess.run(
        ["java", "-Xmx2g", "-cp", class_path(*engines), MAIN, *map(str, arguments)],
        input=data,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def scored(
    store: Path, model: str, records: Iterable[Mapping[str, Any]], engine: str
) -> list[dict[str, Any]]:
    """What the command makes of records."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    done = run("score", store, model, "--engine", engine, engines=[engine], data=lines)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def publish_document(
    store: Path,
    model: str,
    document: bytes,
    schema: Schema,
    golden: Iterable[Mapping[str, Any]],
    engine: str,
    tolerance: float = 1e-10,
) -> None:
    """Publishes a document as if that engine had been certified for it."""
    lines = "".join(json.dumps(row) + "\n" for row in golden)
    files: dict[str, bytes | Path] = {
        "model.pmml": document,
        "golden.jsonl": lines.encode(),
        "baseline.json": b"{}",
    }
    classes = (ClassResult("held-out", 1, 0, 0, 0.0),)
    proof = Certificate(
        tolerance=tolerance,
        created="2026-01-02T03:04:05Z",
        row_classes=("held-out",),
        engines=(EngineResult(engine, True, {engine: "1"}, classes),),
        preferred=engine,
    )

    def manifest(version: int, facts: Any) -> Manifest:
        return Manifest(
            model=model,
            version=version,
            created="2026-01-02T03:04:05Z",
            files=facts,
            pmml_version=schema.version,
            producer=schema.application,
            function=schema.function,
            inputs=tuple(input_entry(f) for f in schema.inputs),
            outputs=tuple(output_entry(o, False) for o in schema.outputs),
            training={
                "python": "3.11",
                "platform": "Linux",
                "device": "cpu",
                "packages": {},
                "rows": 1,
                "revision": None,
            },
            metrics={},
            certificate=proof,
            supplementary=schema.supplementary,
        )

    publish(store, model, files, manifest)

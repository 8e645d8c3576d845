"""What an exporter is told when no engine is certified, and where the report is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from pmml_pipeline.errors import NotCertifiedError
from pmml_pipeline.parity.certify import Proof


def not_certified(model: str, proof: Proof, report: Mapping[str, bytes]) -> NotCertifiedError:
    """The error, once the report is in a temporary folder of its own.

    Args:
        model: name that it was to be published under.
        proof: without a certified engine.
        report: its files, by name.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"pmml-parity-{model}-"))
    for name, data in report.items():
        (folder / name).write_bytes(data)
    engines = proof.report["engines"]
    reasons = "; ".join(f"{e['engine']}: {e['reason']}" for e in engines)
    remedies: dict[str, list[str]] = {}
    for engine in engines:
        if engine["remedy"]:
            remedies.setdefault(engine["remedy"], []).append(engine["engine"])
    told = [f"{', '.join(names)}: {remedy}" for remedy, names in remedies.items()]
    scored = any(e["classes"] for e in engines)
    where = "look at the worst rows in" if scored else "nothing was scored; the report is in"
    told += [f"{where} {folder / 'parity.html'}", "nothing was published"]
    return NotCertifiedError(
        f"no engine reproduces the training library for {model!r} ({reasons})", "; ".join(told)
    )

"""The report: parity.json, and parity.html for a person."""

from __future__ import annotations

import json
from typing import Any

from pmml_pipeline.document import Document


def write_report(report: dict[str, Any], document: Document) -> dict[str, bytes]:
    """The two files of the report, by name."""
    text = json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1)
    return {"parity.json": (text + "\n").encode("utf-8"), "parity.html": b"<!doctype html>"}

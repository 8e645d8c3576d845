"""The report: parity.json, and parity.html for a person."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pmml_pipeline.document import Document
from pmml_pipeline.parity.closer import Closer
from pmml_pipeline.parity.page import render


def write_report(report: Mapping[str, Any], document: Document) -> dict[str, bytes]:
    """The two files of the report, by name.

    Every row that differs gets the way it took through the document's trees (``paths``), and with
    it a closer cause, unless it has them already.

    Args:
        report: as :func:`pmml_pipeline.parity.certify.certify` builds it, with the ``model`` that
            it is of; stays as it is.
        document: read with its trees.
    """
    full: dict[str, Any] = _plain(report)
    full["document"] = {
        "version": document.version,
        "application": document.application,
        "kind": document.model.kind,
        "trees": sum(e.tag == "TreeModel" for e in document.model.element.walk()),
    }
    closer = Closer(document)
    for engine in full["engines"]:
        closer.explain(engine["classes"])
    text = json.dumps(full, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return {
        "parity.json": text.encode("utf-8", "replace"),
        "parity.html": render(full).encode("utf-8", "replace"),
    }


def _plain(value: Any) -> Any:
    """A copy that JSON can hold: a number that is not finite becomes its name."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value

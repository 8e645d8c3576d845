"""The report: parity.json, and parity.html for a person."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from pmml_pipeline.document import Document
from pmml_pipeline.parity.causes import common_offset, with_paths
from pmml_pipeline.parity.compare import WORST_KEPT
from pmml_pipeline.parity.page import render
from pmml_pipeline.parity.paths import PathFinder


def write_report(report: Mapping[str, Any], document: Document) -> dict[str, bytes]:
    """The two files of the report, by name.

    Every row that differs gets the way it took through the document's trees (``paths``), and with
    it a closer cause.

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
    _add_paths(full, document)
    for engine in full["engines"]:
        _name_offsets(engine)
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


def _differences(engine: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for row_class in engine["classes"]:
        for difference in row_class["differences"]:
            yield row_class["name"], difference


def _add_paths(report: Mapping[str, Any], document: Document) -> None:
    finder: PathFinder | None = None
    known: dict[tuple[str, int], dict[str, Any]] = {}  # engines often fail on the same rows
    for engine in report["engines"]:
        taken: dict[str, int] = {}
        for name, difference in _differences(engine):
            taken[name] = taken.get(name, 0) + 1
            if taken[name] > WORST_KEPT:
                continue
            finder = finder or PathFinder(document)
            key = (name, difference["row"])
            if key not in known:
                known[key] = finder.paths(difference["input"]).to_json()
            difference["paths"] = known[key]
            difference["cause"] = with_paths(difference["cause"], difference, known[key])


def _name_offsets(engine: Mapping[str, Any]) -> None:
    """Finds the results that are off by the same number in all rows."""
    by_result: dict[str, list[dict[str, Any]]] = {}
    for _, difference in _differences(engine):
        if not difference["cause"].startswith(("float32", "rounding")):
            by_result.setdefault(difference["output"], []).append(difference)
    for found in by_result.values():
        cause = common_offset(found)
        if cause is not None:
            for difference in found:
                difference["cause"] = cause

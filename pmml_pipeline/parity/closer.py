"""Closer causes: from the ways of the rows that differ, and from offsets that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pmml_pipeline.document import Document
from pmml_pipeline.parity.causes import common_offset, with_paths
from pmml_pipeline.parity.compare import WORST_KEPT
from pmml_pipeline.parity.paths import PathFinder

_NEARLY_ALL = 0.9


class Closer:
    """Follows the rows that differ through the trees of a document, each row once.

    Args:
        document: read with its trees.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._finder: PathFinder | None = None
        self._known: dict[tuple[str, int], dict[str, Any]] = {}  # engines fail on the same rows

    def explain(self, classes: Sequence[Mapping[str, Any]]) -> None:
        """Gives the differences of one engine their ``paths`` and closer causes.

        Args:
            classes: as in the report; their differences are changed, those with paths are done.
        """
        for row_class in classes:
            for difference in row_class["differences"][:WORST_KEPT]:
                if "paths" not in difference:
                    self._follow(row_class["name"], difference)
        _name_offsets(classes)

    def _follow(self, name: str, difference: dict[str, Any]) -> None:
        self._finder = self._finder or PathFinder(self._document)
        key = (name, difference["row"])
        if key not in self._known:
            self._known[key] = self._finder.paths(difference["input"]).to_json()
        difference["paths"] = self._known[key]
        difference["cause"] = with_paths(difference["cause"], difference, self._known[key])


def _name_offsets(classes: Sequence[Mapping[str, Any]]) -> None:
    """Finds the results that are off by the same number, where nearly all rows differ.

    A constant that one side leaves out is left out in every row.
    """
    scored = sum(c["rows"] - c["refused"] for c in classes)
    if sum(c["mismatches"] for c in classes) < _NEARLY_ALL * scored:
        return
    by_result: dict[str, list[dict[str, Any]]] = {}
    for difference in _differences(classes):
        if not difference["cause"].startswith(("float32", "rounding")):
            by_result.setdefault(difference["output"], []).append(difference)
    for found in by_result.values():
        cause = common_offset(found)
        if cause is not None:
            for difference in found:
                difference["cause"] = cause


def _differences(classes: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for row_class in classes:
        yield from row_class["differences"]

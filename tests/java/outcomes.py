"""What Python makes of a record, to be compared with what the bridge says."""

from __future__ import annotations

import re
from typing import Any

from pmml_pipeline.errors import DataError
from pmml_pipeline.scorer import Scorer


def outcome(scorer: Scorer, record: dict[str, Any]) -> dict[str, Any]:
    """What Python makes of a record, as the command of the bridge says it."""
    try:
        return scorer.score(record)
    except DataError as error:
        fields = [(f.field, f.code, f.value, f.expected) for f in error.fields]
        return {"errors": [Errors(*field) for field in fields]}


class Errors:
    """An error of a field; what would be valid is only compared where the field is known."""

    def __init__(self, field: str, code: str, value: Any, expected: str) -> None:
        self.field, self.code, self.value, self.expected = field, code, value, expected

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, dict)
        same = self.code in ("unknown_field", "unscorable")
        same |= _rounded(other["expected"]) == _rounded(self.expected)
        value = "\ud83d" if other["value"] == "?" else other["value"]  # which no output can have
        alike = value == self.value or (value != value and self.value != self.value)
        return same and alike and (other["field"], other["code"]) == (self.field, self.code)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.field} {self.code} {self.value!r} ({self.expected})"


def _rounded(text: str) -> str:
    """With its numbers written in one way: each language has its own."""
    return re.sub(r"-?\d+(\.\d+)?(e[+-]?\d+)?\b", lambda n: f"{float(n[0]):g}", text, flags=re.I)

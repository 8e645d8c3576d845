"""What a record must bring, beyond what the training library itself asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pmml_pipeline.document.model import to_float32


@dataclass(frozen=True, slots=True)
class Contract:
    """Declared by the exporter and written into the document, so it holds in every engine.

    Attributes:
        required: fields that may not be missing.
        bounds: smallest and largest number that is admitted, by field.
        levels: the only levels, as text, that are admitted, by field.
        single: fields whose numbers are compared in float32, bounds included.
    """

    required: frozenset[str] = frozenset()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    levels: dict[str, frozenset[str]] = field(default_factory=dict)
    single: frozenset[str] = frozenset()

    def refusal(self, name: str, value: Any) -> str | None:
        """Why a value of a field is refused, or None."""
        if value is None:
            return f"{name} is required" if name in self.required else None
        if name in self.bounds and isinstance(value, int | float):
            low, high = self.bounds[name]
            rounded = to_float32 if name in self.single else float
            if not rounded(low) <= rounded(value) <= rounded(high):
                return f"{name} is beyond [{low:g}, {high:g}]"
        if name in self.levels and _text(value) not in self.levels[name]:
            return f"{name} has a level that was never seen"
        return None

    def to_json(self) -> dict[str, Any]:
        """For the report: what is refused, by name."""
        return {
            "required": sorted(self.required),
            "bounds": {name: list(self.bounds[name]) for name in sorted(self.bounds)},
            "levels": sorted(self.levels),
        }

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it says something about."""
        return self.required | self.bounds.keys() | self.levels.keys()


def _text(value: Any) -> str:
    """A level as the document writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

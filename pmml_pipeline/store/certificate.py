"""Which engines reproduced the training library, on which rows, and how closely."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pmml_pipeline.errors import ManifestError

#: The widest absolute difference that is still "to 10 decimals".
TEN_DECIMALS = 1e-10


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One engine on one class of rows.

    Attributes:
        name: the row class, as ``boundary``.
        rows: rows compared.
        refused: of these, rows that the engine refused as data errors.
        mismatches: of these, rows that do not agree; a row that only one side refuses is one.
        worst: largest absolute difference between two numbers; infinite when a value stands
            against none, so that no difference can be given. Zero when all labels agree.
    """

    name: str
    rows: int
    refused: int
    mismatches: int
    worst: float

    def __post_init__(self) -> None:
        if not (0 <= self.refused <= self.rows and 0 <= self.mismatches <= self.rows):
            raise _fault(f"row class {self.name!r} counts more rows than the {self.rows} compared")
        if not self.worst >= 0:
            raise _fault(f"row class {self.name!r} has the worst difference {self.worst}")


@dataclass(frozen=True, slots=True)
class EngineResult:
    """One engine on all classes of rows.

    Attributes:
        engine: ``compiled``, ``pypmml`` or ``jpmml``.
        certified: every row of every class agreed.
        versions: what was run, package name to version.
        classes: one entry per class of rows that was run.
        reason: why the engine is not certified, for a person; ``None`` when it is.
    """

    engine: str
    certified: bool
    versions: Mapping[str, str]
    classes: tuple[ClassResult, ...] = ()
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.certified and any(c.mismatches for c in self.classes):
            raise _fault(f"{self.engine} is called certified although rows do not agree")
        if not self.certified and not self.reason:
            raise _fault(f"{self.engine} is not certified and no reason is given")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof that comes with an artifact. Its parts agree with each other, or it is not made.

    Attributes:
        tolerance: absolute difference up to which two predictions agree; 1e-10 unless the exporter
            stated a wider one for the whole model.
        created: UTC time of the comparison, ISO 8601 with ``Z``.
        row_classes: names of the classes of rows, in the order in which they are shown.
        engines: one entry per engine that was tried.
        preferred: the certified engine that ``engine="auto"`` takes; ``None`` when none is
            certified, and then nothing can be published.

    Raises:
        ManifestError: the parts contradict each other.
    """

    tolerance: float
    created: str
    row_classes: tuple[str, ...]
    engines: tuple[EngineResult, ...]
    preferred: str | None

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < math.inf:
            raise _fault(f"the tolerance is {self.tolerance}")
        names = [e.engine for e in self.engines]
        if len(set(names)) < len(names):
            raise _fault("an engine is named twice")
        for result in self.engines:
            run = sorted(c.name for c in result.classes)
            if result.certified and run != sorted(set(self.row_classes)):
                raise _fault(f"{result.engine} is certified without one result per row class")
        if self.preferred is not None and self.preferred not in self.engines_certified:
            raise _fault(f"the preferred engine {self.preferred!r} is not certified")

    @property
    def engines_certified(self) -> tuple[str, ...]:
        """Names of the engines that reproduced every row."""
        return tuple(e.engine for e in self.engines if e.certified)

    @property
    def to_10_decimals(self) -> bool:
        """Whether agreeing meant agreeing to 10 decimals."""
        return self.tolerance <= TEN_DECIMALS

    def engine(self, name: str) -> EngineResult | None:
        """What is known of that engine; ``None`` when it was not tried."""
        return next((e for e in self.engines if e.engine == name), None)

    def describe(self) -> str:
        """How close the agreement is, for a person."""
        if self.to_10_decimals:
            return "to 10 decimals"
        return f"not to 10 decimals (tolerance {self.tolerance:g})"

    def to_json(self) -> dict[str, Any]:
        """The ``certificate`` part of the manifest; an infinite difference is null."""
        return {
            "tolerance": self.tolerance,
            "to_10_decimals": self.to_10_decimals,
            "created": self.created,
            "preferred": self.preferred,
            "row_classes": list(self.row_classes),
            "engines": [_engine_to_json(e) for e in self.engines],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Certificate:
        """Reads what :meth:`to_json` wrote, once its form has been checked.

        Raises:
            ManifestError: the parts contradict each other.
        """
        certificate = cls(
            tolerance=float(data["tolerance"]),
            created=data["created"],
            row_classes=tuple(data["row_classes"]),
            engines=tuple(_engine_from_json(e) for e in data["engines"]),
            preferred=data["preferred"],
        )
        if data["to_10_decimals"] != certificate.to_10_decimals:
            raise _fault(f"to_10_decimals contradicts the tolerance {certificate.tolerance:g}")
        return certificate


def _engine_to_json(result: EngineResult) -> dict[str, Any]:
    data: dict[str, Any] = {
        "engine": result.engine,
        "certified": result.certified,
        "versions": dict(result.versions),
        "classes": [
            {
                "name": c.name,
                "rows": c.rows,
                "refused": c.refused,
                "mismatches": c.mismatches,
                "worst": None if c.worst == math.inf else c.worst,
            }
            for c in result.classes
        ],
    }
    if result.reason is not None:
        data["reason"] = result.reason
    return data


def _engine_from_json(data: Mapping[str, Any]) -> EngineResult:
    return EngineResult(
        engine=data["engine"],
        certified=data["certified"],
        versions=dict(data["versions"]),
        classes=tuple(
            ClassResult(
                name=c["name"],
                rows=c["rows"],
                refused=c["refused"],
                mismatches=c["mismatches"],
                worst=math.inf if c["worst"] is None else float(c["worst"]),
            )
            for c in data["classes"]
        ),
        reason=data.get("reason"),
    )


def _fault(cause: str) -> ManifestError:
    return ManifestError(
        f"the certificate contradicts itself: {cause}", "export the model again; do not edit it"
    )

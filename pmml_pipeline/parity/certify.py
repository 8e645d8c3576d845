"""Runs every engine over every class of rows and issues the certificate."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.engines import ENGINES, EngineSpec
from pmml_pipeline.errors import EngineUnavailableError
from pmml_pipeline.parity.causes import REFUSED_BY_CONTRACT, cause_of
from pmml_pipeline.parity.compare import (
    DECADES,
    REFUSED_OFFLINE,
    TEN_DECIMALS,
    Comparison,
    Offline,
    compare,
)
from pmml_pipeline.parity.isolated import run_engine
from pmml_pipeline.parity.reasons import MORE_TIME, reason_of, remedy_of
from pmml_pipeline.parity.rows import RowSet
from pmml_pipeline.schema import OutputField
from pmml_pipeline.store.certificate import Certificate, ClassResult, EngineResult
from pmml_pipeline.store.manifest import utc_now

TIME_LIMIT = 300.0


@dataclass(frozen=True, slots=True)
class OfflineRows:
    """A class of rows with what the training library made of it.

    Attributes:
        rows: the rows.
        predictions: by result name, each of shape (rows,).
        refused: shape (rows,), which rows the library or the contract refused.
        reasons: their words, by refused row, as far as they were kept.
        by_contract: rows that the contract refused, so that the library was not asked.
    """

    rows: RowSet
    predictions: Offline
    refused: npt.NDArray[np.bool_]
    reasons: Mapping[int, str]
    by_contract: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Proof:
    """The certificate, and the report behind it as it goes into parity.json."""

    certificate: Certificate
    report: dict[str, Any]


def certify(
    document: Path,
    outputs: Sequence[OutputField],
    offline: Sequence[OfflineRows],
    *,
    tolerance: float,
    engines: Sequence[str] | None = None,
    time_limit: float = TIME_LIMIT,
) -> Proof:
    """Compares every engine with the training library on every class of rows.

    Args:
        document: the PMML file.
        outputs: its results, in order.
        offline: the six classes, with the library's predictions.
        tolerance: absolute difference up to which two numbers agree.
        engines: names; by default every engine that is installed.
        time_limit: seconds for each engine.

    Raises:
        EngineUnavailableError: an engine of that name is not known.
    """
    specs = [proven_engine(name) for name in dict.fromkeys(engines or ENGINES)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = list(
            pool.map(
                lambda spec: _prove(spec, document, outputs, offline, tolerance, time_limit), specs
            )
        )
    certified = [r.engine for r, _ in found if r.certified]
    preferred = min(certified, key=lambda name: ENGINES[name].speed, default=None)
    certificate = Certificate(
        tolerance=tolerance,
        created=utc_now(),
        row_classes=tuple(o.rows.name for o in offline),
        engines=tuple(result for result, _ in found),
        preferred=preferred,
    )
    report = {
        "tolerance": tolerance,
        "agreement": certificate.describe(),
        "created": certificate.created,
        "preferred": preferred,
        "decades": [None if d == math.inf else d for d in DECADES],
        "row_classes": [
            {
                "name": o.rows.name,
                "rows": len(o.rows),
                "refused_offline": int(o.refused.sum()),
                "refused_by_contract": len(o.by_contract),
                "remarks": o.rows.remarks,
            }
            for o in offline
        ],
        "engines": [detail for _, detail in found],
    }
    return Proof(certificate, report)


def proven_engine(name: str) -> EngineSpec:
    """The engine of that name.

    Raises:
        EngineUnavailableError: there is none.
    """
    if name not in ENGINES:
        raise EngineUnavailableError(f"there is no engine {name!r}", f"use {', '.join(ENGINES)}")
    return ENGINES[name]


def _prove(
    spec: EngineSpec,
    document: Path,
    outputs: Sequence[OutputField],
    offline: Sequence[OfflineRows],
    tolerance: float,
    time_limit: float,
) -> tuple[EngineResult, dict[str, Any]]:
    """One engine: its part of the certificate and its part of the report."""
    started = time.monotonic()
    versions = spec.versions()
    if not spec.available:
        extra = f"pmml-pipeline[{spec.extra}]" if spec.extra else "pmml-pipeline"
        reason = f"{spec.distribution} is not installed"
        return _failed(spec, versions, reason, f"pip install '{extra}'", started)
    outcome = run_engine(spec.name, document, [o.rows.online for o in offline], time_limit)
    if outcome.reason is not None:
        remedy = MORE_TIME if outcome.timed_out else None
        return _failed(spec, versions, outcome.reason, remedy, started)
    comparisons = [
        compare(o.predictions, o.refused, outputs, run.columns, run.errors, tolerance)
        for o, run in zip(offline, outcome.runs, strict=True)
    ]
    classes = tuple(
        ClassResult(o.rows.name, c.rows, c.refused, c.mismatches, c.worst)
        for o, c in zip(offline, comparisons, strict=True)
    )
    shown = [_class(o, c) for o, c in zip(offline, comparisons, strict=True)]
    why, remedy = reason_of(shown), remedy_of(shown)
    if why is None and not spec.float32 and tolerance <= TEN_DECIMALS and _in_float32(offline):
        why = (
            f"the training library adds up in float32 and {spec.name} does not, so other rows may "
            "differ"
        )
    result = EngineResult(spec.name, why is None, versions, classes, _told(why, remedy))
    return result, _detail(result, why, remedy, started) | {"classes": shown}


def _in_float32(offline: Sequence[OfflineRows]) -> bool:
    """Whether the library predicts in float32: then the rows agree by chance where they agree."""
    return any(v.dtype == np.float32 for o in offline for v in o.predictions.values())


def _failed(
    spec: EngineSpec, versions: Mapping[str, str], reason: str, remedy: str | None, started: float
) -> tuple[EngineResult, dict[str, Any]]:
    result = EngineResult(spec.name, False, versions, (), _told(reason, remedy))
    return result, _detail(result, reason, remedy, started)


def _told(*parts: str | None) -> str | None:
    return "; ".join(part for part in parts if part) or None


def _detail(
    result: EngineResult, reason: str | None, remedy: str | None, started: float
) -> dict[str, Any]:
    return {
        "engine": result.engine,
        "certified": result.certified,
        "reason": reason,
        "remedy": remedy,
        "versions": dict(result.versions),
        "seconds": round(time.monotonic() - started, 3),
        "classes": [],
    }


def _class(offline: OfflineRows, comparison: Comparison) -> dict[str, Any]:
    rows = offline.rows
    for d in comparison.differences:
        if d.offline == REFUSED_OFFLINE and d.row in offline.by_contract:
            d.offline = REFUSED_BY_CONTRACT
    return {
        "name": rows.name,
        "rows": comparison.rows,
        "refused": comparison.refused,
        "mismatches": comparison.mismatches,
        "worst": _finite(comparison.worst),
        "histogram": comparison.histogram,
        "differences": [
            {
                "row": d.row,
                "note": rows.notes[d.row],
                "input": rows.record(d.row),
                "output": d.output,
                "offline": f"{d.offline}: {offline.reasons[d.row]}"
                if d.row in offline.reasons
                else d.offline,
                "online": d.online,
                "difference": _finite(d.difference),
                "cause": cause_of(d, rows, offline.predictions),
            }
            for d in comparison.differences
        ],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""Runs every engine over every class of rows and issues the certificate."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.document import Document
from pmml_pipeline.engines import ENGINES, EngineSpec
from pmml_pipeline.errors import EngineUnavailableError
from pmml_pipeline.parity.causes import REFUSED_BY_CONTRACT, cause_of
from pmml_pipeline.parity.closer import Closer
from pmml_pipeline.parity.compare import (
    DECADES,
    REFUSED_OFFLINE,
    TEN_DECIMALS,
    Comparison,
    Offline,
    compare,
)
from pmml_pipeline.parity.isolated import Outcome, run_engine
from pmml_pipeline.parity.reasons import MORE_TIME, reason_of, remedy_of, remedy_of_refusal
from pmml_pipeline.parity.rows import RowSet
from pmml_pipeline.parity.suspects import name_fields
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
    parsed: Document | None = None,
    limited: Collection[str] = (),
) -> Proof:
    """Compares every engine with the training library on every class of rows.

    Args:
        document: the PMML file.
        outputs: its results, in order.
        offline: the six classes, with the library's predictions.
        tolerance: absolute difference up to which two numbers agree.
        engines: names; by default every engine that is installed.
        time_limit: seconds for each engine.
        parsed: the document, read with its trees, for closer causes; None does without.
        limited: fields that the exporter gave limits.

    Raises:
        EngineUnavailableError: an engine of that name is not known.
    """
    specs = [proven_engine(name) for name in dict.fromkeys(engines or ENGINES)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = list(pool.map(lambda spec: _run(spec, document, offline, time_limit), specs))
    closer = Closer(parsed) if parsed is not None else None
    found = [_judge(run, outputs, offline, tolerance, closer, limited) for run in runs]
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


@dataclass(frozen=True, slots=True)
class _Run:
    """What one engine made of all rows; no outcome when it is not installed."""

    spec: EngineSpec
    versions: Mapping[str, str]
    outcome: Outcome | None
    seconds: float


def _run(
    spec: EngineSpec, document: Path, offline: Sequence[OfflineRows], time_limit: float
) -> _Run:
    started = time.monotonic()
    versions = spec.versions()
    outcome = None
    if spec.available:
        outcome = run_engine(spec.name, document, [o.rows.online for o in offline], time_limit)
    return _Run(spec, versions, outcome, time.monotonic() - started)


def _judge(
    run: _Run,
    outputs: Sequence[OutputField],
    offline: Sequence[OfflineRows],
    tolerance: float,
    closer: Closer | None,
    limited: Collection[str],
) -> tuple[EngineResult, dict[str, Any]]:
    """One engine: its part of the certificate and its part of the report."""
    spec, outcome = run.spec, run.outcome
    if outcome is None:
        extra = f"pmml-pipeline[{spec.extra}]" if spec.extra else "pmml-pipeline"
        return _failed(run, f"{spec.distribution} is not installed", f"pip install '{extra}'")
    if outcome.reason is not None:
        remedy = MORE_TIME if outcome.timed_out else remedy_of_refusal(outcome.reason)
        return _failed(run, outcome.reason, remedy)
    comparisons = [
        compare(o.predictions, o.refused, outputs, part.columns, part.errors, tolerance)
        for o, part in zip(offline, outcome.runs, strict=True)
    ]
    classes = tuple(
        ClassResult(o.rows.name, c.rows, c.refused, c.mismatches, c.worst)
        for o, c in zip(offline, comparisons, strict=True)
    )
    shown = [_class(o, c) for o, c in zip(offline, comparisons, strict=True)]
    name_fields(shown, [o.rows for o in offline], [c.agreed for c in comparisons])
    if closer is not None:
        closer.explain(shown)
    why, remedy = reason_of(shown), remedy_of(shown, limited)
    if why is None and not spec.float32 and tolerance <= TEN_DECIMALS and _in_float32(offline):
        why = (
            f"the training library adds up in float32 and {spec.name} does not, so other rows may "
            "differ"
        )
    result = EngineResult(spec.name, why is None, run.versions, classes, _told(why, remedy))
    return result, _detail(result, why, remedy, run.seconds) | {"classes": shown}


def _in_float32(offline: Sequence[OfflineRows]) -> bool:
    """Whether the library predicts in float32: then the rows agree by chance where they agree."""
    return any(v.dtype == np.float32 for o in offline for v in o.predictions.values())


def _failed(run: _Run, reason: str, remedy: str | None) -> tuple[EngineResult, dict[str, Any]]:
    result = EngineResult(run.spec.name, False, run.versions, (), _told(reason, remedy))
    return result, _detail(result, reason, remedy, run.seconds)


def _told(*parts: str | None) -> str | None:
    return "; ".join(part for part in parts if part) or None


def _detail(
    result: EngineResult, reason: str | None, remedy: str | None, seconds: float
) -> dict[str, Any]:
    return {
        "engine": result.engine,
        "certified": result.certified,
        "reason": reason,
        "remedy": remedy,
        "versions": dict(result.versions),
        "seconds": round(seconds, 3),
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

"""Replays the ``ModelVerification`` of a document: the proof that a bare PMML file may bring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pmml_pipeline.document.model_verification import VerificationField
from pmml_pipeline.errors import VerificationError
from pmml_pipeline.parity.compare import TEN_DECIMALS, plain
from pmml_pipeline.schema import OutputField
from pmml_pipeline.scorer import Scorer


def check_verification(scorer: Scorer) -> None:
    """Refuses a scorer that does not give the results that its document has records of.

    Raises:
        VerificationError: names the first record, and what it gives instead.
    """
    verification = scorer.schema.verification
    if verification is None or not verification.rows:
        return
    cells = dict(zip(verification.fields, zip(*verification.rows, strict=True), strict=True))
    inputs = {f.name for f in scorer.inputs}
    given: dict[str, Sequence[Any]] = {
        f.field: column for f, column in cells.items() if f.field in inputs
    }
    expected = {f.field: (f, column) for f, column in cells.items() if f.field not in inputs}
    checked = [(o, *expected[o.name]) for o in scorer.outputs if o.name in expected]
    if not checked:
        return
    count = len(verification.rows)
    table: dict[str, Sequence[Any]] = {f.name: [None] * count for f in scorer.inputs}
    columns, errors = scorer.score_columns(table | given, count)
    results = {o.name: values for o, values in zip(scorer.outputs, columns, strict=True)}
    for row in range(count):
        wanted = {o.name: column[row] for o, _, column in checked if column[row] is not None}
        if not wanted:
            continue
        if row in errors:
            raise _failed(scorer, row, wanted, errors[row].cause)
        for output, field, column in checked:
            text, value = column[row], results[output.name][row]
            if text is not None and not _agree(output, field, text, value):
                raise _failed(scorer, row, {output.name: text}, {output.name: plain(value)})


def _agree(output: OutputField, field: VerificationField, text: str, value: Any) -> bool:
    """ "within the precision, relative to the expected value; two zeros agree" (PMML 4.4); or the
    same to ten decimals, or as float32 where the result is one."""
    if output.kind == "string":
        return str(value) == text
    if output.kind == "boolean":
        return value is not None and str(bool(value)).lower() == text.lower()
    try:
        wanted = float(text)
    except ValueError:
        return False
    if value is None or value != value:
        return wanted != wanted
    actual = float(value)
    if actual == wanted or max(abs(actual), abs(wanted)) <= field.zero_threshold:
        return True
    if not (math.isfinite(actual) and math.isfinite(wanted)):
        return False
    if output.data_type == "float" and np.float32(actual) == np.float32(wanted):
        return True
    return abs(actual - wanted) <= max(field.precision * abs(wanted), TEN_DECIMALS)


def _failed(scorer: Scorer, row: int, wanted: Any, found: Any) -> VerificationError:
    return VerificationError(
        f"{scorer.path} does not come out as its ModelVerification says on {scorer.engine}: record "
        f"{row + 1} should give {wanted} and gives {found}",
        "use another engine, or export the document again",
    )

"""Why is an engine not certified, and what helps? One line each, for the exporter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Context
from typing import Any

from pmml_pipeline.engines import ENGINES
from pmml_pipeline.parity.rows import BOUNDARY, EXTREMES
from pmml_pipeline.store.certificate import Certificate

MORE_TIME = "a smaller budget=, fewer levels or a higher time_limit= lets it finish"

# Causes of differences that a tolerance covers, and what an exporter would have to accept.
_SMALL = {"float32": "the precision of float32 is", "rounding": "sums in another order are"}
# What rows of the extremes say when their number is not beyond those of real records.
_REAL_ENDS = ("(the minimum)", "(the maximum)", "(zero)")


def reason_of(classes: Sequence[Mapping[str, Any]]) -> str | None:
    """What the worst class of rows shows, and which others have rows that differ.

    Args:
        classes: of one engine, as in the report.

    Returns:
        None when no row differs.
    """
    wrong = [c for c in classes if c["mismatches"]]
    if not wrong:
        return None
    worst = max(wrong, key=lambda c: (_largest(c), c["mismatches"] / c["rows"]))
    kinds = Counter(_kind(d) for d in worst["differences"])
    largest = _largest(worst)
    text = f"{worst['mismatches']} of {worst['rows']} {worst['name']} rows differ"
    if largest != float("inf"):
        text += f" by up to {largest:.2g}"
    others = ", ".join(c["name"] for c in wrong if c is not worst)
    likely = f" (likely cause: {kinds.most_common(1)[0][0]})" if kinds else ""
    return text + likely + (f"; rows differ in {others} too" if others else "")


def remedy_of(classes: Sequence[Mapping[str, Any]]) -> str | None:
    """What an exporter can do about rows that differ; None where the rows have to be looked at."""
    wrong = [c for c in classes if c["mismatches"]]
    shown = [d for c in wrong for d in c["differences"]]
    if not shown:
        return None
    if all(map(_is_far, wrong)):
        return "limits= on the numbers that a record may bring keeps such rows out"
    kind, _ = Counter(map(_kind, shown)).most_common(1)[0]
    largest = max(map(_largest, wrong))
    if any(_kind(d) not in _SMALL for d in shown) or largest == float("inf"):
        return None
    # Rounded up, so that the tolerance holds what it was made from.
    close = float(Context(prec=2, rounding=ROUND_CEILING).create_decimal_from_float(largest))
    return f"tolerance={close:g}, if {_SMALL[kind]} close enough for this model"


def losses(certificate: Certificate) -> list[str]:
    """A line for every engine that is not certified, and one when scoring needs an extra."""
    lines = [
        f"{e.engine} is not certified: {e.reason}" for e in certificate.engines if not e.certified
    ]
    certified = [ENGINES[name] for name in certificate.engines_certified if name in ENGINES]
    if certified and all(spec.extra for spec in certified):
        needed = " or ".join(f"pmml-pipeline[{spec.extra}] ({spec.licence})" for spec in certified)
        lines.append(
            f"scoring needs the extra {needed}: no engine of the base install is certified"
        )
    return lines


def _is_far(row_class: Mapping[str, Any]) -> bool:
    """Whether the rows that differ are those with numbers far beyond real records."""
    notes = [d["note"] for d in row_class["differences"]]
    if row_class["name"] == BOUNDARY:
        return all(note.endswith("; valid interval)") for note in notes)
    return row_class["name"] == EXTREMES and not any(n.endswith(_REAL_ENDS) for n in notes)


def _kind(difference: Mapping[str, Any]) -> str:
    return str(difference["cause"]).partition(":")[0]


def _largest(row_class: Mapping[str, Any]) -> float:
    """The largest difference among the rows that differ; infinite for labels and refusals."""
    found = (d["difference"] for d in row_class["differences"])
    return max((float("inf") if d is None else float(d) for d in found), default=float("inf"))

"""Why is an engine not certified, and what helps? One line each, for the exporter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_CEILING, Context
from typing import Any

from pmml_pipeline.engines import ENGINES
from pmml_pipeline.parity.causes import NO_PREDICTION
from pmml_pipeline.parity.rows import BOUNDARY, CATEGORIES, EXTREMES, MISSING, NEVER_SEEN
from pmml_pipeline.store.certificate import Certificate

MORE_TIME = "a smaller budget=, fewer levels or a higher time_limit= lets it finish"

# Causes of differences that a tolerance covers, and what an exporter would have to accept.
_SMALL = {"float32": "the precision of float32 is", "rounding": "sums in another order are"}
# What kinds of rows are made, so that their notes say what is special about them.
_MADE = (BOUNDARY, MISSING, CATEGORIES, EXTREMES)
_LONGEST = 120  # characters of a note in a reason
_DOMAIN = "sklearn2pmml.decoration.CategoricalDomain"
_TEXT_REFUSED = re.compile(r"(?:\(data error\): |; )([^:;]+): wrong type ['\"]")
_WITH_TEXT = re.compile(r"a comparison of (?:\w+ with string|string with \w+) is not supported")
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
    largest = _largest(worst)
    text = f"{worst['mismatches']} of {worst['rows']} {worst['name']} rows differ"
    if largest != float("inf"):
        text += f" by up to {largest:.2g}"
    others = ", ".join(c["name"] for c in wrong if c is not worst)
    return (
        text
        + _which(worst)
        + _likely(worst["differences"])
        + (f"; rows differ in {others} too" if others else "")
    )


def _which(worst: Mapping[str, Any]) -> str:
    """What sets the rows apart: a field that they have in common, or what one of them is."""
    shown = worst["differences"]
    if not shown:
        return ""
    fields, note = {d.get("field") for d in shown}, shown[0]["note"]
    field = fields.pop() if len(fields) == 1 else None
    if worst["name"] in _MADE and (field is None or note.startswith(field)):
        return f", such as {note[:_LONGEST]}{'...' * (len(note) > _LONGEST)}"
    return f", by values of {field!r} that no row that agrees has" if field else ""


def _likely(differences: Sequence[Mapping[str, Any]]) -> str:
    """The most frequent kind of cause, in the words of the first; nothing where it is unknown."""
    kinds = Counter(map(_kind, differences))
    kind = kinds.most_common(1)[0][0] if kinds else "unknown"
    if kind == "unknown":
        return ""
    return f" (likely cause: {next(d['cause'] for d in differences if _kind(d) == kind)})"


def remedy_of(classes: Sequence[Mapping[str, Any]], limited: Collection[str] = ()) -> str | None:
    """What an exporter can do about rows that differ; None where the rows have to be looked at.

    Args:
        classes: of one engine, as in the report.
        limited: fields that have limits already.
    """
    wrong = [c for c in classes if c["mismatches"]]
    shown = [d for c in wrong for d in c["differences"]]
    if not shown:
        return None
    if all(map(_is_far, wrong)):
        without = {d["note"].partition(" = ")[0] for d in shown} - set(limited)
        if without:
            return "limits= on the numbers that a record may bring keeps such rows out"
        return "tighter limits= on the numbers that a record may bring keep such rows out"
    told = _of_type(shown) or _of_levels(shown)
    if told:
        return told
    kind, _ = Counter(map(_kind, shown)).most_common(1)[0]
    largest = max(map(_largest, wrong))
    if any(_kind(d) not in _SMALL for d in shown) or largest == float("inf"):
        return None
    # Rounded up, so that the tolerance holds what it was made from.
    close = float(Context(prec=2, rounding=ROUND_CEILING).create_decimal_from_float(largest))
    return f"tolerance={close:g}, if {_SMALL[kind]} close enough for this model"


def remedy_of_refusal(reason: str) -> str | None:
    """What an exporter can do about a document that an engine does not take."""
    if _WITH_TEXT.search(reason):
        return f"declare the column of text with {_DOMAIN}"
    return None


def _of_type(shown: Sequence[Mapping[str, Any]]) -> str | None:
    """A column of text that the document takes for numbers, where the converter was not told."""
    if any(_kind(d) != "type" for d in shown):
        return None
    found = {name for d in shown for name in _TEXT_REFUSED.findall(str(d["online"]))}
    if not found:
        return None
    return f"declare {', '.join(map(repr, sorted(found)))} with {_DOMAIN}"


def _of_levels(shown: Sequence[Mapping[str, Any]]) -> str | None:
    """Levels that were never seen, for which trees of the document have no prediction."""
    if any(
        not d["note"].endswith(f"({NEVER_SEEN})") or NO_PREDICTION not in d["cause"] for d in shown
    ):
        return None
    names = sorted({d["note"].partition(" = ")[0] for d in shown})
    return (
        f"declare {', '.join(map(repr, names))} with {_DOMAIN} before the model, and levels that "
        "were never seen are refused"
    )


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

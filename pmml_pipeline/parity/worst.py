"""The worst rows of the report: what each side made of them, why, and by which way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pmml_pipeline.parity.markup import count, fit, listing, number, text

# Bytes for all rows together, so that a report stays small whatever the records are like.
_INPUT_BYTES = 70_000
_PATH_BYTES = 60_000
_TEXT_BYTES = 75_000
_LONGEST = 300


def worst_rows(engines: Sequence[Mapping[str, Any]]) -> str:
    """A section for every engine with rows that differ."""
    cards = sum(len(c["differences"]) for e in engines for c in e["classes"])
    if not cards:
        return ""
    writer = _Writer(cards)
    return "".join(writer.engine(e) for e in engines if any(c["mismatches"] for c in e["classes"]))


class _Writer:
    """Shares the bytes out among the rows.

    Args:
        cards: how many rows are shown.
    """

    def __init__(self, cards: int) -> None:
        self._inputs = _INPUT_BYTES // cards
        self._paths = _PATH_BYTES // cards
        self._text = max(40, min(_LONGEST, _TEXT_BYTES // cards // 4))

    def engine(self, engine: Mapping[str, Any]) -> str:
        classes = [c for c in engine["classes"] if c["mismatches"]]
        shown = [d for c in classes for d in c["differences"]]
        kinds: dict[str, list[str]] = {}
        for d in shown:
            kinds.setdefault(d["cause"].partition(": ")[0], []).append(d["cause"])
        lines = "".join(
            self._kind(causes, len(shown))
            for causes in sorted(kinds.values(), key=len, reverse=True)
        )
        name = text(engine["engine"], 60)
        parts = "".join(self._class(c, i == 0) for i, c in enumerate(classes))
        return (
            f"<section><h3>{name}</h3><p>Likely causes in the rows shown:</p>"
            f'<ul class="causes">{lines}</ul>{parts}</section>'
        )

    def _kind(self, causes: Sequence[str], total: int) -> str:
        """One kind of cause: how often, and its words if they are the same every time."""
        example = "for example, " if len(set(causes)) > 1 else ""
        kind, _, words = causes[0].partition(": ")
        return (
            f"<li><b>{text(kind, 40)}</b>, {len(causes)} of {total}: "
            f"{example}{text(words, self._text)}"
        )

    def _class(self, row_class: Mapping[str, Any], is_open: bool) -> str:
        shown = row_class["differences"]
        rows = "".join(self._row(d) for d in shown)
        mismatches, total = row_class["mismatches"], row_class["rows"]
        return (
            f'<details class="class"{" open" if is_open else ""}>'
            f"<summary><b>{text(row_class['name'], 60)}</b>: {count(mismatches)} of {count(total)} "
            f"rows differ; {'all' if len(shown) == mismatches else f'the worst {len(shown)}'} "
            f"below</summary>{rows}</details>"
        )

    def _row(self, d: Mapping[str, Any]) -> str:
        facts = [
            ("Result", text(d["output"], 100) if d["output"] else "the whole row"),
            ("Offline: training library", self._value(d["offline"])),
            ("Online: engine", self._value(d["online"])),
            ("Difference", number(d["difference"], none="not a matter of numbers")),
        ]
        if d.get("field"):
            facts.append(("Only in rows that differ", f"this value of {text(d['field'], 100)}"))
        listed = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
        return (
            f"<article><h4>{text(d['note'], self._text)}</h4><dl>{listed}</dl>"
            f'<p class="cause">Likely cause: {self._cause(d["cause"])}</p>'
            f"{self._way(d.get('paths'))}{self._input(d)}</article>"
        )

    def _cause(self, cause: str) -> str:
        kind, _, words = cause.partition(": ")
        return f"<b>{text(kind, 40)}</b>: {text(words, self._text)}" if words else text(cause, 60)

    def _value(self, value: Any) -> str:
        if isinstance(value, Mapping):
            value = ", ".join(f"{name} = {v}" for name, v in value.items())
        return text("none" if value is None else value, self._text)

    def _input(self, d: Mapping[str, Any]) -> str:
        record = d["input"]
        # The fields that the note and the way speak of are the ones that a reader looks for.
        spoken = d["note"] + " ".join(
            p["predicate"] for p in d.get("paths", {}).get("partings", ())
        )
        first = dict.fromkeys(name for name in record if name and name in spoken)
        names = [*first, *(name for name in record if name not in first)]
        rows = fit((_field(name, record[name]) for name in names), self._inputs)
        left_out = len(names) - len(rows)
        more = f"<p>{count(left_out, 'more field')} in parity.json.</p>" if left_out else ""
        return (
            f"<details><summary>Input: {count(len(record), 'field')}</summary>"
            f'<table class="input">{"".join(rows)}</table>{more}</details>'
        )

    def _way(self, paths: Mapping[str, Any] | None) -> str:
        if not paths or not paths["trees"]:
            return ""
        ways = _ways(paths)
        parts = fit(ways, self._paths)
        left_out = len(ways) - len(parts)
        more = f"<p>{count(left_out, 'more line')} in parity.json.</p>" if left_out else ""
        return (
            f"<details><summary>Way through the trees: {text(paths['summary'], self._text)}"
            f"</summary>{''.join(parts)}{more}</details>"
        )


def _field(name: str, value: Any) -> str:
    shown = "<i>missing</i>" if value is None else text(value, 80)
    return f'<tr><th scope="row">{text(name, 80)}<td>{shown}'


def _ways(paths: Mapping[str, Any]) -> list[str]:
    """A line for every parting, or for every step of the tree that is shown."""
    found = [
        f'<div class="parting"><p>Tree {p["tree"]}, line {p["line"]}: '
        f"<code>{text(p['predicate'])}</code></p>"
        f"<dl><div><dt>as doubles</dt><dd>{text(p['double'])}</dd></div>"
        f"<div><dt>as float32</dt><dd>{text(p['float32'])}</dd></div></dl></div>"
        for p in paths.get("partings", ())
    ]
    more = paths.get("parted", 0) - len(found)
    if more > 0:
        found.append(f"<p>… and in {count(more, 'more tree')}.</p>")
    if paths.get("steps"):
        why = f", because {text(paths['why'], 100)}" if paths.get("why") else ""
        found.append(f"<p>Tree {paths['shown']} is shown{why}:</p>")
        found += [f'<p class="step">{text(step)}</p>' for step in paths["steps"]]
    reasons = paths.get("not_followed", ())
    if reasons:
        found.append(f"<p>Not followed: {listing(reasons)}.</p>")
    return found

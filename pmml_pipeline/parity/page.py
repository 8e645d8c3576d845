"""parity.html: the report as one page for a person, without scripts and without a network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template
from typing import Any

from pmml_pipeline.parity.chart import decades_shown, histogram
from pmml_pipeline.parity.compare import TEN_DECIMALS, ULPS
from pmml_pipeline.parity.markup import count, listing, number, text
from pmml_pipeline.parity.rows import (
    BOUNDARY,
    CATEGORIES,
    EXTREMES,
    HELDOUT,
    MISSING,
    STORAGE,
)
from pmml_pipeline.parity.worst import worst_rows

# What the rows of a class are: in English, and in a few Chinese words.
_CLASSES = {
    HELDOUT: ("real records", "真实记录"),
    BOUNDARY: ("every split threshold, and the numbers next to it", "分裂阈值及其相邻的数"),
    MISSING: ("each input missing in turn, and all of them", "逐个缺失与全部缺失"),
    CATEGORIES: ("every declared level, and one never seen", "每个类别与未见过的类别"),
    EXTREMES: ("the ends of the range, and far beyond them", "最小、最大与超出范围的值"),
    STORAGE: ("real records, written to a file and read back", "存储往返后的记录"),
}


def render(report: Mapping[str, Any]) -> str:
    """The page.

    Args:
        report: what parity.json holds.
    """
    template = Template(
        resources.files(__package__).joinpath("report.html.tmpl").read_text("utf-8")
    )
    engines = report["engines"]
    state, headline, chinese = _verdict(report)
    worst = worst_rows(engines)
    return template.substitute(
        title=f"Parity report: {text(report.get('model') or 'a model', 100)}",
        when=_time(report["created"]),
        state=state,
        headline=headline,
        chinese=chinese,
        also=_also(report),
        tiles=_tiles(report),
        rule=_rule(report["tolerance"]),
        table=_table(report),
        charts=_charts(report),
        worst=_WORST.substitute(rows=worst) if worst else "",
        engines="".join(_engine(e) for e in engines),
        facts=_facts(report),
    )


_WORST = Template(
    '<section aria-labelledby="worst"><h2 id="worst">The rows that differ, worst first</h2>'
    '<p lang="zh">差异最大的记录及其原因</p>'
    "<p>The way of a row is what the rules of the PMML specification make of it, walked twice: "
    "once with every number a double, as LightGBM compares, and once with the value and the "
    "threshold rounded to float32, as XGBoost compares. An engine may do either; where the two "
    "ways part, it matters which. Lines are those of the document.</p>$rows</section>"
)


def _names(engines: Sequence[Mapping[str, Any]], certified: bool) -> list[str]:
    return [e["engine"] for e in engines if e["certified"] == certified]


def _verdict(report: Mapping[str, Any]) -> tuple[str, str, str]:
    """The state, the headline, and the same in Chinese."""
    good = _names(report["engines"], True)
    if not good:
        return (
            "failed",
            "Not certified: no engine reproduces the training library",
            "未通过:没有引擎能复现训练库的预测,模型未发布",
        )
    names, tolerance = listing(good), report["tolerance"]
    chinese = "、".join(text(name, 60) for name in good)
    verb = "predicts" if len(good) == 1 else "predict"
    if tolerance > TEN_DECIMALS:
        wide = text(f"{tolerance:g}")
        return (
            "wide",
            f"{names} {verb} what the training library predicts, but "
            f"<em>not to 10 decimals</em> (tolerance {wide})",
            f"有条件通过:{chinese} 与训练库一致,但未达到 10 位小数(容差 {wide})",
        )
    return (
        "certified",
        f"{names} {verb} what the training library predicts, to 10 decimals",
        f"已认证:{chinese} 与训练库的预测在 10 位小数内一致",
    )


def _also(report: Mapping[str, Any]) -> str:
    """The sentences below the headline: who is not certified, and what follows."""
    good, bad = _names(report["engines"], True), _names(report["engines"], False)
    said = []
    if not good:
        said.append("Nothing was published.")
    elif bad:
        verb = "is" if len(bad) == 1 else "are"
        said.append(f"{listing(bad)} {verb} not certified.")
    said += [
        f"{text(e['engine'], 60)} scored nothing: {text(e['reason'], 400)}."
        for e in report["engines"]
        if not e["classes"]
    ]
    said += [
        f"What helps {text(e['engine'], 60)}: {text(e['remedy'], 400)}."
        for e in report["engines"]
        if e["remedy"]
    ]
    if good and len(good) > 1 and report["preferred"]:
        said.append(f"Scoring takes {text(report['preferred'], 60)} unless told otherwise.")
    return " ".join(said)


def _tiles(report: Mapping[str, Any]) -> str:
    engines = report["engines"]
    rows = sum(c["rows"] for c in report["row_classes"])
    tiles = [
        (f"{len(_names(engines, True))} of {len(engines)}", "engines certified"),
        (count(rows), f"records in {len(report['row_classes'])} classes"),
        _closeness(engines),
        (f"{report['tolerance']:g}", "tolerance"),
    ]
    return "".join(f"<div><dt>{what}</dt><dd>{text(shown)}</dd></div>" for shown, what in tiles)


def _closeness(engines: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The largest difference if an engine is certified, else how many records differ at best."""
    worst = [c["worst"] for e in engines if e["certified"] for c in e["classes"]]
    if worst:
        return number(max(worst)), "largest difference on a certified engine"
    scored = [(sum(c["mismatches"] for c in e["classes"]), e) for e in engines if e["classes"]]
    if not scored:
        return "0", "engines could score the document"
    fewest, engine = min(scored, key=lambda pair: pair[0])
    name = text(engine["engine"], 60)
    return count(fewest), f"records that differ on {name}" + (
        ", the nearest engine" if len(scored) > 1 else ""
    )


def _rule(tolerance: float) -> str:
    if tolerance > TEN_DECIMALS:
        return (
            f"numbers within {tolerance:g} (a tolerance that the exporter stated for the whole "
            "model, wider than the usual 1e-10)"
        )
    return (
        f"numbers within 1e-10 (those too large for that within {ULPS} units in the last place, "
        "those that the library computes in float32 to the same float32)"
    )


def _table(report: Mapping[str, Any]) -> str:
    heads = "".join(
        f'<th scope="col" role="columnheader">{text(e["engine"], 60)}'
        f'<span class="{"ok" if e["certified"] else "bad"}">'
        f"{'✓ certified' if e['certified'] else '✗ not certified'}</span>"
        for e in report["engines"]
    )
    lines = []
    for i, row_class in enumerate(report["row_classes"]):
        words, chinese = _CLASSES.get(row_class["name"], ("", ""))
        refused = row_class["refused_offline"]
        about = [words, *row_class["remarks"]]
        lines.append(
            f'<tr role="row"><th scope="row" role="rowheader">{text(row_class["name"], 60)}'
            + "".join(f"<span>{text(line, 300)}</span>" for line in about if line)
            + f'<span lang="zh">{chinese}</span>'
            f'<td class="num" role="cell" data-label="Records">{count(row_class["rows"])}'
            + (f"<span>{_refusals(row_class)}</span>" if refused else "")
            + "".join(_cell(e, i) for e in report["engines"])
        )
    return (
        '<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">'
        'Class of records<th scope="col" class="num" role="columnheader">Records'
        f'{heads}<tbody role="rowgroup">{"".join(lines)}'
    )


def _refusals(row_class: Mapping[str, Any]) -> str:
    """How many records are refused, and by whom."""
    contract = row_class["refused_by_contract"]
    library = row_class["refused_offline"] - contract
    whose = [(contract, "contract"), (library, "library")]
    return ", ".join(f"{count(n)} refused by the {who}" for n, who in whose if n)


def _cell(engine: Mapping[str, Any], i: int) -> str:
    kind, words, more = _agreement(engine, i)
    name = text(engine["engine"], 60)
    below = f"<span>{more}</span>" if more else ""
    return f'<td class="{kind}" role="cell" data-label="{name}">{words}{below}'


def _agreement(engine: Mapping[str, Any], i: int) -> tuple[str, str, str]:
    """A cell of the table: its colour, what it says, and what it says below in small."""
    if not engine["classes"]:
        return "none", "– not scored", ""
    found = engine["classes"][i]
    rows, worst = found["rows"], found["worst"]
    if not rows:
        nothing = "no thresholds" if found["name"] == BOUNDARY else "no such input"
        return "none", f"– {nothing}", ""
    if found["mismatches"]:
        far = "some by label or refusal" if worst is None else f"by up to {worst:.2g}"
        return "bad", f"✗ {count(found['mismatches'])} of {count(rows)} differ", far
    if found["refused"] == rows:
        return "ok", "✓ all agree", "all refused, as expected"
    return "ok", "✓ all agree", f"largest difference {number(worst)}" if worst else "all equal"


def _charts(report: Mapping[str, Any]) -> str:
    run = [e for e in report["engines"] if e["classes"]]
    if not run:
        return "<p>No engine scored anything.</p>"
    decades = [math.inf if d is None else d for d in report["decades"]]
    shown = decades_shown(run, decades, report["tolerance"])
    drawn = "".join(histogram(e, decades, shown, report["tolerance"]) for e in run)
    return f'<div class="charts">{drawn}</div>'


def _engine(engine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {v}" for name, v in engine["versions"].items()) or "unknown"
    verdict = "✓ certified" if engine["certified"] else f"✗ {engine['reason']}"
    colour = "ok" if engine["certified"] else "bad"
    return (
        f'<tr><th scope="row">{text(engine["engine"], 60)}<td>{text(versions, 200)}'
        f'<td class="num">{engine["seconds"]:.1f} s<td class="{colour}">{text(verdict, 1000)}'
    )


def _facts(report: Mapping[str, Any]) -> str:
    document = report.get("document", {})
    facts = [
        ("Model", text(report.get("model") or "not named", 100)),
        ("Compared", _time(report["created"])),
        ("Document", text(_document(document), 200)),
    ]
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)


def _time(created: str) -> str:
    made = text(created, 40)
    return f'<time datetime="{made}">{made.replace("T", " ").replace("Z", " UTC")}</time>'


def _document(document: Mapping[str, Any]) -> str:
    parts = [
        f"PMML {document.get('version') or 'of unknown version'}",
        document.get("kind"),
        count(document["trees"], "tree") if document.get("trees") else None,
        document.get("application"),
    ]
    return ", ".join(p for p in parts if p)

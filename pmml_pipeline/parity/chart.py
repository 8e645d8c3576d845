"""How large the differences are: a histogram over decades, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pmml_pipeline.parity.compare import TEN_DECIMALS
from pmml_pipeline.parity.markup import count, text

_WIDTH, _ROW, _TOP = 360, 20, 4
_LEFT, _LONGEST = 76, 210  # where bars begin, and how long they get


def counts_of(engine: Mapping[str, Any]) -> list[int]:
    """The differences of all classes of an engine, counted by decade."""
    histograms = [c["histogram"] for c in engine["classes"]]
    return [sum(column) for column in zip(*histograms, strict=True)]


def decades_shown(
    engines: Sequence[Mapping[str, Any]], decades: Sequence[float], tolerance: float
) -> int:
    """How many decades every chart has, so that the charts can be compared."""
    last = max(
        (i for e in engines for i, n in enumerate(counts_of(e)) if n),
        default=0,
    )
    return min(len(decades), max(last, _at(decades, tolerance)) + 2)


def _at(decades: Sequence[float], value: float) -> int:
    """The decade that a value falls into."""
    return next((i for i, edge in enumerate(decades) if value <= edge * (1 + 1e-9)), 0)


def histogram(
    engine: Mapping[str, Any], decades: Sequence[float], shown: int, tolerance: float
) -> str:
    """The chart of one engine: a bar for each decade, on a logarithmic scale.

    Args:
        engine: its part of the report.
        decades: upper ends of the decades; the first is 0, the last infinite.
        shown: how many of them to draw.
        tolerance: up to which numbers agree.
    """
    counts = counts_of(engine)
    largest = math.log10(1 + max(counts))
    limit, ten = _at(decades, tolerance), _at(decades, TEN_DECIMALS)
    rows, y = [], _TOP
    for i in range(shown):
        kind = "within" if i <= min(ten, limit) else "stated" if i <= limit else "beyond"
        length = _LONGEST * math.log10(1 + counts[i]) / largest if largest else 0.0
        rows.append(
            f'<text class="t" x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">'
            f"{_label(decades, i)}</text>"
            f'<rect class="{kind}" x="{_LEFT}" y="{y + 3}" width="{length:.1f}" height="14"/>'
        )
        if counts[i]:
            x = _LEFT + length + 5
            rows.append(f'<text class="n" x="{x:.1f}" y="{y + 14}">{count(counts[i])}</text>')
        y += _ROW
        y += _rules(rows, i, decades, limit, tolerance, y)
    name = text(engine["engine"], 60)
    total, beyond = sum(counts), sum(counts[ten + 1 :])
    more = f"<span>{count(beyond)} of them differ by more than 1e-10</span>" if beyond else ""
    spoken = "; ".join(f"{_label(decades, i)}: {n}" for i, n in enumerate(counts[:shown]) if n)
    return (
        f"<figure><figcaption>{name}: {count(total, 'number')} compared{more}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {y + _TOP}" role="img" aria-label="Differences of {name}. '
        f'{spoken}.">{"".join(rows)}</svg></figure>'
    )


def _rules(
    rows: list[str], i: int, decades: Sequence[float], limit: int, tolerance: float, y: int
) -> int:
    """The lines below a decade that say where agreement ends; how much room they take."""
    ten = _at(decades, TEN_DECIMALS)
    if i == limit:
        words = "10 decimals: agreement ends here"
        if limit != ten:
            words = f"stated tolerance: {text(f'{tolerance:g}')}"
    elif i == ten:
        words = "10 decimals"
    else:
        return 0
    rows.append(
        f'<line class="rule" x1="0" x2="{_WIDTH}" y1="{y + 3}" y2="{y + 3}"/>'
        f'<text class="r" x="{_WIDTH}" y="{y + 16}" text-anchor="end">{words}</text>'
    )
    return _ROW


def _label(decades: Sequence[float], i: int) -> str:
    if i == 0:
        return "equal"
    if math.isinf(decades[i]):
        return f"&gt; {decades[i - 1]:g}"
    return f"≤ {decades[i]:g}"

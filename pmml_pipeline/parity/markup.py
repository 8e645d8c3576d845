"""Text from data as safe, short HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any


def text(value: Any, limit: int = 300) -> str:
    """A value as escaped text of at most ``limit`` bytes, cut with an ellipsis."""
    whole = value if isinstance(value, str) else repr(value)
    raw = whole[:limit]
    cut = len(raw) < len(whole)
    while size(escaped := _escape(raw)) > limit:
        raw, cut = raw[: min(len(raw) - 1, len(raw) * limit // size(escaped))], True
    return escaped + "…" if cut else escaped


def _escape(raw: str) -> str:
    """Escaped for element content and for quoted attributes; no control characters."""
    shown = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in raw)
    return html.escape(shown, quote=True)


def size(markup: str) -> int:
    """Bytes in the file."""
    return len(markup.encode("utf-8"))


def fit(parts: Iterable[str], limit: int) -> list[str]:
    """The first parts that fit into ``limit`` bytes together, and at least one of them."""
    kept: list[str] = []
    used = 0
    for part in parts:
        used += size(part)
        if used > limit and kept:
            break
        kept.append(part)
    return kept


def number(value: float | None, none: str = "none") -> str:
    """A number that is read at a glance: two digits of it."""
    if value is None:
        return none
    return "0" if value == 0 else f"{value:.2g}"


def count(value: int, what: str = "") -> str:
    """A count with its thousands apart, and the plural of what is counted."""
    shown = f"{value:,}"
    return f"{shown} {what}{'' if value == 1 else 's'}" if what else shown


def listing(names: Iterable[str]) -> str:
    """Names as a person lists them, escaped."""
    shown = [text(name, 60) for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"

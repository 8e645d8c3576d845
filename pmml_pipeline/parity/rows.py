"""The six classes of rows on which an engine must agree with the training library.

Rows are kept as columns: field name to a list with a value per row, in JSON's types. Every class
starts from real records and changes a little, so that each row tests one thing.
"""

from __future__ import annotations

import csv
import io
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pmml_pipeline.document import Document
from pmml_pipeline.parity.jumps import Ask, find_jumps
from pmml_pipeline.parity.neighbours import neighbour_points
from pmml_pipeline.parity.texts import odd_texts, some_texts, text_inputs
from pmml_pipeline.parity.thresholds import Threshold, find_thresholds
from pmml_pipeline.parity.tracing import Tracer
from pmml_pipeline.schema import InputField, outputs_of

HELDOUT = "held-out"
BOUNDARY = "boundary"
MISSING = "missing"
CATEGORIES = "categories"
EXTREMES = "extremes"
STORAGE = "storage"
ROW_CLASSES = (HELDOUT, BOUNDARY, MISSING, CATEGORIES, EXTREMES, STORAGE)

NEVER_SEEN = "never seen"  # in the note of a row with a level that is none
UNSEEN = "__never seen__"
UNSEEN_NUMBER = 987654321

Columns = dict[str, list[Any]]


@dataclass(slots=True)
class RowSet:
    """The rows of one class.

    Attributes:
        name: one of :data:`ROW_CLASSES`.
        offline: the columns that the training library sees.
        online: the columns that the engine sees: the inputs among them, the same except after a
            round trip through storage.
        notes: per row, what is special about it.
        remarks: what a reader of the report should know of the class as a whole.
    """

    name: str
    offline: Columns
    online: Columns
    notes: list[str]
    remarks: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.notes)

    def record(self, row: int) -> dict[str, Any]:
        """One row as the engine sees it."""
        return {name: values[row] for name, values in self.online.items()}


@dataclass(frozen=True, slots=True)
class Budget:
    """How many rows each class may have. The defaults prove a model in about half a minute."""

    heldout: int = 10_000
    boundary: int = 40_000
    jumps: int = 200
    missing: int = 200
    level_each: int = 3
    texts: int = 20
    neighbours: int = 1_000
    extreme_each: int = 1
    storage: int = 300


def build_rows(
    document: Document,
    inputs: Sequence[InputField],
    real: Columns,
    budget: Budget | None = None,
    parquet: Callable[[Columns], Columns] | None = None,
    ask: Ask | None = None,
) -> list[RowSet]:
    """All six classes.

    Args:
        document: the document, read with its trees.
        inputs: its inputs.
        real: held-out real records as columns, at least one row; columns that are no inputs stay
            as they are, for the library's sake.
        budget: sizes.
        parquet: writes columns to Parquet and reads them back; None leaves that round trip out.
        ask: the training library; None leaves out the rows about the jumps of its prediction.
    """
    budget = budget or Budget()
    maker = _Maker(inputs, real)
    return [
        _heldout(maker, budget),
        _boundary(maker, document, budget, ask),
        _missing(maker, budget),
        _categories(maker, document, budget),
        _extremes(maker, budget),
        _storage(maker, budget, parquet),
    ]


class _Maker:
    """Makes rows out of real ones."""

    def __init__(self, inputs: Sequence[InputField], real: Columns) -> None:
        self.inputs = tuple(inputs)
        self.names = [f.name for f in inputs]
        self.real = real
        self.count = len(next(iter(real.values())))
        self.random = random.Random(20_240_229)  # fixed: the same document gives the same rows

    def sample(self, size: int) -> list[int]:
        if size >= self.count:
            return list(range(self.count))
        return sorted(self.random.sample(range(self.count), size))

    def real_record(self) -> dict[str, Any]:
        return self.record(self.random.randrange(self.count))

    def record(self, row: int) -> dict[str, Any]:
        return {name: values[row] for name, values in self.real.items()}

    def variants(
        self, name: str, value: Any, how: str, count: int
    ) -> list[tuple[dict[str, Any], str]]:
        """Real records with one value changed, and what it is."""
        note = f"{name} = {value!r} ({how})"
        return [({**self.real_record(), name: value}, note) for _ in range(count)]

    def row_set(self, name: str, rows: Sequence[tuple[Mapping[str, Any], str]]) -> RowSet:
        columns = {n: [record[n] for record, _ in rows] for n in self.real}
        return RowSet(name, columns, self.inputs_among(columns), [note for _, note in rows])

    def inputs_among(self, columns: Columns) -> Columns:
        return {name: columns[name] for name in self.names}


def _heldout(maker: _Maker, budget: Budget) -> RowSet:
    rows = maker.sample(budget.heldout)
    columns = {name: [values[r] for r in rows] for name, values in maker.real.items()}
    online = maker.inputs_among(columns)
    return RowSet(HELDOUT, columns, online, [f"row {r}" for r in rows])


def _boundary(maker: _Maker, document: Document, budget: Budget, ask: Ask | None) -> RowSet:
    """Every threshold as it is, its neighbours among doubles, and the float32 values about it.

    Then both sides of the jumps of the library's own prediction.
    """
    thresholds, untraced = find_thresholds(document, maker.inputs)
    inputs = {f.name: f for f in maker.inputs}
    first: list[Threshold] = []
    again: list[Threshold] = []
    seen: set[tuple[str, float]] = set()
    for threshold in thresholds:
        key = (threshold.field, threshold.value)
        (again if key in seen else first).append(threshold)
        seen.add(key)
    maker.random.shuffle(again)
    rows: list[tuple[dict[str, Any], str]] = []
    done = 0
    for threshold in first + again:
        if len(rows) >= budget.boundary:
            break
        done += 1
        base = threshold.reach(maker.real_record(), inputs)
        whole = inputs[threshold.field].kind == "integer"
        for value, how in _about(threshold.value, whole):
            record = dict(base)
            record[threshold.field] = value
            rows.append((record, f"{threshold.field} = {value!r} ({how}; {threshold.where})"))
    jumps = []
    if ask is not None:
        jumps = find_jumps(ask, maker.inputs, outputs_of(document), maker.real, budget.jumps)
    for jump in jumps:
        note = "the library's prediction " + ("jumps" if jump.real else "changes most") + " here"
        base = maker.record(jump.row)
        rows.extend(
            ({**base, jump.field: value}, f"{jump.field} = {value!r} ({note})")
            for value in jump.values
        )
    rows.extend(_between_neighbours(maker, document, budget))
    found = maker.row_set(BOUNDARY, rows)
    if thresholds:
        found.remarks.append(
            f"{len(seen)} distinct thresholds at {len(thresholds)} places; {done} places tried"
        )
    elif not untraced:
        found.remarks.append("the model has no thresholds")
    if untraced:
        found.remarks.append(
            f"{untraced} thresholds are on derived fields that no single input decides; "
            "they are not tried one by one"
        )
    if ask is not None:
        found.remarks.append(
            f"{sum(jump.real for jump in jumps)} jumps of the training library's own prediction "
            f"on {len(jumps)} ways from one real row to another; both sides of each are tried"
        )
    return found


def _between_neighbours(
    maker: _Maker, document: Document, budget: Budget
) -> Iterator[tuple[dict[str, Any], str]]:
    """Rows at training instances that the document holds, and in the middle of two."""
    inputs = {f.name: f for f in maker.inputs}
    points = neighbour_points(document, Tracer(document, maker.inputs), budget.neighbours)
    for point, how in points:
        typed = {n: round(v) if inputs[n].kind == "integer" else v for n, v in point.items()}
        yield {**maker.real_record(), **typed}, how


def _about(value: float, whole: bool) -> list[tuple[Any, str]]:
    """The values about a threshold, without repeats."""
    if whole:
        floor = math.floor(value)
        return [(floor + i, f"threshold {value!r}") for i in (-1, 0, 1, 2)]
    found: dict[float, str] = {
        value: "the threshold",
        math.nextafter(value, math.inf): "the next double above",
        math.nextafter(value, -math.inf): "the next double below",
    }
    with np.errstate(over="ignore"):
        single = np.float32(value)
        for near, how in (
            (single, "the nearest float32"),
            (np.nextafter(single, np.float32(np.inf)), "the next float32 above"),
            (np.nextafter(single, np.float32(-np.inf)), "the next float32 below"),
        ):
            found.setdefault(float(near), how)
    return [(v, how) for v, how in found.items() if math.isfinite(v)]


def _missing(maker: _Maker, budget: Budget) -> RowSet:
    rows: list[tuple[dict[str, Any], str]] = []
    each = max(3, budget.missing // max(1, len(maker.names)))
    for name in maker.names:
        note = f"{name} is missing"
        rows.extend(({**maker.real_record(), name: None}, note) for _ in range(each))
    nothing = dict.fromkeys(maker.names)
    rows.append(({**maker.real_record(), **nothing}, "everything is missing"))
    return maker.row_set(MISSING, rows)


def _categories(maker: _Maker, document: Document, budget: Budget) -> RowSet:
    rows: list[tuple[dict[str, Any], str]] = []
    for f in maker.inputs:
        levels = _levels(f, maker.real[f.name])
        if not levels:
            continue
        tries = [(level, "a declared level") for level in levels]
        tries.append((UNSEEN_NUMBER if f.kind in ("integer", "double") else UNSEEN, NEVER_SEEN))
        if f.kind == "boolean":
            tries.pop()
        for level, how in tries:
            rows.extend(maker.variants(f.name, level, how, budget.level_each))
    for f in text_inputs(document, maker.inputs):
        for text in some_texts(maker.real[f.name], budget.texts):
            for odd, how in odd_texts(text):
                rows.extend(maker.variants(f.name, odd, how, 1))
    return maker.row_set(CATEGORIES, rows)


def _levels(f: InputField, values: Sequence[Any]) -> list[Any]:
    """The levels of a categorical input: those declared, or those that occur."""
    if f.optype == "continuous":
        return []
    if not f.values:
        return sorted({v for v in values if v is not None}, key=repr)[:1000]
    if f.kind == "double":
        return [float(v) for v in f.values]
    if f.kind == "integer":
        return [int(float(v)) for v in f.values]
    if f.kind == "boolean":
        return [v.lower() == "true" for v in f.values]
    return list(f.values)


def _extremes(maker: _Maker, budget: Budget) -> RowSet:
    rows: list[tuple[dict[str, Any], str]] = []
    for f in maker.inputs:
        if f.optype != "continuous" or f.kind not in ("double", "integer"):
            continue
        seen = [v for v in maker.real[f.name] if isinstance(v, int | float) and v == v]
        for value, how in extreme_values(f, min(seen, default=0), max(seen, default=0)):
            rows.extend(maker.variants(f.name, value, how, budget.extreme_each))
    return maker.row_set(EXTREMES, rows)


def extreme_values(f: InputField, low: float, high: float) -> list[tuple[Any, str]]:
    """The values at and beyond the ends of what a number can be."""
    span = (high - low) or 1
    if f.kind == "integer":
        return [
            (int(low), "the minimum"),
            (int(high), "the maximum"),
            (int(low - span), "below the minimum"),
            (int(high + span), "above the maximum"),
            (0, "zero"),
            (-1, "minus one"),
            (2**31 - 1, "the largest 32-bit number"),
            (-(2**31), "the smallest 32-bit number"),
        ]
    found = [
        (float(low), "the minimum"),
        (float(high), "the maximum"),
        (float(low - span), "below the minimum"),
        (float(high + span), "above the maximum"),
        (0.0, "zero"),
        (-0.0, "negative zero"),
        (5e-324, "the smallest denormal"),
        (-5e-324, "the negative denormal nearest to zero"),
        (2.2250738585072014e-308, "the smallest normal double"),
        (3.4028234663852886e38, "the largest float32"),
        (-3.4028234663852886e38, "the smallest float32"),
        (3.5e38, "beyond float32"),
        (1e308, "nearly the largest double"),
        (-1e308, "nearly the smallest double"),
        (math.inf, "infinity"),
        (-math.inf, "negative infinity"),
    ]
    for interval in f.intervals:
        for margin in (interval.left_margin, interval.right_margin):
            if margin is not None:
                found.extend(
                    (v, f"margin of the valid interval: {h}") for v, h in _about(margin, False)
                )
    return found


def _storage(maker: _Maker, budget: Budget, parquet: Callable[[Columns], Columns] | None) -> RowSet:
    """Rows as they come back from JSON, CSV and Parquet; the library sees the originals."""
    rows = maker.sample(budget.storage)
    original = {name: [values[r] for r in rows] for name, values in maker.real.items()}
    stored = maker.inputs_among(original)
    trips: list[tuple[str, Callable[[Columns], Columns]]] = [("JSON", _json), ("CSV", _csv)]
    if parquet is not None:
        trips.append(("Parquet", parquet))
    offline: Columns = {name: [] for name in original}
    online: Columns = {name: [] for name in stored}
    notes: list[str] = []
    for medium, trip in trips:
        back = trip(stored)
        for name in original:
            offline[name].extend(original[name])
        for name in stored:
            online[name].extend(back[name])
        notes.extend(f"row {r} after {medium}" for r in rows)
    found = RowSet(STORAGE, offline, online, notes)
    found.remarks.append("round trips: " + ", ".join(medium for medium, _ in trips))
    return found


def _json(columns: Columns) -> Columns:
    return json.loads(json.dumps(columns, allow_nan=False))  # type: ignore[no-any-return]


def _csv(columns: Columns) -> Columns:
    """Every cell becomes text; an empty one is missing."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    text.seek(0)
    reader = csv.reader(text)
    names = next(reader)
    rows = [row for row in reader if row]
    return {name: [row[i] or None for row in rows] for i, name in enumerate(names)}

"""The way that a record takes through the trees of a document, compared as doubles and as float32.

Most disagreements over trees come down to one comparison that turns out differently in the two
readings. So every tree is walked twice by the specification's rules, and the comparisons at which
the two ways part are named.

Source: PMML 4.4, TreeModel ("missingValueStrategy", "noTrueChildStrategy").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pmml_pipeline.document import Document, Element
from pmml_pipeline.errors import DataError
from pmml_pipeline.parity.fields import Both, NotFollowedError, Scope, Values
from pmml_pipeline.parity.inputs import Inputs
from pmml_pipeline.parity.predicates import Lookup, Predicates, Truth, describe, predicate_of
from pmml_pipeline.parity.trees import Tree, find_trees

MAX_TREES = 2_000
PARTINGS_KEPT = 3
STEPS_KEPT = 30
REASONS_KEPT = 5


@dataclass(frozen=True, slots=True)
class Parting:
    """A predicate that holds in one reading only.

    Attributes:
        tree: its tree, from 1 in document order.
        line: of the predicate's node in the document.
        predicate: for a person.
        double, single: what comes of it in each reading, for a person: the numbers compared,
            whether it holds, and where the tree ends.
    """

    tree: int
    line: int
    predicate: str
    double: str
    single: str

    def to_json(self) -> dict[str, Any]:
        """What goes into parity.json."""
        return {
            "tree": self.tree,
            "line": self.line,
            "predicate": self.predicate,
            "double": self.double,
            "float32": self.single,
        }


@dataclass(frozen=True, slots=True)
class Paths:
    """What became of a record in the trees.

    Attributes:
        trees: how many trees the document has.
        walked: how many of these were walked in both readings.
        parted: in how many of these the two ways part.
        unanswered: in how many no prediction comes out, in either reading.
        partings: the first of the predicates at which they part.
        shown: number of the tree whose path is shown, when no ways part.
        why: why that tree.
        steps: its path, a line for each predicate that was asked, and the end.
        not_followed: why trees were left out, each reason once.
        refused: why the document does not admit the record, in which case no tree is asked.
        margin: an input that is valid in one reading only.
    """

    trees: int
    walked: int = 0
    parted: int = 0
    unanswered: int = 0
    partings: tuple[Parting, ...] = ()
    shown: int | None = None
    why: str = ""
    steps: tuple[str, ...] = ()
    not_followed: tuple[str, ...] = ()
    refused: str | None = None
    margin: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What goes into parity.json; fields without content are left out."""
        found: dict[str, Any] = {"summary": str(self), "trees": self.trees}
        found["partings"] = [p.to_json() for p in self.partings]
        for name in ("walked", "parted", "unanswered", "shown", "why", "refused", "margin"):
            found[name] = getattr(self, name)
        found["steps"], found["not_followed"] = list(self.steps), list(self.not_followed)
        return {k: v for k, v in found.items() if v or k in ("summary", "trees")}

    def __str__(self) -> str:
        return "; ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        if self.refused is not None:
            yield f"the document does not admit the record, so no tree is asked: {self.refused}"
            return
        if not self.trees:
            yield "the document has no trees"
            return
        if self.parted:
            yield f"in {self.parted} of {self.walked} trees double and float32 part ways"
        elif self.walked:
            yield f"double and float32 take the same way in all of {_trees(self.walked)}"
        if self.unanswered:
            yield f"{self.unanswered} of {_trees(self.walked)} give no prediction"
        if self.walked < self.trees:
            yield f"{_trees(self.trees - self.walked)} not followed"


def _trees(count: int) -> str:
    return "1 tree" if count == 1 else f"{count} trees"


def paths(document: Document, record: Mapping[str, Any]) -> Paths:
    """The way of one record; for many records of a document keep a :class:`PathFinder`.

    Args:
        document: read with its trees.
        record: field name to value, as given to ``Scorer.score``.
    """
    return PathFinder(document).paths(record)


@dataclass(slots=True)
class _Way:
    """One walk.

    Attributes:
        asked: the elements whose predicates were asked, with the truth, in order.
        defaults: where a missing value led to, by position in ``asked``.
        end: the node that gives the prediction; None when there is none.
        note: what is special about the end.
    """

    asked: list[tuple[Element, Truth]] = field(default_factory=list)
    defaults: dict[int, Element] = field(default_factory=dict)
    end: Element | None = None
    note: str = ""

    @property
    def unanswered(self) -> bool:
        return self.end is None and self.note != "the segment is not used"

    def outcome(self) -> str:
        if self.end is None:
            return self.note
        text = f"ends at line {self.end.line} with {_score(self.end)}"
        return f"{text} ({self.note})" if self.note else text


class PathFinder:
    """Follows records through the trees of a document.

    Args:
        document: read with its trees. Of more than ``MAX_TREES`` trees the first ones are walked.
    """

    def __init__(self, document: Document) -> None:
        self._inputs = Inputs(document)
        self._predicates = Predicates()
        self._trees, self._count = find_trees(document, MAX_TREES)

    def paths(self, record: Mapping[str, Any]) -> Paths:
        """The way of one record.

        Args:
            record: field name to value.
        """
        margin = self._inputs.margins(record)
        try:
            values = Values(self._inputs.values(record))
        except DataError as error:
            text = "; ".join(str(f) for f in error.fields[:REASONS_KEPT])
            return Paths(self._count, refused=text, margin=margin)
        walked = parted = unanswered = 0
        partings: list[Parting] = []
        reasons: dict[str, None] = {}
        shown: tuple[Tree, _Way, str] | None = None
        for tree in self._trees:

            def lookup(name: str, scope: Scope = tree.scope) -> Both:
                return values.get(name, scope)

            try:
                double, single = self._walk(tree, lookup, False), self._walk(tree, lookup, True)
            except NotFollowedError as error:
                reasons.setdefault(str(error))
                continue
            walked += 1
            unanswered += double.unanswered or single.unanswered
            if double.asked != single.asked:
                parted += 1
                if len(partings) < PARTINGS_KEPT:
                    partings.append(self._parting(tree, double, single, lookup))
            if shown is None or (not shown[2] and _telling(double)):
                shown = tree, double, _telling(double)
        return Paths(
            self._count,
            walked,
            parted,
            unanswered,
            tuple(partings),
            shown=None if parted or shown is None else shown[0].number,
            why="" if shown is None else shown[2],
            steps=() if parted or shown is None else _steps(shown[1]),
            not_followed=tuple(reasons)[:REASONS_KEPT],
            margin=margin,
        )

    def _walk(self, tree: Tree, lookup: Lookup, as_single: bool) -> _Way:
        """One tree in one reading."""
        way = _Way()
        for segment in tree.conditions:
            truth = self._predicates.holds(predicate_of(segment), lookup, as_single)
            way.asked.append((segment, truth))
            if truth is not True:
                way.note = "the segment is not used"
                return way
        node = tree.model.child("Node")
        if node is None:
            raise NotFollowedError("a tree without nodes is not followed")
        missing = tree.model.get("missingValueStrategy") or "none"
        last = tree.model.get("noTrueChildStrategy") == "returnLastPrediction"
        truth = self._predicates.holds(predicate_of(node), lookup, as_single)
        if truth is not True:
            way.asked.append((node, truth))
            way.note = "gives no prediction, since the root's predicate does not hold"
            return way
        while True:
            children = node.all("Node")
            if not children:
                return _end(way, node)
            chosen, unknown = self._choose(children, lookup, as_single, missing, way)
            if unknown:
                if missing == "lastPrediction":
                    return _end(way, node, "the last prediction, for want of a value")
                if missing == "nullPrediction":
                    way.note = "gives no prediction, for want of a value (nullPrediction)"
                    return way
                default = node.get("defaultChild")
                named = (c for c in children if default is not None and c.get("id") == default)
                chosen = next(named, None)
                if chosen is None:
                    way.note = "gives no prediction: a value is missing and there is no default"
                    return way
                way.defaults[len(way.asked) - 1] = chosen
            elif chosen is None:
                # "returnLastPrediction: if the parent has a score attribute return it."
                if last:
                    return _end(way, node, "no child is true: the last prediction")
                way.note = "gives no prediction, since no child is true"
                return way
            node = chosen

    def _choose(
        self,
        children: list[Element],
        lookup: Lookup,
        as_single: bool,
        missing: str,
        way: _Way,
    ) -> tuple[Element | None, bool]:
        """The first child that is true; or whether a missing value has to decide."""
        for child in children:
            truth = self._predicates.holds(predicate_of(child), lookup, as_single)
            way.asked.append((child, truth))
            if truth is True:
                return child, False
            # "none: comparisons with missing values always evaluate to FALSE."
            if truth is None and missing != "none":
                if missing not in ("lastPrediction", "nullPrediction", "defaultChild"):
                    raise NotFollowedError(f"missingValueStrategy {missing} is not followed")
                return None, True
        return None, False

    def _parting(self, tree: Tree, double: _Way, single: _Way, lookup: Lookup) -> Parting:
        """The first predicate on which two walks disagree."""
        element = next(
            a for (a, x), (b, y) in zip(double.asked, single.asked, strict=False) if x != y
        )
        predicate = predicate_of(element)
        assert predicate is not None  # an absent one holds in both readings
        turning = self._predicates.turning(predicate, lookup)
        text = describe(turning)
        if turning is not predicate:
            text += f" (in {describe(predicate)})"
        told = []
        for way, as_single in ((double, False), (single, True)):
            truth = self._predicates.holds(turning, lookup, as_single)
            asked = self._predicates.asked(turning, lookup, as_single)
            numbers = "" if asked is None else f"{asked}: "
            told.append(f"{numbers}{_truth(truth)}; the tree {way.outcome()}")
        return Parting(tree.number, element.line, text, told[0], told[1])


def _end(way: _Way, node: Element, note: str = "") -> _Way:
    if node.get("score") is None and not node.all("ScoreDistribution"):
        way.note = f"gives no prediction: the node at line {node.line} has no score"
        return way
    way.end, way.note = node, note
    return way


def _telling(way: _Way) -> str:
    """Why a path deserves to be shown before others."""
    if way.unanswered:
        return "it gives no prediction"
    if any(truth is None for _, truth in way.asked):
        return "a missing value decides in it"
    return ""


def _steps(way: _Way) -> tuple[str, ...]:
    lines = [
        f"line {element.line}: {describe(predicate_of(element))}: {_truth(truth)}"
        + (f"; on to the default, line {way.defaults[i].line}" if i in way.defaults else "")
        for i, (element, truth) in enumerate(way.asked)
    ]
    if len(lines) > STEPS_KEPT:
        left_out = len(lines) - STEPS_KEPT + 1
        lines = [*lines[: STEPS_KEPT // 2], f"… {left_out} more …", *lines[-STEPS_KEPT // 2 + 1 :]]
    return (*lines, way.outcome())


def _truth(truth: Truth) -> str:
    return "unknown, a value is missing" if truth is None else str(truth).lower()


def _score(node: Element) -> str:
    shares = [
        f"{d.get('value')} {d.get('probability') or d.get('recordCount')}"
        for d in node.all("ScoreDistribution")[:4]
    ]
    score = node.get("score")
    if score is None:
        return f"the distribution {', '.join(shares)}"
    return f"the score {score}" + (f" ({', '.join(shares)})" if shares else "")

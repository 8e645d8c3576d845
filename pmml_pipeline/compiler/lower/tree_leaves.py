"""What the node says that a tree ends at. Source: PMML 4.4, TreeModel (Node, ScoreDistribution)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pmml_pipeline.compiler.lower.results import target_name, target_type
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.values import parse
from pmml_pipeline.document.bind import number, refusal
from pmml_pipeline.document.model import Element, to_float32
from pmml_pipeline.document.tree_model import TreeModel


class TreeValues:
    """Reads scores and distributions off the nodes of a tree.

    Args:
        context: of the lowering.
        model: the tree model.
    """

    def __init__(self, context: Context, model: TreeModel) -> None:
        self._context = context
        self._model = model
        self._type = target_type(context, model)[0]

    def number(self, node: Element | None) -> float:
        """A regression's score; NaN for none."""
        text = None if node is None else node.get("score")
        if text is None:
            return math.nan
        try:
            value = number(text)
        except ValueError:
            assert node is not None
            raise refusal(node, f"has the score {text!r}, which is no number") from None
        return to_float32(value) if self._model.x_math_context == "float" else value

    def label(self, node: Element | None) -> float:
        """A classifier's score as a value of the target; missing for none.

        "If no score is given, it is the value with the highest record count" (Node).
        """
        if node is None:
            return math.nan
        text = node.get("score")
        if text is None:
            shares = self._shares(node)
            if not shares:
                return math.nan
            text = max(shares, key=lambda name: shares[name])
        return parse(text, self._type, self._context.texts)

    def share_of(self, name: str, node: Element | None) -> float:
        """The probability of a class; NaN where there is no prediction."""
        if node is None:
            return math.nan
        shares = self._shares(node)
        if not shares:  # a node that only has a score is sure of it
            score = node.get("score")
            return math.nan if score is None else float(score == name)
        return shares.get(name, 0.0)

    def classes(self, nodes: Iterable[Element | None]) -> list[str]:
        """The classes, in the order of the data dictionary, then as they come."""
        found = dict.fromkeys(self.known_classes())
        for node in nodes:
            if node is None:
                continue
            for one in node.all("ScoreDistribution"):
                found.setdefault(one.get("value") or "")
            score = node.get("score")
            if score is not None and score not in found:
                found[score] = None
        return list(found)

    def known_classes(self) -> tuple[str, ...]:
        """The classes that the data dictionary declares."""
        data = self._context.data_fields.get(target_name(self._model) or "")
        return () if data is None else data.values_of("valid")

    def confidence_of(self, name: str, node: Element | None) -> float:
        """The confidence in a class: "confidence, or the share of the records" (Node)."""
        if node is None:
            return math.nan
        given = {
            one.get("value"): one.get("confidence")
            for one in node.all("ScoreDistribution")
            if one.get("confidence") is not None
        }
        if not given:
            return self.share_of(name, node)
        try:
            return number(given.get(name) or "0")
        except ValueError:
            raise refusal(node, "has a confidence that is no number") from None

    def records(self, node: Element) -> float:
        """How many records a node has seen.

        Raises:
            DocumentError: it does not say so.
        """
        given = node.get("recordCount")
        texts = [one.get("recordCount") for one in node.all("ScoreDistribution")]
        if given is None and texts and None not in texts:
            return math.fsum(self._counts(node).values())
        try:
            count = number(given or "")
        except ValueError:
            count = 0.0
        if not 0.0 < count < math.inf:
            raise refusal(node, "has no recordCount, which its missingValueStrategy needs")
        return count

    def aggregated(self, nodes: Sequence[Element]) -> Element:
        """ "for each value the recordCount values are accumulated" (a virtual node)."""
        counts: dict[str, float] = {}
        for node in nodes:
            for name, count in self._counts(node).items():
                counts[name] = counts.get(name, 0.0) + count
        return _virtual(nodes[0], {n: {"recordCount": repr(c)} for n, c in counts.items()})

    def weighted(self, nodes: Sequence[tuple[Element, float]]) -> Element:
        """ "weighted ... then summed to produce a total confidence for each class. The winner is
        the class with the highest confidence" (a virtual node).
        """
        sums: dict[str, dict[str, str]] = {}
        for name in self.classes(node for node, _ in nodes):
            share = confidence = 0.0
            for node, weight in nodes:
                share += weight * self.share_of(name, node)
                confidence += weight * self.confidence_of(name, node)
            if share != share or confidence != confidence:
                raise refusal(nodes[0][0], "has no ScoreDistribution")
            sums[name] = {"probability": repr(share), "confidence": repr(confidence)}
        winner = max(sums, key=lambda name: float(sums[name]["confidence"]))
        return _virtual(nodes[0][0], sums, winner)

    def _counts(self, node: Element) -> dict[str, float]:
        found = {}
        for one in node.all("ScoreDistribution"):
            try:
                found[one.get("value") or ""] = number(one.get("recordCount") or "")
            except ValueError:
                raise refusal(one, "has no recordCount that is a number") from None
        if not found:
            raise refusal(node, "has no ScoreDistribution, which its missingValueStrategy needs")
        return found

    def _shares(self, node: Element) -> dict[str, float]:
        """ "If the probability is given it is used, otherwise recordCount by their sum"."""
        distribution = node.all("ScoreDistribution")
        given = [one.get("probability") for one in distribution]
        counts = [one.get("recordCount") for one in distribution]
        names = [one.get("value") or "" for one in distribution]
        texts = given if any(g is not None for g in given) else counts
        try:
            numbers = [number(t) if t is not None else 0.0 for t in texts]
        except ValueError:
            raise refusal(node, "has a ScoreDistribution whose number is none") from None
        if texts is given:
            return dict(zip(names, numbers, strict=True))
        total = math.fsum(numbers)
        return {n: c / total for n, c in zip(names, numbers, strict=True)} if total else {}


def _virtual(
    first: Element, values: dict[str, dict[str, str]], score: str | None = None
) -> Element:
    """A node that stands for several."""
    distribution = [
        Element("ScoreDistribution", {"value": name, **numbers}, first.line)
        for name, numbers in values.items()
    ]
    return Element("Node", {} if score is None else {"score": score}, first.line, distribution)

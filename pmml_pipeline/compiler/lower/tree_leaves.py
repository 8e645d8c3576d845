"""What the node says that a tree ends at. Source: PMML 4.4, TreeModel (Node, ScoreDistribution)."""

from __future__ import annotations

import math
from collections.abc import Iterable

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

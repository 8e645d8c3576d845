"""``TreeModel``: nodes to tests and leaves. Source: PMML 4.4, TreeModel.

A node asks its children in turn: the first whose predicate is true is taken. Here that becomes a
chain of tests (``tree_tests.py``). Where an unknown predicate leads is the missing value strategy's
to say. Two of the strategies follow several children at once; what they reach becomes one leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.forest import Leaf, Tree
from pmml_pipeline.compiler.lower.predicates import predicate_of
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tree_leaves import TreeValues
from pmml_pipeline.compiler.lower.tree_tests import PredicateTests, State
from pmml_pipeline.document.bind import refusal
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.tree_model import PREDICATES, TreeModel

# Gives the leaf of a node; of None, the leaf without a prediction. The number says how often a
# missing value was handled on the way.
Leaves = Callable[[Element | None, int], Leaf]
_SEVERAL = ("weightedConfidence", "aggregateNodes")
_KNOWN = ("Node", "ScoreDistribution", "Partition", "Extension", *PREDICATES)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Several nodes that are followed at once.

    Attributes:
        todo: nodes with their shares that are still to be followed.
        reached: where the others ended.
    """

    todo: tuple[tuple[Element, float], ...]
    reached: tuple[tuple[Element | None, float], ...] = ()


class TreeLowering:
    """Lowers the tree of one model.

    Args:
        context: of the whole lowering.
        scope: the fields.
        model: the tree model.
        values: reads its nodes.
        leaf: gives the leaf of a node.
        penalised: whether ``leaf`` wants to know how often a missing value was handled.
    """

    def __init__(
        self,
        context: Context,
        scope: Scope,
        model: TreeModel,
        values: TreeValues,
        leaf: Leaves,
        *,
        penalised: bool = False,
    ) -> None:
        self._tests = PredicateTests(context, scope, model.node)
        self._model = model
        self._values = values
        self._leaf = leaf
        self._penalised = penalised
        self._strategy = model.missing_value_strategy
        if self._strategy in _SEVERAL and model.function_name != "classification":
            raise refusal(
                model.node, f"of a regression with missingValueStrategy {self._strategy} is not "
                "supported: it has no classes"
            )  # fmt: skip

    def tree(self) -> Tree:
        """The whole tree."""
        root = self._model.node
        # "If the root's predicate is not true, there is no prediction."
        return self._tests.test(
            predicate_of(root),
            State(),
            lambda s: self._node(root, s),
            lambda s: self._leaf(None, s.handled),
            lambda s: self._leaf(None, s.handled),
        )

    def _node(self, node: Element, state: State) -> Tree:
        if self._strategy in _SEVERAL:
            return self._follow(_Walk(((node, 1.0),)), state)
        children = _children(node)
        if not children:
            return self._leaf(node, state.handled)
        return self._choose(node, children, 0, state)

    def _choose(self, node: Element, children: list[Element], at: int, state: State) -> Tree:
        if at == len(children):
            return self._leaf(self._no_child(node), state.handled)
        child = children[at]
        strategy = self._strategy

        def otherwise(state: State) -> Tree:
            return self._choose(node, children, at + 1, state)

        def unknown(state: State) -> Tree:
            if strategy == "none":  # "unknown is treated as false"
                return otherwise(state)
            if strategy == "lastPrediction":
                return self._leaf(node, state.handled)
            if strategy == "defaultChild":
                default = node.get("defaultChild")
                found = next((c for c in children if c.get("id") == default), None)
                if found is None or default is None:
                    return self._leaf(None, state.handled)
                return self._node(found, state.handle())
            return self._leaf(None, state.handled)  # nullPrediction

        way: str | None = None
        if strategy == "none":
            way = "no"
        elif strategy == "defaultChild" and not self._penalised:
            default = node.get("defaultChild")
            if child.get("id") == default and default is not None:
                way = "yes"
            elif _leads_to_default(node, children, at):
                way = "no"
        return self._tests.test(
            predicate_of(child), state, lambda s: self._node(child, s), otherwise, unknown, way
        )

    def _no_child(self, node: Element) -> Element | None:
        # "returnLastPrediction: return the score of the node"
        return node if self._model.no_true_child_strategy == "returnLastPrediction" else None

    def _follow(self, walk: _Walk, state: State) -> Tree:
        """The leaf that becomes of all nodes of a walk."""
        if not walk.todo:
            return self._leaf(self._together(walk.reached), state.handled)
        (node, share), *rest = walk.todo
        children = _children(node)
        left = _Walk(tuple(rest), walk.reached)
        if not children:
            return self._follow(_Walk(left.todo, (*left.reached, (node, share))), state)
        return self._fork(node, share, children, 0, (), left, state)

    def _fork(
        self,
        node: Element,
        share: float,
        children: list[Element],
        at: int,
        taken: tuple[Element, ...],
        left: _Walk,
        state: State,
    ) -> Tree:
        """The children of a node that are followed: the first that is true; all that may be, where
        one is unknown.

        "weightedConfidence: the confidences for each class are calculated from scoring it and each
        of its sibling nodes in turn (excluding any siblings whose predicates evaluate to false)";
        "aggregateNodes: we consider evaluation of the node's predicate being true and follow this
        node. In addition, subsequent nodes to the initial node are evaluated as well", up to one
        that is true, since those behind it cannot be reached.
        """
        if at == len(children):
            if not taken:
                reached = (*left.reached, (self._no_child(node), share))
                return self._follow(_Walk(left.todo, reached), state)
            return self._follow(
                _Walk((*self._shared(taken, share), *left.todo), left.reached), state
            )
        child = children[at]

        def on(more: tuple[Element, ...], last: bool = False) -> Callable[[State], Tree]:
            place = len(children) if last else at + 1
            return lambda s: self._fork(node, share, children, place, more, left, s)

        last = not taken or self._strategy == "aggregateNodes"
        return self._tests.test(
            predicate_of(child), state, on((*taken, child), last), on(taken), on((*taken, child))
        )

    def _shared(self, taken: Sequence[Element], share: float) -> tuple[tuple[Element, float], ...]:
        """ "weighted by the proportion of the number of records in that node"."""
        if len(taken) == 1 or self._strategy == "aggregateNodes":
            return tuple((node, share) for node in taken)
        counts = [self._values.records(node) for node in taken]
        total = sum(counts)
        return tuple((n, share * c / total) for n, c in zip(taken, counts, strict=True))

    def _together(self, reached: Sequence[tuple[Element | None, float]]) -> Element | None:
        if len(reached) == 1:
            return reached[0][0]
        there = [(node, share) for node, share in reached if node is not None]
        if not there:
            return None
        if self._strategy == "aggregateNodes":
            return self._values.aggregated([node for node, _ in there])
        return self._values.weighted(there)


def _children(node: Element) -> list[Element]:
    for child in node.children:
        if child.tag not in _KNOWN:  # a model in a node
            raise refusal(child, "in a Node is not supported")
    return [c for c in node.children if c.tag == "Node"]


def _leads_to_default(node: Element, children: list[Element], at: int) -> bool:
    """Whether a row whose field is missing comes to the default child on the false way too."""
    default = node.get("defaultChild")
    if default is None:
        return False
    field = predicate_of(children[at]).get("field")
    for child in children[at + 1 :]:
        predicate = predicate_of(child)
        if predicate.tag == "True":
            return child.get("id") == default
        if predicate.tag not in ("SimplePredicate", "SimpleSetPredicate"):
            return False
        if predicate.get("operator") in ("isMissing", "isNotMissing"):
            return False
        return predicate.get("field") == field
    return False

"""Trees that are summed or averaged, as one forest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.forest import Forest, Leaf, sums
from pmml_pipeline.compiler.grown import Grown
from pmml_pipeline.compiler.lower.plain_leaves import classes, scores, shares_of
from pmml_pipeline.compiler.lower.plain_trees import NodeColumns, grow_trees
from pmml_pipeline.compiler.lower.results import Result, apply_targets, classified, first_sum
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tally import any_of, blank
from pmml_pipeline.compiler.lower.tree_leaves import TreeValues
from pmml_pipeline.compiler.lower.tree_model import TreeLowering
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.bind import bind
from pmml_pipeline.document.mining_model import MiningModel
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.table import TableElement
from pmml_pipeline.document.tree_model import TreeModel
from pmml_pipeline.errors import DocumentError


def lower_forest(
    context: Context,
    scope: Scope,
    model: MiningModel,
    elements: Sequence[Element],
    model_scope: Callable[..., Scope],
) -> Result | None:
    """The result of a mining model whose segments all count; None when it is no such forest."""
    method = model.segmentation.multiple_model_method
    if method not in ("sum", "average") or any(e.tag != "TreeModel" for e in elements):
        return None
    if model.output is not None and any(f.segment_id for f in model.output.fields):
        return None
    trees = [bind(TreeModel, element) for element in elements]
    if any(t.targets is not None or t.output is not None for t in trees):
        return None
    classifies = model.function_name == "classification"
    if (classifies and method == "sum") or model.function_name not in (
        "classification",
        "regression",
    ):
        return None
    single = "float" in (model.x_math_context, trees[0].x_math_context)
    scopes = [model_scope(context, scope, tree, outermost=False) for tree in trees]
    start = 0.0 if classifies or method != "sum" else first_sum(model)
    forest, names = _plain(context, scopes, trees, classifies) or _any(
        context, scopes, trees, classifies
    )
    if classifies and not names:
        raise DocumentError(f"MiningModel (line {model.line}): its trees name no class", "")
    first = [start] * max(len(names), 1)
    totals: list[Register] = list(sums(context.builder, forest, first, single=single))
    if method == "average":
        count = context.builder.constant(float(len(trees)))
        totals = [context.builder.op("DIV", total, count) for total in totals]
        if single:
            totals = [context.builder.op("F32", total) for total in totals]
    invalid = [register for inner in scopes for register in inner.invalid]
    void = any_of(context, invalid) if invalid else None
    if classifies:
        result = classified(context, model, dict(zip(names, totals, strict=True)))
        return blank(context, result, void)
    result = blank(context, Result(Value(totals[0], "float" if single else "double")), void)
    return apply_targets(context, model, result, start)


def _plain(
    context: Context, scopes: Sequence[Scope], trees: Sequence[TreeModel], classifies: bool
) -> tuple[Grown, list[str]] | None:
    """The forest and its classes, off the document's columns; None where that is not enough."""
    roots = [tree.node for tree in trees if isinstance(tree.node, TableElement)]
    if len(roots) < len(trees):
        return None
    nodes = NodeColumns(roots[0].table, roots)
    items = grow_trees(context, scopes, trees, nodes)
    if items is None:
        return None
    at_end = items.registers < 0
    reached, names = items.nodes[at_end], []
    if classifies:
        names = classes(nodes, TreeValues(context, trees[0]).known_classes())
        values = shares_of(nodes, reached, names)
    else:
        single = np.array([tree.x_math_context == "float" for tree in trees])
        values = scores(nodes, reached, single)
    if values is None:
        return None
    numbers = np.where(at_end, np.cumsum(at_end) - 1, 0)
    forest = Grown(
        items.starts,
        items.registers,
        items.thresholds,
        items.sets,
        items.missing,
        items.failed,
        numbers.astype(np.int32),
        items.levels,
        values.reshape(len(reached), -1),
    )
    return forest, names


def _any(
    context: Context, scopes: Sequence[Scope], trees: Sequence[TreeModel], classifies: bool
) -> tuple[Forest, list[str]]:
    """The forest and its classes, node by node."""
    readers = [TreeValues(context, tree) for tree in trees]
    names = readers[0].classes(_nodes([tree.node for tree in trees])) if classifies else []
    forest = Forest()
    for tree, inner, values in zip(trees, scopes, readers, strict=True):

        def leaf(node: Element | None, _: int, values: TreeValues = values) -> Leaf:
            if classifies:
                return forest.leaf([values.share_of(name, node) for name in names])
            return forest.leaf([values.number(node)])

        forest.trees.append(TreeLowering(context, inner, tree, values, leaf).tree())
    return forest, names


def _nodes(models: Sequence[Element]) -> Iterator[Element]:
    return (e for model in models for e in model.walk() if e.tag == "Node")

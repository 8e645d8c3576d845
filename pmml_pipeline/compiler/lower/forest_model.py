"""Trees that are summed or averaged, as one forest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.forest import Forest, Leaf, sums
from pmml_pipeline.compiler.lower.results import Result, apply_targets, classified, first_sum
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tally import any_of, blank
from pmml_pipeline.compiler.lower.tree_leaves import TreeValues
from pmml_pipeline.compiler.lower.tree_model import TreeLowering
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.bind import bind
from pmml_pipeline.document.mining_model import MiningModel
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.tree_model import TreeModel


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
    readers = [TreeValues(context, tree) for tree in trees]
    classes = readers[0].classes(_nodes(elements)) if classifies else []
    start = 0.0 if classifies or method != "sum" else first_sum(model)
    forest = Forest()
    invalid: list[Register] = []
    for tree, values in zip(trees, readers, strict=True):
        inner = model_scope(context, scope, tree, outermost=False)

        def leaf(node: Element | None, _: int, values: TreeValues = values) -> Leaf:
            if classifies:
                return forest.leaf([values.share_of(name, node) for name in classes])
            return forest.leaf([values.number(node)])

        forest.trees.append(TreeLowering(context, inner, tree, values, leaf).tree())
        invalid += inner.invalid
    first = [start] * max(len(classes), 1)
    totals: list[Register] = list(sums(context.builder, forest, first, single=single))
    if method == "average":
        count = context.builder.constant(float(len(trees)))
        totals = [context.builder.op("DIV", total, count) for total in totals]
        if single:
            totals = [context.builder.op("F32", total) for total in totals]
    void = any_of(context, invalid) if invalid else None
    if classifies:
        result = classified(context, model, dict(zip(classes, totals, strict=True)))
        return blank(context, result, void)
    result = blank(context, Result(Value(totals[0], "float" if single else "double")), void)
    return apply_targets(context, model, result, start)


def _nodes(models: Sequence[Element]) -> Iterator[Element]:
    return (e for model in models for e in model.walk() if e.tag == "Node")

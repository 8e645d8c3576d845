"""Models: one table of them, and what all have in common.

A model is lowered in a scope of its own: fields as its mining schema has them, then its local
transformations, then its output fields.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pmml_pipeline.compiler.forest import Forest, Leaf, leaves
from pmml_pipeline.compiler.lower.anomaly_detection_model import lower_anomaly_detection_model
from pmml_pipeline.compiler.lower.clustering_model import lower_clustering_model
from pmml_pipeline.compiler.lower.expressions import define_derived_fields
from pmml_pipeline.compiler.lower.fields import invalid_in_segment, prepare
from pmml_pipeline.compiler.lower.general_regression_model import lower_general_regression_model
from pmml_pipeline.compiler.lower.mining_model import lower_mining_model
from pmml_pipeline.compiler.lower.naive_bayes_model import lower_naive_bayes_model
from pmml_pipeline.compiler.lower.nearest_neighbor_model import lower_nearest_neighbor_model
from pmml_pipeline.compiler.lower.neural_network import lower_neural_network
from pmml_pipeline.compiler.lower.outputs import define_outputs, of_class
from pmml_pipeline.compiler.lower.regression_model import lower_regression_model
from pmml_pipeline.compiler.lower.results import (
    Result,
    apply_targets,
    classified,
    with_defaults,
)
from pmml_pipeline.compiler.lower.rule_set_model import lower_rule_set_model
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.scorecard import lower_scorecard
from pmml_pipeline.compiler.lower.support_vector_machine_model import (
    lower_support_vector_machine_model,
)
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.lower.tally import any_of, blank
from pmml_pipeline.compiler.lower.tree_leaves import TreeValues
from pmml_pipeline.compiler.lower.tree_model import TreeLowering
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.anomaly_detection_model import AnomalyDetectionModel
from pmml_pipeline.document.bind import bind, refusal
from pmml_pipeline.document.clustering_model import ClusteringModel
from pmml_pipeline.document.general_regression_model import GeneralRegressionModel
from pmml_pipeline.document.mining_model import MiningModel
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import MiningField, ModelElement, OutputField
from pmml_pipeline.document.naive_bayes_model import NaiveBayesModel
from pmml_pipeline.document.nearest_neighbor_model import NearestNeighborModel
from pmml_pipeline.document.neural_network import NeuralNetwork
from pmml_pipeline.document.regression_model import RegressionModel
from pmml_pipeline.document.rule_set_model import RuleSetModel
from pmml_pipeline.document.scorecard import Scorecard
from pmml_pipeline.document.support_vector_machine_model import SupportVectorMachineModel
from pmml_pipeline.document.tree_model import TreeModel
from pmml_pipeline.errors import DocumentError


def lower_model(
    context: Context, scope: Scope, element: Element, *, outermost: bool = False
) -> tuple[Result, Scope]:
    """The result of a model, and the scope in which its outputs are known.

    Raises:
        DocumentError: something in it is wrong or not supported.
    """
    kind = _KINDS.get(element.tag)
    if kind is None:
        raise refusal(element, "is not supported")
    model: ModelElement = bind(kind, element)
    if not model.is_scorable:
        raise refusal(element, "is not scorable, as it says itself")
    inner = model_scope(context, scope, model, outermost=outermost)
    try:
        result = _LOWER[kind](context, inner, model)
    except DocumentError as error:
        if "(line " in error.cause:
            raise
        raise DocumentError(
            f"{element.tag} (line {element.line}): {error.cause}", error.fix
        ) from None
    if inner.invalid:
        # "returnInvalid: the model should return a value indicating an invalid result"
        result = blank(context, result, any_of(context, inner.invalid))
    result = with_defaults(context, model, result)
    define_outputs(context, model, result, inner)
    return result, inner


def model_scope(context: Context, scope: Scope, model: ModelElement, *, outermost: bool) -> Scope:
    """The fields as a model sees them."""
    inner = Scope(scope)
    for mining in model.mining_schema.fields:
        if mining.usage_type in ("active", "supplementary") and scope.known(mining.name):
            inner.define_later(
                mining.name, partial(_prepared, context, scope, inner, mining, outermost)
            )
    if model.local_transformations is not None:
        define_derived_fields(context, inner, model.local_transformations.fields)
    return inner


def _prepared(
    context: Context, scope: Scope, inner: Scope, mining: MiningField, outermost: bool
) -> Value:
    data, value = context.data_fields.get(mining.name), scope.value(mining.name)
    if not outermost:
        inner.invalid += invalid_in_segment(context, value, mining, data)
    return prepare(context, value, mining, data, outermost=outermost)


def _regression(context: Context, scope: Scope, model: RegressionModel) -> Result:
    return apply_targets(context, model, lower_regression_model(context, scope, model), 0.0)


def _mining(context: Context, scope: Scope, model: MiningModel) -> Result:
    return lower_mining_model(context, scope, model, lower_model, model_scope)


def _anomaly(context: Context, scope: Scope, model: AnomalyDetectionModel) -> Result:
    return lower_anomaly_detection_model(context, scope, model, lower_model)


def _tree(context: Context, scope: Scope, model: TreeModel) -> Result:
    """A tree on its own: the number of the leaf, then what the leaf says."""
    values = TreeValues(context, model)
    forest = Forest()
    rows: list[Element | None] = []
    penalties: list[float] = []

    def leaf(node: Element | None, handled: int) -> Leaf:
        rows.append(node)
        penalties.append(model.missing_value_penalty**handled)
        return forest.leaf(())

    penalised = model.missing_value_penalty != 1.0
    lowering = TreeLowering(context, scope, model, values, leaf, penalised=penalised)
    forest.trees.append(lowering.tree())
    (at,) = leaves(context.builder, forest)

    def of_leaf(pick: Callable[[Element | None], float]) -> int:
        return look_up(context.builder, at, 0, [pick(n) for n in rows], math.nan, math.nan)

    def entity(output: OutputField) -> Value:
        """ "entityId: the id of the node" (Output)."""
        data_type = output.data_type or "string"
        ids = _identifiers(model.node)

        def identifier(node: Element | None) -> float:
            # A node that stands for several has no id.
            known = ids.get(id(node))
            return math.nan if known is None else parse(known, data_type, context.texts)

        return Value(of_leaf(identifier), data_type, "categorical")

    features = {"entityId": entity}
    if model.function_name == "regression":
        single = model.x_math_context == "float"
        number = Value(of_leaf(values.number), "float" if single else "double")
        found = Result(number, features=features)
        return apply_targets(context, model, found, 0.0)
    classes = values.classes(rows)
    shares = {n: of_leaf(partial(values.share_of, n)) for n in classes}
    result = classified(context, model, shares)
    label = of_leaf(values.label)
    assert result.value is not None
    value = result.value
    result.value = Value(label, value.data_type, value.optype, levels=tuple(classes))

    def confidence(output: OutputField) -> Value:
        """ "missingValuePenalty: the confidence is multiplied by it whenever a missing value was
        handled: the default child was followed, or a surrogate has decided" (TreeModel).
        """
        sure = {
            name: look_up(
                context.builder,
                at,
                0,
                [values.confidence_of(name, n) * p for n, p in zip(rows, penalties, strict=True)],
                math.nan,
                math.nan,
            )
            for name in classes
        }
        if output.value is None and result.value is not None:
            return Value(of_class(context, result.value, sure), "double")
        if output.value not in sure:
            raise DocumentError(f"there is no class {output.value!r}", "")
        return Value(sure[output.value], "double")

    result.features = {**features, "confidence": confidence}
    return result


def _identifiers(root: Element) -> dict[int, str]:
    """The id of every node; one without has its number, counted from 1 in document order."""
    nodes = [e for e in root.walk() if e.tag == "Node"]
    return {id(node): node.get("id") or str(number) for number, node in enumerate(nodes, 1)}


_KINDS: Mapping[str, type[Any]] = {
    "RegressionModel": RegressionModel,
    "TreeModel": TreeModel,
    "MiningModel": MiningModel,
    "ClusteringModel": ClusteringModel,
    "NeuralNetwork": NeuralNetwork,
    "SupportVectorMachineModel": SupportVectorMachineModel,
    "NaiveBayesModel": NaiveBayesModel,
    "GeneralRegressionModel": GeneralRegressionModel,
    "NearestNeighborModel": NearestNeighborModel,
    "Scorecard": Scorecard,
    "RuleSetModel": RuleSetModel,
    "AnomalyDetectionModel": AnomalyDetectionModel,
}
_LOWER: Mapping[type[Any], Callable[[Context, Scope, Any], Result]] = {
    RegressionModel: _regression,
    TreeModel: _tree,
    MiningModel: _mining,
    ClusteringModel: lower_clustering_model,
    NeuralNetwork: lower_neural_network,
    SupportVectorMachineModel: lower_support_vector_machine_model,
    NaiveBayesModel: lower_naive_bayes_model,
    GeneralRegressionModel: lower_general_regression_model,
    NearestNeighborModel: lower_nearest_neighbor_model,
    Scorecard: lower_scorecard,
    RuleSetModel: lower_rule_set_model,
    AnomalyDetectionModel: _anomaly,
}

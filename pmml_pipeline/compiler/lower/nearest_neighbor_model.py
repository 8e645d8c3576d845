"""``NearestNeighborModel``: what the nearest training records say. Source: PMML 4.4, KNN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.comparison import Compared, Comparison
from pmml_pipeline.compiler.lower.instances import column_of, columns_of, instances
from pmml_pipeline.compiler.lower.results import Result, apply_targets
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.document.nearest_neighbor_model import NearestNeighborModel
from pmml_pipeline.errors import DocumentError


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The nearest training records, the nearest first.

    Attributes:
        positions: which they are.
        weights: how much each counts; empty when all count the same.
    """

    positions: Sequence[Register]
    weights: Sequence[Register]


def lower_nearest_neighbor_model(
    context: Context, scope: Scope, model: NearestNeighborModel
) -> Result:
    """What the neighbours say of each target, and which they are."""
    where = f"NearestNeighborModel (line {model.line})"
    table = columns_of(model.training)
    count = len(next(iter(table.values())))
    if not 1 <= model.number_of_neighbors <= count:
        raise DocumentError(
            f"{where} asks for {model.number_of_neighbors} neighbours of {count}", ""
        )
    if model.x_math_context == "float":
        raise DocumentError(f"{where}: distances in float32 are not supported", "")
    fields = [
        Compared(
            f"KNNInput (line {one.line})",
            scope.value(one.field),
            one.compare_function or model.measure.compare_function,
            one.field_weight,
        )
        for one in model.inputs.inputs
    ]
    columns = instances(context, model, table)
    comparison = Comparison(context, model.measure, fields, columns, where)
    positions, distances = comparison.nearest(model.number_of_neighbors)
    names = [f.name for f in model.mining_schema.fields if f.usage_type in ("target", "predicted")]
    if not names and model.instance_id_variable is None:
        raise DocumentError(f"{where} has neither a target nor an instanceIdVariable", "")
    results = {
        name: _target(
            context, model, name, column_of(model.training, table, name), positions, distances
        )
        for name in names
    }
    identifiers = _identifiers(model, table, count)

    def entity(output: OutputField) -> Value:
        """ "entityId: of a k-NN model the id of the neighbour of that rank" (Output)."""
        data_type = output.data_type or "string"
        codes = [parse(text, data_type, context.texts) for text in identifiers]
        position = positions[_rank(output, model)]
        register = look_up(context.builder, position, 0, codes, math.nan, math.nan)
        return Value(register, data_type, "categorical")

    def affinity(output: OutputField) -> Value:
        if output.value is not None:
            raise DocumentError(
                f"OutputField {output.name!r} (line {output.line}): the affinity of an instance "
                "that is named is not supported", ""
            )  # fmt: skip
        return Value(distances[_rank(output, model)], "double")

    features = {
        "entityId": entity,
        "affinity": affinity,
        "entityAffinity": affinity,
    }
    if len(results) > 1:
        if model.targets is not None:
            raise DocumentError(f"{where}: Targets of several targets are not supported", "")
        values = {name: found.value for name, found in results.items()}
        targets = {name: value for name, value in values.items() if value is not None}
        return Result(targets[names[0]], features=features, targets=targets)
    result = results[names[0]] if names else Result(None)
    result.features = features
    return apply_targets(context, model, result, 0.0)


def _identifiers(
    model: NearestNeighborModel, table: dict[str, list[str | None]], count: int
) -> list[str]:
    """The ids of the training records: a column, or their numbers, counted from 1."""
    if model.instance_id_variable is None:
        return [str(number) for number in range(1, count + 1)]
    return column_of(model.training, table, model.instance_id_variable)


def _rank(output: OutputField, model: NearestNeighborModel) -> int:
    if not 1 <= output.rank <= model.number_of_neighbors:
        raise DocumentError(
            f"OutputField {output.name!r} (line {output.line}): there is no neighbour of rank "
            f"{output.rank}", ""
        )  # fmt: skip
    return output.rank - 1


def _target(
    context: Context,
    model: NearestNeighborModel,
    name: str,
    cells: Sequence[str],
    positions: Sequence[Register],
    distances: Sequence[Register],
) -> Result:
    """What the neighbours say of a target."""
    data = context.data_fields.get(name)
    if data is None:
        raise DocumentError(f"the target {name!r} is not in the DataDictionary", "")
    continuous = data.optype == "continuous"
    method = model.continuous_scoring_method if continuous else model.categorical_scoring_method
    weights: list[Register] = []
    if method.startswith("weighted"):
        if model.measure.kind == "similarity":
            raise DocumentError(
                f"NearestNeighborModel (line {model.line}): {method} by similarity is not "
                "supported", ""
            )  # fmt: skip
        weights = _weights(context.builder, distances, model.threshold)
    neighbours = _Neighbours(positions, weights)
    if continuous:
        return Result(Value(_number(context, neighbours, method, cells), "double"))
    return _vote(context, neighbours, cells, data.data_type, data.optype, data.values_of("valid"))


def _weights(b: Builder, distances: Sequence[Register], threshold: float) -> list[Register]:
    """ "The weights are proportional to the inverse of the distance"; to it, the threshold is added
    "to avoid numerical problems when the distance is zero" (NearestNeighborModel).

    Where that sum is zero itself, only the records at no distance count: what the weights tend to,
    and what scikit-learn does.
    """
    zero, one = b.constant(0.0), b.constant(1.0)
    added = [b.op("ADD", d, b.constant(threshold)) for d in distances]
    weights = [b.op("DIV", one, a) for a in added]
    if threshold > 0.0:
        return weights
    exact = b.op("EQ", added[0], zero)
    same = [b.op("EQ", a, zero) for a in added]
    return [b.op("IF", exact, s, w) for s, w in zip(same, weights, strict=True)]


def _number(
    context: Context, neighbours: _Neighbours, method: str, cells: Sequence[str]
) -> Register:
    """ "average, median or weightedAverage of the targets of the k nearest neighbours"."""
    b = context.builder
    numbers = [parse(cell, "double", context.texts) for cell in cells]
    values = [look_up(b, p, 0, numbers, math.nan, math.nan) for p in neighbours.positions]
    if method == "median":
        return b.op("MEDIAN", *values, immediates=(b.doubles([0.0] + [1.0] * len(values)),))
    if method == "average":
        return b.op("DIV", b.op("SUM", *values), b.constant(float(len(values))))
    parts = [b.op("MUL", v, w) for v, w in zip(values, neighbours.weights, strict=True)]
    return b.op("DIV", b.op("SUM", *parts), b.op("SUM", *neighbours.weights))


def _vote(
    context: Context,
    neighbours: _Neighbours,
    cells: Sequence[str],
    data_type: str,
    optype: str,
    declared: Sequence[str],
) -> Result:
    """The class that most of the neighbours have, and the share of each.

    "In case of a tie, the category with the largest number of cases in the training data is the
    winner. If multiple categories are tied on the largest number of cases in the training data,
    then the category with the smallest data value (in lexical order) among the tied categories is
    the winner" (NearestNeighborModel). Numbers are ordered as numbers.
    """
    b = context.builder
    codes = [parse(cell, data_type, context.texts) for cell in cells]
    names: dict[float, str] = {}
    for name in (*declared, *cells):
        names.setdefault(parse(name, data_type, context.texts), name)
    labels = [look_up(b, p, 0, codes, math.nan, math.nan) for p in neighbours.positions]
    weights = neighbours.weights or [b.constant(1.0)] * len(labels)
    total = b.op("SUM", *weights) if neighbours.weights else b.constant(float(len(labels)))
    zero = b.constant(0.0)
    shares: dict[float, Register] = {}
    for code in names:
        votes = [
            b.op("IF", b.op("EQ", label, b.constant(code)), weight, zero)
            for label, weight in zip(labels, weights, strict=True)
        ]
        shares[code] = b.op("DIV", b.op("SUM", *votes), total)
    counts = {code: codes.count(code) for code in names}
    text = data_type == "string"
    order = sorted(names, key=lambda c: (-counts[c], names[c] if text else "", c))
    winner = b.op("ARGMAX", *(shares[code] for code in order))
    label = look_up(b, winner, 0, order, math.nan, math.nan)
    value = Value(label, data_type, optype, levels=tuple(names.values()))
    return Result(value, {name: shares[code] for code, name in names.items()})

"""``ClusteringModel``: the nearest centre. Source: PMML 4.4, ClusteringModel."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.outputs import ranked
from pmml_pipeline.compiler.lower.results import Result
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.bind import number, refusal
from pmml_pipeline.document.clustering_model import (
    Chebychev,
    CityBlock,
    ClusteringField,
    ClusteringModel,
    ComparisonMeasure,
    Euclidean,
)
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.errors import DocumentError


def lower_clustering_model(context: Context, scope: Scope, model: ClusteringModel) -> Result:
    """The id of the nearest cluster, and how far away each is."""
    if model.measure.kind != "distance":
        raise DocumentError(
            f"ComparisonMeasure (line {model.measure.line}): kind {model.measure.kind!r} is not "
            "supported",
            "",
        )
    if not model.clusters:
        raise DocumentError(f"ClusteringModel (line {model.line}) has no cluster", "")
    if len(model.clusters) != model.number_of_clusters:
        # "numberOfClusters must be equal to the number of Cluster elements" (ClusteringModel)
        raise DocumentError(
            f"ClusteringModel (line {model.line}) has {len(model.clusters)} clusters, and says "
            f"{model.number_of_clusters}",
            "it may be cut short; export it again",
        )
    b = context.builder
    fields = [f for f in model.fields if f.is_center_field]
    for one in fields:
        if one.field in context.cyclic:
            raise DocumentError(
                f"ClusteringField (line {one.line}): the distance of a cyclic field is not "
                "supported",
                "",
            )
    values = [scope.value(f.field) for f in fields]
    names = [cluster.id or str(n) for n, cluster in enumerate(model.clusters, 1)]
    weights = [1.0] * len(fields)
    if model.weights is not None:
        weights = numbers(model.weights.array, len(fields))
    distances = [
        distance(context, model.measure, fields, values, numbers(c.array, len(fields)), weights)
        for c in model.clusters
    ]
    near = [b.op("NEG", d) for d in distances]

    def winner(data_type: str, rank: int = 1) -> Register:
        codes = [parse(name, data_type, context.texts) for name in names]
        return look_up(b, ranked(b, near, rank), 0, codes, math.nan, math.nan)

    def identifier(output: OutputField) -> Value:
        data_type = output.data_type or "string"
        register = winner(data_type, output.rank)
        return Value(register, data_type, "categorical", levels=tuple(names))

    def affinity(output: OutputField) -> Value:
        if output.value is None:
            return Value(b.op("CHOOSE", ranked(b, near, output.rank), *distances), "double")
        if output.value not in names:
            raise DocumentError(f"there is no cluster {output.value!r}", "")
        return Value(distances[names.index(output.value)], "double")

    return Result(
        Value(winner("string"), "string", "categorical", levels=tuple(names)),
        features={
            "predictedValue": identifier,
            "entityId": identifier,
            "clusterId": identifier,
            "affinity": affinity,
            "clusterAffinity": affinity,
            "entityAffinity": affinity,
        },
    )


def numbers(array: Element, count: int) -> list[float]:
    """The numbers of an array.

    Raises:
        DocumentError: they are not as many, or not numbers.
    """
    texts = array_values(array)
    if len(texts) != count:
        raise refusal(array, f"has {len(texts)} values, and there are {count} fields")
    try:
        return [number(text) for text in texts]
    except ValueError:
        raise refusal(array, "has a value that is no number") from None


def distance(
    context: Context,
    measure: ComparisonMeasure,
    fields: Sequence[ClusteringField],
    values: Sequence[Value],
    centre: Sequence[float],
    weights: Sequence[float],
) -> Register:
    """How far a record is from a centre.

    "If a value is missing, its field is left out, and the sum is multiplied by the sum of all
    missing value weights by that of the fields that are present" (ClusteringModel).
    """
    b = context.builder
    kind = type(measure.measure)
    total: Register | None = None
    mass: Register | None = None
    for field, value, at, weight in zip(fields, values, centre, weights, strict=True):
        function = field.compare_function or measure.compare_function
        compared = _compared(b, function, value.register, at, field)
        if kind not in (CityBlock, Chebychev):
            compared = b.op("MUL", compared, compared)
        part = b.op("MUL", b.constant(field.field_weight), compared)
        share = b.constant(weight)
        if not value.present:
            gone = b.op("IS_MISSING", value.register)
            part = b.op("IF", gone, b.constant(0.0), part)
            share = b.op("IF", gone, b.constant(0.0), share)
        if total is None or mass is None:
            total, mass = part, share
            continue
        total = b.op("MAX" if kind is Chebychev else "ADD", total, part)
        mass = b.op("ADD", mass, share)
    assert total is not None
    assert mass is not None
    if not all(value.present for value in values):
        adjustment = b.op("DIV", b.constant(math.fsum(weights)), mass)
        total = b.op("MUL", total, adjustment)
    return b.op("SQRT", total) if kind is Euclidean else total


def _compared(b: Builder, function: str, x: Register, y: float, field: ClusteringField) -> Register:
    difference = b.op("SUB", x, b.constant(y))
    if function == "absDiff":
        return b.op("ABS", difference)
    if function == "delta":
        return b.op("NE", x, b.constant(y))
    if function == "equal":
        return b.op("EQ", x, b.constant(y))
    if function == "gaussSim" and field.similarity_scale:
        scale = field.similarity_scale
        square = b.op("MUL", difference, difference)
        return b.op("EXP", b.op("MUL", square, b.constant(-math.log(2.0) / scale**2)))
    raise DocumentError(
        f"ClusteringField (line {field.line}): compareFunction {function!r} is not supported", ""
    )

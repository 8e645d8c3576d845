"""``ClusteringModel``: the nearest centre. Source: PMML 4.4, ClusteringModel."""

from __future__ import annotations

import math

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.comparison import Compared, Comparison
from pmml_pipeline.compiler.lower.matrices import matrix_of
from pmml_pipeline.compiler.lower.results import Result
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.bind import number, refusal
from pmml_pipeline.document.clustering_model import ClusteringField, ClusteringModel
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.errors import DocumentError

POSITION = "#position"  # no name that a document can use: a feature of anomaly_detection_model.py


def lower_clustering_model(context: Context, scope: Scope, model: ClusteringModel) -> Result:
    """The id of the nearest cluster, and how far away each is."""
    where = f"ClusteringModel (line {model.line})"
    if not model.clusters:
        raise DocumentError(f"{where} has no cluster", "")
    if len(model.clusters) != model.number_of_clusters:
        # "numberOfClusters must be equal to the number of Cluster elements" (ClusteringModel)
        raise DocumentError(
            f"{where} has {len(model.clusters)} clusters, and says {model.number_of_clusters}",
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
    # "AdjustM = the sum of all missing value weights by that of the fields that are present"
    shares = [1.0] * len(fields)
    if model.weights is not None:
        shares = numbers(model.weights.array, len(fields))
    compared = [
        _compared(scope, model, field, share) for field, share in zip(fields, shares, strict=True)
    ]
    centres = [_cells(cluster.array, len(fields)) for cluster in model.clusters]
    columns = list(zip(*centres, strict=True))
    comparison = Comparison(context, model.measure, compared, columns, where)
    # "id: if it is not given, the cluster's number, counted from 1"
    names = [cluster.id or str(n) for n, cluster in enumerate(model.clusters, 1)]

    def ranked(output: OutputField) -> tuple[Register, Register]:
        """The output's k-th nearest cluster."""
        if not 1 <= output.rank <= len(names):
            raise DocumentError(f"there are not {output.rank} clusters", "")
        positions, distances = comparison.nearest(output.rank)
        return positions[-1], distances[-1]

    def named(position: Register, data_type: str) -> Value:
        codes = [parse(name, data_type, context.texts) for name in names]
        register = look_up(b, position, 0, codes, math.nan, math.nan)
        return Value(register, data_type, "categorical", levels=tuple(names))

    def identifier(output: OutputField) -> Value:
        return named(ranked(output)[0], output.data_type or "string")

    def displayed(output: OutputField) -> Value:
        """A cluster is shown by its name, and by its id where it has none."""
        shown = [c.name or name for c, name in zip(model.clusters, names, strict=True)]
        codes = [float(context.texts.code(text)) for text in shown]
        register = look_up(b, ranked(output)[0], 0, codes, math.nan, math.nan)
        return Value(register, "string", "categorical")

    def position(output: OutputField) -> Value:
        """Not a feature of PMML: which cluster it is, counted from 0."""
        return Value(ranked(output)[0], "integer")

    def affinity(output: OutputField) -> Value:
        if output.value is None:
            return Value(ranked(output)[1], "double")
        if output.value not in names:
            raise DocumentError(f"there is no cluster {output.value!r}", "")
        return Value(comparison.distances()[names.index(output.value)], "double")

    return Result(
        named(comparison.nearest(1)[0][0], "string"),
        features={
            "predictedValue": identifier,
            "predictedDisplayValue": displayed,
            "entityId": identifier,
            "clusterId": identifier,
            "affinity": affinity,
            "clusterAffinity": affinity,
            "entityAffinity": affinity,
            POSITION: position,
        },
    )


def numbers(array: Element, count: int) -> list[float]:
    """The numbers of an array.

    Raises:
        DocumentError: they are not as many, or not numbers.
    """
    try:
        return [number(text) for text in _cells(array, count)]
    except ValueError:
        raise refusal(array, "has a value that is no number") from None


def _cells(array: Element, count: int) -> list[str]:
    texts = array_values(array)
    if len(texts) != count:
        raise refusal(array, f"has {len(texts)} values, and there are {count} fields")
    return texts


def _compared(
    scope: Scope, model: ClusteringModel, field: ClusteringField, share: float
) -> Compared:
    return Compared(
        f"ClusteringField (line {field.line})",
        scope.value(field.field),
        field.compare_function or model.measure.compare_function,
        field.field_weight,
        share,
        field.similarity_scale,
        () if field.comparisons is None else matrix_of(field.comparisons.matrix),
    )

"""``AnomalyDetectionModel``: another model's result as an anomaly score.

Source: PMML 4.4, AnomalyDetectionModel.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pmml_pipeline.compiler.lower.clustering_model import POSITION, numbers
from pmml_pipeline.compiler.lower.results import Result
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.anomaly_detection_model import AnomalyDetectionModel
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.errors import DocumentError

EULER = 0.57721566490153286
Lower = Callable[[Context, Scope, Element], tuple[Result, Scope]]


def lower_anomaly_detection_model(
    context: Context, scope: Scope, model: AnomalyDetectionModel, lower: Lower
) -> Result:
    """The anomaly score."""
    where = f"AnomalyDetectionModel (line {model.line})"
    inner, _ = lower(context, scope, model.model)
    if model.algorithm_type == "clusterMeanDist":
        return Result(_by_mean_distance(context, model, inner, where))
    if inner.value is None or not inner.value.numeric:
        raise DocumentError(f"{where}: the model in it predicts no number", "")
    if model.algorithm_type == "iforest":
        return Result(_normalised(context, model, inner.value, where))
    return Result(inner.value)


def _normalised(context: Context, model: AnomalyDetectionModel, value: Value, where: str) -> Value:
    """ "This normalization is defined as 2^-(predictedValue/c(n)) where n is the sampleDataSize and
    c(n) = 2*H(n-1) - (2*(n-1)/n). H(x) may be reasonably approximated as ln(x) + 0.57721566
    (Eulers constant)".

    Training libraries have all digits of the constant, and know that H(1) is 1.
    """
    b, n = context.builder, model.sample_data_size
    if n is None or n < 2:
        raise DocumentError(f"{where} has no sampleDataSize of two or more", "export it again")
    harmonic = 1.0 if n == 2 else math.log(n - 1.0) + EULER
    expected = 2.0 * harmonic - 2.0 * (n - 1.0) / n
    share = b.op("DIV", value.register, b.constant(expected))
    return Value(b.op("POW", b.constant(2.0), b.op("NEG", share)), "double")


def _by_mean_distance(
    context: Context, model: AnomalyDetectionModel, inner: Result, where: str
) -> Value:
    """ "clusterMeanDist: the distance to the nearest centre, divided by the mean distance of the
    records of that cluster" (AnomalyDetectionModel).
    """
    b, means = context.builder, model.mean_cluster_distances
    if model.model.tag != "ClusteringModel" or means is None or inner.value is None:
        raise DocumentError(f"{where} needs a ClusteringModel and MeanClusterDistances", "")
    values = numbers(means.array, len(inner.value.levels))
    if min(values) <= 0.0:
        raise DocumentError(f"{where}: a mean distance is not positive", "")
    plain = OutputField(model.line, "affinity", feature="affinity")
    position = inner.features[POSITION](plain).register
    mean = look_up(b, position, 0, values, math.nan, math.nan)
    return Value(b.op("DIV", inner.features["affinity"](plain).register, mean), "double")

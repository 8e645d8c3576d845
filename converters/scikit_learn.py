"""scikit-learn estimators and pipelines, whatever estimator stands last in them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd

from converters.base_margin import exact_base_margin
from converters.family import (
    Predictions,
    Request,
    comes_from,
    in_training_order,
    probabilities,
    require_names,
    training_form,
    unwrapped,
)
from converters.lightgbm import below_zero
from pmml_pipeline.errors import PreflightError

# These have predict_proba, but their PMML models have no probabilities.
_LABEL_ONLY = frozenset({"KNeighborsClassifier", "NearestCentroid", "NuSVC", "SVC"})


class ScikitLearn:
    """scikit-learn; also a pipeline that ends in a LightGBM or XGBoost estimator."""

    name = "scikit-learn"

    def matches(self, fitted: Any) -> bool:
        return comes_from(fitted, "sklearn")

    def convert(self, fitted: Any, request: Request) -> bytes:
        from sklearn2pmml.pipeline import PMMLPipeline

        fitted = unwrapped(fitted)
        require_names(request)
        sample = _ordered(fitted, request.sample)
        _require_one_output(fitted, sample)
        pipeline = _with_missing_values(fitted)
        if not isinstance(pipeline, PMMLPipeline):
            pipeline = PMMLPipeline([("estimator", pipeline)])
        pipeline.active_fields = np.array(sample.columns, dtype=object)
        if _is_supervised(fitted):
            pipeline.target_fields = np.array([request.target], dtype=object)
        document = request.convert(pipeline)
        last = _last(fitted)
        if comes_from(last, "lightgbm"):
            return below_zero(document)
        return exact_base_margin(document, last) if comes_from(last, "xgboost") else document

    def predict(self, fitted: Any, frame: pd.DataFrame, request: Request) -> Predictions:
        from sklearn.base import is_clusterer, is_outlier_detector

        fitted = unwrapped(fitted)
        rows = training_form(frame, _ordered(fitted, request.sample))
        predicted = fitted.predict(rows)
        if is_clusterer(fitted):
            return {"cluster": np.array([str(c) for c in predicted], dtype=object)}
        if is_outlier_detector(fitted):
            return {
                "decisionFunction": fitted.decision_function(rows),
                "outlier": predicted == -1,
                "predict(outlier)": predicted,
            }
        results = {request.target: np.reshape(predicted, len(rows))}
        if hasattr(fitted, "predict_proba") and _last(fitted).__class__.__name__ not in _LABEL_ONLY:
            results |= probabilities(fitted.classes_, fitted.predict_proba(rows))
        return results

    def float32(self, fitted: Any) -> bool:
        return comes_from(_last(fitted), "xgboost")

    def packages(self, fitted: Any) -> tuple[str, ...]:
        used = [p for p in ("lightgbm", "xgboost") if comes_from(_last(fitted), p)]
        return ("scikit-learn", *used)


def _last(fitted: Any) -> Any:
    """The estimator at the end of a pipeline."""
    while hasattr(fitted := unwrapped(fitted), "steps"):
        fitted = fitted.steps[-1][1]
    return fitted


def _with_missing_values(fitted: Any) -> Any:
    """A copy that the converter is told to keep the treatment of missing values of.

    Trees take missing values, also when they were trained without; by default the converter leaves
    that out of their documents, and nothing is predicted for such a record.
    """
    from sklearn.utils import get_tags
    from sklearn2pmml.configuration import add_options

    fitted = copy.copy(unwrapped(fitted))
    if hasattr(fitted, "steps"):
        *others, (name, last) = fitted.steps
        fitted.steps = [*others, (name, _with_missing_values(last))]
    elif _is_tree(fitted) and get_tags(fitted).input_tags.allow_nan:
        add_options(fitted, **{"allow_missing": True, **getattr(fitted, "pmml_options_", {})})
    return fitted


def _is_tree(fitted: Any) -> bool:
    return comes_from(fitted, "sklearn.tree") or comes_from(fitted, "sklearn.ensemble")


def _ordered(fitted: Any, frame: pd.DataFrame) -> pd.DataFrame:
    return in_training_order(frame, getattr(fitted, "feature_names_in_", None))


def _is_supervised(fitted: Any) -> bool:
    from sklearn.base import is_clusterer, is_outlier_detector

    return not (is_clusterer(fitted) or is_outlier_detector(fitted))


def _require_one_output(fitted: Any, sample: pd.DataFrame) -> None:
    name = type(_last(fitted)).__name__
    if not hasattr(fitted, "predict"):
        raise PreflightError(
            f"the last step, {name}, does not predict",
            "end the pipeline with a classifier, a regressor, a clusterer or an outlier detector",
        )
    shape = np.shape(fitted.predict(sample.iloc[:1]))
    if len(shape) > 1 and shape[1] > 1:
        raise PreflightError(
            f"{name} predicts {shape[1]} targets at once, and a document here has one",
            "fit and export one model for each target",
        )

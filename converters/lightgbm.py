"""LightGBM: the scikit-learn estimators and raw boosters.

An estimator is converted through its booster. The booster gets codes for levels on the way, and the
document gets the levels afterwards, because the converter takes a booster's own list of levels by
position, which goes wrong when a category column is ordered (LightGBM trains it as a number), is
constant (LightGBM leaves it out), or was named in ``categorical_feature``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from converters.family import (
    Predictions,
    Request,
    both_classes,
    comes_from,
    in_training_order,
    probabilities,
    require_names,
    require_width,
    training_form,
    unwrapped,
)
from converters.rewrite import Names, rewrite
from pmml_pipeline.errors import PreflightError

_NUMBER = ("fair", "gamma", "huber", "poisson", "quantile", "regression", "regression_l1")
_NUMBERS = frozenset({*_NUMBER, "tweedie", "lambdarank"})
_BINARY = frozenset({"binary", "cross_entropy"})

# LightGBM takes numbers up to this size for zero (kZeroThreshold), and splits beside zero at it.
_ZERO = 1.0000000180025095e-35
_BELOW_ZERO = math.nextafter(-_ZERO, -math.inf)

_INSTEAD = {
    "mape": "train with objective='regression_l1'",
    "multiclassova": "train with objective='multiclass'",
    "cross_entropy_lambda": "train with objective='cross_entropy'",
    "rank_xendcg": "train with objective='lambdarank'",
    "custom": "train with one of LightGBM's own objectives",
}


class LightGBM:
    """LGBMClassifier, LGBMRegressor, LGBMRanker and lightgbm.Booster."""

    name = "LightGBM"

    def matches(self, fitted: Any) -> bool:
        return comes_from(fitted, "lightgbm")

    def convert(self, fitted: Any, request: Request) -> bytes:
        fitted = unwrapped(fitted)
        booster = _booster(fitted)
        require_names(request)
        sample = _ordered(booster, request.sample)
        about = booster.dump_model(num_iteration=1)
        _require_convertible(about.get("objective", "custom"))
        codes = _codes(booster, about["feature_infos"], sample)
        # Written out and read back: a copy, without the trees after the best iteration.
        model = booster.model_to_string()
        _require_constant_leaves(model)
        coded = type(booster)(model_str=model)
        coded.pandas_categorical = [
            # The converter takes the lists in turn, and skips one that is too short.
            list(range(max(2, *codes[name], *about["feature_infos"][name]["values"]) + 1))
            for name in booster.feature_name()
            if about["feature_infos"].get(name, {}).get("values")
        ]
        zero = _zero_for_missing(model)
        names = Names(
            target=request.target,
            classes=_classes(fitted),
            fields=dict(zip(booster.feature_name(), sample.columns, strict=True)),
            levels=codes,
            unseen_is_missing=True,
            missing_as={
                name: codes[name][0] if name in codes else 0.0
                for i, name in enumerate(booster.feature_name())
                if i in zero
            },
        )
        return rewrite(below_zero(request.convert(coded)), names)

    def predict(self, fitted: Any, frame: pd.DataFrame, request: Request) -> Predictions:
        fitted = unwrapped(fitted)
        booster = _booster(fitted)
        rows = training_form(frame, _ordered(booster, request.sample))
        objective = booster.dump_model(num_iteration=1).get("objective", "custom").split(" ")[0]
        if objective in _NUMBERS:
            return {request.target: fitted.predict(rows)}
        if classes := _classes(fitted):
            labels = np.asarray(fitted.predict(rows))
            return {request.target: labels, **probabilities(classes, fitted.predict_proba(rows))}
        matrix = booster.predict(rows)
        matrix = both_classes(matrix) if objective in _BINARY else matrix
        return probabilities(range(matrix.shape[1]), matrix)

    def float32(self, fitted: Any) -> bool:
        return False

    def packages(self, fitted: Any) -> tuple[str, ...]:
        return ("lightgbm",)


def _booster(fitted: Any) -> Any:
    return fitted.booster_ if hasattr(fitted, "booster_") else fitted


def _classes(fitted: Any) -> list[Any] | None:
    """The labels of a classifier; a raw booster has only numbers."""
    classes = getattr(fitted, "classes_", None)
    return None if classes is None else list(np.asarray(classes).tolist())


def _ordered(booster: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns in the order of the booster's features."""
    features = booster.feature_name()
    require_width(frame, len(features))
    if features == [f"Column_{i}" for i in range(len(features))]:
        return frame  # trained on an array
    # LightGBM keeps names with every blank made an underscore.
    own = {re.sub(r"\s", "_", str(c)): c for c in frame.columns}
    return in_training_order(frame, [own.get(f, f) for f in features])


def _require_convertible(objective: str) -> None:
    name, *options = objective.split(" ")
    if name in _NUMBERS | _BINARY | {"multiclass"} and "sqrt" not in options:
        return
    if "sqrt" in options:
        raise PreflightError(
            "LightGBM's reg_sqrt=True is lost in the conversion",
            "train with reg_sqrt=False, on the square root of the target if need be",
        )
    raise PreflightError(
        f"LightGBM's objective {name!r} does not convert",
        _INSTEAD.get(name, "train with another objective"),
    )


def _require_constant_leaves(model: str) -> None:
    if re.search("^is_linear=1$", model, re.MULTILINE):
        raise PreflightError(
            "LightGBM's linear_tree=True does not convert for records with missing values",
            "train with linear_tree=False",
        )


def _codes(
    booster: Any, infos: Mapping[str, Any], sample: pd.DataFrame
) -> dict[str, dict[int, Any]]:
    """What the code of each level stands for, by LightGBM's name of the field."""
    trained = booster.pandas_categorical or []
    categories = [c for c in sample.columns if isinstance(sample[c].dtype, pd.CategoricalDtype)]
    if len(categories) != len(trained):
        raise PreflightError(
            f"the model was trained with {len(trained)} columns of dtype category, "
            f"and here are {len(categories)}",
            "export with the DataFrame that was passed to fit",
        )
    by_column: dict[str, list[Any]] = dict(zip(categories, trained, strict=True))
    codes: dict[str, dict[int, Any]] = {}
    for feature, column in zip(booster.feature_name(), sample.columns, strict=True):
        if column in by_column:
            codes[feature] = dict(enumerate(by_column[column]))
        elif pd.api.types.is_bool_dtype(sample[column].dtype):
            codes[feature] = {0: False, 1: True}
        elif seen := infos.get(feature, {}).get("values"):
            # Named in categorical_feature: the level is the number itself.
            codes[feature] = {int(v): int(v) for v in seen if v >= 0}
    return codes


def _zero_for_missing(model: str) -> set[int]:
    """Features of which a missing value counts as 0, by position.

    That is how LightGBM takes a missing value of a number that was never missing in training. The
    converter sends it to the default side of the split instead, which differs where the threshold
    is negative. Which features they are is in the bits of each split's ``decision_type``:
    1 for a category, 4 and 8 for what counts as missing (0: nothing, 4: zero, 8: NaN); see
    ``include/LightGBM/tree.h``.

    Args:
        model: LightGBM's own text form.

    Raises:
        PreflightError: missing values mean different things in different trees, or zero is one.
    """
    kinds: dict[int, set[int]] = {}
    features: list[str] = []
    for line in model.splitlines():
        key, _, value = line.partition("=")
        if key == "split_feature":
            features = value.split()
        elif key == "decision_type":
            for feature, bits in zip(features, map(int, value.split()), strict=True):
                if not bits & 1:
                    kinds.setdefault(int(feature), set()).add(bits & 12)
    if any(4 in kind for kind in kinds.values()):
        raise PreflightError(
            "LightGBM's zero_as_missing=True does not convert",
            "replace the zeros by NaN in the data and train without it",
        )
    if any(len(kind) > 1 for kind in kinds.values()):
        raise PreflightError(
            "the model was trained in turns on data with and without missing values",
            "train it in one go",
        )
    return {feature for feature, kind in kinds.items() if kind == {0}}


def below_zero(document: bytes) -> bytes:
    """A LightGBM document whose splits just below zero leave zero above them.

    ``x <= -1.0000000180025095e-35`` is false in LightGBM for that very number, because it counts as
    zero; for a document it is true. With the next double down, both agree on every number.
    """
    return re.sub(
        rb'value="-1\.0000000180025095E-35"', f'value="{_BELOW_ZERO!r}"'.encode(), document
    )

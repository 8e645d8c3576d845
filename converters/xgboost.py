"""XGBoost: the scikit-learn estimators and raw boosters.

An estimator is converted through its booster, whose document has codes for levels; the levels are
put in afterwards. XGBoost 3.1 and later keep the names of the levels in the booster, but up to 3.2
with two defects, both mended upstream since: names that are not ASCII are cut at the wrong bytes
(https://github.com/dmlc/xgboost/pull/12371), and a level that was not trained on is often taken for
its neighbour in sorting order instead of being refused
(https://github.com/dmlc/xgboost/pull/12193). Both are met here.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from converters.base_margin import exact_base_margin
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
from pmml_pipeline.errors import DataError, FieldError, PreflightError

_NUMBERS = frozenset(
    {
        "count:poisson",
        "rank:map",
        "rank:ndcg",
        "rank:pairwise",
        "reg:absoluteerror",
        "reg:gamma",
        "reg:logistic",
        "reg:pseudohubererror",
        "reg:quantileerror",
        "reg:squarederror",
        "reg:squaredlogerror",
        "reg:tweedie",
    }
)
_BINARY = frozenset({"binary:hinge", "binary:logistic"})
_MULTICLASS = frozenset({"multi:softmax", "multi:softprob"})

_INSTEAD = {"binary:logitraw": "train with objective='binary:logistic'"}


class XGBoost:
    """XGBClassifier, XGBRegressor, XGBRanker, their forest forms, and xgboost.Booster."""

    name = "XGBoost"

    def matches(self, fitted: Any) -> bool:
        return comes_from(fitted, "xgboost")

    def convert(self, fitted: Any, request: Request) -> bytes:
        fitted = unwrapped(fitted)
        booster = _booster(fitted)
        _require_convertible(booster)
        require_names(request)
        sample = _ordered(booster, request.sample)
        types = _types(booster)
        levels = _levels(booster, sample)
        missing = getattr(fitted, "missing", None)
        if missing is None or math.isnan(missing):
            missing = None
        elif any(t in ("c", "i") for t in types):
            raise PreflightError(
                f"missing={missing:g} also counts as missing among categories or booleans",
                "replace it by NaN in the data and train with missing=numpy.nan",
            )
        bare = _as_predicted(fitted, booster)
        bare.feature_names = list(sample.columns)
        # XGBoost compares in float32 whatever the dtype was. Declared as integers, thresholds would
        # be rounded, and whole numbers above 2**24 would be compared more exactly than it does.
        bare.feature_types = [t if t in ("c", "i") else "q" for t in types]
        names = Names(
            target=request.target,
            classes=_classes(fitted),
            levels={name: dict(enumerate(known)) for name, known in levels.items()},
            # The converter knows levels from the splits, which may lack the last ones. XGBoost
            # sends to the left what is not in a split's set, and the left child is the first.
            others_go_first=True,
            missing=missing,
        )
        return rewrite(exact_base_margin(request.convert(bare), bare), names)

    def predict(self, fitted: Any, frame: pd.DataFrame, request: Request) -> Predictions:
        fitted = unwrapped(fitted)
        booster = _booster(fitted)
        rows = _rows(booster, frame, _ordered(booster, request.sample))
        objective = _config(booster)["objective"]["name"]
        if fitted is not booster:
            results = {request.target: fitted.predict(rows)}
            if classes := _classes(fitted):
                results |= probabilities(classes, fitted.predict_proba(rows))
            return results
        # What the estimators call as well. Booster.predict would take a DMatrix, which refuses
        # numbers beyond float32 that the estimators take for infinite.
        predicted = booster.inplace_predict(rows)
        if objective == "multi:softmax":
            return {request.target: predicted.astype(int)}
        if objective in _MULTICLASS:
            return probabilities(range(predicted.shape[1]), predicted)
        if objective in _BINARY:
            return probabilities((0, 1), both_classes(predicted))
        return {request.target: predicted}

    def float32(self, fitted: Any) -> bool:
        return True

    def packages(self, fitted: Any) -> tuple[str, ...]:
        return ("xgboost",)


def _booster(fitted: Any) -> Any:
    return fitted.get_booster() if hasattr(fitted, "get_booster") else fitted


def _config(booster: Any) -> dict[str, Any]:
    learner: dict[str, Any] = json.loads(booster.save_config())["learner"]
    return learner


def _classes(fitted: Any) -> list[Any] | None:
    classes = getattr(fitted, "classes_", None)
    return None if classes is None else list(np.asarray(classes).tolist())


def _ordered(booster: Any, frame: pd.DataFrame) -> pd.DataFrame:
    require_width(frame, booster.num_features())
    return in_training_order(frame, booster.feature_names)


def _as_predicted(fitted: Any, booster: Any) -> Any:
    """A copy of the booster with the trees that ``predict`` uses.

    An estimator stops at the best iteration, a raw booster does not. The converter would stop
    wherever the booster has the attribute.
    """
    best = booster.attr("best_iteration")
    bare = booster.copy()
    if best is not None:
        bare = bare[: int(best) + 1] if fitted is not booster else bare
        bare.set_attr(best_iteration=None, best_score=None)
    return bare


def _require_convertible(booster: Any) -> None:
    config = _config(booster)
    kind = config["gradient_booster"]["name"]
    if kind not in ("gbtree", "dart"):
        raise PreflightError(f"XGBoost's {kind} does not convert", "train with booster='gbtree'")
    if int(config["learner_model_param"]["num_target"]) > 1:
        raise PreflightError(
            "the model predicts several targets at once, and a document here has one",
            "fit and export one model for each target",
        )
    objective = config["objective"]["name"]
    if objective not in _NUMBERS | _BINARY | _MULTICLASS:
        raise PreflightError(
            f"XGBoost's objective {objective!r} does not convert",
            _INSTEAD.get(objective, "train with another objective"),
        )


def _types(booster: Any) -> list[str]:
    """XGBoost's type of each feature: q, int, float, i (boolean) or c (category)."""
    return booster.feature_types or ["q"] * booster.num_features()


def _levels(booster: Any, sample: pd.DataFrame) -> dict[str, list[Any]]:
    """The levels of each category column in the order of training.

    Raises:
        PreflightError: the order is not known, or XGBoost itself confuses levels.
    """
    stored = _stored_levels(booster)
    levels = {}
    for i, (column, kind) in enumerate(zip(sample.columns, _types(booster), strict=True)):
        if kind != "c":
            continue
        if i not in stored:
            raise PreflightError(
                f"the booster does not know what the codes of {column} stand for",
                "train with XGBoost 3.1 or later on a DataFrame in which it has dtype category",
            )
        dtype = sample[column].dtype
        own = list(dtype.categories) if isinstance(dtype, pd.CategoricalDtype) else []
        levels[column] = _named(column, stored[i], own)
    return levels


def _stored_levels(booster: Any) -> Mapping[int, list[Any]]:
    """Levels that the booster knows, by feature: numbers, or names as bytes."""
    if not hasattr(booster, "get_categories"):  # before 3.1
        return {}
    import pyarrow

    stored = booster.get_categories(export_to_arrow=True).to_arrow()
    return {
        i: (
            array.cast(pyarrow.binary()) if pyarrow.types.is_string(array.type) else array
        ).to_pylist()
        for i, (_, array) in enumerate(stored)
        if array is not None
    }


def _named(column: str, known: list[Any], own: list[Any]) -> list[Any]:
    """The levels that a booster knows, their names mended with the help of the sample's own."""
    if not all(isinstance(level, bytes) for level in known):
        return known
    if len(set(known)) < len(known):
        raise PreflightError(
            f"XGBoost confuses levels of {column}, whose names are not ASCII, in its predictions",
            "train with ASCII names or whole numbers as levels, or with a later XGBoost",
        )
    if known in (_whole(own), _cut(own)):
        return own
    if all(level.isascii() for level in known):
        return [level.decode("ascii") for level in known]
    raise PreflightError(
        f"the levels of {column} are not those that the model was trained with",
        "export with the DataFrame that was passed to fit",
    )


def _whole(levels: Sequence[Any]) -> list[bytes]:
    return [str(level).encode() for level in levels]


def _cut(levels: Sequence[Any]) -> list[bytes]:
    """Names as XGBoost 3.1 and 3.2 keep them: bytes, cut at the numbers of characters."""
    joined = "".join(str(level) for level in levels).encode()
    ends = np.cumsum([0, *(len(str(level)) for level in levels)])
    return [joined[a:b] for a, b in itertools.pairwise(ends)]


def _rows(booster: Any, frame: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The rows in the form of training.

    Raises:
        DataError: a level that was not trained on. XGBoost documents that it refuses these; the
            check here does not depend on how the level's name sorts.
    """
    levels = _levels(booster, sample)
    unseen = [
        FieldError(column, "unseen_level", level, f"one of the {len(known)} levels of training")
        for column, known in levels.items()
        for level in pd.unique(frame[column].astype(object).dropna())
        if level not in known
    ]
    if unseen:
        raise DataError(unseen)
    dtypes = {column: pd.CategoricalDtype(known) for column, known in levels.items()}
    return training_form(frame, sample.iloc[:0].astype(dtypes))

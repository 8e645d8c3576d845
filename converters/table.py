"""The one table from training library to converter."""

from __future__ import annotations

from typing import Any

from converters.family import Family, require_fitted, unwrapped
from converters.lightgbm import LightGBM
from converters.scikit_learn import ScikitLearn
from converters.xgboost import XGBoost
from pmml_pipeline.errors import PreflightError

# The first that matches converts. LightGBM's and XGBoost's estimators are scikit-learn estimators
# too, so scikit-learn comes last. A new library is one file beside these and one line here.
FAMILIES: tuple[Family, ...] = (LightGBM(), XGBoost(), ScikitLearn())


def find(fitted: Any) -> Family:
    """The family that a fitted object belongs to.

    Args:
        fitted: a fitted estimator, pipeline, search or booster.

    Raises:
        PreflightError: no family knows it, or it is not fitted.
    """
    if isinstance(fitted, type):
        raise PreflightError(
            f"{fitted.__name__} is a class, not a fitted object",
            f"create one, fit it and pass that: {fitted.__name__}(...).fit(X, y)",
        )
    inner = unwrapped(fitted)
    for family in FAMILIES:
        if family.matches(inner):
            require_fitted(inner)
            return family
    kind = type(inner)
    names = ", ".join(family.name for family in FAMILIES)
    raise PreflightError(
        f"there is no converter for {kind.__module__}.{kind.__qualname__}",
        f"pass a fitted estimator, pipeline or booster of {names}",
    )

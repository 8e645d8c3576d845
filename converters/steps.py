"""Which estimators does an object hold, and where?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from converters.family import comes_from


class Step(NamedTuple):
    """One estimator inside another.

    Attributes:
        path: names of the steps from the outside in, joined by dots; empty for the whole.
        estimator: the object itself.
        prepared: whether sklearn2pmml reaches the step when it prepares an object. It goes through
            Pipeline, FeatureUnion and ColumnTransformer only, and there it makes feature selectors
            and plain subclasses convertible.
    """

    path: str
    estimator: object
    prepared: bool


def walk_steps(estimator: object, path: str = "", prepared: bool = True) -> Iterator[Step]:
    """Every estimator in ``estimator``, itself first, as scikit-learn's parameters nest them.

    What is inside a feature selector is left out: only the selected columns are converted.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_selection import SelectorMixin
    from sklearn.pipeline import FeatureUnion, Pipeline

    yield Step(path, estimator, prepared)
    if isinstance(estimator, SelectorMixin) or not _is_estimator(estimator):
        return
    prefix = f"{path}." if path else ""
    inside = prepared and isinstance(estimator, (Pipeline, FeatureUnion, ColumnTransformer))
    for name, value in _parameters(estimator).items():
        if _is_estimator(value):
            yield from walk_steps(value, prefix + name, inside)
        elif isinstance(value, (list, tuple)):
            for item in value:
                if _is_named_step(item):
                    yield from walk_steps(item[1], f"{prefix}{item[0]}", inside)


def _parameters(estimator: Any) -> dict[str, object]:
    parameters = dict(estimator.get_params(deep=False))
    if hasattr(estimator, "best_estimator_"):  # a search is converted as what it found
        parameters.pop("estimator", None)
        parameters["best_estimator_"] = estimator.best_estimator_
    return parameters


def _is_estimator(value: object) -> bool:
    return hasattr(value, "get_params") and hasattr(value, "fit") and not isinstance(value, type)


def _is_named_step(item: object) -> bool:
    return (
        isinstance(item, tuple)
        and len(item) in (2, 3)
        and isinstance(item[0], str)
        and _is_estimator(item[1])
    )


def class_name(value: object) -> str:
    """Module and name of the class of ``value``, as a pickle spells it."""
    return f"{type(value).__module__}.{type(value).__qualname__}"


def converted_class(step: Step) -> str:
    """The class that the jars see: sklearn2pmml wraps the feature selectors that it reaches."""
    from sklearn.feature_selection import SelectorMixin

    if step.prepared and isinstance(step.estimator, SelectorMixin):
        return "sklearn2pmml.SelectorProxy"
    return class_name(step.estimator)


def without_search(estimator: Any) -> Any:
    """What a hyper-parameter search found or, before it is fitted, what it tries out."""
    while comes_from(estimator, "sklearn.model_selection._search"):
        estimator = getattr(estimator, "best_estimator_", estimator.estimator)
    return estimator

"""What a family of training libraries is: how its objects become documents, and what they predict.

Also the few helpers that every family needs: the estimator inside a search or a pipeline of one
step, the columns in the order of training, and the names that results have in a document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmml_pipeline.errors import PreflightError

Predictions = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Request:
    """What a conversion needs besides the fitted object.

    Attributes:
        sample: some training rows as they were trained on. Column names, dtypes and category levels
            are read from it; the values are not.
        target: name that the target field gets.
        convert: turns an object that sklearn2pmml knows into the bytes of a document.
    """

    sample: pd.DataFrame
    target: str
    convert: Callable[[Any], bytes]


class Family(Protocol):
    """One training library."""

    name: str

    def matches(self, fitted: Any) -> bool:
        """Whether this family is the one that ``fitted`` belongs to. Imports nothing."""
        ...

    def convert(self, fitted: Any, request: Request) -> bytes:
        """The document, with the user's own names of fields, levels and classes.

        ``fitted`` is left as it is.

        Raises:
            PreflightError: the object cannot be converted as it is.
            ConversionError: from ``request.convert``.
        """
        ...

    def predict(self, fitted: Any, frame: pd.DataFrame, request: Request) -> Predictions:
        """The training library's own predictions.

        Args:
            frame: the rows, with the columns of the sample in any dtype; columns of Python objects,
                ``None`` for missing, are fine. See :func:`training_form`.

        Returns:
            One array of shape (rows,) per result, under the names of the document: the target,
            ``probability(<class>)``, ... A result that the library itself does not predict is left
            out (a raw booster knows no label). Numbers keep the library's dtype.

        Raises:
            DataError: a row that the library documents that it refuses.
            Exception: whatever the library raises on a row that it refuses.
        """
        ...

    def float32(self, fitted: Any) -> bool:
        """Whether the predictions are computed in float32, and are to be compared as such."""
        ...

    def packages(self, fitted: Any) -> tuple[str, ...]:
        """Distributions that the predictions depend on, the training library first."""
        ...


# What a PMMLPipeline can hold besides its steps; such a pipeline is more than its only step.
_PMML_PIPELINE_EXTRAS = (
    "header",
    "predict_transformer",
    "predict_proba_transformer",
    "apply_transformer",
)


def unwrapped(fitted: Any) -> Any:
    """The estimator itself: out of a hyper-parameter search, out of a pipeline of one step.

    Raises:
        PreflightError: a search without a best estimator, or a pipeline without steps.
    """
    while True:
        if hasattr(fitted, "best_estimator_"):
            fitted = fitted.best_estimator_
        elif comes_from(fitted, "sklearn.model_selection._search"):
            raise PreflightError(
                f"{type(fitted).__name__} has no best estimator",
                "call fit first, and leave refit=True",
            )
        elif comes_from(fitted, "sklearn.pipeline") and hasattr(fitted, "steps"):
            steps = [step for _, step in fitted.steps if step not in (None, "passthrough")]
            if len(steps) != 1 or any(getattr(fitted, e, None) for e in _PMML_PIPELINE_EXTRAS):
                return fitted
            fitted = steps[0]
        else:
            return fitted


def comes_from(fitted: Any, module: str) -> bool:
    """Whether the object's class, or one that it extends, is defined in the module or below it."""
    return any(f"{c.__module__}.".startswith(f"{module}.") for c in type(fitted).__mro__)


def require_fitted(fitted: Any) -> None:
    """Refuses what was never fitted.

    Raises:
        PreflightError: not fitted.
    """
    if not _is_fitted(fitted):
        raise PreflightError(f"{type(fitted).__name__} is not fitted", "call fit before the export")


def _is_fitted(fitted: Any) -> bool:
    if hasattr(fitted, "num_boosted_rounds"):  # xgboost.Booster
        from xgboost.core import XGBoostError

        try:
            return bool(fitted.num_boosted_rounds())
        except XGBoostError:  # it has not seen any data
            return False
    if hasattr(fitted, "num_trees"):  # lightgbm.Booster
        return bool(fitted.num_trees())
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(fitted)
    except NotFittedError:
        return False
    return True


def in_training_order(frame: pd.DataFrame, trained: Sequence[str] | None) -> pd.DataFrame:
    """The columns in the order that the model was trained with.

    Args:
        trained: the names that the model knows, ``None`` when it knows none (it was trained on an
            array; then the frame's own order counts).

    Raises:
        PreflightError: the columns are not those of training.
    """
    columns = list(frame.columns)
    if trained is None or columns == list(trained):
        return frame
    missing = [c for c in trained if c not in columns]
    extra = [c for c in columns if c not in trained]
    if missing or extra:
        told = "; ".join(
            f"{what} {', '.join(map(repr, names[:5]))}"
            for what, names in (("missing:", missing), ("not trained on:", extra))
            if names
        )
        raise PreflightError(
            f"the columns are not those that the model was trained with ({told})",
            "export with the DataFrame that was passed to fit",
        )
    return frame[list(trained)]


def require_names(request: Request) -> None:
    """Refuses column names that a document cannot tell apart.

    Raises:
        PreflightError: names that are not text, one name twice, or a column named as the target.
    """
    columns = list(request.sample.columns)
    if not all(isinstance(c, str) for c in columns) or len(set(columns)) < len(columns):
        raise PreflightError(
            "the columns have names that are not text, or one name twice",
            "train and export with a DataFrame whose columns have distinct names",
        )
    if request.target in columns:
        raise PreflightError(
            f"{request.target} is the name of the target and of a column",
            "name the target otherwise, or train without that column",
        )


def require_width(frame: pd.DataFrame, features: int) -> None:
    """Refuses rows with another number of columns than the model has features.

    Raises:
        PreflightError: the numbers differ.
    """
    if len(frame.columns) != features:
        raise PreflightError(
            f"the model was trained on {features} columns, and here are {len(frame.columns)}",
            "export with the DataFrame that was passed to fit",
        )


def training_form(frame: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The rows in the form that the user trained with: the sample's column order and dtypes.

    Levels that a category column of the sample does not have are put after its own, so that the
    library itself decides what to do with them. Text becomes a time in a column of times. A column
    that cannot have the sample's dtype without a value being changed stays as it is, for the
    library to refuse.

    Raises:
        ValueError: text that is not a time in a column of times.
    """
    columns = {name: _in_dtype(frame[name], sample[name].dtype) for name in sample.columns}
    return pd.DataFrame(columns, index=frame.index)


def _in_dtype(column: pd.Series, dtype: Any) -> pd.Series:
    if isinstance(dtype, pd.CategoricalDtype):
        values = column.astype(object)
        unseen = [v for v in pd.unique(values.dropna()) if v not in dtype.categories]
        if unseen:
            dtype = pd.CategoricalDtype([*dtype.categories, *unseen], ordered=dtype.ordered)
        return values.astype(dtype)
    if column.dtype != object:
        return column
    present = column[column.notna()]
    kinds = {type(v) for v in present}
    whole = len(present) == len(column)
    if pd.api.types.is_bool_dtype(dtype) and kinds <= {bool, np.bool_}:
        # A plain bool column has no missing value; pandas' own nullable one has.
        return column.astype(bool if whole and dtype == np.dtype(bool) else "boolean")
    if pd.api.types.is_bool_dtype(dtype):
        return column
    if pd.api.types.is_numeric_dtype(dtype) and all(_is_number(k) for k in kinds):
        exact = all(issubclass(k, int | np.integer) for k in kinds) and whole
        exact = exact and all(abs(v) < 2**63 for v in present)
        keep = exact and pd.api.types.is_integer_dtype(dtype)
        return column.astype("int64" if keep else "float64")
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return pd.to_datetime(column).astype(dtype)
    if isinstance(dtype, pd.StringDtype) and kinds <= {str}:
        return column.astype(dtype)
    return column


def _is_number(kind: type) -> bool:
    return issubclass(kind, int | float | np.number) and not issubclass(kind, bool)


def text(value: Any) -> str:
    """A level or a class as PMML writes it: ``true``, ``3``, ``1.5``, ``rent``."""
    value = value.item() if isinstance(value, np.generic) else value
    return str(value).lower() if isinstance(value, bool) else str(value)


def data_type(values: Sequence[Any], what: str) -> str:
    """The PMML dataType of levels or classes: string, integer, double or boolean.

    Args:
        what: whose they are, for the message.

    Raises:
        PreflightError: they are of several types, or of one that a document cannot hold.
    """
    plain = {type(v.item() if isinstance(v, np.generic) else v) for v in values}
    names = {str: "string", int: "integer", float: "double", bool: "boolean"}
    if len(plain) == 1 and plain <= names.keys():
        return names[plain.pop()]
    raise PreflightError(
        f"{what} are of type {' and '.join(sorted(t.__name__ for t in plain))}",
        "make them all text, all whole numbers or all booleans before training",
    )


def probabilities(classes: Sequence[Any], matrix: npt.NDArray[Any]) -> Predictions:
    """Columns of a probability matrix of shape (rows, classes) under the document's names."""
    return {f"probability({text(c)})": matrix[:, i] for i, c in enumerate(classes)}


def both_classes(positive: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A probability matrix from the probability of the second class, in its own precision."""
    return np.column_stack([1.0 - positive, positive])

"""Breast cancer: a random forest that refuses a record it was not meant for.

Data: 569 tumours of the Wisconsin diagnostic set, in scikit-learn.
Run it with ``python -m examples.cancer``.
"""

from __future__ import annotations

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn2pmml.decoration import ContinuousDomain

import converters


def load() -> tuple[pd.DataFrame, pd.Series]:
    """The measurements, and the ``diagnosis``: ``malignant`` or ``benign``."""
    data = load_breast_cancer(as_frame=True)
    names = dict(enumerate(data.target_names))
    return data.data, data.target.map(names).rename("diagnosis")


def fit(X: pd.DataFrame, y: pd.Series) -> Pipeline:
    """Train a forest behind a check of its inputs.

    A missing measurement, a negative one or one beyond 10,000 (the largest is an area of 4,254)
    is a data error, here and in every engine: no guess is made about a diagnosis.
    """
    width = X.shape[1]
    check = ContinuousDomain(
        missing_value_treatment="return_invalid",
        invalid_value_treatment="return_invalid",
        data_min=[0.0] * width,
        data_max=[10_000.0] * width,
        dtype="float32",  # what the trees compare, and so what the document declares
    )
    # One thread: the probabilities of the trees are added in the same order everywhere.
    forest = RandomForestClassifier(n_estimators=100, random_state=0, n_jobs=1)
    return make_pipeline(check, forest).fit(X, y)


def export(store: str = "artifacts") -> converters.Published:
    """Train, prove and publish the next version of ``cancer``."""
    X, y = load()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=0
    )
    fitted = fit(X_train, y_train)
    return converters.export(
        fitted, X_train, y_train, model="cancer", store=store, holdout=(X_test, y_test)
    )


if __name__ == "__main__":
    print(export())

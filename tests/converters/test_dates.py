"""Columns of dates fit the domains that declare them, or are refused before the conversion."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn2pmml.decoration import DateDomain, DateTimeDomain
from sklearn2pmml.preprocessing import (
    DaysSinceYearTransformer,
    SecondsSinceMidnightTransformer,
    SecondsSinceYearTransformer,
)

import converters
import pmml_pipeline as pp
from converters.dates import date_findings
from pmml_pipeline.errors import PreflightError
from pmml_pipeline.parity.rows import Budget

DAYS = pd.Series(pd.date_range("2012-01-01", periods=120, freq="3D"))
TIMES = DAYS + pd.to_timedelta([i * 997 % 86_400 for i in range(120)], unit="s")


def pipeline(*steps: Any, columns: Any = "when") -> Any:
    """The steps on a column of dates, beside a number."""
    wanted = [columns] if isinstance(columns, str | int) else columns
    # A pipeline whose last step learns nothing does not count as fitted, hence the scaler.
    dates = make_pipeline(*steps, StandardScaler())
    parts = [("dates", dates, wanted), ("rest", "passthrough", ["a"])]
    return make_pipeline(ColumnTransformer(parts), LinearRegression())


def frame(when: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"when": when, "a": [i % 11 / 2 for i in range(len(when))]})


@pytest.mark.parametrize("columns", ["when", 0, ["when"], ("when", "a")])
def test_a_date_domain_on_times_is_refused(columns: Any) -> None:
    steps = pipeline(DateDomain(), DaysSinceYearTransformer(year=1970), columns=columns)
    (found,) = date_findings(steps, frame(TIMES))
    assert (found.severity, found.subject) == ("error", "when")
    assert "DateTimeDomain" in found.fix
    assert list(date_findings(steps, frame(DAYS))) == []
    with pytest.raises(PreflightError, match="when: it holds times, and DateDomain declares"):
        converters.check(steps, frame(TIMES), pd.Series(range(120), name="cost"))


def test_a_domain_without_a_column_transformer_reads_every_column() -> None:
    steps = make_pipeline(DateDomain(), DaysSinceYearTransformer(year=1970), LinearRegression())
    assert [f.subject for f in date_findings(steps, frame(TIMES)[["when"]])] == ["when"]


def test_a_time_zone_is_refused() -> None:
    steps = pipeline(DateTimeDomain(), SecondsSinceYearTransformer(year=1970))
    (found,) = date_findings(steps, frame(TIMES.dt.tz_localize("Europe/Paris")))
    assert found.cause == "its dates have the time zone Europe/Paris, and PMML has no time zones"
    assert list(date_findings(steps, frame(TIMES))) == []


def test_columns_that_no_domain_reads_are_left_alone() -> None:
    assert list(date_findings(LinearRegression(), frame(TIMES))) == []
    assert list(date_findings(pipeline(DateDomain(), columns=slice(0, 1)), frame(TIMES))) == []


@pytest.mark.parametrize(
    ("when", "domain", "transformer"),
    [
        (DAYS, DateDomain(), DaysSinceYearTransformer(year=1970)),
        (TIMES, DateTimeDomain(), SecondsSinceYearTransformer(year=1970)),
        (TIMES, DateTimeDomain(), SecondsSinceMidnightTransformer()),
    ],
)
def test_the_pairs_of_the_documentation_are_certified(
    when: pd.Series, domain: Any, transformer: Any, tmp_path: Any
) -> None:
    X = frame(when)
    y = pd.Series(X.a * 2 + when.dt.day_of_year / 100, name="cost")
    steps = pipeline(domain, transformer)
    steps.steps[-1] = ("tree", DecisionTreeRegressor(max_depth=3, random_state=0))
    published = converters.export(
        steps.fit(X, y),
        X,
        y,
        model="dates",
        store=tmp_path,
        limits={"a": (-100, 100)},
        engines=["jpmml"],
        budget=Budget(heldout=30, boundary=30, missing=10, storage=10),
    )
    scorer = pp.load(published.artifact.root)
    assert scorer.score({"when": when[5].isoformat(), "a": 1.0}) == scorer.score(
        {"when": when[5], "a": 1.0}
    )

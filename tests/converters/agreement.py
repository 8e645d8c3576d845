"""Data of every kind that trees take, and the comparison of a document with its library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pmml_pipeline as pp
from converters import table
from converters.family import Request
from converters.oracle import Oracle, columns_of
from converters.runner import run_sklearn2pmml
from pmml_pipeline.engines.jvm.java import find_java
from pmml_pipeline.errors import DataError

UNSEEN = "never seen"
FLOAT32 = 2e-6  # engines that sum float32 in another order are off by a few units in the last place
# The last ones are those that LightGBM just about takes for zero.
EXTREMES = (0.0, -0.0, 5e-324, -1e30, 1e30, 2.5, -0.3, -1.0000000180025095e-35, 1e-35)
N = 2000
RANDOM = np.random.default_rng(11)

NAMES = ["b b", "a", 'q"t', "back\\s", "z,1", " lead", "m", "last"]


def levels(names: list[Any], ordered: bool = False) -> pd.Categorical:
    """A column of N values that has these levels, in this order."""
    picked = RANDOM.integers(0, len(names), N)
    return pd.Categorical([names[i] for i in picked], categories=names, ordered=ordered)


X = pd.DataFrame(
    {
        "constant": pd.Categorical(["only"] * N, categories=["only", "a", "b"]),
        "number": RANDOM.normal(size=N),
        "never missing": RANDOM.normal(size=N).astype("float32"),
        "whole": RANDOM.integers(0, 50, N),
        "large": RANDOM.integers(2**24, 2**24 + 4000, N),
        "name": levels(NAMES),
        "code": levels([10, 5, 7]),
        "rank": levels(["lo", "mid", "hi"], ordered=True),
        "flag": RANDOM.random(N) > 0.5,
        "性别": levels(["男", "女", "未知"]),
        "ten": RANDOM.integers(0, 6, N) * 10,
    }
)
X.loc[::17, "name"] = None
X.loc[::13, "number"] = np.nan
SCORE = (
    X["number"].fillna(0)
    + X["name"].cat.codes % 3
    + (X["code"] == 5)
    + X["rank"].cat.codes * X["never missing"]
    + X["flag"]
    + (X["性别"] == "女")
    + X["ten"] % 30 / 10
    + (X["large"] - 2**24) / 2000
    - X["whole"] / 25
    + RANDOM.normal(size=N) * 0.2
)
THREE = np.digitize(SCORE, SCORE.quantile([0.3, 0.6]))
NUMBERS = X[["number", "never missing", "whole"]]

LGB: dict[str, Any] = {
    "n_estimators": 12,
    "verbose": -1,
    "min_data_per_group": 5,
    "cat_smooth": 1,
    "n_jobs": 1,
}
XGB: dict[str, Any] = {"n_estimators": 8, "max_depth": 5, "n_jobs": 1}
CATEGORIES: dict[str, Any] = {**XGB, "enable_categorical": True}


def request_of(frame: pd.DataFrame, target: str = "T") -> Request:
    home = find_java().home
    return Request(frame.head(100), target, lambda o: run_sklearn2pmml(o, java_home=home))


def rows_of(
    frame: pd.DataFrame, categories: tuple[str, ...], extremes: tuple[float, ...]
) -> dict[str, list[Any]]:
    """Real rows; rows with each field missing, at each level, unseen, extreme; all missing.

    Args:
        categories: columns of numbers that are categories.
        extremes: values that each number gets in turn.
    """
    real = pd.DataFrame(columns_of(frame.head(60)), dtype=object)
    rows = [real]
    for name, dtype in frame.dtypes.items():
        values: list[Any] = [None]
        number = pd.api.types.is_numeric_dtype(dtype) and name not in categories
        if not number:
            seen = list(dict.fromkeys(v for v in columns_of(frame)[str(name)] if v is not None))
            values += [*seen, UNSEEN if isinstance(seen[0], str) else 987]
        elif not pd.api.types.is_bool_dtype(dtype):
            values += extremes
        for value in values:
            some = real.sample(4, random_state=1).copy()
            some[name] = pd.Series([value] * 4, index=some.index, dtype=object)
            rows.append(some)
    nothing = real.head(1).copy()
    nothing[:] = None
    everything = pd.concat([*rows, nothing], ignore_index=True)
    return {str(c): everything[c].tolist() for c in everything.columns}


def agree(
    fitted: Any,
    frame: pd.DataFrame,
    folder: Path,
    tolerance: float = 1e-10,
    categories: tuple[str, ...] = (),
    extremes: tuple[float, ...] = EXTREMES,
) -> tuple[pp.Scorer, set[str]]:
    """Converts, and compares all rows that the library predicts.

    Returns:
        The scorer, and the names of the results that were compared.
    """
    family, request = table.find(fitted), request_of(frame)
    path = folder / "model.pmml"
    path.write_bytes(family.convert(fitted, request))
    scorer = pp.load(path, engine="jpmml", extra_fields="ignore")
    columns = rows_of(frame, categories, extremes)
    offline = Oracle(family, fitted, request).predict(columns)
    used = {i.name for i in scorer.inputs}
    compared = 0
    for row in range(len(offline.refused)):
        record = {name: values[row] for name, values in columns.items()}
        if offline.refused[row]:
            if "unseen level" in offline.reasons.get(row, "") and _names_unseen(record) <= used:
                with pytest.raises(DataError):
                    scorer.score(record)
            continue
        online = scorer.score(record)
        for name, values in offline.values.items():
            expected, got = values[row], online[name]
            close = _close(got, expected, tolerance)
            assert close, (row, name, got, expected, record)
        compared += 1
    assert compared > 60
    return scorer, set(offline.values)


def _close(got: Any, expected: Any, tolerance: float) -> bool:
    if not isinstance(expected, float | np.floating):
        return bool(got == expected)
    scale = max(1.0, abs(expected)) if tolerance == FLOAT32 else 1.0
    return bool(abs(got - expected) <= tolerance * scale)


def _names_unseen(record: dict[str, Any]) -> set[str]:
    return {name for name, value in record.items() if value in (UNSEEN, 987)}


def probabilities(*classes: str) -> set[str]:
    return {f"probability({c})" for c in classes}

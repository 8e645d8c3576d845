"""The oracle isolates refused rows; the seal writes into the document what is refused."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from converters import table
from converters.contract import Contract
from converters.family import Request
from converters.oracle import Oracle, columns_of
from converters.runner import run_sklearn2pmml
from converters.seal import seal
from pmml_pipeline.admission import RecordAdmission
from pmml_pipeline.document import read
from pmml_pipeline.engines.jvm.java import find_java
from pmml_pipeline.errors import DataError
from pmml_pipeline.schema import inputs_of


def _frame(rows: int = 300) -> tuple[pd.DataFrame, pd.Series]:
    random = np.random.default_rng(3)
    X = pd.DataFrame(
        {
            "age": random.uniform(20, 70, rows),
            "debt": random.exponential(1000, rows),
            "home": random.choice(["own", "rent"], rows),
            "unused": random.normal(size=rows),
        }
    )
    y = pd.Series(np.where(X.age + (X.home == "own") * 20 > 50, "good", "bad"), name="status")
    return X, y


def _linear(unknown: str) -> Pipeline:
    prepare = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["age", "debt"]),
            ("levels", OneHotEncoder(handle_unknown=unknown, sparse_output=False), ["home"]),
        ]
    )
    return make_pipeline(prepare, LogisticRegression())


def _request(X: pd.DataFrame) -> Request:
    home = find_java().home
    return Request(X.head(100), "status", lambda p: run_sklearn2pmml(p, java_home=home))


def _oracle(fitted: object, X: pd.DataFrame) -> Oracle:
    return Oracle(table.find(fitted), fitted, _request(X))


def _converted(fitted: object, X: pd.DataFrame) -> bytes:
    return table.find(fitted).convert(fitted, _request(X))


def test_refused_rows_are_found_one_by_one_among_good_ones() -> None:
    X, y = _frame()
    oracle = _oracle(_linear("error").fit(X, y), X)
    columns = columns_of(X)
    columns["home"][7] = "castle"
    columns["age"][100] = None
    columns["age"][299] = None
    found = oracle.predict(columns)
    assert np.flatnonzero(found.refused).tolist() == [7, 100, 299]
    assert "castle" in found.reasons[7]
    clean = _oracle(_linear("error").fit(X, y), X).predict(columns_of(X))
    good = ~found.refused
    for name, values in clean.values.items():
        assert (found.values[name][good] == values[good]).all()


def test_a_prediction_of_nan_counts_as_refused() -> None:
    X, y = _frame()
    oracle = _oracle(_linear("ignore").fit(X, y), X)
    columns = {name: values[:3] for name, values in columns_of(X).items()}
    # inf - inf inside the decision function: the library answers NaN where it does not raise.
    columns["age"][1], columns["debt"][1] = 1e308, 1e308
    predicted = oracle.predict(columns)
    finite = np.isfinite(predicted.values["probability(good)"].astype(float))
    assert (predicted.refused == ~finite).all()


def test_rows_that_the_contract_refuses_are_not_asked_about() -> None:
    X, y = _frame()
    oracle = _oracle(_linear("ignore").fit(X, y), X)
    oracle.contract = Contract(
        required=frozenset({"debt"}),
        bounds={"age": (-100.0, 100.0)},
        levels={"home": frozenset({"own", "rent"})},
    )
    columns = {name: values[:4] for name, values in columns_of(X).items()}
    columns["debt"][0] = None
    columns["age"][1] = 100.5
    columns["home"][2] = "castle"
    found = oracle.predict(columns)
    assert found.refused.tolist() == [True, True, True, False]
    assert found.reasons[0] == "debt is required"


@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_sealed_document_says_what_the_library_refuses(unknown: str) -> None:
    X, y = _frame()
    fitted = _linear(unknown).fit(X, y)
    oracle = _oracle(fitted, X)
    converted = _converted(fitted, X)
    document, contract = seal(converted, oracle, columns_of(X), [], {})
    parsed = read(document)
    fields = {f.name: f for f in inputs_of(parsed)}
    # scikit-learn's linear models refuse missing numbers; the one-hot encoder knows no None here.
    assert {"age", "debt"} <= contract.required
    assert fields["age"].required
    assert fields["age"].missing_value_treatment == "returnInvalid"
    assert ("home" in contract.levels) == (unknown == "error")
    assert parsed.model.supplementary == ("unused",)


def test_never_missing_is_required_unless_the_pipeline_fills_it_in() -> None:
    X, y = _frame()
    X = X[["age", "debt"]]
    fitted = RandomForestClassifier(5, random_state=0).fit(X, y)
    oracle = _oracle(fitted, X)
    converted = _converted(fitted, X)
    real = columns_of(X)
    _, asked = seal(converted, oracle, real, [], {})
    # The forest predicts something for a missing value, although it never saw one.
    assert asked.required == frozenset()
    document, contract = seal(converted, oracle, real, ["age"], {})
    assert contract.required == {"age"}
    required = {f.name for f in inputs_of(read(document)) if f.required}
    assert required == {"age"}


def test_numbers_are_bounded_where_the_library_overflows() -> None:
    X, y = _frame()
    X = X[["age", "debt"]]
    fitted = RandomForestClassifier(5, random_state=0).fit(X, y)
    oracle = _oracle(fitted, X)
    converted = _converted(fitted, X)
    document, contract = seal(converted, oracle, columns_of(X), [], {})
    # float32 ends at 3.4e38; the bounds are powers of ten.
    assert contract.bounds == {"age": (-1e38, 1e38), "debt": (-1e38, 1e38)}
    (interval,) = {f.name: f for f in inputs_of(read(document))}["age"].intervals
    assert interval.left_margin == -1e38
    assert interval.contains(1e38)
    assert not interval.contains(np.nextafter(1e38, np.inf))


def test_infinity_is_refused_where_the_library_refuses_it() -> None:
    X, _ = _frame()
    X = X[["age", "debt"]]
    fitted = LinearRegression().fit(X, pd.Series(X.age / 1e3, name="status"))
    document, contract = seal(_converted(fitted, X), _oracle(fitted, X), columns_of(X), [], {})
    # Every finite number is admitted; infinity is not, in any engine that reads the document.
    largest = sys.float_info.max
    assert contract.bounds == dict.fromkeys(X.columns, (-largest, largest))
    parsed = read(document)
    admission = RecordAdmission(inputs_of(parsed))
    assert admission.cells({"age": largest, "debt": -1e308}) == [largest, -1e308]
    for infinite in (math.inf, -math.inf, "1e999", "-Infinity", np.float32("inf")):
        with pytest.raises(DataError) as raised:
            admission.cells({"age": infinite, "debt": 1.0})
        assert [e.code for e in raised.value.fields] == ["out_of_range"]


def test_infinity_is_admitted_where_the_library_scores_it() -> None:
    X, y = _frame()
    X = X[["age", "debt"]]
    fitted = HistGradientBoostingClassifier(max_iter=3).fit(X, y)
    converted = _converted(fitted, X)
    endless = {"age": (0.0, math.inf)}
    document, contract = seal(converted, _oracle(fitted, X), columns_of(X), [], endless)
    assert contract.bounds == {"age": (0.0, math.inf)}
    fields = {f.name: f for f in inputs_of(read(document))}
    assert [(i.left_margin, i.right_margin) for i in fields["age"].intervals] == [(0.0, None)]
    assert b"inf" not in document.split(b"TransformationDictionary")[0]


def test_a_limit_of_infinity_ends_where_the_library_does() -> None:
    X, _ = _frame()
    X = X[["age", "debt"]]
    fitted = LinearRegression().fit(X, pd.Series(X.age / 1e3, name="status"))
    endless = {"age": (0.0, math.inf)}
    converted = _converted(fitted, X)
    _, contract = seal(converted, _oracle(fitted, X), columns_of(X), [], endless)
    assert contract.bounds["age"] == (0.0, sys.float_info.max)


def test_columns_keep_every_value_that_a_record_can_bring() -> None:
    frame = pd.DataFrame(
        {
            "a": [1.5, np.nan],
            "b": pd.Series(["x", None], dtype=object),
            "c": pd.Categorical(["u", None]),
            "d": pd.Series([1, None], dtype="Int64"),
            "e": pd.to_datetime(["2020-01-02", None]),
            "f": [True, False],
        }
    )
    assert columns_of(frame) == {
        "a": [1.5, None],
        "b": ["x", None],
        "c": ["u", None],
        "d": [1, None],
        "e": ["2020-01-02T00:00:00", None],
        "f": [True, False],
    }


def test_document_of_the_seal_is_stable(tmp_path: Path) -> None:
    X, y = _frame()
    fitted = _linear("error").fit(X, y)
    oracle = _oracle(fitted, X)
    converted = _converted(fitted, X)
    once, contract = seal(converted, oracle, columns_of(X), list(X.columns), {})
    twice, again = seal(once, oracle, columns_of(X), list(X.columns), {})
    assert contract.required == again.required
    assert read(once).data_fields == read(twice).data_fields

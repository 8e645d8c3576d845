"""Tables in and out: no value changes on its way, and what is no table is refused."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pmml_pipeline as pp
from pmml_pipeline.frames import columns_of

from .pmml import data_field, linear, mining_field, output_field

LARGE = 2**53 + 1


def listed(frame: Any) -> dict[str, list[Any]]:
    """The columns as lists of Python's own values."""
    columns, rows = columns_of(frame)
    found = {n: c.tolist() if isinstance(c, np.ndarray) else list(c) for n, c in columns.items()}
    assert {len(values) for values in found.values()} <= {rows}
    return found


WAYS = {
    "pandas": lambda columns: pd.DataFrame({n: pd.Series(v) for n, v in columns.items()}),
    "pandas object": lambda columns: pd.DataFrame(columns, dtype=object),
    "polars": pl.DataFrame,
    "arrow": pa.table,
}


@pytest.mark.parametrize("way", WAYS)
def test_values_come_as_they_are(way: str) -> None:
    columns: dict[str, list[Any]] = {
        "double": [0.1 + 0.2, -0.0, 5e-324],
        "integer": [LARGE, -1, 2**63 - 1],
        "boolean": [True, False, True],
        "text": ["a", "", "是"],
        "decimal": [decimal.Decimal("0.1"), decimal.Decimal(LARGE), decimal.Decimal(0)],
        "date": [datetime.date(2024, 2, 29)] * 3,
        "moment": [datetime.datetime(2024, 2, 29, 12, 30, 0, 1)] * 3,
    }
    found = listed(WAYS[way](columns))
    assert found == columns
    assert [str(v) for v in found["double"]] == [str(v) for v in columns["double"]]
    assert all(type(v) is int for v in found["integer"])


@pytest.mark.parametrize("way", WAYS)
def test_a_null_beside_a_whole_number_leaves_it_whole(way: str) -> None:
    frame = WAYS[way]({"n": [LARGE, None]})
    if way == "pandas":  # where the frame's maker did not keep it whole, nothing can
        frame = pd.DataFrame({"n": pd.array([LARGE, None], dtype="Int64")})
    number, nothing = listed(frame)["n"]
    assert number == LARGE
    assert nothing is None or nothing is pd.NA


@pytest.mark.parametrize("way", WAYS)
def test_missing_numbers_and_texts_are_marks_of_missing(way: str) -> None:
    found = listed(WAYS[way]({"x": [1.5, None], "s": ["a", None], "b": [True, None]}))
    assert found["x"][0] == 1.5
    assert all(pd.isna(found[name][1]) for name in "xsb")


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_float32_is_the_double_of_the_same_value(dtype: str) -> None:
    array = np.array([0.1, np.nan], dtype=dtype)
    for frame in (pd.DataFrame({"x": array}), pa.table({"x": array})):
        value = listed(frame)["x"][0]
        assert value == float(array[0])


def test_categories_come_as_their_values() -> None:
    assert listed(pd.DataFrame({"s": pd.Categorical(["b", None, "a"])}))["s"][::2] == ["b", "a"]
    assert listed(pd.DataFrame({"n": pd.Categorical([3, 1])}))["n"] == [3, 1]
    table = pa.table({"s": pa.array(["b", None, "a"]).dictionary_encode()})
    assert listed(table)["s"] == ["b", None, "a"]


TEXTS = ["b", None, "a", "", "是", "a", None]
OF_TEXTS = {
    "str of pandas": lambda: pd.DataFrame({"s": pd.Series(TEXTS, dtype="str")}),
    "objects of pandas": lambda: pd.DataFrame({"s": pd.Series(TEXTS, dtype=object)}),
    "categories of pandas": lambda: pd.DataFrame({"s": pd.Categorical(TEXTS, ["z", *"b是a", ""])}),
    "polars": lambda: pl.DataFrame({"s": TEXTS}),
    "categories of polars": lambda: pl.DataFrame({"s": pl.Series(TEXTS, dtype=pl.Categorical)}),
    "levels of polars": lambda: pl.DataFrame({"s": pl.Series(TEXTS, dtype=pl.Enum(["", *"ba是"]))}),
    "large": lambda: pa.table({"s": pa.array(TEXTS, pa.large_string())}),
    "views": lambda: pa.table({"s": pa.array(TEXTS, pa.string_view())}),
    "chunks": lambda: pa.table({"s": pa.chunked_array([TEXTS[:3], TEXTS[3:]])}),
    "chunks with dictionaries of their own": lambda: pa.table(
        {"s": pa.chunked_array([pa.array(t).dictionary_encode() for t in (TEXTS[:3], TEXTS[3:])])}
    ),
    "a dictionary with a null": lambda: pa.table(
        {
            "s": pa.DictionaryArray.from_arrays(
                pa.array([0, 1, 2, 4, 3, 2, None], pa.uint8()), ["b", None, "a", "是", ""]
            )
        }
    ),
}


@pytest.mark.parametrize("way", OF_TEXTS)
def test_texts_come_as_they_are_whatever_holds_them(way: str) -> None:
    frame = OF_TEXTS[way]()
    found = [None if pd.isna(text) else text for text in listed(frame)["s"]]
    assert found == TEXTS
    empty = listed(frame.head(0) if hasattr(frame, "head") else frame.slice(0, 0))["s"]
    assert empty == []


@pytest.mark.parametrize(
    "thing",
    [
        None,
        5,
        "x",
        [1],
        [{"x": 1}],
        {"x": [1]},
        np.zeros((2, 2)),
        np.array([(1,)], dtype=[("x", "f8")]),
        pd.Series([1.0], name="x"),
        pl.Series("x", [1.0]),
        pa.array([1.0]),
        pl.LazyFrame({"x": [1.0]}),
        pd.DataFrame,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_is_no_table_is_a_type_error(scorer: pp.Scorer, thing: Any) -> None:
    with pytest.raises(TypeError, match="is no table to score; give a pandas or polars DataFrame"):
        scorer.score_frame(thing)


def test_a_batch_of_arrow_is_a_table(scorer: pp.Scorer) -> None:
    batch = pa.RecordBatch.from_pydict({"x": [7.0, 1.0], "n": [1, 2]})
    assert scorer.score_frame(batch).column("y").to_pylist() == [8, 3]


@pytest.fixture
def scorer(tmp_path: Path) -> pp.Scorer:
    """Two inputs and three results of different kinds."""
    path = tmp_path / "document.pmml"
    path.write_bytes(
        linear(
            data_field("x") + data_field("n", "integer"),
            mining_field("x") + mining_field("n"),
            {"x": 1.0, "n": 1.0},
            target_type="integer",
            output=output_field("text", "predictedValue", data_type="string"),
        )
    )
    return pp.load(path, "jpmml", extra_fields="ignore")


def test_names_that_are_no_text_are_columns_that_are_no_input(scorer: pp.Scorer) -> None:
    frame = pd.DataFrame([[7.0, 1.0, 2.0, 9.0]], columns=[1, "x", "n", ("n", 2)])
    assert scorer.score_frame(frame)["y"].tolist() == [3]
    refusing = pp.load(scorer.path, "jpmml")
    with pytest.raises(pp.DataError, match="1: unknown field"):
        refusing.score_frame(frame)
    with pytest.raises(pp.DataError, match="0: unknown field"):
        refusing.score_frame(pd.DataFrame(np.zeros((2, 2))))
    levels = pd.MultiIndex.from_tuples([("x", "a"), ("n", "b")])
    with pytest.raises(pp.DataError, match="unknown field"):
        refusing.score_frame(pd.DataFrame([[1.0, 2.0]], columns=levels))


def test_two_columns_of_one_name_are_refused(scorer: pp.Scorer) -> None:
    twice = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["x", "n", "x"])
    with pytest.raises(pp.DataError, match=r"unique column names.*'x' 2 times"):
        scorer.score_frame(twice)
    arrays = [pa.array([1.0])] * 3
    with pytest.raises(pp.DataError, match="unique column names"):
        scorer.score_frame(pa.Table.from_arrays(arrays, names=["x", "n", "x"]))


def test_results_have_their_kinds(scorer: pp.Scorer) -> None:
    columns = {"x": [1.0, 2.5], "n": [2, 1]}
    found = scorer.score_frame(pl.DataFrame(columns))
    assert found.schema == {"y": pl.Int64, "text": pl.String, "errors": pl.String}
    assert found["y"].to_list() == [3, None]
    arrow = scorer.score_frame(pa.table(columns))
    assert [str(t) for t in arrow.schema.types] == ["int64", "string", "string"]
    frame = scorer.score_frame(pd.DataFrame(columns))
    assert frame["y"].tolist() == [3, None]
    assert frame["errors"].tolist()[0] is None
    whole = scorer.score_frame(pd.DataFrame(columns)[:1])
    assert whole["y"].dtype == np.int64


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_an_input_named_like_an_index_or_a_result(scorer: pp.Scorer, frame: Any) -> None:
    columns = {"x": [1.0], "n": [2], "y": ["mine"], "errors": ["mine"], "index": [5]}
    found = scorer.score_frame(frame(columns))
    names = found.schema.names if isinstance(found, pa.Table) else list(found.columns)
    assert names == ["y", "text", "errors"]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_a_result_named_errors_is_not_lost(tmp_path: Path, frame: Any) -> None:
    path = tmp_path / "document.pmml"
    path.write_bytes(linear(data_field("x"), mining_field("x"), {"x": 2.0}, target="errors"))
    scorer = pp.load(path, "jpmml")
    with pytest.raises(ValueError, match="has an output 'errors'"):
        scorer.score_frame(frame({"x": [1.0]}))
    found = scorer.score_frame(frame({"x": [1.0, None]}), errors="faults")
    assert list(found.columns) == ["errors", "faults"]
    assert found["errors"].to_list()[0] == 2.0
    assert found["faults"].to_list()[0] is None


@pytest.mark.parametrize("dtype", [pl.Int128, pl.UInt64])
def test_whole_numbers_that_numpy_has_not(scorer: pp.Scorer, dtype: Any) -> None:
    frame = pl.DataFrame({"x": pl.Series([2, 3], dtype=dtype), "n": pl.Series([4, 5], dtype=dtype)})
    plain = frame.cast(pl.Int64)
    assert scorer.score_frame(frame).equals(scorer.score_frame(plain))

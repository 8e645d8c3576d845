"""The scorer: names and order of results, errors, and one path for records and for tables."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import pmml_pipeline as pp
from pmml_pipeline.engines import ENGINES

from .pmml import classifier, data_field, mining_field, simple

FIELDS = (
    data_field("Age", "integer", intervals=[("closedClosed", 0, 120)])
    + data_field("Income")
    + data_field("Home", "string", "categorical", ["own", "rent"])
    + data_field("Member", "boolean", "categorical")
    + data_field("id", "string", "categorical")
)
SCHEMA = (
    mining_field("Age", missingValueTreatment="returnInvalid")
    + mining_field("Income")
    + mining_field("Home")
    + mining_field("Member")
    + mining_field("id", usageType="supplementary")
)
DOCUMENT = classifier(
    ["good", "bad"],
    FIELDS,
    SCHEMA,
    (simple("Home", "equal", "own"), "good", {"good": 3, "bad": 1}),
    (simple("Member", "equal", "true"), "good", {"good": 1}),
    (simple("Income", "lessThan", 1000.5), "bad", {"bad": 4, "good": 1}),
    label="Status",
)
RECORDS: list[dict[str, Any]] = [
    {"Age": 30, "Income": 2000.0, "Home": "own", "Member": False},
    {"Age": 31, "Income": 2000.0, "Home": "rent", "Member": True},
    {"Age": 32, "Income": 1000.25, "Home": "rent", "Member": False},
    {"Age": 33, "Income": 2000.0, "Home": "rent", "Member": False},  # no branch takes it
    {"Age": 133, "Income": 2000.0, "Home": "own", "Member": False},
    {"Age": None, "Income": 1.0, "Home": "own", "Member": True},
    {"Age": 36, "Income": None, "Home": "own", "Member": None},
    {"Age": 37, "Income": 2000.0, "Home": None, "Member": None},
    {"Age": 38, "Income": 2000.0, "Home": "tent", "Member": True},
]
CODES = [
    None,
    None,
    None,
    "unscorable",
    "out_of_range",
    "missing",
    None,
    "unscorable",
    "unseen_level",
]
NAMES = ["Status", "p_good", "p_bad"]


@pytest.fixture(params=list(ENGINES))
def scorer(request: pytest.FixtureRequest, tmp_path: Path) -> pp.Scorer:
    """The document on each engine."""
    path = tmp_path / "document.pmml"
    path.write_bytes(DOCUMENT)
    return pp.load(path, request.param)


def one_by_one(scorer: pp.Scorer) -> list[dict[str, Any] | pp.DataError]:
    """What each record gives."""
    found: list[dict[str, Any] | pp.DataError] = []
    for record in RECORDS:
        try:
            found.append(scorer.score(record))
        except pp.DataError as error:
            found.append(error)
    return found


def check(scorer: pp.Scorer, rows: list[dict[str, Any]]) -> None:
    """Rows of a scored table, missing as None, against the records scored one by one."""
    for row, expected in zip(rows, one_by_one(scorer), strict=True):
        if isinstance(expected, pp.DataError):
            # Some tables have made a double of a whole number beside a null.
            row["errors"] = row["errors"].replace("133.0", "133")
            assert row == {**dict.fromkeys(NAMES), "errors": expected.cause}
        else:
            assert row == {**expected, "errors": None}


def test_results_have_the_names_and_the_order_of_the_document(scorer: pp.Scorer) -> None:
    assert [f.name for f in scorer.inputs] == ["Age", "Income", "Home", "Member"]
    assert [f.name for f in scorer.outputs] == NAMES
    found = scorer.score(RECORDS[0])
    assert list(found.items()) == [("Status", "good"), ("p_good", 0.75), ("p_bad", 0.25)]
    assert [type(v) for v in found.values()] == [str, float, float]


def test_text_is_parsed_and_the_record_is_left_as_it_was(scorer: pp.Scorer) -> None:
    record = {"Age": "30", "Income": "1e3", "Home": "rent", "Member": "FALSE", "id": object()}
    before = dict(record)
    assert scorer.score(record)["Status"] == "bad"
    assert record == before


def test_every_kind_of_error(scorer: pp.Scorer) -> None:
    found = one_by_one(scorer)
    codes = [e.fields[0].code if isinstance(e, pp.DataError) else None for e in found]
    assert codes == CODES
    unscorable = found[3]
    assert isinstance(unscorable, pp.DataError)
    assert unscorable.fields[0].field == ""
    assert "the engine gives no" in str(unscorable)


def test_several_errors_at_once(scorer: pp.Scorer) -> None:
    with pytest.raises(pp.DataError) as caught:
        scorer.score({"Income": "much", "Home": "tent", "Membr": True})
    assert [(e.field, e.code, e.value) for e in caught.value.fields] == [
        ("Age", "missing", None),
        ("Income", "wrong_type", "much"),
        ("Home", "unseen_level", "tent"),
        ("Membr", "unknown_field", None),
    ]


def test_columns_of_lists_and_arrays(scorer: pp.Scorer) -> None:
    table = {name: [r[name] for r in RECORDS] for name in RECORDS[0]}
    for income in (table["Income"], np.array(table["Income"], dtype=float)):
        columns, errors = scorer.score_columns({**table, "Income": income}, len(RECORDS))
        assert {row: e.fields[0].code for row, e in errors.items()} == {
            row: code for row, code in enumerate(CODES) if code
        }
        plain = [[None if v != v else v for v in c.tolist()] for c in columns]
        texts = [errors[row].cause if row in errors else None for row in range(len(RECORDS))]
        rows = zip(*plain, texts, strict=True)
        check(scorer, [dict(zip([*NAMES, "errors"], row, strict=True)) for row in rows])


# --- tables ----------------------------------------------------------------------------------


def pandas_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None for every mark of missing."""
    return [
        {str(k): None if pd.isna(v) else v for k, v in row.items()}
        for row in frame.to_dict(orient="records")
    ]


PANDAS = {
    "object": dict.fromkeys(RECORDS[0], "object"),
    "usual": {},
    "nullable": {"Age": "Int64", "Income": "Float64", "Home": "string", "Member": "boolean"},
    "category": {"Home": "category", "Age": "category", "Member": "category"},
    "arrow": {"Age": "int64[pyarrow]", "Income": "double[pyarrow]", "Home": "string[pyarrow]",
              "Member": "bool[pyarrow]"},
}  # fmt: skip


@pytest.mark.parametrize("types", PANDAS)
def test_a_pandas_frame_gives_what_its_records_give(scorer: pp.Scorer, types: str) -> None:
    frame = pd.DataFrame(RECORDS).astype(PANDAS[types])
    index = pd.Index([f"row {i % 4}" for i in range(len(frame))], name="where")
    frame.index = index
    before = frame.copy(deep=True)
    found = scorer.score_frame(frame)
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == [*NAMES, "errors"]
    pd.testing.assert_index_equal(found.index, index)
    check(scorer, pandas_rows(found))
    pd.testing.assert_frame_equal(frame, before)


def test_a_polars_frame_gives_what_its_records_give(scorer: pp.Scorer) -> None:
    frame = pl.DataFrame(RECORDS)
    for home in (pl.String, pl.Categorical, pl.Enum(["own", "rent", "tent"])):
        found = scorer.score_frame(frame.with_columns(pl.col("Home").cast(home)))
        assert found.schema == {
            "Status": pl.String, "p_good": pl.Float64, "p_bad": pl.Float64, "errors": pl.String,
        }  # fmt: skip
        check(scorer, found.to_dicts())


def test_an_arrow_table_gives_what_its_records_give(scorer: pp.Scorer) -> None:
    table = pa.Table.from_pylist(RECORDS)
    coded = table.set_column(2, "Home", table["Home"].dictionary_encode())
    chunked = pa.concat_tables([table.slice(0, 4), table.slice(4)])
    for some in (table, coded, chunked):
        found = scorer.score_frame(some)
        assert found.schema.names == [*NAMES, "errors"]
        assert [str(t) for t in found.schema.types][1:3] == ["double", "double"]
        check(scorer, found.to_pylist())


@pytest.mark.parametrize("empty", [pd.DataFrame, pl.DataFrame, pa.Table.from_pylist])
def test_a_table_without_rows(scorer: pp.Scorer, empty: Any) -> None:
    whole = pd.DataFrame(RECORDS) if empty is pd.DataFrame else empty(RECORDS)
    found = scorer.score_frame(whole[:0] if not isinstance(whole, pa.Table) else whole.slice(0, 0))
    names = found.schema.names if isinstance(found, pa.Table) else list(found.columns)
    assert names == [*NAMES, "errors"]
    assert len(found) == 0


def test_columns_that_are_too_many_or_too_few(scorer: pp.Scorer) -> None:
    frame = pd.DataFrame(RECORDS)
    with pytest.raises(pp.DataError, match=r"Agee: unknown field \(did you mean 'Age'\?\)"):
        scorer.score_frame(frame.assign(Agee=1))
    with pytest.raises(pp.DataError, match="Age: missing"):
        scorer.score_frame(frame.drop(columns="Age"))
    assert scorer.score_frame(frame.assign(id="x"))["Status"][0] == "good"
    optional = scorer.score_frame(frame.drop(columns=["Income", "Member"]))
    assert optional["Status"][0] == "good"
    lenient = pp.load(scorer.path, scorer.engine, extra_fields="ignore")
    assert lenient.score_frame(frame.assign(Agee=1))["Status"][0] == "good"
    assert lenient.score({**RECORDS[0], "Agee": 1})["Status"] == "good"


def test_infinities_are_numbers_on_the_way_in(scorer: pp.Scorer) -> None:
    record = {"Age": 30, "Home": "rent", "Member": False}
    assert scorer.score({**record, "Income": -math.inf})["Status"] == "bad"
    with pytest.raises(pp.DataError, match="unscorable"):
        scorer.score({**record, "Income": math.inf})


@pytest.mark.parametrize(
    "column",
    [
        np.full(3, 7.0),
        np.full(9, 7.0),
        np.full((8, 1), 7.0),
        np.full((2, 4), 7.0),
        [7.0] * 7,
        (7.0 for _ in range(7)),
        np.ma.array([7.0] * 9, mask=[0] * 9),
        pd.Series([7.0] * 7),
    ],
    ids=lambda column: type(column).__name__,
)
def test_a_column_has_one_value_per_row(scorer: pp.Scorer, column: Any) -> None:
    name = next(f.name for f in scorer.inputs if f.kind == "double")
    table = {f.name: [None] * 8 for f in scorer.inputs} | {name: column}
    with pytest.raises(pp.errors.TableError, match=f"the column '{name}' has the shape .* 8 rows"):
        scorer.score_columns(table, 8)


def test_what_is_masked_is_missing(scorer: pp.Scorer) -> None:
    name = next(f.name for f in scorer.inputs if f.kind == "double")
    columns = {f.name: [RECORDS[0].get(f.name)] * 2 for f in scorer.inputs}
    masked = np.ma.array([columns[name][0]] * 2, mask=[False, True])
    values, errors = scorer.score_columns(columns | {name: masked}, 2)
    given, missing = scorer.score_columns(columns | {name: [columns[name][0], None]}, 2)
    assert [v.tolist() for v in values] == [v.tolist() for v in given]
    assert {row: str(e) for row, e in errors.items()} == {r: str(e) for r, e in missing.items()}


def test_a_scorer_can_be_pickled(scorer: pp.Scorer, tmp_path: Path) -> None:
    copy = pickle.loads(pickle.dumps(scorer))
    assert copy.score(RECORDS[0]) == scorer.score(RECORDS[0])
    assert (copy.engine, copy.path) == (scorer.engine, scorer.path.absolute())
    kept = pickle.dumps(scorer)
    scorer.path.write_bytes(scorer.path.read_bytes() + b"\n")
    with pytest.raises(pp.errors.DocumentError, match="is not the document of the scorer"):
        pickle.loads(kept)

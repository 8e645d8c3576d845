"""``score``: what goes in comes out, row by row, in every form, and what is wrong is said."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from pmml_pipeline.cli.app import app
from pmml_pipeline.cli.records import CHUNK_ROWS
from tests.cli.sample import expected

FORMS = ("csv", "jsonl", "parquet")
RECORDS: tuple[dict[str, Any], ...] = (
    {"id": 7, "age": 20.25, "home": "rent"},
    {"id": 3, "age": 40.0, "home": "own"},
    {"id": 5, "age": 1 / 3 + 60, "home": None},
    {"id": 4, "age": 33.0, "home": "rent"},
)


def score(*arguments: object, data: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["score", *map(str, arguments)], input=data)


def write(path: Path, records: Any) -> Path:
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(list(records)), path)
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The rows as Python values: of CSV the text."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


@pytest.mark.parametrize("target", FORMS)
@pytest.mark.parametrize("source", FORMS)
def test_every_form_gives_the_same_results_with_all_digits(
    source: str, target: str, store: Path, tmp_path: Path
) -> None:
    given = write(tmp_path / f"in.{source}", RECORDS)
    out = tmp_path / f"out.{target}"
    done = score(store / "loans", "-i", given, "-o", out, "--keep", "id")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    rows = read(out)
    assert list(rows[0]) == ["id", "label", "p_no", "p_yes", "errors"]
    for row, record in zip(rows, RECORDS, strict=True):
        label, no, yes = expected(record["age"], record["home"])
        assert int(row["id"]) == record["id"]
        assert (row["label"], float(row["p_no"]), float(row["p_yes"])) == (label, no, yes)
        assert row["errors"] in (None, "")
    assert "4 rows, 0 with errors" in done.stderr
    assert "engine pypmml, certified to 10 decimals" in done.stderr


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_row_keeps_its_place_and_says_why(form: str, store: Path, tmp_path: Path) -> None:
    bad = {"id": 9, "age": 121.0, "home": "tent"}
    given = write(tmp_path / f"in.{form}", [*RECORDS[:2], bad, *RECORDS[2:]])
    out = tmp_path / f"out.{form}"
    done = score(store / "loans", "-i", given, "-o", out, "--keep=id")
    assert done.exit_code == 2
    rows = read(out)
    assert [int(row["id"]) for row in rows] == [7, 3, 9, 5, 4]
    assert [bool(row["errors"]) for row in rows] == [False, False, True, False, False]
    assert "age: out of range" in rows[2]["errors"]
    assert "home: unseen level 'tent'" in rows[2]["errors"]
    assert not rows[2]["label"]
    assert not rows[2]["p_no"]
    assert "5 rows, 1 with errors" in done.stderr
    assert "1 x age out_of_range" in done.stderr
    assert "1 x home unseen_level" in done.stderr


def test_rows_keep_their_order_over_many_chunks(store: Path, tmp_path: Path) -> None:
    count = 2 * CHUNK_ROWS + 5
    records: list[dict[str, Any]] = [
        {"id": i, "age": float(i % 130), "home": ("own", "rent")[i % 2]} for i in range(count)
    ]
    given = write(tmp_path / "in.csv", records)
    done = score(store / "loans", "-i", given, "-o", tmp_path / "out.jsonl", "--keep", "id")
    assert done.exit_code == 2
    rows = read(tmp_path / "out.jsonl")
    assert [row["id"] for row in rows] == [str(r["id"]) for r in records]
    for row, record in zip(rows, records, strict=True):
        admitted = record["age"] <= 120
        assert row["p_no"] == (expected(record["age"], record["home"])[1] if admitted else None)
        assert (row["errors"] is None) == admitted


def test_an_empty_cell_is_missing_and_so_is_what_is_named(store: Path) -> None:
    data = b"age,home\n40,\n40,NA\n"
    plain = score(store / "loans", data=data)
    assert plain.exit_code == 2
    assert [line.split(",")[0] for line in plain.stdout.splitlines()] == ["label", "yes", ""]
    assert "if NA stand for missing, add --missing '' --missing NA" in plain.stderr
    named = score(store / "loans", "--missing", "", "--missing", "NA", data=data)
    assert "--missing" not in named.stderr
    assert named.exit_code == 0
    assert [line.split(",")[0] for line in named.stdout.splitlines()] == ["label", "yes", "yes"]


def test_missing_is_for_csv_alone(store: Path, tmp_path: Path) -> None:
    given = write(tmp_path / "in.jsonl", RECORDS)
    done = score(store / "loans", "-i", given, "--missing", "NA")
    assert done.exit_code == 1
    assert "--missing is for CSV" in done.stderr


def test_other_columns_are_refused_with_the_way_out(store: Path, tmp_path: Path) -> None:
    given = write(tmp_path / "in.csv", [{"id": 1, "agee": 2, "age": 40, "home": "own"}])
    out = tmp_path / "out.csv"
    done = score(store / "loans", "-i", given, "-o", out)
    assert done.exit_code == 1
    assert "no inputs of the model: 'id', 'agee' (did you mean 'age'?)" in done.stderr
    assert "--keep id,agee, or --extra ignore" in done.stderr
    assert not out.exists()
    assert score(store / "loans", "-i", given, "-o", out, "--extra", "ignore").exit_code == 0
    assert score(store / "loans", "-i", given, "-o", out, "--keep", "id,agee").exit_code == 0
    assert read(out)[0]["agee"] == "2"


def test_a_supplementary_column_is_admitted(store: Path) -> None:
    done = score(store / "loans", data=b"age,home,note\n40,own,hello\n")
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "standard input has no heading line: it is empty"),
        (b'"age"x,home\n40,own\n', "has no heading line: is not CSV"),
        (b"home\nown\n", "has no column 'age', which the model requires"),
        (b"colour,size\nred,2\n", "has none of the model's inputs"),
        (b"age,home,age\n1,own,2\n", "has the column 'age' twice"),
        (b"age,home\n40,\xff\n", "is not UTF-8: invalid start byte in b'e,home"),
        (b'age,home\n40,"own\n41,own\n', "a quote that is not closed as it should be, in line 2"),
        (b'age,home\n40,"own\n41,"own"\n', "a quote that is not closed as it should be, in line 2"),
    ],
)
def test_a_file_that_will_not_do_is_one_sentence(data: bytes, said: str, store: Path) -> None:
    done = score(store / "loans", data=data)
    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    assert done.stdout in ("", "label,p_no,p_yes,errors\n")


def test_a_heading_alone_is_no_rows(store: Path) -> None:
    done = score(store / "loans", data=b"age,home\n")
    assert done.exit_code == 0
    assert done.stdout == "label,p_no,p_yes,errors\n"
    assert "0 rows" in done.stderr


def test_a_line_that_is_no_record_costs_that_row(store: Path) -> None:
    lines = b'\xef\xbb\xbfage,home\n40,own,9\n\n40\n40,own\n40,"own"x\n40,"rent"\n40,"own'
    done = score(store / "loans", data=lines)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert done.exit_code == 2
    assert "line 2 has 3 cells, and the heading 2" in rows[0]["errors"]
    assert "line 4 has 1 cells, and the heading 2" in rows[1]["errors"]
    assert rows[1]["label"] == ""  # although age alone would do
    assert rows[2] == {"label": "yes", "p_no": repr(1 / 7), "p_yes": repr(6 / 7), "errors": ""}
    assert "line 6 is not CSV" in rows[3]["errors"]
    assert rows[4]["label"] == "no"
    assert "line 8 is not CSV (unexpected end of data)" in rows[5]["errors"]
    assert "4 x no record" in done.stderr


def test_json_lines_that_are_no_objects_cost_their_rows(store: Path) -> None:
    lines = [
        b'{"age": 40, "home": "own"}',
        b"[1, 2]",
        b"",
        b'{"age": 40,',
        b'{"age": "\xff"}',
        b"[" * 100_000,
        b'{"age": NaN}',
        b'{"age": 1' + b"0" * 5_000 + b"}",
        b'{"age": {"years": 3}, "home": ["own"]}',
        b'{"age": 40, "hom": "own"}',
        b'{"age": "40"}',
    ]
    done = score(store / "loans", "--input-format", "jsonl", data=b"\n".join(lines))
    assert done.exit_code == 2
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 10
    said = [row["errors"] for row in rows]
    assert said[0] is None
    assert "line 2 is no JSON object: it is a list" in said[1]
    assert "line 4 is no JSON object" in said[2]
    assert "line 5 is no JSON object: it is not UTF-8" in said[3]
    assert "line 6 is no JSON object" in said[4]
    assert "age: missing" in said[5]
    assert "line 8 is no JSON object" in said[6]
    assert "age: wrong type" in said[7]
    assert "home: wrong type" in said[7]
    assert "did you mean 'home'?" in said[8]
    assert said[9] is None
    assert [row["label"] for row in rows] == ["yes", *[None] * 8, "yes"]
    assert "1 x hom unknown_field" in done.stderr
    assert "--keep hom, or --extra ignore" in done.stderr
    ignored = score(
        store / "loans", "--input-format=jsonl", "--extra=ignore", data=b"\n".join(lines[-2:])
    )
    assert ignored.exit_code == 0


def test_a_kept_field_that_a_line_lacks_is_null(store: Path) -> None:
    data = b'{"age": 40, "id": {"a": [1]}}\n{"age": 41}\n'
    done = score(store / "loans", "--input-format", "jsonl", "--keep", "id", data=data)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [{"a": [1]}, None]


@pytest.mark.parametrize("first", ["age,", ""])
def test_the_error_of_a_wide_file_is_short(store: Path, first: str) -> None:
    heading = first + ",".join(f"column_{i}" for i in range(100_000))
    done = score(store / "loans", "--input-format", "csv", data=heading.encode() + b"\n")
    assert done.exit_code == 1
    assert " and 99,98" in done.stderr
    assert len(done.stderr) < 3_000


def test_a_field_that_is_there_twice_costs_that_line(store: Path) -> None:
    data = b'{"age": 40, "age": 20}\n{"age": 40}\n{"age": 40, "id": {"a": 1, "a": 2}}\n'
    done = score(store / "loans", "--input-format", "jsonl", "--keep", "id", data=data)
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert "line 1 is no JSON object: it has the field 'age' twice" in first["errors"]
    assert first["label"] is None
    assert second["label"] == "yes"
    assert "it has the field 'a' twice" in third["errors"]


def test_a_file_takes_its_name_when_it_is_whole(store: Path, tmp_path: Path) -> None:
    lines = ["40,own\n"] * (CHUNK_ROWS + 10) + ['40,"own\n40,own\n']
    (tmp_path / "in.csv").write_text("age,home\n" + "".join(lines))
    out = tmp_path / "out.csv"
    out.write_text("what was there\n")
    done = score(store / "loans", "-i", tmp_path / "in.csv", "-o", out)
    assert done.exit_code == 1
    assert out.read_text() == "what was there\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_names_that_do_not_go_together_are_refused(store: Path, tmp_path: Path) -> None:
    given = write(tmp_path / "in.csv", [{"age": 40, "home": "own", "label": "yes"}])
    for arguments, said in (
        (("--keep", "label"), "a column to keep has the name of a result: label"),
        (("--keep", "name"), "has no column 'name' to keep"),
        (("-o", given, "--keep", "label"), "is both input and output"),
        (("-o", tmp_path / "out.xlsx"), "does not tell how the records are written"),
        (("--engine", "magic"), "there is no engine 'magic'"),
        (("-o", tmp_path / "none" / "out.csv", "--extra", "ignore"), "cannot write"),
    ):
        done = score(store / "loans", "-i", given, *arguments)
        assert done.exit_code == 1, said
        assert said in done.stderr
    assert score(store / "loans", "-i", tmp_path / "none.csv").exit_code == 1
    assert score(store / "loans", "-i", tmp_path).exit_code == 1
    assert read(given)[0]["label"] == "yes"


def test_names_to_keep_may_be_quoted(store: Path, tmp_path: Path) -> None:
    given = write(tmp_path / "in.csv", [{"age": 40, "home": "own", "a,b": "x", "c": "y"}])
    done = score(store / "loans", "-i", given, "--keep", '"a,b",age', "--keep", "c")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == '"a,b",age,c,label,p_no,p_yes,errors'
    assert done.stdout.splitlines()[1].startswith("x,40,y,yes,")


def test_an_uncertified_engine_is_a_line_not_a_python_warning(store: Path, tmp_path: Path) -> None:
    done = score(store / "loans" / "1" / "model.pmml", "--engine", "jpmml", data=b"age\n40\n")
    assert done.exit_code == 0
    assert "engine jpmml, uncertified" in done.stderr


def test_infinity_is_text_in_json(tmp_path: Path) -> None:
    from pmml_pipeline.cli.sinks import open_sink

    with open_sink(str(tmp_path / "out.jsonl"), "jsonl", ["x"], {}, []) as sink:
        sink.write({"x": [math.inf, -math.inf, math.nan, True, "\ud800"], "errors": [None] * 5})
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        json.loads(line, parse_constant=lambda name: pytest.fail(name))
    assert [json.loads(line)["x"] for line in lines[:4]] == ["inf", "-inf", None, True]


def test_counts_are_in_the_singular_and_the_plural(store: Path) -> None:
    done = score(store / "loans", data=b"age,home\n400,own\n")
    assert done.stderr.startswith("1 row, 1 with errors, in ")
    assert "stand for missing" not in done.stderr
    lines = [json.dumps({"age": 40, f"k{i}": 1}).encode() for i in range(6)]
    done = score(store / "loans", "--input-format", "jsonl", data=b"\n".join(lines))
    assert done.stderr.startswith("6 rows, 6 with errors, in ")
    assert "and 1 other kind;" in done.stderr


@pytest.mark.parametrize(
    "data",
    [
        b'[{"age": 40}, {"age": 41}]',
        b'\n [\n  {"age": 40},\n  {"age": 41}\n]\n',
        b'[{\n  "age": 40}]',
        b'[{"age": 40},\n{"age": 41}]',
    ],
)
def test_one_json_array_is_said_to_be_one(data: bytes, store: Path, tmp_path: Path) -> None:
    given = tmp_path / "p.json"
    given.write_bytes(data)
    done = score(store / "loans", "-i", given, "--input-format", "jsonl")
    assert done.exit_code == 1
    assert f"{given} is one JSON array, not JSON Lines; write every record on a line" in done.stderr


def test_a_first_line_that_is_an_array_of_something_else_costs_that_row(store: Path) -> None:
    done = score(store / "loans", "--input-format", "jsonl", data=b'[1, 2]\n{"age": 40}\n')
    assert done.exit_code == 2
    assert "2 rows, 1 with errors" in done.stderr

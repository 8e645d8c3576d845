"""``score`` and types: what Parquet holds comes out as the type that it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.sample import run
from tests.pmml import classifier, data_field, mining_field, simple

from .test_score import FORMS, RECORDS, read, score, write


def test_kept_columns_of_parquet_keep_their_types(store: Path, tmp_path: Path) -> None:
    when = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))
    table = pa.table(
        {
            "when": when,
            "id": pa.array([2**60 + 1], pa.int64()),
            "age": pa.array([40], pa.int32()),
            "home": pa.array(["own"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    arguments = (store / "loans", "-i", tmp_path / "in.parquet", "--keep", "when,id")
    assert score(*arguments, "-o", tmp_path / "out.parquet").exit_code == 0
    found = pq.read_table(tmp_path / "out.parquet")
    assert found["when"].chunk(0).equals(when)
    assert found["id"].to_pylist() == [2**60 + 1]
    assert found.schema.field("p_no").type == pa.float64()
    # As text too, without pandas, whose own type for such times must not be needed.
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "pandas.py").write_text("raise ImportError('no pandas')\n")
    text = run("score", *arguments, env={"PYTHONPATH": str(shadow)})
    assert (text.returncode, text.stderr[:6]) == (0, "1 row,")
    row = text.stdout.splitlines()[1]
    assert row.startswith("2023-11-14 22:13:20.123456789,1152921504606846977,")


def test_bytes_in_a_kept_column_are_written_as_python_shows_them(
    store: Path, tmp_path: Path
) -> None:
    table = pa.table({"age": [40], "home": ["own"], "id": [{"raw": b"\xff", "n": 1}]})
    pq.write_table(table, tmp_path / "in.parquet")
    for form, told in (("csv", "b'\\\\xff'"), ("jsonl", "b'\\\\xff'")):
        out = tmp_path / f"out.{form}"
        done = score(store / "loans", "-i", tmp_path / "in.parquet", "--keep", "id", "-o", out)
        assert done.exit_code == 0, done.stderr
        assert told in out.read_text()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"age\n1\n"])
def test_what_is_no_parquet_is_one_sentence(content: bytes, store: Path, tmp_path: Path) -> None:
    given = tmp_path / "in.parquet"
    given.write_bytes(content)
    done = score(store / "loans", "-i", given, "-o", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert "in.parquet" in done.stderr
    assert done.stderr.count("\n") == 1


def test_parquet_without_pyarrow_says_what_to_install(store: Path, tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "pyarrow.py").write_text("raise ModuleNotFoundError('No module named pyarrow')\n")
    given = write(tmp_path / "in.parquet", RECORDS)
    done = run("score", store / "loans", "-i", given, env={"PYTHONPATH": str(shadow)})
    assert done.returncode == 1
    assert "needs pyarrow" in done.stderr
    assert "pip install 'pmml-pipeline[parquet]'" in done.stderr
    # Everything else works without it.
    given = write(tmp_path / "in.csv", RECORDS)
    done = run(
        "score", store / "loans", "-i", given, "--keep", "id", env={"PYTHONPATH": str(shadow)}
    )
    assert done.returncode == 0


@pytest.mark.parametrize("target", FORMS)
@pytest.mark.parametrize(("data_type", "label"), [("integer", 7), ("boolean", True)])
def test_labels_that_are_numbers_beside_rows_with_errors_and_without(
    data_type: str, label: object, target: str, tmp_path: Path
) -> None:
    """Where every row has one they come as numbers of the machine, which know no None."""
    written = str(label).lower()
    document = classifier(
        [written],
        data_field("x"),
        mining_field("x", missingValueTreatment="returnInvalid"),
        (simple("x", "isNotMissing", None), written, {written: 1}),
        label_type=data_type,
    )
    path = tmp_path / "model.pmml"
    path.write_bytes(document)
    for xs in ([1.0, 2.0], [1.0, None]):
        source = write(tmp_path / "in.parquet", [{"x": x} for x in xs])
        found = tmp_path / f"out.{target}"
        done = score(path, "-i", source, "-o", found)
        assert done.exit_code == (2 if None in xs else 0), done.stderr
        results = [next(iter(row.values())) for row in read(found)]
        nothing: Any = "" if target == "csv" else None
        expected_ = [written if target == "csv" else label] * 2
        assert results == [expected_[0], nothing if None in xs else expected_[1]]

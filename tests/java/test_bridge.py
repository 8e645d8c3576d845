"""A Java service scores the same artifact, with the same checks and the same numbers."""

from __future__ import annotations

import csv
import http.server
import math
import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from benchmarks.conformance import FOLDER, documents
from benchmarks.conformance import _table as table_of
from pmml_pipeline.document import read
from pmml_pipeline.errors import DataError
from pmml_pipeline.handoff import hand_off
from pmml_pipeline.scorer import Scorer

from ..artifacts import publish_document
from ..cli.sample import DOCUMENT, GOLDEN, certificate, publish_sample
from ..pmml import data_field, linear, mining_field
from . import bridge
from .outcomes import outcome

pytestmark = bridge.needs_maven
ENGINES = tuple(bridge.MODULES)


@pytest.fixture(scope="module", autouse=True)
def built() -> str:
    """The bridge, built and tested by Maven; what Maven printed."""
    return bridge.built()


def test_maven_ran_tests_and_all_passed(built: str) -> None:
    counts = re.findall(r"Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0$", built, re.M)
    assert sum(map(int, counts)) >= 18


def test_whoever_takes_the_core_takes_no_json_library_and_no_engine(built: str) -> None:
    command = {path.name for path in (bridge.BRIDGE / "pmml-bridge-cli/target/lib").iterdir()}
    assert not [name for name in command if re.match("jackson|pmml-(?!bridge-core)|pmml4s", name)]
    agpl = {path.name for path in (bridge.BRIDGE / "pmml-bridge-pmml4s/target/lib").iterdir()}
    assert not [name for name in agpl if "evaluator" in name or "pmml-model" in name]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_version_is_proven_and_scores_the_same(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "loans.pmml"
    path.write_bytes(DOCUMENT)
    scorer = pp.load(path, engine=engine)
    publish_document(tmp_path, "loans", DOCUMENT, GOLDEN, certificate([engine]))
    done = bridge.run("verify", tmp_path, engines=[engine])
    assert done.stdout == f"loans 1: proven on {engine}, to 10 decimals\n", done.stderr
    assert done.returncode == 0
    records = [row["input"] for row in GOLDEN] + [
        {"age": "29.999999999999996", "home": "rent", "note": "x"},
        {"age": 30, "home": "own"},
        {"age": float("nan")},
        {"age": -1, "home": "boat", "x": 1},
        {"age": True},
        {},
    ]
    assert bridge.scored(tmp_path, "loans", records, engine) == [
        outcome(scorer, record) for record in records
    ]


def test_bench_measures_one_thread_and_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # JMH admits one measurement at a time on a machine, which only matters for what it measures.
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "-Djmh.ignoreLock=true")
    publish_document(tmp_path, "loans", DOCUMENT, GOLDEN, certificate(["pypmml"]))
    options = ("--threads", "2", "--seconds", "1", "--forks", "1")
    done = bridge.run("bench", tmp_path, "loans", *options, engines=["pypmml"])
    assert done.returncode == 0, done.stderr
    # What Java says of its options is passed over.
    first, head, *rows = (x for x in done.stdout.splitlines() if not x.startswith("NOTE:"))
    assert first == "loans 1 on pypmml"
    assert head.split()[-4:] == ["p50", "p90", "p99", "p99.9"]
    assert [row.split()[0] for row in rows] == ["1", "2"]
    assert all(float(cell) > 0 for row in rows for cell in row.split())
    unknown = bridge.run("bench", tmp_path, "other", engines=["pypmml"])
    assert unknown.returncode == 1
    assert "error (not_a_version): " in unknown.stderr


def test_csv_is_scored_as_by_python(tmp_path: Path) -> None:
    publish_sample(tmp_path)
    text = """\ufeffhome,note,age
rent,"a, ""b""
c",20
own,,40

boat,x,
,x,1e1
"""
    path = tmp_path / "records.CSV"
    path.write_text(text, encoding="utf-8")
    done = bridge.run("score", tmp_path, "loans", "--input", path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    scorer = pp.load(tmp_path / "loans", engine="jpmml")
    with path.open(newline="", encoding="utf-8-sig") as file:
        for record, row in zip(csv.DictReader(file), rows, strict=True):
            try:
                expected = scorer.score({k: v or None for k, v in record.items()})
                found = {**row, "p_no": float(row["p_no"]), "p_yes": float(row["p_yes"])}
                assert found == {**expected, "errors": ""}
            except DataError:
                assert row["errors"].startswith("数据错误 (data error): age: missing")
                assert "home: unseen level 'boat'" in row["errors"]
                assert row["label"] == ""
    for wrong, said in (
        ("", "there is no heading line"),
        ("age,age\n1,2\n", "two columns have the same name"),
        ("age,home\n1\n", "line 2 has 1 cells, and the heading 2"),
    ):
        done = bridge.run("score", tmp_path, "loans", "--form", "csv", data=wrong)
        assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"error: {said}")
    done = bridge.run("score", tmp_path, "loans", data='{"age": 20}\n\n{"age"\n')
    assert done.returncode == 1
    assert "error: line 3 is not JSON: " in done.stderr


def test_results_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    publish_sample(tmp_path)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            ["java", "-cp", bridge.class_path("jpmml"), bridge.MAIN, "score", tmp_path, "loans"],
            input='{"age": 20}\n' * 5_000,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "error: the results cannot be written" in done.stderr


def test_what_is_handed_over_runs_as_it_is(tmp_path: Path) -> None:
    """The project's own test, and its jar on a class path, with the bridge that was installed."""
    done = hand_off(publish_sample(tmp_path / "store"), tmp_path / "java", jar=True)
    ran = bridge.maven(done.folder, "test")
    assert ran.returncode == 0, ran.stdout[-4_000:]
    assert "Tests run: 2, Failures: 0, Errors: 0, Skipped: 0" in ran.stdout
    golden = done.folder / "artifacts" / "loans" / "1" / "golden.jsonl"
    golden.write_bytes(golden.read_bytes().replace(b"0.6", b"0.7"))
    ran = bridge.maven(done.folder, "test")
    assert ran.returncode != 0
    assert "golden.jsonl has another SHA-256" in ran.stdout


def test_an_engine_that_is_not_certified_is_refused(tmp_path: Path) -> None:
    publish_sample(tmp_path, proof=certificate(["pypmml"]))
    done = bridge.run("verify", tmp_path, "--engine", "jpmml", engines=ENGINES)
    assert done.returncode == 1
    assert "refused (not_certified)" in done.stdout
    assert "jpmml is not certified (3 of 1000 held-out rows differ)" in done.stdout
    assert bridge.run("verify", tmp_path, engines=ENGINES).stdout.startswith(
        "loans 1: proven on pypmml"
    )
    done = bridge.run("score", tmp_path, "loans", engines=["jpmml"])
    assert done.returncode == 1
    assert "add the artifact pmml-bridge-pmml4s" in done.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A store, and its address at a server of files."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_store_behind_a_server_is_mirrored_to_the_cache_of_python(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = served
    cache = tmp_path / "cache"
    monkeypatch.setenv("PMML_PIPELINE_CACHE", str(cache))
    publish_sample(folder)
    publish_sample(folder)
    (folder / "loans" / "3").mkdir()  # not finished
    done = bridge.run("verify", address)
    assert done.stdout.splitlines() == [
        "loans 1: proven on jpmml, to 10 decimals",
        "loans 2: proven on jpmml, to 10 decimals",
    ], done.stderr
    mirrored = sorted(path.parent for path in cache.glob("versions/*/loans/*/manifest.json"))
    assert len(mirrored) == 2
    assert not list((cache / "partial").iterdir())
    assert pp.load(f"file://{folder}/loans", engine="jpmml").score({"age": 20})["label"] == "no"
    assert sorted(p.parent for p in cache.glob("versions/*/*/*/manifest.json")) == mirrored
    # What is damaged in the cache is fetched again; what is damaged at the server is refused.
    for path in mirrored:
        (path / "model.pmml").chmod(0o644)
        (path / "model.pmml").write_bytes(b"<PMML/>")
    assert bridge.run("score", address, "loans").returncode == 0
    for path in mirrored:
        (path / "golden.jsonl").unlink()
    (folder / "loans" / "2" / "golden.jsonl").write_bytes(b"{}")
    done = bridge.run("score", address, "loans", "--model-version", "2")
    assert done.returncode == 1
    assert "error (checksum): " in done.stderr
    assert "golden.jsonl at http" in done.stderr
    assert "is not the file that its manifest describes" in done.stderr


def test_a_manifest_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = publish_sample(tmp_path).root / "manifest.json"
    text = path.read_bytes()
    assert bridge.run("verify", tmp_path).returncode == 0
    changed = text.replace(b'"required": true', b'"required": false')
    assert changed != text
    for other in (changed, text.replace(b'"format": 1', b'"format":  1')):
        path.write_bytes(other)
        done = bridge.run("verify", tmp_path)
        assert done.returncode == 1
        assert "manifest.json was changed after it was published" in done.stderr + done.stdout
    path.write_bytes(text.rstrip() + b"\n\n")  # what editors add without being asked
    assert bridge.run("verify", tmp_path).returncode == 0


def test_a_server_that_is_not_there_is_named() -> None:
    done = bridge.run("verify", "http://user:secret@127.0.0.1:9/")
    assert done.returncode == 1
    assert "error (store): cannot read http://127.0.0.1:9/" in done.stderr
    assert "secret" not in done.stderr


# --- the checks of inputs --------------------------------------------------------------------

FIELDS = (
    data_field("x")
    + data_field("limited", intervals=[("openClosed", 0, 10), ("closedOpen", 20, None)])
    + data_field("single", "float", intervals=[("closedClosed", 0.1, 4.4)])
    + data_field("whole", "integer")
    + data_field("code", "integer", "categorical", ["1", "2", "70000000000"])
    + data_field("flag", "boolean", "categorical")
    + data_field("word", "string", "categorical", ["a", "b", "其他", ""])
    + data_field("free", "string", "categorical")
    + data_field("day", "date", "ordinal")
    + data_field("clock", "time", "ordinal")
    + data_field("moment", "dateTime", "ordinal")
    + data_field("days", "dateDaysSince[1970]")
)
NAMES = re.findall('<DataField name="([a-z]+)"', FIELDS)
VALUES: list[Any] = [
    *(None, float("nan"), float("inf"), -float("inf"), 0, -0.0, 1, 2, 10, 19.999, 20, 1e308, 1.5),
    *(0.1, 0.10000000149011612, 4.4, 4.400000095367432, 4.4000006, 1e-320, True, False),
    *(2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) + 1, 10**30, 70000000000, 1e18, 1e19),
    *("", " ", "a", "b", "其他", "A", "😀", "\ud83d", "true", "TRUE", "False", "t", "1", "1.0"),
    *("1.5", "1e3", "1_000", "1,5", "0x10", "1d", "1f", "inf", "-Infinity", "nan", "NaN", " 1 "),
    *(".5", "5.", ".", "e5", "+3", "--3", "٣", "1e400", "-1e-400", "9007199254740993", "1\x00"),
    *("9223372036854775807", "9223372036854775808", "9007199254740993.0", "9007199254740993.5"),
    *("2012-02-13", "2012-2-13", "2012-02-30", "2012-02-13T08:18:05", "2012-02-13 08:18"),
    *("2012-02-13T08:18:05.123456", "2012-02-13T08:18:05.5", "2012-02-13T00:00:00"),
    *("2012-02-13T08:18:05Z", "2012-02-13T08:18:05+01:00", "08:18:05", "08:18", "24:00", "25:00"),
    *("falſe", "\x1c1", "2012-02-13T 08:18", "2012-02-1308:18"),
    *("08:18:05.250", "8:18:05", "08:18:05Z", "today", "15383", "15383.0"),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_inputs_are_checked_as_in_python(engine: str, tmp_path: Path) -> None:
    schema = "".join(mining_field(name) for name in NAMES)
    path = tmp_path / "document.pmml"
    path.write_bytes(linear(FIELDS, schema, {"x": 2.0}, intercept=1.0))
    scorer = pp.load(path, engine=engine)
    assert [f.name for f in scorer.inputs] == NAMES
    golden = [{"input": {"x": 1}, "output": {"y": 3.0}}]
    store = tmp_path / "store"
    publish_document(store, "checks", path.read_bytes(), golden, certificate([engine]))
    records = [{"x": 1, name: value} for name in NAMES for value in VALUES]
    found = bridge.scored(store, "checks", records, engine)
    differences = []
    refused = 0
    for record, java in zip(records, found, strict=True):
        python = outcome(scorer, record)
        refused += "errors" in python
        if not (python.keys() == java.keys() and python == java):
            differences.append((record, python, java))
    assert not differences, "\n".join(map(str, differences[:20]))
    assert len(records) // 4 < refused < len(records)


# --- recorded documents ----------------------------------------------------------------------


@pytest.mark.conformance
@pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the recorded documents are not here: no folder {FOLDER}"
)
@pytest.mark.parametrize(("engine", "least"), [("jpmml", 173), ("pypmml", 84)])
def test_recorded_documents_come_out_as_in_python(engine: str, least: int, tmp_path: Path) -> None:
    """Every row's result in Python is a golden row for Java.

    JPMML-Evaluator is of the same version in both, and 0 is the tolerance; of PMML4S Python has a
    newer one, whose last bits differ in some documents.
    """
    column = {"jpmml": "jpmml_evaluator_at_1e-10", "pypmml": "pypmml_at_1e-10"}[engine]
    with (FOLDER / "index.csv").open(newline="") as file:
        known = [r["document"] for r in csv.DictReader(file) if r[column].startswith("agrees")]
    for name in known:
        _publish_recorded(tmp_path, name, engine)
    done = bridge.run("verify", tmp_path, "--engine", engine, engines=[engine])
    lines = done.stdout.splitlines()
    refused = [line for line in lines if "refused" in line]
    assert not refused, "\n".join(refused)
    assert len(lines) == len(known) >= least


def _publish_recorded(store: Path, name: str, engine: str) -> None:
    path = FOLDER / "pmml" / f"{name}.pmml"
    scorer = Scorer(path, read(path, trees=False), engine, extra_fields="ignore")
    table = table_of(FOLDER / "input" / documents()[name])
    names = {field.name for field in scorer.inputs}
    table = {field: cells for field, cells in table.items() if field in names}
    rows = len(next(iter(table.values())))
    columns, errors = scorer.score_columns(table, rows)
    golden = []
    for row in range(rows):
        record = {field: cells[row] for field, cells in table.items()}
        if row in errors:
            golden.append({"input": record, "error": errors[row].cause})
            continue
        found = [column[row] for column in columns]
        values = [v.item() if hasattr(v, "item") else v for v in found]
        plain = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
        outputs = {o.name: v for o, v in zip(scorer.outputs, plain, strict=True)}
        golden.append({"input": record, "output": outputs})
    tolerance = 0.0 if engine == "jpmml" else 1e-10
    publish_document(store, name, path.read_bytes(), golden, certificate([engine], tolerance))

"""``engine="jpmml"`` in a process of its own."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError, EngineUnavailableError

from .. import pmml
from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN
from ..serving.services import Service, started
from . import bridge
from .test_bridge import FIELDS, NAMES, VALUES

pytestmark = bridge.needs_maven
HOMES = ("rent", "own", None)
ALL = ("compiled", "pypmml", "jpmml")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classification, and a model with an input of every type."""
    folder = tmp_path_factory.mktemp("store")
    publish_document(folder, "loans", DOCUMENT, GOLDEN, certificate(ALL))
    schema = "".join(pmml.mining_field(name) for name in NAMES)
    document = pmml.linear(FIELDS, schema, {"x": 2.0}, intercept=1.0)
    golden = [{"input": {"x": 1}, "output": {"y": 3.0}}]
    publish_document(folder, "checks", document, golden, certificate(["jpmml"]))
    return folder


@pytest.fixture(scope="module")
def service(store: Path) -> Iterator[Service]:
    """A server of the store."""
    with started("java", store) as running:
        yield running


@pytest.fixture(scope="module")
def address(service: Service) -> str:
    """Where it is."""
    return f"http://127.0.0.1:{service.port}"


def said(scorer: pp.Scorer, record: dict[str, Any]) -> Any:
    """The score of a record, or what is wrong with it."""
    try:
        return scorer.score(record)
    except DataError as error:
        return [(f.field, f.code, f.expected) for f in error.fields]


def test_records_come_out_as_in_this_process(store: Path, address: str) -> None:
    here = pp.load(store / "checks", engine="jpmml")
    there = pp.load(store / "checks", engine="jpmml", bridge=address)
    assert there.engine == "jpmml"
    assert there.bridge == address
    # A field at a time would be as many requests as values.
    records = [{"x": 1, **dict.fromkeys(NAMES[1:], value), "limited": 5} for value in VALUES]
    records += [{"x": value} for value in VALUES]
    records += [{"x": 1, name: value} for name in NAMES[-5:] for value in VALUES[-30:]]
    for record in records:
        assert said(there, record) == said(here, record), record


def test_tables_come_out_as_in_this_process(store: Path, address: str) -> None:
    here = pp.load(store / "loans", engine="jpmml")
    there = pp.load(store / "loans", bridge=address)
    rows = 5_003  # more than a request takes
    frame = pd.DataFrame(
        {
            "age": [math.nan if i % 13 == 0 else i % 130 for i in range(rows)],
            "home": ["boat" if i % 97 == 0 else HOMES[i % 3] for i in range(rows)],
        }
    )
    expected = here.score_frame(frame)
    assert 100 < expected["errors"].notna().sum() < rows
    pd.testing.assert_frame_equal(there.score_frame(frame), expected, check_exact=True)
    assert there.score_frame(frame[:0]).shape == (0, 4)
    # An input of every type, in columns.
    here = pp.load(store / "checks", engine="jpmml")
    there = pp.load(store / "checks", engine="jpmml", bridge=address)
    table = {
        "x": [1.5, None, 1e300, math.inf],
        "whole": [1, None, 2**53 - 1, -5],
        "flag": [True, None, False, True],
        "word": ["a", None, "其他", ""],
        "day": ["2012-02-13", None, "1969-12-31", "2012-02-14"],
        "days": [0, None, 15383, -1],
    }
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in table.items()})
    pd.testing.assert_frame_equal(there.score_frame(frame), here.score_frame(frame))


def test_no_java_is_in_this_process(store: Path, address: str) -> None:
    code = f"""
import sys, json, pmml_pipeline as pp
scorer = pp.load({str(store / "loans")!r}, engine="jpmml", bridge={address!r})
print(json.dumps(scorer.score({{"age": 20}})), "jpype" in sys.modules, "py4j" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    expected = {"label": "no", "p_no": 2 / 3, "p_yes": 1 / 3}
    assert done.stdout == f"{json.dumps(expected)} False False\n", done.stderr


def test_threads_share_a_scorer(store: Path, address: str) -> None:
    scorer = pp.load(store / "loans", engine="jpmml", bridge=address)
    found: list[Any] = []

    def call() -> None:
        found.append([scorer.score({"age": age})["p_no"] for age in (20, 40) * 20])

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[2 / 3, 1 / 7] * 20] * 8


def test_another_document_or_engine_is_refused(store: Path, address: str, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="has the engine 'jpmml', not 'pypmml'"):
        pp.load(store / "loans", engine="pypmml", bridge=address)
    other = DOCUMENT.replace(b'"no" recordCount="2"', b'"no" recordCount="5"')
    golden = [{"input": {"age": 20}, "output": {"label": "no"}}]
    publish_document(tmp_path, "loans", other + b" ", golden, certificate(ALL))
    with pytest.raises(EngineUnavailableError, match="has another document"):
        pp.load(tmp_path / "loans", engine="jpmml", bridge=address)
    publish_document(tmp_path, "loans", DOCUMENT, GOLDEN, certificate(ALL))
    with pytest.raises(EngineUnavailableError, match="Servable not found"):
        pp.load(tmp_path / "loans", engine="jpmml", bridge=address)
    (tmp_path / "a.pmml").write_bytes(DOCUMENT)
    with pytest.raises(ValueError, match="published versions"):
        pp.load(tmp_path / "a.pmml", engine="jpmml", bridge=address)
    for wrong in ("127.0.0.1", "ftp://x/", "http://"):
        with pytest.raises(ValueError, match="is no address"):
            pp.load(store / "loans", engine="jpmml", bridge=wrong)


def test_a_server_that_comes_back_with_another_document_is_refused(
    store: Path, tmp_path: Path
) -> None:
    other = DOCUMENT.replace(b'recordCount="2"', b'recordCount="5"')
    golden = [{"input": {"age": 20}, "output": {"label": "no"}}]
    publish_document(tmp_path, "loans", other, golden, certificate(ALL))
    with started("java", store) as first:
        port = first.port
        scorer = pp.load(store / "loans", bridge=f"http://127.0.0.1:{port}")
        assert scorer.score({"age": 20})["p_no"] == 2 / 3
    with started("java", tmp_path, "--port", str(port)):
        for record in ({"age": 20}, {"age": 20, "home": "own"}):
            with pytest.raises(EngineUnavailableError, match="has another document"):
                scorer.score(record)
        with pytest.raises(EngineUnavailableError, match="has another document"):
            scorer.score_frame(pd.DataFrame([{"age": 20, "home": "own"}]))


def test_a_wide_table_goes_in_as_many_requests_as_it_takes(tmp_path: Path) -> None:
    names = [f"f{i}" for i in range(300)]
    text = pmml.data_field("t", "string", "categorical")
    document = pmml.linear(
        "".join(map(pmml.data_field, names)) + text,
        "".join(map(pmml.mining_field, names)) + pmml.mining_field("t"),
        dict.fromkeys(names, 1.0),
    )
    golden = [{"input": {**dict.fromkeys(names, 1), "t": "a"}, "output": {"y": 300.0}}]
    publish_document(tmp_path, "wide", document, golden, certificate(["jpmml"]))
    rows = 700
    frame = pd.DataFrame({name: [1 / 3] * rows for name in names})
    frame["t"] = ["x" * 60_000] * rows  # 42 MB of JSON
    with started("java", tmp_path) as service:
        scorer = pp.load(tmp_path / "wide", bridge=f"http://127.0.0.1:{service.port}")
        found = scorer.score_frame(frame)
    assert found["errors"].isna().all()
    assert found["y"].nunique() == 1


def test_a_server_that_ends_is_an_error_and_a_new_one_goes_on(store: Path) -> None:
    with started("java", store) as first:
        port = first.port
        scorer = pp.load(store / "loans", bridge=f"http://127.0.0.1:{port}")
        assert scorer.score({"age": 20})["label"] == "no"
    with pytest.raises(EngineUnavailableError, match="does not answer"):
        scorer.score({"age": 20})
    with started("java", store, "--port", str(port)):
        assert scorer.score({"age": 20})["label"] == "no"

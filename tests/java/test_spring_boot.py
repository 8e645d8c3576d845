"""The Spring Boot example, packed and started as a Java team would."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN
from . import bridge

pytestmark = bridge.needs_maven
STARTED = re.compile(r"Tomcat started on port (\d+)")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model."""
    folder = tmp_path_factory.mktemp("store")
    publish_document(folder, "loans", DOCUMENT, GOLDEN, certificate(["compiled", "pypmml"]))
    return folder


@pytest.fixture(scope="module")
def port(store: Path) -> Iterator[int]:
    """The running service."""
    bridge.built()
    with bridge.building():
        # The bridge is taken from where it was installed, as a service elsewhere would.
        done = bridge.maven(bridge.BRIDGE, "-Pexamples", "-pl", "spring-boot-example", "package")
    assert done.returncode == 0, done.stdout[-8_000:]
    (jar,) = (bridge.BRIDGE / "spring-boot-example" / "target").glob("spring-boot-example-*.jar")
    options = ("--server.port=0", f"--scoring.artifacts={store}")
    process = subprocess.Popen(
        ["java", "-Xmx512m", "-jar", str(jar), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines, found = [], None
        assert process.stdout is not None
        end = time.monotonic() + 120
        while found is None and time.monotonic() < end:
            lines.append(process.stdout.readline())
            found = STARTED.search(lines[-1])
            assert lines[-1], "".join(lines)
        assert found is not None
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate(timeout=30)


def post(port: int, path: str, body: object) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    found = response.status, json.loads(response.read())
    connection.close()
    return found


def test_it_scores_and_says_by_which_version(port: int) -> None:
    for row in GOLDEN:
        status, answer = post(port, "/score/loans", row["input"])
        if "error" in row:
            assert status == 400
            assert answer["detail"].startswith("数据错误 (data error): age: missing")
            (field,) = answer["fields"]
            assert (field["field"], field["code"]) == ("age", "missing")
        else:
            assert (status, answer["model"], answer["version"]) == (200, "loans", 1)
            found = answer["score"]
            assert {name: found[name] for name in row["output"]} == row["output"]


def test_what_is_not_there_is_not_found(port: int) -> None:
    status, answer = post(port, "/score/nobody", {})
    assert status == 404
    assert "choose one of loans" in answer["detail"]


def test_it_follows_the_store(port: int, store: Path) -> None:
    publish_document(store, "loans", DOCUMENT, GOLDEN, certificate(["compiled", "pypmml"]))
    end = time.monotonic() + 30
    while post(port, "/score/loans", {"age": 20})[1]["version"] != 2:
        assert time.monotonic() < end
        time.sleep(0.1)

"""Versions that come, go, and are bad, while a service answers."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from ..manifests import unsealed
from .services import EACH, Service, started
from .times import publish

RELOADS = 20


def newest(service: Service, version: int) -> None:
    """Waits until a version scores."""
    service.until(
        "/v1/models/times/metadata",
        lambda a: a.status == 200 and a.body["model_spec"]["version"] == str(version),
    )


@pytest.fixture(params=EACH)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """Each service in turn, with one version."""
    publish(tmp_path, 1)
    with started(request.param, tmp_path) as running:
        yield running


def test_no_request_fails_or_mixes_versions_while_new_ones_come(
    service: Service, tmp_path: Path
) -> None:
    stop = threading.Event()
    faults: list[object] = []
    counts: list[int] = []

    def caller() -> None:
        connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
        last, count = 0, 0
        while not stop.is_set():
            body = json.dumps({"instances": [{"x": 1}, {"x": 2}, {"x": 3}]})
            connection.request("POST", "/v1/models/times:predict", body)
            response = connection.getresponse()
            found = json.loads(response.read())
            try:
                factor = found["predictions"][0]["y"]
                wanted = [{"y": factor * x, "again": factor * x} for x in (1, 2, 3)]
                if response.status != 200 or found["predictions"] != wanted or factor < last:
                    faults.append((last, found))
                last = factor
            except (KeyError, IndexError):
                faults.append(found)
            count += 1
        counts.append(count)
        connection.close()

    callers = [threading.Thread(target=caller) for _ in range(3)]
    for thread in callers:
        thread.start()
    try:
        for version in range(2, RELOADS + 2):
            publish(tmp_path, version)
            newest(service, version)
    finally:
        stop.set()
        for thread in callers:
            thread.join()
    assert not faults, faults[:5]
    assert min(counts) > RELOADS


def test_a_bad_version_changes_nothing(service: Service, tmp_path: Path) -> None:
    publish(tmp_path, 2)
    newest(service, 2)
    publish(tmp_path, 3, golden=4)  # 3: a golden row that does not come out
    folder = tmp_path / "times"

    def copied(version: int) -> Path:
        """A copy of version 2 that is not there yet; a look may come at any moment."""
        copy = shutil.copytree(folder / "2", tmp_path / f".{version}")
        manifest = unsealed(copy / "manifest.json") | {"version": version}
        (copy / "manifest.json").write_text(json.dumps(manifest))
        return copy

    corrupt, half, none, changed = copied(4), copied(5), copied(6), copied(7)
    (corrupt / "model.pmml").write_bytes(b"<PMML/>")
    (half / "manifest.json").unlink()
    (none / "manifest.json").write_text("{")
    said = (folder / "2" / "manifest.json").read_bytes()
    (changed / "manifest.json").write_bytes(said.replace(b'"version": 2', b'"version": 7'))
    for version, copy in ((4, corrupt), (5, half), (6, none), (7, changed)):
        copy.rename(folder / str(version))

    def ended(version: int) -> str:
        def state(answer: object) -> bool:
            return any(
                s["version"] == str(version) and s["state"] == "END"
                for s in answer.body["model_version_status"]  # type: ignore[attr-defined]
            )

        answer = service.until("/v1/models/times", state)
        return next(
            s["status"]["error_message"]
            for s in answer.body["model_version_status"]
            if s["version"] == str(version)
        )

    assert "was changed after it was published" in ended(7)
    shutil.rmtree(folder / "7")
    assert "is not JSON" in ended(6)
    (folder / "6" / "manifest.json").unlink()
    assert "model.pmml has 7 bytes instead of" in ended(4)
    (folder / "4" / "manifest.json").unlink()
    assert "golden rows" in ended(3)
    answer = service.post("/v1/models/times:predict", {"instances": [1]})
    assert answer.body == {"predictions": [{"y": 2.0, "again": 2.0}]}
    # Repaired by another one.
    shutil.rmtree(folder / "5")
    publish(tmp_path, 7)
    service.until(
        "/v1/models/times", lambda a: a.body["model_version_status"][0]["state"] == "AVAILABLE"
    )
    answer = service.post("/v1/models/times:predict", {"instances": [1]})
    assert answer.body == {"predictions": [{"y": 7.0, "again": 7.0}]}


def test_a_store_that_vanishes_takes_nothing_away(service: Service, tmp_path: Path) -> None:
    shutil.move(tmp_path / "times", tmp_path / ".gone")
    (tmp_path / ".gone" / "1" / "model.pmml").unlink()
    body = {"instances": [3]}
    for _ in range(5):
        assert service.post("/v1/models/times:predict", body).body["predictions"][0]["y"] == 3.0
        service.get("/v1/models")
    shutil.rmtree(tmp_path)
    assert service.post("/v1/models/times:predict", body).body["predictions"][0]["y"] == 3.0


def test_labels_move_and_a_rollback_is_followed(service: Service, tmp_path: Path) -> None:
    publish(tmp_path, 2)
    newest(service, 2)
    serving = tmp_path / "times" / "serving.json"
    serving.write_text('{"format": 1, "policy": {"specific": [1]}, "labels": {"canary": 2}}')
    newest(service, 1)
    body = {"instances": [3]}
    found = service.post("/v1/models/times/labels/canary:predict", body).body
    assert found["predictions"][0]["y"] == 6.0
    assert service.post("/v1/models/times:predict", body).body["predictions"][0]["y"] == 3.0


def test_requests_that_are_there_are_answered_before_the_end(
    service: Service, tmp_path: Path
) -> None:
    connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
    body = b'{"instances": [3]}'
    connection.putrequest("POST", "/v1/models/times:predict")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:5])
    service.get("/v1/models")  # so that the other one has been taken
    service.process.terminate()
    connection.send(body[5:])
    response = connection.getresponse()
    assert json.loads(response.read())["predictions"][0]["y"] == 3.0
    assert service.process.wait(20) in (0, 143, -15)  # as each platform says "ended by SIGTERM"

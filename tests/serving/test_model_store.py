"""The live models of a store, inside a process."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmml_pipeline.errors import (
    ChecksumError,
    GoldenRowError,
    LabelError,
    ModelNameError,
    NotAVersionError,
    ServingError,
    StoreError,
)
from pmml_pipeline.serving import ModelStore, State
from pmml_pipeline.store.serving import Serving, change_serving

from .times import publish

POLL = 0.02


def until(expected: Any, found: Callable[[], Any]) -> None:
    """Waits until it is so."""
    end = time.monotonic() + 10
    while found() != expected and time.monotonic() < end:
        time.sleep(0.005)
    assert found() == expected


def states(store: ModelStore, model: str = "times") -> str:
    """The states in short: ``1A 2E latest 1 {}``."""
    live = store.live.get(model)
    if live is None:
        return ""
    try:
        latest: Any = live.latest().artifact.manifest.version  # type: ignore[union-attr]
    except NotAVersionError:
        latest = None
    told = " ".join(f"{s.version}{s.state[0]}" for s in live.statuses)
    return f"{told} latest {latest} {dict(live.labels)}"


@pytest.fixture
def five(tmp_path: Path) -> Path:
    """A store with five versions of a model."""
    for factor in range(1, 6):
        publish(tmp_path, factor)
    return tmp_path


def test_the_newest_version_scores_and_is_followed(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with ModelStore(tmp_path, poll=POLL) as store:
        times = store.latest("times")
        assert times.score({"x": 3}) == {"y": 3.0, "again": 3.0}
        before = times.current
        publish(tmp_path, 2)
        until(6.0, lambda: times.score({"x": 3})["y"])
        assert before.score({"x": 3})["y"] == 3.0
        assert store.version("times", 1).score({"x": 3})["y"] == 3.0
        shutil.rmtree(tmp_path / "times" / "2")  # whoever removes the newest goes back
        until(3.0, lambda: times.score({"x": 3})["y"])
    assert times.score({"x": 3})["y"] == 3.0
    with pytest.raises(StoreError, match="closed"):
        store.latest("times")
    assert not [t for t in threading.enumerate() if t.name == "pmml-pipeline watcher"]


def test_the_policy_says_what_is_loaded(five: Path) -> None:
    with ModelStore(five, poll=POLL, everything=True) as store:
        until("5A latest 5 {}", lambda: states(store))
        until(True, lambda: store.ready)
        change_serving(five / "times", policy=Serving(2))
        until("4A 5A latest 5 {}", lambda: states(store))
        change_serving(five / "times", policy=Serving(None, (2, 3)))
        until("2A 3A 4E 5E latest 3 {}", lambda: states(store))
        change_serving(five / "times", policy=Serving(None))
        until("1A 2A 3A 4A 5A latest 5 {}", lambda: states(store))
        publish(five, 7, model="other")
        until("1A latest 1 {}", lambda: states(store, "other"))


def test_a_version_that_is_refused_changes_nothing(five: Path) -> None:
    change_serving(five / "times", policy=Serving(2))
    with ModelStore(five, poll=POLL, everything=True) as store:
        until("4A 5A latest 5 {}", lambda: states(store))
        publish(five, 6, golden=7)
        until("4A 5A 6E latest 5 {}", lambda: states(store))
        refused = store.live["times"].statuses[-1]
        assert (refused.state, refused.code) == (State.END, "golden_row")
        assert "golden" in str(refused.message)
        publish(five, 7)
        until("4E 5A 6E 7A latest 7 {}", lambda: states(store))
        change_serving(five / "times", policy=Serving(None, (6,)))
        time.sleep(5 * POLL)
        assert states(store) == "4E 5E 6E 7A latest 7 {}"
        shutil.rmtree(five / "times" / "6")  # now nothing that is to be served is there
        time.sleep(5 * POLL)
        assert states(store).endswith("7A latest 7 {}")


def test_a_label_moves_once_its_version_is_loaded(five: Path) -> None:
    change_serving(five / "times", policy=Serving(None, (3,)), labels={"canary": 5, "old": 1})
    with ModelStore(five, poll=POLL) as store:
        canary = store.labelled("times", "canary")
        # What is loaded for its label only is a trial, and never what others get.
        until("1A 3A 5A latest 3 {'canary': 5, 'old': 1}", lambda: states(store))
        assert canary.score({"x": 1})["y"] == 5.0
        publish(five, 6, golden=7)
        change_serving(five / "times", labels={"canary": 6, "old": None})
        until("1E 3A 5A 6E latest 3 {'canary': 5}", lambda: states(store))
        change_serving(five / "times", labels={"canary": 2})
        until(2.0, lambda: canary.score({"x": 1})["y"])
        change_serving(five / "times", labels={"canary": None})
        until({}, lambda: dict(store.live["times"].labels))
        with pytest.raises(LabelError):
            canary.score({"x": 1})


def test_a_start_with_a_bad_newest_version_takes_the_one_before(five: Path) -> None:
    publish(five, 6, golden=7)
    with ModelStore(five, poll=POLL) as store:
        assert store.latest("times").score({"x": 1})["y"] == 5.0
        assert states(store) == "5A 6E latest 5 {}"


def test_a_bad_version_is_tried_again_when_it_is_repaired(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    half = publish(tmp_path / "elsewhere", 1).parent / "2"
    publish(tmp_path / "elsewhere", 2)
    document = (half / "model.pmml").read_bytes()
    (half / "model.pmml").write_bytes(document[:-5])
    with ModelStore(tmp_path, poll=POLL) as store:
        times = store.latest("times")
        shutil.copytree(half, tmp_path / "times" / "2")
        until("1A 2E latest 1 {}", lambda: states(store))
        assert store.live["times"].statuses[-1].code == "checksum"
        (tmp_path / "times" / "2" / "model.pmml").write_bytes(document)
        until(2.0, lambda: times.score({"x": 1})["y"])


def test_a_store_that_vanishes_takes_nothing_away(tmp_path: Path) -> None:
    root = tmp_path / "store"
    publish(root, 1)
    with ModelStore(root, poll=POLL) as store:
        times = store.latest("times")
        shutil.rmtree(root)
        time.sleep(5 * POLL)
        assert times.score({"x": 3})["y"] == 3.0
        publish(root, 1)
        publish(root, 2)
        until(6.0, lambda: times.score({"x": 3})["y"])


def test_what_cannot_be_had_says_why(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no folder"):
        ModelStore(tmp_path / "nowhere")
    publish(tmp_path, 1, golden=2)
    with ModelStore(tmp_path, poll=POLL) as store:
        with pytest.raises(GoldenRowError):
            store.latest("times")
        with pytest.raises(NotAVersionError, match="choose among times"):
            store.latest("other")
        assert "other" not in store.live
        for name in ("../times", "", ".", "a/b", "a" * 200):
            with pytest.raises(ModelNameError):
                store.latest(name)
        (tmp_path / "times" / "1" / "model.pmml").write_bytes(b"")
        with pytest.raises(ChecksumError):
            store.version("times", 1)
        publish(tmp_path, 2)
        until("1E 2A latest 2 {}", lambda: states(store))
        with pytest.raises(LabelError, match="no loaded version"):
            store.labelled("times", "canary")
    (tmp_path / "times" / "serving.json").write_text("{}")
    with ModelStore(tmp_path) as store, pytest.raises(ServingError):
        store.latest("times")
    (tmp_path / "times" / "serving.json").write_text('{"format": 1, "policy": {"specific": [9]}}')
    with ModelStore(tmp_path) as store, pytest.raises(ServingError, match="none of the versions 9"):
        store.latest("times")


def test_no_call_fails_or_mixes_versions_while_new_ones_come(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    stop = threading.Event()
    faults: list[Any] = []
    counts: list[int] = []
    with ModelStore(tmp_path, poll=0.001) as store:
        times = store.latest("times")

        def caller() -> None:
            last, count = 0.0, 0
            while not stop.is_set():
                try:
                    found = times.score({"x": 1})
                except Exception as error:  # noqa: BLE001 - is a fault, whatever it is
                    faults.append(error)
                    break
                if found["y"] != found["again"] or found["y"] < last:  # type: ignore[operator]
                    faults.append((last, found))
                last = found["y"]  # type: ignore[assignment]
                count += 1
            counts.append(count)

        callers = [threading.Thread(target=caller) for _ in range(4)]
        for thread in callers:
            thread.start()
        try:
            for version in range(2, 32):
                publish(tmp_path, version)
                until(float(version), lambda: times.score({"x": 1})["y"])
        finally:
            stop.set()
            for thread in callers:
                thread.join()
    assert not faults, faults[:3]
    assert min(counts) > 30

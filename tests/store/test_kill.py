"""A process that publishes is killed; what is left must be whole, and publishing must go on.

``PMML_PIPELINE_KILLS`` sets the number of kills at random moments. A second test kills before every
single line of the code that publishes.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from pmml_pipeline.store import files, lock, open_artifact, versions
from pmml_pipeline.store import publish as publishing
from pmml_pipeline.store.publish import publish

from .child import answer_of, child
from .sample import FILES, maker, publish_sample, staging_folders

KILLS = int(os.environ.get("PMML_PIPELINE_KILLS", "20"))

# Large enough for kills to land between and within the files.
LARGE = {**FILES, "model.pmml": b"<PMML/>" * 100_000, "parity.html": b"x" * 300_000}


def check_store(folder: Path, known: int = 0) -> list[int]:
    """No number is missing, and every visible version above the known ones is whole."""
    found = versions(folder)
    assert found == list(range(1, len(found) + 1))
    for entry in folder.iterdir():
        assert entry.name.startswith(".") or int(entry.name) in found, f"half a version: {entry}"
    for number in found[known:]:
        artifact = open_artifact(folder / str(number))
        assert artifact.manifest.version == number
        assert (artifact.root / "manifest.json").read_bytes() == artifact.manifest.to_bytes()
        assert not (artifact.root / ".alive").exists()
        artifact.verify()
    return found


def publish_for_ever(store: Path, ready: Connection) -> None:
    """What is killed below."""
    ready.send("go")
    while True:
        publish(store, "credit", LARGE, maker())


def test_kills_at_random_moments(tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    folder = tmp_path / "credit"
    interrupted = 0
    known: list[int] = []
    for _ in range(KILLS):
        with child(publish_for_ever, tmp_path) as (process, pipe):
            assert pipe.recv() == "go"
            time.sleep(chance.uniform(0, 0.1))
        assert process.exitcode == -signal.SIGKILL

        left = staging_folders(folder) if folder.exists() else []
        interrupted += bool(left)
        assert len(left) <= 1
        visible = check_store(folder, len(known)) if folder.exists() else []
        assert visible[: len(known)] == known, "a published version is gone"

        artifact = publish_sample(tmp_path)
        assert artifact.manifest.version == len(visible) + 1, "a number was lost"
        assert staging_folders(folder) == []
        known = check_store(folder, len(visible))
    check_store(folder)
    assert interrupted >= KILLS // 4, "hardly any kill met a publish under way"
    print(f"{KILLS} kills, {interrupted} within a publish, {len(known)} versions, all whole")


def publish_and_die(store: Path, before_line: int) -> None:
    """Publishes in this process, which is killed once it has run so many lines of the store."""
    left = before_line
    sources = {publishing.__file__, lock.__file__, files.__file__}

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in sources:
            return None
        if event == "line":
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
        return trace

    sys.settrace(trace)
    publish_sample(store)
    sys.settrace(None)


def kill_before_every_line(root: Path, report: Connection) -> None:
    """Forks a child per line; runs in a process of its own, since that one has no other threads."""
    assert threading.active_count() == 1
    killed = renamed = cleaned = 0
    while True:
        store = root / str(killed)
        forked = os.fork()
        if forked == 0:
            publish_and_die(store, killed)
            os._exit(0)
        _, status = os.waitpid(forked, 0)
        if os.WIFEXITED(status):
            break
        folder = store / "credit"
        before = check_store(folder) if folder.exists() else []
        left = staging_folders(folder) if folder.exists() else []
        assert len(before) + len(left) <= 1
        artifact = publish_sample(store)
        assert artifact.manifest.version == len(before) + 1
        assert staging_folders(folder) == []
        check_store(folder)
        killed += 1
        renamed += len(before)
        cleaned += len(left)
    report.send((os.WEXITSTATUS(status), killed, renamed, cleaned))


def test_killed_before_every_line(tmp_path: Path) -> None:
    status, killed, renamed, cleaned = answer_of(kill_before_every_line, tmp_path)
    print(f"killed before {killed} lines: {cleaned} left a staging folder, {renamed} a version")
    assert status == 0
    assert killed > 60
    assert cleaned > 30
    assert renamed >= 3
    assert killed > cleaned + renamed, "some die before anything is made"

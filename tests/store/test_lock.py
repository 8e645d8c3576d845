"""Locks end with their holder, and only then."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pmml_pipeline.errors import StoreError
from pmml_pipeline.store.lock import Lock, is_held

from .child import child


def hold(path: Path, report: Connection) -> None:
    """Takes the lock and keeps it until it is killed."""
    with Lock(path):
        report.send("held")
        report.recv()


def test_ends_when_the_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with child(hold, path) as (process, pipe):
        assert pipe.recv() == "held"
        assert is_held(path)
        with pytest.raises(StoreError, match=r"another process has held .* for 0\.05 s"):
            Lock(path, wait_s=0.05).__enter__()
        process.kill()
        process.join(20)
    assert not is_held(path)
    with Lock(path, wait_s=0):
        assert is_held(path)
    assert not is_held(path)


def test_is_given_back_although_a_forked_child_has_the_file_open(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    ours, theirs = os.pipe()
    lock = Lock(path).__enter__()
    forked = os.fork()
    if forked == 0:
        os.close(theirs)
        os.read(ours, 1)  # until the parent closes its end
        os._exit(0)
    lock.release()
    lock.release()
    held = is_held(path)
    os.close(theirs)
    os.close(ours)
    os.waitpid(forked, 0)
    assert not held


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "absent")
    (tmp_path / "file").write_text("")
    assert not is_held(tmp_path / "file" / "lock")

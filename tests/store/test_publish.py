"""Publishing: numbers, rights, errors, and several exports at once."""

from __future__ import annotations

import dataclasses
import os
import stat
import threading
from collections.abc import Mapping
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from pmml_pipeline.errors import ManifestError, ModelNameError, StoreError
from pmml_pipeline.store import Artifact, FileFact, Manifest, models, open_artifact, versions
from pmml_pipeline.store.publish import check_store, publish

from .child import SPAWN
from .sample import FILES, maker, publish_sample, staging_folders


def test_publishes_what_was_given(tmp_path: Path) -> None:
    source = tmp_path / "converted.pmml"
    source.write_bytes(b"<PMML/>" * 500_000)
    store = tmp_path / "deep" / "artifacts"

    artifact = publish_sample(store, files={**FILES, "model.pmml": source})

    assert artifact.root == store / "credit" / "1"
    assert artifact.document_path.read_bytes() == source.read_bytes()
    assert artifact.golden_path.read_bytes() == FILES["golden.jsonl"]
    assert artifact == open_artifact(store / "credit")
    assert sorted(p.name for p in artifact.root.iterdir()) == sorted([*FILES, "manifest.json"])
    artifact.verify()
    assert staging_folders(store / "credit") == []


def test_numbers_go_up_from_the_highest_folder(tmp_path: Path) -> None:
    folder = tmp_path / "credit"
    for name in ["7", "notes", ".staging", "08", "9" * 19, "-12"]:
        (folder / name).mkdir(parents=True)
    assert publish_sample(tmp_path).manifest.version == 8
    assert publish_sample(tmp_path).manifest.version == 9
    assert versions(folder) == [8, 9]  # 7 is an empty folder, so no version


def test_a_number_that_a_file_bears_is_taken(tmp_path: Path) -> None:
    (tmp_path / "credit").mkdir()
    (tmp_path / "credit" / "1").write_text("not a folder")
    assert publish_sample(tmp_path).manifest.version == 2


def test_no_number_left(tmp_path: Path) -> None:
    (tmp_path / "credit" / ("9" * 18)).mkdir(parents=True)
    with pytest.raises(StoreError, match="no number left"):
        publish_sample(tmp_path)
    assert staging_folders(tmp_path / "credit") == []


def test_a_number_taken_without_the_lock_is_not_overwritten(tmp_path: Path) -> None:
    """Somebody copies a folder into the store between the choice of the number and the rename."""
    asked: list[int] = []

    def make(version: int, files: Mapping[str, FileFact]) -> Manifest:
        asked.append(version)
        if version < 3:
            (tmp_path / "credit" / str(version)).mkdir()
            (tmp_path / "credit" / str(version) / "theirs").write_text("precious")
        return maker()(version, files)

    artifact = publish(tmp_path, "credit", FILES, make)

    assert asked == [1, 2, 3]
    assert artifact.manifest.version == 3
    artifact.verify()
    assert (tmp_path / "credit" / "1" / "theirs").read_text() == "precious"
    assert (tmp_path / "credit" / "2" / "theirs").read_text() == "precious"


@pytest.mark.parametrize(
    ("umask", "folder", "file"), [(0o022, 0o755, 0o644), (0o027, 0o750, 0o640)]
)
def test_readable_by_whom_the_umask_says(
    tmp_path: Path, umask: int, folder: int, file: int
) -> None:
    private = tmp_path / "private.pmml"
    private.write_bytes(b"<PMML/>")
    private.chmod(0o600)
    before = os.umask(umask)
    try:
        artifact = publish_sample(tmp_path / "store", files={**FILES, "model.pmml": private})
    finally:
        os.umask(before)
    assert stat.S_IMODE(artifact.root.stat().st_mode) == folder
    assert stat.S_IMODE(artifact.root.parent.stat().st_mode) == folder
    for path in artifact.root.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == file, path


def test_a_model_name_that_would_leave_the_store(tmp_path: Path) -> None:
    with pytest.raises(ModelNameError, match="slash"):
        publish(tmp_path / "store", "../x", FILES, maker())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["manifest.json", "../x", ".alive", "sub/model.pmml", ""])
def test_a_file_name_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="the file name"):
        publish_sample(tmp_path / "store", files={**FILES, name: b""})
    assert list(tmp_path.iterdir()) == []


def test_a_url_is_not_published_to() -> None:
    with pytest.raises(StoreError, match="cannot publish to s3://"):
        publish("s3://bucket/artifacts", "credit", FILES, maker())


def test_a_missing_source_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file") as caught:
        publish_sample(tmp_path, files={**FILES, "model.pmml": tmp_path / "absent.pmml"})
    assert "absent.pmml" in caught.value.cause
    assert staging_folders(tmp_path / "credit") == []
    assert models(tmp_path) == []


def test_a_store_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("")
    with pytest.raises(StoreError, match="cannot publish credit"):
        publish_sample(tmp_path / "artifacts")


@pytest.mark.parametrize(
    "changed", [{"version": 7}, {"model": "other"}, {"files": {}}, {"metrics": {"a": float("nan")}}]
)
def test_a_manifest_that_does_not_fit(tmp_path: Path, changed: dict[str, Any]) -> None:
    def make(version: int, files: Mapping[str, FileFact]) -> Manifest:
        return dataclasses.replace(maker()(version, files), **changed)

    with pytest.raises(ManifestError):
        publish(tmp_path, "credit", FILES, make)
    assert staging_folders(tmp_path / "credit") == []
    assert versions(tmp_path / "credit") == []


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
def test_an_error_of_the_caller_passes_and_leaves_nothing(
    tmp_path: Path, kind: type[BaseException]
) -> None:
    def make(version: int, files: Mapping[str, FileFact]) -> Manifest:
        raise kind

    with pytest.raises(kind):
        publish(tmp_path, "credit", FILES, make)
    assert staging_folders(tmp_path / "credit") == []
    assert publish_sample(tmp_path).manifest.version == 1


def test_removes_what_the_dead_left_and_leaves_the_living_alone(tmp_path: Path) -> None:
    folder = tmp_path / "credit"
    for name in [".staging-dead", ".staging-before-alive"]:
        (folder / name).mkdir(parents=True)
        (folder / name / "model.pmml").write_bytes(b"half")
    (folder / ".staging-dead" / ".alive").write_bytes(b"")
    seen: list[str] = []

    def make(version: int, files: Mapping[str, FileFact]) -> Manifest:
        seen.extend(staging_folders(folder))
        return maker()(version, files)

    waiting, go_on = threading.Event(), threading.Event()
    pipe = tmp_path / "slow.pmml"
    os.mkfifo(pipe)

    def write_slowly() -> None:
        with pipe.open("wb") as sink:
            sink.write(b"<PMML")
            sink.flush()
            waiting.set()
            go_on.wait(20)
            sink.write(b"/>")

    results: list[Artifact] = []
    writer = threading.Thread(target=write_slowly)
    slow = threading.Thread(
        target=lambda: results.append(publish_sample(tmp_path, files={**FILES, "model.pmml": pipe}))
    )
    writer.start()
    slow.start()
    assert waiting.wait(20)
    assert publish(tmp_path, "credit", FILES, make).manifest.version == 1
    assert len(seen) == 2, "its own and the slow one; the dead ones are gone"
    go_on.set()
    slow.join(20)
    writer.join(20)
    assert results[0].manifest.version == 2
    assert results[0].document_path.read_bytes() == b"<PMML/>"
    results[0].verify()


def publish_some(store: Path, count: int, start: Barrier) -> None:
    """What each of the processes below does."""
    start.wait(60)
    for _ in range(count):
        publish_sample(store)


def test_several_processes_at_once_get_consecutive_numbers(tmp_path: Path) -> None:
    start = SPAWN.Barrier(4)
    children = [SPAWN.Process(target=publish_some, args=(tmp_path, 6, start)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * 4
    assert versions(tmp_path / "credit") == list(range(1, 25))
    for number in versions(tmp_path / "credit"):
        artifact = open_artifact(tmp_path / "credit" / str(number))
        assert artifact.manifest.version == number
        artifact.verify()
    assert staging_folders(tmp_path / "credit") == []


def test_several_threads_at_once_get_consecutive_numbers(tmp_path: Path) -> None:
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.append(publish_sample(tmp_path).manifest.version))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(numbers) == list(range(1, 9))


def test_everything_is_on_the_disk_before_it_is_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut cannot be had in a test; the order of the calls that guard against it can."""
    events: list[str] = []
    fsync, rename = os.fsync, os.rename

    def recording_fsync(fd: int) -> None:
        path = Path(f"/proc/self/fd/{fd}").readlink()
        events.append("staging" if path.name.startswith(".staging-") else path.name)
        fsync(fd)

    def recording_rename(source: Path, target: Path) -> None:
        events.append("rename")
        rename(source, target)

    publish_sample(tmp_path)  # makes the folders, which is not the question here
    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(os, "rename", recording_rename)
    publish_sample(tmp_path)

    assert events == [*FILES, "manifest.json", "staging", "rename", "credit"]


def test_new_folders_are_on_the_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    fsync = os.fsync

    def recording_fsync(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink())
        fsync(fd)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    publish_sample(tmp_path / "a" / "b")
    assert synced[:3] == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]


@pytest.mark.parametrize("taken", ["store", "store/credit"])
def test_a_file_in_the_way_is_noticed_before_anything_is_made(tmp_path: Path, taken: str) -> None:
    check_store(tmp_path / "store" / "deep", "credit")
    assert list(tmp_path.iterdir()) == []
    path = tmp_path / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("a note")
    with pytest.raises(StoreError, match=r"cannot publish in .*: Not a directory") as caught:
        check_store(tmp_path / "store", "credit")
    assert str(path) in caught.value.cause


def test_a_store_that_may_not_be_written_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A real read-only folder would stop everybody but root.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(StoreError, match="may not be written"):
        check_store(tmp_path / "store")
    (tmp_path / "store").mkdir()
    check_store(tmp_path / "store", "credit")
    with pytest.raises(ModelNameError):
        check_store(tmp_path / "store", "../credit")
    with pytest.raises(StoreError, match="publish to a local folder"):
        check_store("s3://bucket/store")

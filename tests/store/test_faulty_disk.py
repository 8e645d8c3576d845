"""Publishing to a disk that is full, read-only or somebody else's; real ones, where allowed."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pmml_pipeline.errors import StoreError
from pmml_pipeline.store import FileFact, Manifest, open_artifact, versions
from pmml_pipeline.store.manifest import schema
from pmml_pipeline.store.publish import publish

from .child import answer_of
from .sample import FILES, maker, publish_sample, staging_folders

NOBODY = 65534


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 KiB."""
    point = tmp_path / "disk"
    point.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(point)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(
            f"NOT TESTED ON A FULL DISK: cannot mount a small one: {mounted.stderr.strip()}"
        )
    try:
        yield point
    finally:
        subprocess.run(["umount", str(point)], check=True)


def publish_until_it_fails(store: Path) -> None:
    """Fills the disk, by whichever file happens to be the last."""
    for _ in range(100):
        publish_sample(store)


def test_full_disk(small_disk: Path) -> None:
    folder = small_disk / "credit"
    with pytest.raises(StoreError, match="No space left on device") as caught:
        publish_sample(small_disk, files={**FILES, "model.pmml": b"x" * 200_000})
    assert "free some space" in caught.value.fix
    assert versions(folder) == []
    assert staging_folders(folder) == []

    with pytest.raises(StoreError, match="No space left on device"):
        publish_until_it_fails(small_disk)
    published = versions(folder)
    assert published == list(range(1, len(published) + 1))
    assert len(published) >= 2
    for number in published:
        open_artifact(folder / str(number)).verify()
    assert staging_folders(folder) == []
    assert sorted(p.name for p in folder.iterdir() if p.name != ".lock") == sorted(
        map(str, published)
    )

    shutil.rmtree(folder / "1")  # room for one more
    assert publish_sample(small_disk).manifest.version == published[-1] + 1


def test_full_disk_when_the_manifest_is_written(small_disk: Path) -> None:
    """The files fill the disk to the last page, so that the manifest finds none."""
    stat = os.statvfs(small_disk)
    assert max(map(len, FILES.values())) <= stat.f_frsize, "a page for each of the other files"
    spare = (stat.f_bavail - (len(FILES) - 1)) * stat.f_frsize
    assert spare > 0
    made: list[Manifest] = []

    def make(version: int, files: Mapping[str, FileFact]) -> Manifest:
        made.append(maker()(version, files))
        return made[-1]

    with pytest.raises(StoreError, match="No space left on device"):
        publish(small_disk, "credit", {**FILES, "model.pmml": b"x" * spare}, make)
    assert made, "the files did not fit"
    assert list((small_disk / "credit").iterdir()) == [small_disk / "credit" / ".lock"]
    assert publish_sample(small_disk).manifest.version == 1


def test_read_only_disk(small_disk: Path) -> None:
    publish_sample(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreError, match="Read-only file system") as caught:
        publish_sample(small_disk)
    assert "writable" in caught.value.fix
    open_artifact(small_disk / "credit").verify()  # reading needs no right to write


def publish_with_a_limit(store: Path, report: Connection) -> None:
    """Publishes in a process whose files may not exceed 64 KiB; a quota for those without root."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    try:
        publish_sample(store, files={**FILES, "model.pmml": b"x" * 100_000})
    except StoreError as error:
        report.send((error.cause, error.fix))
    else:
        report.send(None)


def publish_as_another_user(store: Path, report: Connection) -> None:
    """Publishes without the right to write there, which root would have everywhere."""
    schema()  # read now, since the other user may not be let into the package's folder
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        publish_sample(store)
    except StoreError as error:
        verified = open_artifact(store / "credit").manifest.version
        report.send((error.cause, error.fix, verified))
    else:
        report.send(None)


def test_file_size_limit(tmp_path: Path) -> None:
    cause, fix = answer_of(publish_with_a_limit, tmp_path)
    assert "File too large" in cause
    assert "limit" in fix
    assert versions(tmp_path / "credit") == []
    assert staging_folders(tmp_path / "credit") == []


def test_no_right_to_write() -> None:
    # Not tmp_path: its parents are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        store = Path(name)
        store.chmod(0o755)
        before = os.umask(0o022)
        try:
            publish_sample(store)
        finally:
            os.umask(before)
        (store / "credit").chmod(0o555)
        cause, fix, verified = answer_of(publish_as_another_user, store)
        (store / "credit").chmod(0o755)
        assert "Permission denied" in cause
        assert "right" in fix
        assert verified == 1
        assert versions(store / "credit") == [1]
        assert staging_folders(store / "credit") == []

"""Versions under a URL are mirrored whole and checked, whatever happened to store or cache."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from pmml_pipeline.errors import ChecksumError, ManifestError, NotAVersionError, StoreError
from pmml_pipeline.folders import cache_folder
from pmml_pipeline.store import cache, open_artifact

from .child import answer_of
from .sample import FILES, publish_sample


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for this test alone."""
    monkeypatch.setenv("PMML_PIPELINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(params=["memory", "file"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store with two versions, once in each of two file systems."""
    for _ in range(2):
        publish_sample(tmp_path / "published")
    if request.param == "file":
        yield f"file://{tmp_path}/published"
        return
    url = f"memory://{uuid.uuid4().hex}"
    memory = fsspec.filesystem("memory")
    memory.put(f"{tmp_path}/published/", url, recursive=True)
    yield url
    memory.rm(url, recursive=True)


def put(url: str, data: bytes) -> None:
    """Overwrites a file of the store."""
    with fsspec.open(url, "wb") as file:
        file.write(data)


def test_newest_or_the_one_asked_for(remote: str, own_cache: Path) -> None:
    artifact = open_artifact(f"{remote}/credit")
    assert artifact.manifest.version == 2
    assert own_cache in artifact.root.parents
    assert artifact.root.parts[-2:] == ("credit", "2")
    assert {p.name for p in artifact.root.iterdir()} == {*FILES, "manifest.json"}
    artifact.verify()
    assert open_artifact(f"{remote}/credit/1").manifest.version == 1
    assert open_artifact(f"{remote}/credit/").root == artifact.root


def test_a_new_version_is_seen(remote: str, tmp_path: Path) -> None:
    assert cache.local(f"{remote}/credit").name == "2"
    publish_sample(tmp_path / "published")
    if remote.startswith("memory"):
        fsspec.filesystem("memory").put(
            f"{tmp_path}/published/credit/3/", f"{remote}/credit/3", recursive=True
        )
    assert cache.local(f"{remote}/credit").name == "3"


class ListsOnce(LocalFileSystem):  # type: ignore[misc]
    """Remembers what it listed, as the file systems of object stores do."""

    protocol = "listsonce"

    def ls(self, path: str, detail: bool = False, **kwargs: Any) -> Any:
        key = (path, detail)
        if key not in self.dircache:
            self.dircache[key] = super().ls(path, detail, **kwargs)
        return self.dircache[key]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.dircache.clear()


def test_a_new_version_is_seen_where_listings_are_remembered(tmp_path: Path) -> None:
    fsspec.register_implementation("listsonce", ListsOnce, clobber=True)
    publish_sample(tmp_path / "published")
    url = f"listsonce://{tmp_path}/published/credit"
    assert cache.local(url).name == "1"
    publish_sample(tmp_path / "published")
    assert fsspec.filesystem("listsonce").ls(f"{tmp_path}/published/credit") is not None
    assert cache.local(url).name == "2"


def test_equal_content_is_stored_once(remote: str, own_cache: Path) -> None:
    first = open_artifact(f"{remote}/credit/1")
    second = open_artifact(f"{remote}/credit/2")
    assert first.document_path.samefile(second.document_path)
    assert len([p for p in own_cache.glob("sha256/*/*") if p.is_file()]) == len(set(FILES.values()))
    assert stat.S_IMODE(first.document_path.stat().st_mode) & 0o222 == 0, "nobody should edit it"


def test_what_is_cached_is_not_downloaded_again(
    remote: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.local(f"{remote}/credit")
    downloads: list[str] = []
    download = cache._download

    def counting(fs: object, path: str, size: int, shown: str) -> Iterator[bytes]:
        downloads.append(path)
        return download(fs, path, size, shown)

    monkeypatch.setattr(cache, "_download", counting)
    cache.local(f"{remote}/credit")
    assert downloads == []
    cache.local(f"{remote}/credit/1")
    assert downloads == []


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_a_damaged_cache_is_mended(remote: str, own_cache: Path, damage: str) -> None:
    path = open_artifact(f"{remote}/credit").document_path
    entry = next(p for p in own_cache.glob("sha256/*/*") if p.samefile(path))
    path.chmod(0o644)
    if damage == "changed":
        path.write_bytes(b"X" * len(FILES["model.pmml"]))
    elif damage == "cut":
        path.write_bytes(b"X")
    else:
        path.unlink()
        entry.unlink()
    (path.parent / "manifest.json").write_text("{}")

    artifact = open_artifact(f"{remote}/credit")
    artifact.verify()
    assert artifact.document_path.read_bytes() == FILES["model.pmml"]
    assert entry.read_bytes() == FILES["model.pmml"]
    assert list((own_cache / "partial").iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"x", b"X" * len(FILES["model.pmml"]), b"x" * 5_000_000])
def test_another_file_at_the_url(remote: str, own_cache: Path, data: bytes) -> None:
    put(f"{remote}/credit/2/model.pmml", data)
    with pytest.raises(ChecksumError, match=r"model\.pmml at"):
        open_artifact(f"{remote}/credit")
    assert list((own_cache / "partial").iterdir()) == []
    assert not list(own_cache.glob("versions/*/credit/2/manifest.json"))
    open_artifact(f"{remote}/credit/1").verify()


def test_no_more_is_downloaded_than_the_manifest_says(remote: str) -> None:
    fs, path = cache._file_system(f"{remote}/credit/2/model.pmml", remote)
    put(f"{remote}/credit/2/model.pmml", b"x" * 5_000_000)
    assert sum(map(len, cache._download(fs, path, 1000, remote))) == 1001


def test_a_half_copied_version(remote: str) -> None:
    fs, path = cache._file_system(f"{remote}/credit", remote)
    fs.rm(f"{path}/2/golden.jsonl")
    with pytest.raises(StoreError, match="cannot read"):
        open_artifact(f"{remote}/credit")
    fs.rm(f"{path}/2/manifest.json")
    assert open_artifact(f"{remote}/credit").manifest.version == 1
    with pytest.raises(NotAVersionError, match="no published version"):
        open_artifact(f"{remote}/credit/2")


def test_nothing_at_the_url(remote: str) -> None:
    for path in ("absent", "credit/7"):
        with pytest.raises(NotAVersionError, match="no published version"):
            open_artifact(f"{remote}/{path}")
    with pytest.raises(StoreError):
        open_artifact(f"{remote}/credit/1/model.pmml")


def test_a_manifest_that_points_out_of_the_cache(remote: str, tmp_path: Path) -> None:
    with fsspec.open(f"{remote}/credit/2/manifest.json", "rb") as file:
        content = json.load(file)
    for key, value in [
        ("model", "../../x"),
        ("files", {"../../x": content["files"]["model.pmml"]}),
    ]:
        changed = content | {key: content[key] | value if isinstance(value, dict) else value}
        put(f"{remote}/credit/2/manifest.json", json.dumps(changed).encode())
        with pytest.raises(ManifestError, match="x"):
            open_artifact(f"{remote}/credit")
    assert not list(tmp_path.rglob("x"))


def test_an_unknown_scheme() -> None:
    with pytest.raises(StoreError, match="cannot read nope://bucket/credit"):
        open_artifact("nope://bucket/credit")


def test_a_scheme_whose_package_is_not_installed() -> None:
    fsspec.register_implementation(
        "halfknown", "not_installed.FileSystem", errtxt="Install not_installed", clobber=True
    )
    with pytest.raises(StoreError, match="Install not_installed") as caught:
        open_artifact("halfknown://bucket/credit")
    assert caught.value.fix == "install that package with pip"


def test_a_password_is_not_shown() -> None:
    with pytest.raises(StoreError) as caught:
        open_artifact("nope://user:secret@host/credit")
    assert "secret" not in str(caught.value)
    assert "nope://host/credit" in str(caught.value)


def test_without_fsspec() -> None:
    code = (
        "import sys; sys.modules['fsspec'] = None\n"
        "from pmml_pipeline.store import open_artifact\n"
        "from pmml_pipeline.errors import StoreError\n"
        "try:\n    open_artifact('s3://bucket/credit')\n"
        "except StoreError as error:\n    print(error)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "needs fsspec" in ran.stdout
    assert "pip install 'pmml-pipeline[remote]'" in ran.stdout


def test_local_paths_do_not_need_it(tmp_path: Path) -> None:
    publish_sample(tmp_path)
    code = (
        "import sys\nfrom pmml_pipeline.store import open_artifact\n"
        f"open_artifact({str(tmp_path / 'credit')!r}).verify()\nprint('fsspec' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "False"


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("PMML_PIPELINE_CACHE")
    assert cache_folder() == tmp_path / "xdg" / "pmml-pipeline"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "pmml-pipeline"


def test_a_cache_that_cannot_be_written(remote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMML_PIPELINE_CACHE", "/dev/null/cache")
    with pytest.raises(StoreError, match="cannot write to the cache /dev/null/cache"):
        open_artifact(f"{remote}/credit")


def test_downloads_of_the_dead_are_removed(
    remote: str, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_cache / "partial").mkdir(parents=True)
    (own_cache / "partial" / "abandoned").write_bytes(b"half")
    os.utime(own_cache / "partial" / "abandoned", (0, 0))  # as a new link to old content has it
    cache.local(f"{remote}/credit")
    assert (own_cache / "partial" / "abandoned").exists(), "perhaps still in use"
    monkeypatch.setattr(cache, "_ABANDONED_S", -1.0)
    cache.local(f"{remote}/credit")
    assert not (own_cache / "partial" / "abandoned").exists()


def test_without_hard_links(remote: str, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    artifact = open_artifact(f"{remote}/credit")
    artifact.verify()
    assert artifact.document_path.stat().st_nlink == 1


def read_again_and_again(url: str, report: Connection) -> None:
    """Opens and verifies, while others damage the cache and do the same."""
    for _ in range(30):
        artifact = open_artifact(url)
        assert artifact.document_path.read_bytes() == FILES["model.pmml"]
        artifact.verify()
    report.send("done")


def test_several_readers_at_once(tmp_path: Path, own_cache: Path) -> None:
    publish_sample(tmp_path / "published")
    url = f"file://{tmp_path}/published/credit"
    answers: list[object] = []
    readers = [
        threading.Thread(
            target=lambda: answers.append(answer_of(read_again_and_again, url)), daemon=True
        )
        for _ in range(3)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(200)
    assert answers == ["done"] * 3
    assert list((own_cache / "partial").iterdir()) == []

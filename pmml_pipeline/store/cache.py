"""A local mirror of versions that are published under a URL.

```
~/.cache/pmml-pipeline/            PMML_PIPELINE_CACHE or XDG_CACHE_HOME move it
  sha256/3f/3f9a...                content, named by its SHA-256
  versions/<SHA-256 of manifest.json>/<model>/<version>/   hard links to the content
  partial/                         what is being downloaded
```
Content is checked against its name each time a version is asked for, and fetched again when it is
damaged. Every entry appears by a rename, so readers at the same time never see each other's halves.
The cache is never cleared by itself; between uses it can be removed as a whole.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from pmml_pipeline.errors import (
    ChecksumError,
    NotAVersionError,
    PmmlPipelineError,
    StoreError,
)
from pmml_pipeline.folders import cache_folder
from pmml_pipeline.store import manifest, names
from pmml_pipeline.store.files import (
    CHUNK,
    FileFact,
    explained,
    fact_of,
    fact_of_bytes,
    write_chunks,
)

_ABANDONED_S = 24 * 3600.0


def is_url(where: Path | str) -> bool:
    """Whether this is a URL and no local path."""
    return isinstance(where, str) and "://" in where


def local(url: str) -> Path:
    """A local folder with the version that is published at the URL.

    Args:
        url: of a model (its newest version is taken) or of a version, in any file system that
            fsspec reaches: ``s3://bucket/artifacts/credit``, ``gs://...``, ``hdfs://...``,
            ``file:///...``.

    Raises:
        StoreError: fsspec or its part for this file system is not installed, the URL cannot be
            read, or the cache cannot be written.
        NotAVersionError: there is nothing published at the URL.
        ManifestError: the manifest has not the published form.
        ChecksumError: a file at the URL is not the one that its manifest describes.
    """
    shown = _without_password(url)
    fs, path = _file_system(url, shown)
    path, data = _find_version(fs, path.rstrip("/"), shown)
    content = manifest.parse(data, f"{names.MANIFEST_NAME} at {shown}")
    root = cache_folder()
    target = root / "versions" / fact_of_bytes(data).sha256 / content.model / str(content.version)
    with explained(f"write to the cache {root}"):
        target.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(root)
        for name, fact in content.files.items():
            if not _is_good(target / name, fact):
                _place(_fetched(fs, f"{path}/{name}", fact, root, shown), target / name, root)
        last = target / names.MANIFEST_NAME
        if not _is_good(last, fact_of_bytes(data)):
            with _partial(root) as partial:
                partial.write_bytes(data)
                partial.replace(last)
    return target


def _file_system(url: str, shown: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise StoreError(
            f"reading {shown} needs fsspec, which is not installed",
            "pip install 'pmml-pipeline[remote]'",
        ) from error
    try:
        fs, path = fsspec.core.url_to_fs(url)
    except ImportError as error:  # fsspec is there, its part for this scheme is not
        raise StoreError(
            f"cannot read {shown}: {error}", "install that package with pip"
        ) from error
    except Exception as error:
        raise _unreachable(shown, error) from error
    return fs, str(path)


def _find_version(fs: Any, path: str, shown: str) -> tuple[str, bytes]:
    """The folder of the version at the path and its manifest, unparsed."""
    with _reading(shown):
        fs.invalidate_cache()  # else a version published since the last look stays unseen
        data = _manifest_in(fs, path)
        if data is not None:
            return path, data
        try:
            listed = fs.ls(path, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            listed = []
        found = (names.version_number(PurePosixPath(entry).name) for entry in listed)
        for number in sorted((n for n in found if n is not None), reverse=True):
            data = _manifest_in(fs, f"{path}/{number}")
            if data is not None:
                return f"{path}/{number}", data
    raise NotAVersionError(
        f"there is no published version at {shown}", "name the URL of a model or of a version"
    )


def _manifest_in(fs: Any, path: str) -> bytes | None:
    try:
        with fs.open(f"{path}/{names.MANIFEST_NAME}", "rb") as file:
            return bytes(file.read(manifest.LARGEST + 1))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _fetched(fs: Any, path: str, fact: FileFact, root: Path, shown: str) -> Path:
    """The cached content with these facts, downloaded when it is not there or damaged."""
    entry = root / "sha256" / fact.sha256[:2] / fact.sha256
    if _is_good(entry, fact):
        return entry
    entry.parent.mkdir(parents=True, exist_ok=True)
    with _partial(root) as partial:
        with partial.open("xb") as file:
            got = write_chunks(_download(fs, path, fact.size, shown), file)
        if got != fact:
            name = PurePosixPath(path).name
            raise ChecksumError(
                f"{name} at {shown} is not the file that its manifest describes",
                "publish the version again, or copy it there again whole",
            )
        # Versions share this content by hard links: an edit in one place would be one in all.
        partial.chmod(partial.stat().st_mode & 0o444)
        partial.replace(entry)
    return entry


def _download(fs: Any, path: str, size: int, shown: str) -> Iterator[bytes]:
    """The remote content in pieces, at most one byte more than expected."""
    left = size + 1
    with _reading(shown):
        file = fs.open(path, "rb")
    try:
        while left:
            with _reading(shown):
                chunk = bytes(file.read(min(CHUNK, left)))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk
    finally:
        file.close()


def _is_good(path: Path, fact: FileFact) -> bool:
    return path.is_file() and path.stat().st_size == fact.size and fact_of(path) == fact


def _place(entry: Path, target: Path, root: Path) -> None:
    with _partial(root) as partial:
        try:
            partial.hardlink_to(entry)
        except OSError:  # not every file system has hard links
            shutil.copy(entry, partial)
        partial.replace(target)


@contextmanager
def _partial(root: Path) -> Iterator[Path]:
    """A path to write to and to rename from; removed where it still exists at the end."""
    partial = root / "partial" / secrets.token_hex(8)
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
    finally:
        # Still there after an error, and after a rename onto a link to the same content, which
        # POSIX takes as done already.
        partial.unlink(missing_ok=True)


def _remove_abandoned(root: Path) -> None:
    """Removes downloads of processes that died: nobody has touched them for a day."""
    for path in root.glob("partial/*"):
        try:
            # Not st_mtime: a hard link that is about to be renamed has that of its old content.
            if time.time() - path.stat().st_ctime > _ABANDONED_S:
                path.unlink()
        except FileNotFoundError:  # another process was quicker
            continue


@contextmanager
def _reading(shown: str) -> Iterator[None]:
    """Turns whatever a remote file system raises into one error."""
    try:
        yield
    except PmmlPipelineError:
        raise
    except Exception as error:
        raise _unreachable(shown, error) from error


def _unreachable(shown: str, error: Exception) -> StoreError:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return StoreError(
        f"cannot read {shown}: {_without_password(first)[:200]}",
        "check the address, the credentials and the network; a version may be only half copied",
    )


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)

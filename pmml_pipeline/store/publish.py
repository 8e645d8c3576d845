"""Publishing a version: all of it or nothing, whatever happens meanwhile.

1. Under the model's lock, make ``.staging-<random>/`` and lock the file ``.alive`` in it.
2. Without the model's lock, which may take long: write and sync every file.
3. Under the model's lock again: find the next number, write manifest.json with it, sync the folder,
   rename it to the number, sync the model's folder.

Readers take only folders whose name is a number, so they see a version at the rename and whole.
A process that dies leaves a staging folder whose ``.alive`` nobody holds; the next publish removes
it.

The model's lock makes the number certain, where a bare rename would not: POSIX renames a folder
over an existing empty one without a word. ``renameat2(RENAME_NOREPLACE)`` would refuse, but only on
Linux and not on every file system. Someone who does not know of the lock (a copy by hand, say) can
still take the number first; their files make the rename fail, and the next number is tried.
"""

from __future__ import annotations

import errno
import os
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pmml_pipeline.errors import ManifestError, PmmlPipelineWarning, StoreError
from pmml_pipeline.store import names
from pmml_pipeline.store.artifact import Artifact
from pmml_pipeline.store.cache import is_url
from pmml_pipeline.store.files import FileFact, chunks_of, explained, write_chunks
from pmml_pipeline.store.lock import Lock, is_held
from pmml_pipeline.store.manifest import Manifest

STAGING = ".staging-"
_LOCK = ".lock"
_ALIVE = ".alive"
_TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})


def publish(
    store: Path | str,
    model: str,
    files: Mapping[str, bytes | Path],
    manifest: Callable[[int, Mapping[str, FileFact]], Manifest],
) -> Artifact:
    """Publishes the files as the next version of the model.

    Args:
        store: local folder of all models; made when absent.
        model: name to publish under; made when absent.
        files: content, or the file to copy, by name in the artifact; manifest.json is not one.
        manifest: makes the manifest from the version number and the facts of the files. It is
            called under a lock, so it should only put together what is known, and it is called
            again with a higher number when the first one was taken meanwhile.

    Returns:
        The published artifact, synced to the disk.

    Raises:
        ModelNameError: see :func:`pmml_pipeline.store.names.check_model_name`.
        ManifestError: the manifest does not fit the schema, the number or the files.
        StoreError: the disk is full or read-only, a right is missing, or a source file is.
        After any of these nothing is published and nothing is left behind; only a disk that fails
        in the very last sync leaves the version visible, whole, and perhaps not yet durable.
    """
    names.check_model_name(model)
    if is_url(store):
        raise _no_url(store)
    for name in files:
        reason = names.fault(name)
        if reason or name == names.MANIFEST_NAME:
            raise StoreError(
                f"the file name {name!r} {reason or 'is written by publishing itself'}",
                "name the file with letters, digits, '_', '.' and '-'",
            )
    folder = Path(store) / model
    with explained(f"publish {model} in {store}"):
        _make_folder(folder)
        with _staging(folder) as (staging, alive):
            facts = {name: _write(staging / name, source) for name, source in files.items()}
            with Lock(folder / _LOCK):
                made = _rename_to_next(staging, alive, model, facts, manifest)
    return Artifact(folder / str(made.version), made)


def check_store(store: Path | str, model: str | None = None) -> None:
    """Notices early that nothing could be published there; makes nothing.

    Args:
        store: local folder of all models.
        model: name to publish under, when it is known yet.

    Raises:
        ModelNameError: the name is not admitted.
        StoreError: the store is a URL, or a file, or may not be written.
    """
    if model is not None:
        names.check_model_name(model)
    if is_url(store):
        raise _no_url(store)
    folder = Path(store, model or "")
    with explained(f"publish in {store}"):
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "it may not be written", str(folder))


def _no_url(store: Path | str) -> StoreError:
    return StoreError(
        f"cannot publish to {store}",
        "publish to a local folder and copy the version over, manifest.json last",
    )


@contextmanager
def _staging(folder: Path) -> Iterator[tuple[Path, Lock]]:
    """A new staging folder, with the lock that says it is in use; gone at the end."""
    with Lock(folder / _LOCK):
        _remove_abandoned(folder)
        # Not mkdtemp, which would keep everybody else from reading the version.
        path = folder / f"{STAGING}{secrets.token_hex(8)}"
        path.mkdir()
        try:
            alive = Lock(path / _ALIVE, wait_s=0).__enter__()
        except BaseException:
            _remove(path)
            raise
    try:
        yield path, alive
    finally:
        # What cannot be removed now is removed by the next publish; the error that led here is
        # the one to report.
        with suppress(OSError):
            _remove(path)
        alive.release()


def _rename_to_next(
    staging: Path,
    alive: Lock,
    model: str,
    facts: Mapping[str, FileFact],
    manifest: Callable[[int, Mapping[str, FileFact]], Manifest],
) -> Manifest:
    """Step 3; the caller holds the model's lock."""
    while True:
        number = _next_number(staging.parent)
        made = manifest(number, facts)
        if (made.model, made.version, dict(made.files)) != (model, number, dict(facts)):
            raise ManifestError(
                f"the manifest is for {made.model} version {made.version} or for other files than "
                f"{model} version {number}",
                "make the manifest from the number and the facts that are handed over",
            )
        _write(staging / names.MANIFEST_NAME, made.to_bytes())
        # Released before it is removed: NFS keeps an open file in the folder under another name.
        # Nobody looks at it meanwhile, since that takes the model's lock.
        alive.release()
        alive.path.unlink(missing_ok=True)
        _sync_folder(staging)
        try:
            staging.rename(staging.parent / str(number))
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
        else:
            _sync_folder(staging.parent)
            return made


def _next_number(folder: Path) -> int:
    """One more than the highest number in the folder, whether or not that is a whole version."""
    taken = (names.version_number(entry.name) for entry in folder.iterdir())
    number = max((n for n in taken if n is not None), default=0) + 1
    if names.version_number(str(number)) is None:
        raise StoreError(f"{folder} has no number left above {number - 1}", "rename that folder")
    return number


def _remove_abandoned(folder: Path) -> None:
    """Removes what dead processes left; the caller holds the model's lock."""
    for path in sorted(folder.glob(f"{STAGING}*")):
        if is_held(path / _ALIVE):
            continue
        try:
            _remove(path)
        except OSError as error:
            warnings.warn(
                f"cannot remove {path}, left by an export that was ended: {error.strerror}",
                PmmlPipelineWarning,
                stacklevel=2,
            )


def _remove(staging: Path) -> None:
    """Removes a staging folder, which holds files only; another process may be at it too."""
    try:
        for path in staging.iterdir():
            path.unlink(missing_ok=True)
        staging.rmdir()
    except FileNotFoundError:
        return


def _write(path: Path, source: bytes | Path) -> FileFact:
    """Writes and syncs the file; the umask decides who may read it."""
    with path.open("wb") as file:
        fact = write_chunks(chunks_of(source), file)
        file.flush()
        os.fsync(file.fileno())
    return fact


def _make_folder(path: Path) -> None:
    """Makes the folder and its missing parents, each of them synced into its own parent."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    path.mkdir(exist_ok=True)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        # Some network file systems cannot sync a folder; they keep its entries by other means.
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(fd)

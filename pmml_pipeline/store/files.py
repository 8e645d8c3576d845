"""Reading, copying and hashing the files of an artifact."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pmml_pipeline.errors import StoreError

CHUNK = 1 << 20

_FIXES = {
    errno.ENOSPC: "free some space or choose another folder; nothing was left half-written",
    errno.EDQUOT: "raise the quota or free some space; nothing was left half-written",
    errno.EFBIG: "raise the file size limit; nothing was left half-written",
    errno.EROFS: "choose a folder on a writable file system",
    errno.EACCES: "give this user the right to the folder, or choose another one",
    errno.EPERM: "give this user the right to the folder, or choose another one",
    errno.EEXIST: "move the file that is in the way",
    errno.ENOENT: "check that the path exists",
    errno.ENOTDIR: "choose a path on which every part is a folder",
    errno.ENAMETOOLONG: "choose a shorter path",
}


@dataclass(frozen=True, slots=True)
class FileFact:
    """What a file must be to be the published one.

    Attributes:
        sha256: 64 lower-case hexadecimal digits.
        size: bytes.
    """

    sha256: str
    size: int


def fact_of(path: Path) -> FileFact:
    """Reads the file once. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileFact(digest.hexdigest(), file.tell())


def fact_of_bytes(data: bytes) -> FileFact:
    """The same for what is already in memory."""
    return FileFact(hashlib.sha256(data).hexdigest(), len(data))


def write_chunks(chunks: Iterable[bytes], file: BinaryIO) -> FileFact:
    """Writes the chunks and says what was written, hashed on the way so nothing is read twice."""
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks:
        file.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return FileFact(digest.hexdigest(), size)


def chunks_of(source: bytes | Path) -> Iterator[bytes]:
    """The content in pieces of at most :data:`CHUNK` bytes. Raises OSError."""
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turns the operating system's refusals into errors that say what to do.

    Args:
        what: what is being done, as "publish credit".

    Raises:
        StoreError: for any OSError inside.
    """
    try:
        yield
    except OSError as error:
        at = f" ({error.filename})" if error.filename else ""
        raise StoreError(
            f"cannot {what}: {error.strerror or error}{at}",
            _FIXES.get(error.errno or 0, "see whether the disk or the network share is at fault"),
        ) from error

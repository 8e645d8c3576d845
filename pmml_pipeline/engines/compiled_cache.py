"""Compiled documents that are kept, so that the same one is not read and compiled again.

```
~/.cache/pmml-pipeline/compiled/     PMML_PIPELINE_COMPILED_CACHE moves it, or is "off"
  3f9a....plan                       named by the SHA-256 of all that it depends on
```
A file depends on the document's bytes, on the code that compiles (its sources are hashed, so an
edit counts), on the kernels, on the versions of Python and NumPy, and on the processor, since a
constant may have been computed by it.

A file is only taken from a regular file that belongs to this user and that no other may write, and
only with the right checksum; anything else is a document that is not there, and it is compiled and
written again. Files appear by a rename, so processes at the same time never see each other's
halves. A file is read into memory and not mapped: a mapped file that is removed on a network drive
would end the process in the middle of a score.

A cache that cannot be read or written (no home, a full disk, a folder of someone else) is no error:
the document is compiled, as it is without a cache. Files that were not used for the longest time go
when there are more than :data:`FILES`, or more than :data:`SIZE` bytes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import pmml_pipeline
from pmml_pipeline import kernels
from pmml_pipeline.compiler.program import Plan
from pmml_pipeline.engines.compiled_file import from_bytes, to_bytes
from pmml_pipeline.folders import cache_folder
from pmml_pipeline.schema import Schema

SIZE = 1 << 30
FILES = 1_000
SUFFIX = ".plan"
_PART = ".part"
# Somebody may name a folder that has files of others too; only names of this form are touched.
_OWN = re.compile(rf"[0-9a-f]{{64}}\{SUFFIX}|[0-9a-f]{{16}}\{_PART}")
_ABANDONED_S = 24 * 3600.0
# What turns a document into a plan, from the package's folder on.
_SOURCES = (
    "schema.py",
    "kernels/*.py",
    "document/**/*.py",
    "compiler/**/*.py",
    "engines/compiled*.py",
)


def folder() -> Path | None:
    """Where the files are, or None for no cache."""
    own = os.environ.get("PMML_PIPELINE_COMPILED_CACHE", "")
    if own:
        return None if own == "off" else Path(own).expanduser()
    try:
        return cache_folder() / "compiled"
    except RuntimeError:  # no home
        return None


def find(sha256: str) -> tuple[Schema, Plan] | None:
    """What was kept of a document, or None.

    Args:
        sha256: of the document's bytes.
    """
    root, key = folder(), _key(sha256)
    if root is None or key is None:
        return None
    path = root / (key + SUFFIX)
    try:
        data = _trusted(path)
    except OSError:
        return None
    if data is None:
        return None
    try:
        found = from_bytes(data, key)
    except ValueError:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # it was used; see _prune
    return found


def keep(sha256: str, schema: Schema, plan: Plan) -> None:
    """Keeps a compiled document, if that is possible.

    Args:
        sha256: of the document's bytes.
        schema, plan: what it became.
    """
    root, key = folder(), _key(sha256)
    if root is None or key is None:
        return
    data = to_bytes(key, schema, plan)
    if len(data) > SIZE:
        return
    part = root / (secrets.token_hex(8) + _PART)
    with contextlib.suppress(OSError):
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            part.replace(root / (key + SUFFIX))
        finally:
            part.unlink(missing_ok=True)
        _prune(root)


def _key(sha256: str) -> str | None:
    code = _code()
    return None if code is None else hashlib.sha256(f"{code} {sha256}".encode()).hexdigest()


@functools.cache
def _code() -> str | None:
    """What else than the document a plan depends on; None where that cannot be said."""
    package = Path(pmml_pipeline.__file__).parent
    found = hashlib.sha256()
    for part in (pmml_pipeline.__version__, sys.version, sys.byteorder, np.__version__):
        found.update(f"{part}\n".encode())
    try:
        found.update(hashlib.sha256(kernels.identity()).digest())
        for pattern in _SOURCES:
            paths = sorted(package.glob(pattern))
            if not paths:  # an installation without sources
                return None
            for path in paths:
                found.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError:
        return None
    return found.hexdigest()


def _trusted(path: Path) -> bytes | None:
    """The content of a file that only this user can have written, or None."""
    # O_NONBLOCK: not to wait for the other end of a pipe that lies there.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as file:
        about = os.fstat(file.fileno())
        others = about.st_uid != os.geteuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not stat.S_ISREG(about.st_mode) or others or about.st_size > SIZE:
            return None
        return file.read(SIZE)


def _prune(root: Path) -> None:
    """Removes the files that were not used for the longest time, and what dead processes left."""
    files = sorted(_files(root), reverse=True)
    size = 0
    for number, (_, length, path) in enumerate(f for f in files if f[2].suffix == SUFFIX):
        size += length
        if number and (size > SIZE or number >= FILES):  # the newest stays
            path.unlink(missing_ok=True)
    for used, _, path in files:
        if path.suffix == _PART and time.time() - used > _ABANDONED_S:
            path.unlink(missing_ok=True)


def _files(root: Path) -> Iterator[tuple[float, int, Path]]:
    """When each was last used, its bytes, and where it is."""
    with os.scandir(root) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                about = entry.stat(follow_symlinks=False)
                if _OWN.fullmatch(entry.name):
                    yield about.st_mtime, about.st_size, Path(entry.path)

"""Locks between processes that end with the process, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from pmml_pipeline.errors import StoreError

_POLL_S = 0.01
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL})


class Lock:
    """An exclusive ``flock`` on a file, which is created when absent and never removed here.

    The kernel gives the lock back when its holder dies. Two threads of one process exclude each
    other as well, since each opens the file for itself.

    Args:
        path: the file to lock.
        wait_s: seconds to wait for another holder.

    Raises:
        StoreError: on entering, when it is still held after that time, or the file system has no
            locks.
        OSError: on entering, when the file cannot be created.
    """

    def __init__(self, path: Path, wait_s: float = 60.0) -> None:
        self.path = path
        self._wait_s = wait_s
        self._fd: int | None = None

    def __enter__(self) -> Lock:
        fd = _open(self.path, os.O_CREAT)
        try:
            deadline = time.monotonic() + self._wait_s
            while not _try(fd, self.path):
                if time.monotonic() >= deadline:
                    raise StoreError(
                        f"another process has held {self.path} for {self._wait_s:g} s",
                        "wait for the other export to finish, or end it",
                    )
                time.sleep(_POLL_S)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def release(self) -> None:
        """Gives the lock back; a second call does nothing."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            try:
                # Closing would not be enough: a child forked meanwhile holds the same open file.
                fcntl.flock(fd, fcntl.LOCK_UN)
            finally:
                os.close(fd)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock; also when this user may not ask."""
    try:
        fd = _open(path, 0)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True
    try:
        return not _try(fd, path)
    finally:
        os.close(fd)


def _open(path: Path, flags: int) -> int:
    # NFS wants the file open for writing to lock it; another user's lock file opens for reading.
    try:
        return os.open(path, os.O_RDWR | flags, 0o666)
    except PermissionError:
        return os.open(path, os.O_RDONLY)


def _try(fd: int, path: Path) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise StoreError(
                f"the file system of {path} has no locks ({error.strerror})",
                "publish to a local disk and copy the version folder over",
            ) from error
        raise
    return True

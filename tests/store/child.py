"""Running a test's function in a process of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def child(target: Callable[..., None], *args: Any) -> Iterator[tuple[SpawnProcess, Connection]]:
    """The process and our end of a pipe, whose other end ``target`` gets as its last argument.

    Reading from the pipe of a process that has died raises EOFError instead of waiting for ever. A
    process that still runs at the end is killed.
    """
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=target, args=(*args, theirs))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join(20)
        ours.close()


def answer_of(target: Callable[..., None], *args: Any) -> Any:
    """What the function sends, once its process has ended well."""
    with child(target, *args) as (process, pipe):
        answer = pipe.recv()
        process.join(60)
        assert process.exitcode == 0
        return answer

"""Who is told what an export is doing, when its caller did not say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Tells nobody."""


_listener: ContextVar[Progress] = ContextVar("progress", default=silent)


def listener() -> Progress:
    """Who is told in this context."""
    return _listener.get()


@contextmanager
def reported_to(progress: Progress) -> Iterator[None]:
    """Tells ``progress`` about every export inside, in this context (thread or task)."""
    token = _listener.set(progress)
    try:
        yield
    finally:
        _listener.reset(token)

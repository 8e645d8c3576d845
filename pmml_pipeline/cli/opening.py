"""Loads a scorer for a command: warnings as lines, the wait visible, Ctrl-C still ours."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from pmml_pipeline.cli import console

if TYPE_CHECKING:
    from pmml_pipeline.scorer import Scorer


def open_scorer(path: str, engine: str) -> Scorer:
    """As :func:`pmml_pipeline.load`."""
    from pmml_pipeline.loading import load

    with console.Meter(f"loading {path}"), console.warnings_as_lines():
        try:
            return load(path, engine)
        finally:
            keep_interrupts()


def keep_interrupts() -> None:
    """Gives Ctrl-C back to whom Python had it from. A JVM takes it when it starts, and would end
    the process with the clean-up of the commands undone."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))

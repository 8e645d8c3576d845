"""What a fork must leave alone: the virtual machine of the parent.

To call it waits, in the child, for threads that are not there. The child's own calls are refused
(see :func:`pmml_pipeline.engines.jvm.runtime.check_process`), but Python's collector of cycles
calls it too, at any moment: to free a Java object, and because JPype has it tell Java of each
collection. So the collector does not run during a fork, and in the child it passes over everything
that was there before and tells Java nothing.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable

_lock = threading.Lock()
_forks = 0  # under way, from several threads
_collecting = True  # whether the collector ran before the first of them
_guarded = False


def guard(in_child: Callable[[], None]) -> None:
    """Guards every fork of this process from now on.

    Args:
        in_child: what else is to be done in the child.
    """
    global _guarded
    if _guarded or sys.platform == "win32":
        return
    _guarded = True
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
    os.register_at_fork(after_in_child=in_child)


def _before() -> None:
    global _forks, _collecting
    with _lock:
        if not _forks:
            _collecting = gc.isenabled()
        _forks += 1
        gc.disable()


def _in_parent() -> None:
    global _forks
    with _lock:
        _forks -= 1
        if not _forks and _collecting:
            gc.enable()


def _in_child() -> None:
    global _forks, _lock
    _forks = 0
    _lock = threading.Lock()
    gc.freeze()
    gc.callbacks[:] = [c for c in gc.callbacks if getattr(c, "__module__", None) != "_jpype"]
    if _collecting:
        gc.enable()

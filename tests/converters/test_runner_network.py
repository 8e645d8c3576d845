"""A conversion makes no network call, also one that fails."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from converters import runner
from converters.runner import (
    jar_path,
    run_sklearn2pmml,
)

from .test_runner import JAVA_HOME, Unknown, failure, fitted

# --- no network ------------------------------------------------------------------------------


@dataclass
class Watched:
    """A Java home whose Java runs under strace where there is one, and what was seen there."""

    home: Path
    strace: str | None

    @property
    def options(self) -> list[str]:
        return [f"-Xlog:class+load:file={self.home / 'classes'}"]

    def opened_sockets(self) -> bool:
        """Whether there was a call for an internet socket, or a class that makes such calls."""
        classes = (self.home / "classes").read_text()
        assert "com.sklearn2pmml.Main " in classes
        loaded = "java.net.http.HttpClient " in classes or "sun.nio.ch.SocketChannel" in classes
        assert self.strace is None or loaded == ("AF_INET" in self.calls())
        return loaded

    def calls(self) -> str:
        return (self.home / "calls").read_text() if self.strace else ""

    def skip_unless_traced(self) -> None:
        if self.strace is None:
            pytest.skip("only loaded classes were looked at: strace is missing or not allowed")


def watched(home: Path) -> Watched:
    (home / "bin").mkdir(parents=True)
    real, java = JAVA_HOME / "bin" / "java", home / "bin" / "java"
    strace = shutil.which("strace")
    trace = f"{strace} -f -qq --seccomp-bpf -e trace=network -o {home / 'calls'}"
    if strace is None or subprocess.run([*trace.split(), "true"], capture_output=True).returncode:
        java.symlink_to(real)
        return Watched(home, None)
    java.write_text(f'#!/bin/sh\nexec {trace} {real} "$@"\n')
    java.chmod(0o755)
    return Watched(home, strace)


@pytest.fixture
def no_python_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("Python opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_python_socket")
def test_a_conversion_makes_no_network_call(tmp_path: Path) -> None:
    java = watched(tmp_path)
    pipeline = fitted(LogisticRegression())
    run_sklearn2pmml(pipeline, java_home=java.home, java_options=java.options)
    assert not java.opened_sockets()
    java.skip_unless_traced()


@pytest.mark.usefixtures("no_python_socket")
def test_a_failed_conversion_makes_no_network_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = fitted(Unknown(), LogisticRegression())
    java = watched(tmp_path / "protected")
    error = failure(broken, java_home=java.home, java_options=java.options)
    assert "Unknown" in error.cause
    assert not java.opened_sockets()

    # With one of the two protections gone, the watch does see sockets: it is not blind. The other
    # one still keeps the report in: no name is asked for, nothing is connected or sent.
    telemetry = [*jar_path("sklearn2pmml").parent.glob("telemetry-client*.jar")]
    assert telemetry
    jars = [*runner.class_path(), *telemetry]
    monkeypatch.setattr(runner, "class_path", lambda: jars)
    java = watched(tmp_path / "unprotected")
    error = failure(broken, java_home=java.home, java_options=java.options)
    assert "Unknown" in error.cause
    assert java.opened_sockets()
    assert not re.search(r"(connect|send\w+)\(.*AF_INET", java.calls())
    java.skip_unless_traced()

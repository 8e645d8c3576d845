"""What is written for a Java team; ``tests/java`` runs it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pmml_pipeline.errors import ChecksumError, ManifestError, NotCertifiedError, StoreError
from pmml_pipeline.handoff import BRIDGE, hand_off
from pmml_pipeline.handoff.write import ENGINES, _literal

from ..cli.sample import ROOT, certificate, publish_sample, run


def test_the_files(tmp_path: Path) -> None:
    artifact = publish_sample(tmp_path)
    done = hand_off(artifact, tmp_path / "java")
    assert (done.engine, done.jar) == ("pypmml", None)
    version = done.folder / "artifacts" / "loans" / "1"
    assert {p.name for p in version.iterdir()} == {p.name for p in artifact.root.iterdir()}
    for path in version.iterdir():
        assert path.read_bytes() == (artifact.root / path.name).read_bytes()
    page = (done.folder / "README.md").read_text("utf-8")
    assert "| `age` | double | a number in [0, 120] |" in page
    assert "| `home` | string | one of rent, own (may be missing) |" in page
    assert "| `p_no` | double | probability of no |" in page
    assert "AGPL" not in page
    project = (done.folder / "pom.xml").read_text("utf-8")
    assert "<artifactId>pmml-bridge-pmml4s</artifactId>" in project
    ElementTree.fromstring(project)
    test = (done.folder / "src/test/java/handoff/HandoffTest.java").read_text("utf-8")
    assert 'record.put("age", 20L);' in test
    assert f'assertEquals({2 / 3!r}, (Double) result.get("p_no"), 1e-10);' in test
    assert 'assertEquals("no", result.get("label"));' in test
    assert not re.search(r"\$[a-z{]", page + project + test)


def test_the_agpl_is_named_where_it_applies(tmp_path: Path) -> None:
    done = hand_off(publish_sample(tmp_path), tmp_path / "java", "jpmml")
    assert done.engine == "jpmml"
    assert "## Licence" in (done.folder / "README.md").read_text("utf-8")
    assert "pmml-bridge-jpmml" in (done.folder / "pom.xml").read_text("utf-8")


def test_the_jar_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    artifact = publish_sample(tmp_path)
    first, second = (hand_off(artifact, tmp_path / name, jar=True).jar for name in "ab")
    assert first
    assert second
    assert first.name == "loans-1.jar"
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as jar:
        assert jar.read("META-INF/pmml-pipeline/artifacts") == b"loans/1\n"
        assert jar.read("artifacts/loans/1/model.pmml") == artifact.document_path.read_bytes()
        assert "artifacts/loans/1/manifest.json" in jar.namelist()


def test_only_a_certified_engine_is_handed_over(tmp_path: Path) -> None:
    artifact = publish_sample(tmp_path, proof=certificate(["jpmml"]))
    assert hand_off(artifact, tmp_path / "java").engine == "jpmml"
    with pytest.raises(NotCertifiedError, match="pypmml: 3 of 1000 held-out rows differ"):
        hand_off(artifact, tmp_path / "other", "pypmml")
    artifact = publish_sample(tmp_path, proof=certificate(["compiled"]))
    with pytest.raises(NotCertifiedError, match="certified on no Java engine"):
        hand_off(artifact, tmp_path / "other")
    with pytest.raises(ValueError, match="compiled is no Java engine"):
        hand_off(artifact, tmp_path / "other", "compiled")
    assert not (tmp_path / "other").exists()


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    artifact = publish_sample(tmp_path)
    (tmp_path / "java").mkdir()
    (tmp_path / "java" / "mine").touch()
    with pytest.raises(StoreError, match="is not empty"):
        hand_off(artifact, tmp_path / "java")
    assert [p.name for p in (tmp_path / "java").iterdir()] == ["mine"]


def test_a_damaged_version_is_not_handed_over(tmp_path: Path) -> None:
    artifact = publish_sample(tmp_path)
    artifact.golden_path.write_bytes(b"{}")
    with pytest.raises(ChecksumError):
        hand_off(artifact, tmp_path / "java")
    only_refused = [{"input": {"home": "own"}, "error": "age is required"}]
    artifact = publish_sample(tmp_path, golden=only_refused)
    with pytest.raises(ManifestError, match="no row that is scored"):
        hand_off(artifact, tmp_path / "other")


def test_the_command(tmp_path: Path) -> None:
    publish_sample(tmp_path / "store")
    done = run("handoff", tmp_path / "store" / "loans", "--to", tmp_path / "java", "--jar")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{tmp_path / 'java'}: for pypmml; begin with README.md, then mvn test",
        f"{tmp_path / 'java' / 'loans-1.jar'}: the version as a resource",
    ]
    done = run("handoff", tmp_path / "store" / "loans", "--to", tmp_path / "x", "--engine", "no")
    assert done.returncode == 1
    assert "no is no Java engine; use one of pypmml, jpmml" in done.stderr


def test_the_coordinates_are_those_of_the_bridge() -> None:
    text = (ROOT / "java_bridge" / "pom.xml").read_text("utf-8")
    assert f"<version>{BRIDGE.version}</version>" in text
    assert f"<junit.version>{BRIDGE.junit}<" in text
    assert f"<compiler-plugin.version>{BRIDGE.compiler_plugin}<" in text
    assert f"<surefire-plugin.version>{BRIDGE.surefire_plugin}<" in text
    for engine in ENGINES.values():
        assert f"<module>{engine.module}</module>" in text


@pytest.mark.parametrize(
    ("value", "java"),
    [
        (None, "null"),
        (True, "true"),
        (3, "3L"),
        (2**70, f'new java.math.BigInteger("{2**70}")'),
        (0.1, "0.1"),
        (1e-320, "1e-320"),
        (float("nan"), "Double.NaN"),
        (float("-inf"), "-1.0 / 0.0"),
        ('a"b\\\n是😀', '"a\\"b\\\\\\n\\u662f\\ud83d\\ude00"'),
    ],
)
def test_values_as_java_writes_them(value: object, java: str) -> None:
    assert _literal(value) == java

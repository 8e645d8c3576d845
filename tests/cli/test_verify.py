"""``verify``: a changed file and a changed prediction are both found, and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pmml_pipeline.cli.app import app
from tests.cli.sample import GOLDEN, certificate, publish_sample

WRONG: dict[str, Any] = {
    "input": {"age": 40, "home": "own"},
    "output": {"label": "no", "p_no": 1 / 7 + 1e-9},
}
SHOULD_FAIL = {"input": {"age": 40, "home": "own"}, "error": "it was refused"}


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["verify", *map(str, arguments)])


def words(done: Result) -> list[str]:
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("engine", ["auto", "all", "compiled", "pypmml", "jpmml"])
def test_a_sound_artifact_passes(engine: str, store: Path) -> None:
    done = verify(store / "loans", "--engine", engine)
    assert done.exit_code == 0
    every = ["compiled", "pypmml", "jpmml"]
    names = {"auto": ["pypmml"], "all": every}.get(engine, [engine])
    rows = [line for line in words(done) if line.endswith("as published")]
    assert [row.split()[:4] for row in rows] == [
        [name, "no" if name == "compiled" else "yes", "5", "0"] for name in names
    ]
    assert "3 files have the published SHA-256" in done.stderr


@pytest.mark.parametrize("name", ["model.pmml", "golden.jsonl", "baseline.json"])
def test_a_changed_file_fails(name: str, tmp_path: Path) -> None:
    artifact = publish_sample(tmp_path)
    path = artifact.file(name)
    path.write_bytes(path.read_bytes().replace(b"}", b" }", 1) + b" ")
    done = verify(tmp_path / "loans")
    assert done.exit_code == 1
    assert name in done.stderr
    assert done.stdout == ""


def test_rows_that_differ_are_shown(tmp_path: Path) -> None:
    publish_sample(tmp_path, golden=[*GOLDEN, WRONG, SHOULD_FAIL])
    done = verify(tmp_path / "loans")
    assert done.exit_code == 1
    lines = words(done)
    assert any(line.startswith("pypmml yes 7 2") and line.endswith("differs") for line in lines)
    shown = next(line for line in lines if "line 6 of golden.jsonl" in line)
    assert "label should be 'no', is 'yes'" in shown
    assert f"p_no should be {1 / 7 + 1e-9!r}, is {1 / 7!r}" in shown
    shown = next(line for line in lines if "line 7 of golden.jsonl" in line)
    assert "should be refused: it was refused, is {'label': 'yes'" in shown


def test_only_the_first_rows_are_shown(tmp_path: Path) -> None:
    publish_sample(tmp_path, golden=[WRONG] * 9)
    lines = words(verify(tmp_path / "loans"))
    assert sum("of golden.jsonl" in line for line in lines) == 3
    assert "and 6 more" in lines


def test_an_engine_that_was_never_certified_may_differ_unless_asked_for(tmp_path: Path) -> None:
    # jpmml is said to have failed, and both fail: only for pypmml is that news.
    publish_sample(tmp_path, golden=[WRONG], proof=certificate(("pypmml",)))
    done = verify(tmp_path / "loans", "--engine", "all")
    assert done.exit_code == 1
    lines = words(done)
    assert any(
        line.startswith("jpmml no 1 1") and "as the certificate says" in line for line in lines
    )
    publish_sample(tmp_path, "sound", proof=certificate(("pypmml",)))
    done = verify(tmp_path / "sound", "--engine", "all")
    assert done.exit_code == 0
    assert "warning: engine 'jpmml' is not certified for sound" in done.stderr
    done = verify(tmp_path / "loans", "--engine", "jpmml")
    assert done.exit_code == 1
    assert any(line.startswith("jpmml no 1 1") and line.endswith("differs") for line in words(done))


def test_what_cannot_be_verified_is_one_sentence(store: Path) -> None:
    for arguments in (
        (store / "loans" / "1" / "model.pmml",),
        (store / "loans", "--engine", "magic"),
        (store / "loans" / "9",),
    ):
        done = verify(*arguments)
        assert done.exit_code == 1
        assert done.stdout == ""
        assert done.stderr.splitlines()[-1].startswith("error: ")

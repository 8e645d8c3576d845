"""The commands say what they do when asked, and run nothing."""

from __future__ import annotations

import re

import pytest

from benchmarks import __main__ as every
from benchmarks import (
    conformance,
    environments,
    java,
    kernels,
    linear,
    loading,
    memory,
    scoring,
    serving,
    speed,
)
from benchmarks.made_up import forest
from pmml_pipeline.document import read

COMMANDS = (every, conformance, java, kernels, linear, loading, memory, scoring, serving, speed)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda m: m.__name__)
def test_help(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["--help"])  # type: ignore[attr-defined]
    assert end.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_an_engine_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        conformance.main(["pypml"])
    assert "there is no engine 'pypml'" in capsys.readouterr().err


@pytest.mark.parametrize("path", environments.PINS.values(), ids=lambda path: path.name)
def test_every_peer_is_pinned(path: environments.Path) -> None:
    lines = [x for x in path.read_text(encoding="utf-8").splitlines() if not x.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)


def test_an_environment_that_cannot_be_made_says_why(
    tmp_path: environments.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text(f"{tmp_path / 'not-there.whl'}\n", encoding="utf-8")
    monkeypatch.setitem(environments.PINS, "nobody", pins)
    monkeypatch.setattr(environments, "BUILD", tmp_path)
    with pytest.raises(RuntimeError, match="not-there"):
        environments.python_of("nobody")
    assert not (tmp_path / "venv-nobody" / "installed").exists()


def test_the_made_up_forest_is_a_document(tmp_path: environments.Path) -> None:
    path = tmp_path / "forest.pmml"
    path.write_text(forest(3), encoding="utf-8")
    assert read(path).model.function == "regression"
    assert forest(3) == forest(3)

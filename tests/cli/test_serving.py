"""``serving``: which versions are served."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pmml_pipeline.cli.app import app
from tests.cli.sample import publish_sample


def serving(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["serving", *map(str, arguments)])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of four versions."""
    for _ in range(4):
        publish_sample(tmp_path)
    return tmp_path / "loans"


def test_it_is_shown_and_changed(model: Path) -> None:
    assert serving(model).stdout == "loans: the newest version\n  4\n"
    done = serving(model, "--only", 3, "--label", "canary=4", "--label", "old=4")
    said = "loans: version 3\n  3\n  4  canary, old  for its label only\n"
    assert (done.exit_code, done.stdout) == (0, said)
    assert serving(model).stdout == said
    done = serving(model, "--latest", 2, "--unlabel", "old")
    assert done.stdout == "loans: the newest 2 versions\n  3\n  4  canary\n"
    assert serving(model, "--all").stdout.startswith("loans: every version\n  1\n  2\n")


def test_what_cannot_be_is_refused(model: Path) -> None:
    for arguments, said in (
        (("--only", 9), "version 9 of loans is not published; choose among 1, 2, 3, 4."),
        (("--label", "a=9"), "the label a cannot stand for version 9"),
        (("--label", "a"), "has to be a name and a version"),
        (("--label", "a=-1"), "has to be a name and a version"),
        (("--label", "a b=1"), "is no label"),
        (("--unlabel", "a"), "there is no label a"),
        (("--latest", 0), "greater than or equal to 1"),
        (("--latest", 1, "--all"), "exclude each other"),
    ):
        done = serving(model, *arguments)
        assert done.exit_code == 1, arguments
        assert said in done.output, done.output
    assert not (model / "serving.json").exists()
    done = serving(model.parent)
    assert "holds no version" in done.output

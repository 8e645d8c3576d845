"""``docs/cli.md`` names commands and options that exist, and names them all."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.cli.sample import ROOT, run

PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\$ pmml-pipeline (.+)$", PAGE, re.MULTILINE)
COMMANDS = ("export", "list", "inspect", "score", "verify", "handoff", "serve", "serving", "doctor")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_has_an_example_of_every_command_with_options_that_exist(command: str) -> None:
    examples = [shlex.split(line) for line in EXAMPLES]
    own = [words for words in examples if words[0] == command]
    assert own
    section = PAGE.partition(f"\n## {command}\n")[2].partition("\n## ")[0]
    options = re.findall(r"(?<![\w-])--[a-z-]+", section)
    known = run(command, "--help").stdout
    assert [option for option in options if f"{option} " not in known] == []


def test_every_example_is_of_a_command_that_exists() -> None:
    assert {shlex.split(line)[0] for line in EXAMPLES} <= set(COMMANDS)

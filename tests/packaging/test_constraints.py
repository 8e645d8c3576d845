"""constraints.txt names exactly what pyproject.toml asks for, with all that this brings along.

``make setup`` installs the file as it is, so a package that is not in it would be absent.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {"nvidia-nccl-cu12"}  # the comment in constraints.txt says why
OWN = "pmml-pipeline"

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PINS = {canonicalize_name(name): version for name, version in (s.split("==") for s in LINES)}


def _asked_for() -> list[Requirement]:
    project = PROJECT["project"]
    groups = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
        PROJECT["build-system"]["requires"],
    ]
    return [Requirement(text) for group in groups for text in group]


def _with_what_it_brings(requirements: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    """Every requirement, direct or not, by package. They are read off what is installed."""
    found: dict[str, list[Requirement]] = {}
    todo = list(requirements)
    seen = set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name == OWN or str(requirement) in seen:
            continue
        seen.add(str(requirement))
        found.setdefault(name, []).append(requirement)
        if name in LEFT_OUT:
            continue
        for text in metadata.requires(name) or []:
            inner = Requirement(text)
            extras = requirement.extras or {""}
            if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in extras):
                todo.append(inner)
    return found


def test_a_line_is_a_name_and_a_version() -> None:
    for line in LINES:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line
    assert sorted(LINES, key=str.lower) == sorted(set(LINES), key=str.lower)
    assert len(PINS) == len(LINES)


def test_what_is_asked_for_is_there_and_nothing_else() -> None:
    needed = _with_what_it_brings(_asked_for())
    assert needed.keys() - LEFT_OUT == PINS.keys()
    for name, requirements in needed.items():
        for requirement in requirements:
            if name not in LEFT_OUT:
                assert requirement.specifier.contains(PINS[name], prereleases=True), requirement


def test_the_environment_is_the_one_that_the_file_describes() -> None:
    installed = {name: metadata.version(name) for name in PINS}
    assert installed == PINS


def test_the_extra_all_is_all() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    (everything,) = (Requirement(text) for text in extras["all"])
    assert everything.name == OWN
    assert everything.extras == extras.keys() - {"all"}

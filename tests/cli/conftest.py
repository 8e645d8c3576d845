"""What the tests of the command line share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.sample import publish_sample


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two versions of the model ``loans``. Not to be changed."""
    folder = tmp_path_factory.mktemp("store")
    publish_sample(folder)
    publish_sample(folder)
    return folder


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing a user's file puts its folder on the path, which ends with the process, or here."""
    monkeypatch.setattr(sys, "path", list(sys.path))

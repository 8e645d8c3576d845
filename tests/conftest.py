"""What all tests share."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile

import pytest
from hypothesis import settings

# How long an example takes says nothing on a machine that others use too.
settings.register_profile("pmml-pipeline", deadline=None)
settings.load_profile("pmml-pipeline")

# Tests keep compiled documents too, in a folder of their own; child processes inherit it.
_COMPILED = tempfile.mkdtemp(prefix="pmml-pipeline-tests-")
os.environ["PMML_PIPELINE_COMPILED_CACHE"] = _COMPILED

# Begun first, since each of them takes minutes: otherwise one worker ends with it alone.
LONGEST = ("test_conformance.py", "test_wheel.py", "test_docs.py")

_status = pytest.StashKey[int]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keeps the verdict for :func:`pytest_unconfigure`."""
    session.config.stash[_status] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends without tearing the interpreter down.

    One process has loaded a JVM, several OpenMP runtimes, Arrow and polars; they have been seen to
    crash each other while they are unloaded, after every test had passed.
    """
    shutil.rmtree(_COMPILED, ignore_errors=True)
    status = config.stash.get(_status, None)
    if status is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

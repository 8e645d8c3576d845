"""Scorers of small documents on every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.engines import ENGINES

Load = Callable[..., pp.Scorer]


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine."""
    name: str = request.param
    if not ENGINES[name].available:
        pytest.skip(f"{ENGINES[name].distribution} is not installed")
    return name


@pytest.fixture
def load(engine: str, tmp_path: Path) -> Load:
    """Loads a document, given as bytes, into the engine."""

    def loaded(data: bytes, **options: Any) -> pp.Scorer:
        path = tmp_path / "document.pmml"
        path.write_bytes(data)
        return pp.load(path, engine, **options)

    return loaded

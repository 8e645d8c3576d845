"""The table of engines, and what is said about one that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

import pmml_pipeline as pp
from pmml_pipeline.engines import ENGINES, engine_spec
from pmml_pipeline.engines import table as engine_table
from pmml_pipeline.errors import EngineUnavailableError

from ..pmml import data_field, linear, mining_field


def test_an_engine_that_nobody_knows() -> None:
    with pytest.raises(
        EngineUnavailableError, match="no engine 'xgboost'; use one of auto, compiled, pypmml"
    ):
        engine_spec("xgboost")


def test_the_names_and_ranks_are_unambiguous() -> None:
    assert all(spec.name == name for name, spec in ENGINES.items())
    assert len({spec.speed for spec in ENGINES.values()}) == len(ENGINES)


def test_an_engine_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "document.pmml"
    path.write_bytes(linear(data_field("x"), mining_field("x"), {"x": 1.0}))
    spec = ENGINES["jpmml"]
    absent = engine_table.EngineSpec(
        spec.name, spec.module, "no-such-distribution", spec.extra, spec.licence, spec.speed
    )
    assert (absent.version, absent.available, absent.versions()) == (None, False, {})
    monkeypatch.setattr(engine_table, "ENGINES", {**ENGINES, "jpmml": absent})
    with pytest.raises(
        EngineUnavailableError, match=r"no-such-distribution.*pmml-pipeline\[jpmml\]"
    ):
        pp.load(path, "jpmml")


def test_the_first_available_engine_scores_a_bare_document(tmp_path: Path) -> None:
    path = tmp_path / "document.pmml"
    path.write_bytes(linear(data_field("x"), mining_field("x"), {"x": 1.0}))
    scorer = pp.load(str(path))
    assert scorer.engine == min(ENGINES.values(), key=lambda spec: spec.speed).name
    assert scorer.certificate is None
    assert scorer.score({"x": 2}) == {"y": 2.0}
    with pytest.raises(ValueError, match="extra_fields is 'keep'"):
        pp.load(path, extra_fields="keep")

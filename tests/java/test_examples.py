"""The published examples through the bridge: the same bits as Python's engines of that name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pmml_pipeline as pp
from pmml_pipeline.store import models, open_artifact

from . import bridge
from .outcomes import outcome

STORE = bridge.BRIDGE.parent / "artifacts"
PUBLISHED = models(STORE)

pytestmark = [
    bridge.needs_maven,
    pytest.mark.skipif(not PUBLISHED, reason=f"{STORE} holds no version; run make export first"),
]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The bridge."""
    bridge.built()


@pytest.mark.parametrize("engine", sorted(bridge.MODULES))
@pytest.mark.parametrize("model", PUBLISHED)
@pytest.mark.filterwarnings("ignore::pmml_pipeline.errors.PmmlPipelineWarning")
def test_golden_rows_have_the_same_bits(model: str, engine: str) -> None:
    artifact = open_artifact(STORE / model)
    version = artifact.manifest.version
    result = artifact.manifest.certificate.engine(engine)
    if result is None or not result.certified:
        done = bridge.run("verify", STORE, model, "--engine", engine, engines=[engine])
        assert done.returncode == 1
        assert f"{model} {version}: refused (not_certified): " in done.stdout
        assert result is None or str(result.reason) in done.stdout
        return
    scorer = pp.load(artifact.root, engine=engine)
    records = [json.loads(line)["input"] for line in _lines(artifact.golden_path)]
    found = bridge.scored(STORE, model, records, engine)
    assert found == [outcome(scorer, record) for record in records]
    assert len(found) > 100


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()

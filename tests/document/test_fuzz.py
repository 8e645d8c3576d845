"""A few mutated documents, always the same; ``make fuzz`` tries many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import fuzz

from ..pmml import data_field, linear, mining_field


def test_mutated_documents_give_scores_or_a_named_error() -> None:
    outcomes = list(fuzz.run(range(500), recorded=False))
    assert [o for o in outcomes if o.status == "finding"] == []
    statuses = [o.status for o in outcomes]
    assert len(statuses) == 500
    # Neither are the mutations so mild that nothing is refused, nor so wild that all are.
    assert 100 < statuses.count("scored") < 400


def test_a_number_always_names_the_same_document() -> None:
    assert [fuzz.document(n, recorded=False) for n in range(50)] == [
        fuzz.document(n, recorded=False) for n in range(50)
    ]


def test_what_must_not_be_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = linear(data_field("x"), mining_field("x"), {"x": 2.0})
    monkeypatch.setattr(fuzz, "document", lambda *_, **__: ("one", data))
    assert fuzz.judge(1).status == "scored"
    from pmml_pipeline.compiler import interpret
    from pmml_pipeline.engines.compiled import CompiledModel

    with monkeypatch.context() as broken:
        broken.setitem(interpret._OTHERS, "LINEAR", lambda *a: [a[2][0]])  # type: ignore[arg-type]
        assert "interpreted" in fuzz.judge(1).detail
    with monkeypatch.context() as broken:
        broken.setattr(CompiledModel, "score_record", lambda *_: [1.0])
        assert "row 0 alone gives" in fuzz.judge(1).detail
    with monkeypatch.context() as broken:
        broken.setattr(CompiledModel, "score_columns", lambda *_: 1 / 0)
        assert fuzz.judge(1).detail.startswith("ZeroDivisionError at test_fuzz.py")


def test_a_document_that_ends_the_child_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, time\n"
        "from pmml_pipeline import scorer\n"
        "real, count = scorer.Scorer.__init__, [0]\n"
        "def init(self, *args, **kwargs):\n"
        "    count[0] += 1\n"
        "    if count[0] == 1: os._exit(1)\n"
        "    real(self, *args, **kwargs)\n"
        "scorer.Scorer.__init__ = init\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{fuzz.ROOT}")
    found = list(fuzz.run(range(8), recorded=False))
    assert [o.number for o in found] == list(range(8))
    assert {o.detail for o in found if o.status == "finding"} <= {"crashed"}
    assert "crashed" in {o.detail for o in found}

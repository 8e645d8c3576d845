"""Golden rows: replayed when an artifact is loaded, and a scorer that fails them is refused."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from typer.testing import CliRunner

import pmml_pipeline as pp
from pmml_pipeline import kernels
from pmml_pipeline.cli.app import app
from pmml_pipeline.engines import ENGINES
from pmml_pipeline.errors import (
    EngineUnavailableError,
    GoldenRowError,
    ManifestError,
    NotCertifiedError,
    StoreError,
    UnsupportedDocumentError,
)
from pmml_pipeline.parity.golden import replay
from pmml_pipeline.store import Artifact, Certificate, ClassResult, EngineResult, Manifest
from pmml_pipeline.store.files import FileFact
from pmml_pipeline.store.publish import publish

from ..manifests import unsealed
from ..pmml import classifier, data_field, mining_field, simple
from ..store.sample import MANIFEST

DOCUMENT = classifier(
    ["yes", "no"],
    data_field("x", intervals=[("closedClosed", 0, 10)]) + data_field("s", "string", "categorical"),
    mining_field("x") + mining_field("s"),
    (simple("x", "lessOrEqual", 5), "yes", {"yes": 2, "no": 1}),
    (simple("x", "greaterThan", 5), "no", {"no": 1}),
)
INPUTS = tuple(
    {
        "name": name,
        "dataType": data_type,
        "optype": optype,
        "required": False,
        "missing": {"treatment": None},
        "invalid": {"treatment": "returnInvalid"},
    }
    for name, data_type, optype in (("x", "double", "continuous"), ("s", "string", "categorical"))
)
THIRD = 1 / 3
GOLDEN: list[dict[str, Any]] = [
    {"input": {"x": 1, "s": "a"}, "output": {"label": "yes", "p_yes": 1 - THIRD, "p_no": THIRD}},
    {"input": {"x": 9.5}, "output": {"label": "no", "p_yes": 0.0, "p_no": 1.0}},
    {"input": {"x": None, "s": None}, "error": "ValueError: x is missing"},
    {"input": {"x": 11}, "error": "beyond the bounds"},
]
SINGLE = 0.3333333432674408  # a third as float32


def artifact(
    store: Path,
    golden: list[dict[str, Any]] | bytes = GOLDEN,
    *,
    certified: Mapping[str, bool] | None = None,
    versions: Mapping[str, str] | None = None,
    tolerance: float = 1e-10,
    single: bool = False,
) -> Artifact:
    """A published artifact with those golden rows and that certificate."""
    if not isinstance(golden, bytes):
        golden = "".join(json.dumps(row) + "\n" for row in golden).encode()
    files: dict[str, bytes | Path] = {
        "model.pmml": DOCUMENT, "golden.jsonl": golden, "baseline.json": b"{}",
        "parity.json": b"{}", "parity.html": b"",
    }  # fmt: skip
    installed = {name: spec.versions() for name, spec in ENGINES.items()}
    engines = tuple(
        EngineResult(
            engine=name,
            certified=good,
            versions=installed.get(name, {}) if versions is None else versions,
            classes=(ClassResult("held-out", 4, 2, 0, 0.0),) if good else (),
            reason=None if good else "3 of 9 boundary rows differ",
        )
        for name, good in (certified or {"pypmml": True, "jpmml": True}).items()
    )
    preferred = next((e.engine for e in engines if e.certified), None)
    certificate = Certificate(tolerance, "2026-01-02T03:04:05Z", ("held-out",), engines, preferred)
    names = ("label", "p_yes", "p_no")
    kinds = ("string", "double", "double")
    outputs = tuple(
        {"name": n, "dataType": k} | ({"precision": "float32"} if single and k == "double" else {})
        for n, k in zip(names, kinds, strict=True)
    )

    def manifest(version: int, facts: Mapping[str, FileFact]) -> Manifest:
        return dataclasses.replace(
            MANIFEST,
            version=version,
            files=facts,
            inputs=INPUTS,
            outputs=outputs,
            certificate=certificate,
        )

    return publish(store, "credit", files, manifest)


def test_a_scorer_that_reproduces_them_is_loaded(tmp_path: Path) -> None:
    published = artifact(tmp_path)
    scorer = pp.load(tmp_path / "credit")
    assert scorer.engine == "pypmml"
    assert scorer.certificate is not None
    assert scorer.certificate.engines_certified == ("pypmml", "jpmml")
    assert scorer.score({"x": 2})["label"] == "yes"
    assert replay(scorer, published) == (4, [])
    assert pp.load(str(tmp_path / "credit" / "1"), "jpmml").engine == "jpmml"


@pytest.mark.parametrize("engine", ["pypmml", "jpmml"])
@pytest.mark.parametrize(
    ("line", "row", "said"),
    [
        (1, {"output": {"label": "no"}}, "should give {'label': 'no'}"),
        (1, {"output": {"p_yes": 1 - THIRD + 2e-10}}, "should give"),
        (1, {"output": {"p_no": None}}, "should give {'p_no': None}"),
        (2, {"error": "never seen"}, "should give refused: never seen and gives {'label': 'no'"),
        (3, {"output": {"label": "yes"}}, "and gives 数据错误"),
        (4, {"output": {"label": "no"}}, "out of range 11"),
    ],
)
def test_a_row_that_does_not_come_out_is_named(
    tmp_path: Path, engine: str, line: int, row: dict[str, Any], said: str
) -> None:
    golden = list(GOLDEN)
    golden[line - 1] = {"input": golden[line - 1]["input"], **row}
    artifact(tmp_path, golden)
    with pytest.raises(GoldenRowError) as caught:
        pp.load(tmp_path / "credit", engine)
    assert "1 of 4 golden rows" in caught.value.cause
    assert f"on {engine}: line {line}" in caught.value.cause
    assert said in caught.value.cause


def test_the_stated_tolerance_and_float32_hold_for_golden_rows(tmp_path: Path) -> None:
    golden = [{"input": {"x": 1}, "output": {"p_no": SINGLE}}]
    artifact(tmp_path / "exact", golden)
    with pytest.raises(GoldenRowError):
        pp.load(tmp_path / "exact" / "credit")
    artifact(tmp_path / "single", golden, single=True)
    pp.load(tmp_path / "single" / "credit")
    artifact(tmp_path / "wide", golden, tolerance=2e-6)
    with pytest.warns(pp.PmmlPipelineWarning, match="is certified .*not to 10 decimals"):
        pp.load(tmp_path / "wide" / "credit")


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"5",
        b"{}",
        b"",
        b'{"input": {}}',
        b'{"input": [], "output": {}}',
        b'{"input": {}, "output": {}, "error": "x"}',
        b'{"output": {"label": "yes"}}',
        b'{"input": {}, "output": 5}',
        b'{"input": {}, "output": ["label"]}',
        b'{"input": {}, "output": null}',
        b"\xff",
        b'{"input": {"x": 1}, "output": {"p_yes": "0.5"}}',
        b'{"input": {"x": 1}, "output": {"p_yes": true}}',
        b'{"input": {"x": 1}, "output": {"p_yes": [0.5, 0.5]}}',
        b'{"input": {"x": 1}, "output": {"label": ["yes"]}}',
        b'{"input": {"x": 1}, "output": {"label": {"yes": 1}}}',
        b'{"input": {"x": 1}, "output": {"p_yes": 1%s}}' % (b"0" * 400),
        b"[" * 100_000,
        b'{"input": {"x": 1}, "output": ' + b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_golden_row_is_named(tmp_path: Path, line: bytes) -> None:
    good = json.dumps(GOLDEN[0]).encode()
    artifact(tmp_path, good + b"\n" + line + b"\n")
    with pytest.raises(ManifestError, match=r"line 2 of .*golden\.jsonl is no golden row"):
        pp.load(tmp_path / "credit")


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_no_golden_rows_prove_nothing(tmp_path: Path, content: bytes) -> None:
    published = artifact(tmp_path, content)
    with pytest.raises(ManifestError, match=r"golden\.jsonl"):
        pp.load(tmp_path / "credit")
    found = CliRunner().invoke(app, ["verify", str(published.root)])
    assert found.exit_code == 1
    assert isinstance(found.exception, ManifestError | SystemExit)


@pytest.mark.parametrize(
    ("part", "key", "value", "said"),
    [
        ("inputs", "name", "amount", "lists other inputs"),
        ("inputs", "dataType", "string", "lists other inputs"),
        ("inputs", "required", True, "lists other inputs"),
        ("outputs", "name", "risk", "lists other outputs"),
        ("outputs", "dataType", "integer", "lists other outputs"),
        (None, "version", 7, "holds version 7 by its manifest"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    tmp_path: Path, part: str | None, key: str, value: Any, said: str
) -> None:
    path = artifact(tmp_path).root / "manifest.json"
    told = unsealed(path)
    (told if part is None else told[part][0])[key] = value
    path.write_text(json.dumps(told))
    with pytest.raises(ManifestError, match=said):
        pp.load(path.parent)
    found = CliRunner().invoke(app, ["verify", str(path.parent)])
    assert found.exit_code == 1


def test_a_copy_may_have_any_name_that_is_no_number(tmp_path: Path) -> None:
    published = artifact(tmp_path)
    copy = published.root.rename(tmp_path / "handed-over")
    assert pp.load(copy).score({"x": 2})["label"] == "yes"
    with pytest.raises(ManifestError, match="holds version 1 by its manifest"):
        pp.load(copy.rename(tmp_path / "8"))


def test_a_path_that_no_file_can_have_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="cannot open"):
        pp.load("a" * 5_000)


def test_auto_takes_the_fastest_certified_engine(tmp_path: Path) -> None:
    artifact(tmp_path, certified={"pypmml": False, "jpmml": True})
    assert pp.load(tmp_path / "credit").engine == "jpmml"
    with pytest.warns(pp.PmmlPipelineWarning, match="'pypmml' is not certified.*3 of 9 boundary"):
        assert pp.load(tmp_path / "credit", "pypmml").engine == "pypmml"


def test_auto_takes_the_next_certified_engine_when_one_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = artifact(tmp_path, certified={"compiled": True, "jpmml": True}).document_path
    assert pp.load(tmp_path / "credit").engine == "compiled"
    broken = EngineUnavailableError("the kernels cannot be loaded", "install it again")
    monkeypatch.setattr(kernels, "load", Mock(side_effect=broken))
    said = "'compiled' cannot be used, 'jpmml' is taken: the kernels cannot be loaded"
    with pytest.warns(pp.PmmlPipelineWarning, match=said) as caught:
        assert pp.load(tmp_path / "credit").engine == "jpmml"
    assert [Path(w.filename).name for w in caught] == [Path(__file__).name]
    with pytest.raises(EngineUnavailableError, match="the kernels cannot be loaded"):
        pp.load(tmp_path / "credit", "compiled")
    with pytest.warns(pp.PmmlPipelineWarning, match="'pypmml' is taken"):
        assert pp.load(path).engine == "pypmml"
    refused = UnsupportedDocumentError("the document cannot be compiled", "use another engine")
    monkeypatch.setattr(kernels, "load", Mock(side_effect=refused))
    with pytest.warns(pp.PmmlPipelineWarning, match="'jpmml' is taken: the document cannot be"):
        assert pp.load(tmp_path / "credit").engine == "jpmml"
    with pytest.raises(UnsupportedDocumentError):
        pp.load(path)


def test_without_a_certified_engine_auto_is_refused(tmp_path: Path) -> None:
    artifact(tmp_path, certified={"pypmml": False, "of another release": True})
    with pytest.raises(NotCertifiedError, match=r"certified: of another release"):
        pp.load(tmp_path / "credit")
    with pytest.warns(pp.PmmlPipelineWarning, match="it was not tried"):
        pp.load(tmp_path / "credit", "jpmml")
    with pytest.raises(EngineUnavailableError, match="no engine 'fast'"):
        pp.load(tmp_path / "credit", "fast")


def test_another_version_of_the_engine_is_a_warning(tmp_path: Path) -> None:
    artifact(tmp_path, versions={"pypmml": "0.0.1"}, certified={"pypmml": True})
    with pytest.warns(pp.PmmlPipelineWarning, match=r"certified with pypmml 0\.0\.1, and 1\."):
        pp.load(tmp_path / "credit")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        artifact(tmp_path)
        pp.load(tmp_path / "credit")


def test_an_uncertified_engine_is_not_held_to_the_golden_rows(tmp_path: Path) -> None:
    golden = [{"input": {"x": 1}, "output": {"label": "no"}}]
    artifact(tmp_path, golden, certified={"pypmml": True, "jpmml": False})
    with pytest.warns(pp.PmmlPipelineWarning, match="not certified"):
        assert pp.load(tmp_path / "credit", "jpmml").score({"x": 1})["label"] == "yes"
    with pytest.raises(GoldenRowError):
        pp.load(tmp_path / "credit", "pypmml")

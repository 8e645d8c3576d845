"""An engine that hangs, crashes or says nonsense costs its own run and nothing else."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from pathlib import Path

import numpy as np
import pytest

from pmml_pipeline.document import read
from pmml_pipeline.engines import ENGINES
from pmml_pipeline.errors import EngineUnavailableError
from pmml_pipeline.parity.certify import OfflineRows, certify
from pmml_pipeline.parity.isolated import RECORDS_CHECKED, run_engine
from pmml_pipeline.parity.rows import RowSet
from pmml_pipeline.schema import outputs_of
from pmml_pipeline.store import Certificate

from ..pmml import classifier, data_field, linear, mining_field, simple
from .engines_that_fail import SITECUSTOMIZE, SPECS

ROOT = Path(__file__).resolve().parents[2]
ROWS = {"x": [1.0, 2.5, -3.0]}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document that doubles ``x``."""
    path = tmp_path / "document.pmml"
    path.write_bytes(linear(data_field("x"), mining_field("x"), {"x": 2.0}))
    return path


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adds the engines that fail to the table of every child process, and to ours."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))
    for name, spec in SPECS.items():
        monkeypatch.setitem(ENGINES, name, spec)


@pytest.mark.parametrize("engine", ["pypmml", "jpmml"])
def test_real_engines_give_what_is_true(document: Path, engine: str) -> None:
    rows = {"x": [0.1, None, 1e-300, "much", -0.0]}
    outcome = run_engine(engine, document, [rows, {"x": []}, ROWS], 100)
    assert outcome.reason is None
    first, empty, last = outcome.runs
    assert repr(first.columns[0].tolist()) == "[0.2, nan, 2e-300, nan, 0.0]"
    assert first.errors.keys() == {1, 3}
    assert "wrong type 'much'" in first.errors[3]
    assert (len(empty.columns[0]), empty.errors) == (0, {})
    assert last.columns[0].tolist() == [2.0, 5.0, -6.0]


def test_labels_come_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "document.pmml"
    nodes = [(simple("x", "equal", i), str(i), {str(i): 1}) for i in (0, 1)]
    path.write_bytes(
        classifier(["0", "1"], data_field("x"), mining_field("x"), *nodes, label_type="integer")
    )
    outcome = run_engine("jpmml", path, [{"x": [1, 0, 7]}], 100)
    label, *chances = outcome.runs[0].columns
    assert label.tolist() == [1, 0, None]
    assert [c.dtype.kind for c in (label, *chances)] == ["O", "f", "f"]
    assert list(outcome.runs[0].errors) == [2]


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("engine", ["good", "prints garbage"])
def test_an_engine_may_print_what_it_likes(document: Path, engine: str) -> None:
    outcome = run_engine(engine, document, [ROWS], 60)
    assert outcome.reason is None
    assert outcome.runs[0].columns[0].tolist() == [2.0, 5.0, -6.0]


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("is killed", "status -9: no message"),
        ("exits", "status 3: no message"),
        ("raises", "status 1: ZeroDivisionError: the engine divides by zero"),
        ("overflows", "status 1: RecursionError"),
        ("gives up", "the engine gives up"),
        ("is short", "the engine does not give 3 results"),
        ("differs", "gives [3.0], and the same row in a batch gives [2.0]"),
        ("refuses records", "gives a refusal, and the same row in a batch gives [2.0]"),
        ("refuses batches", "gives [2.0], and the same row in a batch gives a refusal"),
        ("no such engine", "there is no engine 'no such engine'"),
    ],
)
def test_what_went_wrong_is_said(document: Path, engine: str, said: str) -> None:
    outcome = run_engine(engine, document, [ROWS], 60)
    assert outcome.runs == []
    assert outcome.reason is not None
    assert said in outcome.reason
    assert len(outcome.reason) < 700


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("engine", ["hangs on load", "hangs on rows"])
def test_an_engine_that_hangs_is_ended(document: Path, engine: str) -> None:
    started = time.monotonic()
    outcome = run_engine(engine, document, [ROWS], 3)
    assert outcome.reason == "the engine did not answer within 3 s"
    assert time.monotonic() - started < 10
    assert children_named(engine) == []


def children_named(engine: str) -> list[str]:
    """Processes whose command line names the engine."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        if engine.encode() in words:
            found.append(entry.name)
    return found


def test_a_document_that_is_none_is_said(tmp_path: Path) -> None:
    path = tmp_path / "document.pmml"
    path.write_bytes(b"<PMML/>")
    outcome = run_engine("pypmml", path, [ROWS], 60)
    assert outcome.reason == f"{path}: the document has no DataDictionary"


@pytest.mark.usefixtures("failing")
def test_the_rows_that_go_one_by_one_are_spread_over_the_class(document: Path) -> None:
    rows = {"x": [float(i) for i in range(3 * RECORDS_CHECKED)]}
    outcome = run_engine("good", document, [rows], 60)
    assert outcome.reason is None
    assert len(outcome.runs[0].columns[0]) == 3 * RECORDS_CHECKED


# --- the certificate -------------------------------------------------------------------------


def offline(
    name: str, x: list[float], y: list[float], refused: tuple[int, ...] = ()
) -> OfflineRows:
    """A class of rows with what the library made of it."""
    mask = np.zeros(len(x), dtype=bool)
    mask[list(refused)] = True
    rows = RowSet(name, {"x": x}, {"x": x}, [f"x = {v!r}" for v in x])
    return OfflineRows(rows, {"y": np.array(y)}, mask, dict.fromkeys(refused, "out of bounds"))


@pytest.mark.usefixtures("failing")
def test_each_engine_is_proven_separately(document: Path) -> None:
    sets = [offline("held-out", [1.0, 2.0], [2.0, 4.0]), offline("missing", [3.0], [6.0])]
    engines = ["good", "is killed", "raises", "pypmml"]
    proof = certify(
        document, outputs_of(read(document)), sets, tolerance=1e-10, engines=engines, time_limit=60
    )
    found = {e.engine: e for e in proof.certificate.engines}
    assert [found[e].certified for e in engines] == [True, False, False, True]
    assert proof.certificate.preferred == "pypmml"  # the fastest of the two
    assert "status -9" in (found["is killed"].reason or "")
    assert found["good"].reason is None
    assert [(c.name, c.rows, c.mismatches) for c in found["good"].classes] == [
        *(("held-out", 2, 0), ("missing", 1, 0)),
    ]
    assert found["pypmml"].versions == ENGINES["pypmml"].versions()
    assert [e["engine"] for e in proof.report["engines"]] == engines


@pytest.mark.usefixtures("failing")
def test_one_row_that_differs_costs_the_certificate_and_is_shown(document: Path) -> None:
    off = offline("boundary", [1.0, 2.0, 3.0], [2.0, 4.0, 6.0 + 3e-10])
    proof = certify(document, outputs_of(read(document)), [off], tolerance=1e-10, engines=["good"])
    (result,) = proof.certificate.engines
    assert (result.certified, proof.certificate.preferred) == (False, None)
    fact = (
        "1 of 3 boundary rows differ by up to 3e-10, such as x = 3.0 (likely cause: rounding: "
        "both compute in double precision, but add up in another order)"
    )
    fix = "tolerance=3.1e-10, if sums in another order are close enough for this model"
    assert result.reason == f"{fact}; {fix}"
    shown = proof.report["engines"][0]
    assert (shown["reason"], shown["remedy"]) == (fact, fix)
    (detail,) = proof.report["engines"][0]["classes"]
    assert detail["mismatches"] == 1
    (difference,) = detail["differences"]
    assert difference["note"] == "x = 3.0"
    assert (difference["offline"], difference["online"]) == (6.0 + 3e-10, 6.0)
    wider = certify(document, outputs_of(read(document)), [off], tolerance=1e-9, engines=["good"])
    assert wider.certificate.preferred == "good"
    assert not wider.certificate.to_10_decimals


@pytest.mark.usefixtures("failing")
def test_a_row_that_only_the_library_refuses_costs_the_certificate(document: Path) -> None:
    off = offline("extremes", [1.0, 2.0], [2.0, math.nan], refused=(1,))
    proof = certify(document, outputs_of(read(document)), [off], tolerance=1e-10, engines=["good"])
    (result,) = proof.certificate.engines
    assert result.reason == (
        "1 of 2 extremes rows differ, such as x = 2.0 (likely cause: refusal: the training library "
        "refuses the row, the engine scores it); "
        "limits= on the numbers that a record may bring keeps such rows out"
    )
    (difference,) = proof.report["engines"][0]["classes"][0]["differences"]
    assert difference["offline"] == "refused by the training library: out of bounds"
    assert difference["online"] == {"y": 4.0}


@pytest.mark.usefixtures("failing")
def test_a_row_that_the_contract_refuses_is_said_to_be(document: Path) -> None:
    off = offline("missing", [1.0, 2.0], [2.0, math.nan], refused=(1,))
    off = dataclasses.replace(off, by_contract=frozenset({1}), reasons={1: "x is required"})
    proof = certify(document, outputs_of(read(document)), [off], tolerance=1e-10, engines=["good"])
    (difference,) = proof.report["engines"][0]["classes"][0]["differences"]
    assert difference["offline"] == "refused by the contract: x is required"
    assert difference["cause"].startswith("refusal: the contract refuses the row")
    (shown,) = proof.report["row_classes"]
    assert (shown["refused_offline"], shown["refused_by_contract"]) == (1, 1)


@pytest.mark.usefixtures("failing")
def test_an_engine_that_needs_longer_is_said_with_what_helps(document: Path) -> None:
    off = offline("held-out", [1.0], [2.0])
    proof = certify(
        document,
        outputs_of(read(document)),
        [off],
        tolerance=1e-10,
        engines=["hangs on load"],
        time_limit=2,
    )
    (result,) = proof.certificate.engines
    assert result.reason == (
        "the engine did not answer within 2 s; "
        "a smaller budget=, fewer levels or a higher time_limit= lets it finish"
    )


def test_an_engine_that_nobody_knows_is_refused(document: Path) -> None:
    off = offline("held-out", [1.0], [2.0])
    with pytest.raises(
        EngineUnavailableError, match="no engine 'nope'; use compiled, pypmml, jpmml"
    ):
        certify(document, outputs_of(read(document)), [off], tolerance=0, engines=["nope"])


@pytest.mark.usefixtures("failing")
def test_rows_that_agree_by_chance_certify_no_engine_that_sums_otherwise(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = offline("held-out", [1.0, 2.0], [2.0, 4.0])
    single = dataclasses.replace(off, predictions={"y": np.array([2.0, 4.0], dtype=np.float32)})
    monkeypatch.setitem(ENGINES, "good", dataclasses.replace(SPECS["good"], float32=True))
    engines = ["good", "pypmml", "jpmml"]

    def certified(rows: OfflineRows, tolerance: float) -> Certificate:
        outputs = outputs_of(read(document))
        return certify(document, outputs, [rows], tolerance=tolerance, engines=engines).certificate

    strict = certified(single, 1e-10)
    assert strict.engines_certified == ("good",)
    assert [e.reason for e in strict.engines] == [
        None,
        *(
            f"the training library adds up in float32 and {name} does not, so other rows may differ"
            for name in ("pypmml", "jpmml")
        ),
    ]
    assert certified(single, 1e-6).engines_certified == ("good", "pypmml", "jpmml")
    assert certified(off, 1e-10).engines_certified == ("good", "pypmml", "jpmml")


def test_an_engine_that_is_not_installed_is_not_certified(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = SPECS["good"]
    absent = type(spec)("absent", spec.module, "no-such-distribution", "", "x", 1)
    monkeypatch.setitem(ENGINES, "absent", absent)
    off = offline("held-out", [1.0], [2.0])
    proof = certify(
        document, outputs_of(read(document)), [off], tolerance=1e-10, engines=["absent"]
    )
    (result,) = proof.certificate.engines
    assert not result.certified
    assert result.reason == "no-such-distribution is not installed; pip install 'pmml-pipeline'"

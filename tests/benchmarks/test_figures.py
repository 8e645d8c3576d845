"""The figures to reach: who is compared with whom, and what counts as met."""

from __future__ import annotations

from benchmarks.agreement import Agreement
from benchmarks.case import Facts
from benchmarks.figures import DICT, FRAME, Figure, figures
from benchmarks.measuring import Absent, Measured, Session
from benchmarks.tables import details, summary

EXACT, OFF = Agreement(10, 0, 0, 0.0), Agreement(10, 10, 0, 3e-4)


def call(name: str, microseconds: float, kind: str = "batch", found: Agreement = EXACT) -> Measured:
    return Measured(name, "something", kind, 10, [[microseconds]] * 3, [found])


def session(*more: Measured, absent: tuple[Absent, ...] = ()) -> Session:
    own = (call(FRAME, 2.0), call(DICT, 4.0, "record"))
    return Session([*own, *more], list(absent))


def facts(name: str, trees: bool = True) -> Facts:
    return Facts(name, name, "sklearn", trees, "target")


def found(name: str, some: Session, trees: bool = True) -> dict[str, Figure]:
    return {figure.what: figure for figure in figures(facts(name, trees), some)}


def test_beside_the_fastest_peer_that_is_exact() -> None:
    peers = (call("slow", 9.0), call("fast", 2.9), call("coarse", 1.0, found=OFF))
    figure = found("forest-100", session(*peers))["a batch, the fastest exact peer (fast)"]
    assert (figure.wanted, figure.found, figure.met) == (1.5, 1.45, False)
    coarse = found("forest-100", session(*peers))[
        "a batch, the fastest peer that is not exact (coarse)"
    ]
    assert (coarse.wanted, coarse.found, coarse.met) == (1.0, 0.5, False)


def test_lleaves_for_the_model_that_it_is_named_for() -> None:
    figure = found("lightgbm-500", session(call("lleaves", 2.0)))["a batch, lleaves"]
    assert figure.met
    missing = found("lightgbm-500", session())["a batch, lleaves"]
    assert not missing.met
    assert missing.reason == "the peer was not measured"


def test_pypmml_by_its_fastest_call_whether_right_or_wrong() -> None:
    calls = (call("pypmml: a", 200.0, found=OFF), call("pypmml: b", 300.0))
    records = (call("pypmml: a", 80.0, "record"), call("pypmml: b", 90.0, "record"))
    some = found("xgboost-300", session(*calls, *records))
    assert some["a batch, pypmml's fastest call (pypmml: a)"].found == 100
    assert some["one record, pypmml's fastest call (pypmml: a)"].found == 20
    assert some["one record, pypmml's fastest call (pypmml: a)"].met
    linear = found("linear", session(*calls, *records), trees=False)
    assert linear["a batch, pypmml's fastest call (pypmml: a)"].wanted == 20
    assert linear["one record, pypmml's fastest call (pypmml: a)"].wanted == 8


def test_onnx_that_does_not_know_the_model_asks_nothing_and_one_that_fails_misses() -> None:
    knows_not = session(absent=(Absent("ONNX Runtime", "no converter"),))
    assert "one record, ONNX Runtime" not in found("network", knows_not)
    failed = session(absent=(Absent("ONNX Runtime", "not installed", lost=True),))
    assert not found("network", failed)["one record, ONNX Runtime"].met


def test_own_results_that_are_wrong_reach_nothing() -> None:
    wrong = Session([call(FRAME, 1.0, found=OFF), call("lleaves", 100.0)])
    figure = found("lightgbm-500", wrong)["a batch, lleaves"]
    assert figure.found is None
    assert not figure.met


def test_the_tables_show_everything() -> None:
    some = session(
        call("coarse | one", 1.0, found=OFF), absent=(Absent("lleaves", "it needs\n| something"),)
    )
    text = "\n".join(details(facts("forest-100"), some))
    assert "| coarse / one | something | 10 | 1,000,000 | 1,000,000 | 0.50 | off by 0.0003" in text
    assert "| compiled: score | something | 1 | 4.0 | 4.0 | 1.00 | exact |" in text
    assert "- lleaves: it needs | something" in text
    every = figures(facts("forest-100"), some)
    lines = list(summary([(facts("forest-100"), every)]))
    assert len(lines) == 2 + len(every)
    assert "the peer was not measured | MISSED |" in "\n".join(lines)

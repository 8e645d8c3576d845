"""Peers in processes of their own take turns, are checked while timed, and none gets lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.agreement import Agreement
from benchmarks.case import Facts, Rows, write
from benchmarks.measuring import Group, Measured, Session, measure

DIFFER = Group("those", "tests.benchmarks.peers_that_differ")
ENDS = Group("the one that ends", "tests.benchmarks.peers_that_end")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("case")
    random = np.random.default_rng(0)
    rows = Rows({name: random.normal(size=3_000) for name in "abc"})
    facts = Facts("sums", "Sums", "sklearn", True, "target")
    write(folder, facts, rows, rows.matrix().sum(axis=1), None)
    return measure(folder, [ENDS, DIFFER], rounds=3, seconds=0.01, warm=0.0)


def test_every_call_has_its_turns(session: Session) -> None:
    assert len(session.calls) == 6
    assert all(len(call.rounds) == 3 for call in session.calls)
    assert {call.rows for call in session.calls} == {1, 3_000}
    assert all(0 < call.median <= call.slowest for call in session.calls)


@pytest.mark.parametrize("kind", ["batch", "record"])
def test_who_is_wrong_is_reported_as_off(session: Session, kind: str) -> None:
    said = {c.name: str(c.agreement) for c in session.calls if c.kind == kind}
    assert said["right"] == "exact"
    assert said["coarse"].startswith("off by 1e-07 in ") or said["coarse"].startswith("off by 2e")
    assert said["wrong"].startswith("off by 0.2 in ")


def test_who_was_not_measured_is_listed_with_the_reason(session: Session) -> None:
    refuses, ends = sorted(session.absent, key=lambda absent: absent.lost)
    assert (refuses.name, refuses.lost) == ("refuses", False)
    assert refuses.reason == "ValueError: no such model: Sums and more"
    assert (ends.name, ends.lost) == ("the one that ends", True)
    assert ends.reason == "its process ended with 3: it is out of order"


def test_a_ratio_is_the_median_of_the_rounds_beside_one_another() -> None:
    ours = _call([[1.0], [10.0], [1.0, 1.0, 50.0]])
    theirs = _call([[2.0], [20.0], [3.0]])
    assert ours.ratio(theirs) == 2.0
    assert ours.median == 1.0
    with pytest.raises(ValueError, match="shorter"):
        ours.ratio(_call([[1.0]]))


def _call(rounds: list[list[float]]) -> Measured:
    return Measured("it", "nothing", "batch", 1, rounds, [Agreement(1, 0, 0, 0.0)])


def test_the_case_is_read_as_it_was_written(tmp_path: Path) -> None:
    from benchmarks.case import Case

    columns = {"n": np.array([0.5, 1.5]), "t": np.array(["a", "bc"], dtype=object)}
    write(tmp_path, Facts("x", "X", "sklearn", False, "y"), Rows(columns), np.ones(2), {"a": 1})
    case = Case(tmp_path)
    assert case.rows().records(9) == [{"n": 0.5, "t": "a"}, {"n": 1.5, "t": "bc"}]
    assert not case.rows().numeric
    assert case.rows().only(["n"]).numeric
    assert case.fitted() == {"a": 1}
    assert case.facts.title == "X"

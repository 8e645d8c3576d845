"""The figures to reach beside the peers, and whether they are met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.calls import BATCH, RECORD
from benchmarks.case import Facts
from benchmarks.measuring import Measured, Session

# What the project's own calls and those of the peers are called; see benchmarks/peers.
FRAME, DICT = "compiled: score_frame", "compiled: score"
ONE_THREAD, TWO_THREADS = "compiled: score_frame, one thread", "compiled: score_frame, two threads"
TWO_PROCESSES = "compiled: score_frame, two processes"
OWN = "compiled: "
PYPMML = "pypmml: "
LLEAVES, ONNX, SCIKIT_LEARN = "lleaves", "ONNX Runtime", "scikit-learn"

EXACT_PEER = 1.5
TWICE = 1.7


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure to reach.

    Attributes:
        what: beside whom, at what.
        wanted: how many times as fast it has to be.
        found: how many times as fast it is; None where there is nothing to compare with.
        reason: why there is not.
    """

    what: str
    wanted: float
    found: float | None
    reason: str = ""

    @property
    def met(self) -> bool:
        """Whether it is reached. What was not measured is not."""
        return self.found is not None and self.found >= self.wanted


def figures(facts: Facts, session: Session) -> list[Figure]:
    """The figures of one model."""
    return [*_batches(facts, session), *_records(facts, session)]


def _batches(facts: Facts, session: Session) -> Iterator[Figure]:
    own = _named(session, FRAME, BATCH)
    peers = [c for c in session.calls if c.kind == BATCH and not c.name.startswith(OWN)]
    exact = [c for c in peers if c.agreement.exact]
    others = [c for c in peers if not c.agreement.exact and not c.name.startswith(PYPMML)]
    if facts.name == "lightgbm-500":
        yield _beside(session, own, "a batch", LLEAVES, 1.0)
    elif facts.trees or facts.name == "linear":
        yield _fastest(own, "a batch, the fastest exact peer", exact, EXACT_PEER)
        if others:
            yield _fastest(own, "a batch, the fastest peer that is not exact", others, 1.0)
    elif facts.name == "network":
        yield _beside(session, own, "a batch", SCIKIT_LEARN, 1.0)
    theirs = [c for c in peers if c.name.startswith(PYPMML)]
    yield _fastest(own, "a batch, pypmml's fastest call", theirs, 100 if facts.trees else 20)


def _records(facts: Facts, session: Session) -> Iterator[Figure]:
    own = _named(session, DICT, RECORD)
    theirs = [c for c in session.calls if c.kind == RECORD and c.name.startswith(PYPMML)]
    if facts.trees or facts.name == "linear":
        wanted = 20 if facts.trees else 8
        yield _fastest(own, "one record, pypmml's fastest call", theirs, wanted)
    if not any(a.name == ONNX and not a.lost for a in session.absent):
        yield _beside(session, own, "one record", ONNX, 1.0, RECORD)


def _named(session: Session, name: str, kind: str) -> Measured | None:
    """The project's own call, where its results are right: a wrong one reaches nothing."""
    found = (c for c in session.calls if c.name == name and c.kind == kind and c.agreement.exact)
    return next(found, None)


def _beside(
    session: Session, own: Measured | None, what: str, peer: str, wanted: float, kind: str = BATCH
) -> Figure:
    some = [c for c in session.calls if c.name == peer and c.kind == kind]
    return _fastest(own, f"{what}, {peer}", some, wanted)


def _fastest(own: Measured | None, what: str, peers: Sequence[Measured], wanted: float) -> Figure:
    if own is None:
        return Figure(what, wanted, None, "the compiled engine gives no right results")
    if not peers:
        return Figure(what, wanted, None, "the peer was not measured")
    peer = min(peers, key=own.ratio)
    name = "" if what.endswith(peer.name) else f" ({peer.name})"
    return Figure(what + name, wanted, own.ratio(peer))

"""Measures peers beside one another: every round calls each of them once, in turn.

What else the machine does thereby hits all alike, and a ratio is the median of the ratios of single
rounds. Every peer has a process of its own, and only one of them works at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.agreement import Agreement, worst_of
from benchmarks.children import Child, ChildError, TooLateError
from benchmarks.environments import OWN, python_of

TURN_LIMIT = 120.0  # seconds for one turn of one call


@dataclass(slots=True)
class Measured:
    """One call of one peer.

    Attributes:
        name, given, kind, rows: see :mod:`benchmarks.calls`; rows is how many one call scores.
        rounds: microseconds per row of every call, by round.
        agreements: what was found while it was timed.
    """

    name: str
    given: str
    kind: str
    rows: int
    rounds: list[list[float]] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)

    @property
    def agreement(self) -> Agreement:
        """The worst of them."""
        return worst_of(self.agreements)

    @property
    def median(self) -> float:
        """Microseconds per row."""
        return float(np.median(self._all))

    @property
    def slowest(self) -> float:
        """The 99th percentile, in microseconds per row."""
        return float(np.percentile(self._all, 99))

    @property
    def _all(self) -> list[float]:
        return [each for times in self.rounds for each in times]

    def ratio(self, other: Measured) -> float:
        """How many times as long the other takes: the median over the rounds."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return float(np.median([np.median(theirs) / np.median(ours) for ours, theirs in pairs]))


@dataclass(frozen=True, slots=True)
class Absent:
    """A peer that was not measured, and why.

    Attributes:
        lost: whether that is a failure, as opposed to a model that the peer does not know.
    """

    name: str
    reason: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Peers that share a process.

    Attributes:
        name: what to call them when the process cannot be started.
        module: with their table ``PEERS``.
        environment: in which they are installed.
        limit: seconds until they have to be ready; compiling counts.
    """

    name: str
    module: str
    environment: str = OWN
    limit: float = 300.0


@dataclass(frozen=True, slots=True)
class Session:
    """What came of measuring one case.

    Attributes:
        calls: every call that was measured.
        absent: the peers that were not.
        opening: seconds until a group was ready, by its name.
    """

    calls: list[Measured] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    opening: dict[str, float] = field(default_factory=dict)


def measure(
    case: Path,
    groups: Sequence[Group],
    rounds: int,
    seconds: float,
    warm: float,
) -> Session:
    """Measures every call of every group.

    Args:
        case: folder of the case.
        groups: what to measure.
        rounds: how often each call has its turn.
        seconds: how long a turn takes, about.
        warm: seconds that each is called before anything counts: Java compiles what is hot.
    """
    session = Session()
    turns: list[_Turn] = []
    with ExitStack() as stack:
        for group in groups:
            turns += _opened(group, case, session, stack)
        for number in range(-1, rounds):
            for turn in list(turns) if number % 2 else turns[::-1]:
                if turn.lost:
                    continue
                try:
                    turn.take(warm if number < 0 else seconds, counts=number >= 0)
                except ChildError as error:
                    for other in turns:
                        if other.child is turn.child:
                            other.lost = str(error)
    session.calls.extend([turn.call for turn in turns if not turn.lost])
    session.absent.extend(
        [Absent(turn.call.name, turn.lost, lost=True) for turn in turns if turn.lost]
    )
    return session


@dataclass(slots=True)
class _Turn:
    """A call, and the child process that does it."""

    child: Child
    number: int
    call: Measured
    lost: str = ""

    def take(self, seconds: float, *, counts: bool) -> None:
        times, found = self.child.ask([self.number, seconds], TURN_LIMIT)
        if counts:
            self.call.rounds.append(times)
        self.call.agreements.append(Agreement(**found))


def _opened(group: Group, case: Path, session: Session, stack: ExitStack) -> list[_Turn]:
    """The calls of a group, warm; what there is none of is told the session.

    A peer that took too long to compile the model is not waited for again: the case has a note.
    """
    note = case / f"{group.module.rpartition('.')[2]}-gave-up.txt"
    if note.is_file():
        session.absent.append(Absent(group.name, note.read_text(encoding="utf-8"), lost=True))
        return []
    try:
        python = python_of(group.environment)
        command = [str(python), "-m", "benchmarks.worker", str(case), group.module]
        child = stack.enter_context(Child(command))
        said = child.ask(None, group.limit)
    except (RuntimeError, ChildError) as error:
        if isinstance(error, TooLateError):
            note.write_text(str(error), encoding="utf-8")
        session.absent.append(Absent(group.name, str(error), lost=True))
        return []
    session.opening[group.name] = said["seconds"]
    session.absent.extend([Absent(**each) for each in said["absent"]])
    return [_Turn(child, n, Measured(**each)) for n, each in enumerate(said["calls"])]

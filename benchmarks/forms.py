"""Every way to call pypmml and this package on one model, checked and timed in this process.

Run as a child of ``benchmarks.scoring``, since how Java compiles a process's hot code is partly
chance: ``python -m benchmarks.forms CASE ROUNDS`` prints what it measured as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

import pmml_pipeline as pp
from benchmarks.case import Case
from pmml_pipeline.engines.jvm import runtime

TOLERANCE = 1e-10
BATCH = 2_000  # rows
RECORDS = 200  # different ones, taken in turn
WARM_S = 2.0  # how long a form runs before anything is measured, for Java to compile it
ROUND_S = 0.3  # and how long in one round

Call = Callable[[], Any]
Answers = list[dict[str, Any]]


@dataclass(slots=True)
class Form:
    """One way to call.

    Attributes:
        name: as in the table.
        call: does it once.
        rows: how many rows that scores.
        answers: the results as records.
        own: whether it is this package's.
        times: microseconds per row, one per round; empty when it does not work.
        note: what is special about it.
    """

    name: str
    call: Call
    rows: int
    answers: Callable[[Any], Answers]
    own: bool = False
    times: list[float] = field(default_factory=list)
    note: str = ""


def measure(document: Path, frame: pd.DataFrame, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Checks and times every form.

    Args:
        document: the PMML file.
        frame: rows with its inputs.
        rounds: how often each form is measured.

    Returns:
        Under ``records`` and ``batches``: name, own, note and times of each form.
    """
    scorer = pp.load(document, engine="pypmml")
    theirs = pypmml_model(document)
    order = [str(n) for n in theirs.inputNames]
    frame = frame[order]
    records: list[dict[str, Any]] = frame.to_dict("records")
    found = {}
    for kind, forms in (
        ("records", list(_record_forms(theirs, scorer, records[:RECORDS], order))),
        ("batches", list(_batch_forms(theirs, scorer, records, order, frame))),
    ):
        _check(forms)
        _time(forms, rounds)
        _check(forms)
        found[kind] = [
            {"name": f.name, "own": f.own, "note": f.note, "times": f.times} for f in forms
        ]
    return found


def pypmml_model(path: Path) -> Any:
    """pypmml's own model over JPype, on the JVM that this package started."""
    runtime.start()
    from pypmml import Model
    from pypmml.base import PMMLContext
    from pypmml.jvm import JPypeGateway

    if PMMLContext.gateway() is None:
        PMMLContext(gateway_instance=JPypeGateway())
    return Model.fromFile(str(path))


class Tables:
    """pypmml's DataFrame form, on a JVM that pypmml did not start.

    It expects Java text to arrive as Python's, which a JVM that it starts itself sees to.
    """

    def __init__(self, model: Any) -> None:
        self._context = model._pc
        self.model = type(model)(model._java_model)
        self.model._pc = self

    def call_java_func(self, function: Any, *arguments: Any) -> str:
        """What pypmml calls."""
        return str(self._context.call_java_func(function, *arguments))

    def detach(self, java_model: Any) -> None:
        """Nothing: the Java object is the other model's."""


def _record_forms(
    theirs: Any, scorer: pp.Scorer, records: list[dict[str, Any]], order: list[str]
) -> Iterator[Form]:
    outputs = [str(n) for n in theirs.outputNames]
    lists = [[record[n] for n in order] for record in records]

    def each(function: Callable[[Any], Any], inputs: list[Any]) -> Call:
        return lambda: [function(one) for one in inputs]

    n = len(records)
    yield Form("predict(dict)", each(theirs.predict, records), n, lambda r: [*map(_named, r)])
    yield Form("predict(list)", each(theirs.predict, lists), n, lambda r: _listed(outputs, r))
    yield Form("Scorer.score(dict)", each(scorer.score, records), n, lambda r: r, own=True)


def _batch_forms(
    theirs: Any, scorer: pp.Scorer, records: list[dict[str, Any]], order: list[str], frame: Any
) -> Iterator[Form]:
    outputs = [str(n) for n in theirs.outputNames]
    lists = [[record[n] for n in order] for record in records]
    split = json.dumps({"columns": order, "data": lists})
    as_records = json.dumps(records)
    tables = Tables(theirs).model

    def from_split(text: Any) -> Answers:
        found = json.loads(str(text))
        return _listed(found["columns"], found["data"])

    def framed(table: pd.DataFrame) -> Answers:
        return [_named(row) for row in table.to_dict("records")]

    n = len(records)
    listed = lambda r: _listed(outputs, r)  # noqa: E731 - one of three beside each other
    yield Form("predict(list of lists)", lambda: theirs.predict(lists), n, listed)
    yield Form("predict(list of dicts)", lambda: theirs.predict(records), n, listed)
    yield Form("predict(JSON, split)", lambda: theirs.predict(split), n, from_split)
    yield Form(
        "predict(JSON, records)",
        lambda: theirs.predict(as_records),
        n,
        lambda text: list(json.loads(str(text))),
    )
    yield Form("predict(DataFrame)", lambda: tables.predict(frame), n, framed)
    yield Form("Scorer.score_frame(pandas)", lambda: scorer.score_frame(frame), n, framed, own=True)


def _named(result: Any) -> dict[str, Any]:
    return {str(name): result[name] for name in result}


def _listed(names: list[str], results: Any) -> Answers:
    return [dict(zip(names, one, strict=True)) for one in results]


def _check(forms: list[Form]) -> None:
    """Marks the forms that do not work; the others have to give what this package gives.

    Raises:
        AssertionError: two forms give different results, other than the form that is known to.
    """
    own = next(f for f in forms if f.own)
    expected = own.answers(own.call())
    for form in forms:
        try:
            found = form.answers(form.call())
        except (TypeError, ValueError, AttributeError, RuntimeError) as error:
            if form.own:
                raise
            form.note = f"does not work ({type(error).__name__})"
            continue
        wrong, worst = _compare(expected, found)
        if wrong and form.name == "predict(DataFrame)":
            form.note = f"{wrong} rows off by up to {worst:.1g}: it rounds inputs to 10 decimals"
        elif wrong:
            raise AssertionError(f"{form.name}: {wrong} rows differ, by up to {worst}")


def _compare(expected: Answers, found: Answers) -> tuple[int, float]:
    """How many rows differ, and the largest difference, over the numbers that both have."""
    assert len(expected) == len(found)
    shared = [n for n, v in expected[0].items() if isinstance(v, float) and n in found[0]]
    assert shared, f"nothing to compare: {list(expected[0])} and {list(found[0])}"
    worst = [
        max(abs(one[n] - float(other[n])) for n in shared)
        for one, other in zip(expected, found, strict=True)
    ]
    return sum(not d <= TOLERANCE for d in worst), max(worst)


def _time(forms: list[Form], rounds: int) -> None:
    """Warms every form up, then measures them in turn, round after round."""
    forms = [form for form in forms if not form.note.startswith("does not")]
    repeats = {}
    for form in forms * 2:
        start = time.thread_time()
        calls = 0
        while (spent := time.thread_time() - start) < WARM_S / 2:
            form.call()
            calls += 1
        repeats[form.name] = max(1, round(calls * ROUND_S / spent))
    for number in range(rounds):
        for form in forms if number % 2 else reversed(forms):
            start = time.thread_time()
            for _ in range(repeats[form.name]):
                form.call()
            took = time.thread_time() - start
            form.times.append(took / repeats[form.name] / form.rows * 1e6)


if __name__ == "__main__":
    case = Case(Path(sys.argv[1]))
    some = case.rows().head(BATCH).frame()
    sys.stdout.write(json.dumps(measure(case.document, some, int(sys.argv[2]))))

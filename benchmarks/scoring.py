"""Measures Scorer.score and score_frame on pypmml against pypmml's own calls.

``make bench`` runs this. It trains three models, exports them with their certificate, and scores the
same rows with every call form that pypmml has and with this package, in one process and on one JVM,
with all checks on. The rounds of all forms are interleaved, and medians are compared, so that what
else the machine does falls on all alike. Results are checked while timing.

The figures to reach:

- ``score`` takes at most 1.2 times the time of pypmml's fastest form for one record;
- ``score_frame`` is at least as fast as pypmml's fastest form for many.

pypmml gets its inputs ready-made (lists, JSON text), and its answers are left as they come: neither
is counted. It runs over JPype; its default, py4j, is several times slower.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import pmml_pipeline as pp
from benchmarks.models import MODELS
from benchmarks.report import write
from pmml_pipeline.engines.jvm import runtime

RECORD_LIMIT = 1.2
BATCH_LIMIT = 1.0
TOLERANCE = 1e-10
RECORDS = 200  # different ones, taken in turn
BATCH = 2_000
ROUND_S = 0.3  # how long one form is measured in one round

Call = Callable[[], Any]


@dataclass(slots=True)
class Form:
    """One way to call.

    Attributes:
        name: as in the table.
        call: does it once.
        rows: how many rows that scores.
        answers: the numbers in the results, as a list of dicts by result name.
        own: whether it is this package's.
        times: microseconds per row, one per round.
        note: what is special about the results.
    """

    name: str
    call: Call
    rows: int
    answers: Callable[[Any], list[dict[str, Any]]]
    own: bool = False
    times: list[float] | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """Microseconds per row."""
        return statistics.median(self.times or [math.nan])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured on one model."""

    model: str
    records: list[Form]
    batches: list[Form]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, writes ``benchmarks/results.md``; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each form (at least 5)")
    parser.add_argument("--model", choices=MODELS, action="append", help="only this one")
    given = parser.parse_args(arguments)
    if given.rounds < 5:
        parser.error("fewer than 5 rounds say nothing")
    names = given.model or list(MODELS)
    with tempfile.TemporaryDirectory(prefix="pmml-bench-") as folder:
        outcomes = [_measure(name, Path(folder), given.rounds) for name in names]
    return write(outcomes, RECORD_LIMIT, BATCH_LIMIT, given.rounds, complete=not given.model)


def _measure(name: str, store: Path, rounds: int) -> Outcome:
    print(f"{name}: train and export", flush=True)
    artifact, frame = MODELS[name](store)
    scorer = pp.load(artifact, engine="pypmml")
    theirs = _pypmml_model(artifact / "model.pmml")
    rows = frame.head(BATCH)
    plain: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", double_precision=15))
    for record, exact in zip(plain, rows.to_dict("records"), strict=True):
        record.update(exact)
    order = [str(n) for n in theirs.inputNames]
    records = list(_record_forms(theirs, scorer, plain[:RECORDS], order))
    batches = list(_batch_forms(theirs, scorer, plain, order, rows))
    for forms in (records, batches):
        _check(forms)
        print(f"{name}: {', '.join(f.name for f in forms)}", flush=True)
        _time(forms, rounds)
    return Outcome(name, records, batches)


def _pypmml_model(path: Path) -> Any:
    """pypmml's own model over JPype, on the JVM that this package started."""
    runtime.start()
    from pypmml import Model
    from pypmml.base import PMMLContext
    from pypmml.jvm import JPypeGateway

    if PMMLContext.gateway() is None:
        PMMLContext(gateway_instance=JPypeGateway())
    return Model.fromFile(str(path))


# --- the forms -------------------------------------------------------------------------------


def _record_forms(
    theirs: Any, scorer: pp.Scorer, records: list[dict[str, Any]], order: list[str]
) -> Iterator[Form]:
    outputs = [str(n) for n in theirs.outputNames]
    lists = [[record[n] for n in order] for record in records]

    def each(function: Callable[[Any], Any], inputs: list[Any]) -> Call:
        return lambda: [function(one) for one in inputs]

    n = len(records)
    yield Form("predict(dict)", each(theirs.predict, records), n, lambda r: [*map(_named, r)])
    yield Form(
        "predict(list)",
        each(theirs.predict, lists),
        n,
        lambda r: [_named(dict(zip(outputs, one, strict=True))) for one in r],
    )
    yield Form("Scorer.score(dict)", each(scorer.score, records), n, lambda r: r, own=True)


def _batch_forms(
    theirs: Any, scorer: pp.Scorer, records: list[dict[str, Any]], order: list[str], frame: Any
) -> Iterator[Form]:
    outputs = [str(n) for n in theirs.outputNames]
    lists = [[record[n] for n in order] for record in records]
    split = json.dumps({"columns": order, "data": lists})
    as_records = json.dumps(records)

    def listed(results: Any) -> list[dict[str, Any]]:
        return [_named(dict(zip(outputs, one, strict=True))) for one in results]

    def from_split(text: Any) -> list[dict[str, Any]]:
        found = json.loads(str(text))
        return [dict(zip(found["columns"], row, strict=True)) for row in found["data"]]

    def from_records(text: Any) -> list[dict[str, Any]]:
        return list(json.loads(str(text)))

    def framed(table: pd.DataFrame) -> list[dict[str, Any]]:
        return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]

    n = len(records)
    yield Form("predict(list of lists)", lambda: theirs.predict(lists), n, listed)
    yield Form("predict(list of dicts)", lambda: theirs.predict(records), n, listed)
    yield Form("predict(JSON, split)", lambda: theirs.predict(split), n, from_split)
    yield Form("predict(JSON, records)", lambda: theirs.predict(as_records), n, from_records)
    yield Form("predict(DataFrame)", lambda: theirs.predict(frame), n, framed)
    yield Form("Scorer.score_frame(pandas)", lambda: scorer.score_frame(frame), n, framed, own=True)


def _named(result: Any) -> dict[str, Any]:
    return {str(name): result[name] for name in result}


# --- checking and timing ---------------------------------------------------------------------


def _check(forms: list[Form]) -> None:
    """Drops the forms that pypmml does not have; the others have to give what this package gives.

    Raises:
        AssertionError: two forms give different results, other than the form that is known to.
    """
    own = next(f for f in forms if f.own)
    expected = own.answers(own.call())
    for form in list(forms):
        try:
            found = form.answers(form.call())
        except (TypeError, ValueError, AttributeError, RuntimeError) as error:
            if form.own:
                raise
            print(f"  {form.name} does not work ({type(error).__name__}), left out")
            forms.remove(form)
            continue
        wrong, worst = _compare(expected, found)
        if wrong and form.name == "predict(DataFrame)":
            form.note = f"{wrong} rows off by up to {worst:.1g}: it rounds inputs to 10 decimals"
        elif wrong:
            raise AssertionError(f"{form.name}: {wrong} rows differ, by up to {worst}")


def _compare(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> tuple[int, float]:
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
    repeats = {}
    for form in forms:
        form.times = []
        start = time.perf_counter()
        while (spent := time.perf_counter() - start) < 2 * ROUND_S:
            form.call()
        once = time.perf_counter()
        form.call()
        repeats[form.name] = max(1, round(ROUND_S / (time.perf_counter() - once)))
        assert spent > 0
    for number in range(rounds):
        for form in forms if number % 2 else reversed(forms):
            start = time.perf_counter()
            for _ in range(repeats[form.name]):
                form.call()
            took = time.perf_counter() - start
            assert form.times is not None
            form.times.append(took / repeats[form.name] / form.rows * 1e6)
    _check(forms)


if __name__ == "__main__":
    sys.exit(main())

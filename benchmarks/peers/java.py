"""What scores the same document on the Java virtual machine, over JPype."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import pmml_pipeline as pp
from benchmarks.calls import Batch, Call, NotForThisError, Peers, Record
from benchmarks.case import Case, Rows
from benchmarks.figures import PYPMML
from benchmarks.forms import Tables, pypmml_model
from pmml_pipeline.errors import UnsupportedDocumentError


def _engine(name: str, case: Case) -> Iterator[Call]:
    try:
        scorer = pp.load(case.document, engine=name)
    except UnsupportedDocumentError as error:
        raise NotForThisError(str(error)) from None
    names = [field.name for field in scorer.inputs]

    def framed(rows: Rows) -> Callable[[], Any]:
        frame = rows.only(names).frame()
        return lambda: scorer.score_frame(frame)

    yield Batch(
        f"engine {name}: score_frame",
        "pandas frame",
        framed,
        lambda result: np.asarray(result[case.facts.score], dtype=float),
    )
    yield Record(
        f"engine {name}: score",
        "dict to dict",
        scorer.score,
        lambda result: result[case.facts.score],
        lambda record: {n: record[n] for n in names},
    )


def _pypmml(case: Case) -> Iterator[Call]:
    """pypmml's own calls, which check nothing."""
    model = pypmml_model(case.document)
    tables = Tables(model).model
    names = [str(n) for n in model.inputNames]
    outputs = [str(n) for n in model.outputNames]
    score = next(n for n in (case.facts.score, f"predicted_{case.facts.score}") if n in outputs)
    at = outputs.index(score)

    def lists(rows: Rows) -> Callable[[], Any]:
        some = [list(record.values()) for record in rows.only(names).records(len(rows))]
        return lambda: model.predict(some)

    def split(rows: Rows) -> Callable[[], Any]:
        some = [list(record.values()) for record in rows.only(names).records(len(rows))]
        text = json.dumps({"columns": names, "data": some})
        return lambda: model.predict(text)

    def framed(rows: Rows) -> Callable[[], Any]:
        frame = rows.only(names).frame()
        return lambda: tables.predict(frame)

    def of_split(text: Any) -> Any:
        found = json.loads(str(text))
        place = found["columns"].index(score)
        return np.array([row[place] for row in found["data"]], dtype=float)

    yield Batch(
        f"{PYPMML}predict(lists)", "list of lists", lists, lambda r: np.array([x[at] for x in r])
    )
    yield Batch(f"{PYPMML}predict(JSON, split)", "JSON text", split, of_split)
    yield Batch(f"{PYPMML}predict(DataFrame)", "pandas frame", framed, lambda r: r[score])
    yield Record(
        f"{PYPMML}predict(list)",
        "list to list",
        model.predict,
        lambda r: r[at],
        lambda record: [record[n] for n in names],
    )
    yield Record(
        f"{PYPMML}predict(dict)",
        "dict to dict",
        model.predict,
        lambda r: r[score],
        lambda record: {n: record[n] for n in names},
    )


PEERS: Peers = {
    "pypmml": _pypmml,
    "engine pypmml": lambda case: _engine("pypmml", case),
    "engine jpmml": lambda case: _engine("jpmml", case),
}

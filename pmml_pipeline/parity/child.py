"""The child process of :mod:`pmml_pipeline.parity.isolated`: scores rows from a file into a file.

Besides the batch, some rows go one by one through ``Scorer.score``: both ways must give the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pmml_pipeline.errors import DataError, EngineError, PmmlPipelineError
from pmml_pipeline.parity.isolated import RECORDS_CHECKED
from pmml_pipeline.scorer import Scorer


def main(engine: str, document: str, question: str, answer: str) -> None:
    """Scores every row set of the question and writes the answer."""
    try:
        scorer = Scorer(Path(document), None, engine)
        (row_sets,) = json.loads(Path(question).read_text(encoding="utf-8"))
        found: dict[str, Any] = {"runs": [_score(scorer, columns) for columns in row_sets]}
    except PmmlPipelineError as error:
        found = {"reason": error.cause}
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


def _score(scorer: Scorer, columns: dict[str, list[Any]]) -> dict[str, Any]:
    rows = len(next(iter(columns.values()), []))
    values, errors = scorer.score_columns(columns, rows)
    if any(len(column) != rows for column in values):
        raise EngineError(f"the engine does not give {rows} results", "use another engine")
    texts = {row: error.cause for row, error in errors.items()}
    _check_records(scorer, columns, values, texts)
    return {
        "kinds": [output.kind for output in scorer.outputs],
        "columns": [_plain(column) for column in values],
        "errors": texts,
    }


def _check_records(
    scorer: Scorer, columns: dict[str, list[Any]], values: list[Any], errors: dict[int, str]
) -> None:
    """Scores some rows one by one.

    Raises:
        EngineError: a row comes out differently. That is no matter of this row alone: whoever
            serves records would serve something else than what is compared here.
    """
    rows = len(values[0])
    for row in np.unique(np.linspace(0, rows - 1, min(rows, RECORDS_CHECKED)).astype(int)):
        record = {name: column[row] for name, column in columns.items()}
        many = "a refusal" if row in errors else _plain([column[row] for column in values])
        try:
            one: Any = _plain(scorer.score(record).values())
        except DataError:
            one = "a refusal"
        if one != many:
            raise EngineError(
                f"the record {record} gives {one}, and the same row in a batch gives {many}",
                "use another engine",
            )


def _plain(values: Any) -> list[Any]:
    listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    listed = [v.item() if isinstance(v, np.generic) else v for v in listed]
    return [None if isinstance(v, float) and v != v else v for v in listed]


if __name__ == "__main__":
    main(*sys.argv[1:])

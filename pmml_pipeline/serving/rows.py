"""The records of a request, whichever form it has."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving.refusal import Refusal, bad_request

Record = dict[str, Any]

_RECORDS = {dict}


def of_list(scorer: Scorer, key: str, rows: Any, most: int) -> list[Record]:
    """Row form: a list of records. A model of one input may have its bare values.

    Args:
        scorer: for its inputs.
        key: where they are, for messages.
        rows: the list.
        most: how many there may be.

    Raises:
        Refusal: it is no such list.
    """
    if not isinstance(rows, list) or not rows:
        raise bad_request(f"{key} must be a list that is not empty")
    _check(key, len(rows), most)
    if set(map(type, rows)) == _RECORDS:
        return rows
    only = _only(scorer)
    records = []
    for place, row in enumerate(rows):
        if isinstance(row, dict):
            records.append(row)
        elif only is None or isinstance(row, list):
            raise bad_request(f"{key}[{place}] must be an object of field and value")
        else:
            records.append({only: row})
    return records


def of_columns(scorer: Scorer, inputs: Any, most: int) -> list[Record]:
    """Column form: a list of values by field. A model of one input may have the bare list.

    Raises:
        Refusal: it is none.
    """
    only = _only(scorer)
    if isinstance(inputs, list) and only is not None:
        inputs = {only: inputs}
    if not isinstance(inputs, dict) or not inputs:
        raise bad_request("inputs must be an object of field and list of values")
    columns = list(inputs.values())
    if not all(isinstance(column, list) and column for column in columns):
        raise bad_request("every field of inputs must have a list that is not empty")
    _check("inputs", len(columns[0]), most)
    if len({len(column) for column in columns}) > 1:
        raise bad_request("the lists of inputs must be of one length")
    return [dict(zip(inputs, row, strict=True)) for row in zip(*columns, strict=True)]


def _check(key: str, rows: int, most: int) -> None:
    if rows > most:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{key} has more than {most} rows")


def _only(scorer: Scorer) -> str | None:
    return scorer.inputs[0].name if len(scorer.inputs) == 1 else None

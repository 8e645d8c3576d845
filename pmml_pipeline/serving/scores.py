"""The scores of some records, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pmml_pipeline.engines.protocol import Result
from pmml_pipeline.errors import DataError, FieldError
from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving.refusal import bad_request, cut
from pmml_pipeline.serving.rows import Record

ERRORS_TOLD = 100
_LONGEST_VALUE = 200
_BEHIND = "数据错误 (data error): "


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores by place.

    Attributes:
        rows: the score of every record; None for one that has none.
        errors: what is wrong with the records that have none, by their place.
    """

    rows: Sequence[dict[str, Result] | None]
    errors: dict[int, DataError]

    def all(self) -> list[dict[str, Result]]:
        """The scores, when there is one for every record.

        Raises:
            Refusal: a record is a data error.
        """
        if not self.errors:
            return cast("list[dict[str, Result]]", self.rows)
        place, first = next(iter(self.errors.items()))
        message = str(first)
        if len(self.rows) > 1:
            count = f"{len(self.errors)} of {len(self.rows)} records"
            which = f"{count}, the first of which is record {place}: "
            message = message.replace(_BEHIND, _BEHIND + which, 1)
        told = [
            {"record": place, **entry}
            for place, error in self.errors.items()
            for entry in entries(error.fields)
        ]
        details: dict[str, Any] = {"data_errors": told[:ERRORS_TOLD]}
        if len(told) > ERRORS_TOLD:
            details["data_errors_omitted"] = len(told) - ERRORS_TOLD
        raise bad_request(message, details)

    def refused(self, place: int) -> dict[str, Any]:
        """What stands in the place of the score of a record that has none."""
        error = self.errors[place]
        return {"error": str(error), "data_errors": list(entries(error.fields))[:ERRORS_TOLD]}


def scores_of(scorer: Scorer, records: Sequence[Record], context: Record | None = None) -> Scores:
    """Scores records one by one.

    Args:
        scorer: of the version that is asked for.
        records: what is scored.
        context: fields that every record has that does not bring them itself. They are put in one
            record at a time, so that no more than one has a copy.
    """
    rows: list[dict[str, Result] | None] = []
    errors: dict[int, DataError] = {}
    for record in records:
        try:
            rows.append(scorer.score({**context, **record} if context else record))
        except DataError as error:
            errors[len(rows)] = error
            rows.append(None)
    return Scores(rows, errors)


def all_scores(scorer: Scorer, records: Sequence[Record]) -> list[dict[str, Result]]:
    """The scores, when there is one for every record.

    Raises:
        Refusal: a record is a data error.
    """
    try:
        return [scorer.score(record) for record in records]
    except DataError:  # and there may be others
        return scores_of(scorer, records).all()


def entries(fields: Iterable[FieldError]) -> Iterable[dict[str, Any]]:
    """What is wrong with which field, as JSON."""
    for field in fields:
        yield {
            "field": cut(field.field, _LONGEST_VALUE),
            "code": field.code,
            "value": _value(field.value),
            "expected": field.expected,
        }


def _value(value: Any) -> Any:
    """As it came, if that is short: it may be a list of a million."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and abs(value) < 1 << 64:
        return value
    return cut(value if isinstance(value, str) else repr(value), _LONGEST_VALUE)

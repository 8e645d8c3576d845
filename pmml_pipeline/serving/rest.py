"""TensorFlow Serving's REST: what is computed for a request, from bytes to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving import rows
from pmml_pipeline.serving.answer import Answer, answer
from pmml_pipeline.serving.body import parsed
from pmml_pipeline.serving.refusal import bad_request, cut
from pmml_pipeline.serving.scores import all_scores, scores_of

_PREDICT = frozenset({"signature_name", "instances", "inputs", "partial"})
_OPENINGS = (b'{"instances": [', b'{"instances":[')  # as Python and as JavaScript write it
_EXAMPLES = frozenset({"signature_name", "context", "examples"})


def predict(scorer: Scorer, body: bytes, most: int) -> Answer:
    """``:predict``, in row form and in column form.

    Args:
        scorer: of the version that is asked for.
        body: of the request.
        most: records that it may have.

    Raises:
        Refusal: the request is none, or a record is a data error.
    """
    plain = _plain(scorer, body)
    if plain is not None:
        return plain
    request = parsed(body, _PREDICT)
    instances, inputs = request.get("instances"), request.get("inputs")
    if (instances is None) == (inputs is None):
        raise bad_request("the body must have exactly one of instances and inputs")
    partial = request.get("partial", False)
    if not isinstance(partial, bool):
        raise bad_request("partial must be true or false")
    single = len(scorer.outputs) == 1
    if instances is not None:
        records = rows.of_list(scorer, "instances", instances, most)
        if not partial:
            scored = all_scores(scorer, records)
            return answer({"predictions": list(map(_only, scored)) if single else scored})
        scores = scores_of(scorer, records)
        told = []
        for place, row in enumerate(scores.rows):
            if row is None:  # its error is in its place, which never is null
                told.append(scores.refused(place))
            else:
                told.append(_only(row) if single else row)
        return answer({"predictions": told})
    if partial:
        raise bad_request("partial needs the records in row form, as instances")
    scored = all_scores(scorer, rows.of_columns(scorer, inputs, most))
    columns = {o.name: [row[o.name] for row in scored] for o in scorer.outputs}
    return answer({"outputs": _only(columns) if single else columns})


def _plain(scorer: Scorer, body: bytes) -> Answer | None:
    """The answer to a request of one plain record, which most are; None for any other."""
    for opening in _OPENINGS:
        if body.startswith(opening) and body.endswith(b"]}"):
            single = len(scorer.outputs) == 1
            text = scorer.score_plain_json(body, len(opening), len(body) - 2, single)
            return None if text is None else Answer(b'{"predictions":[' + text + b"]}\n")
    return None


def classify(scorer: Scorer, body: bytes, most: int) -> Answer:
    """``:classify``: a list of label and probability for every example.

    Raises:
        Refusal: as :func:`predict`, or the model gives no probabilities.
    """
    classes = [
        (o.value, o.name)
        for o in scorer.outputs
        if o.feature == "probability" and o.value is not None
    ]
    if not classes:
        raise bad_request("the model gives no probabilities of classes; use :predict")
    scored = _examples(scorer, body, most)
    return answer({"results": [[[label, row[name]] for label, name in classes] for row in scored]})


def regress(scorer: Scorer, body: bytes, most: int) -> Answer:
    """``:regress``: a number for every example.

    Raises:
        Refusal: as :func:`predict`, or the model is no regression.
    """
    if scorer.schema.function != "regression":
        raise bad_request("the model is no regression; use :predict or :classify")
    name = scorer.outputs[0].name
    return answer({"results": [row[name] for row in _examples(scorer, body, most)]})


def _examples(scorer: Scorer, body: bytes, most: int) -> list[dict[str, Any]]:
    request = parsed(body, _EXAMPLES)
    records = rows.of_list(scorer, "examples", request.get("examples"), most)
    context = request.get("context")
    if context is not None:
        if not isinstance(context, dict):
            raise bad_request("context must be an object of field and value")
        # Fields that are none are refused here: every example would have them.
        known = {*scorer.schema.supplementary, *(f.name for f in scorer.inputs)}
        for name in context:
            if name not in known:
                raise bad_request(f"context has the field {cut(name, 60)}, which is no input")
    return list(scores_of(scorer, records, context).all())


def _only(values: Mapping[str, Any]) -> Any:
    """The name of a single output is left out."""
    return next(iter(values.values()))

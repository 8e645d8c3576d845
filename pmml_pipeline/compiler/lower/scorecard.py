"""``Scorecard``: a sum of points, and the reasons for it. Source: PMML 4.4, Scorecard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.expressions import lower_expression
from pmml_pipeline.compiler.lower.predicates import fires
from pmml_pipeline.compiler.lower.results import Result, apply_targets
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.document.scorecard import Attribute, Characteristic, Scorecard
from pmml_pipeline.errors import DocumentError


@dataclass(frozen=True, slots=True)
class _Points:
    """What a record gets for a characteristic.

    Attributes:
        of: the characteristic.
        attribute: the position of its attribute that applies; missing where none does.
        points: the partial score.
    """

    of: Characteristic
    attribute: Register
    points: Register


def lower_scorecard(context: Context, scope: Scope, model: Scorecard) -> Result:
    """The score, and its reason codes by rank."""
    where = f"Scorecard (line {model.line})"
    if model.function_name != "regression" or model.x_math_context == "float":
        raise DocumentError(f"{where} is no regression in double precision", "")
    parts = [_points(context, scope, one) for one in model.characteristics.characteristics]
    # "initialScore: a value which is added to the overall score when partial scores are summed up"
    b = context.builder
    score = b.op("SUM", b.constant(model.initial_score), *(part.points for part in parts))

    def reason(output: OutputField) -> Value:
        return _reason(context, model, parts, output)

    result = Result(Value(score, "double"), features={"reasonCode": reason})
    return apply_targets(context, model, result, 0.0)


def _points(context: Context, scope: Scope, characteristic: Characteristic) -> _Points:
    """ "The first matching Attribute shall determine the partial scored value" (Attribute)."""
    b, attributes = context.builder, characteristic.attributes
    if not attributes:
        raise DocumentError(f"Characteristic (line {characteristic.line}) has no Attribute", "")
    which = b.constant(math.nan)
    for place, attribute in reversed(list(enumerate(attributes))):
        applies = fires(context, scope, attribute.predicate)
        which = b.op("IF", applies, b.constant(float(place)), which)
    scores = [_partial_score(context, scope, attribute) for attribute in attributes]
    constants = [b.value(score) for score in scores]
    known = [c for c in constants if c is not None]
    if len(known) == len(scores):
        points = look_up(b, which, 0, known, math.nan, math.nan)
    else:
        points = b.op("CHOOSE", which, *scores)
    return _Points(characteristic, which, points)


def _partial_score(context: Context, scope: Scope, attribute: Attribute) -> Register:
    """ "If both are defined, ComplexPartialScore takes precedence over partialScore"."""
    where = f"Attribute (line {attribute.line})"
    if attribute.complex_partial_score is not None:
        value = lower_expression(context, scope, attribute.complex_partial_score.expression)
        if not value.numeric:
            raise DocumentError(f"{where}: its ComplexPartialScore is no number", "")
        return value.register
    if attribute.partial_score is None:
        raise DocumentError(f"{where} has no partialScore", "export the document again")
    return context.builder.constant(attribute.partial_score)


def _reason(
    context: Context, model: Scorecard, parts: Sequence[_Points], output: OutputField
) -> Value:
    """The reason code of a rank.

    "If the difference between partial and baseline scores is the same for competing reason codes,
    the reason code to be output first will be the one associated with the Attribute or
    Characteristic that appears first in the PMML file, from top to bottom."
    """
    b = context.builder
    where = f"OutputField {output.name!r} (line {output.line})"
    if not model.use_reason_codes:
        raise DocumentError(f"{where}: the scorecard has useReasonCodes=false", "")
    if output.rank < 1:
        raise DocumentError(f"{where} has the rank {output.rank}", "")
    if output.rank > len(parts):
        return Value(b.constant(math.nan), "string", "categorical")
    reasons = [_Reason.of(context, model, part) for part in parts]
    totals = [_total(context, reasons, place) for place in range(len(reasons))]
    place = b.op("ARGMAX", *totals)
    for _ in range(output.rank - 1):
        totals = [
            b.op("IF", b.op("EQ", place, b.constant(float(k))), b.constant(-math.inf), total)
            for k, total in enumerate(totals)
        ]
        place = b.op("ARGMAX", *totals)
    # A code whose points lie on the other side of the baseline is no reason. The specification does
    # not say so; JPMML-Evaluator and PMML4S agree on it.
    counts = b.op("GE", b.op("CHOOSE", place, *totals), b.constant(0.0))
    code = b.op("CHOOSE", place, *(r.code for r in reasons))
    return Value(b.op("IF", counts, code, b.constant(math.nan)), "string", "categorical")


@dataclass(frozen=True, slots=True)
class _Reason:
    """The reason that a characteristic gives for a record's score.

    Attributes:
        names: the reason codes that it can have.
        code: the one that it has.
        points: how far its partial score is from its baseline.
    """

    names: frozenset[str]
    code: Register
    points: Register

    @classmethod
    def of(cls, context: Context, model: Scorecard, part: _Points) -> _Reason:
        """ "pointsAbove: partial score - baseline score; pointsBelow: the other way round"."""
        b, characteristic = context.builder, part.of
        # "Whenever baselineScore is defined for a Characteristic, it takes precedence"
        baseline = characteristic.baseline_score
        baseline = model.baseline_score if baseline is None else baseline
        if baseline is None:
            raise DocumentError(
                f"Characteristic (line {characteristic.line}) has no baselineScore", ""
            )
        ends = (part.points, b.constant(baseline))
        above = model.reason_code_algorithm == "pointsAbove"
        names = [_code(characteristic, attribute) for attribute in characteristic.attributes]
        texts = [parse(name, "string", context.texts) for name in names]
        return cls(
            frozenset(names),
            look_up(b, part.attribute, 0, texts, math.nan, math.nan),
            b.op("SUB", *(ends if above else ends[::-1])),
        )


def _total(context: Context, reasons: Sequence[_Reason], place: int) -> Register:
    """The points of a reason code that a characteristic is the first to have; else less than any.

    Points of characteristics with the same code are added.
    """
    b, own = context.builder, reasons[place]
    total, first = own.points, b.constant(1.0)
    for other_place, other in enumerate(reasons):
        if other_place == place or not own.names & other.names:
            continue
        same = b.op("EQ", own.code, other.code)
        if other_place < place:
            first = b.op("AND", first, b.op("NOT", same))
        else:
            added = b.op("IF", same, other.points, b.constant(0.0))
            total = b.op("ADD", total, added)
    return b.op("IF", first, total, b.constant(-math.inf))


def _code(characteristic: Characteristic, attribute: Attribute) -> str:
    """ "reasonCode: in Attribute it takes precedence over that of the Characteristic"."""
    code = attribute.reason_code or characteristic.reason_code
    if code is None:
        raise DocumentError(f"Attribute (line {attribute.line}) has no reasonCode", "")
    return code

"""Which models of a segmentation count, and what a missing result of one does to the whole.

Source: PMML 4.4, MultipleModels ("missingPredictionTreatment").
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.results import Result, classified, either
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.values import parse
from pmml_pipeline.document.mining_model import MiningModel
from pmml_pipeline.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Ballot:
    """One model's part.

    Attributes:
        result: of the model.
        applies: 1 where the model counts, otherwise 0; None where it always does.
        weight: of the model.
    """

    result: Result
    applies: Register | None
    weight: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Which models count.

    Attributes:
        counts: 1 or 0 for every model; None when all always do, so that a missing result makes the
            whole missing by itself.
        void: 1 where the whole result is missing; None where it never is for such a reason.
    """

    counts: list[Register] | None
    void: Register | None


def gone_of(b: Builder, result: Result) -> Register:
    """1 where a model has no result, otherwise 0."""
    if result.value is not None:
        return b.op("IS_MISSING", result.value.register)
    if result.probabilities:
        return b.op("IS_MISSING", next(iter(result.probabilities.values())))
    raise DocumentError("a segment predicts nothing", "")


def take_tally(context: Context, model: MiningModel, ballots: Sequence[Ballot]) -> Tally:
    """Which models count, by the predicates and the missingPredictionTreatment."""
    b = context.builder
    skips = model.segmentation.missing_prediction_treatment == "skipSegment"
    if not skips and all(ballot.applies is None for ballot in ballots):
        return Tally(None, None)
    one, zero = b.constant(1.0), b.constant(0.0)
    counts, bad = [], []
    for ballot in ballots:
        applies = one if ballot.applies is None else ballot.applies
        gone = gone_of(b, ballot.result)
        bad.append(b.op("AND", applies, gone))
        # "skipSegment: if a model has a missing result, that segment is ignored"
        counts.append(b.op("AND", applies, b.op("NOT", gone)) if skips else applies)
    some = any_of(context, counts)
    void = b.op("NOT", some)
    if skips:
        void = b.op("OR", void, _too_many(context, model, ballots, bad))
    else:  # "Other model combination methods will return a missing value as the result"
        void = b.op("OR", void, any_of(context, bad))
    return Tally(counts, b.op("COALESCE", void, zero))


def any_of(context: Context, truths: Sequence[Register]) -> Register:
    """Where one of them is true."""
    found = truths[0]
    for truth in truths[1:]:
        found = context.builder.op("OR", found, truth)
    return found


def _too_many(
    context: Context, model: MiningModel, ballots: Sequence[Ballot], bad: Sequence[Register]
) -> Register:
    """ "if the fraction of the models with missing results (weighted if the model combination
    method is weighted) exceeds the missingThreshold, the returned result must be missing"
    """
    b = context.builder
    without = _weight(b, ballots, bad)
    fraction = b.op("DIV", without, _weight(b, ballots, [_applies(b, x) for x in ballots]))
    limit = b.constant(model.segmentation.missing_threshold)
    return b.op("COALESCE", b.op("GT", fraction, limit), b.constant(0.0))


def _applies(b: Builder, ballot: Ballot) -> Register:
    return b.constant(1.0) if ballot.applies is None else ballot.applies


def _weight(b: Builder, ballots: Sequence[Ballot], which: Sequence[Register]) -> Register:
    """The weight of some of the models."""
    zero = b.constant(0.0)
    shares = [
        b.op("IF", c, b.constant(x.weight), zero) for x, c in zip(ballots, which, strict=True)
    ]
    return b.op("SUM", *shares)


def majority(context: Context, model: MiningModel, ballots: Sequence[Ballot]) -> Result:
    """ "the probabilities are the proportions of the (weighted) votes for each category"."""
    b = context.builder
    labels = []
    names: dict[str, None] = {}
    for ballot in ballots:
        label = ballot.result.value
        if label is None or not label.levels:
            raise DocumentError("a segment does not predict a class", "")
        labels.append(label)
        names |= dict.fromkeys(label.levels)
    zero, whole = b.constant(0.0), None
    votes: dict[str, Register] = {}
    for name in names:
        total = zero
        for ballot, label in zip(ballots, labels, strict=True):
            code = b.constant(parse(name, label.data_type, context.texts))
            voted = b.op("COALESCE", b.op("EQ", label.register, code), zero)
            share = b.op("IF", voted, b.constant(ballot.weight), zero)
            if ballot.applies is not None:
                share = b.op("IF", ballot.applies, share, zero)
            total = b.op("ADD", total, share)
        votes[name] = total
        whole = total if whole is None else b.op("ADD", whole, total)
    assert whole is not None
    result = classified(context, model, {n: b.op("DIV", v, whole) for n, v in votes.items()})
    return blank(context, result, _spoilt(context, model, ballots, votes))


def _spoilt(
    context: Context, model: MiningModel, ballots: Sequence[Ballot], votes: dict[str, Register]
) -> Register | None:
    """Where a vote has no result although some models have voted."""
    b, segmentation = context.builder, model.segmentation
    bad = [b.op("AND", _applies(b, x), gone_of(b, x.result)) for x in ballots]
    if segmentation.missing_prediction_treatment == "returnMissing":
        return any_of(context, bad)
    too_many = _too_many(context, model, ballots, bad)
    if segmentation.missing_prediction_treatment == "skipSegment":
        return too_many
    # "continue: the missing result can be returned if it gets the most votes, or if the fraction of
    # the models with missing result exceeds the missingThreshold"
    most = None
    for count in votes.values():
        most = count if most is None else b.op("MAX", most, count)
    assert most is not None
    return b.op("OR", too_many, b.op("GT", _weight(b, ballots, bad), most))


def blank(context: Context, result: Result, void: Register | None) -> Result:
    """The result, missing where ``void`` is 1."""
    if void is None:
        return result
    b, nothing = context.builder, context.builder.constant(math.nan)
    value = result.value
    if value is not None:
        register = b.op("IF", void, nothing, value.register)
        value = dataclasses.replace(value, register=register, present=False)
    shares = {n: b.op("IF", void, nothing, p) for n, p in result.probabilities.items()}
    features = either(context, b.op("NOT", void), result, None) if result.features else {}
    return dataclasses.replace(result, value=value, probabilities=shares, features=features)

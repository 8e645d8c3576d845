"""How the results of several models become one. Source: PMML 4.4, MultipleModels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.results import Result, classified
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.values import Value, cast, parse
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


def combine(context: Context, model: MiningModel, ballots: Sequence[Ballot]) -> Result:
    """The result of all models together, by the method of the segmentation.

    Raises:
        DocumentError: there is no such method for what the models predict.
    """
    method = model.segmentation.multiple_model_method
    weighted = method.startswith("weighted")
    if not weighted:
        ballots = [Ballot(b.result, b.applies, 1.0) for b in ballots]
    plain = method.removeprefix("weighted").lower()
    if model.function_name != "classification":
        single = model.x_math_context == "float"
        values = [_number(b.result) for b in ballots]
        register = _combined(context.builder, plain, values, ballots, single)
        return Result(Value(register, "float" if single else "double"))
    if plain == "majorityvote":
        return _majority(context, model, ballots)
    if plain not in ("average", "max", "median", "sum"):
        raise DocumentError(f"the multipleModelMethod {method!r} cannot classify", "")
    shares: dict[str, Register] = {}
    for name in dict.fromkeys(n for b in ballots for n in b.result.probabilities):
        zero = context.builder.constant(0.0)
        parts = [b.result.probabilities.get(name, zero) for b in ballots]
        shares[name] = _combined(context.builder, plain, parts, ballots, False)
    return classified(context, model, shares)


def _number(result: Result) -> Register:
    if result.value is None or not result.value.numeric:
        raise DocumentError("a segment does not predict a number", "")
    return result.value.register


def _combined(
    b: Builder,
    method: str,
    values: Sequence[Register],
    ballots: Sequence[Ballot],
    single: bool,
) -> Register:
    """Sum, average, maximum or median of numbers."""

    def rounded(register: Register) -> Register:
        return b.op("F32", register) if single else register

    weights = [ballot.weight for ballot in ballots]
    conditions = [ballot.applies for ballot in ballots]
    if method in ("max", "median"):
        if any(c is not None for c in conditions):
            raise DocumentError(f"{method} of segments with a predicate is not supported", "")
        if method == "max":
            found = values[0]
            for value in values[1:]:
                found = b.op("IF", b.op("GT", value, found), value, found)
            return found
        even = len(set(weights)) == 1
        offset = b.doubles([float(not even), *weights])
        return b.op("MEDIAN", *values, immediates=(offset,))
    if method not in ("sum", "average"):
        raise DocumentError(f"{method} of numbers is not supported", "")
    total, mass = None, None
    for value, weight, applies in zip(values, weights, conditions, strict=True):
        part = value if weight == 1.0 else rounded(b.op("MUL", value, b.constant(weight)))
        share = b.constant(weight)
        if applies is not None:
            part = b.op("IF", applies, part, b.constant(0.0))
            share = b.op("IF", applies, share, b.constant(0.0))
        total = part if total is None else rounded(b.op("ADD", total, part))
        mass = share if mass is None else b.op("ADD", mass, share)
    assert total is not None
    assert mass is not None
    if method == "average":
        if all(c is None for c in conditions):
            mass = b.constant(math.fsum(weights))
        total = rounded(b.op("DIV", total, mass))
    return total


def _majority(context: Context, model: MiningModel, ballots: Sequence[Ballot]) -> Result:
    """The share of the votes that each class gets."""
    b = context.builder
    labels = [ballot.result.value for ballot in ballots]
    names: dict[str, None] = {}
    for label in labels:
        if label is None or not label.levels:
            raise DocumentError("a segment does not predict a class", "")
        names |= dict.fromkeys(label.levels)
    zero, whole = b.constant(0.0), None
    votes: dict[str, Register] = {}
    for name in names:
        total = zero
        for ballot, label in zip(ballots, labels, strict=True):
            assert label is not None
            code = b.constant(parse(name, label.data_type, context.texts))
            voted = b.op("COALESCE", b.op("EQ", label.register, code), zero)
            share = b.op("IF", voted, b.constant(ballot.weight), zero)
            if ballot.applies is not None:
                share = b.op("IF", ballot.applies, share, zero)
            total = b.op("ADD", total, share)
        votes[name] = total
        whole = total if whole is None else b.op("ADD", whole, total)
    assert whole is not None
    return classified(context, model, {n: b.op("DIV", v, whole) for n, v in votes.items()})


def choose(
    context: Context, applies: Register | None, then: Result, other: Result | None
) -> Result:
    """One result where the condition holds, otherwise the other, or none."""
    if applies is None:
        return then
    b = context.builder
    missing = b.constant(math.nan)

    def pick(one: Register, two: Register) -> Register:
        return b.op("IF", applies, one, two)

    value = then.value
    if value is not None:
        register = missing
        levels = value.levels
        if other is not None and other.value is not None:
            register = cast(b, other.value, value.data_type).register
            levels = tuple(dict.fromkeys((*levels, *other.value.levels)))
        value = Value(pick(value.register, register), value.data_type, value.optype, levels=levels)
    names = dict.fromkeys((*then.probabilities, *(other.probabilities if other else ())))
    zero = b.constant(0.0)
    shares = {
        name: pick(
            then.probabilities.get(name, zero),
            missing if other is None else other.probabilities.get(name, zero),
        )
        for name in names
    }
    return Result(value, shares)

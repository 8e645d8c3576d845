"""How the results of several models become one. Source: PMML 4.4, MultipleModels.

What counts, and what a missing result does to the whole, is in ``tally.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.casts import cast
from pmml_pipeline.compiler.lower.results import Result, classified, either
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.lower.tally import Ballot, Tally, blank, majority, take_tally
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.mining_model import MiningModel
from pmml_pipeline.errors import DocumentError


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
    if plain == "majorityvote" and model.function_name in ("classification", "clustering"):
        return majority(context, model, ballots)
    tally = take_tally(context, model, ballots)
    if model.function_name == "regression":
        single = model.x_math_context == "float"
        values = [_number(b.result) for b in ballots]
        register = _combined(context.builder, plain, values, ballots, tally, single)
        result = Result(Value(register, "float" if single else "double"))
        return blank(context, result, tally.void)
    if model.function_name != "classification" or plain not in ("average", "max", "median"):
        raise DocumentError(
            f"Segmentation (line {model.segmentation.line}): the multipleModelMethod {method!r} "
            f"is not for {model.function_name}",
            "",
        )
    b, zero = context.builder, context.builder.constant(0.0)
    names = list(dict.fromkeys(n for b in ballots for n in b.result.probabilities))
    if not names:
        raise DocumentError("no segment gives probabilities", "")
    parts = {n: [b.result.probabilities.get(n, zero) for b in ballots] for n in names}
    shares = {n: _combined(b, plain, p, ballots, tally, False) for n, p in parts.items()}
    winner = b.op("ARGMAX", *shares.values())
    if plain != "average":
        shares = _contributed(b, plain, parts, ballots, tally, winner)
    return blank(context, classified(context, model, shares, winner), tally.void)


def _number(result: Result) -> Register:
    if result.value is None or not result.value.numeric:
        raise DocumentError("a segment does not predict a number", "")
    return result.value.register


def _combined(
    b: Builder,
    method: str,
    values: Sequence[Register],
    ballots: Sequence[Ballot],
    tally: Tally,
    single: bool,
) -> Register:
    """Sum, average, maximum or median of numbers."""

    def rounded(register: Register) -> Register:
        return b.op("F32", register) if single else register

    weights = [ballot.weight for ballot in ballots]
    if method in ("max", "median"):
        if tally.counts is not None:
            values = _counted(b, values, tally.counts)
        if method == "max":
            return _largest(b, values, tally)
        return _median(b, values, weights, tally, 0)
    if method not in ("sum", "average"):
        raise DocumentError(f"{method} of numbers is not supported", "")
    total, mass = None, None
    for at, (value, weight) in enumerate(zip(values, weights, strict=True)):
        part = value if weight == 1.0 else rounded(b.op("MUL", value, b.constant(weight)))
        share = b.constant(weight)
        if tally.counts is not None:
            part = b.op("IF", tally.counts[at], part, b.constant(0.0))
            share = b.op("IF", tally.counts[at], share, b.constant(0.0))
        total = part if total is None else rounded(b.op("ADD", total, part))
        mass = share if mass is None else b.op("ADD", mass, share)
    assert total is not None
    assert mass is not None
    if method == "average":
        if tally.counts is None:
            mass = b.constant(math.fsum(weights))
        total = rounded(b.op("DIV", total, mass))
    return total


def _counted(b: Builder, values: Sequence[Register], counts: Sequence[Register]) -> list[Register]:
    """The values of the models that count; missing for the others."""
    gone = b.constant(math.nan)
    return [b.op("IF", c, v, gone) for c, v in zip(counts, values, strict=True)]


def _largest(b: Builder, values: Sequence[Register], tally: Tally) -> Register:
    found = values[0]
    for value in values[1:]:
        if tally.counts is not None:
            found = b.op("MAX", found, value)
        else:  # one that is missing makes the whole missing
            found = b.op("IF", b.op("GT", value, found), value, found)
    return found


def _median(
    b: Builder, values: Sequence[Register], weights: Sequence[float], tally: Tally, side: int
) -> Register:
    """The median; of two in the middle the mean, the lower (side 4) or the upper (side 8)."""
    way = side + (0 if len(set(weights)) == 1 else 1) + (0 if tally.counts is None else 2)
    return b.op("MEDIAN", *values, immediates=(b.doubles([float(way), *weights]),))


def _contributed(
    b: Builder,
    method: str,
    parts: Mapping[str, Sequence[Register]],
    ballots: Sequence[Ballot],
    tally: Tally,
    winner: Register,
) -> dict[str, Register]:
    """The probabilities of maximum and median.

    "max: consider the model(s) that have contributed the chosen probability for the winning
    category. Return their average probabilities; median: consider the model(s) that have the chosen
    median probability for the winning category, if their number is even the two ... closest to it.
    Return their average probabilities" (MultipleModels).
    """
    if tally.counts is not None:
        parts = {n: _counted(b, p, tally.counts) for n, p in parts.items()}
    weights = [ballot.weight for ballot in ballots]

    def of_winner(combine: Callable[[Sequence[Register]], Register]) -> Register:
        return b.op("CHOOSE", winner, *(combine(p) for p in parts.values()))

    if method == "max":
        chosen = [of_winner(lambda p: _largest(b, p, tally))]
    else:
        chosen = [
            of_winner(lambda p, s=side: _median(b, p, weights, tally, s))  # type: ignore[misc]
            for side in (4, 8)
        ]
    zero, one = b.constant(0.0), b.constant(1.0)
    contributes = []
    for at in range(len(ballots)):
        own = of_winner(lambda p, at=at: p[at])  # type: ignore[misc]
        same = b.op("EQ", own, chosen[0])
        for other in chosen[1:]:
            same = b.op("OR", same, b.op("EQ", own, other))
        contributes.append(b.op("COALESCE", same, zero))
    count = b.op("SUM", *(b.op("IF", c, one, zero) for c in contributes))
    return {
        name: b.op(
            "DIV",
            b.op("SUM", *(b.op("IF", c, v, zero) for c, v in zip(contributes, p, strict=True))),
            count,
        )
        for name, p in parts.items()
    }


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
            register = cast(context, other.value, value.data_type).register
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
    targets = {}
    for name, one in then.targets.items():
        two = None if other is None else other.targets.get(name)
        rest = missing if two is None else cast(context, two, one.data_type).register
        levels = tuple(dict.fromkeys((*one.levels, *(two.levels if two is not None else ()))))
        register = pick(one.register, rest)
        targets[name] = Value(register, one.data_type, one.optype, levels=levels)
    return Result(value, shares, either(context, applies, then, other), targets)

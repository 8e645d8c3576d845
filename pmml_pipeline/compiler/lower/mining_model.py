"""``MiningModel``: models of models. Source: PMML 4.4, MultipleModels.

Trees that are summed or averaged become one forest (``forest_model.py``); other models are lowered
one by one and their results put together (``votes.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.casts import cast
from pmml_pipeline.compiler.lower.forest_model import lower_forest
from pmml_pipeline.compiler.lower.predicates import lower_predicate, predicate_of
from pmml_pipeline.compiler.lower.results import Result, apply_targets
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tally import Ballot, blank, gone_of
from pmml_pipeline.compiler.lower.votes import choose, combine
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.bind import number, refusal
from pmml_pipeline.document.mining_model import MiningModel
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.reader import MODEL_ELEMENTS
from pmml_pipeline.document.tree_model import PREDICATES
from pmml_pipeline.errors import DocumentError

Lower = Callable[[Context, Scope, Element], tuple[Result, Scope]]


@dataclass(frozen=True, slots=True)
class _Segment:
    """One segment.

    Attributes:
        identifier: its id, or its number counted from 1.
        predicate: says for which rows it counts.
        model: its model.
        weight: its weight.
    """

    identifier: str
    predicate: Element
    model: Element
    weight: float


def lower_mining_model(
    context: Context,
    scope: Scope,
    model: MiningModel,
    lower: Lower,
    model_scope: Callable[..., Scope],
) -> Result:
    """The result of a mining model."""
    parts = model.segmentation.segments
    if not parts:
        raise DocumentError(f"Segmentation (line {model.segmentation.line}) has no segment", "")
    segments = [_segment(element, number) for number, element in enumerate(parts, 1)]
    method = model.segmentation.multiple_model_method
    if method in ("modelChain", "multiModelChain"):
        return _chain(context, scope, model, segments, lower)
    skips = model.segmentation.missing_prediction_treatment == "skipSegment"
    if not skips and all(s.predicate.tag == "True" for s in segments):
        found = lower_forest(context, scope, model, [s.model for s in segments], model_scope)
        if found is not None:
            return found
    ballots: Sequence[Ballot] = [
        Ballot(lower(context, scope, s.model)[0], _applies(context, scope, s.predicate), s.weight)
        for s in segments
    ]
    if method == "selectAll":
        # "All models for which the predicate is true are evaluated": there is not one result, and
        # an output field names the segment whose result it is.
        result = Result(None)
    elif method == "selectFirst":
        ballots = _with_results(context, model, ballots)
        result = _first(context, ballots)
        ballots = _until_the_first(context.builder, ballots)
    else:
        result = combine(context, model, ballots)
    result = apply_targets(context, model, result, 0.0)
    # A segment that does not apply has no results.
    result.segments = {
        s.identifier: choose(context, b.applies, b.result, None)
        for s, b in zip(segments, ballots, strict=True)
    }
    return result


def _with_results(
    context: Context, model: MiningModel, ballots: Sequence[Ballot]
) -> Sequence[Ballot]:
    """The models of selectFirst; with skipSegment one without a result does not apply."""
    b = context.builder
    if model.segmentation.missing_prediction_treatment != "skipSegment":
        return ballots
    if model.segmentation.missing_threshold < 1.0:
        raise DocumentError(
            f"Segmentation (line {model.segmentation.line}): selectFirst with a "
            "missingThreshold is not supported",
            "",
        )
    there = [b.op("NOT", gone_of(b, ballot.result)) for ballot in ballots]
    return [
        replace(x, applies=t if x.applies is None else b.op("AND", x.applies, t))
        for x, t in zip(ballots, there, strict=True)
    ]


def _first(context: Context, ballots: Sequence[Ballot]) -> Result:
    """ "selectFirst: the first model for which the predicate evaluates to true"."""
    result: Result | None = None
    for ballot in reversed(ballots):
        result = choose(context, ballot.applies, ballot.result, result)
    assert result is not None
    return result


def _until_the_first(b: Builder, ballots: Sequence[Ballot]) -> Sequence[Ballot]:
    """The same models; behind the first that applies none does."""
    free, found = b.constant(1.0), []
    for ballot in ballots:
        applies = free if ballot.applies is None else b.op("AND", free, ballot.applies)
        found.append(replace(ballot, applies=applies))
        free = b.op("AND", free, b.op("NOT", applies))
    return found


def _segment(element: Element, position: int) -> _Segment:
    model = next((c for c in element.children if c.tag in MODEL_ELEMENTS), None)
    if model is None:
        raise refusal(element, "has no model that is supported")
    for child in element.children:  # a VariableWeight
        if child is not model and child.tag not in (*PREDICATES, "Extension"):
            raise refusal(child, "in a Segment is not supported")
    for name in element.attributes:
        if name not in ("id", "weight") and not name.startswith("http"):
            raise refusal(element, f"has the attribute {name!r}, which is not supported")
    try:
        weight = number(element.get("weight", "1") or "1")
    except ValueError:
        raise refusal(element, "has a weight that is no number") from None
    if not 0.0 <= weight < math.inf:
        raise refusal(element, f"has the weight {weight}")
    return _Segment(element.get("id") or str(position), predicate_of(element), model, weight)


def _applies(context: Context, scope: Scope, predicate: Element) -> Register | None:
    """1 or 0; None for always. Unknown is no reason to take a segment."""
    b = context.builder
    register = lower_predicate(context, scope, predicate)
    if b.value(register) == 1.0:
        return None
    return b.op("COALESCE", register, b.constant(0.0))


def _chain(
    context: Context, scope: Scope, model: MiningModel, segments: list[_Segment], lower: Lower
) -> Result:
    """ "The outputs of a segment are fields of those after it; the last one's result is it"."""
    b, treatment = context.builder, model.segmentation.missing_prediction_treatment
    if treatment == "skipSegment":  # "This option should not be used with modelChain"
        raise DocumentError(
            f"Segmentation (line {model.segmentation.line}): skipSegment in a model chain is not "
            "supported",
            "",
        )
    shared = Scope(scope)
    void: Register | None = None
    result: Result | None = None
    results: dict[str, Result] = {}
    targets: dict[str, Value] = {}
    predicted: list[str] = []
    for segment in segments:
        applies = _applies(context, shared, segment.predicate)
        own, inner = lower(context, shared, segment.model)
        # A segment that does not apply has no results.
        results[segment.identifier] = choose(context, applies, own, None)
        if treatment == "returnMissing" and not (own.value is None or own.value.present):
            # "if at least one model has a missing result, the whole result should be missing"
            gone = gone_of(b, own)
            gone = gone if applies is None else b.op("AND", applies, gone)
            void = gone if void is None else b.op("OR", void, gone)
        for name in _output_names(segment.model):
            before = shared.later(name)
            shared.define_later(
                name,
                lambda n=name, i=inner, a=applies, p=before: _either(  # type: ignore[misc]
                    context, a, i.value(n), p
                ),
            )
        names = _target_names(segment.model)
        # Where the segment does not apply, one before it may have predicted the same.
        same = result if names == predicted else None
        earlier = {} if same is None else same.targets
        result = choose(context, applies, own, same) if applies is not None else own
        result.targets = {
            name: _either(context, applies, value, _given(earlier.get(name)))
            for name, value in own.targets.items()
        }
        targets.update(result.targets)
        predicted = names
        for name in names:
            if result.value is not None:
                targets[name] = result.value
    assert result is not None
    result = replace(blank(context, result, void), segments=results)
    for name in dict.fromkeys(n for s in segments for n in _output_names(s.model)):
        scope.define_later(name, lambda n=name: shared.value(n))  # type: ignore[misc]
    if model.segmentation.multiple_model_method == "multiModelChain":
        result.targets = targets
        return result
    return apply_targets(context, model, result, 0.0)


def _given(value: Value | None) -> Callable[[], Value] | None:
    return None if value is None else lambda: value


def _either(
    context: Context, applies: Register | None, value: Value, before: Callable[[], Value] | None
) -> Value:
    """An output of a segment that may not apply: then that of the segment before, or none."""
    if applies is None:
        return value
    b = context.builder
    other = b.constant(float("nan"))
    if before is not None:
        other = cast(context, before(), value.data_type).register
    register = b.op("IF", applies, value.register, other)
    return Value(register, value.data_type, value.optype, levels=value.levels)


def _output_names(model: Element) -> list[str]:
    """The outputs of a model, and those of a chain's segments, which are known outside it."""
    output = model.child("Output")
    found = [] if output is None else [e.get("name") or "" for e in output.all("OutputField")]
    segmentation = model.child("Segmentation")
    if segmentation is not None and (segmentation.get("multipleModelMethod") or "").endswith(
        "Chain"
    ):
        for segment in segmentation.all("Segment"):
            for inner in segment.children:
                if inner.tag in MODEL_ELEMENTS:
                    found += _output_names(inner)
    return found


def _target_names(model: Element) -> list[str]:
    schema = model.child("MiningSchema")
    fields = [] if schema is None else schema.all("MiningField")
    return [f.get("name") or "" for f in fields if f.get("usageType") in ("target", "predicted")]

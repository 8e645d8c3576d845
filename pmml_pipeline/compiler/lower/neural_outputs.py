"""``NeuralOutputs``: what the numbers of the last neurons say about the targets.

Source: PMML 4.4, NeuralNetwork.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.expressions import lower_expression
from pmml_pipeline.compiler.lower.results import Result, apply_targets, classified
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.expressions import (
    Expression,
    FieldRef,
    LinearNorm,
    NormContinuous,
    NormDiscrete,
)
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.document.neural_network import (
    NeuralNetwork,
    NeuralOutput,
    TargetLevel,
    TargetNorm,
    TargetRef,
)
from pmml_pipeline.errors import DocumentError

# An output with what it says of a target, which is never a reference to another derived field.
_Meaning = TargetRef | TargetNorm | TargetLevel
_Described = tuple[NeuralOutput, _Meaning]


def lower_neural_outputs(
    context: Context, model: NeuralNetwork, known: Mapping[str, Register]
) -> Result:
    """The result of a network.

    Args:
        context: of the lowering.
        model: the network.
        known: the numbers of its neurons by id.
    """
    if model.neural_outputs is None or not model.neural_outputs.outputs:
        raise DocumentError(f"NeuralNetwork (line {model.line}) has no NeuralOutput", "")
    fields = model.mining_schema.fields
    names: set[str | None] = {f.name for f in fields if f.usage_type in ("target", "predicted")}
    by_target: dict[str, list[_Described]] = {}
    for output in model.neural_outputs.outputs:
        if output.output_neuron not in known:
            raise _error(output, f"there is no neuron {output.output_neuron!r}")
        expression = _resolved(context, model, output)
        # A segment may have no target; then its outputs name none.
        if expression.field not in (names or {None}):
            raise _error(output, f"{expression.field!r} is no target of the model")
        by_target.setdefault(expression.field or "", []).append((output, expression))
    results = {
        name: _target(context, model, name, outputs, known) for name, outputs in by_target.items()
    }
    if len(names) > 1:
        return _several(results)
    (result,) = results.values()
    return result


def _target(
    context: Context,
    model: NeuralNetwork,
    name: str,
    outputs: list[_Described],
    known: Mapping[str, Register],
) -> Result:
    discrete = [(o, e) for o, e in outputs if isinstance(e, TargetLevel)]
    first = outputs[0][0]
    wanted = "classification" if discrete else "regression"
    if model.function_name not in (wanted, "mixed"):
        raise _error(first, f"describes a {wanted}, and functionName is {model.function_name!r}")
    if not discrete:
        if len(outputs) > 1:
            raise _error(outputs[1][0], f"is the second one for {name!r}")
        return _number(context, model, name, outputs[0], known)
    if len(discrete) < len(outputs):
        raise _error(first, f"some outputs for {name!r} are classes, and some are not")
    return _class(context, model, name, discrete, known)


def _number(
    context: Context,
    model: NeuralNetwork,
    name: str,
    described: _Described,
    known: Mapping[str, Register],
) -> Result:
    """ "The normalized value is denormalized" with the inverse of a NormContinuous."""
    output, expression = described
    value = Value(known[output.output_neuron], "double")
    if isinstance(expression, TargetNorm):
        scope = Scope()
        scope.define(name, value)
        value = lower_expression(context, scope, _inverse(output, expression, name))
    return apply_targets(context, model, Result(value), 0.0, name)


def _inverse(output: NeuralOutput, norm: TargetNorm, name: str) -> NormContinuous:
    """The function that undoes it; beyond the points it treats outliers in the same way."""
    points = [LinearNorm(orig=p.norm, norm=p.orig) for p in norm.points]
    if len(points) > 1 and points[0].orig > points[-1].orig:
        points.reverse()
    rising = all(p.orig < q.orig for p, q in itertools.pairwise(points))
    if not rising or len({p.orig for p in norm.points}) < len(points):
        raise _error(output, "its NormContinuous has no inverse: two values are normalised to one")
    return NormContinuous(norm.line, name, tuple(points), None, norm.outliers)


def _class(
    context: Context,
    model: NeuralNetwork,
    name: str,
    outputs: list[tuple[NeuralOutput, TargetLevel]],
    known: Mapping[str, Register],
) -> Result:
    """The class whose neuron has the largest number, the first of equals."""
    shares: dict[str, Register] = {}
    for output, expression in outputs:
        if expression.method != "indicator":
            raise _error(output, f"the method {expression.method!r} is not supported")
        if expression.value in shares:
            raise _error(output, f"is the second one for {expression.value!r}")
        shares[expression.value] = known[output.output_neuron]
    if len(shares) < 2:
        raise _error(outputs[0][0], f"is the only class of {name!r}")
    result = classified(context, model, shares, target=name)
    neurons = [output.output_neuron for output, _ in outputs]

    def entity(output: OutputField) -> Value:
        """ "entityId: the id of the winning neuron" (Output)."""
        data_type = output.data_type or "string"
        winner = context.builder.op("ARGMAX", *shares.values())
        codes = [parse(neuron, data_type, context.texts) for neuron in neurons]
        register = look_up(context.builder, winner, 0, codes, math.nan, math.nan)
        return Value(register, data_type, "categorical", levels=tuple(neurons))

    result.features = {"entityId": entity}
    return result


def _several(results: Mapping[str, Result]) -> Result:
    """The result of a model with several targets; an output field names the one that it means."""

    def of(output: OutputField) -> Result:
        result = results.get(output.target_field or "")
        if result is None:
            raise DocumentError(
                f"OutputField {output.name!r} (line {output.line}) names no target of the network",
                "",
            )
        return result

    def probability(output: OutputField) -> Value:
        register = of(output).probabilities.get(output.value or "")
        if register is None:
            raise DocumentError(
                f"OutputField {output.name!r} (line {output.line}): there is no class "
                f"{output.value!r} of {output.target_field!r}",
                "",
            )
        return Value(register, "double")

    def entity(output: OutputField) -> Value:
        feature = of(output).features.get("entityId")
        if feature is None:
            raise DocumentError(
                f"OutputField {output.name!r} (line {output.line}) asks for the neuron of a number",
                "",
            )
        return feature(output)

    targets = {name: r.value for name, r in results.items() if r.value is not None}
    features = {"probability": probability, "entityId": entity}
    return Result(None, features=features, targets=targets)


def _resolved(context: Context, model: NeuralNetwork, output: NeuralOutput) -> _Meaning:
    """The output's expression; where that refers to a derived field, the field's."""
    local = () if model.local_transformations is None else model.local_transformations.fields
    derived = {**context.derived, **{f.name: f for f in local}}
    expression: _Meaning | Expression = output.field.expression
    for _ in range(len(derived) + 1):
        if not isinstance(expression, TargetRef | FieldRef) or expression.field not in derived:
            break
        expression = derived[expression.field].expression
    if isinstance(expression, FieldRef):
        return TargetRef(expression.line, expression.field)
    if isinstance(expression, NormContinuous):
        return TargetNorm(
            expression.line, expression.points, expression.field, None, expression.outliers
        )
    if isinstance(expression, NormDiscrete):
        return TargetLevel(expression.line, expression.value, expression.field, expression.method)
    if isinstance(expression, _Meaning):
        return expression
    raise _error(output, f"{type(expression).__name__} is not supported")


def _error(output: NeuralOutput, text: str) -> DocumentError:
    return DocumentError(f"NeuralOutput (line {output.line}): {text}", "use another engine")

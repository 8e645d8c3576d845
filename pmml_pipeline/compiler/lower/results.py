"""What a lowered model gives, and what targets and output fields make of it.

Source: PMML 4.4, Targets and Output.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, as_it_is, cast, parse
from pmml_pipeline.document.model_element import ModelElement, OutputField, Target
from pmml_pipeline.errors import DocumentError


@dataclass(slots=True)
class Result:
    """The result of a model.

    Attributes:
        value: the predicted value; None for a model that has none.
        probabilities: by class, as text, in the order of the model's classes.
        features: other output features by name, computed when asked for.
        targets: the predicted values by target field, of a model that has several.
        segments: the results of its segments by id, of a model that has some.
    """

    value: Value | None
    probabilities: dict[str, Register] = field(default_factory=dict)
    features: Mapping[str, Callable[[OutputField], Value]] = field(default_factory=dict)
    targets: dict[str, Value] = field(default_factory=dict)
    segments: dict[str, Result] = field(default_factory=dict)


def target_name(model: ModelElement) -> str | None:
    """The model's target field, if it has one."""
    for mining in model.mining_schema.fields:
        if mining.usage_type in ("target", "predicted"):
            return mining.name
    return None


def target_type(
    context: Context, model: ModelElement, target: str | None = None
) -> tuple[str, str]:
    """The dataType and optype of what the model predicts, for that target or its only one."""
    name = target or target_name(model)
    data = context.data_fields.get(name or "")
    if data is not None:
        return data.data_type, data.optype
    if model.function_name == "regression":
        single = model.x_math_context == "float"
        return ("float" if single else "double"), "continuous"
    return "string", "categorical"


def classified(
    context: Context,
    model: ModelElement,
    probabilities: dict[str, Register],
    target: str | None = None,
) -> Result:
    """A classifier's result: the class with the largest probability, the first of equals."""
    data_type, optype = target_type(context, model, target)
    names = list(probabilities)
    winner = context.builder.op("ARGMAX", *probabilities.values())
    codes = [parse(name, data_type, context.texts) for name in names]
    label = look_up(context.builder, winner, 0, codes, math.nan, math.nan)
    return Result(Value(label, data_type, optype, levels=tuple(names)), probabilities)


def apply_targets(
    context: Context,
    model: ModelElement,
    result: Result,
    start: float,
    name: str | None = None,
) -> Result:
    """The result after the model's ``Targets``.

    Args:
        context: of the lowering.
        model: whose result it is.
        result: as computed.
        start: a rescaleConstant that is in the result already.
        name: the target field, of a model that has several.
    """
    target = _target_of(model, name)
    numeric = model.function_name in ("regression", "mixed")
    if target is None or result.value is None or not numeric:
        return result
    b, value = context.builder, result.value
    register, single = value.register, value.data_type == "float"

    def rounded(register: Register) -> Register:
        return b.op("F32", register) if single else register

    def number(value: float) -> Register:
        return rounded(b.constant(value))

    # "First min and max, then rescaleFactor, then rescaleConstant, then castInteger" (Targets)
    if target.min is not None:
        low = b.constant(target.min)
        register = b.op("IF", b.op("LT", register, low), low, register)
    if target.max is not None:
        high = b.constant(target.max)
        register = b.op("IF", b.op("GT", register, high), high, register)
    if target.rescale_factor != 1.0:
        register = rounded(b.op("MUL", register, number(target.rescale_factor)))
    constant = target.rescale_constant - start
    if constant != 0.0:
        register = rounded(b.op("ADD", register, number(constant)))
    data_type = value.data_type
    if target.cast_integer is not None:
        op = {"round": "ROUND", "ceiling": "CEIL", "floor": "FLOOR"}[target.cast_integer]
        register, data_type = b.op(op, register), "integer"
    return dataclasses.replace(result, value=Value(register, data_type, value.optype))


def _target_of(model: ModelElement, name: str | None = None) -> Target | None:
    if model.targets is None:
        return None
    name = name or target_name(model)
    for target in model.targets.targets:
        if target.field is None or target.field == name or name is None:
            return target
    return None


def first_sum(model: ModelElement) -> float:
    """What a float32 sum of trees begins with: the target's rescaleConstant, if that can be.

    XGBoost begins at its base score. To add it last, as written in the document, would round
    otherwise.
    """
    target = _target_of(model)
    plain = target is not None and (
        target.min is None and target.max is None and target.rescale_factor == 1.0
    )
    if model.x_math_context != "float" or target is None or not plain:
        return 0.0
    return target.rescale_constant


def define_outputs(context: Context, model: ModelElement, result: Result, scope: Scope) -> None:
    """Makes the model's output fields known in the scope, its target field too."""
    for output in () if model.output is None else model.output.fields:
        scope.define_later(output.name, partial(_output, context, model, result, scope, output))


def _output(
    context: Context, model: ModelElement, result: Result, scope: Scope, output: OutputField
) -> Value:
    from pmml_pipeline.compiler.lower.expressions import lower_expression

    feature = output.feature
    if output.segment_id is not None:
        if output.segment_id not in result.segments:
            raise DocumentError(
                f"OutputField {output.name!r}: there is no segment {output.segment_id!r}", ""
            )
        result = result.segments[output.segment_id]
    if feature in result.features:
        found = result.features[feature](output)
    elif feature == "predictedValue":
        value = result.targets.get(output.target_field or "", result.value)
        if value is None:
            raise DocumentError(f"OutputField {output.name!r}: there is no predicted value", "")
        found = value
    elif feature == "probability":
        found = _probability(context, result, output)
    elif feature in ("transformedValue", "decision"):
        if output.expression is None:
            raise DocumentError(f"OutputField {output.name!r} has no expression", "")
        found = lower_expression(context, scope, output.expression)
    else:
        raise DocumentError(
            f"OutputField {output.name!r} (line {output.line}): the feature {feature!r} is not "
            "supported",
            "use another engine",
        )
    data_type = output.data_type or found.data_type
    if as_it_is(found.data_type, data_type):
        return dataclasses.replace(found, data_type=data_type)
    return cast(context.builder, found, data_type)


def _probability(context: Context, result: Result, output: OutputField) -> Value:
    b = context.builder
    if output.value is None:  # of the class that is predicted
        top = b.op("ARGMAX", *result.probabilities.values())
        return Value(b.op("CHOOSE", top, *result.probabilities.values()), "double")
    register = result.probabilities.get(output.value)
    if register is None:
        raise DocumentError(
            f"OutputField {output.name!r} asks for the probability of {output.value!r}, which is "
            "no class of the model",
            "",
        )
    return Value(register, "double")

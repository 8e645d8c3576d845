"""What a lowered model gives, and what its targets make of it. Source: PMML 4.4, Targets."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.casts import cast
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, parse
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


def either(
    context: Context, applies: Register, then: Result, other: Result | None
) -> Mapping[str, Callable[[OutputField], Value]]:
    """The output features of one result where a condition holds, otherwise those of the other."""
    b = context.builder

    def of_both(name: str, output: OutputField) -> Value:
        if name not in then.features or (other is not None and name not in other.features):
            raise DocumentError(
                f"the feature {name!r} of models of which not all give it is not supported", ""
            )
        value, rest = then.features[name](output), b.constant(math.nan)
        if other is not None:
            rest = cast(context, other.features[name](output), value.data_type).register
        register = b.op("IF", applies, value.register, rest)
        return Value(register, value.data_type, value.optype, levels=value.levels)

    names = (*then.features, *(other.features if other is not None else ()))
    return {name: partial(of_both, name) for name in dict.fromkeys(names)}


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
        # "a MiningField overrides a DataField, and a Target overrides a MiningField" (Targets)
        treated = _target_of(model, name)
        optypes = [f.optype for f in model.mining_schema.fields if f.name == name]
        optypes += [treated.optype] if treated is not None else []
        return data.data_type, next((o for o in reversed(optypes) if o), data.optype)
    if model.function_name == "regression":
        single = model.x_math_context == "float"
        return ("float" if single else "double"), "continuous"
    return "string", "categorical"


def classified(
    context: Context,
    model: ModelElement,
    probabilities: dict[str, Register],
    winner: Register | None = None,
    target: str | None = None,
) -> Result:
    """A classifier's result: the class with the largest probability, the first of equals.

    Args:
        context: of the lowering.
        model: whose result it is.
        probabilities: by class.
        winner: the position of the class that is predicted, where it is found otherwise.
        target: the target field, of a model that has several.
    """
    data_type, optype = target_type(context, model, target)
    names = list(probabilities)
    if winner is None:
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


def with_defaults(context: Context, model: ModelElement, result: Result) -> Result:
    """The result with what its target gives where there is no prediction.

    "priorProbability specifies a default probability for the target category. It is used if the
    prediction logic itself did not produce a result. ... defaultValue is the counterpart of prior
    probabilities for continuous fields" (Targets).
    """
    target, value, b = _target_of(model), result.value, context.builder
    if target is None or value is None:
        return result
    # "used only if the optype of the field is continuous", and the other only if it is not
    if target_type(context, model)[1] == "continuous":
        defaults = [v.default_value for v in target.values if v.default_value is not None]
        if not defaults or not value.numeric:
            return result
        if len(defaults) > 1:
            raise DocumentError(f"Target (line {target.line}) has several defaultValue", "")
        scaled = (target.rescale_factor, target.rescale_constant) != (1.0, 0.0)
        if scaled or any(x is not None for x in (target.min, target.max, target.cast_integer)):
            raise DocumentError(
                f"Target (line {target.line}): a defaultValue of what is rescaled, limited or made "
                "whole is not supported, since it is not said whether that is done to it too",
                "",
            )
        register = b.op("COALESCE", value.register, b.constant(defaults[0]))
        return dataclasses.replace(
            result, value=dataclasses.replace(value, register=register, present=True)
        )
    priors = {
        v.value: v.prior_probability
        for v in target.values
        if v.value is not None and v.prior_probability is not None
    }
    if not priors:
        return result
    gone = b.op("IS_MISSING", value.register)
    likeliest = max(priors, key=lambda name: priors[name])
    code = b.constant(parse(likeliest, value.data_type, context.texts))
    shares = {
        name: b.op("IF", gone, b.constant(priors.get(name, 0.0)), share)
        for name, share in result.probabilities.items()
    }
    value = dataclasses.replace(
        value, register=b.op("IF", gone, code, value.register), present=True
    )
    return dataclasses.replace(result, value=value, probabilities=shares)


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

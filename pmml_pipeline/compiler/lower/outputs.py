"""Output fields. Source: PMML 4.4, Output."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import partial

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.casts import cast
from pmml_pipeline.compiler.lower.expressions import lower_expression
from pmml_pipeline.compiler.lower.results import Result, target_name
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up, value_of
from pmml_pipeline.compiler.values import Value, as_it_is, parse
from pmml_pipeline.document.model_element import ModelElement, OutputField
from pmml_pipeline.errors import DocumentError


def define_outputs(context: Context, model: ModelElement, result: Result, scope: Scope) -> None:
    """Makes the model's output fields known in the scope."""
    for output in () if model.output is None else model.output.fields:
        scope.define_later(output.name, partial(_named, context, model, result, scope, output))


def _named(
    context: Context, model: ModelElement, result: Result, scope: Scope, output: OutputField
) -> Value:
    """The value of an output field; an error names it."""
    try:
        return _output(context, model, result, scope, output)
    except DocumentError as error:
        if "(line " in error.cause or "computed from itself" in error.cause:
            raise
        where = f"OutputField {output.name!r} (line {output.line})"
        raise DocumentError(f"{where}: {error.cause}", "use another engine") from None


def _output(
    context: Context, model: ModelElement, result: Result, scope: Scope, output: OutputField
) -> Value:
    feature = output.feature
    _check(output)
    if output.segment_id is not None:
        if output.segment_id not in result.segments:
            raise DocumentError(f"there is no segment {output.segment_id!r}", "")
        result = result.segments[output.segment_id]
    if feature in result.features:
        found = result.features[feature](output)
    elif feature == "predictedValue":
        found = _predicted(context, result, output)
    elif feature == "predictedDisplayValue":
        found = _displayed(context, model, _predicted(context, result, output))
    elif feature == "probability":
        found = _probability(context, result, output)
    elif feature in ("transformedValue", "decision"):
        if output.expression is None:
            raise DocumentError("there is no expression", "")
        if output.rank != 1:
            raise DocumentError(f"the rank {output.rank} of a {feature} is not supported", "")
        found = lower_expression(context, scope, output.expression)
    else:
        raise DocumentError(f"the feature {feature!r} is not supported", "")
    data_type = output.data_type or found.data_type
    if as_it_is(found.data_type, data_type):
        return dataclasses.replace(found, data_type=data_type)
    return cast(context, found, data_type)


def _check(output: OutputField) -> None:
    """Refuses what belongs to association rules, "Applies only to Association Rules"."""
    for name, value in (
        ("ruleFeature", output.rule_feature),
        ("algorithm", output.algorithm),
        ("rankBasis", output.rank_basis),
        ("rankOrder", None if output.rank_order == "descending" else output.rank_order),
        ("isMultiValued", None if output.is_multi_valued in ("0", "false") else (
            output.is_multi_valued)),
    ):  # fmt: skip
        if value is not None:
            raise DocumentError(f"{name}={value!r} is not supported", "")
    if output.rank < 1:
        raise DocumentError(f"the rank {output.rank} is not 1 or more", "")


def _predicted(context: Context, result: Result, output: OutputField) -> Value:
    value = result.targets.get(output.target_field or "", result.value)
    if value is None:
        raise DocumentError("there is no predicted value", "")
    if output.rank == 1:
        return value
    if output.value is not None or not result.probabilities:
        raise DocumentError(f"the rank {output.rank} of a prediction is not supported", "")
    names = list(result.probabilities)
    place = ranked(context.builder, list(result.probabilities.values()), output.rank)
    codes = [parse(name, value.data_type, context.texts) for name in names]
    register = look_up(context.builder, place, 0, codes, math.nan, math.nan)
    return dataclasses.replace(value, register=register, present=False)


def ranked(b: Builder, values: Sequence[Register], rank: int) -> Register:
    """The position of the value that comes at a rank; the largest has the rank 1.

    Raises:
        DocumentError: there are not so many.
    """
    if rank > len(values):
        raise DocumentError(f"the rank is {rank}, and there are {len(values)}", "")
    left, lowest = list(values), b.constant(-math.inf)
    place = b.op("ARGMAX", *left)
    for _ in range(rank - 1):
        left = [
            b.op("IF", b.op("EQ", place, b.constant(float(at))), lowest, value)
            for at, value in enumerate(left)
        ]
        place = b.op("ARGMAX", *left)
    return place


def _displayed(context: Context, model: ModelElement, value: Value) -> Value:
    """ "predictedDisplayValue: the display value of the prediction", which is that of the target's
    value, or of the field's, or the value itself.
    """
    b, name = context.builder, target_name(model)
    shown: dict[str, str] = {}
    data = context.data_fields.get(name or "")
    if data is not None:
        shown |= {v.value: v.display_value for v in data.values if v.display_value is not None}
    for target in () if model.targets is None else model.targets.targets:
        if target.field in (None, name):
            shown |= {
                v.value: v.display_value
                for v in target.values
                if v.value is not None and v.display_value is not None
            }
    text = cast(context, value, "string")
    if shown:
        table = {
            parse(v, value.data_type, context.texts): float(context.texts.code(d))
            for v, d in shown.items()
        }
        table = {k: text for k, text in table.items() if k == k}
        found = value_of(b, value.register, table, math.nan)
        text = dataclasses.replace(text, register=b.op("COALESCE", found, text.register))
    return dataclasses.replace(text, optype="categorical", levels=())


def _probability(context: Context, result: Result, output: OutputField) -> Value:
    b, shares = context.builder, result.probabilities
    if not shares:
        raise DocumentError("the model gives no probabilities", "")
    if output.value is not None:
        if output.rank != 1:
            raise DocumentError("a rank together with a value is not supported", "")
        register = shares.get(output.value)
        if register is None:
            raise DocumentError(
                f"it asks for the probability of {output.value!r}, which is no class of the model",
                "",
            )
        return Value(register, "double")
    if output.rank == 1 and result.value is not None:
        return Value(of_class(context, result.value, shares), "double")
    place = ranked(b, list(shares.values()), output.rank)
    return Value(b.op("CHOOSE", place, *shares.values()), "double")


def of_class(context: Context, label: Value, numbers: dict[str, Register]) -> Register:
    """The number of the class that is predicted."""
    b = context.builder
    places = {
        parse(name, label.data_type, context.texts): float(at) for at, name in enumerate(numbers)
    }
    place = value_of(b, label.register, places, math.nan)
    return b.op("CHOOSE", place, *numbers.values())

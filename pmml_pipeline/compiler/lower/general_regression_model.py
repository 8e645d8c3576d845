"""``GeneralRegressionModel``. Source: PMML 4.4, GeneralRegression."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.cox_regression import cumulative_hazard
from pmml_pipeline.compiler.lower.linear_predictors import LinearPredictors, error
from pmml_pipeline.compiler.lower.regression_model import link, softmax
from pmml_pipeline.compiler.lower.results import Result, apply_targets, classified, target_name
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.general_regression_model import GeneralRegressionModel, PCell
from pmml_pipeline.errors import DocumentError

_NAME = "GeneralRegressionModel"
# "If present, this variable is used during scoring generalizedLinear, ordinalMultinomial, or
# multinomialLogistic models". How it is used in the last is written nowhere, and no engine does.
_WITH_OFFSET = ("generalizedLinear", "ordinalMultinomial")


def lower_general_regression_model(
    context: Context, scope: Scope, model: GeneralRegressionModel
) -> Result:
    """The result of a general regression model."""
    kind = model.model_type
    if model.x_math_context == "float":
        raise _refused(model, "in float32 is not supported")
    offset = _one_of(context, scope, model, "offset", model.offset_variable, model.offset_value)
    trials = _one_of(context, scope, model, "trials", model.trials_variable, model.trials_value)
    if offset is not None and kind not in _WITH_OFFSET:
        raise _refused(model, f"has an offset, which is not supported with {kind}")
    if trials is not None and (kind, model.function_name) != ("generalizedLinear", "regression"):
        raise _refused(model, f"has trials, which is not supported with {kind} here")
    predictors = LinearPredictors(context, scope, model)
    cells = model.param_matrix.cells
    if model.function_name == "classification":
        if kind == "multinomialLogistic":
            return _multinomial(context, model, predictors)
        if kind == "ordinalMultinomial":
            return _ordinal(context, model, predictors, offset)
        if kind == "generalizedLinear":
            return _binary(context, model, predictors, offset)
    if model.function_name != "regression" or kind in ("multinomialLogistic", "ordinalMultinomial"):
        raise _refused(model, f"does {model.function_name} with {kind}")
    for cell in cells:
        if cell.target_category is not None:
            raise error(cell.line, "PCell", "has a targetCategory, and the model predicts a number")
    b = context.builder
    found = predictors.sum(cells, offset)
    if kind == "CoxRegression":
        found = cumulative_hazard(context, scope, model, found)
    elif kind == "generalizedLinear":
        # "F(<x, beta> + a) * b", with the offset a and the trials b
        found = _inverse_link(b, found, model)
        if trials is not None:
            # "A positive integer"; what is none of a record's gives no score
            whole = b.op("EQ", trials, b.op("FLOOR", trials))
            valid = b.op("AND", whole, b.op("GE", trials, b.constant(0.0)))
            count = b.op("IF", valid, trials, b.constant(math.nan))
            found = b.op("MUL", found, count)
    return apply_targets(context, model, Result(Value(found, "double")), 0.0)


def _one_of(
    context: Context,
    scope: Scope,
    model: GeneralRegressionModel,
    what: str,
    variable: str | None,
    value: float | None,
) -> Register | None:
    """ "At most one of the attributes can be present": a field or a number."""
    if variable is not None and value is not None:
        raise _refused(model, f"has both {what}Variable and {what}Value")
    if variable is None:
        return None if value is None else context.builder.constant(value)
    field = scope.value(variable)
    if not field.numeric:
        raise _refused(model, f"has the {what}Variable {variable!r}, which is no number")
    return field.register


def _inverse_link(b: Builder, y: Register, model: GeneralRegressionModel) -> Register:
    """ "The inverse of the link function" (Scoring procedure)."""
    name, one = model.link_function, b.constant(1.0)
    if name is None:
        raise _refused(model, "has no linkFunction")
    if name == "identity":
        return y
    if name == "log":
        return b.op("EXP", y)
    if name == "logc":  # 1 - exp(y)
        return b.op("SUB", one, b.op("EXP", y))
    if name == "negbin":  # 1 / (c * (exp(-y) - 1))
        c = _number(model, "distParameter", model.dist_parameter)
        less_one = b.op("SUB", b.op("EXP", b.op("NEG", y)), one)
        return b.op("DIV", one, b.op("MUL", b.constant(c), less_one))
    if name in ("oddspower", "power"):
        d = _number(model, "linkParameter", model.link_parameter)
        if name == "power":  # y^(1/d), and exp(y) if d is 0
            return b.op("POW", y, b.constant(1.0 / d)) if d else b.op("EXP", y)
        if d:  # 1 / (1 + (1 + d * y)^(-1/d)), and the logistic function if d is 0
            base = b.op("ADD", one, b.op("MUL", b.constant(d), y))
            power = b.op("POW", base, b.constant(-1.0 / d))
            return b.op("DIV", one, b.op("ADD", one, power))
        name = "logit"
    return link(b, y, name, single=False)


def _number(model: GeneralRegressionModel, name: str, value: float | None) -> float:
    if value is None:
        raise _refused(model, f"has no {name}")
    return value


def _binary(
    context: Context,
    model: GeneralRegressionModel,
    predictors: LinearPredictors,
    offset: Register | None,
) -> Result:
    """ "Binomial distribution: the target is categorical with two categories"."""
    b = context.builder
    names, reference, cells = _categories(context, model)
    if len(names) != 2:
        raise _refused(model, f"has {len(names)} categories, not two")
    (name,) = cells
    share = _inverse_link(b, predictors.sum(cells[name], offset), model)
    rest = b.op("SUB", b.constant(1.0), share)
    return classified(context, model, {n: rest if n == reference else share for n in names})


def _multinomial(
    context: Context, model: GeneralRegressionModel, predictors: LinearPredictors
) -> Result:
    """ "p_j = exp(r_j) / sum(exp(r_i)), with r = 0 of the reference category"."""
    b = context.builder
    names, reference, cells = _categories(context, model)
    sums = [b.constant(0.0) if n == reference else predictors.sum(cells[n]) for n in names]
    shares = softmax(b, sums, single=False)
    return classified(context, model, dict(zip(names, shares, strict=True)))


def _ordinal(
    context: Context,
    model: GeneralRegressionModel,
    predictors: LinearPredictors,
    offset: Register | None,
) -> Result:
    """ "ParamMatrix specifies different values for the intercept parameter: one for each target
    category except one. Values for all other parameters are constant across all target variable
    values." The inverse of the cumulative link of the sum is the probability of the category and
    all before it.
    """
    b = context.builder
    common = [c for c in model.param_matrix.cells if c.target_category is None]
    names, reference, cells = _categories(context, model)
    if names[-1] != reference:
        raise _refused(model, f"has the reference category {reference!r}, which is not the last")
    if model.cumulative_link is None:
        raise _refused(model, "has no cumulativeLink")
    upto = [
        link(b, predictors.sum([*cells[n], *common], offset), model.cumulative_link, single=False)
        for n in names[:-1]
    ]
    parts = [upto[0], *(b.op("SUB", q, p) for p, q in itertools.pairwise(upto))]
    parts.append(b.op("SUB", b.constant(1.0), upto[-1]))
    return classified(context, model, dict(zip(names, parts, strict=True)))


def _categories(
    context: Context, model: GeneralRegressionModel
) -> tuple[list[str], str, dict[str, list[PCell]]]:
    """The categories in their order, the reference category, and the cells of the others.

    "Normally the reference category is the one from the DataDictionary that does not appear in the
    ParamMatrix, but [it can be specified]" (targetReferenceCategory).
    """
    cells: dict[str, list[PCell]] = {}
    common = []
    for cell in model.param_matrix.cells:
        if cell.target_category is None:
            common.append(cell)
        else:
            cells.setdefault(cell.target_category, []).append(cell)
    data = context.data_fields.get(target_name(model) or "")
    declared: Sequence[str] = data.values_of("valid") if data is not None else ()
    reference = model.target_reference_category
    if not cells and common and len(declared) == 2 and reference in declared:
        (other,) = (name for name in declared if name != reference)
        cells, common = {other: common}, []
    if common and (not cells or model.model_type != "ordinalMultinomial"):
        raise error(common[0].line, "PCell", "has no targetCategory")
    if reference is None:
        rest = [name for name in declared if name not in cells]
        if len(rest) != 1:
            raise _refused(model, "does not say which category is the reference")
        (reference,) = rest
    if not cells or reference in cells:
        raise _refused(model, f"has no parameters, or some of the reference category {reference!r}")
    known = [name for name in declared if name in cells or name == reference]
    names = known or [*cells, reference]
    if len(names) != len(cells) + 1:
        raise _refused(model, "has a category that the target does not have")
    return names, reference, cells


def _refused(model: GeneralRegressionModel, text: str) -> DocumentError:
    return error(model.line, _NAME, text)

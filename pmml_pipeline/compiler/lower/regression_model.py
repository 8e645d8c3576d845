"""``RegressionModel``. Source: PMML 4.4, Regression."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import partial

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.casts import as_number
from pmml_pipeline.compiler.lower.results import Result, classified, target_type
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import value_of
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.regression_model import RegressionModel, RegressionTable
from pmml_pipeline.errors import DocumentError


def lower_regression_model(context: Context, scope: Scope, model: RegressionModel) -> Result:
    """The result of a regression model."""
    single = model.x_math_context == "float"
    sums = [_table(context, scope, table, single) for table in model.tables]
    if model.function_name == "regression":
        if len(sums) != 1:
            raise DocumentError(f"RegressionModel (line {model.line}) has {len(sums)} tables", "")
        register = _normalise_one(context.builder, sums[0], model, single)
        return Result(Value(register, "float" if single else "double"))
    names = [table.target_category or "" for table in model.tables]
    if len(names) == 1:
        raise DocumentError(f"RegressionModel (line {model.line}) has only one class", "")
    probabilities = _normalise(context, sums, model, single)
    return classified(context, model, dict(zip(names, probabilities, strict=True)))


def _table(context: Context, scope: Scope, table: RegressionTable, single: bool) -> Register:
    """ "y = intercept + sum(coefficient_i * independentVariable_i)"."""
    b = context.builder
    terms: list[tuple[Register, float]] = []
    for numeric in table.numeric:
        x = as_number(context, scope.value(numeric.name))
        if numeric.exponent != 1:
            x = b.op("POW", x, b.constant(float(numeric.exponent)))
        terms.append((x, numeric.coefficient))
    by_field: dict[str, dict[float, float]] = {}
    for categorical in table.categorical:
        field = scope.value(categorical.name)
        code = parse(categorical.value, field.data_type, context.texts)
        known = by_field.setdefault(categorical.name, {})
        known[code] = known.get(code, 0.0) + categorical.coefficient
    for name, known in by_field.items():
        # "If the value is missing or none of those listed, it adds nothing" (CategoricalPredictor)
        terms.append((value_of(b, scope.value(name).register, known, 0.0, 0.0), 1.0))
    for term in table.terms:
        product, *others = (as_number(context, scope.value(f.field)) for f in term.factors)
        for other in others:
            product = b.op("MUL", product, other)
        terms.append((product, term.coefficient))
    if single:
        return _single_sum(b, terms, table.intercept)
    if not terms:
        return b.constant(table.intercept)
    offset = b.doubles([table.intercept, *(c for _, c in terms)])
    return b.op("LINEAR", *(r for r, _ in terms), immediates=(offset,))


def _single_sum(b: Builder, terms: Sequence[tuple[Register, float]], intercept: float) -> Register:
    """The same in float32: every product and every sum is rounded."""
    total = b.op("F32", b.constant(0.0))
    for register, coefficient in terms:
        factor = b.op("F32", b.constant(coefficient))
        product = register if b.value(factor) == 1.0 else b.op(
            "F32", b.op("MUL", b.op("F32", register), factor)
        )  # fmt: skip
        total = b.op("F32", b.op("ADD", total, b.op("F32", product)))
    if intercept == 0.0:
        return total
    return b.op("F32", b.op("ADD", total, b.op("F32", b.constant(intercept))))


def _normalise_one(b: Builder, y: Register, model: RegressionModel, single: bool) -> Register:
    """The normalisation of a regression's only value."""
    method = model.normalization_method
    if method == "none":
        return y
    # "softmax, logit: predictedValue = 1 / (1 + exp(-y))" (Regression)
    return link(b, y, "logit" if method == "softmax" else method, single)


def link(b: Builder, y: Register, method: str, single: bool) -> Register:
    """The inverse of a link function (Regression, normalizationMethod).

    Raises:
        DocumentError: it has none, as simplemax, which is for several classes only.
    """
    one, rounded = b.constant(1.0), partial(_rounded, b, single=single)

    def exp(register: Register) -> Register:
        return b.op("F32_EXP" if single else "EXP", register)

    negative = b.op("NEG", y)
    if method == "exp":
        return exp(y)
    if method == "logit":  # 1 / (1 + exp(-y))
        return rounded(b.op("DIV", one, rounded(b.op("ADD", one, exp(negative)))))
    if method == "cloglog":  # 1 - exp(-exp(y))
        return rounded(b.op("SUB", one, exp(b.op("NEG", exp(y)))))
    if method == "loglog":  # exp(-exp(-y))
        return exp(b.op("NEG", exp(negative)))
    if method == "cauchit":  # 0.5 + (1 / pi) * arctan(y)
        angle = b.op("DIV", b.op("ATAN", y), b.constant(math.pi))
        return rounded(b.op("ADD", b.constant(0.5), angle))
    if method == "probit":  # the normal distribution up to y
        half = b.constant(0.5)
        scaled = b.op("DIV", negative, b.constant(math.sqrt(2.0)))
        return rounded(b.op("MUL", half, b.op("ERFC", scaled)))
    raise DocumentError(f"the normalizationMethod {method!r} is not supported", "")


def softmax(b: Builder, values: Sequence[Register], single: bool) -> list[Register]:
    """exp(y_j) / sum(exp(y_i)), with the largest taken off first so that nothing overflows.

    In float32 as XGBoost does it: the exponentials are float32, their sum is a double.
    """
    largest = values[0]
    for value in values[1:]:
        largest = b.op("IF", b.op("GT", value, largest), value, largest)
    exp = "F32_EXP" if single else "EXP"
    differences = [_rounded(b, b.op("SUB", value, largest), single) for value in values]
    return _shares(b, [b.op(exp, difference) for difference in differences], single)


def _normalise(
    context: Context, sums: Sequence[Register], model: RegressionModel, single: bool
) -> list[Register]:
    """The probability of each class.

    Raises:
        DocumentError: the method is none for so many classes.
    """
    b, method, n = context.builder, model.normalization_method, len(sums)
    _, optype = target_type(context, model)

    def rest(taken: Register) -> Register:
        return _rounded(b, b.op("SUB", b.constant(1.0), taken), single)

    if method == "softmax":
        if n == 2 and b.value(sums[1]) == 0.0 and optype != "ordinal":
            first = link(b, sums[0], "logit", single)
            return [first, rest(first)]
        return softmax(b, sums, single)
    if method == "simplemax":
        return _shares(b, sums, single)
    if method == "exp":
        raise DocumentError("the normalizationMethod 'exp' gives no probabilities", "")
    if optype == "ordinal":
        # "F(y_1) - 0, F(y_2) - F(y_1), ..., 1 - F(y_k-1)": cumulative
        upto = [_one_of_two(b, y, method, single) for y in sums[:-1]]
        parts = [upto[0]]
        parts += [b.op("SUB", q, p) for p, q in itertools.pairwise(upto)]
        return [*parts, rest(upto[-1])]
    if n == 2:  # "p_1 = F(y_1), p_2 = 1 - p_1"
        first = _one_of_two(b, sums[0], method, single)
        return [first, rest(first)]
    if method == "none":  # p_j = y_j, and the last class has the rest, whatever its own table says
        taken = _rounded(b, b.op("SUM", *sums[:-1]), single)
        return [*sums[:-1], rest(taken)]
    if method == "logit":
        return _shares(b, [link(b, y, method, single) for y in sums], single)
    raise DocumentError(
        f"the normalizationMethod {method!r} of {n} classes that have no order is not supported",
        "",
    )


def _one_of_two(b: Builder, y: Register, method: str, single: bool) -> Register:
    """The probability of one side of a cut: F(y), or y itself, which then ends at 0 and 1."""
    if method != "none":
        return link(b, y, method, single)
    zero, one = b.constant(0.0), b.constant(1.0)
    y = b.op("IF", b.op("LT", y, zero), zero, y)
    return b.op("IF", b.op("GT", y, one), one, y)


def _shares(b: Builder, values: Sequence[Register], single: bool) -> list[Register]:
    """y_j / sum(y_i)."""
    total = _rounded(b, b.op("SUM", *values), single)
    return [_rounded(b, b.op("DIV", value, total), single) for value in values]


def _rounded(b: Builder, register: Register, single: bool) -> Register:
    return b.op("F32", register) if single else register

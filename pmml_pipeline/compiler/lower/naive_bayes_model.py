"""``NaiveBayesModel``: every input has its say on its own. Source: PMML 4.4, NaiveBayes.

"L_k = P(T_k) * product over j of P(I_j | T_k)", and the probability of T_i is L_i by the sum of
all. The products are sums of logarithms here, so that hundreds of inputs do not underflow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.expressions import lower_derived_field
from pmml_pipeline.compiler.lower.regression_model import softmax
from pmml_pipeline.compiler.lower.results import Result, classified, target_name
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up, value_of
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.expressions import DerivedField
from pmml_pipeline.document.naive_bayes_model import (
    BayesInput,
    GaussianDistribution,
    NaiveBayesModel,
    PoissonDistribution,
    TargetValueCounts,
)
from pmml_pipeline.errors import DocumentError

_TABLED = 32  # factorials that are looked up; those of larger numbers are computed


def lower_naive_bayes_model(context: Context, scope: Scope, model: NaiveBayesModel) -> Result:
    """The class with the largest likelihood, and the probability of each."""
    b, output = context.builder, model.bayes_output
    if model.function_name != "classification":
        raise _error(model.line, "NaiveBayesModel", f"cannot do {model.function_name}")
    if target_name(model) not in (None, output.field_name):
        raise _error(output.line, "BayesOutput", f"is of {output.field_name!r}, no target")
    if not 0.0 <= model.threshold <= 1.0:
        raise _error(model.line, "NaiveBayesModel", f"has the threshold {model.threshold}")
    totals = _counts(output.counts)
    # "a TargetValueCount whose count is zero may be omitted"
    data = context.data_fields.get(output.field_name)
    classes = list(dict.fromkeys((*totals, *(data.values_of("valid") if data else ()))))
    if not any(totals.values()):
        raise _error(output.line, "BayesOutput", "counts nothing")
    whole = math.fsum(totals.values())
    parts = [[b.constant(_log(totals.get(name, 0.0) / whole))] for name in classes]
    for bayes in model.inputs.inputs:
        with context.collecting():
            shares = _input(context, scope, bayes, classes, model.threshold)
            for part, share in zip(parts, shares, strict=True):
                part.append(share)
    likelihoods = [b.op("SUM", *part) for part in parts]
    probabilities = softmax(b, likelihoods, single=False)
    return classified(context, model, dict(zip(classes, probabilities, strict=True)))


def _input(
    context: Context, scope: Scope, bayes: BayesInput, classes: Sequence[str], threshold: float
) -> list[Register]:
    """The logarithm of P(I_j | T_k) for each class; 0 where the input is missing.

    A missing input says nothing: its factor is left out.
    """
    if bayes.stats is not None:
        # "A BayesInput encompasses either one TargetValueStats or one or more PairCounts elements;
        # DerivedField can only be used in conjunction with PairCounts"
        if bayes.pairs or bayes.derived_field is not None:
            raise _error(bayes.line, "BayesInput", "has more than its TargetValueStats")
        return _distributed(context, scope, bayes, classes, threshold)
    if not bayes.pairs:
        raise _error(bayes.line, "BayesInput", "has neither TargetValueStats nor PairCounts")
    value = _discrete(context, scope, bayes)
    return _counted(context, value, bayes, classes, threshold)


def _discrete(context: Context, scope: Scope, bayes: BayesInput) -> Value:
    inner = bayes.derived_field
    if inner is None:
        return scope.value(bayes.field_name)
    name = inner.name or bayes.field_name
    field = DerivedField(inner.line, name, inner.optype, inner.data_type, inner.discretize)
    return lower_derived_field(context, scope, field)


def _counted(
    context: Context, value: Value, bayes: BayesInput, classes: Sequence[str], threshold: float
) -> list[Register]:
    """ "P(I_j | T_i) = count[I_j T_i] / sum over k of count[I_jk T_i]", the sum of the counts of
    the target value with any value of the input. "threshold: the probability to use in lieu of
    P(I_j | T_k) when count[I_j T_k] is zero."
    """
    b = context.builder
    tables: dict[float, dict[str, float]] = {}
    for pair in bayes.pairs:
        code = parse(pair.value, value.data_type, context.texts)
        if code in tables:
            raise _error(pair.line, "PairCounts", f"counts {pair.value!r} once more")
        tables[code] = _counts(pair.counts)
    unknown = {name for table in tables.values() for name in table} - set(classes)
    if unknown:
        raise _error(bayes.line, "BayesInput", f"counts {sorted(unknown)[0]!r}, which is no class")
    keys = sorted(tables)
    place = value_of(b, value.register, {k: float(i) for i, k in enumerate(keys)}, -1.0)
    found = []
    for name in classes:
        counts = [tables[key].get(name, 0.0) for key in keys]
        whole = math.fsum(counts)
        logs = [_log(count / whole if count else threshold) for count in counts]
        # A value that was never seen has a count of zero with all classes.
        found.append(look_up(b, place, 0, logs, _log(threshold), 0.0))
    return found


def _distributed(
    context: Context, scope: Scope, bayes: BayesInput, classes: Sequence[str], threshold: float
) -> list[Register]:
    """ "The same threshold parameter is used as the probability of the continuous variable when the
    calculated probability of the distribution falls below that value."
    """
    b, x = context.builder, scope.value(bayes.field_name)
    if not x.numeric:
        raise _error(bayes.line, "BayesInput", f"is of {bayes.field_name!r}, which is no number")
    assert bayes.stats is not None
    stats = {s.value: s for s in bayes.stats.stats}
    if len(stats) != len(bayes.stats.stats) or stats.keys() != set(classes):
        raise _error(bayes.line, "BayesInput", "has not one distribution for every class")
    found = []
    for name in classes:
        distribution = stats[name].distribution
        if isinstance(distribution, GaussianDistribution):
            log = _gaussian(b, x.register, distribution)
        else:
            log = _poisson(b, x.register, distribution)
        if threshold > 0.0:
            low = b.constant(math.log(threshold))
            log = b.op("IF", b.op("LT", log, low), low, log)
        if not x.present:
            log = b.op("IF", b.op("IS_MISSING", x.register), b.constant(0.0), log)
        found.append(log)
    return found


def _gaussian(b: Builder, x: Register, distribution: GaussianDistribution) -> Register:
    """ "exp(-(x - mean)^2 / (2 * variance)) / sqrt(2 * pi * variance)"."""
    mean, variance = distribution.mean, distribution.variance
    if not 0.0 < variance < math.inf:
        raise _error(distribution.line, "GaussianDistribution", f"has the variance {variance}")
    difference = b.op("SUB", x, b.constant(mean))
    square = b.op("DIV", b.op("MUL", difference, difference), b.constant(variance))
    half = b.op("MUL", b.constant(-0.5), square)
    return b.op("SUB", half, b.constant(0.5 * math.log(2.0 * math.pi * variance)))


def _poisson(b: Builder, x: Register, distribution: PoissonDistribution) -> Register:
    """ "mean^x * exp(-mean) / x!" of a whole number.

    A negative number has the probability 0. Of a number with decimals there is none at all: the
    result is missing.
    """
    mean = distribution.mean
    if not 0.0 < mean < math.inf:
        raise _error(distribution.line, "PoissonDistribution", f"has the mean {mean}")
    power = b.op("SUB", b.op("MUL", x, b.constant(math.log(mean))), b.constant(mean))
    log = b.op("SUB", power, _log_factorial(b, x))
    log = b.op("IF", b.op("LT", x, b.constant(0.0)), b.constant(-math.inf), log)
    return b.op("IF", b.op("EQ", x, b.op("FLOOR", x)), log, b.constant(math.nan))


def _log_factorial(b: Builder, x: Register) -> Register:
    """The logarithm of x!: a table, then Stirling's series, whose rest is below 1e-15."""
    small = look_up(b, x, 0, [math.lgamma(n + 1.0) for n in range(_TABLED)], math.nan, math.nan)
    half = b.op("ADD", x, b.constant(0.5))
    main = b.op("SUB", b.op("MUL", half, b.op("LN", x)), x)
    main = b.op("ADD", main, b.constant(0.5 * math.log(2.0 * math.pi)))
    inverse = b.op("DIV", b.constant(1.0), x)
    square = b.op("MUL", inverse, inverse)
    rest = b.constant(0.0)
    for coefficient in (-1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12):
        rest = b.op("ADD", b.op("MUL", rest, square), b.constant(coefficient))
    large = b.op("ADD", main, b.op("MUL", rest, inverse))
    return b.op("IF", b.op("LT", x, b.constant(float(_TABLED))), small, large)


def _counts(counts: TargetValueCounts) -> dict[str, float]:
    found: dict[str, float] = {}
    for count in counts.counts:
        if not 0.0 <= count.count < math.inf or count.value in found:
            raise DocumentError(
                f"TargetValueCount of {count.value!r} counts {count.count}, or is there twice", ""
            )
        found[count.value] = count.count
    return found


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0.0 else -math.inf


def _error(line: int, element: str, text: str) -> DocumentError:
    return DocumentError(f"{element} (line {line}) {text}", "use another engine")

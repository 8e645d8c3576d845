"""``SupportVectorMachineModel``. Source: PMML 4.4, SupportVectorMachine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.expressions import lower_expression
from pmml_pipeline.compiler.lower.results import (
    Result,
    apply_targets,
    classified,
    target_name,
)
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.arrays import array_values, sparse_values
from pmml_pipeline.document.bind import number, refusal
from pmml_pipeline.document.expressions import FieldRef
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.document.regression_model import CategoricalPredictor
from pmml_pipeline.document.support_vector_machine_model import (
    LinearKernelType,
    PolynomialKernelType,
    RadialBasisKernelType,
    SupportVectorMachine,
    SupportVectorMachineModel,
    VectorInstance,
)
from pmml_pipeline.errors import DocumentError


def lower_support_vector_machine_model(
    context: Context, scope: Scope, model: SupportVectorMachineModel
) -> Result:
    """The result of a support vector machine."""
    if model.x_math_context == "float":
        raise _error(model, "x-mathContext 'float' is not supported")
    if not model.machines:
        raise _error(model, "has no SupportVectorMachine")
    fields = model.vectors.fields
    inputs = [_input(context, scope, f, fields.line) for f in fields.fields]
    if model.svm_representation == "Coefficients":
        if not isinstance(model.kernel, LinearKernelType):
            raise _error(model, "coefficients of fields need a linear kernel")
        numbers = [_machine(context, m, inputs) for m in model.machines]
    else:
        kernels = _kernels(context, model, inputs)
        numbers = [_machine(context, m, _of(m, kernels)) for m in model.machines]
    if model.function_name == "regression":
        if len(numbers) != 1:
            raise _error(model, f"has {len(numbers)} machines for one number")
        return apply_targets(context, model, Result(Value(numbers[0], "double")), 0.0)
    if model.function_name != "classification":
        raise _error(model, f"functionName {model.function_name!r} is not supported")
    if model.classification_method == "OneAgainstOne" or len(numbers) == 1:
        return _votes(context, model, numbers)
    return _best(context, model, numbers)


def _error(model: SupportVectorMachineModel | SupportVectorMachine, text: str) -> DocumentError:
    return DocumentError(f"{type(model).__name__} (line {model.line}): {text}", "")


def _input(
    context: Context, scope: Scope, field: FieldRef | CategoricalPredictor, line: int
) -> Register:
    """A number of the record's vector."""
    if isinstance(field, FieldRef):
        value = lower_expression(context, scope, field)
        if not value.numeric and value.data_type != "boolean":
            raise DocumentError(
                f"FieldRef (line {field.line}): {field.field!r} is of the type "
                f"{value.data_type}, not a number",
                "",
            )
        return value.register
    if field.coefficient != 1.0:
        raise DocumentError(
            f"VectorFields (line {line}): the coefficient {field.coefficient!r} of a category of "
            f"{field.name!r} is not supported",
            "",
        )
    # 1 where the field has the value, otherwise 0, and missing where it is
    value = scope.value(field.name)
    code = parse(field.value, value.data_type, context.texts)
    return context.builder.op("EQ", value.register, context.builder.constant(code))


def _kernels(
    context: Context, model: SupportVectorMachineModel, inputs: Sequence[Register]
) -> dict[str, Register]:
    """The kernel function of the record and every support vector, by the vector's id."""
    named = {
        v.vector_id
        for machine in model.machines
        if machine.support_vectors is not None
        for v in machine.support_vectors.vectors
    }
    used = [v for v in model.vectors.instances if v.id in named]
    if len({v.id for v in used}) < len(used):
        raise _error(model, "two vectors have the same id")
    if not used:
        return {}
    kernel = model.kernel
    if isinstance(kernel, LinearKernelType):
        kind, constants = 0, (0.0, 0.0, 0.0)  # "K(x, y) = <x, y>"
    elif isinstance(kernel, PolynomialKernelType):
        # "K(x, y) = (gamma * <x, y> + coef0) ^ degree"
        kind, constants = 1, (kernel.gamma, kernel.coef0, kernel.degree)
    elif isinstance(kernel, RadialBasisKernelType):
        kind, constants = 2, (kernel.gamma, 0.0, 0.0)  # "K(x, y) = exp(-gamma * ||x - y||^2)"
    else:
        kind, constants = 3, (kernel.gamma, kernel.coef0, 0.0)  # "tanh(gamma * <x, y> + coef0)"
    table = [*constants]
    for vector in used:
        table += _vector(vector, len(inputs))
    offset = context.builder.doubles(table)
    found = context.builder.ops("KERNEL", len(used), inputs, (offset, kind))
    return {v.id: register for v, register in zip(used, found, strict=True)}


def _vector(vector: VectorInstance, count: int) -> list[float]:
    """ "The order of the values corresponds to that of the VectorFields" (VectorInstance)."""
    if (vector.array is None) == (vector.sparse is None):
        raise DocumentError(f"VectorInstance (line {vector.line}) has no array, or two", "")
    if vector.sparse is not None:
        return sparse_values(vector.sparse, count)
    assert vector.array is not None
    texts = array_values(vector.array)
    if len(texts) != count:
        raise refusal(vector.array, f"has {len(texts)} values, and there are {count} fields")
    try:
        return [number(text) for text in texts]
    except ValueError:
        raise refusal(vector.array, "has a value that is no number") from None


def _of(machine: SupportVectorMachine, kernels: Mapping[str, Register]) -> list[Register]:
    """The kernel functions of a machine's vectors."""
    if machine.support_vectors is None:
        raise _error(machine, "has no SupportVectors")
    found = []
    for vector in machine.support_vectors.vectors:
        if vector.vector_id not in kernels:
            raise _error(machine, f"there is no vector {vector.vector_id!r}")
        found.append(kernels[vector.vector_id])
    return found


def _machine(
    context: Context, machine: SupportVectorMachine, terms: Sequence[Register]
) -> Register:
    """ "f(x) = Sum alpha_i * K(x, x_i) + b", or the same of the fields themselves."""
    coefficients = [c.value for c in machine.coefficients.values]
    if len(coefficients) != len(terms):
        raise _error(machine, f"has {len(coefficients)} coefficients for {len(terms)} values")
    b = context.builder
    if not terms:
        return b.constant(machine.coefficients.absolute_value)
    offset = b.doubles([machine.coefficients.absolute_value, *coefficients])
    return b.op("LINEAR", *terms, immediates=(offset,))


def _category(machine: SupportVectorMachine) -> str:
    """ "The attribute targetCategory is required for classification models"."""
    if machine.target_category is None:
        raise _error(machine, "has no targetCategory")
    return machine.target_category


def _alternate(
    context: Context, model: SupportVectorMachineModel, machine: SupportVectorMachine
) -> str:
    """ "The attribute alternateTargetCategory is required in case of binary classification models
    with only one SupportVectorMachine element", and of one-against-one.
    """
    if machine.alternate_target_category is not None:
        return machine.alternate_target_category
    alone = len(model.machines) == 1
    if not alone or model.alternate_binary_target_category is None:
        raise _error(machine, "has no alternateTargetCategory")
    if context.version.startswith("3"):
        # Before 4.0 the function's value was the class itself: 1 and 0.
        raise _error(model, "alternateBinaryTargetCategory of PMML 3 is not supported")
    return model.alternate_binary_target_category


def _votes(
    context: Context, model: SupportVectorMachineModel, numbers: Sequence[Register]
) -> Result:
    """Each machine votes for one of two classes; the share of the votes is the probability.

    "The category with the maximum number of votes wins. In case of a tie, the predicted class
    label is the first category with maximal number of votes." The first is the one that the data
    dictionary lists first: so the training library counts.
    """
    b = context.builder
    votes: dict[str, list[Register]] = {}
    for machine, value in zip(model.machines, numbers, strict=True):
        threshold = model.threshold if machine.threshold is None else machine.threshold
        # "If maxWins is true and the prediction is larger than the threshold or maxWins is false
        # and the prediction is smaller than the threshold, the class label is the targetCategory
        # attribute, otherwise, it is the alternateTargetCategory attribute."
        won = b.op("GT" if model.max_wins else "LT", value, b.constant(threshold))
        one, other = _category(machine), _alternate(context, model, machine)
        if one == other:
            raise _error(machine, f"tells {one!r} apart from itself")
        votes.setdefault(one, []).append(won)
        votes.setdefault(other, []).append(b.op("NOT", won))
    count = b.constant(float(len(numbers)))
    shares = {name: b.op("DIV", b.op("SUM", *parts), count) for name, parts in votes.items()}
    data = context.data_fields.get(target_name(model) or "")
    declared = () if data is None else data.values_of("valid")
    names = dict.fromkeys((*(n for n in declared if n in shares), *shares))
    return classified(context, model, {name: shares[name] for name in names})


def _best(
    context: Context, model: SupportVectorMachineModel, numbers: Sequence[Register]
) -> Result:
    """ "Depending on the model attribute maxWins, the SVM with the largest or the smallest value
    determines the predicted class label." It is no probability.
    """
    b = context.builder
    scores = numbers if model.max_wins else [b.op("NEG", n) for n in numbers]
    names = [_category(machine) for machine in model.machines]
    if len(set(names)) < len(names):
        raise _error(model, "two machines have the same targetCategory")
    result = classified(context, model, dict(zip(names, scores, strict=True)))

    def probability(output: OutputField) -> Value:
        raise DocumentError(
            f"OutputField {output.name!r} (line {output.line}): one-against-all gives no "
            "probability",
            "use another engine",
        )

    return Result(result.value, features={"probability": probability})

"""``NeuralNetwork``: a layer is a few instructions. Source: PMML 4.4, NeuralNetwork."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.lower.expressions import lower_derived_field
from pmml_pipeline.compiler.lower.neural_outputs import lower_neural_outputs
from pmml_pipeline.compiler.lower.regression_model import softmax
from pmml_pipeline.compiler.lower.results import Result
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.document.expressions import DerivedField
from pmml_pipeline.document.neural_network import (
    NeuralInput,
    NeuralLayer,
    NeuralNetwork,
    Neuron,
)
from pmml_pipeline.errors import DocumentError

DISTANCE = 4  # of the operation KERNEL: the square of the distance, and no function of it


def lower_neural_network(context: Context, scope: Scope, model: NeuralNetwork) -> Result:
    """The result of a neural network.

    "All output activations for neurons in some layer L are evaluated before computation proceeds
    to the next layer L+1."
    """
    if model.x_math_context == "float":
        raise DocumentError(
            f"NeuralNetwork (line {model.line}): x-mathContext 'float' is not supported", ""
        )
    if not model.layers:
        raise DocumentError(f"NeuralNetwork (line {model.line}) has no layer", "")
    known: dict[str, Register] = {}
    for neural_input in model.neural_inputs.inputs:
        _once(known, neural_input.id, f"NeuralInput (line {neural_input.line})")
        known[neural_input.id] = _input(context, scope, neural_input)
    for layer in model.layers:
        found = _layer(context.builder, model, layer, known)
        for neuron in layer.neurons:
            _once(known, neuron.id, f"Neuron (line {neuron.line})")
            known[neuron.id] = found[neuron.id]
    return lower_neural_outputs(context, model, known)


def _once(known: Mapping[str, Register], identifier: str, what: str) -> None:
    if identifier in known:
        raise DocumentError(f"{what}: there are two of the id {identifier!r}", "export it again")


def _input(context: Context, scope: Scope, neural_input: NeuralInput) -> Register:
    field = neural_input.field
    derived = DerivedField(
        field.line, field.name or neural_input.id, field.optype, field.data_type, field.expression
    )
    value = lower_derived_field(context, scope, derived)
    if not value.numeric and value.data_type != "boolean":
        raise DocumentError(
            f"NeuralInput (line {neural_input.line}) is no number, but of type {value.data_type}",
            "",
        )
    return value.register


def _layer(
    b: Builder, model: NeuralNetwork, layer: NeuralLayer, known: Mapping[str, Register]
) -> dict[str, Register]:
    """What the neurons of a layer give, by id.

    "The activation function and normalization method for Neuron can be defined in NeuralLayer. If
    either one is not defined for the layer then the default one specified for NeuralNetwork
    applies." The same of threshold, width and altitude.
    """
    if not layer.neurons:
        raise DocumentError(f"NeuralLayer (line {layer.line}) has no neuron", "")
    function = layer.activation_function or model.activation_function
    sums = _sums(b, layer, known, distance=function == "radialBasis")
    found: dict[str, Register] = {}
    for neuron in layer.neurons:
        z = sums[neuron.id]
        if function == "radialBasis":
            found[neuron.id] = _radial(b, model, layer, neuron, z)
        elif function == "threshold":
            # "activation(Z) = 1 if Z > threshold else 0"
            limit = model.threshold if layer.threshold is None else layer.threshold
            found[neuron.id] = b.op("GT", z, b.constant(limit))
        else:
            found[neuron.id] = _ACTIVATIONS[function](b, z)
    # "A normalization method softmax (p_j = exp(y_j) / Sum_i(exp(y_i))) or simplemax
    # (p_j = y_j / Sum_i(y_i)) can be applied to the computed activation values."
    method = layer.normalization_method or model.normalization_method
    if method == "softmax":
        return dict(zip(found, softmax(b, list(found.values()), False), strict=True))
    if method == "simplemax":
        total = b.op("SUM", *found.values())
        return {name: b.op("DIV", y, total) for name, y in found.items()}
    return found


def _sums(
    b: Builder, layer: NeuralLayer, known: Mapping[str, Register], *, distance: bool
) -> dict[str, Register]:
    """Of each neuron "Z = Sum(W_i * output(i)) + bias", or "Sum (output(i) - W_i)^2".

    Neurons that get their numbers from the same others are one instruction.
    """
    groups: dict[tuple[str, ...], list[Neuron]] = {}
    for neuron in layer.neurons:
        origins = tuple(c.from_ for c in neuron.connections)
        if not origins:
            raise DocumentError(f"Neuron (line {neuron.line}) has no connection", "")
        for origin in origins:
            if origin not in known:
                raise DocumentError(
                    f"Neuron (line {neuron.line}) is connected from {origin!r}, which is not "
                    "computed before it: recurrent networks are not supported",
                    "",
                )
        groups.setdefault(origins, []).append(neuron)
    found: dict[str, Register] = {}
    for origins, neurons in groups.items():
        table: list[float] = [0.0, 0.0, 0.0] if distance else []
        for neuron in neurons:
            if not distance:
                table.append(neuron.bias)
            table.extend(c.weight for c in neuron.connections)
        immediates = (b.doubles(table), DISTANCE) if distance else (b.doubles(table),)
        registers = b.ops(
            "KERNEL" if distance else "DENSE",
            len(neurons),
            [known[origin] for origin in origins],
            immediates,
        )
        found |= {n.id: r for n, r in zip(neurons, registers, strict=True)}
    return found


def _radial(
    b: Builder, model: NeuralNetwork, layer: NeuralLayer, neuron: Neuron, distance: Register
) -> Register:
    """ "activation = exp(f * log(altitude) - Z)", where f is the number of connections.

    "Z = (Sum (output(i) - W_i)^2) / (2 * (width * width))"; "width specified in Neuron will
    override a respective value from NeuralLayer, and in turn will override a value given in
    NeuralNetwork".
    """
    widths = [w for w in (neuron.width, layer.width, model.width) if w is not None]
    if not widths or widths[0] == 0.0:
        raise DocumentError(f"Neuron (line {neuron.line}) has no width", "")
    altitudes = (neuron.altitude, layer.altitude, model.altitude)
    altitude = next(a for a in altitudes if a is not None)
    if not altitude > 0.0:
        raise DocumentError(
            f"Neuron (line {neuron.line}): altitude {altitude!r} is not above 0", ""
        )
    z = b.op("DIV", distance, b.constant(2.0 * (widths[0] * widths[0])))
    height = b.constant(len(neuron.connections) * math.log(altitude))
    return b.op("EXP", b.op("SUB", height, z))


def _logistic(b: Builder, z: Register) -> Register:
    one = b.constant(1.0)
    return b.op("DIV", one, b.op("ADD", one, b.op("EXP", b.op("NEG", z))))


def _elliott(b: Builder, z: Register) -> Register:
    return b.op("DIV", z, b.op("ADD", b.constant(1.0), b.op("ABS", z)))


def _arctan(b: Builder, z: Register) -> Register:
    return b.op("DIV", b.op("MUL", b.constant(2.0), b.op("ATAN", z)), b.constant(math.pi))


_ACTIVATIONS: Mapping[str, Callable[[Builder, Register], Register]] = {
    "logistic": _logistic,  # "1 / (1 + exp(-Z))"
    "tanh": lambda b, z: b.op("VTANH", z),  # "(1 - exp(-2Z)) / (1 + exp(-2Z))"
    "identity": lambda b, z: z,
    "exponential": lambda b, z: b.op("EXP", z),
    "reciprocal": lambda b, z: b.op("DIV", b.constant(1.0), z),
    "square": lambda b, z: b.op("MUL", z, z),
    "Gauss": lambda b, z: b.op("EXP", b.op("NEG", b.op("MUL", z, z))),
    "sine": lambda b, z: b.op("SIN", z),
    "cosine": lambda b, z: b.op("COS", z),
    "Elliott": _elliott,  # "Z / (1 + |Z|)"
    "arctan": _arctan,  # "2 * arctan(Z) / Pi"
    "rectifier": lambda b, z: b.op("RECTIFY", z),  # "max(0, Z)"
}

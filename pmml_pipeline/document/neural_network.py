"""``NeuralNetwork``. Source: PMML 4.4, NeuralNetwork.

The expression of an output names the target that it describes. Documents of sklearn2pmml leave the
name out in a segment that has no target; so it may be absent here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pmml_pipeline.document.expressions import (
    Expression,
    FieldValue,
    LinearNorm,
    OutlierTreatment,
)
from pmml_pipeline.document.model_element import ModelElement

ActivationFunction = Literal[
    "threshold",
    "logistic",
    "tanh",
    "identity",
    "exponential",
    "reciprocal",
    "square",
    "Gauss",
    "sine",
    "cosine",
    "Elliott",
    "arctan",
    "rectifier",
    "radialBasis",
]
NormalizationMethod = Literal["none", "simplemax", "softmax"]


@dataclass(frozen=True, slots=True)
class NeuralField:
    """``DerivedField`` of an input, which needs no name."""

    line: int
    optype: Literal["continuous", "categorical", "ordinal"]
    data_type: str
    expression: Expression
    name: str | None = None
    values: tuple[FieldValue, ...] = ()
    display_name: str | None = None
    TAG = "DerivedField"


@dataclass(frozen=True, slots=True)
class NeuralInput:
    """``NeuralInput``: a number that goes in."""

    line: int
    id: str
    field: NeuralField


@dataclass(frozen=True, slots=True)
class NeuralInputs:
    """``NeuralInputs``: all of them."""

    inputs: tuple[NeuralInput, ...]
    number_of_inputs: int | None = None


@dataclass(frozen=True, slots=True)
class Con:
    """``Con``: where a neuron gets a number from, and its weight."""

    from_: str
    weight: float


@dataclass(frozen=True, slots=True)
class Neuron:
    """``Neuron``."""

    line: int
    id: str
    connections: tuple[Con, ...]
    bias: float = 0.0
    width: float | None = None
    altitude: float | None = None


@dataclass(frozen=True, slots=True)
class NeuralLayer:
    """``NeuralLayer``: neurons that are computed together."""

    line: int
    neurons: tuple[Neuron, ...]
    number_of_neurons: int | None = None
    activation_function: ActivationFunction | None = None
    threshold: float | None = None
    width: float | None = None
    altitude: float | None = None
    normalization_method: NormalizationMethod | None = None


@dataclass(frozen=True, slots=True)
class TargetRef:
    """``FieldRef``: the number is that of the target."""

    line: int
    field: str | None = None
    TAG = "FieldRef"


@dataclass(frozen=True, slots=True)
class TargetNorm:
    """``NormContinuous``: the number is what the target is normalised to."""

    line: int
    points: tuple[LinearNorm, ...]
    field: str | None = None
    map_missing_to: float | None = None
    outliers: OutlierTreatment = "asIs"
    TAG = "NormContinuous"


@dataclass(frozen=True, slots=True)
class TargetLevel:
    """``NormDiscrete``: the number is that of one of the target's classes."""

    line: int
    value: str
    field: str | None = None
    method: Literal["indicator", "thermometer"] = "indicator"
    map_missing_to: float | None = None
    TAG = "NormDiscrete"


@dataclass(frozen=True, slots=True)
class TargetField:
    """``DerivedField`` of an output."""

    line: int
    optype: Literal["continuous", "categorical", "ordinal"]
    data_type: str
    expression: TargetRef | TargetNorm | TargetLevel
    name: str | None = None
    values: tuple[FieldValue, ...] = ()
    display_name: str | None = None
    TAG = "DerivedField"


@dataclass(frozen=True, slots=True)
class NeuralOutput:
    """``NeuralOutput``: what the number of a neuron says about a target."""

    line: int
    output_neuron: str
    field: TargetField


@dataclass(frozen=True, slots=True)
class NeuralOutputs:
    """``NeuralOutputs``: all of them."""

    outputs: tuple[NeuralOutput, ...]
    number_of_outputs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuralNetwork(ModelElement):
    """``NeuralNetwork``."""

    activation_function: ActivationFunction
    neural_inputs: NeuralInputs
    layers: tuple[NeuralLayer, ...]
    neural_outputs: NeuralOutputs | None = None
    normalization_method: NormalizationMethod = "none"
    threshold: float = 0.0
    width: float | None = None
    altitude: float = 1.0
    number_of_layers: int | None = None

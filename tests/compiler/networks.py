"""Small neural networks, written as text by the tests that need them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pmml_pipeline as pp

from ..pmml import data_field, mining_field, pmml, tag
from .test_generated_documents import FIELDS, SCHEMA

X = tag("FieldRef", {"field": "x"})
Y = tag("FieldRef", {"field": "y"})


def derived(expression: str, **attributes: object) -> str:
    values = {"optype": "continuous", "dataType": "double", **attributes}
    return tag("DerivedField", values, expression)


def neural_input(identifier: str, expression: str, **attributes: object) -> str:
    return tag("NeuralInput", {"id": identifier}, derived(expression, **attributes))


def neuron(identifier: str, weights: dict[str, object], **attributes: object) -> str:
    inner = "".join(tag("Con", {"from": n, "weight": w}) for n, w in weights.items())
    return tag("Neuron", {"id": identifier, **attributes}, inner)


def layer(*neurons: str, **attributes: object) -> str:
    return tag("NeuralLayer", attributes, "".join(neurons))


def neural_output(identifier: str, expression: str) -> str:
    return tag("NeuralOutput", {"outputNeuron": identifier}, derived(expression))


def level(value: str, field: str = "y") -> str:
    return tag("NormDiscrete", {"field": field, "value": value})


def points(*pairs: tuple[object, object], **attributes: object) -> str:
    inner = "".join(tag("LinearNorm", {"orig": o, "norm": n}) for o, n in pairs)
    return tag("NormContinuous", {"field": "y", **attributes}, inner)


def network(
    layers: str,
    outputs: str,
    inputs: str = neural_input("0", X),
    *,
    function: str = "regression",
    classes: tuple[str, ...] = (),
    targets: str = "",
    extra: str = "",
    output: str = "",
    local: str = "",
    before: str = "",
    rest: str = "",
    **attributes: object,
) -> bytes:
    """A document; ``extra`` is the name of a second target, of the classes u and v."""
    y = data_field("y", "string", "categorical", classes) if classes else data_field("y")
    schema = mining_field("y", usageType="target") + SCHEMA
    if extra:
        y += data_field(extra, "string", "categorical", ("u", "v"))
        schema += mining_field(extra, usageType="target")
    model = tag(
        "NeuralNetwork",
        {"functionName": function, "activationFunction": "identity", **attributes},
        tag("MiningSchema", {}, schema)
        + (tag("Output", {}, output) if output else "")
        + targets
        + (tag("LocalTransformations", {}, local) if local else "")
        + tag("NeuralInputs", {}, inputs)
        + layers
        + (tag("NeuralOutputs", {}, outputs) if outputs else "")
        + rest,
    )
    return pmml(y + FIELDS, model, before=before)


def scored(document: bytes, folder: Path, x: float | None = 0.5) -> dict[str, Any]:
    path = folder / "network.pmml"
    path.write_bytes(document)
    return pp.load(path, engine="compiled").score({"x": x, "z": 1.0, "s": "a"})


ONE = layer(neuron("1", {"0": 1.5}, bias=0.25))  # Z = 1.5 x + 0.25
THREE = layer(
    neuron("n1", {"0": 1.0}),
    neuron("n2", {"0": -1.0}, bias=0.25),
    neuron("n3", {"0": 0.0}, bias=0.25),
)

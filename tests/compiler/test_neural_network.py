"""Neural networks: what the specification says, and what JPMML gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmml_pipeline.errors import UnsupportedDocumentError

from ..pmml import output_field, tag
from .networks import (
    ONE,
    THREE,
    X,
    Y,
    layer,
    level,
    network,
    neural_input,
    neural_output,
    neuron,
    points,
    scored,
)
from .test_generated_documents import SETTINGS, agree, numbers_of

ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "threshold": lambda z: float(z > 0.5),
    "logistic": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "identity": lambda z: z,
    "exponential": math.exp,
    "reciprocal": lambda z: 1 / z,
    "square": lambda z: z * z,
    "Gauss": lambda z: math.exp(-z * z),
    "sine": math.sin,
    "cosine": math.cos,
    "Elliott": lambda z: z / (1 + abs(z)),
    "arctan": lambda z: 2 * math.atan(z) / math.pi,
    "rectifier": lambda z: max(0.0, z),
}


@pytest.mark.parametrize("function", ACTIVATIONS)
@pytest.mark.parametrize("x", [-2.0, 0.0, 0.1, 0.5, 1 / 6, 3.0])
def test_activation_functions(function: str, x: float, tmp_path: Path) -> None:
    document = network(ONE, neural_output("1", Y), activationFunction=function, threshold=0.5)
    expected = ACTIVATIONS[function](1.5 * x + 0.25)
    assert scored(document, tmp_path, x)["y"] == pytest.approx(expected, rel=0, abs=1e-14)


@pytest.mark.parametrize(
    ("of_network", "of_layer", "of_neuron", "width", "altitude"),
    [
        ({"width": 0.75}, {}, {}, 0.75, 1.0),
        ({"width": 2.0, "altitude": 1.25}, {"width": 0.75}, {}, 0.75, 1.25),
        ({"width": 2.0, "altitude": 9}, {"altitude": 0.5}, {"width": 0.75}, 0.75, 0.5),
        ({"altitude": 9}, {"width": 9, "altitude": 9}, {"width": 3, "altitude": 2}, 3.0, 2.0),
    ],
)
def test_radial_basis(
    of_network: dict[str, object],
    of_layer: dict[str, object],
    of_neuron: dict[str, object],
    width: float,
    altitude: float,
    tmp_path: Path,
) -> None:
    """The width and the altitude of a neuron go before those of its layer and of the network."""
    one = layer(neuron("n", {"0": 1.5, "1": -0.25}, bias=7, **of_neuron), **of_layer)
    inputs = neural_input("0", X) + neural_input("1", tag("FieldRef", {"field": "z"}))
    document = network(
        one, neural_output("n", Y), inputs, activationFunction="radialBasis", **of_network
    )
    z = ((0.5 - 1.5) ** 2 + (1.0 + 0.25) ** 2) / (2 * width * width)
    expected = math.exp(2 * math.log(altitude) - z)
    assert scored(document, tmp_path)["y"] == pytest.approx(expected, rel=1e-14)


def test_a_layer_has_its_own_function_threshold_and_normalisation(tmp_path: Path) -> None:
    layers = (
        layer(
            neuron("1", {"0": 1.0}),
            neuron("2", {"0": -1.0}),
            activationFunction="threshold",
            threshold=0.25,
        )
        + layer(
            neuron("3", {"1": 2.0, "2": -1.0}, bias=1),
            neuron("4", {"1": 1.0, "0": 4.0}),  # from the layer before, and from an input
            activationFunction="square",
            normalizationMethod="simplemax",
        )
        + layer(neuron("5", {"3": 1.0}), neuron("6", {"4": 1.0}))
    )
    document = network(layers, neural_output("6", Y), normalizationMethod="softmax")
    one, two = math.exp(1) / (math.exp(1) + 1), 1 / (math.exp(1) + 1)  # softmax of 1 and 0
    three, four = (2 * one - two + 1) ** 2, (one + 2) ** 2
    five, six = math.exp(three / (three + four)), math.exp(four / (three + four))
    assert scored(document, tmp_path)["y"] == pytest.approx(six / (five + six), rel=1e-14)


@pytest.mark.parametrize(
    ("layers", "outputs", "attributes", "message"),
    [
        (ONE, "", {}, "NeuralNetwork (line 1) has no NeuralOutput"),
        ("", neural_output("1", Y), {}, "has no layer"),
        (layer(neuron("1", {})), neural_output("1", Y), {}, "Neuron (line 1) has no connection"),
        (layer(), neural_output("1", Y), {}, "NeuralLayer (line 1) has no neuron"),
        (layer(neuron("1", {"9": 1})), neural_output("1", Y), {}, "from '9', which is not"),
        (layer(neuron("0", {"0": 1})), neural_output("0", Y), {}, "two of the id '0'"),
        (
            layer(neuron("1", {"2": 1})) + layer(neuron("2", {"1": 1})),
            neural_output("1", Y),
            {},
            "recurrent networks are not supported",
        ),
        (ONE, neural_output("7", Y), {}, "there is no neuron '7'"),
        (ONE, neural_output("1", X), {}, "'x' is no target"),
        (ONE, neural_output("1", Y) * 2, {}, "is the second one for 'y'"),
        (ONE, neural_output("1", level("a")), {}, "describes a classification"),
        (ONE, neural_output("1", Y), {"function": "classification"}, "describes a regression"),
        (ONE, neural_output("1", Y), {"function": "clustering"}, "'clustering'"),
        (
            ONE,
            neural_output("1", tag("Constant", {}, "1")),
            {},
            "Constant (line 1) in",
        ),
        (ONE, neural_output("1", points((1, 0), (2, 0))), {}, "has no inverse"),
        (ONE, neural_output("1", points((1, 0), (2, 1), (3, 0.5))), {}, "has no inverse"),
        (ONE, neural_output("1", Y), {"activationFunction": "radialBasis"}, "has no width"),
        (
            ONE,
            neural_output("1", Y),
            {"activationFunction": "radialBasis", "width": 1, "altitude": 0},
            "altitude 0.0 is not above 0",
        ),
        (ONE, neural_output("1", Y), {"activationFunction": "swish"}, "none of threshold"),
        (ONE, neural_output("1", Y), {"x-mathContext": "float"}, "x-mathContext 'float'"),
        (
            ONE,
            neural_output("1", Y),
            {"inputs": neural_input("0", tag("FieldRef", {"field": "s"}), dataType="string")},
            "NeuralInput (line 1) is no number",
        ),
        (
            THREE,
            neural_output("n1", level("p")),
            {"function": "classification", "classes": ("p", "q")},
            "is the only class",
        ),
        (
            THREE,
            neural_output("n1", level("p")) + neural_output("n2", level("p")),
            {"function": "classification", "classes": ("p", "q")},
            "is the second one for 'p'",
        ),
        (
            THREE,
            neural_output("n1", level("p")) + neural_output("n2", Y),
            {"function": "classification", "classes": ("p", "q")},
            "some are not",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    layers: str, outputs: str, attributes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedDocumentError) as caught:
        scored(network(layers, outputs, **attributes), tmp_path)
    assert message in caught.value.cause, caught.value.cause
    assert "(line 1)" in caught.value.cause


# Those that do not make a large difference of a small one, as of two orders of a sum.
_smooth = [f for f in ACTIVATIONS if f not in ("exponential", "reciprocal", "square")]
_weights = st.sampled_from(["-1.25", "0", "0.1", "0.75", "1.5", "-0.3"])


@st.composite
def networks(draw: st.DrawFn) -> bytes:
    """Up to three layers; neurons are connected to any before them."""
    count = draw(st.integers(1, 4))
    inputs = "".join(
        neural_input(f"i{k}", draw(numbers_of(draw(st.integers(0, 1))))) for k in range(count)
    )
    before = [f"i{k}" for k in range(count)]
    layers = ""
    last: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        function = draw(st.sampled_from([*_smooth, "radialBasis", None]))
        last = []
        for position in range(draw(st.integers(1, 6))):
            some = draw(st.lists(st.sampled_from(before), min_size=1, unique=True))
            chosen = before if draw(st.booleans()) else some
            own = {"bias": draw(_weights), "width": draw(st.sampled_from([None, 0.75]))}
            last.append(neuron(f"{number}/{position}", {n: draw(_weights) for n in chosen}, **own))
        layers += layer(
            *last,
            activationFunction=function,
            normalizationMethod=draw(st.sampled_from([None, "none", "softmax"])),
            threshold=draw(st.sampled_from([None, 0.3123457])),
            altitude=draw(st.sampled_from([None, 0.9])),
        )
        last = [f"{number}/{position}" for position in range(len(last))]
        before = [*before, *last]
    attributes: dict[str, object] = {
        "activationFunction": draw(st.sampled_from(["tanh", "logistic", "rectifier"])),
        "threshold": 0.0123457,
        "width": 1.5,
        "altitude": draw(st.sampled_from([None, 1.1])),
        "normalizationMethod": draw(st.sampled_from([None, "softmax"])),
    }
    if len(last) < 2 or draw(st.booleans()):
        pairs = ((-1e4, -1e4), (1, 0.5), (2e4, 1e4))
        return network(
            layers,
            neural_output(last[-1], points(*pairs) if draw(st.booleans()) else Y),
            inputs,
            **attributes,
        )
    classes = tuple("pqrstu"[: len(last)])
    return network(
        layers,
        "".join(neural_output(n, level(c)) for n, c in zip(last, classes, strict=True)),
        inputs,
        function="classification",
        classes=classes,
        output="".join(output_field(f"p_{c}", "probability", c) for c in classes),
        **attributes,
    )


@SETTINGS
@given(document=networks())
def test_generated_networks(document: bytes, tmp_path: Path) -> None:
    agree(document, tmp_path, where_it_answers=True)

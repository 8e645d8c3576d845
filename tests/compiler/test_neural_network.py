"""Neural networks: what the specification says, what JPMML gives, what scikit-learn predicts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.ensemble import BaggingClassifier, BaggingRegressor, VotingRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

import pmml_pipeline as pp
from converters import table
from pmml_pipeline.errors import PmmlPipelineError, UnsupportedDocumentError
from tests.converters.agreement import request_of

from ..pmml import data_field, mining_field, output_field, pmml, tag
from .test_generated_documents import FIELDS, SCHEMA, SETTINGS, agree, numbers_of

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


PAIRS = ((10, -1), (20, 0.5), (50, 1))


@pytest.mark.parametrize(
    ("pairs", "outliers", "x", "expected"),
    [
        (PAIRS, None, -1.0, 10.0),
        (PAIRS, None, -0.25, 15.0),
        (PAIRS, "asExtremeValues", 0.75, 35.0),
        (PAIRS, "asIs", 2.0, 110.0),
        (PAIRS, "asIs", -2.5, 0.0),
        (PAIRS, "asExtremeValues", 2.0, 50.0),
        (PAIRS, "asExtremeValues", -2.0, 10.0),
        (PAIRS, "asMissingValues", 2.0, None),
        (((10, 1), (20, 0.5), (50, -1)), None, -0.25, 35.0),
        (((10, 1), (20, 0.5), (50, -1)), "asExtremeValues", 2.0, 10.0),
    ],
)
def test_a_number_is_denormalised(
    pairs: Any, outliers: str | None, x: float, expected: float | None, tmp_path: Path
) -> None:
    layers = layer(neuron("1", {"0": 1.0}))
    document = network(layers, neural_output("1", points(*pairs, outliers=outliers)))
    if expected is None:
        with pytest.raises(PmmlPipelineError):
            scored(document, tmp_path, x)
    else:
        assert scored(document, tmp_path, x)["y"] == pytest.approx(expected, rel=1e-14)


def test_an_output_refers_to_a_field_that_is_derived_from_the_target(tmp_path: Path) -> None:
    layers = layer(neuron("1", {"0": 1.0}))
    fields = derived(points((10, 0), (20, 1)), name="inner") + derived(
        tag("FieldRef", {"field": "inner"}), name="outer"
    )
    output = neural_output("1", tag("FieldRef", {"field": "outer"}))
    dictionary = tag("TransformationDictionary", {}, fields)
    assert scored(network(layers, output, local=fields), tmp_path)["y"] == 15.0
    assert scored(network(layers, output, before=dictionary), tmp_path)["y"] == 15.0


def test_a_field_that_no_output_can_mean(tmp_path: Path) -> None:
    fields = derived(tag("Apply", {"function": "exp"}, Y), name="power")
    output = neural_output("1", tag("FieldRef", {"field": "power"}))
    with pytest.raises(UnsupportedDocumentError, match=r"NeuralOutput .* Apply is not supported"):
        scored(network(ONE, output, local=fields), tmp_path)
    fields = derived(tag("FieldRef", {"field": "self"}), name="self")
    output = neural_output("1", tag("FieldRef", {"field": "self"}))
    with pytest.raises(UnsupportedDocumentError, match="'self' is no target"):
        scored(network(ONE, output, local=fields), tmp_path)


THREE = layer(
    neuron("n1", {"0": 1.0}),
    neuron("n2", {"0": -1.0}, bias=0.25),
    neuron("n3", {"0": 0.0}, bias=0.25),
)
ENTITY = tag(
    "OutputField",
    {"name": "e", "feature": "entityId", "dataType": "string", "optype": "categorical"},
)


def test_the_class_is_that_of_the_largest_number(tmp_path: Path) -> None:
    outputs = "".join(
        neural_output(n, level(c)) for n, c in (("n2", "q"), ("n1", "p"), ("n3", "r"))
    )
    output = ENTITY + "".join(output_field(f"p_{c}", "probability", c) for c in "pqr")
    document = network(
        THREE, outputs, function="classification", classes=("p", "q", "r"), output=output
    )
    assert scored(document, tmp_path, -1.0) == {
        **{"y": "q", "e": "n2"}, **{"p_p": -1.0, "p_q": 1.25, "p_r": 0.25}
    }  # fmt: skip
    found = scored(document, tmp_path, 0.0)  # a tie of q and r
    assert (found["y"], found["e"]) == ("q", "n2")
    agree(document, tmp_path)


def targeted(name: str, field: str, **attributes: object) -> str:
    kind = {"dataType": "double", "optype": "continuous"}
    return tag("OutputField", {"name": name, "targetField": field, **kind, **attributes})


def test_several_targets(tmp_path: Path) -> None:
    outputs = (
        neural_output("n1", points((10, 0), (20, 1)))
        + neural_output("n2", level("u", "k"))
        + neural_output("n3", level("v", "k"))
    )
    output = targeted("py", "y") + targeted("pu", "k", feature="probability", value="u")
    string = {"dataType": "string", "optype": "categorical"}
    output += targeted("pk", "k", **string) + targeted("ek", "k", feature="entityId", **string)
    targets = tag("Targets", {}, tag("Target", {"field": "y", "rescaleConstant": 100}))
    document = network(THREE, outputs, function="mixed", extra="k", output=output, targets=targets)
    assert scored(document, tmp_path) == {
        **{"y": 115.0, "k": "v", "py": 115.0, "pu": -0.25, "pk": "v", "ek": "n3"}
    }


def test_every_target_has_its_own_rules(tmp_path: Path) -> None:
    targets = tag(
        "Targets",
        {},
        tag("Target", {"field": "y", "rescaleFactor": 2})
        + tag("Target", {"field": "z2", "rescaleFactor": 10, "castInteger": "round"}),
    )
    model = tag(
        "NeuralNetwork",
        {"functionName": "regression", "activationFunction": "identity"},
        tag("MiningSchema", {}, mining_field("y", usageType="target")
            + mining_field("z2", usageType="target") + SCHEMA)
        + targets
        + tag("NeuralInputs", {}, neural_input("0", X))
        + layer(neuron("1", {"0": 1.0}), neuron("2", {"0": 0.25}))
        + tag("NeuralOutputs", {}, neural_output("2", tag("FieldRef", {"field": "z2"}))
              + neural_output("1", Y)),
    )  # fmt: skip
    document = pmml(data_field("y") + data_field("z2") + FIELDS, model)
    assert scored(document, tmp_path) == {"y": 1.0, "z2": 1.0}
    agree(document, tmp_path)


def two_targets(factor: float) -> str:
    """A network that predicts t1 = factor * x and t2 = -factor * x."""
    schema = "".join(mining_field(t, usageType="target") for t in ("t1", "t2"))
    outputs = "".join(
        neural_output(n, tag("FieldRef", {"field": t})) for n, t in (("1", "t1"), ("2", "t2"))
    )
    return tag(
        "NeuralNetwork",
        {"functionName": "regression", "activationFunction": "identity"},
        tag("MiningSchema", {}, schema + SCHEMA)
        + tag("NeuralInputs", {}, neural_input("0", X))
        + layer(neuron("1", {"0": factor}), neuron("2", {"0": -factor}))
        + tag("NeuralOutputs", {}, outputs),
    )


def test_several_targets_at_the_end_of_a_chain_whose_segment_may_not_apply(tmp_path: Path) -> None:
    schema = "".join(mining_field(t, usageType="target") for t in ("t1", "t2"))
    negative = tag("SimplePredicate", {"field": "x", "operator": "lessThan", "value": 0})
    segments = tag("Segment", {"id": 1}, "<True/>" + two_targets(2))
    segments += tag("Segment", {"id": 2}, negative + two_targets(3))
    model = tag(
        "MiningModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, schema + SCHEMA)
        + tag("Segmentation", {"multipleModelMethod": "modelChain"}, segments),
    )
    document = pmml(data_field("t1") + data_field("t2") + FIELDS, model)
    assert scored(document, tmp_path, 1.0) == {"t1": 2.0, "t2": -2.0}
    assert scored(document, tmp_path, -1.0) == {"t1": -3.0, "t2": 3.0}


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


N = 200
RANDOM = np.random.default_rng(5)
FRAME = pd.DataFrame(RANDOM.normal(size=(N, 4)), columns=["a", "b", "c", "d"])
SCORE = FRAME["a"] * FRAME["b"] + np.sin(FRAME["c"])
LABEL = np.array(["low", "mid", "very high"])[np.digitize(SCORE, SCORE.quantile([0.3, 0.6]))]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_networks_of_an_ensemble_name_no_target(tmp_path: Path) -> None:
    networks = [
        ("one", MLPRegressor(hidden_layer_sizes=(4,), max_iter=20, random_state=0)),
        ("two", BaggingRegressor(MLPRegressor(hidden_layer_sizes=(3,)), 2, random_state=0)),
    ]
    fitted = VotingRegressor(networks).fit(FRAME, SCORE)
    path = tmp_path / "network.pmml"
    path.write_bytes(table.find(fitted).convert(fitted, request_of(FRAME)))
    scorer = pp.load(path, "compiled")
    (found,), errors = scorer.score_columns({n: FRAME[n].to_numpy() for n in FRAME}, N)
    assert not errors
    assert np.abs(found - fitted.predict(FRAME)).max() < 1e-13
    classes = BaggingClassifier(MLPClassifier((4,), max_iter=20), 2, random_state=0)
    classes.fit(FRAME, LABEL)
    path.write_bytes(table.find(classes).convert(classes, request_of(FRAME)))
    scorer = pp.load(path, "compiled")
    columns, errors = scorer.score_columns({n: FRAME[n].to_numpy() for n in FRAME}, N)
    assert not errors
    assert columns[0].tolist() == classes.predict(FRAME).tolist()
    shares = np.column_stack(columns[1:])
    assert np.abs(shares - classes.predict_proba(FRAME)).max() < 1e-13


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (MLPClassifier((7, 5), max_iter=30), SCORE > 0),
        (MLPClassifier((7,), activation="tanh", max_iter=30), LABEL),
        (MLPClassifier((6, 5), activation="logistic", max_iter=30), LABEL),
        (MLPRegressor(hidden_layer_sizes=(9, 6, 3), activation="tanh", max_iter=30), SCORE),
        (MLPRegressor(hidden_layer_sizes=(9,), activation="identity", max_iter=30), SCORE),
    ],
    ids=["binary", "tanh", "logistic", "regressor", "identity"],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_networks_of_scikit_learn(model: BaseEstimator, y: Any, tmp_path: Path) -> None:
    model.set_params(random_state=0).fit(FRAME, y)
    path = tmp_path / "network.pmml"
    path.write_bytes(table.find(model).convert(model, request_of(FRAME)))
    records = {name: FRAME[name].to_numpy() * 1.5 for name in FRAME}
    predicted = model.predict(pd.DataFrame(records))
    scorers = [pp.load(path, engine, extra_fields="ignore") for engine in ("compiled", "jpmml")]
    names = [output.name for output in scorers[0].outputs]
    (found, errors), (other, _) = (s.score_columns(records, N) for s in scorers)
    shown = dict(zip(names, found, strict=True))
    inside = [i for i in range(N) if i not in errors]
    assert len(inside) > N / 2
    if isinstance(model, MLPClassifier):
        shares = model.predict_proba(pd.DataFrame(records))
        columns = [shown[n] for n in names if n.startswith("probability")]
        difference = np.abs(np.column_stack(columns) - shares)[inside]
        assert shown[names[0]][inside].tolist() == predicted[inside].tolist()
    else:
        difference = np.abs(np.column_stack(found) - predicted.reshape(N, -1))[inside]
    assert difference.max() < 1e-13
    for one, two in itertools.zip_longest(found, other):
        if one.dtype == float:
            assert np.abs(one[inside] - two[inside]).max() < 1e-10

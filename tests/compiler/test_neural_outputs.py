"""What the last neurons of a network say about its targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pmml_pipeline.errors import PmmlPipelineError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, tag
from .networks import (
    ONE,
    THREE,
    X,
    Y,
    derived,
    layer,
    level,
    network,
    neural_input,
    neural_output,
    neuron,
    points,
    scored,
)
from .test_generated_documents import FIELDS, SCHEMA, agree

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

"""Support vector machines: what the specification says, and what JPMML gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmml_pipeline as pp
from pmml_pipeline.errors import PmmlPipelineError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, output_field, pmml, tag
from .test_generated_documents import FIELDS, SCHEMA, SETTINGS, agree

XZ = tag("FieldRef", {"field": "x"}) + tag("FieldRef", {"field": "z"})
LINEAR = tag("LinearKernelType", {})
CLASSES = ("p", "q", "r")


def dense(identifier: str, *values: object) -> str:
    array = tag("Array", {"type": "real", "n": len(values)}, " ".join(map(str, values)))
    return tag("VectorInstance", {"id": identifier}, array)


def sparse(identifier: str, places: str, entries: str, n: object = 2, **other: object) -> str:
    inner = tag("Indices", {}, places) + tag("REAL-Entries", {}, entries)
    return tag(
        "VectorInstance", {"id": identifier}, tag("REAL-SparseArray", {"n": n, **other}, inner)
    )


VECTORS = dense("a", 1, 0) + sparse("b", "2", "1.0") + dense("c", -0.5, 0.25)


def machine(
    vectors: str | None,
    coefficients: Sequence[object],
    constant: object = None,
    target: str | None = None,
    other: str | None = None,
    threshold: object = None,
) -> str:
    inner = ""
    if vectors is not None:
        named = "".join(tag("SupportVector", {"vectorId": v}) for v in vectors)
        inner = tag("SupportVectors", {}, named) if named else "<SupportVectors></SupportVectors>"
    numbers = "".join(tag("Coefficient", {"value": c}) for c in coefficients)
    inner += tag("Coefficients", {"absoluteValue": constant}, numbers)
    return tag(
        "SupportVectorMachine",
        {"targetCategory": target, "alternateTargetCategory": other, "threshold": threshold},
        inner,
    )


def model(
    machines: str,
    kernel: str = LINEAR,
    vectors: str = VECTORS,
    fields: str = XZ,
    *,
    function: str = "regression",
    output: str = "",
    targets: str = "",
    declared: Sequence[str] = CLASSES,
    **attributes: object,
) -> bytes:
    y = data_field("y")
    if function == "classification":
        y = data_field("y", "string", "categorical", declared)
    element = tag(
        "SupportVectorMachineModel",
        {"functionName": function, **attributes},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + SCHEMA)
        + (tag("Output", {}, output) if output else "")
        + targets
        + kernel
        + tag("VectorDictionary", {}, tag("VectorFields", {}, fields) + vectors)
        + machines,
    )
    return pmml(y + FIELDS, element)


def scored(document: bytes, folder: Path, **record: Any) -> dict[str, Any]:
    path = folder / "machine.pmml"
    path.write_bytes(document)
    scorer = pp.load(path, engine="compiled")
    return scorer.score({"x": 0.5, "z": 2.0, "s": "a", **record})


KERNELS: list[tuple[str, Callable[[float, float], float]]] = [
    # of the product and of the square of the distance
    (LINEAR, lambda p, d: p),
    (tag("PolynomialKernelType", {}), lambda p, d: p + 1),
    (
        tag("PolynomialKernelType", {"gamma": 0.5, "coef0": 0.25, "degree": 3}),
        lambda p, d: (0.5 * p + 0.25) ** 3,
    ),
    (
        tag("PolynomialKernelType", {"gamma": 0.5, "coef0": 2, "degree": 1.5}),
        lambda p, d: (0.5 * p + 2) ** 1.5,
    ),
    (tag("PolynomialKernelType", {"degree": 0}), lambda p, d: 1.0),
    (tag("RadialBasisKernelType", {}), lambda p, d: math.exp(-d)),
    (tag("RadialBasisKernelType", {"gamma": 0.125}), lambda p, d: math.exp(-0.125 * d)),
    (tag("SigmoidKernelType", {}), lambda p, d: math.tanh(p + 1)),
    (
        tag("SigmoidKernelType", {"gamma": 0.5, "coef0": -0.75, "description": "text"}),
        lambda p, d: math.tanh(0.5 * p - 0.75),
    ),
]


@pytest.mark.parametrize(("kernel", "function"), KERNELS)
def test_kernels(kernel: str, function: Callable[[float, float], float], tmp_path: Path) -> None:
    document = model(machine("abc", (2, -0.5, 4), 0.125), kernel)
    x = (0.5, 2.0)
    expected = 0.125
    for factor, v in ((2, (1, 0)), (-0.5, (0, 1)), (4, (-0.5, 0.25))):
        product = x[0] * v[0] + x[1] * v[1]
        expected += factor * function(product, (x[0] - v[0]) ** 2 + (x[1] - v[1]) ** 2)
    assert scored(document, tmp_path)["y"] == pytest.approx(expected, rel=1e-14)
    agree(document, tmp_path, where_it_answers='degree="1.5"' in kernel)


def test_coefficients_of_the_fields_need_no_vectors(tmp_path: Path) -> None:
    document = model(machine(None, (2, -0.5), 10), vectors="", svmRepresentation="Coefficients")
    assert scored(document, tmp_path)["y"] == 10 + 2 * 0.5 - 0.5 * 2


def test_an_entry_that_is_not_listed_has_the_default(tmp_path: Path) -> None:
    vectors = sparse("a", "1", "3", defaultValue="10")
    assert scored(model(machine("a", (1,)), vectors=vectors), tmp_path)["y"] == 3 * 0.5 + 10 * 2


def test_a_category_is_one_or_zero_and_a_missing_value_is_no_number(tmp_path: Path) -> None:
    fields = tag("FieldRef", {"field": "z"}) + tag(
        "CategoricalPredictor", {"name": "s", "value": "a", "coefficient": "1.0"}
    )
    document = model(machine("a", (1,)), vectors=dense("a", 10, 100), fields=fields)
    assert scored(document, tmp_path)["y"] == 120
    assert scored(document, tmp_path, s="b")["y"] == 20
    for record in ({"s": None}, {"z": None}):
        with pytest.raises(PmmlPipelineError):
            scored(document, tmp_path, **record)
    replaced = fields.replace('"z"', '"z" mapMissingTo="3"')
    document = model(machine("a", (1,)), vectors=dense("a", 10, 100), fields=replaced)
    assert scored(document, tmp_path, z=None)["y"] == 130


def test_targets(tmp_path: Path) -> None:
    targets = tag("Targets", {}, tag("Target", {"field": "y", "rescaleFactor": 10, "max": 0.25}))
    assert scored(model(machine("a", (1,)), targets=targets), tmp_path)["y"] == 2.5


@pytest.mark.parametrize(
    ("value", "attributes", "threshold", "expected"),
    [
        (-1, {}, None, "p"),  # smaller than the threshold: the target category
        (1, {}, None, "q"),
        (0, {}, None, "q"),
        (1, {"maxWins": "true"}, None, "p"),
        (0, {"maxWins": "true"}, None, "q"),
        (-1, {"maxWins": "true"}, None, "q"),
        (1, {"threshold": 2}, None, "p"),
        (1, {"threshold": 2}, 0.5, "q"),
        (1, {"threshold": 2, "maxWins": "true"}, 0.5, "p"),
        (1, {"classificationMethod": "OneAgainstOne"}, None, "q"),
        (-1, {"classificationMethod": "OneAgainstAll"}, None, "p"),
    ],
)
@pytest.mark.parametrize("on_the_model", [False, True])
def test_one_machine_of_two_classes(
    value: float,
    attributes: dict[str, object],
    threshold: object,
    expected: str,
    on_the_model: bool,
    tmp_path: Path,
) -> None:
    other = None if on_the_model else "q"
    if on_the_model:
        attributes = {**attributes, "alternateBinaryTargetCategory": "q"}
    document = model(
        machine("a", (0,), value, "p", other, threshold), function="classification", **attributes
    )
    assert scored(document, tmp_path) == {"y": expected}


def test_one_against_all(tmp_path: Path) -> None:
    machines = "".join(
        machine("a", (0,), value, name) for value, name in ((2, "q"), (-1, "r"), (3, "p"))
    )
    document = model(machines, function="classification")
    assert scored(document, tmp_path)["y"] == "r"
    agree(document, tmp_path)
    assert scored(model(machines, function="classification", maxWins="true"), tmp_path)["y"] == "p"


def test_one_against_one(tmp_path: Path) -> None:
    """p beats q, r beats p, r beats q."""
    output = "".join(output_field(f"p_{c}", "probability", c) for c in CLASSES)
    machines = (
        machine("a", (0,), -1, "p", "q") + machine("a", (0,), 1, "p", "r")
        + machine("a", (0,), -1, "r", "q")
    )  # fmt: skip
    document = model(
        machines, function="classification", classificationMethod="OneAgainstOne", output=output
    )
    assert scored(document, tmp_path) == {
        "y": "r", "p_p": pytest.approx(1 / 3), "p_q": 0.0, "p_r": pytest.approx(2 / 3)
    }  # fmt: skip
    agree(document, tmp_path)


@pytest.mark.parametrize("declared", [("p", "q", "r"), ("r", "q", "p"), ("q", "p", "r")])
def test_a_tie_goes_to_the_class_that_is_declared_first(
    declared: tuple[str, ...], tmp_path: Path
) -> None:
    machines = (
        machine("a", (0,), -1, "q", "p") + machine("a", (0,), -1, "r", "q")
        + machine("a", (0,), -1, "p", "r")
    )  # fmt: skip
    document = model(
        machines,
        function="classification",
        classificationMethod="OneAgainstOne",
        declared=declared,
    )
    assert scored(document, tmp_path)["y"] == declared[0]


ONE = machine("a", (1,))
PROBABILITY = output_field("p_p", "probability", "p")


@pytest.mark.parametrize(
    ("machines", "attributes", "message"),
    [
        ("", {}, "has no SupportVectorMachine"),
        (ONE * 2, {}, "has 2 machines for one number"),
        (ONE, {"function": "clustering"}, "'clustering' is not supported"),
        (ONE, {"x-mathContext": "float"}, "x-mathContext 'float'"),
        (ONE, {"svmRepresentation": "Both"}, "none of SupportVectors, Coefficients"),
        (machine(None, (1,)), {}, "has no SupportVectors"),
        (machine("ab", (1,)), {}, "has 1 coefficients for 2 values"),
        (machine("k", (1,)), {}, "there is no vector 'k'"),
        (ONE, {"vectors": VECTORS + dense("a", 1, 1)}, "two vectors have the same id"),
        (ONE, {"vectors": dense("a", 1)}, "Array (line 1) has 1 values, and there are 2 fields"),
        (ONE, {"vectors": dense("a", 1, "?")}, "has a value that is no number"),
        (ONE, {"vectors": sparse("a", "1 2", "1")}, "has 2 indices and 1 entries"),
        (ONE, {"vectors": sparse("a", "3", "1")}, "has the index 3, and there are 2 fields"),
        (ONE, {"vectors": sparse("a", "0", "1")}, "has the index 0"),
        (ONE, {"vectors": sparse("a", "1", "1", n=3)}, "is of 3 values"),
        (ONE, {"vectors": tag("VectorInstance", {"id": "a"})}, "has no array, or two"),
        (
            machine(None, (1, 1)),
            {"svmRepresentation": "Coefficients", "kernel": tag("RadialBasisKernelType", {})},
            "need a linear kernel",
        ),
        (ONE, {"fields": tag("FieldRef", {"field": "s"}) * 2}, "'s' is of the type string"),
        (
            ONE,
            {
                "fields": tag("CategoricalPredictor", {"name": "s", "value": "a", "coefficient": 2})
                * 2
            },
            "the coefficient 2.0 of a category of 's'",
        ),
        (ONE, {"function": "classification"}, "has no targetCategory"),
        (
            machine("a", (1,), target="p"),
            {"function": "classification"},
            "has no alternateTargetCategory",
        ),
        (
            machine("a", (1,), target="p", other="p"),
            {"function": "classification"},
            "tells 'p' apart from itself",
        ),
        (
            machine("a", (1,), target="p") * 2,
            {"function": "classification"},
            "two machines have the same targetCategory",
        ),
        (
            machine("a", (1,), target="p") + machine("a", (1,), target="q"),
            {"function": "classification", "output": PROBABILITY},
            "one-against-all gives no probability",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    machines: str, attributes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedDocumentError) as caught:
        scored(model(machines, **attributes), tmp_path)
    assert message in caught.value.cause, caught.value.cause
    assert "(line 1)" in caught.value.cause


def test_before_version_4_the_class_was_a_number(tmp_path: Path) -> None:
    document = model(
        machine("a", (1,), target="p"),
        function="classification",
        alternateBinaryTargetCategory="q",
    )
    old = document.replace(b'version="4.4"', b'version="3.2"').replace(b"PMML-4_4", b"PMML-3_2")
    with pytest.raises(UnsupportedDocumentError, match="of PMML 3 is not supported"):
        scored(old, tmp_path)


_numbers = st.sampled_from(["-1.25", "0", "0.1", "0.75", "1.5", "-0.3", "2"])


@st.composite
def machines_of(draw: st.DrawFn) -> bytes:
    """Vectors in both forms; one number, or several classes by either method."""
    vectors = ""
    for name in "abcdef":
        one, two = draw(_numbers), draw(_numbers)
        vectors += sparse(name, "2", two) if draw(st.booleans()) else dense(name, one, two)

    def some(target: str | None = None, other: str | None = None) -> str:
        named = draw(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True))
        factors = [draw(_numbers) for _ in named]
        # No sum is exactly a threshold.
        return machine("".join(named), factors, draw(_numbers) + "12345", target, other)

    kernel = draw(st.sampled_from([k for k, _ in KERNELS if 'degree="1.5"' not in k]))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return model(some(), kernel, vectors)
    if kind == 1:
        machines = "".join(some(name) for name in CLASSES)
        return model(machines, kernel, vectors, function="classification")
    # Without a tie: JPMML gives that to the class that was voted for first.
    return model(
        some("q", "p"),
        kernel,
        vectors,
        function="classification",
        classificationMethod="OneAgainstOne",
        output="".join(output_field(f"p_{c}", "probability", c) for c in "pq"),
        threshold=draw(st.sampled_from([None, "0.27"])),
    )


@SETTINGS
@given(document=machines_of())
def test_generated_machines(document: bytes, tmp_path: Path) -> None:
    agree(document, tmp_path)

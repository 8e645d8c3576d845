"""Forests off the columns of a document are those that are lowered node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmml_pipeline.compiler.compile import compile_document
from pmml_pipeline.compiler.lower import forest_model
from pmml_pipeline.compiler.program import Plan
from pmml_pipeline.document import read
from pmml_pipeline.engines.compiled import CompiledModel
from pmml_pipeline.errors import UnsupportedDocumentError
from pmml_pipeline.kernels import growing
from pmml_pipeline.schema import schema_of

from ..pmml import data_field, mining_field, pmml, simple, tag
from .forest_documents import FIELDS, LEVELS, NAMES, STRATEGIES, forests

SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ROWS = 400


def plan_of(data: bytes, monkeypatch: pytest.MonkeyPatch, plain: bool) -> tuple[Plan | str, bool]:
    """The plan or the refusal, and whether the columns were enough."""
    used: list[bool] = []
    true = forest_model._plain

    def noted(*arguments: Any) -> Any:
        found = true(*arguments) if plain else None
        used.append(found is not None)
        return found

    document = read(data)
    schema = schema_of(document)
    with monkeypatch.context() as patch:
        patch.setattr(forest_model, "_plain", noted)
        try:
            return compile_document(document, schema.inputs, schema.outputs), used == [True]
        except UnsupportedDocumentError as error:
            return str(error), used == [True]


def columns_of(plan: Plan, data: bytes) -> list[bytes]:
    """The results of many rows, missing values among them."""
    schema = schema_of(read(data))
    random = np.random.default_rng(1)
    model = CompiledModel(plan, schema.inputs, schema.outputs)
    texts = {text: float(code) for code, text in enumerate(plan.texts)}
    levels = [texts.get(level, 1e6) for level in LEVELS] + [1e6, np.nan]
    numbers = [-2.0, -1.0, -0.0, 0.1, float(np.float32(0.1)), 1.0, 1.5, 1.7, 2.0, np.nan, np.inf]
    columns = {
        0: random.choice(numbers, ROWS),
        1: random.choice(numbers, ROWS),
        2: random.choice([0.0, 1.0, 2.0, 5.0, 7.0, np.nan], ROWS),
        3: random.choice(levels, ROWS),
    }
    (stage,) = plan.stages
    source = [columns[c] for c in stage.reads]
    found = model._execute(1, 0, source, ROWS)
    named = dict(enumerate([*plan.texts]))
    return [
        str([named.get(v) for v in column.tolist()]).encode()
        if output.kind == "string"
        else column.tobytes()
        for output, column in zip(schema.outputs, found, strict=True)
    ]


@SETTINGS
@given(st.booleans().flatmap(lambda classes: forests(classes)))
def test_both_ways_give_the_same(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        fast, used = plan_of(data, monkeypatch, True)
        slow, _ = plan_of(data, monkeypatch, False)
    if isinstance(slow, str) or isinstance(fast, str):
        assert fast == slow
        return
    assert used, data.decode()
    assert columns_of(fast, data) == columns_of(slow, data), data.decode()


def binary(random: np.random.Generator, depth: int, classes: bool) -> str:
    """The children of a node: two, the first of them with a predicate of order."""
    found = ""
    for predicate in (
        simple(str(random.choice(["x", "z"])), "lessOrEqual", round(float(random.normal()), 2)),
        "<True/>",
    ):
        inner = binary(random, depth - 1, classes) if depth and random.random() < 0.8 else ""
        score: object = "ab"[int(random.integers(2))] if classes else float(random.normal())
        shares = "".join(
            tag("ScoreDistribution", {"value": v, "recordCount": int(random.integers(1, 9))})
            for v in "ab"
            if classes
        )
        number = found.count("<Node ")  # of the first child there is one, or many
        default = None if not inner else f"c{int(random.integers(2))}"
        attributes = {"id": f"c{min(number, 1)}", "score": score, "defaultChild": default}
        found += tag("Node", attributes, predicate + shares + inner)
    return found


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("depth", [2, 7])
def test_the_arrays_are_the_same(
    classes: bool, strategy: str, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(depth)
    schema = tag("MiningSchema", {}, mining_field("x") + mining_field("z"))
    function = "classification" if classes else "regression"
    segments = "".join(
        tag(
            "Segment",
            {},
            "<True/>"
            + tag(
                "TreeModel",
                {"functionName": function, "missingValueStrategy": strategy},
                schema
                + tag("Node", {"defaultChild": "c1"}, "<True/>" + binary(random, depth, classes)),
            ),
        )
        for _ in range(12)
    )
    label = data_field("y", "string", "categorical", ["b"]) if classes else data_field("y")
    model = tag(
        "MiningModel",
        {"functionName": function},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + mining_field("x"))
        + tag("Segmentation", {"multipleModelMethod": "average"}, segments),
    ).replace('<MiningField name="x"/>', '<MiningField name="x"/><MiningField name="z"/>', 1)
    data = pmml(label + data_field("x") + data_field("z", "float"), model)
    fast, used = plan_of(data, monkeypatch, True)
    slow, _ = plan_of(data, monkeypatch, False)
    assert used
    assert isinstance(fast, Plan)
    assert isinstance(slow, Plan)
    assert fast.texts == slow.texts
    for one, other in zip(fast.stages, slow.stages, strict=True):
        assert (one.reads, one.writes) == (other.reads, other.writes)
        a, b = one.program, other.program
        assert a.instructions == b.instructions
        assert a.n_registers == b.n_registers
        for name in ("constants", "ints", "doubles"):
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes()


def forest(*trees: str, attributes: dict[str, object] | None = None) -> bytes:
    schema = tag("MiningSchema", {}, "".join(mining_field(n) for n in NAMES))
    segments = "".join(
        tag(
            "Segment",
            {},
            "<True/>"
            + tag("TreeModel", {"functionName": "regression", **(attributes or {})}, schema + tree),
        )
        for tree in trees
    )
    model = tag(
        "MiningModel",
        {"functionName": "regression"},
        tag(
            "MiningSchema",
            {},
            mining_field("y", usageType="target") + "".join(mining_field(n) for n in NAMES),
        )
        + tag("Segmentation", {"multipleModelMethod": "sum"}, segments),
    )
    return pmml(data_field("y") + FIELDS, model)


def tree(predicate: str, score: str = "1", more: str = "") -> str:
    inner = tag("Node", {"score": score}, predicate + more)
    return tag("Node", {"score": "0"}, "<True/>" + inner)


COMPOUND = tag(
    "CompoundPredicate",
    {"booleanOperator": "and"},
    simple("x", "lessThan", 1) + simple("z", "lessThan", 1),
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(forest(tree(COMPOUND)), id="compound"),
        pytest.param(forest(tree(simple("x", "lessThan", "true"))), id="a truth value"),
        pytest.param(forest(tree(simple("x", "lessThan", "1_0"))), id="no number"),
        pytest.param(forest(tree(simple("x", "lessThan", "NaN"))), id="NaN"),
        pytest.param(forest(tree(simple("x", "equal", "NaN"))), id="equal to NaN"),
        pytest.param(forest(tree(simple("x", "near", "1"))), id="unknown operator"),
        pytest.param(forest(tree(simple("s", "lessThan", "l1"))), id="order of texts"),
        pytest.param(forest(tree(simple("w", "lessThan", "1"))), id="unknown field"),
        pytest.param(forest(tree(simple("x", "lessThan", 1), "one")), id="score"),
        pytest.param(forest(tree(simple("x", "lessThan", 1), more="<Regression/>")), id="element"),
        pytest.param(forest(tree("")), id="no predicate"),
        pytest.param(forest(tree("<SimplePredicate field='x' operator='equal'/>")), id="no value"),
        pytest.param(
            forest(tree("<SimpleSetPredicate field='s' booleanOperator='isIn'/>")), id="no array"
        ),
        pytest.param(
            forest(tree("<True/>"), attributes={"missingValueStrategy": "aggregateNodes"}),
            id="strategy",
        ),
        pytest.param(
            forest(tree("<True/>", more="<Extension><Node><True/></Node></Extension>")), id="stray"
        ),
    ],
)
def test_what_is_not_plain_is_left_to_the_other(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, used = plan_of(data, monkeypatch, True)
    slow, _ = plan_of(data, monkeypatch, False)
    assert not used
    if isinstance(slow, Plan):
        assert isinstance(fast, Plan)
        assert columns_of(fast, data) == columns_of(slow, data)
    else:
        assert fast == slow


def test_a_wrong_predicate_that_no_row_comes_to_is_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = tag("Node", {"score": "1"}, simple("w", "lessThan", 1))
    data = forest(tag("Node", {"score": "0"}, "<True/>" + tree("<True/>") + never))
    fast, used = plan_of(data, monkeypatch, True)
    assert isinstance(fast, Plan)
    assert not used


def test_a_tree_that_grows_too_large_is_left_to_the_other() -> None:
    """Nothing is written beyond what there is, and nothing comes out."""
    ints = np.array
    plain = growing.Plain(
        roots=ints([0], dtype=np.int32),
        strategies=ints([0], dtype=np.int32),
        lasts=ints([1], dtype=np.int32),
        tests=ints([-1, 0, 1], dtype=np.int32),
        ids=ints([-1, -1, -1], dtype=np.int32),
        defaults=ints([-1, -1, -1], dtype=np.int32),
        firsts=ints([0, 2, 2, 2], dtype=np.int32),
        children=ints([1, 2], dtype=np.int32),
        fields=ints([0, 0], dtype=np.int32),
        registers=ints([0, 0], dtype=np.int32),
        presents=ints([0, 0], dtype=np.int32),
        kinds=ints([0, 0], dtype=np.int32),
        negated=ints([0, 0], dtype=np.int32),
        sets=ints([-1, -1], dtype=np.int32),
        thresholds=ints([1.0, 2.0]),
        words=ints([0, 0], dtype=np.int64),
        levels=ints([], dtype=np.uint64),
        set_starts=ints([], dtype=np.int64),
    )
    grown = growing.grow(plain, 10)
    assert grown is not None
    items, starts = grown
    assert items["register"].tolist() == [0, -1, 0, -1, -1]
    assert items["failed"].tolist() == [2, 0, 4, 0, 0]
    assert items["node"].tolist() == [-1, 1, -1, 2, 0]
    assert starts.tolist() == [0, 5]
    assert growing.grow(plain, 1) is None


def test_leaves_of_a_deep_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """As deep as a document may be; no stack of C's is used up."""
    depth = 1_900
    inner = ""
    for number in range(depth):
        inner = tag("Node", {"score": number}, simple("x", "lessThan", number) + inner)
    data = forest(tag("Node", {"score": -1}, "<True/>" + inner))
    fast, used = plan_of(data, monkeypatch, True)
    slow, _ = plan_of(data, monkeypatch, False)
    assert used
    assert isinstance(fast, Plan)
    assert isinstance(slow, Plan)
    assert columns_of(fast, data) == columns_of(slow, data)

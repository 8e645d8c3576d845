"""The short way of a record gives what the long one gives, or leaves the record to it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from pmml_pipeline.admission import RecordAdmission
from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.compile import Plan
from pmml_pipeline.document import Interval
from pmml_pipeline.engines import shortcut as module
from pmml_pipeline.engines.compiled import CompiledModel
from pmml_pipeline.engines.protocol import RecordRules, RowError, Shortcut
from pmml_pipeline.errors import DataError, DocumentError
from pmml_pipeline.schema import InputField, OutputField

from ..admission.values import fields, values
from ..pmml import data_field, linear, mining_field
from .conftest import Load

PLAIN = ("double", "float", "integer", "boolean", "string")
TEXTS = ("", "red", "blue", "是", "1.0", "green")
Way = Callable[[Any], Any]


def ways(inputs: Sequence[InputField], **rules: Any) -> tuple[Way, Way]:
    """Both ways of a model that gives back what it gets."""
    shortcut, long = shortcut_of(inputs, **rules)
    return shortcut.record, long


def shortcut_of(
    inputs: Sequence[InputField],
    *,
    essential: Sequence[int] = (),
    supplementary: Sequence[str] = (),
    extra_fields: str = "refuse",
) -> tuple[Shortcut, Way]:
    """The short ways and the long one of a model that gives back what it gets."""
    count = len(inputs)
    outputs = [OutputField(f"out {f.name}", f.data_type) for f in inputs]
    plan = Plan(Builder(count).finish(range(count)), TEXTS)
    model = CompiledModel(plan, inputs, outputs)
    rules = RecordRules(
        inputs=tuple(inputs),
        supplementary=tuple(supplementary),
        refuse_extra=extra_fields == "refuse",
        outputs=tuple(outputs),
        essential=frozenset(essential),
    )
    short = model.shortcut(rules)
    assert short is not None
    admission = RecordAdmission(inputs, supplementary, extra_fields)

    def long(record: Any) -> Any:
        found = model.score_record(admission.cells(record))
        for i in essential:
            if found[i] is None or found[i] != found[i] or abs(found[i]) == float("inf"):
                raise RowError("no score")
        return dict(zip((o.name for o in outputs), found, strict=True))

    return short, long


def drawn(data: st.DataObject, others: st.SearchStrategy[Any]) -> tuple[Shortcut, Way, Any]:
    """The ways of some model, and a record of likely values and of others."""
    count = data.draw(st.integers(1, 3))
    inputs = [data.draw(fields(f"f{i}", PLAIN)) for i in range(count)]
    numbers = [i for i, f in enumerate(inputs) if f.kind == "double"]
    try:
        short, long = shortcut_of(
            inputs,
            essential=data.draw(st.lists(st.sampled_from(numbers))) if numbers else (),
            supplementary=("s",),
            extra_fields=data.draw(st.sampled_from(["refuse", "ignore"])),
        )
    except DocumentError:  # a declared value is none of its type
        reject()
    likely = st.sampled_from([*TEXTS, 0.0, -0.0, 0.1, 1, -7, True, False, None, 4.4, 2**53, 100])
    names = st.sampled_from([*(f.name for f in inputs), "s", "x"])
    return short, long, data.draw(st.dictionaries(names, likely | others))


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_the_short_way_gives_what_the_long_one_gives(data: st.DataObject) -> None:
    short, long, record = drawn(data, values)
    found = short.record(record)
    if found is not None:
        assert repr(found) == repr(long(record))


PLAIN_RECORD = {"d": 0.5, "i": 3, "b": True, "s": "red", "f": 4.4, "n": None}
PLAIN_FIELDS = (
    InputField("d", "double", "continuous", True, intervals=(Interval("openClosed", 0.0, 1.0),)),
    InputField("i", "integer", "categorical", True, values=("1", "3")),
    InputField("b", "boolean", "categorical", True),
    InputField("s", "string", "categorical", True, values=("red", "blue")),
    InputField("f", "float", "continuous", False, intervals=(Interval("closedClosed", 0, 4.4),)),
    InputField("n", "double", "continuous", False, missing_values=("-1",)),
)


def test_plain_records_take_the_short_way() -> None:
    short, long = ways(PLAIN_FIELDS, essential=[0], supplementary=("id",))
    for change in ({}, {"d": 1}, {"n": -1}, {"n": -1.0}, {"n": float("nan")}, {"id": object()}):
        record = {**PLAIN_RECORD, **change}
        assert short(record) == long(record) != None  # noqa: E711
    without = {k: v for k, v in PLAIN_RECORD.items() if k != "n"}
    assert short(without) == long(without)
    assert short(without)["out n"] is None


@pytest.mark.parametrize(
    "change",
    [
        *({"d": 0.0}, {"d": 1.5}, {"d": None}, {"d": "0.5"}, {"d": True}, {"d": 2**60}),
        *({"i": 2}, {"i": 3.0}, {"i": "3"}, {"i": True}, {"b": 1}, {"b": "true"}),
        *({"s": "green"}, {"s": "white"}, {"s": 1}, {"s": None}, {"f": 4.5}, {"other": 1}),
        {7: 1},
    ],
)
def test_what_is_not_plain_takes_the_long_way(change: dict[Any, Any]) -> None:
    short, _ = ways(PLAIN_FIELDS)
    assert short({**PLAIN_RECORD, **change}) is None


@pytest.mark.parametrize("record", [None, 1, [], "d", {}, object()])
def test_what_is_no_record_takes_the_long_way(record: Any) -> None:
    short, _ = ways(PLAIN_FIELDS)
    assert short(record) is None


class Hostile:
    """A key that looks like "d" and raises when it is compared."""

    def __hash__(self) -> int:
        return hash("d")

    def __eq__(self, other: object) -> bool:
        raise ValueError("not with me")


def test_an_error_while_looking_is_left_to_the_long_way() -> None:
    short, long = ways(PLAIN_FIELDS)
    record = {Hostile(): 1, **{k: v for k, v in PLAIN_RECORD.items() if k != "d"}}
    assert short(record) is None
    with pytest.raises(ValueError, match="not with me"):
        long(record)


class Switching(str):
    """A key that lets other threads run when it is compared."""

    __slots__ = ()
    pause = threading.Event()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        self.pause.wait(0.0005)
        return str.__eq__(self, other)


def test_no_value_of_another_thread_gets_in() -> None:
    inputs = [InputField(f"f{i}", "double", "continuous", True) for i in range(4)]
    short, _ = ways(inputs)
    wrong: list[Any] = []

    def work(number: float) -> None:
        record = {Switching(f.name): number + i for i, f in enumerate(inputs)}
        for _ in range(50):
            found = short(record)
            if found != {f"out f{i}": number + i for i in range(4)}:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(10.0 * t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_nothing_is_kept_or_lost() -> None:
    """References: neither do results pile up nor are shared objects freed."""
    import sys

    short, _ = ways(PLAIN_FIELDS)
    text = PLAIN_RECORD["s"]
    for _ in range(100):
        short(PLAIN_RECORD)
    gc.collect()
    before, count = sys.getrefcount(text), len(gc.get_objects())
    for _ in range(1000):
        short(PLAIN_RECORD)
        short({**PLAIN_RECORD, "d": 7.0})
    gc.collect()
    assert abs(sys.getrefcount(text) - before) <= 2
    assert abs(len(gc.get_objects()) - count) < 50


def test_the_rules_outlive_the_model() -> None:
    short, _ = ways(PLAIN_FIELDS)
    gc.collect()
    assert short(PLAIN_RECORD)["out s"] == "red"


def test_where_objects_look_otherwise_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "_is_gil_enabled", lambda: False, raising=False)
    with pytest.raises(AssertionError):
        ways(PLAIN_FIELDS)


@pytest.mark.parametrize("engine", ["compiled"])
def test_a_scorer_takes_it(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = load(linear(data_field("x"), mining_field("x"), {"x": 2.0}))
    monkeypatch.setattr(scorer, "_records", None)
    assert scorer.score({"x": 1.5}) == {"y": 3.0}


@pytest.mark.parametrize("engine", ["compiled"])
def test_no_score_is_an_error_on_both_ways(load: Load) -> None:
    scorer = load(linear(data_field("x"), mining_field("x"), {"x": 1e308}))
    with pytest.raises(DataError, match="no finite y"):
        scorer.score({"x": 1e308})

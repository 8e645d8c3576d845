"""Records: cells in the order of the inputs, or everything that is wrong at once."""

from __future__ import annotations

import pickle
import time
from types import MappingProxyType
from typing import Any

import pytest

from pmml_pipeline.admission import RecordAdmission
from pmml_pipeline.document import Interval
from pmml_pipeline.errors import DataError, FieldError
from pmml_pipeline.schema import InputField

INPUTS = (
    InputField("Age", "integer", "continuous", True, intervals=(Interval("closedClosed", 0, 120),)),
    InputField("Home", "string", "categorical", False, values=("own", "rent")),
    InputField("Income", "double", "continuous", False),
)


def errors(record: Any, **options: Any) -> list[FieldError]:
    """What is wrong with the record."""
    with pytest.raises(DataError) as caught:
        RecordAdmission(INPUTS, **options).cells(record)
    return list(caught.value.fields)


def test_cells_come_in_the_order_of_the_inputs() -> None:
    admission = RecordAdmission(INPUTS)
    assert admission.cells({"Income": "1.5", "Home": "own", "Age": 30.0}) == [30, "own", 1.5]
    age, home, income = admission.cells({"Age": 30})
    assert (age, home) == (30, None)
    assert income != income
    assert admission.cells(MappingProxyType({"Age": 30, "Home": None, "Income": 2}))[2] == 2.0


def test_everything_that_is_wrong_is_said_at_once_in_order() -> None:
    found = errors({"Income": "much", "Home": "tent", "Agee": 3})
    assert found == [
        FieldError("Age", "missing", None, "a whole number in [0, 120]"),
        FieldError("Home", "unseen_level", "tent", "one of own, rent"),
        FieldError("Income", "wrong_type", "much", "a number"),
        FieldError("Agee", "unknown_field", None, "did you mean 'Age'?"),
    ]


@pytest.mark.parametrize("value", ["2012-02-13T08:18:05Z", "2012-02-13T08:18:05+02:00"])
def test_a_time_zone_is_named_as_the_fault(value: str) -> None:
    when = InputField("When", "dateTime", "continuous", True)
    with pytest.raises(DataError, match="PMML has no time zones: convert it"):
        RecordAdmission((when,)).cells({"When": value})


def test_the_index_of_a_pandas_frame_is_named_as_such() -> None:
    record = {"Age": 30, "__index_level_0__": 7}
    assert [e.expected for e in errors(record)] == [
        "the index of a pandas frame: pa.Table.from_pandas(frame, preserve_index=False)"
    ]


def test_the_text_of_an_error_is_for_a_person() -> None:
    with pytest.raises(DataError) as caught:
        RecordAdmission(INPUTS).cells({"Age": 130, "Home": "tent", "Zzz": 1})
    assert str(caught.value) == (
        "数据错误 (data error): Age: out of range 130 (a whole number in [0, 120]); "
        "Home: unseen level 'tent' (one of own, rent); "
        "Zzz: unknown field (the model has no input of this name); "
        "send a record that the inputs of the model admit."
    )
    assert caught.value.code == "data_error"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.fields, str(again)) == (caught.value.fields, str(caught.value))


def test_fields_that_are_no_inputs() -> None:
    good = {"Age": 30, "id": 7}
    assert errors(good)[0].code == "unknown_field"
    assert RecordAdmission(INPUTS, extra_fields="ignore").cells(good)[0] == 30
    assert RecordAdmission(INPUTS, supplementary=("id",)).cells(good)[0] == 30
    assert errors({"Age": 30, 5: 1, None: 2})[0].field == "5"
    both = errors({"Age": -1, "id": 7})
    assert [e.code for e in both] == ["out_of_range", "unknown_field"]
    assert [e.code for e in errors({"Age": -1, "id": 7}, extra_fields="ignore")] == ["out_of_range"]


def test_the_name_of_an_input_is_taken_as_it_is() -> None:
    assert [e.field for e in errors({"age": 3, " Age": 3})] == ["Age", "age", " Age"]


@pytest.mark.parametrize(
    "record",
    [
        {f"feature {i}": i for i in range(100_000)},
        {"x" * 5_000_000: 1},
        {"Age" * 1_000_000: 1},
        {"Age": 10**5_000},
        {"Home": "x" * 10_000_000},
        {"Age": list(range(1_000_000))},
    ],
    ids=["many fields", "long name", "long similar name", "huge number", "long text", "long list"],
)
def test_a_hostile_record_costs_little_and_its_error_is_short(record: dict[str, Any]) -> None:
    admission = RecordAdmission([*INPUTS, *(_field(i) for i in range(50))])
    started = time.process_time()
    with pytest.raises(DataError) as caught:
        admission.cells(record)
    assert time.process_time() - started < 2
    assert len(str(caught.value)) < 5_000


def _field(i: int) -> InputField:
    return InputField(f"feature number {i}", "double", "continuous", False)


def test_no_inputs_at_all() -> None:
    assert RecordAdmission([]).cells({}) == []
    with pytest.raises(DataError, match="unknown field"):
        RecordAdmission([]).cells({"a": 1})


class _Convertible:
    def to_dict(self) -> dict[str, int]:
        return {"Age": 1}


@pytest.mark.parametrize("record", [None, [], "x", 5, [("Age", 1)], _Convertible()])
def test_what_is_no_mapping_is_said_to_be_none(record: Any) -> None:
    with pytest.raises(TypeError, match="a record is a mapping from field name") as caught:
        RecordAdmission(INPUTS).cells(record)
    assert ("to_dict()" in str(caught.value)) == isinstance(record, _Convertible)


def test_any_mapping_is_a_record() -> None:
    admission = RecordAdmission([_field(0)])
    assert admission.cells(MappingProxyType({"feature number 0": 2})) == [2.0]

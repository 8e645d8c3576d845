"""Functions of texts over many rows: as for one record, within limits, and fast."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import pmml_pipeline as pp
from pmml_pipeline.compiler import limits
from pmml_pipeline.compiler.run import TextTable, _distinct
from pmml_pipeline.errors import DataError

from ..pmml import data_field, mining_field, pmml, tag
from .test_functions import S, Z, apply, constant, document, value

BANG = constant("!", "string")
NUMBERS = st.one_of(
    st.integers(0, 12).map(float),
    st.sampled_from([float("nan"), -0.0, 0.0, 0.5, -1.0, 1e300, 2.0**40, float("inf")]),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_distinct_rows_are_those_that_sorting_finds(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 30))
    numbers = data.draw(st.sampled_from([NUMBERS, st.integers(0, 12).map(float)]))
    columns = [
        np.array(data.draw(st.lists(numbers, min_size=rows, max_size=rows)))
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    bits = np.stack([c.view(np.int64) for c in columns])
    _, places = np.unique(bits, axis=1, return_inverse=True)
    distinct, inverse = _distinct(columns, rows)
    assert len(distinct) == len(set(places.tolist())) == len(set(inverse.tolist()))
    found = np.array(distinct)[inverse].T
    assert np.array_equal(np.ascontiguousarray(found).view(np.int64), bits)


def test_the_text_of_a_zero_does_not_depend_on_other_rows(tmp_path: Path) -> None:
    path = tmp_path / "document.pmml"
    path.write_bytes(document(apply("concat", Z, BANG), "string"))
    scorer = pp.load(path, "compiled")
    jpmml = pp.load(path, "jpmml")
    for z in ([0.0, -0.0], [-0.0, 0.0], [-0.0], [0.0]):
        columns, _ = scorer.score_columns({"z": z}, len(z))
        names = [output.name for output in scorer.outputs]
        assert columns[names.index("t")].tolist() == ["0.0!"] * len(z)
        assert {scorer.score({"z": one})["t"] for one in z} == {"0.0!"}
        assert jpmml.score({"z": 0.0})["t"] == "0.0!"


def one_float(expression: str, data_type: str = "string") -> bytes:
    output = tag(
        "OutputField",
        {"name": "t", "feature": "transformedValue", "dataType": data_type, "optype": "ordinal"},
        expression,
    )
    schema = mining_field("y", usageType="target") + mining_field("f") + mining_field("s")
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, schema)
        + tag("Output", {}, output)
        + tag("RegressionTable", {"intercept": 1}),
    )
    functions = "".join(
        tag(
            "DefineFunction",
            {"name": f"to_{kind}", "optype": "continuous", "dataType": kind},
            tag("ParameterField", {"name": "p"}) + tag("FieldRef", {"field": "p"}),
        )
        for kind in ("double", "float")
    )
    fields = data_field("y") + data_field("f", "float") + data_field("s", "string", "categorical")
    return pmml(fields, model, before=tag("TransformationDictionary", {}, functions))


F = tag("FieldRef", {"field": "f"})


@pytest.mark.parametrize("engine", ["compiled", "jpmml"])
@pytest.mark.parametrize(
    ("f", "written"),
    [(0.1, "0.1!"), (16777216.0, "1.6777216E7!"), (1e-5, "1.0E-5!"), (2.5, "2.5!")],
)
def test_a_float_as_text(engine: str, f: float, written: str, tmp_path: Path) -> None:
    assert value(one_float(apply("concat", F, BANG)), tmp_path, engine, f=f, s="") == written


@pytest.mark.parametrize("engine", ["compiled", "jpmml"])
def test_a_text_as_number(engine: str, tmp_path: Path) -> None:
    data = one_float(apply("to_double", S), "double")
    found = [value(data, tmp_path, engine, f=1.0, s=s) for s in ("12", "true", "FALSE", " 1.5")]
    assert found == [12.0, 1.0, 0.0, 1.5]
    for wrong in ("١٢", "１２", "yes"):
        with pytest.raises(DataError):
            value(data, tmp_path, engine, f=1.0, s=wrong)


def doubling(times: int) -> tuple[str, str]:
    """Derived fields, each the one before twice, and a reference to the last."""
    fields, before = "", "s"
    for n in range(times):
        inner = apply("concat", *[tag("FieldRef", {"field": before})] * 2)
        before = f"c{n}"
        fields += tag(
            "DerivedField", {"name": before, "optype": "categorical", "dataType": "string"}, inner
        )
    last = apply("stringLength", tag("FieldRef", {"field": before}))
    return tag("TransformationDictionary", {}, fields), last


def test_texts_do_not_grow_without_end(tmp_path: Path) -> None:
    before, last = doubling(40)
    path = tmp_path / "document.pmml"
    path.write_bytes(document(last, "integer", before=before))
    scorer = pp.load(path, "compiled")
    with pytest.raises(DataError, match=r"a text of 33,554,432 characters, more than 16,777,216"):
        scorer.score({"s": "a"})
    _, errors = scorer.score_columns({"s": ["a", None]}, 2)
    assert list(errors) == [0]
    before, last = doubling(10)
    assert value(document(last, "integer", before=before), tmp_path, s="a") == 1024


def test_all_texts_of_a_call_have_a_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(limits, "ALTOGETHER", 10)
    path = tmp_path / "document.pmml"
    path.write_bytes(document(apply("concat", Z, BANG), "string"))
    scorer = pp.load(path, "compiled")
    _, errors = scorer.score_columns({"z": [1.0, 2.0, 2.0, 3.0]}, 4)
    assert list(errors) == [3]
    assert "more than 10 characters in one call" in str(errors[3])
    table = TextTable(["known"], {"known": 0.0})
    assert [table.made("known"), table.code("x" * 100), table.made("x" * 100)] == [0.0, 1.0, 1.0]


def count_of_a(attributes: dict[str, object]) -> str:
    return tag("TextIndex", {"textField": "s", **attributes}, constant("a", "string"))


SCORES = """
import sys, pmml_pipeline as pp
scorer = pp.load(sys.argv[1], "compiled")
scorer.score({"s": "a bé"})
print("regex" in sys.modules)
"""


@pytest.mark.parametrize(
    ("expression", "imported"),
    [
        (apply("concat", S, BANG), "False"),
        (apply("replace", S, constant(r"\s+", "string"), BANG), "False"),
        (apply("concat", count_of_a({"wordSeparatorCharacterRE": r"\s+"}), BANG), "False"),
        (apply("concat", count_of_a({"x-wordRE": r"\b\w\w+\b"}), BANG), "False"),
        (apply("replace", S, constant("(b+)+", "string"), BANG), "True"),
    ],
)
def test_only_a_document_whose_patterns_need_a_limit_imports_regex(
    expression: str, imported: str, tmp_path: Path
) -> None:
    path = tmp_path / "document.pmml"
    path.write_bytes(document(expression, "string"))
    done = subprocess.run(
        [sys.executable, "-c", SCORES, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == imported


@pytest.mark.parametrize("function", ["uppercase", "stringLength"])
def test_functions_of_texts_over_no_rows(tmp_path: Path, function: str) -> None:
    data_type = "string" if function == "uppercase" else "integer"
    path = tmp_path / "document.pmml"
    path.write_bytes(document(apply(function, S), data_type))
    columns, errors = pp.load(path, "compiled").score_columns({n: [] for n in "xznsd"}, 0)
    assert [len(column) for column in columns] == [0] * len(columns)
    assert errors == {}

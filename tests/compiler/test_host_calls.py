"""A function of a text from a closed set is a table; of any text, a call. Both say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import DataError

from ..pmml import data_field, mining_field, pmml, tag
from .test_functions import apply, constant

TEXTS = ("", " a ", "A", "äß", "12", "1.5", "是的", "abcdef", "x_1")
S = tag("FieldRef", {"field": "s"})


def cast(expression: str, data_type: str) -> str:
    """By a function of the document, whose type is declared."""
    return apply(f"to_{data_type}", expression)


CASTS = "".join(
    tag(
        "DefineFunction",
        {"name": f"to_{data_type}", "optype": "continuous", "dataType": data_type},
        tag("ParameterField", {"name": "p"}) + tag("FieldRef", {"field": "p"}),
    )
    for data_type in ("double", "integer", "string")
)


def document(expression: str, data_type: str, **schema: object) -> bytes:
    """t is the expression of s, whose declared values are the texts."""
    output = tag(
        "OutputField",
        {"name": "t", "feature": "transformedValue", "dataType": data_type, "optype": "ordinal"},
        expression,
    )
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + mining_field("s", **schema))
        + tag("Output", {}, output)
        + tag("RegressionTable", {"intercept": 1}),
    )
    fields = data_field("y") + data_field("s", "string", "categorical", TEXTS)
    return pmml(fields, model, before=tag("TransformationDictionary", {}, CASTS))


def load(folder: Path, data: bytes) -> pp.Scorer:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return pp.load(path, "compiled", threads=1)


def stages(scorer: pp.Scorer) -> int:
    return len(scorer._engine.plan.stages)  # type: ignore[attr-defined]


def answers(scorer: pp.Scorer, *more: Any) -> list[Any]:
    """For every text and a missing one: the result, or the error. One by one and all at once."""
    found: list[Any] = []
    given = [*TEXTS, None, *more]
    for text in given:
        try:
            found.append(scorer.score({"s": text})["t"])
        except DataError as error:
            found.append(str(error))
    columns, errors = scorer.score_columns({"s": given}, len(given))
    names = [o.name for o in scorer.outputs]
    values = columns[names.index("t")].tolist()
    together = [str(errors[i]) if i in errors else v for i, v in enumerate(values)]
    assert repr([None if v != v else v for v in together]) == repr(found)
    return found


CASES = [
    (apply("uppercase", S), "string"),
    (apply("lowercase", apply("trimBlanks", S)), "string"),
    (apply("stringLength", S), "integer"),
    (apply("substring", S, constant(1, "integer"), constant(2, "integer")), "string"),
    (apply("concat", constant("(", "string"), S, constant(")", "string")), "string"),
    (apply("concat", S, S), "string"),
    (apply("replace", S, constant("[a-c]+", "string"), constant("($0)", "string")), "string"),
    (apply("matches", S, constant("^[0-9.]+$", "string")), "boolean"),
    (apply("equal", apply("uppercase", S), constant("A", "string")), "boolean"),
    (apply("uppercase", S, mapMissingTo="none"), "string"),
    (apply("stringLength", apply("uppercase", S), defaultValue="-1"), "integer"),
]


@pytest.mark.parametrize(("expression", "data_type"), CASES)
def test_a_table_says_what_the_function_says(
    tmp_path: Path, expression: str, data_type: str
) -> None:
    closed = load(tmp_path, document(expression, data_type))
    called = load(tmp_path, document(expression, data_type, invalidValueTreatment="asIs"))
    assert stages(closed) == 1 < stages(called)
    assert answers(closed) == answers(called)
    assert "s: unseen level 'new'" in answers(closed, "new")[-1]


@pytest.mark.parametrize("treatment", ["asMissing", "asValue"])
def test_what_replaces_an_invalid_text_is_in_the_table(tmp_path: Path, treatment: str) -> None:
    schema = {"invalidValueTreatment": treatment, "missingValueReplacement": "Gone"}
    if treatment == "asValue":
        schema["invalidValueReplacement"] = "Wrong"
    scorer = load(tmp_path, document(apply("uppercase", S), "string", **schema))
    *known, missing, new = answers(scorer, "new")
    assert known == [text.upper() for text in TEXTS]
    assert (missing, new) == ("GONE", "WRONG" if treatment == "asValue" else "GONE")


@pytest.mark.parametrize("data_type", ["double", "integer"])
def test_what_a_function_cannot_do_is_the_error_of_its_rows(tmp_path: Path, data_type: str) -> None:
    data = document(cast(S, data_type), data_type)
    scorer = load(tmp_path, data)
    assert stages(scorer) == 2
    found = answers(scorer)
    assert found[TEXTS.index("12")] == 12
    assert "'äß' is no number" in found[TEXTS.index("äß")]


def test_a_forgiving_function_has_a_table_with_what_is_missing(tmp_path: Path) -> None:
    start = constant(0, "integer")  # there is no such place
    expression = apply(
        *("substring", S, start, constant(2, "integer")), invalidValueTreatment="asMissing"
    )
    scorer = load(tmp_path, document(expression, "string"))
    assert stages(scorer) == 1
    assert answers(scorer) == [None] * (len(TEXTS) + 1)


@pytest.mark.parametrize(("place", "expected"), [("1", "ab"), ("2", "bc"), ("x", None)])
def test_a_place_that_is_a_text_is_read_as_a_number(
    tmp_path: Path, place: str, expected: str | None
) -> None:
    """As both Java engines do."""
    expression = apply("substring", S, constant(place, "string"), constant(2, "integer"))
    scorer = load(tmp_path, document(expression, "string"))
    if expected is None:
        with pytest.raises(DataError, match="'x' is no number"):
            scorer.score({"s": "abcdef"})
    else:
        assert scorer.score({"s": "abcdef"})["t"] == expected


def test_a_record_of_such_texts_takes_the_short_way(tmp_path: Path) -> None:
    scorer = load(tmp_path, document(apply("lowercase", S), "string"))
    assert scorer._shortcut is not None
    assert scorer._shortcut({"s": "A"}) == {"y": 1.0, "t": "a"}

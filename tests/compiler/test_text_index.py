"""``TextIndex``: how often terms are in texts, against JPMML-Evaluator and by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pmml_pipeline as pp
from pmml_pipeline.compiler.patterns import python_pattern
from pmml_pipeline.compiler.terms import TermIndex, levenshtein
from pmml_pipeline.engines import compiled, compiled_file
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from ..pmml import data_field, mining_field, pmml, tag


def constant(text: str) -> str:
    return tag("Constant", {"dataType": "string"}, text)


def text_index(term: str, attributes: Mapping[str, object], inner: str = "") -> str:
    return tag("TextIndex", {"textField": "t", **attributes}, inner + constant(term))


def document(*expressions: str) -> bytes:
    """The sum of some expressions, the first times 1, the second times 100, and so on."""
    fields = "".join(
        tag("DerivedField", {"name": f"d{i}", "optype": "continuous", "dataType": "double"}, e)
        for i, e in enumerate(expressions)
    )
    predictors = "".join(
        tag("NumericPredictor", {"name": f"d{i}", "coefficient": 100**i})
        for i in range(len(expressions))
    )
    model = tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, mining_field("y", usageType="target") + mining_field("t"))
        + tag("LocalTransformations", {}, fields)
        + tag("RegressionTable", {"intercept": 0}, predictors),
    )
    return pmml(data_field("y") + data_field("t", "string", "categorical"), model)


def load(data: bytes, folder: Path, engine: str = "compiled") -> pp.Scorer:
    path = folder / "document.pmml"
    path.write_bytes(data)
    return pp.load(path, engine=engine)


def counted(
    texts: Sequence[str], term: str, attributes: Mapping[str, object], folder: Path, inner: str = ""
) -> list[Any]:
    """The weights of a term in some texts, which are JPMML's too."""
    data = document(text_index(term, attributes, inner))
    ours, theirs = (
        [scorer.score({"t": t})["y"] for t in texts]
        for scorer in (load(data, folder), load(data, folder, "jpmml"))
    )
    assert ours == pytest.approx(theirs, rel=0, abs=1e-15)
    return ours


def table(rows: Sequence[tuple[str, ...]], **attributes: object) -> str:
    names = ("string", "stem", "regex")
    inner = "".join(
        tag("row", {}, "".join(tag(n, {}, v) for n, v in zip(names, row, strict=False)))
        for row in rows
    )
    return tag("TextIndexNormalization", attributes, tag("InlineTable", {}, inner))


SENTENCE = "A a, (a) «a» _a a's 'a' $a$ +a b"


@pytest.mark.parametrize(
    ("term", "attributes", "texts", "expected"),
    [
        ("a", {}, [SENTENCE, "", "b", " a\ta\n"], [6, 0, 0, 2]),
        ("A", {"isCaseSensitive": "true"}, [SENTENCE], [1]),
        ("a b", {}, ["a b A, b", "ab", "a b b a b"], [2, 0, 2]),
        ("a a", {}, ["a a a a"], [3]),
        ("(a)", {}, ["a", "(a)"], [1, 1]),
        ("", {}, ["a", ""], [0, 0]),
        ("ab", {"wordSeparatorCharacterRE": r"[\s\-]"}, ["ab-AB ab--ab", "-ab"], [4, 1]),
        ("ab", {"wordSeparatorCharacterRE": ","}, ["ab,cd", "x ab", " ab ,ab"], [1, 0, 1]),
        ("ab", {"x-wordRE": r"(?u)\b\w\w+\b"}, ["ab,cd", "ab's", "xab"], [1, 1, 0]),
        ("ab cd", {"x-wordRE": r"\b\w\w+\b"}, ["ab x cd", "ab cdx"], [1, 0]),
        ("x", {"x-wordRE": r"\w+", "wordSeparatorCharacterRE": "-"}, ["x y"], [1]),
        ("a", {"localTermWeights": "binary"}, ["a b a", "b"], [1, 0]),
        ("a", {"localTermWeights": "logarithmic"}, ["a b a", "b"], [math.log10(3), 0]),
    ],
)
def test_terms(
    term: str,
    attributes: dict[str, object],
    texts: list[str],
    expected: list[float],
    tmp_path: Path,
) -> None:
    assert counted(texts, term, attributes, tmp_path) == pytest.approx(expected)


FOX = ["brown fox", "brwn fox", "brwn fx", "brown fox brwn fox brwn fx", "xx brownn foxx"]


@pytest.mark.parametrize(
    ("distance", "hits", "expected"),
    [
        (1, "allHits", [1, 1, 0, 2, 0]),
        (2, "allHits", [1, 1, 1, 3, 1]),
        (2, "bestHits", [1, 1, 1, 1, 1]),
        (0, "bestHits", [1, 0, 0, 1, 0]),
    ],
)
def test_similar_terms(distance: int, hits: str, expected: list[int], tmp_path: Path) -> None:
    attributes = {"maxLevenshteinDistance": distance, "countHits": hits}
    assert counted(FOX, "brown fox", attributes, tmp_path) == expected


@pytest.mark.parametrize(
    ("one", "two", "limit", "expected"),
    [("kitten", "sitting", 9, 3), ("", "abc", 3, 3), ("a", "a", 0, 0), ("abc", "xyz", 1, 2)],
)
def test_distances(one: str, two: str, limit: int, expected: int) -> None:
    assert levenshtein(one, two, limit) == levenshtein(two, one, limit) == expected


def test_the_augmented_frequency(tmp_path: Path) -> None:
    # "0.5 * (binary + frequency / the highest frequency)"; JPMML does not do it.
    attributes = {"localTermWeights": "augmentedNormalizedTermFrequency"}
    scorer = load(document(text_index("a", attributes)), tmp_path)
    found = [scorer.score({"t": t})["y"] for t in ("a b a", "b b b A", "b", "")]
    assert found == pytest.approx([1.0, 0.5 * (1 + 1 / 3), 0.0, 0.0])


INTERFACE = [
    table(
        [
            ("interfaces?", "interface", "true"),
            ("is|are|seem(ed|s?)|were", "be", "true"),
            ("user friendl(y|iness)", "user_friendly", "true"),
        ]
    ),
    table([("interface be (user_friendly|well designed|excellent)", "ui good", "true")]),
]


@pytest.mark.parametrize(
    ("term", "attributes", "inner", "texts", "expected"),
    [
        (
            "ui good",
            {},
            "".join(INTERFACE),
            ["Interfaces are excellent", "the interface is user friendly", "good ui"],
            [1, 1, 0],
        ),
        ("the", {}, table([("is", "the")]), ["this is", "IS"], [1, 1]),
        ("the", {"isCaseSensitive": "true"}, table([("is", "the", "true")]), ["is IS"], [1]),
        ("the", {}, table([("is", "the")], isCaseSensitive="true"), ["IS", "is"], [0, 1]),
        ("zz", {}, table([("a.b", "zz")]), ["a.b", "acb"], [1, 0]),
        ("zz", {}, table([("a.b", "zz", "true")]), ["a.b", "acb"], [1, 1]),
        ("b c", {}, table([("x(a)(b)x", "$2 c", "true")]), ["xabx"], [1]),
        # A table is applied as a whole, again and again, until nothing changes.
        ("x", {}, table([("aa", "a", "true"), ("a", "x", "true")]), ["aa", "aaaa"], [1, 0]),
        ("a", {}, table([("aa", "a", "true")]), ["aaaa"], [0]),
        ("a", {}, table([("aa", "a", "true")], recursive="true"), ["aaaa"], [1]),
        (
            "x",
            {},
            table([(r"(^|\s+)\p{Punct}*(the|a)\p{Punct}*(\s+|$)", " ", "true")], recursive="true"),
            ["the x", "x the the a x", "THE, x"],
            [1, 2, 1],
        ),
    ],
)
def test_normalizations(
    term: str,
    attributes: dict[str, object],
    inner: str,
    texts: list[str],
    expected: list[int],
    tmp_path: Path,
) -> None:
    assert counted(texts, term, attributes, tmp_path, inner) == expected


def test_words_are_those_of_python(tmp_path: Path) -> None:
    # In Java \w has no letters with accents; scikit-learn, whose pattern this is, runs in Python.
    scorer = load(document(text_index("éa", {"x-wordRE": r"(?u)\b\w\w+\b"})), tmp_path)
    assert scorer.score({"t": "éa ÉA x"})["y"] == 2


def test_a_replacement_that_is_no_pattern_is_taken_as_it_is(tmp_path: Path) -> None:
    inner = table([("y", r"\1 $1 the", "false")])
    scorer = load(document(text_index("the", {}, inner)), tmp_path)
    assert scorer.score({"t": "y"})["y"] == 1


@pytest.mark.parametrize("row", [("a", "b a", "true"), ("a", "aa", "true"), ("a|b", "ab", "true")])
def test_a_replacement_without_end_is_an_error_of_the_record(
    row: tuple[str, ...], tmp_path: Path
) -> None:
    scorer = load(document(text_index("a", {}, table([row], recursive="true"))), tmp_path)
    with pytest.raises(DataError, match="TextIndexNormalization"):
        scorer.score({"t": "a"})
    assert scorer.score({"t": "x"})["y"] == 0
    out = scorer.score_frame(pd.DataFrame({"t": ["x", "a", "x"]}))
    assert out["errors"].isna().tolist() == [True, False, True]


def test_a_missing_text_has_no_terms(tmp_path: Path) -> None:
    scorer = load(document(text_index("a", {})), tmp_path)
    with pytest.raises(DataError):
        scorer.score({"t": None})


def test_a_text_is_read_once_for_all_its_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expressions = [text_index(term, {}) for term in ("a", "b", "a b", "B", "c")]
    scorer = load(document(*expressions), tmp_path)
    read: list[str] = []
    count = TermIndex.count

    def counting(self: TermIndex, text: str) -> Any:
        read.append(text)
        return count(self, text)

    monkeypatch.setattr(TermIndex, "count", counting)
    assert scorer.score({"t": "a b b"})["y"] == 1 + 2e2 + 1e4 + 2e6
    assert read == ["a b b"]
    out = scorer.score_frame(pd.DataFrame({"t": ["a", "c", "a", "a", "c"]}))
    assert out["y"].tolist() == [1, 1e8, 1, 1, 1e8]
    assert sorted(read[1:]) == ["a", "c"]


def test_many_rows_are_done_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_AT_ONCE", 3)
    inner = table([("z", "zz", "true")], recursive="true")
    scorer = load(document(text_index("a", {}, inner), text_index("b", {})), tmp_path)
    texts = ["a", "b", "", "a a", "z", "a b", "b b"]
    out = scorer.score_frame(pd.DataFrame({"t": texts}))
    assert out["y"].drop(4).tolist() == [1, 100, 0, 2, 101, 200]
    assert out["errors"].notna().tolist() == [t == "z" for t in texts]


FUNCTION = tag(
    "DefineFunction",
    {"name": "tf", "optype": "continuous", "dataType": "integer"},
    tag("ParameterField", {"name": "document"})
    + tag("ParameterField", {"name": "term"})
    + tag("TextIndex", {"textField": "document"}, tag("FieldRef", {"field": "term"})),
)


@pytest.mark.parametrize("argument", [constant("a"), tag("FieldRef", {"field": "t"})])
def test_a_function_of_text_and_term(argument: str, tmp_path: Path) -> None:
    call = tag("Apply", {"function": "tf"}, tag("FieldRef", {"field": "t"}) + argument)
    data = document(call).replace(
        b"<RegressionModel",
        tag("TransformationDictionary", {}, FUNCTION).encode() + b"<RegressionModel",
    )
    if "FieldRef" in argument:
        with pytest.raises(UnsupportedDocumentError, match="no constant"):
            load(data, tmp_path)
    else:
        assert load(data, tmp_path).score({"t": "a b a"})["y"] == 2


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (text_index("a", {"tokenize": "false"}), "tokenize"),
        (text_index("a", {"localTermWeights": "other"}), "localTermWeights"),
        (text_index("a", {"maxLevenshteinDistance": -1}), "less than 0"),
        (text_index("a", {"wordSeparatorCharacterRE": "("}), "the pattern"),
        (text_index("a", {"x-wordRE": "[a-z&&[^b]]"}), "the pattern"),
        (text_index("a", {}, table([("b", "c")], maxLevenshteinDistance=1)), "maxLevenshtein"),
        (text_index("a", {"maxLevenshteinDistance": 1}, table([("b", "c")])), "maxLevenshtein"),
        (text_index("a", {}, table([("b", "$1", "true")])), "no group 1"),
        (text_index("a", {}, table([("", "x")])), "no string"),
        (text_index("a", {}, tag("TextIndexNormalization", {})), "no InlineTable"),
        (
            text_index("a b", {"localTermWeights": "augmentedNormalizedTermFrequency"}),
            "several words",
        ),
        (tag("Lag", {"field": "t"}), "every record is scored on its own"),
        (
            tag(
                "Lag",
                {"field": "t", "n": 12, "aggregate": "avg"},
                tag("BlockIndicator", {"field": "t"}),
            ),
            "every record is scored on its own",
        ),
        (
            tag("Aggregate", {"field": "t", "function": "count", "groupField": "t"}),
            "every record is scored on its own",
        ),
    ],
)
def test_refusals_name_what_it_is(expression: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDocumentError, match=said) as refused:
        load(document(expression), tmp_path)
    assert "(line " in str(refused.value)


@pytest.mark.parametrize(
    ("java", "text", "found"),
    [
        (r"\p{Punct}+", "a.,$b", [".,$"]),
        (r"[\p{Alpha}_]+", "a_1é", ["a_"]),
        (r"\\p\{Alpha}", r"\p{Alpha}", [r"\p{Alpha}"]),
        (r"[\]\p{Digit}]+", "]1a", ["]1"]),
        (r"\p{XDigit}{2}", "0g ff", ["ff"]),
    ],
)
def test_classes_of_java_are_written_out(java: str, text: str, found: list[str]) -> None:
    assert re.findall(python_pattern(java), text) == found


def test_classes_that_python_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="not supported"):
        python_pattern(r"\p{Lu}")


def test_patterns_come_back_from_a_file(tmp_path: Path) -> None:
    normalization = table([("X+", "b", "true"), ("$", "c", "false")])
    index = text_index("b", {"x-wordRE": r"\w+"}, normalization)
    path = tmp_path / "document.pmml"
    path.write_bytes(document(index, text_index("c", {}, normalization)))
    opened = compiled.open_document(path)
    assert isinstance(opened.engine, compiled.CompiledModel)
    data = compiled_file.to_bytes("key", opened.schema, opened.engine.plan)
    schema, plan = compiled_file.from_bytes(data, "key")
    again = compiled.CompiledModel(plan, schema.inputs, schema.outputs)
    # b twice, as a word of its own; c once, times 100
    assert again.score_record(["xx X $"]) == [102.0]

"""What is refused of a document as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import pmml_pipeline as pp
from pmml_pipeline.errors import UnsupportedDocumentError
from pmml_pipeline.kernels import reading

from ..pmml import classifier, data_field, linear, mining_field, simple, tag

FIELDS = data_field("x") + data_field("s", "string", "categorical", ["a", "b"])
SCHEMA = mining_field("x") + mining_field("s")
TABLE = tag(
    "OutputField",
    {"name": "t", "feature": "transformedValue", "dataType": "double", "optype": "continuous"},
    tag(
        "MapValues",
        {"outputColumn": "v", "dataType": "double"},
        tag("FieldColumnPair", {"field": "s", "column": "k"})
        + tag("InlineTable", {}, "<row><k>a</k><v>1</v></row>\n<row><k>b</k><v>2</v></row>"),
    ),
)
LINEAR = linear(FIELDS, SCHEMA, {"x": 2.0}, output=TABLE).decode()
TREE = classifier(
    "ab",
    data_field("x"),
    mining_field("x"),
    (simple("x", "lessThan", 0), "a", {"a": 2, "b": 1}),
    (simple("x", "greaterOrEqual", 0), "b", {"a": 1, "b": 2}),
).decode()


@pytest.mark.parametrize("python", [False, True])
@pytest.mark.parametrize(
    ("document", "element"),
    [
        (LINEAR, '<NumericPredictor name="x" coefficient="2.0"/>'),
        (LINEAR, "<row><k>b</k><v>2</v></row>"),
        (LINEAR, '<Value value="b" property="valid"/>'),
        (TREE, '<ScoreDistribution value="b" recordCount="2"/>'),
        (TREE, TREE[TREE.index('<Node score="b"') : TREE.index("</Node></TreeModel>")]),
    ],
)
def test_elements_of_another_namespace(
    document: str, element: str, python: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is and once more beside it, under a prefix; JPMML-Evaluator does not take it either."""
    assert element in document
    name = element[1:].split(" ")[0].split(">")[0]
    other = "<q:" + element[1:].replace(f"</{name}>", f"</q:{name}>")
    other = other.replace(f"<q:{name}", f'<q:{name} xmlns:q="urn:x"')
    path = tmp_path / "document.pmml"
    path.write_text(document.replace(element, element + "\n" + other))
    if python:
        monkeypatch.setattr(reading, "library", lambda: None)
    said = rf"urn:x {name} \(line [23]\) is of another namespace"
    with pytest.raises(UnsupportedDocumentError, match=said):
        pp.load(path, "compiled")
    if not python:
        with pytest.raises(UnsupportedDocumentError):
            pp.load(path, "jpmml")


@pytest.mark.parametrize("engine", ["compiled", "jpmml"])
def test_where_any_namespace_may_be(engine: str, tmp_path: Path) -> None:
    data = LINEAR.replace("<PMML", '<PMML xmlns:q="urn:x"').replace("k>", "q:k>")
    data = data.replace("v>", "q:v>").replace("<MiningSchema>", "<Extension><q:a/></Extension>\\0")
    path = tmp_path / "document.pmml"
    path.write_text(
        data.replace("\\0", "<MiningSchema>").replace('"k"', '"q:k"').replace('"v"', '"q:v"')
    )
    assert pp.load(path, engine).score({"x": 1.0, "s": "b"}) == {"y": 2.0, "t": 2.0}

"""What is read out of a document: fields, treatments, targets and results, with their lines."""

from __future__ import annotations

import pytest

from pmml_pipeline.document import Document, Interval, read
from pmml_pipeline.errors import DocumentError

from ..pmml import classifier, data_field, linear, mining_field, output_field, pmml, simple, tag

GOOD = linear(
    data_field("x", intervals=[("closedOpen", "-1.5e3", None)], missing=["-1"], invalid=["7"]),
    mining_field("x", missingValueTreatment="asMean", missingValueReplacement="3", importance=0.5),
    {"x": 2.0},
    output=output_field("twice", "transformedValue"),
)


def test_reads_what_is_written() -> None:
    document = read(GOOD)
    assert (document.version, document.application) == ("4.4", "tests 1")
    x = document.data_fields["x"]
    assert (x.data_type, x.optype) == ("double", "continuous")
    assert x.intervals == (Interval("closedOpen", -1500.0, None),)
    assert (x.values_of("missing"), x.values_of("invalid")) == (("-1",), ("7",))
    model = document.model
    assert (model.kind, model.function, model.result_targets) == (
        "RegressionModel",
        "regression",
        ("y",),
    )
    (active,) = model.active_fields
    assert (active.name, active.missing_value_treatment) == ("x", "asMean")
    assert (active.missing_value_replacement, active.importance) == ("3", 0.5)
    assert active.invalid_value_treatment == "returnInvalid"
    assert [o.name for o in model.output_fields] == ["twice"]


def test_a_level_that_is_declared_twice_counts_once() -> None:
    data = pmml(data_field("s", "string", "categorical", ["b", "a", "b"]), _model("s"))
    assert read(data).data_fields["s"].values_of("valid") == ("b", "a")


def test_the_nodes_of_trees_are_left_out_when_asked_and_nothing_else() -> None:
    data = classifier(
        ["a", "b"], data_field("x"), mining_field("x"), (simple("x", "lessThan", 1), "a", {"a": 1})
    )
    whole, bare = read(data), read(data, trees=False)
    assert _tags(whole) - _tags(bare) == {
        *("Node", "True", "SimplePredicate", "ScoreDistribution"),
    }
    assert (bare.data_fields, bare.model.mining_fields) == (
        whole.data_fields,
        whole.model.mining_fields,
    )


def _tags(document: Document) -> set[str]:
    return {element.tag for element in document.root.walk()}


def test_text_and_lines_are_kept() -> None:
    inner = b"<Extension>a<b>c</b>\n<![CDATA[<d>]]>&amp;e</Extension>"
    model = b"<RegressionModel functionName='regression'/>"
    root = read(b"<PMML>\n<Header/>\n<DataDictionary/>" + inner + model + b"</PMML>").root
    extension = root.child("Extension")
    assert extension is not None
    assert (extension.text, extension.line) == ("a\n<d>&e", 3)
    assert extension.children[0].text == "c"


# --- what is missing or wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("DataDictionary", "Extension", "no DataDictionary"),
        ("RegressionModel", "Extension", "no model"),
        (' functionName="regression"', "", "RegressionModel .line 1. has no attribute 'function"),
        ('<MiningField name="x"', "<MiningField", "MiningField .* no attribute 'name'"),
        ('<DataField name="x"', "<DataField", "DataField .* no attribute 'name'"),
        (' dataType="double"', "", "no attribute 'dataType'"),
        (' optype="continuous"', "", "no attribute 'optype'"),
        (' value="-1"', "", "Value .* no attribute 'value'"),
        (' closure="closedOpen"', "", "Interval .* no attribute 'closure'"),
        ('<OutputField name="twice"', "<OutputField", "OutputField .* no attribute 'name'"),
        ('"-1.5e3"', '"low"', "leftMargin='low' of Interval .line 1. is not a number"),
        ('"-1.5e3"', '""', "leftMargin='' .* is not a number"),
        ('"-1.5e3"', '"NaN"', "leftMargin='NaN' .* is not a number"),
        ('"-1.5e3"', '"1_500"', "leftMargin='1_500' .* is not a number"),
        ('importance="0.5"', 'importance="much"', "importance='much' of MiningField"),
        ('"closedOpen"', '"closedopen"', "closure='closedopen' .* is unknown"),
        ('property="missing"', 'property="Missing"', "property='Missing' .* is unknown"),
        ('optype="continuous"', 'optype="numeric"', "optype='numeric' .* is unknown"),
        ('usageType="target"', 'usageType="label"', "usageType='label' .* is unknown"),
        ('"asMean"', '"mean"', "missingValueTreatment='mean' .* is unknown"),
        ("importance", "invalidValueTreatment='ReturnInvalid' importance", "is unknown"),
        ('<DataField name="y"', '<DataField name="x"', "two DataField elements named 'x'"),
        ('<MiningField name="y"', '<MiningField name="x"', "two MiningField elements named 'x'"),
    ],
)
def test_what_is_missing_or_wrong_is_named(old: str, new: str, message: str) -> None:
    text = GOOD.decode()
    assert old in text
    with pytest.raises(DocumentError, match=message):
        read(text.replace(old, new).encode())


def test_the_spellings_of_the_specification_are_read() -> None:
    for treatment in ("returnInvalid", "asIs", "asMissing", "asValue", "x-asMissing"):
        data = pmml(data_field("x"), _model("x", invalidValueTreatment=treatment))
        read_back = read(data).model.active_fields[0].invalid_value_treatment
        assert read_back == treatment.removeprefix("x-")
    for usage in ("supplementary", "group", "order", "frequencyWeight", "analysisWeight"):
        model = read(pmml(data_field("x"), _model("x", usageType=usage))).model
        assert model.active_fields == ()
        assert model.supplementary == (("x",) if usage == "supplementary" else ())


# --- targets and results of chains -----------------------------------------------------------


def _model(*names: str, inner: str = "", **attributes: object) -> str:
    schema = "".join(mining_field(name, **attributes) for name in names)
    return tag(
        "RegressionModel",
        {"functionName": "regression"},
        tag("MiningSchema", {}, schema) + inner,
    )


def _output(*names: str, final: str | None = None) -> str:
    fields = (
        tag("OutputField", {"name": n, "isFinalResult": final, "feature": "predictedValue"})
        for n in names
    )
    return tag("Output", {}, "".join(fields))


def _segment(target: str, output: str = "", deeper: str = "") -> str:
    schema = tag("MiningSchema", {}, mining_field(target, usageType="target"))
    kind = "MiningModel" if deeper else "RegressionModel"
    inner = tag(kind, {"functionName": "regression"}, schema + output + deeper)
    return tag("Segment", {}, "<True/>" + inner)


def _chain(method: str, *segments: str) -> str:
    return tag("Segmentation", {"multipleModelMethod": method}, "".join(segments))


def _mining(inner: str) -> Document:
    schema = "".join(mining_field(t, usageType="target") for t in ("a", "b"))
    model = tag(
        "MiningModel", {"functionName": "regression"}, tag("MiningSchema", {}, schema) + inner
    )
    return read(pmml(data_field("a") + data_field("b"), model))


def test_the_results_of_a_chain_are_those_of_its_last_model() -> None:
    first = _segment("a", _output("early"))
    last = _segment("b", _output("late", "later"))
    model = _mining(_output("own") + _chain("modelChain", first, last)).model
    assert model.result_targets == ("b",)
    assert [o.name for o in model.output_fields] == ["own", "late", "later"]


def test_the_results_of_a_multi_model_chain_are_those_of_every_model() -> None:
    segments = _segment("a", _output("early")), _segment("b", _output("late"))
    model = _mining(_chain("x-multiModelChain", *segments)).model
    assert model.result_targets == ("a", "b")
    assert [o.name for o in model.output_fields] == ["early", "late"]


@pytest.mark.parametrize("method", ["average", "sum", "majorityVote", "selectFirst"])
def test_the_segments_of_an_ensemble_have_no_results_of_their_own(method: str) -> None:
    segments = _segment("a", _output("inner")), _segment("a", _output("inner"))
    model = _mining(_chain(method, *segments)).model
    assert model.result_targets == ("a", "b")
    assert model.output_fields == ()


def test_the_end_of_a_chain_within_a_chain_is_the_end() -> None:
    deeper = _chain("modelChain", _segment("b", _output("no")), _segment("b", _output("deepest")))
    model = _mining(_chain("modelChain", _segment("b", _output("deep"), deeper))).model
    assert [o.name for o in model.output_fields] == ["deep", "deepest"]


@pytest.mark.parametrize(
    ("final", "kept"), [("false", []), ("0", []), ("true", ["o"]), ("1", ["o"]), (None, ["o"])]
)
def test_an_output_that_is_no_final_result_is_left_out(final: str | None, kept: list[str]) -> None:
    model = _mining(_output("o", final=final)).model
    assert [o.name for o in model.output_fields] == kept


# --- intervals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closure", "left", "right", "shown"),
    [
        ("closedClosed", True, True, "[1, 2]"),
        ("closedOpen", True, False, "[1, 2)"),
        ("openClosed", False, True, "(1, 2]"),
        ("openOpen", False, False, "(1, 2)"),
    ],
)
def test_the_four_closures(closure: str, left: bool, right: bool, shown: str) -> None:
    interval = Interval(closure, 1.0, 2.0)
    assert [interval.contains(v) for v in (0.99, 1.0, 1.5, 2.0, 2.01)] == [
        *(False, left, True, right, False),
    ]
    assert str(interval) == shown
    assert Interval(closure, None, 2.0).contains(-1e308)
    assert Interval(closure, 1.0, None).contains(float("inf"))
    assert not interval.contains(float("nan"))


def test_a_float_interval_has_float_margins() -> None:
    margin = Interval("closedClosed", None, 4.4).as_float32().right_margin
    assert margin == 4.400000095367432
    assert Interval("closedClosed", None, 1e39).as_float32().right_margin == float("inf")

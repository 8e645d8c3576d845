"""``inspect``: what a document is made of, counted, and everything that the manifest adds."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from pmml_pipeline.cli import structure
from pmml_pipeline.cli.app import app
from pmml_pipeline.document import read
from tests import pmml
from tests.cli.sample import DOCUMENT, certificate, publish_sample
from tests.manifests import unsealed


def inspect(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


def words(done: Result) -> list[str]:
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def chain(depths: tuple[int, ...]) -> str:
    """A tree model with one path of that many splits below its root, for every depth."""
    trees = ""
    for depth in depths:
        node = pmml.tag("Node", {"score": 1}, "<True/>")
        for _ in range(depth):
            node = pmml.tag("Node", {}, "<True/>" + node)
        trees += segment(model("TreeModel", node))
    return trees


def model(name: str, inner: str, function: str = "regression") -> str:
    schema = pmml.tag("MiningSchema", {}, pmml.mining_field("x"))
    return pmml.tag(name, {"functionName": function}, schema + inner)


def segment(inner: str) -> str:
    return pmml.tag("Segment", {}, "<True/>" + inner)


def ensemble(method: str, segments: str) -> str:
    return model("MiningModel", pmml.tag("Segmentation", {"multipleModelMethod": method}, segments))


def shape_of(tmp_path: Path, text: str) -> structure.Shape:
    path = tmp_path / "model.pmml"
    path.write_bytes(pmml.pmml(pmml.data_field("x"), text))
    return structure.shape_of(read(path, trees=False), path)


def test_models_of_the_same_shape_are_one_line_with_sums(tmp_path: Path) -> None:
    regression = model(
        "RegressionModel",
        pmml.tag(
            "RegressionTable",
            {"intercept": 0},
            pmml.tag("NumericPredictor", {"name": "x", "coefficient": 1}),
        ),
    )
    boosters = [ensemble("sum", chain((1, 3))), ensemble("sum", chain((2, 2)))]
    shape = shape_of(
        tmp_path, ensemble("modelChain", "".join(map(segment, (*boosters, regression))))
    )
    assert shape.method == "modelChain"
    pair, last = shape.parts
    assert str(pair) == "2 x MiningModel, regression"
    assert [str(p) for p in pair.parts] == [
        "2 x TreeModel, regression: 12 nodes (2 to 4 each), depth up to 3"
    ]
    assert str(last) == "RegressionModel, regression: 1 table, 1 numeric predictor"
    assert structure.totals(shape) == (4, 12)


def test_models_of_another_shape_keep_their_own_line(tmp_path: Path) -> None:
    parts = (ensemble("sum", chain((1, 1))), ensemble("sum", chain((1, 1, 1))))
    shape = shape_of(tmp_path, ensemble("modelChain", "".join(map(segment, parts))))
    assert [p.times for p in shape.parts] == [1, 1]
    assert structure.totals(shape) == (5, 10)


def test_counts_stand_whatever_the_namespace_prefix(tmp_path: Path) -> None:
    text = pmml.pmml(pmml.data_field("x"), ensemble("sum", chain((2, 0)))).decode()
    prefixed = text.replace("</", "</p:").replace("<", "<p:").replace("<p:/p:", "</p:")
    path = tmp_path / "model.pmml"
    path.write_text(prefixed.replace("xmlns=", "xmlns:p="))
    assert structure.totals(structure.shape_of(read(path, trees=False), path)) == (2, 4)


def test_a_tree_within_a_node_is_passed_over(tmp_path: Path) -> None:
    hidden = pmml.tag("Node", {}, "<True/>" + model("TreeModel", pmml.tag("Node", {}, "<True/>")))
    shape = shape_of(tmp_path, model("TreeModel", hidden))
    assert str(shape).startswith("TreeModel, regression: 2 nodes")


def test_an_artifact_shows_fields_structure_and_proof(tmp_path: Path) -> None:
    publish_sample(tmp_path, proof=certificate(("jpmml",), tolerance=2e-6))
    done = inspect(tmp_path / "loans")
    assert done.exit_code == 0
    lines = words(done)
    for line in (
        "model loans, version 1",
        "agreement not to 10 decimals (tolerance 2e-06)",
        "age double continuous yes [0, 120] a data error a data error",
        "home string categorical no rent, own taken for own a data error",
        "p_yes double probability yes",
        "label string target",
        "TreeModel, classification: 4 nodes, depth up to 1",
        "certificate: not to 10 decimals (tolerance 2e-06)",
        "held-out 1,000 7 3 1.5e-16",
        "held-out 1,000 7 0 1.5e-16",
        "rows 4,454",
        "packages scikit-learn 1.9.0",
        "auc 0.8125",
        "files, as published",
    ):
        assert line in lines
    assert any("not certified: 3 of 1000 held-out rows differ" in line for line in lines)
    assert any("certified, preferred" in line for line in lines)


def test_a_bare_file_is_called_uncertified(store: Path) -> None:
    done = inspect(store / "loans" / "1" / "model.pmml")
    assert done.exit_code == 0
    assert "agreement uncertified: a PMML file without a manifest" in words(done)
    assert "certificate:" not in done.stdout


def test_json_has_all_levels_and_the_certificate(store: Path) -> None:
    found = json.loads(inspect(store / "loans", "--json").stdout)
    assert found["version"] == 2
    assert found["inputs"][1]["values"] == ["rent", "own"]
    assert found["inputs"][0]["intervals"] == ["[0, 120]"]
    assert found["structure"]["counts"]["nodes"] == {"total": 4, "least": 4, "most": 4}
    assert found["certificate"]["preferred"] == "pypmml"
    assert found["checksums"] == "ok"
    assert found["files"]["model.pmml"]["size"] == len(DOCUMENT)
    bare = json.loads(inspect(store / "loans" / "1" / "model.pmml", "--json").stdout)
    assert bare["certificate"] is None
    assert bare["inputs"] == found["inputs"]


def test_a_damaged_file_is_named_and_the_rest_still_shown(tmp_path: Path) -> None:
    artifact = publish_sample(tmp_path)
    artifact.golden_path.write_text("{}\n")
    done = inspect(tmp_path / "loans")
    assert done.exit_code == 0
    assert "files, not all as published" in words(done)
    assert done.stderr.startswith("warning: ")
    assert "golden.jsonl has 3 bytes" in done.stderr
    assert "golden.jsonl" in json.loads(inspect(tmp_path / "loans", "--json").stdout)["checksums"]


def test_names_from_a_file_do_not_steer_the_terminal(tmp_path: Path) -> None:
    name = "[bold]:smile:\u202e"
    text = pmml.linear(pmml.data_field(name), pmml.mining_field(name), {name: 2.0}).decode()
    text = text.replace("<RegressionModel ", f'<RegressionModel algorithmName="{name}" ')
    (tmp_path / "model.pmml").write_text(text, encoding="utf-8")
    lines = words(inspect(tmp_path / "model.pmml"))
    escaped = "[bold]:smile:\\u202e"
    assert f"{escaped} double continuous no any stays missing" in lines
    assert f"RegressionModel, regression ({escaped}): 1 table, 1 numeric predictor" in lines


def test_what_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.pmml").write_text("<html/>")
    for path in (tmp_path / "a.pmml", tmp_path, tmp_path / "none"):
        done = inspect(path)
        assert done.exit_code == 1
        assert done.stderr.startswith("error: ")


def test_the_program_is_what_the_compiled_engine_runs(tmp_path: Path) -> None:
    fields = pmml.data_field("x") + pmml.data_field("n", "integer")
    schema = pmml.mining_field("x") + pmml.mining_field("n")
    path = tmp_path / "model.pmml"
    path.write_bytes(pmml.linear(fields, schema, {"x": 0.1, "n": 2.0}, intercept=3.0))
    assert words(inspect(path, "--program")) == [
        "stage 1 of 1: instructions 1, registers 3, tables 24 bytes",
        "r2 = 0.10000000000000001 * x + 2 * n + 3",
        "y <- r2",
    ]
    lines = json.loads(inspect(path, "--program", "--json").stdout)["program"]
    assert lines[-1] == "  y <- r2"


def test_the_program_of_an_artifact(tmp_path: Path) -> None:
    publish_sample(tmp_path)
    assert words(inspect(tmp_path / "loans", "--program"))[0].startswith("stage 1 of 1: ")


def test_a_program_that_cannot_be_is_refused_as_when_it_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "model.pmml"
    path.write_bytes(pmml.pmml(pmml.data_field("x"), model("AssociationModel", "")))
    done = inspect(path, "--program")
    assert done.exit_code == 1
    assert "error: the document cannot be compiled: AssociationModel" in done.stderr


def test_metrics_say_which_rows_they_are_of(tmp_path: Path) -> None:
    root = publish_sample(tmp_path).root
    manifest = root / "manifest.json"
    content = unsealed(manifest)
    titles = {None: "metrics", 0: "metrics on the training rows", 20: "held-out metrics"}
    for held_out, title in titles.items():
        if held_out is not None:
            content["training"]["held_out_rows"] = held_out
        manifest.write_text(json.dumps(content))
        shown = words(inspect(root))
        assert title in shown
        assert not any("held_out_rows" in line for line in shown)


def test_a_store_and_a_file_that_is_no_document_are_named(store: Path, tmp_path: Path) -> None:
    done = inspect(store)
    assert done.exit_code == 1
    assert f"pmml-pipeline list {store}" in done.stderr
    table = tmp_path / "p.csv"
    table.write_text("age,home\n40,own\n")
    done = inspect(table)
    assert done.exit_code == 1
    assert f"error: {table}: " in done.stderr

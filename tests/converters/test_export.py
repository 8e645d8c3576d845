"""The whole way: a fitted model in, a proven artifact out, or nothing at all."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn2pmml.preprocessing import ExpressionTransformer
from xgboost import XGBClassifier

import converters
import pmml_pipeline as pp
from pmml_pipeline.errors import (
    ChecksumError,
    EngineUnavailableError,
    GoldenRowError,
    ModelNameError,
    NotCertifiedError,
    PmmlPipelineWarning,
    PreflightError,
)
from pmml_pipeline.parity.rows import ROW_CLASSES, Budget
from pmml_pipeline.store.artifact import open_artifact

from ..manifests import unsealed

SMALL = Budget(heldout=100, boundary=300, missing=20, storage=20)


def _iris() -> tuple[pd.DataFrame, pd.Series]:
    data = load_iris(as_frame=True)
    X = data.data.rename(columns=lambda c: c.replace(" (cm)", "").replace(" ", "_"))
    return X, data.target.map(dict(enumerate(data.target_names))).rename("species")


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> converters.Published:
    X, y = _iris()
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    store = tmp_path_factory.mktemp("store")
    # Beyond these PMML4S overflows in the softmax, which the certificate would hold against it.
    limits = dict.fromkeys(X.columns, (0.0, 100.0))
    return converters.export(fitted, X, y, model="iris", store=store, limits=limits, budget=SMALL)


def test_artifact_has_every_part(iris: converters.Published) -> None:
    root = iris.artifact.root
    assert root.name == "1"
    assert {p.name for p in root.iterdir()} == {
        *("manifest.json", "model.pmml", "golden.jsonl"),
        *("baseline.json", "parity.json", "parity.html"),
    }
    iris.artifact.verify()


def test_manifest_follows_the_published_schema(iris: converters.Published) -> None:
    schema = json.loads(Path("docs/manifest.schema.json").read_text())
    manifest = json.loads((iris.artifact.root / "manifest.json").read_text())
    jsonschema.validate(manifest, schema)
    assert manifest["function"] == "classification"
    assert [f["name"] for f in manifest["inputs"]] == list(_iris()[0].columns)
    assert all(f["required"] for f in manifest["inputs"])
    assert manifest["training"]["rows"] == 150
    assert manifest["training"]["held_out_rows"] == 0
    assert manifest["training"]["packages"]["scikit-learn"]
    assert manifest["metrics"]["accuracy"] > 0.9


def test_certificate_covers_the_six_classes_on_every_engine(iris: converters.Published) -> None:
    certificate = iris.proof.certificate
    assert certificate.row_classes == ROW_CLASSES
    assert certificate.engines_certified == ("compiled", "pypmml", "jpmml")
    assert certificate.to_10_decimals
    for engine in certificate.engines:
        rows = {c.name: c.rows for c in engine.classes}
        assert rows["held-out"] == 100
        assert rows["missing"] > 4
        assert rows["extremes"] > 40
        assert rows["storage"] == 60


def test_golden_rows_are_many_and_of_every_class(iris: converters.Published) -> None:
    lines = iris.artifact.golden_path.read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) >= 50
    # Iris has no categories; every other class is there.
    assert {r["class"] for r in rows} == set(ROW_CLASSES) - {"categories"}
    assert any("error" in r for r in rows)
    assert any("Infinity" in r["input"].values() for r in rows)


def test_loaded_scorer_predicts_what_the_library_does(iris: converters.Published) -> None:
    X, y = _iris()
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    scorer = pp.load(iris.artifact.root.parent)
    result = scorer.score_frame(X)
    expected = fitted.predict_proba(X)
    for i, label in enumerate(fitted.classes_):
        assert np.abs(result[f"probability({label})"] - expected[:, i]).max() <= 1e-10
    assert (result["species"] == fitted.predict(X)).all()
    with pytest.raises(pp.DataError, match="petal_width"):
        scorer.score({"sepal_length": 1, "sepal_width": 1, "petal_length": 1})


def test_limits_are_data_errors_outside(iris: converters.Published) -> None:
    scorer = pp.load(iris.artifact.root)
    record = dict.fromkeys(_iris()[0].columns, 1.0)
    assert scorer.score({**record, "petal_width": 100})
    with pytest.raises(pp.DataError, match="out of range"):
        scorer.score({**record, "petal_width": 100.1})


def test_an_engine_that_fails_is_said_with_its_class(tmp_path: Path) -> None:
    X, y = _iris()
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    published = converters.export(
        fitted, X, y, model="iris", store=tmp_path, budget=SMALL, engines=["pypmml", "jpmml"]
    )
    certificate = published.proof.certificate
    assert certificate.engines_certified == ("jpmml",)
    reason = str(certificate.engine("pypmml").reason)  # type: ignore[union-attr]
    assert "rows differ, such as sepal_length = 3.40" in reason
    assert "(likely cause: no result: the engine gives no" in reason
    assert "; rows differ in boundary too; limits= on" in reason
    assert str(published).splitlines()[1:] == [
        f"pypmml is not certified: {reason}",
        "scoring needs the extra pmml-pipeline[jpmml] (AGPL-3.0-only): "
        "no engine of the base install is certified",
    ]
    with pytest.warns(PmmlPipelineWarning, match="not certified"):
        pp.load(published.artifact.root, engine="pypmml")


def test_a_changed_document_is_refused(iris: converters.Published, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "1"
    shutil.copytree(iris.artifact.root, copy)
    document = copy / "model.pmml"
    document.write_bytes(document.read_bytes().replace(b"<Header", b"<Header ", 1))
    with pytest.raises(ChecksumError, match=r"model\.pmml"):
        pp.load(copy)


def test_golden_rows_that_do_not_come_out_are_a_refusal(
    iris: converters.Published, tmp_path: Path
) -> None:
    copy = _tampered(iris, tmp_path)
    with pytest.raises(GoldenRowError, match="golden rows"):
        pp.load(copy)


def _tampered(published: converters.Published, folder: Path) -> Path:
    """A copy whose golden rows are wrong and whose checksums are right."""
    import shutil

    from pmml_pipeline.store.files import fact_of

    copy = folder / "1"
    shutil.copytree(published.artifact.root, copy)
    golden = copy / "golden.jsonl"
    rows = [json.loads(line) for line in golden.read_text().splitlines()]
    for row in rows:
        if "output" in row:
            row["output"]["probability(setosa)"] += 1e-9
    golden.write_text("".join(json.dumps(row) + "\n" for row in rows))
    fact = fact_of(golden)
    manifest = unsealed(copy / "manifest.json")
    manifest["files"]["golden.jsonl"] = {"sha256": fact.sha256, "size": fact.size}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def test_a_wider_tolerance_is_said_everywhere(tmp_path: Path) -> None:
    X, y = _iris()
    codes = y.astype("category").cat.codes.astype(int).rename("species")
    fitted = XGBClassifier(n_estimators=20, max_depth=3).fit(X, codes)
    published = converters.export(
        fitted, X, codes, model="x", store=tmp_path, tolerance=2e-6, budget=SMALL
    )
    assert "not to 10 decimals (tolerance 2e-06)" in str(published)
    with pytest.warns(PmmlPipelineWarning, match="not to 10 decimals"):
        pp.load(published.artifact.root)
    # Without one, only the engine that adds up in float32 itself is certified.
    strict = converters.export(fitted, X, codes, model="strict", store=tmp_path, budget=SMALL)
    assert strict.proof.certificate.engines_certified == ("compiled",)
    assert {c.worst for c in strict.proof.certificate.engines[0].classes} == {0.0}
    assert "strict/1: to 10 decimals on compiled" in str(strict)


def test_lightgbm_with_categories_and_missing_values(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X = pd.DataFrame({"a": random.normal(size=400), "k": random.choice(["u", "v", "w x"], 400)})
    X["b"] = random.normal(size=400)  # never missing: a record must bring it
    X["k"] = X["k"].astype("category")
    X.loc[::7, "a"] = np.nan
    y = pd.Series(np.where((X.a.fillna(X.b) > 0) ^ (X.k == "u"), "yes", "no"), name="answer")
    fitted = lightgbm.LGBMClassifier(n_estimators=20, verbose=-1).fit(X, y)
    published = converters.export(fitted, X, y, model="lgb", store=tmp_path, budget=SMALL)
    scorer = pp.load(published.artifact.root)
    assert {f.name: f.required for f in scorer.inputs} == {"a": False, "b": True, "k": True}
    assert scorer.score({"a": None, "b": 0.5, "k": "w x"})["answer"] in ("yes", "no")
    with pytest.raises(pp.DataError, match="unseen level 'new'"):
        scorer.score({"a": 1.0, "b": 0.5, "k": "new"})
    with pytest.raises(pp.DataError, match="b: missing"):
        scorer.score({"a": 1.0, "k": "u"})


def test_versions_count_up(tmp_path: Path) -> None:
    X, _ = _iris()
    y = pd.Series(X.petal_width * 2 + X.sepal_width, name="size")
    fitted = LinearRegression().fit(X[["petal_width", "sepal_width"]], y)
    for number in (1, 2):
        published = converters.export(
            fitted, X[["petal_width", "sepal_width"]], y, model="m", store=tmp_path, budget=SMALL
        )
        assert published.artifact.manifest.version == number
    assert open_artifact(tmp_path / "m").manifest.version == 2


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "名"])
def test_bad_model_names_cost_nothing(name: str, tmp_path: Path) -> None:
    X, y = _iris()
    with pytest.raises(ModelNameError):
        converters.export(object(), X, y, model=name, store=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.zeros((3, 2)), pd.Series([0, 1, 0], name="y1")),
        (pd.DataFrame(), pd.Series([], name="target", dtype=float)),
        (pd.DataFrame({"a": [1.0, 2.0]}), pd.Series([1.0], name="target")),
        (pd.DataFrame({"a": [1.0, 2.0]}), [1.0, 2.0]),
    ],
)
def test_bad_training_tables_are_refused_before_conversion(X: Any, y: Any, tmp_path: Path) -> None:
    with pytest.raises(PreflightError):
        converters.export(LogisticRegression(), X, y, model="m", store=tmp_path)


def test_a_model_that_no_engine_reproduces_is_not_published(tmp_path: Path) -> None:
    X, y = _iris()
    codes = y.astype("category").cat.codes.astype(int).rename("species")
    # XGBoost adds up in float32, in an order that neither Java engine follows.
    fitted = XGBClassifier(n_estimators=20, max_depth=3).fit(X, codes)
    with pytest.raises(NotCertifiedError) as raised:
        converters.export(
            fitted, X, codes, model="m", store=tmp_path, budget=SMALL, engines=["pypmml", "jpmml"]
        )
    assert "held-out rows differ by up to" in str(raised.value)
    assert "(likely cause: float32: both compute in single" in str(raised.value.cause)
    assert "tolerance=" in str(raised.value.fix)
    report = Path(str(raised.value.fix).split(" in ")[1].split(";")[0])
    assert "<html" in report.read_text()
    assert {p.name for p in report.parent.iterdir()} == {"parity.html", "parity.json"}
    assert not (tmp_path / "m" / "1").exists()


def test_engines_that_need_longer_than_they_have_are_said_so(tmp_path: Path) -> None:
    X, y = _iris()
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    with pytest.raises(NotCertifiedError) as raised:
        converters.export(fitted, X, y, model="m", store=tmp_path, budget=SMALL, time_limit=0.1)
    assert "pypmml: the engine did not answer within 0.1 s" in raised.value.cause
    assert "pypmml, jpmml: a smaller budget=, fewer levels or a higher" in raised.value.fix
    assert "nothing was scored" in raised.value.fix
    assert "worst rows" not in str(raised.value)


def test_names_that_are_none_are_refused_before_conversion(tmp_path: Path) -> None:
    X, y = _iris()
    fitted = LogisticRegression(max_iter=1_000).fit(X, y)
    with pytest.raises(
        EngineUnavailableError, match="there is no engine 'nope'; use compiled, pypmml"
    ):
        converters.export(fitted, X, y, model="m", store=tmp_path, engines=["nope"])
    with pytest.raises(PreflightError, match="optional names 'nope', which X has no column of"):
        converters.export(fitted, X, y, model="m", store=tmp_path, optional=["nope"])
    said: list[str] = []
    with pytest.raises(PreflightError) as raised:
        converters.export(
            fitted,
            X,
            y,
            model="m",
            store=tmp_path,
            optional=["nope"],
            limits={"a": (0, 1), "b": (0, 1)},
            progress=said.append,
        )
    assert "optional names 'nope', which" in raised.value.cause
    assert "limits names 'a', 'b', which" in raised.value.cause
    assert said == []


def test_limits_that_do_not_do_are_named_all_at_once(tmp_path: Path) -> None:
    X, y = _iris()
    first, second = list(X.columns)[:2]
    fitted = LogisticRegression(max_iter=1_000).fit(X, y)
    with pytest.raises(PreflightError) as raised:
        converters.export(
            fitted, X, y, model="m", store=tmp_path, limits={first: (2, 1), second: (3, 1)}
        )
    assert f"{first!r} are (2, 1), and it is empty" in raised.value.cause
    assert f"{second!r} are (3, 1), and it is empty" in raised.value.cause


def test_words_without_a_norm_are_certified_and_with_one_are_refused(tmp_path: Path) -> None:
    texts = pd.DataFrame({"say": ["good food", "bad food", "so so good", "bad"] * 10})
    y = pd.Series([text.count("good") for text in texts["say"]], name="goodness")

    def words(norm: str | None) -> converters.Published:
        steps = ColumnTransformer([("words", TfidfVectorizer(norm=norm), "say")])
        fitted = make_pipeline(steps, LinearRegression()).fit(texts, y)
        return converters.export(fitted, texts, y, model="words", store=tmp_path, budget=SMALL)

    assert {"compiled", "jpmml"} <= set(words(None).proof.certificate.engines_certified)
    with pytest.raises(PreflightError, match="with norm='l2' the document") as raised:
        words("l2")
    assert raised.value.fix == "use norm=None"


def test_a_forest_takes_missing_values_where_they_are_optional(tmp_path: Path) -> None:
    X, y = _iris()
    fitted = RandomForestClassifier(5, random_state=0).fit(X, y)
    published = converters.export(
        fitted, X, y, model="m", store=tmp_path, budget=SMALL, optional=list(X.columns)
    )
    record = dict.fromkeys(X.columns)
    expected = fitted.predict(pd.DataFrame([record], dtype=float))[0]
    assert pp.load(published.artifact.root).score(record)["species"] == expected


def test_export_leaves_the_fitted_object_as_it_is(iris: converters.Published) -> None:
    X, y = _iris()
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    before = json.dumps({k: str(v) for k, v in vars(fitted).items()})
    with warnings.catch_warnings():
        warnings.simplefilter("error", PmmlPipelineWarning)
        converters.export(
            fitted, X, y, model="same", store=iris.artifact.root.parents[1], budget=SMALL
        )
    assert json.dumps({k: str(v) for k, v in vars(fitted).items()}) == before


def test_a_ratio_before_a_tree_is_asked_about_where_the_library_jumps(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {"debt": random.uniform(1e3, 5e4, 500), "income": random.uniform(1e4, 9e4, 500)}
    )
    X = X.round(2)
    y = pd.Series((X.debt / X.income > 0.31) * 5.0 + random.normal(size=500) / 20, name="loss")
    ratio = ExpressionTransformer("X[0] / X[1]")
    steps = ColumnTransformer([("ratio", ratio, ["debt", "income"])])
    fitted = make_pipeline(steps, DecisionTreeRegressor(max_depth=2)).fit(X, y)
    limits = {"debt": (1e3, 5e4), "income": (1e4, 9e4)}
    published = converters.export(
        fitted, X, y, model="ratio", store=tmp_path, budget=SMALL, limits=limits
    )
    # scikit-learn compares float32(ratio); PMML4S compares the derived float as a double.
    assert published.proof.certificate.engines_certified == ("compiled", "jpmml")
    refused = published.proof.certificate.engine("pypmml")
    assert refused is not None
    assert "boundary rows differ" in str(refused.reason)
    assert all(c.name == "boundary" for c in refused.classes if c.mismatches)
    (boundary,) = (c for c in published.proof.report["row_classes"] if c["name"] == "boundary")
    assert any(r.startswith("200 jumps of the training library") for r in boundary["remarks"])

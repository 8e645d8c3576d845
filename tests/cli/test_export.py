"""``export``: finding recipes, showing progress, and failures that cost only their own model."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from converters import progress
from pmml_pipeline.cli import recipes
from pmml_pipeline.errors import PreflightError
from pmml_pipeline.store import open_artifact
from tests.cli.sample import ROOT, run

# What a user writes: a file with a neighbour, and nothing of this project but one call.
NEIGHBOUR = """
import numpy as np
import pandas as pd

def load():
    age = np.linspace(20, 60, 200)
    X = pd.DataFrame({"age": age, "income": age % 7})
    return X, pd.Series(np.where(age % 9 > 4, "yes", "no"), name="bought")
"""
RECIPE = """
import converters
from pmml_pipeline.parity.rows import Budget
from my_data import load
from sklearn.linear_model import LogisticRegression

def export(store):
    X, y = load()
    model = LogisticRegression().fit(X, y)
    few = Budget(heldout=20, boundary=20, missing=10, storage=10)
    return converters.export(model, X, y, model="tiny", store=store, budget=few)
"""
CONVERSION_FAILS = """
from pmml_pipeline.errors import ConversionError

def export(store):
    raise ConversionError("step 'odd' was not converted", "replace it", "at java.lang.Trace")
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_one_failing_model_does_not_stop_the_others(tmp_path: Path) -> None:
    write(
        tmp_path,
        my_data=NEIGHBOUR,
        crash="def export(store):\n    return {}['nope']\n",
        fails=CONVERSION_FAILS,
        tiny=RECIPE,
    )
    done = run("export", "crash.py", "fails.py", "tiny.py", "--store", "out", cwd=tmp_path)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert "error: crash: KeyError: 'nope' (" in done.stderr
    assert "crash.py, line 2)." in done.stderr
    assert "error: fails: step 'odd' was not converted; replace it." in told
    assert "error: not exported: crash, fails." in told
    assert "Traceback" not in done.stderr
    assert "java.lang" not in done.stderr
    steps = [line.partition(" (")[0] for line in told if line.startswith("tiny: ")]
    assert steps[0] == "tiny: load and train"
    assert {"tiny: convert", "tiny: prove on every engine", "tiny: publish"} <= set(steps)
    assert "crash: load and train (stopped after" in done.stderr
    assert "1 published to out in " in done.stderr
    rows = words(done.stdout)
    tiny = "tiny 1 to 10 decimals compiled, pypmml, jpmml auc 0."
    assert any(row.startswith(tiny) for row in rows)
    assert any(row.startswith("crash not exported") for row in rows)
    assert open_artifact(tmp_path / "out" / "tiny").manifest.version == 1


def test_an_engine_that_is_not_certified_is_noted_below_the_table(tmp_path: Path) -> None:
    write(tmp_path, my_data=NEIGHBOUR, tiny=RECIPE.replace("budget=few", "time_limit=0.1"))
    done = run("export", "tiny.py", "--store", "out", cwd=tmp_path)
    assert "a higher time_limit= lets it finish; nothing was scored;" in done.stderr
    only = RECIPE.replace("budget=few", "budget=few, engines=['jpmml']")
    write(tmp_path, tiny=only)
    done = run("export", "tiny.py", "--store", "out", cwd=tmp_path)
    assert done.returncode == 0
    assert "tiny: scoring needs the extra pmml-pipeline[jpmml] (AGPL-3.0-only)" in done.stderr


def test_details_only_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, fails=CONVERSION_FAILS, crash="def export(store):\n    return {}['nope']\n")
    done = run("export", "fails.py", "crash.py", "--verbose", cwd=tmp_path)
    assert done.returncode == 1
    assert "at java.lang.Trace" in done.stderr
    assert "Traceback (most recent call last)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "error: which: sklearn2pmml; it."),
        (("--converter", "pmml-sklearn"), "error: which: pmml-sklearn; it."),
        (
            ("--converter", "nyoka"),
            "error: which: there is no converter 'nyoka';"
            " choose one of sklearn2pmml, pmml-sklearn.",
        ),
    ],
)
def test_the_converter_of_the_exports_inside(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    chosen = """
from converters.programs import find
from pmml_pipeline.errors import ConversionError

def export(store):
    raise ConversionError(find(None).name, "it")
"""
    write(tmp_path, which=chosen)
    done = run("export", "which.py", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import lightgbm\n",
            "the module 'lightgbm' is not installed; pip install 'pmml-pipeline[lightgbm]'.",
        ),
        ("import no_such_module\n", "'no_such_module' is not installed; install it, or correct"),
        ("x = 1\n", "has no function export(store); write one"),
        ("def export(store): return 5\n", "did not return what converters.export returned"),
        ("def export(store): return []\n", "did not return what converters.export returned"),
        ("def export(:\n", "SyntaxError: invalid syntax"),
        ("def export(store): raise ValueError\n", "ValueError: no message"),
    ],
)
def test_a_recipe_that_will_not_do_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    write(tmp_path, recipe=text)
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    write(shadow, lightgbm="raise ModuleNotFoundError('gone', name='lightgbm')\n")
    done = run("export", "recipe.py", cwd=tmp_path, env={"PYTHONPATH": str(shadow)})
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_scoring_install_says_which_extra_exports(tmp_path: Path) -> None:
    write(tmp_path, tiny=RECIPE)
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    write(shadow, sklearn="raise ModuleNotFoundError('gone', name='sklearn')\n")
    done = run("export", "tiny.py", cwd=tmp_path, env={"PYTHONPATH": str(shadow)})
    assert done.returncode == 1
    assert "'sklearn' is not installed; pip install 'pmml-pipeline[export]'." in done.stderr
    assert "Traceback" not in done.stderr


def test_names_that_lead_nowhere(tmp_path: Path) -> None:
    for arguments, said in (
        ((), "no model is named; name one or more, or --all (examples: attrition, cancer,"),
        (("nope",), "there is no example 'nope'; choose one of attrition, cancer,"),
        (("nope.py",), "there is no file nope.py"),
        (("--all", "credit"), "both --all and names are given"),
    ):
        done = run("export", *arguments, cwd=ROOT)
        assert done.returncode == 1
        assert said in done.stderr


def test_the_examples_are_discovered_and_not_imported() -> None:
    found = recipes.examples()
    modules = {p.stem for p in (ROOT / "examples").glob("*.py")} - {"__init__"}
    assert found.keys() == modules
    assert {"credit", "flights", "diamonds", "attrition", "cancer"} <= modules
    assert all(recipe.module == f"examples.{name}" for name, recipe in found.items())


def test_examples_of_the_current_folder_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "examples"
    folder.mkdir()
    write(
        folder,
        __init__="",
        mine="raise RuntimeError('not to be imported')\ndef export(store): ...\n",
        helper="def load(): ...\n",
        _private="def export(store): ...\n",
    )
    monkeypatch.chdir(tmp_path)
    assert list(recipes.examples()) == ["mine"]
    with pytest.raises(PreflightError, match="choose one of mine"):
        recipes.find("credit")


def test_without_examples_it_is_said_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "examples", dict)
    with pytest.raises(PreflightError, match="they are in the repository, not in the installed"):
        recipes.find("credit")


def test_a_file_may_have_the_name_of_a_module(tmp_path: Path) -> None:
    import json

    write(tmp_path, json="def export(store): return 'mine'\n")
    assert recipes.find(str(tmp_path / "json.py")).load()("") == "mine"
    import json as again

    assert again is json
    assert json.loads("1") == 1


def test_the_listener_is_told_in_its_own_context_only() -> None:
    told: list[str] = []
    with progress.reported_to(told.append):
        progress.listener()("inside")
        other = threading.Thread(target=lambda: progress.listener()("another thread"))
        other.start()
        other.join()
    progress.listener()("outside")
    assert told == ["inside"]

"""The table of converters: what is chosen, where its jars are, and what is said without them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import converters
from converters import programs
from converters.programs import DEFAULT, JARS, converted_by, find, is_mapped
from pmml_pipeline.errors import ConversionError, PreflightError

X = pd.DataFrame({"pay": [1.0, 2.0, 3.0]})
Y = pd.Series([2.0, 4.0, 6.5], name="rent")


def jar(path: Path, **entries: str) -> Path:
    """A jar with these files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as opened:
        for name, text in entries.items():
            opened.writestr(name, text)
    return path


def test_the_default_is_the_package_and_a_context_chooses_another() -> None:
    assert find(None).name == DEFAULT == "sklearn2pmml"
    with converted_by("pmml-sklearn"):
        assert find(None).name == "pmml-sklearn"
        assert find("sklearn2pmml").name == "sklearn2pmml"
        with converted_by(None):
            assert find(None).name == "pmml-sklearn"
    assert find(None).name == DEFAULT


def test_a_converter_that_is_none_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="no converter 'nyoka'; choose one of sklearn2pmml, "):
        converters.export(
            LinearRegression().fit(X, Y), X, Y, model="m", store=tmp_path, converter="nyoka"
        )
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_built_is_said_with_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(JARS, raising=False)
    monkeypatch.setattr(programs, "_MODULE", tmp_path)
    with pytest.raises(ConversionError) as caught:
        converters.check(LinearRegression(), X, Y, converter="pmml-sklearn")
    assert caught.value.cause == "pmml-sklearn is not here"
    assert "mvn -f java_bridge/pom.xml -pl pmml-bridge-converter package" in caught.value.fix
    assert JARS in caught.value.fix


def test_the_setting_names_a_folder_of_jars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, built = tmp_path / "jars", tmp_path / "built"
    monkeypatch.setenv(JARS, str(folder))
    monkeypatch.setattr(programs, "_MODULE", built)
    with pytest.raises(ConversionError, match=f"{JARS}=.*jars has no pmml-sklearn jar"):
        find("pmml-sklearn").class_path()

    library = jar(folder / "pmml-sklearn-1.2.3.jar")
    with pytest.raises(ConversionError, match="the program pmml-bridge-converter is not here"):
        find("pmml-sklearn").class_path()

    # The package's own program and what reports to its maker stay out.
    jar(folder / "sklearn2pmml-1.1.jar")
    jar(folder / "telemetry-client-1.0.jar")
    program = jar(built / "target" / "pmml-bridge-converter-0.1.jar")
    assert find("pmml-sklearn").class_path() == [program, library]
    assert find("pmml-sklearn").versions() == {"pmml-sklearn": "1.2.3"}

    own = jar(folder / "pmml-bridge-converter-0.2.jar")
    assert find("pmml-sklearn").class_path() == [own, library]


def test_classes_are_mapped_as_the_jars_say(tmp_path: Path) -> None:
    lines = "# a.Comment = x\nsklearn.a.(|b.)C = x.C\nsklearn.D =\n"
    library = jar(tmp_path / "pmml-sklearn-1.jar", **{"META-INF/sklearn2pmml.properties": lines})
    assert [
        is_mapped(name, [library])
        for name in ("sklearn.a.C", "sklearn.a.b.C", "sklearn.D", "sklearn.a.bxC", "a.Comment")
    ] == [True, True, True, False, False]


def test_the_package_maps_what_it_says_itself() -> None:
    import sklearn2pmml

    jars = find("sklearn2pmml").class_path()
    names = sklearn2pmml.load_class_mapping()
    assert len(names) > 300
    assert all(is_mapped(name, jars) for name in names)
    assert not is_mapped("sklearn.impute._knn.KNNImputer", jars)

"""Opening versions, passing over what is none, and finding what was changed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pmml_pipeline.errors import (
    ChecksumError,
    ManifestError,
    NotAVersionError,
    PmmlPipelineWarning,
    StoreError,
)
from pmml_pipeline.store import Artifact, models, open_artifact, versions

from ..manifests import unsealed
from .sample import FILES, publish_sample


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two versions of credit and one of cancer."""
    publish_sample(tmp_path)
    publish_sample(tmp_path)
    publish_sample(tmp_path, model="cancer")
    return tmp_path


def test_newest_or_the_one_asked_for(store: Path) -> None:
    assert open_artifact(store / "credit").manifest.version == 2
    assert open_artifact(str(store / "credit" / "1")).manifest.version == 1
    assert open_artifact(f"{store}/credit/").root == store / "credit" / "2"


def test_ten_is_newer_than_nine(store: Path) -> None:
    shutil.copytree(store / "credit" / "1", store / "credit" / "9")
    shutil.copytree(store / "credit" / "1", store / "credit" / "10")
    assert versions(store / "credit") == [1, 2, 9, 10]
    assert open_artifact(store / "credit").root.name == "10"


def test_paths(store: Path) -> None:
    artifact = open_artifact(store / "credit")
    assert artifact.document_path == store / "credit" / "2" / "model.pmml"
    assert artifact.golden_path.read_bytes() == FILES["golden.jsonl"]
    assert artifact.baseline_path.read_bytes() == FILES["baseline.json"]
    assert artifact.file("parity.json").is_file()
    with pytest.raises(StoreError, match=r"has no absent\.txt"):
        artifact.file("absent.txt")


def test_lists_what_is_published_and_nothing_else(store: Path) -> None:
    whole = store / "credit" / "1"
    for name in ["03", ".staging-1", "latest", "-4", "1.5", "٣"]:
        shutil.copytree(whole, store / "credit" / name)
    (store / "credit" / "7").mkdir()  # half-copied: no manifest
    (store / "credit" / "8").write_text("")
    for name in [".hidden", "..odd", "a b"]:
        shutil.copytree(store / "cancer", store / name)
    (store / "empty").mkdir()
    (store / "README.md").write_text("")
    assert versions(store / "credit") == [1, 2]
    assert models(store) == ["cancer", "credit"]


def test_nothing_is_published_where_nothing_is(tmp_path: Path) -> None:
    assert versions(tmp_path / "absent") == []
    assert models(tmp_path / "absent") == []
    assert models(tmp_path) == []


@pytest.mark.parametrize(
    ("where", "cause", "fix"),
    [
        ("absent", "there is no", "choose one of cancer, credit"),
        ("credit/7", "there is no version 7", "choose one of 1, 2"),
        ("credit/half", "has no manifest.json", "published or copied whole"),
        ("credit/1/model.pmml", "has no manifest.json", "published or copied whole"),
        ("", "is a store", "cancer"),
    ],
)
def test_what_cannot_be_opened(store: Path, where: str, cause: str, fix: str) -> None:
    (store / "credit" / "half").mkdir()
    with pytest.raises(NotAVersionError, match=cause) as caught:
        open_artifact(store / where)
    assert fix in caught.value.fix


def test_a_version_folder_without_its_manifest(store: Path) -> None:
    (store / "credit" / "2" / "manifest.json").unlink()
    assert open_artifact(store / "credit").manifest.version == 1
    with pytest.raises(NotAVersionError, match=r"has no manifest\.json"):
        open_artifact(store / "credit" / "2")


@pytest.mark.parametrize("keep", [0, 1, 100, -2])
def test_a_truncated_manifest(store: Path, keep: int) -> None:
    path = store / "credit" / "2" / "manifest.json"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ManifestError, match="is not JSON"):
        open_artifact(store / "credit")


def test_a_manifest_of_something_else(store: Path) -> None:
    (store / "credit" / "2" / "manifest.json").write_text('{"name": "app", "version": "1.0"}')
    with pytest.raises(ManifestError, match="is not a manifest"):
        open_artifact(store / "credit")


def test_verifies_wherever_it_was_copied_to(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store / "credit" / "2", tmp_path / "handed-over")
    open_artifact(tmp_path / "handed-over").verify()


def damaged(store: Path, name: str) -> tuple[Artifact, Path]:
    artifact = open_artifact(store / "credit")
    return artifact, artifact.root / name


@pytest.mark.parametrize("name", sorted(FILES))
def test_one_changed_bit_in_any_file(store: Path, name: str) -> None:
    artifact, path = damaged(store, name)
    artifact.verify()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError, match=f"{name} has another SHA-256"):
        artifact.verify()


def test_a_file_cut_short(store: Path) -> None:
    artifact, path = damaged(store, "model.pmml")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ChecksumError, match=r"model\.pmml has 20 bytes instead of 21"):
        artifact.verify()


def test_a_missing_file(store: Path) -> None:
    artifact, path = damaged(store, "golden.jsonl")
    path.unlink()
    with pytest.raises(ChecksumError, match=r"golden\.jsonl is missing"):
        artifact.verify()


def test_a_pipe_in_place_of_a_file_is_not_waited_for(store: Path) -> None:
    artifact, path = damaged(store, "golden.jsonl")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ChecksumError, match="is missing"):
        artifact.verify()


def test_a_file_that_is_not_listed(store: Path) -> None:
    artifact, path = damaged(store, "notes.txt")
    path.write_text("")
    path.with_name(".DS_Store").write_text("")
    with pytest.warns(PmmlPipelineWarning, match=r"does not list: notes\.txt$"):
        artifact.verify()


def test_a_link_that_leads_out_of_the_folder(store: Path, tmp_path: Path) -> None:
    artifact, path = damaged(store, "model.pmml")
    path.rename(tmp_path / "outside.pmml")
    path.symlink_to(tmp_path / "outside.pmml")
    for use in (artifact.verify, lambda: artifact.document_path):
        with pytest.raises(ManifestError, match="leads out of the folder"):
            use()


def test_a_link_within_the_folder(store: Path) -> None:
    """As in a mounted volume of a container platform."""
    artifact, path = damaged(store, "model.pmml")
    (artifact.root / "..data").mkdir()
    path.rename(artifact.root / "..data" / "model.pmml")
    path.symlink_to("..data/model.pmml")
    artifact.verify()


def test_a_link_in_a_circle(store: Path) -> None:
    artifact, path = damaged(store, "model.pmml")
    path.unlink()
    path.symlink_to("model.pmml")
    with pytest.raises(ChecksumError, match="is missing"):
        artifact.verify()


def test_a_manifest_that_points_out_of_the_folder(store: Path) -> None:
    path = store / "credit" / "2" / "manifest.json"
    content = unsealed(path)
    content["files"]["../../cancer/1/model.pmml"] = content["files"]["model.pmml"]
    path.write_text(json.dumps(content))
    with pytest.raises(ManifestError, match="cancer"):
        open_artifact(store / "credit")

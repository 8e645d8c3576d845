"""manifest.json is written and read without loss, and anything else is refused by name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline.errors import ManifestError, NotAVersionError
from pmml_pipeline.store.manifest import FileFact, Manifest, parse, read, schema, utc_now

from .sample import MANIFEST

REPOSITORY = Path(__file__).parents[2]
WHOLE: dict[str, Any] = json.loads(MANIFEST.to_bytes())
CHECKSUM = WHOLE.pop("sha256")


def as_bytes(content: Any) -> bytes:
    return json.dumps(content).encode()


def test_round_trip() -> None:
    assert parse(MANIFEST.to_bytes()) == MANIFEST


scalars = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
file_names = st.from_regex(r"f[A-Za-z0-9_-]{0,20}\.json", fullmatch=True)
facts = st.builds(
    FileFact,
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    size=st.integers(0, 2**63),
)
inputs = st.fixed_dictionaries(
    {
        "name": texts,
        "dataType": texts,
        "optype": st.sampled_from(["continuous", "categorical", "ordinal"]),
        "required": st.booleans(),
        "missing": st.fixed_dictionaries({"treatment": st.just("asIs"), "replacement": scalars}),
        "invalid": st.just({"treatment": "returnInvalid"}),
    },
    optional={"values": st.lists(scalars, max_size=3), "added later": scalars},
)


@settings(max_examples=200, deadline=None)
@given(
    version=st.integers(1, 10**18 - 1),
    files=st.dictionaries(file_names, facts, max_size=3),
    inputs=st.lists(inputs, max_size=3, unique_by=lambda field: field["name"]).map(tuple),
    metrics=st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    producer=st.one_of(st.none(), texts),
    lookups=st.lists(st.fixed_dictionaries({"name": texts, "rows": scalars}), max_size=2).map(
        tuple
    ),
)
def test_round_trip_of_any(**changed: Any) -> None:
    changed["files"] = {**MANIFEST.files, **changed["files"]}
    manifest = dataclasses.replace(MANIFEST, **changed)
    again = parse(manifest.to_bytes())
    assert again == manifest
    assert again.to_bytes() == manifest.to_bytes()


def test_is_readable_by_people_and_by_other_programs() -> None:
    text = MANIFEST.to_bytes().decode()
    assert text.endswith("}\n")
    assert "其他" in text
    assert text.splitlines()[1] == '  "format": 1,'
    assert WHOLE["certificate"]["engines"][1]["classes"][1]["worst"] is None  # JSON has no infinity
    assert WHOLE["certificate"]["to_10_decimals"] is True


def test_its_checksum_is_that_of_the_bytes_in_front_of_it() -> None:
    before, _, after = MANIFEST.to_bytes().partition(b',\n  "sha256": "')
    assert hashlib.sha256(before).hexdigest() == CHECKSUM
    assert after == CHECKSUM.encode() + b'"\n}\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"rows": ', b'"rows": 1'),
        (b'"format": 1', b'"format":  1'),
        (b"}\n", b', "added": 1}\n'),
        (CHECKSUM.encode(), b"0" * 64),
        (CHECKSUM.encode(), CHECKSUM.upper().encode()),
        (b'"sha256": "%s"' % CHECKSUM.encode(), b'"sha256": null'),
    ],
)  # fmt: skip
def test_a_changed_one_is_refused(old: bytes, new: bytes) -> None:
    text = MANIFEST.to_bytes()
    assert parse(text) == MANIFEST
    head, found, tail = text.rpartition(old)
    assert found
    with pytest.raises(ManifestError, match=r"was changed after it was published|sha256 must"):
        parse(head + new + tail)


def test_keys_of_a_later_release_are_ignored() -> None:
    content = dict(json.loads(as_bytes(WHOLE)))
    content["labels"] = ["stable"]
    content["certificate"]["engines"][0]["seconds"] = 3.5
    content["files"]["model.pmml"]["compressed"] = True
    assert parse(as_bytes(content)) == MANIFEST


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "is not JSON"),
        (MANIFEST.to_bytes()[:-40], "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"format": 1, "format": 1}', "a key occurs twice"),
        (as_bytes(WHOLE).replace(b"0.83", b"NaN"), "NaN is not a JSON number"),
        (as_bytes(WHOLE).replace(b"0.83", b"1e999"), "metrics.auc must be number"),
        (b"[]", "is not a manifest"),
        (b"null", "is not a manifest"),
        (b'{"name": "left-pad", "version": "1.3.0"}', "the key format is missing"),
        (as_bytes(WHOLE | {"format": "1"}), "the key format is missing"),
        (as_bytes({"format": 1}), "model is missing"),
        (as_bytes(WHOLE | {"model": "nul"}), "device name"),
        (as_bytes(WHOLE | {"created": "2026-13-02T03:04:05Z"}), "created is no time"),
        (as_bytes(WHOLE | {"inputs": WHOLE["inputs"] * 2}), "inputs names a field twice"),
        (as_bytes(WHOLE | {"outputs": WHOLE["outputs"] * 2}), "outputs names a field twice"),
        (as_bytes(WHOLE | {"certificate": None}), "certificate must be object, not null"),
    ],
)  # fmt: skip
def test_refused(data: bytes, cause: str) -> None:
    with pytest.raises(ManifestError, match=cause) as caught:
        parse(data, "artifacts/credit/1/manifest.json")
    assert "artifacts/credit/1/manifest.json" in caught.value.cause
    assert caught.value.fix


@pytest.mark.parametrize("key", schema()["required"])
def test_every_key_is_needed(key: str) -> None:
    with pytest.raises(ManifestError, match=f"(key )?{key} is missing"):
        parse(as_bytes({k: v for k, v in WHOLE.items() if k != key}))


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "..", ".lock", "a\\b", "a\0", ""])
def test_a_file_name_cannot_leave_the_folder(name: str) -> None:
    files = WHOLE["files"] | {name: WHOLE["files"]["model.pmml"]}
    with pytest.raises(ManifestError, match="files"):
        parse(as_bytes(WHOLE | {"files": files}))


def test_the_manifest_does_not_list_itself() -> None:
    files = WHOLE["files"] | {"manifest.json": WHOLE["files"]["model.pmml"]}
    with pytest.raises(ManifestError, match="lists itself"):
        parse(as_bytes(WHOLE | {"files": files}))


def test_a_later_format_asks_for_an_upgrade() -> None:
    with pytest.raises(ManifestError, match="has format 2") as caught:
        parse(as_bytes({"format": 2, "anything": "else"}))
    assert "upgrade" in caught.value.fix


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"metrics": {"auc": float("nan")}}, "metrics.auc"),
        ({"version": 0}, "version"),
        ({"model": "../x"}, "model"),
        ({"outputs": ()}, "outputs"),
        ({"training": {}}, "training.python is missing"),
        ({"lookups": ({"name": "t", "rows": object()},)}, "not JSON"),
        ({"lookups": ({"name": "t", "rows": float("inf")},)}, "not JSON"),
        ({"producer": "\ud800"}, "not JSON"),
    ],
)
def test_nothing_of_another_form_is_written(changed: dict[str, Any], cause: str) -> None:
    with pytest.raises(ManifestError, match=cause):
        dataclasses.replace(MANIFEST, **changed).to_bytes()


def test_uncertified_is_not_written() -> None:
    certificate = dataclasses.replace(MANIFEST.certificate, preferred=None)
    with pytest.raises(ManifestError, match=r"certificate\.preferred"):
        dataclasses.replace(MANIFEST, certificate=certificate).to_bytes()


def test_read_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(NotAVersionError, match=r"has no manifest\.json"):
        read(tmp_path / "manifest.json")
    with pytest.raises(ManifestError, match="cannot be read"):
        read(tmp_path)


def test_a_manifest_that_is_no_file_of_its_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    folder.mkdir()
    path = folder / "manifest.json"
    os.mkfifo(path)  # would block whoever opens it
    with pytest.raises(ManifestError, match="it is no file"):
        read(path)
    path.unlink()
    (tmp_path / "elsewhere.json").write_bytes(MANIFEST.to_bytes())
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ManifestError, match="link that leads out of the folder"):
        read(path)
    path.unlink()
    (folder / "..data").write_bytes(MANIFEST.to_bytes())  # how volumes of container platforms look
    path.symlink_to("..data")
    assert read(path) == MANIFEST


def test_the_time_now_is_a_time_of_the_schema() -> None:
    written: Manifest = dataclasses.replace(MANIFEST, created=utc_now())
    assert parse(written.to_bytes()).created.endswith("Z")


def test_the_page_names_every_key_and_links_the_schema() -> None:
    page = (REPOSITORY / "docs" / "artifact.md").read_text("utf-8")
    assert "../pmml_pipeline/store/manifest.schema.json" in page
    for key in schema()["properties"]:
        assert f"`{key}`" in page, key

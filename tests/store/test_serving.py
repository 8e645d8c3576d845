"""What a store says about serving a model."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from pmml_pipeline.errors import LabelError, ServingError
from pmml_pipeline.store.serving import Serving, change_serving, read_serving
from tests.cli.sample import publish_sample


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of four versions."""
    for _ in range(4):
        publish_sample(tmp_path)
    return tmp_path / "loans"


def test_the_newest_version_is_served_where_nothing_is_said(model: Path) -> None:
    assert read_serving(model) == Serving(1, (), {})
    assert read_serving(model).chosen([3, 1, 4]) == (4,)
    assert not (model / "serving.json").exists()


@pytest.mark.parametrize(
    ("policy", "text", "chosen", "said"),
    [
        (Serving(2), {"latest": 2}, (3, 4), "the newest 2 versions"),
        (Serving(9), {"latest": 9}, (1, 2, 3, 4), "the newest 9 versions"),
        (Serving(None), {"all": True}, (1, 2, 3, 4), "every version"),
        (Serving(None, (1, 3)), {"specific": [1, 3]}, (1, 3), "versions 1, 3"),
    ],
)
def test_a_policy_is_written_and_read(
    model: Path, policy: Serving, text: object, chosen: tuple[int, ...], said: str
) -> None:
    done = change_serving(model, policy=policy, labels={"canary": 4})
    assert json.loads((model / "serving.json").read_bytes()) == {
        "format": 1,
        "policy": text,
        "labels": {"canary": 4},
    }
    assert read_serving(model) == done
    assert done.chosen([4, 3, 2, 1]) == chosen
    assert done.describe() == said


def test_labels_are_set_moved_and_taken_away(model: Path) -> None:
    change_serving(model, policy=Serving(2))
    change_serving(model, labels={"stable": 3, "canary": 4})
    done = change_serving(model, labels={"stable": 4, "canary": None})
    assert done == Serving(2, (), {"stable": 4}) == read_serving(model)
    for labels in ({"a b": 1}, {"": 1}, {"é": 1}, {"canary": None}, {"canary": 9}, {"x" * 129: 1}):
        with pytest.raises(LabelError):
            change_serving(model, labels=labels)  # type: ignore[arg-type]
    with pytest.raises(ServingError, match="version 9 of loans is not published"):
        change_serving(model, policy=Serving(None, (2, 9)))
    assert read_serving(model) == done
    assert not list(model.glob(".serving-*"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "it must be an object"),
        (b"{}", "format must be 1"),
        (b'{"format": true}', "format must be 1"),
        (b'{"format": 2}', "format must be 1"),
        (b'{"format": 1, "policy": {}}', "policy must be one of"),
        (b'{"format": 1, "policy": []}', "policy must be one of"),
        (b'{"format": 1, "policy": {"latest": 0}}', "policy must be one of"),
        (b'{"format": 1, "policy": {"latest": true}}', "policy must be one of"),
        (b'{"format": 1, "policy": {"all": false}}', "policy must be one of"),
        (b'{"format": 1, "policy": {"specific": []}}', "policy must be one of"),
        (b'{"format": 1, "policy": {"specific": ["a"]}}', "policy must be one of"),
        (b'{"format": 1, "policy": {"all": true, "latest": 1}}', "policy must be one of"),
        (b'{"format": 1, "labels": {"a b": 1}}', "labels must be"),
        (b'{"format": 1, "labels": {"a": 0}}', "every label must have a version"),
        (b'{"format": 1, "labels": {"a": true}}', "every label must have a version"),
    ],
)
def test_what_is_none_is_refused(model: Path, text: bytes, said: str) -> None:
    (model / "serving.json").write_bytes(text)
    with pytest.raises(ServingError, match=said):
        read_serving(model)
    with pytest.raises(ServingError):
        change_serving(model, policy=Serving(1))
    assert (model / "serving.json").read_bytes() == text


def test_a_pipe_is_no_file(model: Path) -> None:
    os.mkfifo(model / "serving.json")
    with pytest.raises(ServingError, match="is no file"):
        read_serving(model)


def test_changes_at_the_same_time_all_count(model: Path) -> None:
    threads = [
        threading.Thread(target=change_serving, args=(model,), kwargs={"labels": {f"l{i}": 1}})
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_serving(model).labels == {f"l{i}": 1 for i in range(8)}

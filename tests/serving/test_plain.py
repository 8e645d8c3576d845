"""Requests of one plain record are answered by the kernels, and as all others are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pmml_pipeline as pp
from pmml_pipeline.serving import rest
from pmml_pipeline.serving.refusal import Refusal

from ..cli.sample import DOCUMENT
from .test_rest import SQUARE, TYPES

RECORDS: dict[bytes, list[dict[str, Any]]] = {
    DOCUMENT: [{"age": 20, "home": "rent"}, {"home": "own", "age": 40.5}, {"age": 41}],
    SQUARE: [{"x": 0.1}, {"x": -3}],
    TYPES: [{"x": 1e-7, "n": 4, "t": True}, {"t": None}],
}


@pytest.mark.parametrize("document", RECORDS, ids=["loans", "square", "types"])
def test_they_are_answered_alike(
    document: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pmml"
    path.write_bytes(document)
    scorer = pp.load(path, engine="compiled")
    for record in RECORDS[document]:
        for separators in ((", ", ": "), (",", ":")):  # as Python and as JavaScript write it
            body = json.dumps({"instances": [record]}, separators=separators).encode()
            short = rest._plain(scorer, body)
            assert short is not None, body
            with monkeypatch.context() as without:
                without.setattr(rest, "_plain", lambda *_: None)
                long = rest.predict(scorer, body, 10)
            assert repr(json.loads(short.body)) == repr(json.loads(long.body))
            assert short[1:] == long[1:]
            assert rest.predict(scorer, body, 10) == short


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": [{"age": 20}, {"age": 40}]}',
        b'{"instances": [{"age": 20}], "partial": true, "x": [1]}',
        b'{"instances": [{"age": 20}]]}',
        b'{"instances": []}',
        b'{"instances": [[{"age": 20}]]}',
        b'{"instances":[{"age":20},]}',
        b'{"instances": [{"age": "20"}]}',
        b'{"instances": [{"age": 20, "age": 20}]}',
        b' {"instances": [{"age": 20}]}',
        b'{"instances": [{"age": 20}]}\n',
        b'{"instances": [',
        b"]}",
    ],
)
def test_others_are_not(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.pmml"
    path.write_bytes(DOCUMENT)
    scorer = pp.load(path, engine="compiled")
    assert rest._plain(scorer, body) is None


def test_a_body_that_is_shorter_than_its_ends_is_none(tmp_path: Path) -> None:
    path = tmp_path / "model.pmml"
    path.write_bytes(SQUARE)
    scorer = pp.load(path, engine="compiled")
    with pytest.raises(Refusal, match="is not JSON"):
        rest.predict(scorer, b'{"instances":[]}'[:-2], 10)

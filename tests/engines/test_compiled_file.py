"""The files of compiled documents: what goes in comes out, and nothing else is taken."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from pmml_pipeline.engines import compiled as engine
from pmml_pipeline.engines import compiled_file

from ..pmml import data_field, linear, mining_field
from .test_compiled_cache import TREE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A document."""
    found = tmp_path / "document.pmml"
    found.write_bytes(TREE)
    return found


def test_what_comes_back_is_what_was_kept(path: Path) -> None:
    opened = engine.open_document(path)
    assert isinstance(opened.engine, engine.CompiledModel)
    plan = opened.engine.plan
    data = compiled_file.to_bytes("key", opened.schema, plan)
    schema, again = compiled_file.from_bytes(data, "key")
    assert schema == opened.schema
    assert again.texts == plan.texts
    for one, other in zip(plan.stages, again.stages, strict=True):
        assert (one.reads, one.writes, one.calls) == (other.reads, other.writes, other.calls)
        a, b = one.program, other.program
        assert a.instructions == b.instructions
        assert (a.n_inputs, a.n_registers, a.outputs) == (b.n_inputs, b.n_registers, b.outputs)
        for name in ("constants", "ints", "doubles"):
            x, y = getattr(a, name), getattr(b, name)
            assert x.dtype == y.dtype
            assert x.tobytes() == y.tobytes()
            assert y.ctypes.data % 8 == 0
            assert not y.flags.writeable
    with pytest.raises(ValueError, match="something else"):
        compiled_file.from_bytes(data, "another key")


def test_numbers_that_are_not_finite_come_back(tmp_path: Path) -> None:
    fields = data_field("x", intervals=[("closedClosed", "-INF", "INF"), ("openOpen", -0.0, None)])
    (tmp_path / "a.pmml").write_bytes(linear(fields, mining_field("x"), {"x": 1.0}))
    opened = engine.open_document(tmp_path / "a.pmml")
    assert isinstance(opened.engine, engine.CompiledModel)
    data = compiled_file.to_bytes("key", opened.schema, opened.engine.plan)
    schema, _ = compiled_file.from_bytes(data, "key")
    assert schema == opened.schema
    assert str(schema.inputs[0].intervals[1].left_margin) == "-0.0"


def test_a_part_that_the_form_does_not_know_is_an_error(path: Path) -> None:
    opened = engine.open_document(path)
    assert isinstance(opened.engine, engine.CompiledModel)
    texts: Any = ({"a": 1},)
    odd = type(opened.engine.plan)(opened.engine.plan.stages, texts)
    with pytest.raises(TypeError, match="dict has no place"):
        compiled_file.to_bytes("key", opened.schema, odd)


@pytest.mark.parametrize(
    "content",
    [
        "[[[[",
        '{"key": "K"}',
        '{"key": "K", "arrays": [], "content": 7}',
        "[]",
        "null",
        '{"key": "K", "arrays": [["f8", 0]], "content": []}',
        '{"key": "K", "arrays": [], "content": [{"class": "os.system"}, {}]}',
        '{"key": "K", "arrays": [], "content": [[], []]}',
        "[" * 100_000,
    ],
)
def test_another_content_with_a_right_checksum_is_no_plan(content: str) -> None:
    rest = len(content).to_bytes(8, "big") + content.encode()
    data = compiled_file.MAGIC + hashlib.sha256(rest).digest() + rest
    with pytest.raises(ValueError, match=r"."):
        compiled_file.from_bytes(data, "K")

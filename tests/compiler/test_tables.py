"""Tables: with an entry for every number between, or searched, they say the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.interpret import run
from pmml_pipeline.compiler.lower.tables import value_of
from pmml_pipeline.engines.native import Native


@pytest.mark.parametrize(
    ("keys", "op"),
    [
        ([0.0, 2.0, 5.0], "LUT"),
        ([-7.0, -3.0], "LUT"),
        ([0.0, 1e6], "FIND"),
        ([0.0, 2.5], "FIND"),
        ([2.0**40, 2.0**40 + 1], "FIND"),
        ([], "FIND"),
        ([math.nan], "FIND"),
        ([2.0, 3.0, math.nan], "LUT"),
        ([math.nan, 3.5, 2.0], "FIND"),
    ],
)
def test_what_no_entry_is_for_is_another_value(keys: list[float], op: str) -> None:
    b = Builder(1)
    table = {key: 10.0 + at for at, key in enumerate(keys)}
    (stage,) = b.finish([value_of(b, 0, table, -1.0, 7.0)])
    assert [i.op for i in stage.program.instructions] == [op]
    near = [x for key in keys for x in (key, key - 1, key + 1, key + 0.5, math.nextafter(key, 1e9))]
    xs = np.array([*near, 0.0, -0.0, 1e300, -1e300, math.inf, -math.inf, math.nan])
    expected = [7.0 if x != x else table.get(x, -1.0) for x in xs.tolist()]
    assert Native(stage.program).score([xs], len(xs))[0].tolist() == expected
    assert run(stage.program, [xs], len(xs))[0].tolist() == expected

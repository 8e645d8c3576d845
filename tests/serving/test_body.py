"""Bodies of requests and answers: fast, and never another value than the strict reader gives."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pmml_pipeline.serving import body as bodies
from pmml_pipeline.serving.answer import answer
from pmml_pipeline.serving.body import DEEPEST, parsed
from pmml_pipeline.serving.refusal import Refusal

KEYS = frozenset({"instances", "signature_name", "parameters"})

scalars = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    st.integers(min_value=-(2**70), max_value=2**70),
)
records = st.dictionaries(st.text(max_size=3), scalars | st.lists(scalars, max_size=2), max_size=4)


def strictly(body: bytes) -> Any:
    """What the strict reader gives, or that it refuses."""
    try:
        return bodies._strictly(body)
    except Refusal:
        return Refusal


def found(body: bytes) -> Any:
    """What a request gives, or that it is refused."""
    try:
        return bodies._decoded(body)
    except Refusal:
        return Refusal


@given(st.lists(st.one_of(scalars, records), max_size=3), st.sampled_from([None, 1]), st.booleans())
@example([{"a": 0.1}], None, False)
@example([{"time": "08:18:05"}], None, False)
@example([{"a": -0.0}, {"a": 10**400}], None, False)
def test_what_is_read_is_what_the_strict_reader_reads(
    instances: list[Any], indent: int | None, ascii_: bool
) -> None:
    text = json.dumps({"instances": instances}, indent=indent, ensure_ascii=ascii_)
    body = text.encode("utf-8", "surrogatepass")
    assert repr(found(body)) == repr(strictly(body))


@given(st.binary(max_size=40))
def test_what_is_no_json_is_read_as_strictly(noise: bytes) -> None:
    for body in (noise, b'{"instances": [%s]}' % noise, b'{"instances": [{"a":%s}]}' % noise):
        assert repr(found(body)) == repr(strictly(body))


@given(st.integers(min_value=0, max_value=2**64 - 1), st.integers(1, 25))
def test_numbers_are_read_and_written_to_the_last_bit(bits: int, digits: int) -> None:
    (number,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    for text in (repr(number), f"{number:.{digits}e}"):
        if math.isfinite(number):
            value = parsed(b'{"instances": [%s]}' % text.encode(), KEYS)["instances"][0]
            assert struct.pack("<d", float(value)) == struct.pack("<d", float(text))
    told = json.loads(answer({"predictions": [number]}).body)["predictions"][0]
    assert type(told) is float
    assert repr(told) == repr(number)


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": [1], "instances": [2]}',
        b'{"instances": [{"a": 1, "a": 2}]}',
        b'{"instances": [{"a": 1, "a": 2, "b" : 3}]}',
        b'{"instances": [{"a": 1, "\\u0061": 2}]}',
        b'{"instances": [{"a": {"b": 1, "b": 2}}]}',
        b'{"parameters": {"a": 1, "a": 1}}',
        b'{"instances": [[{"a": 1, "a": 1}]]}',
    ],
)
def test_a_key_that_is_there_twice_is_seen_wherever_it_is(body: bytes) -> None:
    with pytest.raises(Refusal, match="a key occurs twice"):
        parsed(body, KEYS)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_what_is_too_deep_is_refused(opening: str) -> None:
    closing = "".join({"[": "]", "{": "}"}.get(c, "") for c in reversed(opening))
    levels = (DEEPEST - 2) // len(closing)  # beside the list and the object around them

    def request(times: int) -> bytes:
        return f'{{"instances": [{opening * times}1{closing * times}]}}'.encode()

    parsed(request(levels), KEYS)
    for times in (levels + 1, 900, 100_000):
        with pytest.raises(Refusal, match=r"inside one another|nested too deeply"):
            parsed(request(times), KEYS)
    wide = json.dumps({"instances": [{"a": []}] * 1000}).encode()
    assert len(parsed(wide, KEYS)["instances"]) == 1000


def test_half_of_a_character_and_no_number_have_a_form() -> None:
    assert answer({"error": "a\ud83d"}).body == b'{"error": "a?"}\n'
    text = answer({"y": [math.nan, -math.inf, None, "null", 1.0]}).body
    assert text == b'{"y": [NaN, -Infinity, null, "null", 1.0]}\n'

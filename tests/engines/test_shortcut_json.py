"""The short way from JSON to JSON gives what the long one gives, or leaves the record to it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmml_pipeline.engines.protocol import Shortcut
from pmml_pipeline.schema import InputField
from pmml_pipeline.serving.body import _strictly

from ..admission.values import values
from .test_shortcut import PLAIN_FIELDS, PLAIN_RECORD, Way, drawn, shortcut_of

RECORD = PLAIN_RECORD | {"n": -2.5}
NUMBER = (InputField("x", "double", "continuous", True),)


def scored(short: Shortcut, text: str | bytes, bare: bool = False) -> Any:
    """What the short way gives, as it is read again; None where it leaves it to the long one."""
    data = text.encode() if isinstance(text, str) else text
    # A record is a part of a body, and neither what is before nor what is behind is looked at.
    found = short.json(b"[1{" + data + b"]9}", 3, 3 + len(data), bare)
    return None if found is None else json.loads(found)


def same(found: Any, expected: Any) -> bool:
    return repr(found) == repr(expected)


@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_the_short_way_gives_what_the_long_one_gives(data: st.DataObject) -> None:
    plain = values.filter(lambda v: v is None or type(v) in (bool, int, float, str))
    short, long, record = drawn(data, plain)
    text = json.dumps(
        record, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 1]))
    ).encode("utf-8", "surrogatepass")
    found = scored(short, text)
    if found is not None:
        assert same(found, long(_strictly(text)))


PIECES = [
    *(b"", b'"', b"{", b"}", b",", b":", b"0", b"-", b".", b"e", b"\\", b"\x00", b" ", b"\n"),
    *(b"null", b"true", b"NaN", b"\xff", b'"d": 0.5, ', b"1e5", b"00", b"["),
]


def _agrees(short: Shortcut, long: Way, text: bytes) -> bool:
    """Whether it was scored; that is as the long way does it, or not at all."""
    found = scored(short, text)
    if found is None:
        return False
    assert same(found, long(_strictly(text))), text
    return True


@settings(max_examples=2000, deadline=None)
@given(st.data())
def test_no_text_is_read_otherwise_than_strictly(data: st.DataObject) -> None:
    short, long = shortcut_of(PLAIN_FIELDS)
    text = bytearray(json.dumps(RECORD).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(st.sampled_from(PIECES) | st.binary(max_size=2))
        text[at : at + data.draw(st.integers(0, 3))] = piece
    _agrees(short, long, bytes(text))


@pytest.mark.parametrize(
    "change",
    [{}, {"d": 1}, {"n": -1}, {"n": -1.0}, {"n": None}, {"s": "blue"}, {"b": False}, {"f": 4.4}],
)
def test_plain_records_take_the_short_way(change: dict[str, Any]) -> None:
    short, long = shortcut_of(PLAIN_FIELDS, essential=[0])
    record = RECORD | change
    turned = dict(reversed(record.items()))
    for told in (record, turned, {k: v for k, v in record.items() if k != "n"}):
        text = json.dumps(told)
        for form in (text, json.dumps(told, indent=2), text.replace(" ", "")):
            found = scored(short, form)
            assert found is not None
            assert same(found, long(told))


@pytest.mark.parametrize(
    "text",
    [
        *('"d": 0.0', '"d": 1.5', '"d": null', '"d": "0.5"', '"d": true', '"d": 1152921504606846'),
        *('"d": 00.5', '"d": .5', '"d": 0.', '"d": +0.5', '"d": 0.5e', '"d": 0x1', '"d": 1e'),
        *('"d": -', '"d": -e1', '"d": 0.5 5'),
        *('"d": NaN', '"d": Infinity', '"d": nul', '"d": [0.5]', '"d": {}', '"d":', '"d" 0.5'),
        *('"i": 2', '"i": 3.0', '"i": "3"', '"i": 3e0', '"b": 1', '"b": tru', '"s": green'),
        *('"s": "green"', '"s": "r\\u0065d"', '"s": 1', '"s": null', '"f": 4.5', '"other": 1'),
        *('"d": 0.5, "d": 0.5', '"\\u0064": 0.5', '"d": 0.5,', '"d": 0.5 "n": 1', "", "d: 0.5"),
        *('"n": 1e400', '"n": -1e999', '"d": 0.5, "n"'),
    ],
)  # fmt: skip
def test_what_is_not_plain_takes_the_long_way(text: str) -> None:
    short, _ = shortcut_of(PLAIN_FIELDS)
    named = text.split(":")[0].strip('"')
    rest = {k: v for k, v in RECORD.items() if k != (named if named in RECORD else "d")}
    assert scored(short, json.dumps(rest)[:-1] + ", " + text + "}") is None
    assert scored(short, json.dumps(RECORD)) is not None


@pytest.mark.parametrize("text", ["", "{", "}", "null", "[]", "{}", "{} ", "{}x", "\ufeff{}"])
def test_what_is_no_record_takes_the_long_way(text: str) -> None:
    short, _ = shortcut_of(PLAIN_FIELDS)
    assert scored(short, text) is None
    whole = json.dumps(RECORD)
    for other in (whole + text, text + whole):
        assert (scored(short, other) is None) == bool(text)


@settings(max_examples=3000, deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(0, 25), st.sampled_from("efgr"))
@example(0x8000000000000000, 0, "r")
@example(0x7FEFFFFFFFFFFFFF, 0, "r")
@example(1, 0, "r")
def test_numbers_are_read_and_written_to_the_last_bit(bits: int, digits: int, form: str) -> None:
    short, _ = shortcut_of(NUMBER)
    (number,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    if number - number != 0 or (form == "f" and abs(number) > 1e40):
        return
    text = repr(number) if form == "r" else f"{number:.{digits}{form}}"
    found = short.json(b'{"x":%s}' % text.encode(), 0, len(text) + 6, True)
    value = json.loads(text)
    if (isinstance(value, int) and abs(value) > 2**53) or float(value) - float(value) != 0:
        assert found is None
        return
    assert found is not None
    assert found.decode() == repr(float(value))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_decimals_are_read_as_python_reads_them(number: Any) -> None:
    short, _ = shortcut_of(NUMBER)
    text = f"{number:f}"
    found = scored(short, f'{{"x": {text}}}', bare=True)
    assert found is not None
    assert same(found, float(text))


def test_whole_numbers_truth_values_and_texts_come_as_themselves() -> None:
    inputs = (
        InputField("i", "integer", "continuous", False),
        InputField("b", "boolean", "categorical", False),
        InputField("s", "string", "categorical", False),
    )
    short, long = shortcut_of(inputs)
    for record in (
        {"i": 2**53, "b": True, "s": "是"},
        {"i": -(2**53), "b": False, "s": ""},
        {"i": -0, "b": None, "s": None},
        {"i": 0},
    ):
        found = scored(short, json.dumps(record, ensure_ascii=False))
        assert same(found, long(record)), record
    assert scored(short, "{}") is None  # nothing at all is an error
    assert scored(short, '{"i": 9007199254740993}') is None


def test_many_names_in_any_order_cost_no_more_than_the_long_way() -> None:
    inputs = [InputField(f"f{i}", "double", "continuous", True) for i in range(2000)]
    short, long = shortcut_of(inputs)
    record = {f"f{i}": float(i) for i in range(2000)}
    assert same(scored(short, json.dumps(record)), None)  # there is no room for so many results
    for count, looked in ((60, True), (300, False)):
        few, _ = shortcut_of(inputs[:count])
        some = dict(list(record.items())[:count])
        assert scored(few, json.dumps(some)) is not None
        turned = json.dumps(dict(reversed(some.items())))
        assert (scored(few, turned) is not None) == looked
    assert long(record)["out f7"] == 7.0

"""The body of a request: a JSON object of known keys."""

from __future__ import annotations

import json
from collections.abc import Set
from typing import Any

import msgspec

from pmml_pipeline.serving.refusal import bad_request, cut

_SHOWN = 60
_FAST = msgspec.json.Decoder()
DEEPEST = 32  # lists and objects inside one another


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    # Which of the two values was meant, nobody knows; readers differ on which one counts.
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice in an object")
    return found


_STRICT = json.JSONDecoder(object_pairs_hook=_object)


def parsed(body: bytes, keys: Set[str]) -> dict[str, Any]:
    """The object. NaN and the infinities may stand for numbers.

    Args:
        body: UTF-8.
        keys: that it may have.

    Raises:
        Refusal: it is no JSON object, or has another key.
    """
    value = _decoded(body)
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    if not keys >= value.keys():
        key = next(key for key in value if key not in keys)
        known = ", ".join(sorted(keys))
        raise bad_request(f"the key {cut(key, _SHOWN)} is unknown; known are {known}")
    if value.get("signature_name") not in (None, "serving_default"):
        raise bad_request("signature_name must be serving_default, the one that there is")
    return value


def _decoded(body: bytes) -> Any:
    """The value, by msgspec, which gives what the standard library gives wherever it gives a value.

    It takes the last of two equal keys and no NaN. Whatever it may have seen otherwise is read
    again, strictly: a body without equal keys has as many colons as there are keys, but for those
    in texts.
    """
    try:
        value = _FAST.decode(body)
        # Objects deeper down have keys that are not counted, so only lists can be deep here.
        if body.count(b":") == _keys(value) and body.count(b"[") < DEEPEST:
            return value
    except (msgspec.MsgspecError, RecursionError):
        pass
    value = _strictly(body)
    if _is_deep(value):
        raise bad_request(f"the body has more than {DEEPEST} lists and objects inside one another")
    return value


def _keys(value: Any) -> int:
    """The number of keys, where requests have some."""
    if type(value) is not dict:
        return 0
    count = len(value)
    for inner in value.values():
        if type(inner) is list:
            for row in inner:
                if type(row) is dict:
                    count += len(row)
        elif type(inner) is dict:
            count += len(inner)
    return count


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in (dict, list)
        ]
        if not level:
            return False
    return True


def _strictly(body: bytes) -> Any:
    try:
        return _STRICT.decode(body.decode())
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno}, column {error.colno}"
        raise bad_request(f"the body is not JSON: {error.msg} {where}") from None
    except RecursionError:
        raise bad_request("the body is not JSON: it is nested too deeply") from None
    except ValueError as error:  # not UTF-8, a key twice, a number of too many digits
        raise bad_request(f"the body is not JSON: {cut(str(error), _SHOWN)}") from None

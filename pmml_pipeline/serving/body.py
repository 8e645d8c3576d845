"""The body of a request: a JSON object of known keys."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from pmml_pipeline.serving.refusal import bad_request, cut

_SHOWN = 60


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    # Which of the two values was meant, nobody knows; readers differ on which one counts.
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice in an object")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def parsed(body: bytes, keys: Collection[str]) -> dict[str, Any]:
    """The object. NaN and the infinities may stand for numbers.

    Args:
        body: UTF-8.
        keys: that it may have.

    Raises:
        Refusal: it is no JSON object, or has another key.
    """
    try:
        value = _DECODER.decode(body.decode())
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno}, column {error.colno}"
        raise bad_request(f"the body is not JSON: {error.msg} {where}") from None
    except RecursionError:
        raise bad_request("the body is not JSON: it is nested too deeply") from None
    except ValueError as error:  # not UTF-8, a key twice, a number of too many digits
        raise bad_request(f"the body is not JSON: {cut(str(error), _SHOWN)}") from None
    if not isinstance(value, dict):
        raise bad_request("the body must be a JSON object")
    for key in value:
        if key not in keys:
            known = ", ".join(sorted(keys))
            raise bad_request(f"the key {cut(key, _SHOWN)} is unknown; known are {known}")
    if value.get("signature_name") not in (None, "serving_default"):
        raise bad_request("signature_name must be serving_default, the one that there is")
    return value

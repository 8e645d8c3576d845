"""What a request is answered with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]

_FAST = msgspec.json.Encoder()


class Answer(NamedTuple):
    """An answer.

    Attributes:
        body: bytes of the media type.
        status: HTTP's.
        headers: beside the media type and the length.
        media: the media type.
    """

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    headers: Headers = ()
    media: bytes = b"application/json"


def answer(
    data: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK, headers: Headers = ()
) -> Answer:
    """An answer in JSON. NaN and the infinities stand there as they do in TensorFlow Serving."""
    try:
        text = _FAST.encode(data)
    except UnicodeEncodeError:  # half of a character, which JSON can bring, has no UTF-8
        text = b"null"
    if b"null" in text:  # which msgspec also writes for NaN
        text = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return Answer(text + b"\n", status, headers)

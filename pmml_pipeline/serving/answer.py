"""What a request is answered with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
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
    text = json.dumps(data, ensure_ascii=False) + "\n"
    # Half of a character, which JSON can bring, has no UTF-8.
    return Answer(text.encode("utf-8", "replace"), status, headers)

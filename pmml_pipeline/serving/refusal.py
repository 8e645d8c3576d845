"""A request that is answered with an error."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class Refusal(Exception):  # noqa: N818 - it is an answer, and no fault of the service
    """What the caller is told.

    Args:
        status: HTTP's.
        message: for the caller; never a value of another one.
        details: further keys beside ``error`` in the answer.
    """

    def __init__(
        self, status: HTTPStatus, message: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.details = status, message, details or {}

    @property
    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": self.message, **self.details}


def bad_request(message: str, details: Mapping[str, Any] | None = None) -> Refusal:
    """A request that is none."""
    return Refusal(HTTPStatus.BAD_REQUEST, message, details)


def cut(text: str, longest: int) -> str:
    """The text, if it is short: it may be a megabyte."""
    return text if len(text) <= longest else text[:longest] + "…"

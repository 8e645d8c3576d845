"""ASGI's messages, as far as they are needed: https://asgi.readthedocs.io/en/latest/specs/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from pmml_pipeline.serving.answer import Answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Gone(Exception):  # noqa: N818 - nobody is told
    """The caller hung up before everything was there."""


async def joined(message: Message, receive: Receive, largest: int, most: int) -> bytes:
    """The body; one byte more than the largest, and not what is sent, of one that is larger.

    Args:
        message: the first one.
        receive: the next message.
        largest: bytes that are kept.
        most: bytes that are waited for: most clients read no answer before they have sent all.

    Raises:
        Gone: the caller is.
    """
    parts = bytearray()
    passed = 0
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        passed += len(part)
        if passed <= largest:
            parts += part
        if passed > most or not message.get("more_body"):
            return bytes(parts) if passed <= largest else bytes(largest + 1)
        message = await receive()


async def sent(answer: Answer, added: Sequence[tuple[bytes, bytes]], send: Send) -> None:
    """Sends an answer, with headers that it does not have of itself. To HEAD the server sends no
    body."""
    headers = [
        (b"content-length", b"%d" % len(answer.body)),
        (b"content-type", answer.media),
        *answer.headers,
        *added,
    ]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what is no request: there is nothing to be started or ended, and no web socket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return

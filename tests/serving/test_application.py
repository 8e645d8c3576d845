"""The ASGI application by itself, called with messages as servers send them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pmml_pipeline.serving import ModelStore, rest
from pmml_pipeline.serving.application import Application, Limits

from ..artifacts import certificate, publish_document
from .test_rest import SQUARE

PREDICT = "/v1/models/square:predict"
ONE = b'{"instances": [2]}'
MANY = json.dumps({"instances": [2] * 1000}).encode()  # not scored on the event loop


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelStore]:
    """A store of one model, which is loaded."""
    folder: Path = tmp_path_factory.mktemp("store")
    golden = [{"input": {"x": 2}, "output": {"y": 5.0}}]
    publish_document(folder, "square", SQUARE, golden, certificate(("compiled", "pypmml")))
    with ModelStore(folder, everything=True) as opened:
        opened.latest("square")
        yield opened


async def call(
    app: Application, path: str, body: Sequence[dict[str, Any]], **scope: Any
) -> list[dict[str, Any]]:
    """What the application sends."""
    told: list[dict[str, Any]] = []
    messages = iter(body)

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        told.append(message)

    whole = {
        **{"type": "http", "method": "POST", "path": path, "raw_path": path.encode()},
        **{"headers": [], "root_path": "", **scope},
    }
    await app(whole, receive, send)
    return told


def whole(body: bytes) -> list[dict[str, Any]]:
    """A body in one message."""
    return [{"type": "http.request", "body": body}]


def test_it_can_be_mounted_below_a_path(store: ModelStore) -> None:
    app = Application(store)
    for root, path in (("", PREDICT), ("/scoring", "/scoring" + PREDICT), ("/scoring", PREDICT)):
        start, answer = asyncio.run(call(app, path, whole(ONE), root_path=root))
        assert start["status"] == 200, (root, path)
        assert json.loads(answer["body"]) == {"predictions": [5.0]}
    start, _ = asyncio.run(call(app, "/other" + PREDICT, whole(ONE), root_path="/scoring"))
    assert start["status"] == 404


def test_a_body_in_pieces_is_put_together(store: ModelStore) -> None:
    pieces = [{"type": "http.request", "body": bytes([b]), "more_body": True} for b in ONE]
    pieces.append({"type": "http.request"})
    _, answer = asyncio.run(call(Application(store), PREDICT, pieces))
    assert json.loads(answer["body"]) == {"predictions": [5.0]}


def test_nothing_is_sent_to_who_hung_up(store: ModelStore) -> None:
    body = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    assert asyncio.run(call(Application(store), PREDICT, body)) == []
    assert asyncio.run(call(Application(store), PREDICT, body[1:])) == []


def test_one_more_than_are_computed_is_told_to_come_again(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, let_go, all_scores = threading.Event(), threading.Event(), rest.all_scores

    def slow(*arguments: Any) -> Any:
        started.set()
        assert let_go.wait(30)
        return all_scores(*arguments)

    monkeypatch.setattr(rest, "all_scores", slow)

    async def three() -> tuple[Any, Any, Any]:
        app = Application(store, Limits(concurrent=1))
        first = asyncio.create_task(call(app, PREDICT, whole(MANY)))
        await asyncio.to_thread(started.wait, 30)
        second = await call(app, PREDICT, whole(MANY))
        let_go.set()
        done = await first
        return done, second, await call(app, PREDICT, whole(MANY))

    first, second, third = asyncio.run(three())
    assert second[0]["status"] == 429
    assert (b"retry-after", b"1") in second[0]["headers"]
    for start, answer in (first, third):
        assert start["status"] == 200
        assert json.loads(answer["body"]) == {"predictions": [5.0] * 1000}


def test_what_is_no_request_is_answered_as_servers_want_it(store: ModelStore) -> None:
    app = Application(store)
    both: list[dict[str, Any]] = [{"type": f"lifespan.{word}"} for word in ("startup", "shutdown")]
    told = asyncio.run(call(app, "", both, type="lifespan"))
    assert [m["type"] for m in told] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert asyncio.run(call(app, "/", [], type="websocket")) == [{"type": "websocket.close"}]

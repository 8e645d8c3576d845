"""The service as an ASGI application: requests in, answers out."""

from __future__ import annotations

import asyncio
import logging
import re
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, TypeVar

from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving import inference, openapi, rest
from pmml_pipeline.serving.answer import Answer, Headers, answer
from pmml_pipeline.serving.asgi import Gone, Receive, Scope, Send, drained, lifespan, sent
from pmml_pipeline.serving.descriptions import described_models, metadata, states
from pmml_pipeline.serving.model_store import ModelStore
from pmml_pipeline.serving.refusal import Refusal, bad_request
from pmml_pipeline.serving.target import Target, target_of
from pmml_pipeline.store.artifact import DOCUMENT

LOG = logging.getLogger("pmml_pipeline.serving")

DOCUMENT_HEADER = b"x-document-sha256"  # which document gave the score
_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_DIGITS = re.compile(rb"[0-9]{1,12}")
# A body of so many bytes and values is scored without going to another thread.
_INLINE, _FEW = 1 << 14, 200
_DRAINED = 16  # times the largest body that is passed over before it is refused
_THREADS = 40  # beside the event loop
_PATHS = 1024  # that are kept as they were read
_T = TypeVar("_T")
Verb = Callable[[Scorer, bytes, int], Answer]
_VERBS: dict[str, Verb] = {
    ":predict": rest.predict,
    ":classify": rest.classify,
    ":regress": rest.regress,
    "/infer": partial(inference.infer, json_length=None),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may ask for.

    Attributes:
        body: bytes, after decompression.
        rows: records.
        concurrent: requests that are computed at once beside the event loop; one more is answered
            with 429.
    """

    body: int = 10 << 20
    rows: int = 10_000
    concurrent: int = 64


class Application:
    """An ASGI application that answers for the models of a store.

    It is no more than a callable, so that whatever runs ASGI runs it, alone or below a path of
    another application.

    Args:
        store: opened with ``everything``; it stays open when the application ends.
        limits: of requests.
    """

    def __init__(self, store: ModelStore, limits: Limits | None = None) -> None:
        self._store, self._limits = store, limits or Limits()
        self._computing = 0  # only the event loop counts
        self._threads = ThreadPoolExecutor(_THREADS, "pmml-pipeline scoring")
        self._told: dict[str, Callable[[], dict[str, Any]]] = {
            "/openapi.json": lambda: openapi.of_all(store.live),
            "/v1/models": lambda: described_models(store.live),
            "/v2": inference.server,
            "/v2/health/live": lambda: {"live": True},
            "/v2/health/ready": self._ready,
        }
        self._target = lru_cache(_PATHS)(target_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await lifespan(scope, receive, send)
            return
        headers = dict(scope["headers"])
        added: list[tuple[bytes, bytes]] = []  # to the answer, whatever it is
        id_ = headers.get(b"x-request-id")
        if id_ is not None and _ID.fullmatch(id_):
            added.append((b"x-request-id", id_))
        try:
            found = await self._answer(scope, headers, receive, added)
        except Refusal as refusal:
            found = answer(refusal.body, refusal.status, _MORE.get(refusal.status, ()))
        except Gone:
            return
        except Exception:  # a fault of the service: logged with its trace, and never told
            LOG.exception("a request to %s failed", scope["path"])
            found = _FAILED
        await sent(found, added, send)

    async def _answer(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        receive: Receive,
        added: list[tuple[bytes, bytes]],
    ) -> Answer:
        path = _path(scope)
        method = scope["method"]
        if method == "POST":
            if path in self._told:
                raise _not_allowed()
            target = self._target(path)
            verb = _VERBS.get(target.verb)
            if verb is None:
                raise _not_allowed()
            scorer = target.scorer(self._store.live)
            assert scorer.artifact is not None  # a store has nothing else
            sha256 = scorer.artifact.manifest.files[DOCUMENT].sha256
            added.append((DOCUMENT_HEADER, sha256.encode()))
            if inference.JSON_LENGTH in headers:
                verb = _with_binary(verb, headers[inference.JSON_LENGTH])
            return await self._scored(verb, scorer, await self._body(headers, receive))
        if method not in ("GET", "HEAD"):
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "use GET or POST")
        told = self._told.get(path)
        return answer(told() if told is not None else self._told_of(path))

    def _ready(self) -> dict[str, Any]:
        if not self._store.ready:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the models are being loaded")
        return {"ready": True}

    def _told_of(self, path: str) -> dict[str, Any]:
        """What is told of a model."""
        models = self._store.live
        target = self._target(path)
        if target.verb in _VERBS:
            raise _not_allowed()
        match target.api, target.verb:
            case "v1", "/metadata":
                return metadata(target.scorer(models))
            case "v1", "/openapi.json":
                return openapi.of_model(target.model, target.scorer(models))
            case "v1", "":
                return self._states(target)
            case "v2", "/ready":
                target.scorer(models)
                return {"name": target.model, "ready": True}
        return inference.model(target.live(models), target.scorer(models))

    def _states(self, target: Target) -> dict[str, Any]:
        live = target.live(self._store.live)
        only = target.version
        if target.label is not None:
            target.scorer(self._store.live)  # a label that is none is refused
            only = live.labels[target.label]
        found = states(live, only)
        if not found["model_version_status"]:
            raise target.not_found()
        return found

    async def _scored(self, verb: Verb, scorer: Scorer, body: bytes) -> Answer:
        if len(body) <= _INLINE and body.count(b",") <= _FEW:
            return verb(scorer, body, self._limits.rows)
        if self._computing >= self._limits.concurrent:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests at once")
        self._computing += 1
        try:
            return await self._beside(partial(verb, scorer, body, self._limits.rows))
        finally:
            self._computing -= 1

    async def _beside(self, work: Callable[[], _T]) -> _T:
        """What the work gives, which is done in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """The bytes of the body, decompressed.

        Raises:
            Refusal: there are too many, or they are compressed in a way that is not known.
            Gone: the caller is.
        """
        encoding = headers.get(b"content-encoding", b"identity").strip().lower()
        if encoding not in (b"identity", b"gzip"):
            raise Refusal(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip or identity"
            )
        largest = self._limits.body
        # Most clients read no answer before they have sent everything.
        body = await drained(receive, largest, _DRAINED * largest)
        if encoding == b"gzip" and len(body) <= largest:
            body = await self._beside(partial(_inflated, body, largest))
        if len(body) > largest:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {largest} bytes"
            )
        return body


_MORE: dict[HTTPStatus, Headers] = {
    HTTPStatus.TOO_MANY_REQUESTS: ((b"retry-after", b"1"),),
    HTTPStatus.METHOD_NOT_ALLOWED: ((b"allow", b"GET, POST"),),
}
_FAILED = answer(
    {"error": "the service failed; its log says why"}, HTTPStatus.INTERNAL_SERVER_ERROR
)


def _path(scope: Scope) -> str:
    """The path as it was sent, not decoded, below that of the application."""
    path: str = scope["raw_path"].partition(b"?")[0].decode("latin-1")
    return path.removeprefix(scope.get("root_path", ""))


def _with_binary(verb: Verb, length: bytes) -> Verb:
    """The verb for a body with tensors behind its JSON."""
    if verb is not _VERBS["/infer"]:
        raise bad_request("Inference-Header-Content-Length belongs to /infer")
    if not _DIGITS.fullmatch(length):
        raise bad_request("Inference-Header-Content-Length is no number of bytes")
    return partial(inference.infer, json_length=int(length))


def _not_allowed() -> Refusal:
    return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "records are sent by POST, the rest is GET")


def _inflated(data: bytes, largest: int) -> bytes:
    """What gzip compressed, in one member or several; a byte more than the largest at most.

    Raises:
        Refusal: it is not what gzip writes.
    """
    body = bytearray()
    try:
        while data and len(body) <= largest:
            member = zlib.decompressobj(wbits=31)
            body += member.decompress(data, largest + 1 - len(body))
            if len(body) <= largest and not member.eof:
                raise bad_request("the body is not what gzip writes")
            data = member.unused_data
    except zlib.error:
        raise bad_request("the body is not what gzip writes") from None
    return bytes(body)

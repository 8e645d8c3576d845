"""The service as an ASGI application: requests in, answers out."""

from __future__ import annotations

import asyncio
import logging
import re
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving import inference, openapi, rest
from pmml_pipeline.serving.answer import Answer, Headers, answer
from pmml_pipeline.serving.asgi import Gone, Receive, Scope, Send, joined, lifespan, sent
from pmml_pipeline.serving.descriptions import described_models, metadata, states
from pmml_pipeline.serving.model_store import ModelStore
from pmml_pipeline.serving.refusal import Refusal, bad_request
from pmml_pipeline.serving.target import Target, target_of

LOG = logging.getLogger("pmml_pipeline.serving")

DOCUMENT_HEADER = b"x-document-sha256"  # which document gave the score
_ENCODING, _IDENTITY = b"content-encoding", b"identity"
_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_DIGITS = re.compile(rb"[0-9]{1,12}")
# A body of so many bytes and values is scored without going to another thread.
_INLINE, _FEW = 1 << 14, 200
_DRAINED = 16  # times the largest body that is passed over before it is refused
_PATHS, _SHORT = 1024, 256  # paths that are kept as they were read, and their longest
# The paths that name no model.
_OF_ALL = frozenset({"/v1/models", "/openapi.json", "/v2", "/v2/health/live", "/v2/health/ready"})
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
        self._threads = ThreadPoolExecutor(self._limits.concurrent, "pmml-pipeline scoring")

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
            route = _routed(scope["raw_path"], scope.get("root_path", ""))
            if scope["method"] == "POST":
                found = await self._posted(route, headers, receive, added)
            elif scope["method"] in ("GET", "HEAD"):
                found = answer(self._told(route))
            else:
                raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "use GET or POST")
        except Refusal as refusal:
            found = answer(refusal.body, refusal.status, _MORE.get(refusal.status, ()))
        except Gone:
            return
        except Exception:  # a fault of the service: logged with its trace, and never told
            LOG.exception("a request to %s failed", scope["path"])
            found = _FAILED
        await sent(found, added, send)

    async def _posted(
        self,
        route: Route,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        added: list[tuple[bytes, bytes]],
    ) -> Answer:
        """The answer to a POST, which is a request for scores."""
        verb, target, limits = route.verb, route.target, self._limits
        if verb is None or target is None:
            raise _not_allowed()
        scorer = target.scorer(self._store.live)
        added.append((DOCUMENT_HEADER, scorer.sha256.encode()))
        if inference.JSON_LENGTH in headers:
            verb = _with_binary(verb, headers[inference.JSON_LENGTH])
        encoding = _encoding(headers[_ENCODING]) if _ENCODING in headers else _IDENTITY
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            body = message.get("body", b"")
        else:
            body = await joined(message, receive, limits.body, _DRAINED * limits.body)
        if encoding is not _IDENTITY or len(body) > limits.body:
            body = await self._opened(body, encoding)
        if len(body) <= _INLINE and body.count(b",") <= _FEW:
            return verb(scorer, body, limits.rows)
        return await self._scored(partial(verb, scorer, body, limits.rows))

    def _told(self, route: Route) -> dict[str, Any]:
        """The answer to a GET."""
        models, target = self._store.live, route.target
        if target is None:
            return self._told_of_all(route.path)
        if route.verb is not None:
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

    def _told_of_all(self, path: str) -> dict[str, Any]:
        """What is told of the server and of all its models."""
        match path:
            case "/v1/models":
                return described_models(self._store.live)
            case "/openapi.json":
                return openapi.of_all(self._store.live)
            case "/v2":
                return inference.server()
            case "/v2/health/ready" if not self._store.ready:
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the models are being loaded")
            case "/v2/health/ready":
                return {"ready": True}
        return {"live": True}

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

    async def _scored(self, work: Callable[[], Answer]) -> Answer:
        """The answer to a large request, computed beside the event loop.

        Raises:
            Refusal: there are too many of them, or as the work does.
        """
        if self._computing >= self._limits.concurrent:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests at once")
        self._computing += 1
        try:
            return await self._beside(work)
        finally:
            self._computing -= 1

    async def _opened(self, body: bytes, encoding: bytes) -> bytes:
        """The bytes of a body that is compressed or too large.

        Raises:
            Refusal: there are too many, or gzip did not write them.
        """
        largest = self._limits.body
        if encoding is not _IDENTITY and len(body) <= largest:
            body = await self._beside(partial(_inflated, body, largest))
        if len(body) > largest:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {largest} bytes"
            )
        return body

    async def _beside(self, work: Callable[[], _T]) -> _T:
        """What the work gives, which is done in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


_MORE: dict[HTTPStatus, Headers] = {
    HTTPStatus.TOO_MANY_REQUESTS: ((b"retry-after", b"1"),),
    HTTPStatus.METHOD_NOT_ALLOWED: ((b"allow", b"GET, POST"),),
}
_FAILED = answer(
    {"error": "the service failed; its log says why"}, HTTPStatus.INTERNAL_SERVER_ERROR
)


class Route(NamedTuple):
    """What a path asks for.

    Attributes:
        path: as it was sent, not decoded, below that of the application.
        target: the model that it names; None when it is one of those that name none.
        verb: what is computed; None when nothing is.
    """

    path: str
    target: Target | None
    verb: Verb | None


def _route(raw: bytes, root: str) -> Route:
    """What a path asks for.

    Args:
        raw: as it was sent, with its query.
        root: where the application is.

    Raises:
        Refusal: there is nothing.
    """
    path = raw.partition(b"?")[0].decode("latin-1").removeprefix(root)
    if path in _OF_ALL:
        return Route(path, None, None)
    target = target_of(path)
    return Route(path, target, _VERBS.get(target.verb))


_kept = lru_cache(_PATHS)(_route)


def _routed(raw: bytes, root: str) -> Route:
    return _kept(raw, root) if len(raw) <= _SHORT else _route(raw, root)


def _encoding(sent: bytes) -> bytes:
    """How the body is compressed.

    Raises:
        Refusal: in a way that is not known.
    """
    encoding = sent.strip().lower()
    if encoding == _IDENTITY:
        return _IDENTITY
    if encoding != b"gzip":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip or identity"
        )
    return encoding


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

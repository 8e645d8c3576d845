"""The service as an ASGI application: requests in, answers out."""

from __future__ import annotations

import json
import logging
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pmml_pipeline.scorer import Scorer
from pmml_pipeline.serving import rest
from pmml_pipeline.serving.descriptions import described_models, metadata, states
from pmml_pipeline.serving.model_store import ModelStore
from pmml_pipeline.serving.refusal import Refusal, bad_request
from pmml_pipeline.serving.target import Target, target_of
from pmml_pipeline.store.artifact import DOCUMENT

LOG = logging.getLogger("pmml_pipeline.serving")

DOCUMENT_HEADER = "X-Document-SHA256"  # which document gave the score
_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
# A body of so many bytes and values is scored without going to another thread.
_INLINE, _FEW = 1 << 14, 200
_DRAINED = 16  # times the largest body that is passed over before it is refused
_VERBS: dict[str, Callable[[Scorer, bytes, int], dict[str, Any]]] = {
    ":predict": rest.predict,
    ":classify": rest.classify,
    ":regress": rest.regress,
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


def application(store: ModelStore, limits: Limits | None = None) -> Starlette:
    """An application that answers for the models of a store.

    Args:
        store: opened with ``everything``; it stays open when the application ends.
        limits: of requests.
    """
    return Starlette(routes=[Route("/{path:path}", _Api(store, limits or Limits()))])


class _Api:
    def __init__(self, store: ModelStore, limits: Limits) -> None:
        self._store, self._limits = store, limits
        self._computing = 0  # only the event loop counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers: dict[str, str] = {}
        try:
            status, answer = HTTPStatus.OK, await self._answer(request, headers)
        except Refusal as refusal:
            status, answer = refusal.status, refusal.body
            if status is HTTPStatus.TOO_MANY_REQUESTS:
                headers["Retry-After"] = "1"
            elif status is HTTPStatus.METHOD_NOT_ALLOWED:
                headers["Allow"] = "GET, POST"
        except ClientDisconnect:
            return
        except Exception:  # a fault of the service: logged with its trace, and never told
            LOG.exception("a request to %s failed", scope["path"])
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            answer = {"error": "the service failed; its log says why"}
        id_ = request.headers.get("x-request-id")
        if id_ is not None and _ID.fullmatch(id_):
            headers["X-Request-Id"] = id_
        text = json.dumps(answer, ensure_ascii=False) + "\n"
        # Half of a character, which JSON can bring, has no UTF-8.
        body = text.encode("utf-8", "replace")
        await Response(body, status, headers, "application/json")(scope, receive, send)

    async def _answer(self, request: Request, headers: dict[str, str]) -> dict[str, Any]:
        get = request.method in ("GET", "HEAD")
        if not get and request.method != "POST":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "use GET or POST")
        path = request.scope.get("raw_path", b"").split(b"?")[0].decode("latin-1")
        models = self._store.live
        match path:
            case "/v2/health/live":
                return _checked(get, {"live": True})
            case "/v2/health/ready":
                if not self._store.ready:
                    raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the models are being loaded")
                return _checked(get, {"ready": True})
            case "/v1/models":
                return _checked(get, described_models(models))
        target = target_of(path)
        verb = _VERBS.get(target.verb)
        _checked(get == (verb is None), {})
        if verb is not None:
            scorer = target.scorer(models)
            assert scorer.artifact is not None  # a store has nothing else
            headers[DOCUMENT_HEADER] = scorer.artifact.manifest.files[DOCUMENT].sha256
            return await self._scored(verb, scorer, await self._body(request))
        if target.verb:
            return metadata(target.scorer(models))
        return self._states(target)

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

    async def _scored(
        self,
        verb: Callable[[Scorer, bytes, int], dict[str, Any]],
        scorer: Scorer,
        body: bytes,
    ) -> dict[str, Any]:
        if len(body) <= _INLINE and body.count(b",") <= _FEW:
            return verb(scorer, body, self._limits.rows)
        if self._computing >= self._limits.concurrent:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests at once")
        self._computing += 1
        try:
            return await run_in_threadpool(verb, scorer, body, self._limits.rows)
        finally:
            self._computing -= 1

    async def _body(self, request: Request) -> bytes:
        """The bytes of the body, decompressed.

        Raises:
            Refusal: there are too many, or they are compressed in a way that is not known.
        """
        largest = self._limits.body
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):
            raise Refusal(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip or identity"
            )
        body = bytearray()
        passed = 0
        async for chunk in request.stream():
            passed += len(chunk)
            if passed <= largest:
                body += chunk
            # Most clients read no answer before they have sent everything.
            elif passed > _DRAINED * largest:
                break
        if encoding == "gzip" and passed <= largest:
            body = await run_in_threadpool(_inflated, bytes(body), largest)
        if passed > largest or len(body) > largest:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {largest} bytes"
            )
        return bytes(body)


def _inflated(data: bytes, largest: int) -> bytearray:
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
    return body


def _checked(method: bool, answer: dict[str, Any]) -> dict[str, Any]:
    if not method:
        raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "records are sent by POST, the rest is GET")
    return answer

"""Requests that are wrong on purpose: never a 5xx, never the end of the service."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

import pytest

from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN
from .services import EACH, Service, started

PREDICT = "/v1/models/loans:predict"
BODY = b'{"instances": [{"age": 20, "home": "rent"}, {"age": 1e3}], "partial": true}'
REQUESTS = 1_500
PIECES = (
    *(b"\r\n", b"\x00", b"\xff", b" ", b"%2e%2e", b"../", b"//", b":", b"\r\n\r\n", b"HTTP/9.9"),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 9999999999999999\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"),
    b"Content-Encoding: gzip\r\n",
    *(b"{", b"[", b'"', b"NaN", b"1e999", b"-", b"\\ud800", b"null", b"[" * 5_000, b"9" * 5_000),
    *(b"A: " + b"b" * 9_000 + b"\r\n", b"C: d\r\n" * 300),
)  # fmt: skip


@pytest.fixture(scope="module", params=EACH)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Each service in turn."""
    folder = tmp_path_factory.mktemp("store")
    publish_document(folder, "loans", DOCUMENT, GOLDEN, certificate(["compiled", "jpmml"]))
    with started(request.param, folder) as running:
        yield running


def sent(port: int, request: bytes) -> bytes:
    """What comes back before the other side has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.3) as connection:
        received = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        except OSError:  # closed, or waits for more than comes
            pass
        return received


def mutated(random_: random.Random) -> bytes:
    """A request with some bytes put in, taken out or changed."""
    head = (
        f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\n"
        f"Content-Length: {len(BODY)}\r\nConnection: close\r\n\r\n"
    )
    data = bytearray(head.encode() + BODY)
    for _ in range(random_.choice((1, 1, 1, 2, 5))):
        place = random_.randrange(len(data))
        match random_.randrange(4):
            case 0:
                data[place] = random_.randrange(256)
            case 1:
                del data[place : place + random_.randrange(1, 20)]
            case _:
                data[place:place] = random_.choice(PIECES)
    return bytes(data)


def test_mutated_requests_are_answered_or_refused(service: Service) -> None:
    random_ = random.Random(20261125)
    answers: dict[bytes, int] = {}
    for _ in range(REQUESTS):
        request = mutated(random_)
        received = sent(service.port, request)
        status = received[9:10] if received.startswith(b"HTTP/1.1 ") else b"closed"
        answers[status] = answers.get(status, 0) + 1
        assert status != b"5", (request, received)
        assert service.process.poll() is None
    assert answers[b"2"] > REQUESTS / 50
    assert answers[b"4"] > REQUESTS / 10
    assert service.post(PREDICT, {"instances": [{"age": 20}]}).status == 200


def test_connections_that_are_cut_leave_nothing_behind(service: Service) -> None:
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    for length in range(0, len(head) + len(BODY), 3):
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall((head + BODY)[:length])
    assert service.post(PREDICT, {"instances": [{"age": 20}]}).status == 200

"""Clients that send slowly, many at once."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ..artifacts import certificate, publish_document
from ..cli.sample import DOCUMENT, GOLDEN
from ..java import bridge
from ..java.newer import newer_java
from .services import Service, started

pytestmark = bridge.needs_maven
PREDICT = "/v1/models/loans:predict"
BODY = b'{"instances": [{"age": 20}]}'
HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (PREDICT.encode(), len(BODY))

# On Java 17 a slow client keeps a thread, on 21 and newer it does not.
JAVAS = {"java": 200, "newer java": 2500}  # the pool that Java 17 has is of 2,000


@pytest.fixture(params=JAVAS)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Service, int]]:
    """A service and how many slow clients it has to bear."""
    proof = certificate(["compiled", "jpmml"])
    publish_document(tmp_path, "loans", DOCUMENT, GOLDEN, proof)
    java = "java" if request.param == "java" else newer_java()
    if java is None:
        pytest.skip("no Java of 21 or newer is here (set JAVA_NEWER_HOME)")
    with started("java", tmp_path, "--concurrent", "5000", java=java) as service:
        yield service, JAVAS[request.param]


def test_slow_clients_keep_nobody_from_being_answered(running: tuple[Service, int]) -> None:
    service, many = running
    with ExitStack() as open_:
        slow = []
        for _ in range(many):
            connection = open_.enter_context(
                socket.create_connection(("127.0.0.1", service.port), timeout=60)
            )
            connection.sendall(HEAD + BODY[:5])
            slow.append(connection)
        times = []
        for _ in range(20):
            start = time.perf_counter()
            assert service.post(PREDICT, BODY).status == 200
            times.append(time.perf_counter() - start)
        assert sorted(times)[10] < 1, times
        # And all of them are answered once they have sent the rest.
        for connection in slow:
            connection.sendall(BODY[5:])
        for connection in slow:
            assert connection.recv(12) == b"HTTP/1.1 200"

"""The services that answer TensorFlow Serving's REST, started as people start them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from ..cli.sample import COMMAND, environment
from ..java import bridge

POLL = 0.1  # seconds between two looks at the store


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP's.
        headers: by name in lower case.
        body: the JSON, NaN and the infinities included.
    """

    status: int
    headers: Mapping[str, str]
    body: Any


class Service:
    """A running service."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; a body that is not bytes is sent as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, path, data, dict(headers or {}))
            response = connection.getresponse()
            text = response.read()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, json.loads(text) if text else None)
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        """The answer to a GET."""
        return self.call("GET", path)

    def post(self, path: str, body: object) -> Answer:
        """The answer to a POST."""
        return self.call("POST", path, body)

    def until(self, path: str, done: Callable[[Answer], bool], seconds: float = 30) -> Answer:
        """The first answer to a GET that is as it should be."""
        end = time.monotonic() + seconds
        while True:
            answer = self.get(path)
            if done(answer):
                return answer
            assert time.monotonic() < end, answer
            time.sleep(0.02)


def _java(store: Path, *options: str, java: str = "java") -> list[str]:
    bridge.built()
    return [
        java,
        "-Xmx1g",
        "-cp",
        bridge.class_path("jpmml", command="server"),
        "pmmlpipeline.bridge.server.Main",
        str(store),
        *(() if "--port" in options else ("--port", "0")),
        *("--poll", str(POLL), *options),
    ]


def _python(store: Path, *options: str) -> list[str]:
    return [
        *COMMAND,
        *("serve", "--artifacts", str(store)),
        *(() if "--port" in options else ("--port", "0")),
        *("--poll", str(POLL), *options),
    ]


# What a service is started with, by its name.
SERVICES: Mapping[str, Callable[..., list[str]]] = {"java": _java, "python": _python}
# For a fixture that has each of them in turn.
EACH = (pytest.param("java", marks=bridge.needs_maven), "python")


@contextmanager
def started(name: str, store: Path, *options: str, **how: str) -> Iterator[Service]:
    """A service of a store, ready to answer, and ended afterwards."""
    process = subprocess.Popen(
        SERVICES[name](store, *options, **how),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
        assert found, line
        service = Service(process, int(found[1]))
        service.until("/v2/health/ready", lambda answer: answer.status == 200)
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

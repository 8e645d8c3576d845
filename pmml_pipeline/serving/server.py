"""Runs the application on a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from pmml_pipeline.errors import ServiceError
from pmml_pipeline.serving.asgi import App

BACKLOG = 1024
DRAIN_S = 30


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: the address.
        port: 0 for any free one.

    Raises:
        ServiceError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        found.close()
        raise ServiceError(
            f"cannot listen on {host}:{port} ({error})",
            "choose another port, or end what listens there",
        ) from None
    return found


def run(app: App, listening: socket.socket, said: Callable[[str], None]) -> None:
    """Answers until a signal ends the process: what is there is answered first.

    Args:
        app: the application.
        listening: the socket.
        said: is told where it listens.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        h11_max_incomplete_event_size=1 << 16,
    )
    host, port = listening.getsockname()[:2]
    said(f"listening on http://{host}:{port}")
    uvicorn.Server(config).run(sockets=[listening])

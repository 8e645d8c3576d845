"""Parses the JSON of a request and answers a constant, on the server that the service runs on.

``python -m benchmarks.servers.constant``: what any service of that kind costs that does nothing.
"""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from pmml_pipeline.serving.answer import answer
from pmml_pipeline.serving.asgi import Receive, Scope, Send, joined, sent
from pmml_pipeline.serving.server import listen, run

# As long as an answer of the service.
CONSTANT = {
    "predictions": [
        {
            "Status": "good",
            "probability(bad)": 0.14230932520582273,
            "probability(good)": 0.8576906747941773,
        }
    ]
}
_MOST = 10 << 20


async def constant(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers one request."""
    message = await receive()
    request: dict[str, Any] = msgspec.json.decode(
        await joined(message, receive, _MOST, _MOST) if message["more_body"] else message["body"]
    )
    assert request["instances"]
    await sent(answer(CONSTANT), (), send)


def main() -> None:
    """Listens until a signal ends it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with listen("127.0.0.1", given.port) as listening:
        run(constant, listening, lambda text: print(text, flush=True))


if __name__ == "__main__":
    main()

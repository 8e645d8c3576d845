"""MLServer, as light as it can be: one process, no workers behind it, no metrics.

``python mlserver_light.py FOLDER PORT`` in the environment of ``peers-serving.txt``.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def main(folder: str, port: int) -> None:
    """Becomes MLServer."""
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": _free(),
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "debug": False,
        "use_structured_logging": False,
    }
    (Path(folder) / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    command = str(Path(sys.executable).with_name("mlserver"))
    os.execv(command, [command, "start", folder])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

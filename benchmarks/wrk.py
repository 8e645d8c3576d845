"""Load from ``wrk`` (https://github.com/wg/wrk), and what it has to say."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_SOCKETS = r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)"
# Bodies in turn. A long bracket of Lua takes JSON as it is.
_SCRIPT = """
local bodies = {{ {bodies} }}
local next = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  next = next % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[next])
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load.

    Attributes:
        rate: answers in a second.
        median: milliseconds.
        high: milliseconds that 99 of 100 requests took at most.
        failed: answers that were errors, and connections that were lost.
    """

    rate: float
    median: float
    high: float
    failed: int


def available() -> bool:
    """Whether there is ``wrk``."""
    return shutil.which("wrk") is not None


def load(url: str, bodies: Sequence[str], connections: int, seconds: float) -> Load:
    """Sends requests as fast as they are answered.

    Args:
        url: that they are posted to.
        bodies: that are sent in turn.
        connections: how many wait for an answer at a time.
        seconds: how long, a whole number.
    """
    listed = ", ".join(f"[==[{body}]==]" for body in bodies)
    with tempfile.TemporaryDirectory(prefix="pmml-bench-") as folder:
        script = Path(folder) / "post.lua"
        script.write_text(_SCRIPT.format(bodies=listed), encoding="utf-8")
        options = ("-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-s", str(script))
        done = subprocess.run(["wrk", *options, url], capture_output=True, text=True, check=True)
    return parsed(done.stdout)


def parsed(text: str) -> Load:
    """What ``wrk`` printed."""

    def number(pattern: str) -> float:
        found = re.search(pattern, text)
        if found is None:
            raise ValueError(f"wrk said nothing of {pattern!r}: {text}")
        return float(found[1]) * (_UNITS[found[2]] if found.re.groups > 1 else 1)

    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    sockets = re.search(_SOCKETS, text)
    failed = int(errors[1]) if errors else 0
    failed += sum(map(int, sockets.groups())) if sockets else 0
    return Load(
        rate=number(r"Requests/sec:\s+([\d.]+)"),
        median=number(r"50%\s+([\d.]+)(us|ms|s|m)"),
        high=number(r"99%\s+([\d.]+)(us|ms|s|m)"),
        failed=failed,
    )

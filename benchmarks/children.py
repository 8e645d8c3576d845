"""A child process that answers lines of JSON with lines of JSON."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# One thread everywhere, whatever a library would take by itself.
ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
}


class ChildError(Exception):
    """A child process did not answer."""


class TooLateError(ChildError):
    """It has not answered yet."""


class Child:
    """The process; use it in a ``with`` statement.

    Args:
        command: what to run, in the root of the repository.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # A pipe that nobody reads would fill up.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "PYTHONWARNINGS": "ignore"},
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def ask(self, question: Any, limit: float) -> Any:
        """The answer to a question; without one, what it says first.

        Raises:
            TooLateError: there is none within ``limit`` seconds.
            ChildError: the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if question is not None:
            try:
                self._process.stdin.write(json.dumps(question) + "\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                raise ChildError(self._ended()) from None
        ready, _, _ = select.select([self._process.stdout], [], [], limit)
        if not ready:
            raise TooLateError(f"no answer within {limit:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise ChildError(self._ended())
        return json.loads(line)

    def _ended(self) -> str:
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return f"its process ended with {code}: {lines[-1] if lines else 'it said nothing'}"[:300]

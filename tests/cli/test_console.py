"""What is seen on a terminal, tried on a real one; and memory that does not grow with the file."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from pmml_pipeline.cli import console
from pmml_pipeline.cli.records import CHUNK_ROWS, Chunk, Wanted
from pmml_pipeline.cli.text_sources import CsvSource, JsonLinesSource
from pmml_pipeline.schema import InputField
from tests.cli.sample import COMMAND, environment

WANTED = Wanted(
    inputs=(
        InputField("age", "double", "continuous", True),
        InputField("home", "string", "categorical", False),
    )
)


def test_progress_is_shown_on_a_terminal_while_it_waits(store: Path) -> None:
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*COMMAND, "score", str(store / "loans")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment({"TERM": "xterm", "COLUMNS": "100"}),
    )
    os.close(theirs)
    assert child.stdin is not None
    child.stdin.write(b"age,home\n" + b"40,own\n" * (CHUNK_ROWS + 1))
    child.stdin.flush()
    # The first chunk is scored and more is awaited; this ends only when that has been shown.
    seen = b""
    while not (b"scoring" in seen and f"{CHUNK_ROWS:,} rows".encode() in seen):
        part = _read(ours)
        assert part, seen
        seen += part
    child.stdin.close()
    while part := _read(ours):
        seen += part
    os.close(ours)
    assert child.wait(timeout=60) == 0
    assert f"{CHUNK_ROWS + 1:,} rows, 0 with errors".encode() in seen


def _read(terminal: int) -> bytes:
    """What is there next; nothing at the end."""
    ready, _, _ = select.select([terminal], [], [], 60)
    assert ready, "nothing was written for a minute"
    try:
        return os.read(terminal, 4096)
    except OSError:  # how the end of a terminal looks
        return b""


def test_a_meter_that_ends_soon_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with console.Meter("quick", 10) as meter:
        meter.update(5, "half")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("form", [CsvSource, JsonLinesSource])
def test_memory_is_that_of_a_chunk(form: type[CsvSource] | type[JsonLinesSource]) -> None:
    line = {CsvSource: b"40.125,own\n", JsonLinesSource: b'{"age": 40.125, "home": "own"}\n'}[form]
    heading = b"age,home\n" if form is CsvSource else b""

    def peak(chunks: int) -> int:
        file = _Repeated(heading, line, chunks * CHUNK_ROWS)
        tracemalloc.start()
        rows = sum(chunk.rows for chunk in _chunks(form, file))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows == chunks * CHUNK_ROWS
        return used

    assert peak(12) < 1.5 * peak(3)


def _chunks(form: type[CsvSource] | type[JsonLinesSource], file: _Repeated) -> list[Chunk]:
    source = form(io.BufferedReader(file), "a file", None, WANTED)
    seen = []
    for chunk in source.chunks():
        assert chunk.columns["home"][-1] == "own"
        seen.append(Chunk(chunk.rows, {}, {}))
    return seen


class _Repeated(io.RawIOBase):
    """A file with a heading and then one line again and again, which is nowhere in memory."""

    def __init__(self, heading: bytes, line: bytes, lines: int) -> None:
        self._parts = [heading, *[line * 64] * (lines // 64)]
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._left and self._parts:
            self._left = self._parts.pop(0)
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (906_262, "906 kB"), (1.2e6, "1.2 MB")],
)
def test_sizes(count: float, text: str) -> None:
    assert console.size(count) == text


def test_text_that_would_steer_the_terminal_is_escaped() -> None:
    assert console.safe("a\x1b[31mb\u202ec\n数据") == "a\\x1b[31mb\\u202ec\n数据"


def test_a_warning_is_one_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    import warnings

    from pmml_pipeline.errors import PmmlPipelineWarning

    with console.warnings_as_lines():
        for _ in range(2):
            warnings.warn("two\nlines", PmmlPipelineWarning, stacklevel=1)
        warnings.warn("of a library", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == (
        "warning: two lines\nwarning: of a library (RuntimeWarning)\n"
    )

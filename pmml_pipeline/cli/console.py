"""What the commands share on the terminal: lines, tables, progress.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress
    from rich.table import Table

PATIENCE = 1.0  # seconds of silence before progress is shown
_PIPED_WIDTH = 200  # columns of a table that nobody's terminal limits


def _console(stderr: bool) -> Console:
    from rich.console import Console

    class Quiet(Console):
        """Leaves a closed pipe to the commands' own handling."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPED_WIDTH
    # Field names come from files: square brackets and :names: in them mean nothing.
    return Quiet(stderr=stderr, markup=False, emoji=False, highlight=False, width=width)


def show(*parts: RenderableType) -> None:
    """Writes text, tables or trees to standard output."""
    out = _console(stderr=False)
    for part in parts:
        if isinstance(part, str):
            out.print(safe(part), soft_wrap=True)
        else:
            out.print(part)


def show_json(data: Any) -> None:
    """Writes plain JSON to standard output."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def note(text: str) -> None:
    """Writes a line to standard error."""
    _line("", text, "")


def warning(text: str) -> None:
    """Writes a warning to standard error, as one line."""
    _line("warning: ", text, "yellow")


def error(text: str) -> None:
    """Writes an error to standard error, as one line."""
    _line("error: ", text, "bold red")


def _line(label: str, text: str, style: str) -> None:
    from rich.text import Text

    line = Text.assemble((label, style), safe(" ".join(text.split("\n"))))
    _console(stderr=True).print(line, soft_wrap=True)


def safe(text: str) -> str:
    """The text without characters that would steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def table(
    *headings: str, rows: Sequence[Sequence[Any]], title: str | None = None
) -> RenderableType:
    """A table under its title. Columns of numbers are aligned right; None is an empty cell."""
    return _titled(_table(headings, rows), title)


def pairs(rows: Mapping[str, Any], title: str | None = None) -> RenderableType:
    """Names and values as a table without headings."""
    made = _table(("", ""), [(name, _text(value)) for name, value in rows.items()])
    made.show_header = False
    return _titled(made, title)


def _table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD)
    for i, heading in enumerate(headings):
        numeric = any(isinstance(row[i], int | float) for row in rows)
        made.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text("" if cell is None else safe(_text(cell))) for cell in row))
    return made


def _titled(made: Table, title: str | None) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    # Not the table's own title, which is wrapped to the width of the table.
    return Group(Text(safe(title), "bold"), made) if title else made


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def count(number: int, noun: str) -> str:
    """A number and what is counted, in the singular or the plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(count: float) -> str:
    """Bytes for a person, in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Shows Python warnings as one line each, the same one once."""
    shown = set()

    def line(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        from pmml_pipeline.errors import PmmlPipelineWarning

        own = issubclass(category, PmmlPipelineWarning)
        text = f"{message}" if own else f"{message} ({category.__name__})"
        if text not in shown:
            shown.add(text)
            warning(text)

    from pmml_pipeline.errors import PmmlPipelineWarning

    with warnings.catch_warnings():
        warnings.simplefilter("always", PmmlPipelineWarning)
        warnings.showwarning = line
        yield


class Meter:
    """Progress on standard error, from the second second on, on terminals only.

    Args:
        what: what is being done.
        total: how much there is to do, in any unit; None when nobody knows.
    """

    def __init__(self, what: str, total: float | None = None) -> None:
        self._what, self._total = what, total
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._done, self._note = 0.0, ""
        self._timer: threading.Timer | None = None
        if sys.stderr.isatty():
            self._timer = threading.Timer(PATIENCE, self._start)
            self._timer.daemon = True

    def update(self, done: float, note: str = "") -> None:
        """How much is done of the total, and what to say beside the bar."""
        with self._lock:
            self._done, self._note = done, note
            self._refresh()

    def __enter__(self) -> Meter:
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._progress is not None:
                self._progress.stop()

    def _start(self) -> None:
        from rich.progress import (
            BarColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        known = (BarColumn(), TimeRemainingColumn()) if self._total else (TimeElapsedColumn(),)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            *known,
            TextColumn("{task.fields[note]}", markup=False),
        )
        with self._lock:
            if self._timer is None:  # it ended while this thread was waking up
                return
            self._progress = Progress(*columns, console=_console(stderr=True), transient=True)
            self._progress.add_task(safe(self._what), total=self._total, note="")
            self._refresh()
            self._progress.start()

    def _refresh(self) -> None:
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(task, completed=self._done, note=self._note)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._start

"""``benchmarks/results.md``: a section for each command, which writes its own anew."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from pmml_pipeline.engines.jvm.java import find_java

RESULTS = Path(__file__).with_name("results.md")
# In the order of the file: the command, and what its section is called.
TITLES = {
    "speed": "Beside every peer",
    "threads": "Two threads beside one",
    "scoring": "The engine pypmml, against pypmml's own calls",
    "loading": "Loading and the first score",
    "linear": "Cost by rows and by trees",
    "memory": "Memory for ten million rows",
    "kernels": "The kernels by themselves",
    "serving": "The online service over HTTP",
    "java": "The Java bridge, beside JPMML-Evaluator alone",
}
# They need wrk and Maven, so they have commands of their own: make bench-serve, make bench-java.
APART = ("serving", "java")
PACKAGES = (
    *("pmml-pipeline", "numpy", "pandas", "scikit-learn", "lightgbm", "xgboost"),
    *("pypmml", "jpmml-evaluator", "jpype1", "sklearn2pmml"),
)
_INTRODUCTION = """# What was measured

Each section is written by the command that it names, and all of them by `make bench`,
`make bench-serve` and `make bench-java`. A figure to reach is met or MISSED.
"""


def show(command: str, lines: Sequence[str], *, keep: bool, path: Path = RESULTS) -> None:
    """Prints a section and, where wanted, writes it into the file.

    Args:
        command: one of ``TITLES``.
        lines: of the section, without its heading.
        keep: whether to write it.
        path: of the file.
    """
    text = "\n".join([f"## {TITLES[command]}", "", *_head(command), "", *lines]).rstrip() + "\n"
    print(text)
    if not keep:
        print("(not written into the results: not everything was measured in full)")
        return
    sections = _sections(path)
    sections[TITLES[command]] = text
    some = [sections[title] for title in TITLES.values() if title in sections]
    path.write_text("\n".join([_INTRODUCTION, *some]), encoding="utf-8")


def _sections(path: Path) -> dict[str, str]:
    """The sections of the file, by title."""
    found: dict[str, str] = {}
    title = ""
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if line.startswith("## "):
            title = line[3:]
            found[title] = ""
        if title:
            found[title] += line + "\n"
    return {title: text.rstrip() + "\n" for title, text in found.items()}


def _head(command: str) -> list[str]:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    load = f"{os.getloadavg()[1]:.1f} processes were running on average in the 5 minutes before"
    return [
        f"`python -m benchmarks.{command}`, {datetime.now(UTC):%Y-%m-%d}. {processor()}, "
        f"{os.cpu_count()} cores, {platform.system()}; {load} the end.",
        f"Python {platform.python_version()}, Java {find_java().version}, {versions}.",
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown. What the cells hold may have line breaks or bars in it."""
    every = [head, ["---"] * len(head), *rows]
    return [
        f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in row)} |"
        for row in every
    ]


def verdict(met: bool) -> str:
    """What is said of a figure."""
    return "met" if met else "MISSED"


def processor() -> str:
    """What the processor calls itself."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

"""Imports go one way, and scoring imports nothing that trains. See docs/architecture.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "pmml_pipeline").rglob("*.py"))

# A part may import those above it, and itself. ``__init__`` is the public face of all of them.
LAYERS = (
    "errors",
    "folders",
    "kernels",
    "document",
    "schema",
    "admission",
    "compiler",
    "engines",
    "frames",
    "sharing",
    "scorer",
    "store",
    "parity",
    "loading",
    "handoff",
    "serving",
    "cli",
)
TRAINING = {"sklearn", "sklearn2pmml", "lightgbm", "xgboost", "converters", "joblib", "pickle"}
# One command exports: it starts the training side when it is called, and not before.
MAY_START_TRAINING = {"pmml_pipeline/cli/export.py", "pmml_pipeline/cli/recipes.py"}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of every import, also of those within functions, but not those for types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def layer(name: str) -> int | None:
    """Position of a module's part among the layers; None for what is not one of them."""
    parts = name.split(".")
    if parts[0] != "pmml_pipeline" or len(parts) < 2 or parts[1] not in LAYERS:
        return None
    return LAYERS.index(parts[1])


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_imports_go_one_way(path: Path) -> None:
    own = layer(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own is None:
        assert path.name == "__init__.py", f"{path} belongs to no layer"
        return
    for line, name in imports(path):
        other = layer(name)
        assert other is None or other <= own, f"line {line} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_scoring_side_imports_nothing_that_trains(path: Path) -> None:
    for line, name in imports(path):
        if named(path) not in MAY_START_TRAINING:
            assert name.split(".")[0] not in TRAINING, f"line {line} imports {name}"


def test_importing_the_package_loads_nothing_that_trains() -> None:
    code = "import sys, pmml_pipeline, pmml_pipeline.loading; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not TRAINING - {"pickle"} & set(done.stdout.split())


def test_names_are_absolute_so_that_the_rules_see_them() -> None:
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        relative = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
        assert not relative, f"{path}, line {relative[0].lineno}"


def test_importing_every_module_loads_nothing_that_trains_and_no_frames() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in FILES
        if path.name != "__main__.py"
    ]
    code = "import sys, importlib\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "print(*sys.modules)", *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert set(modules) <= loaded | {name + ".__init__" for name in loaded}
    assert not {*TRAINING - {"pickle"}, "pandas", "polars", "pyarrow", "jpype", "regex"} & loaded

"""Export recipes: Python files with a function ``export(store)``. The examples are such files."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pmml_pipeline
from pmml_pipeline.errors import PreflightError

PACKAGE = "examples"
NONE_HERE = "none here: they are in the repository, not in the installed package"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Something that can be exported, not yet imported.

    Attributes:
        name: what it is called on the command line.
        path: its file.
        module: its dotted name when it is part of the examples; None for a file of the user's.
    """

    name: str
    path: Path
    module: str | None = None

    def load(self) -> Callable[[str], Any]:
        """Imports the file, which runs it, and gives its ``export``.

        Raises:
            PreflightError: it has no such function.
            Exception: whatever the file itself raises.
        """
        if self.module is not None:
            # First on the path, so that no installed package called "examples" comes before.
            sys.path.insert(0, str(self.path.parent.parent))
            module = importlib.import_module(self.module)
        else:
            module = _import_file(self.path)
        export = getattr(module, "export", None)
        if not callable(export):
            raise PreflightError(
                f"{self.path} has no function export(store)",
                "write one that calls converters.export(..., store=store), as the examples do",
            )
        return export  # type: ignore[no-any-return]


def find(wanted: str) -> Recipe:
    """The recipe of that name or path.

    Raises:
        PreflightError: there is none.
    """
    if wanted.endswith(".py"):
        path = Path(wanted)
        if not path.is_file():
            raise PreflightError(f"there is no file {wanted}", "check the path")
        return Recipe(path.stem, path.resolve())
    known = examples()
    if wanted not in known:
        listed = f"choose one of {', '.join(known)}, or" if known else f"there are {NONE_HERE};"
        raise PreflightError(
            f"there is no example {wanted!r}", f"{listed} give the path of a Python file"
        )
    return known[wanted]


def examples() -> dict[str, Recipe]:
    """The modules with an ``export`` in the examples, by name, none of them imported.

    They are looked for in the current folder, then beside this package, where a checkout has them.
    """
    for root in (Path.cwd(), Path(pmml_pipeline.__file__).resolve().parents[1]):
        folder = root / PACKAGE
        if (folder / "__init__.py").is_file():
            found = {
                path.stem: Recipe(path.stem, path, f"{PACKAGE}.{path.stem}")
                for path in sorted(folder.glob("*.py"))
                if not path.stem.startswith("_") and _has_export(path)
            }
            if found:
                return found
    return {}


def _has_export(path: Path) -> bool:
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return True  # importing it will say what is wrong
    return any(isinstance(node, ast.FunctionDef) and node.name == "export" for node in tree.body)


def _import_file(path: Path) -> ModuleType:
    """Imports a file as Python runs a script: its neighbours can be imported too."""
    # Classes of the file are pickled by the module's name, so the name must lead back to it.
    name = path.stem if path.stem not in sys.modules else f"_recipe_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # the file ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module

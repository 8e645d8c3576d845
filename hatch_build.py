"""Compiles the kernels when the package is built or installed, an editable install included."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelsHook(BuildHookInterface[Any]):
    """See ``pmml_pipeline/kernels/build.py``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel's files are collected."""
        path = Path(self.root) / "pmml_pipeline" / "kernels" / "build.py"
        spec = importlib.util.spec_from_file_location("build_kernels", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        built = module.build()
        build_data["pure_python"] = False
        if not module.portable():
            build_data["infer_tag"] = True
            return
        build_data["artifacts"].extend(str(p.relative_to(self.root)) for p in built)
        # Nothing of Python's is inside, and nothing of the C library newer than 2.17.
        build_data["tag"] = f"py3-none-manylinux_2_17_{module.machine()}"

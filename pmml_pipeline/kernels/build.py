"""Builds the library of kernels from its C sources.

``python pmml_pipeline/kernels/build.py`` does it by hand; installing the package does it too (see
``hatch_build.py``). The compiler is Zig's, which comes in a wheel and needs no headers or compiler
of the machine, so the same sources give the same instructions everywhere. ``PMML_PIPELINE_CC``
names another one.

This file imports nothing of the package: it runs before that is installed.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE / "src" / "score.c"
# -ffp-contract=off: a product and a sum stay two roundings, so that results are the same on every
# machine. Nothing of -ffast-math for the same reason. -falign-loops: where a loop begins is worth a
# tenth of its speed, and would change with code elsewhere.
FLAGS = (
    *("-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-falign-loops=32"),
    *("-shared", "-fPIC", "-Wall", "-Wextra", "-g0"),
)
# A library for each level of vector instructions; the best that the processor has is loaded.
LEVELS = {"x86_64": ("x86_64_v3", "x86_64_v2")}
GENERIC = ("generic",)  # whatever every processor of the family has


def machine() -> str:
    """The processor's family, as in the names of the libraries."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


def library(level: str) -> Path:
    """Where the library for a level is."""
    return HERE / f"kernels-{machine() if level == 'generic' else level}.so"


def levels() -> tuple[str, ...]:
    """The levels of this machine's family, the best first."""
    return LEVELS.get(machine(), GENERIC)


def build() -> list[Path]:
    """Compiles a library for every level of this machine's family.

    Raises:
        RuntimeError: there is no compiler, or it failed; says what to do.
    """
    built = []
    with tempfile.TemporaryDirectory(prefix="pmml-pipeline-kernels-") as cache:
        environment = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache, **os.environ}
        for level in levels():
            target = library(level)
            part = target.with_suffix(f".{os.getpid()}.part")
            command = [*compiler(level), *FLAGS, str(SOURCE), "-o", str(part), "-lm", "-lpthread"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{shlex.join(command)} failed:\n{done.stderr[-4000:]}")
            part.replace(target)  # a process that has the old one open keeps it
            built.append(target)
    return built


def compiler(level: str) -> list[str]:
    """The command that compiles for a level.

    Raises:
        RuntimeError: there is none.
    """
    if given := os.environ.get("PMML_PIPELINE_CC"):
        return [*shlex.split(given), *([] if level == "generic" else [_march(level)])]
    if importlib.util.find_spec("ziglang"):
        target = f"{machine()}-linux-gnu.2.17"
        zig = [sys.executable, "-m", "ziglang", "cc"]
        if portable():
            zig += ["-target", target]
        return [*zig, *([] if level == "generic" else [f"-mcpu={level}"])]
    raise RuntimeError(
        "the kernels need a C compiler to be built: pip install ziglang, or name one in "
        "PMML_PIPELINE_CC (gcc 12 or clang 15, or newer)"
    )


def portable() -> bool:
    """Whether what is built runs on any Linux with a C library of 2.17 or newer."""
    zig = importlib.util.find_spec("ziglang") and not os.environ.get("PMML_PIPELINE_CC")
    return bool(zig) and sys.platform == "linux" and not _musl()


def _march(level: str) -> str:
    return f"-march={level.replace('x86_64', 'x86-64').replace('_v', '-v')}"


def _musl() -> bool:
    return "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "")


if __name__ == "__main__":
    for path in build():
        print(path)

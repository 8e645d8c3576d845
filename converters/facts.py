"""Training facts: where, with what and on how much a model was trained."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any


def training_facts(
    packages: Sequence[str],
    libraries: Mapping[str, str],
    rows: int,
    held_out_rows: int,
    device: str,
) -> dict[str, Any]:
    """The ``training`` part of the manifest.

    Args:
        packages: distributions that decide the predictions.
        libraries: versions of the Java libraries that converted, where no package has them.
        rows: how many the model was trained on.
        held_out_rows: how many others were given for the metrics; 0 where training rows stand in.
        device: what it was trained on, ``cpu`` or the library's own word.
    """
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": device,
        "packages": {
            **_versions((*packages, "numpy", "pandas", "sklearn2pmml", "pmml-pipeline")),
            **libraries,
        },
        "rows": rows,
        "held_out_rows": held_out_rows,
    }
    revision = _revision()
    if revision is not None:
        facts["revision"] = revision
    return facts


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in dict.fromkeys(packages):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # a library that is not installed took no part
    return found


def _revision() -> str | None:
    """The source revision of the folder that training runs in, marked when it has changes."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            cwd=Path.cwd(),
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no git, or not usable: the manifest then names no revision
    return done.stdout.strip() or None

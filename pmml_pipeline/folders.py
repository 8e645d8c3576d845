"""Where the package keeps what it can fetch or make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The cache, as the environment places it; it need not exist yet.

    ``PMML_PIPELINE_CACHE``, or else a folder in ``XDG_CACHE_HOME``, or in ``~/.cache``.

    Raises:
        RuntimeError: none of them says where, and this user has no home.
    """
    if own := os.environ.get("PMML_PIPELINE_CACHE"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "pmml-pipeline"
    return Path.home() / ".cache" / "pmml-pipeline"

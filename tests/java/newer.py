"""A Java of 21 or newer, where this machine has one beside the one that builds."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

LEAST = 21


@cache
def newer_java() -> str | None:
    """The newest such java; ``None`` where there is none.

    It is looked for in ``JAVA_NEWER_HOME`` and where Debian and its relatives have them.
    """
    homes = [Path(os.environ["JAVA_NEWER_HOME"])] if "JAVA_NEWER_HOME" in os.environ else []
    homes += sorted(Path("/usr/lib/jvm").glob("*/"))
    found = {}
    for home in homes:
        java = home / "bin" / "java"
        if java.is_file():
            done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
            version = re.search(r'version "(\d+)', done.stderr)
            if version and int(version[1]) >= LEAST:
                found[int(version[1])] = str(java)
    return found[max(found)] if found else None

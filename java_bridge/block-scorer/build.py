"""Builds pmml_pipeline/engines/jvm/block-scorer.jar from its one Java source file.

The jar is committed, so that installing needs no compiler; the same source gives the same bytes
(fixed dates, stored order), and ``tests/engines/test_block_scorer_jar.py`` checks that they agree.
Run: ``make block-scorer`` (needs javac 11 or newer).
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "src" / "pmmlpipeline" / "blocks" / "BlockScorer.java"
JAR = HERE.parents[1] / "pmml_pipeline" / "engines" / "jvm" / "block-scorer.jar"
RELEASE = "11"  # the oldest Java that JPMML-Evaluator 1.7 runs on


def source_digest() -> str:
    """SHA-256 of the source, kept in the jar so that a stale jar is noticed without a compiler."""
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()


def build(target: Path = JAR, javac: str = "javac") -> None:
    """Compiles the source and writes the jar."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [javac, "--release", RELEASE, "-g:none", "-d", folder, str(SOURCE)], check=True
        )
        manifest = f"Manifest-Version: 1.0\nSource-SHA-256: {source_digest()}\n\n"
        entries = {"META-INF/MANIFEST.MF": manifest.encode()}
        for path in sorted(Path(folder).rglob("*.class")):
            entries[path.relative_to(folder).as_posix()] = path.read_bytes()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as jar:
            for name, data in entries.items():
                info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                jar.writestr(info, data)


if __name__ == "__main__":
    build()
    sys.stdout.write(f"{JAR.name}: {JAR.stat().st_size} bytes\n")

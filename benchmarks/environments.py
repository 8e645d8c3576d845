"""The environments of the peers, which are no dependencies of the project.

``python -m benchmarks.environments`` (``make bench-peers``) makes them; so does the first benchmark
that needs one. What is in them is in ``peers.txt`` and ``peers-lleaves.txt``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.case import BUILD

HERE = Path(__file__).parent
OWN, PEERS, LLEAVES, SERVING = "own", "peers", "lleaves", "serving"
PINS = {
    PEERS: HERE / "peers.txt",
    LLEAVES: HERE / "peers-lleaves.txt",
    SERVING: HERE / "peers-serving.txt",
}
TIME_LIMIT = 900.0


def python_of(name: str) -> Path:
    """The interpreter of an environment, which is made when it is not there or is another one.

    Raises:
        RuntimeError: it cannot be made; says why.
    """
    if name == OWN:
        return Path(sys.executable)
    folder = BUILD / f"venv-{name}"
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = f"{folder}\n{sys.version}\n{PINS[name].read_text(encoding='utf-8')}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(
        f"Installing {PINS[name].name} into {folder}, which takes a minute or two ...", flush=True
    )
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    # Every package is listed, so nothing is resolved.
    options = ("--quiet", "--disable-pip-version-check", "--no-deps")
    _run([str(python), "-m", "pip", "install", *options, "-r", str(PINS[name])])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"not installed within {TIME_LIMIT:.0f} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
        raise RuntimeError(" ".join(lines[-2:] or done.stderr.splitlines()[-2:])[:300])


if __name__ == "__main__":
    failed = 0
    for each in PINS:
        try:
            print(f"{each}: {python_of(each)}")
        except RuntimeError as error:
            failed = 1
            print(f"{each}: cannot be made: {error}")
    sys.exit(failed)

"""The command as a process: its status, its streams, how it starts and how it is stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pmml_pipeline.cli.records import CHUNK_ROWS
from tests import pmml
from tests.cli.sample import COMMAND, environment, expected, run

HEAVY = ("numpy", "pandas", "narwhals", "jpype", "pyarrow", "sklearn", "converters")


def test_help_and_version_cost_nothing_heavy() -> None:
    loaded = {
        name: set(
            subprocess.run(
                [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
                env=environment(),
                capture_output=True,
                check=True,
            )
            .stdout.decode()
            .split()
        )
        for name, code in {
            # The package itself comes first, whatever it imports.
            "package": "import pmml_pipeline",
            "help": "import sys\nsys.argv = ['pmml-pipeline', '--help']\n"
            "from pmml_pipeline.cli import main\n"
            "try: main()\nexcept SystemExit: pass",
        }.items()
    }
    assert "typer" in loaded["help"]
    assert not set(HEAVY) & (loaded["help"] - loaded["package"])


def test_version() -> None:
    import pmml_pipeline

    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"pmml-pipeline {pmml_pipeline.__version__}\n")


@pytest.mark.parametrize(
    "command", ["", "export", "list", "inspect", "score", "verify", "handoff", "doctor"]
)
def test_every_help_has_examples(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    assert f"  pmml-pipeline {command}" in done.stdout.partition("Examples:")[2]


@pytest.mark.parametrize(
    "arguments", [("frobnicate",), ("score",), ("list", "--jsn"), ("score", "x", "--extra", "keep")]
)
def test_wrong_usage_is_a_failure_and_not_rows_with_errors(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert "Usage: pmml-pipeline" in done.stderr
    assert done.stdout == ""


def test_an_expected_error_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    for arguments in (
        ("list", tmp_path / "none"),
        ("inspect", tmp_path / "none"),
        ("verify", tmp_path),
        ("score", tmp_path / "none.pmml"),
    ):
        done = run(*arguments, data=b"")
        assert done.returncode == 1
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""


def test_standard_input_to_standard_output(store: Path) -> None:
    done = run("score", store / "loans", data=b"age,home\n20,rent\n40,own\n")
    assert done.returncode == 0
    label, no, yes = expected(20, "rent")
    assert done.stdout.splitlines()[1] == f"{label},{no!r},{yes!r},"
    assert done.stderr.startswith("2 rows, 0 with errors")


def test_rows_with_errors_have_a_status_of_their_own(store: Path) -> None:
    assert run("score", store / "loans", data=b"age,home\n,own\n").returncode == 2


@pytest.mark.parametrize("what", ["score", "list"])
def test_a_closed_pipe_is_quiet(what: str, store: Path, tmp_path: Path) -> None:
    given = tmp_path / "in.csv"
    given.write_text("age,home\n" + "40,own\n" * (4 * CHUNK_ROWS))
    arguments = {"score": ["score", store / "loans", "-i", given], "list": ["list", store]}[what]
    # A pipe whose reader is gone before the first byte.
    reader, writer = os.pipe()
    os.close(reader)
    child = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert child.returncode == 141
    assert child.stderr == b""


def test_an_interrupt_is_quiet_and_leaves_no_half_file(store: Path, tmp_path: Path) -> None:
    child = subprocess.Popen(
        [*COMMAND, "score", str(store / "loans"), "-o", str(tmp_path / "out.csv")],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert child.stdin is not None
    child.stdin.write(b"age,home\n" + b"40,own\n" * (CHUNK_ROWS + 100))
    child.stdin.flush()
    # The first rows are out and it waits for more: the JVM has started long ago.
    deadline = time.monotonic() + 60
    while not any(p.stat().st_size for p in tmp_path.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)
    assert child.returncode == 130
    assert stderr == b""
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_cannot_show_a_character_stops_nothing(store: Path, tmp_path: Path) -> None:
    # An error of a row is in Chinese and English.
    done = run(
        "score",
        store / "loans",
        data=b"age,home\n40,\xe5\xb1\x8b\n",
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 2
    assert "数据错误 (data error): home: unseen level '屋'" in done.stdout  # data is always UTF-8
    text = pmml.linear(pmml.data_field("屋"), pmml.mining_field("屋"), {"屋": 2.0})
    (tmp_path / "model.pmml").write_bytes(text)
    done = run("inspect", tmp_path / "model.pmml", env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u5c4b" in done.stdout


def test_a_pipe_by_name_can_be_read(store: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "in.csv"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"printf 'age,home\\n40,own\\n' > {pipe}"]):
        done = run("score", store / "loans", "-i", pipe, "-o", "/dev/stdout")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].startswith("yes,")


def test_json_goes_to_standard_output_alone(store: Path) -> None:
    for arguments in (("list", store), ("inspect", store / "loans")):
        done = run(*arguments, "--json")
        assert done.returncode == 0
        assert done.stderr == ""
        json.loads(done.stdout)

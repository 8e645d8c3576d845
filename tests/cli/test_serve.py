"""``serve``: what it says when it cannot start. That it serves is in tests/serving."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pmml_pipeline.cli.app import app


def test_a_store_that_is_not_there_and_a_port_that_is_taken(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["serve", "--artifacts", str(tmp_path / "x"), "--port", "0"])
    assert done.exit_code == 1
    assert "there is no folder" in done.output
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["serve", "--artifacts", str(tmp_path), "--port", port])
    assert done.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.output
    done = CliRunner().invoke(app, ["serve", "--artifacts", str(tmp_path), "--host", "no.such"])
    assert done.exit_code == 1
    assert "cannot listen on no.such:8501" in done.output


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "pmml_pipeline.serving.server", raising=False)
    done = CliRunner().invoke(app, ["serve"])
    assert done.exit_code == 1
    assert "pip install 'pmml-pipeline[serve]'" in done.output

"""``list``: every version, and what cannot be read does not hide the others."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from pmml_pipeline.cli.app import app
from tests.cli.sample import certificate, publish_sample


def list_(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["list", *map(str, arguments)])


def test_every_version_with_its_agreement_and_engines(tmp_path: Path) -> None:
    publish_sample(tmp_path, "b")
    publish_sample(tmp_path, "b", proof=certificate(("jpmml",), tolerance=2e-6))
    artifact = publish_sample(tmp_path, "a")
    done = list_(tmp_path)
    assert done.exit_code == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    size = sum(f.size for f in artifact.manifest.files.values())
    assert [line for line in lines if line.startswith(("a ", "b "))] == [
        f"a 1 2026-01-02 03:04 classification to 10 decimals pypmml, jpmml {size / 1000:.1f} kB",
        f"b 1 2026-01-02 03:04 classification to 10 decimals pypmml, jpmml {size / 1000:.1f} kB",
        "b 2 2026-01-02 03:04 classification not to 10 decimals (tolerance 2e-06) jpmml "
        f"{size / 1000:.1f} kB",
    ]


def test_json(store: Path) -> None:
    done = list_(store, "--json")
    found = json.loads(done.stdout)
    assert [(f["model"], f["version"]) for f in found] == [("loans", 1), ("loans", 2)]
    assert found[0]["engines"] == ["pypmml", "jpmml"]
    assert found[0]["tolerance"] == 1e-10
    assert found[0]["created"] == "2026-01-02T03:04:05Z"


def test_a_model_can_be_listed_alone(store: Path) -> None:
    assert json.loads(list_(store / "loans", "--json").stdout) == json.loads(
        list_(store, "--json").stdout
    )


def test_a_version_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    publish_sample(tmp_path, "a")
    broken = publish_sample(tmp_path, "b")
    publish_sample(tmp_path, "b")
    (broken.root / "manifest.json").write_text('{"format": 1')
    done = list_(tmp_path)
    assert done.exit_code == 1
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "b 1 cannot be read" in lines
    assert sum("to 10 decimals" in line for line in lines) == 2
    assert "is not JSON" in done.stderr
    found = json.loads(list_(tmp_path, "--json").stdout)
    assert "is not JSON" in found[1]["error"]


def test_an_empty_store_is_no_error_and_no_store_is_one(tmp_path: Path) -> None:
    done = list_(tmp_path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "holds no models yet" in done.stderr
    done = list_(tmp_path / "none")
    assert done.exit_code == 1
    assert "there is no folder" in done.stderr
    done = list_("s3://bucket/artifacts")
    assert done.exit_code == 1
    assert "cannot be listed" in done.stderr

"""Each command writes its own section of the results and leaves the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.linear import exponent
from benchmarks.results import show, table


def test_a_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    show("memory", ["old"], keep=True, path=path)
    show("speed", ["### A model", "fast"], keep=True, path=path)
    show("memory", ["new"], keep=True, path=path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# What was measured\n")
    assert text.count("\n## ") == 2
    assert text.index("## Beside every peer") < text.index("### A model") < text.index("## Memory")
    assert "new" in text
    assert "old" not in text


def test_what_was_not_measured_in_full_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.md"
    show("memory", ["some"], keep=False, path=path)
    assert not path.exists()
    assert "some" in capsys.readouterr().out


def test_a_section_says_when_and_where(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    show("kernels", [], keep=True, path=path)
    text = path.read_text(encoding="utf-8")
    assert "`python -m benchmarks.kernels`, 20" in text
    assert "numpy 2." in text


def test_a_table_is_one_whatever_is_in_it() -> None:
    assert table(["a", "b"], [["1|2", "x\ny"]])[2] == "| 1/2 | x y |"


def test_the_exponent_of_a_line_and_of_a_square() -> None:
    assert exponent({n: 3e-6 * n for n in (10, 100, 1_000)}) == pytest.approx(1)
    assert exponent({n: 3e-6 * n**2 for n in (10, 100, 1_000)}) == pytest.approx(2)

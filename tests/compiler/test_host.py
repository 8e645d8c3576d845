"""Functions of texts, against what Java gives."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pmml_pipeline.compiler.host import FUNCTIONS, Single, text_of

NUMBERS = (
    *(0.0, -0.0, 1.0, -1.0, 0.1, 123456.789, 1e-3, 9.999e-4, 1e7, 9999999.0, 1.5e7, 12345678.9),
    *(1e21, 1e22, 1e100, 5e-324, 1.7976931348623157e308, 1e-5, 0.1 + 0.2, 2.0**53, 4.4),
)
WRITTEN = (
    *("0.0", "0.0", "1.0", "-1.0", "0.1", "123456.789", "0.001", "9.999E-4", "1.0E7"),
    *("9999999.0", "1.5E7", "1.23456789E7", "1.0E21", "1.0E22", "1.0E100", "4.9E-324"),
    *("1.7976931348623157E308", "1.0E-5", "0.30000000000000004", "9.007199254740992E15", "4.4"),
)


def test_numbers_are_written_as_java_writes_them() -> None:
    found = [text_of(n) for n in NUMBERS]
    assert found == list(WRITTEN)
    assert [text_of(v) for v in (math.inf, -math.inf, 7, True, "a")] == [
        "Infinity", "-Infinity", "7", "true", "a"
    ]  # fmt: skip


def test_a_float_has_the_digits_of_a_float() -> None:
    numbers = (
        0.1,
        16777216.0,
        3.4028234663852886e38,
        1.401298464324817e-45,
        1e10,
        -1.1,
        1e-3,
        -0.0,
    )
    # Float.toString of Java 19 and newer; the last is a zero as every zero.
    assert [text_of(Single(np.float32(n))) for n in numbers] == [
        *("0.1", "1.6777216E7", "3.4028235E38", "1.4E-45", "1.0E10", "-1.1", "0.001", "0.0")
    ]


@pytest.mark.skipif(shutil.which("jshell") is None, reason="needs jshell of a Java kit")
def test_java_writes_them_so(tmp_path: Path) -> None:
    script = "".join(f"System.out.println(Double.toString({n!r}));\n" for n in NUMBERS)
    (tmp_path / "script.jsh").write_text(script + "/exit\n")
    done = subprocess.run(
        ["jshell", "-s", str(tmp_path / "script.jsh")], capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stdout.split() if line]
    # Java 19 and newer write the shortest; older ones sometimes a digit more.
    assert [float(line) for line in lines] == list(NUMBERS)


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("concat", ("a", 1, 2.0, True), "a12.0true"),
        ("substring", ("hello", 2, 3), "ell"),
        ("substring", ("hi", 2, 30), "i"),
        ("uppercase", ("straße é",), "STRASSE É"),
        ("lowercase", ("ÀB",), "àb"),
        ("trimBlanks", (" \t a b \n",), "a b"),
        ("stringLength", ("日本",), 2),
        ("matches", ("abc", "b"), True),
        ("matches", ("abc", "^b"), False),
        ("replace", ("banana", "an", "<$0>"), "b<an><an>a"),
        ("replace", ("banana", "(a)(n)", "$2$1"), "bnanaa"),
        ("replace", ("a", "a", r"\$1\\"), "$1\\"),
        ("formatNumber", (3.14159, "%.2f"), "3.14"),
        ("formatNumber", (7.0, "%3d"), "  7"),
        ("formatNumber", (-0.0, "%.1f"), "0.0"),
        ("concat", (-0.0,), "0.0"),
        ("parse", ("TRUE", "double"), 1.0),
        ("parse", ("false", "integer"), 0),
        ("parse", ("0.1", "float"), 0.10000000149011612),
    ],
)
def test_a_function(name: str, arguments: tuple[object, ...], result: object) -> None:
    assert FUNCTIONS[name](*arguments) == result


BAD: list[tuple[object, ...]] = [
    ("substring", "a", 0, 1),
    ("parse", "x", "double"),
    ("parse", "1.5", "integer"),
    ("parse", "1_0", "double"),
    ("parse", "١٢", "double"),
    ("parse", "１２", "integer"),
    ("parse", "1\u2003", "double"),
    ("parse", "١٢", "dateDaysSince[1970]"),
    ("parse", "1_0", "dateDaysSince[1970]"),
]


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_is_an_error_of_the_row(bad: tuple[object, ...]) -> None:
    name, *arguments = bad
    with pytest.raises(ValueError, match=r"."):
        FUNCTIONS[str(name)](*arguments)

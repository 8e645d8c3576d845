"""Regular expressions: what is refused, what is translated, and that Python's meaning stays."""

from __future__ import annotations

import html
import re
import sys
import time
import warnings
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import pmml_pipeline as pp
from pmml_pipeline.compiler import limits, matching
from pmml_pipeline.compiler.host import FUNCTIONS
from pmml_pipeline.compiler.limits import Clock, LimitError
from pmml_pipeline.compiler.matching import Pattern
from pmml_pipeline.compiler.patterns import literal, python_pattern, template
from pmml_pipeline.errors import DataError, UnsupportedDocumentError

from .test_functions import S, apply, constant, document, value
from .test_host_calls import TEXTS, stages
from .test_host_calls import document as closed_document
from .test_host_calls import load as load_closed

HOSTILE = "^(a|aa)+$"
SLOW = "a" * 60 + "!"


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", r"\p{Lu}", "[[:alpha:]]", "[a-z&&[^b]]", "^[a-c[x-z]]$", "^[^[a]]$", "a{,3}", "{2"),
        *(
            "(?P<n>a)",
            "(a)(?P=n)",
            "(a)?(?(1)b|c)",
            "(?#c)a",
            "(?x)a b",
            "(?a)é",
            r"\101",
            r"\0101",
        ),
        *("a{e}", "(?:cat){e<=1}", r"\v", "[a", "[z-a]", r"[\w-z]", "a**", "(?<=a+)b", "\\", "a{2"),
        *(
            r"\U00ffffff",
            r"\N{NO SUCH}",
            r"\h",
            "a(?i)b",
            r"(?i)(.)\1",
            r"(.)(?i:\1)",
            "a{99999999999}",
            "(?:(?:a{1000}){1000}){1000}b",
            "(?:(?:ab){999}c{0,999}){999}",
        ),
    ],
)
def test_a_pattern_that_python_reads_otherwise_is_refused(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not supported"):
        python_pattern(pattern)
    data = document(apply("matches", S, constant(html.escape(pattern), "string")), "boolean")
    with pytest.raises(UnsupportedDocumentError, match=r"Apply \(line 1\): the pattern"):
        value(data, tmp_path)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"a\Z", "a\n", True),  # "the end of the input but for the final terminator" (Java)
        (r"a\z", "a\n", False),
        (r"a\z", "a", True),
        (r"^[\[a]+$", "[a", True),
        (r"^[]a]+$", "]a", True),
        (r"^[^]a]+$", "b", True),
        (r"^[+--]+$", ",", True),
        (r"^[a\-z]+$", "b", False),
        (r"^[~~||]+$", "~|", True),
        ("]}", "]}", True),
    ],
)
def test_a_pattern_means_what_it_means_in_java(
    pattern: str, text: str, found: bool, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expression = apply("matches", S, constant(html.escape(pattern), "string"))
        data = document(expression, "boolean")
        assert Pattern(python_pattern(pattern)).matches(text, Clock()) is found
        assert value(data, tmp_path, s="nothing of that") is False


@pytest.mark.parametrize("replacement", ["$5", "a\\", "${n}", "$", "$ 1", "$1$2", "$٣"])
def test_a_replacement_that_is_none_is_refused(replacement: str, tmp_path: Path) -> None:
    expression = apply("replace", S, constant("(b)", "string"), constant(replacement, "string"))
    with pytest.raises(UnsupportedDocumentError, match=r"Apply \(line 1\): .*replacement"):
        value(document(expression, "string"), tmp_path)


def test_the_digits_of_a_group() -> None:
    assert template("$12", 1) == (1, "2")
    assert template("$12", 12) == (12,)
    assert template("x$0$1\\2", 1) == ("x", 0, 1, "2")
    assert template(literal("$1\\"), 0) == ("$1\\",)
    assert Pattern("(b)|(c)").replaced("abc", "<$1$2>", Clock()) == "a<b><c>"


# --- Python's meaning ------------------------------------------------------------------------

ORDINARY = [
    *(r"(?u)\b\w\w+\b", r"\s+", r"\W+", "[^a-zA-Z]+", r"\d+\.?\d*", r"(^|\s+)(a|the)(\s+|$)", "x*"),
    *(
        r"\B.",
        r"[\w.]+@[^\W\d]+",
        r"(.)\1",
        "(?i)i+",
        "[a-k]+|I",
        "(?i:ß)K|ſ",
        r"[^\x00-\x7f]",
        ".",
    ),
    *(r"[\d\s-]{2,}", r"\bé", r"(?i)[\w-]+\b", "[\u0300-\u036f]", "(?-i:i)", r"[^\S\d]", "a++b?"),
    r"\W\B\D\S",
]
# ² and a mark are letters for one of re and regex, U+10D40 is a digit, and \x1c a space.
LETTERS = "aAbBiIkKsSz019_ .-@\t\nßſKéıİ中ι²\u0301\u0345Ⓐ٣\x1c\u2003\ue000\U00020000\U00010d40"


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("pattern", ORDINARY)
@settings(max_examples=60, deadline=None)
@given(text=st.text(LETTERS, max_size=12))
def test_ordinary_patterns_find_what_re_finds(pattern: str, ignore_case: bool, text: str) -> None:
    if "\\1" in pattern and ignore_case:
        return  # refused
    own = re.compile(python_pattern(pattern), re.I if ignore_case else 0)
    found = Pattern(python_pattern(pattern), ignore_case)
    assert list(found.found(text, Clock())) == [m.regs for m in own.finditer(text)]
    assert found.matches(text, Clock()) == (own.search(text) is not None)
    assert list(found.split(text, Clock())) == [part or "" for part in own.split(text)]
    assert found.replaced(text, "<$0>", Clock()) == own.sub(r"<\g<0>>", text)


@pytest.mark.parametrize("name", "wWdDsS")
def test_every_character_is_what_it_is_in_python(name: str) -> None:
    text = "".join(map(chr, range(sys.maxunicode + 1)))
    expected = [m.span() for m in re.finditer(rf"\{name}+", text)]
    assert [g[0] for g in Pattern(rf"\{name}+").found(text, _Patient())] == expected


class _Patient(Clock):
    def left(self) -> float:
        return 60.0


# --- time ------------------------------------------------------------------------------------


def test_a_pattern_that_takes_too_long_is_an_error_of_the_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TIME_S", 0.1)
    for forgiving in ({}, {"invalidValueTreatment": "asMissing"}):
        expression = apply("matches", S, constant(HOSTILE, "string"), **forgiving)
        data = document(expression, "boolean")
        path = tmp_path / "document.pmml"
        path.write_bytes(data)
        scorer = pp.load(path, "compiled")
        assert scorer.score({"s": "a"})["t"] is True
        began = time.monotonic()
        with pytest.raises(DataError, match=r"the pattern '\^\(a\|aa\)\+\$' takes too long"):
            scorer.score({"s": SLOW})
        assert time.monotonic() - began < 3.0
        _, errors = scorer.score_columns({"s": ["a", SLOW, "b"]}, 3)
        assert list(errors) == [1]


def test_a_slow_pattern_is_not_tried_on_a_level_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TIME_S", 0.1)
    data = closed_document(apply("matches", S, constant(HOSTILE, "string")), "boolean")
    assert stages(load_closed(tmp_path, data)) == 1
    data = data.replace(TEXTS[-1].encode(), SLOW.encode())
    began = time.monotonic()
    scorer = load_closed(tmp_path, data)
    assert time.monotonic() - began < 3.0
    assert stages(scorer) == 2
    with pytest.raises(DataError, match="takes too long"):
        scorer.score({"s": SLOW})


def test_the_places_of_a_text_do_not_change() -> None:
    assert all(len(stand_in) == 1 for stand_in in matching._stand_ins().values())


# --- length ----------------------------------------------------------------------------------


def test_a_text_is_measured_before_it_is_put_together() -> None:
    part = "a" * (limits.LONGEST // 4)
    assert len(str(FUNCTIONS["concat"](*[part] * 4))) == limits.LONGEST
    with pytest.raises(LimitError, match=r"of 4,194,304,000 characters, more than 16,777,216"):
        FUNCTIONS["concat"](*[part] * 1000)


def test_a_replacement_is_measured_before_it_is_made() -> None:
    text = "a" * 100_000
    with pytest.raises(LimitError, match=r"more than 16,777,216"):
        Pattern("(a+)").replaced(text, "$1" * 100_000, Clock())
    with pytest.raises(LimitError, match=r"more than 16,777,216"):
        Pattern("a").replaced(text, "b" * 1000, Clock())
    assert Pattern("a").replaced(text, "bb", Clock()) == "bb" * 100_000

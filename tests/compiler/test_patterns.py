"""Regular expressions: what is refused, what is translated, and that Python's meaning stays."""

from __future__ import annotations

import html
import math
import re
import sys
import time
import warnings
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import pmml_pipeline as pp
from pmml_pipeline.compiler import limits
from pmml_pipeline.compiler.differing import differing_in
from pmml_pipeline.compiler.host import FUNCTIONS
from pmml_pipeline.compiler.limits import Clock, LimitError
from pmml_pipeline.compiler.matching import Pattern
from pmml_pipeline.compiler.parts import parts_of
from pmml_pipeline.compiler.patterns import cost_of, literal, python_pattern, template
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
        (r"\x001", "\x001", True),
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


# --- ordinary or not -------------------------------------------------------------------------

ORDINARY = [
    *(r"\s+", r"\b\w\w+\b", r"[^\w]+", r"(?u)\b\w\w+\b", "^[0-9.]+$", "[a-c]+", "x*", "a++b?"),
    *(r"\d+\.?\d*", r"(^|\s+)(a|the)(\s+|$)", "(ab)+c*", "a+?b+?", "(a+)?b", "(?i)a|b", r"a\Z"),
    *("(?=ab|c)a", r"[*+]\+\*+", "|".join(["stop"] * 900), "a{1000}", "(a|b){1}", "(ab){2,5}"),
]
OTHERS = [
    *("^(a+)+$", "(a|a)*b", "(a*)*", "(?:a|aa)+$", "a*a*a*b", r"(\w+\s)*x", r"(\s)\1", "(a?){9}"),
    *("(?=a+)b", "(?!a?)b", "(?<=a{2})b", "((a|b)c){2,}", "((?:a+)b)+", "a+b*c{2,}", "(a++)*"),
    # Ways without a repeat that has no end: 2 ** 30 each, and more than 1,000.
    *("a?" * 30 + "a" * 30, "(?:a|a)" * 30 + "b", "a{0,1000}b"),
]


@pytest.mark.parametrize("pattern", ORDINARY)
def test_an_ordinary_pattern(pattern: str) -> None:
    assert cost_of(parts_of(python_pattern(pattern))).longest > 0
    assert isinstance(Pattern(python_pattern(pattern))._compiled, re.Pattern)


@pytest.mark.parametrize("pattern", OTHERS)
def test_a_pattern_that_needs_a_limit(pattern: str) -> None:
    assert cost_of(parts_of(python_pattern(pattern))).longest == 0
    assert not isinstance(Pattern(python_pattern(pattern))._compiled, re.Pattern)


@pytest.mark.parametrize(
    ("pattern", "endless"),
    [
        *((r"\bstop\b", 0), ("a{3,9}", 0), (r"\s+", 1), ("a*b", 1), (r"^\s+|\s+$", 1)),
        *(
            (r"\w+@\w+", 2),
            ("a*a*b", 2),
            ("(a*|b*c*)d", 2),
            ("(a+|b)(c|d+|e)", 2),
            ("a+|b*c*|d+", 2),
        ),
    ],
)
def test_how_long_a_text_may_be(pattern: str, endless: int) -> None:
    assert cost_of(parts_of(python_pattern(pattern))).longest == (math.inf, 10_000, 500)[endless]


@pytest.mark.parametrize(("pattern", "most"), [("a*[bc]", 10_000), ("a*a*[bc]", 500)])
def test_an_ordinary_pattern_has_a_limit_of_time_in_a_long_text(pattern: str, most: int) -> None:
    found = Pattern(pattern)
    start = time.monotonic()
    assert not found.matches("a" * most, Clock())
    assert time.monotonic() - start < 20.0  # about a second where nothing else runs
    assert found.matches("a" * most + "b", Clock())
    with pytest.raises(LimitError, match="takes too long"):
        found.matches("a" * 60 * most, Clock())


def test_a_long_text_that_the_other_package_reads_otherwise() -> None:
    text = "x" * 500 + "e\N{COMBINING ACUTE ACCENT}"
    with pytest.raises(LimitError, match="too intricate"):
        Pattern(r"\w+@\w+").matches(text, Clock())
    assert Pattern(r"x+").matches(text, Clock())
    with pytest.raises(LimitError, match="in a text of 501 characters"):
        Pattern(r"\w+İ\w+", ignore_case=True).matches("x" * 501, Clock())


# --- Python's meaning ------------------------------------------------------------------------

MEANT = [
    *(r"(?u)\b\w\w+\b", r"\s+", r"(^|\s+)(a|the)(\s+|$)", "x*", "(?i)i+", ".", r"\B."),
    # Not ordinary, the rest of them by what stands in front:
    *(r"(.)\1", r"(?:[\w.]+@)+[^\W\d]+", "(?:a*)*", "(?:[a-k]+|I)*"),
    *(
        "(?=x?)" + rest
        for rest in (
            *(r"\B", r"\B.", r"\b\w\w+\b", r"\W+", "[^a-zA-Z]+", "i+", "(?i:k|s)", "x*"),
            *(r"[^\x00-\x7f]", ".", r"[\d\s-]{2,}", r"\bé", r"[\w-]+\b", "(?-i:i)", r"[^\S\d]"),
            *("a++b?", r"\W\B\D\S", "(?i:i)", r"[\]\[^&|~-]+", r"\n", "a$", r"a\Z", "(^|b)"),
        )
    ),
]
# ² and a mark are letters for one of re and regex, U+10D40 is a digit, and \x1c a space.
LETTERS = "aAbBiIkKsSxz019_ .-@[~\t\nßſKéıİ中ι²\u0301\u0345Ⓐ٣\x1c\u2003\ue000\U00010d40"


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("pattern", MEANT)
@settings(max_examples=60, deadline=None)
@given(text=st.text(LETTERS, max_size=12))
def test_a_pattern_finds_what_re_finds(pattern: str, ignore_case: bool, text: str) -> None:
    if "\\1" in pattern and ignore_case:
        return  # refused
    own = re.compile(python_pattern(pattern), re.I if ignore_case else 0)
    found = Pattern(python_pattern(pattern), ignore_case)
    if not isinstance(found._compiled, re.Pattern) and differing_in(text, found._ignores_case):
        with pytest.raises(LimitError, match="too intricate"):
            found.matches(text, Clock())
        return
    assert [m.regs for m in found.found(text, Clock())] == [m.regs for m in own.finditer(text)]
    assert found.matches(text, Clock()) == (own.search(text) is not None)
    assert list(found.split(text, Clock())) == [part or "" for part in own.split(text)]
    assert found.replaced(text, "<$0>", Clock()) == own.sub(r"<\g<0>>", text)


def test_every_character_about_which_re_and_regex_differ_is_known() -> None:
    import regex

    every = "".join(map(chr, range(sys.maxunicode + 1)))
    same = "".join(char for char in every if not differing_in(char, False))
    assert len(same) > 1_000_000
    for name in (*"wWdDsS", "b", "B"):
        mine = [m.span() for m in re.finditer(rf"\{name}", same)]
        assert mine == [m.span() for m in regex.finditer(rf"\{name}", same)], name


def test_letters_in_the_other_case_are_the_same_ones() -> None:
    import regex

    every = map(chr, range(sys.maxunicode + 1))
    cased = [c for c in every if len({c, c.lower(), c.upper(), c.title(), c.casefold()}) > 1]
    cased = [c for c in cased if not differing_in(c, True)]
    assert len(cased) > 2000
    text = "".join(cased)
    for char in cased[:: len(cased) // 100] + list("iIsSkKſKßẞµμςσΣΩΩåÅ"):
        found = re.findall(re.escape(char), text, re.I)
        assert found == regex.findall(regex.escape(char), text, regex.I | regex.V0), char


@pytest.mark.parametrize("char", ["\u0345", "²", "\x1c"])
def test_a_character_that_is_not_certain_is_an_error_of_the_row(char: str, tmp_path: Path) -> None:
    expression = apply(
        "matches", S, constant(r"^(\w+\s?)+$", "string"), invalidValueTreatment="asMissing"
    )
    path = tmp_path / "document.pmml"
    path.write_bytes(document(expression, "boolean"))
    scorer = pp.load(path, "compiled")
    _, errors = scorer.score_columns({"s": ["é a", f"a{char}", "b"]}, 3)
    assert list(errors) == [1]
    assert "is too intricate to be looked for in a text with the character" in str(errors[1])


@pytest.mark.parametrize("pattern", ["(?i)(ı|a)+", "(?i:([^İ]a?)+)", "(?i)([ĭ-ĳ]a?)+"])
def test_letters_in_the_other_case_that_are_not_certain_are_refused(pattern: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not supported \(too intricate to ignore the case of '[ıİ]'"
    ):
        Pattern(python_pattern(pattern)).check()
    Pattern(python_pattern(pattern.replace("?i", "?u").replace("?u:", "?:"))).check()


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


def test_time_is_counted_from_the_first_pattern_that_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "TIME_S", 0.05)
    clock = Clock()
    time.sleep(0.06)
    assert clock.left() > 0.04
    time.sleep(0.06)
    assert clock.left() < 0.001


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

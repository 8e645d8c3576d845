"""Texts on which engines disagree about what a word is.

A ``TextIndex`` counts terms in a text. Where a word ends, and which letters are the same, is a
matter of a regular expression and of Unicode's rules, which engines follow more or less closely.
Real texts rarely show the difference.

Source: PMML 4.4, Transformations, TextIndex.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from pmml_pipeline.document import Document
from pmml_pipeline.schema import InputField

JOINTS = (
    "-",
    ".",
    "/",
    "'",
    "\u2019",
    "_",
    ",",
    "\u2026",
    "\u00a0",
    "\u2014",
    "\u3000",
    "  ",
    "\n",
)
AROUND = (("(", ")"), ('"', '"'), ("...", "!?"), ("\u201c", "\u201d"), (" ", "\t"), ("#", ""))
ACCENTS = {"a": "á", "e": "é", "i": "ï", "o": "ö", "u": "ù", "n": "ñ", "c": "ç"}


def text_inputs(document: Document, inputs: Sequence[InputField]) -> list[InputField]:
    """The inputs that a TextIndex may read: free text, in a document that has one.

    Which field it is may go through functions with parameters of other names, so it is not traced.
    """
    if not any(element.tag == "TextIndex" for element in document.root.walk()):
        return []
    return [f for f in inputs if f.data_type == "string" and not f.values]


def odd_texts(text: str) -> list[tuple[str, str]]:
    """Variants of a real text, each with what is odd about it."""
    words = text.split()
    found = [(joint.join(words), f"words joined by {joint!r}") for joint in JOINTS]
    found += [(f"{left}{text}{right}", f"between {left!r} and {right!r}") for left, right in AROUND]
    accented = "".join(ACCENTS.get(letter, letter) for letter in text)
    found += [
        (text.upper(), "upper case"),
        (text.lower(), "lower case"),
        (text.title(), "title case"),
        (" ".join(f"{word}2" for word in words), "a digit after every word"),
        (" ".join(f"7{word}" for word in words), "a digit before every word"),
        (f"{text} 42 3.14", "numbers"),
        (accented, "accents"),
        (unicodedata.normalize("NFD", accented), "accents as letters of their own"),
        (text.upper().replace("I", "\u0130"), "a capital I with a dot"),
        ("".join(_full_width(letter) for letter in text), "full-width letters"),
        (f"{text} {text}", "twice"),
        (" ".join(reversed(words)), "backwards"),
        ("", "no text"),
        ("?!", "no word"),
    ]
    return [(variant, how) for variant, how in dict(found).items() if variant != text]


def _full_width(letter: str) -> str:
    return chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter


def some_texts(values: Sequence[Any], count: int) -> list[str]:
    """Distinct real texts, those with the most different words first."""
    texts = dict.fromkeys(v for v in values if isinstance(v, str) and v.strip())
    return sorted(texts, key=lambda text: -len(set(text.split())))[:count]

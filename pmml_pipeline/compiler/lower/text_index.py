"""``TextIndex``: how often a term is in a text. Source: PMML 4.4, Transformations."""

from __future__ import annotations

import re

from pmml_pipeline.compiler.limits import Clock
from pmml_pipeline.compiler.lower.casts import cast
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.text_functions import check_replacement, pattern_of
from pmml_pipeline.compiler.matching import Pattern
from pmml_pipeline.compiler.patterns import literal
from pmml_pipeline.compiler.terms import Normalization, Replacement, TextSettings
from pmml_pipeline.compiler.values import Value
from pmml_pipeline.document.expressions import TextIndex, TextIndexNormalization
from pmml_pipeline.errors import DocumentError


def lower_text_index(context: Context, scope: Scope, index: TextIndex, term: Value) -> Value:
    """The frequency of a term; the term is lowered already.

    Raises:
        DocumentError: the term is no constant, or a setting is not supported.
    """
    b = context.builder
    code = b.value(term.register)
    if code is None or code != code or term.data_type != "string":
        raise DocumentError("a term that is no constant text is not supported", "")
    text = cast(context, scope.value(index.text_field), "string")
    settings = _settings(index)
    name = context.texts.text(int(code))
    try:
        words = settings.words(name, Clock())
    except ValueError as error:
        raise DocumentError(str(error), "") from None
    if settings.weights == "augmentedNormalizedTermFrequency" and len(words) > 1:
        # Whether the highest frequency is that of a word or of as many words is not said.
        raise DocumentError(
            f"{settings.weights} of a term of several words is not supported ({name!r})", ""
        )
    register = b.term(settings, text.register, name)
    whole = settings.weights in ("termFrequency", "binary")
    return Value(register, "integer" if whole else "double", present=text.present)


def _settings(index: TextIndex) -> TextSettings:
    if not index.tokenize:
        raise DocumentError("tokenize=false is not supported", "")
    if index.max_levenshtein_distance < 0:
        raise DocumentError(
            f"maxLevenshteinDistance={index.max_levenshtein_distance} is less than 0", ""
        )
    word = index.word
    return TextSettings(
        weights=index.local_term_weights,
        case_sensitive=index.is_case_sensitive,
        distance=index.max_levenshtein_distance,
        best=index.count_hits == "bestHits",
        separator=None if word is not None else pattern_of(index.separator),
        word=None if word is None else pattern_of(word),
        normalizations=tuple(_normalization(index, n) for n in index.normalizations),
    )


def _normalization(index: TextIndex, table: TextIndexNormalization) -> Normalization:
    """ "Attributes that are not given are those of the TextIndex" (TextIndexNormalization)."""
    sensitive, distance = table.is_case_sensitive, table.max_levenshtein_distance
    ignore_case = not (index.is_case_sensitive if sensitive is None else sensitive)
    if (index.max_levenshtein_distance if distance is None else distance) != 0:
        raise DocumentError(
            f"TextIndexNormalization (line {table.line}): maxLevenshteinDistance is not supported",
            "",
        )
    rows = []
    for row in table.inline_table.all("row"):
        cells = {cell.tag: cell.text for cell in row.children}
        if not cells.get(table.in_field):
            raise DocumentError(f"row (line {row.line}) has no {table.in_field}", "")
        pattern, stem = cells[table.in_field], cells.get(table.out_field, "")
        # "regexField: whether the string is a regular expression"
        if cells.get(table.regex_field, "").strip().lower() == "true":
            compiled, replacement = pattern_of(pattern, ignore_case), stem
            check_replacement(compiled, replacement)
        else:
            compiled, replacement = Pattern(re.escape(pattern), ignore_case), literal(stem)
        rows.append(Replacement(compiled, replacement))
    return Normalization(tuple(rows), table.recursive)

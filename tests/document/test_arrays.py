"""Arrays: what is written is what is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmml_pipeline.document.arrays import format_array, parse_array


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        (" \n\t ", []),
        ("1 2  3\n4", ["1", "2", "3", "4"]),
        ('ab "a b" "with \\"quotes\\" "', ["ab", "a b", 'with "quotes" ']),
        ('""', [""]),
        ('"a" "b"', ["a", "b"]),
        ("是 否", ["是", "否"]),
    ],
)
def test_values_are_separated_by_space_and_held_together_by_quotes(
    text: str, values: list[str]
) -> None:
    assert parse_array(text) == values


@given(st.lists(st.text(st.characters(exclude_characters="\\"), max_size=8)))
def test_what_is_written_is_read_back(values: list[str]) -> None:
    assert parse_array(format_array(values)) == values


@given(st.lists(st.text("ab\\ ", max_size=6).filter(lambda v: not v.endswith("\\")), max_size=4))
def test_backslashes_are_kept_where_they_escape_nothing(values: list[str]) -> None:
    # The specification has no way to write a backslash before a quote.
    assert parse_array(format_array(values)) == values

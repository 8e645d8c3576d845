"""Names that can be folders of a store, and names that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmml_pipeline.errors import ModelNameError
from pmml_pipeline.store.names import check_model_name, version_number


@pytest.mark.parametrize("name", ["credit", "credit-eu", "a", "7", "A.b_c-9", "x" * 128, "console"])
def test_admitted(name: str) -> None:
    assert check_model_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is empty"),
        ("../x", "slash"),
        ("a/b", "slash"),
        ("a\\b", "slash"),
        ("/etc", "slash"),
        ("..", "dot"),
        (".", "dot"),
        (".hidden", "dot"),
        ("-rf", "does not begin"),
        ("_x", "does not begin"),
        ("x.", "ends with a dot"),
        ("a b", "a character other than"),
        ("a\0b", "a character other than"),
        ("a\n", "a character other than"),
        ("a:b", "a character other than"),
        ("~", "a character other than"),
        ("信用", "not ASCII"),
        ("crédit", "not ASCII"),
        ("x" * 129, "129 characters"),
        ("x" * 10**6, "1000000 characters"),
        ("con", "device name"),
        ("NUL.txt", "device name"),
        ("lpt1", "device name"),
    ],
)
def test_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(ModelNameError, match=reason) as caught:
        check_model_name(name)
    assert caught.value.fix
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


@given(st.one_of(st.text(max_size=200), st.text("aZ09._-/\\ \n:", max_size=12)))
def test_an_admitted_name_is_one_folder_of_the_store(name: str) -> None:
    try:
        check_model_name(name)
    except ModelNameError:
        return
    store = Path("/store")
    assert (store / name).parts == ("/", "store", name)
    assert (store / name).resolve() == store / name
    assert not name.startswith(".")
    assert name.isascii()


@pytest.mark.parametrize(("name", "number"), [("1", 1), ("30", 30), ("9" * 18, 10**18 - 1)])
def test_version_numbers(name: str, number: int) -> None:
    assert version_number(name) == number


@pytest.mark.parametrize(
    "name", ["", "0", "01", "+1", "-1", "1.0", " 1", "1\n", "١", "²", "1_0", "v1", "9" * 19, ".1"]
)
def test_not_version_numbers(name: str) -> None:
    assert version_number(name) is None


@given(st.integers(1, 10**18 - 1))
def test_every_number_has_one_folder(number: int) -> None:
    assert version_number(str(number)) == number

"""The kernels tell the texts of a column apart as Arrow does."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmml_pipeline import frames
from pmml_pipeline.admission import Repeated
from pmml_pipeline.errors import EngineUnavailableError

# Of all lengths around 8 and 16, alike at the beginning, at the end or in all but the middle.
SAME = "0123456789"
TEXTS = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(0, 40).map(lambda n: (SAME * 4)[:n]),
    st.integers(0, 40).map(lambda n: "x" * n),
    st.tuples(st.integers(0, 20), st.sampled_from("ab\0")).map(lambda p: SAME + p[1] * p[0] + SAME),
)


def by_kernels(array: pa.Array) -> tuple[list[str], list[int]]:
    found = frames._told_apart(array)
    assert found is not None
    return list(found.values), found.places.tolist()


def by_arrow(array: pa.Array) -> tuple[list[str], list[int]]:
    encoded = array.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.fill_null(-1).to_pylist()


@given(st.lists(TEXTS, max_size=60), st.integers(0, 5), st.integers(0, 5))
def test_as_arrow_does(texts: list[str | None], start: int, end: int) -> None:
    array = pa.array(texts, pa.large_string())
    array = array[start : max(len(array) - end, start)]
    assert by_kernels(array) == by_arrow(array)


def test_thousands_of_different_texts_and_every_length() -> None:
    generator = np.random.default_rng(3)
    texts = [f"{k:x}" * (k % 9) for k in generator.integers(0, 20_000, 50_000)]
    array = pa.array([None if len(text) == 12 else text for text in texts], pa.large_string())
    assert by_kernels(array) == by_arrow(array)
    assert len(by_kernels(array)[0]) > 10_000


def places_of(heads: np.ndarray, length: int) -> np.ndarray:
    """Where texts of at most eight bytes are looked for among 1,024 slots: as ``src/texts.c``."""
    k = np.uint64(0x9E3779B97F4A7C15)
    hashed = (heads ^ np.uint64(length)) * k
    hashed = (hashed ^ (hashed >> np.uint64(32))) * k
    return (hashed ^ (hashed >> np.uint64(32))) & np.uint64(1023)


def words_of_letters(count: int) -> np.ndarray:
    """Eight letters a row, as one number."""
    letters = np.random.default_rng(5).integers(97, 123, (count, 8), dtype=np.uint8)
    return letters.view("<u8")[:, 0]


def text_of(*words: np.uint64) -> str:
    return np.array(words, "<u8").tobytes().decode()


def colliding(count: int) -> list[str]:
    """Texts of eight letters that are looked for in one place."""
    heads = words_of_letters(2048 * count)
    return list(dict.fromkeys(text_of(h) for h in heads[places_of(heads, 8) == 7]))[:count]


def test_texts_that_meet_and_differ_in_a_zero_at_the_end() -> None:
    heads = words_of_letters(50_000) & np.uint64((1 << 56) - 1)
    meeting = heads[places_of(heads, 7) == places_of(heads, 8)]
    assert len(meeting) > 10
    for head in meeting:
        text = text_of(head)
        array = pa.array([text[:7], text], pa.large_string())
        assert by_kernels(array) == ([text[:7], text], [0, 1])


def test_long_texts_whose_digests_are_the_same() -> None:
    """Text by text of 40 letters, of which only the second and the third eight differ; the third is
    what makes the digest of ``src/texts.c`` the same again."""
    c, shift = np.uint64(0xBF58476D1CE4E5B9), np.uint64(29)
    word, second = words_of_letters(1)[0], words_of_letters(100_000)
    mixed = (word ^ (word >> shift) ^ second) * c
    mixed ^= mixed >> shift
    third = word ^ mixed[0] ^ mixed
    ascii_only = np.flatnonzero(third & np.uint64(0x8080808080808080) == 0)
    assert len(ascii_only) > 10
    texts = [text_of(word, second[i], third[i], word, word) for i in ascii_only[:100]]
    assert by_kernels(pa.array(texts, pa.large_string())) == (texts, list(range(len(texts))))


def test_texts_that_were_made_to_be_slow_go_another_way() -> None:
    texts = colliding(400)
    array = pa.array(texts, pa.large_string())
    assert len(texts) == 400
    assert frames._told_apart(array) is None
    assert frames._told_apart(array[:200]) is not None
    columns, _ = frames.columns_of(pa.table({"s": array}))
    assert list(columns["s"]) == texts


def test_without_kernels_arrow_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: int) -> None:
        raise EngineUnavailableError("there are none", "build them")

    monkeypatch.setattr(frames, "tell_apart", none)
    columns, _ = frames.columns_of(pa.table({"s": ["b", None, "a", "b"]}))
    found = columns["s"]
    assert isinstance(found, Repeated)
    assert (list(found.values), found.places.tolist()) == (["b", "a"], [0, -1, 1, 0])

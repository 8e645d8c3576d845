"""The reader in the kernels and the one in Python give the same elements and the same errors."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.conformance import FOLDER
from pmml_pipeline.document import Element, Limits, read
from pmml_pipeline.document.parse import parse, parse_in_c, parse_in_python
from pmml_pipeline.document.table import TableElement
from pmml_pipeline.errors import DocumentError
from pmml_pipeline.kernels import reading

from ..pmml import data_field, linear, mining_field, pmml

NATIVE = reading.library()
GOOD = linear(data_field("größe & <x>"), mining_field("größe & <x>"), {"größe & <x>": 2.0})
MIXED = (
    b'<PMML xmlns="http://www.dmg.org/PMML-4_4" xmlns:p="urn:p">\n<Header p:a="1" b=" 2\n3 "> one '
    b"<x/>two<!-- no --> three<![CDATA[<four>&]]><y>\r\n inner </y>&#956;&amp;<z a=''/></Header>"
    b"<Node score='1'><Node><p:Node/>text</Node> more </Node><p:True/>\t</PMML>"
)

FOREIGN = (
    b'<PMML xmlns="http://www.dmg.org/PMML-4_4" xmlns:p="urn:p"><p:a><b/></p:a><c xmlns=""/>'
    b'<d xmlns="http://www.dmg.org/PMML-4_3"/><Extension><p:e><Extension/><p:f/></p:e><row><p:g/>'
    b"</row></Extension><p:row><h/></p:row><row><p:i><p:j/></p:i><row><p:k/></row></row>"
    b"<p:Extension><p:l/></p:Extension><p:m/></PMML>"
)


def native(data: bytes, limits: Limits, skip: str = "") -> Element:
    assert NATIVE is not None
    return parse_in_c(data, limits, skip, *NATIVE)


def facts(root: Element) -> Iterator[object]:
    """Everything that elements say, in their order."""
    for e in root.walk():
        yield e.tag, e.line, e.text, list(e.attributes.items()), [c.tag for c in e.children]


def both(data: bytes, limits: Limits | None = None, skip: str = "") -> object:
    """What the readers give, which must be the same: elements, or the words of an error."""
    limits = limits or Limits()
    said: list[object] = []
    for way in (native, parse_in_python):
        try:
            said.append(list(facts(way(data, limits, skip))))
        except DocumentError as error:
            said.append((type(error).__name__, str(error)))
    assert said[0] == said[1]
    return said[0]


def test_the_kernels_read() -> None:
    assert isinstance(parse(GOOD, Limits()), TableElement)


@pytest.mark.parametrize("skip", ["", "Node"])
def test_text_attributes_and_lines(skip: str) -> None:
    found = both(MIXED, skip=skip)
    assert isinstance(found, list)
    assert found[1] == (
        "Header",
        2,
        " one two three<four>&\u03bc&",
        [("urn:p a", "1"), ("b", " 2 3 ")],
        ["x", "y", "z"],
    )
    tags = [fact[0] for fact in found]
    assert tags.count("Node") == (0 if skip else 2)
    assert tags.count("urn:p Node") == (0 if skip else 1)
    assert tags[-1] == "urn:p True"


def test_elements_of_other_namespaces() -> None:
    found = both(FOREIGN)
    assert isinstance(found, list)
    assert [fact[0] for fact in found] == [
        *("PMML", "urn:p a", "b", "c", "http://www.dmg.org/PMML-4_3 d"),
        *("Extension", "e", "Extension", "f", "row", "g", "urn:p row", "h"),
        *("row", "i", "urn:p j", "row", "k", "urn:p Extension", "urn:p l", "urn:p m"),
    ]
    bare = FOREIGN.replace(b"xmlns=", b"xmlns:none=", 1)
    assert both(bare) == found
    both(FOREIGN, skip="row")
    both(FOREIGN, skip="Extension")


LARGE = 300_000  # bytes


@pytest.mark.conformance
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no folder {FOLDER}")
def test_recorded_documents() -> None:
    paths = sorted((FOLDER / "pmml").glob("*.pmml"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        assert isinstance(both(data, skip="Node"), list)
        if len(data) < LARGE:  # the trees of the others are more of the same, and take a minute
            assert isinstance(both(data), list)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"\0", b"<", b"<PMML", b"<PMML>", b"<html/>", b"<a xmlns='u'/>", b"<PMML/>x"),
        *(GOOD[:-1], GOOD[: len(GOOD) // 2], GOOD * 2, GOOD.replace(b'"', b"", 1)),
        *(b"<!DOCTYPE PMML>" + GOOD, b"\n\n<!DOCTYPE PMML [<!ENTITY a 'b'>]>\n" + GOOD),
        *(b"<html><", b"<PMML xmlns='urn:x'><", b"<PMML>&a;</PMML>", b"<PMML>&lt;&#0;</PMML>"),
        *(
            b"<PMML a='1' a='2'/>",
            b"<PMML><p:a/></PMML>",
            b"<PMML>\xff</PMML>",
            b"<PMML>]]></PMML>",
        ),
        *(b"<PMML><a></b></PMML>", b"<PMML>" + b"\n<a/>" * 30_000 + b"<", b"\xef\xbb\xbf" + GOOD),
        *(GOOD.decode().encode("utf-16"), b'<?xml version="1.0" encoding="cp1250"?>' + GOOD),
        b'<?xml version="1.0" encoding="cp1252"?><PMML a="\x80\x99"/>',
        b'<?xml version="1.0" encoding="cp1252"?><PMML a="\x81"/>',
        b'<?xml version="1.0" encoding="no-such"?><PMML/>',
        b'<?xml version="1.0" encoding="utf-7"?><PMML/>',
        b'<?xml version="1.1"?><PMML/>',
    ],
)
def test_odd_documents(data: bytes) -> None:
    both(data)
    both(data, skip="Node")


def test_every_encoding_that_python_has() -> None:
    import encodings.aliases

    for name in sorted(set(encodings.aliases.aliases.values())):
        both(b'<?xml version="1.0" encoding="%s"?>' % name.encode() + GOOD)


def test_limits() -> None:
    deep = b"<PMML>" + b"<a>" * 50 + b"</a>" * 50 + b"</PMML>"
    wide = b"<PMML>" + b"<Node><b/></Node>" * 50 + b"</PMML>"
    for skip in ("", "Node", "a"):
        for n in (0, 1, 49, 50, 51, 52, 100, 101, 102):
            both(deep, Limits(depth=n), skip)
            both(deep, Limits(elements=n), skip)
            both(wide, Limits(elements=n), skip)
            both(wide, Limits(depth=n % 5), skip)


@pytest.mark.parametrize("at", [65_535, 65_536, 65_537, 196_608, 200_000])
def test_pieces_may_end_anywhere(at: int) -> None:
    """A document is fed in pieces, the first of 64 KiB."""
    for middle in ("ö".encode(), b"&amp;", b"<b c='d'/>", b"<![CDATA[]]>", b"\r\n"):
        for back in range(len(middle) + 1):
            start = b"<PMML>"
            both(start + b"x" * (at - len(start) - back) + middle + b"y</PMML>")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([GOOD, MIXED, FOREIGN]),
    st.lists(
        st.tuples(
            st.integers(0, 10**6),
            st.integers(0, 6),
            st.binary(max_size=5)
            | st.sampled_from([b"<", b">", b"&", b"<!DOCTYPE a>", b"<a>", b"</a>", b" xmlns='u'"]),
        ),
        max_size=4,
    ),
    st.integers(1, 12),
)
def test_damaged_documents(data: bytes, damages: list[tuple[int, int, bytes]], most: int) -> None:
    for at, gone, piece in damages:
        at %= len(data) + 1
        data = data[:at] + piece + data[at + gone :]
    both(data)
    both(data, Limits(depth=most, elements=2 * most), "Node")


def test_many_texts_and_the_empty_one() -> None:
    inner = "".join(f"<a n='{i}' e=''>{i % 7}</a><b/>" for i in range(20_000))
    found = both(b"<PMML>" + inner.encode() + b"</PMML>")
    assert isinstance(found, list)
    assert found[-2] == ("a", 1, "0", [("n", "19999"), ("e", "")], [])


def test_an_element_is_the_same_object_each_time() -> None:
    root = read(
        pmml(data_field("x"), "<TreeModel functionName='regression'><Node/></TreeModel>")
    ).root
    assert [id(e) for e in root.walk()] == [id(e) for e in root.walk()]
    with pytest.raises(AttributeError):
        _ = root.absent  # type: ignore[attr-defined]


def test_threads_look_at_one_document_at_once() -> None:
    inner = "<a b='1'><c/></a>" * 2_000
    root = native(b"<PMML>" + inner.encode() + b"</PMML>", Limits())
    found: list[list[int]] = []

    def look() -> None:
        found.append([id(e) for e in root.walk() if e.attributes is not None])

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(found[0]) == 4


def test_without_the_kernels_python_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "library", lambda: None)
    root = parse(GOOD, Limits())
    assert type(root) is Element
    assert read(GOOD).model.kind == "RegressionModel"


@pytest.mark.parametrize(
    ("offset", "value"), [(0, 0), (8, 100), (12, 3), (32, 0), (48, 0), (80, 0), (160, 0)]
)
def test_another_expat_is_not_called(offset: int, value: int) -> None:
    """Its functions are only called when the struct is the one that is known."""
    assert NATIVE is not None
    library, address = NATIVE
    copy = ctypes.create_string_buffer(ctypes.string_at(address, 176), 176)
    assert library.pp_read_knows(ctypes.addressof(copy))
    size = 4 if offset in (8, 12) else 8
    copy[offset : offset + size] = value.to_bytes(size, "little")  # type: ignore[assignment]
    assert not library.pp_read_knows(ctypes.addressof(copy))


def test_another_magic_is_not_known() -> None:
    assert NATIVE is not None
    library, address = NATIVE
    copy = ctypes.create_string_buffer(ctypes.string_at(address, 176), 176)
    magic = ctypes.create_string_buffer(b"pyexpat.expat_CAPI 2.0")
    copy[0:8] = ctypes.addressof(magic).to_bytes(8, "little")  # type: ignore[assignment]
    assert not library.pp_read_knows(ctypes.addressof(copy))


def test_a_file_is_read_through_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.pmml").write_bytes(GOOD)
    assert list(facts(read(tmp_path / "a.pmml").root)) == list(
        facts(parse_in_python(GOOD, Limits(), ""))
    )

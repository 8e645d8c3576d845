"""Files that are no document, or one that means harm: each is refused with a named error, soon."""

from __future__ import annotations

import contextlib
import encodings.aliases
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmml_pipeline.document import Document, Limits, read
from pmml_pipeline.errors import DocumentError, DocumentTooLargeError, UnsafeDocumentError

from ..pmml import classifier, data_field, linear, mining_field, pmml, simple

GOOD = linear(data_field("x"), mining_field("x"), {"x": 2.0})
TREE = classifier(
    ["a", "b"],
    data_field("n", "integer", intervals=[("closedOpen", 0, 10)], missing=["-1"]),
    mining_field("n", missingValueTreatment="asIs", invalidValueTreatment="returnInvalid"),
    (simple("n", "lessOrEqual", 3), "a", {"a": 2}),
    (simple("n", "greaterThan", 3), "b", {"b": 2}),
)
DECLARED = b'<?xml version="1.0" encoding="%s"?>'


@pytest.mark.parametrize("keep", [0, 1, 5, 40, 200, len(GOOD) - 1])
def test_a_truncated_document_is_not_well_formed(keep: int) -> None:
    with pytest.raises(DocumentError, match="not well-formed XML"):
        read(GOOD[:keep])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n",
        bytes(range(256)),
        b"\x1f\x8b\x08\x00",
        b"{}",
        b"a,b\n1,2\n",
        GOOD + b"x",
        GOOD * 2,
    ],
)
def test_what_is_no_xml_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not well-formed XML"):
        read(data)


@pytest.mark.parametrize("trees", [True, False])
@pytest.mark.parametrize("root", ["<html/>", "<pmml/>", "<Node/>", "<a:PMMLx xmlns:a='u'/>"])
def test_another_root_element_is_refused(root: str, trees: bool) -> None:
    with pytest.raises(DocumentError, match=r"the root element is .*, not 'PMML'"):
        read(root.encode(), trees=trees)


@pytest.mark.parametrize("version", ["3_0", "3_1", "3_2", "4_0", "4_1", "4_2", "4_3", "4_4"])
def test_every_pmml_namespace_is_read(version: str) -> None:
    uri = f"http://www.dmg.org/PMML-{version}"
    data = pmml(data_field("y") + data_field("x"), _model(), namespace=uri)
    assert list(read(data).data_fields) == ["y", "x"]


def test_a_document_without_a_namespace_and_one_with_a_prefix_are_read() -> None:
    bare = pmml(data_field("y") + data_field("x"), _model(), namespace=None)
    assert read(bare).model.kind == "RegressionModel"
    prefixed = bare.replace(b"</", b"</p:").replace(b"<", b"<p:").replace(b"<p:/p:", b"</p:")
    prefixed = prefixed.replace(b"<p:PMML", b'<p:PMML xmlns:p="http://www.dmg.org/PMML-4_3"')
    assert read(prefixed).model.kind == "RegressionModel"


@pytest.mark.parametrize(
    "uri",
    [
        "http://www.dmg.org/PMML-5_0",
        "http://www.dmg.org/PMML-4_5",
        "http://www.dmg.org/PMML-2_1",
        "http://www.dmg.org/PMML-4_4/",
        "urn:x",
        "http://www.dmg.org/PMML-4_4 x",
    ],
)
def test_another_namespace_is_refused(uri: str) -> None:
    with pytest.raises(DocumentError, match=r"none of PMML 3\.0 to 4\.4|not well-formed"):
        read(pmml(data_field("y"), _model(), namespace=uri))


def _model() -> str:
    inner = "<MiningSchema><MiningField name='x'/></MiningSchema>"
    return f"<RegressionModel functionName='regression'>{inner}</RegressionModel>"


# --- DTD and entities ------------------------------------------------------------------------


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha" * 100}">' for i in range(10))


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE PMML>",
        "<!DOCTYPE PMML SYSTEM 'pmml.dtd'>",
        "<!DOCTYPE PMML PUBLIC '-//x' 'http://127.0.0.1:1/pmml.dtd'>",
        "<!DOCTYPE PMML [<!ENTITY a 'b'>]>",
        "<!DOCTYPE PMML [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE PMML [<!ENTITY % a SYSTEM 'http://127.0.0.1:1/a'> %a;]>",
        "<!DOCTYPE PMML [<!ATTLIST PMML version CDATA '4.4'>]>",
        f"<!DOCTYPE PMML [{LAUGHS}]>",
    ],
)
def test_a_dtd_is_refused_before_it_does_anything(doctype: str) -> None:
    harmful = GOOD.replace(b"<Header>", b"<Header>&l9;&a;")
    started = time.process_time()
    for data in (doctype.encode() + GOOD, doctype.encode() + harmful):
        with pytest.raises(UnsafeDocumentError, match="has a DTD or an entity"):
            read(data)
    assert time.process_time() - started < 1


def test_an_entity_that_nobody_declared_is_refused() -> None:
    with pytest.raises(DocumentError, match="undefined entity"):
        read(GOOD.replace(b"<Header>", b"<Header>&a;"))


# --- sizes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("trees", [True, False])
@pytest.mark.parametrize("tag", ["Node", "x"])
def test_deep_nesting_ends_at_the_limit(tag: str, trees: bool) -> None:
    data = pmml(data_field("x"), f"<{tag}>" * 100_000)
    with pytest.raises(DocumentTooLargeError, match="depth"):
        read(data, trees=trees)


@pytest.mark.parametrize("trees", [True, False])
def test_the_number_of_elements_ends_at_the_limit(trees: bool) -> None:
    data = pmml(data_field("x"), "<TreeModel>" + "<Node/>" * 1_000 + "</TreeModel>")
    with pytest.raises(DocumentTooLargeError, match="number of elements"):
        read(data, trees=trees, limits=Limits(elements=500))


def test_the_limits_are_inclusive() -> None:
    size, depth, elements = len(GOOD), 4, GOOD.count(b"<") - GOOD.count(b"</")
    read(GOOD, limits=Limits(size=size, depth=depth, elements=elements))
    for tight, what in (
        (Limits(size=size - 1), "size"),
        (Limits(depth=depth - 1), "depth"),
        (Limits(elements=elements - 1), "number of elements"),
    ):
        with pytest.raises(DocumentTooLargeError, match=what):
            read(GOOD, limits=tight)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.pmml"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a sparse file: a terabyte that holds nothing
    with pytest.raises(DocumentTooLargeError, match="size"):
        read(path, limits=Limits(size=1_000_000))


def test_nested_chains_at_the_limit_of_depth_do_not_exhaust_the_stack() -> None:
    opening = (
        "<MiningModel functionName='regression'><Segmentation multipleModelMethod='modelChain'>"
        "<Segment>"
    )
    closing = "</Segment></Segmentation></MiningModel>"
    times = 660
    document = read(pmml(data_field("x"), opening * times + _model() + closing * times))
    assert document.model.kind == "MiningModel"


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param("xx<b/>" * 300_000, id="text between elements"),
        pytest.param("\n" * 10_000_000, id="lines"),
        pytest.param("x" * 30_000_000, id="one text"),
        pytest.param("<b a='" + "x" * 10_000_000 + "'/>", id="one attribute"),
        pytest.param("<!--" + "x" * 10_000_000 + "-->", id="one comment"),
        pytest.param("<b " + " ".join(f"a{i}=''" for i in range(100_000)) + "/>", id="attributes"),
    ],
)
def test_large_pieces_take_linear_time(inner: str) -> None:
    data = pmml(data_field("x"), f"<Extension>{inner}</Extension>" + _model())
    started = time.process_time()
    assert read(data, trees=False).model.kind == "RegressionModel"
    assert time.process_time() - started < 6


# --- encodings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"]
)
def test_encodings_that_expat_knows_are_read(encoding: str) -> None:
    name = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16"}.get(encoding, encoding)
    text = (DECLARED % name.encode() + GOOD.replace(b'"x"', '"größe"'.encode())).decode()
    if encoding == "utf-16-le":
        text = "\ufeff" + text
    assert "größe" in read(text.encode(encoding)).data_fields


def test_every_other_encoding_is_read_right_or_refused() -> None:
    names = sorted(
        {*encodings.aliases.aliases, *encodings.aliases.aliases.values(), "no-such", "x" * 99}
    )
    refused = 0
    for name in names:
        try:
            document = read(DECLARED % name.encode() + GOOD)
        except DocumentError:
            refused += 1
        else:
            assert "x" in document.data_fields
    assert 0 < refused < len(names)


def test_bytes_that_the_declared_encoding_does_not_have_are_refused() -> None:
    with pytest.raises(DocumentError, match="not well-formed"):
        read(GOOD.replace(b'"x"', b'"gr\xf6\xdfe"'))


# --- paths -----------------------------------------------------------------------------------


def test_paths_that_are_no_readable_file_are_named(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path, "is a folder"),
        (tmp_path / "absent.pmml", "there is no file"),
        (tmp_path / "a" / "b" / "c", "there is no file"),
        ("nul\0byte", "there is no file"),
        ("x" * 5_000, "cannot be read"),
    ):
        with pytest.raises(DocumentError, match=message):
            read(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.pmml"
    path.write_bytes(GOOD)
    path.chmod(0)
    with pytest.raises(DocumentError, match="cannot be read"):
        read(path)


def test_a_file_that_fails_while_it_is_read_is_named() -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        read(Path("/proc/self/mem"))  # opens, and refuses to be read at its beginning


# --- damage ----------------------------------------------------------------------------------

_positions = st.integers(0, 10**6)
_pieces = st.sampled_from(
    [b"<", b">", b"</", b"&", b'"', b"\0", b"\xff", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>", b"<!--",
     b"&#0;", b"&#xD800;", b"&lt;", b"<?xml?>", b" xmlns='u'", b"NaN", b"1_0", b"\xed\xa0\x80"]
)  # fmt: skip


@settings(max_examples=400, deadline=1_000)
@given(
    st.sampled_from([GOOD, TREE]),
    st.lists(st.tuples(_positions, st.integers(0, 8), _pieces | st.binary(max_size=6)), max_size=4),
    st.booleans(),
)
def test_a_damaged_document_is_a_document_or_a_document_error(
    data: bytes, damages: list[tuple[int, int, bytes]], trees: bool
) -> None:
    for at, gone, piece in damages:
        at %= len(data) + 1
        data = data[:at] + piece + data[at + gone :]
    with contextlib.suppress(DocumentError):
        document = read(data, trees=trees, limits=Limits(size=10_000, depth=20, elements=200))
        assert isinstance(document, Document)

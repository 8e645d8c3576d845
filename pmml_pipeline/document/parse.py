"""Parses XML into elements, with limits.

No DTD, no entities, nothing fetched; depth, size and number of elements are limited. XML is parsed
by expat directly because that is where these limits can be set: by Python's own expat either way,
from C into a table where the kernels can do that, otherwise from Python.

A tag is the name without the namespace. An element of another namespace than the root's is no
element of PMML, whatever its name: its tag is namespace, space and name. Cells of a row and what is
inside an Extension may be of any namespace. An element without one counts as PMML's, as with JPMML.
"""

from __future__ import annotations

import ctypes
import re
import secrets
from dataclasses import dataclass
from xml.parsers import expat

from pmml_pipeline.document.model import Element
from pmml_pipeline.document.table import Table
from pmml_pipeline.errors import DocumentError, DocumentTooLargeError, UnsafeDocumentError
from pmml_pipeline.kernels import reading

# "The namespaces are http://www.dmg.org/PMML-4_4, ..." one for each version, since 3.0.
NAMESPACE = re.compile(r"http://www\.dmg\.org/PMML-(3_[0-2]|4_[0-4])(_1)?")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be.

    Attributes:
        size: bytes of the file.
        depth: elements inside one another. Real trees nest a few dozen deep.
        elements: how many there are.
    """

    size: int = 2 << 30
    depth: int = 2_000
    elements: int = 100_000_000


def parse(data: bytes, limits: Limits, skip: str = "") -> Element:
    """The root element of a document.

    Args:
        data: the document.
        limits: of its depth and its elements.
        skip: elements of this tag are checked but not kept, nor what is in them.

    Raises:
        DocumentError: it is not XML, or its root is not PMML.
        UnsafeDocumentError: it has a DTD or entities.
        DocumentTooLargeError: it exceeds a limit.
    """
    native = reading.library()
    if native is None:
        return parse_in_python(data, limits, skip)
    return parse_in_c(data, limits, skip, *native)


def parse_in_c(
    data: bytes, limits: Limits, skip: str, library: ctypes.PyDLL, expat_address: int
) -> Element:
    """:func:`parse` by the kernels: a table, and views of it."""
    reader = library.pp_read_open(
        expat_address, limits.depth, limits.elements, skip.encode(), secrets.randbits(64)
    )
    if not reader:
        raise MemoryError
    try:
        table = reading.NativeTable()
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        at, checked = 0, False
        while True:
            # Pieces grow with what was read, so that one long text is not looked at again and again
            # by an expat that begins anew with every piece of it. Few small ones come first, so
            # that what is refused is refused soon.
            size = min(len(data) - at, at + _PIECE, 1 << 30)
            last = at + size == len(data)
            state = library.pp_read_feed(reader, address + at, size, last)
            at += size
            library.pp_read_table(reader, table)
            if not checked and table.root >= 0:
                checked = True
                _check_root(_string_of(table, table.root))
            if state:
                raise _error_of(state, table, limits)
            if last:
                return Table(table).element(0)
    except (ValueError, LookupError) as error:  # an encoding that Python does not have
        raise _undecodable(error) from None
    finally:
        library.pp_read_close(reader)


_PIECE = 1 << 16


def _string_of(table: reading.NativeTable, number: int) -> str:
    starts = ctypes.cast(table.starts, ctypes.POINTER(ctypes.c_int64))
    return ctypes.string_at(
        table.buffer + starts[number], starts[number + 1] - starts[number]
    ).decode()


def _error_of(state: int, table: reading.NativeTable, limits: Limits) -> Exception:
    if state == reading.DEPTH:
        return too_large("depth", f"over {limits.depth}", str(limits.depth))
    if state == reading.ELEMENTS:
        return too_large("number of elements", f"over {limits.elements}", str(limits.elements))
    if state == reading.DTD:
        return _unsafe(table.line)
    if state == reading.MEMORY:
        return MemoryError()
    said = f"{expat.ErrorString(table.code)}: line {table.line}, column {table.column}"
    return _malformed(said)


def parse_in_python(data: bytes, limits: Limits, skip: str) -> Element:
    """:func:`parse` where the kernels cannot read: an object for every element."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    top = Element("", {}, 0)
    stack = [top]
    texts: list[list[str]] = [[]]  # of the elements in the stack, joined when they end
    count = depth = skipping = extension = 0
    namespace = ""  # of the root, with the space behind it

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count, depth, skipping, extension, namespace
        count += 1
        depth += 1
        if depth > limits.depth:
            raise too_large("depth", f"over {depth - 1}", str(limits.depth))
        if count > limits.elements:
            raise too_large("number of elements", f"over {count - 1}", str(limits.elements))
        if skipping:
            skipping += 1
            return
        if depth == 1:
            _check_root(name)
            namespace = name[: name.rfind(" ") + 1]
        tag = name[name.rfind(" ") + 1 :]
        own = name[: len(name) - len(tag)]
        if own not in ("", namespace) and not extension and stack[-1].tag != "row":
            tag = name  # no element of PMML, whatever its name
        if tag == "Extension" and not extension:
            extension = depth
        if tag == skip:
            skipping = 1
            return
        element = Element(tag, attributes, parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)
        texts.append([])

    def end(_: str) -> None:
        nonlocal depth, skipping, extension
        if extension == depth:
            extension = 0
        depth -= 1
        if skipping:
            skipping -= 1
        else:
            stack.pop().text = "".join(texts.pop())

    def text(data: str) -> None:
        if not skipping:
            texts[-1].append(data)

    def refuse(*_: object) -> None:
        raise _unsafe(parser.CurrentLineNumber)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _malformed(str(error)) from None
    except (ValueError, LookupError) as error:  # an encoding that Python does not have
        raise _undecodable(error) from None
    return top.children[0]


def _check_root(name: str) -> None:
    namespace, _, tag = name.rpartition(" ")
    if tag != "PMML":
        raise DocumentError(f"the root element is {tag!r}, not 'PMML'", "give a PMML document")
    if namespace and not NAMESPACE.fullmatch(namespace):
        raise DocumentError(
            f"the namespace {namespace!r} is none of PMML 3.0 to 4.4",
            "convert the document to PMML 4.4",
        )


def too_large(what: str, found: str, limit: str) -> DocumentTooLargeError:
    return DocumentTooLargeError(
        f"the document's {what} ({found}) exceeds the limit of {limit}",
        "raise the limit if you trust the document",
    )


def _unsafe(line: int) -> UnsafeDocumentError:
    return UnsafeDocumentError(
        f"the document has a DTD or an entity (line {line})", "remove it; PMML needs neither"
    )


def _malformed(said: str) -> DocumentError:
    return DocumentError(
        f"the document is not well-formed XML ({said})",
        "it may be truncated or not PMML at all; export or copy it again",
    )


def _undecodable(error: Exception) -> DocumentError:
    return DocumentError(f"the document cannot be decoded ({error})", "save it as UTF-8")

"""Reads and writes the XML of documents that were generated a moment ago.

Documents from elsewhere are for ``pmml_pipeline.document``, which trusts nothing.
"""

from __future__ import annotations

from xml.etree import ElementTree

PMML = "{http://www.dmg.org/PMML-4_4}"
TABLE = "{http://jpmml.org/jpmml-model/InlineTable}"
_PREFIXES = {"": PMML[1:-1], "data": TABLE[1:-1]}


def parse(document: bytes) -> ElementTree.Element:
    """The root element."""
    return ElementTree.fromstring(document)


def serialise(root: ElementTree.Element) -> bytes:
    """The document as UTF-8, PMML as the default namespace; the same for the same elements."""
    for prefix, uri in _PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + body + b"\n"

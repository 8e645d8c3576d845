"""Documents that threads compile at once, however deep they are."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from pmml_pipeline.compiler.compile import compile_document
from pmml_pipeline.document import read
from pmml_pipeline.schema import schema_of

from ..pmml import data_field, linear, mining_field, tag
from .test_functions import apply, constant


def chain(length: int) -> bytes:
    """y = c(n - 1), where ck = 1 + c(k - 1); each is defined before the one that it needs."""
    fields = ""
    for k in reversed(range(length)):
        source = tag("FieldRef", {"field": f"c{k - 1}" if k else "x"})
        fields += tag(
            "DerivedField",
            {"name": f"c{k}", "optype": "continuous", "dataType": "double"},
            apply("+", constant(1), source),
        )
    document = linear(data_field("x"), mining_field("x"), {f"c{length - 1}": 1.0}).decode()
    before = tag("TransformationDictionary", {}, fields)
    return document.replace("</DataDictionary>", f"</DataDictionary>{before}").encode()


def test_threads_compile_deep_and_shallow_documents_at_once() -> None:
    before = sys.getrecursionlimit()
    documents = [read(chain(length)) for length in (400, 10, 300, 5)]

    def compiled(number: int) -> int:
        document = documents[number % len(documents)]
        schema = schema_of(document)
        return len(compile_document(document, schema.inputs, schema.outputs).stages)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(compiled, range(60))) == {1}
    assert sys.getrecursionlimit() == before

"""A document to a plan: the program, and how cells become its numbers and these become results."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence

from pmml_pipeline.compiler.builder import Builder
from pmml_pipeline.compiler.lower.casts import cast
from pmml_pipeline.compiler.lower.expressions import define_derived_fields
from pmml_pipeline.compiler.lower.model import lower_model
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.program import Plan
from pmml_pipeline.compiler.values import Texts, Value, as_it_is
from pmml_pipeline.document import Document, Element
from pmml_pipeline.document.bind import bind, refusal
from pmml_pipeline.document.expressions import TransformationDictionary
from pmml_pipeline.document.table import TableElement
from pmml_pipeline.errors import DocumentError, PmmlPipelineError, UnsupportedDocumentError
from pmml_pipeline.schema import InputField, OutputField

DEPTH = 100_000  # calls inside one another; they are Python's own, which take no stack of C's
SHOWN = 20


class _Deep:
    """Lets expressions and trees be nested as deeply as documents may be.

    The limit is that of the whole process. It is raised while any thread is in here, and goes back
    when the last one leaves: lowered under a thread that is deep, it would end the process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._before, DEPTH))
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                sys.setrecursionlimit(self._before)


_DEEP = _Deep()


def compile_document(
    document: Document, inputs: Sequence[InputField], outputs: Sequence[OutputField]
) -> Plan:
    """Compiles a document.

    Args:
        document: as read, with its trees.
        inputs: the cells that come in, in order.
        outputs: the results that go out, in order.

    Raises:
        UnsupportedDocumentError: it cannot be compiled; lists everything that stands in the way.
    """
    context = Context(Builder(len(inputs)), Texts(), document.data_fields, document.version)
    outputs_of: list[int] = []
    with _DEEP:
        try:
            outputs_of = _lower(context, document, inputs, outputs)
        except PmmlPipelineError as error:
            context.refusals.append(error)
        except RecursionError:
            context.refusals.append(DocumentError("the document is nested too deeply", ""))
    if context.refusals:
        raise _refused(context.refusals)
    return Plan(context.builder.finish(outputs_of), tuple(context.texts.codes))


def _lower(
    context: Context,
    document: Document,
    inputs: Sequence[InputField],
    outputs: Sequence[OutputField],
) -> list[int]:
    scope = Scope()
    _check_namespaces(document.root)
    _check_dictionary(context, document.root)
    for number, field in enumerate(inputs):
        scope.define(field.name, _input(context, number, field))
    dictionary = document.root.child("TransformationDictionary")
    if dictionary is not None:
        bound = bind(TransformationDictionary, dictionary)
        context.functions.update((f.name, f) for f in bound.functions)
        context.derived.update((f.name, f) for f in bound.fields)
        define_derived_fields(context, scope, bound.fields)
    result, inner = lower_model(context, scope, document.model.element, outermost=True)
    found = []
    for output in outputs:
        with context.collecting():
            if output.target:
                value = result.targets.get(output.name, result.value)
            else:
                value = inner.value(output.name)
            if value is None:
                raise DocumentError(f"the model gives no {output.name!r}", "")
            found.append(_as_output(context, value, output))
    return found


def _check_namespaces(root: Element) -> None:
    """Refuses elements of another namespace: what is not bound would pass them over."""
    if isinstance(root, TableElement) and not root.table.has_tag(lambda tag: " " in tag):
        return
    for element in root.walk():
        if " " in element.tag:
            raise refusal(element, "is of another namespace than the document")


def _check_dictionary(context: Context, root: Element) -> None:
    """What a data dictionary may say beside types and values."""
    dictionary = root.child("DataDictionary")
    for element in (*root.children, *(dictionary.children if dictionary is not None else ())):
        if element.tag == "Taxonomy" or element.get("taxonomy") is not None:
            context.refusals.append(refusal(element, "with a taxonomy is not supported"))
        if element.tag == "DataField" and element.get("isCyclic") in ("1", "true"):
            context.cyclic.add(element.get("name") or "")


def _input(context: Context, number: int, field: InputField) -> Value:
    register = number
    if field.data_type == "float":
        register = context.builder.op("F32", register)
    for level in field.values if field.data_type == "string" else ():
        context.texts.code(level)
    checked = field.invalid_value_treatment == "returnInvalid"  # and refused, if it is none
    possible = field.values if checked and field.data_type == "string" else ()
    return Value(
        register, field.data_type, field.optype, field.required, field.values, checked, possible
    )


def _as_output(context: Context, value: Value, output: OutputField) -> int:
    if value.data_type != output.data_type and not as_it_is(value.data_type, output.data_type):
        value = cast(context, value, output.data_type)
    return value.register


def _refused(refusals: Sequence[PmmlPipelineError]) -> UnsupportedDocumentError:
    causes = list(dict.fromkeys(error.cause for error in refusals))
    text = "; ".join(causes[:SHOWN])
    if len(causes) > SHOWN:
        text += f"; and {len(causes) - SHOWN} more"
    return UnsupportedDocumentError(
        f"the document cannot be compiled: {text}", "use another engine"
    )

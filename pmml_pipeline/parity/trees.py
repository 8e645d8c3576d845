"""Where the trees of a document are, and what each of them sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pmml_pipeline.document import Document, Element
from pmml_pipeline.document.reader import MODEL_ELEMENTS
from pmml_pipeline.parity.fields import Scope
from pmml_pipeline.parity.predicates import predicate_of


class Tree(NamedTuple):
    """One tree.

    Attributes:
        number: from 1, in document order.
        model: its TreeModel.
        conditions: the segments around it that have a condition, outermost first.
        scope: what it sees beside the inputs.
    """

    number: int
    model: Element
    conditions: tuple[Element, ...]
    scope: Scope


def find_trees(document: Document, limit: int) -> tuple[list[Tree], int]:
    """The trees of a document's model.

    Args:
        document: read with its trees.
        limit: how many are wanted.

    Returns:
        The first ones, in document order, and how many there are.
    """
    found: list[Tree] = []
    count = 0
    top = document.root.child("TransformationDictionary")
    scope = Scope(_derived(top)) if top is not None else Scope()
    stack: list[tuple[Element, tuple[Element, ...], Scope]] = [(document.model.element, (), scope)]
    while stack:
        model, conditions, outer = stack.pop()
        inner = outer if model is document.model.element else _with_schema(model, outer)
        inner = _with_transformations(model, inner)
        if model.tag == "TreeModel":
            count += 1
            if len(found) < limit:
                found.append(Tree(count, model, conditions, inner))
            continue
        segmentation = model.child("Segmentation")
        segments = [] if segmentation is None else segmentation.all("Segment")
        produced = frozenset(_produced(segments)) if segments else frozenset()
        if produced:
            inner = Scope(inner.derived, inner.replacements, inner.produced | produced)
        waiting = []
        for segment in segments:
            predicate = predicate_of(segment)
            always = predicate is None or predicate.tag == "True"
            below = conditions if always else (*conditions, segment)
            waiting += [(c, below, inner) for c in segment.children if c.tag in MODEL_ELEMENTS]
        stack.extend(reversed(waiting))
    return found, count


def _derived(parent: Element) -> dict[str, Element]:
    return {e.attributes["name"]: e for e in parent.all("DerivedField") if "name" in e.attributes}


def _with_transformations(model: Element, scope: Scope) -> Scope:
    local = model.child("LocalTransformations")
    added = {} if local is None else _derived(local)
    if not added:
        return scope
    return Scope({**scope.derived, **added}, scope.replacements, scope.produced)


def _with_schema(model: Element, scope: Scope) -> Scope:
    schema = model.child("MiningSchema")
    added = {
        f.attributes["name"]: f.attributes["missingValueReplacement"]
        for f in (schema.all("MiningField") if schema is not None else [])
        if "name" in f.attributes and "missingValueReplacement" in f.attributes
    }
    if not added:
        return scope
    return Scope(scope.derived, {**scope.replacements, **added}, scope.produced)


def _produced(segments: list[Element]) -> Iterator[str]:
    for segment in segments:
        for model in segment.children:
            output = model.child("Output") if model.tag in MODEL_ELEMENTS else None
            for element in output.all("OutputField") if output is not None else ():
                yield element.get("name") or ""

"""Names: which value a field has in which model, and the state of the whole lowering."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pmml_pipeline.compiler.builder import Builder, Register
from pmml_pipeline.compiler.values import Texts, Value
from pmml_pipeline.document import DataField
from pmml_pipeline.document.expressions import DefineFunction, DerivedField
from pmml_pipeline.errors import DocumentError, PmmlPipelineError


@dataclass(slots=True)
class Context:
    """What is shared while one document is lowered.

    Attributes:
        builder: the program in the making.
        texts: its texts.
        data_fields: the data dictionary.
        version: the PMML version that the document says it is of.
        functions: the functions that the document defines.
        calling: the functions of the document that are being put in, one inside the other.
        put_in: the expressions that they were made of so far, and what these have many of.
        cyclic: the fields whose last value is next to the first.
        derived: the fields of its transformation dictionary, as written.
        refusals: everything that is not supported, as it is found.
    """

    builder: Builder
    texts: Texts
    data_fields: Mapping[str, DataField]
    version: str = ""
    functions: dict[str, DefineFunction] = field(default_factory=dict)
    calling: list[str] = field(default_factory=list)
    put_in: int = 0
    cyclic: set[str] = field(default_factory=set)
    derived: dict[str, DerivedField] = field(default_factory=dict)
    refusals: list[PmmlPipelineError] = field(default_factory=list)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Notes a refusal and goes on, so that all of them can be told at once."""
        try:
            yield
        except PmmlPipelineError as error:
            self.refusals.append(error)


class Scope:
    """The fields that can be seen from some place in a document.

    Args:
        parent: where a field is looked for that is not here.

    Attributes:
        invalid: where one of the model's fields makes its result invalid: 1 or 0 for every such
            field.
    """

    def __init__(self, parent: Scope | None = None) -> None:
        self._parent = parent
        self._values: dict[str, Value] = {}
        self._pending: dict[str, Callable[[], Value]] = {}
        self._open: dict[str, None] = {}  # what is being computed, in order
        self.invalid: list[Register] = []

    def define(self, name: str, value: Value) -> None:
        """Gives a field a value."""
        self._pending.pop(name, None)
        self._values[name] = value

    def define_later(self, name: str, compute: Callable[[], Value]) -> None:
        """Gives a field a value that is computed when it is first asked for."""
        self._values.pop(name, None)
        self._pending[name] = compute

    def later(self, name: str) -> Callable[[], Value] | None:
        """What gives the value that a field has now, if it has one in this very scope."""
        if name in self._values:
            value = self._values[name]
            return lambda: value
        return self._pending.get(name)

    def known(self, name: str) -> bool:
        """Whether there is such a field."""
        here = name in self._values or name in self._pending
        return here or (self._parent is not None and self._parent.known(name))

    def value(self, name: str) -> Value:
        """The value of a field.

        Raises:
            DocumentError: there is none, or it is computed from itself.
        """
        if name in self._values:
            return self._values[name]
        if name in self._pending:
            if name in self._open:
                names = list(self._open)
                cycle = " -> ".join([*names[names.index(name) :][:20], name])
                raise DocumentError(
                    f"the field {name!r} is computed from itself ({cycle})",
                    "export the document again",
                )
            self._open[name] = None
            try:
                value = self._pending[name]()
            finally:
                del self._open[name]
            self.define(name, value)
            return value
        if self._parent is not None:
            return self._parent.value(name)
        raise DocumentError(f"there is no field {name!r}", "export the document again")

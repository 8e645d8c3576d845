"""What a register holds while a document is lowered, and how constants become numbers.

Inside a program there are only numbers. A text is its position in :class:`Texts`, a truth value is
1 or 0, and NaN is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.limits import Allowance
from pmml_pipeline.compiler.moments import TEMPORAL, is_counted, number_of
from pmml_pipeline.document.bind import number, truth
from pmml_pipeline.document.model import to_float32
from pmml_pipeline.errors import DocumentError

NUMERIC = ("integer", "float", "double")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of every row.

    Attributes:
        register: where it is.
        data_type: PMML dataType.
        optype: ``continuous``, ``categorical`` or ``ordinal``.
        present: whether it is known never to be missing.
        levels: its declared valid values, as text, in their order; empty when there are none.
        checked: whether it is known to be a valid value where it is present.
        possible: the texts of which it is one where it is present; empty when that is not known.
    """

    register: Register
    data_type: str
    optype: str = "continuous"
    present: bool = False
    levels: tuple[str, ...] = ()
    checked: bool = False
    possible: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return self.data_type in NUMERIC


@dataclass(slots=True)
class Texts:
    """The texts of a program, by number.

    Attributes:
        codes: the number of each.
    """

    codes: dict[str, int] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _allowance: Allowance = field(default_factory=Allowance)

    def code(self, text: str) -> int:
        """The number of a text; a new one gets the next."""
        code = self.codes.setdefault(text, len(self.codes))
        if code == len(self._names):
            self._names.append(text)
        return code

    def made(self, text: str) -> float:
        """The number of a text that a function made.

        Raises:
            LimitError: it or all of them are too long.
        """
        if text not in self.codes:
            self._allowance.take(len(text))
        return float(self.code(text))

    def text(self, code: int) -> str:
        """The text of a number."""
        return self._names[code]


def parse(text: str, data_type: str, texts: Texts) -> float:
    """The number that stands for a constant of a document.

    Raises:
        DocumentError: the text is no value of the type.
    """
    try:
        if data_type == "boolean":
            return _boolean(text)
        if data_type in NUMERIC:
            value = _number(text)
            return to_float32(value) if data_type == "float" else value
        if data_type in TEMPORAL or is_counted(data_type):
            return number_of(text, data_type)
    except ValueError as error:
        raise DocumentError(
            f"the constant {text[:100]!r} is {error}, and its type is {data_type}",
            "export the document again",
        ) from None
    if data_type != "string":
        raise DocumentError(f"the type {data_type} is not supported", "use another engine")
    return float(texts.code(text))


def _boolean(text: str) -> float:
    lower = text.lower()
    if lower in ("1.0", "0.0"):
        return float(lower)
    return float(truth(lower))


def _number(text: str) -> float:
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    if text == "NaN":
        return float("nan")
    return number(text)


def as_it_is(data_type: str, wanted: str) -> bool:
    """Whether a result keeps its number, which must then be one of the wanted type.

    To round it would hide that the model predicts something else than the document declares.
    """
    return data_type in NUMERIC and wanted in ("integer", "boolean")

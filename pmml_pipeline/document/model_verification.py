"""``ModelVerification``: records with the results that they should have.

"The producer may provide a sample of records with results, so that a consumer can verify that it
has the same results." Source: PMML 4.4, Model Verification.
"""

from __future__ import annotations

from dataclasses import dataclass

from pmml_pipeline.document.bind import number
from pmml_pipeline.document.model import Element
from pmml_pipeline.errors import DocumentError


@dataclass(frozen=True, slots=True)
class VerificationField:
    """``VerificationField``: an input or a result.

    Attributes:
        field: its name.
        precision: "the required precision of the predicted value, relative to it".
        zero_threshold: "the threshold that decides if a value counts as zero".
    """

    field: str
    precision: float = 1e-6
    zero_threshold: float = 1e-16


@dataclass(frozen=True, slots=True)
class ModelVerification:
    """The records of a document.

    Attributes:
        fields: what each record has.
        rows: the cells of every record as text, in the order of the fields; None for none.
    """

    fields: tuple[VerificationField, ...]
    rows: tuple[tuple[str | None, ...], ...]


def verification_of(model: Element) -> ModelVerification | None:
    """What a model should give, or None where it does not say.

    Raises:
        DocumentError: it is not as the specification has it.
    """
    element = model.child("ModelVerification")
    if element is None:
        return None
    declared, table = element.child("VerificationFields"), element.child("InlineTable")
    if declared is None or table is None:
        raise _wrong(element, "has no VerificationFields or no InlineTable")
    fields, columns = [], []
    for one in declared.all("VerificationField"):
        name = one.get("field")
        if not name:
            raise _wrong(one, "names no field")
        limits = [_limit(one, *each) for each in (("precision", 1e-6), ("zeroThreshold", 1e-16))]
        fields.append(VerificationField(name, *limits))
        # Cells are read without the prefix of their XML namespace.
        columns.append((one.get("column") or name).rpartition(":")[2])
    rows = []
    for row in table.all("row"):
        cells = {cell.tag: cell.text.strip() for cell in row.children}
        rows.append(tuple(cells.get(column) or None for column in columns))
    return ModelVerification(tuple(fields), tuple(rows))


def _limit(element: Element, name: str, default: float) -> float:
    text = element.get(name)
    if text is None:
        return default
    try:
        limit = number(text)
    except ValueError:
        limit = -1.0
    if not 0 <= limit < float("inf"):
        raise _wrong(element, f"has the {name} {text[:100]!r}")
    return limit


def _wrong(element: Element, why: str) -> DocumentError:
    return DocumentError(f"{element.tag} (line {element.line}) {why}", "export the document again")

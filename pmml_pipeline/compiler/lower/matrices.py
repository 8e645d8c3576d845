"""``Matrix``. Source: PMML 4.4, GeneralStructure."""

from __future__ import annotations

from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.bind import number, refusal, whole
from pmml_pipeline.document.model import Element


def matrix_of(element: Element) -> list[list[float]]:
    """The rows of a square matrix.

    "kind: diagonal - the content is one Array, the diagonal; symmetric - the content is the lower
    left, row by row; any - the content is one Array for each row, or MatCell elements" (Matrix).

    Raises:
        DocumentError: it is not square, or has something that is no number.
    """
    try:
        return _rows(element)
    except (ValueError, IndexError):
        raise refusal(element, "has no numbers for a square matrix") from None


def _rows(element: Element) -> list[list[float]]:
    arrays = [[number(text) for text in array_values(a)] for a in element.all("Array")]
    kind = element.get("kind") or "any"
    default = number(element.get("offDiagDefault") or "0")
    size = whole(
        element.get("nbRows") or str(len(arrays[0]) if kind == "diagonal" else len(arrays))
    )
    found = [[default] * size for _ in range(size)]
    if element.get("diagDefault") is not None:
        for place in range(size):
            found[place][place] = number(element.get("diagDefault") or "")
    if kind == "diagonal":
        for place, value in enumerate(arrays[0]):
            found[place][place] = value
    for row, values in enumerate(arrays if kind != "diagonal" else ()):
        if len(values) != (row + 1 if kind == "symmetric" else size):
            raise ValueError
        for column, value in enumerate(values):
            found[row][column] = value
            if kind == "symmetric":
                found[column][row] = value
    for cell in element.all("MatCell"):
        row, column = whole(cell.get("row") or ""), whole(cell.get("col") or "")
        if min(row, column) < 1:
            raise ValueError
        found[row - 1][column - 1] = number(cell.text.strip())
        if kind == "symmetric":
            found[column - 1][row - 1] = number(cell.text.strip())
    return found

"""``ComparisonMeasure``: how far records are from those of a table.

Source: PMML 4.4, ClusteringModel; nearest neighbours are compared in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.lower.tables import value_of
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.comparison import (
    BinarySimilarity,
    Chebychev,
    CityBlock,
    ComparisonMeasure,
    Euclidean,
    Jaccard,
    Minkowski,
    SimpleMatching,
    SquaredEuclidean,
    Tanimoto,
)
from pmml_pipeline.errors import DocumentError

# The numbers of kernels/src/distance.c.
_MEASURES: dict[type, int] = {
    CityBlock: 0,
    SquaredEuclidean: 1,
    Euclidean: 2,
    Chebychev: 3,
    Minkowski: 4,
}
_BINARY = 5
_FUNCTIONS = {"absDiff": 0, "gaussSim": 1, "delta": 2, "equal": 3, "table": 4}


@dataclass(frozen=True, slots=True)
class Compared:
    """A field that is compared.

    Attributes:
        where: the element that says so, with its line, for errors.
        value: of the record.
        function: its compareFunction.
        weight: its fieldWeight.
        share: its missing value weight.
        scale: its similarityScale.
        matrix: its Comparisons, by the position of two values among the field's levels.
    """

    where: str
    value: Value
    function: str
    weight: float = 1.0
    share: float = 1.0
    scale: float | None = None
    matrix: Sequence[Sequence[float]] = ()

    def wrong(self, text: str) -> DocumentError:
        """An error about it."""
        return DocumentError(f"{self.where}: {text}", "use another engine")


class Comparison:
    """Records against the rows of a table.

    Args:
        context: of the lowering.
        measure: says how.
        fields: what is compared.
        columns: the table, a column for each field; cells are text, or numbers as in registers.
        where: the element that has the table, for errors.

    Raises:
        DocumentError: they cannot be compared so.
    """

    def __init__(
        self,
        context: Context,
        measure: ComparisonMeasure,
        fields: Sequence[Compared],
        columns: Sequence[Sequence[str | float]],
        where: str,
    ) -> None:
        if not fields or not columns[0]:
            raise DocumentError(f"{where} has nothing that can be compared", "")
        self._builder = context.builder
        self._count = len(columns[0])
        self._measure = _MEASURES.get(type(measure.measure), _BINARY)
        # Of a distance the smallest is the best, of a similarity the largest. Where a document
        # calls one the other, engines differ.
        self._farthest = measure.kind == "similarity"
        if self._farthest != (self._measure == _BINARY):
            name = getattr(measure.measure, "TAG", "")
            raise DocumentError(
                f"ComparisonMeasure (line {measure.line}): {name} as a {measure.kind} is not "
                "supported", "use another engine"
            )  # fmt: skip
        numbers = [self._column(context, f, c) for f, c in zip(fields, columns, strict=True)]
        table = [*_parameters(measure), math.fsum(f.share for f in fields)]
        matrices: list[float] = []
        first_matrix = len(table) + (5 + self._count) * len(fields)
        for field in fields:
            first, second = 0.0, 0.0
            if field.function == "gaussSim" and self._measure != _BINARY:
                first = _gaussian(field)
            elif field.function == "table":
                first, second = float(first_matrix + len(matrices)), float(len(field.matrix))
                matrices += [number for row in field.matrix for number in row]
            function = float(_FUNCTIONS[field.function])
            table += [function, field.weight, field.share, first, second]
        table += [number for row in zip(*numbers, strict=True) for number in row]
        self._table = self._builder.doubles([*table, *matrices])
        self._sources = [self._source(context, f) for f in fields]

    def distances(self) -> tuple[Register, ...]:
        """How far a record is from each row."""
        immediates = (self._table, self._count, self._measure)
        return self._builder.ops("DISTANCES", self._count, self._sources, immediates)

    def nearest(self, count: int) -> tuple[tuple[Register, ...], tuple[Register, ...]]:
        """The positions of the nearest rows, the nearest first, and how far they are.

        Both are missing where one cannot be compared.
        """
        immediates = (self._table, self._count, self._measure, int(self._farthest), count)
        found = self._builder.ops("NEAREST", 2 * count, self._sources, immediates)
        return found[:count], found[count:]

    def _column(
        self, context: Context, field: Compared, cells: Sequence[str | float]
    ) -> list[float]:
        """The numbers of a column of the table."""
        if field.function == "table":
            return [float(_position(field, cell)) for cell in cells]
        counts = field.value.numeric or field.value.data_type == "boolean"
        if not counts and (self._measure == _BINARY or field.function in ("absDiff", "gaussSim")):
            raise field.wrong(f"{field.function} of {field.value.data_type} values")
        data_type = field.value.data_type
        numbers = [
            cell if isinstance(cell, float) else parse(cell, data_type, context.texts)
            for cell in cells
        ]
        if not all(map(math.isfinite, numbers)):
            raise field.wrong("the table has a value that is no number")
        if self._measure == _BINARY and not set(numbers) <= {0.0, 1.0}:
            raise field.wrong("a similarity of values that are not only 0 and 1")
        return numbers

    def _source(self, context: Context, field: Compared) -> Register:
        if field.function != "table":
            return field.value.register
        b, value = context.builder, field.value
        places = {
            parse(v, value.data_type, context.texts): float(i) for i, v in enumerate(value.levels)
        }
        # A value that the matrix does not have cannot be compared with anything.
        return value_of(b, value.register, places, -1.0)


def _position(field: Compared, cell: str | float) -> int:
    if not field.matrix or len(field.matrix) != len(field.value.levels):
        raise field.wrong("its Comparisons are not as many as its values")
    if cell not in field.value.levels:
        raise field.wrong(f"{cell!r} is none of its values")
    return field.value.levels.index(str(cell))


def _gaussian(field: Compared) -> float:
    """ "gaussSim: c(x,y) = exp(-ln(2)*z*z/(s*s)) where z=x-y, and s is similarityScale"."""
    if not field.scale:
        raise field.wrong("gaussSim needs a similarityScale")
    return -math.log(2.0) / field.scale**2


def _parameters(measure: ComparisonMeasure) -> list[float]:
    """The eight numbers that a measure has beside the fields."""
    form = measure.measure
    if isinstance(form, SimpleMatching):  # "(a11 + a00) / (a11 + a10 + a01 + a00)"
        return [1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    if isinstance(form, Jaccard):  # "a11 / (a11 + a10 + a01)"
        return [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    if isinstance(form, Tanimoto):  # "(a11 + a00) / (a11 + 2 * (a10 + a01) + a00)"
        return [1.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 1.0]
    if isinstance(form, BinarySimilarity):
        # "(c11*a11 + c10*a10 + c01*a01 + c00*a00) / (d11*a11 + d10*a10 + d01*a01 + d00*a00)"
        above = [form.c11, form.c10, form.c01, form.c00]
        return [*above, form.d11, form.d10, form.d01, form.d00]
    exponent = form.p if isinstance(form, Minkowski) else 0.0
    if isinstance(form, Minkowski) and exponent <= 0.0:
        raise DocumentError(f"ComparisonMeasure (line {measure.line}) has p={exponent}", "")
    return [exponent, *[0.0] * 7]

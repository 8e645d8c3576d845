"""The linear predictors of a ``GeneralRegressionModel``: parameters, predictors, coefficients.

Source: PMML 4.4, GeneralRegression.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import value_of
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.arrays import array_values
from pmml_pipeline.document.bind import number, refusal
from pmml_pipeline.document.general_regression_model import (
    GeneralRegressionModel,
    PCell,
    PPCell,
    Predictor,
)
from pmml_pipeline.errors import DocumentError


class LinearPredictors:
    """The sums of a model's parameters.

    "The value of a parameter is the product of its cells in the PPMatrix; one that has none is 1."

    Args:
        context: of the lowering.
        scope: of the model.
        model: whose parameters they are.
    """

    def __init__(self, context: Context, scope: Scope, model: GeneralRegressionModel) -> None:
        self._context = context
        self._scope = scope
        factors, covariates = model.factor_list, model.covariate_list
        self._factors = {p.name: p for p in (factors.predictors if factors else ())}
        self._covariates = {p.name for p in (covariates.predictors if covariates else ())}
        self._cells: dict[str, list[PPCell]] = {p.name: [] for p in model.parameter_list.parameters}
        if len(self._cells) != len(model.parameter_list.parameters):
            raise error(model.parameter_list.line, "ParameterList", "has a parameter twice")
        for cell in model.pp_matrix.cells:
            if cell.parameter_name not in self._cells:
                raise error(cell.line, "PPCell", f"is of no parameter, {cell.parameter_name!r}")
            self._cells[cell.parameter_name].append(cell)

    def sum(self, cells: Sequence[PCell], offset: Register | None = None) -> Register:
        """ "<x, beta> + a": the parameters, each times its coefficient, and the offset."""
        b = self._context.builder
        terms: list[tuple[Register, float] | str] = []
        levels: dict[str, dict[float, float]] = {}
        seen = set()
        for cell in cells:
            name = cell.parameter_name
            if name not in self._cells or name in seen:
                raise error(cell.line, "PCell", f"is of no parameter, or once more of {name!r}")
            seen.add(name)
            parts = self._cells[name]
            single = parts[0] if len(parts) == 1 else None
            if single is not None and self._is_plain_factor(single):
                # All levels of a factor are one look-up.
                field = single.predictor_name
                if field not in levels:
                    terms.append(field)
                table = levels.setdefault(field, {})
                code = self._code(single)
                table[code] = table.get(code, 0.0) + cell.beta
                continue
            register = b.constant(1.0)
            for position, part in enumerate(parts):
                factor = self._value(part)
                register = b.op("MUL", register, factor) if position else factor
            terms.append((register, cell.beta))
        found = [
            (self._look_up(t, levels[t], 0.0), 1.0) if isinstance(t, str) else t for t in terms
        ]
        if offset is not None:
            found.append((offset, 1.0))
        if not found:
            return b.constant(0.0)
        table_at = b.doubles([0.0, *(coefficient for _, coefficient in found)])
        return b.op("LINEAR", *(register for register, _ in found), immediates=(table_at,))

    def _is_plain_factor(self, cell: PPCell) -> bool:
        predictor = self._factors.get(cell.predictor_name)
        return predictor is not None and predictor.matrix is None

    def _code(self, cell: PPCell) -> float:
        field = self._scope.value(cell.predictor_name)
        return parse(cell.value, field.data_type, self._context.texts)

    def _look_up(self, field: str, table: dict[float, float], other: float) -> Register:
        register = self._scope.value(field).register
        return value_of(self._context.builder, register, table, other)

    def _value(self, cell: PPCell) -> Register:
        """What a cell makes of its predictor.

        "For a factor, 1 if it has the value of the cell, otherwise 0; with a contrast matrix, the
        entry of the row of its category and the column of the cell's. For a covariate, its power
        with the cell's value as the exponent."
        """
        b, name = self._context.builder, cell.predictor_name
        field = self._scope.value(name)
        predictor = self._factors.get(name)
        if predictor is not None and predictor.matrix is not None:
            return self._look_up(name, self._contrast(predictor, field, cell), math.nan)
        if predictor is not None:
            return self._look_up(name, {self._code(cell): 1.0}, 0.0)
        if name not in self._covariates:
            raise error(cell.line, "PPCell", f"is of {name!r}, neither factor nor covariate")
        if not field.numeric and field.data_type != "boolean":
            raise error(cell.line, "PPCell", f"takes {name!r} for a number")
        try:
            exponent = number(cell.value)
        except ValueError:
            raise error(cell.line, "PPCell", f"has the exponent {cell.value!r}") from None
        if exponent == 1.0:
            return field.register
        return b.op("POW", field.register, b.constant(exponent))

    def _contrast(self, predictor: Predictor, field: Value, cell: PPCell) -> dict[float, float]:
        """A column of a contrast matrix, by the values of the factor."""
        assert predictor.matrix is not None
        # "The rows and columns correspond to the categories in the order listed in the Categories
        # element if it is present, otherwise in the order listed in the DataField or DerivedField"
        names: Sequence[str] = field.levels
        if predictor.categories is not None:
            names = [c.value for c in predictor.categories.categories]
        rows = [array_values(row) for row in predictor.matrix.rows]
        if not rows or len(rows) != len(names):
            raise error(
                predictor.matrix.line, "Matrix", f"has {len(rows)} rows of {len(names)} categories"
            )
        codes = [parse(n, field.data_type, self._context.texts) for n in names]
        wanted = self._code(cell)
        column = codes.index(wanted) if wanted in codes else len(codes)
        found = {}
        for code, row, array in zip(codes, rows, predictor.matrix.rows, strict=True):
            if column >= len(row):
                raise error(cell.line, "PPCell", f"is of {cell.value!r}, no column of the matrix")
            try:
                found[code] = number(row[column])
            except ValueError:
                raise refusal(array, "has a value that is no number") from None
        return found


def error(line: int, element: str, text: str) -> DocumentError:
    """An error about an element of the model, with its line."""
    return DocumentError(f"{element} (line {line}) {text}", "use another engine")

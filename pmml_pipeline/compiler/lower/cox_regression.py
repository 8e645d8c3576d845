"""Cox regression: the cumulative hazard at a time. Source: PMML 4.4, GeneralRegression."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.linear_predictors import error
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import value_of, value_of_interval
from pmml_pipeline.compiler.values import parse
from pmml_pipeline.document.general_regression_model import BaselineCell, GeneralRegressionModel


def cumulative_hazard(
    context: Context, scope: Scope, model: GeneralRegressionModel, r: Register
) -> Register:
    """ "The baseline cumulative hazard times exp(r - s)", with s as r of the reference points.

    The predicted value is the hazard and not the survival exp(-hazard), as producers have it.
    """
    b, tables = context.builder, model.tables
    if model.end_time_variable is None or tables is None:
        raise error(
            model.line, "GeneralRegressionModel", "has no endTimeVariable or no BaseCumHazardTables"
        )
    points = {p.name: p.reference_point for p in model.parameter_list.parameters}
    s = sum(cell.beta * points[cell.parameter_name] for cell in model.param_matrix.cells)
    end = scope.value(model.end_time_variable)
    if not end.numeric:
        raise error(model.line, "GeneralRegressionModel", "has an endTimeVariable of no numbers")
    if model.baseline_strata_variable is None:
        if tables.max_time is None or tables.strata:
            raise error(
                tables.line, "BaseCumHazardTables", "has no maxTime, or strata without a variable"
            )
        base = _baseline(context, end.register, tables.cells, tables.max_time, tables.line)
    else:
        # "If there is no BaselineStratum of the value, the result is missing"
        field = scope.value(model.baseline_strata_variable)
        codes = [parse(t.value, field.data_type, context.texts) for t in tables.strata]
        if not codes or len(set(codes)) != len(codes) or tables.cells:
            raise error(tables.line, "BaseCumHazardTables", "has not one stratum for each value")
        place = dict(zip(codes, map(float, range(len(codes))), strict=True))
        which = value_of(b, field.register, place, math.nan)
        bases = [
            _baseline(context, end.register, t.cells, t.max_time, t.line) for t in tables.strata
        ]
        base = b.op("CHOOSE", which, *bases)
    return b.op("MUL", base, b.op("EXP", b.op("SUB", r, b.constant(s))))


def _baseline(
    context: Context, time: Register, cells: Sequence[BaselineCell], latest: float, line: int
) -> Register:
    """ "Before the first time the hazard is 0, after maxTime it is missing, otherwise it is that of
    the largest time that is not later."
    """
    b = context.builder
    ordered = sorted(cells, key=lambda cell: cell.time)
    times = [cell.time for cell in ordered]
    if not times or len(set(times)) != len(times):
        raise error(line, "BaselineCell", "is missing, or there are two of one time")
    steps: list[tuple[str, float | None, float | None, float]] = [
        ("openOpen", None, times[0], 0.0),
        *(
            ("closedOpen", cell.time, following.time, cell.cum_hazard)
            for cell, following in itertools.pairwise(ordered)
        ),
        ("closedOpen", times[-1], None, ordered[-1].cum_hazard),
    ]
    found = value_of_interval(b, time, steps, math.nan, math.nan)
    late = b.op("GT", time, b.constant(latest))
    return b.op("IF", late, b.constant(math.nan), found)

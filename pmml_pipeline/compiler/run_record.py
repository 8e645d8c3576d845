"""Runs the stages of a plan over one record: as :mod:`pmml_pipeline.compiler.run`, on numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pmml_pipeline.compiler.host import result_of
from pmml_pipeline.compiler.limits import LimitError
from pmml_pipeline.compiler.program import Stage
from pmml_pipeline.compiler.run import TextTable
from pmml_pipeline.compiler.terms import TermCall

NAN = float("nan")


def run_record(
    stages: Sequence[Stage],
    cells: Sequence[float],
    table: TextTable,
    execute: Callable[[int, Sequence[float]], Sequence[float]],
) -> Sequence[float]:
    """The outputs of the last stage.

    Args:
        stages: of the plan.
        cells: the inputs.
        table: the texts of this call.
        execute: runs the program of a stage, named by its position.

    Raises:
        ValueError: what a function of texts could not do.
        OverflowError: the same.
    """
    numbers = dict(enumerate(cells))
    outputs: Sequence[float] = ()
    for position, stage in enumerate(stages):
        outputs = execute(position, [numbers[c] for c in stage.reads])
        numbers.update(zip(stage.writes, outputs, strict=True))
        for call in stage.calls:
            sources = [numbers[c] for c in call.sources]
            if isinstance(call, TermCall):
                (code,) = sources
                counts = [NAN] * len(call.targets)
                if code == code:
                    counts = call.index.count(table.text(code)).tolist()
                numbers.update(zip(call.targets, counts, strict=True))
                continue
            try:
                result = result_of(
                    call.function, call.parameters, call.source_types, sources, table
                )
            except (ValueError, OverflowError) as error:
                if not call.forgiving or isinstance(error, LimitError):
                    raise
                result = NAN
            numbers[call.target] = result
    return outputs

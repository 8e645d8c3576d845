"""Calls of the functions that need texts, which the kernels do not have.

Such a function runs in Python between two stages of a program. But where its one argument that is
no constant is known to be one of a few texts, as a categorical field is whose other values are
refused, its results are known too: it becomes a table, and the program is not interrupted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from pmml_pipeline.compiler.host import result_of
from pmml_pipeline.compiler.limits import LimitError
from pmml_pipeline.compiler.lower.scope import Context
from pmml_pipeline.compiler.lower.tables import value_of
from pmml_pipeline.compiler.values import Value

_MOST_ROWS = 10_000  # of a table
_TIME_S = 5.0  # to make one; what takes longer is left to the rows


def call_host(
    context: Context,
    function: str,
    parameters: Sequence[str],
    arguments: Sequence[Value],
    data_type: str,
    optype: str,
    forgiving: bool = False,
) -> Value:
    """The result of one of :data:`pmml_pipeline.compiler.host.FUNCTIONS`.

    Args:
        context: of the lowering.
        function: its name there.
        parameters: what it takes behind the arguments.
        arguments: of the call.
        data_type: of the result.
        optype: of the result.
        forgiving: whether what it cannot do is missing; otherwise it is an error of the row.
    """
    present = not forgiving and all(a.present for a in arguments)
    types = [a.data_type for a in arguments]
    found = _table(context, function, parameters, arguments, forgiving)
    if found is not None:
        argument, table = found
        register = value_of(context.builder, argument.register, table, math.nan)
        possible: tuple[str, ...] = ()
        if data_type == "string":
            codes = dict.fromkeys(int(code) for code in table.values() if code == code)
            possible = tuple(map(context.texts.text, codes))
        return Value(register, data_type, optype, present, possible=possible)
    register = context.builder.call(
        function, parameters, [a.register for a in arguments], types, data_type, forgiving
    )
    return Value(register, data_type, optype, present)


def _table(
    context: Context,
    function: str,
    parameters: Sequence[str],
    arguments: Sequence[Value],
    forgiving: bool,
) -> tuple[Value, dict[float, float]] | None:
    """The one argument that is open, and the results by the number of its text, where all can be
    known now."""
    constants = [context.builder.value(a.register) for a in arguments]
    open_ = {a.register: a for a, c in zip(arguments, constants, strict=True) if c is None}
    if len(open_) != 1:
        return None
    (argument,) = open_.values()
    if not 0 < len(argument.possible) <= _MOST_ROWS:
        return None
    types = [a.data_type for a in arguments]
    table = {}
    end = time.monotonic() + _TIME_S
    for text in argument.possible:
        if time.monotonic() > end:
            return None
        code = float(context.texts.code(text))
        numbers = [code if c is None else c for c in constants]
        try:
            table[code] = result_of(function, parameters, types, numbers, context.texts)
        except (ValueError, OverflowError) as error:
            if not forgiving or isinstance(error, LimitError):
                return None  # it is an error of the rows that have this text
            table[code] = math.nan
    return argument, table

"""A plain NumPy interpretation of a program: what the kernels are checked against.

Slow and short. Whatever it does with a forest, it walks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.interpret_distances import all_distances, nearest
from pmml_pipeline.compiler.interpret_forest import walked
from pmml_pipeline.compiler.program import Instruction, Program

Column = npt.NDArray[np.float64]


def run(program: Program, inputs: Sequence[Column], rows: int) -> list[Column]:
    """The outputs of a program.

    Args:
        program: to run.
        inputs: its columns, each of shape (rows,).
        rows: how many rows there are.
    """
    registers: list[Any] = [None] * program.n_registers
    for place, value in enumerate(program.constants):
        registers[place] = np.full(rows, value)
    for number, column in enumerate(inputs):
        registers[len(program.constants) + number] = np.asarray(column, dtype=np.float64)
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            sources = [registers[s] for s in instruction.sources]
            results = (
                [MAPS[instruction.op](*sources)]
                if instruction.op in MAPS
                else _OTHERS[instruction.op](program, instruction, sources, rows)
            )
            for target, result in zip(instruction.targets, results, strict=True):
                registers[target] = result
    return [registers[output].copy() for output in program.outputs]


def _each(function: Callable[..., float]) -> Callable[..., Column]:
    """The C library's function, which Python's ``math`` calls; NumPy has its own versions."""

    def one(*values: float) -> float:
        if any(v != v for v in values):
            return math.nan
        try:
            return function(*values)
        except (ValueError, ZeroDivisionError):
            return _limit(function, values)
        except OverflowError:
            return math.inf

    return lambda *columns: np.array(
        [one(*values) for values in zip(*(c.tolist() for c in columns), strict=True)], dtype=float
    )


def _limit(function: Callable[..., float], values: Sequence[float]) -> float:
    """What IEEE 754 says where Python raises: NaN, and infinity at a pole."""
    if function in (math.log, math.log10) and values[0] == 0:
        return -math.inf
    if function is math.log1p and values[0] == -1:
        return -math.inf
    if function is math.pow and values[0] == 0 and values[1] < 0:
        odd = values[1].is_integer() and values[1] % 2 == 1
        return math.copysign(math.inf, values[0]) if odd else math.inf
    return math.nan


def _where(condition: Any, then: Any, other: Any) -> Column:
    found: Column = np.where(condition, then, other)
    return found


def _truth(function: Callable[[Column, Column], Any]) -> Callable[..., Column]:
    def compare(x: Column, y: Column) -> Column:
        return _where(np.isnan(x) | np.isnan(y), np.nan, function(x, y).astype(float))

    return compare


def _overflowing(function: Callable[[float], float]) -> Callable[[float], float]:
    """Of an odd function, which overflows to both sides."""

    def call(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return math.copysign(math.inf, x)

    return call


def _power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        odd = float(y).is_integer() and y % 2 == 1
        return -math.inf if x < 0 and odd else math.inf
    except ValueError:
        return _limit(math.pow, (x, y))


def _normal_quantile(p: float) -> float:
    if 0.0 < p < 1.0:
        return NormalDist().inv_cdf(p)
    return {0.0: -math.inf, 1.0: math.inf}.get(p, math.nan)


def _vtanh(x: Column) -> Column:
    """See ``kernels/src/ops.c``; the same operations in the same order."""
    a = np.where(np.abs(x) > 20, 20.0, np.abs(x))
    y = a + a
    n = np.rint(y * 1.4426950408889634)
    r = (y - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10
    p = np.full(len(x), 1.0 / math.factorial(13))
    for k in range(12, 1, -1):
        p = p * r + 1.0 / math.factorial(k)
    e = r + r * r * p
    scale = np.ldexp(1.0, np.where(np.isnan(n), 0, n).astype(int))
    u = scale * e + (scale - 1.0)
    return _where(np.isnan(x), np.nan, np.copysign(u / (u + 2.0), x))


MAPS: Mapping[str, Callable[..., Column]] = {
    "COPY": lambda x: x,
    "ADD": lambda x, y: x + y,
    "SUB": lambda x, y: x - y,
    "MUL": lambda x, y: x * y,
    "DIV": lambda x, y: x / y,
    "MOD": lambda x, y: x - y * np.floor(x / y),
    "POW": _each(_power),
    "NEG": lambda x: -x,
    "ABS": np.abs,
    "SQRT": np.sqrt,
    "EXP": _each(math.exp),
    "EXPM1": _each(math.expm1),
    "LN": _each(math.log),
    "LOG10": _each(math.log10),
    "LN1P": _each(math.log1p),
    "FLOOR": np.floor,
    "CEIL": np.ceil,
    "TRUNC": np.trunc,
    "ROUND": lambda x: np.where(x - np.floor(x) >= 0.5, np.floor(x) + 1.0, np.floor(x)),
    "RINT": np.rint,
    "SIN": _each(math.sin),
    "COS": _each(math.cos),
    "TAN": _each(math.tan),
    "ASIN": _each(math.asin),
    "ACOS": _each(math.acos),
    "ATAN": _each(math.atan),
    "ATAN2": _each(math.atan2),
    "HYPOT": _each(lambda x, y: math.hypot(x, y)),
    "SINH": _each(_overflowing(math.sinh)),
    "COSH": _each(math.cosh),
    "TANH": _each(math.tanh),
    "VTANH": _vtanh,
    "ERF": _each(math.erf),
    "ERFC": _each(math.erfc),
    "NORM_IDF": _each(_normal_quantile),
    "F32": lambda x: x.astype(np.float32).astype(float),
    "MIN": lambda x, y: _where(np.isnan(x) | (y < x), y, x),
    "MAX": lambda x, y: _where(np.isnan(x) | (y > x), y, x),
    "COALESCE": lambda x, y: _where(np.isnan(x), y, x),
    "RECTIFY": lambda x: _where(x < 0, 0.0, x),
    "EQ": _truth(np.equal),
    "NE": _truth(np.not_equal),
    "LT": _truth(np.less),
    "LE": _truth(np.less_equal),
    "GT": _truth(np.greater),
    "GE": _truth(np.greater_equal),
    "NOT": lambda x: 1.0 - x,
    "AND": lambda x, y: _where((x == 0) | (y == 0), 0.0, x + y - 1.0),
    "OR": lambda x, y: _where((x == 1) | (y == 1), 1.0, x + y),
    "IS_MISSING": lambda x: np.isnan(x).astype(float),
    "IF": lambda x, y, z: _where(np.isnan(x), np.nan, _where(x != 0, y, z)),
}


def _f32_exp(x: Column) -> Column:
    """The C library's ``expf``; NumPy's differs in the last bit."""
    import ctypes
    import ctypes.util

    expf = ctypes.CDLL(ctypes.util.find_library("m") or "libm.so.6").expf
    expf.restype = ctypes.c_float
    expf.argtypes = [ctypes.c_float]
    return np.array([expf(v) for v in x.astype(np.float32).tolist()], dtype=float)


Other = Callable[[Program, Instruction, list[Column], int], Sequence[Column]]


def _linear(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    at = instruction.immediates[0]
    found = np.zeros(rows)
    for k, column in enumerate(sources):
        found = found + program.doubles[at + 1 + k] * column
    return [found + program.doubles[at]]


def _sum(_: Program, __: Instruction, sources: list[Column], rows: int) -> list[Column]:
    found = sources[0]
    for column in sources[1:]:
        found = found + column
    return [found]


def _lut(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    at, base, n = instruction.immediates
    found = []
    for value in sources[0].tolist():
        k = value - base
        # The difference may be rounded to a whole number where the value is none.
        place = n + 1 if k != k else (int(k) if 0 <= k < n and value == int(value) else n)
        found.append(program.doubles[at + place])
    return [np.array(found, dtype=float)]


def _find(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    at, n = instruction.immediates
    keys, values = program.doubles[at : at + n].tolist(), program.doubles[at + n : at + 2 * n]
    known = dict(zip(keys, values.tolist(), strict=True))
    other, missing = program.doubles[at + 2 * n : at + 2 * n + 2].tolist()
    found = [missing if v != v else known.get(v, other) for v in sources[0].tolist()]
    return [np.array(found, dtype=float)]


def _bin(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    at, n = instruction.immediates
    x = sources[0]
    found = np.searchsorted(program.doubles[at : at + n], x).astype(float)
    return [np.where(np.isnan(x), np.nan, found)]


def _argmax(_: Program, __: Instruction, sources: list[Column], rows: int) -> list[Column]:
    table = np.array(sources)
    found = np.where(np.isnan(table), -np.inf, table).argmax(axis=0).astype(float)
    return [np.where(np.isnan(table).any(axis=0), np.nan, found)]


def _choose(_: Program, __: Instruction, sources: list[Column], rows: int) -> list[Column]:
    which, *values = sources
    found = np.full(rows, np.nan)
    for k, column in enumerate(values):
        found = np.where(which == k, column, found)
    return [found]


def _median(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    first, *weights = program.doubles[instruction.immediates[0] :][: len(sources) + 1].tolist()
    way = int(first)
    found = []
    for row in zip(*(c.tolist() for c in sources), strict=True):
        present = [k for k, v in enumerate(row) if v == v]
        if not present or (len(present) < len(row) and not way & 2):
            found.append(math.nan)
            continue
        order = sorted(present, key=lambda k, row=row: row[k])  # type: ignore[misc]
        if not way & 1:
            low, high = row[order[(len(order) - 1) // 2]], row[order[len(order) // 2]]
            found.append(low if way & 4 else high if way & 8 else (low + high) / 2)
            continue
        total, reached = 0.0, 0.0
        for k in present:
            total += weights[k]
        for k in order:
            reached += weights[k]
            if reached >= 0.5 * total:
                break
        found.append(row[k])
    return [np.array(found, dtype=float)]


def _dense(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    at, m = instruction.immediates[0], len(sources)
    found = []
    for target in range(len(instruction.targets)):
        row = at + target * (m + 1)
        total = np.zeros(rows)
        for k, column in enumerate(sources):
            total = total + program.doubles[row + 1 + k] * column
        found.append(total + program.doubles[row])
    return found


def _whole_power(x: Column, n: int) -> Column:
    found = np.ones(len(x))
    while n > 0:
        found = found * x if n % 2 else found
        n, x = n // 2, x * x
    return found


def _kernel(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    at, kind = instruction.immediates
    m = len(sources)
    gamma, coef0, degree = program.doubles[at : at + 3].tolist()
    found = []
    for target in range(len(instruction.targets)):
        vector = program.doubles[at + 3 + target * m :][:m]
        total = np.zeros(rows)
        for value, column in zip(vector, sources, strict=True):
            part = (column - value) * (column - value) if kind in (2, 4) else value * column
            total = total + part
        if kind == 1 and 1 <= degree <= 64 and degree.is_integer():
            total = _whole_power(gamma * total + coef0, int(degree))
        elif kind == 1:
            total = _each(_power)(gamma * total + coef0, np.full(rows, degree))
        elif kind == 2:
            total = _each(math.exp)(-gamma * total)
        elif kind == 3:
            total = _vtanh(gamma * total + coef0)
        found.append(total)
    return found


MAPS = {**MAPS, "F32_EXP": _f32_exp}
_OTHERS: Mapping[str, Other] = {
    "LINEAR": _linear,
    "SUM": _sum,
    "LUT": _lut,
    "FIND": _find,
    "BIN": _bin,
    "ARGMAX": _argmax,
    "CHOOSE": _choose,
    "DENSE": _dense,
    "KERNEL": _kernel,
    "MEDIAN": _median,
    "FOREST": walked,
    "DISTANCES": partial(all_distances, MAPS),
    "NEAREST": partial(nearest, MAPS),
}

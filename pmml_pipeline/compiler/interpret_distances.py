"""The interpretation of distances, a part of :mod:`pmml_pipeline.compiler.interpret`.

``kernels/src/distance.c`` has the layout of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.program import Instruction, Program

Column = npt.NDArray[np.float64]
Maps = Mapping[str, Callable[..., Column]]


def _distances_of(
    maps: Maps, program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> npt.NDArray[np.float64]:
    """All distances before any root is taken; see ``kernels/src/distance.c`` for the layout."""
    at, count, measure = instruction.immediates[:3]
    table, m = program.doubles[at:], len(sources)
    fields = table[9 : 9 + 5 * m].reshape(m, 5)
    instances = table[9 + 5 * m :][: count * m].reshape(count, m)
    mass, gone = np.zeros(rows), np.zeros(rows, dtype=bool)
    for x, field in zip(sources, fields, strict=True):
        mass = mass + np.where(np.isnan(x), 0.0, field[2])
        gone |= np.isnan(x)
    adjust = np.where(mass > 0, table[8] / mass, np.nan) if measure != 5 else np.full(rows, np.nan)
    found = np.zeros((count, rows))
    for d, instance in zip(found, instances, strict=True):
        below = np.zeros(rows)
        for x, y, field in zip(sources, instance, fields, strict=True):
            if measure == 5:
                place = np.where(x == 1, 0, 2) + (0 if y == 1 else 1)
                d += np.where((x == 1) | (x == 0), table[place], np.nan)
                below += table[4 + place]
                continue
            c = _compared(maps, table, field, x, y)
            if measure == 4:
                c = maps["POW"](c, np.full(rows, table[0]))
            elif measure in (1, 2):
                c = c * c
            part = np.where(np.isnan(x), 0.0, field[1] * c)
            d[:] = np.where(np.isnan(d) | (part <= d), d, part) if measure == 3 else d + part
        if measure == 5:
            d /= below
        d *= np.where(gone, adjust, 1.0)
    return found


def _compared(maps: Maps, table: Column, field: Column, x: Column, y: float) -> Column:
    kind, _, _, first, second = field.tolist()
    if kind == 0:
        return np.abs(x - y)
    if kind == 1:
        return maps["EXP"]((x - y) * (x - y) * first)
    if kind in (2, 3):
        equal: Column = np.where(x == y, 1.0, 0.0)
        return 1.0 - equal if kind == 2 else equal
    known = (x >= 0) & (x < second)
    place = np.where(known, first + x * second + y, 0.0).astype(int)
    found: Column = np.where(known, table[place], np.nan)
    return found


def _root(maps: Maps, program: Program, instruction: Instruction, total: Column) -> Column:
    if instruction.immediates[2] == 2:
        return np.sqrt(total)
    if instruction.immediates[2] == 4:
        exponent = 1.0 / program.doubles[instruction.immediates[0]]
        return maps["POW"](total, np.full(len(total), exponent))
    return total


def all_distances(
    maps: Maps, program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    found = _distances_of(maps, program, instruction, sources, rows)
    return [_root(maps, program, instruction, total) for total in found]


def nearest(
    maps: Maps, program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    found = _distances_of(maps, program, instruction, sources, rows)
    order = np.argsort(-found if instruction.immediates[3] else found, axis=0, kind="stable")
    wanted = instruction.immediates[4]
    places, totals = np.full((wanted, rows), np.nan), np.full((wanted, rows), np.nan)
    for j, row in enumerate(order[:wanted]):
        total = np.take_along_axis(found, row[np.newaxis], axis=0)[0]
        unknown = np.isnan(found).any(axis=0)
        places[j], totals[j] = np.where(unknown, np.nan, row), np.where(unknown, np.nan, total)
    return [*places, *(_root(maps, program, instruction, total) for total in totals)]

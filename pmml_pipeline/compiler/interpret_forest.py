"""The interpretation of forests, a part of :mod:`pmml_pipeline.compiler.interpret`.

``kernels/src/forest.c`` has the layout of the tables.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.program import Instruction, Program

Column = npt.NDArray[np.float64]


def walked(
    program: Program, instruction: Instruction, sources: list[Column], rows: int
) -> list[Column]:
    """The sums of a forest, or the leaves that it comes to."""
    ints, doubles = program.ints, program.doubles
    head = ints[instruction.immediates[0] :][:12].tolist()
    n_columns, n_trees, width, flags, leaves_at, columns_at = head[:6]
    sets_at, first_at, shift, walk_at = head[6:10]  # of the trees that are for all rows
    ranks = []
    for c in range(n_columns):
        source, kind, at, n = ints[columns_at + 6 * c :][:4].tolist()
        table, x = doubles[at : at + n], sources[source]
        place = np.searchsorted(table, x)
        if kind == 2:
            known = np.isin(x, table)
            ranks.append(np.where(np.isnan(x), n + 1, np.where(known, place, n)))
        else:
            ranks.append(np.where(np.isnan(x), n if kind else 0, place))
    roots = ints[walk_at:][:n_trees].tolist()
    n_nodes = int(ints[walk_at + 2 * n_trees])
    nodes = ints[walk_at + 2 * n_trees + 1 :][: 2 * n_nodes].view(np.uint32).reshape(-1, 2).tolist()
    numbers = ints[walk_at + 2 * n_trees + 1 + 2 * n_nodes :][:n_nodes]
    sets = ints[sets_at:].view(np.uint32)
    leaf_of = np.empty((n_trees, rows), dtype=np.int64)
    for t in range(n_trees):
        for row in range(rows):
            at = roots[t]
            while True:
                child, test = nodes[at]
                if child == at:
                    break
                column, k = (test & ((1 << shift) - 1)) // 8, (test & 0x7FFFFFFF) >> shift
                rank = int(ranks[column][row])
                if test >> 31:
                    at = child + (not int(sets[k + (rank >> 5)]) >> (rank & 31) & 1)
                else:
                    at = child + (rank > k)
            leaf_of[t, row] = numbers[at]
    if flags & 2:
        return [column.astype(float) for column in leaf_of]
    sums = [np.full(rows, doubles[first_at + k]) for k in range(width)]
    for t in range(n_trees):
        for k in range(width):
            values = doubles[leaves_at + leaf_of[t] * width + k]
            if flags & 1:
                sums[k] = (sums[k].astype(np.float32) + values.astype(np.float32)).astype(float)
            else:
                sums[k] = sums[k] + values
    return sums

"""The values of leaves, off the columns of nodes: what ``tree_leaves.py`` reads one by one.

Whatever is wrong is left to that file, which has the words for it: then there is no result here.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.lower.plain_trees import Ints, NodeColumns

Doubles = npt.NDArray[np.float64]


def scores(nodes: NodeColumns, leaves: Ints, single: npt.NDArray[np.bool_]) -> Doubles | None:
    """A regression's scores.

    Args:
        nodes: of all trees.
        leaves: the nodes; -1 for no prediction.
        single: by tree, whether its numbers are float32.

    Returns:
        NaN for none; None where a score is no number.
    """
    strings = np.where(leaves < 0, -1, nodes.attribute(nodes.at, "score")[leaves])
    found = _numbers(nodes, strings, math.nan)
    if found is not None:
        rounded = (leaves >= 0) & single[nodes.trees[leaves]]
        with np.errstate(over="ignore"):
            found[rounded] = found[rounded].astype(np.float32)
    return found


def classes(nodes: NodeColumns, known: tuple[str, ...]) -> list[str]:
    """The classes: those that are known, then as the nodes name them."""
    of_scores = nodes.attribute(nodes.at, "score")
    scored = np.flatnonzero(of_scores >= 0)
    shares = nodes.below("ScoreDistribution")
    named = nodes.attribute(shares, "value")
    # A node's distribution comes before its own score.
    strings = np.concatenate([named, of_scores[scored]])
    owners = np.concatenate([nodes.node_of(shares), scored])
    later = np.concatenate([np.zeros(len(shares), dtype=bool), np.ones(len(scored), dtype=bool)])
    strings = strings[np.lexsort((later, owners))]
    _, first = np.unique(strings, return_index=True)
    found = dict.fromkeys(known)
    for string in strings[np.sort(first)].tolist():
        found.setdefault("" if string < 0 else nodes.table.string(string))
    return list(found)


def shares_of(nodes: NodeColumns, leaves: Ints, names: list[str]) -> Doubles | None:
    """A classifier's probabilities, of shape (leaves, classes).

    Args:
        nodes: of all trees.
        leaves: the nodes; -1 for no prediction.
        names: of the classes.

    Returns:
        NaN where there is no prediction; None where a number of a distribution is none.
    """
    place = {name: at for at, name in enumerate(names)}
    found = np.zeros((len(nodes.at), len(names)))
    reached = np.zeros(len(nodes.at), dtype=bool)
    reached[leaves[leaves >= 0]] = True
    elements = nodes.below("ScoreDistribution")
    elements = elements[reached[nodes.node_of(elements)]]
    owners = nodes.node_of(elements)
    given = nodes.attribute(elements, "probability")
    by_share = np.zeros(len(nodes.at), dtype=bool)
    by_share[owners[given >= 0]] = True
    counts = nodes.attribute(elements, "recordCount")
    numbers = _numbers(nodes, np.where(by_share[owners], given, counts), 0.0)
    if numbers is None:
        return None
    values = nodes.attribute(elements, "value")
    strings, same = np.unique(values, return_inverse=True)
    of_class = [place["" if s < 0 else nodes.table.string(s)] for s in strings.tolist()]
    totals = _totals(owners, numbers, len(nodes.at))
    totals[by_share] = 1.0
    with np.errstate(all="ignore"):
        # Where a class comes twice the last one counts.
        found[owners, np.array(of_class, dtype=np.int64)[same]] = numbers / totals[owners]
    has = np.zeros(len(nodes.at), dtype=bool)
    has[owners] = True
    has &= by_share | (totals != 0.0)
    # "a node that only has a score is sure of it"
    sure = nodes.attribute(nodes.at, "score")
    found[~has] = np.where(sure < 0, math.nan, 0.0)[~has, None]
    strings, same = np.unique(sure, return_inverse=True)
    at = [-1 if s < 0 else place.get(nodes.table.string(s), -1) for s in strings.tolist()]
    column = np.array(at, dtype=np.int64)[same]
    certain = np.flatnonzero(~has & (column >= 0))
    found[certain, column[certain]] = 1.0
    result = found[leaves]
    result[leaves < 0] = math.nan
    return result


def _totals(owners: Ints, numbers: Doubles, count: int) -> Doubles:
    """The sum of each node's numbers, rounded once, as ``math.fsum`` does."""
    totals: Doubles = np.bincount(owners, weights=numbers, minlength=count).astype(np.float64)
    exact = np.abs(numbers).sum() < 2**53 and bool((numbers == np.trunc(numbers)).all())
    if not exact:
        # The sum of two is rounded once as it is.
        at = np.flatnonzero(np.bincount(owners, minlength=count)[owners] > 2)
        order = at[np.argsort(owners[at], kind="stable")]
        begins = [*np.flatnonzero(np.diff(owners[order], prepend=-1)).tolist(), len(order)]
        for begin, end in itertools.pairwise(begins):
            totals[owners[order[begin]]] = math.fsum(numbers[order[begin:end]].tolist())
    return totals


def _numbers(nodes: NodeColumns, strings: Ints, absent: float) -> Doubles | None:
    """Strings as numbers; None where one is none."""
    distinct, same = np.unique(strings, return_inverse=True)
    found = np.full(len(distinct), absent)
    given = nodes.numbers(distinct[distinct >= 0])
    if given is None:
        return None
    found[distinct >= 0] = given
    return found[same]

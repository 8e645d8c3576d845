"""Trees whose predicates are simple, straight from the table of the document to arrays.

The same tests come out as from ``tree_model.py``, in the same order, but no element becomes an
object, and the way down is the kernels' (``kernels/src/grow.c``). Whatever is not plain, or is
wrong, is left to ``tree_model.py``, which has the words for it: then there is no result here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tree_tests import LARGEST, simple
from pmml_pipeline.compiler.values import NUMERIC, Value
from pmml_pipeline.document.table import Table, TableElement
from pmml_pipeline.document.tree_model import PREDICATES, TreeModel
from pmml_pipeline.errors import PmmlPipelineError
from pmml_pipeline.kernels import growing

Ints = npt.NDArray[np.int32]
_ORDERS = ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual")
_LEFT_ALONE = ("ScoreDistribution", "Partition", "Extension")


class NodeColumns:
    """The nodes of some trees as columns.

    Attributes:
        table: of the document.
        at: by node, its element, in the order of the document.
        roots: by tree, its first node.
        trees: by node, its tree.
        parents: by node, the node that it is in; -1 for roots.
        predicates: by node, the element of its predicate.
    """

    def __init__(self, table: Table, roots: Sequence[TableElement]) -> None:
        self.table = table
        self._tags = np.frombuffer(table.tags, dtype=np.int32)
        self._above = np.frombuffer(table.parents, dtype=np.int32)
        self._firsts = np.frombuffer(table.firsts, dtype=np.int32)
        names = np.frombuffer(table.names, dtype=np.int32)
        self._names = {table.string(t): t for t in np.unique(self._tags).tolist()}
        self._attributes = {table.string(n): n for n in np.unique(names).tolist()}
        inside = np.concatenate([np.arange(r.at, table.ends[r.at], dtype=np.int32) for r in roots])
        self.at: Ints = inside[self.tagged(inside, "Node")]
        starts = np.array([r.at for r in roots], dtype=np.int32)
        self.roots: Ints = np.searchsorted(self.at, starts).astype(np.int32)
        self.trees: Ints = (np.searchsorted(starts, self.at, side="right") - 1).astype(np.int32)
        self._numbers = np.full(table.size, -1, dtype=np.int32)
        self._numbers[self.at] = np.arange(len(self.at))
        below = inside[self._numbers[self._above[inside]] >= 0]  # right below a node
        self._below = below
        predicates = below[self.tagged(below, *PREDICATES)]
        self._owners, first = np.unique(self.node_of(predicates), return_index=True)
        self.predicates: Ints = predicates[first]
        self.parents: Ints = self.node_of(self.at)
        self.parents[self.roots] = -1

    def plain(self) -> bool:
        """Whether there is nothing but what is understood here."""
        odd = ~self.tagged(self._below, "Node", *PREDICATES, *_LEFT_ALONE)
        whole = np.array_equal(self._owners, np.arange(len(self.at)))
        compound = self.tagged(self.predicates, "CompoundPredicate")
        stray = np.count_nonzero(self.parents < 0) != len(self.roots)
        return whole and not (odd.any() or compound.any() or stray)

    def tagged(self, elements: Ints, *tags: str) -> npt.NDArray[np.bool_]:
        """Which elements have one of the tags."""
        found: npt.NDArray[np.bool_] = np.isin(
            self._tags[elements], [self._names.get(tag, -1) for tag in tags]
        )
        return found

    def node_of(self, elements: Ints) -> Ints:
        """The nodes that elements are right below."""
        found: Ints = self._numbers[self._above[elements]]
        return found

    def below(self, tag: str) -> Ints:
        """The elements of that tag right below a node, in the order of the document."""
        found: Ints = self._below[self.tagged(self._below, tag)]
        return found

    def attribute(self, elements: Ints, name: str) -> Ints:
        """The strings of an attribute, -1 where an element does not have it."""
        found = np.full(len(elements), -1, dtype=np.int32)
        if not len(elements):
            return found
        low, high = int(elements.min()), int(elements.max()) + 1
        firsts = self._firsts[low : high + 1]
        begin, end = int(firsts[0]), int(firsts[-1])
        names = np.frombuffer(self.table.names, dtype=np.int32)[begin:end]
        values = np.frombuffer(self.table.values, dtype=np.int32)[begin:end]
        places = np.flatnonzero(names == self._attributes.get(name, -1))
        owners = np.searchsorted(firsts, places + begin, side="right") - 1
        whole = np.full(high - low, -1, dtype=np.int32)
        whole[owners] = values[places]
        return whole[elements - low]

    def child(self, elements: Ints, tag: str) -> Ints:
        """The first child of each if it has that tag, otherwise -1."""
        following = np.minimum(elements + 1, self.table.size - 1).astype(np.int32)
        fits = (self._above[following] == elements) & self.tagged(following, tag)
        return np.where(fits, following, np.int32(-1))

    def numbers(self, strings: Ints) -> npt.NDArray[np.float64] | None:
        """Strings by their numbers, as numbers; None where one is none."""
        parts = self.table.encoded(strings.tolist())
        try:
            found = np.array([float(part) for part in parts], dtype=np.float64)
        except ValueError:
            return None
        # As ``document.bind.number`` has it: Python's digit separator is none of PMML's.
        return None if np.isnan(found).any() or b"_" in b"".join(parts) else found


@dataclass(slots=True)
class Items:
    """What ``kernels/src/grow.c`` makes of the trees, item after item.

    Attributes:
        starts, registers, thresholds, sets, missing, failed, levels: as in
            :class:`pmml_pipeline.compiler.grown.Grown`.
        nodes: by item, the node of a leaf; -1 for none.
    """

    starts: npt.NDArray[np.int64]
    registers: Ints
    thresholds: npt.NDArray[np.float64]
    sets: Ints
    missing: npt.NDArray[np.bool_]
    failed: Ints
    levels: Sequence[frozenset[float]]
    nodes: Ints


@dataclass(slots=True)
class _Tests:
    """The distinct predicates, or those of numbers one by one: see ``growing.Plain``."""

    fields: Ints
    values: list[Value]  # of slots
    slots: Ints
    kinds: Ints
    negated: Ints
    sets: Ints
    thresholds: npt.NDArray[np.float64]
    levels: list[frozenset[float]]


def grow_trees(
    context: Context, scopes: Sequence[Scope], models: Sequence[TreeModel], nodes: NodeColumns
) -> Items | None:
    """The items of all trees; None when they are not plain.

    Args:
        context: of the lowering.
        scopes: the fields as each tree sees them.
        models: the trees.
        nodes: of the trees.
    """
    strategies = [m.missing_value_strategy for m in models]
    if not set(strategies) <= set(growing.STRATEGIES) or not nodes.plain():
        return None
    try:
        tests = _tests(context, scopes, nodes)
    except PmmlPipelineError:  # it may be at a node that no row comes to
        return None
    if tests is None:
        return None
    known = sorted({v.register for v in tests.values})
    dense = {register: number for number, register in enumerate(known)}
    registers = np.array([dense[v.register] for v in tests.values], dtype=np.int32)
    presents = np.array([v.present for v in tests.values], dtype=np.int32)
    plain_tests = np.full(len(nodes.at), growing.TRUE, dtype=np.int32)
    plain_tests[nodes.tagged(nodes.predicates, "False")] = growing.FALSE
    tested = ~nodes.tagged(nodes.predicates, "True", "False")
    plain_tests[tested] = np.arange(np.count_nonzero(tested))
    words, set_starts, bits = _bits(tests, registers[tests.slots], len(known))
    order = np.argsort(nodes.parents, kind="stable")[len(nodes.roots) :]
    counts = np.bincount(nodes.parents[order], minlength=len(nodes.at))
    plain = growing.Plain(
        roots=nodes.roots,
        strategies=np.array([growing.STRATEGIES.index(s) for s in strategies], dtype=np.int32),
        lasts=np.array(
            [m.no_true_child_strategy == "returnLastPrediction" for m in models], dtype=np.int32
        ),
        tests=plain_tests,
        ids=nodes.attribute(nodes.at, "id"),
        defaults=nodes.attribute(nodes.at, "defaultChild"),
        firsts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        children=order.astype(np.int32),
        fields=tests.fields,
        registers=registers[tests.slots],
        presents=presents[tests.slots],
        kinds=tests.kinds,
        negated=tests.negated,
        sets=tests.sets,
        thresholds=tests.thresholds,
        words=words,
        levels=bits,
        set_starts=set_starts,
    )
    grown = growing.grow(plain, LARGEST + 20 * len(nodes.at))
    if grown is None:
        return None
    items, starts = grown
    leaf = items["register"] < 0
    of = np.array([*known, -1], dtype=np.int32)
    return Items(
        starts=starts,
        registers=of[items["register"]],
        thresholds=np.where(leaf, 0.0, items["threshold"]),
        sets=items["set"],
        missing=items["missing"].astype(bool),
        failed=items["failed"],
        levels=tests.levels,
        nodes=items["node"],
    )


def _tests(context: Context, scopes: Sequence[Scope], nodes: NodeColumns) -> _Tests | None:
    """The tests of all nodes that have one, in the order of the document."""
    table = nodes.table
    tested = ~nodes.tagged(nodes.predicates, "True", "False")
    at, trees = nodes.predicates[tested], nodes.trees[tested]
    of_sets = nodes.tagged(at, "SimpleSetPredicate")
    fields, values = nodes.attribute(at, "field"), nodes.attribute(at, "value")
    operators = nodes.attribute(at, "operator")
    if (fields < 0).any() or (operators[of_sets] >= 0).any():
        return None
    operators[of_sets] = nodes.attribute(at[of_sets], "booleanOperator")
    arrays = nodes.child(at[of_sets], "Array")
    if (operators < 0).any() or (arrays < 0).any():
        return None
    values[of_sets] = np.frombuffer(table.texts, dtype=np.int32)[arrays]
    names = {n: table.string(n) for n in np.unique(operators).tolist()}
    by_order = np.isin(operators, [n for n, name in names.items() if name in _ORDERS]) & ~of_sets
    by_presence = np.isin(
        operators, [n for n, name in names.items() if name in ("isMissing", "isNotMissing")]
    )
    if (values[~by_presence] < 0).any():
        return None
    # A slot is a field as a tree sees it. Values are asked for in the order of the document, since
    # that may write instructions, and to read a level numbers a text.
    keys = trees.astype(np.int64) * table.strings + fields
    _, first, slots = np.unique(keys, return_index=True, return_inverse=True)
    kinds = np.where(by_presence, growing.IS_MISSING, growing.AT_MOST).astype(np.int32)
    found = _Tests(
        fields, [], slots.astype(np.int32), kinds, np.zeros_like(kinds), np.full_like(kinds, -1),
        np.zeros(len(at)), [],
    )  # fmt: skip
    found.negated[np.isin(operators, [n for n, m in names.items() if m == "isMissing"])] = 1
    others = np.flatnonzero(~by_order & ~by_presence)
    distinct = np.stack([slots[others], of_sets[others], operators[others], values[others]], axis=1)
    whole = np.ascontiguousarray(distinct.astype(np.int64)).view("i8,i8,i8,i8").reshape(-1)
    _, first_other, same = np.unique(whole, return_index=True, return_inverse=True)
    by_place: dict[int, Value] = {}
    parsed: dict[int, tuple[bool, bool, float | frozenset[float]]] = {}
    asked = set(first.tolist())
    for place in sorted(asked | set(others[first_other].tolist())):
        if place in asked:
            by_place[int(slots[place])] = scopes[trees[place]].value(table.string(fields[place]))
        if not (by_order[place] or by_presence[place]):
            element = table.element(int(at[place]))
            value = by_place[int(slots[place])]
            parsed[place] = simple(context, element, value, names[int(operators[place])])
    found.values = [by_place[slot] for slot in range(len(by_place))]
    _put(found, others, [parsed[p] for p in others[first_other].tolist()], same.reshape(-1))
    orders = np.array([names[n] for n in operators[by_order].tolist()])
    return found if _order(found, nodes, np.flatnonzero(by_order), values, orders) else None


def _put(
    tests: _Tests,
    places: npt.NDArray[np.int64],
    distinct: Sequence[tuple[bool, bool, float | frozenset[float]]],
    same: npt.NDArray[np.int64],
) -> None:
    """Tests of equality and of levels, which were read one by one."""
    numbers: dict[frozenset[float], int] = {}
    kinds, sets, thresholds = [], [], []
    for _, _, test in distinct:
        levels = isinstance(test, frozenset)
        kinds.append(growing.ONE_OF if levels else growing.EQUAL)
        sets.append(numbers.setdefault(test, len(numbers)) if isinstance(test, frozenset) else -1)
        thresholds.append(0.0 if isinstance(test, frozenset) else test)
    tests.levels = list(numbers)
    if len(places):
        tests.kinds[places] = np.array(kinds, dtype=np.int32)[same]
        tests.negated[places] = np.array([n for _, n, _ in distinct], dtype=np.int32)[same]
        tests.sets[places] = np.array(sets, dtype=np.int32)[same]
        tests.thresholds[places] = np.array(thresholds)[same]


def _order(
    tests: _Tests,
    nodes: NodeColumns,
    places: npt.NDArray[np.int64],
    values: Ints,
    operators: npt.NDArray[np.str_],
) -> bool:
    """The thresholds of the tests of order; whether all are numbers."""
    types = [v.data_type for v in tests.values]
    if not all(types[s] in NUMERIC for s in np.unique(tests.slots[places]).tolist()):
        return False
    strings, same = np.unique(values[places], return_inverse=True)
    numbers = nodes.numbers(strings)
    if numbers is None:
        return False
    thresholds = numbers[same]
    single = np.array([t == "float" for t in types], dtype=bool)[tests.slots[places]]
    with np.errstate(over="ignore"):
        thresholds[single] = thresholds[single].astype(np.float32)
    before = np.isin(operators, ("lessThan", "greaterOrEqual"))
    thresholds[before] = np.nextafter(thresholds[before], -np.inf)
    tests.thresholds[places] = thresholds
    tests.negated[places] = np.isin(operators, ("greaterThan", "greaterOrEqual"))
    return True


def _bits(
    tests: _Tests, registers: Ints, n_registers: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Sets of levels as bits: words of each register, where each set begins, the words.

    Levels are numbered by register, so a set that is asked of two registers becomes two sets here.
    """
    places: list[dict[float, int]] = [{} for _ in range(n_registers)]
    of_levels = np.flatnonzero(tests.kinds == growing.ONE_OF)
    pairs: dict[tuple[int, int], int] = {}
    for register, number in zip(
        registers[of_levels].tolist(), tests.sets[of_levels].tolist(), strict=True
    ):
        pairs.setdefault((register, number), len(pairs))
        for level in tests.levels[number]:
            places[register].setdefault(level, len(places[register]))
    # One bit more than there are levels, for any other; none where no levels are tested.
    counts = [(len(p) + 64) // 64 if p else 0 for p in places]
    for at in of_levels.tolist():
        tests.sets[at] = pairs[int(registers[at]), int(tests.sets[at])]
    starts: list[int] = []
    words: list[int] = []
    for register, number in pairs:
        bits = sum(1 << places[register][level] for level in tests.levels[number])
        starts.append(len(words))
        words += [bits >> (64 * i) & (2**64 - 1) for i in range(counts[register])]
    tests.levels = [tests.levels[number] for _, number in pairs]
    return (
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array(starts, dtype=np.int64),
        np.array(words, dtype=np.uint64),
    )

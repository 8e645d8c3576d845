"""Predicates to the tests of a tree. Source: PMML 4.4, TreeModel ("Predicates").

A predicate becomes a chain of tests with two ways out each. It can be unknown, when its field is
missing; a test sends missing values along if one of its two ways leads there anyway. Otherwise a
test whether the field is missing goes before it.

On the way down it is remembered what is known of each field, so a test whose outcome is known is
not made: of ``x <= 5`` and ``x > 5`` only the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.forest import Split, Tree, at_most
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.arrays import parse_array
from pmml_pipeline.document.bind import refusal
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.tree_model import PREDICATES


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a field at some place in a tree.

    Attributes:
        low, high: it is more than low and at most high, if it is present.
        levels: it is one of these, if it is present; None for any.
        not_levels: it is none of these.
        maybe_missing, maybe_present: whether it can be.
    """

    low: float = -math.inf
    high: float = math.inf
    levels: frozenset[float] | None = None
    not_levels: frozenset[float] = frozenset()
    maybe_missing: bool = True
    maybe_present: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """What is known at some place in a tree.

    Attributes:
        known: of every field.
        handled: how often a missing value was handled on the way: a surrogate has decided, or the
            default child was followed.
    """

    known: Mapping[Register, _Known] = field(default_factory=dict)
    handled: int = 0

    def put(self, register: Register, known: _Known) -> State:
        """The state when this is known of the field."""
        return State({**self.known, register: known}, self.handled)

    def handle(self) -> State:
        """The state when a missing value has been handled."""
        return State(self.known, self.handled + 1)


Way = Callable[[State], Tree]
# Splits of one tree, and twenty more for each of its nodes. It grows where a predicate can be
# unknown or has several parts.
LARGEST = 20_000


class PredicateTests:
    """Tests of predicates in one tree.

    Args:
        context: of the whole lowering.
        scope: the fields.
        root: the outermost node.
    """

    def __init__(self, context: Context, scope: Scope, root: Element) -> None:
        self._context = context
        self._scope = scope
        self._root = root
        self._count = 0
        self._largest = LARGEST

    def test(
        self,
        predicate: Element,
        state: State,
        yes: Way,
        no: Way,
        unknown: Way,
        way: str | None = None,
    ) -> Tree:
        """The test of a predicate, then the ways it can go.

        ``way`` says that unknown may go the way of "yes" or of "no".
        """
        if predicate.tag == "True":
            return yes(state)
        if predicate.tag == "False":
            return no(state)
        if predicate.tag == "CompoundPredicate":
            return self._compound(predicate, state, yes, no, unknown, way)
        name = predicate.get("field") or ""
        value = self._scope.value(name)
        known = state.known.get(value.register) or _Known(maybe_missing=not value.present)
        operator = predicate.get("operator") or predicate.get("booleanOperator") or ""
        if operator in ("isMissing", "isNotMissing"):
            if operator == "isMissing":
                yes, no = no, yes
            return self._present(value, known, state, yes, no)
        single, negated, test = simple(self._context, predicate, value, operator)
        if negated:
            yes, no = no, yes
            way = {"yes": "no", "no": "yes"}.get(way or "")
        if isinstance(test, frozenset):
            return self._levels(value, known, state, test, (yes, no, unknown), way)
        if single:  # x = t: at most t, and not at most the number before
            low = math.nextafter(test, -math.inf)
            passing = yes

            def above(state: State) -> Tree:
                known = state.known[value.register]
                return self._number(value, known, state, low, (no, passing, no), "no")

            return self._number(
                value, known, state, test, (above, no, unknown), "no" if way == "no" else None
            )
        return self._number(value, known, state, test, (yes, no, unknown), way)

    def _present(self, value: Value, known: _Known, state: State, yes: Way, no: Way) -> Tree:
        """Whether the field is there."""
        here = state.put(value.register, _with(known, maybe_missing=False))
        gone = state.put(value.register, _with(known, maybe_present=False))
        if not known.maybe_missing:
            return yes(here)
        if not known.maybe_present:
            return no(gone)
        return self._split(value.register, math.inf, frozenset(), False, yes(here), no(gone))

    def _number(
        self,
        value: Value,
        known: _Known,
        state: State,
        threshold: float,
        ways: tuple[Way, Way, Way],
        way: str | None,
    ) -> Tree:
        yes, no, unknown = ways
        passes, fails = known.high <= threshold, known.low >= threshold
        below = _with(known, high=min(known.high, threshold))
        above = _with(known, low=max(known.low, threshold))
        outcome = "yes" if passes else "no" if fails else None
        return self._three(
            value, known, state, outcome, (below, above), (yes, no, unknown), way,
            (threshold, frozenset()),
        )  # fmt: skip

    def _levels(
        self,
        value: Value,
        known: _Known,
        state: State,
        levels: frozenset[float],
        ways: tuple[Way, Way, Way],
        way: str | None,
    ) -> Tree:
        yes, no, unknown = ways
        possible = levels - known.not_levels
        if known.levels is not None:
            possible &= known.levels
        outcome = None
        if not possible:
            outcome = "no"
        elif known.levels is not None and known.levels <= levels:
            outcome = "yes"
        inside = _with(known, levels=possible)
        left = None if known.levels is None else known.levels - levels
        outside = _with(known, levels=left, not_levels=known.not_levels | levels)
        return self._three(
            value, known, state, outcome, (inside, outside), (yes, no, unknown), way,
            (None, levels),
        )  # fmt: skip

    def _three(
        self,
        value: Value,
        known: _Known,
        state: State,
        outcome: str | None,
        after: tuple[_Known, _Known],
        ways: tuple[Way, Way, Way],
        way: str | None,
        test: tuple[float | None, frozenset[float]],
    ) -> Tree:
        """A test with its outcome for present values known or not, and missing ones apart."""
        yes, no, unknown = ways
        register = value.register
        if not known.maybe_present:
            target = {"yes": yes, "no": no}.get(way or "", unknown)
            return target(state.put(register, known))
        if known.maybe_missing and way is None:
            return self._present(
                value,
                known,
                state,
                lambda s: self._three(
                    value, s.known[register], s, outcome, _both(after, maybe_missing=False), ways,
                    way, test,
                ),
                unknown,
            )  # fmt: skip
        missing_yes = known.maybe_missing and way == "yes"
        missing_no = known.maybe_missing and way == "no"
        on_yes = state.put(register, _with(after[0], maybe_missing=missing_yes))
        on_no = state.put(register, _with(after[1], maybe_missing=missing_no))
        if outcome == "yes" and not missing_no:
            return yes(on_yes)
        if outcome == "no" and not missing_yes:
            return no(on_no)
        if outcome is not None:  # only the missing ones go the other way
            if outcome == "yes":
                gone = _with(after[1], maybe_present=False, maybe_missing=True)
                on_no = state.put(register, gone)
                return self._split(register, math.inf, frozenset(), False, yes(on_yes), no(on_no))
            gone = _with(after[0], maybe_present=False, maybe_missing=True)
            on_yes = state.put(register, gone)
            return self._split(register, math.inf, frozenset(), False, no(on_no), yes(on_yes))
        return self._split(register, *test, missing_yes, yes(on_yes), no(on_no))

    def _compound(
        self,
        predicate: Element,
        state: State,
        yes: Way,
        no: Way,
        unknown: Way,
        way: str | None,
    ) -> Tree:
        parts = [c for c in predicate.children if c.tag in PREDICATES]
        operator = predicate.get("booleanOperator")
        if not parts or operator not in ("and", "or", "xor", "surrogate"):
            raise refusal(predicate, f"with the operator {operator!r} is not supported")
        if operator == "xor":
            return self._exclusive(parts, state, yes, no, unknown)

        def go(at: int, state: State, doubt: bool) -> Tree:
            if at == len(parts):
                if operator == "surrogate" or doubt:
                    return unknown(state)
                return yes(state) if operator == "and" else no(state)
            following: Way = lambda s: go(at + 1, s, doubt)  # noqa: E731
            doubting: Way = lambda s: go(at + 1, s, True)  # noqa: E731
            if operator == "surrogate":
                # "it is evaluated when the one before it cannot be, since a value is missing"
                found: Way = yes if at == 0 else lambda s: yes(s.handle())
                return self.test(parts[at], state, found, no, following)
            # Where unknown goes the way of false, so does an unknown part.
            inner = "no" if way == "no" else None
            if operator == "and":
                return self.test(parts[at], state, following, no, doubting, inner)
            return self.test(parts[at], state, yes, following, doubting, inner)

        return go(0, state, False)

    def _exclusive(
        self, parts: list[Element], state: State, yes: Way, no: Way, unknown: Way
    ) -> Tree:
        """ "xor: true if an odd number of predicates is true, unknown if one of them is"."""

        def go(at: int, state: State, odd: bool) -> Tree:
            if at == len(parts):
                return yes(state) if odd else no(state)
            return self.test(
                parts[at],
                state,
                lambda s: go(at + 1, s, not odd),
                lambda s: go(at + 1, s, odd),
                unknown,
            )

        return go(0, state, False)

    def _split(
        self,
        register: Register,
        threshold: float | None,
        levels: frozenset[float],
        missing: bool,
        passed: Tree,
        failed: Tree,
    ) -> Split:
        self._count += 1
        if self._count > self._largest == LARGEST:
            self._largest += 20 * sum(e.tag == "Node" for e in self._root.walk())
        if self._count > self._largest:
            raise refusal(self._root, f"becomes a tree of more than {self._largest} splits")
        return Split(register, threshold, levels, missing, passed, failed)


def _with(known: _Known, **changes: object) -> _Known:
    values = {name: getattr(known, name) for name in _Known.__slots__}
    return _Known(**{**values, **changes})


def _both(after: tuple[_Known, _Known], **changes: object) -> tuple[_Known, _Known]:
    return _with(after[0], **changes), _with(after[1], **changes)


def simple(
    context: Context, predicate: Element, value: Value, operator: str
) -> tuple[bool, bool, float | frozenset[float]]:
    """A simple predicate as "at most t", "equals t" or "is one of", perhaps negated.

    Returns:
        Whether it is "equals t" of numbers, whether it is negated, and t or the levels.

    Raises:
        DocumentError: it is none of them.
    """
    if predicate.tag == "SimpleSetPredicate":
        array = predicate.child("Array")
        if array is None or operator not in ("isIn", "isNotIn"):
            raise refusal(predicate, "has no Array or an unknown operator")
        codes = frozenset(
            parse(text, value.data_type, context.texts) for text in parse_array(array.text)
        )
        if any(code != code for code in codes):
            raise refusal(predicate, "compares with NaN")
        return False, operator == "isNotIn", codes
    text = predicate.get("value")
    if text is None:
        raise refusal(predicate, "has no value")
    constant = parse(text, value.data_type, context.texts)
    if constant != constant:  # there is no order of NaN, and no level of it
        raise refusal(predicate, "compares with NaN")
    if operator in ("equal", "notEqual"):
        negated = operator == "notEqual"
        if value.numeric and value.optype == "continuous":
            return True, negated, constant
        return False, negated, frozenset({constant})
    if operator not in ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual"):
        raise refusal(predicate, f"has the unknown operator {operator!r}")
    if not value.numeric and value.data_type != "boolean":
        raise refusal(predicate, f"compares the order of {value.data_type} values")
    return False, operator.startswith("greater"), at_most(operator, constant)

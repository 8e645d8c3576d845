"""``RuleSetModel``: of the rules that fire, the one that counts. Source: PMML 4.4, RuleSet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pmml_pipeline.compiler.builder import Register
from pmml_pipeline.compiler.lower.predicates import fires
from pmml_pipeline.compiler.lower.results import Result, target_name, target_type
from pmml_pipeline.compiler.lower.scope import Context, Scope
from pmml_pipeline.compiler.lower.tables import look_up
from pmml_pipeline.compiler.values import Value, parse
from pmml_pipeline.document.bind import bind, refusal
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import OutputField
from pmml_pipeline.document.rule_set_model import CompoundRule, RuleSetModel, SimpleRule
from pmml_pipeline.errors import DocumentError


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule, and 1 where it fires, otherwise 0."""

    rule: SimpleRule
    fires: Register


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the rules say of one class.

    Attributes:
        rank: the largest of all classes wins; minus infinity where no rule for it fires.
        rule: the position of its rule that counts; missing where none fires.
        confidence: 0 where none fires.
    """

    rank: Register
    rule: Register
    confidence: Register


def lower_rule_set_model(context: Context, scope: Scope, model: RuleSetModel) -> Result:
    """The class, its confidence, and the rule."""
    rule_set = model.rule_set
    where = f"RuleSet (line {rule_set.line})"
    if model.function_name != "classification":
        raise DocumentError(f"{where} is of no classification", "use another engine")
    if not rule_set.methods:
        raise DocumentError(f"{where} has no RuleSelectionMethod", "export the document again")
    b = context.builder
    rules = list(_rules(context, scope, rule_set.rules, None))
    names = _classes(context, model, rules)
    if not names:
        raise DocumentError(f"{where} has no class", "export the document again")
    data_type, optype = target_type(context, model)
    # "If more than one method is included, the first method is used as the default method"
    criterion = rule_set.methods[0].criterion
    choose = _weighted_sum if criterion == "weightedSum" else _one_rule
    choices = {name: choose(context, rules, name, criterion) for name in names}
    winner = b.op("ARGMAX", *(choice.rank for choice in choices.values()))
    rule = b.op("CHOOSE", winner, *(choice.rule for choice in choices.values()))
    # "defaultScore: the default predicted value when no rules in the ruleset fire"
    none = b.op("IS_MISSING", rule)
    default, sure = rule_set.default_score, rule_set.default_confidence
    default_place = math.nan if default is None else float(names.index(default))
    winner = b.op("IF", none, b.constant(default_place), winner)
    confidences = {}
    for name, choice in choices.items():
        other = 0.0 if name != default else math.nan if sure is None else sure
        confidences[name] = b.op("IF", none, b.constant(other), choice.confidence)

    def confidence(output: OutputField) -> Value:
        _only_first(output)
        if output.value is None:
            return Value(b.op("CHOOSE", winner, *confidences.values()), "double")
        if output.value not in confidences:
            raise DocumentError(
                f"OutputField {output.name!r} (line {output.line}): there is no class "
                f"{output.value!r}", ""
            )  # fmt: skip
        return Value(confidences[output.value], "double")

    def entity(output: OutputField) -> Value:
        """ "id: serves as a unique identifier for the rule" (SimpleRule); without one, its number,
        counted from 1.
        """
        _only_first(output)
        kind = output.data_type or "string"
        ids = [r.rule.id or str(number) for number, r in enumerate(rules, 1)]
        known = [parse(text, kind, context.texts) for text in ids]
        return Value(look_up(b, rule, 0, known, math.nan, math.nan), kind, "categorical")

    def predicted(output: OutputField) -> Value:
        _only_first(output)
        return value

    codes = [parse(name, data_type, context.texts) for name in names]
    label = look_up(b, winner, 0, codes, math.nan, math.nan)
    value = Value(label, data_type, optype, levels=tuple(names))
    features = {"confidence": confidence, "entityId": entity, "predictedValue": predicted}
    return Result(value, features=features)


def _only_first(output: OutputField) -> None:
    if output.rank != 1:
        raise DocumentError(
            f"OutputField {output.name!r} (line {output.line}): rank {output.rank} of a ruleset "
            "is not supported", ""
        )  # fmt: skip


def _rules(
    context: Context, scope: Scope, elements: Sequence[Element], outer: Register | None
) -> Iterator[_Rule]:
    """The simple rules in the order of the document.

    "A rule in a CompoundRule fires if its own predicate and that of the CompoundRule are true".
    """
    for element in elements:
        if element.tag == "SimpleRule":
            rule = bind(SimpleRule, element)
            yield _Rule(rule, _both(context, outer, fires(context, scope, rule.predicate)))
            continue
        compound = bind(CompoundRule, element)
        if not compound.rules:
            raise refusal(element, "has no rule")
        own = _both(context, outer, fires(context, scope, compound.predicate))
        yield from _rules(context, scope, compound.rules, own)


def _both(context: Context, outer: Register | None, own: Register) -> Register:
    return own if outer is None else context.builder.op("AND", outer, own)


def _classes(context: Context, model: RuleSetModel, rules: Sequence[_Rule]) -> list[str]:
    """The classes, in the order of the data dictionary, then as they come."""
    data = context.data_fields.get(target_name(model) or "")
    found = dict.fromkeys(data.values_of("valid") if data is not None else ())
    found |= dict.fromkeys(r.rule.score for r in rules)
    if model.rule_set.default_score is not None:
        found.setdefault(model.rule_set.default_score)
    return list(found)


def _one_rule(context: Context, rules: Sequence[_Rule], name: str, criterion: str) -> _Choice:
    """ "firstHit: First firing rule is chosen as the predicted class, and the confidence is the
    confidence of that rule."

    "weightedMax: Select the firing rule with the highest weight. The confidence returned is the
    confidence of the selected rule. Note that if two firing rules have the same weight, the rule
    that occurs first in the ruleset is chosen."
    """
    b = context.builder
    order = list(range(len(rules)))  # the best first
    if criterion == "weightedMax":
        order.sort(key=lambda place: -rules[place].rule.weight)
    which = _first_of(context, rules, [p for p in order if rules[p].rule.score == name])
    ranks = [0.0] * len(rules)
    for rank, place in enumerate(order):
        ranks[place] = -float(rank)
    confidences = [r.rule.confidence for r in rules]
    return _Choice(
        look_up(b, which, 0, ranks, -math.inf, -math.inf),
        which,
        look_up(b, which, 0, confidences, 0.0, 0.0),
    )


def _weighted_sum(context: Context, rules: Sequence[_Rule], name: str, _: str) -> _Choice:
    """ "weightedSum: Calculate the total weight for each class by summing the weights for each
    firing rule which predicts that class. The prediction with the highest total weight is then
    selected. The confidence is the total weight of the winning class divided by the number of
    firing rules. ... if two or more classes are assigned the same weight, the winning class is the
    one that appears first in the data dictionary values."

    A later version says "the total confidence"; JPMML-Evaluator and PMML4S take the weights.
    """
    b = context.builder
    zero = b.constant(0.0)
    fired = b.op("SUM", zero, *(r.fires for r in rules))
    own = [place for place, r in enumerate(rules) if r.rule.score == name]
    total = zero
    for place in own:
        weight = b.constant(rules[place].rule.weight)
        total = b.op("ADD", total, b.op("IF", rules[place].fires, weight, zero))
    which = _first_of(context, rules, sorted(own, key=lambda place: -rules[place].rule.weight))
    none = b.op("IS_MISSING", which)
    return _Choice(
        b.op("IF", none, b.constant(-math.inf), total),
        which,
        b.op("IF", none, zero, b.op("DIV", total, fired)),
    )


def _first_of(context: Context, rules: Sequence[_Rule], order: Sequence[int]) -> Register:
    """The position of the first rule that fires; missing where none does."""
    b = context.builder
    which = b.constant(math.nan)
    for place in reversed(order):
        which = b.op("IF", rules[place].fires, b.constant(float(place)), which)
    return which

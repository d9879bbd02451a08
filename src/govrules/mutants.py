"""
Mutate rules one small step at a time, and see whether an example notices.

A mutant that no example catches is a mistake that somebody could make unseen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar, assert_never

import attrs

from govrules.diagnostics import Span
from govrules.examples import run_derived_example, run_example
from govrules.explain.english import condition_phrase
from govrules.rulebook.adapt import as_written, derived_as_written
from govrules.rulebook.ast import SEVERITIES, Derived, Grade, Rule, Rulebook, Severity
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Comparison,
    Condition,
    FactRef,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Quantity,
    SetOp,
    Test,
    beside,
    tested,
)
from govrules.vocabulary import Choice, Date, FactType, Number

T = TypeVar("T")
W = TypeVar("W", Rule, Derived)
#: A changed condition, and what was done to it.
Changed: TypeAlias = tuple[Condition | None, str]

_OPPOSITE: Final = {
    Op.AT_LEAST: Op.LESS_THAN,
    Op.LESS_THAN: Op.AT_LEAST,
    Op.AT_MOST: Op.MORE_THAN,
    Op.MORE_THAN: Op.AT_MOST,
    Op.OLDER_THAN: Op.NEWER_THAN,
    Op.NEWER_THAN: Op.OLDER_THAN,
}
_NEIGHBOUR: Final = {
    Op.AT_LEAST: Op.MORE_THAN,
    Op.MORE_THAN: Op.AT_LEAST,
    Op.AT_MOST: Op.LESS_THAN,
    Op.LESS_THAN: Op.AT_MOST,
}
_SWAPPED: Final = {
    Quantity.SOME: (Quantity.EVERY, Quantity.NONE),
    Quantity.EVERY: (Quantity.SOME, Quantity.NONE),
    Quantity.NONE: (Quantity.SOME, Quantity.EVERY),
}


@attrs.frozen
class Mutant:
    """
    A rule or derived fact with one small change.

    Attributes:
        changed: the changed rule or derived fact.
        change: what was changed, in words.
        span: where the change is.
    """

    changed: Rule | Derived
    change: str
    span: Span

    def __str__(self) -> str:
        name = self.changed.id if isinstance(self.changed, Rule) else self.changed.name
        return f"{self.span}: `{name}`: no example notices: {self.change}"


def survivors(rulebook: Rulebook, pack: str = "") -> tuple[list[Mutant], int]:
    """
    Return the mutants that no example catches, and how many mutants there were.

    A derived fact is mutated where it has examples; rules state the derived facts of theirs.

    Args:
        rulebook: the rules.

        pack: the id of the pack whose rules are mutated; all where none is given.
    """
    alive: list[Mutant] = []
    total = 0
    derived = [each for each in rulebook.derived.values() if each.examples and not each.inherited]
    everything: list[tuple[Rule | Derived, Rulebook]] = [
        *(as_written(rule, rulebook) for rule in rulebook.rules if pack in ("", rule.pack)),
        *(derived_as_written(each, rulebook) for each in derived if pack in ("", each.pack)),
    ]
    for changeable, seen in everything:
        for mutant in mutants(changeable):
            total += 1
            if not caught(mutant, seen):
                alive.append(mutant)
    return alive, total


def caught(mutant: Mutant, rulebook: Rulebook) -> bool:
    """Tell whether an example of the rule or derived fact fails on a mutant."""
    changed = mutant.changed
    if isinstance(changed, Derived):
        return any(
            run_derived_example(changed, example, rulebook).diagnostic
            for example in changed.examples
        )
    return any(run_example(changed, example, rulebook).problem for example in changed.examples)


def mutants(changeable: Rule | Derived) -> Iterator[Mutant]:
    """Yield every mutant of a rule or derived fact, each different from it and the others."""
    seen: set[Rule | Derived] = {changeable}
    found: Iterable[tuple[Rule | Derived, str, Span]] = (
        _mutations(changeable) if isinstance(changeable, Rule) else _of_cases(changeable, "rows")
    )
    for changed, change, span in found:
        if changed not in seen:
            seen.add(changed)
            yield Mutant(changed, change, span)


def _of_cases(whole: W, key: str) -> Iterator[tuple[W, str, Span]]:
    """Yield a rule or derived fact with one of its cases dropped, or changed."""
    cases: tuple[Any, ...] = getattr(whole, key)

    def put(index: int, *new: Any) -> W:  # noqa: ANN401 - a case of any kind
        several: Any = {key: _replaced(cases, index, *new)}
        return attrs.evolve(whole, **several)

    dropped, inside = _CASES[key]
    for index, each in enumerate(cases):
        yield put(index), dropped.format(each), getattr(each, "span", whole.span)
        for severity in _steps(each.severity) if isinstance(each, Grade) else ():
            change = f"step the grade {each.severity.value} to {severity.value}"
            yield put(index, Grade(severity, each.when)), change, whole.span
        for part, change, span in _of(each.when):
            yield put(index, attrs.evolve(each, when=part)), inside.format(each) + change, span


#: What is said of a case that is dropped, and of a change inside one, by the key of its list.
_CASES: Final = {
    "rows": ("drop the row for {0.value}", ""),
    "unless": ("remove the exception", "unless: "),
    "mitigated_by": ("remove the mitigation", "mitigated_by: "),
    "grades": ("drop the grade {0.severity.value}", "severity {0.severity.value}: "),
}


def _replaced(items: tuple[T, ...], index: int, *new: T) -> tuple[T, ...]:
    """Return items with others, or none, in place of one of them."""
    return (*items[:index], *new, *items[index + 1 :])


def _mutations(rule: Rule) -> Iterator[tuple[Rule, str, Span]]:
    if rule.applies_when is not None:
        yield attrs.evolve(rule, applies_when=None), "drop `applies_when`", rule.span
        for part, change, span in _of(rule.applies_when):
            yield attrs.evolve(rule, applies_when=part), f"applies_when: {change}", span
    for part, change, span in _of(rule.requires):
        yield attrs.evolve(rule, requires=part), f"requires: {change}", span
    for key in ("unless", "mitigated_by", "grades"):
        yield from _of_cases(rule, key)
    for severity in _steps(rule.otherwise):
        change = f"step the severity {rule.otherwise.value} to {severity.value}"
        yield attrs.evolve(rule, otherwise=severity), change, rule.span
    yield from _of_period(rule)


def _of_period(rule: Rule) -> Iterator[tuple[Rule, str, Span]]:
    begins, ends = rule.in_force
    for shifted in _shifted(begins, Date()):
        changed = attrs.evolve(rule, in_force=(shifted, ends))
        yield changed, f"in_force begins on {shifted} and not on {begins}", rule.span
    for shifted in _shifted(ends, Date()):
        changed = attrs.evolve(rule, in_force=(begins, shifted))
        yield changed, f"in_force ends on {shifted} and not on {ends}", rule.span


def _steps(severity: Severity) -> list[Severity]:
    near = (severity.rank - 1, severity.rank + 1)
    return [SEVERITIES[rank] for rank in near if 0 <= rank < len(SEVERITIES)]


def _of(condition: Condition) -> Iterator[tuple[Condition, str, Span]]:
    """Yield a condition with one change somewhere in it."""
    span = condition.span
    for changed, change in _here(condition):
        if changed is not None:
            yield changed, change, span
    for field in attrs.fields(type(condition)):
        inner = getattr(condition, field.name)
        items = inner if isinstance(inner, tuple) else (inner,)
        for index, item in enumerate(items):
            for part, change, where in _of(item) if isinstance(item, Condition) else ():
                put: Any = {field.name: _replaced(items, index, part) if items is inner else part}
                yield attrs.evolve(condition, **put), change, where


def _here(condition: Condition) -> Iterator[Changed]:
    """Yield the changes of the outermost node."""
    words = condition_phrase(condition)
    match condition:
        case All(items) | AnyOf(items):
            yield from _without_one(items, condition)
            yield from _joined_otherwise(condition)
        case Not(item):
            yield item, f"drop the `not` before: {condition_phrase(item)}"
        case Test(ref, predicate):
            for changed, change in _predicates(predicate, ref.type):
                yield attrs.evolve(condition, predicate=changed), f"{change} in: {words}"
            if not isinstance(predicate, Compare) or predicate.op is Op.EQUALS:
                yield Not(condition), f"deny: {words}"
        case Known(recorded=recorded):
            yield attrs.evolve(condition, recorded=not recorded), f"deny: {words}"
        case Quantified(quantity):
            for other in _SWAPPED[quantity]:
                change = f"`{quantity.value}` to `{other.value}` in: {words}"
                yield attrs.evolve(condition, quantity=other), change
        case _:
            number = tested(condition)
            types = [each.type for each in beside(condition)] or [Number(whole=True)]
            for compared, change in () if number is None else _comparisons(number, types[0]):
                put: Any = {"predicate": compared}
                yield attrs.evolve(condition, **put), f"{change} in: {words}"


def _without_one(items: tuple[Condition, ...], condition: All | AnyOf) -> Iterator[Changed]:
    for index, item in enumerate(items):
        rest = _replaced(items, index)
        changed = rest[0] if len(rest) == 1 else attrs.evolve(condition, items=rest)
        yield changed, f"drop: {condition_phrase(item)}"


def _joined_otherwise(condition: All | AnyOf) -> Iterator[Changed]:
    words = condition_phrase(condition)
    if isinstance(condition, All):
        yield AnyOf(condition.items, span=condition.span), f"`all` to `any` in: {words}"
    else:
        yield All(condition.items, span=condition.span), f"`any` to `all` in: {words}"


def _predicates(predicate: Predicate, fact_type: FactType) -> Iterator[tuple[Predicate, str]]:
    match predicate:
        case Compare() | Between():
            yield from _comparisons(predicate, fact_type)
        case OneOf(operands):
            for index in range(len(operands)):
                rest = _replaced(operands, index)
                if rest:
                    yield OneOf(rest), f"drop value {index + 1}"
        case Includes(op, operand):
            for other in SetOp:
                if other is not op and not _same_of_one(op, other, operand):
                    yield Includes(other, operand), f"`{op.value}` to `{other.value}`"
            for fewer, change in _fewer(operand):
                yield Includes(op, fewer), change
        case _:
            assert_never(predicate)


def _comparisons(predicate: Comparison, fact_type: FactType) -> Iterator[tuple[Comparison, str]]:
    match predicate:
        case Compare(op, operand):
            for table, change in ((_OPPOSITE, "flip"), (_NEIGHBOUR, "move the boundary")):
                if op in table:
                    yield Compare(table[op], operand), f"{change} `{op.value}`"
            for shifted, change in _operands(operand, fact_type):
                yield Compare(op, shifted), change
        case Between(low, high):
            for shifted, change in _operands(low, fact_type):
                yield Between(shifted, high), f"{change} (lower bound)"
            for shifted, change in _operands(high, fact_type):
                yield Between(low, shifted), f"{change} (upper bound)"
        case _:
            assert_never(predicate)


def _same_of_one(op: SetOp, other: SetOp, operand: Operand) -> bool:
    """Tell whether two tests of a set are the same because one member is asked for."""
    members = operand.value if isinstance(operand, Literal) else None
    single = isinstance(members, frozenset) and len(members) == 1
    return single and SetOp.MISSING_ANY_OF not in (op, other)


def _fewer(operand: Operand) -> Iterator[tuple[Operand, str]]:
    match operand:
        case Literal(frozenset() as members) if len(members) > 1:
            for member in sorted(members):
                yield Literal(members - {member}), f"drop `{member}`"
        case By(selector, cases):
            for index, (value, each) in enumerate(cases):
                for fewer, change in _fewer(each):
                    several = _replaced(cases, index, (value, fewer))
                    yield By(selector, several), f"{change} for {value}"
        case Literal() | Parameter() | FactRef():
            pass
        case _:
            assert_never(operand)


def _operands(operand: Operand, fact_type: FactType) -> Iterator[tuple[Operand, str]]:
    match operand:
        case Literal(bool() as value):
            yield Literal(not value), "swap yes and no"
        case Literal(value) | Parameter(value=value):
            for shifted in _shifted(value, fact_type):
                yield Literal(shifted), f"shift {value} to {shifted}"
        case By(selector, cases):
            for index, (case, each) in enumerate(cases):
                for shifted_case, change in _operands(each, fact_type):
                    several = _replaced(cases, index, (case, shifted_case))
                    yield By(selector, several), f"{change} for {case}"
        case FactRef():
            pass
        case _:
            assert_never(operand)


def _shifted(value: Any, fact_type: FactType) -> Iterable[Any]:  # noqa: ANN401 - any literal
    match value:
        case bool() | None | frozenset():
            return []
        case int() | Decimal():
            return [each for each in (value - 1, value + 1) if each >= 0]
        case dt.date():
            return [value - dt.timedelta(days=1), value + dt.timedelta(days=1)]
        case str() if isinstance(fact_type, Choice):
            place = fact_type.values.index(value)
            near = (place - 1, place + 1)
            return [fact_type.values[each] for each in near if 0 <= each < len(fact_type.values)]
        case _:
            return []

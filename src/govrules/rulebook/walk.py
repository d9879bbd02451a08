"""What a condition refers to, found by walking its tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from govrules.rulebook.ast import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    Count,
    FactRef,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Rule,
    Share,
    Sum,
    Test,
    children,
)


def nodes(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and every condition inside it, outermost first."""
    yield condition
    for child in children(condition):
        yield from nodes(child)


def rule_conditions(rule: Rule) -> Iterator[Condition]:
    """Yield the outermost conditions of a rule."""
    if rule.applies_when is not None:
        yield rule.applies_when
    for exception in rule.unless:
        yield exception.when
    yield rule.requires
    for grade in rule.grades:
        yield grade.when
    for mitigation in rule.mitigated_by:
        yield mitigation.when


def references(condition: Condition) -> Iterator[FactRef]:
    """Yield every fact that a condition names, in the order of the text."""
    for node in nodes(condition):
        match node:
            case Test(fact, predicate):
                yield fact
                yield from compared_with(predicate)
            case Known(fact):
                yield fact
            case Quantified(list=ref):
                yield ref
            case Sum(list=ref, of=of, predicate=predicate):
                yield ref
                yield of
                yield from compared_with(predicate)
            case Count(list=ref, predicate=predicate) | Share(list=ref, predicate=predicate):
                yield ref
                yield from compared_with(predicate)
            case All() | AnyOf() | Not():
                pass
            case _:
                assert_never(node)


def operands(predicate: Predicate) -> tuple[Operand, ...]:
    """Return what a predicate compares with."""
    match predicate:
        case Compare(operand=operand) | Includes(operand=operand):
            return (operand,)
        case OneOf(operands):
            return operands
        case Between(low, high):
            return (low, high)
        case _:
            assert_never(predicate)


def compared_with(predicate: Predicate) -> Iterator[FactRef]:
    """Yield every fact that a predicate compares with, or chooses by."""
    for operand in operands(predicate):
        yield from _of_operand(operand)


def _of_operand(operand: Operand) -> Iterator[FactRef]:
    match operand:
        case FactRef():
            yield operand
        case By(selector, cases):
            yield selector
            for _, case in cases:
                yield from _of_operand(case)
        case Literal() | Parameter():
            pass
        case _:
            assert_never(operand)

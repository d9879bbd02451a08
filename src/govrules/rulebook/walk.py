"""What a condition refers to, found by walking its tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, assert_never

from govrules.decode.amounts import Threshold
from govrules.rulebook.expr import (
    ORDER,
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    Count,
    FactRef,
    FactSource,
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
    children,
    tested,
)
from govrules.vocabulary import Fact, Money, Record


def nodes(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and every condition inside it, outermost first."""
    waiting = [condition]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(children(each))


def asking_members(condition: Condition, name: str, *, holds: bool = True) -> Iterator[Test]:
    """Yield the tests of a set in a condition that having a member satisfies."""
    match condition:
        case Test(fact, Includes(op)):
            if fact.path == name and holds is not (op is SetOp.MISSING_ANY_OF):
                yield condition
        case Not() | Quantified(Quantity.NONE) | Count(predicate=Compare(Op.AT_MOST)):
            holds = not holds
        case _:
            pass
    for child in children(condition):
        yield from asking_members(child, name, holds=holds)


def tested_records(conditions: Iterable[Condition]) -> frozenset[str]:
    """Return the paths of records tested as a whole."""
    return frozenset(
        node.fact.path
        for root in conditions
        for node in nodes(root)
        if isinstance(node, Test | Known) and isinstance(node.fact.type, Record)
    )


def has_threshold(conditions: Iterable[Condition]) -> bool:
    """Tell whether conditions compare with a parameter or a nonzero number."""
    return any(map(_is_threshold, operands_in(conditions)))


def thresholds(conditions: Iterable[Condition]) -> dict[Fact, frozenset[Threshold]]:
    """
    Return by money fact the amounts it is compared with, and nothing else.

    Facts of which they ask anything else are left out, such as their sum, whether they are known,
    or whether they are more than another fact: no band of amounts settles that.
    """
    found: dict[Fact, set[Threshold]] = {}
    others: set[Fact] = set()
    for node in (node for root in conditions for node in nodes(root)):
        named = [each.fact for each in references_at(node) if isinstance(each.type, Money)]
        compared = _amounts(node.predicate) if isinstance(node, Test) and named else None
        if compared is None or len(named) > 1:
            others.update(named)
        else:
            found.setdefault(named[0], set()).update(compared)
    return {fact: frozenset(its) for fact, its in found.items() if its and fact not in others}


def _amounts(predicate: Predicate) -> list[Threshold] | None:
    """Return a predicate's amounts; None if it does anything but compare with amounts."""
    match predicate:
        case Compare(Op.EQUALS, Literal(None)):
            return []
        case Compare(op, operand):
            waiting = [(operand, op in (Op.AT_LEAST, Op.LESS_THAN))]
            ordered = op in ORDER
        case Between(low, high):
            waiting, ordered = [(low, True), (high, False)], True
        case _:
            return None
    found = []
    while waiting and ordered:
        each, reached = waiting.pop()
        match each:
            case Literal(Decimal() as value) | Parameter(value=Decimal() as value):
                found.append(Threshold(value, reached=reached))
            case By(cases=cases):
                waiting += [(case, reached) for _, case in cases]
            case _:
                return None
    return found if ordered else None


def parameters_in(conditions: Iterable[Condition]) -> tuple[Parameter, ...]:
    """Return the parameters of conditions, each once."""
    found = (each for each in operands_in(conditions) if isinstance(each, Parameter))
    return tuple(dict.fromkeys(found))


def operands_in(conditions: Iterable[Condition]) -> Iterator[Literal | Parameter | FactRef]:
    """Yield the operands of conditions, choices expanded last."""
    return outcomes(
        operand
        for root in conditions
        for node in nodes(root)
        for predicate in predicates_at(node)
        for operand in operands(predicate)
    )


def outcomes(several: Iterable[Operand]) -> Iterator[Literal | Parameter | FactRef]:
    """Yield operands with choices expanded, expansions last."""
    waiting = [*several]
    for each in waiting:
        if isinstance(each, By):
            waiting += (case for _, case in each.cases)
        else:
            yield each


def constants(predicate: Predicate) -> list[Any]:
    """Return a predicate's constants, choices expanded."""
    found = (outcome for operand in operands(predicate) for outcome in outcomes((operand,)))
    return [each.value for each in found if isinstance(each, Literal | Parameter)]


def predicates_at(node: Condition) -> Iterator[Predicate]:
    """Yield a condition's own predicate, not those nested in it."""
    match node:
        case Test(predicate=predicate):
            yield predicate
        case All() | AnyOf() | Not() | Known():
            pass
        case _:
            number = tested(node)
            yield from () if number is None else (number,)


def _is_threshold(operand: Literal | Parameter | FactRef) -> bool:
    match operand:
        case Literal(value):
            return isinstance(value, int | Decimal) and not isinstance(value, bool) and value != 0
        case _:
            return isinstance(operand, Parameter)


def references(condition: Condition) -> Iterator[FactRef]:
    """Yield every fact a condition names, in textual order."""
    for node in nodes(condition):
        yield from references_at(node)


def references_at(node: Condition) -> Iterator[FactRef]:
    """Yield the facts a condition names itself, not nested ones."""
    match node:
        case Test(fact, predicate):
            yield fact
            yield from compared_with(predicate)
        case Known(fact):
            yield fact
        case All() | AnyOf() | Not():
            pass
        case _:
            yield node.list
            yield from beside(node)
            number = tested(node)
            yield from () if number is None else compared_with(number)


def operands(predicate: Predicate) -> tuple[Operand, ...]:
    """Return a predicate's operands."""
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
    """Yield every fact among a predicate's operands and choices."""
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


def derived_read(conditions: Iterable[Condition], *, known: bool = True) -> tuple[str, ...]:
    """
    Return the derived facts of the subject that conditions read, each once.

    Args:
        conditions: outermost conditions.

        known: whether those count that are only tested for being known.
    """
    return tuple(
        dict.fromkeys(
            ref.path
            for condition in conditions
            for node in nodes(condition)
            if known or not isinstance(node, Known)
            for ref in references_at(node)
            if ref.source is FactSource.DERIVED and ref.level == 0
        )
    )

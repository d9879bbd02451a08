"""What a condition refers to, found by walking its tree."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, MutableMapping
from decimal import Decimal
from typing import Final, TypeVar, assert_never

from govrules.decode.amounts import Threshold
from govrules.rulebook.ast import (
    ORDER,
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    Derived,
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
    Rule,
    Rulebook,
    Test,
    beside,
    children,
    tested,
)
from govrules.vocabulary import Fact, Money, Record

T = TypeVar("T")

#: For so many joint values of derived facts a rule is judged apart, at the most.
MOST_SPLITS: Final = 64


def nodes(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and every condition inside it, outermost first."""
    waiting = [condition]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(children(each))


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


def tested_records(rulebook: Rulebook) -> frozenset[str]:
    """Return the paths of the records that a rulebook tests as such."""
    roots = [each for rule in rulebook.rules for each in rule_conditions(rule)]
    roots += [row.when for each in rulebook.derived.values() for row in each.rows]
    return frozenset(
        node.fact.path
        for root in roots
        for node in nodes(root)
        if isinstance(node, Test | Known) and isinstance(node.fact.type, Record)
    )


def has_threshold(rule: Rule) -> bool:
    """Tell whether a rule compares with a parameter, or with a number or length other than 0."""
    return any(
        _is_threshold(operand)
        for root in rule_conditions(rule)
        for node in nodes(root)
        for predicate in predicates_at(node)
        for operand in operands(predicate)
    )


def thresholds(rulebook: Rulebook) -> dict[Fact, frozenset[Threshold]]:
    """
    Return the amounts with which rules compare each fact of money.

    Facts of which rules ask anything else are left out, such as their sum, whether they are known,
    or whether they are more than another fact: no band of amounts settles that.
    """
    roots = [root for rule in rulebook.rules for root in rule_conditions(rule)]
    roots += [row.when for derived in rulebook.derived.values() for row in derived.rows]
    found: dict[Fact, set[Threshold]] = {}
    others: set[Fact] = set()
    for node in (node for root in roots for node in nodes(root)):
        named = [each.fact for each in references_at(node) if isinstance(each.type, Money)]
        compared = _amounts(node.predicate) if isinstance(node, Test) and named else None
        if compared is None or len(named) > 1:
            others.update(named)
        else:
            found.setdefault(named[0], set()).update(compared)
    return {fact: frozenset(its) for fact, its in found.items() if its and fact not in others}


def _amounts(predicate: Predicate) -> list[Threshold] | None:
    """Return the amounts that a predicate compares with; None where it does anything else."""
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


def parameters_of(rule: Rule) -> tuple[str, ...]:
    """Return the names of the parameters that a rule compares with, each once."""
    return tuple(dict.fromkeys(each.name for each in rule.parameters))


def parameters_in(conditions: Iterable[Condition]) -> tuple[Parameter, ...]:
    """Return the parameters that conditions compare with, each once."""
    found: dict[Parameter, None] = {}
    waiting = [
        operand
        for root in conditions
        for node in nodes(root)
        for predicate in predicates_at(node)
        for operand in operands(predicate)
    ]
    while waiting:
        operand = waiting.pop(0)
        if isinstance(operand, Parameter):
            found[operand] = None
        elif isinstance(operand, By):
            waiting += [each for _, each in operand.cases]
    return tuple(found)


def predicates_at(node: Condition) -> Iterator[Predicate]:
    """Yield what a condition itself tests by, and not a condition inside it."""
    match node:
        case Test(predicate=predicate):
            yield predicate
        case All() | AnyOf() | Not() | Known():
            pass
        case _:
            number = tested(node)
            yield from () if number is None else (number,)


def _is_threshold(operand: Operand) -> bool:
    match operand:
        case Parameter():
            return True
        case Literal(value):
            return isinstance(value, int | Decimal) and not isinstance(value, bool) and value != 0
        case By(cases=cases):
            return any(_is_threshold(case) for _, case in cases)
        case FactRef():
            return False
        case _:
            assert_never(operand)


def references(condition: Condition) -> Iterator[FactRef]:
    """Yield every fact that a condition names, in the order of the text."""
    for node in nodes(condition):
        yield from references_at(node)


def references_at(node: Condition) -> Iterator[FactRef]:
    """Yield every fact that a condition names itself, and not in a condition inside it."""
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


def beneath(name: str, derived: Mapping[str, Derived], done: Container[str]) -> Iterator[str]:
    """Yield a derived fact and what it reads that is not done, each after those that it reads."""
    waiting = [name]
    seen: set[str] = set()
    while waiting:
        each = waiting[-1]
        open_ = [other for other in derived[each].reads if other not in seen and other not in done]
        if open_ and each not in seen:
            waiting += open_
            continue
        waiting.pop()
        if each not in seen and each not in done:
            seen.add(each)
            yield each


def once_each(
    name: str,
    derived: Mapping[str, Derived],
    found: MutableMapping[str, T],
    work: Callable[[Derived], T],
) -> T:
    """
    Return what is worked out of a derived fact of a record, and keep it.

    What it reads is worked out first, so that however long a chain of derived facts is, and however
    often each is named, each is worked out once and from what is there already.

    Args:
        name: the derived fact.

        derived: the rulebook's derived facts.

        found: what was worked out of derived facts of the same record; it is added to.

        work: works it out of one derived fact when `found` has all that are beneath it.
    """
    if name not in found:
        for each in beneath(name, derived, found):
            found[each] = work(derived[each])
    return found[name]


def splits(rule: Rule, derived: Mapping[str, Derived]) -> tuple[str, ...]:
    """
    Return the derived facts for each of whose joint values a rule is judged apart.

    They are those that it reads, each after those that it hangs on itself; where that would make
    more than `MOST_SPLITS` joint values, the later ones are left together.
    """
    if not rule.reads:
        return ()
    chosen: list[str] = []
    number = 1
    for name in derived:
        if name in rule.reads:
            number *= len({*(row.value for row in derived[name].rows), derived[name].otherwise})
            if number > MOST_SPLITS:
                break
            chosen.append(name)
    return tuple(chosen)

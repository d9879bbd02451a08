"""The values worth trying for a fact: the edges of what rules compare it with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, assert_never

from govrules.explain.judging import constants_of, flat, is_fact, literals
from govrules.explain.view import AS_OF_REF, View
from govrules.facts import TO_BE_FOUND
from govrules.frozen import Identical
from govrules.rulebook.ast import Rule, Rulebook, kept_on_rulebook, rule_conditions
from govrules.rulebook.expr import (
    FactRef,
    Known,
    Operand,
    Test,
)
from govrules.rulebook.walk import nodes, operands
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
)

#: What each fact is compared with, by its path in its record.
Compared = Mapping[str, tuple[Any, ...]]


def comparison_values(rule: Rule, view: View) -> dict[str, tuple[Any, ...]]:
    """Return the values that a rule, and the derived facts, compare each fact with."""
    plain, crossed = _tests_of(view.backend.rulebook, Identical((rule,)), view.cell(AS_OF_REF))
    if not crossed:
        return plain
    found = {path: dict.fromkeys(values) for path, values in plain.items()}
    for test in crossed:
        for value in literals(test.predicate, view.cell(AS_OF_REF), partial(_plain, view=view)):
            found.setdefault(test.fact.path, {})[value] = None
        for operand in operands(test.predicate):
            if isinstance(operand, FactRef):
                compared = dict.fromkeys(_plain(test.fact, view))
                found.setdefault(operand.path, {}).update(compared)
    return {path: tuple(values) for path, values in found.items()}


def is_crossed(rule: Rule, view: View) -> bool:
    """Tell whether a rule compares facts with each other, other than with the date."""
    _, crossed = _tests_of(view.backend.rulebook, Identical((rule,)), view.as_of)
    facts = (each for test in crossed for each in flat(test.predicate) if is_fact(each))
    return any(fact != AS_OF_REF for fact in facts)


@kept_on_rulebook(2**10)
def _tests_of(
    rulebook: Rulebook, only: Identical, as_of: dt.date | Unknown
) -> tuple[dict[str, tuple[Any, ...]], tuple[Test, ...]]:
    """Return the constants a rule compares facts with, and its fact-to-fact tests."""
    (rule,) = only
    roots = [*rule_conditions(rule)]
    roots += [row.when for derived in rulebook.derived.values() for row in derived.rows]
    found: dict[str, dict[Any, None]] = {}
    crossed: list[Test] = []
    for root in roots:
        plain, others = _tests_in(rulebook, Identical((root,)), as_of)
        crossed += others
        for path, values in plain:
            found.setdefault(path, {}).update(values)
    return {path: tuple(values) for path, values in found.items()}, tuple(crossed)


@kept_on_rulebook(2**10)
def _tests_in(
    _rulebook: Rulebook, only: Identical, as_of: dt.date | Unknown
) -> tuple[list[tuple[str, dict[Any, None]]], list[Test]]:
    found: list[tuple[str, dict[Any, None]]] = []
    crossed: list[Test] = []
    for node in (each for root in only for each in nodes(root)):
        if isinstance(node, Known):
            found.append((node.fact.path, {}))
        elif isinstance(node, Test):
            values = constants_of(node.predicate, as_of)
            if values is None:
                crossed.append(node)
            else:
                found.append((node.fact.path, dict.fromkeys(values)))
    return found, crossed


def _plain(operand: Operand, view: View) -> list[Any]:
    if isinstance(operand, FactRef) and operand.level >= len(view.scopes):
        return []
    return [value for value in view.possible(operand) if value is not UNKNOWN]


def candidates(ref: FactRef, view: View, compared: Compared) -> list[Any]:
    """Return the values worth trying for a fact: boundary values of its tests."""
    edges = compared.get(ref.path, ())
    one: Any
    match ref.type:
        case YesNo():
            return [True, False]
        case Choice(values=values):
            return [*values, None]
        case Number(whole=whole, most=most):
            one = 1 if whole else Decimal(1)
            return _around(edges, one, most)
        case Money() | Months():
            one = Decimal(1) if isinstance(ref.type, Money) else 1
            return _around(edges, one, None)
        case Date():
            days = _around(edges, dt.timedelta(days=1), None)
            as_of = view.as_of if isinstance(view.as_of, dt.date) else dt.date.min
            # What is to be done is done from now on.
            return sorted(days, key=lambda day: isinstance(day, dt.date) and day < as_of)
        case Text():
            return [*edges, TO_BE_FOUND, None]
        case Choices(values):
            return _sets(ref, values, edges, view)
        case Record():
            return [True, None]
        case Records():
            return []
        case _:
            assert_never(ref.type)


def _around(constants: Iterable[Any], step: Any, most: Decimal | None) -> list[Any]:  # noqa: ANN401 - any ordered value
    found: dict[Any, None] = {}
    for value in constants:
        if value is None:
            found[TO_BE_FOUND] = None
            continue
        found[value] = None
        for beyond in (value + step, value - step):
            negative = not isinstance(beyond, dt.date) and beyond < 0
            if not negative and (most is None or beyond <= most):
                found[beyond] = None
    return [*found, None]


def _sets(
    ref: FactRef, values: Sequence[str], constants: Collection[Any], view: View
) -> list[frozenset[str]]:
    members, _ = view.cell(ref)
    wanted = [each for each in constants if each]
    everything: frozenset[str] = frozenset().union(*wanted)
    found = [members | each for each in wanted] + [members - each for each in wanted]
    found += [members | everything, members - everything]
    found += [(members | everything) - each for each in wanted]
    if None in constants:
        found += [frozenset({value}) for value in values]
    return list(dict.fromkeys([*found, frozenset()]))

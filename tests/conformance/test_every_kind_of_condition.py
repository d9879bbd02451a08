"""Every kind of condition on things in every state, the same in every run."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import Any

import pytest

from govrules.engines.registry import engine
from govrules.rulebook.ast import Derived, Exemption, Grade, Mitigation, Row, Rule, Severity
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    Count,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.truth import UNKNOWN
from tests.conformance.agreement import DATES, HELD, Tally
from tests.properties import small
from tests.properties.small import CITED, LEVELS, Deal, Item, Thing, ref

THINGS = 240
ORDERED = (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN)
BIG = FactTest(ref("big"), Compare(Op.EQUALS, Literal(True)))
FINE = FactTest(ref("fine", 1), Compare(Op.EQUALS, Literal(True)))
HEAVY = FactTest(ref("weight", 1), Compare(Op.AT_LEAST, Literal(1)))
BY_TIER = By(ref("tier"), tuple(zip(LEVELS, map(Literal, (0, 1, 2)), strict=True)))
BY_LEVEL = By(ref("level"), tuple(zip(LEVELS, map(Literal, (12, 1, 13)), strict=True)))
BY_BIG = By(ref("big"), ((True, ref("size")), (False, Literal(1))))
DERIVED = {
    "sound": Derived(small.SOUND, Thing, (Row(BIG, value=True),), otherwise=False),
    "tier": Derived(
        small.TIER,
        Thing,
        (
            Row(FactTest(ref("sound"), Compare(Op.EQUALS, Literal(True))), "top"),
            Row(FactTest(ref("size"), Compare(Op.AT_LEAST, Literal(1))), "middle"),
        ),
        otherwise=None,
    ),
}


def of_facts() -> list[Condition]:
    """Tests of every type, operator and operand."""
    found: list[tuple[str, Any]] = [
        *((name, Compare(Op.EQUALS, Literal(value)))
          for name in ("big", "mended", "deal.signed", "sound") for value in (True, False, None)),
        *((name, Compare(op, Literal(value)))
          for name, values in (("level", LEVELS), ("deal.level", LEVELS), ("tier", LEVELS),
                               ("size", (0, 1)), ("price", (Decimal(1),)),
                               ("checked", small.DATES))
          for op in (Op.EQUALS, *ORDERED) for value in (*values, None)
          if op is Op.EQUALS or value is not None),
        *(("checked", Compare(op, months)) for op in (Op.OLDER_THAN, Op.NEWER_THAN)
          for months in (Literal(1), Literal(12), Literal(13), BY_TIER, BY_LEVEL, BY_BIG)),
        *((name, Compare(Op.EQUALS, Literal(None)))
          for name in ("deal", "colours", "items", "spares")),
        *(("colours", Includes(op, Literal(each))) for op in SetOp for each in small.SETS),
        *((name, Between(Literal(low), Literal(high)))
          for name, low, high in (("size", 1, 2), ("level", "low", "middle"))),
        ("size", OneOf((Literal(0), Literal(2)))),
        ("size", OneOf((Literal(None), BY_TIER))),
        ("level", OneOf((Literal("low"), Literal("top"), Literal(None)))),
        ("tier", OneOf((Literal("low"), ref("level")))),
        ("big", OneOf((Literal(True), Literal(None)))),
        *(("size", Compare(op, operand)) for op in (Op.EQUALS, *ORDERED)
          for operand in (BY_TIER, BY_BIG)),
        *(("level", Compare(op, ref(name))) for op in (Op.EQUALS, *ORDERED)
          for name in ("deal.level", "tier")),
        *(("tier", Compare(op, ref("level"))) for op in (Op.EQUALS, *ORDERED)),
        ("big", Compare(Op.EQUALS, ref("mended"))),
        ("sound", Compare(Op.EQUALS, ref("deal.signed"))),
    ]  # fmt: skip
    known = ("big", "tier", "deal", "deal.level", "colours", "items", "checked")
    return [
        *(FactTest(ref(name), predicate) for name, predicate in found),
        *(Known(ref(name), recorded) for name in known for recorded in (True, False)),
    ]


def of_lists() -> list[Condition]:
    """Conditions on lists of every kind."""
    wheres = (FINE, HEAVY, All((FINE, BIG)), AnyOf((Not(FINE), HEAVY)))
    predicates = [
        *(Compare(op, Literal(n)) for op in (Op.EQUALS, *ORDERED) for n in (0, 1, 2)),
        Between(Literal(1), Literal(2)),
        Compare(Op.AT_LEAST, BY_TIER),
        Compare(Op.EQUALS, ref("size")),
        Compare(Op.LESS_THAN, ref("size")),
    ]
    shares = [
        Compare(op, Literal(Decimal(n))) for op in (Op.EQUALS, *ORDERED) for n in (0, 50, 100)
    ]
    shares += [Compare(op, ref("price")) for op in (Op.EQUALS, Op.AT_LEAST)]
    items = ref("items")
    inner = Quantified(Quantity.SOME, ref("spares"), AnyOf((FINE, BIG)))
    return [
        *(Quantified(each, items, where) for each in Quantity for where in (*wheres, inner)),
        *(Count(items, where, each) for where in (None, *wheres) for each in predicates),
        *(Count(ref("colours"), None, each) for each in predicates),
        *(
            Sum(items, ref("weight", 1), where, each)
            for where in (None, FINE)
            for each in predicates
        ),
        *(Share(items, among, FINE, each) for among in (None, HEAVY) for each in shares),
    ]


CONDITIONS = (*of_facts(), *of_lists())


def things() -> list[Thing]:
    """Things of which any fact may be known, none or unknown, and any list or set left open."""
    drawn = random.Random(7)
    lists = [
        (*each, *end)
        for n in range(3)
        for each in itertools.product(
            [Item(fine=fine, weight=weight)
             for fine in (True, False, None, UNKNOWN) for weight in (0, 1, None, UNKNOWN)],
            repeat=n,
        )
        for end in ((), (UNKNOWN,))
    ]  # fmt: skip
    sets = [each | end for each in small.SETS for end in (frozenset(), frozenset({UNKNOWN}))]

    def state(values: Any) -> Any:
        return drawn.choice((*drawn.choices(values, k=4), None, UNKNOWN))

    return [
        Thing(
            **{name: state(values) for name, values in small.DOMAINS.items() if name != "colours"},
            colours=state(sets),
            deal=state([Deal(signed=state((True, False)), level=state(LEVELS)) for _ in range(3)]),
            items=state(lists),
            spares=state(lists),
            stated=drawn.choice(
                ({}, {}, {}, {"sound": True}, {"tier": "top"}, {"tier": None}, {"sound": False})
            ),
        )
        for _ in range(THINGS)
    ]


def rule(index: int, requires: Condition, **more: Any) -> Rule:
    return Rule(f"rule-{index}", "It is broken", "theme", "Mend.", CITED, requires,
                Severity.LOW, subject="thing", **more)  # fmt: skip


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("as_of", DATES)
def test_every_condition_alone_and_turned_round(name, as_of):
    rules = tuple(
        rule(index, each)
        for index, each in enumerate(each for one in CONDITIONS for each in (one, Not(one)))
    )
    several = things()[:: 1 if as_of is DATES[0] else 10]
    compare(name, rules, several, as_of)


@pytest.mark.parametrize("name", HELD)
def test_every_part_of_a_rule(name):
    """Conditions in the place of scope, exception, grade and mitigation, and in twos and threes."""
    drawn = random.Random(8)
    rules = []
    for index in range(150):
        one, two, three, four, five, six, seven = drawn.choices(CONDITIONS, k=7)
        rules.append(
            rule(
                index,
                drawn.choice((one, All((one, two)), AnyOf((one, Not(two))))),
                applies_when=drawn.choice((None, three, All((three, two)), AnyOf((three, two)))),
                unless=drawn.choice(((), (Exemption(four, "Why.", CITED),))),
                grades=drawn.choice(
                    (
                        (),
                        (Grade(Severity.HIGH, five),),
                        (Grade(Severity.CRITICAL, five), Grade(Severity.MEDIUM, six)),
                    )
                ),
                mitigated_by=drawn.choice(
                    ((), (Mitigation(seven, "Why.", CITED), Mitigation(six, "And.", CITED)))
                ),
            )
        )
    compare(name, tuple(rules), things()[::4], DATES[0])


def compare(name: str, rules: tuple[Rule, ...], several: list[Thing], as_of: Any) -> None:
    rulebook = small.rulebook_of(rules, DERIVED)
    tally = Tally()
    tally.compare([name], rules, several, as_of, rulebook)
    assert tally.pairs == len(rules) * len(several)
    assert not tally.disagreements


def test_all_verdicts_are_met():
    """What is compared is not all unknown."""
    rules = tuple(rule(index, each) for index, each in enumerate(CONDITIONS))
    told = engine("reference").outcomes(
        rules, things(), DATES[0], small.rulebook_of(rules, DERIVED)
    )
    by_rule = zip(*([each.verdict for each in one] for one in told), strict=True)
    met = [len(set(each)) for each in by_rule]
    # What is recorded is never unknown, and some sets include the empty set whatever is known.
    assert sum(each == 3 for each in met) > 0.8 * len(rules)


def test_a_number_that_python_takes_for_yes_is_compared_as_a_number():
    # True and 1 are equal to Python: a rule that was made with one must not be met for the other.
    for value in (True, 1):
        requires = FactTest(ref("size"), Compare(Op.EQUALS, Literal(value)))
        compare("compiled", (rule(0, requires),), things()[::10], DATES[0])

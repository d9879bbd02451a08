"""Ways to clear a finding, and plans to clear several."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
import pytest

from govrules.assessment import Assessment, assess
from govrules.rulebook.ast import (
    All,
    AnyOf,
    Between,
    Compare,
    Condition,
    Count,
    Derived,
    Exemption,
    Includes,
    Known,
    Literal,
    Not,
    Op,
    Quantified,
    Quantity,
    Row,
    Rule,
    SetOp,
    Severity,
    Share,
)
from govrules.rulebook.ast import Test as FactTest
from govrules.truth import UNKNOWN
from govrules.vocabulary import Kind
from tests.properties.small import AS_OF, CITED, SOUND, Deal, Item, Thing, ref, rulebook_of

FINE, BAD = Item(fine=True, weight=2), Item(fine=False, weight=3)
BROKEN = Thing(
    big=True, mended=False, painted=False, level="middle", colours=frozenset(), size=0, price=1,
    checked=dt.date(2024, 1, 1), deal=None, items=(BAD, BAD, FINE), spares=(),
)  # fmt: skip


def is_(path: str, value: Any, level: int = 0) -> FactTest:
    return FactTest(ref(path, level), Compare(Op.EQUALS, Literal(value)))


def compares(path: str, op: Op, value: Any) -> FactTest:
    return FactTest(ref(path), Compare(op, Literal(value)))


def includes(op: SetOp, *members: str) -> FactTest:
    return FactTest(ref("colours"), Includes(op, Literal(frozenset(members))))


MENDED, PAINTED, IS_FINE = is_("mended", True), is_("painted", True), is_("fine", True, 1)
SOUNDNESS = Derived(SOUND, Thing, (Row(All((MENDED, PAINTED)), value=True),), otherwise=False)


def assessed(
    *required: Condition, thing: Thing = BROKEN, as_of: Any = AS_OF, **parts: Any
) -> Assessment:
    rules = tuple(
        Rule(f"rule-{index}", "It is broken", "theme", "Mend.", CITED, each, Severity.HIGH,
             subject="thing", **parts)
        for index, each in enumerate(required)
    )  # fmt: skip
    return assess(thing, rulebook_of(rules, {"sound": SOUNDNESS}), as_of=as_of)


def ways(requires: Condition, **more: Any) -> list[dict[str, Any]]:
    (finding,) = assessed(requires, **more).findings
    return [{change.fact: change.to for change in way} for way in finding.clears]


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (MENDED, [{"mended": True}]),
        (is_("big", False), []),
        (All((MENDED, PAINTED)), [{"mended": True, "painted": True}]),
        (AnyOf((MENDED, PAINTED)), [{"mended": True}, {"painted": True}]),
        (AnyOf((All((MENDED, PAINTED)), compares("size", Op.AT_LEAST, 2))), [{"size": 2}]),
        (compares("size", Op.MORE_THAN, 1), [{"size": 2}]),
        (FactTest(ref("size"), Between(Literal(1), Literal(1))), [{"size": 1}]),
        (compares("checked", Op.NEWER_THAN, 1), [{"checked": AS_OF}]),
        (is_("deal.signed", True), [{"deal.signed": True}]),
        (Not(is_("deal", None)), [{"deal": True}]),
        (includes(SetOp.INCLUDES_ALL, "red", "blue"), [{"colours": frozenset({"red", "blue"})}]),
        (Count(ref("colours"), None, Compare(Op.AT_LEAST, Literal(1))), [{"colours": frozenset({"red"})}]),
        (Not(is_("colours", None)), [{"colours": frozenset({"red"})}, {"colours": frozenset({"blue"})}]),
        (is_("sound", True), [{"mended": True, "painted": True}]),
        (Quantified(Quantity.EVERY, ref("items"), IS_FINE), [{"items[0].fine": True, "items[1].fine": True}]),
        (Quantified(Quantity.NONE, ref("items"), IS_FINE), [{"items[2].fine": False}]),
        (Quantified(Quantity.SOME, ref("spares"), IS_FINE), [{"spares[0].fine": True}]),
        (Count(ref("items"), IS_FINE, Compare(Op.EQUALS, Literal(2))), [{"items[0].fine": True}, {"items[1].fine": True}]),
        (All((is_("deal", None), is_("deal.signed", True))), []),
    ],
)  # fmt: skip
def test_smallest_changes(requires: Condition, expected: list[dict[str, Any]]) -> None:
    """Only arrangements change, as few as will do, and every way is shown."""
    assert ways(requires) == expected


@pytest.mark.parametrize(
    ("requires", "first"),
    [
        (Count(ref("spares"), None, Compare(Op.AT_LEAST, Literal(2))), {"spares[0]", "spares[1]"}),
        (Not(is_("spares", None)), {"spares[0]"}),
        (Count(ref("spares"), is_("big", True), Compare(Op.AT_LEAST, Literal(1))), {"spares[0]"}),
        (Share(ref("items"), None, IS_FINE, Compare(Op.AT_LEAST, Literal(50))), {"items[0]"}),
    ],
)
def test_records_are_added_or_changed(requires: Condition, first: set[str]) -> None:
    """A record beyond the end of a list of arrangements is to be added."""
    assert {path.partition(".")[0] for path in ways(requires)[0]} == first


def test_what_governance_cannot_change_is_left_alone() -> None:
    """Recording a fact, more members than there are and a set of circumstances clear nothing."""
    given = ref("colours")
    as_it_is = attrs.evolve(given, fact=attrs.evolve(given.fact, kind=Kind.CIRCUMSTANCE))
    several = Compare(Op.AT_LEAST, Literal(1))
    assert ways(AnyOf((Known(ref("big"), recorded=False), MENDED))) == [{"mended": True}]
    assert ways(Count(given, None, Compare(Op.AT_LEAST, Literal(3)))) == []
    assert ways(Count(as_it_is, None, several)) == []


def test_an_age_cannot_be_mended_on_a_day_not_known() -> None:
    """What is old enough hangs on the date of the assessment."""
    recent = compares("checked", Op.NEWER_THAN, 12)
    assert ways(AnyOf((All((PAINTED, recent)), MENDED)), as_of=UNKNOWN) == [{"mended": True}]


def test_a_fact_of_the_subject_held_to_each_record() -> None:
    """The change serves the record that asks most."""
    outweighs = FactTest(ref("size"), Compare(Op.AT_LEAST, ref("weight", 1)))
    every = Quantified(Quantity.EVERY, ref("items"), outweighs)
    assert ways(AnyOf((All((every, MENDED)), PAINTED))) == [{"painted": True}]


def test_a_derived_fact_that_was_stated_is_left_as_it_is() -> None:
    """No arrangement changes what somebody said that it comes to."""
    stated = attrs.evolve(BROKEN, stated={"sound": False})
    assert ways(AnyOf((is_("sound", True), MENDED)), thing=stated) == [{"mended": True}]


def test_a_way_is_shown_without_what_it_can_do_without() -> None:
    """An exception that asks more than the rule does adds nothing to its way out."""
    exception = (Exemption(All((MENDED, PAINTED)), "because", CITED),)
    assert ways(PAINTED, unless=exception) == [{"painted": True}]


def test_an_exception_may_be_reached_but_the_case_may_not_go_away() -> None:
    """A rule is cleared by meeting it or by an exception, never by no longer being the case."""
    exception = (Exemption(PAINTED, "because", CITED),)
    assert ways(is_("big", False), unless=exception) == [{"painted": True}]
    assert ways(is_("big", False), applies_when=is_("mended", False)) == []


def test_a_plan_takes_the_change_that_serves_two_rules() -> None:
    """One change that clears both rules is better than one for each."""
    assessment = assessed(AnyOf((MENDED, PAINTED)), AnyOf((PAINTED, is_("size", 1))))
    plan = assessment.plan()
    assert [(each.fact, each.to) for each in plan.changes] == [("painted", True)]
    assert (plan.clears, plan.left, plan.proven_smallest) == (("rule-0", "rule-1"), (), True)


def test_a_plan_leaves_what_nothing_clears() -> None:
    """What no change of arrangements clears is left, and the rest planned for."""
    plan = assessed(is_("big", False), MENDED).plan()
    assert [each.fact for each in plan.changes] == ["mended"]
    assert (plan.clears, plan.left) == (("rule-1",), ("rule-0",))


def test_rules_that_contradict_each_other() -> None:
    """Of two rules that cannot both be met, one is left."""
    plan = assessed(is_("deal", None), is_("deal.signed", True)).plan()
    assert len(plan.left) == 1


def test_doing_away_with_a_record_clears_what_its_facts_flag() -> None:
    """A plan sees that the facts of a record that is none are none."""
    thing = attrs.evolve(BROKEN, deal=Deal(signed=True, level="low"))
    for required in ((is_("deal", None), is_("deal.level", None)), (is_("deal.level", None), is_("deal", None))):  # fmt: skip
        plan = assessed(*required, thing=thing).plan()
        assert [(each.fact, each.to) for each in plan.changes] == [("deal", None)]


def test_a_plan_at_a_level() -> None:
    """Findings below the level are left alone."""
    assessment = assessed(MENDED)
    assert assessment.plan(Severity.CRITICAL).changes == ()
    assert [each.phrase for each in assessment.plan(Severity.HIGH).changes] == ["it is mended"]

"""Ways to clear a finding, and plans to clear several."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from govrules.assessment import Assessment, assess
from govrules.engines.reference import Case
from govrules.explain import plan as plan_module
from govrules.explain.clears import SHOWN, _Hints
from govrules.explain.plan import _at_least
from govrules.explain.ways import Effort, ToBeChosen
from govrules.facts import TO_BE_FOUND, Scope
from govrules.model import GoverningDocument, Partner, Partnership
from govrules.rulebook.ast import Derived, Exemption, Row, Rule, Severity
from govrules.rulebook.expr import (
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
    Op,
    Quantified,
    Quantity,
    SetOp,
    Share,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.walk import references
from govrules.truth import UNKNOWN
from govrules.vocabulary import FactType, Kind, Money, Months, Number
from tests.properties.small import (
    AS_OF,
    CITED,
    LEVELS,
    SOUND,
    TIER,
    Deal,
    Item,
    Thing,
    ref,
    rulebook_of,
)

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
        (All((is_("size", 1), is_("size", 2))), []),
    ],
)  # fmt: skip
def test_smallest_changes(requires: Condition, expected: list[dict[str, Any]]) -> None:
    """Only arrangements change, as few as will do, and every way is shown."""
    assert ways(requires) == expected


def amount(path: str, fact_type: FactType, op: Op, value: Any) -> FactTest:
    """A test of a fact of another type, which governance can change."""
    given = ref(path)
    changed = attrs.evolve(given.fact, type=fact_type, kind=Kind.ARRANGEMENT)
    return FactTest(attrs.evolve(given, fact=changed), Compare(op, Literal(value)))


BOTH = frozenset({"red", "blue"})
DAY = dt.date(2025, 3, 31)


@pytest.mark.parametrize(
    ("requires", "given", "expected"),
    [
        (compares("size", Op.LESS_THAN, 2), 5, 1),
        (compares("size", Op.LESS_THAN, 1), 5, 0),
        (compares("size", Op.LESS_THAN, 0), 5, ()),
        (compares("size", Op.AT_LEAST, 3), 0, 3),
        (FactTest(ref("size"), Compare(Op.AT_LEAST, By(ref("level"), (("low", Literal(0)), ("middle", Literal(4)), ("top", Literal(5)))))), 0, 4),
        (All((Not(is_("size", None)), compares("size", Op.AT_LEAST, 3))), 0, 3),
        (amount("price", Money(), Op.MORE_THAN, Decimal(5)), Decimal(1), Decimal(6)),
        (amount("price", Money(), Op.LESS_THAN, Decimal(5)), Decimal(9), Decimal(4)),
        (amount("price", Number(), Op.MORE_THAN, Decimal("1.5")), Decimal(1), Decimal("2.5")),
        (amount("size", Months(), Op.MORE_THAN, 12), 1, 13),
        (amount("size", Months(), Op.LESS_THAN, 12), 20, 11),
        (amount("size", Number(whole=True, most=Decimal(9)), Op.MORE_THAN, 8), 1, 9),
        (amount("size", Number(whole=True, most=Decimal(9)), Op.MORE_THAN, 9), 1, ()),
        (compares("checked", Op.MORE_THAN, DAY), dt.date(2024, 1, 1), dt.date(2025, 4, 1)),
        (compares("checked", Op.LESS_THAN, DAY), dt.date(2026, 1, 1), dt.date(2025, 3, 30)),
        # What ran out yesterday does not run out soon, and is no way out.
        (Not(compares("checked", Op.WITHIN_NEXT, 6)), AS_OF, dt.date(2026, 9, 30)),
        (includes(SetOp.MISSING_ANY_OF, "red", "blue"), BOTH, frozenset({"blue"})),
        (All((includes(SetOp.INCLUDES, "red"), Not(includes(SetOp.INCLUDES, "blue")))),
         frozenset({"blue"}), frozenset({"red"})),
        (All((Not(is_("colours", None)), Not(includes(SetOp.INCLUDES, "red")))),
         frozenset({"red"}), frozenset({"blue"})),
        (Count(ref("colours"), None, Compare(Op.AT_MOST, Literal(1))), BOTH, frozenset({"red"})),
    ],
)  # fmt: skip
def test_the_nearest_value_that_will_do(requires: Condition, given: Any, expected: Any) -> None:
    """One step beyond the edge of what is asked, in the fact's own type, and never below zero."""
    name = next(each.path for each in references(requires))
    found = ways(requires, thing=attrs.evolve(BROKEN, **{name: given}))
    assert found == ([] if expected == () else [{name: expected}])
    assert all(type(way[name]) is type(expected) for way in found)


SPARE_FINE = FactTest(FactRef("fine", 2, ref("fine", 1).fact), Compare(Op.EQUALS, Literal(True)))
LIGHT = Item(fine=True, weight=0)
HEAVY = FactTest(ref("weight", 1), Compare(Op.AT_LEAST, Literal(2)))


@pytest.mark.parametrize(
    ("requires", "given", "expected"),
    [
        (Quantified(Quantity.SOME, ref("items"), IS_FINE), {"items": (BAD, BAD)},
         [{"items[0].fine": True}, {"items[1].fine": True}]),
        (Quantified(Quantity.SOME, ref("spares"), IS_FINE), {"spares": (BAD,)},
         [{"spares[0].fine": True}, {"spares[1].fine": True}]),
        (Not(is_("spares", None)), {}, [{"spares[0].fine": TO_BE_FOUND}]),
        (Count(ref("spares"), IS_FINE, Compare(Op.AT_LEAST, Literal(1))), {},
         [{"spares[0].fine": True}]),
        (Count(ref("items"), IS_FINE, Compare(Op.AT_LEAST, Literal(3))), {"items": (BAD,) * 3},
         [{"items[0].fine": True, "items[1].fine": True, "items[2].fine": True}]),
        (Count(ref("items"), IS_FINE, Compare(Op.AT_LEAST, Literal(4))), {"items": (BAD,) * 4}, []),
        (Share(ref("spares"), None, IS_FINE, Compare(Op.AT_MOST, Literal(Decimal(50)))),
         {"spares": (FINE,)}, [{"spares[0].fine": False}]),
        (Share(ref("items"), IS_FINE, HEAVY, Compare(Op.AT_MOST, Literal(Decimal(0)))),
         {"items": (FINE, LIGHT)}, [{"items[0].fine": False}]),
        (Quantified(Quantity.SOME, ref("items"),
                    Quantified(Quantity.SOME, ref("spares"), SPARE_FINE)),
         {"items": (BAD,)}, [{"spares[0].fine": True}]),
        (Quantified(Quantity.SOME, ref("items"), Quantified(Quantity.SOME, ref("spares"), PAINTED)),
         {"items": (BAD,)}, [{"painted": True, "spares[0].fine": TO_BE_FOUND}]),
    ],
)  # fmt: skip
def test_changes_of_records(
    requires: Condition, given: dict[str, Any], expected: list[dict[str, Any]]
) -> None:
    """Any record that will do, those that could be added among them, but never many at once."""
    assert ways(requires, thing=attrs.evolve(BROKEN, **given)) == expected


def test_a_few_of_many_ways_are_shown() -> None:
    """Of all pairs of records that would do, some are shown."""
    two = Count(ref("items"), IS_FINE, Compare(Op.AT_LEAST, Literal(2)))
    found = ways(two, thing=attrs.evolve(BROKEN, items=(BAD,) * 12))
    assert len(found) == SHOWN
    assert {len(way) for way in found} == {2}


def test_doing_without_is_shown_where_nothing_else_helps() -> None:
    """None is no way where a value would do, and the only one where none is asked for."""
    small = FactTest(ref("size"), OneOf((Literal(1), Literal(None))))
    assert ways(small) == [{"size": 1}]
    thing = attrs.evolve(BROKEN, deal=Deal(signed=True, level="low"))
    assert ways(AnyOf((small, is_("deal", None))), thing=thing) == [{"size": 1}]
    assert ways(is_("deal", None), thing=thing) == [{"deal": None}]


def test_a_choice_among_values_and_facts_is_met_by_each_that_governance_can_change() -> None:
    """The level of the deal may become that of the thing, which stands beside a plain value."""
    dealt = attrs.evolve(BROKEN, deal=Deal(signed=True, level="low"))
    either = FactTest(ref("level"), OneOf((Literal("top"), ref("deal.level"))))
    assert ways(either, thing=dealt) == [{"deal.level": "middle"}]


def test_a_number_yet_to_be_found_may_be_any() -> None:
    """That there is a size says neither that it is enough for the items nor that it is not."""
    there = Not(is_("size", None))
    enough = Count(ref("items"), None, Compare(Op.AT_MOST, ref("size")))
    unsized = attrs.evolve(BROKEN, size=None)
    assert ways(there, thing=unsized) == [{"size": TO_BE_FOUND}]
    assert ways(All((there, enough)), thing=unsized) == []
    for either in (enough, Not(enough)):
        found = ways(All((there, AnyOf((either, MENDED)))), thing=unsized)
        assert found == [{"size": TO_BE_FOUND, "mended": True}]


@pytest.mark.parametrize(
    "name",
    [
        "because._MOST_KEPT",
        "clears.MOST_MET",
        "closures._MANY",
        "judging._MOST_STATES",
        "judging._TRIED",
        "judging._WINDOW",
        "plan._MOST_AFTER",
        "view._MOST_RECORDS",
    ],
)
def test_what_is_kept_for_other_subjects_changes_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little of it is kept, what is said is the same."""
    rules = assessed(
        AnyOf((MENDED, PAINTED)),
        compares("size", Op.AT_LEAST, 2),
        is_("sound", True),
        Not(PAINTED),
        Quantified(Quantity.EVERY, ref("items"), IS_FINE),
        Count(ref("items"), IS_FINE, Compare(Op.AT_LEAST, Literal(2))),
        Share(ref("items"), None, IS_FINE, Compare(Op.MORE_THAN, Literal(Decimal(50)))),
    ).rulebook.rules
    things = [attrs.evolve(BROKEN, size=size, items=(BAD, FINE)) for size in (0, 1)]
    things += [attrs.evolve(each, painted=True) for each in things]

    def told() -> list[Any]:
        book = rulebook_of(rules, {"sound": SOUNDNESS})
        several = [assess(each, book, as_of=AS_OF) for each in things]
        findings = [each for one in several for each in one.findings]
        said = [(each.because, each.clears, each.opens, each.questions) for each in findings]
        return [*said, *(each.plan().changes for each in several)]

    before = told()
    monkeypatch.setattr(f"govrules.explain.{name}", 1)
    assert told() == before


HALF = attrs.evolve(BROKEN, mended=True)


@pytest.mark.parametrize(
    ("one", "other"), [("mended", "painted"), ("sound", "mended"), ("mended", "sound")]
)
def test_facts_become_alike_from_the_end_that_gives_up_nothing(one: str, other: str) -> None:
    """Either side of a comparison may change; what was mended is not undone for it."""
    alike = FactTest(ref(one), Compare(Op.EQUALS, ref(other)))
    assert ways(alike, thing=HALF) == [{"painted": True}]
    fixed = attrs.evolve(ref("painted").fact, kind=Kind.CIRCUMSTANCE)
    circumstance = attrs.evolve(ref("painted"), fact=fixed)
    alike = FactTest(ref("mended"), Compare(Op.EQUALS, circumstance))
    assert ways(alike, thing=HALF) == [{"mended": False}]


def test_what_is_in_place_is_given_up_only_where_nothing_else_helps() -> None:
    """Two changes that keep what is there are better than one that does not."""
    whole = attrs.evolve(BROKEN, mended=True, deal=Deal(signed=True, level="low"))
    kept = All((PAINTED, compares("size", Op.AT_LEAST, 2)))
    for less in (is_("mended", False), is_("deal", None), is_("deal.signed", False)):
        assert ways(AnyOf((less, kept)), thing=whole) == [{"painted": True, "size": 2}]
        assert len(ways(less, thing=whole)) == 1
    both = attrs.evolve(BROKEN, colours=BOTH)
    fewer = Count(ref("colours"), None, Compare(Op.AT_MOST, Literal(1)))
    assert ways(AnyOf((fewer, kept)), thing=both) == [{"painted": True, "size": 2}]


def test_a_set_that_has_to_be_closed_keeps_what_it_holds() -> None:
    one, other = (
        Partner(name=each, roles=frozenset({"accountable_body"}), named_accountable=True)
        for each in "AB"
    )
    more = Partner(name="C", roles=frozenset({"lead", UNKNOWN}))
    found = assess(Partnership(name="Pool", partners=(one, other, more)), load_rulebook())
    rule = "accountable-body-contradicted"
    (finding,) = (each for each in found.flagged if each.rule.id == rule)
    closed = [each.to for way in finding.clears for each in way if each.fact == "partners[2].roles"]
    assert closed == [frozenset({"lead"})]


def test_each_member_of_a_set_counts() -> None:
    """To add two members is more than to change one other fact, and no more is added than helps."""
    two = Count(ref("colours"), None, Compare(Op.AT_LEAST, Literal(2)))
    assert ways(AnyOf((two, PAINTED))) == [{"painted": True}]
    assert ways(
        AnyOf((includes(SetOp.INCLUDES_ALL, "red", "blue"), includes(SetOp.INCLUDES, "red")))
    ) == [{"colours": frozenset({"red"})}]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("top", "middle"), [{"mended": True}, {"painted": True}, {"size": 2}]),
        (("middle",), [{"painted": True}, {"size": 2}]),
        (("low",), [{"checked": None}]),
    ],
)
def test_each_value_that_will_do_is_derived_in_each_way(
    wanted: tuple[str, ...], expected: list[dict[str, Any]]
) -> None:
    """Rows of one value are ways of their own, and so is what holds where no row does."""
    rows = (
        Row(MENDED, "top"),
        Row(PAINTED, "middle"),
        Row(compares("size", Op.MORE_THAN, 1), "middle"),
        Row(Not(is_("checked", None)), "top" if wanted == ("low",) else "low"),
    )
    tier = Derived(TIER, Thing, rows, otherwise="low")
    rule = Rule("a-rule", "It is broken", "theme", "Mend.", CITED,
                FactTest(ref("tier"), OneOf(tuple(map(Literal, wanted)))), Severity.HIGH,
                subject="thing")  # fmt: skip
    book = rulebook_of((rule,), {"tier": tier})
    (finding,) = assess(BROKEN, book, as_of=AS_OF).findings
    assert [{change.fact: change.to for change in way} for way in finding.clears] == expected


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


def test_doing_away_with_a_record_that_is_asked_for_changes_all_its_facts() -> None:
    """It is one change, even where the question whether the record is there is answered already."""
    both = (is_("deal.signed", False), Not(is_("deal.level", "low")))
    there = AnyOf((is_("big", True), is_("deal", None)))
    dealt = attrs.evolve(BROKEN, deal=Deal(signed=True, level="low"))
    assert ways(All((*both, there)), thing=dealt) == [{"deal": None}]
    assert ways(
        All((*both, AnyOf((is_("big", True), Known(ref("deal"), recorded=True))))), thing=dealt
    ) == [{"deal": None}]
    assert {len(way) for way in ways(All(both), thing=dealt)} == {2}


def test_a_share_may_need_a_record_to_count_and_not_to_be_so() -> None:
    """Nothing counts as yet, so neither change alone makes a share of anything."""
    none_so = Share(
        ref("items"), is_("painted", True), IS_FINE, Compare(Op.AT_MOST, Literal(Decimal(0)))
    )
    found = ways(none_so, thing=attrs.evolve(BROKEN, items=(FINE,)))
    assert found == [{"painted": True, "items[0].fine": False}]


def test_a_count_may_hang_on_a_fact_on_which_something_else_hangs() -> None:
    """Of the values with which records count, the first that is tried is ruled out elsewhere."""
    odd = FactTest(ref("size"), OneOf((Literal(1), Literal(3))))
    counted = Count(ref("items"), odd, Compare(Op.AT_LEAST, Literal(1)))
    both = All((compares("size", Op.AT_MOST, 2), counted))
    assert ways(both, thing=attrs.evolve(BROKEN, size=2)) == [{"size": 1}]


def test_what_one_change_breaks_another_makes_good() -> None:
    """There is no deal as yet, which is all that keeps the second condition."""
    levelled = FactTest(ref("deal.level"), Compare(Op.AT_LEAST, Literal("low")))
    both = All((levelled, AnyOf((is_("deal", None), MENDED))))
    assert ways(both)[0] == {"deal.level": ToBeChosen(LEVELS), "mended": True}


def test_what_cannot_be_made_good_is_no_way_out() -> None:
    """What would make good what the first change breaks is ruled out by the third condition."""
    levelled = FactTest(ref("deal.level"), Compare(Op.AT_LEAST, Literal("low")))
    not_mended = is_("mended", False)
    assert ways(All((levelled, AnyOf((is_("deal", None), MENDED)), not_mended))) == []


def test_what_governance_cannot_change_is_left_alone() -> None:
    """Recording a fact, more members than there are and a set of circumstances clear nothing."""
    given = ref("colours")
    as_it_is = attrs.evolve(given, fact=attrs.evolve(given.fact, kind=Kind.CIRCUMSTANCE))
    several = Compare(Op.AT_LEAST, Literal(1))
    assert ways(AnyOf((Known(ref("big"), recorded=False), MENDED))) == [{"mended": True}]
    assert ways(Count(given, None, Compare(Op.AT_LEAST, Literal(3)))) == []
    assert ways(Count(as_it_is, None, several)) == []


def test_what_circumstances_are_compared_with_changes_and_not_they() -> None:
    """A tier that rests on circumstances stays, and so does a set of them."""
    tier = Derived(TIER, Thing, (Row(is_("big", True), "top"),), otherwise="low")
    alike = FactTest(ref("tier"), Compare(Op.EQUALS, ref("deal.level")))
    (rule,) = assessed(MENDED).rulebook.rules
    rule = attrs.evolve(rule, requires=alike)
    dealt = attrs.evolve(BROKEN, deal=Deal(signed=True, level="low"))
    (found,) = assess(dealt, rulebook_of((rule,), {"tier": tier}), as_of=AS_OF).findings
    assert [{each.fact: each.to for each in way} for way in found.clears] == [{"deal.level": "top"}]
    given = ref("colours")
    as_it_is = attrs.evolve(given, fact=attrs.evolve(given.fact, kind=Kind.CIRCUMSTANCE))
    as_many = Count(as_it_is, None, Compare(Op.AT_LEAST, ref("size")))
    sized = attrs.evolve(BROKEN, size=1)
    assert ways(AnyOf((as_many, MENDED)), thing=sized) == [{"mended": True}]


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


def test_an_exception_may_be_reached_if_the_case_is_kept_by_another_change() -> None:
    """The way to the exception would end the case, which may stand on something else."""
    case = AnyOf((is_("mended", True), is_("deal.level", "low")))
    excepted = (Exemption(Not(is_("mended", True)), "because", CITED),)
    thing = attrs.evolve(BROKEN, mended=True)
    found = ways(is_("big", False), thing=thing, applies_when=case, unless=excepted)
    assert found == [{"mended": False, "deal.level": "low"}]


def test_a_plan_takes_the_change_that_serves_two_rules() -> None:
    """One change that clears both rules is better than one for each."""
    assessment = assessed(AnyOf((MENDED, PAINTED)), AnyOf((PAINTED, is_("size", 1))))
    plan = assessment.plan()
    assert [(each.fact, each.to) for each in plan.changes] == [("painted", True)]
    assert (plan.clears, plan.left, plan.proven_smallest) == (("rule-0", "rule-1"), (), True)


def test_a_plan_of_many_records_is_the_one_that_is_found_change_by_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where each change is of a record of a list, each is tried apart from the others."""
    rules = [
        Count(ref("items"), IS_FINE, Compare(Op.AT_LEAST, Literal(number))) for number in (2, 3)
    ]
    rules.append(AnyOf((FactTest(ref("size"), Compare(Op.EQUALS, Literal(0))), rules[0])))
    thing = attrs.evolve(BROKEN, items=(BAD,) * 4, size=1)

    together = assessed(*rules, thing=thing).plan()
    monkeypatch.setattr("govrules.explain.view.ChangedSubject.of", lambda *_: None)
    assert together == assessed(*rules, thing=thing).plan()
    assert len(together.changes) == 3
    assert together.proven_smallest


@pytest.mark.parametrize("apart", [True, False])
def test_a_change_of_a_record_that_another_makes_needless_is_left_out(
    monkeypatch: pytest.MonkeyPatch, apart: bool
) -> None:
    found = assessed(Quantified(Quantity.SOME, ref("items"), IS_FINE),
                     thing=attrs.evolve(BROKEN, items=(BAD, BAD)))  # fmt: skip
    rules = found.rulebook.rules
    if not apart:
        monkeypatch.setattr("govrules.explain.view.ChangedSubject.of", lambda *_: None)
    search = plan_module._PlanSearch(
        plan_module._Board(rules, found._view, Severity.LOW), rules, rules
    )
    assert search._needed({f"items[{at}].fine": True for at in (0, 1)}) == {"items[1].fine": True}


def test_a_plan_tells_apart_values_of_a_fact_that_is_compared_with_another() -> None:
    """Of levels that are alike to the first rule, the one that meets the second is taken."""
    dealt = attrs.evolve(BROKEN, level="top", deal=Deal(signed=True, level="middle"))
    as_high = FactTest(ref("deal.level"), Compare(Op.EQUALS, ref("level")))
    plan = assessed(Not(is_("deal.level", "middle")), as_high, thing=dealt).plan()
    assert [(each.fact, each.to) for each in plan.changes] == [("deal.level", "top")]
    assert (plan.clears, plan.left) == (("rule-0", "rule-1"), ())


def test_which_value_a_choice_has_is_left_open_where_several_will_do() -> None:
    """A value is named where it alone will do; none at all is no choice among others."""
    there, not_top = Not(is_("deal", None)), Not(is_("deal.level", "top"))
    levelled = Not(is_("deal.level", None))
    assert ways(levelled) == [{"deal.level": ToBeChosen(LEVELS)}]
    assert ways(All((levelled, not_top))) == [{"deal.level": ToBeChosen(("low", "middle"))}]
    assert ways(compares("deal.level", Op.AT_LEAST, "top")) == [{"deal.level": "top"}]
    apart = AnyOf((is_("deal.level", "low"), is_("deal.level", "top")))
    assert ways(apart) == [{"deal.level": ToBeChosen(("low", "top"))}]
    assert ways(All((there, levelled))) == [{"deal.level": ToBeChosen(LEVELS)}]


@pytest.mark.parametrize(
    ("required", "to"),
    [
        ((Not(is_("deal.level", None)),), ToBeChosen(LEVELS)),
        ((Not(is_("deal.level", None)), is_("deal.level", "top")), "top"),
        ((is_("deal.level", "top"), Not(is_("deal.level", None))), "top"),
        ((compares("deal.level", Op.AT_LEAST, "middle"), compares("deal.level", Op.AT_MOST, "middle")),
         "middle"),
        ((Not(is_("deal.level", None)), compares("deal.level", Op.AT_LEAST, "middle")),
         ToBeChosen(("middle", "top"))),
    ],
)  # fmt: skip
def test_a_plan_leaves_open_what_its_rules_leave_open(
    required: tuple[Condition, ...], to: Any
) -> None:
    """Of what may be chosen for one rule and for another, what may be chosen for both."""
    plan = assessed(*required).plan()
    assert [(each.fact, each.to) for each in plan.changes] == [("deal.level", to)]
    assert plan.left == ()


def test_a_plan_leaves_what_nothing_clears() -> None:
    """What no change of arrangements clears is left, and the rest planned for."""
    plan = assessed(is_("big", False), MENDED).plan()
    assert [each.fact for each in plan.changes] == ["mended"]
    assert (plan.clears, plan.left) == (("rule-1",), ("rule-0",))


def test_a_plan_leaves_what_nothing_clears_wherever_it_stands() -> None:
    """What can be cleared is not left because it stands first."""
    plan = assessed(MENDED, is_("big", False)).plan()
    assert [each.fact for each in plan.changes] == ["mended"]
    assert (plan.clears, plan.left) == (("rule-0",), ("rule-1",))


def test_of_plans_as_small_the_first_is_given() -> None:
    """What stands first in the rule is advised."""
    plan = assessed(AnyOf((MENDED, PAINTED))).plan()
    assert [each.fact for each in plan.changes] == ["mended"]


def test_to_clear_a_long_list_costs_what_its_records_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = 0
    plain = Case.inside

    def counted(case: Case, record: Scope) -> Case:
        nonlocal judged
        judged += 1
        return plain(case, record)

    monkeypatch.setattr(Case, "inside", counted)
    every = Quantified(Quantity.EVERY, ref("items"), IS_FINE)
    costs = []
    for number in (100, 200):
        judged = 0
        (way,) = ways(every, thing=attrs.evolve(BROKEN, items=(BAD,) * number))
        assert len(way) == number
        costs.append(judged)
    assert costs[1] < 3 * costs[0]


@pytest.mark.parametrize(
    ("tries", "changes", "proven"),
    [(1, ["mended"], False), (2, ["mended"], False), (3, ["mended"], True)],
)
def test_a_plan_says_whether_every_smaller_one_was_ruled_out(
    tries: int, changes: list[str], proven: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that used up its tries proves nothing."""
    monkeypatch.setattr(plan_module, "MAX_TRIED", tries)
    plan = assessed(MENDED).plan()
    assert [each.fact for each in plan.changes] == changes
    assert plan.proven_smallest is proven


def test_a_plan_follows_what_derived_facts_are_derived_from() -> None:
    """What a rule reads is read through derived facts, and beside them."""
    sound = is_("sound", True)
    plan = assessed(sound).plan()
    assert {each.fact for each in plan.changes} == {"mended", "painted"}
    exception = (Exemption(compares("size", Op.AT_LEAST, 2), "because", CITED),)
    plan = assessed(sound, unless=exception).plan()
    assert [(each.fact, each.to) for each in plan.changes] == [("size", 2)]


def test_a_plan_follows_records_that_are_added() -> None:
    """A rule that reads a list is moved by a fact of a record in it."""
    plan = assessed(Count(ref("spares"), None, Compare(Op.AT_LEAST, Literal(1)))).plan()
    assert [each.fact for each in plan.changes] == ["spares[0].fine"]
    assert plan.clears == ("rule-0",)


def test_a_fact_of_a_record_shows_that_there_is_one() -> None:
    """What is known of a record clears the rule that wants one."""
    plan = assessed(is_("deal.signed", True), Not(is_("deal", None))).plan()
    assert [each.fact for each in plan.changes] == ["deal.signed"]


@pytest.mark.parametrize(
    ("options", "changed", "fewest"),
    [
        ([], {}, 0),
        ([[{"a": 1}], [{"b": 1}]], {}, 2),
        ([[{"a": 1}], [{"b": 1}], [{"c": 1}]], {}, 3),
        ([[{"a": 1}], [{"a": 1}, {"b": 2}]], {}, 1),
        ([[{"a": 1}], [{"b": 1}], [{"a": 1}, {"c": 1}], [{"b": 1}, {"c": 1}]], {}, 2),
        ([[{"a": 1, "b": 1}], [{"c": 1}]], {}, 3),
        ([[{"a": 1, "b": 1}, {"c": 1}]], {}, 1),
        ([[{"a": 1, "b": 1}]], {"a": 2}, 1),
        ([[{"deal": None}], [{"deal.signed": True}]], {}, 1),
        ([[{"deal.signed": True}], [{"deal": None}]], {}, 1),
        ([[{"deal.signed": True}], [{"deal.level": "low"}]], {}, 2),
        ([[{"a": 1}], [{"deal": None}], [{"deal.signed": True}, {"x": 1}]], {}, 2),
        ([[{"a": 1}], [{"deal.signed": True}], [{"deal": None}, {"x": 1}]], {}, 2),
        ([[{"deal": None}], [{"a": 1}], [{"deal.signed": True}, {"x": 1}]], {}, 2),
        ([[{"deal.signed": True}], [{"a": 1}], [{"deal": None}, {"x": 1}]], {}, 2),
    ],
)
def test_no_plan_does_with_fewer(
    options: list[list[dict[str, Any]]], changed: dict[str, Any], fewest: int
) -> None:
    """What rules ask for that share no fact adds up; what they may share counts once."""
    assert _at_least(options, changed, len) == fewest


def test_rules_that_contradict_each_other() -> None:
    """Of two rules that cannot both be met, one is left."""
    plan = assessed(is_("deal", None), is_("deal.signed", True)).plan()
    assert len(plan.left) == 1


@pytest.mark.parametrize("spares", [(), (FINE,), (BAD,)])
def test_rules_that_each_undo_the_other_with_a_further_record(spares: tuple[Item, ...]) -> None:
    """Each could be met in turn for ever: the plan keeps one, and does not say that it is proven."""
    every = Quantified(Quantity.EVERY, ref("spares"), IS_FINE)
    thing = attrs.evolve(BROKEN, spares=spares)
    plan = assessed(All((Not(every), MENDED)), All((every, PAINTED)), thing=thing).plan()
    assert (len(plan.clears), len(plan.left)) == (1, 1)
    assert not plan.proven_smallest


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


def test_a_long_way_is_followed_by_what_agrees_with_it_and_asks_for_least() -> None:
    """It takes on no variants; where nothing agrees with it, it leads nowhere."""
    hints = _Hints({}, Effort(BROKEN), gives_up=False, met={})
    several = [[{f"items[{each}].fine": True}] for each in range(60)]
    long = {path: to for (way,) in several for path, to in way.items()}
    more = [{"mended": True, "painted": True}, {"items[0].fine": True, "painted": True}]
    assert hints.joined([*several, more]) == [{**long, "painted": True}]
    assert hints.joined([*several, [{"items[0]": None}], [{"mended": True}]]) == []


def test_a_later_day_counts_where_it_settles_the_rule_too() -> None:
    """The nearest day is flagged by another rule; no later one, or a later one that does as well."""
    first, second, third = dt.date(2026, 4, 10), dt.date(2026, 5, 10), dt.date(2026, 6, 10)
    checked = ref("checked")
    for last, opened in ((second, ["rule-1"]), (third, [])):
        within = FactTest(checked, Between(Literal(first), Literal(last)))
        apart = AnyOf((
            FactTest(checked, Compare(Op.LESS_THAN, Literal(first))),
            FactTest(checked, Compare(Op.AT_LEAST, Literal(third))),
        ))  # fmt: skip
        thing = attrs.evolve(BROKEN, checked=dt.date(2026, 1, 10))
        (finding,) = assessed(within, apart, thing=thing, as_of=dt.date(2026, 12, 31)).flagged
        assert [each.to for (each,) in finding.clears] == [first]
        assert [[each.rule for each in way] for way in finding.opens] == [opened]


def test_a_renewal_is_not_held_to_run_out_soon() -> None:
    """Who renews a document names a later day than the first that would do."""
    document = GoverningDocument(kind="memorandum_of_understanding", expires=dt.date(2025, 12, 31))
    pool = Partnership(status="active", governing_document=document)
    found = assess(pool, load_rulebook(), as_of=dt.date(2026, 3, 31))
    (expired,) = [each for each in found.flagged if each.rule.id == "agreement-expired"]
    assert [each.phrase for (each,) in expired.clears] == ["the governing document is renewed"]
    assert expired.opens == ((),)
    once = {change.fact: change.to for (change,) in expired.clears}
    then = [each.rule.id for each in found.what_if(once).opened]
    assert then == ["agreement-about-to-expire"]

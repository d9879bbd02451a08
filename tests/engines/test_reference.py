"""What each node means, by examples."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from govrules.engines.reference import (
    VERDICTS,
    Case,
    case_of,
    count_of,
    derive,
    evaluate,
    judge,
    share_of,
    split,
    sum_of,
    values,
)
from govrules.facts import TO_BE_FOUND, Facts, months_before
from govrules.rulebook.ast import (
    Derived,
    Exemption,
    Grade,
    Mitigation,
    Row,
    Rule,
    Severity,
    Verdict,
)
from govrules.rulebook.derivation import MOST_SPLITS, splits
from govrules.rulebook.expr import (
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
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Fact, Kind, YesNo
from tests.properties.small import AS_OF, CITED, SOUND, TIER, Deal, Item, Thing, ref, rulebook_of

F, U, T = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
#: What a number that may be anything from another upwards is at most.
NO_MOST = Decimal("Infinity")
FINE, BAD, MAYBE = Item(fine=True, weight=2), Item(fine=False, weight=3), Item()


def case(thing: Thing, as_of: Any = AS_OF, **derived: Derived) -> Case:
    return case_of(Facts(thing, as_of), rulebook_of((), derived))


def value_of(condition: Condition, as_of: Any = AS_OF, **facts: Any) -> Truth:
    return evaluate(condition, case(Thing(**facts), as_of))


def is_(path: str, value: Any, level: int = 0) -> FactTest:
    return FactTest(ref(path, level), Compare(Op.EQUALS, Literal(value)))


def compares(path: str, op: Op, operand: Any) -> FactTest:
    known = operand if isinstance(operand, Operand) else Literal(operand)
    return FactTest(ref(path), Compare(op, known))


IS_FINE = is_("fine", True, 1)

# ── Rules ─────────────────────────────────────────────────────────────────────────────────────

FACT_FOR = {T: True, F: False, U: UNKNOWN}
TABLE = {
    (T, T): "clear",
    (T, F): "flagged",
    (T, U): "unknown",
    (U, T): "clear",
    (U, F): "unknown",
    (U, U): "unknown",
    (F, T): "not applicable",
    (F, F): "not applicable",
    (F, U): "not applicable",
}


def rule(**parts: Any) -> Rule:
    parts = {"requires": is_("mended", True), "otherwise": Severity.HIGH} | parts
    return Rule("a-rule", "It is broken", "theme", "Mend.", CITED, subject="thing", **parts)


@pytest.mark.parametrize(("applies", "requires"), [*itertools.product(Truth, repeat=2)])
def test_the_verdict_by_scope_and_requirement(applies: Truth, requires: Truth) -> None:
    """Nine cells, of which one flags."""
    thing = Thing(big=FACT_FOR[applies], mended=FACT_FOR[requires])
    outcome = judge(rule(applies_when=is_("big", True)), case(thing))
    assert outcome.verdict.value == TABLE[applies, requires]
    assert VERDICTS[applies, requires] is outcome.verdict
    assert (outcome.scope, outcome.requires) == (applies, requires)


@pytest.mark.parametrize(("painted", "scope"), [(True, F), (False, T), (UNKNOWN, U)])
def test_an_exception_ends_the_scope(painted: Any, scope: Truth) -> None:
    """A rule applies where no exception holds."""
    excepted = rule(unless=(Exemption(is_("painted", True), "because", CITED),))
    assert judge(excepted, case(Thing(painted=painted, mended=False))).scope is scope


GRADED = rule(
    grades=(
        Grade(Severity.CRITICAL, is_("level", "top")),
        Grade(Severity.MEDIUM, is_("big", True)),
    ),
    otherwise=Severity.LOW,
)


@pytest.mark.parametrize(
    ("facts", "severity", "could_be"),
    [
        ({"level": "top"}, "critical", None),
        ({"level": "low", "big": True}, "medium", None),
        ({"level": "low", "big": False}, "low", None),
        ({"level": "low"}, "low", "medium"),
        ({"big": True}, "medium", "critical"),
        ({"big": False}, "low", "critical"),
        ({}, "low", "critical"),
    ],
)
def test_severity_is_what_is_certain_and_what_could_be(
    facts: dict[str, Any], severity: str, could_be: str | None
) -> None:
    """The first grade that holds decides; one that may hold is possible."""
    outcome = judge(GRADED, case(Thing(mended=False, **facts)))
    assert outcome.severity is Severity(severity)
    assert outcome.could_be is (could_be and Severity(could_be))


@pytest.mark.parametrize(
    ("painted", "severity", "could_be"),
    [(True, "low", "high"), (False, "low", "critical"), (UNKNOWN, "low", "critical")],
)
def test_a_mitigation_lowers_both_one_step(painted: Any, severity: str, could_be: str) -> None:
    """What is mitigated is one step less grave, low stays low, and what is not known lowers none."""
    mitigated = rule(
        grades=GRADED.grades,
        otherwise=Severity.LOW,
        mitigated_by=(
            Mitigation(is_("painted", True), "one", CITED),
            Mitigation(is_("painted", True), "another", CITED),
        ),
    )
    outcome = judge(mitigated, case(Thing(mended=False, painted=painted)))
    assert outcome.verdict is Verdict.FLAGGED
    assert (outcome.severity, outcome.could_be) == (Severity(severity), Severity(could_be))


def test_what_is_unknown_has_no_severity_but_a_worst_one() -> None:
    """An unknown finding says how grave it could be."""
    outcome = judge(GRADED, case(Thing(big=True)))
    assert (outcome.verdict, outcome.severity) == (Verdict.UNKNOWN, None)
    assert outcome.could_be is Severity.CRITICAL


# ── Single values ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        (Op.EQUALS, F, T, F),
        (Op.AT_LEAST, F, T, T),
        (Op.AT_MOST, T, T, F),
        (Op.MORE_THAN, F, F, T),
        (Op.LESS_THAN, T, F, F),
    ],
)
def test_comparisons_at_their_boundary(op: Op, below: Truth, at: Truth, above: Truth) -> None:
    """Each comparison below, at and above what it compares with; numbers and ordered choices."""
    for size, expected in ((0, below), (1, at), (2, above)):
        assert value_of(compares("size", op, 1), size=size) is expected
    for level, expected in (("low", below), ("middle", at), ("top", above)):
        assert value_of(compares("level", op, "middle"), level=level) is expected
    assert value_of(compares("size", op, 1)) is U


@pytest.mark.parametrize("op", [Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN])
def test_no_ordered_comparison_holds_of_what_is_absent(op: Op) -> None:
    """What is none is neither more nor less than anything, nor is anything more or less than it."""
    assert value_of(compares("size", op, 1), size=None) is F
    assert value_of(compares("level", op, ref("deal.level")), deal=None) is F
    assert value_of(compares("level", op, ref("deal.level")), level="low", deal=None) is F


def test_equality_with_none() -> None:
    """A record that is none has no facts but no, and is equal to none."""
    assert value_of(is_("deal", None), deal=None) is T
    assert value_of(is_("deal", None), deal=Deal()) is F
    assert value_of(is_("deal", None)) is U
    assert value_of(is_("deal.signed", False), deal=None) is T
    assert value_of(is_("deal.level", None), deal=None) is T
    assert value_of(is_("deal.level", None), deal=Deal(level="low")) is F


@pytest.mark.parametrize(
    ("size", "expected"), [(0, F), (1, T), (2, T), (3, F), (None, F), (UNKNOWN, U)]
)
def test_between_takes_both_its_ends(size: Any, expected: Truth) -> None:
    """A range has its ends in it."""
    assert value_of(FactTest(ref("size"), Between(Literal(1), Literal(2))), size=size) is expected


@pytest.mark.parametrize(("size", "expected"), [(1, T), (3, F), (0, F)])
def test_a_range_may_end_at_facts(size: int, expected: Truth) -> None:
    """An end of a range is a value or a fact, for one value and for a count."""
    two = {"items": (FINE, BAD)}
    from_ = FactTest(ref("price"), Between(ref("size"), Literal(2)))
    to = FactTest(ref("price"), Between(Literal(1), ref("size")))
    assert value_of(from_, size=size, price=2) is (T if size <= 2 else F)
    assert value_of(to, size=size, price=1) is (T if size >= 1 else F)
    assert value_of(
        Count(ref("items"), None, Between(ref("size"), Literal(2))), size=size, **two
    ) is (T if size <= 2 else F)
    assert value_of(
        Count(ref("items"), None, Between(Literal(1), ref("size"))), size=size, **two
    ) is (T if size >= 2 else F)
    both = FactTest(ref("price"), Between(ref("size"), ref("size")))
    assert value_of(both, size=size, price=1) is expected


def test_one_of_several_values() -> None:
    """A list of values is any of them, and a fact not known may settle it."""
    one_of = FactTest(ref("level"), OneOf((Literal("low"), ref("deal.level"))))
    assert value_of(one_of, level="low") is T
    assert value_of(one_of, level="top") is U
    assert value_of(one_of, level="top", deal=Deal(level="top")) is T
    assert value_of(one_of, level="top", deal=Deal(level="middle")) is F


def test_what_is_to_be_found_is_something() -> None:
    """A value that is only supposed to be there is not none, and otherwise not known."""
    found = Facts(Thing(), AS_OF, overrides={"level": TO_BE_FOUND})
    there = case_of(found, rulebook_of((), {}))
    assert evaluate(is_("level", None), there) is F
    assert evaluate(is_("level", "low"), there) is U
    assert evaluate(compares("level", Op.AT_LEAST, "low"), there) is U


BY_LEVEL = By(ref("level"), (("low", Literal(1)), ("middle", Literal(1)), ("top", Literal(2))))


@pytest.mark.parametrize(
    ("level", "size", "expected"),
    [("low", 1, T), ("top", 1, F), (UNKNOWN, 5, U), (None, 5, F), ("top", UNKNOWN, U)],
)
def test_a_value_chosen_by_a_fact(level: Any, size: Any, expected: Truth) -> None:
    """A value that nothing chooses is none, and one that something unknown chooses is unknown."""
    assert value_of(compares("size", Op.AT_LEAST, BY_LEVEL), level=level, size=size) is expected


# ── Dates ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ((2026, 3, 31), 1, (2026, 2, 28)),
        ((2024, 3, 31), 1, (2024, 2, 29)),
        ((2026, 3, 31), 13, (2025, 2, 28)),
        ((2026, 5, 31), 6, (2025, 11, 30)),
        ((2026, 2, 28), 12, (2025, 2, 28)),
        ((2024, 2, 29), 12, (2023, 2, 28)),
        ((2026, 3, 31), 0, (2026, 3, 31)),
        ((2026, 1, 1), 12, (2025, 1, 1)),
        ((1, 2, 1), 9999, (1, 1, 1)),
        ((2026, 1, 1), 10**12, (1, 1, 1)),
    ],
)
def test_calendar_months(
    day: tuple[int, int, int], months: int, before: tuple[int, int, int]
) -> None:
    """A month before the last of a month is the last of the month before; there is a first day."""
    assert months_before(dt.date(*day), months) == dt.date(*before)


@pytest.mark.parametrize(
    ("checked", "older"),
    [(dt.date(2026, 2, 27), T), (dt.date(2026, 2, 28), F), (dt.date(2026, 3, 1), F)],
)
def test_an_age_at_its_boundary(checked: dt.date, older: Truth) -> None:
    """What is a month old to the day is not older than a month, and newer is its denial."""
    assert value_of(compares("checked", Op.OLDER_THAN, 1), checked=checked) is older
    assert value_of(compares("checked", Op.NEWER_THAN, 1), checked=checked) is ~older


@pytest.mark.parametrize(
    ("checked", "soon"),
    [
        (dt.date(2026, 3, 30), F),
        (dt.date(2026, 3, 31), T),
        (dt.date(2026, 4, 29), T),
        (dt.date(2026, 4, 30), F),
        (None, F),
        (UNKNOWN, U),
    ],
)
def test_what_lies_ahead_counts_from_today_to_the_day_before(checked: Any, soon: Truth) -> None:
    """The month after the last day of March ends before the last of April."""
    assert value_of(compares("checked", Op.WITHIN_NEXT, 1), checked=checked) is soon


def test_an_age_hangs_on_the_date_of_the_assessment() -> None:
    """With no date of assessment an age is unknown; what is absent has no age."""
    age = compares("checked", Op.OLDER_THAN, 1)
    assert value_of(age, as_of=UNKNOWN, checked=dt.date(2000, 1, 1)) is U
    assert value_of(age, checked=None) is F
    assert value_of(age) is U


# ── Sets ──────────────────────────────────────────────────────────────────────────────────────

RED, BLUE = frozenset({"red"}), frozenset({"blue"})
BOTH = RED | BLUE


@pytest.mark.parametrize(
    ("colours", "any_of_blue", "all_of_both", "misses"),
    [
        (BOTH, T, T, F),
        (RED, F, F, T),
        (frozenset(), F, F, T),
        (None, F, F, T),
        (UNKNOWN, U, U, U),
        (frozenset({"red", UNKNOWN}), U, U, U),
        (frozenset({"blue", UNKNOWN}), T, U, U),
        (frozenset({"red", "blue", UNKNOWN}), T, T, F),
    ],
)
def test_sets(colours: Any, any_of_blue: Truth, all_of_both: Truth, misses: Truth) -> None:
    """What is in a set is certain; what is not, only where there is no more."""

    def stands(op: SetOp, wanted: Any) -> Truth:
        return value_of(FactTest(ref("colours"), Includes(op, Literal(wanted))), colours=colours)

    assert stands(SetOp.INCLUDES, BLUE) is any_of_blue
    assert stands(SetOp.INCLUDES_ALL, BOTH) is all_of_both
    assert stands(SetOp.MISSING_ANY_OF, BOTH) is misses


def test_a_set_that_is_compared_with_another() -> None:
    """A set that is not closed is, as what is wanted, unknown."""
    wanted = Includes(SetOp.INCLUDES_ALL, ref("colours"))
    assert value_of(FactTest(ref("colours"), wanted), colours=RED) is T
    assert value_of(FactTest(ref("colours"), wanted), colours=RED | {UNKNOWN}) is U


@pytest.mark.parametrize(
    ("colours", "none"),
    [(frozenset(), T), (None, T), (RED, F), (UNKNOWN, U), (RED | {UNKNOWN}, F)],
)
def test_a_set_that_is_none(colours: Any, none: Truth) -> None:
    """An empty set is none; a set with a member is not, whatever else is in it."""
    assert value_of(is_("colours", None), colours=colours) is none


@pytest.mark.parametrize(
    ("colours", "interval"),
    [(BOTH, (2, 2)), (None, (0, 0)), (UNKNOWN, (0, 2)), (RED | {UNKNOWN}, (1, 2))],
)
def test_members_counted(colours: Any, interval: tuple[int, int]) -> None:
    """An open set has at most all the values that there are."""
    assert count_of(ref("colours"), None, case(Thing(colours=colours))) == interval


# ── Lists ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("items", "some", "every"),
    [
        ((), F, T),
        (None, F, T),
        (UNKNOWN, U, U),
        ((UNKNOWN,), U, U),
        ((FINE,), T, T),
        ((BAD,), F, F),
        ((MAYBE,), U, U),
        ((FINE, BAD), T, F),
        ((FINE, MAYBE), T, U),
        ((BAD, MAYBE), U, F),
        ((FINE, UNKNOWN), T, U),
        ((BAD, UNKNOWN), U, F),
    ],
)
def test_quantifiers(items: Any, some: Truth, every: Truth) -> None:
    """Some, every and none over lists that are empty, closed, open and unknown."""
    for quantity, expected in (
        (Quantity.SOME, some),
        (Quantity.EVERY, every),
        (Quantity.NONE, ~some),
    ):
        assert value_of(Quantified(quantity, ref("items"), IS_FINE), items=items) is expected


@pytest.mark.parametrize(
    ("items", "none"), [((), T), (None, T), ((MAYBE,), F), (UNKNOWN, U), ((FINE, UNKNOWN), F)]
)
def test_a_list_that_is_none(items: Any, none: Truth) -> None:
    """A list with a record in it is not none, whatever is known of the record."""
    assert value_of(is_("items", None), items=items) is none


@pytest.mark.parametrize(
    ("items", "counted", "fine", "weight"),
    [
        ((), (0, 0), (0, 0), (0, 0)),
        ((FINE, BAD), (2, 2), (1, 1), (5, 5)),
        ((FINE, MAYBE), (2, 2), (1, 2), (2, NO_MOST)),
        ((FINE, UNKNOWN), (1, NO_MOST), (1, NO_MOST), (2, NO_MOST)),
        ((FINE, Item(weight=4)), (2, 2), (1, 2), (6, 6)),
        ((FINE, Item(fine=True, weight=None)), (2, 2), (2, 2), (2, 2)),
        (UNKNOWN, (0, NO_MOST), (0, NO_MOST), (0, NO_MOST)),
    ],
)
def test_counts_and_sums_are_intervals(items: Any, counted: Any, fine: Any, weight: Any) -> None:
    """What is unknown is between none of it and all of it; an open list has no limit."""
    known = case(Thing(items=items))
    assert count_of(ref("items"), None, known) == counted
    assert count_of(ref("items"), IS_FINE, known) == fine
    assert sum_of(ref("items"), ref("weight", 1), None, known) == weight


def test_a_sum_over_some_records() -> None:
    """A record that may not count widens the sum; one that does not count adds nothing."""
    some = case(Thing(items=(FINE, BAD, Item(weight=4))))
    assert sum_of(ref("items"), ref("weight", 1), IS_FINE, some) == (2, 6)


@pytest.mark.parametrize(
    ("items", "shares"),
    [
        ((), (None,)),
        ((FINE, BAD), ((50, 50),)),
        ((FINE, MAYBE), ((50, 100),)),
        ((FINE, BAD, BAD, MAYBE), ((25, 50),)),
        ((FINE, UNKNOWN), ((0, 100),)),
        (UNKNOWN, (None, (0, 100))),
    ],
)
def test_shares(items: Any, shares: Any) -> None:
    """A share of nothing is none; a share of an open list is anything."""
    assert share_of(ref("items"), None, IS_FINE, case(Thing(items=items))) == shares


def test_a_share_of_those_that_count() -> None:
    """Records that may count, and are so or are not, widen the share."""
    heavy = FactTest(ref("weight", 1), Compare(Op.AT_LEAST, Literal(2)))
    some = case(Thing(items=(FINE, BAD, Item(fine=False), Item(fine=True))))
    least, most = Decimal(100) / 3, Decimal(200) / 3
    assert share_of(ref("items"), heavy, IS_FINE, some) == ((least, most),)
    none_sure = case(Thing(items=(Item(fine=True),)))
    assert share_of(ref("items"), heavy, IS_FINE, none_sure) == (None, (0, 100))


@pytest.mark.parametrize(
    ("op", "number", "expected"),
    [
        (Op.EQUALS, 0, F),
        (Op.EQUALS, 1, U),
        (Op.EQUALS, 2, U),
        (Op.EQUALS, 3, F),
        (Op.AT_LEAST, 1, T),
        (Op.AT_LEAST, 2, U),
        (Op.AT_LEAST, 3, F),
        (Op.LESS_THAN, 3, T),
        (Op.LESS_THAN, 1, F),
        (Op.MORE_THAN, 0, T),
        (Op.MORE_THAN, 1, U),
        (Op.MORE_THAN, 2, F),
        (Op.AT_MOST, 2, T),
        (Op.AT_MOST, 1, U),
        (Op.AT_MOST, 0, F),
    ],
)
def test_an_interval_at_its_ends(op: Op, number: int, expected: Truth) -> None:
    """Between one and two records are fine."""
    count = Count(ref("items"), IS_FINE, Compare(op, Literal(number)))
    assert value_of(count, items=(FINE, MAYBE)) is expected


def test_an_interval_compared_with_facts_and_ranges() -> None:
    """A count compared with a fact, with what is none, and with a range."""

    def count(predicate: Any) -> Count:
        return Count(ref("items"), None, predicate)

    two = {"items": (FINE, BAD)}
    with_size = count(Compare(Op.AT_MOST, ref("size")))
    assert value_of(with_size, size=2, **two) is T
    assert value_of(with_size, size=None, **two) is F
    assert value_of(with_size, **two) is U
    assert value_of(count(Compare(Op.EQUALS, Literal(2))), **two) is T
    assert value_of(count(Between(Literal(1), Literal(2))), **two) is T
    assert value_of(count(Compare(Op.EQUALS, Literal(0))), items=(FINE, UNKNOWN)) is F
    assert value_of(count(Compare(Op.EQUALS, Literal(9))), items=(FINE, UNKNOWN)) is U
    weighs = Sum(ref("items"), ref("weight", 1), None, Compare(Op.MORE_THAN, Literal(4)))
    assert value_of(weighs, **two) is T


@pytest.mark.parametrize("op", [Op.EQUALS, Op.AT_MOST, Op.AT_LEAST])
def test_a_share_of_nothing_stands_no_test(op: Op) -> None:
    """Where there is nothing to share, no share is so high or so low."""
    share = Share(ref("items"), None, IS_FINE, Compare(op, Literal(Decimal(0))))
    assert value_of(share, items=()) is F


# ── Derived facts ─────────────────────────────────────────────────────────────────────────────

TIERS = Derived(
    TIER, Thing, (Row(is_("big", True), "top"), Row(is_("mended", False), "middle")), "low"
)


@pytest.mark.parametrize(
    ("facts", "tiers"),
    [
        ({"big": True}, ("top",)),
        ({"big": False, "mended": True}, ("low",)),
        ({"big": False}, ("middle", "low")),
        ({"mended": False}, ("top", "middle")),
        ({"mended": True}, ("top", "low")),
        ({}, ("top", "middle", "low")),
    ],
)
def test_a_derived_fact_is_all_that_it_may_be(facts: dict[str, Any], tiers: Any) -> None:
    """Rows that may hold leave several values; a row that holds ends the table."""
    assert derive(TIERS, case(Thing(**facts))) == tiers


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"big": False, "size": 2}, T),
        ({"big": False, "size": 1}, U),
        ({"big": False, "size": 0}, F),
        ({"stated": {"tier": "top"}, "size": 1}, F),
    ],
)
def test_what_holds_for_all_values_still_possible(facts: dict[str, Any], expected: Truth) -> None:
    """Middle or low: a value chosen by the tier is settled where all that are possible agree."""
    chosen = By(ref("tier"), (("low", Literal(1)), ("middle", Literal(2)), ("top", Literal(9))))
    known = case(Thing(**facts), tier=TIERS)
    assert evaluate(compares("size", Op.AT_LEAST, chosen), known) is expected


def test_a_derived_fact_of_a_derived_fact() -> None:
    """Derived facts chain; what is stated is not derived."""
    sound = Derived(SOUND, Thing, (Row(is_("tier", "low"), value=True),), otherwise=False)
    derived = {"tier": TIERS, "sound": sound}
    is_sound = is_("sound", True)
    assert evaluate(is_sound, case(Thing(big=False, mended=True), **derived)) is T
    assert evaluate(is_sound, case(Thing(mended=False), **derived)) is F
    assert evaluate(is_sound, case(Thing(mended=True), **derived)) is U
    assert evaluate(is_sound, case(Thing(stated={"sound": True}), **derived)) is T


@pytest.mark.parametrize(
    ("path", "facts", "known"),
    [
        ("size", {"size": 1}, True),
        ("size", {"size": None}, True),
        ("size", {}, False),
        ("colours", {"colours": RED}, True),
        ("colours", {"colours": RED | {UNKNOWN}}, False),
        ("items", {"items": ()}, True),
        ("items", {"items": (FINE, UNKNOWN)}, False),
        ("tier", {"big": True}, True),
        ("tier", {"big": False}, False),
    ],
)
def test_known_says_what_was_recorded(path: str, facts: dict[str, Any], known: bool) -> None:
    """A list or set is recorded when it is closed, a derived fact when it is settled."""
    there = case(Thing(**facts), tier=TIERS)
    assert evaluate(Known(ref(path), recorded=True), there) is (T if known else F)
    assert evaluate(Known(ref(path), recorded=False), there) is (F if known else T)


# ── Rules split on derived facts ──────────────────────────────────────────────────────────────

#: Sound where it is painted.
SOUNDS = Derived(SOUND, Thing, (Row(is_("painted", True), value=True),), otherwise=False)
DERIVED = {"tier": TIERS, "sound": SOUNDS}
#: Each tier asks for a size of its own.
BY_TIER = All(
    (
        AnyOf((Not(is_("tier", "low")), compares("size", Op.AT_LEAST, 1))),
        AnyOf((Not(is_("tier", "middle")), is_("deal.signed", True))),
        AnyOf((Not(is_("tier", "top")), is_("checked", None))),
    )
)


def said_of(found: Rule, thing: Thing, **derived: Derived) -> tuple[Any, ...]:
    outcome = judge(found, case(thing, **(derived or DERIVED)))
    return outcome.verdict.value, outcome.severity, outcome.could_be


def test_flagged_only_by_all_values_together() -> None:
    """Low or middle: what is recorded breaks the rule in both, and in neither test alone."""
    split_on = rule(requires=BY_TIER)
    broken = Thing(big=False, size=0, deal=None)
    assert evaluate(BY_TIER, case(broken, **DERIVED)) is U
    assert said_of(split_on, broken) == ("flagged", Severity.HIGH, None)
    outcome = judge(split_on, case(broken, **DERIVED))
    assert (outcome.scope, outcome.requires) == (T, F)
    assert said_of(split_on, Thing(big=False, size=0)) == ("unknown", None, Severity.HIGH)
    assert said_of(split_on, Thing(size=0, deal=None)) == ("unknown", None, Severity.HIGH)


def test_met_by_all_values_together() -> None:
    """Low or middle: what each asks for is there."""
    met = Thing(big=False, size=1, deal=Deal(signed=True))
    assert said_of(rule(requires=BY_TIER), met) == ("clear", None, None)


def test_clear_where_some_values_are_not_applicable_and_the_others_clear() -> None:
    """Low is outside the rule, and middle meets it: whichever it is, nothing is flagged."""
    only_middle = rule(
        applies_when=is_("tier", "middle"), requires=AnyOf((is_("tier", "low"), is_("size", 1)))
    )
    outcome = judge(only_middle, case(Thing(big=False, size=1), **DERIVED))
    assert (outcome.verdict, outcome.scope, outcome.requires) == (Verdict.CLEAR, U, T)
    excepted = rule(
        requires=AnyOf((is_("tier", "middle"), is_("painted", True))),
        unless=(Exemption(is_("tier", "low"), "because", CITED),),
    )
    outcome = judge(excepted, case(Thing(big=False), **DERIVED))
    assert (outcome.verdict, outcome.scope, outcome.requires) == (Verdict.CLEAR, U, U)
    neither = rule(applies_when=All((is_("tier", "low"), is_("tier", "middle"))))
    assert said_of(neither, Thing(big=False)) == ("not applicable", None, None)


def test_whether_a_derived_fact_is_known_is_not_split() -> None:
    """To judge each value apart makes none of them known."""
    unsettled, settled = Thing(big=False, mended=UNKNOWN), Thing(big=True)
    asks = All((Known(ref("tier"), recorded=True), is_("tier", "low")))
    for thing, known in ((unsettled, F), (settled, T)):
        there = case(thing, **DERIVED)
        assert judge(rule(requires=Known(ref("tier"), recorded=True)), there).requires is known
        for each in split(rule(requires=asks), there):
            assert evaluate(Known(ref("tier"), recorded=True), each) is known
    assert [
        each.facts.taken for each in split(rule(requires=asks), case(unsettled, **DERIVED))
    ] == [
        {"tier": "middle"},
        {"tier": "low"},
    ]


def test_what_is_stated_or_settled_is_not_split() -> None:
    """A derived fact that somebody stated has one value; so has one that follows."""
    reads = rule(requires=BY_TIER)
    for thing in (Thing(stated={"tier": "low"}, size=0), Thing(big=True), Thing(size=1)):
        cases = split(reads, case(thing, **DERIVED))
        assert [each.facts.taken for each in cases] == (
            [{"tier": each} for each in ("top", "middle", "low")] if thing.size == 1 else [{}]
        )
    assert said_of(reads, Thing(stated={"tier": "low"}, size=0))[0] == "flagged"


def test_joint_values_are_those_that_go_together() -> None:
    """A derived fact that hangs on another has, for each value of that, the values it then has."""
    sound_by_tier = Derived(SOUND, Thing, (Row(is_("tier", "low"), value=True),), otherwise=False)
    both = rule(requires=AnyOf((is_("sound", True), is_("tier", "middle"))))
    derived = {"tier": TIERS, "sound": sound_by_tier}
    cases = split(both, case(Thing(big=False), **derived))
    assert [each.facts.taken for each in cases] == [{"tier": "middle"}, {"tier": "low"}]
    assert [values(ref("sound"), each) for each in cases] == [(False,), (True,)]
    assert said_of(both, Thing(big=False), **derived) == ("clear", None, None)


def of_yes_or_no(name: str) -> FactRef:
    fact = Fact(name, YesNo(), Kind.CIRCUMSTANCE, name, "So?", f"not {name}")
    return FactRef(name, 0, fact, FactSource.DERIVED)


@pytest.mark.parametrize(("number", "verdict"), [(6, "flagged"), (7, "unknown")])
def test_so_many_joint_values_are_judged_apart_at_the_most(number: int, verdict: str) -> None:
    """Six facts of yes or no are 64 joint values; a seventh is left together."""
    refs = [of_yes_or_no(f"so_{index}") for index in range(number)]
    derived = {
        each.path: Derived(each.fact, Thing, (Row(is_("big", True), value=True),), otherwise=False)
        for each in refs
    }
    never = [
        All(
            (
                FactTest(each, Compare(Op.EQUALS, Literal(True))),
                FactTest(each, Compare(Op.EQUALS, Literal(False))),
            )
        )
        for each in refs
    ]
    found = rule(requires=AnyOf(tuple(never)))
    assert MOST_SPLITS == 2**6
    assert splits(found, derived) == tuple(each.path for each in refs[:6])
    there = case(Thing(), **derived)
    assert len(split(found, there)) == MOST_SPLITS
    assert judge(found, there).verdict.value == verdict


def test_the_order_of_the_derived_facts_does_not_matter_below_the_bound() -> None:
    """Which of two that do not hang on each other is gone through first changes nothing."""
    both = rule(
        requires=All((BY_TIER, is_("sound", True))),
        grades=(Grade(Severity.CRITICAL, All((is_("tier", "low"), is_("sound", False)))),),
    )
    for thing in (Thing(), Thing(big=False, size=0), Thing(big=False, size=0, deal=None)):
        one = said_of(both, thing, tier=TIERS, sound=SOUNDS)
        assert one == said_of(both, thing, sound=SOUNDS, tier=TIERS)


# ── Severity is bounded ───────────────────────────────────────────────────────────────────────

BY_GRADE = rule(
    requires=is_("size", 1),
    grades=(
        Grade(Severity.CRITICAL, is_("tier", "top")),
        Grade(Severity.HIGH, is_("tier", "middle")),
    ),
    otherwise=Severity.LOW,
)


@pytest.mark.parametrize(
    ("facts", "severity", "could_be"),
    [
        ({"big": True}, "critical", None),
        ({"mended": False}, "high", "critical"),
        ({"big": False}, "low", "high"),
        ({"mended": True}, "low", "critical"),
        ({}, "low", "critical"),
    ],
)
def test_a_tier_that_is_certainly_one_of_two_gives_one_of_their_grades(
    facts: dict[str, Any], severity: str, could_be: str | None
) -> None:
    """Middle or top is never graded low, though neither grade is certain."""
    outcome = judge(BY_GRADE, case(Thing(size=0, **facts), **DERIVED))
    assert outcome.verdict is Verdict.FLAGGED
    assert outcome.severity is Severity(severity)
    assert outcome.could_be is (Severity(could_be) if could_be else None)


def test_only_values_for_which_the_rule_may_flag_are_graded() -> None:
    """Of a tier to which the rule does not apply no grade counts."""
    not_top = attrs.evolve(BY_GRADE, applies_when=Not(is_("tier", "top")))
    assert said_of(not_top, Thing(size=0)) == ("unknown", None, Severity.HIGH)
    assert said_of(not_top, Thing(size=0, mended=False)) == ("unknown", None, Severity.HIGH)


@pytest.mark.parametrize(
    ("facts", "severity", "could_be", "named"),
    [
        ({"painted": True}, "medium", None, 1),
        ({"painted": False, "big": False}, "high", None, 0),
        ({"painted": False}, "medium", "high", 0),
        ({}, "medium", "high", 0),
        ({"big": True}, "medium", None, 1),
        ({"big": True, "painted": True}, "medium", None, 2),
    ],
)
def test_a_mitigation_that_is_unknown_lowers_what_is_certain(
    facts: dict[str, Any], severity: str, could_be: str | None, named: int
) -> None:
    """It may hold, and it may not; one that holds lowers both, whatever another is."""
    mitigated = rule(
        mitigated_by=tuple(Mitigation(is_(each, True), "b", CITED) for each in ("painted", "big"))
    )
    outcome = judge(mitigated, case(Thing(mended=False, **facts)))
    assert outcome.severity is Severity(severity)
    assert outcome.could_be is (Severity(could_be) if could_be else None)
    assert len(outcome.mitigations) == named


def test_a_mitigation_is_named_where_it_holds_for_every_value() -> None:
    """One that holds for one tier and another for the other: it is lower, and neither is named."""
    by_tier = tuple(Mitigation(is_("tier", each), "because", CITED) for each in ("low", "middle"))
    broken = Thing(big=False, mended=UNKNOWN, size=0)
    outcome = judge(rule(requires=is_("size", 1), mitigated_by=by_tier), case(broken, **DERIVED))
    assert (outcome.severity, outcome.could_be, outcome.mitigations) == (Severity.MEDIUM, None, ())


@pytest.mark.parametrize(("size", "expected"), [(2, T), (1, U), (0, F), (UNKNOWN, U)])
def test_a_plain_fact_that_is_unknown_chooses_any_value(size: Any, expected: Truth) -> None:
    """A level may be none, and then nothing is chosen; where even that agrees it is settled."""
    of_level = By(ref("level"), (("low", Literal(1)), ("middle", Literal(1)), ("top", Literal(2))))
    of_big = By(ref("big"), ((True, Literal(1)), (False, Literal(2))))
    at_least = compares("size", Op.AT_LEAST, of_big)
    assert value_of(at_least, size=size) is expected
    # None is not at least anything, so a level that may be none never makes it true.
    level = compares("size", Op.AT_LEAST, of_level)
    assert value_of(level, size=size) is (F if expected is F else U)


SO, NOT_SO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def holding(items: Iterable[Item], closed: bool) -> Case:
    """A thing with these items; in an open list there may be more."""
    return case(Thing(items=(*items, *(() if closed else (UNKNOWN,)))))


@pytest.mark.parametrize(
    ("truths", "closed", "between"),
    [
        ([], True, (0, 0)),
        ([NOT_SO, NOT_SO], True, (0, 0)),
        ([SO, OPEN, SO], True, (2, 3)),
        ([OPEN, OPEN, OPEN], True, (0, 3)),
        ([SO], False, (1, NO_MOST)),
    ],
)
def test_a_count_from_how_many_are_so(truths: Any, closed: bool, between: Any) -> None:
    """What may be so counts at the most; in an open list there is no most."""
    known = holding((Item(fine=FACT_FOR[each]) for each in truths), closed)
    assert count_of(ref("items"), IS_FINE, known) == between


@pytest.mark.parametrize(
    ("amounts", "closed", "between"),
    [
        ([], True, (0, 0)),
        ([(SO, 2), (OPEN, 3), (NOT_SO, 4)], True, (2, 5)),
        ([(SO, None), (SO, 2)], True, (2, 2)),
        ([(NOT_SO, UNKNOWN), (SO, 2)], True, (2, 2)),
        ([(SO, UNKNOWN), (SO, 2), (OPEN, 3)], True, (2, NO_MOST)),
        ([(SO, 2)], False, (2, NO_MOST)),
    ],
)
def test_a_sum_from_amounts(amounts: Any, closed: bool, between: Any) -> None:
    """An amount that nobody recorded has no most, and those after it still count."""
    items = (Item(fine=FACT_FOR[each], weight=weight) for each, weight in amounts)
    found = sum_of(ref("items"), ref("weight", 1), IS_FINE, holding(items, closed))
    assert found == between


@pytest.mark.parametrize(
    ("tally", "closed", "between"),
    [
        ({}, True, (None,)),
        ({(NOT_SO, SO): 2}, True, (None,)),
        ({}, False, (None, (0, 100))),
        ({(OPEN, OPEN): 1}, True, (None, (0, 100))),
        ({(OPEN, SO): 1, (OPEN, NOT_SO): 1}, True, (None, (0, 100))),
        ({(SO, SO): 1, (SO, NOT_SO): 1}, True, ((50, 50),)),
        ({(SO, SO): 1, (SO, OPEN): 1}, True, ((50, 100),)),
        ({(SO, SO): 1, (OPEN, OPEN): 1}, True, ((50, 100),)),
        ({(SO, SO): 1, (OPEN, NOT_SO): 1}, True, ((50, 100),)),
        ({(SO, NOT_SO): 1, (OPEN, SO): 1}, True, ((0, 50),)),
        ({(SO, NOT_SO): 1, (OPEN, OPEN): 1}, True, ((0, 50),)),
        ({(SO, SO): 1, (SO, NOT_SO): 1}, False, ((0, 100),)),
    ],
)
def test_a_share_from_how_many_count_and_are_so(tally: Any, closed: bool, between: Any) -> None:
    """What may count raises or lowers the share, whichever is the worse."""
    weights = {SO: 2, NOT_SO: 1, OPEN: UNKNOWN}
    items = [
        Item(fine=FACT_FOR[so], weight=weights[counted])
        for (counted, so), number in tally.items()
        for _ in range(number)
    ]
    heavy = FactTest(ref("weight", 1), Compare(Op.EQUALS, Literal(2)))
    assert share_of(ref("items"), heavy, IS_FINE, holding(items, closed)) == between

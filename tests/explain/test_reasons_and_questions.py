"""Which facts force a verdict, and which would settle it."""

from __future__ import annotations

from typing import Any

import pytest

from govrules.assessment import assess
from govrules.findings import Finding
from govrules.rulebook.ast import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    Count,
    Derived,
    Exemption,
    Includes,
    Literal,
    Not,
    OneOf,
    Op,
    Quantified,
    Quantity,
    Row,
    Rule,
    SetOp,
    Severity,
    Share,
    Sum,
)
from govrules.rulebook.ast import Test as FactTest
from govrules.truth import UNKNOWN
from tests.properties.small import AS_OF, CITED, DATES, TIER, Deal, Item, Thing, ref, rulebook_of

FINE, BAD, MAYBE = Item(fine=True, weight=2), Item(fine=False, weight=3), Item()


def is_(path: str, value: Any, level: int = 0) -> FactTest:
    return FactTest(ref(path, level), Compare(Op.EQUALS, Literal(value)))


IS_FINE = is_("fine", True, 1)
EVERY, SOME, NONE = (
    Quantified(each, ref("items"), IS_FINE)
    for each in (Quantity.EVERY, Quantity.SOME, Quantity.NONE)
)
BIG, MENDED, PAINTED = is_("big", True), is_("mended", True), is_("painted", True)
TWO = Count(ref("items"), IS_FINE, Compare(Op.AT_LEAST, Literal(2)))
HEAVY = Sum(ref("items"), ref("weight", 1), IS_FINE, Compare(Op.AT_LEAST, Literal(2)))
HALF = Share(ref("items"), None, IS_FINE, Compare(Op.AT_LEAST, Literal(50)))
SOME_OF_SOME = Quantified(
    Quantity.SOME, ref("items"), Quantified(Quantity.SOME, ref("spares"), PAINTED)
)
OLD = FactTest(ref("checked"), Compare(Op.OLDER_THAN, Literal(12)))
RED = FactTest(ref("colours"), Includes(SetOp.INCLUDES, Literal(frozenset({"red"}))))
BY_LEVEL = FactTest(
    ref("size"),
    Compare(
        Op.AT_LEAST,
        By(ref("level"), (("low", Literal(0)), ("middle", ref("size")), ("top", Literal(2)))),
    ),
)
BY_FACTS = FactTest(
    ref("price"),
    Compare(
        Op.AT_LEAST,
        By(
            ref("level"),
            (("low", ref("size")), ("middle", ref("deal.level")), ("top", Literal(2))),
        ),
    ),
)
TIERS = Derived(TIER, Thing, (Row(BIG, "top"), Row(MENDED, "middle")), "low")


def finding(requires: Condition, thing: Thing, **parts: Any) -> Finding:
    rule = Rule(
        "a-rule",
        "It is broken",
        "theme",
        "Mend.",
        CITED,
        requires,
        Severity.HIGH,
        subject="thing",
        **parts,
    )
    return assess(thing, rulebook_of((rule,), {"tier": TIERS}), as_of=AS_OF).findings[0]


@pytest.mark.parametrize(
    ("requires", "facts", "because"),
    [
        (All((BIG, MENDED)), {"big": True, "mended": False}, {"mended"}),
        (All((BIG, MENDED)), {"big": True, "mended": True}, {"big", "mended"}),
        (AnyOf((All((BIG, MENDED)), PAINTED)), {"big": True, "mended": True, "painted": True}, {"painted"}),
        (Not(BIG), {"big": True}, {"big"}),
        (EVERY, {"items": ()}, {"items"}),
        (EVERY, {"items": (FINE, FINE)}, {"items", "items[0].fine", "items[1].fine"}),
        (EVERY, {"items": (FINE, BAD)}, {"items[1].fine"}),
        (SOME, {"items": (BAD, FINE, UNKNOWN)}, {"items[1].fine"}),
        (SOME, {"items": (BAD,)}, {"items", "items[0].fine"}),
        (NONE, {"items": (BAD, FINE)}, {"items[1].fine"}),
        (NONE, {"items": ()}, {"items"}),
        (TWO, {"items": (FINE, FINE, UNKNOWN)}, {"items[0].fine", "items[1].fine"}),
        (TWO, {"items": (FINE,)}, {"items"}),
        (HEAVY, {"items": (FINE, UNKNOWN)}, {"items[0].fine", "items[0].weight"}),
        (HALF, {"items": (FINE, BAD, BAD)}, {"items", "items[1].fine", "items[2].fine"}),
        (OLD, {"checked": DATES[0]}, {"checked", "as_of"}),
        (RED, {"colours": frozenset({"red", UNKNOWN})}, {"colours"}),
        (is_("tier", "top"), {"big": False, "mended": True, "size": 1}, {"big"}),
        (is_("tier", "top"), {"stated": {"tier": "low"}, "big": True}, {"tier"}),
        (BY_LEVEL, {"level": "top", "size": 1}, {"level", "size"}),
        (is_("deal.signed", True), {"deal": None}, {"deal.signed"}),
        (SOME_OF_SOME, {"items": (FINE, UNKNOWN), "spares": (BAD, UNKNOWN), "painted": True},
         {"items[0]", "spares[0]", "painted"}),
    ],
)  # fmt: skip
def test_because(requires: Condition, facts: dict[str, Any], because: set[str]) -> None:
    """The facts cited are those that decide, and for a whole list that there are no more."""
    assert {each.fact for each in finding(requires, Thing(**facts)).because} == because


@pytest.mark.parametrize(
    ("requires", "facts", "asked"),
    [
        (All((BIG, MENDED)), {"big": True}, {"mended"}),
        (AnyOf((BIG, Not(MENDED))), {}, {"big", "mended"}),
        (EVERY, {"items": (FINE, UNKNOWN)}, {"items"}),
        (EVERY, {"items": (MAYBE, FINE)}, {"items[0].fine"}),
        (EVERY, {}, {"items"}),
        (HEAVY, {"items": (Item(fine=True),)}, {"items[0].weight"}),
        (TWO, {"items": (FINE, MAYBE)}, {"items[1].fine"}),
        (HALF, {"items": (FINE, MAYBE, BAD, BAD)}, {"items[1].fine"}),
        (OLD, {}, {"checked"}),
        (RED, {"colours": frozenset({"blue", UNKNOWN})}, {"colours"}),
        (Count(ref("colours"), None, Compare(Op.EQUALS, Literal(2))), {}, {"colours"}),
        (is_("tier", "middle"), {"big": False}, {"mended"}),
        (is_("tier", "middle"), {"mended": True}, {"big"}),
        (BY_LEVEL, {"size": 1}, {"level"}),
        (BY_LEVEL, {"level": "top"}, {"size"}),
        (BY_FACTS, {"level": "low", "price": 1}, {"size"}),
        (BY_FACTS, {"level": "top"}, {"price"}),
        (BY_FACTS, {"level": "middle"}, {"price", "deal.level"}),
        (FactTest(ref("size"), OneOf((ref("price"), ref("deal.level")))), {"size": 1}, {"price", "deal.level"}),
        (Count(ref("items"), IS_FINE, Compare(Op.EQUALS, ref("size"))), {"items": (MAYBE,)}, {"items[0].fine", "size"}),
        (Sum(ref("items"), ref("weight", 1), None, Compare(Op.EQUALS, ref("size"))), {"items": (FINE,)}, {"size"}),
        (HEAVY, {"items": (MAYBE,)}, {"items[0].fine", "items[0].weight"}),
        (Share(ref("items"), None, IS_FINE, Compare(Op.AT_LEAST, ref("price"))), {"items": (FINE,)}, {"price"}),
        (is_("deal.signed", True), {"deal": Deal()}, {"deal.signed"}),
        (is_("items", None), {}, {"items"}),
        (FactTest(ref("level"), Compare(Op.EQUALS, ref("deal.level"))), {"level": "low"}, {"deal.level"}),
        (Count(ref("items"), None, Compare(Op.AT_MOST, ref("size"))), {"items": (FINE,)}, {"size"}),
    ],
)  # fmt: skip
def test_questions(requires: Condition, facts: dict[str, Any], asked: set[str]) -> None:
    """Only what the verdict still hangs on is asked for."""
    found = finding(requires, Thing(**facts))
    assert found.verdict.value == "unknown"
    assert {each.fact for each in found.questions} == asked


def test_a_case_that_does_not_apply_is_explained_by_what_ends_it() -> None:
    """An exception that holds, or a condition that does not, is enough."""
    excepted = {"unless": (Exemption(PAINTED, "because", CITED),)}
    found = finding(
        MENDED, Thing(big=True, painted=True, mended=False), applies_when=BIG, **excepted
    )
    assert found.verdict.value == "not applicable"
    assert [each.fact for each in found.because] == ["painted"]
    found = finding(MENDED, Thing(big=False), applies_when=BIG, **excepted)
    assert [each.fact for each in found.because] == ["big"]


def test_an_open_scope_is_asked_for_with_its_exceptions() -> None:
    """Where a rule may not apply, what it applies to is asked for too."""
    excepted = (Exemption(PAINTED, "because", CITED),)
    found = finding(MENDED, Thing(mended=False), applies_when=BIG, unless=excepted)
    assert [each.fact for each in found.questions] == ["big", "painted"]


def test_more_facts_than_are_weighed_one_by_one() -> None:
    """A long list is cited as the tree gives it, and still reproduces the verdict."""
    found = finding(EVERY, Thing(items=(FINE,) * 60))
    assert len(found.because) == 61

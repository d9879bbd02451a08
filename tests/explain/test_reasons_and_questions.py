"""Which facts force a verdict, which would settle it; and derived facts stated against others, as stated."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from govrules import Partnership, load_rulebook
from govrules.assessment import assess
from govrules.cli import main
from govrules.explain.view import AS_OF_REF
from govrules.findings import Finding
from govrules.model import Funding, Staffing
from govrules.rulebook.ast import Derived, Exemption, Grade, Mitigation, Row, Rule, Severity
from govrules.rulebook.expr import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    Count,
    FactRef,
    Includes,
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
from govrules.truth import UNKNOWN
from govrules.vocabulary import Recorded, SetOf, fact, vocabulary_of
from tests.properties.small import (
    AS_OF,
    CITED,
    DATES,
    TIER,
    Colour,
    Deal,
    Item,
    Thing,
    ref,
    rulebook_of,
)

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
LATE = FactTest(AS_OF_REF, Compare(Op.AT_LEAST, Literal(DATES[0])))
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
    book = attrs.evolve(rulebook_of((rule,), {"tier": TIERS}), subjects={"thing": type(thing)})
    return assess(thing, book, as_of=AS_OF).findings[0]


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
        # Of an item that no fact is cited of nobody knows that it is there.
        (Quantified(Quantity.EVERY, ref("items"), All((IS_FINE, is_("items", None)))),
         {"items": (FINE, BAD)}, {"items[1].fine"}),
        (SOME, {"items": (BAD, FINE, UNKNOWN)}, {"items[1].fine"}),
        (SOME, {"items": (BAD,)}, {"items", "items[0].fine"}),
        (NONE, {"items": (BAD, FINE)}, {"items[1].fine"}),
        (NONE, {"items": ()}, {"items"}),
        (TWO, {"items": (FINE, FINE, UNKNOWN)}, {"items[0].fine", "items[1].fine"}),
        (TWO, {"items": (FINE,)}, {"items"}),
        (HEAVY, {"items": (FINE, UNKNOWN)}, {"items[0].fine", "items[0].weight"}),
        (HALF, {"items": (FINE, BAD, BAD)}, {"items", "items[1].fine", "items[2].fine"}),
        (OLD, {"checked": DATES[0]}, {"checked", "as_of"}),
        (Quantified(Quantity.SOME, ref("items"), LATE), {"items": (FINE, UNKNOWN)}, {"items[0]", "as_of"}),
        (RED, {"colours": frozenset({"red", UNKNOWN})}, {"colours"}),
        (is_("tier", "top"), {"big": False, "mended": True, "size": 1}, {"tier"}),
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


@attrs.frozen(kw_only=True)
class Wanted(Thing):
    wanted: Recorded[SetOf[Colour]] = fact("the colours asked for", ask="Which are asked for?")


ASKED_FOR = FactRef("wanted", 0, vocabulary_of(Wanted).facts["wanted"])
R, B = frozenset({"red"}), frozenset({"blue"})


def has(op: SetOp, operand: Operand) -> FactTest:
    return FactTest(ref("colours"), Includes(op, operand))


def chosen(name: str, **cases: frozenset[str]) -> By:
    words = {"yes": True, "no": False}
    return By(ref(name), tuple((words.get(key, key), Literal(each)) for key, each in cases.items()))


@pytest.mark.parametrize(
    ("requires", "facts", "reason"),
    [
        (has(SetOp.INCLUDES_ALL, ASKED_FOR), {"wanted": R | B}, "the colours do not include blue"),
        (Not(has(SetOp.MISSING_ANY_OF, ASKED_FOR)), {"wanted": B}, "the colours do not include blue"),
        (has(SetOp.INCLUDES_ALL, chosen("level", low=R, middle=R | B, top=B)), {"level": "middle"},
         "the colours do not include blue"),
        (has(SetOp.INCLUDES_ALL, chosen("tier", low=R, middle=R | B, top=B)), {"mended": True, "big": False},
         "the colours do not include blue"),
        # What is asked for where the level is none is nothing, and of nothing no set has any.
        (has(SetOp.INCLUDES, chosen("level", low=B, middle=B, top=B)), {"level": None}, "the colours are red"),
        (has(SetOp.INCLUDES, chosen("level", low=B, middle=B, top=B)), {}, "the colours do not include blue"),
        # That blue is not there is as it should be.
        (All((Not(has(SetOp.INCLUDES, Literal(R))), Not(has(SetOp.INCLUDES, Literal(B))))), {}, "the colours are red"),
        (has(SetOp.MISSING_ANY_OF, Literal(R)), {}, "the colours are red"),
        # Which of the two is asked for is not known, and neither is there.
        (has(SetOp.INCLUDES_ALL, chosen("big", yes=B, no=R | B)), {}, "the colours are red"),
    ],
)  # fmt: skip
def test_what_a_set_lacks_is_said(requires: Condition, facts: dict[str, Any], reason: str) -> None:
    """The members that are asked for and not there, where it is known which are asked for."""
    found = finding(requires, Wanted(colours=R, **facts))
    assert found.verdict.value == "flagged"
    assert next(each.phrase for each in found.because if each.fact == "colours") == reason


def test_both_of_two_sets_are_cited() -> None:
    """What the one has and what the other asks for decide together."""
    found = finding(has(SetOp.INCLUDES_ALL, ASKED_FOR), Wanted(colours=R | B, wanted=R))
    assert found.verdict.value == "clear"
    assert {each.fact for each in found.because} == {"colours", "wanted"}
    open_ = finding(has(SetOp.INCLUDES_ALL, ASKED_FOR), Wanted(colours=R, wanted=R | {UNKNOWN}))
    assert {each.fact for each in open_.questions} == {"wanted"}


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


#: Each tier but the top asks for something of its own.
BY_TIER = All(
    (
        AnyOf((Not(is_("tier", "low")), PAINTED)),
        AnyOf((Not(is_("tier", "middle")), is_("deal.signed", True))),
    )
)


def test_what_is_so_only_for_all_tiers_together_is_shown_by_what_decides_in_each() -> None:
    """That it is not big leaves low and middle, and each of them is broken by a fact of its own."""
    found = finding(BY_TIER, Thing(big=False, painted=False, deal=None, size=1))
    assert found.verdict.value == "flagged"
    assert [each.fact for each in found.because] == ["painted", "deal.signed", "big"]
    assert found.questions == ()
    met = finding(BY_TIER, Thing(big=False, painted=True, deal=Deal(signed=True)))
    assert met.verdict.value == "clear"
    assert {each.fact for each in met.because} == {"painted", "deal.signed"}


def test_what_clears_it_for_all_tiers_together_is_offered() -> None:
    """Whichever tier it is, both changes together meet the rule; so does what settles the tier."""
    found = finding(BY_TIER, Thing(big=False, painted=False, deal=None))
    ways = [{each.fact: each.to for each in way} for way in found.clears]
    assert ways == [
        {"deal.signed": True, "mended": True},
        {"painted": True, "mended": False},
        {"deal.signed": True, "painted": True},
    ]


def test_how_grave_it_is_is_shown_for_each_tier_that_may_be() -> None:
    """That it is broken rules the lowest grade out, and is cited for it."""
    grades = (
        Grade(Severity.CRITICAL, is_("tier", "top")),
        Grade(Severity.MEDIUM, is_("tier", "low")),
    )
    found = finding(PAINTED, Thing(painted=False, mended=True), grades=grades)
    assert (found.severity, found.could_be) == (Severity.HIGH, Severity.CRITICAL)
    assert [each.fact for each in found.because] == ["painted", "mended"]
    assert [each.fact for each in found.questions] == ["big"]


def test_that_no_mitigation_holds_is_shown() -> None:
    """What is certain would be lower if it were not known, and is asked for if it is not."""
    mitigations = tuple(Mitigation(each, "because", CITED) for each in (BIG, MENDED))
    parts: dict[str, Any] = {"mitigated_by": mitigations}
    denied = finding(PAINTED, Thing(painted=False, big=False, mended=False), **parts)
    assert denied.severity is Severity.HIGH
    assert [each.fact for each in denied.because] == ["painted", "big", "mended"]
    open_ = finding(PAINTED, Thing(painted=False, big=False), **parts)
    assert (open_.severity, open_.could_be) == (Severity.MEDIUM, Severity.HIGH)
    assert [each.fact for each in open_.because] == ["painted"]
    assert [each.fact for each in open_.questions] == ["mended"]
    shown = finding(PAINTED, Thing(painted=False, mended=True), **parts)
    assert (shown.severity, shown.could_be) == (Severity.MEDIUM, None)
    assert [each.fact for each in shown.because] == ["painted", "mended"]
    assert shown.questions == ()


def test_a_mitigation_for_each_tier_is_shown_though_none_is_named() -> None:
    """Low and middle are each relieved by a fact of their own."""
    mitigations = (
        Mitigation(All((is_("tier", "low"), is_("size", 1))), "because", CITED),
        Mitigation(All((is_("tier", "middle"), is_("price", 1))), "because", CITED),
    )
    found = finding(
        PAINTED, Thing(painted=False, big=False, size=1, price=1), mitigated_by=mitigations
    )
    assert (found.severity, found.could_be, found.mitigations) == (Severity.MEDIUM, None, ())
    assert [each.fact for each in found.because] == ["painted", "size", "price", "big"]


def test_a_severity_that_is_settled_asks_nothing() -> None:
    """A grade and a mitigation may be open, and yet change nothing."""
    same = (Grade(Severity.HIGH, BIG),)
    assert finding(PAINTED, Thing(painted=False), grades=same).questions == ()
    lowest = {"grades": (), "mitigated_by": (Mitigation(BIG, "because", CITED),)}
    rule = attrs.evolve(finding(PAINTED, Thing()).rule, otherwise=Severity.LOW, **lowest)
    (found,) = assess(Thing(painted=False), rulebook_of((rule,), {}), as_of=AS_OF).findings
    assert (found.severity, found.could_be) == (Severity.LOW, None)
    assert found.questions == ()


def test_what_a_plain_fact_may_choose_is_asked_for_with_it() -> None:
    """While the level is unknown, each amount that it may choose is open too."""
    found = finding(BY_FACTS, Thing(price=1))
    assert [each.fact for each in found.questions] == ["level", "size", "deal.level"]


DAY = dt.date(2026, 3, 31)
LARGE = Funding(annual_spend=Decimal(5_000_000), pooled=True)


@pytest.fixture(scope="module")
def book():
    return load_rulebook()


@pytest.mark.parametrize(
    ("stated", "funding", "contradicted"),
    [
        ({}, LARGE, []),
        ({"risk_tier": "high"}, LARGE, []),
        ({"risk_tier": "low"}, UNKNOWN, []),
        ({"risk_tier": "low"}, LARGE, ["risk_tier"]),
        ({"significant": False}, LARGE, ["significant"]),
        ({"risk_tier": "low", "significant": True}, UNKNOWN, ["significant"]),
        ({"risk_tier": "low", "significant": True}, LARGE, ["risk_tier", "significant"]),
    ],
)
def test_what_is_stated_counts_and_what_contradicts_it_is_said(book, stated, funding, contradicted):
    subject = Partnership(name="Pool", funding=funding, protocol=None, stated=stated)
    found = assess(subject, book, as_of=DAY)
    assert [each.follows.name for each in found.contradictions] == contradicted
    for each in found.contradictions:
        value = stated[each.follows.name]
        counts = found.derived.get(each.follows.name)
        assert counts is None or counts.values == (value,)
        assert value not in each.follows.values
        assert each.follows.because
    # Everything that can be asked of an assessment is answered.
    for finding in (*found.findings, *found.summaries):
        assert isinstance(finding.sentence, str)
        assert isinstance(finding.questions, tuple)
        assert isinstance(finding.clears, tuple)
    assert found.plan(Severity.LOW) is not None


@pytest.mark.parametrize(
    "form", ["text", "json", "jsonl", "csv", "html", "markdown", "sarif", "junit", "github"]
)
def test_no_format_fails_where_stated_facts_contradict_each_other(tmp_path, capsys, form):
    path = tmp_path / "contradicted.yaml"
    path.write_text(
        "govrules: 1\nas_of: 2026-03-31\nname: Pool\nprotocol: none\n"
        "funding: { annual_spend: £5000000, pooled: yes }\nrisk_tier: low\nsignificant: yes\n",
        encoding="utf-8",
    )
    code = main(["check", str(path), "--format", form])
    said = " ".join(capsys.readouterr().out.split())
    assert code == 1
    if form in ("text", "json", "jsonl", "markdown"):
        assert "It is stated that the risk tier is low" in said
        assert "It is stated that the partnership is significant" in said


@pytest.mark.parametrize("turned", [False, True])
def test_what_settles_a_derived_fact_is_cited_of_the_subject_itself(turned: bool) -> None:
    """Of two subjects alike but for what settles a derived fact, each has reasons of its own."""
    rulebook = load_rulebook()
    funding = Funding(
        **dict.fromkeys(
            ("annual_spend", "clawback_exposure", "guarantees", "borrowing"), Decimal(0)
        ),
        pooled=False,
        liabilities_allocated=False,
    )
    alike = Partnership(status="active", funding=funding, shared_assets=True)
    several = [
        attrs.evolve(
            alike, integration_level="joint_commissioning", staffing=Staffing(shared_posts=0)
        ),
        attrs.evolve(alike, staffing=Staffing(model="direct", shared_posts=4)),
    ]
    cited = [{"integration_level"}, {"staffing.model", "staffing.shared_posts"}]
    for subject, facts in [*zip(several, cited, strict=True)][:: -1 if turned else 1]:
        found = assess(subject, rulebook, as_of=dt.date(2026, 3, 31))
        (finding,) = [each for each in found.flagged if each.rule.id == "liabilities-not-allocated"]
        shared = {"resources_shared", "funding.liabilities_allocated", "scale"}
        assert facts <= {each.fact for each in finding.because} <= shared | facts
        assert finding.steps

"""Conditions, rules and facts as people would say them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from govrules.explain.english import condition_phrase, names_every, rule_sentence, severity_sentence
from govrules.explain.phrases import (
    changed_phrase,
    fact_phrase,
    joined,
    record_name,
    sentence,
    value_phrase,
)
from govrules.facts import TO_BE_FOUND
from govrules.model import Pair, Partner, Partnership
from govrules.rulebook.ast import Exemption, Grade, Mitigation, Rule, Severity
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
    Parameter,
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Text,
    vocabulary_of,
)
from tests.properties.small import CITED, COLOURS, ref


def is_(path: str, value: Any, level: int = 0) -> FactTest:
    return FactTest(ref(path, level), Compare(Op.EQUALS, Literal(value)))


def of_fact(path: str, predicate: Any) -> FactTest:
    return FactTest(ref(path), predicate)


BIG, MENDED, IS_FINE = is_("big", True), is_("mended", True), is_("fine", True, 1)
BOTH = Literal(frozenset(COLOURS))
AGE = Compare(Op.OLDER_THAN, Parameter("age", 12))
BY = By(ref("level"), (("low", Literal(1)), ("middle", Literal(2)), ("top", Literal(3))))
BY_BIG = By(ref("big"), ((True, Literal(1)), (False, Literal(2))))
NAMED = attrs.evolve(
    ref("colours"), fact=attrs.evolve(ref("colours").fact, label="the colours asked for")
)
#: Of the top it is said what it is, and not what it is not.
TOP = attrs.evolve(ref("level").fact, said=(("top", "it is at the top", ""),))
SAID_OF_TOP = attrs.evolve(is_("level", "top"), fact=attrs.evolve(ref("level"), fact=TOP))
FIRST, SECOND = (
    FactTest(FactRef(path, 0, vocabulary_of(Pair).paths[path]), Compare(Op.EQUALS, Literal(True)))
    for path in ("first.value.being_scaled_down", "second.value.being_scaled_down")
)


@pytest.mark.parametrize(
    ("condition", "holds", "denied"),
    [
        (BIG, "it is big", "it is small"),
        (Not(BIG), "it is small", "it is big"),
        (All((BIG, MENDED)), "it is big and is mended", "it is small or is broken"),
        (AnyOf((BIG, MENDED)), "it is big or is mended", "it is small and is broken"),
        (All((AnyOf((BIG, MENDED)), IS_FINE)), "either it is big or is mended, and the item is fine", "it is small and is broken, or the item is not fine"),
        (is_("deal", None), "there is no deal", "there is a deal"),
        (is_("items", None), "there are no items", "there are items"),
        (is_("big", None), "it is small", "it is big"),
        (is_("level", "top"), "the level is top", "the level is not top"),
        (of_fact("level", OneOf((Literal("low"), Literal("top")))), "the level is low or top", "the level is not low or top"),
        (of_fact("size", Between(Literal(1), Literal(2))), "the size is between 1 foot and 2 feet", "the size is not between 1 foot and 2 feet"),
        (of_fact("price", Compare(Op.AT_LEAST, Literal(Decimal(1000)))), "the price is at least £1,000", "the price is not at least £1,000"),
        (of_fact("checked", AGE), "the date of the check is more than a year ago", "the date of the check is not more than a year ago"),
        (of_fact("checked", Compare(Op.NEWER_THAN, Literal(1))), "the date of the check is within the last month", "the date of the check is not within the last month"),
        (of_fact("checked", Compare(Op.WITHIN_NEXT, Literal(6))), "the date of the check is within the next 6 months", "the date of the check is not within the next 6 months"),
        (of_fact("colours", Includes(SetOp.INCLUDES, BOTH)), "the colours include red or blue", "the colours do not include red or blue"),
        (of_fact("colours", Includes(SetOp.INCLUDES_ALL, BOTH)), "the colours include both red and blue", "the colours do not include both red and blue"),
        (of_fact("colours", Includes(SetOp.MISSING_ANY_OF, BOTH)), "the colours do not include both red and blue", "the colours include both red and blue"),
        (of_fact("size", Compare(Op.MORE_THAN, BY_BIG)), "the size is more than 1 foot where it is big, or more than 2 feet where it is small", "the size is not more than 1 foot where it is big, or not more than 2 feet where it is small"),
        (of_fact("level", Compare(Op.EQUALS, ref("deal.level"))), "the level is the level of the deal", "the level is not the level of the deal"),
        (Quantified(Quantity.SOME, ref("items"), IS_FINE), "at least one item is fine", "no item is fine"),
        (Quantified(Quantity.EVERY, ref("items"), IS_FINE), "every item is fine", "at least one item is not fine"),
        (Quantified(Quantity.NONE, ref("items"), IS_FINE), "no item is fine", "at least one item is fine"),
        (Count(ref("items"), IS_FINE, Compare(Op.AT_LEAST, Literal(2))), "at least 2 items are fine", "fewer than 2 items are fine"),
        (Sum(ref("items"), ref("weight", 1), None, Compare(Op.AT_MOST, Literal(2))), "the sum of the weight of the item over the items is at most 2 stones", "the sum of the weight of the item over the items is more than 2 stones"),
        (Share(ref("items"), IS_FINE, is_("weight", 1, 1), Compare(Op.LESS_THAN, Literal(Decimal(50)))), "for less than 50 per cent of the items that are fine, the weight of the item is 1 stone", "for at least 50 per cent of the items that are fine, the weight of the item is 1 stone"),
        (of_fact("size", Compare(Op.AT_LEAST, BY)), "the size is at least 1 foot where the level is low, at least 2 feet where it is middle or at least 3 feet where it is top", "the size is not at least 1 foot where the level is low, not at least 2 feet where it is middle or not at least 3 feet where it is top"),
        (of_fact("colours", Includes(SetOp.INCLUDES_ALL, By(ref("big"), ((True, BOTH), (False, Literal(frozenset({"red"}))))))), "the colours include both red and blue where it is big, or red where it is small", "the colours do not include both red and blue where it is big, or red where it is small"),
        (Count(ref("items"), None, Compare(Op.EQUALS, Literal(2))), "the number of items is 2", "the number of items is not 2"),
        (Share(ref("items"), None, IS_FINE, Compare(Op.AT_LEAST, Literal(Decimal(50)))), "for at least 50 per cent of the items, the item is fine", "for less than 50 per cent of the items, the item is fine"),
        (Count(ref("items"), BIG, Compare(Op.AT_LEAST, Literal(2))), "for at least 2 items, it is big", "for fewer than 2 items, it is big"),
        (Count(ref("colours"), None, Compare(Op.AT_LEAST, Literal(1))), "there are colours", "there are no colours"),
        (Count(ref("colours"), None, Between(Literal(1), Literal(2))), "the number of colours is between 1 and 2", "the number of colours is not between 1 and 2"),
        (Count(ref("items"), BIG, Compare(Op.AT_MOST, ref("size"))), "the number of items for which it is big is at most the size", "the number of items for which it is big is not at most the size"),
        (of_fact("colours", Includes(SetOp.INCLUDES_ALL, NAMED)), "the colours include the colours asked for", "the colours do not include the colours asked for"),
        (of_fact("size", OneOf((Literal(None), Literal(2)))), "the size is none or 2 feet", "the size is not none or 2 feet"),
        (SAID_OF_TOP, "it is at the top", "it is not so that it is at the top"),
        (All((FIRST, SECOND)), "both partnerships are being scaled down or redesigned", "at least one of the two partnerships is not being scaled down or redesigned"),
        (Known(ref("big"), recorded=True), "whether it is big is recorded", "whether it is big is not recorded"),
        (Known(ref("size"), recorded=False), "the size is not recorded", "the size is recorded"),
    ],
)  # fmt: skip
def test_a_condition_and_its_denial(condition: Condition, holds: str, denied: str) -> None:
    """Each node as a clause, and as the clause that denies it, of none and of days to come too."""
    assert condition_phrase(condition) == holds
    assert condition_phrase(condition, holds=False) == denied


def test_facts_that_a_clause_does_not_name_are_told() -> None:
    """So that a theorem can say which."""
    several = (ref("big"), ref("size"), ref("items"))
    assert names_every(BIG, several, holds=True) == ["size", "items"]
    assert names_every(Count(several[2], BIG, AGE), several, holds=False) == ["size"]


RULE = Rule(
    "a-rule", "It is broken", "theme", "Mend.", CITED, MENDED, Severity.LOW,
    applies_when=BIG,
    unless=(Exemption(is_("painted", True), "because", CITED),),
    grades=(Grade(Severity.HIGH, is_("level", "top")),),
    mitigated_by=(Mitigation(is_("deal.signed", True), "because", CITED),),
)  # fmt: skip


def test_a_rule_as_one_sentence() -> None:
    """A rule says where it applies, what it requires and what is excepted."""
    assert rule_sentence(RULE) == (
        "Where the partnership is big, it is mended. "
        "This does not apply where the partnership is painted."
    )
    assert severity_sentence(RULE) == (
        "High where the level is top; otherwise low; one step lower where the deal is signed."
    )
    plain = Rule("a-rule", "It is broken", "theme", "Mend.", CITED, MENDED, Severity.LOW)
    assert rule_sentence(plain) == "The partnership is mended."
    assert severity_sentence(plain) == "Low."


def test_a_sentence_has_one_end() -> None:
    """A full stop is put where none of the ends stands."""
    assert sentence("it is so") == "It is so."
    for ended in ("It is so.", "Is it so?", "So it is!"):
        assert sentence(ended) == ended
    assert joined([]) == ""
    assert joined(["one"]) == "one"
    assert joined(["one", "two"], "or") == "one or two"


@pytest.mark.parametrize(
    ("value", "fact_type", "phrase"),
    [
        (None, Text(), "none"),
        (True, Text(), "yes"),
        (False, Text(), "no"),
        (frozenset({"blue", "red"}), Choices(("red", "blue")), "red and blue"),
        (frozenset({"red", UNKNOWN}), Choices(("red", "blue")), "red and perhaps others"),
        (frozenset({"in_kind", "cash"}), Choices(("in_kind", "cash")), "in kind and cash"),
        (frozenset({"red", "blue"}), Text(), "blue and red"),
        (frozenset(), Choices(("red", "blue")), "none"),
        ((1, 2), Text(), "2 recorded"),
        (dt.date(2026, 3, 1), Date(), "1 March 2026"),
        (Decimal("1250.50"), Money(), "£1,250.50"),
        (1, Months(), "1 month"),
        (12, Months(), "1 year"),
        (24, Months(), "2 years"),
        (18, Months(), "18 months"),
        (0, Months(), "0 months"),
        (1000, Number(), "1,000"),
        (Decimal("0.5"), Number(unit="days"), "0.5 days"),
        (Decimal("0.5"), Number(), "0.5"),
        (Decimal(1000), Number(unit="days"), "1,000 days"),
        (Decimal("1E+3"), Number(unit="days"), "1,000 days"),
        ("in_kind", Choice(("in_kind",)), "in kind"),
        ("a name", Text(), "a name"),
        ("The council", Text(), "the council"),
        (Decimal("4200000.0"), Money(), "£4,200,000"),
        (1, Number(unit="bodies"), "1 body"),
    ],
)
def test_values(value: Any, fact_type: FactType, phrase: str) -> None:
    """A value of each type as it stands in a sentence."""
    assert value_phrase(value, fact_type) == phrase


@pytest.mark.parametrize(
    ("path", "value", "phrase"),
    [
        ("funding.pooled", True, "partners pool budgets"),
        ("funding.pooled", False, "partners do not pool budgets"),
        ("protocol", None, "there is no protocol"),
        ("protocol", True, "there is a protocol"),
        ("partners", (), "it has no partners"),
        ("partners", (Partner(name="The trust"), Partner()), "the partners are The trust and partner 2"),
        ("partners", (Partner(name="The trust"), UNKNOWN), "the partners include The trust"),
        ("partners", (UNKNOWN,), "nobody recorded all of the partners"),
        ("nature", frozenset({UNKNOWN}), "nobody recorded all of the kinds of partnership that it is"),
        ("nature", frozenset(), "none of the listed kinds fits it"),
        ("nature", frozenset({"statutory"}), "it is required by statute"),
        ("name", "Care", "it is called Care"),
        ("reviewed", None, "it has never been reviewed"),
    ],
)  # fmt: skip
def test_a_fact_as_a_clause(path: str, value: Any, phrase: str) -> None:
    """A fact and its value; what is absent is denied."""
    assert fact_phrase(vocabulary_of(Partnership).facts[path], value) == phrase


def test_changes_that_leave_the_value_open() -> None:
    """A text that is to be found is named; anything else becomes known."""
    facts = vocabulary_of(Partnership).facts
    officer = changed_phrase(facts["responsible_officer"], TO_BE_FOUND)
    assert officer == "an officer takes responsibility for it"
    assert changed_phrase(facts["reviewed"], TO_BE_FOUND) == "it has been reviewed"


def test_what_a_record_is_called() -> None:
    """A record without a name has its number."""
    assert record_name(Partner(name="The trust"), 0, "partner") == "The trust"
    assert record_name(Partner(), 1, "partner") == "partner 2"
    assert record_name(UNKNOWN, 1, "partner") == "perhaps others"

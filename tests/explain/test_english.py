"""Conditions, rules and facts as people would say them, and not as a field and its value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from govrules import Rulebook, load_rulebook
from govrules.explain.compared import listed
from govrules.explain.english import condition_phrase, names_every, rule_sentence, severity_sentence
from govrules.explain.phrases import (
    changed_phrase,
    counted,
    duration,
    fact_phrase,
    joined,
    missing_phrase,
    named,
    presence,
    record_name,
    sentence,
    short_amount,
    value_phrase,
    whether_all,
    with_article,
    within_phrase,
)
from govrules.facts import TO_BE_FOUND
from govrules.model import Clause, Organisation, Pair, Partner, Partnership, Register
from govrules.rulebook.ast import Exemption, Grade, Mitigation, Rule, Severity, rule_conditions
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
from govrules.rulebook.walk import nodes
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


SENTENCES = Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8")
KINDS = frozenset({"voluntary", "executive", "service_delivery"})
HELD = frozenset({"name", "aims", "membership"})
MORE = frozenset({"membership_termination", "meetings", "quorum", "exit_dissolution"})
OUTSIDE = ("overview_and_scrutiny", "audit_committee", "external_audit")
PARTNERS = (Partner(name="the council"), Partner(name="a college"), Partner(name="an ICT firm"))


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


def said(path: str, value: Any, cls: type = Partnership) -> str:
    return fact_phrase(vocabulary_of(cls).paths[path], value)


def to_be(path: str, to: Any, was: Any = UNKNOWN, cls: type = Partnership) -> str:
    return changed_phrase(vocabulary_of(cls).paths[path], to, was)


@pytest.mark.parametrize(
    ("now", "better", "got"),
    [
        # Say what is so, not which value a field has.
        ("there is no kind of governing document", "there is no governing document", said("governing_document.kind", None)),
        ("the assessment of value is never", "its value has never been assessed", said("value.assessment", "never")),
        ("the kind of governing document is terms of reference", "there are terms of reference", said("governing_document.kind", "terms_of_reference")),
        ("the level of integration is pooled", "partners work from one pooled budget", said("integration_level", "pooled")),
        ("the way in which staff are employed is no staff", "it has no staff", said("staffing.model", "no_staff")),
        ("the kinds of partnership that it is are voluntary, executive and service delivery", "it is voluntary, takes decisions and delivers services", said("nature", KINDS)),
        # None is not zero, and neither is unknown.
        ("there is no full yearly cost to the organisation", "what it costs the organisation in a year is not known", said("value.cost", None)),
        ("the amount borrowed is £0", "nothing is borrowed", said("funding.borrowing", Decimal(0))),
        ("the number of bodies that it reports to on the same activity is 0 bodies", "it reports to no body on the same activity", said("oversight.reporting_regimes", 0)),
        ("there are no tests of a serious issue that it meets", "no serious issue has arisen", said("serious_issues", frozenset())),
        # A missing part is said as "Add", never as the whole list.
        ("the clauses of the governing document are name, aims, membership", "the governing document settles what is missing. Add: ending membership, meetings, quorum, and exit and dissolution", to_be("governing_document.clauses", HELD | MORE, HELD)),
        ("the clauses of the governing document are disputes", "the governing document has a clause on disputes", to_be("governing_document.clauses", HELD | {"disputes"}, HELD)),
        ("the partners' roles are lead, chair and host", "the partner also serves as the chair and the host", to_be("roles", frozenset({"lead", "chair", "host"}), frozenset({"lead"}), Partner)),
        ("add: staff and records", "the partners also settle what happens to its staff and its records when it ends", to_be("ending_settled", frozenset({"money", "staff", "records"}), frozenset({"money"}))),
        # No date, no removal, no relabelling.
        ("the date on which the governing document was last reviewed is 31 May 2016", "all partners review the governing document", to_be("governing_document.reviewed", dt.date(2016, 5, 31))),
        ("the date of the last review is 31 January 2026", "it is reviewed", to_be("reviewed", dt.date(2026, 1, 31))),
        ("the number of partnerships in which its busiest representative sits is 8 partnerships", "the organisation's busiest representative sits on at most 8 partnerships", to_be("most_seats_held", 8, 11, Organisation)),
        # At least and at most.
        ("the number of partnerships that the organisation says it is in is 14 partnerships", "the organisation says that it is in 14 partnerships", said("declared_count", 14, Register)),
        ("the clauses of the governing document are name and perhaps others", "the clauses of the governing document include one on the partnership's name", said("governing_document.clauses", frozenset({"name", UNKNOWN}))),
        # What has no value known.
        ("what is settled for its end include its money", "the partners have settled what happens to at least its money when it ends", said("ending_settled", frozenset({"money", UNKNOWN}))),
        ("nobody knows what governing it costs", "what governing it costs is not known", said("oversight.cost_share", None)),
        ("it is not a partnership that is advisory only", "it is not advisory only", missing_phrase(vocabulary_of(Partnership).paths["nature"], ["non_executive"])),
        # One negative in a sentence.
        ("it is no sub-group of another partnership", "it is not a sub-group of another partnership", said("sub_group", False)),
        # The field's own words.
        ("the kind of governing document is inter authority agreement", "there is an inter-authority agreement", said("governing_document.kind", "inter_authority_agreement")),
        ("there is a accountable body", "there is an accountable body", presence(vocabulary_of(Partnership).facts["accountability.accountable_body"])),
        ("exit dissolution", "the governing document has a clause on exit and dissolution", said("governing_document.clauses", frozenset({"exit_dissolution"}))),
        ("finance liability", "the governing document has a clause on finance and liability", said("governing_document.clauses", frozenset({"finance_liability"}))),
        ("membership termination", "the governing document has a clause on ending membership", said("governing_document.clauses", frozenset({"membership_termination"}))),
        # Numbers and names as people write them.
        ("£4,200,000.0", "£4,200,000", value_phrase(Decimal("4200000.0"), Money())),
        ("£4,200,000 in a headline", "£4.2m", short_amount(Decimal("4200000.0"))),
        ("1 entries", "1 entry", counted(1, "entry")),
        ("1 partnership(s)", "1 partnership", counted(1, "partnership")),
        ("number 9, number 10 and number 11", "partners 9, 10 and 11", named(["partner 9", "partner 10", "partner 11"])),
        ("the accountable body is ‘The council’", "the accountable body is the council", said("accountability.accountable_body", "The council")),
        ("the share of spending that can be followed to its purpose is 60 per cent", "60 per cent of spending can be followed to its purpose", said("funding.traced_share", Decimal(60))),
        ("within the next meeting", "at the next meeting", within_phrase("the next meeting")),
        # A question fits its answer.
        ("Who are the partners?", "Are these all the partners: the council, a college and an ICT firm?", whether_all(vocabulary_of(Partnership).facts["partners"], PARTNERS)),
    ],
)  # fmt: skip
def test_a_fact_is_said_as_people_say_it(now: str, better: str, got: str) -> None:
    assert got == better
    assert now not in got


def of(rule_id: str, rulebook: Rulebook) -> str:
    return " ".join(rule_sentence(rulebook.rule(rule_id)).split())


@pytest.mark.parametrize(
    ("rule_id", "better"),
    [
        # The ten most awkward sentences that an outsider picked.
        ("overlap-not-rationalised", "and neither partnership has ended: for at least one of the two, its relationship to similar partnerships is recorded."),
        ("demand-exceeds-capacity", "Where it is known how many staff days there are for partnership working and it is known how many staff days the partnerships need, in a year the partnerships need at most the staff days available for partnerships."),
        ("number-of-partnerships-not-known", "Where there are partnerships on the register, the organisation says how many partnerships it is in."),
        ("no-register", "There are partnerships on the register or the organisation says that it is in no partnerships."),
        ("partnership-without-owner", "For every partnership that has not ended, an officer is responsible for it."),
        ("value-of-significant-partnerships-not-assessed", "For at most 10 per cent of the partnerships on the register that are significant, are not proposed and have not ended, their value has never been assessed."),
        ("governance-too-heavy", "the risk tier is low, all of these hold: - the scale of the partnership is"),
        ("one-partner-dominates", "either one partner or person dominates, or at least one partner is both the chair and the secretariat and holds more than 50 per cent of the votes: rules keep the power of the strongest partner in check."),
        ("no-governing-document", "Where the partnership has not ended, there is a governing document."),
        ("no-accountable-body", "there is an accountable body or at least one partner is the accountable body."),
        ("agreement-not-reviewed", "the governing document was last reviewed within the last year where the risk tier is high, within the last 2 years where it is medium or within the last 3 years where it is low;"),
        ("agreement-expired", "the governing document expires on or after the date of the assessment"),
        # And from the style guide.
        ("risks-not-registered", "its risks are on a joint risk register, or each body records the partnership's risks on its own register and the risk tier is low."),
        ("cost-of-portfolio-not-known", "For every partnership that is not proposed and has not ended, the organisation knows what the partnership costs it in a year."),
        ("pooled-budget-without-protocol", "Where partners pool budgets, the partners have agreed a protocol for decisions and money."),
    ],
)  # fmt: skip
def test_a_rule_is_said_as_people_say_it(rule_id: str, better: str, rulebook: Rulebook) -> None:
    assert better in of(rule_id, rulebook)


@pytest.mark.parametrize(
    "never",
    [
        "it is required that",
        "is it so that",
        "there is a accountable",
        "a officer",
        "last 1 year",
        "(parameter",
        "1 bodies",
        "1 partnerships",
        "perhaps others",
        "cleared",
        "the kind of governing document is",
        "the assessment of value is",
        "the level of integration is pooled",
        "the status of the partnership is",
        "the annual spend is",
        "is ‘",
        "is more than the date",
    ],
)
def test_what_is_never_said(never: str) -> None:
    assert never not in SENTENCES


def test_no_sentence_shows_a_name_of_a_field() -> None:
    lines = [line for line in SENTENCES.splitlines() if not line.startswith("##")]
    assert [line for line in lines if "_" in line] == []


def test_brackets_never_stand_in_brackets() -> None:
    for line in SENTENCES.splitlines():
        depth = 0
        for letter in line:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            assert 0 <= depth <= 1, line


@pytest.mark.parametrize("number", [0, 1, 2, 7])
def test_things_are_counted_in_their_number(number: int) -> None:
    assert counted(number, "body") == f"{number} {'body' if number == 1 else 'bodies'}"
    assert duration(number) == f"{number} {'month' if number == 1 else 'months'}"
    names = [f"Council {each}" for each in range(number)]
    expected = {
        0: "",
        1: "Council 0",
        2: "Council 0 and Council 1",
        7: "Council 0, Council 1, Council 2, Council 3, Council 4 and 2 more",
    }
    assert named(names) == expected[number]
    posts = said("staffing.shared_posts", number)
    assert posts == (
        "partners share no posts" if not number else f"partners share {counted(number, 'post')}"
    )


def test_a_set_is_told_in_its_number() -> None:
    none = "the governing document has none of the clauses listed"
    assert said("governing_document.clauses", frozenset()) == none
    one = frozenset({Clause.RISK.value})
    assert said("governing_document.clauses", one) == "the governing document has a clause on risk"
    two = one | {Clause.VOTING.value}
    assert (
        said("governing_document.clauses", two)
        == "the governing document has clauses on voting and risk"
    )


def test_a_subject_in_common_is_said_once() -> None:
    assert listed(["the partnership is proposed", "the partnership has ended"], "or") == (
        "the partnership is proposed or has ended"
    )
    assert listed(
        ["the partnership is active", "it spends money", "the partnership is big"], "and"
    ) == ("the partnership is active, spends money and is big")
    assert listed(["it is big", "there is a board", "it has not ended"], "and") == (
        "it is big and has not ended, and there is a board"
    )
    assert listed(["there is a board", "it is big", "either it is new or has none"], "and") == (
        "there is a board, the partnership is big, and either it is new or has none"
    )
    assert listed(["partners pool budgets"], "and") == "partners pool budgets"


def test_names_are_found() -> None:
    officer = vocabulary_of(Partnership).facts["responsible_officer"]
    assert changed_phrase(officer, TO_BE_FOUND) == "an officer takes responsibility for it"
    assert with_article("accountable body") == "an accountable body"
    assert with_article("unitary council") == "a unitary council"


def test_every_condition_of_the_shipped_packs_says_another_thing_when_denied(
    rulebook: Rulebook,
) -> None:
    for rule in rulebook.rules:
        for root in rule_conditions(rule):
            for node in nodes(root):
                assert condition_phrase(node) != condition_phrase(node, holds=False)

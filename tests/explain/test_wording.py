"""What was once said as a field and its value, and how it is said now."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from govrules import Rulebook, load_rulebook
from govrules.explain.compared import listed
from govrules.explain.english import condition_phrase, rule_sentence
from govrules.explain.phrases import (
    changed_phrase,
    counted,
    duration,
    fact_phrase,
    missing_phrase,
    named,
    presence,
    short_amount,
    value_phrase,
    whether_all,
    with_article,
    within_phrase,
)
from govrules.facts import TO_BE_FOUND
from govrules.model import Clause, Organisation, Partner, Partnership, Register
from govrules.rulebook.ast import rule_conditions
from govrules.rulebook.walk import nodes
from govrules.truth import UNKNOWN
from govrules.vocabulary import Money, vocabulary_of

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

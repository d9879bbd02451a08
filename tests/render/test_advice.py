"""What is to be done, each remedy once; what settles a finding is an act, none in the past. Where the tier stands."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from govrules import Assessment, Rulebook, Severity, assess, load_rulebook
from govrules.model import (
    Accountability,
    Funding,
    GoverningDocument,
    Oversight,
    Partner,
    Partnership,
    PublicAccountability,
    Register,
    Scrutiny,
    Staffing,
)
from govrules.reading import read_subject
from govrules.render.actions import due_date, tasks_of, when_phrase, works_of
from govrules.render.advice import fact_of_path, settled_when
from govrules.render.standing import tier_of
from govrules.truth import UNKNOWN
from tests.explain.test_sentences import FILE

DAY = dt.date(2026, 1, 31)
BIG = Funding(annual_spend=Decimal(5_000_000))


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


def told(rule_id: str, rulebook: Rulebook, **facts: Any) -> str:
    subject = Partnership(
        **{"status": "active", "started": dt.date(2015, 4, 1), "funding": BIG, **facts}
    )
    finding = next(
        each for each in assess(subject, rulebook, as_of=DAY).flagged if each.rule.id == rule_id
    )
    return settled_when(finding, subject)


def test_a_review_is_an_act(rulebook: Rulebook) -> None:
    document = GoverningDocument(kind="constitution", reviewed=dt.date(2016, 5, 31))
    found = told("agreement-not-reviewed", rulebook, governing_document=document)
    assert found == "all partners review the governing document"


def test_of_many_kinds_which_it_is_is_to_be_chosen(rulebook: Rulebook) -> None:
    found = told("no-governing-document", rulebook, governing_document=None)
    assert found == (
        "there is a governing document (to be chosen: terms of reference, a memorandum of "
        "understanding, a constitution, a partnership agreement, an inter-authority agreement and "
        "6 more)"
    )


def test_one_of_several_bodies_is_enough(rulebook: Rulebook) -> None:
    found = told(
        "decisions-not-scrutinised", rulebook, scrutiny=Scrutiny(by=frozenset({"own_board"}))
    )
    assert found == (
        "it is scrutinised by an overview and scrutiny committee, the audit committee, a joint "
        "scrutiny committee, the external auditor, or an inspectorate (at least one)"
    )


def test_one_of_several_partners_is_enough(rulebook: Rulebook) -> None:
    partners = tuple(Partner(name=each, named_accountable=False) for each in ("A", "B"))
    found = told(
        "shared-responsibility-without-named-accountable-partner",
        rulebook,
        partners=partners,
        accountability=Accountability(responsibility_shared=True),
    )
    assert found == "A or B is named as accountable"


def test_what_is_missing_is_added(rulebook: Rulebook) -> None:
    held = frozenset({"name", "aims", "membership", "delegation", "powers", "roles", "income"})
    document = GoverningDocument(kind="constitution", clauses=held)
    found = told("agreement-not-comprehensive", rulebook, governing_document=document)
    assert found.startswith(
        "the governing document settles what is missing. Add: ending membership,"
    )
    assert "aims" not in found


def test_any_ombudsman_will_do(rulebook: Rulebook) -> None:
    public = PublicAccountability(served_directly=True, ombudsmen=frozenset())
    assert (
        told("ombudsman-not-named", rulebook, public=public) == "users are directed to an ombudsman"
    )


def test_nothing_is_to_be_taken_away(rulebook: Rulebook) -> None:
    small = {
        "funding": Funding(annual_spend=Decimal(900), pooled=False, guarantees=Decimal(0),
                           borrowing=Decimal(0), clawback_exposure=Decimal(0)),
        "statutory_functions_delegated": False, "integration_level": "liaison",
        "public": PublicAccountability(vulnerable_users=False), "staffing": None,
        "governing_document": GoverningDocument(
            kind="constitution", legally_binding=True,
            clauses=frozenset({f"{each}" for each in (
                "name", "aims", "membership", "delegation", "powers", "roles", "income", "meetings",
                "quorum", "chairing", "voting", "substitutes", "timescales", "amendment", "minutes",
                "risk", "performance")}),
        ),
        "oversight": Oversight(board=True, audits_per_year=3, reporting_regimes=4),
        "scrutiny": Scrutiny(by=frozenset({"external_audit", "own_board"})),
    }  # fmt: skip
    found = told("governance-too-heavy", rulebook, **small)
    assert found == (
        "it has at most 1 audit a year; it reports the same activity to at most 2 bodies"
    )


def test_no_advice_on_the_examples_of_the_shipped_rules_writes_a_date(rulebook: Rulebook) -> None:
    settled = [line for line in FILE.read_text("utf-8").splitlines() if line.startswith("settled")]
    assert len(settled) > 100
    for line in settled:
        assert not re.search(r"\b(19|20)\d\d\b", line), line
        assert " is not " not in line.replace("is not known to be weak", ""), line


def test_facts_are_found_by_their_paths(rulebook: Rulebook) -> None:
    found = fact_of_path("partners[3].links", rulebook.class_of(Partnership))
    assert found is not None
    assert found.name == "links"
    assert (
        fact_of_path("local.council_exercises_nhs_functions", rulebook.class_of(Partnership))
        is not None
    )
    assert fact_of_path("nothing.like.it", rulebook.class_of(Partnership)) is None


EXAMPLE = Path(__file__).parents[2] / "examples" / "high-tier-pool-without-arrangements.yaml"


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    rulebook = load_rulebook()
    read = read_subject(EXAMPLE, rulebook=rulebook)
    return assess(read.subject, rulebook, as_of=DAY)


@pytest.mark.parametrize(
    ("within", "due"),
    [
        ("1 month", dt.date(2026, 2, 28)),
        ("3 months", dt.date(2026, 4, 30)),
        ("12 months", dt.date(2027, 1, 31)),
        ("2 years", dt.date(2028, 1, 31)),
        ("2 weeks", dt.date(2026, 2, 14)),
        ("1 day", dt.date(2026, 2, 1)),
        ("the next meeting", None),
        ("", None),
        ("a month or 2", None),
    ],
)
def test_a_date_is_worked_out_from_the_day_of_the_assessment(
    within: str, due: dt.date | None
) -> None:
    assert due_date(within, DAY) == due
    assert due_date(within, UNKNOWN) is None


def test_when_is_said_as_people_say_it() -> None:
    assert when_phrase(None, "3 months") == "within 3 months"
    assert when_phrase(None, "the next plan or statement") == "in the next plan or statement"
    assert when_phrase(None, "") == ""


def test_every_flagged_finding_is_settled_by_one_action(assessment: Assessment) -> None:
    works = works_of(assessment.flagged, assessment.rulebook)
    actions = tasks_of(assessment.flagged, works, DAY)
    settled = [each.rule.id for action in actions for each in action.findings]
    assert sorted(settled) == sorted(each.rule.id for each in assessment.flagged)
    for action in actions:
        assert action.severity is max(each.severity or Severity.LOW for each in action.findings)


def test_a_meeting_comes_first_and_what_has_no_date_last(assessment: Assessment) -> None:
    actions = tasks_of(assessment.flagged, (), DAY)
    assert actions[0].within == "the next meeting"
    assert actions[-1].within == "the next plan or statement"
    dates = [each.due for each in actions if each.due is not None]
    assert dates == sorted(dates)
    for one, two in itertools.pairwise(actions):
        if one.due == two.due and one.within == two.within:
            assert one.severity >= two.severity


def test_a_piece_of_work_settles_several(assessment: Assessment) -> None:
    works = works_of(assessment.flagged, assessment.rulebook)
    assert [each.letter for each in works] == list("ABCDEFG")[: len(works)]
    sizes = [len(each.findings) for each in works]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) > 1
    assert {each.title for each in works} <= {*assessment.rulebook.work.values()}


def test_one_remedy_of_two_findings_is_one_action(assessment: Assessment) -> None:
    first, second = assessment.flagged[:2]
    alike = attrs.evolve(second, rule=attrs.evolve(second.rule, remedy=first.rule.remedy))
    assert alike.remedy == first.remedy
    (action,) = tasks_of((first, alike), (), DAY)
    assert action.findings == (first, alike)


NOTHING = {"clawback_exposure": Decimal(0), "guarantees": Decimal(0), "borrowing": Decimal(0)}
LITTLE: dict[str, Any] = {
    "statutory_functions_delegated": False,
    "integration_level": "liaison",
    "public": PublicAccountability(vulnerable_users=False),
    "staffing": Staffing(model="no_staff"),
}


def spending(pounds: int, **more: Any) -> Partnership:
    funding = Funding(pooled=False, annual_spend=Decimal(pounds), **NOTHING)
    return Partnership(funding=funding, **{**LITTLE, **more})


@pytest.mark.parametrize(
    ("subject", "word", "said"),
    [
        (spending(18_000_000), "high", "High risk tier: it spends £18m a year (the threshold is £1m)."),
        (spending(0), "low", "Low risk tier: nothing raises it."),
        (spending(120_000), "medium", "Medium risk tier: it spends £120,000 a year (the threshold is £100,000)."),
        (
            spending(120_000, statutory_functions_delegated=None),
            "medium", "Medium risk tier: it spends £120,000 a year (the threshold is £100,000).",
        ),
        (
            Partnership(funding=Funding(pooled=True, annual_spend=Decimal(0), **NOTHING), **{**LITTLE, "staffing": Staffing(model="direct")}),
            "medium+", "Risk tier not known, at least medium: partners pool budgets. High if partners share at least 25 posts.",
        ),
        (
            Partnership(stated={"risk_tier": "high"}),
            "high", "High risk tier, as stated.",
        ),
    ],
)  # fmt: skip
def test_the_tier_and_why(subject: Partnership, word: str, said: str, rulebook: Rulebook) -> None:
    found = tier_of(assess(subject, rulebook, as_of=dt.date(2026, 1, 31)))
    assert found is not None
    assert (found.word, found.sentence) == (word, said)


def test_of_many_ways_to_rise_three_are_named(rulebook: Rulebook) -> None:
    found = tier_of(assess(Partnership(), rulebook))
    assert found is not None
    assert found.word == "?"
    assert found.sentence.startswith("Risk tier not known: high if it spends at least £1m a year,")
    assert found.sentence.endswith(" other conditions is met.")


def test_a_register_has_no_tier(rulebook: Rulebook) -> None:
    assert tier_of(assess(Register(), rulebook)) is None

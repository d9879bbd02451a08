"""What settles a finding is an act: no date in the past, and nothing that is taken away."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest

from govrules import Rulebook, assess, load_rulebook
from govrules.model import (
    Accountability,
    Funding,
    GoverningDocument,
    Oversight,
    Partner,
    Partnership,
    PublicAccountability,
    Scrutiny,
)
from govrules.render.advice import fact_at, settled_when
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
    return settled_when(finding, subject, rulebook)


def test_a_review_is_an_act(rulebook: Rulebook) -> None:
    document = GoverningDocument(kind="constitution", reviewed=dt.date(2016, 5, 31))
    found = told("agreement-not-reviewed", rulebook, governing_document=document)
    assert found == "all partners review the governing document"


def test_of_many_kinds_it_matters_that_there_is_one(rulebook: Rulebook) -> None:
    found = told("no-governing-document", rulebook, governing_document=None)
    assert found == "there is a governing document"


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
    found = fact_at("partners[3].links", Partnership, rulebook)
    assert found is not None
    assert found.name == "links"
    assert fact_at("local.council_exercises_nhs_functions", Partnership, rulebook) is not None
    assert fact_at("nothing.like.it", Partnership, rulebook) is None

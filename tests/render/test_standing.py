"""Where the risk tier stands, said in a sentence or two."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from govrules import Rulebook, assess, load_rulebook
from govrules.model import Funding, Partnership, PublicAccountability, Register, Staffing
from govrules.render.standing import tier_of

NOTHING = {"clawback_exposure": Decimal(0), "guarantees": Decimal(0), "borrowing": Decimal(0)}
LITTLE: dict[str, Any] = {
    "statutory_functions_delegated": False,
    "integration_level": "liaison",
    "public": PublicAccountability(vulnerable_users=False),
    "staffing": Staffing(model="no_staff"),
}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


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

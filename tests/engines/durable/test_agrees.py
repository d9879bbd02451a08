"""The network says what the reference engine says, whatever is unknown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from govrules import Rulebook, load_rulebook
from govrules.assessment import rules_for
from govrules.engines import reference
from govrules.engines.durable import outcomes
from govrules.engines.registry import said
from govrules.model import Pair
from govrules.testing.strategies import (
    boundaries,
    partnerships,
    records,
    registers,
    rulebooks,
)
from govrules.truth import UNKNOWN

AS_OF = dt.date(2026, 3, 31)
SHIPPED = load_rulebook()
NEAR = boundaries(SHIPPED, AS_OF)
DAYS = st.sampled_from((AS_OF, UNKNOWN))
TIERS = st.sampled_from(("low", "medium", "high", None))


@st.composite
def stating(draw: st.DrawFn, subjects: st.SearchStrategy[Any]) -> Any:
    """Subjects of which some state the derived facts that are otherwise derived."""
    subject = draw(subjects)
    if draw(st.booleans()):
        return subject
    stated = {"risk_tier": draw(TIERS)} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        stated["significant"] = draw(st.booleans())
    return attrs.evolve(subject, stated=stated)


def agree(subjects: list[Any], rulebook: Rulebook, kind: str, as_of: Any) -> None:
    rules = rules_for(kind, rulebook, as_of)
    ours = list(outcomes(rules, subjects, as_of, rulebook))
    theirs = list(reference.outcomes(rules, subjects, as_of, rulebook))
    assert len(ours) == len(subjects)
    for mine, yours in zip(ours, theirs, strict=True):
        assert [said(each) for each in mine] == [said(each) for each in yours]


@given(st.data(), DAYS)
def test_on_generated_rulebooks(data: st.DataObject, as_of: Any) -> None:
    rulebook = data.draw(rulebooks())
    near = boundaries(rulebook, AS_OF)
    subjects = data.draw(st.lists(partnerships(rulebook, near=near), min_size=1, max_size=10))
    agree(subjects, rulebook, "partnership", as_of)


@given(st.lists(stating(partnerships(SHIPPED, near=NEAR)), min_size=1, max_size=10), DAYS)
def test_on_the_shipped_rules_about_partnerships(subjects: list[Any], as_of: Any) -> None:
    agree(subjects, SHIPPED, "partnership", as_of)


@given(st.lists(registers(SHIPPED, near=NEAR), min_size=1, max_size=5), DAYS)
def test_on_the_shipped_rules_about_registers(subjects: list[Any], as_of: Any) -> None:
    agree(subjects, SHIPPED, "register", as_of)


@given(st.lists(records(Pair, SHIPPED, near=NEAR), min_size=1, max_size=10), DAYS)
def test_on_the_shipped_rules_about_pairs(subjects: list[Any], as_of: Any) -> None:
    agree(subjects, SHIPPED, "pair", as_of)

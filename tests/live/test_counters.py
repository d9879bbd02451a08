"""Numbers over the entries stand for the entries: what comes of them is what reference says."""

from __future__ import annotations

from decimal import Decimal
from importlib.util import find_spec

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules import UNKNOWN, Funding, LiveRegister, Partnership, Register
from govrules.engines import reference
from govrules.engines.registry import comparable
from govrules.lowering.dependencies import mergeable
from govrules.lowering.lower import lowered
from govrules.rulebook.ast import Rule, Severity
from govrules.rulebook.expr import Compare, Count, FactRef, Literal, Op, Quantified, Quantity, Sum
from govrules.rulebook.expr import Test as FactTest
from govrules.testing.grammar import rulebooks
from govrules.testing.strategies import boundaries, registers
from govrules.vocabulary import vocabulary_of
from tests.live.conftest import AS_OF, SHIPPED
from tests.properties.small import CITED

ENGINES = ("reference", "durable") if find_spec("durable_rules_engine") else ("reference",)
ENTRIES = "partnerships"
FACTS, OF_ENTRY = vocabulary_of(Register).facts, vocabulary_of(Partnership).facts
LISTED = FactRef(ENTRIES, 0, FACTS[ENTRIES])
ACTIVE = FactTest(FactRef("status", 1, OF_ENTRY["status"]), Compare(Op.EQUALS, Literal("active")))
DECLARED = FactRef("declared_count", 0, FACTS["declared_count"])


def on_register(condition):
    return Rule("r", "R", "t", "P.", CITED, condition, Severity.LOW, subject="register")


def book_of(*conditions):
    rules = tuple(
        attrs.evolve(on_register(each), id=f"r{number}") for number, each in enumerate(conditions)
    )
    return attrs.evolve(SHIPPED, rules=rules)


def merged_of(condition):
    (judged,) = lowered((on_register(condition),), SHIPPED)
    return mergeable(judged.formulas, ENTRIES)


def holds_to_reference(live):
    expected = reference.outcomes(live.rulebook.rules, [live.register()], live.as_of, live.rulebook)
    assert list(map(comparable, live._memory._register.settled.outcomes)) == list(
        map(comparable, *expected)
    )


def test_shipped_rules_ask_nothing_but_numbers_of_entries():
    rules = [each for each in SHIPPED.rules if each.subject == "register"]
    merged = mergeable(
        (each for judged in lowered(rules, SHIPPED) for each in judged.formulas), ENTRIES
    )
    assert merged.is_all
    assert len(merged.leaves) == len(set(merged.leaves)) > 10


#: As many are active as there are declared; so are as many as there are entries at least.
AS_DECLARED = Count(LISTED, ACTIVE, Compare(Op.EQUALS, DECLARED))
#: Some entry is active where two or more are: it goes through the list again for each of them.
AGAIN = Quantified(
    Quantity.SOME,
    LISTED,
    Count(
        LISTED,
        FactTest(
            FactRef("status", 2, OF_ENTRY["status"]),
            Compare(Op.EQUALS, FactRef("status", 1, OF_ENTRY["status"])),
        ),
        Compare(Op.AT_LEAST, Literal(2)),
    ),
)
#: Facts of the register itself, asked of each entry.
BESIDE = Quantified(
    Quantity.EVERY,
    LISTED,
    FactTest(
        FactRef("funding.annual_spend", 1, OF_ENTRY["funding.annual_spend"]),
        Compare(Op.AT_LEAST, DECLARED),
    ),
)
SPENT = Sum(
    LISTED,
    FactRef("funding.annual_spend", 1, OF_ENTRY["funding.annual_spend"]),
    ACTIVE,
    Compare(Op.AT_MOST, DECLARED),
)


def test_what_goes_through_the_list_again_is_no_number():
    assert merged_of(AS_DECLARED).is_all
    assert not merged_of(AGAIN).is_all
    assert not merged_of(AGAIN).leaves


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("complete", [True, False])
def test_register_rules_follow_every_kind_of_change(engine, complete):
    rulebook = book_of(AS_DECLARED, AGAIN, BESIDE, SPENT)
    live = LiveRegister(rulebook, as_of=AS_OF, engine=engine, complete=complete)
    holds_to_reference(live)
    spent = Funding(annual_spend=Decimal("2.10"))
    for event in (
        lambda: live.change_register({"declared_count": 3}),
        lambda: live.put(Partnership(id="a", status="active", funding=spent)),
        lambda: live.put(Partnership(id="b", status="ended", funding=spent)),
        lambda: live.change("b", {"status": "active"}),
        lambda: live.change_register({"declared_count": 2}),
        lambda: live.change("a", {"funding.annual_spend": UNKNOWN}),
        lambda: live.put(Partnership(id="c", status="active", funding=Funding(annual_spend=1))),
        lambda: live.remove("a"),
        lambda: live.change_register({"declared_count": UNKNOWN}),
        lambda: live.replace(Register(declared_count=0)),
    ):
        assert event().applied
        holds_to_reference(live)


def test_sums_are_exact_in_whatever_order_amounts_come_and_go():
    live = LiveRegister(book_of(SPENT), as_of=AS_OF, engine="reference")
    for key, spend in (("a", Decimal(10) ** 40), ("b", Decimal("0.01")), ("c", 7)):
        live.put(Partnership(id=key, status="active", funding=Funding(annual_spend=spend)))
    live.remove("a")
    of = live._memory._register
    totals = zip(of._leaves, of._totals, strict=True)
    assert {total for leaf, total in totals if getattr(leaf, "of", None)} == {Decimal("7.01")}


@st.composite
def histories(draw):
    """A rulebook on registers, and states of one register."""
    rulebook = draw(rulebooks(Register, subject="register", depth=3))
    near = boundaries(rulebook, AS_OF)
    several = draw(st.lists(registers(rulebook, near=near), min_size=2, max_size=3))
    return rulebook, several


def numbered(register):
    entries = register.partnerships
    if not isinstance(entries, tuple):
        return register
    known = (each for each in entries if each is not UNKNOWN)
    return attrs.evolve(
        register,
        partnerships=tuple(
            attrs.evolve(each, id=f"p{number}") for number, each in enumerate(known)
        ),
    )


@pytest.mark.parametrize("engine", ENGINES)
@settings(deadline=None)
@given(histories(), st.booleans())
def test_after_any_change_register_rules_say_what_reference_says(engine, history, complete):
    rulebook, several = history
    live = LiveRegister(rulebook, as_of=AS_OF, engine=engine, complete=complete)
    for register in several:
        live.replace(numbered(register))
        holds_to_reference(live)

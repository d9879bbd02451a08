"""What adds up over parts of a register, and what does not."""

import datetime as dt

import pytest

from govrules import Register, load_rulebook
from govrules.lowering.ir import Exists, Total
from govrules.lowering.lower import Lowering
from govrules.lowering.reads import counted, mergeable
from govrules.rulebook.ast import Derived, Row
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    FactRef,
    FactSource,
    Known,
    Literal,
    Op,
    Quantified,
    Quantity,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.vocabulary import Fact, Kind, YesNo, vocabulary_of

BOOK = load_rulebook("governing-partnerships")
LISTED = FactRef("partnerships", 0, vocabulary_of(Register).facts["partnerships"])
SOME = Quantified(Quantity.SOME, LISTED, All(()))
TOLD = Fact("told", YesNo(), Kind.CIRCUMSTANCE, "some are told", "Told?", "none are told")
IS_TOLD = FactTest(FactRef("told", 0, TOLD, FactSource.DERIVED), Compare(Op.EQUALS, Literal(True)))
DERIVED = {"told": Derived(TOLD, Register, (Row(SOME, value=True),), otherwise=False)}


def merged(condition, derived=BOOK.derived):
    return mergeable(Lowering(derived).condition(condition, Register), "partnerships")


def test_what_shipped_rules_ask_of_partnerships_adds_up():
    lowering = Lowering(BOOK.derived)
    rules = BOOK.rules_for("register", dt.date(2026, 3, 31))
    several = [lowering.rule(rule, Register).formulas for rule in rules]
    found = mergeable([each for formulas in several for each in formulas], "partnerships")
    assert found.is_all
    assert {type(each) for each in found.leaves} == {Exists, Total}
    assert all(isinstance(counted(each), Total) for each in found.leaves)


def test_what_stands_beneath_a_derived_fact_adds_up_too():
    assert merged(IS_TOLD, DERIVED) == merged(SOME)
    assert len(merged(SOME).leaves) == 1


@pytest.mark.parametrize(
    "again", [SOME, IS_TOLD, Known(LISTED, recorded=True)], ids=["some", "derived", "known"]
)
def test_a_list_that_is_read_again_for_each_of_its_own_records_does_not_add_up(again):
    declared = FactRef("declared_count", 0, vocabulary_of(Register).facts["declared_count"])
    condition = Quantified(Quantity.SOME, LISTED, AnyOf((again, Known(declared, recorded=True))))
    assert not merged(condition, DERIVED).is_all

"""Conditions written as a rule file has them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

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
from govrules.rulebook.write import write_condition
from govrules.vocabulary import Fact, Kind, Months
from tests.properties.small import ref


@pytest.mark.parametrize(
    ("path", "predicate", "written"),
    [
        ("checked", Compare(Op.OLDER_THAN, Literal(12)), {"older_than": "12 months"}),
        ("checked", Compare(Op.EQUALS, Literal(dt.date(2026, 3, 31))), "2026-03-31"),
        ("checked", Compare(Op.EQUALS, Literal(None)), "none"),
        ("price", Compare(Op.AT_LEAST, Literal(Decimal("1E+3"))), {"at_least": "1000"}),
        ("mended", Compare(Op.EQUALS, Literal(value=False)), "no"),
        ("size", Compare(Op.EQUALS, Literal(2)), "2"),
        ("colours", Includes(SetOp.INCLUDES, Literal(frozenset({"red", "blue"}))), {"includes": ["blue", "red"]}),
    ],
)  # fmt: skip
def test_values_as_their_types_are_written(path: str, predicate: Any, written: Any) -> None:
    """Ages in months, money in plain figures, members in one order."""
    assert write_condition(FactTest(ref(path), predicate)) == {path: written}


AGE = Fact("age", Months(), Kind.CIRCUMSTANCE, "the age", "How old?")
TWO_MONTHS, YEAR = Literal(2), Literal(12)


@pytest.mark.parametrize(
    ("predicate", "written"),
    [
        (Compare(Op.EQUALS, YEAR), "12 months"),
        (Compare(Op.AT_MOST, YEAR), {"at_most": "12 months"}),
        (OneOf((TWO_MONTHS, YEAR)), ["2 months", "12 months"]),
        (Between(TWO_MONTHS, YEAR), {"between": ["2 months", "12 months"]}),
        (
            Compare(Op.EQUALS, By(ref("big"), ((True, YEAR), (False, TWO_MONTHS)))),
            {"by": "big", "yes": "12 months", "no": "2 months"},
        ),
    ],
)
def test_lengths_of_time_are_written_in_months(predicate: Any, written: Any) -> None:
    """The type of the fact says that a number is a length of time."""
    assert write_condition(FactTest(FactRef("age", 0, AGE), predicate)) == {"age": written}


def test_lengths_of_time_that_are_added_up_are_written_in_months() -> None:
    """The type of what is added up says so."""
    added = Sum(ref("items"), FactRef("age", 1, AGE), None, Compare(Op.AT_LEAST, YEAR))
    assert write_condition(added) == {"items": {"sum": {"of": "age", "at_least": "12 months"}}}


IS_FINE = FactTest(ref("fine", 1), Compare(Op.EQUALS, Literal(value=True)))
MENDED = FactTest(ref("mended"), Compare(Op.EQUALS, Literal(value=True)))
TWO = Compare(Op.AT_LEAST, Literal(2))


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (All((MENDED, IS_FINE)), {"all": [{"mended": "yes"}, {"fine": "yes"}]}),
        (AnyOf((MENDED, IS_FINE)), {"any": [{"mended": "yes"}, {"fine": "yes"}]}),
        (Not(MENDED), {"not": {"mended": "yes"}}),
        (Known(ref("size"), recorded=False), {"size": {"known": "no"}}),
        (Known(ref("size"), recorded=True), {"size": {"known": "yes"}}),
        (Quantified(Quantity.EVERY, ref("items"), IS_FINE), {"items": {"every": {"fine": "yes"}}}),
        (Count(ref("items"), None, TWO), {"items": {"count": {"at_least": "2"}}}),
        (
            Count(ref("items"), IS_FINE, TWO),
            {"items": {"count": {"where": {"fine": "yes"}, "at_least": "2"}}},
        ),
        (
            Sum(ref("items"), ref("weight", 1), None, TWO),
            {"items": {"sum": {"of": "weight", "at_least": "2"}}},
        ),
        (
            Sum(ref("items"), ref("weight", 1), IS_FINE, TWO),
            {"items": {"sum": {"of": "weight", "where": {"fine": "yes"}, "at_least": "2"}}},
        ),
        (
            Share(ref("items"), None, IS_FINE, Between(Literal(Decimal(10)), Literal(Decimal(50)))),
            {"items": {"share": {"where": {"fine": "yes"}, "between": ["10", "50"]}}},
        ),
        (
            Share(ref("items"), IS_FINE, MENDED, Compare(Op.EQUALS, Literal(Decimal(50)))),
            {"items": {"share": {"among": {"fine": "yes"}, "where": {"mended": "yes"}, "equals": "50"}}},
        ),
        (
            FactTest(ref("size"), OneOf((Literal(1), Parameter("some", 2)))),
            {"size": ["1", {"parameter": "some"}]},
        ),
        (
            FactTest(ref("size"), Between(Literal(1), ref("weight", 1))),
            {"size": {"between": ["1", {"fact": "weight"}]}},
        ),
        (
            FactTest(ref("size"), Compare(Op.AT_LEAST, By(ref("level"), (("low", Literal(1)), ("top", Literal(2)))))),
            {"size": {"at_least": {"by": "level", "low": "1", "top": "2"}}},
        ),
        (
            FactTest(ref("checked"), Compare(Op.NEWER_THAN, By(ref("big"), ((True, Literal(1)), (False, Literal(2)))))),
            {"checked": {"newer_than": {"by": "big", "yes": "1 months", "no": "2 months"}}},
        ),
    ],
)  # fmt: skip
def test_each_kind_of_condition_as_it_is_written(condition: Condition, written: Any) -> None:
    """The keys are those of the rule files, and what is inside is written likewise."""
    assert write_condition(condition) == written

"""Conditions written as a rule file has them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from govrules.rulebook.ast import Compare, Literal, Op, SetOp
from govrules.rulebook.ast import Includes as IncludesAny
from govrules.rulebook.ast import Test as FactTest
from govrules.rulebook.write import write_condition
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
        ("colours", IncludesAny(SetOp.INCLUDES, Literal(frozenset({"red", "blue"}))), {"includes": ["blue", "red"]}),
    ],
)  # fmt: skip
def test_values_as_their_types_are_written(path: str, predicate: Any, written: Any) -> None:
    """Ages in months, money in plain figures, members in one order."""
    assert write_condition(FactTest(ref(path), predicate)) == {path: written}

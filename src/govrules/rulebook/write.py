"""Conditions back to the plain form of rule files, which reads back to an equal tree."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, assert_never

from govrules.rulebook.expr import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Comparison,
    Condition,
    Count,
    FactRef,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Plain,
    Predicate,
    Quantified,
    Share,
    Sum,
    Test,
)
from govrules.vocabulary import FactType, Months


def write_condition(condition: Condition) -> dict[str, Any]:
    """
    Return a condition as mappings, lists and texts, as a rule file holds it.

    Values are texts, because the type of the fact reads them again.
    """
    match condition:
        case All(items):
            return {"all": [write_condition(item) for item in items]}
        case AnyOf(items):
            return {"any": [write_condition(item) for item in items]}
        case Not(item):
            return {"not": write_condition(item)}
        case Test(ref, predicate):
            return {ref.path: _predicate(predicate, ref.type)}
        case Known(ref, recorded):
            return {ref.path: {"known": _yes_no(recorded)}}
        case Quantified(quantity, ref, where):
            return {ref.path: {quantity.value: write_condition(where)}}
        case Count(ref, where, predicate):
            inner = {} if where is None else {"where": write_condition(where)}
            return {ref.path: {"count": inner | _tests(predicate, None)}}
        case Sum(ref, of, where, predicate):
            inner = dict[str, Any](of=of.path)
            inner |= {} if where is None else {"where": write_condition(where)}
            return {ref.path: {"sum": inner | _tests(predicate, of.type)}}
        case Share(ref, among, where, predicate):
            inner = {} if among is None else {"among": write_condition(among)}
            inner |= {"where": write_condition(where)}
            return {ref.path: {"share": inner | _tests(predicate, None)}}
        case _:
            assert_never(condition)


def _predicate(predicate: Predicate, fact_type: FactType) -> Any:  # noqa: ANN401 - mapping, list or text
    match predicate:
        case Compare(Op.EQUALS, operand):
            return _operand(operand, fact_type)
        case OneOf(operands):
            return [_operand(each, fact_type) for each in operands]
        case Compare() | Between() | Includes():
            return _tests(predicate, fact_type)
        case _:
            assert_never(predicate)


def _tests(predicate: Comparison | Includes, fact_type: FactType | None) -> dict[str, Any]:
    match predicate:
        case Compare(op, operand):
            age = op.is_age
            return {op.value: _operand(operand, Months() if age else fact_type)}
        case Between(low, high):
            return {"between": [_operand(low, fact_type), _operand(high, fact_type)]}
        case Includes(op, operand):
            return {op.value: _operand(operand, None)}
        case _:
            assert_never(predicate)


def _operand(operand: Operand, fact_type: FactType | None) -> Any:  # noqa: ANN401 - mapping, list or text
    match operand:
        case Literal(value):
            return write_value(value, fact_type)
        case Parameter(name):
            return {"parameter": name}
        case FactRef(path):
            return {"fact": path}
        case By(selector, cases):
            chosen = {
                _yes_no(value) if isinstance(value, bool) else value: _operand(each, fact_type)
                for value, each in cases
            }
            return {"by": selector.path, **chosen}
        case _:
            assert_never(operand)


def write_value(value: Plain, fact_type: FactType | None = None) -> Any:  # noqa: ANN401 - a text or a list of them
    """Return a value as a text that reads back to it, or a set as a list of them."""
    match value:
        case None:
            return "none"
        case bool():
            return _yes_no(value)
        case frozenset():
            return sorted(value)
        case Decimal():
            return f"{value:f}"
        case dt.date():
            return value.isoformat()
        case int() if isinstance(fact_type, Months):
            return f"{value} months"
        case int() | str():
            return str(value)
        case _:
            assert_never(value)


def _yes_no(value: bool) -> str:  # noqa: FBT001 - a value of a fact
    return "yes" if value else "no"

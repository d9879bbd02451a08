"""Which tests a fact of each type can stand, and which types can be compared."""

from __future__ import annotations

from typing import Final, assert_never

from govrules.decode.values import Problem, describe, read, read_duration
from govrules.nodes import Scalar
from govrules.rulebook.expr import Op, Plain, Quantity, SetOp
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
)

ORDERED: Final = (Op.AT_LEAST, Op.AT_MOST, Op.MORE_THAN, Op.LESS_THAN)
#: The tests that compare a date with a length of time.
AGES: Final = tuple(each.value for each in Op if each.is_age)
OPS: Final = {op.value: op for op in Op}
SET_OPS: Final = {op.value: op for op in SetOp}
QUANTITIES: Final = {quantity.value: quantity for quantity in Quantity}
AGGREGATES: Final = ("count", "sum", "share")
TESTS: Final = (*OPS, "between", *SET_OPS, "known", *QUANTITIES, *AGGREGATES)


def tests_for(fact_type: FactType) -> tuple[str, ...]:
    """Return the names of the tests a type supports."""
    ordered = ("equals", *(op.value for op in ORDERED), "between")
    match fact_type:
        case Number() | Money() | Months() | Choice(ordered=True):
            return ordered
        case Date():
            return (*ordered, *AGES)
        case Choices():
            return (*SET_OPS, "count")
        case Records():
            return (*QUANTITIES, *AGGREGATES)
        case YesNo() | Text() | Choice() | Record():
            return ("equals",)
        case _:
            assert_never(fact_type)


def are_comparable(one: FactType, other: FactType) -> bool:
    """Tell whether two types are comparable."""
    if isinstance(one, Number | Money) and isinstance(other, Number | Money):
        return isinstance(one, Money) == isinstance(other, Money)
    if isinstance(one, Choice) and isinstance(other, Choice):
        return one.values == other.values
    if isinstance(one, Choices) and isinstance(other, Choices):
        return one.values == other.values
    return type(one) is type(other)


def read_parameter_type(node: Scalar, unit: str) -> tuple[Plain, FactType] | None:
    """Return a parameter's value with its type, inferred from its text and unit."""
    text = node.text.strip()
    if unit == "pounds" or text.startswith("£"):
        return _typed(text, Money())
    duration = read_duration(text)
    if not isinstance(duration, Problem):
        return duration, Months()
    return _typed(text, Date()) or _typed(text, Number(unit=unit))


def _typed(text: str, fact_type: FactType) -> tuple[Plain, FactType] | None:
    value = read(text, fact_type)
    return None if isinstance(value, Problem) else (value, fact_type)


def type_phrase(fact_type: FactType) -> str:
    """Return a type's name for messages, with its article."""
    match fact_type:
        case Record():
            return "a record"
        case Records():
            return "a list of records"
        case Choices():
            return "a set of values"
        case Choice():
            return "a choice"
        case Date():
            return "a date"
        case Months():
            return "a length of time"
        case _:
            return describe(fact_type)

"""
The expressions of rules: conditions, the predicates in them, and what these compare with.

Places are kept for messages and left out of equality, so that two expressions are equal when they
mean the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Final, TypeAlias, assert_never

import attrs

from govrules.diagnostics import NOWHERE, Span
from govrules.vocabulary import Fact, FactType

#: What a literal in a rule can be; None is known to be absent.
Plain: TypeAlias = bool | int | str | Decimal | dt.date | frozenset[str] | None


def span_field() -> Any:  # noqa: ANN401 - attrs fields are declared with Any so that annotations decide
    """Return the field that keeps the place of a value: no part of what it equals."""
    return attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)


class FactSource(Enum):
    """Where a fact's value comes from."""

    RECORDED = "recorded"
    DERIVED = "derived"
    AS_OF = "as_of"


@attrs.frozen
class FactRef:
    """
    A fact named in a rule.

    Attributes:
        path: the fact as written, dotted.
        level: whose fact it is: 0 is the subject, 1 the record of the outermost quantifier.
        fact: its type, label and question.
        source: recorded, derived or the date of the assessment.
    """

    path: str
    level: int
    fact: Fact = attrs.field(repr=False)
    source: FactSource = FactSource.RECORDED
    span: Span = span_field()

    @property
    def type(self) -> FactType:
        """The fact's type."""
        return self.fact.type


@attrs.frozen
class Literal:
    """A value written in the rule."""

    value: Plain


@attrs.frozen
class Parameter:
    """A parameter of the rulebook, with its value."""

    name: str
    value: Plain


@attrs.frozen
class By:
    """A value chosen by a fact with closed values."""

    selector: FactRef
    cases: tuple[tuple[str | bool, Operand], ...]


Operand: TypeAlias = Literal | Parameter | FactRef | By


class Op(Enum):
    """The comparisons of a single value."""

    EQUALS = "equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    OLDER_THAN = "older_than"
    NEWER_THAN = "newer_than"
    WITHIN_NEXT = "within_next"

    @property
    def is_age(self) -> bool:
        """Whether it compares a date with a length of time before or after the assessment."""
        return self in (Op.OLDER_THAN, Op.NEWER_THAN, Op.WITHIN_NEXT)


#: Whether one value stands in an ordered relation to another, both of them there.
ORDER: Final[Mapping[Op, Callable[[Any, Any], bool]]] = {
    Op.AT_LEAST: lambda one, other: one >= other,
    Op.AT_MOST: lambda one, other: one <= other,
    Op.MORE_THAN: lambda one, other: one > other,
    Op.LESS_THAN: lambda one, other: one < other,
}


class SetOp(Enum):
    """The comparisons of a set."""

    INCLUDES = "includes"
    INCLUDES_ALL = "includes_all"
    MISSING_ANY_OF = "missing_any_of"


@attrs.frozen
class Compare:
    """Is the value in this relation to the operand?"""

    op: Op
    operand: Operand


@attrs.frozen
class OneOf:
    """Is the value one of these?"""

    operands: tuple[Operand, ...]


@attrs.frozen
class Between:
    """Is the value at least the first and at most the second?"""

    low: Operand
    high: Operand


@attrs.frozen
class Includes:
    """Does the set include any, include all, or miss some of the operand's members?"""

    op: SetOp
    operand: Operand


#: What a number that is worked out is tested by.
Comparison: TypeAlias = Compare | Between
#: What a single value is tested by.
ValueTest: TypeAlias = Comparison | OneOf
Predicate: TypeAlias = ValueTest | Includes


@attrs.frozen
class All:
    """Every one of these holds."""

    items: tuple[Condition, ...]
    span: Span = span_field()


@attrs.frozen
class AnyOf:
    """At least one of these holds."""

    items: tuple[Condition, ...]
    span: Span = span_field()


@attrs.frozen
class Not:
    """This does not hold."""

    item: Condition
    span: Span = span_field()


@attrs.frozen
class Test:
    """A fact meets a predicate."""

    #: It is no test of pytest's.
    __test__: ClassVar[bool] = False

    fact: FactRef
    predicate: Predicate
    span: Span = span_field()


@attrs.frozen
class Known:
    """Somebody recorded the fact (or, where `recorded` is false, nobody did)."""

    fact: FactRef
    recorded: bool
    span: Span = span_field()


class Quantity(Enum):
    """The quantifiers over a list of records."""

    SOME = "some"
    EVERY = "every"
    NONE = "none"


@attrs.frozen
class Quantified:
    """The condition holds for some, every or none of the records of a list."""

    quantity: Quantity
    list: FactRef
    where: Condition
    span: Span = span_field()


@attrs.frozen
class Count:
    """The number of records (or of a set's members) meets the predicate."""

    list: FactRef
    where: Condition | None
    predicate: Comparison
    span: Span = span_field()


@attrs.frozen
class Sum:
    """The sum of a number over the records meets the predicate."""

    list: FactRef
    of: FactRef
    where: Condition | None
    predicate: Comparison
    span: Span = span_field()


@attrs.frozen
class Share:
    """The share, in per cent, of the records for which the condition holds meets the predicate."""

    list: FactRef
    among: Condition | None
    where: Condition
    predicate: Comparison
    span: Span = span_field()


#: What looks at each record of a list.
OnList: TypeAlias = Quantified | Count | Sum | Share
Condition: TypeAlias = All | AnyOf | Not | Test | Known | OnList


def children(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions directly inside a condition."""
    match condition:
        case All(items) | AnyOf(items):
            return items
        case Not(item):
            return (item,)
        case Quantified(where=where):
            return (where,)
        case Share(among=among, where=where):
            return (where,) if among is None else (among, where)
        case Count(where=where) | Sum(where=where):
            return () if where is None else (where,)
        case Test() | Known():
            return ()
        case _:
            assert_never(condition)


def tested(condition: OnList) -> Comparison | None:
    """Return the comparison of an aggregate; None for a quantifier."""
    return None if isinstance(condition, Quantified) else condition.predicate


def beside(condition: OnList) -> tuple[FactRef, ...]:
    """Return the record facts an aggregate reads apart from its conditions."""
    return (condition.of,) if isinstance(condition, Sum) else ()

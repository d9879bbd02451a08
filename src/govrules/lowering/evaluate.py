"""
Formulas evaluated on attrs objects, one subject at a time.

A leaf reads facts and compares them; nothing is decided here that a formula leaves open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias, assert_never

import attrs
from dateutil.relativedelta import relativedelta

from govrules.facts import absent, read_field, said
from govrules.lowering import ir
from govrules.rulebook.ast import ORDER, FactSource, Op
from govrules.truth import UNKNOWN
from govrules.truth import Unknown as NotKnown
from govrules.vocabulary import Choice


@attrs.frozen(eq=False)
class _Frame:
    """
    A record in sight, with what was worked out of it.

    Attributes:
        record: an attrs object.
        possible: the values that its derived facts may have.
        held: which conjunctions hold that are seen from it; formulas share many.
    """

    record: Any
    possible: dict[ir.Table, frozenset[Any]] = attrs.field(factory=dict)
    held: dict[ir.And, bool] = attrs.field(factory=dict)


#: The records in sight by depth, the subject first.
Frames: TypeAlias = tuple[_Frame, ...]
_NOTHING: Final[Mapping[ir.Node, Any]] = {}


class Evaluation:
    """
    One subject on one date.

    Args:
        record: the subject, an attrs object.

        as_of: the date of the assessment.

        given: what some formulas and numbers are, whatever the records of the subject say.

        outer: the records that `record` is inside, where it is no subject.
    """

    def __init__(
        self,
        record: Any,  # noqa: ANN401 - any attrs object
        as_of: dt.date | NotKnown,
        given: Mapping[ir.Node, Any] = _NOTHING,
        outer: Frames = (),
    ) -> None:
        self._as_of: Final = as_of
        self._given: Final = given
        self._frames: Final = (*outer, _Frame(record))

    def holds(self, formula: ir.Formula) -> bool:
        """Tell whether a formula holds."""
        return self._holds(formula, self._frames)

    def inside(self, record: Any) -> Evaluation:  # noqa: ANN401 - any attrs object
        """Return the subject as it is seen from a record of a list."""
        return Evaluation(record, self._as_of, self._given, self._frames)

    def contribution(self, leaf: ir.Exists | ir.Total) -> Any:  # noqa: ANN401 - a number
        """Return what the record that the subject is seen from adds to a number over its list."""
        return self._adds(leaf, self._frames)

    def _holds(self, formula: ir.Formula, frames: Frames) -> bool:
        match formula:
            case ir.Neg(item=item):
                return not self._holds(item, frames)
            case ir.And(items=items):
                held = frames[-1].held
                if formula not in held:
                    held[formula] = all(self._holds(each, frames) for each in items)
                return held[formula]
            case ir.Unknown(read=fact):
                return self._value(fact, frames) is UNKNOWN
            case ir.Among(read=fact, values=values):
                value = self._value(fact, frames)
                return value is not UNKNOWN and value is not None and value in values
            case ir.Absent(read=fact):
                return self._value(fact, frames) is None
            case ir.Holds():
                return self._stands(formula, frames)
            case ir.May(table=table, values=values):
                return not values.isdisjoint(self._possible(formula, table, frames))
            case ir.Exists(var=var):
                if formula in self._given:
                    return bool(self._given[formula])
                return any(self._adds(formula, each) for each in self._inside(var, frames))
            case ir.Above(one=one, other=other, equal=equal):
                a, b = self._number(one, frames), self._number(other, frames)
                return bool(a >= b if equal else a > b)
            case ir.More(read=fact):
                value = self._value(fact, frames)
                return value is UNKNOWN or any(each is UNKNOWN for each in value)
            case ir.Meets(read=fact, wanted=wanted, all=every):
                known = frozenset(self._several(fact, frames))
                if isinstance(wanted, ir.Read):
                    wanted = frozenset(self._several(wanted, frames))
                return wanted <= known if every else not wanted.isdisjoint(known)
            case ir.Const(value=value):
                return value
            case _:
                assert_never(formula)

    def _stands(self, formula: ir.Holds, frames: Frames) -> bool:
        one, other = self._value(formula.one, frames), formula.other
        if isinstance(other, ir.Read):
            other = self._value(other, frames)
        if any(each is UNKNOWN or each is None for each in (one, other)):
            return False
        match formula.op:
            case Op.EQUALS:
                return bool(one == other)
            case Op.OLDER_THAN:
                return self._as_of is not UNKNOWN and one < months_before(self._as_of, other)
        if isinstance(formula.type, Choice):
            one, other = formula.type.values.index(one), formula.type.values.index(other)
        return ORDER[formula.op](one, other)

    def _possible(self, asked: ir.May, table: ir.Table, frames: Frames) -> frozenset[Any]:
        """Return the values that a derived fact may have, those beneath it worked out before it."""
        known = frames[table.var.depth].possible
        if table not in known:
            seen = frames[: table.var.depth + 1]
            for each in ir.in_order([asked], known):
                # Those of records further in are worked out where these are gone through.
                if each.var is table.var:
                    known[each] = frozenset(
                        value for value, so in each.may.items() if self._holds(so, seen)
                    )
        return known[table]

    def _number(self, number: ir.Num, frames: Frames) -> Any:  # noqa: ANN401 - a number
        match number:
            case ir.Amount(of=ir.Read() as fact):
                value = self._value(fact, frames)
                return 0 if value is UNKNOWN or value is None else value
            case ir.Amount(of=value):
                return value
            case ir.Total(var=var):
                if number in self._given:
                    return self._given[number]
                return sum(self._adds(number, each) for each in self._inside(var, frames))
            case ir.Members(read=fact):
                return sum(1 for _ in self._several(fact, frames))
            case ir.Times(one=one, other=other):
                return self._number(one, frames) * self._number(other, frames)
            case _:
                assert_never(number)

    def _adds(self, leaf: ir.Exists | ir.Total, frames: Frames) -> Any:  # noqa: ANN401 - a number
        if not self._holds(leaf.so, frames):
            return 0
        return 1 if isinstance(leaf, ir.Exists) or leaf.of is None else self._value(leaf.of, frames)

    def _inside(self, var: ir.Var, frames: Frames) -> Iterator[Frames]:
        assert var.list is not None  # noqa: S101 - only lists are gone through
        outer = frames[: var.depth]
        for record in self._several(var.list, frames):
            yield (*outer, _Frame(record))

    def _several(self, fact: ir.Read, frames: Frames) -> Iterator[Any]:
        """Yield the known members of a set, or records of a list."""
        value = self._value(fact, frames)
        return (each for each in (() if value is UNKNOWN else value) if each is not UNKNOWN)

    def _value(self, fact: ir.Read, frames: Frames) -> Any:  # noqa: ANN401 - any fact's
        if fact.var is None:
            return self._as_of
        record = frames[fact.var.depth].record
        match fact.source:
            case FactSource.DERIVED:
                return said(record, "stated").get(fact.path, UNKNOWN)
            case FactSource.LOCAL:
                value = said(record, "local").get(fact.path, UNKNOWN)
                return absent(fact.fact) if value is None else value
            case _:
                return read_field(record, fact.path, fact.fact)


@lru_cache(maxsize=2**10)
def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day so many calendar months earlier, later where negative; the last there is."""
    try:
        return day - relativedelta(months=months)
    except (ValueError, OverflowError):
        return dt.date.min if months > 0 else dt.date.max

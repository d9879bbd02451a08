"""
Formulas made, and made simple: what says less than its parts already say is left out.

A three-valued condition is a pair of formulas, certainly true and certainly false; where neither
holds it is unknown. In the field's words this is a dual-rail encoding.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from govrules.lowering import ir
from govrules.rulebook.expr import FactSource, Op
from govrules.vocabulary import AS_OF, Choice, Fact, FactType, YesNo, closed_values, is_past

#: How many conjunctions are kept simplified.
_MOST_KEPT: Final = 2**15


class DualRail(NamedTuple):
    """Where a condition is certainly true, and where it is certainly false."""

    true: ir.Formula
    false: ir.Formula

    def __invert__(self) -> DualRail:
        return DualRail(self.false, self.true)


def table(  # noqa: PLR0917 - as the attributes of a table stand
    name: str,
    var: ir.Var,
    rows: Iterable[tuple[DualRail, Any]],
    otherwise: Any,  # noqa: ANN401 - a value of the fact
    stated: ir.FactRead | None,
    fact: Fact,
) -> ir.DerivedTable:
    """Return the table of a derived fact of a record; see `Table`."""
    rows = list(rows)
    ways = first_of(rows, otherwise)
    if stated is not None:
        for value in (*closed_values(fact.type), None):
            same = absent(stated) if value is None else among(stated, frozenset({value}))
            ways[value] = either(both(unknown(stated), ways.get(value, FALSE)), same)
    apart = tuple((pair.true, pair.false, value) for pair, value in rows)
    return ir.once(ir.DerivedTable, name, var, apart, otherwise, stated, fact, tuple(ways.items()))


def first_of(rows: Iterable[tuple[DualRail, Any]], otherwise: Any) -> dict[Any, ir.Formula]:  # noqa: ANN401 - any value
    """Return for each value where the first row that holds may give it."""
    found: dict[Any, ir.Formula] = {}
    reached: ir.Formula = TRUE
    for pair, value in rows:
        may = both(reached, no(pair.false))
        found[value] = either(found.get(value, FALSE), may)
        reached = both(reached, no(pair.true))
    found[otherwise] = either(found.get(otherwise, FALSE), reached)
    return {value: may for value, may in found.items() if may is not FALSE}


# ── Making them: what can be said more simply is ──────────────────────────────────────────────

TRUE: Final[ir.Formula] = ir.once(ir.Const, True)  # noqa: FBT003
FALSE: Final[ir.Formula] = ir.once(ir.Const, False)  # noqa: FBT003


def no(item: ir.Formula) -> ir.Formula:
    """Return *not*."""
    if item.contrary is None:
        match item:
            case ir.Const(value=value):
                contrary: ir.Formula = FALSE if value else TRUE
            case ir.Neg(item=inner):
                contrary = inner
            case _:
                contrary = ir.once(ir.Neg, item)
        object.__setattr__(item, "contrary", contrary)
    return item.contrary  # type: ignore[return-value]


def unknown(fact: ir.FactRead) -> ir.Formula:
    """Return that a fact is unknown: unrecorded, or a past event dated in the future."""
    if not fact.is_recorded:
        return TRUE
    return either(unrecorded(fact), ahead(fact)) if is_past(fact.type) else unrecorded(fact)


def unrecorded(fact: ir.FactRead) -> ir.Formula:
    """Return that nobody recorded a fact."""
    return ir.once(ir.IsUnknown, fact)


def ahead(fact: ir.FactRead) -> ir.Formula:
    """Return that a date lies after that of the assessment."""
    return ir.once(ir.Holds, Op.MORE_THAN, fact, AS_OF_READ, fact.type)


def absent(fact: ir.FactRead) -> ir.Formula:
    """Return that a fact is known to be none; a yes or no is then no, unless it was stated."""
    plain = isinstance(fact.type, YesNo) and fact.source is not FactSource.DERIVED
    return FALSE if plain or not fact.is_recorded else ir.once(ir.Absent, fact)


def there(fact: ir.FactRead) -> ir.Formula:
    """Return that a fact has a value."""
    return both(no(unknown(fact)), no(absent(fact)))


def more(fact: ir.FactRead) -> ir.Formula:
    """Return that a list or a set may have more in it than is known."""
    return ir.once(ir.More, fact) if fact.is_recorded else TRUE


def among(fact: ir.FactRead, values: frozenset[Any]) -> ir.Formula:
    """Return that a fact has one of these values."""
    if not values or not fact.is_recorded:
        return FALSE
    if isinstance(fact.type, YesNo) and fact.source is not FactSource.DERIVED and False in values:
        return both(there(fact), no(among(fact, frozenset({True}))))
    return ir.once(ir.Among, fact, values)


def holds(op: Op, one: ir.FactRead, other: ir.FactRead | Any, kind: FactType) -> ir.Formula:  # noqa: ANN401 - a value
    """Return that two values stand in a relation; see `Holds`."""
    if isinstance(kind, Choice) and not isinstance(other, ir.FactRead):
        place = kind.values.index(other)
        return among(one, frozenset(kind.values[place if op is Op.AT_LEAST else place + 1 :]))
    return ir.once(ir.Holds, op, one, other, kind)


def meets(fact: ir.FactRead, wanted: ir.FactRead | frozenset[str], *, all_: bool) -> ir.Formula:
    """Return that what is known of a set has members in common with another; see `Meets`."""
    if isinstance(wanted, frozenset) and not wanted:
        return TRUE if all_ else FALSE
    if not fact.is_recorded:
        if isinstance(wanted, frozenset) or not all_:
            return FALSE
        return no(above(members(wanted), ZERO, equal=False))
    return ir.once(ir.Meets, fact, wanted, all_)


def exists(var: ir.Var, so: ir.Formula) -> ir.Formula:
    """Return that a known record of a list is so."""
    assert var.list is not None  # noqa: S101 - only lists are gone through
    return FALSE if so is FALSE or not var.list.is_recorded else ir.once(ir.Exists, var, so)


def above(one: ir.Num, other: ir.Num, *, equal: bool) -> ir.Formula:
    """Return that a number is greater than another, or where `equal`, at least it."""
    if isinstance(one, ir.Amount) and isinstance(other, ir.Amount):
        more, less = one.of, other.of
        if not (isinstance(more, ir.FactRead) or isinstance(less, ir.FactRead)):
            return TRUE if (more >= less if equal else more > less) else FALSE
    return ir.once(ir.Above, one, other, equal)


def may(table: ir.DerivedTable, values: Iterable[Any]) -> ir.Formula:
    """Return that a derived fact may still have one of these values."""
    possible = frozenset(values).intersection(table.may)
    if not table.var.recorded:
        # Of a record that nobody recorded yet nothing is left to be worked out.
        return _ways(table, possible)
    if not possible:
        return FALSE
    return TRUE if len(possible) == len(table.may) else ir.once(ir.May, table, possible)


def amount(of: int | Decimal | ir.FactRead) -> ir.Num:
    """Return a number of the rulebook or of a fact."""
    return ir.once(ir.Amount, of) if not isinstance(of, ir.FactRead) or of.is_recorded else ZERO


def total(var: ir.Var, so: ir.Formula, of: ir.FactRead | None = None) -> ir.Num:
    """Return how many known records are so, or the sum of a fact over them."""
    assert var.list is not None  # noqa: S101 - only lists are gone through
    return ZERO if so is FALSE or not var.list.is_recorded else ir.once(ir.RecordTotal, var, so, of)


def members(fact: ir.FactRead) -> ir.Num:
    """Return how many members of a set are known."""
    return ir.once(ir.Members, fact) if fact.is_recorded else ZERO


def times(one: ir.Num, other: ir.Num) -> ir.Num:
    """Return a product."""
    if one is ONE or other is ONE:
        return other if one is ONE else one
    return ir.once(ir.Times, one, other)


#: The date of the assessment.
AS_OF_READ: Final = ir.read(None, AS_OF.name, FactSource.AS_OF, AS_OF)
ZERO: Final = amount(0)
ONE: Final = amount(1)


def spelled(asked: ir.May) -> ir.Formula:
    """Return an equivalent of `may` without the table."""
    return _ways(asked.table, asked.values)


def _ways(table: ir.DerivedTable, values: frozenset[Any]) -> ir.Formula:
    return either(*(where for value, where in table.ways if value in values))


def either(*items: ir.Formula) -> ir.Formula:
    """Return *or*."""
    return no(both(*map(no, items)))


@functools.lru_cache(maxsize=_MOST_KEPT)
def both(*items: ir.Formula) -> ir.Formula:
    """Return *and*, in the order given, without redundant conjuncts."""
    known = _Assumptions()
    return _conjunction(list(known.items())) if known.learn_all(items) else FALSE


def all_of(*items: ir.Formula) -> ir.Formula:
    """Return *and* without simplification; see `both`."""
    if FALSE in items:
        return FALSE
    return _conjunction(list(dict.fromkeys(item for item in items if item is not TRUE)))


def any_of(*items: ir.Formula) -> ir.Formula:
    """Return *or* without simplification; see `either`."""
    return no(all_of(*map(no, items)))


def _conjunction(items: list[ir.Formula]) -> ir.Formula:
    if not items:
        return TRUE
    return items[0] if len(items) == 1 else ir.once(ir.And, tuple(items))


# ── Kleene's logic on pairs ───────────────────────────────────────────────────────────────────


def conjunction(pairs: Iterable[DualRail]) -> DualRail:
    """Return Kleene's *and*."""
    every = list(pairs)
    return DualRail(both(*(each.true for each in every)), either(*(each.false for each in every)))


def disjunction(pairs: Iterable[DualRail]) -> DualRail:
    """Return Kleene's *or*."""
    return ~conjunction(~pair for pair in pairs)


def wherever(alternatives: Iterable[tuple[ir.Formula, ir.Formula]]) -> ir.Formula:
    """Return the conjunction over all possible alternatives; at least one is possible."""
    grouped: dict[ir.Formula, list[ir.Formula]] = {}
    for possible, formula in alternatives:
        if possible is not FALSE:
            grouped.setdefault(formula, []).append(possible)
    if len(grouped) == 1:
        return next(iter(grouped))
    return _factored(
        list(grouped),
        lambda rest: both(
            *(
                either(no(either(*several)), each)
                for each, several in zip(rest, grouped.values(), strict=True)
            )
        ),
    )


def _factored(
    formulas: Sequence[ir.Formula], joined: Callable[[Sequence[ir.Formula]], ir.Formula]
) -> ir.Formula:
    """Return a disjunction of formulas with common conjuncts factored out."""
    for turned, joint in ((lambda each: each, both), (no, either)):
        parts = [tuple(map(turned, conjuncts(turned(formula)))) for formula in formulas]
        common = [each for each in parts[0] if all(each in other for other in parts)]
        if common:
            rest = [joint(*(each for each in own if each not in common)) for own in parts]
            return joint(*common, joined(rest))
    return joined(formulas)


def conjuncts(formula: ir.Formula) -> tuple[ir.Formula, ...]:
    """Return the conjuncts of a formula."""
    return formula.items if isinstance(formula, ir.And) else (formula,)


def agreed(alternatives: Iterable[tuple[ir.Formula, DualRail]]) -> DualRail:
    """Return the rails on which all possible alternatives agree."""
    every = list(alternatives)
    return DualRail(
        wherever((possible, pair.true) for possible, pair in every),
        wherever((possible, pair.false) for possible, pair in every),
    )


# ── What follows from what ────────────────────────────────────────────────────────────────────


class _Assumptions:
    """Formulas assumed to hold, closed under unit propagation."""

    def __init__(self) -> None:
        self._held: dict[ir.Formula, None] = {}
        #: Contraries of conjunctions: at least one part of each does not hold.
        self._clauses: dict[ir.Formula, tuple[ir.Formula, ...]] = {}
        #: By fact: the values that it is among, and those that it is not among.
        self._among: dict[ir.FactRead, frozenset[Any]] = {}
        self._not_among: dict[ir.FactRead, frozenset[Any]] = {}
        self._there: set[ir.FactRead] = set()
        #: What is unrecorded or absent.
        self._gone: set[ir.FactRead] = set()
        #: The values that a derived fact cannot have.
        self._never: dict[ir.DerivedTable, frozenset[Any]] = {}

    def learn_all(self, items: Iterable[ir.Formula]) -> bool:
        """Assume formulas and their consequences; return False on contradiction."""
        waiting = [*items][::-1]
        while True:
            while waiting:
                item = waiting.pop()
                if isinstance(item, ir.And):
                    waiting += reversed(item.items)
                elif not self.learn(item):
                    return False
            found = self.unit()
            if found is None:
                return True
            waiting.append(found)

    def learn(self, item: ir.Formula) -> bool:
        """Assume a formula; return False on contradiction."""
        value = self.value(item)
        if value is not None:
            return value
        match item:
            case ir.Neg(item=ir.And(items=parts)):
                self._clauses[item] = parts
                return True
            case ir.IsUnknown(read=fact) | ir.Absent(read=fact):
                self._gone.add(fact)
            case ir.Among(read=fact, values=values):
                self._there.add(fact)
                self._among[fact] = self._left(fact, values)
            case ir.Neg(item=ir.Among(read=fact, values=values)):
                self._not_among[fact] = self._not_among.get(fact, frozenset()) | values
                if fact in self._among:
                    self._among[fact] -= values
            case ir.Holds(op=op, one=one, other=other):
                self._there |= {each for each in (one, other) if isinstance(each, ir.FactRead)}
                if op.is_age:
                    self._there.add(AS_OF_READ)
            case ir.Neg(item=ir.May(table=table, values=values)):
                self._never[table] = self._never.get(table, frozenset()) | values
            case _:
                pass
        self._held[item] = None
        return True

    def unit(self) -> ir.Formula | None:
        """Return the formula implied by a clause; FALSE on contradiction, None if none is."""
        for fact, values in self._not_among.items():
            closed = isinstance(fact.type, Choice) and fact not in self._there
            if closed and all(no(each(fact)) in self._held for each in (unrecorded, absent)):
                return among(fact, frozenset(closed_values(fact.type)) - values)
        for clause, parts in self._clauses.items():
            left = self._left_of(parts)
            if left is None or len(left) < len(parts):
                del self._clauses[clause]
                return TRUE if left is None else no(_conjunction(left))
        return None

    def items(self) -> Iterator[ir.Formula]:
        """Yield the assumptions in order, each once."""
        said: set[ir.FactRead | ir.DerivedTable] = set()
        for item in self._held:
            match item:
                case ir.Neg(item=ir.IsUnknown(read=fact) | ir.Absent(read=fact)) if (
                    fact in self._there or fact in self._gone
                ):
                    continue
                case ir.Among(read=fact) | ir.Neg(item=ir.Among(read=fact)):
                    if fact not in said and fact not in self._gone:
                        said.add(fact)
                        apart = no(among(fact, self._not_among.get(fact, frozenset())))
                        yield among(fact, self._among[fact]) if fact in self._among else apart
                case ir.May(table=table, values=values):
                    yield may(table, values - self._never.get(table, frozenset()))
                case ir.Neg(item=ir.May(table=table)):
                    if table not in said:
                        said.add(table)
                        yield no(may(table, self._never[table]))
                case _:
                    yield item
        yield from self._clauses

    def value(self, item: ir.Formula) -> bool | None:
        """Return a formula's truth under the assumptions; None if it is open."""
        if item in self._held or item in self._clauses:
            return True
        # What was never made is held by nobody.
        contrary = item.contrary
        if contrary is not None and (contrary in self._held or contrary in self._clauses):
            return False
        match item:
            case ir.Const(value=value):
                return value
            case ir.Neg(item=inner):
                found = self.value(inner)
                return None if found is None else not found
            case ir.And(items=items):
                left = self._left_of(items)
                return False if left is None else None if left else True
            case ir.IsUnknown(read=fact) | ir.Absent(read=fact):
                return False if fact in self._there or fact in self._gone else None
            case ir.Among(read=fact, values=values):
                if fact in self._gone or not self._left(fact, values):
                    return False
                return True if fact in self._among and self._among[fact] <= values else None
            case ir.Holds(one=one, other=other):
                return None if self._gone.isdisjoint((one, other)) else False
            case ir.May(table=table, values=values):
                never = self._never.get(table, frozenset())
                if values <= never:
                    return False
                return True if table.may.keys() - never <= values else None
            case _:
                return None

    def instead_of(self, item: ir.Holds) -> ir.Formula:
        """Return an equivalent of a comparison that holds wherever its values are present."""
        alone = _Assumptions()
        alone.learn(item)
        for parts in self._clauses.values():
            rest = [part for part in parts if part is not no(item)]
            if len(rest) < len(parts) and all(map(alone.value, rest)):
                return _conjunction(rest)
        return item

    def _left(self, fact: ir.FactRead, values: frozenset[Any]) -> frozenset[Any]:
        before = self._among.get(fact, values)
        return (values & before) - self._not_among.get(fact, frozenset())

    def _left_of(self, items: Iterable[ir.Formula]) -> list[ir.Formula] | None:
        """Return the formulas not implied already; None if one contradicts."""
        left = []
        for item in items:
            value = self.value(item)
            if value is False:
                return None
            if value is None:
                left.append(item)
        return left


def given(formula: ir.Formula, facts: Iterable[ir.Formula]) -> ir.Formula:
    """Return an equivalent of a formula under assumptions, never longer."""
    known = _Assumptions()
    known.learn_all(facts)
    simpler: dict[ir.Formula, ir.Formula] = {}

    def under(item: ir.Formula) -> ir.Formula:
        if item not in simpler:
            value = known.value(item)
            match item:
                case _ if value is not None:
                    simpler[item] = TRUE if value else FALSE
                case ir.And(items=items):
                    simpler[item] = both(*map(under, items))
                case ir.Neg(item=inner):
                    simpler[item] = no(under(inner))
                case ir.Holds():
                    simpler[item] = known.instead_of(item)
                case _:
                    simpler[item] = item
        return simpler[item]

    return under(formula)

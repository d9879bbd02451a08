"""
Conditions to z3: each as a pair of formulas, definitely true and definitely false.

What stands here follows `govrules.engines.reference` arm by arm; tests hold it to that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, TypeAlias, assert_never

import attrs
import z3

from govrules.engines.reference import COUNTED, PER_CENT
from govrules.prove.symbols import (
    Day,
    Listed,
    Members,
    Nested,
    OutsideError,
    Single,
    Space,
    SymbolicRecord,
    Value,
    constant,
    earlier,
    months_earlier,
    same_day,
)
from govrules.prove.terms import (
    Term,
    both,
    either,
    exact,
    false,
    implied,
    is_false,
    is_true,
    no,
    real,
    true,
)
from govrules.rulebook.ast import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Comparison,
    Condition,
    Count,
    Derived,
    FactRef,
    FactSource,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Operand,
    Parameter,
    Quantified,
    Quantity,
    Rule,
    SetOp,
    Severity,
    Share,
    Sum,
    Test,
    ValueTest,
)
from govrules.vocabulary import Choice, Choices, FactType, Months, Record, Records, YesNo


@attrs.frozen(eq=False)
class Pair:
    """Whether a condition is definitely true, and whether definitely false."""

    true: Term
    false: Term

    def __invert__(self) -> Pair:
        return Pair(self.false, self.true)


@attrs.frozen(eq=False)
class SetValue:
    """A set that a set is compared with: unknown, or which members it has."""

    unknown: Term
    of: Mapping[str, Term]


@attrs.frozen(eq=False)
class Interval:
    """
    Between what numbers a count, sum or share is.

    Attributes:
        least: the least.
        greatest: the greatest, where it has a limit.
        no_limit: whether it has none.
    """

    least: Term
    greatest: Term
    no_limit: Term


@attrs.frozen(eq=False)
class Judged:
    """What a rule says: whether it applies, whether what it requires holds, and how grave it is."""

    scope: Pair
    requires: Pair
    at_least: Mapping[Severity, Term]

    @property
    def flagged(self) -> Term:
        """Whether the rule flags the subject."""
        return both(self.scope.true, self.requires.false)

    @property
    def clear(self) -> Term:
        """Whether the subject is clear."""
        return both(no(self.scope.false), self.requires.true)

    @property
    def not_applicable(self) -> Term:
        """Whether the rule does not apply."""
        return self.scope.false


def certain() -> Pair:
    """Return what holds whatever is recorded."""
    return Pair(true(), false())


Scopes: TypeAlias = tuple[SymbolicRecord, ...]
Alternatives: TypeAlias = list[tuple[Term, Any]]

_ORDERED: Final[Mapping[Op, Callable[[Any, Any], Any]]] = {
    Op.AT_LEAST: lambda one, other: one >= other,
    Op.AT_MOST: lambda one, other: one <= other,
    Op.MORE_THAN: lambda one, other: one > other,
    Op.LESS_THAN: lambda one, other: one < other,
}
_DAYS: Final[Mapping[Op, Callable[[Day, Day], Any]]] = {
    Op.AT_LEAST: lambda one, other: no(earlier(one, other)),
    Op.AT_MOST: lambda one, other: no(earlier(other, one)),
    Op.MORE_THAN: lambda one, other: earlier(other, one),
    Op.LESS_THAN: earlier,
}


def conjunction(pairs: Iterable[Pair]) -> Pair:
    """Return *and*."""
    every = list(pairs)
    return Pair(both(*(each.true for each in every)), either(*(each.false for each in every)))


def disjunction(pairs: Iterable[Pair]) -> Pair:
    """Return *or*."""
    every = list(pairs)
    return Pair(either(*(each.true for each in every)), both(*(each.false for each in every)))


def unanimous(alternatives: Iterable[tuple[Term, Pair]]) -> Pair:
    """Return what all alternatives that are possible agree on; one always is."""
    every = list(alternatives)
    return Pair(
        both(*(implied(possible, each.true) for possible, each in every)),
        both(*(implied(possible, each.false) for possible, each in every)),
    )


@attrs.define(eq=False)
class Encoder:
    """Puts the conditions of one rulebook on the facts of one subject."""

    space: Space
    derived: Mapping[str, Derived]
    _settled: dict[tuple[int, tuple[int, ...]], tuple[Condition, Pair]] = attrs.field(factory=dict)
    _values: dict[tuple[str, int], Alternatives] = attrs.field(factory=dict)
    _judged: dict[int, tuple[Rule, Judged]] = attrs.field(factory=dict)

    def judge(self, rule: Rule) -> Judged:
        """Return what a rule says of the subject."""
        key = id(rule)
        if key not in self._judged:
            # The rule is kept, so that no other can come to have its id.
            self._judged[key] = (rule, self._judge(rule))
        return self._judged[key][1]

    def _judge(self, rule: Rule) -> Judged:
        scopes = (self.space.top,)
        applies = (
            certain() if rule.applies_when is None else self.evaluate(rule.applies_when, scopes)
        )
        scope = conjunction([applies, *(~self.evaluate(each.when, scopes) for each in rule.unless)])
        return Judged(scope, self.evaluate(rule.requires, scopes), self._severity(rule, scopes))

    def _severity(self, rule: Rule, scopes: Scopes) -> dict[Severity, Term]:
        possible: list[tuple[Term, Severity]] = []
        reached = true()
        for grade in rule.grades:
            holds = self.evaluate(grade.when, scopes)
            possible.append((both(reached, no(holds.false)), grade.severity))
            reached = both(reached, no(holds.true))
        possible.append((reached, rule.otherwise))
        relieved = either(*(self.evaluate(each.when, scopes).true for each in rule.mitigated_by))

        def least(rank: int) -> Term:
            return both(*(no(when) for when, severity in possible if severity.rank < rank))

        return {
            each: true()
            if each is Severity.LOW
            else both(implied(relieved, least(each.rank + 1)), least(each.rank))
            for each in Severity
        }

    def evaluate(self, condition: Condition, scopes: Scopes) -> Pair:
        """Return whether a condition holds, as far as the facts tell."""
        key = (id(condition), tuple(id(each) for each in scopes))
        if key not in self._settled:
            # The condition is kept, so that no other can come to have its id.
            self._settled[key] = (condition, self._evaluate(condition, scopes))
        return self._settled[key][1]

    def _evaluate(self, condition: Condition, scopes: Scopes) -> Pair:
        match condition:
            case All(items):
                return conjunction(self.evaluate(item, scopes) for item in items)
            case AnyOf(items):
                return disjunction(self.evaluate(item, scopes) for item in items)
            case Not(item):
                return ~self.evaluate(item, scopes)
            case Test(ref, predicate):
                if isinstance(predicate, Includes):
                    wanted = self.possible(predicate.operand, scopes, ref.type)
                    return unanimous(
                        (when, includes(predicate.op, self._members(ref, scopes), each))
                        for when, each in wanted
                    )
                return unanimous(
                    (when, self.stands(value, predicate, ref.type, scopes))
                    for when, value in self.values(ref, scopes)
                )
            case Known(ref, recorded):
                known = self._is_known(ref, scopes)
                pair = Pair(known, no(known))
                return pair if recorded else ~pair
            case Quantified(quantity, ref, where):
                return self._quantified(quantity, ref, where, scopes)
            case Count(ref, where, predicate):
                interval = self._count(ref, where, scopes)
                return self._in_interval(interval, predicate, COUNTED, scopes)
            case Sum(ref, of, where, predicate):
                interval = self._sum(ref, of, where, scopes)
                return self._in_interval(interval, predicate, of.type, scopes)
            case Share(ref, among, where, predicate):
                return unanimous(
                    (when, self._in_interval(interval, predicate, PER_CENT, scopes))
                    for when, interval in self._share(ref, among, where, scopes)
                )
            case _:
                assert_never(condition)

    def values(self, ref: FactRef, scopes: Scopes) -> Alternatives:
        """Return every value that a fact may have, each with when it may."""
        match ref.source:
            case FactSource.DERIVED:
                return self.derive(self.derived[ref.path], scopes[ref.level])
            case FactSource.AS_OF:
                return [(true(), self.space.as_of.value)]
            case FactSource.RECORDED | FactSource.LOCAL:
                held = scopes[ref.level].find(ref.path)
                match held:
                    case Members(of=of, more=more):
                        found = either(*of.values())
                        return [(true(), Value(both(no(found), more), both(no(found), no(more))))]
                    case Listed(there=there, more=more):
                        found = either(*there)
                        return [(true(), Value(both(no(found), more), both(no(found), no(more))))]
                    case Nested(state=state):
                        return [(true(), state.value)]
                    case Single():
                        return [(true(), held.value)]
                    case _:
                        assert_never(held)
            case _:
                assert_never(ref.source)

    def derive(self, derived: Derived, record: SymbolicRecord) -> Alternatives:
        """Return every value that a derived fact may still have, each with when it may."""
        key = (derived.name, id(record))
        if key not in self._values:
            found: dict[Any, list[Term]] = {}
            reached = true()
            for row in derived.rows:
                holds = self.evaluate(row.when, (record,))
                found.setdefault(row.value, []).append(both(reached, no(holds.false)))
                reached = both(reached, no(holds.true))
            found.setdefault(derived.otherwise, []).append(reached)
            self._values[key] = [
                (either(*when), self._constant(value, derived.fact.type))
                for value, when in found.items()
            ]
        return self._values[key]

    def _constant(self, value: Any, fact_type: FactType) -> Value:  # noqa: ANN401 - any literal
        if value is None:
            return Value(false(), true(), None)
        if isinstance(value, dt.date) or not isinstance(value, frozenset):
            return Value(false(), false(), constant(value, fact_type, self.space.texts))
        msg = "a set is no single value"
        raise AssertionError(msg)

    def possible(self, operand: Operand, scopes: Scopes, fact_type: FactType) -> Alternatives:
        """Return every value that an operand may have, each with when it may."""
        match operand:
            case Literal(value) | Parameter(value=value):
                if isinstance(fact_type, Choices):
                    members: frozenset[str] = value if isinstance(value, frozenset) else frozenset()
                    return [(true(), SetValue(false(), dict.fromkeys(sorted(members), true())))]
                return [(true(), self._constant(value, fact_type))]
            case FactRef():
                if isinstance(operand.type, Choices):
                    other = self._members(operand, scopes)
                    return [(true(), SetValue(other.more, other.of))]
                if isinstance(operand.type, Choice) and operand.type != fact_type:
                    same = isinstance(fact_type, Choice) and fact_type.values == operand.type.values
                    if not same:
                        raise OutsideError(f"`{operand.path}` has other values than its fellow")
                return self.values(operand, scopes)
            case By(selector, cases):
                return self._chosen(selector, cases, scopes, fact_type)
            case _:
                assert_never(operand)

    def _chosen(
        self,
        selector: FactRef,
        cases: tuple[tuple[str | bool, Operand], ...],
        scopes: Scopes,
        fact_type: FactType,
    ) -> Alternatives:
        sets = isinstance(fact_type, Choices)
        unknown: Any = SetValue(true(), {}) if sets else Value(true(), false(), None)
        nothing: Any = SetValue(false(), {}) if sets else Value(false(), true(), None)
        found: Alternatives = []
        for when, selected in self.values(selector, scopes):
            found.append((both(when, selected.unknown), unknown))
            found.append((both(when, selected.none), nothing))
            if selected.term is None:
                continue
            known = both(when, no(selected.unknown), no(selected.none))
            for value, operand in cases:
                term = constant(value, selector.type, self.space.texts)
                chosen = both(known, z3.simplify(selected.term == term))
                if is_false(chosen):
                    continue
                found += [
                    (both(chosen, may), each)
                    for may, each in self.possible(operand, scopes, fact_type)
                ]
        return [(when, each) for when, each in found if not is_false(when)]

    def stands(
        self, value: Value, predicate: ValueTest, fact_type: FactType, scopes: Scopes
    ) -> Pair:
        """Return whether a value stands a test."""
        match predicate:
            case Compare(op, operand):
                others = self.possible(operand, scopes, _compared_with(op, fact_type))
                return unanimous((when, self._compare(value, op, each)) for when, each in others)
            case OneOf(operands):
                return disjunction(
                    self.stands(value, Compare(Op.EQUALS, operand), fact_type, scopes)
                    for operand in operands
                )
            case Between(low, high):
                return conjunction(
                    (
                        self.stands(value, Compare(Op.AT_LEAST, low), fact_type, scopes),
                        self.stands(value, Compare(Op.AT_MOST, high), fact_type, scopes),
                    )
                )
            case _:
                assert_never(predicate)

    def _compare(self, value: Value, op: Op, other: Value) -> Pair:
        known = both(no(value.unknown), no(other.unknown))
        absent = either(value.none, other.none)
        there = value.term is not None and other.term is not None
        if op is Op.EQUALS:
            same = _same(value.term, other.term) if there else false()
            equal = either(both(value.none, other.none), both(no(absent), same))
            return Pair(both(known, equal), both(known, no(equal)))
        if not there:
            return Pair(false(), absent)
        if op.is_age:
            as_of = self.space.as_of.value
            known = both(known, no(as_of.unknown))
            assert isinstance(as_of.term, Day)  # noqa: S101 - it is a date
            exists, before = months_earlier(as_of.term, other.term)
            assert isinstance(value.term, Day)  # noqa: S101 - settled when the rule was checked
            older = both(exists, earlier(value.term, before))
            holds = older if op is Op.OLDER_THAN else no(older)
        elif isinstance(value.term, Day):
            assert isinstance(other.term, Day)  # noqa: S101 - settled when the rule was checked
            holds = _DAYS[op](value.term, other.term)
        else:
            holds = _ORDERED[op](value.term, other.term)
        return Pair(both(known, no(absent), holds), either(absent, both(known, no(holds))))

    def _members(self, ref: FactRef, scopes: Scopes) -> Members:
        held = scopes[ref.level].find(ref.path)
        assert isinstance(held, Members)  # noqa: S101 - settled when the rule was checked
        return held

    def _list(self, ref: FactRef, scopes: Scopes) -> Listed:
        held = scopes[ref.level].find(ref.path)
        assert isinstance(held, Listed)  # noqa: S101 - settled when the rule was checked
        return held

    def _is_known(self, ref: FactRef, scopes: Scopes) -> Term:
        if isinstance(ref.type, Records):
            return no(self._list(ref, scopes).more)
        if isinstance(ref.type, Choices):
            return no(self._members(ref, scopes).more)
        found = self.values(ref, scopes)
        if len(found) == 1:
            return no(found[0][1].unknown)
        only = [
            both(when, *(no(other) for j, (other, _) in enumerate(found) if j != i))
            for i, (when, _) in enumerate(found)
        ]
        return either(*only)

    def _within(
        self, ref: FactRef, where: Condition | None, scopes: Scopes
    ) -> tuple[list[tuple[Term, Pair]], Term]:
        listed = self._list(ref, scopes)
        return [
            (there, certain() if where is None else self.evaluate(where, (*scopes, record)))
            for there, record in zip(listed.there, listed.records, strict=True)
        ], listed.more

    def _quantified(
        self, quantity: Quantity, ref: FactRef, where: Condition, scopes: Scopes
    ) -> Pair:
        pairs, more = self._within(ref, where, scopes)
        some = Pair(
            either(*(both(there, each.true) for there, each in pairs)),
            both(no(more), *(implied(there, each.false) for there, each in pairs)),
        )
        match quantity:
            case Quantity.SOME:
                return some
            case Quantity.NONE:
                return ~some
            case Quantity.EVERY:
                return Pair(
                    both(no(more), *(implied(there, each.true) for there, each in pairs)),
                    either(*(both(there, each.false) for there, each in pairs)),
                )
            case _:
                assert_never(quantity)

    def _count(self, ref: FactRef, where: Condition | None, scopes: Scopes) -> Interval:
        if isinstance(ref.type, Choices):
            members = self._members(ref, scopes)
            least = number_of(members.of.values())
            every = exact(len(ref.type.values))
            return Interval(least, _if(members.more, every, least), false())
        pairs, more = self._within(ref, where, scopes)
        least = number_of(both(there, each.true) for there, each in pairs)
        greatest = number_of(both(there, no(each.false)) for there, each in pairs)
        return Interval(least, greatest, more)

    def _sum(self, ref: FactRef, of: FactRef, where: Condition | None, scopes: Scopes) -> Interval:
        listed = self._list(ref, scopes)
        pairs, more = self._within(ref, where, scopes)
        least: list[Term] = []
        greatest: list[Term] = []
        no_limit = [more]
        for (there, counted), record in zip(pairs, listed.records, strict=True):
            held = (*scopes, record)[of.level].find(of.path)
            if not isinstance(held, Single):
                raise OutsideError(f"`{of.path}` is derived, and is added up")
            amount = held.value
            counts = both(there, no(counted.false), no(amount.none))
            no_limit.append(both(counts, amount.unknown))
            known = both(counts, no(amount.unknown))
            least.append(_if(both(known, counted.true), amount.term, exact(0)))
            greatest.append(_if(known, amount.term, exact(0)))
        return Interval(_total(least), _total(greatest), either(*no_limit))

    def _share(
        self, ref: FactRef, among: Condition | None, where: Condition, scopes: Scopes
    ) -> list[tuple[Term, Interval | None]]:
        answers, more = self._within(ref, where, scopes)
        counted, _ = self._within(ref, among, scopes)
        # By record, so that at most one of each is counted: is it counted, and is it so?
        base: list[Term] = []
        so: list[Term] = []
        perhaps_so: list[Term] = []
        with_maybe_so: list[Term] = []
        with_maybe_not: list[Term] = []
        for (there, counts), (_, each) in zip(counted, answers, strict=True):
            sure = both(there, counts.true)
            maybe = both(there, no(counts.true), no(counts.false))
            base.append(sure)
            so.append(both(sure, each.true))
            perhaps_so.append(both(either(sure, maybe), no(each.false)))
            with_maybe_so.append(either(sure, both(maybe, no(each.false))))
            with_maybe_not.append(either(sure, both(maybe, no(each.true))))
        some = either(*base)
        nothing = both(no(either(*with_maybe_so, *with_maybe_not)), no(more))
        any_share = Interval(exact(0), exact(100), false())
        share = Interval(_ratio(so, with_maybe_not), _ratio(perhaps_so, with_maybe_so), false())
        found: list[tuple[Term, Interval | None]] = [
            (no(some), None),
            (either(both(no(some), no(nothing)), both(some, more)), any_share),
            (both(some, no(more)), share),
        ]
        return [(when, each) for when, each in found if not is_false(when)]

    def _in_interval(
        self, interval: Interval | None, predicate: Comparison, fact_type: FactType, scopes: Scopes
    ) -> Pair:
        if interval is None:
            return self.stands(Value(false(), true(), None), predicate, fact_type, scopes)
        match predicate:
            case Compare(op, operand):
                return unanimous(
                    (when, _interval_compares(interval, op, each))
                    for when, each in self.possible(operand, scopes, fact_type)
                )
            case Between(low, high):
                return conjunction(
                    (
                        self._in_interval(interval, Compare(Op.AT_LEAST, low), fact_type, scopes),
                        self._in_interval(interval, Compare(Op.AT_MOST, high), fact_type, scopes),
                    )
                )
            case _:
                assert_never(predicate)


def _compared_with(op: Op, fact_type: FactType) -> FactType:
    if op.is_age:
        return Months()
    # A list, set or record is compared with none only, which is so of any type.
    return YesNo() if isinstance(fact_type, Choices | Record | Records) else fact_type


def _same(one: Any, other: Any) -> Term:  # noqa: ANN401 - two terms of one type
    if isinstance(one, Day) and isinstance(other, Day):
        return same_day(one, other)
    same: Term = one == other
    return z3.simplify(same)


def _interval_compares(interval: Interval, op: Op, other: Value) -> Pair:
    if other.term is None:
        return Pair(false(), other.none)
    known = both(no(other.unknown), no(other.none))
    limited = no(interval.no_limit)
    least, greatest, term = interval.least, interval.greatest, other.term
    match op:
        case Op.EQUALS:
            settled = both(limited, least == greatest)
            outside = either(term < least, both(limited, term > greatest))
            met, missed = both(settled, least == term), outside
        case Op.AT_LEAST | Op.LESS_THAN:
            met, missed = least >= term, both(limited, no(greatest >= term))
        case Op.MORE_THAN | Op.AT_MOST:
            met, missed = least > term, both(limited, no(greatest > term))
        case _:
            raise AssertionError("an age is not counted")
    if op in (Op.LESS_THAN, Op.AT_MOST):
        met, missed = missed, met
    return Pair(both(known, met), either(other.none, both(known, missed)))


def includes(op: SetOp, members: Members, wanted: SetValue) -> Pair:
    """Return whether a set includes any or all of the wanted members, or misses some."""
    closed = no(members.more)
    inside = [(members.of.get(each, false()), when) for each, when in wanted.of.items()]
    known = no(wanted.unknown)
    if op is SetOp.INCLUDES:
        some = either(*(both(here, when) for here, when in inside))
        return Pair(both(known, some), both(known, no(some), closed))
    every = both(*(implied(when, here) for here, when in inside))
    pair = Pair(both(known, every), both(known, no(every), closed))
    return pair if op is SetOp.INCLUDES_ALL else ~pair


def _if(when: Term, then: Term, otherwise: Term) -> Term:
    if is_true(when):
        return then
    return otherwise if is_false(when) else z3.If(when, then, otherwise)


def number_of(terms: Iterable[Term]) -> Term:
    """Return how many of these are so."""
    return _total([_if(each, exact(1), exact(0)) for each in terms])


def _total(terms: Sequence[Term]) -> Term:
    return z3.simplify(z3.Sum(list(terms))) if terms else exact(0)


def _ratio(some: Sequence[Term], every: Sequence[Term]) -> Term:
    """Return the per cent that some are of all, from a table: so it is exact and linear."""
    part, whole = number_of(some), number_of(every)
    found = exact(0)
    for total in range(1, len(every) + 1):
        for number in range(total + 1):
            here = both(part == number, whole == total)
            found = _if(here, real(Fraction(100 * number, total)), found)
    return found

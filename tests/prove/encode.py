"""
Rules written as z3 terms a second time, straight from the tree and arm by arm as the reference has it.

It shares nothing that decides with `govrules.lowering`, and z3 proves the two equal.
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
    Several,
    Single,
    SymbolicRecord,
    SymbolicSubject,
    constant,
    earlier,
    months_earlier,
    same_day,
)
from govrules.prove.terms import (
    Term,
    added,
    both,
    either,
    exact,
    false,
    implied,
    is_false,
    no,
    number_of,
    one_of,
    true,
)
from govrules.rulebook.ast import Derived, Rule, Severity
from govrules.rulebook.derivation import splits
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
    SetOp,
    Share,
    Sum,
    Test,
    ValueTest,
)
from govrules.vocabulary import Choices, Date, FactType, Months, Record, Records, YesNo


@attrs.frozen(eq=False)
class Pair:
    """Whether a condition is definitely true, and whether definitely false."""

    true: Term
    false: Term

    def __invert__(self) -> Pair:
        return Pair(self.false, self.true)


@attrs.frozen(eq=False)
class Value:
    """
    A single value: unknown, none, or its term.

    Attributes:
        unknown: whether nobody recorded it.
        none: whether it is known to be absent; never where it is unknown.
        term: a Bool, a number, a Day, or None for a record.
    """

    unknown: Term
    none: Term
    term: Any = None


def value_of(single: Single) -> Value:
    """Return a fact with one value as conditions see it."""
    return Value(no(single.known), single.none, single.term)


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
    """
    What a rule says.

    Attributes:
        flagged: whether it flags the subject.
        clear: whether the subject is clear.
        not_applicable: whether the rule does not apply.
        severities: whether each severity is possible, where the rule flags or may flag.
        mitigations: whether each mitigation holds, likewise.
        scope: whether the rule applies and no exception holds.
        requires: whether what it requires holds.
    """

    flagged: Term
    clear: Term
    not_applicable: Term
    severities: Mapping[Severity, Term]
    mitigations: tuple[Term, ...]
    scope: Pair
    requires: Pair


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
    """
    Puts the conditions of one rulebook on the facts of one subject.

    Attributes:
        space: the facts.
        derived: the derived facts by name.
        taken: values that derived facts of the subject are taken to have.
        plain: the same with nothing taken; None where nothing is.
    """

    space: SymbolicSubject
    derived: Mapping[str, Derived]
    taken: Mapping[str, Any] = attrs.field(factory=dict)
    plain: Encoder | None = None
    _settled: dict[tuple[int, tuple[int, ...]], tuple[Condition, Pair]] = attrs.field(factory=dict)
    _tables: dict[tuple[str, int], dict[Any, Term]] = attrs.field(factory=dict)

    def judge(self, rule: Rule) -> Judged:
        """Return what a rule says of the subject, for all that derived facts may still be."""
        cases: list[tuple[Term, Encoder]] = [(true(), self)]
        for name in splits(rule, self.derived):
            cases = [
                (both(when, may), Encoder(self.space, self.derived, taken, self))
                for when, case in cases
                for value, may in case.table(self.derived[name], self.space.top).items()
                for taken in ({**case.taken, name: value},)
            ]
        return _together(rule, [(when, case) for when, case in cases if not is_false(when)])

    def relief(self, rule: Rule) -> list[Pair]:
        """Return whether each mitigation of a rule holds."""
        return [self.evaluate(each.when, (self.space.top,)) for each in rule.mitigated_by]

    def scope(self, rule: Rule) -> Pair:
        """Return whether a rule applies and no exception holds."""
        scopes = (self.space.top,)
        applies = (
            certain() if rule.applies_when is None else self.evaluate(rule.applies_when, scopes)
        )
        return conjunction([applies, *(~self.evaluate(each.when, scopes) for each in rule.unless)])

    def severities(self, rule: Rule) -> dict[Severity, Term]:
        """Return whether each severity is possible, should the rule flag."""
        graded: list[tuple[Term, Severity]] = []
        reached = true()
        for grade in rule.grades:
            holds = self.evaluate(grade.when, (self.space.top,))
            graded.append((both(reached, no(holds.false)), grade.severity))
            reached = both(reached, no(holds.true))
        graded.append((reached, rule.otherwise))
        relieved = disjunction(self.relief(rule))
        found: dict[Severity, list[Term]] = {each: [] for each in Severity}
        for when, severity in graded:
            found[severity].append(both(when, no(relieved.true)))
            found[severity.stepped_down()].append(both(when, no(relieved.false)))
        return {each: either(*when) for each, when in found.items()}

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
                return [(true(), value_of(self.space.as_of))]
            case FactSource.RECORDED:
                held = scopes[ref.level].find(ref.path)
                match held:
                    case Several(of=of, more=more):
                        found = either(*of.values())
                        return [(true(), Value(both(no(found), more), both(no(found), no(more))))]
                    case Single():
                        return [(true(), self._not_ahead(held, ref.type))]
                    case _:
                        assert_never(held)
            case _:
                assert_never(ref.source)

    def _not_ahead(self, held: Single, fact_type: FactType) -> Value:
        """Return a date of something done as unknown where it lies after the assessment."""
        value, as_of = value_of(held), self.space.as_of
        if not isinstance(fact_type, Date) or not fact_type.past:
            return value
        assert isinstance(held.term, Day)
        assert isinstance(as_of.term, Day)
        ahead = both(held.there, as_of.there, _DAYS[Op.MORE_THAN](held.term, as_of.term))
        return Value(either(value.unknown, ahead), value.none, value.term)

    def derive(self, derived: Derived, record: SymbolicRecord) -> Alternatives:
        """Return every value that a derived fact may still have, each with when it may."""
        found = self.table(derived, record)
        return [(may, self._constant(value, derived.fact.type)) for value, may in found.items()]

    def table(self, derived: Derived, record: SymbolicRecord) -> dict[Any, Term]:
        """Return by value of a derived fact when it may still be that."""
        if record is self.space.top and derived.name in self.taken:
            return {self.taken[derived.name]: true()}
        key = (derived.name, id(record))
        if key not in self._tables:
            found: dict[Any, list[Term]] = {}
            reached = true()
            for row in derived.rows:
                holds = self.evaluate(row.when, (record,))
                found.setdefault(row.value, []).append(both(reached, no(holds.false)))
                reached = both(reached, no(holds.true))
            found.setdefault(derived.otherwise, []).append(reached)
            self._tables[key] = {value: either(*when) for value, when in found.items()}
        return self._tables[key]

    def _constant(self, value: Any, fact_type: FactType) -> Value:
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
        nothing: Any = SetValue(false(), {}) if sets else Value(false(), true(), None)
        found: Alternatives = []
        for when, selected in self.values(selector, scopes):
            # Of what is not known all values are tried; a yes or no is never none.
            open_ = both(when, selected.unknown)
            none = both(when, selected.none)
            found.append(
                (none if isinstance(selector.type, YesNo) else either(none, open_), nothing)
            )
            if selected.term is None:
                continue
            known = both(when, no(selected.unknown), no(selected.none))
            for value, operand in cases:
                term = constant(value, selector.type, self.space.texts)
                chosen = either(open_, both(known, z3.simplify(selected.term == term)))
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
            as_of = value_of(self.space.as_of)
            known = both(known, no(as_of.unknown))
            assert isinstance(as_of.term, Day)
            assert isinstance(value.term, Day)
            if op is Op.WITHIN_NEXT:
                _, limit = months_earlier(as_of.term, -other.term)
                soon = both(no(earlier(value.term, as_of.term)), earlier(value.term, limit))
                return Pair(both(known, no(absent), soon), either(absent, both(known, no(soon))))
            exists, before = months_earlier(as_of.term, other.term)
            older = both(exists, earlier(value.term, before))
            holds = older if op is Op.OLDER_THAN else no(older)
        elif isinstance(value.term, Day):
            assert isinstance(other.term, Day)
            holds = _DAYS[op](value.term, other.term)
        else:
            holds = _ORDERED[op](value.term, other.term)
        return Pair(both(known, no(absent), holds), either(absent, both(known, no(holds))))

    def _members(self, ref: FactRef, scopes: Scopes) -> Several:
        held = scopes[ref.level].find(ref.path)
        assert isinstance(held, Several)
        return held

    def _list(self, ref: FactRef, scopes: Scopes) -> Several:
        held = scopes[ref.level].find(ref.path)
        assert isinstance(held, Several)
        return held

    def _is_known(self, ref: FactRef, scopes: Scopes) -> Term:
        if isinstance(ref.type, Records):
            return no(self._list(ref, scopes).more)
        if isinstance(ref.type, Choices):
            return no(self._members(ref, scopes).more)
        found = (self.plain or self).values(ref, scopes)
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
            for there, record in listed.places
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
            return Interval(least, one_of(members.more, every, least), false())
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
        for (there, counted), record in zip(pairs, listed.records.values(), strict=True):
            held = (*scopes, record)[of.level].find(of.path)
            assert isinstance(held, Single)
            amount = value_of(held)
            counts = both(there, no(counted.false), no(amount.none))
            no_limit.append(both(counts, amount.unknown))
            known = both(counts, no(amount.unknown))
            least.append(one_of(both(known, counted.true), amount.term, exact(0)))
            greatest.append(one_of(known, amount.term, exact(0)))
        return Interval(added(least), added(greatest), either(*no_limit))

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


def _same(one: Any, other: Any) -> Term:
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


def includes(op: SetOp, members: Several, wanted: SetValue) -> Pair:
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


def _ratio(some: Sequence[Term], every: Sequence[Term]) -> Term:
    """Return the per cent that some are of all, from a table: so it is exact and linear."""
    part, whole = number_of(some), number_of(every)
    found = exact(0)
    for total in range(1, len(every) + 1):
        for number in range(total + 1):
            here = both(part == number, whole == total)
            found = one_of(here, exact(Fraction(100 * number, total)), found)
    return found


def _together(rule: Rule, cases: Sequence[tuple[Term, Encoder]]) -> Judged:
    """Return what a rule says, from what it says in each case that may be; one always may."""
    top = cases[0][1].space.top
    scopes = [(when, case.scope(rule)) for when, case in cases]
    required = [(when, case.evaluate(rule.requires, (top,))) for when, case in cases]
    flagged, gone, never, flaggable = [], [], [], []
    for (when, scope), (_, requires) in zip(scopes, required, strict=True):
        clear = both(no(scope.false), requires.true)
        flagged.append(implied(when, both(scope.true, requires.false)))
        gone.append(implied(when, scope.false))
        never.append(implied(when, either(scope.false, clear)))
        flaggable.append(both(when, no(scope.false), no(clear)))
    possible = [case.severities(rule) for _, case in cases]
    reliefs = [case.relief(rule) for _, case in cases]
    return Judged(
        both(*flagged),
        both(*never, no(both(*gone))),
        both(*gone),
        {
            level: either(
                *(both(may, each[level]) for may, each in zip(flaggable, possible, strict=True))
            )
            for level in Severity
        },
        tuple(
            both(
                *(implied(may, each[n].true) for may, each in zip(flaggable, reliefs, strict=True))
            )
            for n in range(len(rule.mitigated_by))
        ),
        unanimous(scopes),
        unanimous(required),
    )

"""The facts that force a verdict: those alone reproduce it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import attrs

from govrules.engines.reference import (
    AS_OF_REF,
    NEVER_FLAGS,
    Case,
    Judgement,
    chosen_by,
    evaluate,
    judge,
    judge_all,
    split,
)
from govrules.engines.registry import said
from govrules.facts import Facts, Scope
from govrules.rulebook.ast import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    Derived,
    FactRef,
    FactSource,
    Known,
    Literal,
    Not,
    OnList,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Quantity,
    Rule,
    Test,
    beside,
    children,
    tested,
)
from govrules.rulebook.walk import once_each, operands
from govrules.truth import UNKNOWN, Truth, disjunction
from govrules.vocabulary import Records

#: Above this many facts the support is shown as the tree gives it, not reduced one by one.
REDUCED_UP_TO = 48


@attrs.frozen
class Cited:
    """A fact that an explanation cites: its path, and the rule's reference to it."""

    path: str
    ref: FactRef
    scope: Scope


#: Cited facts by path, in the order in which the tree meets them.
Support = dict[str, Cited]


def because(rule: Rule, case: Case, outcome: Judgement) -> tuple[Cited, ...]:
    """Return the facts that force the outcome; with no others known, it is the same."""
    whole = [case]
    # Where all that derived facts may be must be gone through to see it, each of them is explained.
    cases = whole if reproduces(judge_all(rule, whole), outcome) else split(rule, case)
    found = _together(_of_case(rule, each, outcome) for each in cases)
    return tuple(_reduced(found, rule, case, outcome).values())


def restricted(case: Case, paths: Iterable[str]) -> Case:
    """Return the case as if only these facts were known."""
    facts = case.facts
    known = Facts(facts.record, facts.as_of, frozenset(paths), facts.supposed)
    return Case(known, case.derived, case.scopes, case.local)


def reproduces(alone: Judgement, outcome: Judgement) -> bool:
    """
    Tell whether an outcome on fewer facts says the same; what need not hold may be unknown.

    That the rule applies is a part of what is said: a finding that is clear shows it, though what
    is required holds without it.
    """
    return said(alone) == said(outcome) and alone.scope is outcome.scope


def _reduced(found: Support, rule: Rule, case: Case, outcome: Judgement) -> Support:
    if len(found) > REDUCED_UP_TO:
        return found
    kept = dict(found)
    for path in reversed(found):
        fewer = [each for each in kept if each != path]
        if reproduces(judge(rule, restricted(case, fewer)), outcome):
            del kept[path]
    return kept


def _of_case(rule: Rule, case: Case, outcome: Judgement) -> Support:
    """Return what forces what a rule says of a case, and where it may flag, how grave it is."""
    supports = _Supports(case.derived)
    one = judge_all(rule, [case])
    found: Support = {}
    if one.scope is not Truth.UNKNOWN:
        found |= supports.of_scope(rule, case, one.scope)
    if one.scope is not Truth.FALSE:
        found |= supports.of(rule.requires, case)
    if one.verdict in NEVER_FLAGS:
        return found
    for grade in rule.grades:
        found |= supports.of(grade.when, case)
        if evaluate(grade.when, case) is Truth.TRUE:
            break
    relief = [evaluate(each.when, case) for each in rule.mitigated_by]
    relieved = disjunction(relief)
    # That none holds is told by all of them, that one does by one; those that are named are cited.
    decisive = [
        each
        for each, holds in zip(rule.mitigated_by, relief, strict=True)
        if holds is relieved is not Truth.UNKNOWN
    ]
    if relieved is Truth.TRUE:
        decisive = [each for each in decisive if each in outcome.mitigations] or decisive[:1]
    return found | _together(supports.of(each.when, case) for each in decisive)


class _Supports:
    """Finds the facts that force conditions of one case."""

    def __init__(self, derived: Mapping[str, Derived]) -> None:
        self._derived = derived
        #: What settles each derived fact, by the prefix of its record and its name.
        self._tables: dict[str, dict[str, Support]] = {}

    def of_scope(self, rule: Rule, case: Case, scope: Truth) -> Support:
        """Return facts that force whether a rule applies and no exception holds."""
        conditions = [rule.applies_when] if rule.applies_when is not None else []
        exceptions = [each.when for each in rule.unless]
        if scope is Truth.TRUE:
            return _together(self.of(each, case) for each in [*conditions, *exceptions])
        ways = [self.of(each, case) for each in conditions if evaluate(each, case) is Truth.FALSE]
        ways += [self.of(each, case) for each in exceptions if evaluate(each, case) is Truth.TRUE]
        return min(ways, key=len)

    def of(self, condition: Condition, case: Case) -> Support:
        """Return facts that force the value of a condition; none where it is unknown."""
        settled = evaluate(condition, case)
        if settled is Truth.UNKNOWN:
            return {}
        match condition:
            case All(items):
                return self._of_several(items, case, settled, Truth.FALSE)
            case AnyOf(items):
                return self._of_several(items, case, settled, Truth.TRUE)
            case Not(item):
                return self.of(item, case)
            case Test(ref, predicate):
                return self._cite(ref, case) | self._of_predicate(predicate, case)
            case Known(ref):
                return self._cite(ref, case)
            case Quantified(quantity, ref, where):
                wanted = Truth.FALSE if quantity is Quantity.EVERY else Truth.TRUE
                by_one = settled is (Truth.TRUE if quantity is Quantity.SOME else Truth.FALSE)
                return self._of_records(ref, where, case, wanted if by_one else None)
            case _:
                return self._of_number(condition, case)

    def _of_number(self, condition: OnList, case: Case) -> Support:
        """Return facts that force a count, a sum or a share as far as it is known."""
        ref, predicate = condition.list, tested(condition)
        if isinstance(ref.type, Records):
            several = children(condition) or (None,)
            found = _together(self._of_records(ref, each, case, None) for each in several)
        else:
            found = self._cite(ref, case)
        for fact in beside(condition):
            records = case.facts.records(ref, case.scopes)[0]
            found |= _together(self._cite(fact, case.inside(each)) for each in records)
        return found if predicate is None else found | self._of_predicate(predicate, case)

    def _of_several(
        self, items: tuple[Condition, ...], case: Case, settled: Truth, decisive: Truth
    ) -> Support:
        if settled is not decisive:
            return _together(self.of(item, case) for item in items)
        ways = [self.of(item, case) for item in items if evaluate(item, case) is decisive]
        return min(ways, key=len)

    def _of_records(
        self, ref: FactRef, where: Condition | None, case: Case, decisive: Truth | None
    ) -> Support:
        """Return what the records of a list contribute: one that decides, or all and their end."""
        records, closed = case.facts.records(ref, case.scopes)
        inner = [case.inside(record) for record in records]
        if decisive is not None and where is not None:
            ways = [
                _of_record(ref, self.of(where, each), each)
                for each in inner
                if evaluate(where, each) is decisive
            ]
            return min(ways, key=len)
        found = [{} if where is None else self.of(where, each) for each in inner]
        if closed:
            end = _cited(ref, case)
            return {end.path: end} | _together(found)
        pairs = zip(found, inner, strict=True)
        return _together(_of_record(ref, each, record) for each, record in pairs)

    def _of_predicate(self, predicate: Predicate, case: Case) -> Support:
        found = _together(self._of_operand(operand, case) for operand in operands(predicate))
        if isinstance(predicate, Compare) and predicate.op.is_age:
            found |= self._cite(AS_OF_REF, case)
        return found

    def _of_operand(self, operand: Operand, case: Case) -> Support:
        match operand:
            case FactRef():
                return self._cite(operand, case)
            case By(selector, cases):
                chosen = {*chosen_by(selector, case)}
                several = (self._of_operand(each, case) for value, each in cases if value in chosen)
                return self._cite(selector, case) | _together(several)
            case Literal() | Parameter():
                return {}
            case _:
                assert_never(operand)

    def _cite(self, ref: FactRef, case: Case) -> Support:
        """Return a fact that is known, or for a derived fact, the facts that it follows from."""
        if ref.source is FactSource.DERIVED:
            scope = case.scopes[ref.level]
            inner = case.at(ref.level)
            tables = self._tables.setdefault(scope.prefix, {})
            return once_each(
                ref.path, self._derived, tables, lambda each: self._of_table(each, inner)
            )
        if isinstance(ref.type, Records) or case.facts.value(ref, case.scopes) is not UNKNOWN:
            cited = _cited(ref, case)
            return {cited.path: cited}
        return {}

    def _of_table(self, derived: Derived, case: Case) -> Support:
        """Return what settles the rows of a derived fact that are settled, or that it is stated."""
        (scope,) = case.scopes
        if case.facts.stated(derived.name, scope) is not UNKNOWN:
            cited = _cited(FactRef(derived.name, 0, derived.fact, FactSource.DERIVED), case)
            return {cited.path: cited}
        found: Support = {}
        for row in derived.rows:
            found |= self.of(row.when, case)
            if evaluate(row.when, case) is Truth.TRUE:
                break
        return found


def _of_record(ref: FactRef, found: Support, inner: Case) -> Support:
    """Return what a record contributes: its facts, or where none is cited, that it is there."""
    scope = inner.scopes[-1]
    if any(path.startswith(scope.prefix) for path in found):
        return found
    path = scope.prefix.removesuffix(".")
    return {path: Cited(path, ref, scope)} | found


def _cited(ref: FactRef, case: Case) -> Cited:
    return Cited(case.facts.path(ref, case.scopes), ref, case.scopes[ref.level])


def _together(parts: Iterable[Support]) -> Support:
    found: Support = {}
    for part in parts:
        found |= part
    return found

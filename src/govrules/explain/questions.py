"""The questions left: the facts that, once told, settle what is still open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from govrules.engines.reference import AS_OF_REF, Case, Judgement, chosen_by, evaluate
from govrules.explain.because import Cited, Support
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
    Rule,
    Test,
    Verdict,
    beside,
    children,
    tested,
)
from govrules.rulebook.walk import once_each, operands
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choices, Records


def questions(rule: Rule, case: Case, outcome: Judgement) -> tuple[Cited, ...]:
    """
    Return the facts to ask for.

    For an unknown verdict, those that settle it; for a flagged one whose severity is not settled,
    those that settle how grave it is; none otherwise.
    """
    asking = _Asking(case.derived)
    found: Support = {}
    if outcome.verdict is Verdict.UNKNOWN:
        if outcome.scope is Truth.UNKNOWN:
            if rule.applies_when is not None:
                found |= asking.of(rule.applies_when, case)
            for exception in rule.unless:
                found |= asking.of(exception.when, case)
        if outcome.requires is Truth.UNKNOWN:
            found |= asking.of(rule.requires, case)
    elif outcome.could_be is not None:
        for grade in rule.grades:
            found |= asking.of(grade.when, case)
            if evaluate(grade.when, case) is Truth.TRUE:
                break
        for mitigation in rule.mitigated_by:
            found |= asking.of(mitigation.when, case)
    return tuple(found.values())


class _Asking:
    """Finds the facts on which conditions of one case still hang."""

    def __init__(self, derived: Mapping[str, Derived]) -> None:
        self._derived = derived
        #: What each derived fact still hangs on, by the prefix of its record and its name.
        self._tables: dict[str, dict[str, Support]] = {}

    def of(self, condition: Condition, case: Case) -> Support:
        """Return the unknown facts on which the value of a condition still hangs."""
        if isinstance(condition, Known) or evaluate(condition, case) is not Truth.UNKNOWN:
            return {}
        found: Support = {}
        match condition:
            case All(items) | AnyOf(items):
                for item in items:
                    found |= self.of(item, case)
            case Not(item):
                found = self.of(item, case)
            case Test(ref, predicate):
                found = self._of_fact(ref, case) | self._of_predicate(predicate, case)
            case _:
                found = self._of_records(condition, case)
                number = tested(condition)
                found |= {} if number is None else self._of_predicate(number, case)
        return found

    def _of_records(self, condition: OnList, case: Case) -> Support:
        ref, conditions = condition.list, children(condition)
        if isinstance(ref.type, Choices):
            return self._of_fact(ref, case)
        records, closed = case.facts.records(ref, case.scopes)
        found: Support = {} if closed else _ask(ref, case) | self._beside(ref, conditions, case)
        for record in records:
            inner = case.inside(record)
            for each in conditions:
                found |= self.of(each, inner)
            for fact in beside(condition):
                found |= self._of_fact(fact, inner)
        return found

    def _beside(self, ref: FactRef, conditions: tuple[Condition, ...], case: Case) -> Support:
        """Return what conditions on records not yet known hang on beside the records themselves."""
        assert isinstance(ref.type, Records)  # noqa: S101 - settled when the rule was checked
        prefix = f"{case.facts.path(ref, case.scopes)}[]."
        inner = case.inside(Scope(UNKNOWN, prefix, ref.type.cls))
        return {
            path: cited
            for condition in conditions
            for path, cited in self.of(condition, inner).items()
            if not path.startswith(prefix)
        }

    def _of_predicate(self, predicate: Predicate, case: Case) -> Support:
        found: Support = {}
        for operand in operands(predicate):
            found |= self._of_operand(operand, case)
        if isinstance(predicate, Compare) and predicate.op.is_age:
            found |= self._of_fact(AS_OF_REF, case)
        return found

    def _of_operand(self, operand: Operand, case: Case) -> Support:
        match operand:
            case FactRef():
                return self._of_fact(operand, case)
            case By(selector, cases):
                found = self._of_fact(selector, case)
                chosen = {*chosen_by(selector, case)}
                for value, each in cases:
                    if value in chosen:
                        found |= self._of_operand(each, case)
                return found
            case Literal() | Parameter():
                return {}
            case _:
                assert_never(operand)

    def _of_fact(self, ref: FactRef, case: Case) -> Support:
        facts: Facts = case.facts
        if ref.source is FactSource.DERIVED:
            inner = case.at(ref.level)
            tables = self._tables.setdefault(case.scopes[ref.level].prefix, {})
            return once_each(
                ref.path, self._derived, tables, lambda each: self._of_table(each, inner)
            )
        if isinstance(ref.type, Records):
            return {} if facts.records(ref, case.scopes)[1] else _ask(ref, case)
        if isinstance(ref.type, Choices):
            return {} if facts.members(ref, case.scopes)[1] else _ask(ref, case)
        return _ask(ref, case) if facts.value(ref, case.scopes) is UNKNOWN else {}

    def _of_table(self, derived: Derived, case: Case) -> Support:
        """Return what the rows of a derived fact still hang on; nothing where it is stated."""
        (scope,) = case.scopes
        found: Support = {}
        if case.facts.stated(derived.name, scope) is not UNKNOWN:
            return found
        for row in derived.rows:
            found |= self.of(row.when, case)
            if evaluate(row.when, case) is Truth.TRUE:
                break
        return found


def _ask(ref: FactRef, case: Case) -> Support:
    path = case.facts.path(ref, case.scopes)
    return {path: Cited(path, ref, case.scopes[ref.level])}

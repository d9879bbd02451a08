"""The questions left: the facts that, once told, settle what is still open."""

from __future__ import annotations

from typing import assert_never

from govrules.engines.reference import AS_OF_REF, Case, Judgement, evaluate, values
from govrules.explain.because import Cited, Support
from govrules.facts import Facts, Scope
from govrules.rulebook.ast import (
    All,
    AnyOf,
    By,
    Compare,
    Condition,
    Count,
    FactRef,
    FactSource,
    Known,
    Literal,
    Not,
    Operand,
    Parameter,
    Predicate,
    Quantified,
    Rule,
    Share,
    Sum,
    Test,
    Verdict,
)
from govrules.rulebook.walk import operands
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Choices, Records


def questions(rule: Rule, case: Case, outcome: Judgement) -> tuple[Cited, ...]:
    """
    Return the facts to ask for.

    For an unknown verdict, those that settle it; for a flagged one, those that settle how grave
    it is; none otherwise.
    """
    found: Support = {}
    if outcome.verdict is Verdict.UNKNOWN:
        if outcome.scope is Truth.UNKNOWN:
            if rule.applies_when is not None:
                found |= residual(rule.applies_when, case)
            for exception in rule.unless:
                found |= residual(exception.when, case)
        if outcome.requires is Truth.UNKNOWN:
            found |= residual(rule.requires, case)
    elif outcome.verdict is Verdict.FLAGGED:
        for grade in rule.grades:
            found |= residual(grade.when, case)
            if evaluate(grade.when, case) is Truth.TRUE:
                break
        for mitigation in rule.mitigated_by:
            found |= residual(mitigation.when, case)
    return tuple(found.values())


def residual(condition: Condition, case: Case) -> Support:
    """Return the unknown facts on which the value of a condition still hangs."""
    if isinstance(condition, Known) or evaluate(condition, case) is not Truth.UNKNOWN:
        return {}
    found: Support = {}
    conditions: tuple[Condition, ...]
    match condition:
        case All(items) | AnyOf(items):
            for item in items:
                found |= residual(item, case)
        case Not(item):
            found = residual(item, case)
        case Test(ref, predicate):
            found = _of_fact(ref, case) | _of_predicate(predicate, case)
        case Quantified(list=ref, where=where):
            found = _of_records(ref, (where,), None, case)
        case Count(ref, where, predicate):
            conditions = () if where is None else (where,)
            found = _of_records(ref, conditions, None, case) | _of_predicate(predicate, case)
        case Sum(ref, of, where, predicate):
            conditions = () if where is None else (where,)
            found = _of_records(ref, conditions, of, case) | _of_predicate(predicate, case)
        case Share(ref, among, where, predicate):
            conditions = (where,) if among is None else (among, where)
            found = _of_records(ref, conditions, None, case) | _of_predicate(predicate, case)
        case _:
            assert_never(condition)
    return found


def _of_records(
    ref: FactRef, conditions: tuple[Condition, ...], of: FactRef | None, case: Case
) -> Support:
    if isinstance(ref.type, Choices):
        return _of_fact(ref, case)
    records, closed = case.facts.records(ref, case.scopes)
    found: Support = {} if closed else _ask(ref, case) | _beside(ref, conditions, case)
    for record in records:
        inner = case.inside(record)
        for condition in conditions:
            found |= residual(condition, inner)
        if of is not None:
            found |= _of_fact(of, inner)
    return found


def _beside(ref: FactRef, conditions: tuple[Condition, ...], case: Case) -> Support:
    """Return what conditions on records not yet known hang on beside the records themselves."""
    assert isinstance(ref.type, Records)  # noqa: S101 - settled when the rule was checked
    prefix = f"{case.facts.path(ref, case.scopes)}[]."
    inner = case.inside(Scope(UNKNOWN, prefix, ref.type.cls))
    return {
        path: cited
        for condition in conditions
        for path, cited in residual(condition, inner).items()
        if not path.startswith(prefix)
    }


def _of_predicate(predicate: Predicate, case: Case) -> Support:
    found: Support = {}
    for operand in operands(predicate):
        found |= _of_operand(operand, case)
    if isinstance(predicate, Compare) and predicate.op.is_age:
        found |= _of_fact(AS_OF_REF, case)
    return found


def _of_operand(operand: Operand, case: Case) -> Support:
    match operand:
        case FactRef():
            return _of_fact(operand, case)
        case By(selector, cases):
            found = _of_fact(selector, case)
            for value, each in cases:
                if value in values(selector, case):
                    found |= _of_operand(each, case)
            return found
        case Literal() | Parameter():
            return {}
        case _:
            assert_never(operand)


def _of_fact(ref: FactRef, case: Case) -> Support:
    if ref.source is FactSource.DERIVED:
        return _of_derived(ref, case)
    facts: Facts = case.facts
    if isinstance(ref.type, Records):
        return {} if facts.records(ref, case.scopes)[1] else _ask(ref, case)
    if isinstance(ref.type, Choices):
        return {} if facts.members(ref, case.scopes)[1] else _ask(ref, case)
    return _ask(ref, case) if facts.value(ref, case.scopes) is UNKNOWN else {}


def _of_derived(ref: FactRef, case: Case) -> Support:
    found: Support = {}
    if case.facts.stated(ref.path, case.scopes[ref.level]) is not UNKNOWN:
        return found
    inner = case.at(ref.level)
    for row in case.derived[ref.path].rows:
        found |= residual(row.when, inner)
        if evaluate(row.when, inner) is Truth.TRUE:
            break
    return found


def _ask(ref: FactRef, case: Case) -> Support:
    path = case.facts.path(ref, case.scopes)
    return {path: Cited(path, ref, case.scopes[ref.level])}

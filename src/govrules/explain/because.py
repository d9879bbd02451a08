"""The facts that force a verdict: those alone reproduce it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

import attrs

from govrules.engines.reference import (
    AS_OF_REF,
    Case,
    Judgement,
    evaluate,
    judge,
)
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
    Quantity,
    Rule,
    Share,
    Sum,
    Test,
    Verdict,
)
from govrules.rulebook.walk import operands
from govrules.truth import UNKNOWN, Truth
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
    found: Support = {}
    if outcome.scope is not Truth.UNKNOWN:
        found |= _scope_support(rule, case, outcome.scope)
    if outcome.scope is not Truth.FALSE:
        found |= support(rule.requires, case)
    if outcome.verdict in (Verdict.FLAGGED, Verdict.UNKNOWN):
        for grade in rule.grades:
            found |= support(grade.when, case)
            if evaluate(grade.when, case) is Truth.TRUE:
                break
    for mitigation in outcome.mitigations:
        found |= support(mitigation.when, case)
    return tuple(_reduced(found, rule, case, outcome).values())


def restricted(case: Case, paths: Iterable[str]) -> Case:
    """Return the case as if only these facts were known."""
    facts = case.facts
    known = Facts(facts.record, facts.as_of, frozenset(paths), facts.supposed)
    return Case(known, case.derived, case.scopes, case.local)


def reproduces(alone: Judgement, outcome: Judgement) -> bool:
    """Tell whether an outcome on fewer facts says the same; what need not hold may be unknown."""
    return (
        alone.verdict is outcome.verdict
        and alone.severity is outcome.severity
        and alone.could_be is outcome.could_be
        and alone.mitigations == outcome.mitigations
        and alone.scope is outcome.scope
    )


def _reduced(found: Support, rule: Rule, case: Case, outcome: Judgement) -> Support:
    if len(found) > REDUCED_UP_TO:
        return found
    kept = dict(found)
    for path in reversed(found):
        fewer = [each for each in kept if each != path]
        if reproduces(judge(rule, restricted(case, fewer)), outcome):
            del kept[path]
    return kept


def _scope_support(rule: Rule, case: Case, scope: Truth) -> Support:
    conditions = [rule.applies_when] if rule.applies_when is not None else []
    exceptions = [each.when for each in rule.unless]
    if scope is Truth.TRUE:
        return _together(support(each, case) for each in [*conditions, *exceptions])
    ways = [support(each, case) for each in conditions if evaluate(each, case) is Truth.FALSE]
    ways += [support(each, case) for each in exceptions if evaluate(each, case) is Truth.TRUE]
    return min(ways, key=len)


def support(condition: Condition, case: Case) -> Support:
    """Return facts that force the value of a condition; none where it is unknown."""
    settled = evaluate(condition, case)
    if settled is Truth.UNKNOWN:
        return {}
    match condition:
        case All(items):
            return _of_several(items, case, settled, Truth.FALSE)
        case AnyOf(items):
            return _of_several(items, case, settled, Truth.TRUE)
        case Not(item):
            return support(item, case)
        case Test(ref, predicate):
            return _cite(ref, case) | _of_predicate(predicate, case)
        case Known(ref):
            return _cite(ref, case)
        case Quantified(quantity, ref, where):
            wanted = Truth.FALSE if quantity is Quantity.EVERY else Truth.TRUE
            decided_by_one = settled is (Truth.TRUE if quantity is Quantity.SOME else Truth.FALSE)
            return _of_records(ref, where, case, wanted if decided_by_one else None)
        case Count(ref, where, predicate):
            inner = _of_records(ref, where, case, None) if isinstance(ref.type, Records) else {}
            return inner | _cite(ref, case) | _of_predicate(predicate, case)
        case Sum(ref, of, where, predicate):
            amounts = _together(
                _cite(of, case.inside(record)) for record in case.facts.records(ref, case.scopes)[0]
            )
            inner = _of_records(ref, where, case, None)
            return inner | amounts | _of_predicate(predicate, case)
        case Share(ref, among, where, predicate):
            inner = _of_records(ref, where, case, None) | _of_records(ref, among, case, None)
            return inner | _of_predicate(predicate, case)
        case _:
            assert_never(condition)


def _of_several(
    items: tuple[Condition, ...], case: Case, settled: Truth, decisive: Truth
) -> Support:
    if settled is not decisive:
        return _together(support(item, case) for item in items)
    ways = [support(item, case) for item in items if evaluate(item, case) is decisive]
    return min(ways, key=len)


def _of_records(
    ref: FactRef, where: Condition | None, case: Case, decisive: Truth | None
) -> Support:
    """Return what the records of a list contribute: one that decides, or all and their end."""
    records, closed = case.facts.records(ref, case.scopes)
    inner = [case.inside(record) for record in records]
    if decisive is not None and where is not None:
        ways = [
            _of_record(ref, support(where, each), each)
            for each in inner
            if evaluate(where, each) is decisive
        ]
        return min(ways, key=len)
    found = [{} if where is None else support(where, each) for each in inner]
    if closed:
        end = _cited(ref, case)
        return {end.path: end} | _together(found)
    pairs = zip(found, inner, strict=True)
    return _together(_of_record(ref, each, record) for each, record in pairs)


def _of_record(ref: FactRef, found: Support, inner: Case) -> Support:
    """Return what a record contributes: its facts, or where none is cited, that it is there."""
    scope = inner.scopes[-1]
    if any(path.startswith(scope.prefix) for path in found):
        return found
    path = scope.prefix.removesuffix(".")
    return {path: Cited(path, ref, scope)} | found


def _of_predicate(predicate: Predicate, case: Case) -> Support:
    found = _together(_of_operand(operand, case) for operand in operands(predicate))
    if isinstance(predicate, Compare) and predicate.op.is_age:
        found |= _cite(AS_OF_REF, case)
    return found


def _of_operand(operand: Operand, case: Case) -> Support:
    match operand:
        case FactRef():
            return _cite(operand, case)
        case By(selector, cases):
            chosen = _together(_of_operand(each, case) for _, each in cases)
            return _cite(selector, case) | chosen
        case Literal() | Parameter():
            return {}
        case _:
            assert_never(operand)


def _cite(ref: FactRef, case: Case) -> Support:
    """Return a fact that is known, or for a derived fact, the facts that it follows from."""
    cited = _cited(ref, case)
    if ref.source is not FactSource.DERIVED:
        if isinstance(ref.type, Records) or case.facts.value(ref, case.scopes) is not UNKNOWN:
            return {cited.path: cited}
        return {}
    if case.facts.stated(ref.path, case.scopes[ref.level]) is not UNKNOWN:
        return {cited.path: cited}
    found: Support = {}
    inner = case.at(ref.level)
    for row in case.derived[ref.path].rows:
        found |= support(row.when, inner)
        if evaluate(row.when, inner) is Truth.TRUE:
            break
    return found


def _cited(ref: FactRef, case: Case) -> Cited:
    return Cited(case.facts.path(ref, case.scopes), ref, case.scopes[ref.level])


def _together(parts: Iterable[Support]) -> Support:
    found: Support = {}
    for part in parts:
        found |= part
    return found

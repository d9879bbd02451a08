"""
The reference engine: what rules mean.

One function, one `match`, one arm a node. Nothing is kept from one case to the next; within a case
each derived fact of a record is settled once, so that however often it is named the work is the
same. Every other engine is held to this one, and so are explanations.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeAlias, assert_never

import attrs

from govrules.engines.registry import NEVER_FLAGS, Outcome
from govrules.facts import TO_BE_FOUND, Facts, Scope, months_before
from govrules.rulebook import ast, expr
from govrules.rulebook.derivation import beneath, splits
from govrules.truth import UNKNOWN, Truth, Unknown, conjunction, disjunction, truth, unanimous
from govrules.vocabulary import (
    AS_OF,
    COUNTED,
    PER_CENT,
    Choice,
    Choices,
    FactType,
    Records,
    YesNo,
    closed_values,
)

#: The date of the assessment, as if a rule named it.
AS_OF_REF: Final = expr.FactRef(AS_OF.name, 0, AS_OF, expr.FactSource.AS_OF)
#: Whether something stands in a relation to a value.
_Related: TypeAlias = Callable[[expr.Op, Any], Truth]
#: The greatest of a count or sum that may be anything from some number upwards.
_NO_LIMIT: Final = Decimal("Infinity")


@attrs.frozen
class Case:
    """
    The facts of a subject together with the derived facts that follow from them.

    Attributes:
        facts: what is known.
        derived: the rulebook's derived facts by name, each after those that it reads.
        scopes: the records that conditions are about, the subject's first.
    """

    facts: Facts
    derived: Mapping[str, ast.Derived]
    scopes: tuple[Scope, ...]

    def inside(self, scope: Scope) -> Case:
        """Return the case seen from a record of a list."""
        return Case(self.facts, self.derived, (*self.scopes, scope))

    def at(self, level: int) -> Case:
        """Return the case of the record at a level alone, as derived facts see it."""
        return Case(self.facts, self.derived, (self.scopes[level],))

    def taking(self, taken: Mapping[str, Any]) -> Case:
        """Return the case with derived facts of the subject fixed to values."""
        return attrs.evolve(self, facts=attrs.evolve(self.facts, taken=taken))

    def restricted(self, paths: Iterable[str]) -> Case:
        """Return the case as if only these facts were known."""
        return attrs.evolve(self, facts=attrs.evolve(self.facts, only=frozenset(paths)))

    def overridden(self, changes: Mapping[str, Any]) -> Case:
        """Return the case with overrides, by path."""
        return attrs.evolve(self, facts=attrs.evolve(self.facts, overrides=changes))


@attrs.frozen
class Judgement(Outcome):
    """
    An outcome with what its explanation begins from.

    Attributes:
        scope: whether the rule applies and no exception holds.
        requires: whether what it requires holds.
    """

    scope: Truth
    requires: Truth


def outcomes(
    rules: Sequence[ast.Rule],
    subjects: Sequence[Any],
    as_of: dt.date | Unknown,
    rulebook: ast.Rulebook,
) -> Iterator[Sequence[Judgement]]:
    """Yield for each subject what each rule says of it."""
    for subject in subjects:
        case = case_of(Facts(subject, as_of), rulebook)
        yield tuple(judge(rule, case) for rule in rules)


def case_of(facts: Facts, rulebook: ast.Rulebook) -> Case:
    """Return the facts of a subject under a rulebook."""
    return Case(facts, rulebook.derived, (facts.top(),))


#: The verdict by whether the rule applies (rows) and whether what it requires holds.
VERDICTS: Final[Mapping[tuple[Truth, Truth], ast.Verdict]] = {
    (Truth.TRUE, Truth.TRUE): ast.Verdict.CLEAR,
    (Truth.TRUE, Truth.FALSE): ast.Verdict.FLAGGED,
    (Truth.TRUE, Truth.UNKNOWN): ast.Verdict.UNKNOWN,
    (Truth.UNKNOWN, Truth.TRUE): ast.Verdict.CLEAR,
    (Truth.UNKNOWN, Truth.FALSE): ast.Verdict.UNKNOWN,
    (Truth.UNKNOWN, Truth.UNKNOWN): ast.Verdict.UNKNOWN,
    (Truth.FALSE, Truth.TRUE): ast.Verdict.NOT_APPLICABLE,
    (Truth.FALSE, Truth.FALSE): ast.Verdict.NOT_APPLICABLE,
    (Truth.FALSE, Truth.UNKNOWN): ast.Verdict.NOT_APPLICABLE,
}


def judge(rule: ast.Rule, case: Case) -> Judgement:
    """Return the outcome of a rule on a case, over all values derived facts may have."""
    return judge_all(rule, split(rule, case))


def judge_all(rule: ast.Rule, cases: Sequence[Case]) -> Judgement:
    """Return the outcome of a rule on alternative cases, one of which is the actual one."""
    scopes = [scope_of(rule, case) for case in cases]
    required = [evaluate(rule.requires, case) for case in cases]
    verdicts = [VERDICTS[each] for each in zip(scopes, required, strict=True)]
    verdict = _together(verdicts)
    scope, requires = unanimous(scopes), unanimous(required)
    if verdict in NEVER_FLAGS:
        return Judgement(verdict, None, None, (), scope, requires)
    flaggable = [
        each for each, said in zip(cases, verdicts, strict=True) if said not in NEVER_FLAGS
    ]
    least, worst, mitigations = severity_of(rule, flaggable)
    if verdict is ast.Verdict.UNKNOWN:
        return Judgement(verdict, None, worst, mitigations, scope, requires)
    could_be = None if worst is least else worst
    return Judgement(verdict, least, could_be, mitigations, scope, requires)


def split(rule: ast.Rule, case: Case) -> list[Case]:
    """Return the case once for each joint value of the derived facts a rule reads."""
    cases = [case]
    for name in splits(rule, case.derived):
        cases = [
            each if len(several) == 1 else each.taking({**each.facts.taken, name: value})
            for each in cases
            for several in [settle(name, each)]
            for value in several
        ]
    return cases


def _together(verdicts: Sequence[ast.Verdict]) -> ast.Verdict:
    """Combine verdicts of alternatives; clear and not applicable combine to clear."""
    first, *others = verdicts
    if all(each is first for each in others):
        return first
    return (
        ast.Verdict.CLEAR
        if all(verdict in NEVER_FLAGS for verdict in verdicts)
        else ast.Verdict.UNKNOWN
    )


def scope_of(rule: ast.Rule, case: Case) -> Truth:
    """Return whether the rule applies and no exception holds."""
    applies = Truth.TRUE if rule.applies_when is None else evaluate(rule.applies_when, case)
    return conjunction([applies, *(~evaluate(exemption.when, case) for exemption in rule.unless)])


def severity_of(
    rule: ast.Rule, cases: Sequence[Case]
) -> tuple[ast.Severity, ast.Severity, tuple[ast.Mitigation, ...]]:
    """Return the least and the worst severity still possible, and the mitigations that hold."""
    possible: set[ast.Severity] = set()
    holding = [True] * len(rule.mitigated_by)
    for case in cases:
        relief = [evaluate(mitigation.when, case) for mitigation in rule.mitigated_by]
        holding = [so and each is Truth.TRUE for so, each in zip(holding, relief, strict=True)]
        # One step, however many mitigations hold: they are reasons for the same relief.
        relieved = disjunction(relief)
        for severity in _grades(rule, case):
            if relieved is not Truth.TRUE:
                possible.add(severity)
            if relieved is not Truth.FALSE:
                possible.add(severity.stepped_down())
    mitigations = tuple(each for each, so in zip(rule.mitigated_by, holding, strict=True) if so)
    return min(possible), max(possible), mitigations


def _grades(rule: ast.Rule, case: Case) -> Iterator[ast.Severity]:
    """Yield every severity that the first grade that holds may give."""
    for grade in rule.grades:
        settled = evaluate(grade.when, case)
        if settled is not Truth.FALSE:
            yield grade.severity
        if settled is Truth.TRUE:
            return
    yield rule.otherwise


def evaluate(condition: expr.Condition, case: Case) -> Truth:
    """Return whether a condition holds, as far as the facts tell."""
    match condition:
        case expr.All(items):
            return conjunction(evaluate(item, case) for item in items)
        case expr.AnyOf(items):
            return disjunction(evaluate(item, case) for item in items)
        case expr.Not(item):
            return ~evaluate(item, case)
        case expr.Test(ref, predicate):
            if isinstance(predicate, expr.Includes):
                wanted = possible(predicate.operand, case)
                return includes(predicate.op, case.facts.members(ref, case.scopes), wanted)
            return unanimous(
                value_stands(value, predicate, ref.type, case) for value in values(ref, case)
            )
        case expr.Known(ref, recorded):
            known = truth(is_known(ref, case))
            return known if recorded else ~known
        case expr.Quantified(quantity, ref, where):
            return quantified(quantity, *_truths(ref, where, case))
        case expr.Count(ref, where, predicate):
            return in_interval(count_of(ref, where, case), predicate, COUNTED, case)
        case expr.Sum(ref, of, where, predicate):
            return in_interval(sum_of(ref, of, where, case), predicate, of.type, case)
        case expr.Share(ref, among, where, predicate):
            return unanimous(
                in_interval(interval, predicate, PER_CENT, case)
                for interval in share_of(ref, among, where, case)
            )
        case _:
            assert_never(condition)


def values(ref: expr.FactRef, case: Case) -> tuple[Any, ...]:
    """Return every value that a fact may have; UNKNOWN stands for any."""
    match ref.source:
        case expr.FactSource.DERIVED:
            return settle(ref.path, case.at(ref.level))
        case expr.FactSource.RECORDED | expr.FactSource.AS_OF:
            if isinstance(ref.type, Records | Choices):
                whole = case.facts.records if isinstance(ref.type, Records) else case.facts.members
                found, closed = whole(ref, case.scopes)
                return (True,) if found else (None if closed else UNKNOWN,)
            return (case.facts.value(ref, case.scopes),)
        case _:
            assert_never(ref.source)


def settle(name: str, case: Case) -> tuple[Any, ...]:
    """Return every value that a derived fact of the record of a case may still have."""
    (scope,) = case.scopes
    facts = case.facts
    taken = {} if scope.prefix else facts.taken
    if name in taken:
        return (taken[name],)
    known = facts.settled.setdefault(scope.prefix, {})
    if name not in known:
        stated = facts.stated(name, scope)
        if stated is not UNKNOWN:
            known[name] = (stated,)
            return known[name]
        for each in beneath(name, case.derived, known.keys() | taken.keys()):
            stated = facts.stated(each, scope)
            follows = stated is UNKNOWN
            known[each] = derive(case.derived[each], case) if follows else (stated,)
    return known[name]


def derive(derived: ast.Derived, case: Case) -> tuple[Any, ...]:
    """Return every value that a derived fact may still have, in the order of its table."""
    found: dict[Any, None] = {}
    for row in derived.rows:
        holds = evaluate(row.when, case)
        if holds is not Truth.FALSE:
            found[row.value] = None
        if holds is Truth.TRUE:
            return tuple(found)
    return tuple({**found, derived.otherwise: None})


def possible(operand: expr.Operand, case: Case) -> tuple[Any, ...]:
    """Return every value that an operand may have; UNKNOWN stands for any."""
    match operand:
        case expr.Literal(value) | expr.Parameter(value=value):
            return (value,)
        case expr.FactRef():
            if isinstance(operand.type, Choices):
                members, closed = case.facts.members(operand, case.scopes)
                return (members if closed else UNKNOWN,)
            return values(operand, case)
        case expr.By(selector, cases):
            found: dict[Any, None] = {}
            for value in chosen_by(selector, case):
                if value is None:
                    found[None] = None
                    continue
                chosen = next(each for key, each in cases if key == value)
                found.update(dict.fromkeys(possible(chosen, case)))
            return tuple(found)
        case _:
            assert_never(operand)


def chosen_by(selector: expr.FactRef, case: Case) -> Iterator[Any]:
    """Yield every value that a fact of closed values may have."""
    for value in values(selector, case):
        if value is not UNKNOWN:
            yield value
            continue
        yield from closed_values(selector.type)
        if not isinstance(selector.type, YesNo):
            yield None


def stands(predicate: expr.ValueTest, related: _Related, case: Case) -> Truth:
    """Evaluate a test from how a value relates to the values it is compared with."""
    match predicate:
        case expr.Compare(op, operand):
            return unanimous(related(op, other) for other in possible(operand, case))
        case expr.OneOf(operands):
            several = (expr.Compare(expr.Op.EQUALS, operand) for operand in operands)
            return disjunction(stands(each, related, case) for each in several)
        case expr.Between(low, high):
            ends = (
                expr.Compare(expr.Op.AT_LEAST, low),
                expr.Compare(expr.Op.AT_MOST, high),
            )
            return conjunction(stands(end, related, case) for end in ends)
        case _:
            assert_never(predicate)


def value_stands(value: Any, predicate: expr.ValueTest, fact_type: FactType, case: Case) -> Truth:  # noqa: ANN401 - any fact's value
    """Evaluate a test of a value."""
    return stands(predicate, lambda op, other: compare(value, op, other, fact_type, case), case)


def compare(value: Any, op: expr.Op, other: Any, fact_type: FactType, case: Case) -> Truth:  # noqa: ANN401 - any two facts' values
    """Evaluate a comparison of two values."""
    if op is not expr.Op.EQUALS and (value is None or other is None):
        return Truth.FALSE
    if value is UNKNOWN or other is UNKNOWN:
        return Truth.UNKNOWN
    if value is TO_BE_FOUND or other is TO_BE_FOUND:
        there = op is expr.Op.EQUALS and (value is None or other is None)
        return Truth.FALSE if there else Truth.UNKNOWN
    if op is expr.Op.EQUALS:
        return truth(value == other)
    if op.is_age:
        return _compare_age(value, op, other, case)
    if isinstance(fact_type, Choice):
        value, other = fact_type.values.index(value), fact_type.values.index(other)
    return truth(expr.ORDER[op](value, other))


def _compare_age(value: dt.date, op: expr.Op, months: int, case: Case) -> Truth:
    as_of = case.facts.value(AS_OF_REF, case.scopes)
    if as_of is UNKNOWN:
        return Truth.UNKNOWN
    if op is expr.Op.WITHIN_NEXT:
        return truth(as_of <= value < months_before(as_of, -months))
    older = value < months_before(as_of, months)
    return truth(older is (op is expr.Op.OLDER_THAN))


def includes(op: expr.SetOp, members: tuple[frozenset[str], bool], wanted: Iterable[Any]) -> Truth:
    """Evaluate a test of a set's members."""
    known, closed = members
    results = []
    for each in wanted:
        if each is UNKNOWN:
            results.append(Truth.UNKNOWN)
            continue
        missing = (each or frozenset()) - known
        beyond = Truth.FALSE if closed else Truth.UNKNOWN
        if op is expr.SetOp.INCLUDES:
            results.append(Truth.TRUE if (each or frozenset()) & known else beyond)
        else:
            whole = beyond if missing else Truth.TRUE
            results.append(whole if op is expr.SetOp.INCLUDES_ALL else ~whole)
    return unanimous(results)


def is_known(ref: expr.FactRef, case: Case) -> bool:
    """Tell whether a fact was recorded, or a derived fact is settled."""
    if isinstance(ref.type, Records):
        return case.facts.records(ref, case.scopes)[1]
    if isinstance(ref.type, Choices):
        return case.facts.members(ref, case.scopes)[1]
    found = values(ref, case.taking({}) if case.facts.taken else case)
    return len(found) == 1 and found[0] is not UNKNOWN


def quantified(quantity: expr.Quantity, truths: list[Truth], closed: bool) -> Truth:  # noqa: FBT001 - the list's other half
    """Evaluate a quantifier, given the truth of its condition for each record."""
    beyond = [] if closed else [Truth.UNKNOWN]
    match quantity:
        case expr.Quantity.SOME:
            return disjunction([*truths, *beyond])
        case expr.Quantity.EVERY:
            return conjunction([*truths, *beyond])
        case expr.Quantity.NONE:
            return ~disjunction([*truths, *beyond])
        case _:
            assert_never(quantity)


#: The least and the greatest that a count, sum or share can be.
Interval = tuple[Any, Any]


def count_of(ref: expr.FactRef, where: expr.Condition | None, case: Case) -> Interval:
    """Return the least and greatest count of records, or of a set's members."""
    if isinstance(ref.type, Choices):
        members, closed = case.facts.members(ref, case.scopes)
        return len(members), len(members) if closed else len(ref.type.values)
    truths, closed = _truths(ref, where, case)
    least = truths.count(Truth.TRUE)
    return least, least + truths.count(Truth.UNKNOWN) if closed else _NO_LIMIT


def _truths(
    ref: expr.FactRef, where: expr.Condition | None, case: Case
) -> tuple[list[Truth], bool]:
    records, closed = case.facts.records(ref, case.scopes)
    if where is None:
        return [Truth.TRUE] * len(records), closed
    return [evaluate(where, case.inside(record)) for record in records], closed


def sum_of(
    ref: expr.FactRef,
    of: expr.FactRef,
    where: expr.Condition | None,
    case: Case,
) -> Interval:
    """Return the least and greatest sum over the records; no amount is negative."""
    records, closed = case.facts.records(ref, case.scopes)
    least: Any = 0
    greatest: Any = 0 if closed else _NO_LIMIT
    for counted, each in zip(_truths(ref, where, case)[0], records, strict=True):
        amount = case.facts.value(of, (*case.scopes, each))
        if counted is Truth.FALSE or amount is None:
            continue
        if amount is UNKNOWN:
            greatest = _NO_LIMIT
            continue
        least = least + amount if counted is Truth.TRUE else least
        greatest = greatest + amount
    return least, greatest


def share_of(
    ref: expr.FactRef,
    among: expr.Condition | None,
    where: expr.Condition,
    case: Case,
) -> tuple[Interval | None, ...]:
    """Return the least and greatest percentage; None if the denominator is zero."""
    truths, closed = _truths(ref, where, case)
    counted, _ = _truths(ref, among, case)
    tally = Counter(zip(counted, truths, strict=True))
    sure, unsure = Truth.TRUE, Truth.UNKNOWN
    so, not_so, either = (tally[sure, each] for each in (Truth.TRUE, Truth.FALSE, unsure))
    base = so + not_so + either
    open_ = tally[unsure, unsure]
    maybe_not = tally[unsure, Truth.FALSE] + open_
    maybe_so = tally[unsure, Truth.TRUE] + open_
    if base == 0 and closed and maybe_not + maybe_so == 0:
        return (None,)
    if base == 0:
        return (None, (Decimal(0), Decimal(100)))
    if not closed:
        return ((Decimal(0), Decimal(100)),)
    least = Decimal(100 * so) / (base + maybe_not)
    return ((least, Decimal(100 * (so + either + maybe_so)) / (base + maybe_so)),)


def in_interval(
    interval: Interval | None, predicate: expr.Comparison, fact_type: FactType, case: Case
) -> Truth:
    """Evaluate a test of a number known only to lie in an interval."""
    if interval is None:
        return value_stands(None, predicate, fact_type, case)
    return stands(predicate, partial(_interval_compares, *interval), case)


def _interval_compares(least: Any, greatest: Any, op: expr.Op, other: Any) -> Truth:  # noqa: ANN401 - any two numbers
    if other is None:
        return Truth.FALSE
    if other is UNKNOWN:
        return Truth.UNKNOWN
    if op is expr.Op.EQUALS:
        if not least <= other <= greatest:
            return Truth.FALSE
        return Truth.TRUE if least == greatest else Truth.UNKNOWN
    # What holds of both ends holds of all between them.
    return unanimous(truth(expr.ORDER[op](end, other)) for end in (least, greatest))

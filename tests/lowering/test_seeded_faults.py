"""
Faults seeded into the lowering one by one: a short conformance run finds each of them.

It works lowered formulas out in the plainest way, and compares with the reference engine.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from govrules.engines.registry import comparable, engine
from govrules.facts import annotation, months_before, read_field
from govrules.lowering import formulas, ir, lower
from govrules.lowering import judged as judging
from govrules.lowering.formulas import (
    FALSE,
    DualRail,
    both,
    disjunction,
    either,
    exists,
    no,
    spelled,
)
from govrules.lowering.ir import (
    Above,
    Absent,
    Among,
    Amount,
    And,
    Const,
    Exists,
    FactRead,
    Holds,
    IsUnknown,
    May,
    Meets,
    Members,
    More,
    Neg,
    RecordTotal,
    Times,
    Var,
    subject,
)
from govrules.lowering.judged import Judged
from govrules.lowering.lower import Lowering
from govrules.rulebook.ast import Grade, Mitigation, Rule, Rulebook, Severity, Verdict
from govrules.rulebook.expr import (
    ORDER,
    All,
    AnyOf,
    Compare,
    Condition,
    FactSource,
    Literal,
    Not,
    Op,
    Quantity,
    Share,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.testing.grammar import rulebooks
from govrules.testing.strategies import boundaries, partnerships
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice
from tests.conformance.agreement import AS_OF, DATES, PACKS, cases, others, rules_of, stated
from tests.conformance.test_every_kind_of_condition import CONDITIONS, DERIVED, rule, things
from tests.properties import small
from tests.properties.small import CITED


class Plainly:
    """One subject on one date."""

    def __init__(self, subject_: Any, as_of: Any) -> None:
        self.as_of = as_of
        self.top = {subject(type(subject_)): subject_}

    def raw(self, read: FactRead, env: dict[Var, Any]) -> Any:
        if read.source is FactSource.AS_OF:
            return self.as_of
        record = env[read.var]
        if read.source is FactSource.DERIVED:
            return annotation(record, "stated").get(read.path, UNKNOWN)
        return read_field(record, read.path, read.fact)

    def several(self, read: FactRead, env: dict[Var, Any]) -> list[Any]:
        value = self.raw(read, env)
        return [] if value is None else [UNKNOWN] if value is UNKNOWN else list(value)

    def is_there(self, value: Any) -> bool:
        return value is not UNKNOWN and value is not None

    def holds(self, formula: Any, env: dict[Var, Any] | None = None) -> bool:
        env = self.top if env is None else env
        match formula:
            case Const(value=value):
                return value
            case Neg(item=item):
                return not self.holds(item, env)
            case And(items=items):
                return all(self.holds(each, env) for each in items)
            case IsUnknown(read=read):
                return self.raw(read, env) is UNKNOWN
            case Absent(read=read):
                return self.raw(read, env) is None
            case More(read=read):
                return UNKNOWN in self.several(read, env)
            case Among(read=read, values=values):
                value = self.raw(read, env)
                return self.is_there(value) and value in values
            case Holds():
                return self.stand(formula, env)
            case Meets(read=read, wanted=wanted, all=every):
                own = {*self.several(read, env)} - {UNKNOWN}
                other = self.several(wanted, env) if isinstance(wanted, FactRead) else wanted
                other = {*other} - {UNKNOWN}
                return other <= own if every else bool(other & own)
            case Exists(var=var, so=so):
                return any(self.holds(so, each) for each in self.records(var, env))
            case Above(one=one, other=other, equal=equal):
                a, b = self.number(one, env), self.number(other, env)
                return a >= b if equal else a > b
            case May():
                return self.holds(spelled(formula), env)
            case _:
                raise AssertionError(formula)

    def stand(self, formula: Holds, env: dict[Var, Any]) -> bool:
        other = formula.other
        one = self.raw(formula.one, env)
        other = self.raw(other, env) if isinstance(other, FactRead) else other
        if not (self.is_there(one) and self.is_there(other)):
            return False
        if formula.op is Op.OLDER_THAN:
            return isinstance(self.as_of, dt.date) and one < months_before(self.as_of, other)
        if formula.op is Op.EQUALS:
            return one == other
        if isinstance(formula.type, Choice):
            one, other = formula.type.values.index(one), formula.type.values.index(other)
        return ORDER[formula.op](one, other)

    def records(self, var: Var, env: dict[Var, Any]) -> list[dict[Var, Any]]:
        found = self.several(var.list, env)
        return [{**env, var: each} for each in found if each is not UNKNOWN]

    def number(self, number: Any, env: dict[Var, Any]) -> Any:
        match number:
            case Amount(of=FactRead() as read):
                value = self.raw(read, env)
                return value if self.is_there(value) else 0
            case Amount(of=value):
                return value
            case Members(read=read):
                return len({*self.several(read, env)} - {UNKNOWN})
            case Times(one=one, other=other):
                return self.number(one, env) * self.number(other, env)
            case RecordTotal(var=var, so=so, of=of):
                several = [each for each in self.records(var, env) if self.holds(so, each)]
                return sum(1 if of is None else self.number(Amount(of), each) for each in several)
            case _:
                raise AssertionError(number)

    def verdict(self, judged: Judged) -> Verdict:
        names = ("not_applicable", "clear", "flagged")
        found = [each for each in names if self.holds(getattr(judged, each))]
        assert len(found) <= 1
        return Verdict(found[0].replace("_", " ")) if found else Verdict.UNKNOWN

    def outcome(self, judged: Judged, rule: Any) -> tuple[object, ...]:
        """What `registry.comparable` gives of an outcome."""
        verdict = self.verdict(judged)
        if verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE):
            return verdict, None, None, ()
        possible = [each for each, where in judged.severities.items() if self.holds(where)]
        pairs = zip(rule.mitigated_by, judged.mitigations, strict=True)
        holding = tuple(each for each, where in pairs if self.holds(where))
        least, worst = min(possible), max(possible)
        if verdict is Verdict.UNKNOWN:
            return verdict, None, worst, holding
        return verdict, least, None if worst is least else worst, holding


drawn_alike = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
#: A rulebook, rules of it, subjects, the date, and what the reference says of each.
Compared: TypeAlias = tuple[Rulebook, tuple[Rule, ...], list[Any], Any, list[Any]]


def rules_that_splits_settle() -> tuple[Rule, ...]:
    """Rules that all values of a derived fact satisfy, or none, but no test of it alone."""
    found: list[Condition] = []
    for name, values in (("sound", (True, False)), ("tier", ("top", "middle", None))):
        tests = [FactTest(small.ref(name), Compare(Op.EQUALS, Literal(each))) for each in values]
        found += [AnyOf(tuple(tests)), Not(AnyOf(tuple(tests))), All((tests[0], tests[1]))]
    return tuple(map(rule, itertools.count(), found))


def whole_rules() -> tuple[Rule, ...]:
    """Rules with a grade and a mitigation beside what they require."""
    drawn = random.Random(9)  # noqa: S311 - the same in every run
    found = []
    for index in range(60):
        one, two, three = drawn.choices(CONDITIONS, k=3)
        grades, mitigated_by = (Grade(Severity.HIGH, two),), (Mitigation(three, "Why.", CITED),)
        found.append(rule(index, one, grades=grades, mitigated_by=mitigated_by))
    return tuple(found)


@functools.cache
def compared() -> list[Compared]:
    """What is compared in every run: drawn once, the same each time."""
    found: list[Compared] = []

    def add(rulebook: Rulebook, rules: tuple[Rule, ...], subjects: list[Any], as_of: Any) -> None:
        told = engine("reference").outcomes(rules, subjects, as_of, rulebook)
        found.append(
            (rulebook, rules, subjects, as_of, [[*map(comparable, each)] for each in told])
        )

    shares = [each for each in CONDITIONS if isinstance(each, Share)]
    all_, few = (tuple(map(rule, itertools.count(), each)) for each in (CONDITIONS, shares))
    # Things with an item that certainly counts beside one that may are rare among those drawn.
    kinds = [small.Item(fine=fine, weight=1) for fine in (True, False, UNKNOWN)]
    kinds += [small.Item(fine=each.fine) for each in kinds]
    pairs = [small.Thing(items=each) for each in itertools.product(kinds, repeat=2)]
    for rules, several in (
        (all_, things()[::24]),
        (few, pairs),
        (whole_rules(), things()[::8]),
        (rules_that_splits_settle(), things()[::24]),
    ):
        add(small.rulebook_of(rules, DERIVED), rules, several, AS_OF)

    @drawn_alike
    @given(cases())
    def shipped(case):
        pack, day, partnership = case
        rules = rules_of(PACKS[pack], "partnership", DATES[day])
        add(PACKS[pack], rules, [partnership], DATES[day])

    @drawn_alike
    @given(st.sampled_from(["register", "pair", "assessment"]), st.data())
    def shipped_of_others(kind, data):
        add(PACKS[0], rules_of(PACKS[0], kind, AS_OF), [data.draw(others(kind))], AS_OF)

    @drawn_alike
    @given(st.data())
    def generated(data):
        rulebook = data.draw(rulebooks())
        drawn = data.draw(partnerships(rulebook, near=boundaries(rulebook, AS_OF)))
        partnership = data.draw(stated(drawn, rulebook))
        add(rulebook, rules_of(rulebook, "partnership", AS_OF), [partnership], AS_OF)

    @drawn_alike
    @given(small.rulebooks(), st.lists(small.sparse_things(), min_size=5, max_size=5))
    def small_ones(rulebook, several):
        add(rulebook, rulebook.rules, several, AS_OF)

    for draw in (shipped, shipped_of_others, generated, small_ones):
        draw()
    return found


def disagreements() -> Iterator[str]:
    """Yield the rules of which lowered formulas and the reference engine say different things."""
    for rulebook, rules, subjects, as_of, expected in compared():
        lowering = Lowering(rulebook.derived)
        for index, each in enumerate(rules):
            judged = lowering.rule(each, type(subjects[0]))
            for thing, told in zip(subjects, expected, strict=True):
                try:
                    agree = Plainly(thing, as_of).outcome(judged, each) == told[index]
                except (AssertionError, ValueError):
                    # More than one verdict, or no severity at all.
                    agree = False
                if not agree:
                    yield each.id


# ── Faults ────────────────────────────────────────────────────────────────────────────────────

Original: TypeAlias = Callable[..., Any]


def an_open_list_is_taken_as_closed(_: Original) -> Original:
    def faulty(self: Any, quantity: Quantity, ref: Any, where: Any) -> DualRail:
        var = self._each(ref)
        inner = self.inside(var).pair(where)
        inner = ~inner if quantity is Quantity.EVERY else inner
        some = DualRail(exists(var, inner.true), no(exists(var, no(inner.false))))
        return some if quantity is Quantity.SOME else ~some

    return faulty


def none_is_lost_in_a_comparison(original: Original) -> Original:
    def faulty(one: Any, *rest: Any) -> DualRail:
        lost = one._replace(none=FALSE) if isinstance(one.term, FactRead) else one
        return original(lost, *rest)

    return faulty


def the_last_grade_that_holds_counts(original: Original) -> Original:
    return lambda rows, otherwise: original(list(rows)[::-1], otherwise)


def an_open_set_is_taken_as_closed(original: Original) -> Original:
    def faulty(op: Any, fact: Any, wanted: Any) -> DualRail:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(formulas, "more", lambda _: FALSE)
            return original(op, fact, wanted)

    return faulty


def the_least_bound_is_taken_as_the_greatest(original: Original) -> Original:
    return lambda found, *rest: original(found._replace(most=found.least), *rest)


def the_denominators_of_a_share_are_swapped(original: Original) -> Original:
    def faulty(found: Any, *rest: Any) -> DualRail:
        swapped = found._replace(least_of=found.most_of, most_of=found.least_of)
        return original(swapped, *rest)

    return faulty


def a_mitigation_that_is_unknown_is_taken_as_none(_: Original) -> Original:
    def faulty(self: Any, severity: Any) -> Any:
        relieved = disjunction(self.relief).true
        own = [so for each, so in self.grades if each is severity]
        above = [so for each, so in self.grades if each.stepped_down() is severity]
        return either(both(either(*own), no(relieved)), both(either(*above), relieved))

    return faulty


def a_selector_that_is_unknown_is_taken_as_none(original: Original) -> Original:
    def faulty(self: Any, selector: Any, several: Any) -> Any:
        real = type(self).values

        def values(self: Any, ref: Any) -> Any:
            return [
                (may, each._replace(unknown=FALSE, none=either(each.unknown, each.none)))
                if ref is selector
                else (may, each)
                for may, each in real(self, ref)
            ]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lower._Scoped, "values", values)
            return original(self, selector, several)

    return faulty


def one_alternative_is_left_out(original: Original) -> Original:
    def faulty(alternatives: Any) -> Any:
        several = list(alternatives)
        return original(several[:-1] or several)

    return faulty


def no_rule_is_split(_: Original) -> Original:
    return lambda rule, derived: ()


def ages_are_turned_round(original: Original) -> Original:
    turned = {Op.OLDER_THAN: Op.NEWER_THAN, Op.NEWER_THAN: Op.OLDER_THAN}
    return lambda one, op, *rest: original(one, turned.get(op, op), *rest)


def the_first_row_is_certain_once_it_may_hold(original: Original) -> Original:
    def faulty(rows: Any, otherwise: Any) -> Any:
        return original(
            [(DualRail(no(pair.false), pair.false), each) for pair, each in rows], otherwise
        )

    return faulty


#: Where each fault is seeded.
FAULTS = [
    (lower._Scoped, "_quantified", an_open_list_is_taken_as_closed),
    (lower, "compare", none_is_lost_in_a_comparison),
    (formulas, "first_of", the_last_grade_that_holds_counts),
    (formulas, "first_of", the_first_row_is_certain_once_it_may_hold),
    (lower, "_includes", an_open_set_is_taken_as_closed),
    (lower, "_in_range", the_least_bound_is_taken_as_the_greatest),
    (lower, "_in_range", the_denominators_of_a_share_are_swapped),
    (judging.RuleSplit, "severity", a_mitigation_that_is_unknown_is_taken_as_none),
    (lower._Scoped, "_chosen", a_selector_that_is_unknown_is_taken_as_none),
    (formulas, "wherever", one_alternative_is_left_out),
    (lower, "splits", no_rule_is_split),
    (lower, "compare", ages_are_turned_round),
]


def test_nothing_is_found_where_there_is_no_fault():
    assert next(disagreements(), None) is None


@pytest.mark.parametrize(
    ("owner", "name", "fault"), FAULTS, ids=[fault.__name__ for *_, fault in FAULTS]
)
def test_a_fault_is_found(owner, name, fault, monkeypatch):
    # What was lowered rightly must not be found again in its place.
    monkeypatch.setattr(ir, "_made", WeakValueDictionary())
    monkeypatch.setattr(owner, name, fault(getattr(owner, name)))
    assert next(disagreements(), None) is not None

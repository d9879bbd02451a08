"""The terms of z3 say what the reference engine says, and lowered formulas what `encode` says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, get_args

import attrs
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from govrules import load_rulebook
from govrules.engines.reference import NEVER_FLAGS, case_of, evaluate, judge
from govrules.facts import Facts, absent, months_before, read_field
from govrules.lowering.formulas import FALSE
from govrules.lowering.ir import subject
from govrules.lowering.lower import Lowering
from govrules.model import AssessmentFacts, Pair, Partnership, Register
from govrules.own import with_own
from govrules.rulebook.ast import Derived, Row, Rule, Rulebook, Severity, Verdict
from govrules.rulebook.expr import (
    Compare,
    Condition,
    FactSource,
    Includes,
    Literal,
    Op,
    Operand,
    Predicate,
    Quantity,
    SetOp,
    Test,
)
from govrules.rulebook.packs import packs_in
from govrules.rulebook.walk import nodes, operands, references
from govrules.testing.grammar import conditions, rulebooks
from govrules.testing.strategies import boundaries, records
from govrules.truth import UNKNOWN, Truth
from govrules.vocabulary import Fact, Kind, YesNo
from tests.properties import small

z3 = pytest.importorskip("z3")

from govrules.prove.solving import Clock  # noqa: E402 - z3 must be there first
from govrules.prove.symbols import (  # noqa: E402 - z3 must be there first
    Day,
    Held,
    Several,
    Single,
    SymbolicRecord,
    SymbolicSubject,
    constant,
    day_of,
    earlier,
    months_earlier,
)
from govrules.prove.terms import (  # noqa: E402 - likewise
    both,
    either,
    exact,
    false,
    is_variable,
    names_in,
    new_solver,
    no,
    truth,
)
from govrules.prove.translate import Translator  # noqa: E402 - likewise
from tests.prove.encode import Encoder  # noqa: E402 - likewise

BOUND = 4
#: How many rounds of conditions are compared at most until every kind was among them.
MOST_ROUNDS = 20
SMALL = Test(small.ref("big"), Compare(Op.EQUALS, Literal(value=False)))
DERIVED = {
    "sound": Derived(small.SOUND, small.Thing, (Row(SMALL, value=True),), otherwise=False),
    "tier": Derived(small.TIER, small.Thing, (Row(SMALL, value="low"),), otherwise="top"),
}
WANTED = st.builds(Includes, st.sampled_from(SetOp), st.sampled_from(small.SETS).map(Literal))
OF_SETS = WANTED.map(lambda wanted: Test(small.ref("colours"), wanted))
NOTE = Fact("note", YesNo(), Kind.CIRCUMSTANCE, "it is noted", "Noted?", "it is not noted")
DAYS = (UNKNOWN, dt.date(2026, 1, 31), dt.date(2024, 2, 29), dt.date(2025, 3, 31))


def pinned(space: SymbolicSubject, record: Any, as_of: Any) -> list[tuple[Any, Any]]:
    """Each variable with the constant that it has for a subject on a day."""
    return [*_of_record(space.top, record), *_pinned(space.as_of, as_of)]


def _of_record(symbolic: SymbolicRecord, record: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each variable with the constant that it has for a subject."""
    for path, held in symbolic.held.items():
        value = read_field(record, path, held.fact)
        yield from _pinned(held, absent(held.fact) if value is None else value)


def _pinned(held: Held, value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each variable of a fact with the constant that makes it this value."""
    pairs: list[tuple[Any, Any]] = []
    match held:
        case Single(known=known, none=none, term=term):
            pairs = [(known, truth(value is not UNKNOWN)), (none, truth(value is None))]
            if term is not None:
                there = constant(None if value is UNKNOWN else value, held.fact.type, held.texts)
                pairs += zip(term, there, strict=True) if isinstance(term, Day) else [(term, there)]
        case Several(of=of, more=more, records=records) if not records:
            members = {UNKNOWN} if value is UNKNOWN else value
            pairs = [(each, truth(name in members)) for name, each in of.items()]
            pairs.append((more, truth(UNKNOWN in members)))
        case Several(of=of, more=more, records=records):
            several = [UNKNOWN] if value is UNKNOWN else value
            known = [each for each in several if each is not UNKNOWN]
            pairs = [(each, truth(place < len(known))) for place, each in enumerate(of.values())]
            pairs.append((more, truth(UNKNOWN in several)))
            for place, record in enumerate(records.values()):
                yield from _of_record(record, known[place] if place < len(known) else UNKNOWN)
    for variable, pin in pairs:
        if is_variable(variable):
            yield variable, z3.ToReal(pin) if z3.is_real(variable) and z3.is_int(pin) else pin


def space_of(cls: type, rulebook: Rulebook) -> SymbolicSubject:
    return SymbolicSubject(rulebook.class_of(cls), False, BOUND, [])


def agrees(
    condition: Condition, space: SymbolicSubject, record: Any, as_of: Any, rulebook: Rulebook
) -> bool:
    """Whether the terms of a condition say of a subject what the reference engine says."""
    pair = Lowering(rulebook.derived).condition(condition, space.cls)
    translator = Translator(space)
    terms = [translator.term(each) for each in pair]
    constants = pinned(space, record, as_of)
    expected = evaluate(condition, case_of(Facts(record, as_of), rulebook))
    said = [settled(each, constants) for each in terms]
    return said == [expected is Truth.TRUE, expected is Truth.FALSE]


class Told:
    """What a rule says as terms, to be held to what the reference engine says."""

    def __init__(self, rule: Rule, space: SymbolicSubject, rulebook: Rulebook) -> None:
        self.rule, self.space, self.rulebook = rule, space, rulebook
        judged = Lowering(rulebook.derived).rule(rule, space.cls)
        term = Translator(space).term
        self.verdicts = {
            Verdict.FLAGGED: term(judged.flagged),
            Verdict.CLEAR: term(judged.clear),
            Verdict.NOT_APPLICABLE: term(judged.not_applicable),
        }
        self.severities = {each: term(so) for each, so in judged.severities.items()}

    def agrees(self, record: Any, as_of: Any) -> bool:
        """Whether the same is said of a subject, and of how grave it is."""
        constants = pinned(self.space, record, as_of)
        outcome = judge(self.rule, case_of(Facts(record, as_of), self.rulebook))
        holding = {each for each, term in self.verdicts.items() if settled(term, constants)}
        if holding != {outcome.verdict} - {Verdict.UNKNOWN}:
            return False
        if outcome.verdict in NEVER_FLAGS:
            return True
        possible = [each for each, term in self.severities.items() if settled(term, constants)]
        worst = outcome.could_be or outcome.severity
        return max(possible) is worst and outcome.severity in (None, min(possible))


def settled(term: Any, constants: list[tuple[Any, Any]]) -> bool:
    value = z3.simplify(z3.substitute(term, *constants))
    assert z3.is_true(value) or z3.is_false(value), value
    return bool(z3.is_true(value))


@given(small.rulebooks(), small.conditions(), small.sparse_things(), st.sampled_from(DAYS))
def test_a_condition_is_true_and_false_as_the_reference_says(rulebook, condition, thing, as_of):
    space = space_of(small.Thing, rulebook)
    assert agrees(condition, space, thing, as_of, rulebook)


@st.composite
def anything(draw: st.DrawFn, cls: type) -> tuple[Rulebook, Any, Any, Any]:
    """A rulebook on a class, a condition of any kind, what it is put to and the date."""
    rulebook = draw(rulebooks(cls, subject="subject", most=1, depth=1))
    condition = draw(conditions(cls, rulebook, known=True))
    as_of = draw(st.sampled_from(DAYS))
    record = draw(records(cls, rulebook, near=boundaries(rulebook, as_of)))
    return rulebook, condition, record, as_of


@given(st.sampled_from([Partnership, Register, Pair, AssessmentFacts]), st.data())
def test_every_kind_of_condition_is_as_the_reference_says_of_every_subject(cls, data):
    rulebook, condition, record, as_of = data.draw(anything(cls))
    space = space_of(cls, rulebook)
    assert agrees(condition, space, record, as_of, rulebook)
    assert Told(rulebook.rules[0], space, rulebook).agrees(record, as_of)


def test_no_node_is_left_out():
    """What was compared names itself: each kind of node, test, operand, order and source."""
    seen: set[str] = set()
    book = small.rulebook_of((), DERIVED)
    cls = with_own(small.Thing, {small.Thing: {"note": NOTE}})
    book = attrs.evolve(book, subjects={**book.subjects, "thing": cls})

    @settings(max_examples=900, derandomize=True)
    @given(
        st.one_of(
            conditions(cls, book, known=True, depth=1),
            small._tests(derived=True),
            small._of_lists(derived=True),
            OF_SETS,
        ),
        records(cls, book, near=(1, 2, *small.DATES)),
        st.sampled_from(DAYS),
    )
    def compare(condition, thing, as_of):
        assert agrees(condition, space_of(cls, book), thing, as_of, book)
        for node in nodes(condition):
            predicate = getattr(node, "predicate", None)
            several = () if predicate is None else operands(predicate)
            seen.update(type(each).__name__ for each in (node, predicate, *several))
            seen.add(getattr(getattr(predicate, "op", None), "value", ""))
            seen.add(getattr(getattr(node, "quantity", None), "value", ""))
        seen.update(ref.source.value for ref in references(condition))

    wanted = {each.__name__ for of in (Condition, Predicate, Operand) for each in get_args(of)}
    wanted |= {each.value for of in (Op, SetOp, Quantity, FactSource) for each in of}
    for number in range(MOST_ROUNDS):
        seed(number)(compare)()
        if wanted <= seen:
            break
    assert wanted - seen == set()


@given(small.rulebooks(), small.sparse_things(), st.sampled_from(DAYS))
def test_every_subject_keeps_the_laws(rulebook, thing, as_of):
    space, lowering = space_of(small.Thing, rulebook), Lowering(rulebook.derived)
    translator = Translator(space)
    for rule in rulebook.rules:
        judged = lowering.rule(rule, small.Thing)
        for each in (judged.flagged, judged.clear, judged.not_applicable):
            translator.term(each)
    constants = pinned(space, thing, as_of)
    assert all(settled(law, constants) for laws in space.laws.values() for law in laws)


@given(small.rulebooks(), small.sparse_things(), st.sampled_from(DAYS))
def test_a_rule_says_what_the_reference_says(rulebook, thing, as_of):
    for rule in rulebook.rules:
        assert Told(rule, space_of(small.Thing, rulebook), rulebook).agrees(thing, as_of)


@pytest.mark.parametrize("pack", packs_in(()))
def test_shipped_examples_are_as_the_reference_says(pack):
    rulebook = load_rulebook(pack)
    compared = 0
    for rule in rulebook.rules:
        cls = rulebook.subjects[rule.subject]
        told = Told(rule, space_of(cls, rulebook), rulebook)
        for example in rule.examples:
            if _states_what_is_derived(example.given) or _is_long(example.given):
                continue
            as_of = example.as_of or UNKNOWN
            assert told.agrees(example.given, as_of)
            compared += 1
    assert compared


def _states_what_is_derived(record: Any) -> bool:
    inner = getattr(record, "partnerships", ())
    several = () if inner is UNKNOWN else inner
    return bool(record.stated) or any(each.stated for each in several if each is not UNKNOWN)


def _is_long(record: Any) -> bool:
    lists = [getattr(record, each, ()) for each in ("partners", "partnerships", "findings")]
    return any(each is not UNKNOWN and len(each) > BOUND for each in lists)


@given(st.dates(), st.integers(0, 400), st.dates())
def test_months_are_counted_by_the_calendar(as_of, months, other):
    exists, before = months_earlier(day_of(as_of), exact(months))
    older = z3.is_true(z3.simplify(z3.And(exists, earlier(day_of(other), before))))
    assert older is (other < months_before(as_of, months))


#: By what is said: as it is lowered, and as it is encoded.
Both: TypeAlias = Mapping[str, tuple[Any, Any]]
#: How long z3 may take for one formula; it takes a fraction of a second.
SECONDS = 60
SHIPPED = load_rulebook(*packs_in(()))
few = settings(max_examples=max(5, settings.default.max_examples // 2))


class Twice:
    """The rules and derived facts of a rulebook, written twice over the same partial facts."""

    def __init__(self, rulebook: Rulebook, cls: type, bound: int = BOUND) -> None:
        self.space = SymbolicSubject(cls, False, bound, [])
        self.lowering = Lowering(rulebook.derived)
        self.translator = Translator(self.space)
        self.encoder = Encoder(self.space, rulebook.derived)

    def of_rule(self, rule: Rule) -> Both:
        """Each thing that is said of a rule, as it is lowered and as it is encoded."""
        lowered, encoded = self.lowering.rule(rule, self.space.cls), self.encoder.judge(rule)
        term = self.translator.term
        flagged, clear, gone = map(term, (lowered.flagged, lowered.clear, lowered.not_applicable))
        found = {
            "flagged": (flagged, encoded.flagged),
            "clear": (clear, encoded.clear),
            "not applicable": (gone, encoded.not_applicable),
        }
        # How grave it is, and what mitigates it, is asked where it is flagged or may be.
        mine = no(either(clear, gone))
        theirs = no(either(encoded.clear, encoded.not_applicable))
        for level in Severity:
            possible = term(lowered.severities.get(level, FALSE))
            found[level.value] = both(mine, possible), both(theirs, encoded.severities[level])
        several = zip(lowered.mitigations, encoded.mitigations, strict=True)
        for number, (one, other) in enumerate(several, start=1):
            found[f"mitigation {number}"] = both(mine, term(one)), both(theirs, other)
        return found

    def of_derived(self, derived: Derived) -> Both:
        """Where a derived fact may have each value, as it is lowered and as it is encoded."""
        lowered = self.lowering.table(derived.name, subject(self.space.cls)).may
        encoded = self.encoder.table(derived, self.space.top)
        return {
            str(value): (
                self.translator.term(lowered.get(value, FALSE)),
                encoded.get(value, false()),
            )
            for value in {**lowered, **encoded}
        }

    def apart(self, pairs: Both) -> list[str]:
        """Return what is not the same both times; an error is raised where z3 does not say."""
        # One by one, and with nothing assumed: z3 takes far longer to refute them together.
        return [name for name, pair in pairs.items() if self._differ(z3.Xor(*pair))]

    def _differ(self, apart: Any) -> bool:
        solver = new_solver()
        solver.add(apart, *self.space.laws_of(names_in(apart))[1])
        return Clock.of(SECONDS).check(solver)


def proved(rulebook: Rulebook, bound: int = BOUND) -> int:
    """Prove all that a rulebook says the same both times, and return how many formulas that is."""
    twice = {cls: Twice(rulebook, cls, bound) for cls in rulebook.subjects.values()}
    number = 0
    several = [
        *((each.name, twice[each.cls], each) for each in rulebook.derived.values()),
        *((each.id, twice[rulebook.subjects[each.subject]], each) for each in rulebook.rules),
    ]
    for name, of, each in several:
        pairs = of.of_rule(each) if isinstance(each, Rule) else of.of_derived(each)
        assert (name, of.apart(pairs)) == (name, [])
        number += len(pairs)
    return number


def test_every_shipped_rule_and_derived_fact():
    derived = SHIPPED.derived.values()
    # None is possible of none of them, which is proved too.
    values = sum(len({*(row.value for row in each.rows), each.otherwise, None}) for each in derived)
    judged = sum(3 + len(Severity) + len(each.mitigated_by) for each in SHIPPED.rules)
    assert proved(SHIPPED) == values + judged > 700


@few
@given(st.sampled_from([Partnership, Register, Pair, AssessmentFacts]), st.data())
def test_generated_rules(cls, data):
    assert proved(data.draw(rulebooks(cls, subject="subject", most=2, depth=1)), bound=2)


@few
@given(small.rulebooks())
def test_small_rules(rulebook):
    assert proved(rulebook, bound=2)


def test_what_is_lowered_wrongly_is_found(monkeypatch):
    monkeypatch.setattr("govrules.lowering.formulas.exists", lambda var, so: FALSE)
    with pytest.raises(AssertionError):
        proved(SHIPPED)

"""Every engine says what the reference engine says. `make conform` does this at length."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules.assessment import assess
from govrules.engines.registry import ENGINES, engine
from govrules.model import Partnership, Register
from govrules.portfolio import assess_register
from govrules.testing.grammar import rulebooks
from govrules.testing.strategies import boundaries, partnerships
from tests.conformance.agreement import (
    AS_OF,
    DATES,
    HELD,
    PACKS,
    Tally,
    absent,
    cases,
    others,
    rules_of,
    stated,
)
from tests.properties import small

#: Partnerships are large to draw, and `make conform` draws many.
few = settings(max_examples=max(5, settings.default.max_examples // 3))
each_engine = pytest.mark.parametrize("name", HELD)


def agree(names, rules, subjects, as_of, rulebook):
    tally = Tally()
    tally.compare(names, rules, subjects, as_of, rulebook)
    assert tally.pairs == len(names) * len(rules) * len(subjects)
    assert not tally.disagreements


@pytest.mark.parametrize("name", ENGINES[1:])
def test_an_engine_is_here_or_says_why_not(name):
    if name in absent:
        pytest.skip(absent[name])
    assert callable(engine(name).outcomes)


def test_the_engine_that_needs_nothing_is_always_here():
    assert "compiled" in HELD


@each_engine
@few
@given(cases())
def test_on_every_shipped_rule(name, case):
    pack, day, partnership = case
    rules = rules_of(PACKS[pack], "partnership", DATES[day])
    agree([name], rules, [partnership], DATES[day], PACKS[pack])


@each_engine
@pytest.mark.parametrize("kind", ["register", "pair", "assessment"])
@few
@given(st.data())
def test_on_other_subjects(name, kind, data):
    subject = data.draw(others(kind))
    agree([name], rules_of(PACKS[0], kind, AS_OF), [subject], AS_OF, PACKS[0])


@each_engine
@few
@given(st.data())
def test_on_generated_rulebooks(name, data):
    rulebook = data.draw(rulebooks())
    near = boundaries(rulebook, AS_OF)
    drawn = data.draw(partnerships(rulebook, near=near))
    partnership = data.draw(stated(drawn, rulebook))
    agree([name], rules_of(rulebook, "partnership", AS_OF), [partnership], AS_OF, rulebook)


@each_engine
@given(small.rulebooks(), st.lists(small.sparse_things(), max_size=4), st.sampled_from(DATES))
def test_on_small_rulebooks(name, rulebook, things, as_of):
    agree([name], rules_of(rulebook, "thing", as_of), things, as_of, rulebook)


@each_engine
def test_where_no_rule_is_in_force_each_subject_has_no_finding(name):
    found = engine(name).outcomes((), (Partnership(), Partnership()), AS_OF, PACKS[0])
    assert [len(each) for each in found] == [0, 0]


@pytest.mark.parametrize("rulebook", PACKS, ids=lambda each: each.id)
def test_on_the_examples_of_every_rule(rulebook):
    given = defaultdict(list)
    for rule in rulebook.rules:
        for example in rule.examples:
            given[rule.subject, example.as_of or DATES[-1]].append(example.given)
    for (kind, as_of), subjects in given.items():
        agree(HELD, rules_of(rulebook, kind, as_of), subjects, as_of, rulebook)


@each_engine
@few
@given(st.lists(partnerships(PACKS[0]), min_size=1, max_size=3))
def test_a_register_comes_to_the_same(name, entries):
    """The register, its entries, its pairs and what sums them up, with their explanations."""
    register = Register(partnerships=tuple(entries))
    ours, theirs = (
        assess_register(register, PACKS[0], as_of=AS_OF, engine=each)
        for each in ("reference", name)
    )
    for one, other in zip(ours.all(), theirs.all(), strict=True):
        assert one.counts == other.counts
        assert one.severities == other.severities
        for first, second in zip(
            (*one.findings, *one.summaries), (*other.findings, *other.summaries), strict=True
        ):
            assert (first.verdict, first.severity, first.could_be, first.mitigations) == (
                second.verdict, second.severity, second.could_be, second.mitigations,
            )  # fmt: skip


@each_engine
def test_findings_explain_themselves_alike(name):
    example = next(each for rule in PACKS[0].rules for each in rule.examples)
    ours, theirs = (
        assess(example.given, PACKS[0], as_of=AS_OF, engine=each) for each in ("reference", name)
    )
    for one, other in zip(
        (*ours.findings, *ours.summaries), (*theirs.findings, *theirs.summaries), strict=True
    ):
        assert one.because == other.because
        assert one.questions == other.questions
        assert one.clears == other.clears
        assert one.sentence == other.sentence
    assert ours.questions == theirs.questions
    assert ours.plan() == theirs.plan()

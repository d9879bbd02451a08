"""The z3 encoding says of every condition and subject what the reference engine says."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govrules import load_rulebook
from govrules.engines.reference import case_of, evaluate, judge, months_before
from govrules.facts import Facts
from govrules.rulebook.ast import Verdict
from govrules.rulebook.load import packs_in
from govrules.truth import UNKNOWN, Truth
from tests.properties import small

z3 = pytest.importorskip("z3")

from govrules.prove.encode import Encoder  # noqa: E402 - z3 must be there first
from govrules.prove.symbols import (  # noqa: E402 - likewise
    Day,
    Space,
    earlier,
    months_earlier,
)

BOUND = 4
DAYS = (UNKNOWN, dt.date(2026, 1, 31), dt.date(2024, 2, 29), dt.date(2025, 3, 31))


def pinned(space: Space, record: Any, as_of: Any) -> list[tuple[Any, Any]]:
    return [*space.top.pinned(record), *space.as_of.pinned(as_of)]


def settled(term: Any, constants: list[tuple[Any, Any]]) -> bool:
    value = z3.simplify(z3.substitute(term, *constants))
    assert z3.is_true(value) or z3.is_false(value), value
    return bool(z3.is_true(value))


@given(small.rulebooks(), small.conditions(), small.sparse_things(), st.sampled_from(DAYS))
def test_a_condition_is_true_and_false_as_the_reference_says(rulebook, condition, thing, as_of):
    space = Space(small.Thing, False, BOUND, [], rulebook.local, frozenset(["deal"]))
    pair = Encoder(space, rulebook.derived).evaluate(condition, (space.top,))
    constants = pinned(space, thing, as_of)
    said = (settled(pair.true, constants), settled(pair.false, constants))
    expected = evaluate(condition, case_of(Facts(thing, as_of), rulebook))
    assert said == (expected is Truth.TRUE, expected is Truth.FALSE)


@given(small.rulebooks(), small.sparse_things(), st.sampled_from(DAYS))
def test_every_subject_keeps_the_laws(rulebook, thing, as_of):
    space = Space(small.Thing, False, BOUND, [], rulebook.local, frozenset(["deal"]))
    encoder = Encoder(space, rulebook.derived)
    for rule in rulebook.rules:
        encoder.judge(rule)
    constants = pinned(space, thing, as_of)
    assert all(settled(law, constants) for laws in space.laws.values() for law in laws)


@given(small.rulebooks(), small.sparse_things(), st.sampled_from(DAYS))
def test_a_rule_says_what_the_reference_says(rulebook, thing, as_of):
    space = Space(small.Thing, False, BOUND, [], rulebook.local, frozenset())
    encoder = Encoder(space, rulebook.derived)
    for rule in rulebook.rules:
        outcome = judge(rule, case_of(Facts(thing, as_of), rulebook))
        judged = encoder.judge(rule)
        constants = pinned(space, thing, as_of)
        assert settled(judged.flagged, constants) is (outcome.verdict is Verdict.FLAGGED)
        assert settled(judged.clear, constants) is (outcome.verdict is Verdict.CLEAR)
        gone = outcome.verdict is Verdict.NOT_APPLICABLE
        assert settled(judged.not_applicable, constants) is gone
        if outcome.severity is not None:
            for level, at_least in judged.at_least.items():
                assert settled(at_least, constants) is (outcome.severity >= level)


@pytest.mark.parametrize("pack", packs_in(()))
def test_shipped_examples_are_as_the_reference_says(pack):
    rulebook = load_rulebook(pack)
    compared = 0
    for rule in rulebook.rules:
        cls = rulebook.subjects[rule.subject]
        space = Space(cls, False, BOUND, [], rulebook.local, frozenset())
        judged = Encoder(space, rulebook.derived).judge(rule)
        for example in rule.examples:
            if _states_what_is_derived(example.given) or _is_long(example.given):
                continue
            as_of = example.as_of or UNKNOWN
            verdict = judge(rule, case_of(Facts(example.given, as_of), rulebook)).verdict
            constants = pinned(space, example.given, as_of)
            said = {
                Verdict.FLAGGED: settled(judged.flagged, constants),
                Verdict.CLEAR: settled(judged.clear, constants),
                Verdict.NOT_APPLICABLE: settled(judged.not_applicable, constants),
            }
            assert {each for each, so in said.items() if so} == {verdict} - {Verdict.UNKNOWN}
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
    day = Day(*(z3.IntVal(each) for each in (as_of.year, as_of.month, as_of.day)))
    that = Day(*(z3.IntVal(each) for each in (other.year, other.month, other.day)))
    exists, before = months_earlier(day, z3.IntVal(months))
    older = z3.is_true(z3.simplify(z3.And(exists, earlier(that, before))))
    assert older is (other < months_before(as_of, months))

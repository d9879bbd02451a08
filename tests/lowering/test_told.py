"""Formulas told by themselves say what the reference engine says, and read what they tell."""

from __future__ import annotations

from hypothesis import given

from govrules.engines import reference
from govrules.engines.compiled import tells
from govrules.engines.outcomes import outcome_of
from govrules.engines.registry import comparable
from govrules.lowering.lower import lowered
from govrules.lowering.reads import reads
from govrules.rulebook.ast import rule_conditions
from govrules.rulebook.reads import reads as read_by_conditions
from govrules.truth import UNKNOWN
from tests.conformance.agreement import DATES, PACKS, cases, rules_of
from tests.conformance.run import generated

LOWERED = {
    (pack, day): lowered(rules_of(each, "partnership", DATES[day]), each)
    for pack, each in enumerate(PACKS)
    for day in range(len(DATES))
}


def agree(rules, judged, subject, as_of, rulebook):
    (expected,) = reference.outcomes(rules, [subject], as_of, rulebook)
    formulas = tuple(each for rule in judged for each in rule.formulas)
    told = tells(formulas, type(subject))(as_of)(subject, {}, None)
    holds = dict(zip(formulas, told, strict=True)).__getitem__
    found = [outcome_of(*each, holds) for each in zip(rules, judged, strict=True)]
    assert list(map(comparable, found)) == list(map(comparable, expected))


@given(cases())
def test_shipped_rules_told_are_what_reference_says(case):
    pack, day, subject = case
    rules = rules_of(PACKS[pack], "partnership", DATES[day])
    agree(rules, LOWERED[pack, day], subject, DATES[day], PACKS[pack])


@given(generated())
def test_generated_rules_told_are_what_reference_says(case):
    rulebook, subjects = case
    judged = lowered(rulebook.rules, rulebook)
    for subject in subjects:
        agree(rulebook.rules, judged, subject, DATES[0], rulebook)


def test_formulas_read_nothing_that_their_rule_does_not():
    rules = PACKS[0].rules_for("partnership", UNKNOWN)
    for rule, judged in zip(rules, lowered(rules, PACKS[0]), strict=True):
        found = reads(judged.formulas)
        named = read_by_conditions(rule_conditions(rule), PACKS[0].derived)
        assert found.items() <= {**named, "as_of": False}.items()
        assert found

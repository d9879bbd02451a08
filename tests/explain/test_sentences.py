"""
Every generated sentence of the shipped packs, in one file that a person has read.

`GOVRULES_UPDATE=1 pytest tests/explain/test_sentences.py` writes it anew: read the difference.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from govrules import Rulebook, load_rulebook
from govrules.assessment import assess_rule
from govrules.explain.english import rule_sentence, severity_sentence
from govrules.explain.phrases import absence, changed_phrase, fact_phrase, presence, sentence
from govrules.explain.view import view_of
from govrules.facts import TO_BE_FOUND
from govrules.render.advice import good_state, settled_when
from govrules.render.standing import TIER, standing
from govrules.rulebook.ast import Rule, Verdict
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Kind,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

#: What a text is, for a sentence that reads as it would of a real one.
TEXTS = {
    "id": "EA-014 and EA-022",
    "first.id": "EA-014",
    "name": "Eastshire Arts Network and Safer Eastshire Partnership",
    "objective": "More people take part in the arts",
    "area": "Eastshire",
    "parent": "Eastshire Strategic Partnership",
    "own_rating": "amber",
    "organisation.name": "Eastshire Council",
    "partners[].name": "Northshire Council",
    "partnerships[].name": "Eastshire Arts Network",
    "shared_partners[].name": "Northshire Council",
    "performance.measures[].name": "waiting time",
    "conflicts.declared[].member": "Councillor Grey",
    "findings[].rule": "no-targets",
    "findings[].name": "No measure has a target",
    "findings[].theme": "money",
    "responsible_officer": "the head of culture",
    "pool.manager": "the head of joint commissioning",
    "performance.measures[].owner": "the head of care",
}
FILE = Path(__file__).with_name("sentences.txt")


def sentences() -> Iterator[str]:
    """Yield the lines of the file."""
    rulebook = load_rulebook()
    facts: dict[str, Fact] = {}
    for cls in rulebook.subjects.values():
        for path, fact in vocabulary_of(cls).paths.items():
            if fact not in facts.values():
                facts[path] = fact
    for path, fact in facts.items():
        yield from ("", f"## {path}", *dict.fromkeys(of_fact(fact, TEXTS.get(path, "the council"))))
    yield from ("", f"## {TIER}", *dict.fromkeys(of_tier(rulebook)))
    told: dict[str, None] = {}
    for rule in rulebook.rules:
        yield from ("", f"## {rule.id}", *of_rule(rule))
        its = dict.fromkeys(of_examples(rule, rulebook))
        yield from sorted(each for each in its if each.startswith("settled"))
        told |= {each: None for each in its if not each.startswith("settled")}
    yield from ("", "## of the examples of all rules", *sorted(told))


def of_fact(fact: Fact, text: str) -> Iterator[str]:
    """Yield each way in which a fact is known, and each way in which it is to change."""
    yield f"ask: {fact.question}"
    yield f"none: {sentence(absence(fact))}"
    if not isinstance(fact.type, YesNo | Choice | Record):
        yield f"some: {sentence(presence(fact))}"
    for value in values_of(fact, text):
        yield f"is: {sentence(fact_phrase(fact, value))}"
    for was, to in changes_of(fact) if fact.kind is Kind.ARRANGEMENT else ():
        yield f"to be: {sentence(changed_phrase(fact, to, was))}"


def values_of(fact: Fact, text: str) -> tuple[Any, ...]:
    match fact.type:
        case YesNo():
            return (True, False)
        case Choice(values):
            return values
        case Choices(values):
            several = [frozenset({each}) for each in values]
            more = [frozenset(values[:2]), frozenset(values[:7]), frozenset({values[0], UNKNOWN})]
            return (*several, *more)
        case Money():
            return tuple(map(Decimal, ("0", "1", "4200000.0", "1250.5")))
        case Number(whole=True) | Months():
            return (0, 1, 2, 7)
        case Number():
            return tuple(map(Decimal, (0, 1, 2, 7)))
        case Date():
            return (dt.date(2026, 1, 31),)
        case Text():
            return (text,)
        case Record() | Records():
            return ()


def changes_of(fact: Fact) -> Iterator[tuple[Any, Any]]:
    match fact.type:
        case Text():
            yield UNKNOWN, TO_BE_FOUND
        case Date():
            yield None, dt.date(2026, 1, 31)
        case Choices(values):
            yield frozenset(), frozenset(values[:3])
            yield frozenset(values[:1]), frozenset(values[:2])
            yield frozenset(values[:1]), frozenset(values[:7])
        case Number(whole=True):
            yield 7, 2
            yield 0, 2
        case Number() | Money():
            yield Decimal(7), Decimal(2)
            yield Decimal(0), Decimal(100)


def of_tier(rulebook: Rulebook) -> Iterator[str]:
    derived = rulebook.derived[TIER]
    for each in derived.examples:
        yield standing(derived, view_of(each.given, each.as_of or UNKNOWN, rulebook)).sentence


def of_rule(rule: Rule) -> Iterator[str]:
    """Yield what a rule says."""
    yield f"rule: {rule_sentence(rule)}".replace("\n", "\n  ")
    yield f"severity: {severity_sentence(rule)}"
    yield f"met: {sentence(good_state(rule))}"


def of_examples(rule: Rule, rulebook: Rulebook) -> Iterator[str]:
    """Yield what is said of each example of a rule."""
    for example in rule.examples:
        finding = assess_rule(rule, example.given, example.as_of or UNKNOWN, rulebook)
        yield from (f"because: {sentence(each.phrase)}" for each in finding.because)
        yield from (f"ask: {each.question}" for each in finding.questions)
        if finding.verdict is Verdict.FLAGGED and rule.subject != "assessment":
            settled = settled_when(finding, example.given)
            yield f"settled when: {sentence(settled)}"


def test_every_generated_sentence_was_read() -> None:
    written = "\n".join(sentences()) + "\n"
    if os.environ.get("GOVRULES_UPDATE"):
        FILE.write_text(written, encoding="utf-8")
    assert written == FILE.read_text(encoding="utf-8"), (
        "read the difference; see the top of this file"
    )

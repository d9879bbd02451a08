"""What is remembered of one subject is said of another only where it is worked out alike."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules import UNKNOWN, Funding, Partner, Partnership, assess, findings, load_rulebook
from govrules.assessment import assess_each
from govrules.explain import remembered
from govrules.explain.because import because
from govrules.explain.remembered import Memory
from govrules.facts import Facts
from govrules.testing.strategies import boundaries, partnerships
from tests.properties.small import AS_OF, partial_things, rulebooks

BOOK = load_rulebook("governing-partnerships")
DAY = dt.date(2026, 3, 31)
ENGINES = ("reference", "compiled")


def told(finding):
    return finding.rule.id, finding.because, finding.questions, finding.sentence


@settings(deadline=None)
@given(rulebooks(), st.lists(partial_things(), min_size=2, max_size=12), st.sampled_from(ENGINES))
def test_explanations_are_those_of_each_subject_alone(book, things, engine):
    several = list(assess_each(things, book, as_of=AS_OF, engine=engine))
    for thing, assessment in zip(things, several, strict=True):
        alone = assess(thing, book, as_of=AS_OF)
        assert [*map(told, assessment.findings)] == [*map(told, alone.findings)]


@settings(deadline=None, max_examples=20)
@given(
    st.lists(partnerships(BOOK, near=boundaries(BOOK, DAY)), min_size=2, max_size=4),
    st.sampled_from((DAY, UNKNOWN)),
)
def test_explanations_by_the_shipped_rules_are_those_of_each_alone(several, as_of):
    for one, assessment in zip(
        several, assess_each(several, BOOK, as_of=as_of, engine="compiled"), strict=True
    ):
        alone = assess(one, BOOK, as_of=as_of)
        assert [*map(told, assessment.findings)] == [*map(told, alone.findings)]


POOLED = Partnership(funding=Funding(pooled=True, annual_spend=Decimal(10)), protocol=None)


def flagged(several, rule):
    for assessment in assess_each(several, BOOK, as_of=DAY, engine="compiled"):
        (found,) = [each for each in assessment.flagged if each.rule.id == rule]
        yield found


def test_each_subject_is_told_in_its_own_words():
    rule = "pooled-budget-without-protocol"
    first = attrs.evolve(POOLED, evidence={"protocol": "minutes of May"})
    second = attrs.evolve(POOLED, origin={"": "register.csv:3"})
    one, other = flagged((first, second), rule)
    assert [each.fact for each in one.because] == [each.fact for each in other.because]
    assert "minutes of May" in [each.evidence for each in one.because]
    assert {each.evidence for each in other.because} == {""}
    assert {each.origin for each in other.because} == {"register.csv:3"}


def test_a_record_of_a_list_is_called_by_its_own_name():
    several = [
        Partnership(partners=(Partner(name=name, receives_money=True),))
        for name in ("A council", "A trust")
    ]
    one, other = (
        {question.question for finding in each.findings for question in finding.questions}
        for each in assess_each(several, BOOK, as_of=DAY, engine="compiled")
    )
    assert any("A council" in text for text in one)
    assert {text.replace("A council", "A trust") for text in one} == other


def test_what_reads_the_same_is_worked_out_once(monkeypatch):
    worked = []

    def counted(rule, case, outcome):
        worked.append(rule.id)
        return because(rule, case, outcome)

    monkeypatch.setattr(findings, "because", counted)
    several = [attrs.evolve(POOLED, name=f"Pool {number}") for number in range(9)]
    rule = "pooled-budget-without-protocol"
    assert len({each.because for each in flagged(several, rule)}) == 1
    assert worked == [rule]


def test_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(remembered, "MOST_KEPT", 3)
    rule = BOOK.rule("pooled-budget-without-protocol")
    memory = Memory()
    for pooled in (True, False, UNKNOWN, None):
        for protocol in (None, UNKNOWN):
            subject = Partnership(funding=Funding(pooled=pooled), protocol=protocol)
            case = assess(subject, BOOK, as_of=DAY)._case
            assert case.facts == Facts(subject, DAY)
            memory.of(rule, case)
            assert len(memory._kept) <= 3


@pytest.mark.parametrize(("spend", "same"), [(11, True), (10**9, False)])
def test_an_amount_counts_by_what_it_is_compared_with(spend, same):
    rule, memory = BOOK.rule("pooled-budget-without-protocol"), Memory()
    other = attrs.evolve(POOLED, funding=Funding(pooled=True, annual_spend=Decimal(spend)))
    one, two = (memory.of(rule, assess(each, BOOK, as_of=DAY)._case) for each in (POOLED, other))
    assert (one is two) is same


RULEBOOK = """\
govrules: 1
id: own
title: A pack of its own
version: "1"
owner: the tests
sources:
  policy: { title: The policy, publisher: A council, year: "2026" }
facts:
  local.loud: { type: yes or no, kind: arrangement, label: it is loud, denial: it is quiet, question: Is it loud? }
derived:
  tier:
    label: the tier
    values: [low, high]
    first_match: [{ when: { funding.pooled: yes }, value: high }]
    otherwise: low
"""
RULES = """\
govrules: 1
theme: money
rules:
  - id: everything
    title: Not everything is so
    principle: Everything is so.
    source: { document: policy, paragraph: 1 }
    severity: low
    requires:
      all:
        - funding.annual_spend: { at_least: 100 }
        - funding.annual_spend: { less_than: 1000 }
        - reviewed: { newer_than: { by: tier, high: 12 months, low: 36 months } }
        - local.loud: yes
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "rulebook.yaml").write_text(RULEBOOK)
    (folder / "money.yaml").write_text(RULES)
    return load_rulebook(folder)


def spends(amount):
    return Partnership(funding=Funding(annual_spend=Decimal(amount)))


def reviewed(months):
    return Partnership(reviewed=DAY - dt.timedelta(days=30 * months + 10))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (spends(50), spends(60), True),
        (spends(50), spends(500), False),
        (spends(500), spends(5000), False),
        (spends(100), spends(101), False),
        (reviewed(3), reviewed(6), True),
        (reviewed(6), reviewed(14), False),
        (reviewed(14), reviewed(30), True),
        (reviewed(30), reviewed(40), False),
        (Partnership(local={"loud": True}), Partnership(local={"loud": False}), False),
        (Partnership(local={"loud": True}), Partnership(local={"loud": True}), True),
        (Partnership(stated={"tier": "high"}), Partnership(stated={"tier": "low"}), False),
        (Partnership(stated={"tier": "high"}), Partnership(), False),
        (Partnership(funding=Funding(pooled=True)), Partnership(funding=Funding()), False),
        (Partnership(name="one"), Partnership(name="other"), True),
        (Partnership(funding=None), Partnership(funding=UNKNOWN), False),
    ],
)
def test_what_a_rule_reads_tells_subjects_apart_and_nothing_else_does(own, one, other, same):
    (rule,), memory = own.rules, Memory()
    first, second = (memory.of(rule, assess(each, own, as_of=DAY)._case) for each in (one, other))
    assert (first is second) is same

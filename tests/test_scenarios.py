"""Governance in proportion to what a partnership is; and plans of those that lack much."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import attrs
import pytest

from govrules import (
    Accountability,
    Funding,
    Partner,
    Partnership,
    Severity,
    Verdict,
    assess,
    load_rulebook,
)
from govrules.engines.reference import case_of, judge
from govrules.explain.ways import each_choice
from govrules.facts import Facts
from govrules.model import (
    Decisions,
    DocumentKind,
    GoverningDocument,
    Leadership,
    PublicAccountability,
)
from govrules.reading import read_subject
from govrules.rulebook.packs import shipped_examples

LIGHT = "low-tier-network"
HEAVY = "low-tier-network-overgoverned"
BARE_POOL = "high-tier-pool-without-arrangements"
RULEBOOK = load_rulebook("governing-partnerships")


@cache
def read(name):
    return read_subject(shipped_examples() / f"{name}.yaml", rulebook=RULEBOOK)


@cache
def assessment(name):
    found = read(name)
    return assess(found.subject, RULEBOOK, as_of=found.as_of)


def summary(name):
    (found,) = (
        each for each in assessment(name).summaries if each.rule.id == "governance-too-light"
    )
    return found


def verdict_of(name, rule):
    (found,) = (each for each in assessment(name).findings if each.rule.id == rule)
    return found.verdict


@pytest.mark.parametrize("name", [LIGHT, HEAVY, BARE_POOL])
def test_everything_is_recorded_so_nothing_is_asked(name):
    found = read(name)
    assert (found.warnings, found.problems) == ((), ())
    assert assessment(name).of(Verdict.UNKNOWN) == ()


def test_terms_of_reference_and_a_named_owner_are_enough_for_a_small_network():
    found = read(LIGHT).subject
    assert found.governing_document.kind == DocumentKind.TERMS_OF_REFERENCE
    assert not found.oversight.board
    assert found.scrutiny is None
    assert {each.severity for each in assessment(LIGHT).flagged} <= {Severity.LOW}
    assert verdict_of(LIGHT, "governance-too-heavy") is Verdict.CLEAR
    assert summary(LIGHT).verdict is Verdict.CLEAR


def test_a_small_network_is_told_nothing_above_low_even_with_nothing_but_terms_and_an_owner():
    full = read(LIGHT).subject
    bare = attrs.evolve(
        full,
        aims=None,
        exit_terms=frozenset(),
        governing_document=GoverningDocument(
            kind=DocumentKind.TERMS_OF_REFERENCE,
            clauses=frozenset(),
            legally_binding=False,
            signed_by_all=True,
            signed=full.governing_document.signed,
            expires=None,
            review_point_set=True,
            reviewed=full.governing_document.reviewed,
        ),
        accountability=Accountability(
            responsibility_shared=False, accountable_body=None, published=False
        ),
        leadership=Leadership(lead_agreed=False, dominated=False, balanced=False),
        decisions=Decisions(
            process_defined=False,
            minuted=False,
            actions_tracked=False,
            reported_back=False,
            made_elsewhere=False,
            meaningful=True,
            meetings_public=False,
            closure_reasoned=False,
        ),
        risk=None,
        performance=None,
        partners=tuple(
            attrs.evolve(each, links=frozenset(), role_documented=False) for each in full.partners
        ),
    )
    found = assess(bare, RULEBOOK, as_of=read(LIGHT).as_of)
    assert found.of(Verdict.UNKNOWN) == ()
    assert len(found.flagged) > len(assessment(LIGHT).flagged)
    assert {each.severity for each in found.flagged} == {Severity.LOW}


def test_the_same_network_with_the_machinery_of_a_large_body_is_too_heavy():
    found = read(HEAVY).subject
    assert found.governing_document.legally_binding
    assert found.oversight.board
    assert found.oversight.audits_per_year == 4
    assert verdict_of(HEAVY, "governance-too-heavy") is Verdict.FLAGGED
    light = {each.rule.id for each in assessment(LIGHT).flagged}
    heavy = {each.rule.id for each in assessment(HEAVY).flagged}
    assert heavy - light == {"governance-too-heavy"}


@pytest.mark.parametrize("name", [LIGHT, HEAVY])
def test_both_are_of_the_low_tier_for_the_same_circumstances(name):
    found = read(name).subject
    assert found.funding == read(LIGHT).subject.funding
    assert found.integration_level == read(LIGHT).subject.integration_level
    assert isinstance(found.public, PublicAccountability)
    assert found.public == read(LIGHT).subject.public


def test_a_pool_of_the_high_tier_with_nothing_in_place_is_critical():
    critical = {
        each.rule.id for each in assessment(BARE_POOL).flagged if each.severity is Severity.CRITICAL
    }
    assert {
        "no-governing-document",
        "pooled-budget-without-protocol",
        "pooled-budget-without-signed-agreement",
        "no-redress",
        "nobody-in-charge",
        "public-money-not-traced",
    } <= critical
    assert verdict_of(BARE_POOL, "governance-too-heavy") is Verdict.NOT_APPLICABLE


def test_too_little_governance_cites_its_parts_and_is_counted_apart():
    found = summary(BARE_POOL)
    assert (found.verdict, found.severity) == (Verdict.FLAGGED, Severity.MEDIUM)
    assert found.because
    assert all(each.fact.startswith("findings[") for each in found.because)
    assert found.rule.id not in {each.rule.id for each in assessment(BARE_POOL).findings}


def left(name, changes, level):
    """Return what is flagged at or above a level and not settled by changes, or flags with them."""
    ways = each_choice({each.fact: each.to for each in changes})
    return set().union(*(left_by(name, way, level) for way in ways))


def left_by(name, way, level):
    found = read(name)
    case = case_of(Facts(found.subject, found.as_of, overrides=way), RULEBOOK)
    verdicts = {each.rule.id: judge(each.rule, case).verdict for each in assessment(name).findings}
    before = {each.rule.id: each.severity for each in assessment(name).flagged}
    away = (Verdict.CLEAR, Verdict.NOT_APPLICABLE)
    return {
        rule
        for rule, verdict in verdicts.items()
        if (rule in before and before[rule] >= level and verdict not in away)
        or (rule not in before and verdict is Verdict.FLAGGED)
    }


def test_the_plan_for_the_pool_names_the_fewest_arrangements_that_clear_what_is_critical():
    plan = assessment(BARE_POOL).plan(Severity.CRITICAL)
    assert plan.proven_smallest
    assert plan.left == ()
    assert left(BARE_POOL, plan.changes, Severity.CRITICAL) == set()
    for each in plan.changes:
        others = [other for other in plan.changes if other is not each]
        assert left(BARE_POOL, others, Severity.CRITICAL), f"{each.fact} is not needed"


def test_the_plan_for_the_pool_clears_everything():
    plan = assessment(BARE_POOL).plan()
    assert plan.left == ()
    assert left(BARE_POOL, plan.changes, Severity.LOW) == set()
    for each in plan.changes:
        others = [other for other in plan.changes if other is not each]
        assert left(BARE_POOL, others, Severity.LOW), f"{each.fact} is not needed"
    critical = assessment(BARE_POOL).plan(Severity.CRITICAL)
    assert set(critical.clears) <= set(plan.clears)


ALL = load_rulebook()
AS_OF = dt.date(2026, 3, 31)
EXAMPLES = Path(__file__).parents[1] / "examples"
PACK = """\
govrules: 1
id: contrary
title: Rules that contradict each other
version: "1"
owner: tests
sources:
  policy: { title: The policy, publisher: A council, year: "2026" }
facts:
"""
FACT = """\
  local.f{0}: {{ type: yes or no, kind: arrangement, label: f{0} holds, denial: f{0} does not hold,
    question: Does f{0} hold? }}
"""
RULE = """\
  - id: rule-{0}
    title: Rule {0} is broken
    principle: P.
    source: {{ document: policy, paragraph: 1 }}
    requires: {{ local.f{1}: {2} }}
    severity: {3}
"""


@pytest.mark.parametrize("level", [Severity.HIGH, Severity.LOW])
def test_a_pool_with_nothing_in_place_is_planned_and_the_plan_proven(level):
    read = read_subject(EXAMPLES / "high-tier-pool-without-arrangements.yaml", rulebook=ALL)
    plan = assess(read.subject, ALL, as_of=read.as_of).plan(level)
    assert plan.proven_smallest
    assert plan.left == ()
    ranks = [-1 if each.severity is None else each.severity.rank for each in plan.steps]
    assert ranks == sorted(ranks, reverse=True)
    assert all(each.do and each.changes and each.rule in each.helps for each in plan.steps)


@pytest.mark.parametrize("number", [10, 100])
def test_a_plan_for_many_partners_names_each(number):
    """Of each partner four arrangements are missing, and one of the partnership."""
    partners = tuple(
        Partner(
            name=f"P{index}",
            kind="unitary_council",
            independent=bool(index % 2),
            named_accountable=False,
            role_documented=False,
            receives_money=True,
            roles=frozenset(),
            links=frozenset(),
            weaknesses=frozenset({"adverse_opinion"}),
            weakness_on_risk_register=False,
            voting_share=0,
            delegated_authority=False,
            objective_served=False,
        )
        for index in range(number)
    )
    large = Partnership(
        name="Large",
        status="active",
        started=dt.date(2015, 1, 1),
        accountability=Accountability(responsibility_shared=True),
        funding=Funding(annual_spend=5_000_000, pooled=True),
        partners=partners,
    )
    plan = assess(large, ALL, as_of=AS_OF).plan()
    assert plan.proven_smallest
    assert plan.left == ()
    assert len(plan.changes) == 4 * number + 1


def test_of_rules_that_contradict_each_other_the_gravest_are_settled(tmp_path):
    """Each fact is to be yes by some rules, and no by others that are less grave."""
    (tmp_path / "rulebook.yaml").write_text(PACK + "".join(map(FACT.format, range(20))))
    rules = [
        RULE.format(index, index % 20, "no" if yes else "yes", "low" if yes else "high")
        for index in range(400)
        for yes in [(index // 20) % 2]
    ]
    text = "govrules: 1\ntheme: t\nrules:\n" + "".join(rules)
    (tmp_path / "t.yaml").write_text(text)
    rulebook = load_rulebook(tmp_path)
    local = {f"f{index}": index % 2 == 0 for index in range(20)}
    found = assess(Partnership(name="X", local=local), rulebook)
    plan = found.plan()
    # A change would make those flag that are clear, so nothing is changed, and that is said.
    assert (plan.changes, plan.clears) == ((), ())
    assert len(plan.left) == found.counts[Verdict.FLAGGED] == 200

"""Plans of partnerships that lack much: found in bounded work, proven, and with nothing new."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

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
from govrules.reading import read_subject

RULEBOOK = load_rulebook()
AS_OF = dt.date(2026, 3, 31)
EXAMPLES = Path(__file__).parents[2] / "examples"
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
    read = read_subject(EXAMPLES / "high-tier-pool-without-arrangements.yaml", rulebook=RULEBOOK)
    plan = assess(read.subject, RULEBOOK, as_of=read.as_of).plan(level)
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
    plan = assess(large, RULEBOOK, as_of=AS_OF).plan()
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

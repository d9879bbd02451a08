"""What a condition refers to."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from govrules.rulebook import expr
from govrules.rulebook.ast import SEVERITIES, Rulebook, Severity, rule_conditions
from govrules.rulebook.expr import All, Count
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.walk import nodes, references
from tests.pages import laid

GOOD = laid("rule_files.md") / "good"


@pytest.fixture
def rulebook() -> Rulebook:
    return load_rulebook(GOOD / "everything")


@pytest.mark.parametrize(
    ("rule", "paths"),
    [
        ("yes-or-no", ["local.net_zero_plan"]),
        (
            "an-amount",
            ["funding.guarantees", "funding.annual_spend", "funding.borrowing", "local.levy"],
        ),
        ("a-date", ["reviewed", "tier", "reviewed", "reviewed"]),
        (
            "a-text",
            [
                "responsible_officer",
                "accountability.accountable_body",
                "funding.pooled",
                "pool.host",
                "name",
            ],
        ),
        (
            "a-list",
            [
                "partners",
                "named_accountable",
                "roles",
                "partners",
                "kind",
                "funding.pooled",
                "partners",
                "independent",
                "partners",
                "independent",
                "partners",
                "voting_share",
                "kind",
                "partners",
                "independent",
                "receives_money",
                "conflicts.declared",
            ],
        ),
        ("an-incomplete-register", ["partnerships", "funding.pooled", "protocol"]),
        ("a-choice", ["integration_level", "integration_level"]),
    ],
)
def test_every_fact_is_found_in_the_order_of_the_text(
    rulebook: Rulebook, rule: str, paths: list[str]
) -> None:
    """Facts that are tested, compared with, chosen by and added up are all references."""
    assert [each.path for each in references(rulebook.rule(rule).requires)] == paths


@pytest.mark.parametrize(
    ("requires", "amounts"),
    [
        ("{ at_least: £500 }", {(500, True)}),
        ("{ more_than: £500 }", {(500, False)}),
        ("{ between: [£500, { parameter: large_spend }] }", {(500, True), (250_000, False)}),
        (
            "{ less_than: { by: tier, high: £500, low: { parameter: large_spend } } }",
            {(500, True), (250_000, True)},
        ),
        # What else is asked of an amount than whether it is above another, no band settles.
        ("[£500, £600]", None),
        ("{ at_least: { fact: funding.borrowing } }", None),
        ("{ at_least: { by: tier, high: £500, low: { fact: funding.borrowing } } }", None),
    ],
)
def test_amounts_with_which_a_fact_is_compared_are_found(
    tmp_path: Path, requires: str, amounts: set[tuple[int, bool]] | None
) -> None:
    """A band of amounts is read as one of them where none of these lies within it."""
    shutil.copytree(laid("rule_files.md") / "base", tmp_path, dirs_exist_ok=True)
    rules = (tmp_path / "pack" / "rules.yaml").read_text("utf-8")
    tested = f"{{ funding.guarantees: {requires} }}"
    changed = rules.replace("{ protocol.agreed: yes }", tested)
    (tmp_path / "pack" / "rules.yaml").write_text(changed, "utf-8")
    found = load_rulebook(tmp_path / "pack").thresholds
    by_name = {
        fact.name: {(each.amount, each.reached) for each in its} for fact, its in found.items()
    }
    assert by_name.get("guarantees") == amounts


def test_one_of_refers_to_its_operands(rulebook: Rulebook) -> None:
    """A list of values has no facts but those that are compared with."""
    applies = rulebook.rule("a-choice").applies_when
    assert applies is not None
    assert [each.path for each in references(applies)] == ["status", "local.season"]


def test_nodes_are_walked_outermost_first(rulebook: Rulebook) -> None:
    """A condition comes before those inside it."""
    found = list(nodes(rulebook.rule("a-set").requires))
    assert [type(each) for each in found] == [
        All,
        expr.Test,
        expr.Test,
        All,
        Count,
        Count,
    ]


def test_the_conditions_of_a_rule_are_all_found(rulebook: Rulebook) -> None:
    """Scope, exceptions, duty, grades and mitigations are the conditions of a rule."""
    rule = rulebook.rule("yes-or-no")
    assert list(rule_conditions(rule)) == [
        rule.applies_when,
        rule.unless[0].when,
        rule.requires,
        rule.grades[0].when,
        rule.grades[1].when,
        rule.mitigated_by[0].when,
    ]
    assert list(rule_conditions(rulebook.rule("a-pair"))) == [rulebook.rule("a-pair").requires]


def test_severities_are_ordered() -> None:
    """Low is the least and critical the most, in every comparison."""
    assert [each.value for each in sorted(SEVERITIES, reverse=True)] == [
        "critical",
        "high",
        "medium",
        "low",
    ]
    for one, two in itertools.product(SEVERITIES, repeat=2):
        assert (one < two) == (one.rank < two.rank)
        assert (one <= two) == (one.rank <= two.rank)
        assert (one > two) == (one.rank > two.rank)
        assert (one >= two) == (one.rank >= two.rank)


def test_a_severity_steps_down_by_one_and_low_stays() -> None:
    """A mitigation never makes a finding less than low."""
    assert Severity.CRITICAL.stepped_down() is Severity.HIGH
    assert Severity.LOW.stepped_down() is Severity.LOW

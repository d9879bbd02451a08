"""Each kind of small change to a rule is made, and an example that shows the rule notices it."""

from __future__ import annotations

import pytest

from govrules import load_rulebook
from govrules.mutants import caught, mutants, survivors

RULEBOOK = """\
govrules: 1
id: small
title: Small
version: "1"
owner: tests
sources:
  policy: { title: The policy, publisher: A council, year: "2026" }
parameters:
  much: { value: 100, unit: pounds, reason: Much., says: ours }
  review: { value: 12 months, reason: A year., says: ours }
derived:
  tier:
    label: the tier
    values: [low, high]
    first_match: [{ when: { funding.pooled: yes }, value: high }]
    otherwise: low
"""
POOLED = "{ funding.pooled: yes }"


@pytest.fixture
def load(tmp_path):
    def load(requires=POOLED, severity="medium", more="", examples=(), derived=""):
        listed = "".join(f"      - {each}\n" for each in examples)
        (tmp_path / "rulebook.yaml").write_text(RULEBOOK + derived)
        (tmp_path / "theme.yaml").write_text(
            "govrules: 1\ntheme: t\nrules:\n  - id: a-rule\n    title: A rule\n    principle: P.\n"
            "    source: { document: policy, paragraph: 1 }\n"
            f"    requires: {requires}\n    severity: {severity}\n{more}"
            + (f"    examples:\n{listed}" if listed else "")
        )
        return load_rulebook(tmp_path)

    return load


def changes(rulebook):
    return [each.change for each in mutants(rulebook.rules[0])]


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (POOLED, ["deny: ", "swap yes and no"]),
        (
            "{ all: [{ funding.pooled: yes }, { protocol.agreed: yes }] }",
            ["drop: partners pool budgets", "`all` to `any`"],
        ),
        (
            "{ any: [{ funding.pooled: yes }, { protocol.agreed: yes }] }",
            ["drop: partners pool budgets", "`any` to `all`"],
        ),
        ("{ not: { funding.pooled: yes } }", ["drop the `not` before: partners pool budgets"]),
        (
            "{ funding.annual_spend: { at_least: 100 } }",
            [
                "flip `at_least`",
                "move the boundary `at_least`",
                "shift 100 to 99",
                "shift 100 to 101",
            ],
        ),
        (
            "{ funding.annual_spend: { less_than: 100 } }",
            ["flip `less_than`", "move the boundary `less_than`"],
        ),
        (
            "{ funding.annual_spend: { at_most: { parameter: much } } }",
            ["shift 100 to 99", "shift 100 to 101"],
        ),
        ("{ funding.annual_spend: { more_than: 0 } }", ["shift 0 to 1"]),
        (
            "{ funding.annual_spend: { between: [10, 20] } }",
            ["shift 10 to 9 (lower bound)", "shift 20 to 21 (upper bound)"],
        ),
        (
            "{ value.assessed: { newer_than: { parameter: review } } }",
            ["flip `newer_than`", "shift 12 to 11", "shift 12 to 13"],
        ),
        (
            "{ value.assessed: 2026-03-31 }",
            ["shift 2026-03-31 to 2026-03-30", "shift 2026-03-31 to 2026-04-01"],
        ),
        (
            "{ integration_level: { at_least: coordination } }",
            ["shift coordination to liaison", "shift coordination to joint_planning"],
        ),
        (
            "{ legal_form: [joint_committee, statutory_body] }",
            ["drop value 1", "drop value 2", "deny: "],
        ),
        (
            "{ governing_document.clauses: { includes_all: [aims, roles] } }",
            [
                "`includes_all` to `includes`",
                "`includes_all` to `missing_any_of`",
                "drop `aims`",
                "drop `roles`",
            ],
        ),
        (
            "{ partners: { some: { independent: yes } } }",
            ["`some` to `every`", "`some` to `none`", "deny: "],
        ),
        (
            "{ partners: { every: { independent: yes } } }",
            ["`every` to `some`", "`every` to `none`"],
        ),
        ("{ partners: { none: { independent: no } } }", ["`none` to `some`", "`none` to `every`"]),
        (
            "{ partners: { count: { where: { independent: yes }, at_least: 2 } } }",
            ["flip `at_least`", "shift 2 to 1", "deny: the "],
        ),
        (
            "{ partners: { sum: { of: voting_share, at_most: 50 } } }",
            ["flip `at_most`", "shift 50 to 51"],
        ),
        (
            "{ partners: { share: { among: { receives_money: yes }, where: { independent: yes }, at_least: 50 } } }",
            ["flip `at_least`", "shift 50 to 49"],
        ),
        (
            "{ funding.annual_spend: { at_least: { by: tier, high: 10, low: 20 } } }",
            ["shift 10 to 9 for high", "shift 20 to 21 for low"],
        ),
        (
            "{ governing_document.clauses: { includes_all: { by: tier, high: [aims, roles], low: [aims] } } }",
            ["drop `aims` for high"],
        ),
    ],
)
def test_each_kind_of_condition_is_changed(load, requires, expected):
    found = changes(load(requires))
    for each in expected:
        assert any(each in change for change in found), (each, found)
    assert all(change.startswith(("requires: ", "step the severity")) for change in found)


def test_severity_is_stepped_and_its_grades_are_dropped(load):
    found = changes(load(severity="{ high: { protocol.agreed: no }, otherwise: low }"))
    assert "drop the grade high" in found
    assert "step the grade high to medium" in found
    assert "step the grade high to critical" in found
    assert "step the severity low to medium" in found
    assert any(each.startswith("severity high: deny: ") for each in found)


def test_scope_exceptions_and_mitigations_are_dropped_and_changed(load):
    case = "[{ when: { protocol.agreed: yes }, because: B., source: { document: policy, paragraph: 1 } }]"
    more = f"    applies_when: {{ shared_assets: yes }}\n    unless: {case}\n    mitigated_by: {case}\n"
    found = changes(load(more=more))
    assert "drop `applies_when`" in found
    assert "remove the exception" in found
    assert "remove the mitigation" in found
    for part in ("applies_when", "unless", "mitigated_by"):
        assert any(each.startswith(f"{part}: deny: ") for each in found)


def test_a_mutant_differs_from_its_rule_and_from_the_others(load):
    requires = "{ all: [{ funding.pooled: yes }, { not: { protocol.agreed: no } }, { legal_form: [joint_committee, statutory_body] }] }"
    rulebook = load(requires, severity="{ critical: { tier: high }, otherwise: high }")
    rule = rulebook.rules[0]
    made = [each.changed for each in mutants(rule)]
    assert rule not in made
    assert len(made) == len(set(made))
    assert {each.id for each in made} == {"a-rule"}


def test_a_change_below_zero_or_outside_closed_values_is_not_made(load):
    assert not any(
        "-1" in each for each in changes(load("{ funding.annual_spend: { at_least: 0 } }"))
    )
    found = changes(load("{ integration_level: { at_most: pooled } }"))
    assert not any("shift pooled to pooled" in each for each in found)
    assert any("shift pooled to integrated_delivery" in each for each in found)


def test_a_derived_fact_is_changed_row_by_row(load):
    derived = load().derived["tier"]
    found = [each.change for each in mutants(derived)]
    assert "drop the row for high" in found
    assert any(each.startswith("deny: ") for each in found)
    assert derived not in [each.changed for each in mutants(derived)]


def test_a_derived_fact_with_examples_is_mutated_with_the_rules(load):
    cases = [
        "expect: high, given: { funding.pooled: yes }",
        "expect: low, given: { funding.pooled: no }",
    ]
    listed = "".join(
        f"      - {{ name: n{number}, {each} }}\n" for number, each in enumerate(cases)
    )
    rulebook = load(examples=[FLAGGED, CLEAR], derived=f"    examples:\n{listed}")
    alive, total = survivors(rulebook)
    assert alive == []
    assert total == len([*mutants(rulebook.rules[0]), *mutants(rulebook.derived["tier"])])


FLAGGED = "{ name: f, given: { funding.pooled: no }, expect: flagged, severity: medium }"
CLEAR = "{ name: c, given: { funding.pooled: yes }, expect: clear }"


def test_examples_that_show_a_rule_catch_every_mutant(load):
    rulebook = load(examples=[FLAGGED, CLEAR])
    alive, total = survivors(rulebook)
    assert alive == []
    assert total == len(list(mutants(rulebook.rules[0])))


def test_a_rule_without_examples_catches_none(load):
    alive, total = survivors(load())
    assert len(alive) == total > 0


def test_a_mutant_that_lives_says_where_and_what(load):
    alive, _ = survivors(load(examples=[CLEAR]))
    (one, *_) = [each for each in alive if "step the severity" in each.change]
    assert str(one).endswith("`a-rule`: no example notices: step the severity medium to low")
    assert "/theme.yaml:" in str(one)


def test_a_boundary_is_caught_only_by_the_cases_on_both_sides_of_it(load):
    spend = "{ funding.annual_spend: { at_least: 100 } }"
    far = [
        "{ name: a, given: { funding.annual_spend: 500 }, expect: clear }",
        "{ name: b, given: { funding.annual_spend: 5 }, expect: flagged, severity: medium }",
    ]
    near = [
        "{ name: c, given: { funding.annual_spend: 100 }, expect: clear }",
        "{ name: d, given: { funding.annual_spend: 99 }, expect: flagged }",
    ]
    alive = {each.change for each in survivors(load(spend, examples=far))[0]}
    assert any("move the boundary" in each for each in alive)
    assert any("shift 100 to 99" in each for each in alive)
    assert survivors(load(spend, examples=[*far, *near]))[0] == []


def test_one_mutant_is_caught_or_not(load):
    rulebook = load(examples=[FLAGGED])
    found = {each.change: caught(each, rulebook) for each in mutants(rulebook.rules[0])}
    assert found["step the severity medium to high"]
    assert any(found.values())

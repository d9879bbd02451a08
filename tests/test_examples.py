"""Examples are run, and the tests that none of them shows are named."""

from __future__ import annotations

import pytest

from govrules import load_rulebook
from govrules.examples import run_derived_examples, run_examples, unseen
from govrules.rulebook.ast import Verdict
from govrules.rulebook.packs import packs_in
from govrules.truth import Truth

RULEBOOK = """\
govrules: 1
id: small
title: Small
version: "1"
owner: tests
sources:
  policy: { title: The policy, publisher: A council, year: "2026" }
derived:
  big:
    label: it is big
    denial: it is not big
    when: { funding.annual_spend: { at_least: 100 } }
    examples:
"""


@pytest.fixture
def load(tmp_path):
    def load(
        rule, derived="      - { name: much, given: { funding.annual_spend: 100 }, expect: yes }\n"
    ):
        (tmp_path / "rulebook.yaml").write_text(RULEBOOK + derived)
        (tmp_path / "theme.yaml").write_text(
            "govrules: 1\ntheme: t\nrules:\n  - id: a-rule\n    title: A rule\n    principle: P.\n"
            "    source: { document: policy, paragraph: 1 }\n" + rule
        )
        return load_rulebook(tmp_path)

    return load


def rule(*examples, requires="{ protocol.agreed: yes }", more=""):
    listed = "".join(f"      - {each}\n" for each in examples)
    return f"    requires: {requires}\n    severity: medium\n{more}    examples:\n{listed}"


@pytest.mark.parametrize("pack", packs_in(()))
def test_the_examples_of_shipped_packs_hold(pack):
    rulebook = load_rulebook(pack)
    results = [*run_examples(rulebook), *run_derived_examples(rulebook)]
    assert [str(each.diagnostic) for each in results if each.diagnostic] == []


@pytest.mark.parametrize("pack", packs_in(()))
def test_the_examples_of_shipped_packs_show_every_test_true_false_and_unknown(pack):
    assert [str(each) for each in unseen(load_rulebook(pack))] == []


@pytest.mark.parametrize("pack", packs_in(()))
def test_every_shipped_rule_is_shown_flagged_clear_and_unknown(pack):
    for each in load_rulebook(pack).rules:
        shown = {example.expect for example in each.examples}
        needed = {Verdict.FLAGGED, Verdict.CLEAR}
        # What is recorded is always known.
        needed |= set() if each.about_records else {Verdict.UNKNOWN}
        assert needed <= shown, f"{each.span}: {each.id}"


def test_an_example_that_holds_has_no_problem(load):
    (result,) = run_examples(
        load(rule("{ name: x, given: { protocol: none }, expect: flagged, severity: medium }"))
    )
    assert (result.problem, result.diagnostic) == ("", None)
    assert result.finding.verdict is Verdict.FLAGGED


@pytest.mark.parametrize(
    ("example", "problem"),
    [
        (
            "{ name: x, given: { protocol: none }, expect: clear }",
            "expected clear, but it is flagged",
        ),
        (
            "{ name: x, given: { name: A }, expect: clear }",
            "expected clear, but it is unknown, and asks for protocol.agreed",
        ),
        ("{ name: x, given: { protocol: none }, expect: flagged, severity: high }", "medium"),
        (
            "{ name: x, given: { name: A }, expect: unknown, asks: [funding.pooled] }",
            "it asks for protocol.agreed",
        ),
        ("{ name: x, given: { name: A }, expect: unknown, asks: [] }", "protocol.agreed"),
        ("{ name: x, given: { name: A }, expect: unknown, could_be: high }", "medium"),
    ],
)
def test_an_example_that_fails_says_how(load, example, problem):
    (result,) = run_examples(load(rule(example)))
    assert problem in result.problem
    diagnostic = result.diagnostic
    assert diagnostic is not None
    assert "rule `a-rule`, example `x`" in diagnostic.message
    assert diagnostic.code.id.startswith("GR5")
    assert diagnostic.span.line == 11


def test_a_failure_says_what_the_rule_sees(load):
    (result,) = run_examples(load(rule("{ name: x, given: { protocol: none }, expect: clear }")))
    assert result.diagnostic is not None
    assert result.diagnostic.help.startswith(
        "the rule sees: the partners have not agreed a protocol"
    )


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], {Truth.TRUE, Truth.FALSE, Truth.UNKNOWN}),
        (["protocol.agreed: yes"], {Truth.FALSE, Truth.UNKNOWN}),
        (["protocol.agreed: yes", "protocol: none"], {Truth.UNKNOWN}),
        (["protocol.agreed: yes", "protocol: none", "name: A"], set()),
    ],
)
def test_what_no_example_shows_is_named(load, given, missing):
    verdicts = {"protocol.agreed: yes": "clear", "protocol: none": "flagged", "name: A": "unknown"}
    examples = [
        f"{{ name: {each[:4]}, given: {{ {each} }}, expect: {verdicts[each]} }}" for each in given
    ]
    rulebook = load(
        rule(*examples) if examples else rule("x").replace("    examples:\n      - x\n", "")
    )
    found = list(unseen(rulebook))
    assert {truth for each in found for truth in each.truths} == missing
    for each in found:
        assert "rule `a-rule`: no example shows as" in str(each)
        assert str(each).startswith(f"{each.test.span}: ")


def test_each_test_of_a_list_is_seen_in_each_of_its_records(load):
    requires = "{ partners: { some: { independent: yes } } }"
    one = "{ name: x, given: { partners: [{ independent: yes }, { independent: no }, { name: A }] }, expect: clear }"
    found = list(unseen(load(rule(one, requires=requires))))
    assert [each.truths for each in found] == [(Truth.FALSE, Truth.UNKNOWN)]


def test_a_test_that_does_not_decide_is_seen_all_the_same(load):
    requires = "{ any: [{ funding.pooled: yes }, { protocol.agreed: yes }] }"
    examples = [
        f"{{ name: n{number}, given: {{ {facts} }}, expect: {expect} }}"
        for number, (facts, expect) in enumerate(
            [
                ("funding.pooled: yes, protocol.agreed: no", "clear"),
                ("funding.pooled: no, protocol.agreed: yes", "clear"),
                ("name: A", "unknown"),
            ]
        )
    ]
    assert list(unseen(load(rule(*examples, requires=requires)))) == []


def test_conditions_of_severity_and_mitigation_are_looked_at_too(load):
    text = rule("{ name: x, given: { protocol: none }, expect: flagged }").replace(
        "severity: medium", "severity: { high: { funding.pooled: yes }, otherwise: low }"
    )
    phrases = {str(each).rpartition(": ")[2] for each in unseen(load(text))}
    assert "partners pool budgets" in phrases


@pytest.mark.parametrize(
    ("example", "holds"),
    [
        ("{ name: much, given: { funding.annual_spend: 100 }, expect: yes }", True),
        ("{ name: little, given: { funding.annual_spend: 99 }, expect: no }", True),
        ("{ name: open, given: { name: A }, expect: unknown }", True),
        ("{ name: wrong, given: { funding.annual_spend: 99 }, expect: yes }", False),
        ("{ name: wrong, given: { name: A }, expect: yes }", False),
        ("{ name: wrong, given: { funding.annual_spend: 99 }, expect: unknown }", False),
    ],
)
def test_examples_of_derived_facts_are_run(load, example, holds):
    rulebook = load(
        rule("{ name: x, given: { protocol: none }, expect: flagged }"), f"      - {example}\n"
    )
    (result,) = run_derived_examples(rulebook)
    assert (result.diagnostic is None) is holds
    if result.diagnostic:
        assert "`big`, example `wrong`: expected" in result.diagnostic.message

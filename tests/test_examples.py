"""Examples are run, and the tests that none of them shows are named."""

from __future__ import annotations

import copy
import pickle

import pytest

from govrules import load_rulebook
from govrules.examples import run_derived_examples, run_examples, unseen
from govrules.nodes import Entries, Items, Report
from govrules.parsing import parse
from govrules.rulebook import load as loading
from govrules.rulebook.ast import Verdict
from govrules.rulebook.packs import packs_in, shipped_packs
from govrules.rulebook.unread import Unread, without_examples
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


FILES = sorted(shipped_packs().glob("*/*.yaml"))


def places(node, found):
    """Every key and value of a node with its place, but for the examples of rules and facts."""
    match node:
        case Entries(items):
            for key, value in items:
                if key.text == "examples":
                    continue
                found.append((key.text, key.line, key.column))
                places(value, found)
        case Items(items):
            for each in items:
                places(each, found)
        case _:
            found.append((node.text, node.line, node.column))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_but_examples_is_left_out(path):
    text = path.read_text("utf-8")
    left = without_examples(text)
    whole, less = (parse(each, Report(path.name, each)) for each in (text, left))
    assert places(less, []) == places(whole, [])
    assert "examples:" not in left


def test_what_is_left_out_is_read_when_it_is_asked_for():
    book, whole = load_rulebook(), load_rulebook(*(each for each in shipped_packs().iterdir()))
    for rule in book.rules:
        assert isinstance(rule.examples, Unread)
        same = whole.rule(rule.id)
        assert rule.examples == same.examples
        assert [each.given for each in rule.examples] == [each.given for each in same.examples]
        # Of a pack asked for by its name messages say the name.
        assert [each.span.line for each in rule.examples] == [
            each.span.line for each in same.examples
        ]
    for name, derived in book.derived.items():
        assert derived.examples == whole.derived[name].examples


def test_the_examples_of_a_pack_are_read_once_and_only_when_asked_for(monkeypatch):
    read = []
    parse_ = loading.parse
    monkeypatch.setattr(
        loading, "parse", lambda text, report: read.append(text) or parse_(text, report)
    )
    # Read anew, whatever other tests have read in this process.
    monkeypatch.setattr(loading, "_shipped", loading._shipped.__wrapped__)
    book = load_rulebook("agreements-in-force")
    assert not any("examples:" in each for each in read)
    read.clear()
    assert len([*book.rules[0].examples]) == len(book.rules[0].examples) > 0
    once = len(read)
    assert any("examples:" in each for each in read)
    for rule in book.rules:
        assert rule.examples[0].name
    assert len(read) == once


def test_examples_not_yet_read_are_values_like_others():
    rule = load_rulebook("agreements-in-force").rules[0]
    again = pickle.loads(pickle.dumps(rule))
    assert type(again.examples) is tuple
    assert again.examples == rule.examples
    assert copy.deepcopy(rule.examples) == copy.copy(rule.examples) == rule.examples
    assert hash(rule.examples) == hash(again.examples)
    # A set that was pickled may be printed in another order.
    assert repr(rule.examples) == repr(tuple(rule.examples))
    assert rule.examples[:1] == again.examples[:1]


def test_the_examples_of_a_pack_in_a_folder_are_read_at_once(tmp_path):
    for each in (shipped_packs() / "agreements-in-force").iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    assert all(type(rule.examples) is tuple for rule in load_rulebook(tmp_path).rules)


def test_a_pack_that_extends_a_shipped_one_sees_its_examples(tmp_path):
    (tmp_path / "rulebook.yaml").write_text(
        "govrules: 1\nid: ours\ntitle: Ours\nversion: 1\nowner: Us\nextends: [governing-partnerships]\n"
        "sources: { ours: { title: Ours, publisher: Us, year: 2026 } }\n"
    )
    (tmp_path / "ours.yaml").write_text(
        "govrules: 1\ntheme: ours\nrules:\n"
        "  - id: ours\n    title: Ours\n    principle: It is significant.\n"
        "    source: { document: ours, paragraph: 1 }\n"
        "    requires: { significant: yes }\n    severity: low\n"
    )
    book = load_rulebook(tmp_path)
    plain = load_rulebook("governing-partnerships")
    assert book.derived["significant"].examples == plain.derived["significant"].examples
    assert len(book.derived["significant"].examples) > 0

"""What formulas ask is what findings ask, for every kind of condition."""

from __future__ import annotations

import random

import pytest

from govrules import assess
from govrules.engines.columns import to_batches
from govrules.registers.batches import assess_batches
from govrules.rulebook.ast import All, AnyOf, Exemption, Grade, Mitigation, Not, Severity
from tests.conformance.agreement import DATES, asked
from tests.conformance.test_every_kind_of_condition import CONDITIONS, DERIVED, rule, things
from tests.properties.small import CITED, Thing, rulebook_of


def alone():
    return tuple(rule(index, each) for index, each in enumerate(CONDITIONS))


def together():
    """Conditions in every place of a rule that asks."""
    drawn = random.Random(9)  # noqa: S311 - the same in every run
    for index in range(100):
        one, two, three, four, five, six = drawn.choices(CONDITIONS, k=6)
        yield rule(
            index,
            drawn.choice((one, Not(one), All((one, two)), AnyOf((one, two)))),
            applies_when=drawn.choice((None, three, AnyOf((three, four)))),
            unless=drawn.choice(((), (Exemption(four, "Why.", CITED),))),
            grades=(Grade(Severity.CRITICAL, five), Grade(Severity.MEDIUM, six)),
            mitigated_by=(Mitigation(six, "Why.", CITED),),
        )


@pytest.mark.parametrize("rules", [alone(), tuple(together())], ids=["alone", "together"])
@pytest.mark.parametrize("as_of", DATES[1:])
def test_every_kind_of_condition_asks_what_findings_ask(rules, as_of):
    book = rulebook_of(rules, DERIVED)
    several = things()[::12]
    batches = assess_batches(book, to_batches(several, Thing, book), kind="thing", as_of=as_of)
    rows = [row for batch in batches for row in batch.to_pylist()]
    findings = [each for one in several for each in assess(one, book, as_of=as_of).findings]
    several_ask = 0
    for row, finding in zip(rows, findings, strict=True):
        expected = asked(finding)
        assert set(filter(None, row["questions"].split("; "))) == expected, finding.rule
        several_ask += bool(expected)
    assert several_ask > len(findings) / 10

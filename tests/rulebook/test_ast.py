"""The values of the tree."""

from __future__ import annotations

import itertools

from govrules.rulebook.ast import SEVERITIES, Severity


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

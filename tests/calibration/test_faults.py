"""What a reading found wrong with the rulebook is not so any more."""

from __future__ import annotations

import pytest

from tests.calibration.cases import rulebook
from tests.calibration.faults import FAULTS, PAIRS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: f"{each.id}: {each.what}")
def test_a_fault_is_mended(fault):
    assert fault.said() == fault.now


@pytest.mark.parametrize("pair", PAIRS, ids=lambda each: f"{each.id}: {each.what}")
def test_what_is_absent_is_no_better_than_what_is_imperfect(pair):
    absent, imperfect = pair.gravities()
    assert absent >= imperfect


def test_no_severity_and_no_deadline_is_put_to_the_source():
    """F10: the report gives neither."""
    for rule in rulebook().rules:
        says = {part: said.value for part, said in rule.says.items()}
        assert {says.get("severity", "ours"), says.get("deadline", "ours")} == {"ours"}, rule.id

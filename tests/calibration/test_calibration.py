"""The shipped rules rank invented partnerships as a practitioner would."""

from __future__ import annotations

import pytest

from tests.calibration.cases import CASES, FILES, judged, rulebook


def test_every_case_has_its_expectations_and_its_file():
    assert {each.name for each in FILES.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_read_without_a_remark(name):
    assert judged(CASES[name]).unread == ()


def test_expectations_name_rules_that_there_are():
    known = {each.id for each in rulebook().rules}
    for case in CASES.values():
        named = {*case.first, *case.among, *case.said, *case.not_said}
        assert named <= known, case.name


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_ranked_as_a_practitioner_expects(name):
    case = CASES[name]
    assert judged(case).amiss == (), case.why

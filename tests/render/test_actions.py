"""What is to be done: each remedy once, in the order in which it is due, with the work it is of."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import attrs
import pytest

from govrules import Assessment, Severity, assess, load_rulebook
from govrules.reading import read_subject
from govrules.render.actions import actions_of, due_date, when_phrase, works_of
from govrules.truth import UNKNOWN

EXAMPLE = Path(__file__).parents[2] / "examples" / "high-tier-pool-without-arrangements.yaml"
DAY = dt.date(2026, 1, 31)


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    rulebook = load_rulebook()
    read = read_subject(EXAMPLE, rulebook=rulebook)
    return assess(read.subject, rulebook, as_of=DAY)


@pytest.mark.parametrize(
    ("within", "due"),
    [
        ("1 month", dt.date(2026, 2, 28)),
        ("3 months", dt.date(2026, 4, 30)),
        ("12 months", dt.date(2027, 1, 31)),
        ("2 years", dt.date(2028, 1, 31)),
        ("2 weeks", dt.date(2026, 2, 14)),
        ("1 day", dt.date(2026, 2, 1)),
        ("the next meeting", None),
        ("", None),
        ("a month or 2", None),
    ],
)
def test_a_date_is_worked_out_from_the_day_of_the_assessment(
    within: str, due: dt.date | None
) -> None:
    assert due_date(within, DAY) == due
    assert due_date(within, UNKNOWN) is None


def test_when_is_said_as_people_say_it() -> None:
    assert when_phrase(None, "3 months") == "within 3 months"
    assert when_phrase(None, "the next plan or statement") == "in the next plan or statement"
    assert when_phrase(None, "") == ""


def test_every_flagged_finding_is_settled_by_one_action(assessment: Assessment) -> None:
    works = works_of(assessment.flagged, assessment.rulebook)
    actions = actions_of(assessment.flagged, works, DAY)
    settled = [each.rule.id for action in actions for each in action.findings]
    assert sorted(settled) == sorted(each.rule.id for each in assessment.flagged)
    for action in actions:
        assert action.severity is max(each.severity or Severity.LOW for each in action.findings)


def test_a_meeting_comes_first_and_what_has_no_date_last(assessment: Assessment) -> None:
    actions = actions_of(assessment.flagged, (), DAY)
    assert actions[0].within == "the next meeting"
    assert actions[-1].within == "the next plan or statement"
    dates = [each.due for each in actions if each.due is not None]
    assert dates == sorted(dates)
    for one, two in itertools.pairwise(actions):
        if one.due == two.due and one.within == two.within:
            assert one.severity >= two.severity


def test_a_piece_of_work_settles_several(assessment: Assessment) -> None:
    works = works_of(assessment.flagged, assessment.rulebook)
    assert [each.letter for each in works] == list("ABCDEFG")[: len(works)]
    sizes = [len(each.findings) for each in works]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) > 1
    assert {each.title for each in works} <= {*assessment.rulebook.work.values()}


def test_one_remedy_of_two_findings_is_one_action(assessment: Assessment) -> None:
    first, second = assessment.flagged[:2]
    alike = attrs.evolve(second, rule=attrs.evolve(second.rule, remedy=first.rule.remedy))
    assert alike.remedy == first.remedy
    (action,) = actions_of((first, alike), (), DAY)
    assert action.findings == (first, alike)

"""The shipped rules rank invented partnerships as a practitioner would, and the begun no worse."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest
from hypothesis import settings

from govrules import Verdict, assess, load_rulebook
from govrules.reading import read_subject
from govrules.testing.properties import check
from govrules.testing.theorems.knowledge import gravest, removals
from govrules.testing.trial import FalsifiedError
from tests.calibration.cases import CASES, FAULTS, FILES, PAIRS, judged, rulebook


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


#: So many generated partnerships, each with everything known and one arrangement taken away, a
#: thousand of them where time is no matter; in parts, which are tried beside each other.
TRIED, PARTS = min(1000, 8 * settings.default.max_examples), 8
DAY = dt.date(2026, 3, 31)
#: A pack in which a document that is imperfect is graver than none.
WORSE = """\
govrules: 1
theme: t
rules:
  - id: not-reviewed
    title: A document was not reviewed
    principle: P.
    source: { document: policy, paragraph: 1 }
    applies_when: { not: { governing_document.kind: none } }
    requires: { governing_document.review_point_set: yes }
    severity: high
"""
RULEBOOK = """\
govrules: 1
id: worse
title: Worse
version: "1"
owner: tests
sources:
  policy: { title: The policy, publisher: A council, year: "2026" }
"""


@pytest.mark.parametrize("part", range(PARTS))
def test_generated_partnerships_are_never_better_for_having_less(part):
    tried = check(
        "never_worse_for_having_begun",
        rulebook(),
        "partnership",
        as_of=DAY,
        examples=TRIED // PARTS,
        seeded=20261129 + part,
    )
    assert tried * PARTS >= TRIED


@pytest.mark.parametrize("name", CASES)
def test_no_case_is_better_for_having_less(name):
    read = read_subject(FILES / name / "facts.yaml", rulebook=rulebook())
    before = assess(read.subject, rulebook(), as_of=read.as_of)
    for path, without in removals(read.subject):
        after = assess(without, rulebook(), as_of=read.as_of)
        # What is asked instead of found is no better: nothing is known of it.
        if after.counts[Verdict.UNKNOWN] <= before.counts[Verdict.UNKNOWN]:
            assert gravest(after) >= gravest(before), path


@pytest.fixture
def worse(tmp_path):
    (tmp_path / "rulebook.yaml").write_text(RULEBOOK)
    (tmp_path / "t.yaml").write_text(WORSE)
    return load_rulebook(tmp_path)


def test_a_pack_that_punishes_beginning_is_found(worse):
    with pytest.raises(FalsifiedError) as raised:
        check(
            "never_worse_for_having_begun", worse, "partnership", as_of=DAY, examples=500, seeded=1
        )
    assert "1 high became 0 none without `governing_document" in raised.value.says


def test_what_is_meant_is_left_out(worse):
    (rule,) = worse.rules
    meant = attrs.evolve(rule, intended=(("never-worse", "A reason."),))
    rules = attrs.evolve(worse, rules=(meant,))
    check("never_worse_for_having_begun", rules, "partnership", as_of=DAY, examples=200, seeded=1)

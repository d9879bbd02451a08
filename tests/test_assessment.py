"""Assessments: what the findings on one subject come to together."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from govrules.assessment import Assessment, assess
from govrules.errors import EngineError, FactsError
from govrules.model import Partnership
from govrules.rulebook.ast import Grade, Remedy, Rule, Severity, Verdict
from govrules.rulebook.expr import Compare, Literal, Op, Quantified, Quantity
from govrules.rulebook.expr import Test as FactTest
from govrules.rulebook.load import load_rulebook
from govrules.truth import UNKNOWN
from tests.properties.small import AS_OF, CITED, Item, Thing, ref, rulebook_of


def is_(path: str, value: Any) -> FactTest:
    return FactTest(ref(path), Compare(Op.EQUALS, Literal(value)))


def rule(rule_id: str, requires: Any, severity: Severity = Severity.HIGH, **more: Any) -> Rule:
    return Rule(rule_id, "It is broken", "theme", "Mend.", CITED, requires, severity,
                subject="thing", **more)  # fmt: skip


BIG_TOP = Grade(Severity.CRITICAL, is_("level", "top"))
RULES = (
    rule("mended", is_("mended", True), Severity.LOW),
    rule("painted", is_("painted", True), Severity.HIGH),
    rule("big", is_("big", True), Severity.MEDIUM, applies_when=is_("size", 1)),
    rule("graded", is_("size", 2), Severity.MEDIUM, grades=(BIG_TOP,)),
)
THING = Thing(mended=False, painted=False, size=1)


def assessed(thing: Thing = THING, rules: tuple[Rule, ...] = RULES, **more: Any) -> Assessment:
    return assess(thing, rulebook_of(rules, {}), **({"as_of": AS_OF} | more))


def test_findings_are_counted_and_ordered_by_gravity() -> None:
    """Counts by verdict and by severity, and the gravest first."""
    assessment = assessed()
    assert [each.rule.id for each in assessment.flagged] == ["painted", "graded", "mended"]
    assert assessment.counts == {
        Verdict.FLAGGED: 3, Verdict.CLEAR: 0, Verdict.UNKNOWN: 1, Verdict.NOT_APPLICABLE: 0,
    }  # fmt: skip
    assert assessment.severities == {
        Severity.LOW: 1, Severity.MEDIUM: 1, Severity.HIGH: 1, Severity.CRITICAL: 0,
    }  # fmt: skip
    assert assessment.good_practice == ()
    assert [each.rule.id for each in assessed(Thing(mended=True)).good_practice] == ["mended"]


def test_questions_that_settle_most_come_first() -> None:
    """Questions by how many rules they serve, then by how grave those could be."""
    ranked = assessed(Thing(mended=False, painted=True)).questions
    assert [(each.question.fact, each.rules, each.could_be.value) for each in ranked] == [
        ("size", ("big", "graded"), "critical"),
        ("big", ("big",), "medium"),
    ]
    assert [each.question.fact for each in assessed(Thing(mended=False, painted=True, size=1)).questions] == [
        "level",
        "big",
    ]  # fmt: skip


def test_rules_in_force_on_a_day() -> None:
    """A rule is in force from its first day to its last, and on a day not known."""
    first, last = dt.date(2026, 1, 1), dt.date(2026, 3, 31)
    dated = rule("dated", is_("mended", True), in_force=(first, last))
    day = dt.timedelta(days=1)
    for as_of, expected in (
        (first - day, False), (first, True), (last, True), (last + day, False), (UNKNOWN, True),
    ):  # fmt: skip
        assert dated.counts_on(as_of) is expected
        assert len(assessed(rules=(dated,), as_of=as_of).findings) == expected


def test_what_cannot_be_assessed() -> None:
    """An engine that is not there, and an object of another class, are said to be so."""
    with pytest.raises(EngineError, match="no such engine"):
        assessed(engine="steam")
    with pytest.raises(FactsError, match="Thing"):
        assess(Item(), rulebook_of(RULES, {}))


def test_a_verdict_and_a_level_stand_for_what_they_say() -> None:
    found = assessed()
    assert found.of("flagged") == found.of(Verdict.FLAGGED) != ()  # type: ignore[arg-type]
    assert found.plan("high") == found.plan(Severity.HIGH)  # type: ignore[arg-type]
    for wrong in (lambda: found.of("flaged"), lambda: found.plan("hihg")):  # type: ignore[arg-type]
        with pytest.raises(FactsError, match="must be one of"):
            wrong()


def test_a_finding_says_what_to_do() -> None:
    """The first remedy whose case it is, else the rule's own, else nothing."""
    remedy = Remedy("Mend it.", instead=((is_("size", 2), "Grow."), (is_("size", 1), "Shrink.")))
    advised = rule("advised", is_("mended", True), remedy=remedy)
    assert assessed(rules=(advised,)).findings[0].remedy == "Shrink."
    other = assessed(attrs.evolve(THING, size=0), rules=(advised,)).findings[0]
    assert other.remedy == "Mend it."
    assert assessed().findings[0].remedy == ""


def test_findings_as_sentences() -> None:
    """Each verdict in words, with its reasons or how many questions are left."""
    said = {each.rule.id: each.sentence for each in assessed().findings}
    assert said["mended"] == "It is broken: it is broken."
    assert said["big"] == "Not known: 1 question would settle it."
    two = {each.rule.id: each.sentence for each in assessed(Thing(mended=True)).findings}
    assert two["mended"] == "Met: it is mended."
    assert two["big"] == "Not known: 2 questions would settle it."
    apart = assessed(Thing(size=2)).findings[2]
    assert apart.sentence == "Does not apply: the size is 2 feet."


def test_a_finding_knows_where_it_comes_from() -> None:
    """The place of the first fact that has one, else of the whole subject."""
    thing = attrs.evolve(
        THING, origin={"": "a.yaml:1", "mended": "a.yaml:4"}, evidence={"mended": "seen"}
    )
    mended, painted, *_ = assessed(thing).findings
    assert mended.subject_location == "a.yaml:4"
    assert mended.because[0].evidence == "seen"
    assert painted.subject_location == "a.yaml:1"
    assert mended.source is CITED
    assert mended.principle == "Mend."
    assert assessed().findings[0].subject_location == ""


def test_a_reason_and_a_question_about_a_record_name_it() -> None:
    """What is said of a record of a list begins with what the record is called."""
    fine = FactTest(ref("fine", 1), Compare(Op.EQUALS, Literal(True)))
    every = rule("every", Quantified(Quantity.EVERY, ref("spares"), fine))
    flagged = assessed(Thing(spares=(Item(fine=True), Item(fine=False))), (every,)).findings[0]
    assert flagged.because[0].phrase == "spare 2: the item is not fine"
    assert [each.phrase for each in flagged.clears[0]] == ["spare 2: the item is fine"]
    unknown = assessed(Thing(spares=(Item(),)), (every,)).findings[0]
    assert unknown.questions[0].question == "Spare 1: Fine?"
    some = rule("some", Quantified(Quantity.SOME, ref("spares"), fine))
    added = assessed(Thing(spares=()), (some,)).findings[0]
    assert [each.phrase for each in added.clears[0]] == ["a new spare: the item is fine"]


def test_a_fact_that_a_pack_declares_is_part_of_the_way_out(tmp_path: Path) -> None:
    """A local arrangement is changed like any other, and told by its own label."""
    (tmp_path / "rulebook.yaml").write_text(
        "govrules: 1\nid: green\ntitle: Green\nversion: 1.0.0\nowner: Eastshire\n"
        "sources: { a: { title: A, publisher: B, year: 2005 } }\n"
        "facts:\n  local.plan: { type: yes or no, kind: arrangement, label: a plan is made, "
        "denial: no plan is made, question: Is a plan made? }\n"
    )
    (tmp_path / "green.yaml").write_text(
        "govrules: 1\ntheme: green\nrules:\n  - id: no-plan\n    title: No plan is made\n"
        "    principle: Plan.\n    source: { document: a, paragraph: 1 }\n"
        "    requires: { local.plan: yes }\n    severity: low\n"
    )
    rulebook = load_rulebook(tmp_path)
    (finding,) = assess(Partnership(name="Pool", local={"plan": False}), rulebook).findings
    assert [[each.phrase for each in way] for way in finding.clears] == [["a plan is made"]]


LET_GO = """
import datetime, gc, weakref, attrs, govrules
from govrules.rulebook.packs import shipped_examples
subject = govrules.read(shipped_examples() / "high-tier-pool-without-arrangements.yaml").subject
for engine in "reference", "compiled", "columnar":
    rulebook = attrs.evolve(govrules.load_rulebook("governing-partnerships"))
    found = govrules.assess(subject, rulebook, as_of=datetime.date(2026, 3, 31), engine=engine)
    assert found.plan().steps and govrules.to_data(found)
    gone = weakref.ref(rulebook)
    del found, rulebook
    gc.collect()
    print(engine, gone() is None)
"""


def test_a_rulebook_that_nobody_holds_is_let_go() -> None:
    """A service that reads its rules anew each time they change keeps none of those before."""
    # In a process of its own: what other tests hold says nothing of the library.
    ended = subprocess.run(
        [sys.executable, "-c", LET_GO], capture_output=True, text=True, check=False
    )
    assert (ended.stderr, ended.returncode) == ("", 0)
    assert ended.stdout.split() == ["reference", "True", "compiled", "True", "columnar", "True"]

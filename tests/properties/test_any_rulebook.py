"""The theorems on partnerships: under generated rulebooks and under the rulebook that is shipped."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import given, settings, target
from hypothesis import strategies as st

from govrules import Partnership, Register, Rulebook, Severity, Verdict, assess, load_rulebook
from govrules.assessment import Assessment
from govrules.engines.reference import case_of, evaluate, judge
from govrules.explain.because import restricted
from govrules.explain.clears import supposing
from govrules.explain.english import condition_phrase
from govrules.facts import Facts
from govrules.findings import Finding
from govrules.nodes import Report, parse
from govrules.rulebook.ast import Condition
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.walk import nodes, references, rule_conditions
from govrules.rulebook.write import write_condition
from govrules.subjects import Declared
from govrules.testing.strategies import (
    boundaries,
    completions,
    conditions,
    partnerships,
    records,
    registers,
    rulebooks,
)
from govrules.truth import UNKNOWN, Truth
from govrules.validate import check_subject
from govrules.vocabulary import Record, Records, vocabulary_of
from tests.properties.oracle import Oracle
from tests.properties.small import Thing

AS_OF = dt.date(2026, 3, 31)
SHIPPED = load_rulebook()
PACKS = [SHIPPED, load_rulebook("health-pooled-funds"), load_rulebook("agreements-in-force")]


@functools.cache
def near(index: int) -> tuple[Any, ...]:
    return boundaries(PACKS[index], AS_OF)


@st.composite
def generated(draw: st.DrawFn) -> tuple[Rulebook, Partnership]:
    """A generated rulebook, and a partnership near its thresholds."""
    rulebook = draw(rulebooks())
    return rulebook, draw(partnerships(rulebook, near=boundaries(rulebook, AS_OF)))


@st.composite
def shipped(draw: st.DrawFn) -> tuple[Rulebook, Partnership]:
    """A shipped rulebook, and a partnership near its thresholds."""
    index = draw(st.integers(0, len(PACKS) - 1))
    return PACKS[index], draw(partnerships(PACKS[index], near=near(index)))


CASES = st.one_of(generated(), shipped())


def assessed(subject: Any, rulebook: Rulebook) -> Assessment:
    return assess(subject, rulebook, as_of=AS_OF)


def worst(finding: Finding) -> Severity:
    found = finding.could_be or finding.severity
    assert found is not None
    return found


@given(CASES, st.data())
def test_knowledge_is_monotone(case: tuple[Rulebook, Partnership], data: st.DataObject) -> None:
    rulebook, partial = case
    complete = data.draw(completions(partial, rulebook, near=boundaries(rulebook, AS_OF)))
    names = data.draw(st.sets(st.sampled_from(sorted(vocabulary_of(Partnership).fields))))
    between = attrs.evolve(partial, **{name: getattr(complete, name) for name in names})
    for less, more in ((partial, between), (between, complete)):
        pairs = zip(
            assessed(less, rulebook).findings, assessed(more, rulebook).findings, strict=True
        )
        for was, now in pairs:
            never_goes_back(was, now)
    assert not assessed(complete, rulebook).of(Verdict.UNKNOWN)


def never_goes_back(was: Finding, now: Finding) -> None:
    if was.verdict is Verdict.CLEAR:
        assert now.verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE)
    elif was.verdict is not Verdict.UNKNOWN:
        assert now.verdict is was.verdict
    if was.verdict is Verdict.FLAGGED and was.mitigations == now.mitigations:
        assert was.severity is not None
        assert now.severity is not None
        assert was.severity <= now.severity <= worst(now) <= worst(was)
    if was.verdict is Verdict.UNKNOWN and now.verdict is Verdict.FLAGGED:
        assert worst(now) <= worst(was)


@given(CASES, st.data())
def test_agrees_with_a_naive_oracle(
    case: tuple[Rulebook, Partnership], data: st.DataObject
) -> None:
    rulebook, partial = case
    complete = data.draw(completions(partial, rulebook, near=boundaries(rulebook, AS_OF)))
    oracle = Oracle(complete, rulebook, AS_OF)
    before, after = assessed(partial, rulebook), assessed(complete, rulebook)
    for was, now in zip(before.findings, after.findings, strict=True):
        expected = oracle.verdict(was.rule)
        assert now.verdict.value == expected
        if was.verdict is Verdict.CLEAR:
            assert expected in ("clear", "not applicable")
        elif was.verdict is not Verdict.UNKNOWN:
            assert was.verdict.value == expected
        if now.verdict is Verdict.FLAGGED:
            assert now.severity is not None
            assert now.severity.value == oracle.severity(was.rule)
            assert now.could_be is None


@given(st.data())
def test_conditions_agree_with_a_naive_oracle(data: st.DataObject) -> None:
    cls = data.draw(st.sampled_from([Partnership, Thing, Register]))
    rulebook = data.draw(rulebooks(cls, subject="subject", most=1, depth=1))
    condition = data.draw(conditions(cls, rulebook))
    around = (*boundaries(rulebook, AS_OF), *DAYS)
    partial = data.draw(records(cls, rulebook, near=around))
    complete = data.draw(completions(partial, rulebook, near=around))
    expected = Oracle(complete, rulebook, AS_OF).holds(condition)
    before = evaluate(condition, case_of(Facts(partial, AS_OF), rulebook))
    after = evaluate(condition, case_of(Facts(complete, AS_OF), rulebook))
    assert after is (Truth.TRUE if expected else Truth.FALSE)
    assert before in (Truth.UNKNOWN, after)


#: Days that are a whole number of months before the assessment, at the ends of months.
DAYS = (dt.date(2025, 9, 30), dt.date(2025, 3, 31), dt.date(2025, 2, 28), dt.date(2026, 2, 28))


@given(CASES)
def test_questions_suffice(case: tuple[Rulebook, Partnership]) -> None:
    """A finding that is unknown asks for something, and for nothing that is known."""
    rulebook, partial = case
    facts = Facts(partial, AS_OF)
    for finding in assessed(partial, rulebook).findings:
        if finding.verdict is Verdict.UNKNOWN:
            assert finding.questions
        if finding.verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE):
            assert finding.questions == ()
        for question in finding.questions:
            assert is_open(facts.record, question.fact), question
            assert question.question.endswith("?")


def is_open(record: Any, path: str) -> bool:
    """Whether a fact of a record was not recorded, or not to its end."""
    value = record
    for part in path.split("."):
        name, _, index = part.partition("[")
        if name == "local":
            return path.removeprefix("local.") not in record.local
        value = getattr(value, name)
        if value is UNKNOWN:
            return True
        if index:
            value = [each for each in value if each is not UNKNOWN][int(index.rstrip("]"))]
    return isinstance(value, tuple | frozenset) and UNKNOWN in value


@given(CASES, st.data())
def test_answers_to_all_questions_settle(
    case: tuple[Rulebook, Partnership], data: st.DataObject
) -> None:
    rulebook, partial = case
    complete = data.draw(completions(partial, rulebook, near=boundaries(rulebook, AS_OF)))
    for finding in assessed(partial, rulebook).of(Verdict.UNKNOWN):
        answered = with_answers(partial, complete, [each.fact for each in finding.questions])
        outcome = judge(finding.rule, case_of(Facts(answered, AS_OF), rulebook))
        assert outcome.verdict is not Verdict.UNKNOWN


def with_answers(partial: Any, complete: Any, paths: list[str], prefix: str = "") -> Any:
    """The partial record with these facts, and no others, as the complete one has them."""
    changed: dict[str, Any] = {}
    for name, fact in vocabulary_of(type(partial)).fields.items():
        path, value, whole = f"{prefix}{name}", getattr(partial, name), getattr(complete, name)
        if path in paths:
            changed[name] = whole
        elif isinstance(fact.type, Record) and any(each.startswith(f"{path}.") for each in paths):
            if whole is None:
                changed[name] = None
            else:
                known = fact.type.cls() if value is UNKNOWN else value
                changed[name] = with_answers(known, whole, paths, f"{path}.")
        elif isinstance(fact.type, Records) and isinstance(value, tuple):
            known_ = [each for each in value if each is not UNKNOWN]
            items = tuple(
                with_answers(each, whole[index], paths, f"{path}[{index}].")
                for index, each in enumerate(known_)
            )
            changed[name] = items + ((UNKNOWN,) if UNKNOWN in value else ())
    if "local" in vocabulary_of(type(partial)).about:
        local = {
            name: value
            for name, value in complete.local.items()
            if f"{prefix}local.{name}" in paths
        }
        changed["local"] = {**partial.local, **local}
    return attrs.evolve(partial, **changed)


@given(CASES)
def test_because_is_sufficient(case: tuple[Rulebook, Partnership]) -> None:
    rulebook, partial = case
    whole = case_of(Facts(partial, AS_OF), rulebook)
    for finding in assessed(partial, rulebook).findings:
        paths = [each.fact for each in finding.because]
        alone = judge(finding.rule, restricted(whole, paths))
        assert alone.verdict is finding.verdict
        assert alone.severity is finding.severity
        assert alone.could_be is finding.could_be
        assert len(set(paths)) == len(paths)
        if finding.verdict in (Verdict.FLAGGED, Verdict.NOT_APPLICABLE) and len(paths) == 1:
            assert judge(finding.rule, restricted(whole, [])).verdict is not finding.verdict


@given(CASES)
def test_remedies_clear(case: tuple[Rulebook, Partnership]) -> None:
    rulebook, partial = case
    whole = case_of(Facts(partial, AS_OF), rulebook)
    for finding in assessed(partial, rulebook).flagged:
        sizes = {len(way) for way in finding.clears}
        assert len(sizes) <= 1
        for way in finding.clears:
            changes = {change.fact: change.to for change in way}
            after = judge(finding.rule, supposing(whole, changes))
            assert after.verdict in (Verdict.CLEAR, Verdict.NOT_APPLICABLE)
            for change in way:
                assert change.phrase
                assert is_arrangement(change.fact, rulebook), change.fact


def is_arrangement(path: str, rulebook: Rulebook) -> bool:
    cls: type = Partnership
    *lists, last = path.split("].")
    for each in lists:
        fact = vocabulary_of(cls).facts[each.partition("[")[0]]
        if fact.kind.value == "arrangement":
            return True
        assert isinstance(fact.type, Records)
        cls = fact.type.cls
    if last.startswith("local."):
        return rulebook.local[last.removeprefix("local.")].kind.value == "arrangement"
    return vocabulary_of(cls).facts[last].kind.value == "arrangement"


@given(generated(), st.sampled_from(Severity))
def test_plans_leave_nothing_flagged(case: tuple[Rulebook, Partnership], level: Severity) -> None:
    rulebook, partial = case
    assessment = assessed(partial, rulebook)
    plan = assessment.plan(level)
    assert not set(plan.clears) & set(plan.left)
    whole = case_of(Facts(partial, AS_OF), rulebook)
    after = supposing(whole, {change.fact: change.to for change in plan.changes})
    for finding in assessment.findings:
        outcome = judge(finding.rule, after)
        grave = outcome.severity is not None and outcome.severity >= level
        assert (finding.rule.id in plan.left) is grave
    grave_now = [each for each in assessment.flagged if each.severity and each.severity >= level]
    assert {each.rule.id for each in grave_now} <= {*plan.clears, *plan.left}


@given(CASES, st.data())
def test_withholding_never_helps(case: tuple[Rulebook, Partnership], data: st.DataObject) -> None:
    rulebook, told = case
    names = data.draw(
        st.sets(st.sampled_from(sorted(vocabulary_of(Partnership).fields)), min_size=1)
    )
    withheld = attrs.evolve(told, **dict.fromkeys(names, UNKNOWN))
    pairs = zip(
        assessed(told, rulebook).findings, assessed(withheld, rulebook).findings, strict=True
    )
    for before, after in pairs:
        if before.verdict is Verdict.FLAGGED:
            assert after.verdict in (Verdict.FLAGGED, Verdict.UNKNOWN)
            assert worst(before) <= worst(after) or before.mitigations != after.mitigations
            assert worst(after) >= (before.severity or Severity.LOW)


@given(CASES)
def test_one_finding_per_rule(case: tuple[Rulebook, Partnership]) -> None:
    rulebook, partial = case
    assessment = assessed(partial, rulebook)
    about = [each.id for each in rulebook.rules if each.subject == "partnership"]
    assert [each.rule.id for each in assessment.findings] == about
    assert sum(assessment.counts.values()) == len(about)


@given(CASES)
def test_checked_rules_never_raise(case: tuple[Rulebook, Partnership]) -> None:
    rulebook, partial = case
    check_subject(partial, rulebook)
    for as_of in (AS_OF, UNKNOWN):
        assessment = assess(partial, rulebook, as_of=as_of)
        for finding in (*assessment.findings, *assessment.summaries):
            assert finding.sentence.endswith((".", "?", "!"))
            assert all(each.phrase for each in finding.because)
            assert isinstance(finding.remedy, str)
        asked = {each.question for each in assessment.questions}
        assert asked == {q for each in assessment.findings for q in each.questions}
    target(float(len(assessment.of(Verdict.FLAGGED))), label="flagged")


@given(registers(near=boundaries(SHIPPED, AS_OF)))
def test_registers_fit_the_vocabulary(register: Register) -> None:
    check_subject(register, SHIPPED)
    for finding in assess(register, SHIPPED, as_of=AS_OF).findings:
        assert finding.sentence


@pytest.mark.parametrize("cls", [Partnership, Thing, Register])
@given(data=st.data())
def test_english_names_every_fact(cls: type, data: st.DataObject) -> None:
    rulebook = data.draw(rulebooks(cls, subject="subject", most=1, depth=1))
    condition = data.draw(conditions(cls, rulebook, known=True))
    for holds in (True, False):
        phrase = condition_phrase(condition, holds=holds)
        for ref in references(condition):
            words = {ref.fact.label, ref.fact.denial, ref.fact.label.removeprefix("the ")}
            words |= {ref.fact.each} if isinstance(ref.type, Records) else set()
            assert any(word and word in phrase for word in words), (ref.path, phrase)


@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("cls", [Partnership, Thing, Register])
@given(data=st.data())
def test_format_round_trips(cls: type, flow: bool, data: st.DataObject) -> None:
    rulebook = data.draw(rulebooks(cls, subject="subject", most=1, depth=1))
    condition = data.draw(conditions(cls, rulebook, known=True))
    text = yaml.safe_dump(write_condition(condition), sort_keys=False, default_flow_style=flow)
    assert read_back(text, rulebook, cls) == condition


@pytest.mark.parametrize("rulebook", PACKS, ids=lambda each: each.id)
def test_shipped_conditions_round_trip(rulebook: Rulebook) -> None:
    for rule in rulebook.rules:
        cls = rulebook.subjects[rule.subject]
        for condition in rule_conditions(rule):
            text = yaml.safe_dump(write_condition(condition), sort_keys=False)
            assert read_back(text, rulebook, cls) == condition


def read_back(text: str, rulebook: Rulebook, cls: type) -> Condition | None:
    report = Report("generated.yaml", text)
    derived = {name: (each.fact, each.cls) for name, each in rulebook.derived.items()}
    declared = Declared(rulebook.local, derived)
    reader = ConditionReader(report, declared, rulebook.parameters, known_allowed=True)
    found = reader.condition(parse(text, report), (cls,))
    assert report.diagnostics == []
    return found


@given(partnerships(SHIPPED, near=boundaries(SHIPPED, AS_OF)), st.data())
def test_completions_are_complete_and_agree(partial: Partnership, data: st.DataObject) -> None:
    """What is known stays; nothing is unknown any more; lists grow only where they may."""
    complete = data.draw(completions(partial, SHIPPED))
    extends(partial, complete)
    check_subject(complete, SHIPPED)


def extends(partial: Any, complete: Any) -> None:
    for name, fact in vocabulary_of(type(partial)).fields.items():
        value, whole = getattr(partial, name), getattr(complete, name)
        assert whole is not UNKNOWN
        if value is UNKNOWN:
            continue
        if isinstance(value, tuple):
            known = [each for each in value if each is not UNKNOWN]
            assert len(whole) - len(known) in ((0, 1, 2) if UNKNOWN in value else (0,))
            for one, other in zip(known, whole, strict=False):
                extends(one, other)
        elif isinstance(value, frozenset):
            assert value - {UNKNOWN} <= whole
            assert UNKNOWN in value or value == whole
        elif isinstance(fact.type, Record) and value is not None:
            extends(value, whole)
        else:
            assert value == whole


def test_every_kind_of_condition_is_generated() -> None:
    seen: set[str] = set()

    @settings(max_examples=1500)
    @given(conditions(Partnership, SHIPPED, known=True))
    def look(condition: Condition) -> None:
        for node in nodes(condition):
            seen.add(type(node).__name__)
            predicate = getattr(node, "predicate", None)
            seen.add(type(predicate).__name__)
            operand = getattr(predicate, "operand", None)
            seen.add(type(operand).__name__)
            seen.add(getattr(getattr(predicate, "op", None), "value", ""))
        seen.update(ref.source.value for ref in references(condition))

    look()
    wanted = {"All", "AnyOf", "Not", "Test", "Known", "Quantified", "Count", "Sum", "Share"}
    wanted |= {"Compare", "OneOf", "Between", "Includes", "Literal", "Parameter", "FactRef", "By"}
    wanted |= {"older_than", "newer_than", "missing_any_of", "derived", "as_of", "recorded"}
    assert wanted <= seen

"""Assess subjects: every rule in force, one finding each, and what follows from them together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import attrs

from govrules.engines.reference import Case, case_of, judge
from govrules.errors import EngineError, FactsError
from govrules.explain.plan import outline
from govrules.facts import Facts
from govrules.findings import Change, Finding, Question, changes
from govrules.model import AssessmentFacts, FindingFacts, FindingSeverity, FindingVerdict
from govrules.rulebook.ast import Rule, Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_subject

ENGINES: Final = ("reference",)


@attrs.frozen
class RankedQuestion:
    """
    A question with what answering it would do.

    Attributes:
        question: the question.
        rules: the ids of the rules whose verdict it would help to settle.
        could_be: the worst severity that one of them could have.
    """

    question: Question
    rules: tuple[str, ...]
    could_be: Severity


@attrs.frozen
class Plan:
    """
    The fewest changes that clear all findings at or above a level.

    Attributes:
        level: the level.
        changes: what to change.
        clears: the ids of the rules that then no longer flag.
        left: the ids of flagged rules that no change of arrangements clears.
        proven_smallest: whether every smaller plan was ruled out.
    """

    level: Severity
    changes: tuple[Change, ...]
    clears: tuple[str, ...]
    left: tuple[str, ...]
    proven_smallest: bool


@attrs.frozen
class Assessment:
    """
    All findings on one subject, one for each rule in force.

    Attributes:
        id: the subject's id; its name where it has no id; "" where it has neither.
        name: the subject's name; "" where nobody recorded it.
        as_of: the date of the assessment.
        rulebook: the rules.
        findings: one for each rule in force, in the rulebook's order.
        summaries: what rules that sum up the findings say; counted apart.
    """

    id: str
    name: str
    as_of: dt.date | Unknown
    rulebook: Rulebook = attrs.field(repr=False)
    findings: tuple[Finding, ...] = attrs.field(repr=False)
    summaries: tuple[Finding, ...] = attrs.field(repr=False)
    _case: Case = attrs.field(repr=False, alias="case")

    def of(self, verdict: Verdict) -> tuple[Finding, ...]:
        """Return the findings with a verdict."""
        return tuple(each for each in self.findings if each.verdict is verdict)

    @cached_property
    def flagged(self) -> tuple[Finding, ...]:
        """The flagged findings, gravest first."""
        return tuple(sorted(self.of(Verdict.FLAGGED), key=_gravity))

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many findings have each verdict."""
        return {verdict: len(self.of(verdict)) for verdict in Verdict}

    @property
    def severities(self) -> Mapping[Severity, int]:
        """How many flagged findings have each severity."""
        found = [each.severity for each in self.flagged]
        return {severity: found.count(severity) for severity in Severity}

    @property
    def good_practice(self) -> tuple[Finding, ...]:
        """The rules that apply and are met: good practice to report."""
        return self.of(Verdict.CLEAR)

    @cached_property
    def questions(self) -> tuple[RankedQuestion, ...]:
        """Every question left, those that settle most verdicts first."""
        asked: dict[Question, list[Finding]] = {}
        for finding in self.findings:
            for question in finding.questions:
                asked.setdefault(question, []).append(finding)
        ranked = [
            RankedQuestion(
                question,
                tuple(each.rule.id for each in findings),
                max(each.could_be or each.severity or Severity.LOW for each in findings),
            )
            for question, findings in asked.items()
        ]
        return tuple(sorted(ranked, key=lambda each: (-len(each.rules), -each.could_be.rank)))

    def plan(self, level: Severity = Severity.LOW) -> Plan:
        """Return the smallest action plan that clears all flagged findings at a level or above."""
        rules = [each.rule for each in self.findings]
        found = outline(rules, self._case, level)
        return Plan(
            level=level,
            changes=changes(found.changes, self._case),
            clears=tuple(rule.id for rule in found.cleared),
            left=tuple(rule.id for rule in found.left),
            proven_smallest=found.proven,
        )


def _gravity(finding: Finding) -> int:
    return -finding.severity.rank if finding.severity else 0


def assess(
    subject: Any,  # noqa: ANN401 - any attrs object that the rulebook has rules for
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    engine: str = "reference",
) -> Assessment:
    """
    Assess one subject: one finding for each rule in force that is about its kind.

    Args:
        subject: a `Partnership`, a `Register`, or an object of any attrs class that the rulebook
            was loaded with.

        rulebook: the rules.

        as_of: the date of the assessment; where unknown, what hangs on it is asked for.

        engine: which engine evaluates; the findings are the same.

    Raises:
        FactsError: the subject does not fit the vocabulary.

        EngineError: there is no such engine here.

    >>> from govrules import Funding, Partnership, load_rulebook
    >>> pooled = Partnership(name="Care pool", funding=Funding(pooled=True))
    >>> assess(pooled, load_rulebook()).counts[Verdict.FLAGGED]
    0
    """
    if engine not in ENGINES:
        raise EngineError(engine, f"there is no such engine; there is {', '.join(ENGINES)}")
    kind = _kind(subject, rulebook)
    check_subject(subject, rulebook)
    case = case_of(Facts(subject, as_of), rulebook)
    rules = [rule for rule in rulebook.rules if rule.subject == kind and in_force(rule, as_of)]
    name = _text(subject, "name")
    findings = tuple(assess_rule(rule, case) for rule in rules)
    return Assessment(
        id=_text(subject, "id") or name,
        name=name,
        as_of=as_of,
        rulebook=rulebook,
        findings=findings,
        summaries=_summaries(findings, rulebook, as_of) if kind == "partnership" else (),
        case=case,
    )


def _summaries(
    findings: tuple[Finding, ...], rulebook: Rulebook, as_of: dt.date | Unknown
) -> tuple[Finding, ...]:
    rules = [
        rule for rule in rulebook.rules if rule.subject == "assessment" and in_force(rule, as_of)
    ]
    if not rules:
        return ()
    facts = AssessmentFacts(findings=tuple(_as_fact(each) for each in findings))
    case = case_of(Facts(facts, as_of), rulebook)
    return tuple(attrs.evolve(assess_rule(rule, case), parts=findings) for rule in rules)


def _as_fact(finding: Finding) -> FindingFacts:
    """Return a finding as a fact; what is open in it is unknown."""
    settled = finding.verdict is not Verdict.UNKNOWN
    sure = finding.severity is not None and finding.could_be is None
    return FindingFacts(
        rule=finding.rule.id,
        name=finding.rule.title,
        theme=finding.rule.theme,
        verdict=FindingVerdict(finding.verdict.value.replace(" ", "_")) if settled else UNKNOWN,
        severity=_severity_fact(finding, sure=sure, settled=settled),
    )


def _severity_fact(
    finding: Finding, *, sure: bool, settled: bool
) -> FindingSeverity | Unknown | None:
    if sure and finding.severity is not None:
        return FindingSeverity(finding.severity.value)
    return None if settled and finding.severity is None else UNKNOWN


def in_force(rule: Rule, as_of: dt.date | Unknown) -> bool:
    """Tell whether a rule is in force on a day; on a day not known it is."""
    begins, ends = rule.in_force
    if not isinstance(as_of, dt.date):
        return True
    return (begins is None or begins <= as_of) and (ends is None or as_of <= ends)


def assess_rule(rule: Rule, case: Case) -> Finding:
    """Return what one rule says of a case."""
    outcome = judge(rule, case)
    return Finding(
        rule=rule,
        verdict=outcome.verdict,
        severity=outcome.severity,
        could_be=outcome.could_be,
        mitigations=outcome.mitigations,
        case=case,
        outcome=outcome,
    )


def _kind(subject: Any, rulebook: Rulebook) -> str:  # noqa: ANN401 - any attrs object
    for name, cls in rulebook.subjects.items():
        if type(subject) is cls:
            return name
    known = " or ".join(cls.__name__ for cls in rulebook.subjects.values())
    raise FactsError("subject", f"a {known}", type(subject).__name__)


def _text(subject: Any, name: str) -> str:  # noqa: ANN401 - any attrs object
    value = getattr(subject, name, UNKNOWN)
    return value if isinstance(value, str) else ""

"""One subject as text: its page, and in full each finding with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, joined, sentence
from govrules.findings import DerivedValue, Finding
from govrules.render.action_progress import decided
from govrules.render.advice import fact_of_path, good_state, opened_elsewhere, takes_phrase
from govrules.render.lines import STYLES, Line, folded_text, item
from govrules.render.page import page_lines
from govrules.render.plain import plain
from govrules.render.report import (
    GroupedQuestion,
    GroupedReason,
    SubjectReport,
    by_whom,
    gathered,
    graded,
)
from govrules.rulebook.ast import Severity, Verdict
from govrules.vocabulary import Choice, Choices, Fact, Record, Records

_T = TypeVar("_T")
#: Where it is told why a fact that follows from others is so.
_BELOW: Final = "see below"
#: How far in the title of a finding stands.
_SEVERITY: Final = 10


def assessment_lines(
    assessment: Assessment,
    *,
    full: bool = False,
    depth: int | None = None,
    hints: Sequence[str] = (),
) -> Iterator[Line]:
    """
    Yield an assessment line by line.

    Args:
        assessment: the assessment.

        full: after its page, also each finding with its reasons, each question, and what is met.

        depth: the most lines of reasons that a finding then has; None is all of them.

        hints: what to type next.
    """
    report = SubjectReport(assessment)
    yield from page_lines(report, hints=hints)
    if full:
        yield "", ""
        yield from _detail_lines(report, depth)


def _detail_lines(report: SubjectReport, depth: int | None) -> Iterator[Line]:
    """Yield the details below a subject's page, one by one."""
    assessment = report.assessment
    yield from _summaries(assessment, depth)
    for theme, flagged in report.flagged_by_theme:
        yield f"{theme.title} ({len(flagged)})", "bold"
        yield "", ""
        for finding in flagged:
            yield from _flagged(finding, report, depth)
    yield from _questions(report)
    yield from _met(report)
    yield from _not_applicable(report)
    yield from _steps(report)


def counts_line(
    verdicts: Mapping[Verdict, int], severities: Mapping[Severity, int] | None = None
) -> str:
    """Return the number of findings by verdict, flagged ones by severity."""
    grades = f" ({joined(several)})" if severities and (several := graded(severities)) else ""
    return (
        f"{verdicts[Verdict.FLAGGED]:,} to put right{grades}, "
        f"{verdicts[Verdict.UNKNOWN]:,} not known, {verdicts[Verdict.CLEAR]:,} met, "
        f"{verdicts[Verdict.NOT_APPLICABLE]:,} do not apply"
    )


def _summaries(assessment: Assessment, depth: int | None) -> Iterator[Line]:
    """Yield the summary rules' findings, which are counted apart."""
    for finding in assessment.summaries:
        if finding.severity is None:
            continue
        yield from _hanging(_headline(finding, finding.severity), STYLES[finding.severity])
        shown, more = _cut([reason.phrase for reason in finding.because], depth)
        for part in (*shown, f"{more} more findings") if more else shown:
            yield from item("because", sentence(part))
        yield from item("to put it right", sentence(finding.remedy))
        yield from item("check", f"{finding.rule.id} ({finding.rule_location})")
        yield "", ""


def _headline(finding: Finding, severity: Severity) -> str:
    worse = f", could be {finding.could_be.value}" if finding.could_be else ""
    waived = " (waived)" if finding.waived else ""
    return f"{severity.value.upper() + worse:<8}  {finding.rule.title}{waived}"


def _hanging(text: str, style: str) -> Iterator[Line]:
    for index, (line, _) in enumerate(folded_text(text, indent=_SEVERITY)):
        yield (line if index else line[_SEVERITY:]), style


def _flagged(finding: Finding, report: SubjectReport, depth: int | None) -> Iterator[Line]:
    assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
    yield from _hanging(_headline(finding, finding.severity), STYLES[finding.severity])
    for line in _reasons(report, finding, depth):
        yield from item("because", line)
    for mitigation in finding.mitigations:
        yield from item("one step lower", sentence(mitigation.because))
    if finding.remedy:
        owner = f" ({words})" if (words := by_whom(finding, report.assessment)) else ""
        yield from item("to put it right", sentence(finding.remedy) + owner)
    reply = decided(finding)
    if reply is not None:
        yield from item("decided", reply.text)
    yield from item("settled when", report.settled(finding))
    for opens in opened_elsewhere(finding):
        yield from item("which would open", opens)
    for each in report.to_know(finding):
        yield from item("to know how grave", f"{each.text} [{each.fact}]")
    yield from item("why it matters", finding.principle)
    yield from item("source", f"{report.source(finding)}.")
    yield from item("check", f"{finding.rule.id} ({finding.rule_location})")
    yield "", ""


def _reasons(report: SubjectReport, finding: Finding, depth: int | None) -> Iterator[str]:
    """Yield a finding's reasons, derived facts last."""
    cut, more = _cut([_with_place(reason) for reason in report.reasons(finding)], depth)
    yield from cut
    if more:
        yield f"{more} more facts: `--depth all` shows each."


def _with_place(told: GroupedReason) -> str:
    place = _BELOW if told.step else told.fact if told.alike > 1 else told.seen
    return f"{told.text} [{place}]" if place else told.text


def _cut(lines: Sequence[_T], depth: int | None) -> tuple[Sequence[_T], int]:
    """Return lines, truncated with a line that says how many are left out."""
    if depth is None or len(lines) <= depth:
        return lines, 0
    shown = lines[: depth - 1]
    return shown, len(lines) - len(shown)


def _questions(report: SubjectReport) -> Iterator[Line]:
    assessment = report.assessment
    if not report.asked:
        return
    unknown = assessment.counts[Verdict.UNKNOWN]
    yield f"Questions ({len(report.asked)}): {counted(unknown, 'check')} not known yet", "bold"
    # What bounds the tier stands together, with what it can still be.
    groups: dict[tuple[str, ...], list[GroupedQuestion]] = {}
    for each in report.asked:
        groups.setdefault(each.settles, []).append(each)
    in_order = [(settles, each) for settles, its in groups.items() for each in its]
    last: tuple[str, ...] = ()
    for number, (settles, each) in enumerate(in_order, 1):
        if settles != last:
            last = settles
            yield from folded_text(_bounds(settles, assessment), indent=2)
        yield from item(f"{number}", f"{each.text} [{each.fact}]", indent=2)
        fact = fact_of_path(each.fact, type(assessment.subject))
        answer = f" Answer: {_answer(fact)}." if fact is not None else ""
        helps = f"could show a {each.could_be.value} finding; {counted(len(each.rules), 'check')}"
        yield from folded_text(f"{sentence(helps)}{answer}", indent=6)
    yield "", ""


def _bounds(settles: tuple[str, ...], assessment: Assessment) -> str:
    """Return what questions settle, and its possible values."""
    if not settles:
        return "These settle checks alone:"
    told = []
    for name in settles:
        found = assessment.derived[name]
        values = joined((str(plain(value)).replace("_", " ") for value in found.values), "or")
        told.append(f"{found.label}, which can still be {values}")
    return f"These settle {joined(told)}:"


def _answer(fact: Fact) -> str:
    match fact.type:
        case Choices() | Choice() | Records():
            return f"{takes_phrase(fact)}; or none"
        case Record():
            return "none, where there is none"
        case _:
            return takes_phrase(fact)


def _met(report: SubjectReport) -> Iterator[Line]:
    for title, found in (("Good practice met", report.good), ("Nothing to check", report.empty)):
        if not found:
            continue
        yield f"{title} ({len(found)})", "bold"
        for finding in found:
            yield from folded_text(sentence(good_state(finding.rule)), indent=2)
            shown = joined(dict.fromkeys(reason.phrase for reason in finding.because))
            yield from folded_text(f"{sentence(shown)} [{finding.rule.id}]", indent=6)
        yield "", ""


def _not_applicable(report: SubjectReport) -> Iterator[Line]:
    if not report.not_applicable:
        return
    number = report.assessment.counts[Verdict.NOT_APPLICABLE]
    yield f"Does not apply ({number})", "bold"
    for reason, its in report.not_applicable:
        yield from item("", reason, indent=2)
        yield from folded_text(
            "; ".join(f"{good_state(each.rule)} [{each.rule.id}]" for each in its), indent=6
        )
    yield "", ""


def _steps(report: SubjectReport) -> Iterator[Line]:
    """Yield the explanation of each derived fact shown, once."""
    steps: dict[str, DerivedValue] = {}
    # Of what is not known only the questions are shown.
    for finding in (*report.assessment.summaries, *report.assessment.findings):
        if finding.verdict is not Verdict.UNKNOWN:
            steps |= finding.steps
    if not steps:
        return
    yield f"What follows from the facts ({len(steps)})", "bold"
    for step in steps.values():
        yield from folded_text(f"{sentence(step.phrase)} [{step.name}]", indent=2)
        for told in gathered(step.because, steps):
            yield from item("because", _with_place(told), indent=6)
    yield "", ""

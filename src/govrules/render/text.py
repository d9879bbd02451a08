"""Assessments as text: what is wrong first, then what to ask, then what is in order."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from govrules.assessment import Assessment
from govrules.catalogue import place_phrase
from govrules.explain.phrases import counted, joined, sentence
from govrules.findings import Change, Finding, Question, Reason
from govrules.rulebook.ast import SEVERITIES, Severity, Verdict

WIDTH = 92
_SHOWN_QUESTIONS = 10
#: How many lines of reasons a finding has, and how many names stand in one.
MOST_REASONS: Final = 5
#: The number of a record in the path of a fact.
INDEX: Final = re.compile(r"\[\d+\]")
_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
}
#: A line and the style to show it in on a terminal.
Line: TypeAlias = tuple[str, str]
_T = TypeVar("_T")


def assessment_lines(
    assessment: Assessment, *, full: bool = False, nameless: str = "(a subject without a name)"
) -> Iterator[Line]:
    """Yield an assessment line by line; `full` gives every reason, one by one."""
    yield assessment.name or assessment.id or nameless, "bold"
    counts = counts_line(assessment.counts, assessment.severities)
    yield f"{counted(len(assessment.findings), 'rule')}: {counts}", ""
    yield "", ""
    yield from _summed_up(assessment, full=full)
    for finding in assessment.flagged:
        yield from _flagged(finding, full=full)
    yield from _unknown(assessment)
    yield from _settled(assessment, full=full)


def _summed_up(assessment: Assessment, *, full: bool) -> Iterator[Line]:
    """Yield what the findings come to together: it is counted apart, and is no further fault."""
    for finding in assessment.summaries:
        if finding.severity is None:
            continue
        yield f"In sum, {_headline(finding, finding.severity)}", "bold"
        parts = [f"{each.phrase}  [{each.value}]" for each in finding.because]
        shown, more = _cut(parts, full=full)
        for part in (*shown, f"and {more} findings more") if more else shown:
            yield from item("because", part)
        yield from item("do", sentence(finding.remedy))
        yield "", ""


def _headline(finding: Finding, severity: Severity) -> str:
    worse = f", could be {finding.could_be.value}" if finding.could_be else ""
    return f"{severity.value.upper()}{worse}: {finding.rule.title}  [{finding.rule.id}]"


def counts_line(
    verdicts: Mapping[Verdict, int], severities: Mapping[Severity, int] | None = None
) -> str:
    """Return how many findings have each verdict, the flagged ones by how grave they are."""
    return (
        f"{flagged_words(verdicts, severities)}, {verdicts[Verdict.UNKNOWN]:,} unknown, "
        f"{verdicts[Verdict.CLEAR]:,} clear, {verdicts[Verdict.NOT_APPLICABLE]:,} not applicable"
    )


def flagged_words(
    verdicts: Mapping[Verdict, int], severities: Mapping[Severity, int] | None
) -> str:
    """Return how many findings are flagged, and how grave they are."""
    graded = [
        f"{severities[each]:,} {each.value}"
        for each in reversed(SEVERITIES)
        if severities and severities[each]
    ]
    return f"{verdicts[Verdict.FLAGGED]:,} flagged" + (f" ({joined(graded)})" if graded else "")


def _flagged(finding: Finding, *, full: bool) -> Iterator[Line]:
    assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
    yield _headline(finding, finding.severity), _STYLES[finding.severity]
    for phrase, where in _reasons(finding, full=full):
        yield from item("because", phrase + (f"  ({where})" if where else ""))
    for mitigation in finding.mitigations:
        yield from item("one step lower", mitigation.because)
    if finding.remedy:
        yield from item("do", sentence(finding.remedy) + _by_whom(finding))
    for number, way in enumerate(finding.clears):
        several = [(each, each.fact) for each in way]
        phrases = [f"{phrase} ({fact})" for phrase, fact in _gathered(several, full=full)]
        yield from item("or" if number else "cleared where", joined(phrases))
    for question in folded(finding.questions):
        yield from item("to know how grave", question.question)
    source = f"{finding.source.document}, {place_phrase(finding.source.paragraph)}"
    yield from item("source", f"{finding.principle} ({source})")
    yield from item("rule", finding.rule_location)
    yield "", ""


def _reasons(finding: Finding, *, full: bool) -> Iterator[tuple[str, str]]:
    """Yield what a finding rests on, in at most five lines unless it is to be given in full."""
    seen = ((each.evidence, each.origin) for each in finding.because)
    behind = ["; ".join(filter(None, several)) for several in seen]
    lines = [*_gathered([*zip(finding.because, behind, strict=True)], full=full)]
    shown, more = _cut(lines, full=full)
    yield from shown
    if more:
        yield f"and {more} facts more", "`--full` shows each"


def _cut(lines: Sequence[_T], *, full: bool) -> tuple[Sequence[_T], int]:
    """Return lines, or as many as leave room for one that says how many more there are."""
    if full or len(lines) <= MOST_REASONS:
        return lines, 0
    shown = lines[: MOST_REASONS - 1]
    return shown, len(lines) - len(shown)


def _gathered(
    several: Sequence[tuple[Reason | Change, str]], *, full: bool
) -> Iterator[tuple[str, str]]:
    """
    Yield phrases on facts, and what stands behind each.

    Where there are many, those that say the same of several records are told as one.
    """
    if full or len(several) <= MOST_REASONS:
        yield from ((each.phrase, behind) for each, behind in several)
        return
    groups: dict[tuple[str, str], list[tuple[Reason | Change, str]]] = {}
    for each, behind in several:
        groups.setdefault((INDEX.sub("[]", each.fact), each.of_any_record), []).append(
            (each, behind)
        )
    for (fact, said), alike in groups.items():
        if len(alike) == 1:
            each, behind = alike[0]
            yield each.phrase, behind
            continue
        yield f"{joined(_named([each.record for each, _ in alike]))}: {said}", fact


def _named(names: Sequence[str]) -> list[str]:
    """Return the first names, and how many more there are."""
    if len(names) <= MOST_REASONS + 1:
        return [*names]
    return [*names[:MOST_REASONS], f"{len(names) - MOST_REASONS:,} more"]


def _by_whom(finding: Finding) -> str:
    remedy = finding.rule.remedy
    if remedy is None:
        return ""
    about = [remedy.who, f"within {remedy.within}" if remedy.within else ""]
    words = ", ".join(each for each in about if each)
    return f" ({words})" if words else ""


def _unknown(assessment: Assessment) -> Iterator[Line]:
    unknown = assessment.of(Verdict.UNKNOWN)
    if not unknown:
        return
    yield f"Not known ({len(unknown)}): nobody recorded the facts that would settle these", "bold"
    for finding in sorted(unknown, key=lambda each: -(each.could_be or Severity.LOW).rank):
        could_be = finding.could_be.value if finding.could_be else ""
        yield f"  could be {could_be}: {finding.rule.title}  [{finding.rule.id}]", ""
        for question in folded(finding.questions):
            yield from item("ask", f"{question.question}  ({question.fact})", indent=6)
    yield "", ""
    shown = assessment.questions[:_SHOWN_QUESTIONS]
    yield "Ask first: the answers that help to settle most", "bold"
    for number, ranked in enumerate(shown, 1):
        helps = f"{counted(len(ranked.rules), 'rule')}, up to {ranked.could_be.value}"
        yield f"  {number}. {ranked.question.question}  ({ranked.question.fact}; {helps})", ""
    yield "", ""


def _settled(assessment: Assessment, *, full: bool) -> Iterator[Line]:
    for verdict, title in (
        (Verdict.CLEAR, "In order"),
        (Verdict.NOT_APPLICABLE, "Not applicable"),
    ):
        findings = assessment.of(verdict)
        if not findings:
            continue
        yield f"{title} ({len(findings)})", "bold"
        for finding in findings:
            reasons = joined(each.phrase for each in finding.because)
            if full or verdict is Verdict.CLEAR:
                yield from item(finding.rule.id, reasons, indent=2)
        if not full and verdict is Verdict.NOT_APPLICABLE:
            yield from item("rules", joined(each.rule.id for each in findings), indent=2)
        yield "", ""


def folded(questions: Sequence[Question]) -> Iterator[Question]:
    """Yield questions, those that are the same for several records of a list as one."""
    groups: dict[str, list[Question]] = {}
    for each in questions:
        groups.setdefault(INDEX.sub("[]", each.fact), []).append(each)
    for fact, group in groups.items():
        if len(group) == 1:
            yield group[0]
            continue
        yield Question(fact, f"{joined(each.record for each in group)}: {group[0].of_any_record}")


def item(label: str, text: str, indent: int = 4) -> Iterator[Line]:
    """Yield a text behind its label, folded at the width of a page."""
    first = " " * indent + (f"{label}: " if label else "")
    for line in textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield line, ""

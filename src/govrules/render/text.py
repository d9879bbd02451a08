"""Assessments as text: what is wrong first, then what to ask, then what is in order."""

from __future__ import annotations

import os.path
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from govrules.assessment import Assessment
from govrules.catalogue import place_phrase
from govrules.explain.english import joined, sentence
from govrules.findings import Finding, Question
from govrules.rulebook.ast import Severity, Verdict

WIDTH = 92
_SHOWN_QUESTIONS = 10
_INDEX: Final = re.compile(r"\[\d+\]")
_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
}
#: A line and the style to show it in on a terminal.
Line: TypeAlias = tuple[str, str]


def assessment_lines(assessment: Assessment, *, verbose: bool = False) -> Iterator[Line]:
    """Yield an assessment line by line; `verbose` shows every rule that is in order too."""
    yield assessment.name or assessment.id or "(a subject without a name)", "bold"
    yield _counts(assessment), ""
    yield "", ""
    yield from _summed_up(assessment)
    for finding in assessment.flagged:
        yield from _flagged(finding)
    yield from _unknown(assessment)
    yield from _settled(assessment, verbose=verbose)


def _summed_up(assessment: Assessment) -> Iterator[Line]:
    """Yield what the findings come to together: it is counted apart, and is no further fault."""
    for finding in assessment.summaries:
        if finding.severity is None:
            continue
        yield f"In sum, {_headline(finding, finding.severity)}", "bold"
        for reason in finding.because:
            yield from item("because", f"{reason.phrase}  [{reason.value}]")
        yield from item("do", sentence(finding.remedy))
        yield "", ""


def _headline(finding: Finding, severity: Severity) -> str:
    worse = f", could be {finding.could_be.value}" if finding.could_be else ""
    return f"{severity.value.upper()}{worse}: {finding.rule.title}  [{finding.rule.id}]"


def _counts(assessment: Assessment) -> str:
    counts = assessment.counts
    graded = [
        f"{number} {severity.value}"
        for severity, number in reversed(list(assessment.severities.items()))
        if number
    ]
    flagged = f"{counts[Verdict.FLAGGED]} flagged" + (f" ({joined(graded)})" if graded else "")
    return (
        f"{len(assessment.findings)} rules: {flagged}, {counts[Verdict.UNKNOWN]} unknown, "
        f"{counts[Verdict.CLEAR]} clear, {counts[Verdict.NOT_APPLICABLE]} not applicable"
    )


def _flagged(finding: Finding) -> Iterator[Line]:
    assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
    yield _headline(finding, finding.severity), _STYLES[finding.severity]
    for reason in finding.because:
        where = "; ".join(each for each in (reason.evidence, reason.origin) if each)
        yield from item("because", reason.phrase + (f"  ({where})" if where else ""))
    for mitigation in finding.mitigations:
        yield from item("one step lower", mitigation.because)
    if finding.remedy:
        yield from item("do", sentence(finding.remedy) + _by_whom(finding))
    for number, way in enumerate(finding.clears):
        words = joined(f"{each.phrase} ({each.fact})" for each in way)
        yield from item("or" if number else "cleared where", words)
    for question in folded(finding.questions):
        yield from item("to know how grave", question.question)
    source = f"{finding.source.document}, {place_phrase(finding.source.paragraph)}"
    yield from item("source", f"{finding.principle} ({source})")
    yield from item("rule", finding.rule_location)
    yield "", ""


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
        rules = len(ranked.rules)
        helps = f"{rules} rule{'' if rules == 1 else 's'}, up to {ranked.could_be.value}"
        yield f"  {number}. {ranked.question.question}  ({ranked.question.fact}; {helps})", ""
    yield "", ""


def _settled(assessment: Assessment, *, verbose: bool) -> Iterator[Line]:
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
            if verbose or verdict is Verdict.CLEAR:
                yield from item(finding.rule.id, reasons, indent=2)
        if not verbose and verdict is Verdict.NOT_APPLICABLE:
            yield from item("rules", joined(each.rule.id for each in findings), indent=2)
        yield "", ""


def folded(questions: Sequence[Question]) -> Iterator[Question]:
    """Yield questions, those that are the same for several records of a list as one."""
    groups: dict[str, list[Question]] = {}
    for each in questions:
        groups.setdefault(_INDEX.sub("[]", each.fact), []).append(each)
    for fact, group in groups.items():
        if len(group) == 1:
            yield group[0]
            continue
        # Each begins with the record's name; what all of them end in is the question.
        texts = [each.question for each in group]
        common = os.path.commonprefix([text[::-1] for text in texts])[::-1]  # noqa: RUF071 - by character
        ask = common.partition(": ")[2] or common
        names = [text.removesuffix(ask).removesuffix(": ") for text in texts]
        yield Question(fact, f"{joined(names)}: {ask}")


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

"""A partnership as one HTML page that needs nothing beside it and asks no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final, TypeAlias

import attrs
from markupsafe import Markup

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, sentence
from govrules.findings import DerivedValue, Finding
from govrules.model import Partner, Partnership
from govrules.render.action_progress import decided, law_of
from govrules.render.advice import fact_of_path, good_state, opened_elsewhere
from govrules.render.lines import cut
from govrules.render.overview import officer_of
from govrules.render.report import (
    MOST_REASONS,
    NOWHERE,
    GroupedQuestion,
    GroupedReason,
    Provenance,
    SubjectReport,
    by_whom,
    date_phrase,
    gathered,
    headline,
    number_word,
    rulebook_name,
    whose,
)
from govrules.render.templating import template
from govrules.rulebook.ast import SEVERITIES, Verdict
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, Choices, Date, Fact, Money, Months, Number, YesNo

_FIRST_QUESTIONS: Final = 10
_CHOICES: Final = 9
#: How long a name is where it stands in a table; its own heading gives it whole.
NAME: Final = 80
GRADES: Final = (("Critical", "C"), ("High", "H"), ("Medium", "M"), ("Low", "L"))


@attrs.frozen
class RenderedFiles:
    """
    A report as files.

    Attributes:
        page: the page.
        beside: files that stand beside it, by their names.
    """

    page: str
    beside: Mapping[str, str]


#: What a template is given of one thing: it reads no more than stands in it.
View: TypeAlias = dict[str, Any]


# ── One partnership ───────────────────────────────────────────────────────────────────────────


def partnership_page(
    assessment: Assessment,
    origin: Provenance = NOWHERE,
) -> RenderedFiles:
    """
    Return the page of one subject.

    Args:
        assessment: its assessment.

        origin: from what the page is made.
    """
    report = SubjectReport(assessment)
    views = [
        (theme, [_full(each, report, origin) for each in its])
        for theme, its in report.flagged_by_theme
    ]
    counts, asked = assessment.counts, len(report.asked)
    page = {
        "kind": "Partnership governance assessment",
        "about": [*_about(assessment)],
        "headline": " ".join(headline(assessment)),
        "notices": [*report.notices, *_clean_bill(assessment)],
        "checks": counted(assessment.checks, "check"),
        "severities": [
            (severity, assessment.severities[severity]) for severity in reversed(SEVERITIES)
        ],
        "total": assessment.checks,
        "unknown": counts[Verdict.UNKNOWN],
        "met": counts[Verdict.CLEAR],
        "not_applicable": counts[Verdict.NOT_APPLICABLE],
        "columns": (*GRADES, ("Not known", "?"), ("Met", "Met")),
        "works": _works_told(report),
        "questions": "1 question is open." if asked == 1 else f"{asked} questions are open.",
        "good": [_met(each) for each in report.good],
        "empty": [_met(each) for each in report.empty],
        "outside": [
            (reason, "; ".join(good_state(each.rule) for each in its))
            for reason, its in report.not_applicable
        ],
        "outside_told": _outside_told(counts[Verdict.NOT_APPLICABLE]),
        **made_from(assessment, counted(assessment.checks, "check"), origin),
    }
    made = template("partnership.html").render(
        page=page,
        report=report,
        findings=views,
        questions=_groups(report),
        changed=origin.changed,
        law=law_of([assessment], named=False),
        steps=[_step(step, report, origin) for step in report.steps.values()],
    )
    return RenderedFiles(made, {})


def _about(assessment: Assessment) -> Iterator[tuple[str, str]]:
    date = date_phrase(assessment.as_of)
    if date:
        yield "Assessed as at", date
    yield "Rules", rulebook_name(assessment.rulebook)
    subject = assessment.subject
    if not isinstance(subject, Partnership):
        return
    yield "Status", status_of(subject)
    if isinstance(subject.partners, tuple):
        known = [partner for partner in subject.partners if isinstance(partner, Partner)]
        names = [each.name for each in known if isinstance(each.name, str)]
        if len(known) < len(subject.partners):
            names.append("perhaps others")
        if names:
            yield "Partners", cut(", ".join(names), 4 * NAME)
    yield "Lead officer", cut(officer_of(assessment), NAME)


def status_of(subject: object) -> str:
    """Return a partnership's life stage."""
    status = getattr(subject, "status", UNKNOWN)
    return "Not known" if status is UNKNOWN or status is None else str(status).capitalize()


def _clean_bill(assessment: Assessment) -> Iterator[str]:
    if not assessment.flagged and assessment.counts[Verdict.UNKNOWN]:
        yield "A check that lacks a fact is never counted as met."


def _works_told(report: SubjectReport) -> str:
    number = len(report.works)
    if not number:
        return ""
    settled = len({finding.rule.id for work in report.works for finding in work.findings})
    pieces = "piece of work settles" if number == 1 else "pieces of work settle"
    findings = counted(len(report.flagged), "finding")
    return f"{number_word(number)} {pieces} {settled} of the {findings}."


def _outside_told(number: int) -> str:
    does = "check does" if number == 1 else "checks do"
    these = "this reason" if number == 1 else "these reasons"
    return f"{number} {does} not apply, for {these}."


def _met(finding: Finding) -> dict[str, str]:
    state = good_state(finding.rule).removesuffix(".")
    because = "; ".join(dict.fromkeys(reason.phrase for reason in finding.because))
    return {"text": state[:1].upper() + state[1:], "because": cut(because, 4 * NAME)}


def _full(finding: Finding, report: SubjectReport, origin: Provenance) -> View:
    return finding_view(
        finding,
        report.assessment,
        origin,
        report.reasons(finding),
        anchor=finding.rule.id,
        settled=report.settled(finding),
        opens=opened_elsewhere(finding),
        to_know=[each.text for each in report.to_know(finding)],
        principle=finding.principle,
        source=report.source(finding),
        rule=finding.rule.id,
        whose=whose(finding.rule),
    )


def finding_view(
    finding: Finding,
    assessment: Assessment,
    origin: Provenance,
    reasons: Sequence[GroupedReason],
    **more: Any,  # noqa: ANN401 - what else a view has
) -> View:
    """Return a finding's view model for a page."""
    reply = decided(finding)
    return {
        "severity": finding.severity,
        "could_be": finding.could_be,
        "title": finding.rule.title,
        "since": origin.since(assessment, finding),
        "reasons": short_reasons(reasons, origin),
        "mitigations": [sentence(mitigation.because) for mitigation in finding.mitigations],
        "remedy": sentence(finding.remedy) if finding.remedy else "",
        "owner": by_whom(finding, assessment),
        "waived": finding.waived is not None,
        "decided": "" if reply is None else reply.text,
        **more,
    }


def _step(step: DerivedValue, report: SubjectReport, origin: Provenance) -> View:
    told = [*gathered(step.because, report.steps)]
    reasons = short_reasons(told, origin)
    return {"step": step, "title": sentence(step.phrase).removesuffix("."), "reasons": reasons}


def short_reasons(told: Sequence[GroupedReason], origin: Provenance) -> View:
    """Return the reasons a page shows, each with its line in the file."""
    shown = told if len(told) <= MOST_REASONS else told[: MOST_REASONS - 1]
    placed = [attrs.evolve(each, seen=_place(each.seen, origin.source)) for each in shown]
    return {"shown": placed, "more": len(told) - len(shown)}


def _place(seen: str, near: str) -> str:
    """Return where a fact was seen: the evidence, else the line in its file."""
    begin, _, line = seen.rpartition(":")
    return f"line {line}" if near and begin == near and line.isdecimal() else seen


def _groups(report: SubjectReport) -> list[View]:
    """Return the first questions, and the rest grouped by severity."""
    views = [_question(number, each, report) for number, each in enumerate(report.asked, 1)]
    first, rest = views[:_FIRST_QUESTIONS], views[_FIRST_QUESTIONS:]
    groups = [{"title": "Answer these first", "questions": first}] if first else []
    levels = [each.could_be for each in report.asked[_FIRST_QUESTIONS:]]
    for level in reversed(SEVERITIES):
        its = [view for view, could_be in zip(rest, levels, strict=True) if could_be is level]
        if its:
            title = f"{len(its)} more that could show a {level.value} finding"
            groups.append({"title": title, "questions": its})
    return groups


def _question(number: int, question: GroupedQuestion, report: SubjectReport) -> View:
    assessment = report.assessment
    titles = [assessment.rulebook.rule(rule).title for rule in sorted(question.rules)]
    more = f", and {len(titles) - 1} more" if len(titles) > 1 else ""
    fact = fact_of_path(question.fact, type(assessment.subject))
    choices, unit = _answers(fact)
    return {
        "number": number,
        "text": question.question,
        "why": f"Could show ({question.could_be.value}): {titles[0]}{more}",
        "records": question.records or ("",),
        "choices": choices,
        "unit": unit,
    }


def _answers(fact: Fact | None) -> tuple[tuple[str, ...], str]:
    """Return the options to tick, or the kind of answer to write."""
    match None if fact is None else fact.type:
        case YesNo():
            return ("Yes", "No"), ""
        case Choice(values) | Choices(values) if len(values) <= _CHOICES:
            words = dict(fact.words) if fact is not None else {}
            said = [words.get(value) or value.replace("_", " ") for value in values]
            none = ["none of these"]
            return tuple(each[:1].upper() + each[1:] for each in (*said, *none)), ""
        case Money():
            return (), "£"
        case Date():
            return (), "Date"
        case Months():
            return (), "Months"
        case Number(unit=unit):
            return (), unit.capitalize() or "Number"
        case _:
            return (), ""


def made_from(assessment: Assessment, what: str, origin: Provenance) -> View:
    """Return the footer of every page."""
    date = date_phrase(assessment.as_of)
    of = f" of {PurePath(origin.source).name}" if origin.source else ""
    day_ = f", as at {date}" if date else ""
    return {
        "made": f"{what}{of}, assessed by {rulebook_name(assessment.rulebook)}{day_}.",
        "receipt": None if origin.receipt is None else _script(origin.receipt.text),
        "receipt_lines": [] if origin.receipt is None else [*origin.receipt.lines()],
    }


def _script(text: str) -> Markup:
    """Return JSON escaped for a script element."""
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704 - escaped here

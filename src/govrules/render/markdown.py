"""Assessments as Markdown: a paper for a committee, and a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Final

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, sentence
from govrules.findings import Finding
from govrules.portfolio import RegisterAssessment, counted_together, subject_name
from govrules.receipt import Receipt
from govrules.render.action_progress import Settled, decided, law_of
from govrules.render.advice import good_state, opened_elsewhere
from govrules.render.catalogue import escaped, table
from govrules.render.overview import Overview, called, money, officer_of, together, worst
from govrules.render.report import (
    MOST_REASONS,
    NOWHERE,
    Provenance,
    SubjectReport,
    by_whom,
    date_phrase,
    graded,
    headline,
    reasons_of,
    rulebook_name,
    whose,
)
from govrules.render.standing import tier_of
from govrules.rulebook.ast import SEVERITIES, Verdict
from govrules.saved import ChangesSince, Line
from govrules.visible import visible

_NAMED: Final = 10
_OFFICERS: Final = 10
_QUESTIONS: Final = 10
#: A comment holds no more than 65,536 characters; this leaves room for what comes after findings.
MOST_OF_A_COMMENT: Final = 60_000
#: What begins a list, a heading or a rule of its own at the beginning of a line.
_BEGINS: Final = re.compile(r"^(\d+)([.)])|^([-+=])")


def text(given: str) -> str:
    r"""
    Return a user's text escaped for Markdown, mentions included.

    >>> text("1. <b>care</b> & @eastshire")
    '1\\. \\<b\\>care\\</b\\> \\& &#64;eastshire'
    """
    plain = escaped(visible(given)).replace("&", r"\&").replace("@", "&#64;")
    return _BEGINS.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", plain)


# ── A paper ───────────────────────────────────────────────────────────────────────────────────


def partnership_paper(
    assessment: Assessment,
    origin: Provenance = NOWHERE,
) -> str:
    """Return one subject as a paper for its partners."""
    lines = [*_partnership(assessment, origin)]
    return _finished([*lines, *_end(assessment, origin)])


def register_paper(
    whole: RegisterAssessment,
    origin: Provenance = NOWHERE,
) -> str:
    """Return a register as a paper for a committee."""
    lines = [*_register(Overview(whole), origin)]
    return _finished([*lines, *_end(whole.register, origin)])


def _finished(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _partnership(assessment: Assessment, origin: Provenance) -> Iterator[str]:
    report = SubjectReport(assessment)
    yield f"# {text(report.name)}: governance assessment"
    yield ""
    date = date_phrase(assessment.as_of)
    as_at = f" As at {date}." if date else ""
    checks = counted(assessment.checks, "check")
    yield f"{text(rulebook_name(assessment.rulebook))}, {checks}.{as_at}"
    yield ""
    yield f"**{text(' '.join(headline(assessment)))}**"
    for notice in report.notices:
        yield f"\n> {text(notice)}"
    if report.tier is not None:
        yield f"\n{text(report.tier.sentence)}"
    yield ""
    yield from _counts([("This partnership", [assessment])])
    yield from _changes(origin.changed)
    if report.works:
        yield "## What to do first\n"
        rows = [
            (work.letter, text(work.title), str(len(work.findings)), str(work.critical))
            for work in report.works
        ]
        yield from table(("", "piece of work", "settles", "critical"), rows)
    yield from _plan(report)
    if report.asked:
        yield f"\n## Questions to answer ({len(report.asked)})\n"
        for number, one in enumerate(report.asked[:_QUESTIONS], 1):
            yield f"{number}. {text(one.text)} (could show a {one.could_be.value} finding)"
        more = len(report.asked) - _QUESTIONS
        if more > 0:
            yield f"\nand {more:,} more."
    if report.flagged:
        yield "\n## Findings"
        for theme, its in report.flagged_by_theme:
            yield f"\n### {text(theme.title)}"
            for finding in its:
                yield from _finding(finding, report, origin)
    yield "\n## Good practice met\n"
    for finding in report.good:
        yield f"- {text(sentence(good_state(finding.rule)))}"
    if not report.good:
        yield "None that the recorded facts show."
    outside = assessment.counts[Verdict.NOT_APPLICABLE]
    if outside:
        yield "\n## What was not assessed\n"
        for reason, its in report.not_applicable:
            yield f"- {text(reason)} {text('; '.join(good_state(each.rule) for each in its))}"
    if report.unread:
        yield "\nRecorded, but read by no check: " + text("; ".join(report.unread)) + "."
    yield from _law([assessment], named=False)


def _law(assessments: Sequence[Assessment], *, named: bool) -> Iterator[str]:
    law = law_of(assessments, named=named)
    if law.actions:
        yield f"\n## What was decided\n\n{text(law.summary)}"
    for title, several in law.actions:
        yield f"\n**{title} ({len(several)})**\n"
        yield from _listed(several)
    for title, lines in (
        ("Waived: flagged, and not counted", law.waived),
        ("Coming up", law.coming),
    ):
        if lines:
            yield f"\n## {title}\n"
        yield from _listed(lines)
    if law.adapted:
        yield "\n## Adapted\n"
    for told in law.adapted:
        yield f"- {text(told)}"


def _plan(report: SubjectReport) -> Iterator[str]:
    if report.actions:
        yield "\n## Action plan"
    for when, actions in report.by_date:
        yield f"\n### {sentence(when or 'when it can be done').removesuffix('.')}\n"
        for action in actions:
            part = f" ({action.letter})" if action.letter else ""
            who = f" *{text(action.who[:1].upper() + action.who[1:])}.*" if action.who else ""
            level = action.severity.value.capitalize()
            yield f"- [ ] **{level}** {text(sentence(action.do))}{part}{who}"


def _finding(finding: Finding, report: SubjectReport, origin: Provenance) -> Iterator[str]:
    assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
    since = origin.since(report.assessment, finding)
    worse = f"could turn out {finding.could_be.value}" if finding.could_be else ""
    beside = ", ".join(each for each in (worse, since) if each)
    about = f" ({beside})" if beside else ""
    yield f"\n#### {finding.severity.value.capitalize()}: {text(finding.rule.title)}{about}\n"
    told = report.reasons(finding)
    shown = told if len(told) <= MOST_REASONS else told[: MOST_REASONS - 1]
    for each in shown:
        seen = f" *({text(each.seen)})*" if each.seen else ""
        yield f"- Because: {text(each.text)}{seen}"
    if len(told) > len(shown):
        yield f"- and {len(told) - len(shown)} more reasons"
    for mitigation in finding.mitigations:
        yield f"- One step lower: {text(sentence(mitigation.because))}"
    if finding.remedy:
        owner = by_whom(finding, report.assessment)
        yield f"- To put it right: {text(sentence(finding.remedy))}" + (
            f" ({text(owner)})" if owner else ""
        )
    reply = decided(finding)
    if reply is not None:
        yield f"- Decided: {text(reply.text)}"
    yield f"- Settled when: {text(report.settled(finding))}"
    for opens in opened_elsewhere(finding):
        yield f"- Which would open: {text(opens)}"
    yield f"- Why it matters: {text(finding.principle)}"
    yield f"- Source: {text(report.source(finding))}. `{finding.rule.id}`"
    claims = whose(finding.rule)
    if claims:
        yield f"- Whose point: {text(claims)}"


def _counts(rows: Iterable[tuple[str, Sequence[Assessment]]]) -> Iterator[str]:
    grades = [severity.value for severity in reversed(SEVERITIES)]
    cells = []
    for title, several in rows:
        verdicts, severities = counted_together(several)
        numbers = [
            *(severities[severity] for severity in reversed(SEVERITIES)),
            verdicts[Verdict.UNKNOWN],
            verdicts[Verdict.CLEAR],
        ]
        cells.append((text(title), *(f"{number:,}" for number in numbers)))
    yield from table(("", *grades, "not known", "met"), cells)
    yield ""


def _changes(changed: ChangesSince | None) -> Iterator[str]:
    if changed is None:
        return
    yield f"\n## What changed since {changed.since}\n"
    yield text(changed.sentence)
    for title, lines in changed.groups:
        yield f"\n**{title} ({len(lines)})**\n"
        yield from _listed(lines)
    yield ""


def _listed(lines: Iterable[Line | Settled]) -> Iterator[str]:
    for line in lines:
        level = f"{line.severity.value.capitalize()}: " if line.severity else ""
        yield f"- {level}{text(line.text)}"


def _register(view: Overview, origin: Provenance) -> Iterator[str]:
    register = view.whole.register
    yield f"# {text(register.name or 'Partnerships')}: report to the committee"
    yield ""
    date = date_phrase(register.as_of)
    as_at = f" As at {date}." if date else ""
    number = counted(len(view.entries), "partnership")
    yield f"{text(rulebook_name(register.rulebook))}, {number}.{as_at}"
    yield ""
    yield f"**{text(' '.join(view.headline()))}**"
    yield ""
    rows = [(f"In {number}", view.entries)]
    if register.checks:
        rows.append(("The register itself", [register]))
    if view.pairs:
        rows.append(("Between partnerships", view.pairs))
    yield from _counts(rows)
    if view.common:
        yield f"{text(view.common)}\n"
    yield from _changes(origin.changed)
    yield from _look_first(view)
    yield from _organisation(view)
    if view.frequent:
        yield "## Most frequent\n"
        for rule, times in view.frequent.most_common(_NAMED):
            yield f"- {counted(times, 'partnership')}: {text(rule.title)}"
        yield ""
    if view.officers:
        yield "## Questions by lead officer\n"
        rows_ = [
            (
                text(officer.name),
                f"{officer.entries:,}",
                f"{officer.unknown:,}",
                f"{officer.critical:,}",
            )
            for officer in view.officers[:_OFFICERS]
        ]
        yield from table(("lead officer", "partnerships", "not known", "could be critical"), rows_)
        yield ""
    yield from _law(view.whole.all(), named=True)
    yield "\n## Partnership by partnership"
    for finding in view.flagged:
        yield from _entry(finding, origin)
    if view.unflagged:
        yield "\n### Nothing flagged\n"
        for each in view.unflagged:
            unknown = each.counts[Verdict.UNKNOWN]
            yield f"- {text(called(each.subject))}: {counted(unknown, 'check')} not known"


def _look_first(view: Overview) -> Iterator[str]:
    if not view.flagged:
        return
    yield "## Look at first\n"
    what = ("gravest finding", "to put it right", "tier", "a year", "lead officer")
    rows = [_ranked(place, each) for place, each in enumerate(view.flagged[:_NAMED], 1)]
    yield from table(("", "partnership", *what), rows)
    more = len(view.flagged) - _NAMED
    if more > 0:
        yield f"\n{more:,} more have findings."
    yield ""
    spent = together(view.worst)
    if spent:
        level = worst(view.worst[0]).value
        yield f"Partnerships with {level} findings spend {spent} a year."
        yield ""


def _organisation(view: Overview) -> Iterator[str]:
    if view.to_put_right:
        yield "## For the organisation to put right\n"
        for item in view.to_put_right:
            about = item.told or "; ".join(item.names)
            told = f": {text(about)}" if about else ""
            yield f"- **{item.severity.value.capitalize()}** {text(item.finding.rule.title)}{told}."
            if item.finding.remedy:
                by = f" ({text(item.owner)})" if item.owner else ""
                yield f"  {text(sentence(item.finding.remedy))}{by}"
        yield ""


def _ranked(place: int, each: Assessment) -> tuple[str, ...]:
    tier = tier_of(each)
    grave = each.flagged[0]
    return (
        str(place),
        text(called(each.subject)),
        f"**{worst(each).value.capitalize()}** {text(grave.rule.title)}",
        text(sentence(grave.remedy)) if grave.remedy else "",
        tier.word if tier else "",
        money(each),
        text(officer_of(each)),
    )


def _entry(each: Assessment, origin: Provenance) -> Iterator[str]:
    tier = tier_of(each)
    yield f"\n### {text(called(each.subject))}\n"
    if tier is not None:
        yield f"{text(tier.sentence)}\n"
    for finding in each.flagged:
        assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
        since = origin.since(each, finding)
        told = reasons_of(finding)
        because = " ".join(one.text for one in told[:MOST_REASONS])
        about = f" ({since})" if since else ""
        level = finding.severity.value.capitalize()
        yield f"- **{level}** {text(finding.rule.title)}{about}. {text(because)}"
        if finding.remedy:
            owner = by_whom(finding, each)
            by = f" ({text(owner)})" if owner else ""
            yield f"  To put it right: {text(sentence(finding.remedy))}{by}"
        reply = decided(finding)
        if reply is not None:
            yield f"  Decided: {text(reply.text)}"


def _end(assessment: Assessment, origin: Provenance) -> Iterator[str]:
    of = f" of {PurePath(origin.source).name}" if origin.source else ""
    yield "\n---\n"
    yield (
        f"Assessed{text(of)} by {text(rulebook_name(assessment.rulebook))}. A fact that nobody "
        "recorded is a question, and never counts as no."
    )
    if origin.receipt is not None:
        yield ""
        for line in origin.receipt.lines():
            yield f"- {text(line)}"
        yield f"\n<!-- {_in_comment(origin.receipt.text)} -->"


def _in_comment(told: str) -> str:
    """Return JSON escaped for an HTML comment."""
    return told.replace("--", "-\\u002d").replace(">", "\\u003e")


# ── A comment ─────────────────────────────────────────────────────────────────────────────────


def comment(
    assessments: Sequence[Assessment],
    *,
    changed: Sequence[ChangesSince] = (),
    receipt: Receipt | None = None,
) -> str:
    """
    Return assessments as a comment on a pull request: short, with the findings folded.

    It holds no more than a comment may; what does not fit is counted.
    """
    verdicts, severities = counted_together(assessments)
    flagged, unknown = verdicts[Verdict.FLAGGED], verdicts[Verdict.UNKNOWN]
    grades = graded(severities)
    what = f" ({', '.join(grades)})" if grades else ""
    told = (
        f"**{counted(flagged, 'thing')} to put right{what}**; {unknown:,} not known, "
        f"{verdicts[Verdict.CLEAR]:,} met."
    )
    lines = ["## Governance of partnerships", "", told, ""]
    for each in changed:
        lines += [f"Since {each.since}: {text(each.sentence)}", ""]
        for title, items in each.groups:
            if title != "Still open":
                lines += _folded(f"{title} ({len(items)})", _listed(items))
    end = [f"<!-- {_in_comment(receipt.text)} -->"] if receipt is not None else []
    size = sum(map(len, [*lines, *end]))
    for index, assessment in enumerate(each for each in assessments if each.flagged):
        block = [*_comment_on(assessment)]
        size += sum(len(each) + 1 for each in block)
        if size > MOST_OF_A_COMMENT:
            several = sum(bool(each.flagged) for each in assessments)
            lines += ["", f"and {several - index:,} more with findings."]
            break
        lines += block
    return _finished([*lines, *end])


def _comment_on(assessment: Assessment) -> Iterator[str]:
    name = subject_name(assessment)
    items = []
    for finding in assessment.flagged:
        assert finding.severity is not None  # noqa: S101 - what is flagged has a severity
        do = f" {text(sentence(finding.remedy))}" if finding.remedy else ""
        place = finding.subject_location
        at = f" *({text(place)})*" if place else ""
        level = finding.severity.value.capitalize()
        items.append(f"- **{level}** {text(finding.rule.title)}.{do}{at}")
    yield from _folded(f"{text(name)}: {counted(len(items), 'finding')}", items)


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"
    yield ""

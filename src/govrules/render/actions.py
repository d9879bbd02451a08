"""What is to be done: each remedy once, by whom, by when, as part of what; plans as text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, day, sentence, within_phrase
from govrules.findings import Change, Finding
from govrules.plans import Plan, Step
from govrules.portfolio import subject_name
from govrules.render.advice import alike, told_together
from govrules.render.lines import STYLES, Line, folded_text, hanging, item
from govrules.rulebook.ast import Rulebook, Severity
from govrules.rulebook.decisions import due_date
from govrules.truth import Unknown

_LENGTH: Final = re.compile(r"\d+ (?:day|week|month|year)s?")


@attrs.frozen
class Work:
    """
    A piece of work that settles several findings.

    Attributes:
        letter: by which actions refer to it.
        title: what it is.
        findings: the findings that it settles.
    """

    letter: str
    title: str
    findings: tuple[Finding, ...]

    @property
    def critical(self) -> int:
        """How many of the findings are critical."""
        return sum(finding.severity is Severity.CRITICAL for finding in self.findings)


@attrs.frozen
class RemedyTask:
    """
    A remedy, with the findings that it settles.

    Attributes:
        severity: of the gravest of them.
        do: the act, without a full stop.
        who: who does it; "" where the rule does not say.
        due: the day by which; None where no number of days is given.
        within: by when, as the rule says; "" where it does not.
        letter: of the piece of work that it is part of; "" where it is part of none.
        findings: the findings, gravest first.
    """

    severity: Severity
    do: str
    who: str
    due: dt.date | None
    within: str
    letter: str
    findings: tuple[Finding, ...]

    @property
    def could_be(self) -> Severity | None:
        """The gravest severity they could turn out to have, if above the certain one."""
        worst = max((finding.could_be or self.severity for finding in self.findings), default=None)
        return worst if worst is not None and worst > self.severity else None


def works_of(findings: Iterable[Finding], rulebook: Rulebook) -> tuple[Work, ...]:
    """Return the pieces of work settling two findings or more, largest first."""
    parts: dict[str, list[Finding]] = {}
    for finding in findings:
        remedy = finding.rule.remedy
        if remedy is not None and remedy.part_of:
            parts.setdefault(remedy.part_of, []).append(finding)
    works = [
        Work("", rulebook.work.get(name, name), tuple(its))
        for name, its in parts.items()
        if len(its) > 1
    ]
    works.sort(key=lambda each: (-len(each.findings), -each.critical))
    return tuple(attrs.evolve(each, letter=chr(ord("A") + at)) for at, each in enumerate(works))


def tasks_of(
    findings: Sequence[Finding], works: Iterable[Work], as_of: dt.date | Unknown
) -> tuple[RemedyTask, ...]:
    """Return the remedies of flagged findings, soonest due first."""
    letters = {each.rule.id: work.letter for work in works for each in work.findings}
    merged: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        remedy = finding.rule.remedy
        do = finding.remedy or f"Decide what to do about this: {finding.rule.title}"
        who, within = ("", "") if remedy is None else (remedy.who, remedy.within)
        merged.setdefault((do, who, within), []).append(finding)
    actions = [
        RemedyTask(
            max(each.severity for each in its if each.severity is not None),
            do.removesuffix("."),
            who,
            due_date(within, as_of),
            within,
            letters.get(its[0].rule.id, ""),
            tuple(its),
        )
        for (do, who, within), its in merged.items()
    ]
    return tuple(sorted(actions, key=_order))


def _order(action: RemedyTask) -> tuple[int, dt.date, str, int]:
    # A meeting comes before any date that is worked out; what has no date at all comes last.
    soon = "meeting" in action.within
    place = 0 if soon else 1 if action.due or _LENGTH.match(action.within) else 2
    return place, action.due or dt.date.max, action.within, -action.severity.rank


def when_due(within: str, as_of: dt.date | Unknown) -> str:
    """Return the due date of a remedy in words; "" if it has none."""
    return when_phrase(due_date(within, as_of), within)


def when_phrase(due: dt.date | None, within: str) -> str:
    """
    Return a due date in words.

    >>> when_phrase(None, "the next meeting"), when_phrase(dt.date(2026, 4, 30), "3 months")
    ('at the next meeting', 'by 30 April 2026')
    """
    return within_phrase(within) if due is None else f"by {day(due)}"


def plan_lines(assessment: Assessment, plan: Plan) -> Iterator[Line]:
    """Yield a plan: acts, owners, dates, what each settles, and what nothing settles."""
    yield subject_name(assessment), "bold"
    level = "" if plan.level is Severity.LOW else f" of {plan.level.value} severity or above"
    if not plan.clears and not plan.left:
        yield f"There is nothing{level} to put right, so there is nothing to plan.", ""
        yield from _open(plan)
        yield "", ""
        return
    if plan.changes:
        changes = counted(len(plan.changes), "change")
        settle = "settles" if len(plan.changes) == 1 else "settle"
        things = f"{counted(len(plan.clears), 'thing')} to put right{level}"
        rules = {rule for step in plan.steps for rule in step.helps}
        coming = len(rules.difference(plan.clears))
        more = f" and {counted(coming, 'thing')} that would come with it" if coming else ""
        yield from folded_text(f"{changes} {settle} {things}{more}; {_how_small(plan)}.")
        yield "", ""
    for number, step in enumerate(plan.steps, 1):
        yield from _step_lines(assessment, number, step)
    if plan.steps:
        yield "", ""
    if plan.left:
        tried = "" if plan.proven_smallest else " that was tried"
        left = counted(len(plan.left), "thing")
        yield f"No change of arrangements{tried} settles {left}:", "bold"
        for rule in plan.left:
            yield from folded_text(assessment.rulebook.rule(rule).title, indent=2)
        yield "", ""
    yield from _open(plan)
    yield "", ""


def _step_lines(assessment: Assessment, number: int, step: Step) -> Iterator[Line]:
    word = "TO COME" if step.severity is None else step.severity.value.upper()
    begin = f"{number:>3}  {word:<8}  "
    do = step.do or assessment.rulebook.rule(step.rule).title
    style = "" if step.severity is None else STYLES[step.severity]
    yield from hanging(begin, sentence(do), style)
    if step.who or step.within:
        owner = ", ".join(filter(None, (step.who, when_due(step.within, assessment.as_of))))
        yield from folded_text(f"{owner[:1].upper()}{owner[1:]}", indent=len(begin))
    for told in settled_lines(step.changes):
        yield from item("settled when", told, indent=len(begin))
    titles = dict.fromkeys(assessment.rulebook.rule(rule).title for rule in step.helps)
    for title in titles:
        yield from item("puts right", title, indent=len(begin))


def settled_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Yield changes as sentences, merging those alike for several records."""
    for (fact, _), its in alike(changes).items():
        path = its[0].fact if len(its) == 1 else fact
        yield f"{sentence(told_together(its))} [{path}]"


def _how_small(plan: Plan) -> str:
    if plan.proven_smallest:
        return "fewer would not do"
    return "it was not shown that fewer would not do"


def _open(plan: Plan) -> Iterator[Line]:
    if plan.open:
        checks = counted(len(plan.open), "check")
        yield f"{checks} would still not be known: `govrules ask` asks what would settle them.", ""

"""What is decided, waived, adapted and coming up: what a report must say beside what counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from govrules.assessment import Assessment
from govrules.explain.adaptations import counting, said_of
from govrules.explain.phrases import counted, day, joined, sentence
from govrules.findings import Finding
from govrules.portfolio import subject_name
from govrules.render.advice import good_state
from govrules.render.lines import Line, folded_text, heading, item
from govrules.rulebook.ast import Rulebook, Severity, Verdict
from govrules.rulebook.decisions import Action, Progress

_ORDER: Final = [*Progress]


@attrs.frozen
class ActionProgress:
    """
    An action with its progress.

    Attributes:
        name: what its partnership is called.
        title: what the finding is called, what is good where it is met; the rule's id where it is
            not in force.
        action: what was decided.
        progress: what has become of it.
        severity: how grave the finding is; None where nothing is flagged.
        told: what has become of it and what is said of it, as sentences.
    """

    name: str
    title: str
    action: Action
    progress: Progress
    severity: Severity | None
    told: str

    @property
    def act(self) -> str:
        """The act, its owner and date, as a sentence; "" if nobody said."""
        by = self.action.by
        when = f"by {day(by)}" if isinstance(by, dt.date) else by
        about = "; ".join(each for each in (self.action.owner, when) if each)
        do = self.action.do.removesuffix(".")
        return sentence(f"{do} ({about})" if do and about else do or about) if do or about else ""

    @property
    def text(self) -> str:
        """The whole of it, as shown beside the finding."""
        return f"{self.act} {self.told}".strip()


def decided(finding: Finding) -> ActionProgress | None:
    """Return the action on a finding; None if there is none."""
    action, progress = finding.action, finding.progress
    if action is None or progress is None:
        return None
    told = " ".join(_told(action, progress, finding))
    met = finding.verdict is Verdict.CLEAR
    title = good_state(finding.rule).removesuffix(".") if met else finding.rule.title
    return ActionProgress(
        "", title[:1].upper() + title[1:], action, progress, finding.severity, told
    )


def all_decided(assessments: Iterable[Assessment]) -> tuple[ActionProgress, ...]:
    """Return all actions on subjects, the most pressing first."""
    found: list[ActionProgress] = []
    for assessment in assessments:
        if not assessment.actions:
            continue
        name = subject_name(assessment)
        beside = {finding.rule.id: finding for finding in assessment.acted_on}
        for action in assessment.actions:
            one = decided(beside[action.rule]) if action.rule in beside else None
            if one is None:
                told = "No longer needed: the rule is not in force."
                progress = action.progress(None, assessment.as_of)
                one = ActionProgress("", action.rule, action, progress, None, told)
            found.append(attrs.evolve(one, name=name))
    return tuple(sorted(found, key=_order))


def _order(each: ActionProgress) -> tuple[int, int]:
    return _ORDER.index(each.progress), -each.severity.rank if each.severity else 0


def by_progress(several: Sequence[ActionProgress]) -> list[tuple[str, list[ActionProgress]]]:
    """Return actions grouped by progress, the most pressing first."""
    return [
        (each.value[:1].upper() + each.value[1:], [one for one in several if one.progress is each])
        for each in _ORDER
        if any(one.progress is each for one in several)
    ]


def _told(action: Action, progress: Progress, finding: Finding) -> Iterator[str]:
    asked = counted(len(finding.questions), "question")
    match progress:
        case Progress.LATE:
            yield _how_late(action, finding.as_of)
            if finding.verdict is Verdict.UNKNOWN:
                yield f"Whether it is put right is not known: {asked} would settle it."
        case Progress.NOT_CLEARED:
            yield "Done, and did not clear: the finding is still there."
        case Progress.NOT_KNOWN:
            yield f"Done, and it is not known whether it cleared: {asked} would settle it."
        case Progress.KEPT:
            done = action.state.value == "done"
            beside = "" if done else ", though nobody has marked it done"
            yield f"Kept: the check is met{beside}."
        case Progress.NO_LONGER_NEEDED:
            met = finding.verdict is Verdict.CLEAR
            yield f"No longer needed: the check {'is met' if met else 'does not apply'}."
        case _:
            yield sentence(progress.value)
    if action.why:
        yield f"Reply: {sentence(action.why)}"


def _how_late(action: Action, as_of: object) -> str:
    assert isinstance(action.by, dt.date)  # noqa: S101 - what is late has a day
    assert isinstance(as_of, dt.date)  # noqa: S101 - likewise
    return f"Late: it was due {counted((as_of - action.by).days, 'day')} ago."


def summary(several: Sequence[ActionProgress]) -> str:
    """Return the number and progress of actions, as a sentence."""
    groups = [f"{len(its):,} {title.lower()}" for title, its in by_progress(several)]
    return sentence(f"{counted(len(several), 'action')}: {joined(groups)}") if several else ""


def short_summary(several: Sequence[ActionProgress]) -> str:
    """Return the number of pressing actions, as a foot line."""
    calls = (Progress.LATE, Progress.NOT_CLEARED)
    told = [f"{len(its):,} {title.lower()}" for title, its in by_progress(several)]
    needed = [each for each in calls if any(one.progress is each for one in several)]
    shown = told[: len(needed)]
    rest = len(several) - sum(one.progress in needed for one in several)
    if needed and rest:
        shown.append(f"{rest:,} others")
    return f"Decided ({len(several)}): {joined(shown if needed else told)}. Each: --full"


@attrs.frozen
class Law:
    """
    Decisions bearing on a report: actions, waivers, adaptations, rules to come.

    Attributes:
        waived: what is flagged and does not count, with why, by whom and until when.
        adapted: what packs change in others, as sentences.
        coming: what rules that are not in force yet will flag, and from when.
        actions: what was decided about findings, by what has become of it.
        summary: how many actions there are, and how far they have come.
    """

    waived: tuple[Settled, ...]
    adapted: tuple[str, ...]
    coming: tuple[Settled, ...]
    actions: tuple[tuple[str, tuple[Settled, ...]], ...] = ()
    summary: str = ""


@attrs.frozen
class Settled:
    """
    A decision on one finding, as a line.

    Attributes:
        severity: how grave the finding is; None where nothing is flagged.
        text: what is settled.
        name: what its subject is called.
        rule: the id of its rule.
    """

    severity: Severity | None
    text: str
    name: str
    rule: str


def law_of(assessments: Sequence[Assessment], *, named: bool) -> Law:
    """
    Return the decisions bearing on assessments.

    Args:
        assessments: the assessments.

        named: whether each finding is told with the name of its subject.
    """

    def line(severity: Severity | None, name: str, text: str, rule: str) -> Settled:
        return Settled(severity, f"{name}: {text}" if named else text, name, rule)

    def flagged(each: Assessment, finding: Finding, told: str) -> Settled:
        text = f"{finding.rule.title}. {told}"
        return line(finding.severity, subject_name(each), text, finding.rule.id)

    def decided(each: ActionProgress) -> Settled:
        return line(each.severity, each.name, f"{each.title}. {each.text}", each.action.rule)

    several = all_decided(assessments)
    return Law(
        tuple(flagged(one, each, _waiver(each)) for one in assessments for each in one.waived),
        adapted(assessments[0].rulebook) if assessments else (),
        tuple(flagged(one, each, _begins(each)) for one in assessments for each in one.coming_up),
        tuple((title, tuple(map(decided, its))) for title, its in by_progress(several)),
        summary(several),
    )


def adapted(rulebook: Rulebook) -> tuple[str, ...]:
    """Return adaptations as sentences."""
    return tuple(sentence(said_of(each, rulebook)) for each in counting(rulebook))


def law_lines(assessments: Sequence[Assessment]) -> Iterator[Line]:
    """Yield the decisions for the foot of a full report."""
    law = law_of(assessments, named=False)
    if law.actions:
        yield from heading(f"Decided: {law.summary}")
    for title, several in law.actions:
        yield f"  {title} ({len(several)})", ""
        yield from _listed(several, 4)
    if law.waived:
        yield from heading(f"Waived: {counted(len(law.waived), 'finding')} flagged and not counted")
        yield from _listed(law.waived, 2)
    if law.coming:
        findings = counted(len(law.coming), "finding")
        yield from heading(f"Coming up: {findings} once the rule is in force")
        yield from _listed(law.coming, 2)
    if law.adapted:
        yield from heading(f"Adapted here ({len(law.adapted)})")
    for told in law.adapted:
        yield from folded_text(told, indent=2)


def _listed(several: Iterable[Settled], indent: int) -> Iterator[Line]:
    for each in several:
        level = f"{each.severity.value.capitalize()}: " if each.severity else ""
        yield from item(each.name, f"{level}{each.text} [{each.rule}]", indent=indent)


def _waiver(finding: Finding) -> str:
    waiver = finding.waived
    if waiver is None:
        return ""
    return f"{sentence(waiver.reason)} {waiver.approved}; until {day(waiver.until)}."


def _begins(finding: Finding) -> str:
    begins, _ = finding.rule.in_force
    return f"Checked from {day(begins)}." if begins else ""

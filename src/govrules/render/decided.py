"""What was decided about findings and what has become of it: said once, printed everywhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from govrules.assessment import Assessment
from govrules.explain.phrases import counted, day, joined, sentence
from govrules.findings import Finding
from govrules.render.advice import good_state
from govrules.rulebook.ast import Severity, Verdict
from govrules.rulebook.decisions import Action, Progress

_ORDER: Final = [*Progress]


@attrs.frozen
class Decided:
    """
    An action with what has become of it.

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
        """What is to be done, who does it and when, as a sentence; "" where nobody said."""
        by = self.action.by
        when = f"by {day(by)}" if isinstance(by, dt.date) else by
        about = "; ".join(each for each in (self.action.owner, when) if each)
        do = self.action.do.removesuffix(".")
        return sentence(f"{do} ({about})" if do and about else do or about) if do or about else ""

    @property
    def text(self) -> str:
        """All of it, as it stands beside the finding."""
        return f"{self.act} {self.told}".strip()


def decided(finding: Finding) -> Decided | None:
    """Return what was decided about a finding; None where nothing was."""
    action, progress = finding.action, finding.progress
    if action is None or progress is None:
        return None
    told = " ".join(_told(action, progress, finding))
    met = finding.verdict is Verdict.CLEAR
    title = good_state(finding.rule).removesuffix(".") if met else finding.rule.title
    return Decided("", title[:1].upper() + title[1:], action, progress, finding.severity, told)


def all_decided(assessments: Iterable[Assessment]) -> tuple[Decided, ...]:
    """Return every action on these subjects, what needs somebody first before the rest."""
    found: list[Decided] = []
    for each in assessments:
        if not each.actions:
            continue
        name = each.name or each.id
        beside = {finding.rule.id: finding for finding in each.acted_on}
        for action in each.actions:
            one = decided(beside[action.rule]) if action.rule in beside else None
            if one is None:
                told = "No longer needed: the rule is not in force."
                progress = action.progress(None, each.as_of)
                one = Decided("", action.rule, action, progress, None, told)
            found.append(attrs.evolve(one, name=name))
    return tuple(sorted(found, key=_order))


def _order(each: Decided) -> tuple[int, int]:
    return _ORDER.index(each.progress), -each.severity.rank if each.severity else 0


def by_progress(several: Sequence[Decided]) -> list[tuple[str, list[Decided]]]:
    """Return actions in groups with titles: what needs somebody first."""
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


def summary(several: Sequence[Decided]) -> str:
    """Return how many actions there are and how far they have come, as a sentence."""
    groups = [f"{len(its):,} {title.lower()}" for title, its in by_progress(several)]
    return sentence(f"{counted(len(several), 'action')}: {joined(groups)}") if several else ""


def short_summary(several: Sequence[Decided]) -> str:
    """Return how many actions need somebody, as one line at the foot of a page."""
    calls = (Progress.LATE, Progress.NOT_CLEARED)
    told = [f"{len(its):,} {title.lower()}" for title, its in by_progress(several)]
    needed = [each for each in calls if any(one.progress is each for one in several)]
    shown = told[: len(needed)]
    rest = len(several) - sum(one.progress in needed for one in several)
    if needed and rest:
        shown.append(f"{rest:,} others")
    return f"Decided ({len(several)}): {joined(shown if needed else told)}. Each: --full"

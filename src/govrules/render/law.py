"""What is decided, waived, adapted and coming up: what a report must say beside what counts."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from govrules.assessment import Assessment
from govrules.explain.adaptations import counting, said_of
from govrules.explain.phrases import day, sentence
from govrules.findings import Finding
from govrules.render.decided import Decided, all_decided, by_progress, summary
from govrules.rulebook.ast import Severity
from govrules.saved import Line


@attrs.frozen
class Law:
    """
    What of a report's findings a body has settled for itself, or will have to settle.

    Attributes:
        waived: what is flagged and does not count, with why, by whom and until when.
        adapted: what packs change in others, as sentences.
        coming: what rules that are not in force yet will flag, and from when.
        actions: what was decided about findings, by what has become of it.
        summary: how many actions there are, and how far they have come.
    """

    waived: tuple[Line, ...]
    adapted: tuple[str, ...]
    coming: tuple[Line, ...]
    actions: tuple[tuple[str, tuple[Settled, ...]], ...] = ()
    summary: str = ""


@attrs.frozen
class Settled:
    """An action as a line: how grave its finding is, None where none is flagged, and the text."""

    severity: Severity | None
    text: str


def law_of(assessments: Sequence[Assessment], *, named: bool) -> Law:
    """
    Return what is decided, waived, adapted and coming up.

    Args:
        assessments: the assessments.

        named: whether each finding is told with the name of its subject.
    """
    waived = [(each, finding) for each in assessments for finding in each.waived]
    coming = [(each, finding) for each in assessments for finding in each.coming_up]
    rulebook = assessments[0].rulebook if assessments else None
    several = all_decided(assessments)
    adapted = () if rulebook is None else tuple(counting(rulebook))
    return Law(
        tuple(_line(each, finding, _waiver(finding), named=named) for each, finding in waived),
        tuple(sentence(said_of(each, rulebook)) for each in adapted if rulebook is not None),
        tuple(_line(each, finding, _begins(finding), named=named) for each, finding in coming),
        tuple(
            (title, tuple(_settled(each, named=named) for each in its))
            for title, its in by_progress(several)
        ),
        summary(several),
    )


def _settled(each: Decided, *, named: bool) -> Settled:
    name = f"{each.name}: " if named else ""
    return Settled(each.severity, f"{name}{each.title}. {each.text}")


def _line(assessment: Assessment, finding: Finding, told: str, *, named: bool) -> Line:
    name = f"{assessment.name or assessment.id}: " if named else ""
    return Line(finding.severity or Severity.LOW, f"{name}{finding.rule.title}. {told}")


def _waiver(finding: Finding) -> str:
    waiver = finding.waived
    if waiver is None:
        return ""
    return f"{sentence(waiver.reason)} {waiver.approved}; until {day(waiver.until)}."


def _begins(finding: Finding) -> str:
    begins, _ = finding.rule.in_force
    return f"Checked from {day(begins)}." if begins else ""

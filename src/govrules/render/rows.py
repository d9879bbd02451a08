"""Findings as rows, one each: for a spreadsheet, or for a program that reads tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from govrules.assessment import Assessment
from govrules.findings import Finding
from govrules.render.decided import decided
from govrules.render.plain import verdict_word
from govrules.saved import Changed
from govrules.visible import harmless

HEADS: Final = (
    "subject",
    "name",
    "rule",
    "title",
    "theme",
    "verdict",
    "severity",
    "could be",
    "waived",
    "decided",
    "because",
    "ask",
    "cleared where",
    "document",
    "paragraph",
    "principle",
    "rule at",
    "subject at",
    "change",
)


def rows(
    assessments: Iterable[Assessment], changed: Changed | None = None
) -> Iterator[tuple[str, ...]]:
    """
    Yield a row for each finding, those that sum others up after those of their subject.

    The last cell says whether a finding was opened or closed since an assessment that was saved,
    or for how long it is open.
    """
    closed = {(each.subject, each.rule) for each in changed.closed} if changed else set()
    for assessment in assessments:
        for finding in (*assessment.findings, *assessment.summaries):
            key = assessment.id, finding.rule.id
            change = changed.since_of(*key) if changed else ""
            change = "closed" if key in closed else change
            yield (assessment.id, assessment.name, *_cells(finding), change)


def _cells(finding: Finding) -> tuple[str, ...]:
    reply = decided(finding)
    ways = (" and ".join(change.phrase for change in way) for way in finding.clears)
    return (
        finding.rule.id,
        finding.rule.title,
        finding.rule.theme,
        verdict_word(finding.verdict),
        finding.severity.value if finding.severity else "",
        finding.could_be.value if finding.could_be else "",
        _waived(finding),
        "" if reply is None else reply.text,
        "\n".join(each.phrase for each in finding.because),
        "\n".join(each.question for each in finding.questions),
        "\n".join(ways),
        finding.source.document,
        str(finding.source.paragraph),
        finding.principle,
        finding.rule_location,
        finding.subject_location or "",
    )


def _waived(finding: Finding) -> str:
    """Return by what a finding is waived; "" where it is not."""
    waiver = finding.waived
    if waiver is None:
        return ""
    return f"until {waiver.until.isoformat()}: {waiver.reason} ({waiver.approved})"


def as_csv(assessments: Iterable[Assessment], changed: Changed | None = None) -> str:
    """
    Return findings as CSV.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, as people
    type one: what stands in a register is never carried out.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows([harmless(each) for each in row] for row in rows(assessments, changed))
    return text.getvalue()

"""Findings as rows, one each: for a spreadsheet, or for a program that reads tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from govrules.assessment import Assessment
from govrules.diagnostics import Diagnostic
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
_WIDTHS: Final = (12, 28, 34, 40, 16, 14, 10, 10, 30, 40, 50, 50, 50, 16, 10, 60, 34, 34, 20)


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


def as_xlsx(
    assessments: Iterable[Assessment],
    problems: Sequence[Diagnostic] = (),
    notes: Sequence[str] = (),
    changed: Changed | None = None,
) -> bytes:
    """
    Return findings as a workbook, whose bytes are the same every time.

    What is wrong with the files, and what of them is not read, stands on a sheet of its own.
    """
    import datetime as dt  # noqa: PLC0415 - only the workbook needs it

    from govrules.render.workbook import Workbook  # noqa: PLC0415 - only a workbook pays for it

    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": "Findings", "created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - a fixed date
        sheet = book.add_worksheet("Findings")
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        body = book.add_format({"text_wrap": True, "valign": "top"})
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.write_row(0, 0, HEADS, head)
        sheet.freeze_panes(1, 0)
        last = 0
        for last, row in enumerate(rows(assessments, changed), 1):
            for column, text in enumerate(row):
                whole = len(text) <= _LONGEST
                sheet.write_string(
                    last, column, text if whole else f"{text[: _LONGEST - 1]}…", body
                )
        if last:
            sheet.autofilter(0, 0, last, len(HEADS) - 1)
        if problems or notes:
            of_files = book.add_worksheet("Files")
            of_files.write_row(0, 0, ("place", "what", "help"), head)
            of_files.set_column(0, 0, 34)
            of_files.set_column(1, 2, 60)
            said = [(str(each.span), each.message, each.help) for each in problems]
            for at, line in enumerate([*said, *(("", each, "") for each in notes)], 1):
                for column, text in enumerate(line):
                    of_files.write_string(at, column, text, body)
    return buffer.getvalue()


#: A cell of a workbook holds no longer text.
_LONGEST: Final = 32_767

"""The workbook of a round of questions on the command line: `govrules ask --workbook`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from govrules.cli.assessing import assess_all
from govrules.cli.booking import Book
from govrules.cli.books import write_by_officer
from govrules.cli.exits import FINE, PROBLEM
from govrules.cli.output import emit, write
from govrules.cli.reports import Wanted, whole_of
from govrules.cli.said import Said
from govrules.explain.phrases import counted
from govrules.portfolio import RegisterAssessment
from govrules.render.workbook.asking import asking_of
from govrules.render.workbook.write import asking_book
from govrules.rulebook.ast import Rulebook, Severity


def ask_by_workbook(
    register: Path,
    output: Path,
    rulebook: Rulebook,
    wanted: Book,
    *,
    mapping: Path | None,
    table: str,
    as_of: dt.date | None,
    answers: Path | None,
) -> int:
    """
    Write the questions of a register into a workbook, and return the exit code.

    Raises:
        Stop: it cannot be written.
    """
    Wanted("xlsx", output, None, Severity.LOW, full=False, depth=None, book=wanted).ready()
    checked, told = assess_all(
        [register],
        rulebook,
        mapping=mapping,
        table=table,
        given=as_of,
        engine=None,
        answers=answers,
    )
    if told.failed or not checked:
        return PROBLEM
    write_asking(whole_of(checked), output, wanted, told)
    return FINE


def write_asking(whole: RegisterAssessment, output: Path, wanted: Book, told: Said) -> None:
    """
    Write the workbook of the sheets that ask alone, and those of officers where they are wanted.

    Raises:
        Stop: one cannot be written.
    """
    asking = asking_of(whole, told.laid, everything=wanted.everything)
    write(output, asking_book(whole, asking, locked=wanted.locked))
    grids = f", {counted(len(asking.clauses), 'governing document')}" if asking.clauses else ""
    more = f"; {asking.left_out:,} more are left for the next" if asking.left_out else ""
    emit(f"wrote {output}: {counted(len(asking.rows), 'question')}{grids}{more}\n")
    write_by_officer(whole, wanted, told)

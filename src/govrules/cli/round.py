"""The workbook of a round of questions on the command line: `govrules ask --workbook`."""

from __future__ import annotations

from pathlib import Path

from govrules.cli.assessing import assess_all
from govrules.cli.books import write_by_officer
from govrules.cli.options import Book, Source
from govrules.cli.output import FINE, PROBLEM, emit, write
from govrules.cli.reports import Wanted, whole_of
from govrules.explain.phrases import counted
from govrules.render.workbook.asking import asking_of
from govrules.render.workbook.write import asking_book
from govrules.rulebook.ast import Severity


def ask_by_workbook(
    register: Path | None,
    output: Path,
    source: Source,
    wanted: Book,
    answers: Path | None,
) -> int:
    """
    Write the questions of a register into a workbook, and return the exit code.

    Raises:
        Stop: it cannot be written.
    """
    Wanted("xlsx", output, None, Severity.LOW, full=False, depth=None, book=wanted).ready()
    paths, source = source.chosen(register)
    checked, told = assess_all(paths, source.rulebook, source, answers=answers)
    if told.failed or not checked:
        return PROBLEM
    whole = whole_of(checked)
    asking = asking_of(whole, told.laid, everything=wanted.everything)
    write(output, asking_book(whole, asking, locked=wanted.locked))
    grids = f", {counted(len(asking.clauses), 'governing document')}" if asking.clauses else ""
    more = f"; {asking.more.removesuffix('.')}" if asking.left_out else ""
    emit(f"wrote {output}: {counted(len(asking.rows), 'question')}{grids}{more}\n")
    write_by_officer(whole, wanted, told)
    return FINE

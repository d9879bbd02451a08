"""Workbooks on the command line: the one of a register, and one for each lead officer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from govrules.cli.options import WorkbookOptions
from govrules.cli.output import RunNotes, emit, write
from govrules.explain.phrases import counted
from govrules.portfolio import RegisterAssessment
from govrules.render.workbook.question_rows import QuestionSheet, asking_of
from govrules.render.workbook.write import Beside, asking_book, assessment_book
from govrules.saved import ChangesSince

#: Words of posts: a name without any may be that of a person, and is no name of a file.
_POSTS: Final = re.compile(
    r"\b(?:head|director|officer|manager|chief|lead|leader|clerk|assistant|service|services|team|"
    r"solicitor|secretary|treasurer|accountant|commissioner|coordinator|nobody|not recorded|"
    r"whoever|chair)\b",
    re.IGNORECASE,
)
_NEVER: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 60


def write_book(
    whole: RegisterAssessment,
    output: Path,
    wanted: WorkbookOptions,
    told: RunNotes,
    changed: Sequence[ChangesSince],
) -> None:
    """
    Write the workbook of a register, and those of its officers where they are wanted.

    Raises:
        Stop: one cannot be written.
    """
    beside = Beside(told.diagnostics, told.notes, changed, told.laid)
    made = assessment_book(whole, beside, everything=wanted.everything, locked=wanted.locked)
    write(output, made)
    write_by_officer(whole, wanted, told)


def write_by_officer(whole: RegisterAssessment, wanted: WorkbookOptions, told: RunNotes) -> None:
    """Write a workbook for each lead officer, named after the post."""
    if wanted.folder is None:
        return
    asking = asking_of(whole, told.laid, everything=wanted.everything)
    taken: set[str] = set()
    for officer, its in asking.by_officer:
        path = wanted.folder / f"{_file_name(officer, taken)}.xlsx"
        write(path, asking_book(whole, its, locked=wanted.locked))
        emit(f"wrote {path}: {questions_phrase(its)}\n")


def questions_phrase(asking: QuestionSheet) -> str:
    """Return the number of questions in a workbook, and of those left out."""
    more = f"; {asking.more.removesuffix('.')}" if asking.left_out else ""
    return f"{counted(len(asking.rows) + len(asking.clauses), 'question')}{more}"


def _file_name(officer: str, taken: set[str]) -> str:
    """Return an unused file name for a post, without a person's name."""
    post = _NEVER.sub("-", officer.casefold()).strip("-")[:_LONGEST]
    begin = post if _POSTS.search(officer) and post else "lead-officer"
    name, number = begin, 1
    while name in taken or name == "lead-officer":
        name = f"{begin}-{number}"
        number += 1
    taken.add(name)
    return name

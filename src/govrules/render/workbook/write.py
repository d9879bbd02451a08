"""A register as one workbook: to read, to send round, and to take back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from govrules.answered import Laid
from govrules.diagnostics import Diagnostic
from govrules.portfolio import RegisterAssessment
from govrules.render.overview import Overview
from govrules.render.workbook.finding_sheets import (
    write_actions,
    write_changed,
    write_flagged,
    write_rules,
    write_waivers,
)
from govrules.render.workbook.question_rows import QuestionRow, QuestionSheet, asking_of
from govrules.render.workbook.question_sheets import (
    Lists,
    write_clauses,
    write_facts,
    write_questions,
)
from govrules.render.workbook.sheet import Styles, new_book
from govrules.render.workbook.summary import register_name, write_heat, write_summary
from govrules.saved import ChangesSince


@attrs.frozen
class Beside:
    """
    Contents of a workbook beside the assessment.

    Attributes:
        problems: what is wrong with the files that were read.
        notes: what became of their rows, and of answers.
        changed: what changed since assessments that were saved.
        laid: what became of earlier answers.
    """

    problems: Sequence[Diagnostic] = ()
    notes: Sequence[str] = ()
    changed: Sequence[ChangesSince] = ()
    laid: Sequence[Laid] = ()


_NOTHING: Final = Beside()


def assessment_book(
    whole: RegisterAssessment,
    beside: Beside = _NOTHING,
    *,
    everything: bool = False,
    locked: bool = True,
) -> bytes:
    """
    Return a register's workbook, reproducible byte for byte.

    Args:
        whole: the assessment of the register.

        beside: what is said beside it.

        everything: whether every question is asked, and not those alone that matter most.

        locked: whether what identifies a row is protected.
    """
    asking = asking_of(whole, beside.laid, everything=everything)
    view = Overview(whole)
    of = register_name(whole), whole.register.as_of
    with new_book(of[0]) as (styles, made):
        write_summary(
            styles,
            view,
            of,
            left_out=asking.left_out,
            problems=beside.problems,
            notes=beside.notes,
        )
        write_heat(styles, view, of)
        write_flagged(styles, view, of)
        write_actions(styles, view, of, locked=locked)
        lists = _asking(styles, asking, whole, locked=locked)
        write_rules(styles, view, of)
        write_waivers(styles, view, of)
        if beside.changed:
            write_changed(styles, beside.changed, of)
        _behind(styles, asking, whole, lists)
    return made.getvalue()


def asking_book(whole: RegisterAssessment, asking: QuestionSheet, *, locked: bool = True) -> bytes:
    """Return a workbook of the question sheets alone, reproducible byte for byte."""
    with new_book(register_name(whole)) as (styles, made):
        lists = _asking(styles, asking, whole, locked=locked)
        _behind(styles, asking, whole, lists)
    return made.getvalue()


def refused_book(
    rows: Sequence[QuestionRow],
    typed: Mapping[str, tuple[str, str, str]],
    made_for: tuple[str, object],
    pack: tuple[str, str],
) -> bytes:
    """
    Return a workbook of the questions whose answers were refused, with the reason in the note.

    Args:
        rows: the questions.

        typed: of each, by its key, the answer, where it was seen, and why it was refused.

        made_for: what the register is called, and the date of the assessment.

        pack: the id and the version of the rules.
    """
    asking = QuestionSheet(tuple(rows))
    with new_book(made_for[0]) as (styles, made):
        lists = Lists(styles)
        write_questions(styles, asking, pack[0], made_for, lists, locked=True, typed=typed)
        lists.write()
        write_facts(styles, asking, pack, *made_for)
    return made.getvalue()


def _asking(
    styles: Styles, asking: QuestionSheet, whole: RegisterAssessment, *, locked: bool
) -> Lists:
    rulebook = whole.register.rulebook
    of = register_name(whole), whole.register.as_of
    lists = Lists(styles)
    write_questions(styles, asking, rulebook.id, of, lists, locked=locked)
    if asking.clauses:
        write_clauses(styles, asking.clauses, rulebook.id, of, locked=locked)
    return lists


def _behind(styles: Styles, asking: QuestionSheet, whole: RegisterAssessment, lists: Lists) -> None:
    """Write the hidden sheets."""
    lists.write()
    rulebook = whole.register.rulebook
    pack = rulebook.id, rulebook.version
    write_facts(styles, asking, pack, register_name(whole), whole.register.as_of)

"""The sheets that ask: questions, clauses, and the hidden ones behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from govrules.answered.answer_cells import said
from govrules.answered.labels import (
    CLAUSES,
    CLAUSES_FACT,
    DONT_KNOW,
    FACT_HEADS,
    FACTS,
    ID,
    KEY,
    LISTS,
    MADE_FOR,
    NOTE,
    OFFICER,
    PARTNERSHIP,
    QUESTION_HEADS,
    QUESTIONS,
    SEEN,
    about_of,
)
from govrules.assessment import Assessment
from govrules.facts import recorded
from govrules.render.workbook.question_rows import (
    QuestionRow,
    QuestionSheet,
    as_of_text,
    input_message,
)
from govrules.render.workbook.sheet import FIRST, MISSING, PALE, SheetColumn, SheetWriter, Styles
from govrules.vocabulary import Choice, Choices, Record, YesNo, vocabulary_of

_WIDTHS: Final = (26, 32, 26, 11, 56, 22, 40, 30, 30, 46, 30, 16)
_TYPED: Final = (5, 6, 7)
_GREY: Final = (10, 11)
QUESTION_COLUMNS: Final = tuple(
    SheetColumn(head, width, "grey" if at in _GREY else "", typed=at in _TYPED)
    for at, (head, width) in enumerate(zip(QUESTION_HEADS, _WIDTHS, strict=True))
)
_HOW: Final = (
    "Type in the white columns Answer, Where we saw it and Note; leave blank what nobody has looked"
    " for."
)
_ANSWER: Final = 5
_YES_NO: Final = ["yes", "no", DONT_KNOW]
_TITLE: Final = "How to answer"


class Lists:
    """
    The hidden sheet of drop-down lists.

    Args:
        styles: the formats of the workbook.
    """

    def __init__(self, styles: Styles) -> None:
        self.styles = styles
        self.named: dict[tuple[str, ...], str] = {}

    def name(self, values: Sequence[str]) -> str:
        """Return the name of the list of these values."""
        return self.named.setdefault(tuple(values), f"list_{len(self.named) + 1}")

    def write(self) -> None:
        """Write the sheet."""
        sheet: Any = self.styles.book.add_worksheet(LISTS)
        sheet.hide()
        for at, (values, name) in enumerate(self.named.items()):
            sheet.write_string(0, at, name)
            words = [*map(said, values), "none", DONT_KNOW]
            for row, word in enumerate(words, 1):
                sheet.write_string(row, at, word)
            column = _letters(at)
            place = f"={LISTS}!${column}$2:${column}${len(words) + 1}"
            self.styles.book.define_name(name, place)


def _letters(at: int) -> str:
    from xlsxwriter.utility import xl_col_to_name  # noqa: PLC0415 - only a workbook pays for it

    return str(xl_col_to_name(at))


def write_questions(
    styles: Styles,
    asking: QuestionSheet,
    pack: str,
    of: tuple[str, object],
    lists: Lists,
    *,
    locked: bool,
    typed: Mapping[str, tuple[str, str, str]] | None = None,
) -> None:
    """
    Write the questions, one a row.

    Args:
        styles: the formats of the workbook.

        asking: the questions.

        pack: the id of the rules.

        of: what stands in the foot of each page.

        lists: the words that drop-downs offer.

        locked: whether what identifies a row is protected.

        typed: what stands already in the columns that people type in, by key.
    """
    how = f"{_HOW} {asking.more}".rstrip()
    sheet = SheetWriter(styles, QUESTIONS, "Questions", how, QUESTION_COLUMNS, of=of, locked=locked)
    for row in asking.rows:
        key = row.key(pack)
        answer, seen, note = (typed or {}).get(key, ("", "", ""))
        about, path = about_of(row.fact)
        at = sheet.add(
            row.officer,
            row.name,
            about,
            row.could_be.value.capitalize(),
            row.question,
            answer,
            seen,
            note or row.asked,
            row.how,
            row.why,
            path,
            key,
        )
        _validate(sheet.sheet, at, _ANSWER, row, lists)
    sheet.finish()
    sheet.colour(3)
    sheet.paint(_ANSWER, _ANSWER, {"type": "no_blanks"}, bg_color=PALE)
    answer, seen = f"$F{FIRST + 1}", f"$G{FIRST + 1}"
    wanting = f'=AND(LEN(TRIM({answer}))>0,{answer}<>"{DONT_KNOW}",LEN(TRIM({seen}))=0)'
    sheet.paint(6, 6, {"type": "formula", "criteria": wanting}, left=1, left_color=MISSING)


def _validate(sheet: Any, row: int, at: int, asked: QuestionRow, lists: Lists) -> None:  # noqa: ANN401 - the writer's sheet
    rule: dict[str, Any] = {"validate": "any"}
    match asked.type:
        case YesNo() | Record():
            rule = {"validate": "list", "source": _YES_NO}
        case Choice(values):
            rule = {"validate": "list", "source": f"={lists.name(values)}"}
    rule |= {"input_title": _TITLE, "input_message": input_message(asked.type)}
    if rule["validate"] == "list":
        error = f"Choose one of the list; {DONT_KNOW} where nobody knows."
        rule |= {"error_title": "Not in the list", "error_message": error, "error_type": "stop"}
    sheet.data_validation(row, at, row, at, rule)


def clauses_of(subject: object) -> tuple[str, ...]:
    """Return the clauses a governing document may have; none for other kinds."""
    cls: type = type(subject)
    fact = vocabulary_of(cls).facts.get(CLAUSES_FACT)
    return fact.type.values if fact is not None and isinstance(fact.type, Choices) else ()


def clause_columns(values: Sequence[str]) -> tuple[SheetColumn, ...]:
    """Return the columns of the clause grid."""
    matters = (SheetColumn(said(value), 7, "turned", typed=True) for value in values)
    return (
        SheetColumn(PARTNERSHIP, 32),
        SheetColumn(ID, 9),
        *matters,
        SheetColumn(SEEN, 40, typed=True),
        SheetColumn(NOTE, 30, typed=True),
        SheetColumn(OFFICER, 26),
        SheetColumn(KEY, 16, "grey"),
    )


def write_clauses(
    styles: Styles,
    clauses: Sequence[tuple[Assessment, QuestionRow]],
    pack: str,
    of: tuple[str, object],
    *,
    locked: bool,
) -> None:
    """Write the clause grid, recorded clauses filled in."""
    values = clauses_of(clauses[0][0].subject) if clauses else ()
    columns = clause_columns(values)
    how = f"For each matter: does the governing document settle it? {', '.join(_YES_NO)}."
    sheet = SheetWriter(styles, CLAUSES, "Clauses", how, columns, of=of, locked=locked)
    for each, row in clauses:
        found = recorded(each.subject, CLAUSES_FACT)
        known = found if isinstance(found, frozenset) else frozenset()
        filled = {2 + at: {"locked": True} for at, value in enumerate(values) if value in known}
        cells = ["yes" if value in known else "" for value in values]
        number = row.partnership if row.partnership != row.name else ""
        at = sheet.add(row.name, number, *cells, "", "", row.officer, row.key(pack), styles=filled)
        last = 1 + len(values)
        sheet.sheet.data_validation(
            at, 2, at, last, {"validate": "list", "source": _YES_NO, "error_type": "stop"}
        )
    sheet.finish()


def write_facts(
    styles: Styles,
    asking: QuestionSheet,
    pack: tuple[str, str],
    register: str,
    as_of: object,
) -> None:
    """
    Write the recorded state of each question.

    Args:
        styles: the formats of the workbook.

        asking: the questions.

        pack: the id and the version of the rules.

        register: what the register is called.

        as_of: the date of the assessment.
    """
    sheet: Any = styles.book.add_worksheet(FACTS)
    sheet.hide()
    sheet.protect()
    made = (register, *pack, as_of_text(as_of))  # type: ignore[arg-type]
    for at, (head, text) in enumerate(zip(MADE_FOR, made, strict=True)):
        sheet.write_string(0, 2 * at, head)
        sheet.write_string(0, 2 * at + 1, text)
    for at, head in enumerate(FACT_HEADS):
        sheet.write_string(2, at, head)
    rows = [*asking.rows, *(row for _, row in asking.clauses)]
    for number, row in enumerate(rows, FIRST):
        cells = (
            row.key(pack[0]),
            row.partnership,
            row.name,
            about_of(row.fact)[0],
            row.fact,
            row.on_record,
            made[-1],
            row.record,
            row.question,
        )
        for at, text in enumerate(cells):
            sheet.write_string(number, at, text, styles.get(quote_prefix=True))

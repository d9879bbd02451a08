"""A mapping as a workbook: a sheet of columns to confirm, one of words, one of everything else."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any, Final

from govrules.decode.amounts import BANDS
from govrules.registers.mapping_nodes import (
    COLUMN_HEADS,
    COLUMNS,
    IGNORE,
    ITEM,
    LEVELS,
    MEANING_HEADS,
    MEANINGS,
    SETTING_HEADS,
    SETTINGS,
    TO_CONFIRM,
    YES,
)
from govrules.registers.mapping_text import Proposal, ProposedColumn

_FACTS: Final = "Facts"
_HELP: Final = "Help"
_COLUMN_WIDTHS: Final = (32, 36, 30, 44, 12, 9, 12, 11, 11, 12, 30)
#: What a drop-down of words in the cell itself may hold, in characters.
_LONGEST_LIST: Final = 255
_SAID: Final = f"""\
Each row of the sheet Columns is a column of the register.
Where the fact is right, write {YES} under Read it?
Where it is not, choose another fact from the list in the cell, or type one of the sheet Facts.
Where no fact fits, write {IGNORE}.
What is marked {TO_CONFIRM} is not read until somebody has confirmed it.
The sheet Meanings says what words in the cells mean; fill in what is empty there.
Save the workbook, and check the register with it: govrules check REGISTER --mapping WORKBOOK
"""


def mapping_book(proposal: Proposal) -> bytes:
    """Return a mapping as a workbook, reproducible byte for byte."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - only a workbook pays for it

    buffer = io.BytesIO()
    # A heading is a text, whatever it begins with.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"title": "Mapping", "created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - a fixed date
        sheets = _Sheets(book, proposal)
        sheets.columns()
        sheets.meanings()
        sheets.settings()
        sheets.facts()
        sheets.help()
    return buffer.getvalue()


class _Sheets:
    """Writes the sheets of a mapping."""

    def __init__(self, book: Any, proposal: Proposal) -> None:  # noqa: ANN401 - the writer's book
        self.book = book
        self.proposal = proposal
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.body = book.add_format({"text_wrap": True, "valign": "top"})
        self.open = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF2CC"})

    def _sheet(self, name: str, heads: tuple[str, ...], widths: tuple[int, ...]) -> Any:  # noqa: ANN401 - as above
        sheet = self.book.add_worksheet(name)
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        sheet.write_row(0, 0, heads, self.head)
        sheet.freeze_panes(1, 1)
        return sheet

    def columns(self) -> None:
        """Write one row a column of the register."""
        sheet = self._sheet(COLUMNS, COLUMN_HEADS, _COLUMN_WIDTHS)
        answers = {"validate": "list", "source": [YES, TO_CONFIRM, IGNORE]}
        for row, column in enumerate(self.proposal.columns, 1):
            fact = column.about.get("fact", "")
            answer = IGNORE if column.ignored else ""
            if fact:
                answer = TO_CONFIRM if column.unsure else YES
            dates = column.about.get("dates", "")
            separator = column.about.get("separator", "")
            cells = (
                column.heading,
                ", ".join(column.samples),
                fact,
                "",
                answer,
                column.about.get("unit", ""),
                ", ".join(dates) if isinstance(dates, list) else dates,
                column.about.get("bands", ""),
                "line break" if separator == "\n" else separator,
                column.about.get("complete", ""),
                ", ".join(column.unread),
            )
            to_do = not answer or answer == TO_CONFIRM
            for at, text in enumerate(cells):
                style = self.open if to_do and at in (2, 4) else self.body
                sheet.write_string(row, at, text, style) if text else sheet.write_blank(
                    row, at, None, style
                )
            sheet.write_formula(
                row,
                3,
                f'=IFERROR(VLOOKUP(C{row + 1},{_FACTS}!A:B,2,FALSE),"")',
                self.body,
                self.proposal.questions.get(fact, ""),
            )
            self._choice(sheet, row, 2, column.likely)
            sheet.data_validation(row, 4, row, 4, answers)
            self._choice(sheet, row, COLUMN_HEADS.index("Bands"), BANDS)

    def _choice(self, sheet: Any, row: int, at: int, words: tuple[str, ...]) -> None:  # noqa: ANN401 - as above
        """Add a drop-down of words; others may still be typed."""
        kept: list[str] = []
        for word in words:
            if len(",".join([*kept, word])) <= _LONGEST_LIST and "," not in word:
                kept.append(word)
        if kept:
            rule = {"validate": "list", "source": kept, "error_type": "information"}
            sheet.data_validation(row, at, row, at, rule)

    def meanings(self) -> None:
        """Write one row for each word to be interpreted."""
        sheet = self._sheet(MEANINGS, MEANING_HEADS, (32, 36, 30))
        row = 0
        for column in self.proposal.columns:
            for word, meaning in _words(column):
                row += 1
                sheet.write_string(row, 0, column.heading, self.body)
                sheet.write_string(row, 1, word, self.body)
                if meaning:
                    sheet.write_string(row, 2, meaning, self.body)
                else:
                    sheet.write_blank(row, 2, None, self.open)
                fact = column.about["fact"]
                allowed = self.proposal.choices.get(fact, (YES, "no"))
                self._choice(sheet, row, 2, ("unknown", "none", *allowed))

    def settings(self) -> None:
        """Write the mapping's settings other than columns."""
        sheet = self._sheet(SETTINGS, SETTING_HEADS, (*((18,) * LEVELS), 40))
        for row, (keys, value) in enumerate(_flat(self.proposal.settings, ()), 1):
            for at, key in enumerate(keys):
                sheet.write_string(row, at, key, self.body)
            sheet.write_string(row, LEVELS, value, self.body)

    def facts(self) -> None:
        """Write every fact a column may hold."""
        heads = ("Fact", "What it asks", "Its values")
        sheet = self._sheet(_FACTS, heads, (36, 70, 70))
        for row, (fact, question) in enumerate(self.proposal.questions.items(), 1):
            sheet.write_string(row, 0, fact, self.body)
            sheet.write_string(row, 1, question, self.body)
            sheet.write_string(row, 2, ", ".join(self.proposal.choices.get(fact, ())), self.body)

    def help(self) -> None:
        """Write the next steps and noteworthy points."""
        sheet = self.book.add_worksheet(_HELP)
        sheet.set_column(0, 0, 110)
        for row, line in enumerate([*_SAID.splitlines(), "", *self.proposal.notes]):
            sheet.write_string(row, 0, line, self.body)


def _words(column: ProposedColumn) -> Iterator[tuple[str, str]]:
    """Yield a column's words with their meanings; "" for a person to fill in."""
    values = column.about.get("values", {})
    for word, meaning in values.items():
        yield word, ", ".join(meaning) if isinstance(meaning, list) else meaning
    known = {value.casefold() for value in values}
    for word in column.unread if column.about else ():
        if word.casefold() not in known:
            yield word, ""


def _flat(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ANN401 - plain data
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, (*keys, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value, 1):
            yield from _flat(inner, (*keys, f"{ITEM}{at}"))
    else:
        yield keys, str(value)

"""Workbooks that came back: rows found by headings, each with the question that it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

import attrs

from govrules.answered import labels
from govrules.decode.states import fold
from govrules.decode.values import written
from govrules.diagnostics import Code, Diagnostic, Span
from govrules.errors import FactsError
from govrules.registers.grids import open_grid
from govrules.registers.sources import TEXTS, WORKBOOKS, Layout, check_file, suffix_of
from govrules.registers.workbooks import formulas_in, unpacked

#: More rows than any workbook that goes round has.
_MOST: Final = 500_000
#: Headings are looked for in the first rows.
_LOOKED_AT: Final = 25
_TYPED: Final = (labels.ANSWER, labels.SEEN, labels.NOTE)
_NEEDED: Final = {
    labels.QUESTIONS: (labels.PARTNERSHIP, labels.ABOUT, *_TYPED, labels.FACT, labels.KEY),
    labels.CLAUSES: (labels.PARTNERSHIP, labels.SEEN, labels.KEY),
    labels.ACTIONS: (
        *(labels.DONE, labels.OWNER, labels.NOTE, labels.ACTION),
        labels.CHECK,
        labels.ID,
    ),
    labels.WAIVERS: labels.WAIVER_HEADS,
    labels.FACTS: labels.FACT_HEADS,
}
_KNOWN: Final = {
    labels.QUESTIONS: labels.QUESTION_HEADS,
    labels.ACTIONS: labels.ACTION_HEADS,
    labels.WAIVERS: labels.WAIVER_HEADS,
    labels.FACTS: labels.FACT_HEADS,
}


@attrs.frozen
class SheetRow:
    """
    A row of a sheet, by its headings.

    Attributes:
        file: the workbook.
        sheet: the sheet; "" in a text file.
        number: the row, counted from 1.
        cells: what stands under each heading.
        columns: which column each heading is, counted from 1.
        formulas: the headings under which a formula stands.
    """

    file: str
    sheet: str
    number: int
    cells: Mapping[str, Any]
    columns: Mapping[str, int]
    formulas: frozenset[str] = frozenset()

    def text(self, head: str) -> str:
        """Return what stands under a heading, as text."""
        value = self.cells.get(head)
        return "" if value is None else " ".join(written(value).split())

    def lines(self, head: str) -> list[str]:
        """Return the lines of what stands under a heading."""
        value = self.cells.get(head)
        parts = written(value).replace("\r", "\n").split("\n") if value is not None else []
        return [part.strip() for part in parts if part.strip()]

    def place(self, head: str) -> Span:
        """Return the place of a cell."""
        if not self.sheet:
            return Span(self.file, self.number)
        return Span(self.file, self.number, self.columns.get(head, 1), sheet=self.sheet)

    def cell(self, head: str) -> str:
        """Return the file and the name of a cell, as people say it: `Questions!F88`."""
        if not self.sheet:
            return f"{self.file}, line {self.number}"
        text = str(self.place(head)).removeprefix(self.file)
        return f"{self.file}, {text.replace('[', '', 1).replace(']', '', 1)}"


@attrs.frozen
class AskedQuestion:
    """
    The recorded state of a question when its workbook was made.

    Attributes:
        key: by what its row is found.
        partnership: the id of the partnership, or its name.
        name: its name.
        about: the record that the question is about; "" for the partnership.
        fact: the path of the fact, with the name of its record.
        on_record: what was known of it, in words.
        question: what was asked.
    """

    key: str
    partnership: str
    name: str
    about: str
    fact: str
    on_record: str
    question: str


@attrs.frozen
class Returned:
    """
    A workbook that came back.

    Attributes:
        file: its name.
        register: of which register it is; "" where it does not say.
        rules: the id of the rules that it was made with.
        as_of: the date of the assessment that it was made from; None where it does not say.
        facts: what each of its questions stood at, by key; none where the sheet is not there.
        rows: its rows, by sheet.
        problems: what is wrong with whole sheets.
        notes: what else is to be said of it.
    """

    file: str
    register: str
    rules: str
    as_of: dt.date | None
    facts: Mapping[str, AskedQuestion]
    rows: Mapping[str, Sequence[SheetRow]]
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()


def open_returned(file: str) -> Returned:
    """
    Read a workbook that came back, or one sheet of it that was saved as text.

    Raises:
        FactsError: it cannot be read, or holds none of the sheets that are filled in.
    """
    suffix = suffix_of(file)
    check_file(file, file, suffix)
    if suffix in TEXTS:
        try:
            grid = open_grid(file, Layout())
        except FactsError:
            # What is no UTF-8 may be as spreadsheets on Windows save it.
            grid = open_grid(file, Layout(encoding="cp1252"))
        several: dict[str, Sequence[Sequence[Any]]] = {"": grid.rows}
    elif suffix in WORKBOOKS:
        several = _sheets(file)
    else:
        _refuse(
            file, f"files that end in `{suffix}` are not read", "save it as .xlsx, .ods or .csv"
        )
    return _returned(file, several)


def _refuse(file: str, message: str, help_: str) -> NoReturn:
    problem = Diagnostic(Code.ANSWER_REFUSED, message, Span(file), help_)
    raise FactsError(file, "a workbook with answers", "another file", (problem,))


def _sheets(file: str) -> dict[str, Sequence[Sequence[Any]]]:
    with unpacked(file, file, "", alone=False) as book:
        filled = [*book.filled]
        if not filled:
            return {}
        rows, _, others = book.read(filled[0], filled[1:], _MOST)
    return {filled[0]: rows, **{name: each[0] for name, each in others.items()}}


def _returned(file: str, several: Mapping[str, Sequence[Sequence[Any]]]) -> Returned:
    problems: list[Diagnostic] = []
    notes: list[str] = []
    rows: dict[str, list[SheetRow]] = {}
    for name, cells in several.items():
        kind = name if name in _NEEDED else _kind_of(cells)
        if kind:
            found = _rows_of(file, name, kind, cells, problems=problems, notes=notes)
            rows.setdefault(kind, []).extend(found)
    if not any(kind in rows for kind in _NEEDED if kind != labels.FACTS) and not problems:
        _refuse(
            file,
            f"no sheet is called {labels.QUESTIONS}, {labels.CLAUSES} or {labels.ACTIONS}",
            "name a workbook that `govrules check --format xlsx` or `ask --workbook` wrote",
        )
    made = _made_for(several.get(labels.FACTS, ()))
    facts = {each.key: each for each in map(_asked, rows.get(labels.FACTS, ())) if each.key}
    return Returned(file, *made, facts, rows, tuple(problems), tuple(notes))


def _made_for(cells: Sequence[Sequence[Any]]) -> tuple[str, str, dt.date | None]:
    """Return the register, rules and date a workbook was made for."""
    first = [written(each) for each in cells[0]] if cells else []
    said = dict(zip(first[::2], first[1::2], strict=False))
    register, rules, _, day = (said.get(each, "") for each in labels.MADE_FOR)
    try:
        as_of = dt.date.fromisoformat(day)
    except ValueError:
        as_of = None
    return register, rules, as_of


def _asked(row: SheetRow) -> AskedQuestion:
    heads = (labels.KEY, labels.ID, labels.PARTNERSHIP, labels.ABOUT, labels.FACT)
    return AskedQuestion(*map(row.text, (*heads, labels.ON_RECORD, labels.QUESTION)))


def _kind_of(cells: Sequence[Sequence[Any]]) -> str:
    """Return the kind of a renamed sheet from its headings; "" if it is none of ours."""
    for kind in (labels.QUESTIONS, labels.ACTIONS, labels.CLAUSES, labels.WAIVERS):
        wanted = {fold(each) for each in _NEEDED[kind]}
        for row in cells[:_LOOKED_AT]:
            if wanted <= {fold(written(each)) for each in row if each is not None}:
                return kind
    return ""


def _rows_of(
    file: str,
    name: str,
    kind: str,
    cells: Sequence[Sequence[Any]],
    *,
    problems: list[Diagnostic],
    notes: list[str],
) -> Iterator[SheetRow]:
    """Yield the rows of a sheet below its headings, the blank ones left out."""
    needs = _NEEDED[kind]
    needed = {fold(each): each for each in (*_KNOWN.get(kind, ()), *needs)}
    places = range(min(len(cells), _LOOKED_AT))
    at = max(places, key=lambda place: _known(cells[place], needed), default=0)
    columns: dict[str, int] = {}
    for number, cell in enumerate(cells[at] if cells else (), 1):
        head = " ".join(written(cell).split()) if cell is not None else ""
        columns.setdefault(needed.get(fold(head), head), number)
    missing = [each for each in needs if each not in columns]
    if missing:
        problem = Diagnostic(
            Code.ANSWER_REFUSED,
            f"no column has the heading `{missing[0]}`, so that the sheet is not read",
            Span(file, at + 1, 1, sheet=name),
            f"give the columns their headings again: {', '.join(needs)}",
        )
        problems.append(problem)
        return
    extra = [each for each in columns if each and each not in needed.values()]
    if extra and kind in _KNOWN and kind != labels.FACTS:
        named = ", ".join(f"`{each}`" for each in extra)
        notes.append(f"{name or file}: not read: {named}")
    of_xlsx = name and suffix_of(file) == ".xlsx"
    formulas = formulas_in(file, name) if of_xlsx else frozenset()
    for number, row in enumerate(cells[at + 1 :], at + 2):
        found = {
            head: row[column - 1] if column <= len(row) else None
            for head, column in columns.items()
        }
        if any(each not in (None, "") and str(each).strip() for each in found.values()):
            held = {head for head, each in columns.items() if (number, each) in formulas}
            yield SheetRow(file, name, number, found, columns, frozenset(held))


def _known(row: Sequence[Any], needed: Mapping[str, str]) -> int:
    return len({fold(written(each)) for each in row if each is not None} & set(needed))

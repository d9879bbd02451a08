"""
Text files and workbooks to rows, headings among them.

How text is written is told by its bytes and its first rows; of workbooks, what is hidden is said.
"""

from __future__ import annotations

import csv
import io
import itertools
import operator
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.diagnostics import Code, Span, did_you_mean
from govrules.registers.sources import (
    TEXTS,
    WORKBOOKS,
    Layout,
    check_file,
    read_lines,
    refuse,
    several,
    suffix_of,
    too_many,
)
from govrules.registers.tables import MAX_ROWS, blank
from govrules.registers.workbooks import Area, marks_of, unpacked

DELIMITERS: Final = (",", ";", "\t", "|")
#: So much of a text shows what parts its columns.
_LOOKED_AT: Final = 65_536
_ROWS_LOOKED_AT: Final = 50


@attrs.frozen(eq=False)
class Grid:
    """
    The rows of a text file or a sheet, headings among them.

    Attributes:
        name: what the file is called.
        rows: every row.
        numbers: the line or row of each, counted from 1.
        sheet: the sheet; "" in a text file.
        merged: the merged areas.
        others: the beginnings of the workbook's other sheets that hold anything, by name.
        hidden: the sheets that are hidden.
        hidden_rows: the rows that are hidden, counted from 1.
        hidden_columns: the columns that are hidden, counted from 1.
        delimiter: what parts the columns of a text file.
        valueless: the cells of formulas and errors that give no value.
    """

    name: str
    rows: Sequence[Sequence[Any]]
    numbers: Sequence[int]
    sheet: str = ""
    merged: tuple[Area, ...] = ()
    others: Mapping[str, Grid] = attrs.field(factory=dict)
    hidden: frozenset[str] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    delimiter: str = ""
    valueless: Sequence[tuple[int, int]] = ()


def has_grid(file: str) -> bool:
    """Tell whether the headings of a file stand in its own rows."""
    return suffix_of(file) in (*TEXTS, *WORKBOOKS)


def open_grid(
    file: str, layout: Layout, *, name: str = "", first: bool = False, alone: bool = False
) -> Grid:
    """
    Open a text file or a workbook, whose own rows hold the headings.

    Args:
        file: its path.

        layout: how it is laid out.

        name: what to call it; its path if not given.

        first: whether the first of several sheets will do.

        alone: whether the other sheets are of no interest.

    Raises:
        FactsError: it cannot be read, or holds several sheets of which none was named.
    """
    name = name or file
    check_file(file, name, suffix_of(file))
    if suffix_of(file) in TEXTS:
        return _text(file, name, layout)
    return _workbook(file, name, layout, first=first, alone=alone and bool(layout.table))


# ── Text ──────────────────────────────────────────────────────────────────────────────────────


def _text(file: str, name: str, layout: Layout) -> Grid:
    text = read_lines(file, name, layout.encoding)
    delimiter = layout.delimiter or _delimiter(text, "\t" if suffix_of(file) == ".tsv" else ",")
    # A register repeats itself: of equal cells one is kept, which then is near wherever it stands.
    same = dict[str, str]().setdefault
    rows: list[Sequence[Any]] = []
    unquoted = _unquoted(text, delimiter)
    if unquoted is not None:
        rows.extend([*map(same, row, row)] for row in unquoted)
        return Grid(name, rows, range(1, len(rows) + 1), delimiter=delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows.extend([*map(same, row, row)] for row in reader)
    except csv.Error as error:
        cause, help_ = _cause(str(error))
        refuse(Code.UNREADABLE_TABLE, Span(name, max(1, reader.line_num)), cause, help_)
    numbers: Sequence[int] = range(1, len(rows) + 1)
    if reader.line_num != len(rows):
        numbers = _starts(text, delimiter)
    return Grid(name, rows, numbers, delimiter=delimiter)


def _unquoted(text: str, delimiter: str) -> Iterator[list[str]] | None:
    """Return the rows of a text without quotes; None if `csv` has to parse it."""
    if '"' in text:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    if max(map(len, lines), default=0) > csv.field_size_limit():
        return None
    return (line.split(delimiter) if line else [] for line in lines)


def _delimiter(text: str, usual: str) -> str:
    """Return the delimiter that gives most rows one width; the usual one in doubt."""
    best, most = usual, 0.0
    for each in (usual, *(one for one in DELIMITERS if one != usual)):
        head = io.StringIO(text[:_LOOKED_AT], newline="")
        rows = itertools.islice(csv.reader(head, delimiter=each), _ROWS_LOOKED_AT)
        try:
            widths = Counter(len(row) for row in rows if any(map(str.strip, row)))
        except csv.Error:
            continue
        wide = max((number for width, number in widths.items() if width > 1), default=0)
        share = wide / widths.total() if widths else 0.0
        if share > most:
            best, most = each, share
    return best


def _cause(message: str) -> tuple[str, str]:
    if "field larger" in message:
        return "a cell holds more than 131,072 characters", "look for a quote that is never closed"
    if "unexpected end" in message:
        return "a quote is opened and never closed", "close the quote"
    return "a quote ends before its cell does", 'write a quote inside a cell twice: `""`'


def _starts(text: str, delimiter: str) -> list[int]:
    """Return the line each row begins on, as cells may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    ends = [reader.line_num for _ in reader]
    return [1, *(end + 1 for end in ends[:-1])]


# ── Workbooks ─────────────────────────────────────────────────────────────────────────────────


def _workbook(file: str, name: str, layout: Layout, *, first: bool, alone: bool) -> Grid:
    with unpacked(file, name, layout.table, alone=alone) as book:
        # What is hidden, often lists and guidance, is taken for the register last.
        filled = sorted(book.filled, key=lambda each: not book.shown[each])
        chosen = _chosen(name, layout, [*book.shown], filled, book.shown, first=first)
        if book.rows.get(chosen, 0) > MAX_ROWS:
            too_many(name, book.rows[chosen])
        left = [each for each in filled if each != chosen]
        rows, merged, beginnings = book.read(chosen, left, _ROWS_LOOKED_AT)
    others = {
        each: Grid(name, head, range(1, len(head) + 1), each, its_merged)
        for each, (head, its_merged) in beginnings.items()
    }
    hidden_rows, hidden_columns, worked_out = marks_of(file, chosen)
    valueless = [
        (row, column)
        for row, column in sorted(worked_out)
        if row <= len(rows) and blank("".join(map(str, rows[row - 1][column - 1 : column])))
    ]
    return Grid(
        name,
        rows,
        range(1, len(rows) + 1),
        chosen,
        merged,
        others,
        frozenset(each for each in filled if not book.shown[each]),
        hidden_rows,
        hidden_columns,
        valueless=valueless,
    )


def _chosen(
    name: str,
    layout: Layout,
    names: Sequence[str],
    filled: Sequence[str],
    shown: Mapping[str, bool],
    *,
    first: bool,
) -> str:
    """Return the named sheet, or the only visible one with content."""
    if layout.table:
        if layout.table not in names:
            refuse(
                Code.UNKNOWN_TABLE,
                name,
                f"there is no sheet `{layout.table}`",
                did_you_mean(layout.table, names) or "name one of its sheets",
            )
        return layout.table
    if not filled:
        refuse(Code.EMPTY_FILE, name, "no sheet holds anything", "name another workbook")
    seen = [each for each in filled if shown[each]]
    if first or len(seen) == 1:
        return filled[0]
    return several(name, seen or filled, "sheet" if seen else "hidden sheet")


def fill(rows: list[Sequence[Any]], merged: Sequence[Area], header: tuple[int, int]) -> None:
    """
    Copy a merged cell's value into every cell it covers.

    Among the headings that is any cell; below them one that covers several rows of one column, all
    of which it is about. A text over several columns heads a group, and is left as it is.
    """
    for (top, left), (bottom, right) in merged:
        in_header = header[0] - 1 <= top and bottom < header[1]
        if bottom >= len(rows) or not (in_header or (top >= header[1] and left == right)):
            continue
        for at in range(top, bottom + 1):
            row = list(rows[at])
            row += [""] * (right + 1 - len(row))
            row[left : right + 1] = [rows[top][left]] * (right + 1 - left)
            rows[at] = row


def only_cell(row: Sequence[Any]) -> int | None:
    """Return the index of a row's only filled cell; None if there are more."""
    perhaps = itertools.compress(itertools.count(), map(operator.ne, row, itertools.repeat("")))
    found = [at for at in perhaps if not blank(row[at])]
    return found[0] if len(found) == 1 else None

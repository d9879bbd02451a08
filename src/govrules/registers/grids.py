"""
Text files and workbooks to rows, headings among them.

How text is written is told by its bytes and its first rows; of workbooks, what is hidden is said.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn
from xml.etree import ElementTree as ET

import attrs

from govrules.diagnostics import Code, Span, did_you_mean
from govrules.registers.sources import (
    TEXTS,
    WORKBOOKS,
    Layout,
    check_file,
    needs,
    read_lines,
    refuse,
    several,
    suffix_of,
    too_many,
)
from govrules.registers.tables import MAX_ROWS, MAX_TABLE_BYTES, blank

DELIMITERS: Final = (",", ";", "\t", "|")
#: So much of a text shows what parts its columns.
_LOOKED_AT: Final = 65_536
_ROWS_LOOKED_AT: Final = 50
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OFFICE: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_HIDDEN: Final = re.compile(rb'\bhidden="(?:1|true)"')
_ROW: Final = re.compile(rb'<(?:\w+:)?row\b.*?\br="(\d+)"')
_COLUMNS: Final = re.compile(rb'<(?:\w+:)?col\b(?=.*?\bmin="(\d+)")(?=.*?\bmax="(\d+)")')

#: The first and the last cell of a merged area, counted from 0.
Area = tuple[tuple[int, int], tuple[int, int]]


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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Sequence[Any]] = []
    # A register repeats itself: of equal cells one is kept, which then is near wherever it stands.
    same = dict[str, str]().setdefault
    try:
        rows.extend([*map(same, row, row)] for row in reader)
    except csv.Error as error:
        cause, help_ = _cause(str(error))
        refuse(Code.UNREADABLE_TABLE, Span(name, max(1, reader.line_num)), cause, help_)
    numbers: Sequence[int] = range(1, len(rows) + 1)
    if reader.line_num != len(rows):
        numbers = _starts(text, delimiter)
    return Grid(name, rows, numbers, delimiter=delimiter)


def _delimiter(text: str, usual: str) -> str:
    """Return what parts the columns: what gives most rows one width, the usual one if in doubt."""
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
    """Return the line on which each row begins, where cells hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    ends = [reader.line_num for _ in reader]
    return [1, *(each + 1 for each in ends[:-1])]


# ── Workbooks ─────────────────────────────────────────────────────────────────────────────────


def _workbook(file: str, name: str, layout: Layout, *, first: bool, alone: bool) -> Grid:
    calamine = needs("python_calamine", name, "python-calamine")
    _check_packed(file, name)
    try:
        with calamine.CalamineWorkbook.from_path(file) as book:
            shown = {
                each.name: each.visible == calamine.SheetVisibleEnum.Visible
                for each in book.sheets_metadata
                if each.typ == calamine.SheetTypeEnum.WorkSheet
            }
            # To look at a sheet is to read it, which takes its time.
            looked_at = [each for each in shown if not alone or each == layout.table]
            sheets = {each: book.get_sheet_by_name(each) for each in looked_at}
            filled = [each for each, sheet in sheets.items() if sheet.height]
            # What is hidden, often lists and guidance, is taken for the register last.
            filled.sort(key=lambda each: not shown[each])
            chosen = _chosen(name, layout, [*shown], filled, shown, first=first)
            sheet = sheets[chosen]
            if sheet.total_height > MAX_ROWS:
                too_many(name, sheet.total_height)
            rows: list[Sequence[Any]] = sheet.to_python(skip_empty_area=False)
            merged = sheet.merged_cell_ranges or ()
            others = {each: _beginning(name, sheets[each]) for each in filled if each != chosen}
    except calamine.PasswordError:
        _protected(name)
    except (calamine.CalamineError, OSError, ValueError):
        if suffix_of(file) != ".xls" and _ENCRYPTED in Path(file).read_bytes():
            _protected(name)
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "it is no workbook that can be read, or it is cut short",
            "open it in a spreadsheet program and save it again as .xlsx",
        )
    hidden_rows, hidden_columns = _hidden(file, sheet.name)
    return Grid(
        name,
        rows,
        range(1, len(rows) + 1),
        sheet.name,
        tuple(merged),
        others,
        frozenset(each for each in filled if not shown[each]),
        hidden_rows,
        hidden_columns,
    )


def _beginning(name: str, sheet: Any) -> Grid:  # noqa: ANN401 - the reader's sheet
    rows = sheet.to_python(skip_empty_area=False, nrows=_ROWS_LOOKED_AT)
    merged = tuple(sheet.merged_cell_ranges or ())
    return Grid(name, rows, range(1, len(rows) + 1), sheet.name, merged)


def _protected(name: str) -> NoReturn:
    refuse(
        Code.UNREADABLE_TABLE,
        name,
        "the workbook is protected by a password",
        "save a copy without a password",
    )


def _check_packed(file: str, name: str) -> None:
    """Refuse a workbook that would unpack to more than can be held."""
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(each.file_size for each in packed.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return  # An old workbook, or a broken one, of which the reader says so.
    if size > MAX_TABLE_BYTES:
        refuse(
            Code.FILE_TOO_LARGE,
            name,
            f"the workbook unpacks to more than {MAX_TABLE_BYTES // 1_000_000:,} MB",
            "split the register into several files",
        )


def _chosen(
    name: str,
    layout: Layout,
    names: Sequence[str],
    filled: Sequence[str],
    shown: dict[str, bool],
    *,
    first: bool,
) -> str:
    """Return the sheet that is named, or the only one that holds anything and is not hidden."""
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


def _hidden(file: str, sheet: str) -> tuple[frozenset[int], frozenset[int]]:
    """Return the hidden rows and columns of a sheet, which only newer workbooks tell."""
    none: frozenset[int] = frozenset()
    try:
        with zipfile.ZipFile(file) as packed:
            data = packed.read(_part_of(packed, sheet))
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, ET.ParseError):
        return none, none
    rows: set[int] = set()
    columns: set[int] = set()
    # To look for a word is far quicker than to look for a pattern, and few sheets have it.
    if b'hidden="' not in data:
        return none, none
    for found in _HIDDEN.finditer(data):
        tag = data[data.rfind(b"<", 0, found.start()) : found.start()]
        tag += data[found.start() : data.find(b">", found.start())]
        row = _ROW.match(tag)
        of_columns = _COLUMNS.match(tag)
        if row:
            rows.add(int(row[1]))
        elif of_columns:
            last = min(int(of_columns[2]), MAX_ROWS)
            columns.update(range(int(of_columns[1]), last + 1))
    return frozenset(rows), frozenset(columns)


def _part_of(packed: zipfile.ZipFile, sheet: str) -> str:
    """Return the file within a workbook that holds a sheet."""
    ids = {
        each.get("name"): each.get(_OFFICE)
        for each in _elements(packed.read("xl/workbook.xml"), "sheet")
    }
    targets = {
        each.get("Id"): each.get("Target") or ""
        for each in _elements(packed.read("xl/_rels/workbook.xml.rels"), "Relationship")
    }
    target = targets[ids[sheet]]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _elements(data: bytes, name: str) -> Iterator[ET.Element]:
    root = ET.fromstring(data)  # noqa: S314 - expat bounds what entities expand to
    return (each for each in root.iter() if each.tag.rpartition("}")[2] == name)


def fill(rows: list[Sequence[Any]], merged: Sequence[Area], header: tuple[int, int]) -> None:
    """
    Write what stands in a merged cell into every cell that it covers.

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
    """Return the place of the one cell of a row that is filled; None where there are more."""
    found = [at for at, cell in enumerate(row) if not blank(cell)]
    return found[0] if len(found) == 1 else None

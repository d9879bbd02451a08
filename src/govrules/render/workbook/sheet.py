"""One sheet of a workbook that goes round: a title, how to use it, headings, and rows below."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from govrules.explain.phrases import day
from govrules.rulebook.ast import Severity
from govrules.visible import visible


class _VisibleWorksheet(Worksheet):  # type: ignore[misc]
    def _write_string(self, row: int, col: int, string: str, *rest: Any) -> int:  # noqa: ANN401 - xlsxwriter carries no types
        return int(super()._write_string(row, col, visible(string), *rest))


class Workbook(xlsxwriter.Workbook):  # type: ignore[misc]
    """
    A workbook that writes every text as text: no formula, no link.

    Args:
        file: its path, or what takes its bytes.

        options: as xlsxwriter has them.
    """

    def __init__(self, file: Any, options: dict[str, Any] | None = None) -> None:  # noqa: ANN401 - a path or a stream
        plain = {"strings_to_formulas": False, "strings_to_urls": False}
        super().__init__(file, {**plain, **(options or {})})

    def add_worksheet(
        self,
        name: str | None = None,
        worksheet_class: Any = _VisibleWorksheet,  # noqa: ANN401 - as above
    ) -> Any:  # noqa: ANN401 - as above
        """Return a new sheet."""
        return super().add_worksheet(None if name is None else visible(name), worksheet_class)


#: So that two runs can be compared.
_CREATED: Final = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - the format keeps no zone
#: A cell holds no longer text.
LONGEST: Final = 32_767
#: The row of the headings, and the first below, counted from 0.
HEAD: Final = 2
FIRST: Final = HEAD + 1
GREY: Final = "#6B7280"
PALE: Final = "#EEF1F4"
OVERDUE: Final = "#85101F"
MISSING: Final = "#C2410C"
#: How each severity is filled, and in which colour it is written.
FILLS: Final = {
    Severity.CRITICAL: ("#85101F", "#FFFFFF"),
    Severity.HIGH: ("#C2410C", "#FFFFFF"),
    Severity.MEDIUM: ("#F0B03A", "#000000"),
    Severity.LOW: ("#FBE7B6", "#000000"),
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_PAPER_A4: Final = 9
#: What is allowed while a sheet is protected.
_ALLOWED: Final = {
    "format_cells": False,
    "format_columns": True,
    "format_rows": True,
    "autofilter": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}
UNSORTED: Final = "To sort, first choose Review, Unprotect Sheet. Your answers will still be read."

#: What a cell may hold.
Cell = str | int | float | dt.date | None


@attrs.frozen
class SheetColumn:
    """
    A column.

    Attributes:
        head: its heading.
        width: in characters.
        style: of its cells; see `Styles`.
        typed: whether people type in it.
    """

    head: str
    width: float
    style: str = ""
    typed: bool = False


class Styles:
    """The formats of a workbook, created on first use."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **about: Any) -> Any:  # noqa: ANN401 - as xlsxwriter has formats
        """Return the format of these properties."""
        key = tuple(sorted(about.items()))
        if key not in self._made:
            self._made[key] = self.book.add_format(about)
        return self._made[key]

    def of(self, name: str, **more: Any) -> Any:  # noqa: ANN401 - as above
        """Return a named format, with overrides for one cell."""
        return self.get(**{"text_wrap": True, "valign": "top", **_NAMED[name], **more})


@contextlib.contextmanager
def new_book(title: str) -> Iterator[tuple[Styles, io.BytesIO]]:
    """Yield a new workbook's formats, and a buffer filled when it is closed."""
    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": title, "created": _CREATED})
        yield Styles(book), buffer


_NAMED: Final[dict[str, dict[str, Any]]] = {
    "": {},
    "title": {"bold": True, "font_size": 14, "text_wrap": False},
    "how": {"italic": True, "text_wrap": False},
    "head": {"bold": True, "bg_color": PALE, "bottom": 1},
    "turned": {"bold": True, "bg_color": PALE, "bottom": 1, "rotation": 60},
    "bold": {"bold": True},
    "number": {"num_format": "#,##0", "align": "left"},
    "money": {"num_format": "£#,##0", "align": "left"},
    "date": {"num_format": "d mmmm yyyy", "align": "left"},
    # What is typed stays as it is typed: `March 2026` is no date, and `50%` no half.
    "typed": {"num_format": "@", "locked": False},
    "grey": {"font_color": GREY, "font_size": 9},
    "grade": {"align": "center"},
}


class SheetWriter:
    """
    Writes one sheet.

    Args:
        styles: the formats of the workbook.

        name: of the sheet.

        title: the first row.

        how: the second row: one sentence on how to use it.

        columns: the columns.

        of: what stands in the foot of each page: the name of the register, and the date.

        locked: whether the sheet is protected; None where nobody types in it.
    """

    def __init__(
        self,
        styles: Styles,
        name: str,
        title: str,
        how: str,
        columns: Sequence[SheetColumn],
        *,
        of: tuple[str, object],
        locked: bool | None = None,
    ) -> None:
        self.styles = styles
        self.columns = columns
        self.sheet: Any = styles.book.add_worksheet(name)
        self.row = FIRST
        sorting = f" {UNSORTED}" if locked else ""
        self.sheet.write_string(0, 0, title, styles.of("title"))
        self.sheet.write_string(1, 0, f"{how}{sorting}", styles.of("how"))
        for at, column in enumerate(columns):
            self.sheet.set_column(at, at, column.width)
            style = "turned" if column.style == "turned" else "head"
            self.sheet.write_string(HEAD, at, column.head, styles.of(style))
        self._page(of)
        if locked:
            self.sheet.protect("", _ALLOWED)

    def _page(self, of: tuple[str, object]) -> None:
        name, date = of
        self.sheet.freeze_panes(FIRST, 1)
        self.sheet.set_landscape()
        self.sheet.set_paper(_PAPER_A4)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(HEAD)
        on = f" \u2013 {day(date)}" if isinstance(date, dt.date) else ""
        called = name.replace("&", "&&")[:100]
        self.sheet.set_footer(f"&C{called}{on} \u2013 page &P of &N")

    def add(self, *cells: Cell, styles: dict[int, dict[str, Any]] | None = None) -> int:
        """Write a row and return its index from 0."""
        for at, cell in enumerate(cells):
            column = self.columns[at] if at < len(self.columns) else SheetColumn("", 0)
            name = column.style if column.style != "turned" else "grade"
            if column.typed:
                name = "typed"
            self.put(self.row, at, cell, name, **(styles or {}).get(at, {}))
        self.row += 1
        return self.row - 1

    def put(self, row: int, at: int, cell: Cell, style: str = "", **more: Any) -> None:  # noqa: ANN401 - as above
        """Write one cell, text as text."""
        match cell:
            case None | "":
                self.sheet.write_blank(row, at, None, self.styles.of(style, **more))
            case dt.date():
                made = {"num_format": _NAMED["date"]["num_format"], "align": "left", **more}
                self.sheet.write_datetime(row, at, cell, self.styles.of(style, **made))
            case int() | float():
                self.sheet.write_number(row, at, cell, self.styles.of(style, **more))
            case _:
                whole = cell if len(cell) <= LONGEST else f"{cell[: LONGEST - 1]}…"
                if whole.startswith(_FORMULA):
                    more = {**more, "quote_prefix": True}
                self.sheet.write_string(row, at, whole, self.styles.of(style, **more))

    def finish(self) -> None:
        """Put a filter on the headings."""
        self.sheet.autofilter(HEAD, 0, max(self.row - 1, HEAD), len(self.columns) - 1)

    def paint(self, first: int, last: int, about: dict[str, Any], **style: Any) -> None:  # noqa: ANN401 - as above
        """Add a conditional style to some columns."""
        rule = {**about, "format": self.styles.get(**style)}
        self.sheet.conditional_format(FIRST, first, max(self.row - 1, FIRST), last, rule)

    def colour(self, at: int, rows: tuple[int, int] | None = None) -> None:
        """Colour a column by its severity words."""
        first, last = rows or (FIRST, max(self.row - 1, FIRST))
        for severity, (fill, ink) in FILLS.items():
            style = self.styles.get(bg_color=fill, font_color=ink, bold=ink == "#FFFFFF")
            rule = {
                "type": "cell",
                "criteria": "==",
                "value": f'"{severity.value.capitalize()}"',
                "format": style,
            }
            self.sheet.conditional_format(first, at, last, at, rule)

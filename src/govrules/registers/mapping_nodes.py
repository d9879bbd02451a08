"""
Mappings as nodes that know their place: from YAML, or from a workbook that `govrules map` wrote.

A workbook holds the same words as YAML does, spread over sheets that a person fills in, so that
both are read and checked by one reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.decode.values import written
from govrules.diagnostics import Code, Span, did_you_mean
from govrules.errors import FactsError
from govrules.explain.phrases import joined
from govrules.nodes import Entries, Items, Node, Report, Scalar, read_file
from govrules.parsing import parse
from govrules.registers.grids import open_grid
from govrules.registers.sources import WORKBOOKS, Layout, suffix_of
from govrules.registers.tables import blank, fold_heading

COLUMNS: Final = "Columns"
MEANINGS: Final = "Meanings"
SETTINGS: Final = "Settings"
#: The headings of the sheets, which are found by their words wherever they stand.
COLUMN_HEADS: Final = (
    "Heading",
    "For example",
    "Fact",
    "What the fact asks",
    "Read it?",
    "Unit",
    "Dates",
    "Bands",
    "Separator",
    "All of them?",
    "Not read as it stands",
)
MEANING_HEADS: Final = ("Heading", "Word", "Means")
#: How deep a setting may lie.
LEVELS: Final = 7
SETTING_HEADS: Final = ("Setting", *(("",) * (LEVELS - 1)), "Value")
YES: Final = "yes"
TO_CONFIRM: Final = "to confirm"
IGNORE: Final = "ignore"
#: Where a setting is a list, its items are numbered so.
ITEM: Final = "#"
_KEYS: Final = {
    "Unit": "unit",
    "Dates": "dates",
    "Bands": "bands",
    "Separator": "separator",
    "All of them?": "complete",
}
_LINE_BREAK: Final = "line break"


@attrs.define(eq=False)
class _CellScalar(Scalar):
    """A single value in a cell; its line and column are those of the sheet."""

    sheet: str = ""


@attrs.define(eq=False)
class _CellEntries(Entries):
    """Entries that begin in a cell."""

    sheet: str = ""


class _BookReport(Report):
    """Problems of a workbook, each with its cell."""

    def span(self, node: Node | None) -> Span:
        """Return the cell of a node, or the file."""
        if node is None or not node.line:
            return Span(self.file)
        return Span(self.file, node.line, node.column, sheet=getattr(node, "sheet", ""))


def is_workbook(path: str | Path) -> bool:
    """Tell whether a mapping is a workbook by its name."""
    return suffix_of(str(path)) in WORKBOOKS


def how_to_confirm(node: Node) -> str:
    """Return the instruction for confirming an entry, by file kind."""
    sheet = getattr(node, "sheet", "")
    if sheet == SETTINGS:
        return "delete the row of its `unsure`"
    return "write `yes` under `Read it?`" if sheet else "delete `unsure: yes`"


def nodes_of(path: str | Path) -> tuple[Node | None, Report]:
    """
    Return what a mapping file says as nodes, and the report for its problems.

    Raises:
        FactsError: it is no workbook that can be read, or lacks a sheet of a mapping.
    """
    if is_workbook(path):
        of_book = _BookReport(str(path))
        return _MappingSheets(str(path), of_book).nodes(), of_book
    text, report = read_file(Path(path), str(path))
    return (parse(text, report) if report.ok else None), report


class _MappingSheets:
    """Reads the sheets of a mapping."""

    def __init__(self, path: str, report: Report) -> None:
        self.path = path
        self.report = report

    def nodes(self) -> Node | None:
        columns: list[tuple[Scalar, Node]] = []
        ignored: list[Node] = []
        rows = [*self._rows(COLUMNS, COLUMN_HEADS)]
        meanings = self._meanings()
        for heading, cells in rows:
            read_it = cells.get("Read it?")
            answer = "" if read_it is None else read_it.text.casefold()
            if answer not in ("", YES, TO_CONFIRM, IGNORE):
                self.report.add(
                    Code.UNKNOWN_VALUE,
                    f"`{answer}` is no answer to `Read it?`",
                    read_it,
                    did_you_mean(answer, (YES, TO_CONFIRM, IGNORE))
                    or f"write `{YES}`, `{TO_CONFIRM}` or `{IGNORE}`",
                )
            if answer == IGNORE:
                ignored.append(heading)
                meanings.pop(heading.text, None)
            elif "Fact" in cells:
                about = self._about(heading, cells, answer, meanings.pop(heading.text, []))
                columns.append((heading, about))
            elif answer == YES:
                self.report.add(
                    Code.MISSING_KEY,
                    f"the column `{heading.text}` is to be read, and has no fact",
                    heading,
                    "choose a fact, or write `ignore`",
                )
            else:
                meanings.pop(heading.text, None)
        for left in meanings.values():
            self.report.add(
                Code.UNKNOWN_COLUMN,
                f"`{COLUMNS}` has no column `{left[0][2].text}`",
                left[0][2],
                "write a heading as it stands there",
            )
        settings = self._settings()
        top: list[tuple[Scalar, Node]] = [(self._word("govrules"), self._word("1"))]
        top += settings
        top.append((self._word("columns"), _CellEntries(columns, 1, 1, sheet=COLUMNS)))
        if ignored:
            top.append((self._word("ignored"), Items(ignored, 1, 1)))
        return _CellEntries(top, 1, 1, sheet=COLUMNS)

    @staticmethod
    def _word(text: str) -> Scalar:
        return _CellScalar(text, plain=True, line=1, column=1, sheet=COLUMNS)

    def _about(
        self,
        heading: Scalar,
        cells: dict[str, _CellScalar],
        answer: str,
        meanings: list[tuple[_CellScalar, _CellScalar, _CellScalar]],
    ) -> Node:
        fact = cells["Fact"]
        about: list[tuple[Scalar, Node]] = [(_named(fact, "fact"), fact)]
        if meanings:
            entries: list[tuple[Scalar, Node]] = [(word, value) for word, value, _ in meanings]
            place = meanings[0][0]
            block = _CellEntries(entries, place.line, place.column, sheet=MEANINGS)
            about.append((_named(place, "values"), block))
        for head, key in _KEYS.items():
            cell = cells.get(head)
            if cell is None:
                continue
            if key == "dates" and "," in cell.text:
                ways = [attrs.evolve(cell, text=each.strip()) for each in cell.text.split(",")]
                about.append((_named(cell, key), Items([*ways], cell.line, cell.column)))
                continue
            text = "\n" if cell.text == _LINE_BREAK else cell.text
            about.append((_named(cell, key), attrs.evolve(cell, text=text)))
        if answer == TO_CONFIRM:
            about.append((_named(fact, "unsure"), attrs.evolve(fact, text="yes")))
        return _CellEntries(about, heading.line, heading.column, sheet=COLUMNS)

    def _meanings(self) -> dict[str, list[tuple[_CellScalar, _CellScalar, _CellScalar]]]:
        """Return each heading's words with their meanings, and its position."""
        found: dict[str, list[tuple[_CellScalar, _CellScalar, _CellScalar]]] = {}
        for heading, cells in self._rows(MEANINGS, MEANING_HEADS):
            if "Word" in cells and "Means" in cells:
                found.setdefault(heading.text, []).append((cells["Word"], cells["Means"], heading))
        return found

    def _rows(
        self, sheet: str, heads: Sequence[str]
    ) -> Iterator[tuple[_CellScalar, dict[str, _CellScalar]]]:
        """Yield the rows of a sheet: the column heading, and other cells by heading."""
        rows = self._sheet(sheet)
        found = [fold_heading(written(each)) for each in (rows[0] if rows else [])]
        lacking = [each for each in heads[:3] if each not in found]
        if lacking:
            named = joined(f"`{each}`" for each in lacking)
            self._refuse(
                f"the sheet `{sheet}` has no column {named}",
                "write the headings of the first row as `govrules map` wrote them",
            )
        for line, row in enumerate(rows[1:], 2):
            cells = {
                head: _CellScalar(_text(cell), plain=True, line=line, column=at + 1, sheet=sheet)
                for at, (head, cell) in enumerate(zip(found, row, strict=False))
                if head in heads and not blank(cell)
            }
            heading = cells.pop(heads[0], None)
            if heading is not None:
                yield heading, cells
            elif "Fact" in cells or "Means" in cells:
                self.report.add(
                    Code.MISSING_KEY,
                    f"row {line} of `{sheet}` names no heading",
                    cells.get("Fact") or cells["Means"],
                    "write the heading of the column that it is about",
                )

    def _settings(self) -> list[tuple[Scalar, Node]]:
        """Return the settings: keys left to right, the value last."""
        top: list[tuple[Scalar, Any]] = []
        for line, row in enumerate(self._sheet(SETTINGS)[1:], 2):
            cells = [
                _CellScalar(_text(cell), plain=True, line=line, column=at + 1, sheet=SETTINGS)
                for at, cell in enumerate(row[: LEVELS + 1])
                if not blank(cell)
            ]
            if not cells:
                continue
            *keys, value = cells
            if not keys:
                self.report.add(
                    Code.WRONG_SHAPE,
                    f"row {line} of `{SETTINGS}` has one cell alone",
                    value,
                    "write the name of a setting, and in the last column its value",
                )
                continue
            inner = top
            for key in keys[:-1]:
                inner = _below(inner, key)
            inner.append((keys[-1], value))
        return [(key, _node(value, key)) for key, value in top]

    def _sheet(self, name: str) -> Sequence[Sequence[Any]]:
        try:
            return open_grid(self.path, Layout(name), alone=True).rows
        except FactsError as error:
            if not any(diagnostic.code is Code.UNKNOWN_TABLE for diagnostic in error.diagnostics):
                raise
        self._refuse(
            f"there is no sheet `{name}`, so that this is no mapping",
            "name the workbook that `govrules map --output` wrote; or is this the register?",
        )
        return ()

    def _refuse(self, message: str, help_: str) -> None:
        self.report.add(Code.UNKNOWN_TABLE, message, None, help_)
        raise FactsError(self.path, "a mapping", "problems", self.report.in_order())


def _text(cell: object) -> str:
    # A yes that a spreadsheet took for a truth value is a word again.
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return written(cell).strip()


def _named(place: _CellScalar, key: str) -> Scalar:
    return attrs.evolve(place, text=key)


def _below(entries: list[tuple[Scalar, Any]], key: Scalar) -> list[tuple[Scalar, Any]]:
    """Return the entries under a key shared by consecutive rows."""
    for known, value in entries:
        if known.text == key.text and isinstance(value, list):
            return value
    inner: list[tuple[Scalar, Any]] = []
    entries.append((key, inner))
    return inner


def _node(value: Any, key: Scalar) -> Node:  # noqa: ANN401 - a cell, or entries below one
    if not isinstance(value, list):
        assert isinstance(value, Scalar)  # noqa: S101 - nothing else is put there
        return value
    if value and all(each.text.startswith(ITEM) for each, _ in value):
        return Items([_node(each, one) for one, each in value], key.line, key.column)
    entries = [(each, _node(inner, each)) for each, inner in value]
    return _CellEntries(entries, key.line, key.column, sheet=SETTINGS)

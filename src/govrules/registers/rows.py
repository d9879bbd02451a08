"""
The rows of one table with what a mapping says of them: columns to values, row by row accounted for.

What cannot be read is named by its cell; no row is lost, but is counted among those that give no
record, with its number.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import repeat
from operator import ne
from typing import Any, Final

import attrs

from govrules.decode.names import fold_body
from govrules.decode.problems import Problem
from govrules.decode.values import CellFormat, parted, written
from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.explain.phrases import counted
from govrules.nodes import Scalar
from govrules.registers.cell_reader import CellReader
from govrules.registers.mapping import MappedColumn, MappedSheet, TableMapping
from govrules.registers.sources import OpenedTable
from govrules.registers.tables import blank, fold_heading
from govrules.truth import UNKNOWN
from govrules.visible import argument
from govrules.vocabulary import Fact, FactType, vocabulary_of

#: Of one column so many cells that cannot be read are named, and the others counted.
MAX_CELLS_NAMED: Final = 20
#: So many columns from which nothing is read are named.
_COLUMNS_NAMED: Final = 200
_ROWS_NAMED: Final = 10
_LONGEST_MESSAGE: Final = 400
#: Problems that cost a row.
_ROWS_OUT: Final = (Code.ROW_TOO_LONG, Code.SUSPECT_CELL)
#: What parts the columns of text files.
_DELIMITERS: Final = ",;\t|"
_BREAK: Final = "\n"
#: What parts names in a cell, and stands in none.
_MARKS: Final = (";", "|", _BREAK, "\t", " / ", " + ", "\u2022", " 2. ", " 2) ")
#: How the name of a body ends, and of several.
_BODY: Final = "Council|Authority|Borough|Trust|University|College|Constabulary|Ltd|Limited|CIC|ICB"
_BODIES: Final = "Councils|Authorities|Boroughs|Districts|Trusts|Universities|Colleges|Schools"
#: Names that only count bodies, and two names in one.
_NUMBER: Final = (
    r"(?:[0-9]+|(?i:two|three|four|five|six|seven|eight|nine|ten|both|all|several|other)) [a-z]"
)
_COUNTED: Final = re.compile(rf"{_NUMBER}.*s")
_JOINED: Final = re.compile(
    rf"(?!.* of ).* (and|&) .*\b({_BODIES})|.*\b({_BODY}),? (and|&) .* ({_BODY}|Police)"
)
#: What one of them has, and most names have not, beside the end of another one.
_ANY_MARK: Final = "|".join(map(re.escape, _MARKS))
_PERHAPS: Final = re.compile(rf"{_ANY_MARK}| and | & |(?:^|\0)\s*{_NUMBER}")


@attrs.frozen
class Tally:
    """
    How the rows of a table were counted.

    Attributes:
        table: the table, as it is named.
        rows: how many there are below the headings.
        read: how many gave a record.
        what: what a record is called.
        above: how many rows stand above the headings.
        blank: the numbers of rows with nothing in them.
        skipped: the numbers of rows that the mapping skips.
        empty: the numbers of rows that hold something, but no fact.
        left_out: the numbers of rows with a problem.
        aside: the numbers of rows that are no records, by what they are.
    """

    table: str
    rows: int
    read: int
    what: str = "partnership"
    above: int = 0
    blank: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    empty: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    aside: Mapping[str, tuple[int, ...]] = attrs.field(factory=dict)

    def __str__(self) -> str:
        words = [f"{self.table}: {counted(self.rows, 'row')}, {counted(self.read, self.what)}"]
        for why, numbers in (
            ("blank", self.blank),
            *self.aside.items(),
            ("skipped as the mapping says", self.skipped),
            ("without a fact", self.empty),
            ("left out", self.left_out),
        ):
            if numbers:
                shown = ", ".join(f"{number:,}" for number in numbers[:_ROWS_NAMED])
                more = f" and {len(numbers) - _ROWS_NAMED:,} more" if numbers[_ROWS_NAMED:] else ""
                words.append(f"{len(numbers):,} {why} ({shown}{more})")
        if self.above:
            words.append(f"{counted(self.above, 'row')} above the headings")
        return "; ".join(words)


@attrs.define
class RowsRead:
    """
    What was read of a table.

    Attributes:
        diagnostics: everything that is wrong with it, in the order in which it was met.
        tallies: what became of the rows of each table.
    """

    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    tallies: list[Tally] = attrs.field(factory=list)

    def add(self, code: Code, message: str, span: Span, help_: str) -> None:
        """Add what is wrong at a place."""
        message = textwrap.shorten(message, _LONGEST_MESSAGE, placeholder=" …")
        self.diagnostics.append(Diagnostic(code, message, span, help_))


class Rows:
    """
    One table with what the mapping says of it.

    Args:
        opened: the table.

        sheet: what its columns hold.

        mapping: the whole mapping.

        found: where problems go.

        fact: the list whose records its rows are; None for partnerships.
    """

    def __init__(
        self,
        opened: OpenedTable,
        sheet: MappedSheet,
        mapping: TableMapping,
        found: RowsRead,
        fact: Fact | None = None,
    ) -> None:
        self.opened = _without_swallowed(opened)
        self.table = self.opened.table
        self.sheet = sheet
        self.mapping = mapping
        self.found = found
        self.fact = fact
        self.skipped: tuple[int, ...] = ()
        self.seen: set[int] = set()
        self.readers: dict[tuple[FactType, CellFormat], CellReader] = {}
        self.bound = [
            (column, at)
            for column in sheet.columns
            if (at := self._find(column.heading, column.node)) is not None
        ]
        self.skips = [(skip, self.column(skip.node)) for skip in sheet.skips]
        for node in sheet.ignored:
            self._find(node.text, node, several=True)
        for node in sheet.unsure:
            self._find(node.text, node)

    @property
    def what(self) -> str:
        """The word for a row of the table."""
        return "partnership" if self.fact is None else self.fact.each

    def column(self, node: Scalar) -> int | None:
        """Return the column a mapping names; None if it is missing, which is reported."""
        return self._find(node.text, node)

    def _find(self, name: str, node: Scalar | None, *, several: bool = False) -> int | None:
        found = self.table.find(name)
        self.seen.update(found)
        if len(found) == 1 or (several and found):
            return found[0]
        report = self.mapping.report
        if found:
            named = " or ".join(f"`{self.table.named(each)}`" for each in found)
            report.add(
                Code.DUPLICATE_HEADING,
                f"{len(found)} columns of {self.table.place()} have the heading `{name}`",
                node,
                f"write {named}",
            )
            return None
        names = [self.table.named(at) for at in range(len(self.table.headings))]
        report.add(
            Code.UNKNOWN_COLUMN,
            f"{self.table.place()} has no column `{name}`",
            node,
            did_you_mean(fold_heading(name), names)
            or "write a heading of the table, or say with `header:` in which row they stand",
        )
        return None

    def warn_of_columns(self, keys: set[int]) -> None:
        """Warn of unread columns the mapping does not ignore."""
        left = [
            self.table.named(at)
            for at in range(len(self.table.headings))
            if at not in self.seen and at not in keys and not self.table.is_blank(at)
        ]
        mapped = bool(self.sheet.columns and self.sheet.columns[0].node)
        facts = [] if mapped else [*vocabulary_of(self.mapping.cls).facts]
        # To look for a name that is near takes long, and of so many columns nobody reads it.
        for each in left[:_COLUMNS_NAMED]:
            near = did_you_mean(each, facts, likeness=0.8, otherwise="")
            if near:
                self.found.add(
                    Code.COLUMN_NOT_MAPPED,
                    f"no fact is called `{each}`, so that nothing is read from the column",
                    self.table.place(None, 0),
                    near,
                )
                left = [other for other in left if other != each]
        if left:
            words = ", ".join(f"`{each}`" for each in left[:_COLUMNS_NAMED])
            more = len(left) - _COLUMNS_NAMED
            words += f" and {more:,} more" if more > 0 else ""
            self.found.add(
                Code.COLUMN_NOT_MAPPED,
                f"no fact is read from {counted(len(left), 'column')}: {words}",
                self.table.place(None, 0),
                "map each to a fact, or write it under `ignored`"
                if mapped
                else f"`govrules map {argument(self.table.file)}` proposes a mapping for them",
            )

    def skip(self) -> None:
        """Skip the rows the mapping excludes."""
        rows: set[int] = set()
        for skip, at in self.skips:
            if at is not None:
                cells = self.table.columns[at]
                rows.update(row for row, cell in enumerate(cells) if as_word(cell) in skip.words)
        if rows:
            self.skipped = tuple(self.table.numbers[row] for row in sorted(rows))
            self.table = self.table.without(frozenset(rows))

    def values(self, column: MappedColumn, at: int) -> list[Any]:
        """Return a column's values, reporting unreadable cells."""
        # Columns of one type that are written alike, such as dates, repeat each other.
        key = (column.path.fact.type, column.cell_format)
        if key not in self.readers:
            self.readers[key] = CellReader(column.path.fact, column.cell_format)
        reader = self.readers[key]
        cells = self.table.columns[at]
        if column.path.list and column.path.index is None:
            several = self._several(column, at, reader)
            if reader.placeholder:
                parts = (
                    (row, part) for row, cell in enumerate(cells) for part in _parts(column, cell)
                )
                self._placeholders(column, at, reader, parts)
            return several
        values = reader.column(cells, texts=self.table.texts)
        if reader.bad:
            bad = [(row, value) for row, value in enumerate(values) if type(value) is Problem]
            for row, problem in bad:
                values[row] = problem.value
            self._unread(column, at, bad)
        if reader.placeholder:
            self._placeholders(column, at, reader, enumerate(cells))
        of = column.path.list or ("" if self.fact is None else self.fact.name)
        if of == "partners" and column.path.rest == "name":
            self._one_body(column, at, values)
        return values

    def _one_body(self, column: MappedColumn, at: int, values: list[Any]) -> None:
        """Remove names that may be of several bodies, with a warning."""
        cells = self.table.columns[at]
        said = column.cell_format.values
        texts = {*cells} if self.table.texts else {each for each in cells if type(each) is str}
        problems = {
            text: problem
            for text in (texts if _PERHAPS.search("\0".join(texts)) else ())
            if (problem := _several_bodies(text, [text.strip()], "", said)) is not None
        }
        if not problems:
            return
        bad = [
            (row, problems[cell])
            for row, cell in enumerate(cells)
            if type(cell) is str and cell in problems and isinstance(values[row], str)
        ]
        for row, _ in bad:
            values[row] = UNKNOWN
        self._unread(column, at, bad)

    def _unread(self, column: MappedColumn, at: int, bad: Sequence[tuple[int, Problem]]) -> None:
        """Report unreadable cells of a column, the first few by name."""
        about = f"`{column.path.text}`, column `{self.table.named(at)}`"
        for row, problem in bad[:MAX_CELLS_NAMED]:
            care = problem.code is Code.READ_WITH_CARE
            self.found.add(
                problem.code if care else Code.UNREADABLE_VALUE,
                f"{problem.message} ({about})",
                self.table.place(row, at),
                problem.of_column or problem.help,
            )
        if more := len(bad[MAX_CELLS_NAMED:]):
            self.found.add(
                Code.UNREADABLE_VALUE,
                f"{more:,} more cells of the column cannot be read ({about})",
                self.table.place(None, at),
                "say in the mapping how the column is written, or correct the cells",
            )

    def _placeholders(
        self, column: MappedColumn, at: int, reader: CellReader, cells: Iterable[tuple[int, Any]]
    ) -> None:
        """Report placeholders of a column, once."""
        held = [(row, as_text(cell)) for row, cell in cells if reader.is_placeholder(cell)]
        if not held:
            return
        words = ", ".join(f"`{each}`" for each in dict.fromkeys(text for _, text in held))
        self.found.add(
            Code.PLACEHOLDER,
            f"{counted(len({row for row, _ in held}), 'cell')} with {words}: the fact is unknown "
            f"(`{column.path.text}`, column `{self.table.named(at)}`)",
            self.table.place(held[0][0], at),
            "fill them in, or leave them empty; a word under `unknown` of the mapping is not named",
        )

    def _several(self, column: MappedColumn, at: int, reader: CellReader) -> list[Any]:
        """Return a list per cell; UNKNOWN in it for an unreadable part."""
        found: list[Any] = []
        bad: list[tuple[int, Problem]] = []
        for row, cell in enumerate(self.table.columns[at]):
            if reader.read(cell) is UNKNOWN:
                found.append(UNKNOWN)
                continue
            items = []
            parts = _parts(column, cell)
            problem = None
            if isinstance(cell, str):
                its = column.cell_format
                problem = _several_bodies(cell, parts, its.separator, its.values)
            if problem is not None:
                found.append(UNKNOWN)
                bad.append((row, problem))
                continue
            for part in parts:
                value = reader.read(part)
                if type(value) is Problem:
                    bad.append((row, value))
                    value = value.value
                # A record whose only fact is said to be none is no record.
                items.append(UNKNOWN if value is None else value)
            found.append(items)
        self._unread(column, at, bad)
        return found

    def tally(self, read: int, empty: Sequence[int], without_owner: Sequence[int] = ()) -> None:
        """Count the rows; `empty` ones gave no record, the rest belong to none."""
        # To look through an empty column takes long for every row, and no time at once.
        filled = [cells for cells in self.table.columns if any(map(ne, cells, repeat("")))]
        blanks = [row for row in empty if all(blank(cells[row]) for cells in filled)]
        of_nothing = {*blanks}
        without = [row for row in empty if row not in of_nothing]
        # The tally counts them all.
        for row in without[:MAX_CELLS_NAMED]:
            self.found.add(
                Code.ROW_WITHOUT_FACTS,
                f"no {self.what} is read: the row gives no fact",
                self.table.place(row),
                "map the columns that it fills, or skip it in the mapping",
            )
        self.found.diagnostics.extend(self.opened.problems)
        numbers = self.table.numbers
        # Rows of another table are counted by what they are.
        out = tuple(
            problem.span.line for problem in self.opened.problems if problem.code in _ROWS_OUT
        )
        aside = self.opened.aside
        left_out = tuple(sorted((*out, *(numbers[row] for row in without_owner))))
        total = len(numbers) + len(self.skipped) + len(out) + sum(map(len, aside.values()))
        self.found.tallies.append(
            Tally(
                str(self.table.place()),
                total,
                read,
                self.what,
                self.opened.above,
                tuple(numbers[row] for row in blanks),
                self.skipped,
                tuple(numbers[row] for row in without),
                left_out,
                aside,
            )
        )


def _without_swallowed(opened: OpenedTable) -> OpenedTable:
    """Skip rows in whose cells other rows seem to be embedded."""
    table = opened.table
    # Where each row is a line, no cell holds another.
    if not table.texts or isinstance(table.numbers, range):
        return opened
    parted_by = len(table.headings) - 1
    rows = {
        row: at
        for at, cells in enumerate(table.columns)
        if _BREAK in "".join(cells)
        for row, cell in enumerate(cells)
        if _BREAK in cell
        and parted_by
        and max(map(cell.count, _DELIMITERS)) >= cell.strip().count("\n") * parted_by > 0
    }
    if not rows:
        return opened
    problems = tuple(
        Diagnostic(
            Code.SUSPECT_CELL,
            f"the row is left out: other rows seem to stand in its cell `{table.named(at)}`, "
            f"{counted(table.columns[at][row].strip().count(_BREAK) + 1, 'line')} of the file",
            table.place(row, at),
            "close the quote that is open there, or take it away",
        )
        for row, at in sorted(rows.items())
    )
    return attrs.evolve(
        opened, table=table.without(frozenset(rows)), problems=(*opened.problems, *problems)
    )


def _parts(column: MappedColumn, cell: Any) -> list[Any]:  # noqa: ANN401 - any cell
    """Return the parts of a multi-valued cell."""
    if isinstance(cell, str):
        return parted(cell, column.cell_format.separator)
    return cell if isinstance(cell, list) else [cell]


def _several_bodies(
    cell: object, parts: Sequence[str], separator: str, said: Collection[str]
) -> Problem | None:
    """
    Return the warning that a cell's parts may name more bodies; None if they do not.

    Args:
        cell: the cell.

        parts: what stands in it, by what parts it.

        separator: what that is; "" where the cell is for one body.

        said: what the mapping says are values, as words are compared.
    """
    parts = [part for part in parts if as_word(part) not in said]
    marks = (each for each in _MARKS if each != separator)
    mark = next((mark for mark in marks if any(mark in part for part in parts)), "")
    # A name may hold one comma, beside others that are parted otherwise.
    most = 1 if len(parts) > 1 else 0
    if not mark and separator not in ("", ",") and any(part.count(",") > most for part in parts):
        mark = ","
    if mark:
        what = "a line break" if mark == _BREAK else f"`{mark.strip()}`"
        why = f"{what} stands in it"
    elif any(map(_COUNTED.fullmatch, parts)):
        why = "it says how many, and none by its name"
    elif any(map(_JOINED.fullmatch, parts)):
        why = "`and` stands between two"
    else:
        return None
    return Problem(
        Code.UNREADABLE_VALUE,
        f"`{' '.join(as_text(cell).split())}` may name several bodies: {why}",
        "write one body a cell",
        "map the column to `partners[].name` with what parts the names as its `separator`, and "
        "part all names with that"
        if mark
        else "write one body a cell; if it is one, give it under `values` of the column",
    )


def as_text(cell: object) -> str:
    """Return what stands in a cell as text."""
    return cell if isinstance(cell, str) else written(cell)


def as_word(cell: object) -> str:
    """Return a cell folded as a word."""
    return "" if cell is None else fold_heading(as_text(cell)).casefold()


def as_key(cell: object) -> str:
    """Return a cell folded as a name; a reference as it is."""
    word = as_word(cell)
    return word if any(map(str.isdigit, word)) else fold_body(word)


def loose_key(cell: object) -> str:
    """
    Return a cell's reference without leading zeros and inner spaces.

    >>> loose_key("007"), loose_key("P 9")
    ('7', 'p9')
    """
    return re.sub(r"\s+", "", as_word(cell)).lstrip("0")


def two_spellings(cell: object, other: object, place: Span | str) -> Problem:
    """Return the warning of a second spelling."""
    return Problem(
        Code.TWO_SPELLINGS,
        f"`{as_text(cell)}` is `{as_text(other)}` at {place} in another spelling",
        "spell the name the same way everywhere",
    )

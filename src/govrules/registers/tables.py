"""
Tables as they were found: headings and columns, and for each cell its place.

Places are kept as numbers and become text only where somebody asks.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.diagnostics import Span, letters
from govrules.truth import UNKNOWN

#: The most rows that are read into partnerships, each of which takes some kilobytes of memory.
MAX_ROWS: Final = 250_000
#: The largest file that is opened, and the most that a workbook may unpack to.
MAX_TABLE_BYTES: Final = 1_000_000_000

_LETTERED: Final = re.compile(r"(?P<heading>.*?) ?\[(?P<letters>[A-Z]{1,3}|[0-9]{1,7})\]")
_ITEM: Final = re.compile(r"(?P<list>[a-z_.]+)\[(?P<index>[0-9]+)\](?:\.(?P<rest>.+))?")


@attrs.frozen
class SheetPart:
    """
    One of several sheets of a table.

    Attributes:
        sheet: its name.
        header: the row of its headings.
        columns: for each column of the table, that of the sheet, counted from 0; -1 for none.
    """

    sheet: str
    header: int
    columns: tuple[int, ...]


@attrs.frozen(eq=False)
class Table:
    """
    One table: a sheet, a text file of rows, or a table of a database.

    Attributes:
        file: the file as the user gave it, with the table's name where the file holds several.
        headings: of each column, with white space folded; "" where it has none.
        columns: the cells of each column; every column is as long as `numbers`.
        numbers: the line or row of each row of cells, counted from 1.
        sheet: the sheet of a workbook; "" for everything else.
        header: the line or row of the headings; 0 where the file's own schema names columns.
        lines: of a table on its side, the line or row of each column; `numbers` and `header` then
            count the columns of the file.
        parts: the sheets of which it is made; none where it is made of one.
        part: of such a table, which part each row is in.
    """

    file: str
    headings: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    numbers: Sequence[int]
    sheet: str = ""
    header: int = 0
    lines: Sequence[int] = ()
    parts: tuple[SheetPart, ...] = ()
    part: Sequence[int] = ()

    @property
    def height(self) -> int:
        """How many rows it has."""
        return len(self.numbers)

    @functools.cached_property
    def _by_heading(self) -> Mapping[str, list[int]]:
        """The columns of each heading, case-insensitively."""
        found: dict[str, list[int]] = {}
        for at, each in enumerate(self.headings):
            found.setdefault(each.casefold(), []).append(at)
        return found

    def place(self, row: int | None = None, column: int | None = None) -> Span:
        """Return the place of a cell, row, heading or table."""
        if row is None and not self.header:
            column = None
        number = self.header if row is None else self.numbers[row]
        if self.lines:
            return self._place_on_side(number, row, column)
        if self.parts and (row is not None or column is not None):
            part = self.parts[0 if row is None else self.part[row]]
            if row is None:
                number = part.header
            at = 0 if column is None else part.columns[column] + 1
            return Span(self.file, number, at, sheet=part.sheet)
        if self.sheet:
            at = 0 if column is None else column + 1
            return Span(self.file, number if at or row is not None else 0, at, sheet=self.sheet)
        return Span(self.file, 0 if row is None and column is None else number)

    def _place_on_side(self, number: int, row: int | None, column: int | None) -> Span:
        if row is None and column is None:
            return Span(self.file, sheet=self.sheet)
        line = self.lines[0 if column is None else column]
        return Span(self.file, line, number if self.sheet else 0, sheet=self.sheet)

    @property
    def texts(self) -> bool:
        """Whether every cell is text, as those of a text file are."""
        return bool(self.header) and not self.sheet

    def named(self, column: int) -> str:
        """Return a column's display name: its heading, with its letter if ambiguous."""
        heading = self.headings[column]
        if heading and len(self._by_heading[heading.casefold()]) == 1:
            return heading
        return f"{heading} [{self._mark(column)}]".strip()

    def _mark(self, column: int) -> str:
        """Return the letter that distinguishes a column from its namesakes."""
        return str(self.lines[column]) if self.lines else letters(column + 1)

    def is_blank(self, column: int) -> bool:
        """Tell whether no cell of a column is filled."""
        return all(map(blank, self.columns[column]))

    def find(self, name: str) -> list[int]:
        """Return the columns a name may mean; a name with a letter means one only."""
        folded = fold_heading(name).casefold()
        found = self._by_heading.get(folded, [])
        lettered = _LETTERED.fullmatch(fold_heading(name))
        if found or lettered is None:
            return [*found]
        same = self._by_heading.get(lettered["heading"].casefold(), [])
        return [at for at in same if self._mark(at) == lettered["letters"]]

    def without(self, rows: frozenset[int]) -> Table:
        """Return the table without some rows, given by index."""
        kept = [at for at in range(len(self.numbers)) if at not in rows]
        return attrs.evolve(
            self,
            columns=tuple([column[at] for at in kept] for column in self.columns),
            numbers=[self.numbers[at] for at in kept],
            part=[self.part[at] for at in kept] if self.part else (),
        )


class InterningMap(dict[Any, Any]):
    """
    A memo of a function, keyed by equal arguments.

    Args:
        make: makes something of one that was not met before.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, thing: Any) -> Any:  # noqa: ANN401 - anything that can be a key
        made = self[thing] = self.make(thing)
        return made


def fold_heading(text: str) -> str:
    """
    Return a text with single spaces, for comparison.

    >>> fold_heading(" Annual  spend ")
    'Annual spend'
    """
    return " ".join(text.split())


def blank(cell: object) -> bool:
    """Tell whether nothing stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


@attrs.frozen(eq=False)
class ListPlaces:
    """
    The positions of a list's records.

    Attributes:
        items: for columns of one row: of each record in the order of the columns, its columns by
            path, and its values, UNKNOWN where a row has no such record.
        several: whether the one item is a column whose cells hold several records.
        joined: for rows of another table: that table's places, and for each row its rows there.
    """

    items: Sequence[tuple[Mapping[str, int], Sequence[Any]]] = ()
    several: bool = False
    joined: tuple[Places, Sequence[Sequence[int]]] | None = None


@attrs.frozen(eq=False)
class Places:
    """
    The column of each path, and of each list, in a table.

    Attributes:
        table: the table.
        columns: the column of each fact.
        lists: of each list of records.
    """

    table: Table
    columns: Mapping[str, int]
    lists: Mapping[str, ListPlaces] = attrs.field(factory=dict)


class RowOrigin(Mapping[str, str]):
    """The origins of a row's facts by path, computed lazily."""

    __slots__ = ("places", "row")

    def __init__(self, places: Places, row: int) -> None:
        self.places = places
        self.row = row

    def __getitem__(self, path: str) -> str:
        found = self._of(path)
        if found is None:
            raise KeyError(path)
        return str(found)

    def __iter__(self) -> Iterator[str]:
        yield ""
        yield from self.places.columns
        for name, places in self.places.lists.items():
            yield from self._items(name, places)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        # Its row stands somewhere; to count what is in it would be to work it all out.
        return True

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        """Leave the table behind."""
        return dict, (dict(self),)

    def _items(self, name: str, places: ListPlaces) -> Iterator[str]:
        if places.joined is not None:
            inner, rows = places.joined
            for index in range(len(rows[self.row])):
                yield f"{name}[{index}]"
                yield from (f"{name}[{index}].{path}" for path in inner.columns)
            return
        for index, item in enumerate(self._present(places)):
            yield from (f"{name}[{index}].{path}" for path in places.items[item][0])

    def by_column(self) -> dict[int, list[str]]:
        """Return the paths of the facts that each column of the row gives."""
        found: dict[int, list[str]] = {}
        for path, at in self.places.columns.items():
            found.setdefault(at, []).append(path)
        for name, places in self.places.lists.items():
            for index, item in enumerate([] if places.joined else self._present(places)):
                for path, at in places.items[item][0].items():
                    found.setdefault(at, []).append(f"{name}[{index}].{path}")
        return found

    def _present(self, places: ListPlaces) -> list[int]:
        """Return the column group of each record in this row."""
        if places.several:
            cell = places.items[0][1][self.row]
            return [] if cell is UNKNOWN else [0 for each in cell if each is not UNKNOWN]
        return [at for at, (_, made) in enumerate(places.items) if made[self.row] is not UNKNOWN]

    def _of(self, path: str) -> Span | None:
        table = self.places.table
        if not path:
            return table.place(self.row)
        column = self.places.columns.get(path)
        if column is not None:
            return table.place(self.row, column)
        item = _ITEM.fullmatch(path)
        places = self.places.lists.get(item["list"]) if item else None
        if item is None or places is None:
            return None
        index, rest = int(item["index"]), item["rest"] or ""
        if places.joined is not None:
            inner, rows = places.joined
            if index >= len(rows[self.row]):
                return None
            row = rows[self.row][index]
            if not rest:
                return inner.table.place(row)
            return inner.table.place(row, inner.columns[rest]) if rest in inner.columns else None
        present = self._present(places)
        if index >= len(present) or rest not in places.items[present[index]][0]:
            return None
        return table.place(self.row, places.items[present[index]][0][rest])


def headings_of(rows: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    """
    Return the headings of one or more header rows, stacked ones joined by a slash.

    >>> headings_of([["Money", "Money", ""], ["Pooled?", "Spend", "Notes"]])
    ('Money / Pooled?', 'Money / Spend', 'Notes')
    """
    found: list[list[str]] = []
    for row in rows:
        found += [[] for _ in range(len(row) - len(found))]
        for parts, cell in zip(found, row, strict=False):
            text = "" if cell is None else fold_heading(str(cell))
            if text and text not in parts:
                parts.append(text)
    return tuple(" / ".join(parts) for parts in found)

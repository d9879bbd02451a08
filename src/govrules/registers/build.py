"""
Tables to partnerships: columns are read one after the other, and records made of their values.

No row is lost: each gives a partnership, or is counted among those that do not, with its number.
"""

from __future__ import annotations

import functools
import itertools
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from govrules.bodies import Bodies, counts_once, merged
from govrules.decode.names import fold_body
from govrules.decode.problems import Problem
from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.explain.english import counted
from govrules.model import Partner, Partnership, Register
from govrules.nodes import Scalar
from govrules.registers.cells import CellReader, Wording, parted, written
from govrules.registers.mapping import Column, Joined, Sheet, TableMapping
from govrules.registers.records import make_records, maker
from govrules.registers.sources import Opened
from govrules.registers.tables import Kept, ListPlaces, Places, RowOrigin, blank, fold_heading
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, FactType, Record, Records, vocabulary_of

#: Of one column so many cells that cannot be read are named, and the others counted.
MAX_CELLS_NAMED: Final = 20
_ROWS_NAMED: Final = 10
_LONGEST_MESSAGE: Final = 400
#: Problems that cost a row.
_ROWS_OUT: Final = (Code.ROW_TOO_LONG, Code.SUSPECT_CELL)
#: What parts the columns of text files.
_DELIMITERS: Final = ",;\t|"
_BREAK: Final = "\n"
#: What parts names in a cell, and stands in none.
_MARKS: Final = (";", "|", _BREAK, "\t")


@attrs.frozen
class Tally:
    """
    What became of the rows of a table.

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
                shown = ", ".join(f"{each:,}" for each in numbers[:_ROWS_NAMED])
                more = f" and {len(numbers) - _ROWS_NAMED:,} more" if numbers[_ROWS_NAMED:] else ""
                words.append(f"{len(numbers):,} {why} ({shown}{more})")
        if self.above:
            words.append(f"{counted(self.above, 'row')} above the headings")
        return "; ".join(words)


@attrs.define
class Found:
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


def build(
    opened: Opened,
    mapping: TableMapping,
    open_joined: Callable[[Joined], Opened],
    found: Found,
) -> Register | None:
    """
    Return the register that a table holds; None where the mapping does not fit the table.

    Args:
        opened: the table of the register.

        mapping: what its columns hold; what does not fit the table is added to its report.

        open_joined: opens the table of a list whose records stand in a table of their own.

        found: where all is added that is wrong with rows and cells.
    """
    others = {path: open_joined(each) for path, each in mapping.joined.items()}
    main = _Rows(opened, mapping.sheet, mapping, found)
    rows = {
        path: _Rows(others[path], each.sheet, mapping, found, fact=_list_fact(path))
        for path, each in mapping.joined.items()
    }
    keys = {
        path: (main.column(each.joins), rows[path].column(each.key))
        for path, each in mapping.joined.items()
    }
    if not mapping.report.ok:
        return None
    for each in (main, *rows.values()):
        each.warn_of_columns({at for pair in keys.values() for at in pair if at is not None})
        each.skip()
    partnerships = _Partnerships(main, mapping).made(rows, keys)
    complete = all(each.code.is_warning for each in main.opened.problems)
    listed: tuple[Any, ...] = (*partnerships,) if complete else (*partnerships, UNKNOWN)
    origin = {"": str(main.table.place()), "partnerships": str(main.table.place())}
    return attrs.evolve(
        mapping.register, partnerships=listed, origin={**mapping.register.origin, **origin}
    )


def _list_fact(path: str) -> Fact:
    return vocabulary_of(Partnership).facts[path]


class _Rows:
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
        opened: Opened,
        sheet: Sheet,
        mapping: TableMapping,
        found: Found,
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
        self.readers: dict[tuple[FactType, Wording], CellReader] = {}
        self.bound = [
            (column, at)
            for column in sheet.columns
            if (at := self._find(column.heading, column.node)) is not None
        ]
        self.skips = [(each, self.column(each.node)) for each in sheet.skips]
        for node in sheet.ignored:
            self._find(node.text, node, several=True)
        for node in sheet.unsure:
            self._find(node.text, node)

    @property
    def what(self) -> str:
        """What a row of the table is called."""
        return "partnership" if self.fact is None else self.fact.each

    def column(self, node: Scalar) -> int | None:
        """Return the column that the mapping names; None where there is none, which is said."""
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
        """Say which columns no fact is read from, though the mapping does not ignore them."""
        left = [
            self.table.named(at)
            for at in range(len(self.table.headings))
            if at not in self.seen and at not in keys
        ]
        mapped = bool(self.sheet.columns and self.sheet.columns[0].node)
        facts = [] if mapped else [*vocabulary_of(Partnership).facts]
        for each in left:
            near = did_you_mean(each, facts)
            if near.startswith("did you mean"):
                self.found.add(
                    Code.COLUMN_NOT_MAPPED,
                    f"no fact is called `{each}`, so that nothing is read from the column",
                    self.table.place(None, 0) if self.table.header else self.table.place(),
                    near,
                )
                left = [other for other in left if other != each]
        if left:
            words = ", ".join(f"`{each}`" for each in left)
            self.found.add(
                Code.COLUMN_NOT_MAPPED,
                f"no fact is read from {counted(len(left), 'column')}: {words}",
                self.table.place(None, 0) if self.table.header else self.table.place(),
                "map each to a fact, or write it under `ignored`"
                if mapped
                else f"`govrules map {self.table.file}` proposes a mapping for them",
            )

    def skip(self) -> None:
        """Leave out the rows that the mapping says are no records."""
        rows: set[int] = set()
        for skip, at in self.skips:
            if at is not None:
                cells = self.table.columns[at]
                rows.update(row for row, cell in enumerate(cells) if _word(cell) in skip.words)
        if rows:
            self.skipped = tuple(self.table.numbers[row] for row in sorted(rows))
            self.table = self.table.without(frozenset(rows))

    def values(self, column: Column, at: int) -> list[Any]:
        """Return the values of a column, after saying which cells cannot be read."""
        # Columns of one type that are written alike, such as dates, repeat each other.
        key = (column.path.fact.type, column.wording)
        if key not in self.readers:
            self.readers[key] = CellReader(column.path.fact, column.wording)
        reader = self.readers[key]
        cells = self.table.columns[at]
        if column.path.list and column.path.index is None:
            return self._several(column, at, reader)
        values = reader.column(cells, texts=self.table.texts)
        if reader.bad:
            named = _Named(self, column, at)
            for row, value in enumerate(values):
                if type(value) is Problem:
                    values[row] = value.value
                    named.say(row, value)
            named.end()
        if reader.placeholder:
            self._placeholders(column, at, reader, cells)
        if column.path.list == "partners" and column.path.rest == "name":
            self._one_body(column, at, values)
        return values

    def _one_body(self, column: Column, at: int, values: list[Any]) -> None:
        """Take the names away that may be those of several bodies, and say so."""
        cells = self.table.columns[at]
        only_texts = self.table.texts or {*map(type, cells)} == {str}
        whole = "".join(cells if only_texts else (each for each in cells if isinstance(each, str)))
        if not any(each in whole for each in _MARKS):
            return
        named = _Named(self, column, at)
        for row, cell in enumerate(cells):
            if isinstance(cell, str) and isinstance(values[row], str):
                mark = next((each for each in _MARKS if each in cell.strip()), "")
                if mark:
                    values[row] = UNKNOWN
                    named.say(row, _several_bodies(cell, mark))
        named.end()

    def _placeholders(
        self, column: Column, at: int, reader: CellReader, cells: Sequence[Any]
    ) -> None:
        """Say which cells of a column hold a word for what nobody knows, once for the column."""
        rows = [row for row, cell in enumerate(cells) if reader.is_placeholder(cell)]
        if not rows:
            return
        words = ", ".join(f"`{each}`" for each in dict.fromkeys(_text(cells[row]) for row in rows))
        self.found.add(
            Code.PLACEHOLDER,
            f"{counted(len(rows), 'cell')} with {words}: the fact is unknown "
            f"(`{column.path.text}`, column `{self.table.named(at)}`)",
            self.table.place(rows[0], at),
            "fill them in, or leave them empty; a word under `unknown` of the mapping is not named",
        )

    def _several(self, column: Column, at: int, reader: CellReader) -> list[Any]:
        """Return lists of values, one a cell; UNKNOWN among them where one cannot be read."""
        found: list[Any] = []
        named = _Named(self, column, at)
        for row, cell in enumerate(self.table.columns[at]):
            if reader.read(cell) is UNKNOWN:
                found.append(UNKNOWN)
                continue
            items = []
            separator = column.wording.separator
            parts = cell if isinstance(cell, list) else parted(_text(cell), separator)
            mark = "" if isinstance(cell, list) else _other_mark(parts, separator)
            if mark:
                found.append(UNKNOWN)
                named.say(row, _several_bodies(_text(cell), mark))
                continue
            for part in parts:
                value = reader.read(part)
                if type(value) is Problem:
                    named.say(row, value)
                    value = value.value
                # A record whose only fact is said to be none is no record.
                items.append(UNKNOWN if value is None else value)
            found.append(items)
        named.end()
        return found

    def tally(self, read: int, empty: Sequence[int], without_owner: Sequence[int] = ()) -> None:
        """Count the rows; `empty` are those that gave no record, the others belong to none."""
        blanks = [row for row in empty if all(blank(cells[row]) for cells in self.table.columns)]
        without = [row for row in empty if row not in set(blanks)]
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
        out = tuple(each.span.line for each in self.opened.problems if each.code in _ROWS_OUT)
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


def _without_swallowed(opened: Opened) -> Opened:
    """Leave out rows of a text file in a cell of which, it seems, other rows stand."""
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


def _other_mark(parts: Sequence[str], separator: str) -> str:
    """Return what else may part the values of a cell; "" where nothing does."""
    for mark in _MARKS:
        if mark != separator and any(mark in each for each in parts):
            return mark
    # A name may hold one comma, beside others that are parted otherwise.
    most = 1 if len(parts) > 1 else 0
    commas = separator != "," and any(each.count(",") > most for each in parts)
    return "," if commas else ""


def _several_bodies(cell: str, mark: str) -> Problem:
    what = "a line break" if mark == _BREAK else f"`{mark}`"
    text = " ".join(cell.split())
    return Problem(
        Code.UNREADABLE_VALUE,
        f"`{text}` may name several bodies: {what} stands in it",
        "write one body a cell",
        "map the column to `partners[].name` with what parts the names as its `separator`, and "
        "part all names with that",
    )


class _Named:
    """Names the cells of one column that cannot be read: some of them, and how many more."""

    def __init__(self, rows: _Rows, column: Column, at: int) -> None:
        self.rows = rows
        self.column = column
        self.at = at
        self.number = 0

    def say(self, row: int, problem: Problem) -> None:
        """Report a cell, unless enough of its column have been."""
        self.number += 1
        if self.number <= MAX_CELLS_NAMED:
            care = problem.code is Code.READ_WITH_CARE
            self._add(
                row,
                f"{problem.message} ({self._about()})",
                problem.of_column or problem.help,
                problem.code if care else Code.UNREADABLE_VALUE,
            )

    def end(self) -> None:
        """Say how many more there are."""
        more = self.number - MAX_CELLS_NAMED
        if more > 0:
            self._add(
                None,
                f"{more:,} more cells of the column cannot be read ({self._about()})",
                "say in the mapping how the column is written, or correct the cells",
            )

    def _about(self) -> str:
        return f"`{self.column.path.text}`, column `{self.rows.table.named(self.at)}`"

    def _add(
        self, row: int | None, message: str, help_: str, code: Code = Code.UNREADABLE_VALUE
    ) -> None:
        self.rows.found.add(code, message, self.rows.table.place(row, self.at), help_)


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else written(cell)


def _word(cell: object) -> str:
    """Return what stands in a cell as words are compared."""
    return "" if cell is None else fold_heading(_text(cell)).casefold()


#: Says that a cell contradicts others of its row: the path, and the row.
_Contradicted = Callable[[str, int], None]


def _records(
    cls: type, columns: Mapping[str, Sequence[Any]], contradicted: _Contradicted, prefix: str = ""
) -> Sequence[Any]:
    """Return the records that columns of values by path give, one a row; UNKNOWN for none."""
    return make_records(cls, _direct(cls, columns, contradicted, prefix))


def _direct(
    cls: type, columns: Mapping[str, Sequence[Any]], contradicted: _Contradicted, prefix: str = ""
) -> dict[str, Sequence[Any]]:
    """Return the values of a class's own fields, records made of the columns below them."""
    direct: dict[str, Sequence[Any]] = {}
    below: dict[str, dict[str, Sequence[Any]]] = {}
    for path, values in columns.items():
        head, _, tail = path.partition(".")
        if tail:
            below.setdefault(head, {})[tail] = values
        else:
            direct[head] = values
    for head, inner in below.items():
        fact_type = vocabulary_of(cls).fields[head].type
        assert isinstance(fact_type, Record)  # noqa: S101 - the mapping was checked
        made = _records(fact_type.cls, inner, contradicted, f"{prefix}{head}.")
        states = direct.get(head)
        if states is not None:
            path = f"{prefix}{head}"
            made = _with_states(states, made, functools.partial(contradicted, path))
        direct[head] = made
    return direct


def _with_states(
    states: Sequence[Any], made: Sequence[Any], contradicted: Callable[[int], None]
) -> list[Any]:
    """Return records, those said to be there or none; UNKNOWN where facts say otherwise."""
    found: list[Any] = []
    for row, (state, record) in enumerate(zip(states, made, strict=True)):
        if state is UNKNOWN:
            found.append(record)
        elif record is UNKNOWN:
            found.append(state)
        elif state is not None:
            # That there is one is said here, and what it is elsewhere.
            found.append(record)
        else:
            contradicted(row)
            found.append(UNKNOWN)
    return found


class _Partnerships:
    """Makes partnerships of the rows of a table."""

    def __init__(self, rows: _Rows, mapping: TableMapping) -> None:
        self.rows = rows
        self.mapping = mapping
        self.columns: dict[str, Sequence[Any]] = {}
        self.at: dict[str, int] = {}
        self.lists: dict[str, ListPlaces] = {}

    def made(
        self,
        others: Mapping[str, _Rows],
        keys: Mapping[str, tuple[int | None, int | None]],
    ) -> list[Partnership]:
        """Return a partnership of each row that gives a fact."""
        grouped: dict[str, dict[int | None, dict[str, tuple[Sequence[Any], int]]]] = {}
        for column, at in self.rows.bound:
            values = self.rows.values(column, at)
            its_path = column.path
            if its_path.list:
                group = grouped.setdefault(its_path.list, {}).setdefault(its_path.index, {})
                group[its_path.rest] = (values, at)
            else:
                self.columns[its_path.text] = values
                self.at[its_path.text] = at
        for path, groups in grouped.items():
            self._add_list(path, self._of_columns(path, groups))
        for path, other in others.items():
            mine, its = keys[path]
            assert mine is not None  # noqa: S101 - the mapping fits
            assert its is not None  # noqa: S101 - likewise
            self._add_list(path, self._of_table(path, other, mine, its))
        return self._partnerships()

    def _add_list(self, path: str, values: list[Any]) -> None:
        states = self.columns.get(path)
        if states is not None:
            values = _with_states(states, values, functools.partial(self._contradicted, path))
        self.columns[path] = values

    def _contradicted(self, path: str, row: int) -> None:
        self.rows.found.add(
            Code.UNREADABLE_VALUE,
            f"`{path}` is none here, and other columns give facts of it",
            self.rows.table.place(row, self.at.get(path)),
            "correct the cell, or empty the others",
        )

    def _of_columns(
        self,
        path: str,
        groups: Mapping[int | None, Mapping[str, tuple[Sequence[Any], int]]],
    ) -> list[Any]:
        """Return the lists that columns of a row give."""
        cls = _record_class(path)
        several = groups.get(None)
        complete = path in self.mapping.complete
        if several is not None:
            [(rest, (cells, at))] = several.items()
            if cls is Partner and rest == "name":
                self._merge_names(path, cells, at)
            self.lists[path] = ListPlaces(items=[({rest: at}, cells)], several=True)
            return [self._parts(cls, rest, each, complete=complete) for each in cells]
        items: list[tuple[Mapping[str, int], list[Any]]] = []
        names: list[Sequence[Any]] = []
        for index in sorted(each for each in groups if each is not None):
            group = groups[index]
            values = {rest: values for rest, (values, _) in group.items()}
            if cls is Partner and "name" in values:
                # Where a column for a partner says none, there is none, and not one without a name.
                values["name"] = [UNKNOWN if each is None else each for each in values["name"]]
                names.append(values["name"])
            made = _records(cls, values, self._contradicted, f"{path}[{index}].")
            items.append(({rest: at for rest, (_, at) in group.items()}, [*made]))
        for row in _with_twins(names):
            self._merge_columns(path, items, row)
        self.lists[path] = ListPlaces(items=items)
        end = () if complete else (UNKNOWN,)
        return [
            (*known, *end) if (known := [each for each in row if each is not UNKNOWN]) else UNKNOWN
            for row in zip(*(made for _, made in items), strict=True)
        ]

    def _merge_columns(
        self, path: str, items: Sequence[tuple[Mapping[str, int], list[Any]]], row: int
    ) -> None:
        """Count a body that stands in two columns of a row once, with all that is known of it."""
        bodies = Bodies()
        for at, (columns, made) in enumerate(items):
            first = bodies.twin(made[row], at)
            if first is not None:
                name, place = made[row].name, self.rows.table.place
                before, records = items[first]
                records[row], made[row] = merged(records[row], made[row]), UNKNOWN
                self._twice(path, name, place(row, columns["name"]), place(row, before["name"]))

    def _merge_names(self, path: str, cells: Sequence[Any], at: int) -> None:
        """Count a body whose name stands twice in a cell once."""
        for row, names in enumerate(cells):
            if names is UNKNOWN or len(names) < 2:  # noqa: PLR2004 - one is not twice
                continue
            bodies, kept = Bodies(), []
            for index, name in enumerate(names):
                if bodies.twin(name, index) is None:
                    kept.append(name)
                else:
                    self._twice(path, name, self.rows.table.place(row, at))
            names[:] = kept

    def _twice(self, path: str, name: str, place: Span, other: Span | str = "") -> None:
        problem = counts_once(name, path, str(other))
        self.rows.found.add(problem.code, problem.message, place, problem.help)

    def _parts(self, cls: type, rest: str, values: Any, *, complete: bool) -> Any:  # noqa: ANN401 - a list's value
        if values is UNKNOWN or not values:
            return UNKNOWN
        known = [each for each in values if each is not UNKNOWN]
        columns = {rest: known}
        made = _records(cls, columns, self._contradicted) if known else []
        whole = complete and len(known) == len(values)
        return (*made,) if whole else (*made, UNKNOWN)

    def _of_table(self, path: str, other: _Rows, mine: int, its: int) -> list[Any]:
        """Return the lists whose records stand in another table."""
        cls = _record_class(path)
        columns = {column.path.text: other.values(column, at) for column, at in other.bound}
        table = other.table
        records = (
            _records(cls, columns, lambda _path, _row: None)
            if columns
            else [UNKNOWN] * len(table.numbers)
        )
        owners: dict[str, list[int]] = {}
        for row, cell in enumerate(self.rows.table.columns[mine]):
            if not blank(cell):
                owners.setdefault(_word(cell), []).append(row)
        owned: list[list[int]] = [[] for _ in self.rows.table.numbers]
        twice: set[int] = set()
        empty: list[int] = []
        left_out: list[int] = []
        for row, cell in enumerate(table.columns[its]):
            if records[row] is UNKNOWN and blank(cell):
                empty.append(row)
                continue
            rows = owners.get(_word(cell), [])
            if len(rows) == 1:
                owned[rows[0]].append(row)
            else:
                twice.update(rows)
                left_out.append(row)
                self._without_owner(other, row, its, mine, rows)
        other.tally(sum(map(len, owned)), empty, left_out)
        if cls is Partner:
            records = [*records]
            for rows in owned:
                self._merge_rows(path, rows, records, other, its)
        self.lists[path] = ListPlaces(
            joined=(Places(table, {column.path.text: at for column, at in other.bound}), owned)
        )
        complete = path in self.mapping.complete
        return [
            self._list_of(records, rows, complete=complete and row not in twice)
            for row, rows in enumerate(owned)
        ]

    def _merge_rows(
        self, path: str, rows: list[int], records: list[Any], other: _Rows, its: int
    ) -> None:
        """Count a body of which two rows are about one partnership once."""
        bodies = Bodies()
        for row in [*rows]:
            first = bodies.twin(records[row], row)
            if first is not None:
                place, before = (other.table.place(each, its) for each in (row, first))
                self._twice(path, records[row].name, place, before)
                records[first] = merged(records[first], records[row])
                rows.remove(row)

    @staticmethod
    def _list_of(records: Sequence[Any], rows: Sequence[int], *, complete: bool) -> Any:  # noqa: ANN401 - a list's value
        if not rows:
            return UNKNOWN
        known = [records[row] for row in rows if records[row] is not UNKNOWN]
        whole = complete and len(known) == len(rows)
        return (*known,) if whole else (*known, UNKNOWN)

    def _without_owner(
        self, other: _Rows, row: int, its: int, mine: int, rows: Sequence[int]
    ) -> None:
        cell = other.table.columns[its][row]
        heading = self.rows.table.named(mine)
        if rows:
            message = f"`{_text(cell)}` is the `{heading}` of {len(rows)} partnerships"
            help_ = f"give each partnership a `{heading}` of its own"
        elif blank(cell):
            message = f"the {other.what} belongs to no partnership"
            help_ = f"write the `{heading}` of its partnership"
        else:
            message = f"no partnership has the `{heading}` `{_text(cell)}`"
            known = {_text(each) for each in self.rows.table.columns[mine] if not blank(each)}
            near = did_you_mean(_text(cell), sorted(known))
            help_ = near if near.startswith("did") else "correct it, or remove the row"
        self.rows.found.add(
            Code.ROW_WITHOUT_PARTNERSHIP, message, other.table.place(row, its), help_
        )

    def _partnerships(self) -> list[Partnership]:
        local = {
            path.removeprefix("local."): self.columns.pop(path)
            for path in [*self.columns]
            if path.startswith("local.")
        }
        fields = vocabulary_of(Partnership).fields
        stated = {
            path: self.columns.pop(path)
            for path in [*self.columns]
            if path.partition(".")[0] not in fields
        }
        direct = _direct(Partnership, self.columns, self._contradicted)
        number = len(self.rows.table.numbers)
        for name, columns in (("local", local), ("stated", stated)):
            if columns:
                direct[name] = _known(columns, number)
        make = maker(Partnership, tuple(direct), ("origin",))
        places = Places(self.rows.table, self.at, self.lists)
        origins = map(RowOrigin, itertools.repeat(places), range(number))
        made = list(map(make, *direct.values(), origins))
        empty = [row for row, each in enumerate(made) if each is UNKNOWN]
        self.rows.tally(number - len(empty), empty)
        return [each for each in made if each is not UNKNOWN]


def _with_twins(names: Sequence[Sequence[Any]]) -> list[int]:
    """Return the rows in which one body stands in two columns of names."""
    folded: Kept = Kept(fold_body)
    bodies = []
    for at, each in enumerate(names):
        # What nobody knows is no body, and is another in each column.
        folded[UNKNOWN] = at
        bodies.append([*map(folded.__getitem__, each)])
    different = map(len, map(set, zip(*bodies, strict=True)))
    return [row for row, number in enumerate(different) if number < len(names)]


def _record_class(path: str) -> type:
    fact_type = _list_fact(path).type
    assert isinstance(fact_type, Records)  # noqa: S101 - the mapping was checked
    return fact_type.cls


def _known(columns: Mapping[str, Sequence[Any]], number: int) -> list[Any]:
    """Return what is known of each row, by path; UNKNOWN where nothing is."""
    rows = (
        {path: values[row] for path, values in columns.items() if values[row] is not UNKNOWN}
        for row in range(number)
    )
    return [row or UNKNOWN for row in rows]

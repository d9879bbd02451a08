"""
Tables to partnerships: columns are read one after the other, and records made of their values.

No row is lost: each gives a partnership, or is counted among those that do not, with its number.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from govrules.bodies import Bodies, counts_once, records_merged
from govrules.decode.names import fold_body
from govrules.diagnostics import Code, Span, did_you_mean
from govrules.model import Partner
from govrules.own import base_of
from govrules.reading import known_of
from govrules.registers.mapping import JoinedSheet, TableMapping
from govrules.registers.records import made_by, make_records, maker
from govrules.registers.rows import (
    Rows,
    RowsRead,
    as_key,
    as_text,
    as_word,
    loose_key,
    two_spellings,
)
from govrules.registers.sources import OpenedTable
from govrules.registers.tables import InterningMap, ListPlaces, Places, RowOrigin, blank
from govrules.truth import UNKNOWN
from govrules.vocabulary import Collected, Fact, Record, Records, list_of, vocabulary_of


def build(
    opened: OpenedTable,
    mapping: TableMapping,
    open_joined: Callable[[JoinedSheet], OpenedTable],
    found: RowsRead,
) -> Any:  # noqa: ANN401 - a register of any class
    """
    Return the register that a table holds; None where the mapping does not fit the table.

    Args:
        opened: the table of the register.

        mapping: what its columns hold; what does not fit the table is added to its report.

        open_joined: opens the table of a list whose records stand in a table of their own.

        found: where all is added that is wrong with rows and cells.
    """
    others = {path: open_joined(each) for path, each in mapping.joined.items()}
    main = Rows(opened, mapping.sheet, mapping, found)
    rows = {
        path: Rows(others[path], each.sheet, mapping, found, fact=_list_fact(path, mapping.cls))
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
    complete = all(problem.code.is_warning for problem in main.opened.problems)
    listed = known_of(partnerships, complete=complete)
    register = mapping.register
    lister: type = type(register)
    found_list = None if lister is Collected else list_of(lister)
    if found_list is None:
        return Collected(listed)
    name, place = found_list[0], str(main.table.place())
    changed: dict[str, Any] = {name: listed}
    if "origin" in vocabulary_of(lister).about:
        changed["origin"] = {**register.origin, "": place, name: place}
    return attrs.evolve(register, **changed)


def _list_fact(path: str, cls: type) -> Fact:
    return vocabulary_of(cls).facts[path]


#: Says that a cell contradicts others of its row: the path, and the row.
_Contradicted = Callable[[str, int], None]


def _records(
    cls: type, columns: Mapping[str, Sequence[Any]], contradicted: _Contradicted, prefix: str = ""
) -> Sequence[Any]:
    """Return records built from columns by path, one a row; UNKNOWN for an empty one."""
    direct = _direct(cls, columns, contradicted, prefix)
    try:
        return make_records(cls, direct)
    except TypeError:
        return list(map(made_by(cls, tuple(direct)), *direct.values()))


def _direct(
    cls: type, columns: Mapping[str, Sequence[Any]], contradicted: _Contradicted, prefix: str = ""
) -> dict[str, Sequence[Any]]:
    """Return the columns of a class's own fields, nested records built from theirs."""
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
    """Return records combined with explicit states; UNKNOWN where the two conflict."""
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
    """Builds partnerships from a table's rows."""

    def __init__(self, rows: Rows, mapping: TableMapping) -> None:
        self.rows = rows
        self.mapping = mapping
        self.columns: dict[str, Sequence[Any]] = {}
        self.at: dict[str, int] = {}
        self.lists: dict[str, ListPlaces] = {}

    def made(
        self,
        others: Mapping[str, Rows],
        keys: Mapping[str, tuple[int | None, int | None]],
    ) -> list[Any]:
        """Return the subject of each row that gives a fact."""
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
        """Return the lists given by a row's columns."""
        cls = _record_class(path, self.mapping.cls)
        several = groups.get(None)
        complete = path in self.mapping.complete
        if several is not None:
            [(rest, (cells, at))] = several.items()
            if base_of(cls) is Partner and rest == "name":
                self._merge_names(path, cells, at)
            self.lists[path] = ListPlaces(items=[({rest: at}, cells)], several=True)
            return [self._parts(cls, rest, cell, complete=complete) for cell in cells]
        items: list[tuple[Mapping[str, int], list[Any]]] = []
        names: list[Sequence[Any]] = []
        for index in sorted(each for each in groups if each is not None):
            group = groups[index]
            values = {rest: values for rest, (values, _) in group.items()}
            if base_of(cls) is Partner and "name" in values:
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
        """Merge a body named in two columns of a row."""
        bodies = Bodies()
        for at, (columns, made) in enumerate(items):
            first = bodies.twin(made[row], at)
            if first is not None:
                name, place = made[row].name, self.rows.table.place
                before, records = items[first]
                records[row], made[row] = records_merged(records[row], made[row]), UNKNOWN
                self._twice(path, name, place(row, columns["name"]), place(row, before["name"]))

    def _merge_names(self, path: str, cells: Sequence[Any], at: int) -> None:
        """Merge a body named twice in a cell."""
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
        problem = counts_once(name, path, "" if other == place else str(other))
        self.rows.found.add(problem.code, problem.message, place, problem.help)

    def _parts(self, cls: type, rest: str, values: Any, *, complete: bool) -> Any:  # noqa: ANN401 - a list's value
        if values is UNKNOWN or not values:
            return UNKNOWN
        known = [value for value in values if value is not UNKNOWN]
        made = _records(cls, {rest: known}, self._contradicted) if known else []
        return known_of(made, complete=complete and len(known) == len(values))

    def _of_table(self, path: str, other: Rows, mine: int, its: int) -> list[Any]:
        """Return the lists given by another table."""
        cls = _record_class(path, self.mapping.cls)
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
                owners.setdefault(as_key(cell), []).append(row)
        owned: list[list[int]] = [[] for _ in self.rows.table.numbers]
        spellings: set[str] = set()
        twice: set[int] = set()
        empty: list[int] = []
        left_out: list[int] = []
        for row, cell in enumerate(table.columns[its]):
            if records[row] is UNKNOWN and blank(cell):
                empty.append(row)
                continue
            rows = owners.get(as_key(cell), [])
            if len(rows) == 1:
                owned[rows[0]].append(row)
                self._spelt((other, row, its), (self.rows, rows[0], mine), spellings)
            else:
                twice.update(rows)
                left_out.append(row)
                self._without_owner(other, row, its, mine, rows)
        other.tally(sum(map(len, owned)), empty, left_out)
        if base_of(cls) is Partner:
            records = [*records]
            for rows in owned:
                self._merge_rows(path, rows, records, other, its)
        self.lists[path] = ListPlaces(
            joined=(Places(table, {column.path.text: at for column, at in other.bound}), owned)
        )
        complete = path in self.mapping.complete
        return [
            known_of([records[at] for at in rows], complete=complete and row not in twice)
            if rows
            else UNKNOWN
            for row, rows in enumerate(owned)
        ]

    def _spelt(
        self, here: tuple[Rows, int, int], there: tuple[Rows, int, int], told: set[str]
    ) -> None:
        """Report once per spelling that rows refer to a partnership by another spelling."""
        cell, name = (rows.table.columns[at][row] for rows, row, at in (here, there))
        if as_word(cell) != as_word(name) and as_word(cell) not in told:
            told.add(as_word(cell))
            place, other = (rows.table.place(row, at) for rows, row, at in (here, there))
            problem = two_spellings(cell, name, other)
            self.rows.found.add(problem.code, problem.message, place, problem.help)

    def _merge_rows(
        self, path: str, rows: list[int], records: list[Any], other: Rows, its: int
    ) -> None:
        """Merge two rows on one body of one partnership."""
        bodies = Bodies()
        for row in [*rows]:
            first = bodies.twin(records[row], row)
            if first is not None:
                place, before = (other.table.place(each, its) for each in (row, first))
                self._twice(path, records[row].name, place, before)
                records[first] = records_merged(records[first], records[row])
                rows.remove(row)

    def _without_owner(
        self, other: Rows, row: int, its: int, mine: int, rows: Sequence[int]
    ) -> None:
        cell = other.table.columns[its][row]
        heading = self.rows.table.named(mine)
        if rows:
            message = f"`{as_text(cell)}` is the `{heading}` of {len(rows)} partnerships"
            help_ = f"give each partnership a `{heading}` of its own"
        elif blank(cell):
            message = f"the {other.what} belongs to no partnership"
            help_ = f"write the `{heading}` of its partnership"
        else:
            message = f"no partnership has the `{heading}` `{as_text(cell)}`"
            known = {as_text(each) for each in self.rows.table.columns[mine] if not blank(each)}
            same = sorted(each for each in known if loose_key(each) == loose_key(cell))
            if same:
                help_ = f"did you mean `{same[0]}`? References are compared as they stand"
            else:
                correct = "correct it, or remove the row"
                help_ = did_you_mean(as_text(cell), sorted(known), otherwise=correct)
        self.rows.found.add(
            Code.ROW_WITHOUT_PARTNERSHIP, message, other.table.place(row, its), help_
        )

    def _partnerships(self) -> list[Any]:
        cls = self.mapping.cls
        fields = vocabulary_of(cls).fields
        stated = {
            path: self.columns.pop(path)
            for path in [*self.columns]
            if path.partition(".")[0] not in fields
        }
        direct = _direct(cls, self.columns, self._contradicted)
        number = len(self.rows.table.numbers)
        if stated:
            direct["stated"] = _known(stated, number)
        keeps = "origin" in vocabulary_of(cls).about
        about = ("origin",) if keeps else ()
        try:
            make = maker(cls, tuple(direct), about)
        except TypeError:
            make = made_by(cls, tuple(direct), about)
        places = Places(self.rows.table, self.at, self.lists)
        origins = map(RowOrigin, itertools.repeat(places), range(number))
        made = list(map(make, *direct.values(), *((origins,) if keeps else ())))
        empty = [row for row, each in enumerate(made) if each is UNKNOWN]
        self.rows.tally(number - len(empty), empty)
        return [each for each in made if each is not UNKNOWN]


def _with_twins(names: Sequence[Sequence[Any]]) -> list[int]:
    """Return the rows naming one body in two columns."""
    folded: InterningMap = InterningMap(fold_body)
    bodies = []
    for at, each in enumerate(names):
        # What nobody knows is no body, and is another in each column.
        folded[UNKNOWN] = at
        bodies.append([*map(folded.__getitem__, each)])
    different = map(len, map(set, zip(*bodies, strict=True)))
    return [row for row, number in enumerate(different) if number < len(names)]


def _record_class(path: str, cls: type) -> type:
    fact_type = _list_fact(path, cls).type
    assert isinstance(fact_type, Records)  # noqa: S101 - the mapping was checked
    return fact_type.cls


def _known(columns: Mapping[str, Sequence[Any]], number: int) -> list[Any]:
    """Return the known facts of each row by path; UNKNOWN for none."""
    rows = (
        {path: values[row] for path, values in columns.items() if values[row] is not UNKNOWN}
        for row in range(number)
    )
    return [row or UNKNOWN for row in rows]

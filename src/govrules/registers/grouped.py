"""
Tables with one partner a row: several rows are one partnership, named in the first or in each.

They are read as two tables: the partnerships, each in the first of its rows, and the partners,
which belong to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from govrules.diagnostics import Code
from govrules.explain.phrases import counted
from govrules.nodes import Scalar
from govrules.registers.mapping import JoinedSheet, MappedSheet, TableMapping
from govrules.registers.rows import RowsRead, as_key, as_word, two_spellings
from govrules.registers.sources import OpenedTable
from govrules.registers.tables import Table, blank


def one_a_row(
    opened: OpenedTable, mapping: TableMapping, naming: Sequence[int], found: RowsRead
) -> tuple[OpenedTable, OpenedTable, TableMapping]:
    """
    Split a table of one partner a row into partnerships and partners, with the mapping.

    Args:
        opened: the table.

        mapping: what its columns hold, those of the list as ``partners[].name``.

        naming: the columns of the id and the name.

        found: where rows of one partnership that contradict each other are reported.
    """
    table = opened.table
    groups, owners = _groups(table, naming, found)
    own = [column for column in mapping.sheet.columns if column.path.list != mapping.rows]
    inner = [column for column in mapping.sheet.columns if column.path.list == mapping.rows]
    places = {at for each in own for at in table.find(each.heading)}
    columns = tuple(
        _of_groups(table, at, groups, found)
        if at in places
        else [cells[rows[0]] for rows in groups]
        for at, cells in enumerate(table.columns)
    )
    first = [rows[0] for rows in groups]
    # Rows without a name of their own belong to the one above: what joins them is written in each.
    names = [*map(str, range(len(groups)))]
    whole = attrs.evolve(
        table,
        columns=(*columns, names),
        headings=(*table.headings, _KEY),
        # What joins a row is told at the cell that names it.
        lines=(*table.lines, table.lines[naming[0]]) if table.lines else (),
        parts=tuple(
            attrs.evolve(part, columns=(*part.columns, part.columns[naming[0]]))
            for part in table.parts
        ),
        numbers=[table.numbers[at] for at in first],
        part=[table.part[at] for at in first] if table.part else (),
    )
    listed = {at for each in inner for at in table.find(each.heading)}
    empty = frozenset(
        row
        for row in range(table.height)
        if owners[row] < 0 or all(blank(table.columns[at][row]) for at in listed)
    )
    of_rows = attrs.evolve(
        table,
        columns=(*table.columns, [names[at] if at >= 0 else "" for at in owners]),
        headings=whole.headings,
        lines=whole.lines,
        parts=whole.parts,
    ).without(empty)
    node = attrs.evolve(_node(mapping, own[0].node if own else None), text=_KEY)
    others = (at for at in range(len(table.headings)) if at not in listed)
    joined = JoinedSheet(
        MappedSheet(
            mapping.sheet.layout,
            tuple(
                attrs.evolve(each, path=attrs.evolve(each.path, text=each.path.rest, list=""))
                for each in inner
            ),
            tuple(attrs.evolve(node, text=table.named(at)) for at in others),
            mapping.sheet.skips,
        ),
        "",
        node,
        node,
    )
    ignored = (each.node for each in inner if each.node is not None)
    said = attrs.evolve(
        mapping,
        sheet=attrs.evolve(
            mapping.sheet, columns=tuple(own), ignored=(*mapping.sheet.ignored, *ignored)
        ),
        joined={**mapping.joined, mapping.rows: joined},
    )
    blanks = [table.numbers[row] for row in range(table.height) if owners[row] < 0]
    note = (
        f"{table.place()}: {counted(table.height - len(blanks), 'row')} of partners are "
        f"{counted(len(groups), 'partnership')}"
    )
    if blanks:
        note += f"; {len(blanks):,} blank ({', '.join(map(str, blanks[:_NAMED]))})"
    kept = attrs.evolve(opened, table=whole, notes=(*opened.notes, note))
    return kept, OpenedTable(of_rows), said


_NAMED = 10
#: Stands for the row of a partnership; no heading is written so.
_KEY = "\0row"


def _node(mapping: TableMapping, node: Scalar | None) -> Scalar:
    return node or next(iter(mapping.sheet.unsure), Scalar("", plain=True, line=0, column=0))


def _groups(
    table: Table, naming: Sequence[int], found: RowsRead
) -> tuple[list[list[int]], list[int]]:
    """Return the rows of each partnership, and each row's partnership."""
    by_name: dict[tuple[str, ...], int] = {}
    groups: list[list[int]] = []
    owners: list[int] = []
    last = -1
    for row in range(table.height):
        cells = [table.columns[at][row] for at in naming]
        if all(map(blank, (column[row] for column in table.columns))):
            owners.append(-1)
            last = -1
            continue
        if not all(map(blank, cells)) or last < 0:
            name = tuple("" if blank(cell) else as_key(cell) for cell in cells)
            last = by_name.setdefault(name, len(groups)) if any(name) else len(groups)
            if last == len(groups):
                groups.append([])
            else:
                _spelt(table, naming, (groups[last][0], row), found)
        groups[last].append(row)
        owners.append(last)
    return groups, owners


def _spelt(table: Table, naming: Sequence[int], rows: tuple[int, int], found: RowsRead) -> None:
    """Report a row that spells its partnership's name differently."""
    for at in naming:
        first, cell = (table.columns[at][row] for row in rows)
        if not blank(first) and not blank(cell) and as_word(first) != as_word(cell):
            problem = two_spellings(cell, first, table.place(rows[0], at))
            found.add(problem.code, problem.message, table.place(rows[1], at), problem.help)


def _of_groups(
    table: Table, at: int, groups: Sequence[Sequence[int]], found: RowsRead
) -> list[Any]:
    """Return each partnership's common value in a column; nothing on disagreement."""
    cells: list[Any] = []
    for rows in groups:
        said: dict[str, int] = {}
        for row in rows:
            cell = table.columns[at][row]
            if not blank(cell):
                said.setdefault(as_key(cell), row)
        if len(said) > 1:
            places = " and ".join(str(table.numbers[row]) for row in sorted(said.values()))
            found.add(
                Code.UNREADABLE_VALUE,
                f"rows {places} are one partnership, and differ (column `{table.named(at)}`)",
                table.place(min(said.values()), at),
                "write it in the first of its rows alone, or the same in each",
            )
        cells.append(table.columns[at][next(iter(said.values()))] if len(said) == 1 else "")
    return cells

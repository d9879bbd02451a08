"""Files to tables: the one that is named, and other sheets with more of the same register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from govrules.diagnostics import Code, Diagnostic, did_you_mean
from govrules.explain.phrases import counted, joined
from govrules.registers.grids import Grid, fill, has_grid, open_grid
from govrules.registers.layouts import header_of, lay_out, turned
from govrules.registers.own_schema import open_columns
from govrules.registers.sources import TABLES, Layout, OpenedTable, check_file, refuse, suffix_of
from govrules.registers.tables import SheetPart, Table, headings_of

#: So many of the headings must stand in another sheet for its rows to belong to the same table.
_SAME: Final = 0.7


def open_table(file: str, layout: Layout, *, name: str = "", alone: bool = False) -> OpenedTable:
    """
    Open the table that a file holds.

    Args:
        file: its path.

        layout: which table it is, and where its headings are.

        name: what to call it; its path if not given.

        alone: whether other sheets of the file are of no interest.

    Raises:
        FactsError: it cannot be read, or holds several tables of which none was named.
    """
    name = name or file
    suffix = suffix_of(file)
    check_file(file, name, suffix)
    if suffix not in (*TABLES, ".json"):
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            f"no table is read from files that end in `{suffix}`",
            did_you_mean(suffix, TABLES, otherwise="save it as .csv or .xlsx"),
        )
    if not has_grid(file):
        return open_columns(file, name, layout)
    grid = open_grid(file, layout, name=name, alone=alone)
    opened = lay_out(grid, layout)
    warnings = [*_not_read(grid, layout, opened.table)]
    if layout.further:
        others = (
            open_grid(file, attrs.evolve(layout, table=each), name=name, alone=True)
            for each in layout.further
        )
        opened = _together(opened, [_like(opened.table, each, layout) for each in others])
    return attrs.evolve(
        opened,
        problems=(*opened.problems, *warnings),
        sheets={each: each in grid.hidden for each in grid.others if each not in layout.further},
    )


def alike(grid: Grid, headings: Sequence[str], layout: Layout) -> list[str]:
    """Return the visible sheets with a table's headings."""
    return [
        name
        for name, each in grid.others.items()
        if name not in grid.hidden and same_headings(each, headings, layout) is not None
    ]


def _not_read(grid: Grid, layout: Layout, table: Table) -> Iterator[Diagnostic]:
    """Warn of sheets that may hold more of the same register."""
    left = [each for each in alike(grid, table.headings, layout) if each not in layout.further]
    if left:
        every = ", ".join([grid.sheet, *layout.further, *left])
        yield Diagnostic(
            Code.SHEET_OF_THE_SAME_KIND,
            f"{joined(f'`{each}`' for each in left)} {'has' if len(left) == 1 else 'have'} the "
            f"headings of `{grid.sheet}`, and {'is' if len(left) == 1 else 'are'} not read",
            table.place(),
            f"to read them as one register, give the mapping `table: [{every}]`",
        )


def same_headings(grid: Grid, headings: Sequence[str], layout: Layout) -> tuple[int, int] | None:
    """Return the header position in a sheet with the same headings; else None."""
    wanted = {heading.casefold() for heading in headings if heading}
    if layout.sideways:
        grid = turned(grid)
    first, last = layout.header if layout.sideways else header_of(grid)
    rows = [*grid.rows]
    fill(rows, grid.merged, (first, last))
    found = {each.casefold() for each in headings_of(rows[first - 1 : last]) if each}
    return (first, last) if len(wanted & found) >= _SAME * len(wanted | found) else None


def _like(table: Table, grid: Grid, layout: Layout) -> OpenedTable:
    """Lay out another sheet as the first, wherever its headings are."""
    header = same_headings(grid, table.headings, layout) or layout.header
    return lay_out(grid, attrs.evolve(layout, table=grid.sheet, header=header))


def _together(first: OpenedTable, others: Sequence[OpenedTable]) -> OpenedTable:
    """Concatenate sheets, matching columns by heading."""
    opened = [first, *others]
    tables = [each.table for each in opened]
    headings = [*first.table.headings]
    for table in tables[1:]:
        known = {heading.casefold() for heading in headings}
        headings += [
            heading for heading in table.headings if heading and heading.casefold() not in known
        ]
    places = [_places(table, headings) for table in tables]
    columns = tuple(
        [
            cell
            for table, at in zip(tables, places, strict=True)
            for cell in (table.columns[at[wanted]] if at[wanted] >= 0 else [""] * table.height)
        ]
        for wanted in range(len(headings))
    )
    parts = tuple(
        SheetPart(table.sheet, table.header, tuple(at))
        for table, at in zip(tables, places, strict=True)
    )
    whole = Table(
        first.table.file,
        tuple(headings),
        columns,
        [number for table in tables for number in table.numbers],
        joined(each.sheet for each in tables),
        first.table.header,
        parts=parts,
        part=[at for at, table in enumerate(tables) for _ in table.numbers],
    )
    kinds = dict.fromkeys(what for each in opened for what in each.aside)
    return OpenedTable(
        whole,
        tuple(problem for each in opened for problem in each.problems),
        sum(each.above for each in opened),
        {what: tuple(n for each in opened for n in each.aside.get(what, ())) for what in kinds},
        (*(note for each in opened for note in each.notes), *_missing(tables, headings, places)),
    )


def _places(table: Table, headings: Sequence[str]) -> list[int]:
    """Return each heading's column in a sheet; -1 if missing."""
    own = [heading.casefold() for heading in table.headings]
    used: set[int] = set()
    found = []
    for heading in headings:
        at = next(
            (at for at, one in enumerate(own) if one == heading.casefold() and at not in used), -1
        )
        used.add(at)
        found.append(at)
    return found


def _missing(
    tables: Sequence[Table], headings: Sequence[str], places: Sequence[Sequence[int]]
) -> Iterator[str]:
    for table, at in zip(tables, places, strict=True):
        left = [f"`{each}`" for each, place in zip(headings, at, strict=True) if place < 0 and each]
        if left:
            yield f"{table.place()}: without {counted(len(left), 'column')}: {', '.join(left)}"

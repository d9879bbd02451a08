"""
Rows to tables: where the headings stand, and which rows below them are no records.

What is certainly no record (a heading repeated, a total, a note, the heading of a group) is set
aside and counted under its name; what only may be none is read, and said.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, Final

import attrs

from govrules.diagnostics import Code, Diagnostic, Span, letters
from govrules.explain.phrases import counted, named
from govrules.registers.grids import Grid, fill, only_cell
from govrules.registers.sources import Layout, OpenedTable, refuse, too_many
from govrules.registers.tables import MAX_ROWS, Table, blank, fold_heading, headings_of
from govrules.registers.workbooks import Area

#: So many rows are looked at for the headings.
_LOOKED_AT: Final = 20
#: Headings stand in at most so many rows.
_DEEPEST: Final = 3
#: From so many filled cells a row on, one cell alone stands out; and from so many it may.
_WIDE: Final = 3
_PERHAPS_WIDE: Final = 2
#: So many rows of one cell are named, and the others counted.
_NAMED: Final = 20
#: So many rows, from top to bottom, show how many cells a row fills.
_SHOWN_BY: Final = 100

REPEATED: Final = "repeating the headings"
GROUP: Final = "heading a group"
TOTAL: Final = "summing up"
NOTE: Final = "of notes"
OTHER: Final = "of another table"

_TOTALS: Final = re.compile(
    r"(overall |grand |sub-? ?)?(totals?|sum)( [0-9]{4}([/-][0-9]{2,4})?)? ?:?", re.IGNORECASE
)
#: How a total begins.
_TOTAL_BEGINS: Final = ("overall", "grand", "sub", "total", "sum")
_NUMBER: Final = re.compile(r"[-(]?£?[0-9][0-9,. ]*%?\)?")
_NOTES: Final = re.compile(
    r"[*†‡]|(notes?|n\.?b\.?|sources?|key|footnotes?|updated?)( [0-9])? ?[:.\u2013-]|notes?$"
    r"|(please )?note that\b|last updated\b|page [0-9]+\b|end of (register|table|sheet|list)\b"
    r"|(prepared|compiled|produced|maintained) by\b",
    re.IGNORECASE,
)
#: A sentence, and no name.
_LONG: Final = 90


# ── Headings ──────────────────────────────────────────────────────────────────────────────────


def header_of(grid: Grid) -> tuple[int, int]:
    """Return the first and last row of the headings: the first of the fullest rows."""
    rows = [*grid.rows[:_LOOKED_AT]]
    filled = [*rows]
    fill(filled, grid.merged, (1, len(rows)))
    words = [len({_said(each) for each in row if _is_word(each)}) for row in filled]
    most = max(words, default=0)
    last = next((at for at, number in enumerate(words) if number and number >= 0.8 * most), 0)
    first = last
    while last + 1 < len(rows) and _goes_on(rows[last], rows[last + 1], last, grid.merged):
        last += 1
    while first and last - first + 1 < _DEEPEST and _stands_above(rows, first - 1, grid):
        first -= 1
    return first + 1, last + 1


def _goes_on(row: Sequence[Any], below: Sequence[Any], at: int, merged: Sequence[Area]) -> bool:
    """Tell whether headings continue in the row below, under spanning ones only."""
    cells = [(place, cell) for place, cell in enumerate(below) if not blank(cell)]
    if not cells or not all(_is_word(cell) for _, cell in cells):
        return False
    spanned = {
        place
        for (top, left), (bottom, right) in merged
        if top <= at == bottom and right > left
        for place in range(left, right + 1)
    }
    if spanned:
        return {place for place, _ in cells} <= spanned
    # Without merged areas: the gaps within the row, or what it says again and again, are filled by
    # the one below, and little else.
    last = max((place for place, cell in enumerate(row) if not blank(cell)), default=0)
    gaps = {place for place, cell in enumerate(row[:last]) if blank(cell)} or {
        place
        for left in range(min(last, len(below) - 1))
        if _said(row[left]) == _said(row[left + 1]) and _said(below[left]) != _said(below[left + 1])
        for place in (left, left + 1)
    }
    places = {place for place, _ in cells}
    return bool(gaps) and gaps <= places and cells[0][0] > 0 and len(places) <= 3 * len(gaps)


def _stands_above(rows: Sequence[Sequence[Any]], at: int, grid: Grid) -> bool:
    """Tell whether a row holds spanning headings rather than a title."""
    row = rows[at]
    texts = [place for place, cell in enumerate(row) if not blank(cell)]
    if not texts or not all(_is_word(row[place]) for place in texts):
        return False
    spans = [
        left
        for (top, left), (bottom, right) in grid.merged
        if top == at == bottom and right > left and left in texts
    ]
    several = len({_said(row[place]) for place in texts}) > 1
    if spans:
        # One text from the first column on is a title, however many columns it covers.
        return several or min(spans) > 0
    return several and not grid.sheet and len(texts) > 1


def _is_word(cell: object) -> bool:
    return isinstance(cell, str) and any(each.isalpha() for each in cell)


def _said(cell: object) -> str:
    return fold_heading(str(cell)).casefold() if not blank(cell) else ""


# ── Tables ────────────────────────────────────────────────────────────────────────────────────


def lay_out(grid: Grid, layout: Layout) -> OpenedTable:
    """
    Split headings from rows, and transpose rows to columns.

    Raises:
        FactsError: there are no headings where they should be, or too many rows.
    """
    lines: Sequence[int] = ()
    if layout.sideways:
        lines = grid.numbers
        grid = turned(grid)
    first, last = layout.header
    rows, numbers, name, sheet = [*grid.rows], grid.numbers, grid.name, grid.sheet
    fill(rows, grid.merged, layout.header)
    headings = headings_of(rows[first - 1 : last])
    line = numbers[last - 1] if last <= len(rows) else 0
    if not any(headings):
        what = "column" if layout.sideways else "row"
        cause = f"{what} {last}, where the headings are looked for, is empty"
        if not line:
            cause = (
                f"the headings are looked for in {what} {last}, and there are {len(rows)} {what}s"
            )
        refuse(
            Code.NO_HEADINGS,
            Span(name, 0 if layout.sideways else line, sheet=sheet),
            cause,
            f"give the mapping `header:` and the {what} of the headings",
        )
    width = max(at for at, each in enumerate(headings, 1) if each)
    body = rows[last:]
    if len(body) > MAX_ROWS:
        too_many(name, len(body))
    problems = [*_valueless(grid)]
    kept = numbers[last:]
    aside: dict[str, tuple[int, ...]] = {}
    if not layout.sideways:
        body, kept, aside = _set_aside(body, kept, headings, grid, last)
        if OTHER in aside:
            problems.append(
                Diagnostic(
                    Code.SECOND_TABLE,
                    f"another table begins in row {aside[OTHER][0]}, whose columns stand "
                    f"elsewhere: {counted(len(aside[OTHER]), 'row')} left out",
                    Span(name, aside[OTHER][0], sheet=sheet),
                    "give it a sheet of its own, or the columns of the first table",
                )
            )
    # A column of cells without a heading still holds something: it is named by its letter.
    widest = max(map(len, body), default=0)
    if (sheet or layout.sideways) and widest > width:
        width = widest
        headings += ("",) * (width - len(headings))
    elif widest > width:
        body, kept = _check_width(body, kept, width, name, problems)
    headings = headings[:width]
    columns = tuple(itertools.zip_longest(*body, fillvalue=""))[:width]
    columns += ((("",) * len(body)),) * (width - len(columns))
    filled = [at for at in range(width) if headings[at] or not all(map(blank, columns[at]))]
    while width and width - 1 not in filled:
        width -= 1
    table = Table(
        name, headings[:width], columns[:width], kept, sheet, line, lines=tuple(lines[:width])
    )
    above = 0 if layout.sideways else first - 1
    return OpenedTable(table, tuple(problems), above, aside, tuple(_hidden(grid, table)))


def _valueless(grid: Grid) -> Iterator[Diagnostic]:
    """Warn of cells that display something but hold no value."""
    if grid.valueless:
        names = named([f"{letters(column)}{row}" for row, column in grid.valueless])
        cells = counted(len(grid.valueless), "cell")
        yield Diagnostic(
            Code.UNREADABLE_VALUE,
            f"{cells} with an error, or a formula without a value, read as empty: {names}",
            Span(grid.name, *grid.valueless[0], sheet=grid.sheet),
            "open the workbook in a spreadsheet program, put right what is an error, and save it",
        )


def _hidden(grid: Grid, table: Table) -> Iterator[str]:
    """Report hidden rows and columns, which are read all the same."""
    rows = sorted(grid.hidden_rows & {*table.numbers})
    if rows:
        yield f"{table.place()}: {counted(len(rows), 'hidden row')} read: {_numbers(rows)}"
    columns = [at for at in range(len(table.headings)) if at + 1 in grid.hidden_columns]
    if columns:
        named = ", ".join(f"`{table.named(at)}`" for at in columns)
        yield f"{table.place()}: {counted(len(columns), 'hidden column')}: {named}"


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(f"{number:,}" for number in numbers[:10])
    return shown + (f" and {len(numbers) - 10:,} more" if len(numbers) > 10 else "")  # noqa: PLR2004 - as tallies


def turned(grid: Grid) -> Grid:
    """Transpose rows and columns."""
    rows = [*itertools.zip_longest(*grid.rows, fillvalue="")]
    merged = tuple(((left, top), (right, bottom)) for (top, left), (bottom, right) in grid.merged)
    return attrs.evolve(
        grid, rows=rows, numbers=range(1, len(rows) + 1), merged=merged, hidden_rows=frozenset()
    )


def _check_width(
    body: list[Sequence[Any]],
    numbers: Sequence[int],
    width: int,
    name: str,
    problems: list[Diagnostic],
) -> tuple[list[Sequence[Any]], Sequence[int]]:
    """Skip rows wider than the headings, whose values may be displaced."""
    long = {at for at, row in enumerate(body) if not all(map(blank, row[width:]))}
    for at in sorted(long):
        extra = len(body[at]) - width
        problems.append(
            Diagnostic(
                Code.ROW_TOO_LONG,
                f"the row has {len(body[at])} values, and there are {width} headings",
                Span(name, numbers[at]),
                "put a value that holds the delimiter in quotes"
                if extra == 1
                else "give each of its columns a heading, or put values in quotes",
            )
        )
    return _without(body, numbers, long)


def _without(
    body: list[Sequence[Any]], numbers: Sequence[int], rows: set[int]
) -> tuple[list[Sequence[Any]], Sequence[int]]:
    if not rows:
        return body, numbers
    kept = [at for at in range(len(body)) if at not in rows]
    return [body[at] for at in kept], [numbers[at] for at in kept]


# ── Rows that are no records ──────────────────────────────────────────────────────────────────


def _set_aside(
    body: list[Sequence[Any]],
    numbers: Sequence[int],
    headings: Sequence[str],
    grid: Grid,
    last: int,
) -> tuple[list[Sequence[Any]], Sequence[int], dict[str, tuple[int, ...]]]:
    """Separate rows that are certainly no records, by kind."""
    parts = [{*heading.casefold().split(" / "), heading.casefold()} for heading in headings]
    spanning = {top for (top, _), (bottom, _) in grid.merged if top == bottom}
    begins = {each[:3] for each in (*_TOTAL_BEGINS, *frozenset[str]().union(*parts))}
    wide = _usual_width(body) >= _WIDE
    whats: dict[int, str] = {}
    # Nearly every row is a record, and shows it by its first two cells.
    suspects = [
        at
        for at, row in enumerate(body)
        if not (first := row[0] if row else "")
        or (
            type(first) is str
            and (
                len(row) == 1
                or not row[1]
                or first[:3].lower() in begins
                or first[0] <= " "
                or first[-1] == ":"
            )
        )
    ]
    for at in suspects:
        row = body[at]
        what = _what(row, parts, merged=last + at in spanning, wide=wide)
        if what == OTHER:
            whats |= dict.fromkeys(
                (each for each in range(at, len(body)) if not all(map(blank, body[each]))), OTHER
            )
            break
        if what:
            whats[at] = what
    heads = [each for each, what in whats.items() if what == REPEATED]
    heads += [each for each, what in whats.items() if what == OTHER][:1]
    for at in heads:
        # What stands alone above headings that are repeated is the title of their table.
        above = at - 1
        while above >= 0 and (all(map(blank, body[above])) or only_cell(body[above]) is not None):
            if only_cell(body[above]) is not None:
                whats.setdefault(above, GROUP)
            above -= 1
    found = {
        what: tuple(numbers[at] for at in sorted(whats) if whats[at] == what)
        for what in (REPEATED, GROUP, TOTAL, NOTE, OTHER)
    }
    body, numbers = _without(body, numbers, {*whats})
    return body, numbers, {what: rows for what, rows in found.items() if rows}


def _usual_width(body: Sequence[Sequence[Any]]) -> float:
    """Return the usual number of filled cells in a row."""
    shown = body[:: max(1, len(body) // _SHOWN_BY)]
    filled = [number for row in shown if (number := len(row) - row.count("") - row.count(None))]
    return median(filled) if filled else 0


def _what(row: Sequence[Any], parts: Sequence[set[str]], *, merged: bool, wide: bool) -> str:
    """Return the kind of a row that is certainly no record; "" if it may be one."""
    filled = (cell for cell in row if not blank(cell))
    first = next(filled, None)
    if not isinstance(first, str):
        return ""
    alone = next(filled, None) is None
    said = fold_heading(first)
    if _TOTALS.fullmatch(said) and len(parts) > 1:
        others = [cell for cell in row if not blank(cell) and cell is not first]
        return TOTAL if all(_is_number(each) for each in others) else ""
    is_note = _NOTES.match(said) or (wide and len(said) > _LONG)
    if is_note and len(parts) > 1 and (alone or said.endswith(":")):
        return NOTE
    if alone and wide and (merged or said.endswith(":")):
        return GROUP
    if alone and len(parts) > 1:
        return ""
    texts = [(at, _said(cell)) for at, cell in enumerate(row) if not blank(cell)]
    same = sum(at < len(parts) and text in parts[at] for at, text in texts)
    if same == len(texts) and (same > 1 or len(parts) == 1):
        return REPEATED
    known = frozenset[str]().union(*parts)
    again = sum(text in known for _, text in texts)
    # Some of the headings, in other columns, and nothing but words.
    elsewhere = again > max(1, same) and 2 * again >= len(texts)
    return OTHER if elsewhere and all(map(_is_word, filter(None, row))) else ""


def _is_number(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(_NUMBER.fullmatch(cell.strip()))
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def without_group_headings(opened: OpenedTable, naming: Sequence[int]) -> OpenedTable:
    """
    Skip group headings that stand in the column of references.

    One cell alone may also name a record of which nothing else is known: it is read, and said.

    Args:
        opened: the table.

        naming: the columns of ids and of names.
    """
    table = opened.table
    if not naming or not table.header or table.lines:
        return opened
    step = max(1, table.height // _SHOWN_BY)
    if _usual_width([*zip(*(each[::step] for each in table.columns), strict=True)]) < _PERHAPS_WIDE:
        return opened
    groups: set[int] = set()
    warnings: list[Diagnostic] = []
    more = 0
    others = [table.columns[at] for at in range(len(table.columns)) if at not in naming]
    # One column that is filled all the way down shows that no row has one cell alone.
    full = any("" not in cells and None not in cells for cells in others)
    bare: Sequence[int] = range(0 if full else table.height)
    for cells in others:
        bare = [
            row
            for row in bare
            if not (cell := cells[row]) or (type(cell) is str and cell.isspace())
        ]
    for at in bare:
        row = [column[at] for column in table.columns]
        place = only_cell(row)
        cell = None if place is None else row[place]
        if place is None or not isinstance(cell, str):
            continue
        if place != naming[-1] and _is_no_reference(cell, table.columns[place]):
            groups.add(at)
            continue
        if len(warnings) < _NAMED:
            warnings.append(_alone(table.place(at, place), f"`{fold_heading(cell)}` stands"))
        else:
            more += 1
    if more:
        warnings.append(_alone(table.place(), f"{more:,} more names stand"))
    found = tuple(table.numbers[at] for at in sorted(groups))
    aside = dict(opened.aside)
    if found:
        aside[GROUP] = tuple(sorted((*aside.get(GROUP, ()), *found)))
    return attrs.evolve(
        opened,
        table=table.without(frozenset(groups)) if groups else table,
        problems=(*opened.problems, *warnings),
        aside=aside,
    )


def _alone(place: Span, what: str) -> Diagnostic:
    return Diagnostic(
        Code.ROW_OF_ONE_CELL,
        f"{what} alone in a row: read as a partnership of which nothing else is known",
        place,
        "if it is a heading or a note, write it under `skip` of the mapping",
    )


def _is_no_reference(text: str, cells: Sequence[Any]) -> bool:
    """Tell whether a text is words while references contain digits."""
    known = [str(cell) for cell in cells if not blank(cell)]
    numbered = sum(any(map(str.isdigit, each)) for each in known)
    return not any(map(str.isdigit, text)) and 2 * numbered > len(known)


# ── Tables on their side ──────────────────────────────────────────────────────────────────────


def lies_on_its_side(grid: Grid, is_fact: Callable[[str], bool]) -> tuple[int, int] | None:
    """
    Return the heading column, twice, of a transposed table; None if it is not one.

    Args:
        grid: its rows.

        is_fact: tells whether a text names a fact.
    """
    first, last = header_of(grid)
    heads = headings_of([*grid.rows][first - 1 : last])
    across = sum(is_fact(each) for each in heads if each)
    best: tuple[int, int] = (0, 0)
    for at, column in enumerate(turned(grid).rows[:4]):
        texts = [fold_heading(cell) for cell in column if isinstance(cell, str) and not blank(cell)]
        asked = sum(is_fact(text) or text.endswith("?") for text in texts)
        if asked > best[0] and asked * 2 > len(texts):
            best = (asked, at + 1)
    down, column_at = best
    return (column_at, column_at) if down > max(2, 2 * across) else None

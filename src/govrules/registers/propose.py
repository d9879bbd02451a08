"""
Propose a mapping: what the columns of somebody's own table hold, and how sure that is.

A heading is set against what registers call facts, and the cells below it against the type of the
fact. What is only likely is marked as unsure, and reading leaves it out until a person confirms it;
what is not likely is left over, with the facts that a person may choose from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.errors import FactsError
from govrules.explain.phrases import counted
from govrules.registers.grids import Grid, has_grid, open_grid
from govrules.registers.guesses import Guess, guess, is_answered, joining, shown_text
from govrules.registers.headings import Headings
from govrules.registers.layouts import header_of, lay_out, lies_on_its_side
from govrules.registers.mapping_text import Proposal, ProposedColumn
from govrules.registers.sheets import alike, open_table
from govrules.registers.sources import Layout, OpenedTable, suffix_of
from govrules.registers.tables import Table, blank, fold_heading, headings_of
from govrules.subjects import Declared

_TOTALS: Final = re.compile(r"(grand |sub-?)?totals?|sum", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"(?P<before>.*?)\s*(?P<number>[0-9]{1,2})\s*(?P<after>.*)")
_LONGEST_EXAMPLE: Final = 40
#: What heads a column of questions.
_ASKED: Final = frozenset({"requirement", "question", "criterion", "criteria", "standard"})
#: What heads a column that says where something stands, and is no body that answers.
_REFERS: Final = re.compile(
    r"(no|nos|number|ref|reference|id|section|paragraph|para|page|source|weight(ing)?|(further )?"
    r"guidance|document)s?\b\.?.*",
    re.IGNORECASE,
)
_SHOWN: Final = 3


def propose(
    file: str,
    declared: Declared,
    *,
    table: str = "",
    name: str = "",
    headings: Path | None = None,
) -> Proposal:
    """
    Return what is proposed for a table.

    Args:
        file: the table's file.

        declared: the local and derived facts that columns may hold.

        table: the sheet or table; the sheet whose headings are most like facts if not given.

        name: what the file is called in the mapping.

        headings: a file of what registers call facts, whose words count before the shipped ones.

    Raises:
        FactsError: a file cannot be read.
    """
    proposer = _Proposer(Headings(declared, headings), name or file)
    proposer.propose(file, table)
    return proposer.proposal


def proposal_of(
    file: str, opened: OpenedTable, mapping: Mapping[str, Any], declared: Declared
) -> Proposal:
    """
    Return an existing mapping as a proposal, for a person to look over.

    Args:
        file: what the table's file is called.

        opened: the table.

        mapping: what the mapping says, as plain data.

        declared: the local and derived facts that columns may hold.
    """
    proposer = _Proposer(Headings(declared), file)
    proposer.describe(opened.table, mapping)
    return proposer.proposal


class _Proposer:
    """Collects what is proposed."""

    def __init__(self, headings: Headings, file: str) -> None:
        self.headings = headings
        self.proposal = Proposal(file)
        self.taken: set[str] = set()
        self.in_cells: set[str] = set()

    # ── Which table, and how it is laid out ──

    def propose(self, file: str, table: str) -> None:
        settings = self.proposal.settings
        grid: Grid | None = None
        layout = Layout(table=table)
        if has_grid(file):
            grid, layout = self._laid_out(file, layout)
            opened = lay_out(grid, layout)
        else:
            opened = open_table(file, layout)
            if layout.table:
                settings["table"] = layout.table
        self._columns(opened.table)
        if layout.sideways and grid is not None:
            self._names_across(opened.table, header_of(grid)[1] - 1)
        self._notes(opened)
        if grid is not None and grid.others:
            self._other_sheets(file, grid, opened.table, layout)
        self._end(opened.table)

    def _laid_out(self, file: str, layout: Layout) -> tuple[Grid, Layout]:
        """Open a file in its likely layout, noting the settings."""
        settings = self.proposal.settings
        try:
            grid = open_grid(file, layout, first=True)
        except FactsError as error:
            # Only what is no UTF-8 is worth a second look.
            if "UTF-8" not in str(error):
                raise
            layout = attrs.evolve(layout, encoding="cp1252")
            grid = open_grid(file, layout)
        if grid.sheet and not layout.table:
            chosen = max(
                (grid, *(each for name, each in grid.others.items() if name not in grid.hidden)),
                key=self._likeness,
            )
            if chosen is not grid:
                grid = open_grid(file, attrs.evolve(layout, table=chosen.sheet))
        layout = attrs.evolve(layout, table=grid.sheet)
        if grid.sheet:
            settings["table"] = grid.sheet
        side = lies_on_its_side(grid, self.headings.is_fact) or self._asked_of_one(grid)
        layout = attrs.evolve(layout, header=side or header_of(grid), sideways=side is not None)
        first, last = layout.header
        if side:
            settings["sideways"] = "yes"
            self.proposal.notes.append(
                "The table lies on its side: questions run down it, and each column is one body."
            )
        if last > 1:
            settings["header"] = f"{last}" if first == last else f"{first}-{last}"
        if layout.encoding != "utf-8":
            settings["encoding"] = layout.encoding
        usual = "\t" if suffix_of(file) == ".tsv" else ","
        if grid.delimiter and grid.delimiter != usual:
            settings["delimiter"] = "tab" if grid.delimiter == "\t" else grid.delimiter
            layout = attrs.evolve(layout, delimiter=grid.delimiter)
        return grid, layout

    def _asked_of_one(self, grid: Grid) -> tuple[int, int] | None:
        """Return the column of questions, twice, of a table with bodies across; else None."""
        first, last = header_of(grid)
        heads = headings_of([*grid.rows][first - 1 : last])
        meant = {meaning.path for head in heads if head for meaning in self.headings.meanings(head)}
        asked = [at for at, each in enumerate(heads) if each.casefold().rstrip("s") in _ASKED]
        return (asked[0] + 1, asked[0] + 1) if asked and "name" not in meant else None

    def _likeness(self, grid: Grid) -> int:
        """Return the number of a sheet's headings that certainly are facts."""
        try:
            table = lay_out(grid, Layout(grid.sheet, header_of(grid))).table
        except FactsError:
            return -1
        certain = {
            meaning.path
            for heading in table.headings
            for meaning in self.headings.meanings(heading)[: 1 if heading else 0]
            if meaning.sure and not self.headings.paths[meaning.path].list
        }
        # A sheet of partners refers to partnerships, and one of partnerships names them.
        return len(certain) + (len(self.headings.paths) if "name" in certain else 0)

    # ── What the columns hold ──

    def _columns(self, table: Table) -> None:
        other = self.headings.other_record(table.headings)
        if other is not None:
            kind, heads = other
            words = ", ".join(f"`{each}`" for each in heads)
            self.proposal.notes.append(
                f"A row seems to be a {kind} and no partnership ({words}): nothing is proposed."
            )
            self.proposal.columns = [
                self._column(table, at, None) for at, each in enumerate(table.headings) if each
            ]
            return
        chosen = self._numbered(table)
        found = {
            at: self._guesses(heading, table.columns[at])
            for at, heading in enumerate(table.headings)
            if at not in chosen and heading
        }
        # The surest of all columns chooses first.
        ranked = sorted(
            ((one, rank, at) for at, its in found.items() for rank, one in enumerate(its)),
            key=lambda each: (not each[0].sure, each[1], -each[0].fit, each[2]),
        )
        for one, _, at in ranked:
            if at not in chosen and not self._is_taken(one.path):
                chosen[at] = self._take(one)
        self._one_partner_a_row(table, chosen)
        self._rivals(table, chosen)
        self.proposal.columns += [
            self._column(table, at, chosen.get(at))
            for at in range(len(table.headings))
            if at in chosen or not table.is_blank(at)
        ]

    def _rivals(self, table: Table, chosen: dict[int, Guess]) -> None:
        """Make proposals uncertain where two columns claim one fact."""
        for other, heading in enumerate(table.headings):
            if other in chosen or not heading or table.is_blank(other):
                continue
            meant = {meaning.path for meaning in self.headings.meanings(heading) if meaning.sure}
            for at, one in chosen.items():
                if one.path in meant:
                    chosen[at] = attrs.evolve(one, sure=False)
                    self.proposal.notes.append(
                        f"`{table.named(at)}` and `{table.named(other)}` may both hold "
                        f"`{one.path}`: one column can be read as it."
                    )

    def _names_across(self, table: Table, at: int) -> None:
        """Take the column headings of a transposed table for partnerships' names."""
        if "name" in self.taken or at >= len(table.headings) or not table.headings[at]:
            return
        column = next(
            (each for each in self.proposal.columns if each.heading == table.named(at)), None
        )
        cells = [shown_text(each) for each in table.columns[at] if not blank(each)]
        refer = [cell for cell in cells if _REFERS.fullmatch(cell)]
        bodies = [cell.casefold() for cell in cells if cell not in refer]
        if column is None or column.about or not bodies:
            return
        if refer:
            skip = {"column": table.named(at), "is": [*dict.fromkeys(refer)]}
            self.proposal.settings["skip"] = [skip]
        column.about = {"fact": "name"}
        # What heads the answers of one body may be no name.
        if len(bodies) < 2 or len({*bodies}) < len(bodies):  # noqa: PLR2004 - one
            column.about["unsure"] = "yes"
        self.taken.add("name")

    def _take(self, one: Guess) -> Guess:
        self.taken.add(one.path)
        listed = self.headings.paths[one.path].list
        if listed:
            self.in_cells.add(listed)
        return one

    def _is_taken(self, path: str) -> bool:
        # A cell that holds several records is all that is said of its list.
        return path in self.taken or self.headings.paths[path].list in self.in_cells

    def _column(self, table: Table, at: int, one: Guess | None) -> ProposedColumn:
        heading = table.headings[at]
        column = ProposedColumn(table.named(at), samples=examples(table.columns[at]))
        likely = self.headings.like(heading)
        if one is not None:
            column.about = {"fact": one.path, **one.cell_format}
            if not one.sure:
                column.about["unsure"] = "yes"
            column.unread = one.unread
            likely = [re.sub(r"\[[0-9]+\]", "[]", one.path), *likely]
        column.likely = tuple(dict.fromkeys(likely))
        return column

    def _guesses(
        self,
        heading: str,
        cells: Sequence[Any],
        inner: str = "",
        *,
        alone: bool = False,
    ) -> list[Guess]:
        """Return candidates for a column, likeliest first; of one list only, if named."""
        meanings = self.headings.meanings(heading, answered=is_answered(cells))
        if inner:
            singular = inner.removesuffix("s")
            meanings += self.headings.meanings(f"{singular} {heading}")
            meanings = [meaning for meaning in meanings if meaning.path.startswith(f"{inner}[].")]
            meanings.sort(key=lambda each: not each.sure)
        found = []
        for each in dict.fromkeys(meanings):
            path, words = self.headings.paths.get(each.path), self.headings.values(each.path)
            one = guess(heading, path, each, cells, words, alone=alone) if path else None
            found += [one] if one is not None else []
        if len(found) > 1 and found[0].fit < found[1].fit:
            found.sort(key=lambda each: -each.fit)
        return found

    def _numbered(self, table: Table) -> dict[int, Guess]:
        """Return columns such as `Partner 1`, `Partner 2`: one fact of several records."""
        groups: dict[str, list[tuple[int, int]]] = {}
        for at, heading in enumerate(table.headings):
            found = _NUMBERED.fullmatch(heading)
            if found:
                stem = fold_heading(f"{found['before']} {found['after']}").casefold()
                groups.setdefault(stem, []).append((int(found["number"]), at))
        guesses: dict[int, Guess] = {}
        for stem, members in groups.items():
            numbers = [number for number, _ in members]
            if len(members) < 2 or len(set(numbers)) < len(numbers):  # noqa: PLR2004 - one is no list
                continue
            cells = [cell for _, at in members for cell in table.columns[at]]
            best = [
                each
                for each in self._guesses(stem, cells, alone=True)
                if self.headings.paths[each.path].list and each.path not in self.taken
            ]
            if not best:
                continue
            self.taken.add(best[0].path)
            for number, at in members:
                path = best[0].path.replace("[]", f"[{number - min(numbers)}]")
                guesses[at] = attrs.evolve(best[0], path=path)
        for each in guesses.values():
            self.in_cells.add(each.path.partition("[")[0])
        return guesses

    # ── One partner a row ──

    def _one_partner_a_row(self, table: Table, chosen: dict[int, Guess]) -> None:
        """Detect several rows for one partnership: blank or repeated names below the first."""
        naming = [at for at, each in chosen.items() if each.path == "name"] or [
            at for at, each in chosen.items() if each.path == "id"
        ]
        listed = [at for at, each in chosen.items() if each.path.startswith("partners[].")]
        if not naming or not listed or len(table.numbers) <= 1:
            return
        names = [_said(each) for each in table.columns[naming[0]]]
        going_on = [
            row
            for row in range(1, len(names))
            if names[row] in ("", names[row - 1]) and not blank(table.columns[listed[0]][row])
        ]
        if len(going_on) * 5 < len(names):
            return
        self.proposal.settings["rows"] = "partners"
        self.in_cells.discard("partners")
        for at, heading in enumerate(table.headings):
            if not heading or (at in chosen and at not in listed and chosen[at].path != "nature"):
                continue
            alone = self._guesses(heading, table.columns[at], "partners", alone=True)
            fresh = [each for each in alone if at in listed or each.path not in self.taken]
            if fresh:
                chosen[at] = fresh[0]
                self.taken.add(fresh[0].path)

    # ── What else there is ──

    def _notes(self, opened: OpenedTable) -> None:
        table = opened.table
        notes = self.proposal.notes
        for what, numbers in opened.aside.items():
            shown = ", ".join(map(str, numbers[:_SHOWN])) + (" …" if numbers[_SHOWN:] else "")
            notes.append(f"Left out: {counted(len(numbers), 'row')} {what} ({shown}).")
        notes += opened.notes
        named = any(each.about.get("fact") == "name" for each in self.proposal.columns)
        if not named and table.numbers:
            notes.append("No column names a partnership: the rows may be none.")
        for column in self.proposal.columns:
            if column.about.get("fact") not in ("id", "name") or "rows" in self.proposal.settings:
                continue
            [at] = table.find(column.heading)[:1]
            numbered = Counter(said for each in table.columns[at] if (said := _said(each)))
            # What few rows have is no reference of theirs.
            few = numbered.total() * 2 < len(table.columns[at])
            if few or (not named and column.heading != "id"):
                column.about["unsure"] = "yes"
            twice = [each for each, number in numbered.items() if number > 1]
            if twice:
                rows = [
                    str(table.numbers[row])
                    for row, each in enumerate(table.columns[at])
                    if _said(each) == twice[0]
                ]
                first = next(
                    shown_text(each) for each in table.columns[at] if _said(each) == twice[0]
                )
                more = f", and {len(twice) - 1} more so" if twice[1:] else ""
                notes.append(
                    f"`{first}` stands in rows {' and '.join(rows[:_SHOWN])} of `{column.heading}`"
                    f"{more}: a row may not be one partnership."
                )
                if column.about["fact"] == "id":
                    column.about["unsure"] = "yes"
        skip = self._skips(table)
        if skip:
            self.proposal.settings.setdefault("skip", []).append(skip)

    def _skips(self, table: Table) -> dict[str, Any] | None:
        """Return the rows that may be totals."""
        for at, cells in enumerate(table.columns):
            words = {
                fold_heading(cell)
                for cell in cells
                if isinstance(cell, str) and _TOTALS.fullmatch(fold_heading(cell))
            }
            if words and table.headings[at]:
                return {"column": table.named(at), "is": sorted(words), "unsure": "yes"}
        return None

    def _other_sheets(self, file: str, grid: Grid, table: Table, layout: Layout) -> None:
        """Look for continuations and partner lists in other sheets."""
        settings = self.proposal.settings
        same = alike(grid, table.headings, layout)
        if same:
            settings["table"] = [layout.table, *same]
        for name in grid.others:
            if name in same:
                continue
            hidden = ", which is hidden," if name in grid.hidden else ""
            if name in grid.hidden or not self._join(file, name, table):
                self.proposal.notes.append(f"The sheet `{name}`{hidden} is not read.")

    def _join(self, file: str, name: str, table: Table) -> bool:
        """Propose another sheet as the list of partners, if its rows join."""
        settings = self.proposal.settings
        told = "rows" in settings or "partners" in settings.get("lists", {})
        if told or "partners" in self.in_cells:
            return False
        try:
            grid = open_grid(file, Layout(name))
            header = header_of(grid)
            other = lay_out(grid, Layout(name, header)).table
        except FactsError:
            return False
        joins = joining(table, other)
        if joins is None:
            return False
        mine, its = joins
        columns: dict[str, Any] = {}
        used: set[str] = set()
        for at, heading in enumerate(other.headings):
            if at == its or not heading:
                continue
            best = [
                each
                for each in self._guesses(heading, other.columns[at], "partners", alone=True)
                if each.path not in used
            ]
            if best:
                used.add(best[0].path)
                about: dict[str, Any] = {"fact": best[0].path.partition("[].")[2]}
                about |= best[0].cell_format
                if not best[0].sure:
                    about["unsure"] = "yes"
                columns[other.named(at)] = about
        if not used:
            return False
        self.taken |= used
        first, last = header
        self.proposal.settings.setdefault("lists", {})["partners"] = {
            "unsure": "yes",
            "complete": "no",
            "table": name,
            **({"header": f"{last}" if first == last else f"{first}-{last}"} if last > 1 else {}),
            "key": other.named(its),
            "joins": table.named(mine),
            "columns": columns,
        }
        return True

    def _end(self, table: Table) -> None:
        settings = self.proposal.settings
        if "rows" in settings:
            self.in_cells.add("partners")
        for each in sorted(self.in_cells):
            settings.setdefault("lists", {}).setdefault(each, {"complete": "no"})
        if not table.numbers:
            self.proposal.notes.append("The table has headings, and no row below them.")
        self._vocabulary()

    def _vocabulary(self) -> None:
        proposal = self.proposal
        for path, found in self.headings.paths.items():
            proposal.questions[path] = found.fact.question
            values = getattr(found.fact.type, "values", ())
            if values:
                proposal.choices[path] = tuple(values)
        said = {
            re.sub(r"\[[0-9]+\]", "[]", column.about["fact"])
            for column in proposal.columns
            if column.about
        } | self.taken
        proposal.not_found = [question for question in proposal.questions if question not in said]

    # ── A mapping that is there ──

    def describe(self, table: Table, mapping: Mapping[str, Any]) -> None:
        """Set a mapping that is there beside its table."""
        given = {
            fold_heading(key).casefold(): (key, each) for key, each in mapping["columns"].items()
        }
        ignored = {fold_heading(each).casefold() for each in mapping.get("ignored", ())}
        for at, heading in enumerate(table.headings):
            names = [each.casefold() for each in (table.named(at), heading)]
            key, about = next((given.pop(name) for name in names if name in given), ("", None))
            if about is None and table.is_blank(at):
                continue
            column = self._column(table, at, None)
            if about is not None:
                column.heading = key
                column.about = {"fact": about} if isinstance(about, str) else dict(about)
                fact = re.sub(r"\[[0-9]+\]", "[]", column.about["fact"])
                column.likely = tuple(dict.fromkeys((fact, *column.likely)))
            column.ignored = bool(ignored & {*names})
            ignored -= {*names}
            self.proposal.columns.append(column)
        for key, about in given.values():
            self.proposal.columns.append(
                ProposedColumn(key, {"fact": about} if isinstance(about, str) else dict(about))
            )
        self.proposal.columns += [
            ProposedColumn(each, ignored=True)
            for each in mapping.get("ignored", ())
            if fold_heading(each).casefold() in ignored
        ]
        self.proposal.settings = {
            key: value
            for key, value in mapping.items()
            if key not in ("govrules", "columns", "ignored")
        }
        self._vocabulary()


def examples(cells: Sequence[Any]) -> tuple[str, ...]:
    """Return some distinct short cells of a column."""
    seen = dict.fromkeys(shown_text(cell) for cell in cells if not blank(cell))
    return tuple(_short(each) for each in [*seen][:_SHOWN])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 2].rstrip()} …"


def _said(cell: object) -> str:
    return "" if blank(cell) else shown_text(cell).casefold()

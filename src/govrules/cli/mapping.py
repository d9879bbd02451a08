"""`govrules map`: what is proposed, or a mapping that is there, written out or shown at work."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from govrules.cli.output import FINE, Stop, emit, show, warn, write
from govrules.diagnostics import Diagnostic, did_you_mean
from govrules.errors import FactsError
from govrules.explain.phrases import counted
from govrules.facts import annotation, names_of, recorded
from govrules.model import Partnership
from govrules.own import base_of
from govrules.portfolio import entries_of
from govrules.reading import Read, declared_by
from govrules.registers.mapping import read_mapping, read_mapping_text
from govrules.registers.mapping_book import mapping_book
from govrules.registers.mapping_nodes import is_workbook, nodes_of
from govrules.registers.mapping_text import Proposal, mapping_text, plain_of
from govrules.registers.propose import proposal_of, propose
from govrules.registers.read import columns_of, read_source
from govrules.registers.sheets import open_table
from govrules.registers.sources import split_name
from govrules.registers.tables import RowOrigin, blank
from govrules.render.advice import fact_of_path, noun_phrase
from govrules.render.plain import plain
from govrules.rulebook.ast import Rulebook
from govrules.subjects import words_of
from govrules.truth import UNKNOWN
from govrules.visible import argument

_LONGEST: Final = 60


class Mapper:
    """
    A register with its proposed or given mapping.

    Args:
        register: the register's file.

        rulebook: the rules that declare local and derived facts.

        mapping: a mapping that is there; None to propose one.

        table: the sheet or table.

        headings: a file of what registers call facts.
    """

    def __init__(
        self,
        register: Path,
        rulebook: Rulebook,
        *,
        mapping: Path | None,
        table: str,
        headings: Path | None,
    ) -> None:
        self.declared = declared_by(rulebook)
        of_partnerships = base_of(self.declared.cls) is Partnership
        if of_partnerships and columns_of(register, table) is not None:
            raise Stop(
                f"`{register}` has facts as its columns, and needs no mapping",
                f"`govrules check {argument(register)}` reads it as it is",
            )
        self.register = register
        self.rulebook = rulebook
        self.mapping = mapping
        self.file, named = split_name(str(register))
        self.table = table or named
        self.proposal = self._proposal(headings)

    def _proposal(self, headings: Path | None) -> Proposal:
        if self.mapping is None:
            return propose(self.file, self.declared, table=self.table, headings=headings)
        given = read_mapping(self.mapping, self.declared)
        node, _ = nodes_of(self.mapping)
        assert node is not None  # noqa: S101 - it was read before
        layout = given.sheet.layout
        if self.table:
            layout = attrs.evolve(layout, table=self.table, further=())
        return proposal_of(self.file, open_table(self.file, layout), plain_of(node), self.declared)

    def write(self, output: Path | None) -> int:
        """Print or write the mapping, as a workbook where the output is called one."""
        if output is not None and is_workbook(output):
            if output.suffix.lower() != ".xlsx":
                raise Stop(
                    f"no workbook is written as `{output.suffix}`",
                    f"name it `{output.with_suffix('.xlsx')}`",
                )
            write(output, mapping_book(self.proposal))
        else:
            emit(mapping_text(self.proposal, confirmed=self.mapping is not None), output)
        if output is not None:
            these = f"{argument(self.register)} --mapping {argument(output)}"
            left = sum(not column.about and not column.ignored for column in self.proposal.columns)
            emit(
                f"wrote {output}: {counted(self.proposal.unsure, 'proposal')} to confirm, "
                f"{counted(left, 'column')} left over\n\n"
                "Try next:\n"
                f"  govrules map {these} --preview\n"
                f"  govrules check {these}\n"
            )
        return FINE

    def preview(self, entries: Collection[str], output: Path | None) -> None:
        """Print how one partnership is read, cell by cell."""
        unsure = {column.heading for column in self.proposal.columns if column.unsure}
        for column in self.proposal.columns:
            column.about.pop("unsure", None)
        text = mapping_text(self.proposal)
        name = str(self.mapping) if self.mapping is not None else "the proposal"
        read = read_source(
            self.file,
            mapping=read_mapping_text(text, name, self.declared),
            table=self.table,
            rulebook=self.rulebook,
        )
        found = entries_of(read.subject)
        if entries:
            found = tuple(each for each in found if {*names_of(each)} & {*entries})
        if not found:
            wanted = next(iter(entries), "")
            names = [name for entry in entries_of(read.subject) for name in names_of(entry)]
            what = words_of(self.declared.cls)
            raise Stop(
                f"no {what} is called `{wanted}`" if wanted else f"no row gives a {what}",
                f"{did_you_mean(wanted, names) or 'look at the layout of the mapping'}",
            )
        warn(read.notes)
        lines = _lines(found[0], read, unsure)
        show(((line, "") for line in lines), output)


def _lines(
    entry: Any,  # noqa: ANN401 - a subject of any class
    read: Read,
    unsure: Collection[str],
) -> Iterator[str]:
    origin = getattr(entry, "origin", None)
    if not isinstance(origin, RowOrigin):
        raise FactsError("the table", "rows", "a document")
    table, row = origin.places.table, origin.row
    yield f"{table.place(row)}: {_said(getattr(entry, 'name', UNKNOWN))}"
    paths = origin.by_column()
    for at in range(len(table.headings)):
        cell = table.columns[at][row]
        named = table.named(at)
        if named.startswith("\0") or (not table.headings[at] and blank(cell)):
            continue
        mark = ", to confirm" if named in unsure else ""
        yield f"  {named}: {_cell(cell)}"
        found = paths.get(at, [])
        for path in found:
            fact = fact_of_path(path, type(entry))
            words = path if fact is None else noun_phrase(fact)
            yield f"    {words} ({path}{mark}): {_said(_value(entry, path))}"
        if not found:
            yield "    no fact is read from it" if not blank(cell) else "    nothing to read"
        for problem in _of_cell(read.warnings, str(table.place(row, at)), named):
            yield f"    {problem.message.partition(' (`')[0]}"
    for name, places in origin.places.lists.items():
        if places.joined is not None:
            rows = places.joined[1][row]
            yield f"  {name}: {len(rows)} rows of {places.joined[0].table.place()}"
            for index in range(len(rows)):
                record = _value(entry, f"{name}[{index}]")
                facts = (
                    f"{path}: {_said(_value(record, path))}" for path in places.joined[0].columns
                )
                yield f"    {'; '.join(facts)}"


def _of_cell(found: Sequence[Diagnostic], place: str, heading: str) -> Iterator[Diagnostic]:
    for each in found:
        if str(each.span) == place and f"column `{heading}`" in each.message:
            yield each


def _cell(cell: object) -> str:
    if blank(cell):
        return "(empty)"
    text = " ".join(str(cell).split())
    return f"`{text if len(text) <= _LONGEST else f'{text[: _LONGEST - 2]} …'}`"


def _value(record: Any, path: str) -> Any:  # noqa: ANN401 - any fact's value
    """Return the value at a path of a record, stated derived facts included."""
    found = recorded(record, path)
    return annotation(record, "stated").get(path, UNKNOWN) if found is UNKNOWN else found


def _said(value: object) -> str:
    if value is UNKNOWN:
        return "unknown"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = plain(value) if not attrs.has(type(value)) else "there is one"
    return ", ".join(map(str, shown)) if isinstance(shown, list) else str(shown)

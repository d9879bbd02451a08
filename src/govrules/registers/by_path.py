"""Rows of tables whose headings are paths of facts, as subjects of any class."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from govrules.decode.states import VALUE, fold, state_of
from govrules.diagnostics import Code, did_you_mean
from govrules.explain.phrases import counted
from govrules.nodes import Entries, Items, Node, Report, Scalar, move
from govrules.portfolio import entries_of
from govrules.reading import Read, declared_by, listed, node_of, read_result
from govrules.registers.sources import OpenedTable, refuse
from govrules.registers.tables import blank
from govrules.rulebook.ast import Rulebook
from govrules.subjects import SubjectReader, words_of
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choices, vocabulary_of


def read_rows(opened: OpenedTable, cls: type, rulebook: Rulebook | None) -> Read:
    """
    Read each row of a table as a subject.

    Args:
        opened: the table; its headings are paths of facts.

        cls: the class of the subjects.

        rulebook: the rules, which declare local and derived facts.

    Raises:
        FactsError: no heading is the path of a fact.
    """
    table = opened.table
    report = Report(table.file)
    declared = declared_by(rulebook)
    named = {
        *vocabulary_of(cls).facts,
        *(name for name, (_, owner) in declared.derived.items() if owner is cls),
    }
    known = {fold(path): path for path in named}
    columns = [(at, known.get(fold(each))) for at, each in enumerate(table.headings)]
    read = [(at, path) for at, path in columns if path is not None]
    if not read:
        refuse(
            Code.NOT_A_SUBJECT,
            table.place(),
            f"no heading is the name of a fact of a {words_of(cls)}",
            "give each column the path of its fact as its heading",
        )
    for at, path in columns:
        if path is None and table.headings[at]:
            report.add(
                Code.COLUMN_NOT_MAPPED,
                f"no fact is called `{table.headings[at]}`, so that nothing is read from it",
                None,
                did_you_mean(table.headings[at], named) or "name the column as its fact",
            )
    facts = vocabulary_of(cls).facts.items()
    sets = {path for path, fact in facts if isinstance(fact.type, Choices)}
    rows: list[Node] = []
    for row, number in enumerate(table.numbers):
        cells = [(path, table.columns[at][row]) for at, path in read]
        if not all(blank(cell) for _, cell in cells):
            rows.append(_row(cells, number, sets, report))
    register = listed(rows, SubjectReader(report, declared, lenient=True), cls, rulebook)
    report.diagnostics += opened.problems
    what = counted(len(entries_of(register)), words_of(cls))
    tally = f"{table.file}: {counted(table.height, 'row')}, {what}"
    blanks = table.height - len(rows)
    tally += f"; {blanks:,} blank" if blanks else ""
    return read_result(register, UNKNOWN, report.in_order(), (tally, *opened.notes))


def _row(cells: list[tuple[str, Any]], number: int, sets: Collection[str], report: Report) -> Node:
    entries: list[tuple[Scalar, Node]] = []
    for path, cell in cells:
        node: Node = _word("unknown") if blank(cell) else node_of(cell, report)
        if path in sets and isinstance(node, Scalar) and state_of(fold(node.text)) is VALUE:
            # What a cell says of a set is not all that there is.
            parts = [each.strip() for each in _PARTED.split(node.text) if each.strip()]
            node = Items([*map(_word, parts), _word("unknown")], 0, 0)
        entries.append((_word(path), node))
    whole = Entries(entries, 0, 0)
    move(whole, number)
    return whole


def _word(text: str) -> Scalar:
    return Scalar(text, plain=True, line=0, column=0)


#: What parts the values of a set in a cell.
_PARTED: Final = re.compile(r"[;,|\n]")

"""Read whatever holds a register: a document of facts, or a table with a mapping."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from govrules.decode.values import CellFormat
from govrules.diagnostics import Code, Diagnostic, did_you_mean, read_place
from govrules.errors import FactsError, GovrulesError
from govrules.explain.phrases import counted
from govrules.extensions import READERS, failed, loaded
from govrules.files import lies_in
from govrules.gc_pause import gc_paused
from govrules.model import Partnership, Register
from govrules.nodes import Report
from govrules.own import base_of
from govrules.portfolio import entries_of
from govrules.reading import (
    Read,
    class_of,
    declared_by,
    read_result,
    read_subject,
    read_values,
)
from govrules.registers.build import build
from govrules.registers.by_path import read_rows
from govrules.registers.columnar import Columns, columns_in
from govrules.registers.grouped import one_a_row
from govrules.registers.json_lines import read_lines_of_facts
from govrules.registers.json_rows import table_of
from govrules.registers.layouts import without_group_headings
from govrules.registers.mapping import (
    JoinedSheet,
    MappedColumn,
    MappedSheet,
    TableMapping,
    read_mapping,
)
from govrules.registers.own_schema import COLUMNS, arrow_table, in_memory, stored, whole_table
from govrules.registers.paths import path_of
from govrules.registers.rows import RowsRead
from govrules.registers.sheets import open_table
from govrules.registers.sources import (
    DOCUMENTS,
    LINES,
    TABLES,
    Layout,
    OpenedTable,
    check_file,
    refuse,
    split_name,
    suffix_of,
)
from govrules.registers.tables import Table
from govrules.rulebook.ast import Rulebook
from govrules.subjects import Declared, words_of
from govrules.truth import UNKNOWN
from govrules.visible import argument

#: What a table in memory is called in findings and problems.
IN_MEMORY = "table"


def read(
    source: Any,  # noqa: ANN401 - whatever holds facts
    *,
    mapping: str | Path | None = None,
    table: str = "",
    rulebook: Rulebook | None = None,
    name: str = "",
    kind: str = "",
    strict: bool = False,
) -> Read:
    """
    Read a partnership or a register, wherever it is.

    Args:
        source: a path (YAML, JSON, JSON Lines, CSV, XLSX and other workbooks, Parquet, Arrow,
            DuckDB, and what installed packages read); a mapping of facts; a list of them, which is
            a register; or a table in memory,
            of pandas, Polars, DuckDB, PyArrow or whatever else gives its data as Arrow or by the
            dataframe interchange protocol. It is gone through once.

        mapping: the file that says what the columns of a table hold; without it a column is read
            whose heading is the path of a fact.

        table: the sheet or table, where a file holds several.

        rulebook: the rules, where local or derived facts that they declare are given.

        name: what messages call a source that is no file.

        kind: of which of the rulebook's kinds of subject the facts are; where it is not said, of
            the kind that the rules are about.

        strict: whether what is otherwise a warning, or left out, is an error.

    Raises:
        FactsError: it cannot be used; it carries every problem found, each with the fact's path.

    >>> read({"name": "Care pool", "funding": {"pooled": "yes"}}).subject.funding.pooled
    True
    """
    if isinstance(source, (str, Path)):
        found = read_source(source, mapping=mapping, table=table, rulebook=rulebook, kind=kind)
        return found.strictly(str(source)) if strict else found
    found = _read_held(source, mapping, rulebook, name, kind)
    return found.strictly(name) if strict else found


def _read_held(
    source: Any,  # noqa: ANN401 - whatever holds facts
    mapping: str | Path | TableMapping | None,
    rulebook: Rulebook | None,
    name: str,
    kind: str,
) -> Read:
    """Read what a program holds; see `read`."""
    if _is_table(source):
        return _read_memory(source, mapping, rulebook, name, kind)
    if isinstance(source, (Mapping, list, tuple)) or attrs.has(type(source)):
        if mapping is None:
            return read_values(source, name=name, rulebook=rulebook, kind=kind)
        rows = [source] if isinstance(source, Mapping) else [*source]
        declared = declared_by(rulebook, kind)
        return _read_table(table_of(rows, name or IN_MEMORY), mapping, declared, "")
    expected = "a path, a mapping, a list of mappings, or a table"
    lazy = ", which has to be collected first" if hasattr(source, "collect") else ""
    raise FactsError(name or "source", expected, f"{type(source).__name__}{lazy}")


def read_register(
    source: Any,  # noqa: ANN401 - a path, or whatever gives its data as Arrow does
    *,
    mapping: str | Path | None = None,
    table: str = "",
    rulebook: Rulebook | None = None,
) -> Register:
    """
    Read a register; `read` takes the same, and also says what could not be read.

    Args:
        source: a file, a list of mappings, or a table in memory.

        mapping: the file that says what the columns of a table hold.

        table: the sheet or table, where the file holds several.

        rulebook: the rules, where the register gives local or derived facts that they declare.

    Raises:
        FactsError: it cannot be used; it carries every problem found. What could not be read of
            single cells is no error: those facts are unknown.
    """
    found = read(source, mapping=mapping, table=table, rulebook=rulebook)
    named = str(source) if isinstance(source, (str, Path)) else IN_MEMORY
    if found.problems:
        raise FactsError(named, "facts", "problems", found.problems)
    if not isinstance(found.subject, Register):
        raise FactsError(named, "a register", "a partnership")
    return found.subject


def _is_table(source: object) -> bool:
    return any(
        hasattr(source, each)
        for each in ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__", "to_arrow_table")
    )


def _read_memory(
    source: Any,  # noqa: ANN401 - a table of any library
    mapping: str | Path | TableMapping | None,
    rulebook: Rulebook | None,
    name: str,
    kind: str,
) -> Read:
    name = name or IN_MEMORY
    # A stream can be read once, and gives nothing the second time.
    whole = whole_table(source, name)
    cls = class_of(rulebook, kind)
    own = base_of(cls) not in (Partnership, Register)
    if own and mapping is None:
        return read_rows(arrow_table(whole, name), cls, rulebook)
    columns = columns_in(in_memory(whole, name)) if mapping is None else None
    if columns is not None:
        return columns.read(rulebook)
    return _read_table(arrow_table(whole, name), mapping, declared_by(rulebook, kind), "")


def read_source(
    source: str | Path,
    *,
    mapping: str | Path | TableMapping | None = None,
    table: str = "",
    rulebook: Rulebook | None = None,
    kind: str = "",
    only: Collection[str] = (),
) -> Read:
    """
    Read whatever a file holds: a partnership, or a register in any of the formats.

    Of a file of columns only the partnerships are read whose ids or names are in `only`, if any.

    Raises:
        FactsError: the file cannot be used; it carries every problem found.
    """
    file, named = split_name(str(source))
    suffix = suffix_of(file)
    cls = class_of(rulebook, kind)
    own = base_of(cls) not in (Partnership, Register)
    if suffix not in (*DOCUMENTS, *TABLES):
        of_reader = _read_elsewhere(file, suffix)
        if of_reader is not None:
            return _read_held(of_reader, mapping, rulebook, file, kind)
    if mapping is None and suffix in LINES and not named and not own:
        return read_lines_of_facts(file, declared_by(rulebook))
    if suffix not in TABLES and (mapping is None or suffix != ".json"):
        return _read_document(file, suffix, mapping, table or named, rulebook=rulebook, kind=kind)
    if own and mapping is None:
        with gc_paused():
            return read_rows(open_table(file, _layout(Layout(), table or named)), cls, rulebook)
    columns = columns_of(source, table) if mapping is None else None
    if columns is not None:
        return columns.read(rulebook, only)
    declared = declared_by(rulebook, kind)
    said = read_mapping(mapping, declared) if isinstance(mapping, (str, Path)) else mapping
    layout = _layout(said.sheet.layout if said else Layout(), table or named)
    with gc_paused():
        return _read_table(open_table(file, layout), said, declared, file)


def _read_elsewhere(file: str, suffix: str) -> Any:  # noqa: ANN401 - what `read` takes
    """Return what the reader of an installed package makes of a file; None where none reads it."""
    reader = loaded(READERS, suffix.removeprefix(".")) if Path(file).is_file() else None
    if reader is None:
        return None
    try:
        return reader(Path(file))
    except GovrulesError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a package's code raises
        said = failed(READERS, suffix.removeprefix("."), "failed", error)
        refuse(Code.UNREADABLE_FILE, file, str(said), "ask those who made the package")


def columns_of(source: str | Path, table: str = "") -> Columns | None:
    """
    Return the columns of a file that is laid out as `schema_of` says; None for any other.

    Args:
        source: a Parquet file, an Arrow file or a DuckDB database.

        table: the table, where a database holds several.

    Raises:
        FactsError: the file is of one of these kinds and cannot be used; it carries every problem
            found.
    """
    file, named = split_name(str(source))
    suffix = suffix_of(file)
    if suffix not in COLUMNS:
        return None
    check_file(file, file, suffix)
    return columns_in(stored(file, file, table or named))


def _read_document(
    file: str, suffix: str, mapping: object, table: str, *, rulebook: Rulebook | None, kind: str
) -> Read:
    if suffix not in DOCUMENTS and suffix and Path(file).is_file():
        save = "save it as .csv, .xlsx, .yaml or .json"
        refuse(
            Code.UNREADABLE_TABLE,
            file,
            f"files that end in `{suffix}` are not read",
            did_you_mean(suffix, (*DOCUMENTS, *TABLES), otherwise=save),
        )
    if mapping is not None or table:
        refuse(
            Code.UNREADABLE_TABLE,
            file,
            "this is no table, so that it has no columns to map",
            "leave `--mapping` and `--table` out",
        )
    return read_subject(file, rulebook=rulebook, kind=kind)


def _layout(layout: Layout, table: str) -> Layout:
    return attrs.evolve(layout, table=table, further=()) if table else layout


def _read_table(
    opened: OpenedTable, mapping: TableMapping | str | Path | None, declared: Declared, file: str
) -> Read:
    if mapping is not None and not isinstance(mapping, TableMapping):
        mapping = read_mapping(mapping, declared)
    found = RowsRead()
    said = mapping or mapping_of_headings(opened, declared)
    naming = _naming(opened.table, said)
    of_rows: OpenedTable | None = None
    if said.rows and naming:
        opened, of_rows, said = one_a_row(opened, said, naming, found)
    else:
        opened = without_group_headings(opened, naming)

    def open_joined(joined: JoinedSheet) -> OpenedTable:
        if of_rows is not None and joined is said.joined[said.rows]:
            return of_rows
        return _open_joined(joined, said, file)

    register = build(opened, said, open_joined, found)
    if register is None:
        raise FactsError(said.report.file, "a mapping", "problems", said.report.in_order())
    if naming and not said.rows:
        found.diagnostics += _nameless(register)
    in_order = sorted(
        found.diagnostics, key=lambda each: (each.span.file, each.span.line, each.span.column)
    )
    notes = (*map(str, found.tallies), *opened.notes, *_sheets_not_read(opened, said))
    return read_result(register, said.as_of, (*said.report.in_order(), *in_order), notes)


def _sheets_not_read(opened: OpenedTable, mapping: TableMapping) -> Iterator[str]:
    read = {each.sheet.layout.table for each in mapping.joined.values() if not each.file}
    left = {name: hidden for name, hidden in opened.sheets.items() if name not in read}
    if left:
        named = (f"`{name}`" + (" (hidden)" if hidden else "") for name, hidden in left.items())
        yield f"{opened.table.file}: {counted(len(left), 'sheet')} not read: {', '.join(named)}"


def _naming(table: Table, mapping: TableMapping) -> list[int]:
    """Return the columns that identify a partnership: id first, then name."""
    found: list[int] = []
    for wanted in ("id", "name"):
        for column in mapping.sheet.columns:
            places = table.find(column.heading) if column.path.text == wanted else []
            found += places if len(places) == 1 else []
    return found


def _nameless(register: Any) -> Iterator[Diagnostic]:  # noqa: ANN401 - of any class
    """Warn of unnamed subjects in a table of named ones."""
    nameless: Sequence[Any] = entries_of(register)
    for name in ("id", "name"):
        nameless = [each for each in nameless if getattr(each, name, UNKNOWN) is UNKNOWN]
    for each in nameless:
        if "" in getattr(each, "origin", ()):
            yield Diagnostic(
                Code.ROW_WITHOUT_NAME,
                f"the row names no {words_of(type(each))}, and is read as one of its own",
                read_place(each.origin[""]),
                "if it goes on with the row above, give the mapping `rows: partners`",
            )


def _open_joined(joined: JoinedSheet, mapping: TableMapping, file: str) -> OpenedTable:
    """Open a list's table: another sheet, or a file beside the register."""
    if joined.file:
        folder = Path(mapping.report.file).parent
        beside = folder / joined.file
        if not lies_in(beside, folder):
            refuse(
                Code.UNREADABLE_FILE,
                mapping.report.span(joined.key),
                f"`file: {joined.file}` leads out of the folder of the mapping",
                "put the file beside the mapping",
            )
        return open_table(str(beside), joined.sheet.layout, name=str(beside), alone=True)
    if not file:
        refuse(
            Code.UNKNOWN_TABLE,
            mapping.report.span(joined.key),
            "a table in memory has no other table beside it",
            "name a `file` for the list",
        )
    return open_table(file, joined.sheet.layout, alone=True)


def mapping_of_headings(opened: OpenedTable, declared: Declared) -> TableMapping:
    """
    Return the mapping of a table whose headings are themselves the paths of facts.

    Raises:
        FactsError: none of them is, or they seem to run down the table.
    """
    table = opened.table
    columns: list[MappedColumn] = []
    cell_format = CellFormat()
    for at, heading in enumerate(table.headings):
        path = path_of(heading, declared.cls, declared)
        if path is None or (path.list and path.index is None):
            continue
        if any(each.path.text == path.text for each in columns):
            refuse(
                Code.DUPLICATE_HEADING,
                table.place(None, at),
                f"two columns have the heading `{heading}`",
                "give one of them another heading, or say in a mapping which of them counts",
            )
        columns.append(MappedColumn(table.named(at), path, cell_format))
    proposes = f"`govrules map {argument(table.file)} --output mapping.yaml` proposes"
    if not columns:
        refuse(
            Code.NOT_A_SUBJECT,
            table.place(None, 0),
            "no heading is the name of a fact",
            f"{proposes} what its columns hold; then check it with `--mapping mapping.yaml`",
        )
    for column in columns:
        at = table.find(column.heading)[0]
        if column.path.text in ("name", "id") and _are_facts(table.columns[at], declared):
            refuse(
                Code.NOT_A_SUBJECT,
                table.place(None, at),
                f"the table seems to lie on its side: facts stand in the column `{column.heading}`",
                f"{proposes} to read it so; then check it with `--mapping mapping.yaml`",
            )
    return TableMapping(
        Report(table.file),
        MappedSheet(Layout(), tuple(columns)),
        register=declared.register,
        cls=declared.cls,
    )


def _are_facts(cells: Sequence[Any], declared: Declared) -> bool:
    """Tell whether most cells are paths of facts, not names of partnerships."""
    filled = (cell.strip() for cell in cells if isinstance(cell, str) and cell.strip())
    first = next(filled, "")
    if path_of(first, declared.cls, declared) is None:
        return False
    texts = [first, *filled]
    facts = [text for text in texts if path_of(text, declared.cls, declared) is not None]
    return 2 * len(facts) > len(texts) and (len(facts) > 1 or "." in facts[0])

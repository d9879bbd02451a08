"""
Files whose own schema names columns, to tables: Parquet, Arrow, DuckDB and lists of objects.

Each is read by its own library.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from govrules.diagnostics import Code, did_you_mean
from govrules.errors import FactsError
from govrules.registers.json_rows import records
from govrules.registers.sources import (
    ARROW,
    LINES,
    Layout,
    Opened,
    needs,
    refuse,
    several,
    suffix_of,
    too_many,
)
from govrules.registers.tables import MAX_ROWS, Table

#: How much of what another library says a message repeats.
_SHOWN: Final = 200


def open_columns(file: str, name: str, layout: Layout) -> Opened:
    """
    Open a file whose own schema names its columns.

    Raises:
        FactsError: it cannot be read, or holds several tables of which none was named.
    """
    suffix = suffix_of(file)
    if suffix in (*LINES, ".json"):
        return records(file, name, suffix)
    if suffix == ".parquet":
        parquet = needs("pyarrow.parquet", name)
        return _arrow_file(
            name,
            lambda: parquet.ParquetFile(mapped(file)),
            lambda opened: opened.metadata.num_rows,
            lambda opened: opened.read(),
        )
    if suffix in ARROW:
        feather = needs("pyarrow.feather", name)
        return _arrow_file(
            name,
            lambda: feather.read_table(mapped(file)),
            lambda opened: opened.num_rows,
            lambda opened: opened,
        )
    return _duckdb(file, name, layout)


def _arrow_file(
    name: str,
    opened: Callable[[], Any],
    count: Callable[[Any], int],
    read: Callable[[Any], Any],
) -> Opened:
    pyarrow = needs("pyarrow", name)
    try:
        source = opened()
        number = count(source)
        if number > MAX_ROWS:
            too_many(name, number)
        table = read(source)
        # What was damaged within may be read, and be no value.
        table.validate(full=True)
    except (pyarrow.ArrowException, OSError, ValueError):
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "it cannot be read to its end: it is cut short or damaged",
            "write it again from where it came from",
        )
    return arrow_table(table, name)


def mapped(file: str) -> Any:  # noqa: ANN401 - an open file of Arrow
    """Return a file opened to be read by Arrow, whatever bytes its name is made of."""
    import pyarrow as pa  # noqa: PLC0415 - only a file of columns pays for it

    return pa.memory_map(os.fsencode(file))


def arrow_table(source: Any, name: str) -> Opened:  # noqa: ANN401 - whatever holds Arrow data
    """
    Return an Arrow table, or whatever gives its data as Arrow does, as a table of cells.

    Raises:
        FactsError: it has too many rows, or is no table.
    """
    table = whole_table(source, name)
    if table.num_rows > MAX_ROWS:
        too_many(name, table.num_rows)
    columns = tuple(column.to_pylist() for column in table.columns)
    return Opened(_without_schema(name, tuple(table.column_names), columns, table.num_rows))


def whole_table(source: Any, name: str) -> Any:  # noqa: ANN401 - a table of any library
    """
    Return the data of a table in memory as an Arrow table; a stream is read to its end.

    Args:
        source: whatever gives its data as Arrow does, or by the dataframe interchange protocol.

        name: what to call it in messages.

    Raises:
        FactsError: it gives no table, or pyarrow is not installed.
    """
    pyarrow = needs("pyarrow", name)
    if isinstance(source, pyarrow.Table):
        return source
    try:
        if hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__"):
            return pyarrow.table(source)
        if hasattr(source, "to_arrow_table"):
            return source.to_arrow_table()
        interchange = needs("pyarrow.interchange", name)
        return interchange.from_dataframe(source)
    except FactsError:
        raise
    except Exception as error:  # noqa: BLE001 - each library has errors of its own
        reason = " ".join(str(error).split())
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            f"it cannot be read as a table of columns: {reason[:_SHOWN]}",
            "see that each column holds values of one type",
        )


def _without_schema(
    name: str, headings: tuple[str, ...], columns: tuple[Sequence[Any], ...], rows: int
) -> Table:
    if not headings:
        refuse(Code.NO_HEADINGS, name, "the table has no columns", "name another table")
    return Table(name, headings, columns, range(1, rows + 1))


@contextlib.contextmanager
def duckdb_table(file: str, name: str, layout: Layout) -> Iterator[tuple[Any, str, str]]:
    """
    Open a table of a DuckDB database: the connection, its name in SQL and its name in messages.

    Raises:
        FactsError: it cannot be read, or holds several tables of which none was named.
    """
    duckdb = needs("duckdb", name)
    try:
        with duckdb.connect(file, read_only=True) as database:
            names = [
                row[0]
                for row in database.execute(
                    "select table_name from information_schema.tables order by table_name"
                ).fetchall()
            ]
            table = _duckdb_table(names, name, layout)
            quoted = '"' + table.replace('"', '""') + '"'
            yield database, quoted, name if len(names) == 1 else f"{name}::{table}"
    except duckdb.Error:
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "it is no DuckDB database that can be read here, or it is damaged or in use",
            "close what writes to it, and check that this version of DuckDB reads it",
        )


def _duckdb(file: str, name: str, layout: Layout) -> Opened:
    with duckdb_table(file, name, layout) as (database, quoted, whole):
        [(number,)] = database.execute(f"select count(*) from {quoted}").fetchall()  # noqa: S608 - quoted
        if number > MAX_ROWS:
            too_many(name, number)
        found = database.execute(f"select * from {quoted}")  # noqa: S608 - quoted
        headings = tuple(each[0] for each in found.description)
        rows = found.fetchall()
    columns: tuple[Sequence[Any], ...] = tuple(zip(*rows, strict=True)) or ((),) * len(headings)
    return Opened(_without_schema(whole, headings, columns, len(rows)))


def _duckdb_table(names: list[str], name: str, layout: Layout) -> str:
    if not names:
        refuse(Code.UNKNOWN_TABLE, name, "the database holds no table", "name another file")
    if layout.table:
        if layout.table not in names:
            refuse(
                Code.UNKNOWN_TABLE,
                name,
                f"there is no table `{layout.table}`",
                did_you_mean(layout.table, names) or "name one of its tables",
            )
        return layout.table
    if len(names) > 1:
        several(name, names, "table")
    return names[0]

"""
Files whose own schema names columns, to tables: Parquet, Arrow, DuckDB and lists of objects.

Each is read by its own library.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from govrules.decode.problems import Problem
from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.errors import FactsError
from govrules.explain.phrases import counted
from govrules.registers.json_rows import records
from govrules.registers.probing import check_sound
from govrules.registers.rows import MAX_CELLS_NAMED
from govrules.registers.sources import (
    ARROW,
    DUCKDB,
    LINES,
    Layout,
    OpenedTable,
    needs,
    refuse,
    several,
    suffix_of,
    too_many,
)
from govrules.registers.tables import MAX_ROWS, Table

#: Says what is wrong with the first, second, … of some values.
Problems: TypeAlias = Callable[[int], Problem]
CORRECT: Final = "correct the value, or leave it empty"
#: How much of what another library says a message repeats.
_SHOWN: Final = 200


@attrs.frozen(eq=False)
class Stored:
    """
    A table with its own schema, opened but not read.

    Attributes:
        name: what it is called in messages.
        rows: how many it has.
        schema: its columns, as they are.
        batches: gives its rows as Arrow record batches, with the columns that are named.
    """

    name: str
    rows: int
    schema: Any
    batches: Callable[[Sequence[str]], Iterator[Any]]


def in_memory(table: Any, name: str) -> Stored:  # noqa: ANN401 - an Arrow table
    """Wrap a table in memory to be read in batches."""

    def batches(names: Sequence[str]) -> Iterator[Any]:
        return iter(table.select(_places(table.schema, names)).to_batches())

    return Stored(name, table.num_rows, table.schema, batches)


def _places(schema: Any, names: Sequence[str]) -> list[int]:  # noqa: ANN401 - a schema of Arrow
    """Return the column indexes of these names, duplicates included."""
    wanted = frozenset(names)
    return [at for at, name in enumerate(schema.names) if name in wanted]


def check_headings(schema: Any, name: str) -> None:  # noqa: ANN401 - a schema of Arrow
    """
    Check that column names are unique, nested ones included.

    Raises:
        FactsError: two have the same, so that it names neither.
    """
    for path in _twice(schema, ""):
        refuse(
            Code.DUPLICATE_HEADING,
            name,
            f"two columns have the heading `{path}`",
            "give one of them another heading, or leave it out",
        )


def _twice(fields: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401 - fields of Arrow
    """Yield the repeated column names, nested ones included."""
    from pyarrow import types  # noqa: PLC0415 - only a file of columns pays for it

    met = set()
    for field in fields:
        if field.name in met:
            yield f"{prefix}{field.name}"
        met.add(field.name)
        one, mark = field.type, ""
        if types.is_list(one) or types.is_large_list(one) or types.is_fixed_size_list(one):
            one, mark = one.value_type, "[]"
        if types.is_struct(one):
            yield from _twice(one, f"{prefix}{field.name}{mark}.")


@attrs.frozen(eq=False)
class Where:
    """
    The position of a column's values.

    Attributes:
        path: the fact.
        rows: from the places of values to the rows of the table, counted from 0.
        number: how many values there are.
    """

    path: str
    rows: Callable[[Any], Any]
    number: int

    def fact(self, name: str) -> Where:
        """Return the position of a fact of these records."""
        return attrs.evolve(self, path=f"{self.path}.{name}" if self.path else name)

    def items(self, parents: Any) -> Where:  # noqa: ANN401 - an array of numbers
        """Return the position of lists' items, by list."""
        return Where(f"{self.path}[]", lambda at: self.rows(parents[at]), len(parents))


@attrs.define
class Doubts:
    """
    Unreadable and doubtful values, collected over batches.

    Attributes:
        name: what the table is called.
    """

    name: str
    _found: list[Diagnostic] = attrs.field(factory=list)
    _number: Counter[tuple[str, Code]] = attrs.field(factory=Counter)
    #: Of each fact, the words that say that nobody knows, how many, and the first of their rows.
    _words: dict[str, tuple[dict[str, None], int, int]] = attrs.field(factory=dict)

    def say(self, where: Where, code: Code, at: Any, problem: Problems) -> None:  # noqa: ANN401 - places
        """Report unreadable values of a fact, up to a limit."""
        key = (where.path, code)
        room = max(0, MAX_CELLS_NAMED - self._number[key])
        self._number[key] += len(at)
        for place, row in enumerate(where.rows(at[:room])):
            each = problem(place)
            span = Span(self.name, int(row) + 1)
            named = each.message if code is Code.PARTNER_TWICE else each.about(where.path)
            self._found.append(Diagnostic(code, named, span, each.help))

    def placeholders(self, where: Where, at: Any, words: Collection[str]) -> None:  # noqa: ANN401 - places
        """Report placeholders of a fact."""
        known, number, first = self._words.get(where.path, ({}, 0, int(where.rows(at[0]))))
        self._words[where.path] = (known | dict.fromkeys(words), number + len(at), first)

    def diagnostics(self) -> Iterator[Diagnostic]:
        """Yield all diagnostics, each fact's by row."""
        yield from self._found
        for (path, code), number in self._number.items():
            if number > MAX_CELLS_NAMED:
                more = f"{number - MAX_CELLS_NAMED:,} more values are so (`{path}`)"
                yield Diagnostic(code, more, Span(self.name), CORRECT)
        for path, (words, number, first) in self._words.items():
            shown = ", ".join(f"`{word}`" for word in words)
            yield Diagnostic(
                Code.PLACEHOLDER,
                f"{counted(number, 'value')} with {shown}: the fact is unknown (`{path}`)",
                Span(self.name, first + 1),
                "fill them in, or leave them empty",
            )


def open_columns(file: str, name: str, layout: Layout) -> OpenedTable:
    """
    Open a file whose own schema names its columns.

    Raises:
        FactsError: it cannot be read, or holds several tables of which none was named.
    """
    suffix = suffix_of(file)
    if suffix in (*LINES, ".json"):
        return records(file, name, suffix)
    found = stored(file, name, layout.table)
    if found.rows > MAX_ROWS:
        too_many(found.name, found.rows)
    with readable(found.name):
        import pyarrow as pa  # noqa: PLC0415 - only a file of columns pays for it

        table = pa.Table.from_batches(found.batches(found.schema.names), found.schema)
        # What was damaged within may be read, and be no value.
        table.validate(full=True)
    return arrow_table(table, found.name)


def stored(file: str, name: str, table: str) -> Stored:
    """
    Open a file with its own schema.

    Args:
        file: a Parquet file, an Arrow file or a DuckDB database.

        name: what to call it in messages.

        table: the table, where a database holds several.

    Raises:
        FactsError: it cannot be read, or holds several tables of which none was named.
    """
    needs("pyarrow", name)
    check_sound(file, name)
    with readable(name):
        return COLUMNS[suffix_of(file)](file, name, table)


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """
    Turn a library's read error into a diagnostic.

    Raises:
        FactsError: it cannot be read to its end.
    """
    import pyarrow as pa  # noqa: PLC0415 - only a file of columns pays for it

    try:
        yield
    except (pa.ArrowException, OSError, ValueError):
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "it cannot be read to its end: it is cut short or damaged",
            "write it again from where it came from",
        )


def _parquet(file: str, name: str, _: str) -> Stored:
    parquet = needs("pyarrow.parquet", name)
    from govrules.engines.columns import BLOCK  # noqa: PLC0415 - it needs pyarrow

    def batches(names: Sequence[str]) -> Iterator[Any]:
        with mapped(file) as source, parquet.ParquetFile(source) as opened:
            yield from opened.iter_batches(BLOCK, columns=names)

    with mapped(file) as source, parquet.ParquetFile(source) as opened:
        return Stored(name, opened.metadata.num_rows, opened.schema_arrow, batches)


def _arrow(file: str, name: str, _: str) -> Stored:
    pyarrow = needs("pyarrow", name)

    def whole() -> Iterator[Any]:
        with mapped(file) as source, pyarrow.ipc.open_file(source) as opened:
            for place in range(opened.num_record_batches):
                yield opened.get_batch(place)

    def batches(names: Sequence[str]) -> Iterator[Any]:
        return (each.select(_places(each.schema, names)) for each in whole())

    with mapped(file) as source:
        try:
            schema = pyarrow.ipc.open_file(source).schema
        except pyarrow.ArrowInvalid:
            # The form of files before Arrow 1.0.
            source.seek(0)
            return in_memory(needs("pyarrow.feather", name).read_table(source), name)
    return Stored(name, sum(each.num_rows for each in whole()), schema, batches)


def mapped(file: str) -> Any:  # noqa: ANN401 - an open file of Arrow
    """Open a file memory-mapped, whatever its name's encoding."""
    import pyarrow as pa  # noqa: PLC0415 - only a file of columns pays for it

    return pa.memory_map(os.fsencode(file))


def arrow_table(source: Any, name: str) -> OpenedTable:  # noqa: ANN401 - whatever holds Arrow data
    """
    Return an Arrow table, or anything exporting Arrow data, as a table of cells.

    Raises:
        FactsError: it has too many rows, or is no table.
    """
    table = whole_table(source, name)
    if table.num_rows > MAX_ROWS:
        too_many(name, table.num_rows)
    if not table.column_names:
        refuse(Code.NO_HEADINGS, name, "the table has no columns", "name another table")
    columns = tuple(column.to_pylist() for column in table.columns)
    numbers = range(1, table.num_rows + 1)
    return OpenedTable(Table(name, tuple(table.column_names), columns, numbers))


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
            return pyarrow.table(source, nthreads=1)
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


@contextlib.contextmanager
def _open_duckdb(file: str, name: str, wanted: str) -> Iterator[tuple[Any, str, str]]:
    """
    Open a DuckDB table: connection, SQL name and display name.

    Raises:
        FactsError: it cannot be read, or holds several tables of which none was named.
    """
    duckdb = needs("duckdb", name)
    try:
        with duckdb.connect(file, read_only=True) as database:
            found = "select table_schema, table_name from information_schema.tables order by all"
            tables = {
                each if schema == "main" else f"{schema}.{each}": f"{_sql(schema)}.{_sql(each)}"
                for schema, each in database.execute(found).fetchall()
            }
            table = _duckdb_table([*tables], name, wanted)
            yield database, tables[table], name if len(tables) == 1 else f"{name}::{table}"
    except duckdb.Error:
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "it is no DuckDB database that can be read here, or it is damaged or in use",
            "close what writes to it, and check that this version of DuckDB reads it",
        )


def _sql(name: str) -> str:
    """Return a name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _duckdb(file: str, name: str, table: str) -> Stored:
    from govrules.engines.columns import BLOCK  # noqa: PLC0415 - it needs pyarrow

    def selected(database: Any, what: str, of: str) -> Any:  # noqa: ANN401 - a reader of batches
        found = database.sql(f"select {what} from {of}")  # noqa: S608 - names are quoted
        reader = getattr(found, "to_arrow_reader", None) or found.fetch_arrow_reader
        return reader(BLOCK)

    with _open_duckdb(file, name, table) as (database, quoted, whole):
        [(rows,)] = database.execute(f"select count(*) from {quoted}").fetchall()  # noqa: S608 - quoted
        schema = selected(database, "*", f"{quoted} limit 0").schema

    def batches(names: Sequence[str]) -> Iterator[Any]:
        what = ", ".join(map(_sql, names))
        with _open_duckdb(file, name, table) as (database, quoted, _):
            yield from selected(database, what, quoted)

    return Stored(whole, rows, schema, batches)


def _duckdb_table(names: list[str], name: str, wanted: str) -> str:
    if not names:
        refuse(Code.UNKNOWN_TABLE, name, "the database holds no table", "name another file")
    if wanted:
        if wanted not in names:
            refuse(
                Code.UNKNOWN_TABLE,
                name,
                f"there is no table `{wanted}`",
                did_you_mean(wanted, names) or "name one of its tables",
            )
        return wanted
    if len(names) > 1:
        several(name, names, "table")
    return names[0]


#: What looks at a file of each kind.
COLUMNS: Final[Mapping[str, Callable[[str, str, str], Stored]]] = {
    ".parquet": _parquet,
    **dict.fromkeys(ARROW, _arrow),
    **dict.fromkeys(DUCKDB, _duckdb),
}

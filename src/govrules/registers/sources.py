"""
Files whose own schema names columns, to tables: Parquet, Arrow, DuckDB and JSON Lines.

Each is read by its own library. What every kind of file needs is here too: see `grids` for those
whose own rows hold the headings.

What cannot be opened is said with its cause and remedy; nothing of a broken file is used.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import attrs

from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.errors import FactsError
from govrules.files import open_file, read_bytes
from govrules.nodes import MAX_DEPTH, why_not_read
from govrules.registers.tables import MAX_ROWS, MAX_TABLE_BYTES, Table

WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ARROW: Final = (".arrow", ".feather", ".ipc")
DUCKDB: Final = (".duckdb", ".ddb", ".db")
LINES: Final = (".jsonl", ".ndjson")
TEXTS: Final = (".csv", ".tsv", ".txt")
#: Files that hold subjects as they are written in YAML.
DOCUMENTS: Final = (".yaml", ".yml", ".json")
TABLES: Final = (*TEXTS, *WORKBOOKS, ".parquet", *ARROW, *DUCKDB, *LINES)

#: How text in UTF-16 begins, which spreadsheet programs call Unicode text.
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
#: How files of some kinds begin, what they are, and the suffixes under which they are looked for.
_BEGINNINGS: Final = (
    (b"PK\x03\x04", 0, "a workbook or another zipped file", (".xlsx", ".xlsm", ".xlsb", ".ods")),
    (b"\xd0\xcf\x11\xe0", 0, "an old or a protected workbook", (".xls", ".xlsx", ".xlsm", ".xlsb")),
    (b"PAR1", 0, "a Parquet file", (".parquet",)),
    (b"ARROW1", 0, "an Arrow file", ARROW),
    (b"DUCK", 8, "a DuckDB database", DUCKDB),
    (b"SQLite format 3", 0, "an SQLite database", ()),
    (b"%PDF", 0, "a PDF", ()),
    (b"\x1f\x8b", 0, "a compressed file", ()),
    *((mark, 0, "text in UTF-16", TEXTS) for mark in UTF_16),
)
_KINDS: Final = {
    **dict.fromkeys(WORKBOOKS, "a workbook"),
    **dict.fromkeys(ARROW, "an Arrow file"),
    **dict.fromkeys(DUCKDB, "a DuckDB database"),
    **dict.fromkeys(LINES, "text in JSON Lines"),
    **dict.fromkeys(TEXTS, "text with a row a line"),
    ".parquet": "a Parquet file",
}

#: Half of a character, which stands for a byte that is no text too.
_HALF: Final = re.compile("[\ud800-\udfff]")
_AS_TEXT: Final = json.JSONDecoder(parse_int=str)
#: How much of what another library says a message repeats.
_SHOWN: Final = 200


@attrs.frozen
class Layout:
    """
    How a file is laid out.

    Attributes:
        table: the sheet or table; "" for the only one.
        header: the first and the last row of headings, counted from 1.
        encoding: of a text file; UTF-16 is told by the mark at its beginning.
        delimiter: of a text file; "" for the one that parts its first rows most evenly.
        further: further sheets whose rows belong to the same table.
        sideways: whether the headings stand in columns, each partnership being a column.
    """

    table: str = ""
    header: tuple[int, int] = (1, 1)
    encoding: str = "utf-8"
    delimiter: str = ""
    further: tuple[str, ...] = ()
    sideways: bool = False


@attrs.frozen(eq=False)
class Opened:
    """
    A table, and what of its file is not in it.

    Attributes:
        table: the table.
        problems: of rows that had to be left out; warnings of others.
        above: how many rows stand above the headings.
        aside: the numbers of rows that are no records, by what they are.
        notes: what else is to be said of it.
        sheets: the other sheets of its file, each with whether it is hidden.
    """

    table: Table
    problems: tuple[Diagnostic, ...] = ()
    above: int = 0
    aside: Mapping[str, tuple[int, ...]] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()
    sheets: Mapping[str, bool] = attrs.field(factory=dict)


def split_name(name: str) -> tuple[str, str]:
    """
    Return a file and the sheet or table in it that was named after two colons.

    >>> split_name("register.duckdb::partnerships")
    ('register.duckdb', 'partnerships')
    """
    file, colons, table = name.rpartition("::")
    return (file, table) if colons and not Path(name).exists() else (name, "")


def suffix_of(file: str) -> str:
    """Return the end of a file's name, by which its kind is told."""
    return Path(file).suffix.lower()


def refuse(code: Code, file: str | Span, message: str, help_: str) -> NoReturn:
    """
    Say what is wrong with a file as a whole.

    Raises:
        FactsError: always.
    """
    span = Span(file) if isinstance(file, str) else file
    raise FactsError(span.file, "a table", "problems", (Diagnostic(code, message, span, help_),))


def check_file(file: str, name: str, suffix: str) -> None:
    """
    Look at a file before it is read.

    Raises:
        FactsError: it is not there, is empty or too large, or is not what its name says.
    """
    path = Path(file)
    try:
        with open_file(path) as opened:
            size = os.fstat(opened.fileno()).st_size
            begins = opened.read(16)
    except (OSError, ValueError) as error:
        refuse(Code.UNREADABLE_FILE, name, *why_not_read(error))
    if not size:
        refuse(Code.EMPTY_FILE, name, "the file is empty", "save the register into it again")
    if size > MAX_TABLE_BYTES:
        _too_large(name)
    for mark, at, what, suffixes in _BEGINNINGS:
        if begins[at:].startswith(mark) and suffix not in suffixes:
            named = bool(suffixes) and mark not in UTF_16
            better = f"name it `{path.stem}{suffixes[0]}`" if named else "save it as CSV UTF-8"
            refuse(
                Code.UNREADABLE_TABLE,
                name,
                f"its name says {_KINDS.get(suffix, 'text')}, and it is {what}",
                better,
            )


def content_of(file: str, name: str) -> bytes:
    """
    Return the bytes of a file.

    Raises:
        FactsError: it cannot be read, or is too large.
    """
    try:
        data = read_bytes(file, MAX_TABLE_BYTES)
    except (OSError, ValueError) as error:
        refuse(Code.UNREADABLE_FILE, name, *why_not_read(error))
    if data is None:
        _too_large(name)
    return data


def _too_large(name: str) -> NoReturn:
    refuse(
        Code.FILE_TOO_LARGE,
        name,
        f"the file has more than {MAX_TABLE_BYTES // 1_000_000:,} MB",
        "split the register into several files",
    )


# ── Text ──────────────────────────────────────────────────────────────────────────────────────


def read_lines(file: str, name: str, encoding: str = "utf-8") -> str:
    """
    Return the text of a file whose bytes have been looked at.

    Raises:
        FactsError: it is not text in this encoding.
    """
    data = content_of(file, name)
    try:
        # UTF-8 is written with and without a mark at its beginning, UTF-16 with one.
        marked = encoding == "utf-8" and data.startswith(UTF_16)
        encoding = "utf-16" if marked else encoding
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        refuse(
            Code.UNREADABLE_FILE,
            Span(name, line),
            f"line {line} is not text in {encoding.upper()}",
            "save it as CSV UTF-8, or give the mapping `encoding: cp1252`",
        )
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        refuse(
            Code.UNREADABLE_TABLE,
            Span(name, line),
            f"line {line} holds a character that text never holds",
            "save the register as CSV UTF-8 again",
        )
    return text


def json_lines(file: str, name: str) -> list[str]:
    """
    Return the lines of a file of JSON Lines, each of which is read apart from the others.

    What is no text in UTF-8 stands in its line as what `whole` refuses.

    Raises:
        FactsError: the file cannot be read.
    """
    data = content_of(file, name)
    if data.startswith(UTF_16):
        return read_lines(file, name).split("\n")
    return data.decode("utf-8-sig", "surrogateescape").split("\n")


def whole(line: str) -> str:
    """
    Return a line of JSON, if all in it is text.

    Raises:
        ValueError: it holds bytes that are no text, or an escape that is half a character.
    """
    if not line.isascii() and _HALF.search(line):
        msg = "it is not text in UTF-8"
        raise ValueError(msg)
    if "\\ud" not in line and "\\uD" not in line:
        return line
    if _HALF.search(json.dumps(_AS_TEXT.decode(line.strip()), ensure_ascii=False)):
        msg = "an escape in it is half a character"
        raise ValueError(msg)
    return line


def json_value(line: str) -> Any:  # noqa: ANN401 - whatever the line holds
    """
    Return what a line of JSON holds.

    Raises:
        ValueError: it is no JSON, or gives a key twice; the text says why.
    """
    try:
        return json.loads(whole(line), object_pairs_hook=once)
    except json.JSONDecodeError:
        msg = "it cannot be read as JSON"
        raise ValueError(msg) from None
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
    except ValueError as error:
        msg = "a number in it has too many digits" if "digits" in str(error) else str(error)
        raise ValueError(msg) from None


def left_out(name: str, number: int, why: str) -> Diagnostic:
    """Return what is said of a line that is left out."""
    return Diagnostic(
        Code.UNREADABLE_TABLE,
        f"line {number} is left out: {why}",
        Span(name, number),
        "write one object on the line, with every quote and bracket closed",
    )


def several(name: str, names: Sequence[str], what: str) -> NoReturn:
    """
    Say that one of several sheets or tables must be named.

    Raises:
        FactsError: always.
    """
    listed = ", ".join(f"`{each}`" for each in names)
    first = names[0] if names[0].isalnum() else f'"{names[0]}"'
    refuse(
        Code.UNKNOWN_TABLE,
        name,
        f"the file holds several {what}s: {listed}",
        f"say which: `--table {first}`, `{name}::{names[0]}`, or `table:` of the mapping",
    )


def too_many(
    name: str, rows: int, help_: str = "split the register into several files"
) -> NoReturn:
    """
    Say that a table has more rows than are read as objects.

    Raises:
        FactsError: always.
    """
    refuse(
        Code.TOO_MANY_ROWS,
        name,
        f"the table has {rows:,} rows, and at most {MAX_ROWS:,} are read",
        help_,
    )


# ── Columns ───────────────────────────────────────────────────────────────────────────────────


def needs(module: str, name: str, package: str = "") -> Any:  # noqa: ANN401 - a module
    """
    Import what reads a kind of file.

    Raises:
        FactsError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise
        package = package or module.partition(".")[0]
        install = package if package == "python-calamine" else "govrules[registers]"
        refuse(
            Code.READER_NOT_INSTALLED,
            name,
            f"it is read by `{package}`, which is not installed",
            f"pip install {install}, or save the register as CSV",
        )


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


def open_columns(file: str, name: str, layout: Layout) -> Opened:
    """
    Open a file whose own schema names its columns.

    Raises:
        FactsError: it cannot be read, or holds several tables of which none was named.
    """
    suffix = suffix_of(file)
    if suffix in (*LINES, ".json"):
        return _records(file, name, suffix)
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


def table_of(rows: Sequence[Mapping[str, Any]], name: str) -> Opened:
    """Return mappings as a table with a row each, those inside them joined by dots."""
    flat = [dict(_flat(dict(each), "")) for each in rows]
    headings = tuple(dict.fromkeys(key for row in flat for key in row))
    if not headings:
        refuse(Code.EMPTY_FILE, name, "no mapping holds anything", "give one a partnership")
    columns = tuple([row.get(key) for row in flat] for key in headings)
    return Opened(Table(name, headings, columns, range(1, len(flat) + 1)))


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


# ── JSON as rows ──────────────────────────────────────────────────────────────────────────────


def _records(file: str, name: str, suffix: str) -> Opened:
    """Return objects as rows, the keys of objects inside them joined by dots."""
    problems: list[Diagnostic] = []
    numbers: list[int] = []
    rows: list[dict[str, Any]] = []
    of_lines = suffix in LINES
    found = _lines(file, name, problems) if of_lines else _array(read_lines(file, name), name)
    for number, record in found:
        if not isinstance(record, dict):
            refuse(
                Code.UNREADABLE_TABLE,
                Span(name, number),
                f"what begins on line {number} is no object",
                'write one object a partnership: `{"column": "value"}`',
            )
        try:
            rows.append(dict(_flat(record, "")))
        except ValueError as error:
            problems.append(left_out(name, number, str(error)))
            continue
        numbers.append(number)
        if len(rows) > MAX_ROWS:
            too_many(name, len(rows))
    headings = tuple(dict.fromkeys(key for row in rows for key in row))
    if not headings:
        if problems:
            raise FactsError(name, "a table", "problems", tuple(problems))
        refuse(Code.EMPTY_FILE, name, "no object holds anything", "name another file")
    columns = tuple([row.get(key) for row in rows] for key in headings)
    return Opened(Table(name, headings, columns, numbers), tuple(problems))


def _lines(file: str, name: str, problems: list[Diagnostic]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(json_lines(file, name), 1):
        if line and not line.isspace():
            try:
                found = json_value(line)
            except ValueError as error:
                problems.append(left_out(name, number, str(error)))
                continue
            if isinstance(found, dict):
                yield number, found
            else:
                problems.append(left_out(name, number, "it is no object"))


def _array(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield the objects of a list in JSON, each with the line on which it begins."""
    decoder = json.JSONDecoder(object_pairs_hook=once)
    at = _past_space(text, 0)
    if text[at : at + 1] != "[":
        refuse(
            Code.UNREADABLE_TABLE,
            name,
            "a mapping is for a list of objects, and the file holds none",
            "check it without `--mapping`",
        )
    at = _past_space(text, at + 1)
    line = 1
    counted = 0
    while text[at : at + 1] != "]":
        line += text.count("\n", counted, at)
        counted = at
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            _no_json(name, line)
        yield line, record
        at = _past_space(text, at)
        if text[at : at + 1] == ",":
            at = _past_space(text, at + 1)
        elif text[at : at + 1] != "]":
            _no_json(name, line)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return the entries of an object.

    Raises:
        ValueError: a key stands twice, so that one of its values would be lost.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a key stands twice"
        raise ValueError(msg)
    return found


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _no_json(name: str, line: int) -> NoReturn:
    refuse(
        Code.UNREADABLE_TABLE,
        Span(name, line),
        f"what begins on line {line} cannot be read as JSON",
        "look for a quote or bracket that is not closed, a comma too many, or a key given twice",
    )


def _flat(record: dict[str, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > MAX_DEPTH:
        msg = f"more than {MAX_DEPTH} levels are nested in it"
        raise ValueError(msg)
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            yield f"{prefix}{key}", value

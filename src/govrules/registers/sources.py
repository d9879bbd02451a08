"""
Files that hold tables: their kinds, their bytes and texts, and how they are laid out.

What cannot be opened is said with its cause and remedy; nothing of a broken file is used. See
`grids` for files whose own rows hold the headings, and `own_schema` for those whose schema does.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import attrs

from govrules.diagnostics import Code, Diagnostic, Span
from govrules.errors import FactsError
from govrules.files import open_file, read_bytes
from govrules.nodes import why_not_read
from govrules.registers.tables import MAX_ROWS, MAX_TABLE_BYTES, Table
from govrules.visible import argument

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
class OpenedTable:
    """
    A table, with diagnostics on what of its file is missing.

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
    """Return a file's suffix, which tells its format."""
    return Path(file).suffix.lower()


def refuse(code: Code, file: str | Span, message: str, help_: str) -> NoReturn:
    """
    Raise the error of an unusable file.

    Raises:
        FactsError: always.
    """
    span = Span(file) if isinstance(file, str) else file
    raise FactsError(span.file, "a table", "problems", (Diagnostic(code, message, span, help_),))


def check_file(file: str, name: str, suffix: str) -> None:
    """
    Check a file before reading it.

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
    # A DuckDB database begins with a checksum, which may look like another kind.
    alike = [each for each in _BEGINNINGS if begins[each[1] :].startswith(each[0])]
    if alike and not any(suffix in suffixes for *_, suffixes in alike):
        mark, _, what, suffixes = alike[0]
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
    Return the text of a checked file.

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


def several(name: str, names: Sequence[str], what: str) -> NoReturn:
    """
    Raise the error of an ambiguous sheet or table.

    Raises:
        FactsError: always.
    """
    listed = ", ".join(f"`{each}`" for each in names)
    first, whole = argument(names[0]), argument(f"{name}::{names[0]}")
    refuse(
        Code.UNKNOWN_TABLE,
        name,
        f"the file holds several {what}s: {listed}",
        f"say which: `--table {first}`, `{whole}`, or `table:` of the mapping",
    )


def too_many(
    name: str, rows: int, help_: str = "split the register into several files"
) -> NoReturn:
    """
    Raise the error of a table with more rows than can be read as objects.

    Raises:
        FactsError: always.
    """
    refuse(
        Code.TOO_MANY_ROWS,
        name,
        f"the table has {rows:,} rows, and at most {MAX_ROWS:,} are read",
        help_,
    )


def needs(module: str, name: str, package: str = "") -> Any:  # noqa: ANN401 - a module
    """
    Import the library a format needs.

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

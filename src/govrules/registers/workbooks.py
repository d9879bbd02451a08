"""
Workbooks, unpacked by a process of their own that is watched and may die.

Few bytes can ask for more memory than there is, and what reads workbooks allots a sheet whole, from
its first cell to its last. So the process is given so much memory and time, and no more; where
that was not enough, the cell that asks for it is looked for and named.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import pickle
import re
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn, Self, cast
from xml.etree import ElementTree as ET

import attrs

from govrules.children import end
from govrules.diagnostics import Code, Span
from govrules.registers.sources import content_of, needs, refuse, suffix_of
from govrules.registers.tables import MAX_TABLE_BYTES

#: The most cells that a sheet may span from its first to its last, the empty ones among them.
MAX_CELLS: Final = 50_000_000
#: The memory that a workbook may take while it is unpacked, in bytes.
MEMORY: Final = 3_000_000_000
#: The time that it may take, in seconds.
SECONDS: Final = 120
_CHILD: Final = Path(__file__).with_name("workbook_child.py")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OFFICE: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_HIDDEN: Final = re.compile(rb'\bhidden="(?:1|true)"')
_ROW: Final = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,7})"')
_COLUMNS: Final = re.compile(
    rb'<(?:\w+:)?col\b(?=[^>]*?\bmin="(\d{1,7})")(?=[^>]*?\bmax="(\d{1,7})")'
)
_CELL: Final = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_FORMULA: Final = re.compile(_CELL.pattern + rb"[^>]*>\s*<(?:\w+:)?f\b")
#: Cells that show an error, or what a formula gives, but for a text, which may well be empty.
_WORKED_OUT: Final = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e"|(?![^>]*\bt="str")[^>]*>\s*<(?:\w+:)?f\b)[^>]*?'
    rb'\br="([A-Z]{1,3})(\d{1,7})"'
)
_MOST_COLUMNS: Final = 16_384
#: What a zipped file may be broken by.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    MemoryError,
    ET.ParseError,
)

#: The first and the last cell of a merged area, counted from 0.
Area = tuple[tuple[int, int], tuple[int, int]]
#: What a value of a workbook may be beside text, numbers and truth values.
_VALUES: Final = {
    ("datetime", name): getattr(dt, name) for name in ("date", "time", "datetime", "timedelta")
}


class _CellUnpickler(pickle.Unpickler):
    """Unpickles rows of cells, refusing all other classes."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class
        """Return one of the few classes cells may have."""
        if (module, name) not in _VALUES:
            msg = f"no cell is a {module}.{name}"
            raise pickle.UnpicklingError(msg)
        return _VALUES[module, name]


@attrs.frozen(eq=False)
class Unpacked:
    """
    A workbook, opened but not read.

    Attributes:
        shown: its sheets in their order, each with whether it is shown.
        filled: those that hold anything and were looked at.
        rows: of each of these, how many rows it spans.
    """

    shown: Mapping[str, bool]
    filled: Sequence[str]
    rows: Mapping[str, int]
    _child: _WorkbookProcess

    def read(
        self, chosen: str, beginnings: Sequence[str], most: int
    ) -> tuple[list[Sequence[Any]], tuple[Area, ...], Mapping[str, Any]]:
        """
        Return a sheet's rows and merged areas, and the first rows of the others.

        Args:
            chosen: the sheet.

            beginnings: the other sheets.

            most: how many rows of each are wanted.

        Raises:
            FactsError: it cannot be read to its end.
        """
        self._child.tell((chosen, [*beginnings], most))
        others = cast("Mapping[str, Any]", self._child.hear())
        rows: list[Sequence[Any]] = []
        while True:
            found = self._child.hear()
            if isinstance(found, tuple):
                return rows, found[1], others
            rows += found


@contextlib.contextmanager
def unpacked(file: str, name: str, table: str, *, alone: bool) -> Iterator[Unpacked]:
    """
    Look at a workbook.

    Args:
        file: its path, which was looked at.

        name: what to call it.

        table: the sheet that is named; "" for none.

        alone: whether the others are of no interest.

    Raises:
        FactsError: it cannot be read, or not within the limits.
    """
    needs("python_calamine", name, "python-calamine")
    _check_packed(file, name)
    with _WorkbookProcess(file, name) as child:
        child.tell(
            {
                "file": file,
                "table": table,
                "alone": alone,
                "path": sys.path,
                "memory": MEMORY,
                "seconds": SECONDS,
            }
        )
        _, shown, about = child.hear()
        for sheet, (_, height, width) in about.items():
            if height * width > MAX_CELLS:
                _refuse_far(file, name, sheet)
        filled = [each for each, (height, *_) in about.items() if height]
        rows = {each: about[each][1] for each in filled}
        yield Unpacked(shown, filled, rows, child)


class _WorkbookProcess:
    """A supervised process that reads workbooks."""

    def __init__(self, file: str, name: str) -> None:
        self.file = file
        self.name = name
        command = [sys.executable, "-I", "-S", "-W", "ignore", str(_CHILD)]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, ValueError):
            refuse(
                Code.UNREADABLE_TABLE,
                name,
                "the process that unpacks workbooks could not be begun",
                "save the register as CSV UTF-8",
            )
        # One that is held from outside uses no time of its own.
        self.watch = threading.Timer(2 * SECONDS, self.process.kill)
        self.watch.daemon = True

    def __enter__(self) -> Self:
        self.watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.cancel()
        end(self.process)

    def tell(self, value: object) -> None:
        """Send a request; a dead process is noticed when its reply is read."""
        with contextlib.suppress(OSError):
            pipe = cast("BinaryIO", self.process.stdin)
            pickle.dump(value, pipe)
            pipe.flush()

    def hear(self) -> Any:  # noqa: ANN401 - as the process sends it
        """
        Return the process's next reply.

        Raises:
            FactsError: it cannot read the workbook, or has died of it.
        """
        try:
            found = _CellUnpickler(cast("BinaryIO", self.process.stdout)).load()
        except (EOFError, pickle.UnpicklingError, OSError, ValueError, KeyError, IndexError):
            _refuse_far(self.file, self.name, "")
        match found:
            case ("password",):
                _protected(self.name)
            case ("unreadable",):
                _unreadable(self.file, self.name)
        return found


def _unreadable(file: str, name: str) -> NoReturn:
    if suffix_of(file) != ".xls" and _ENCRYPTED in content_of(file, name):
        _protected(name)
    refuse(
        Code.UNREADABLE_TABLE,
        name,
        "it is no workbook that can be read, or it is cut short",
        "open it in a spreadsheet program and save it again as .xlsx",
    )


def _protected(name: str) -> NoReturn:
    refuse(
        Code.UNREADABLE_TABLE,
        name,
        "the workbook is protected by a password",
        "save a copy without a password",
    )


def _refuse_far(file: str, name: str, sheet: str) -> NoReturn:
    """Report the cell that makes a sheet too large, if one can be found."""
    limit = f"at most {MAX_CELLS:,} are read"
    for each in [sheet] if sheet else _sheets(file):
        found = _far_cell(file, each)
        if found is not None:
            row, column, cells = found
            refuse(
                Code.SHEET_TOO_LARGE,
                Span(name, row, column, sheet=each),
                f"a cell stands so far from the others that the sheet spans {cells:,}, and {limit}",
                "delete what stands there, save the workbook, and try again",
            )
    refuse(
        Code.SHEET_TOO_LARGE,
        name,
        f"it takes more memory or time than is given to it, or is damaged; of cells {limit}",
        "delete cells that stand far from all others, and save it again as .xlsx",
    )


def _sheets(file: str) -> list[str]:
    with contextlib.suppress(*_BROKEN), zipfile.ZipFile(file) as packed:
        return [
            element.get("name") or ""
            for element in _elements(packed.read("xl/workbook.xml"), "sheet")
        ]
    return []


def _far_cell(file: str, sheet: str) -> tuple[int, int, int] | None:
    """Return the position of a sheet's outlying last cell, and the sheet's extent."""
    last_row = last_column = 0
    far = (0, 0)
    with (
        contextlib.suppress(*_BROKEN),
        zipfile.ZipFile(file) as packed,
        packed.open(_part_of(packed, sheet)) as part,
    ):
        for column_letters, digits in _cells(part):
            row, column = int(digits), _column(column_letters)
            if row > last_row or column > last_column:
                far = (row, column)
            last_row, last_column = max(row, last_row), max(column, last_column)
    cells = last_row * last_column
    return (*far, cells) if cells > MAX_CELLS else None


def _cells(part: Any) -> Iterator[tuple[bytes, bytes]]:  # noqa: ANN401 - a file in a zipped one
    """Yield each cell reference as letters and digits."""
    left = b""
    while block := part.read(1 << 20):
        data = left + block
        end = data.rfind(b"<")
        yield from _CELL.findall(data, 0, end)
        # A tag that never ends is no cell.
        left = data[end:][: 1 << 16]
    yield from _CELL.findall(left)


def _column(column_letters: bytes) -> int:
    number = 0
    for each in column_letters:
        number = number * 26 + each - 64
    return min(number, _MOST_COLUMNS)


def _check_packed(file: str, name: str) -> None:
    """Refuse a workbook that would unpack to more than can be held."""
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(each.file_size for each in packed.infolist())
    except _BROKEN:
        return  # An old workbook, or a broken one, of which the reader says so.
    if size > MAX_TABLE_BYTES:
        refuse(
            Code.FILE_TOO_LARGE,
            name,
            f"the workbook unpacks to more than {MAX_TABLE_BYTES // 1_000_000:,} MB",
            "split the register into several files",
        )


def marks_of(
    file: str, sheet: str
) -> tuple[frozenset[int], frozenset[int], frozenset[tuple[int, int]]]:
    """
    Return a sheet's hidden rows and columns, and its formula cells.

    Only newer workbooks tell. What is worked out may have no value: an error, or a formula of a
    program that works out none.
    """
    data = _sheet_of(file, sheet)
    rows: set[int] = set()
    columns: set[int] = set()
    # To look for a word is far quicker than to look for a pattern, and few sheets have it.
    for found in _HIDDEN.finditer(data) if b'hidden="' in data else ():
        tag = data[data.rfind(b"<", 0, found.start()) : found.start()]
        tag += data[found.start() : data.find(b">", found.start())]
        row = _ROW.match(tag)
        of_columns = _COLUMNS.match(tag)
        if row:
            rows.add(int(row[1]))
        elif of_columns:
            last = min(int(of_columns[2]), _MOST_COLUMNS)
            columns.update(range(int(of_columns[1]), last + 1))
    any_ = any(each in data for each in (b"<f", b":f", b't="e"'))
    return frozenset(rows), frozenset(columns), _places(_WORKED_OUT, data if any_ else b"")


def formulas_in(file: str, sheet: str) -> frozenset[tuple[int, int]]:
    """Return the positions of formula cells in a sheet's XML."""
    return _places(_FORMULA, _sheet_of(file, sheet))


def _places(cells: re.Pattern[bytes], data: bytes) -> frozenset[tuple[int, int]]:
    return frozenset((int(digits), _column(letters)) for letters, digits in cells.findall(data))


def _sheet_of(file: str, sheet: str) -> bytes:
    """Return a sheet's XML; nothing in another kind of workbook."""
    with contextlib.suppress(*_BROKEN), zipfile.ZipFile(file) as packed:
        return packed.read(_part_of(packed, sheet))
    return b""


def _part_of(packed: zipfile.ZipFile, sheet: str) -> str:
    """Return the path of a sheet's XML within a workbook."""
    ids = {
        element.get("name"): element.get(_OFFICE)
        for element in _elements(packed.read("xl/workbook.xml"), "sheet")
    }
    targets = {
        element.get("Id"): element.get("Target") or ""
        for element in _elements(packed.read("xl/_rels/workbook.xml.rels"), "Relationship")
    }
    target = targets[ids[sheet]]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _elements(data: bytes, name: str) -> Iterator[ET.Element]:
    root = ET.fromstring(data)  # noqa: S314 - expat bounds what entities expand to
    return (each for each in root.iter() if each.tag.rpartition("}")[2] == name)

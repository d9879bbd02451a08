"""Workbooks as Excel 97 and LibreOffice write them, for which no locked library has a writer."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from html import escape
from pathlib import Path

import attrs

_SECTOR = 512
#: A shorter stream is kept in another way.
_LEAST = 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NOUGHT = dt.date(1899, 12, 30)


@attrs.frozen
class Sheet:
    """
    A sheet of texts, numbers, dates and empty cells.

    Attributes:
        name: what it is called.
        rows: its cells.
        hidden: whether it is hidden.
        hidden_rows: the rows that are hidden, counted from 0.
    """

    name: str
    rows: list[list[object]]
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()


# ── Excel 97 ──────────────────────────────────────────────────────────────────────────────────


def xls(path: str, *sheets: Sheet) -> str:
    """Write sheets as a compound file that holds one stream of records, and return its name."""
    globals_ = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 6))
    globals_ += _record(0x42, struct.pack("<H", 1200))
    # Cells have the first form, and dates the second: `m/d/yy`, number 14.
    globals_ += b"".join(_record(0xE0, struct.pack("<HH16x", 0, each)) for each in (0, 14))
    names = [_short(each.name, "<B") for each in sheets]
    bodies = [_sheet(each) for each in sheets]
    at = len(globals_) + sum(len(each) + 10 for each in names) + 4
    for sheet, name, body in zip(sheets, names, bodies, strict=True):
        globals_ += _record(0x85, struct.pack("<IBB", at, sheet.hidden, 0) + name)
        at += len(body)
    stream = globals_ + _record(0x0A, b"") + b"".join(bodies)
    Path(path).write_bytes(_compound(stream))
    return path


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _short(text: str, length: str) -> bytes:
    return struct.pack(f"{length}B", len(text), 1) + text.encode("utf-16-le")


def _sheet(sheet: Sheet) -> bytes:
    found = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6))
    width = max((len(each) for each in sheet.rows), default=0)
    found += _record(0x200, struct.pack("<IIHHH", 0, len(sheet.rows), 0, width, 0))
    for row, cells in enumerate(sheet.rows):
        hidden = 0x20 if row in sheet.hidden_rows else 0
        found += _record(0x208, struct.pack("<HHHHIHH", row, 0, width, 255, 0, 0x100 | hidden, 0))
        for column, cell in enumerate(cells):
            match cell:
                case None | "":
                    pass
                case bool():
                    found += _record(0x205, struct.pack("<HHHBB", row, column, 0, cell, 0))
                case dt.date():
                    days = float((cell - _NOUGHT).days)
                    found += _record(0x203, struct.pack("<HHHd", row, column, 1, days))
                case int() | float():
                    found += _record(0x203, struct.pack("<HHHd", row, column, 0, float(cell)))
                case _:
                    place = struct.pack("<HHH", row, column, 0)
                    found += _record(0x204, place + _short(str(cell), "<H"))
    return found + _record(0x0A, b"")


def _compound(stream: bytes) -> bytes:
    """Return a file system with one file: a header, its table, its folder, and the file."""
    stream = stream.ljust(max(_LEAST, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    number = len(stream) // _SECTOR
    assert number + 2 <= _SECTOR // 4, "one sector holds the table"
    table = [_FAT, _END, *range(3, number + 2), _END]
    table += [_FREE] * (_SECTOR // 4 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, _LEAST, _END, 0, _END, 0
    )
    header += struct.pack("<I", 0) + struct.pack("<I", _FREE) * 108
    folder = _entry("Root Entry", 5, _END, 0, child=1) + _entry("Workbook", 2, 2, len(stream))
    return header + struct.pack("<128I", *table) + folder.ljust(_SECTOR, b"\0") + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    text = f"{name}\0".encode("utf-16-le")
    found = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child)
    return found + struct.pack("<36xIQ", start, size)


# ── LibreOffice ───────────────────────────────────────────────────────────────────────────────

_NAMES = ("office", "table", "text", "style")
_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_COLLAPSED = ' table:visibility="collapse"'
_STYLES = (
    '<style:style style:name="ta1" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
)


def ods(path: str, *sheets: Sheet) -> str:
    """Write sheets as an OpenDocument spreadsheet, and return its name."""
    spaces = " ".join(
        f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in _NAMES
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        f'office:version="1.2"><office:automatic-styles>{_STYLES}</office:automatic-styles>'
        f"<office:body><office:spreadsheet>{''.join(map(_table, sheets))}</office:spreadsheet>"
        "</office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_KIND}"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("mimetype", _KIND)
        packed.writestr("content.xml", content)
        packed.writestr("META-INF/manifest.xml", manifest)
    return path


def _table(sheet: Sheet) -> str:
    style = ' table:style-name="ta1"' if sheet.hidden else ""
    rows = "".join(
        f"<table:table-row{_COLLAPSED if at in sheet.hidden_rows else ''}>"
        f"{''.join(map(_cell, cells))}</table:table-row>"
        for at, cells in enumerate(sheet.rows)
    )
    return f'<table:table table:name="{escape(sheet.name)}"{style}>{rows}</table:table>'


def _cell(cell: object) -> str:
    match cell:
        case None | "":
            return "<table:table-cell/>"
        case bool():
            said = f'"boolean" office:boolean-value="{str(cell).lower()}"'
        case dt.date():
            said = f'"date" office:date-value="{cell}"'
        case int() | float():
            said = f'"float" office:value="{cell}"'
        case _:
            text = f"<text:p>{escape(str(cell))}</text:p>"
            return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    return f"<table:table-cell office:value-type={said}/>"

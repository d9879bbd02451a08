"""Registers in `.xls` and `.ods`, and with hidden rows and columns, as in newer workbooks."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from decimal import Decimal
from html import escape
from pathlib import Path

import attrs
import pytest
import xlsxwriter

from govrules import load_rulebook
from govrules.cli import main
from govrules.errors import FactsError
from govrules.reading import declared_by
from govrules.registers.mapping_text import mapping_text
from govrules.registers.propose import propose
from govrules.registers.read import read_source
from govrules.registers.workbooks import formulas_in
from govrules.truth import UNKNOWN

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


BOOK = load_rulebook()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def xlsx(path, *sheets):
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        for its in sheets:
            made = book.add_worksheet(its.name)
            for at, row in enumerate(its.rows):
                made.write_row(at, 0, ["" if each is None else each for each in row])
                if at in its.hidden_rows:
                    made.set_row(at, None, None, {"hidden": True})
            if its.hidden:
                made.hide()
        seen = [each for each, its in zip(book.worksheets(), sheets, strict=True) if not its.hidden]
        seen[0].activate()
        seen[0].set_first_sheet()
    return path


WRITERS = {"xls": xls, "ods": ods, "xlsx": xlsx}
LISTS = Sheet("Lists", [["Yes"], ["No"], ["TBC"]], hidden=True)
#: Of each: its sheets; of each partnership some facts; and what became of its rows.
SAMPLES = {
    "a title, a total and a note": (
        [
            LISTS,
            Sheet(
                "Register",
                [
                    ["Register of partnerships, Norvale"],
                    [],
                    ["Ref", "Partnership", "Lead officer", "Annual budget", "Last reviewed"],
                    ["N1", "Café and market board", "DASS", 250000, dt.date(2025, 3, 31)],
                    ["N2", "Ynys Môn arts network", None, 12000.5, dt.date(2024, 2, 29)],
                    ["Total", None, None, 262000.5],
                    ["* Budgets are those of 2024/25."],
                ],
            ),
        ],
        [
            ("N1", "Café and market board", "DASS", Decimal(250000), dt.date(2025, 3, 31)),
            ("N2", "Ynys Môn arts network", UNKNOWN, Decimal("12000.5"), dt.date(2024, 2, 29)),
        ],
        "4 rows, 2 partnerships; 1 summing up (6); 1 of notes (7); 2 rows above the headings",
    ),
    "a sheet for each directorate": (
        [
            Sheet("Adults", [["Partnership", "Lead officer"], ["Care pool", "DASS"]]),
            Sheet(
                "Place",
                [["Partnership", "Lead officer"], ["Waste venture", "Waste"], ["Bus forum", None]],
            ),
            LISTS,
        ],
        [
            (UNKNOWN, "Care pool", "DASS", UNKNOWN, UNKNOWN),
            (UNKNOWN, "Waste venture", "Waste", UNKNOWN, UNKNOWN),
            (UNKNOWN, "Bus forum", UNKNOWN, UNKNOWN, UNKNOWN),
        ],
        "3 rows, 3 partnerships",
    ),
    "thousands, blanks and words for nothing": (
        [
            Sheet(
                "R",
                [
                    ["Partnership", "Pooled budget?", "Annual budget (£k)", "Lead officer"],
                    ["Care pool", True, 1200, "TBC"],
                    [],
                    ["Arts network", False, None, "n/a"],
                    ["Waste venture", True, "£1.5m", "Waste"],
                ],
            )
        ],
        [
            (UNKNOWN, "Care pool", UNKNOWN, Decimal(1200000), UNKNOWN),
            (UNKNOWN, "Arts network", UNKNOWN, UNKNOWN, UNKNOWN),
            (UNKNOWN, "Waste venture", "Waste", Decimal(1500000), UNKNOWN),
        ],
        "4 rows, 3 partnerships; 1 blank (3)",
    ),
    "headings over two rows": (
        [
            Sheet(
                "R",
                [
                    ["Partnership", "Money", "Money", "Review"],
                    [None, "Annual budget", "Pooled?", "Last reviewed"],
                    ["Care pool", 5, "Y", dt.date(2026, 1, 31)],
                    ["Arts network", 0, "N", None],
                ],
            )
        ],
        [
            (UNKNOWN, "Care pool", UNKNOWN, Decimal(5), dt.date(2026, 1, 31)),
            (UNKNOWN, "Arts network", UNKNOWN, Decimal(0), UNKNOWN),
        ],
        "2 rows, 2 partnerships",
    ),
    "headings over two rows, blank where they go on": (
        [
            Sheet(
                "R",
                [
                    ["Partnership", "Money", None, "Review"],
                    [None, "Annual budget", "Pooled?", "Last reviewed"],
                    ["Care pool", 5, "Y", dt.date(2026, 1, 31)],
                    ["Arts network", 0, "N", None],
                ],
            )
        ],
        [
            (UNKNOWN, "Care pool", UNKNOWN, Decimal(5), dt.date(2026, 1, 31)),
            (UNKNOWN, "Arts network", UNKNOWN, Decimal(0), UNKNOWN),
        ],
        "2 rows, 2 partnerships",
    ),
}


def read_as_proposed(path):
    text = mapping_text(propose(path, declared_by(BOOK)))
    sure = text.replace(", unsure: yes", "").replace("    unsure: yes\n", "")
    with open("mapping.yaml", "w", encoding="utf-8") as made:  # noqa: PTH123 - where the test stands
        made.write(sure)
    return read_source(path, mapping="mapping.yaml", rulebook=BOOK)


def facts(each):
    funding = each.funding
    spend = UNKNOWN if funding is UNKNOWN else funding.annual_spend
    return each.id, each.name, each.responsible_officer, spend, each.reviewed


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_register_is_proposed_and_read_alike_in_each_kind_of_workbook(sample, kind):
    sheets, wanted, rows = SAMPLES[sample]
    found = read_as_proposed(WRITERS[kind](f"register.{kind}", *sheets))
    assert [facts(each) for each in found.subject.partnerships] == wanted
    assert found.problems == ()
    assert any(each.endswith(rows) for each in _counted(found.notes)), found.notes
    named = any("`Lists` (hidden)" in each for each in found.notes)
    assert named == (LISTS in sheets)


def _counted(notes):
    """Yield what became of rows, of several sheets as of one."""
    counts = [each.partition(": ")[2] for each in notes if " rows, " in each or " row, " in each]
    yield from counts
    numbers = [int(each.split()[0]) for each in counts]
    yield f"{sum(numbers)} rows, {sum(numbers)} partnerships"


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    ("hidden", "said"),
    [((2,), "1 hidden row read: 3"), ((1, 2), "2 hidden rows read: 2, 3"), ((0,), "")],
)
def test_hidden_rows_are_read_and_newer_workbooks_say_so(hidden, said, kind):
    rows = [["name", "id"], ["Care pool", "P1"], ["Arts network", "P2"], ["Waste venture", "P3"]]
    path = WRITERS[kind](f"register.{kind}", Sheet("R", rows, hidden_rows=hidden))
    found = read_source(path)
    assert [each.id for each in found.subject.partnerships] == ["P1", "P2", "P3"]
    told = [each for each in found.notes if "hidden" in each]
    assert told == ([f"register.xlsx[R]: {said}"] if said and kind == "xlsx" else [])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("B:B", "1 hidden column: `id`"),
        ("B:C", "2 hidden columns: `id`, `responsible_officer`"),
        ("D:XFD", ""),
    ],
)
def test_hidden_columns_are_read_and_named(columns, said):
    with xlsxwriter.Workbook("register.xlsx") as book:
        sheet = book.add_worksheet("R")
        sheet.write_row(0, 0, ["name", "id", "responsible_officer"])
        sheet.write_row(1, 0, ["Care pool", "P1", "DASS"])
        sheet.set_column(columns, None, None, {"hidden": True})
    found = read_source("register.xlsx")
    assert facts(found.subject.partnerships[0])[:3] == ("P1", "Care pool", "DASS")
    assert [each for each in found.notes if "hidden" in each] == (
        [f"register.xlsx[R]: {said}"] if said else []
    )


@pytest.mark.parametrize("kind", ["xls", "ods"])
@pytest.mark.parametrize("cut", [600, 1, 0.5])
def test_an_older_workbook_that_is_cut_short_is_refused(kind, cut, folder, capsys):
    whole = (folder / WRITERS[kind](f"r.{kind}", Sheet("R", [["name"], ["A"]]))).read_bytes()
    (folder / f"r.{kind}").write_bytes(whole[: round(cut * len(whole)) if cut < 1 else cut])
    with pytest.raises(FactsError):
        read_source(f"r.{kind}")
    assert main(["check", f"r.{kind}"]) == 2
    said = capsys.readouterr().err
    assert "help: " in said
    assert "Traceback" not in said


@pytest.mark.parametrize("kind", ["xls", "ods"])
@pytest.mark.parametrize("rows", [[], [["Partnership", "Lead officer"]], [["name", "id"]]], ids=str)
def test_an_older_workbook_without_a_partnership_is_not_checked(kind, rows, folder):
    path = WRITERS[kind](f"r.{kind}", Sheet("R", rows))
    (folder / "m.yaml").write_text("govrules: 1\ncolumns: { Partnership: name }\n")
    own = bool(rows) and rows[0][0] == "Partnership"
    code = main(["check", path, *(["--mapping", "m.yaml"] if own else [])])
    assert code == (3 if rows else 2)


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_formulas_are_found_however_the_elements_of_a_sheet_are_called(prefix, folder):
    with xlsxwriter.Workbook("made.xlsx") as book:
        sheet = book.add_worksheet("R")
        sheet.write_row(0, 0, ["Name", 1])
        sheet.write_formula(1, 1, "=B1+1")
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile("made.xlsx") as made, zipfile.ZipFile("named.xlsx", "w") as named:
        for name in made.namelist():
            data = made.read(name)
            if name == part:
                data = data.replace(b"<", b"<" + prefix.encode()).replace(b"<x:/", b"</x:")
            named.writestr(name, data)
    assert formulas_in("named.xlsx", "R") == {(2, 2)}
    assert formulas_in("named.xlsx", "S") == formulas_in("none.xlsx", "R") == frozenset()


def test_formulas_without_a_value_and_errors_are_told_and_texts_that_are_empty_are_not(folder):
    with xlsxwriter.Workbook("made.xlsx") as book:
        sheet = book.add_worksheet("R")
        sheet.write_row(0, 0, ["name", "status", "responsible_officer", "funding.pooled"])
        sheet.write_row(1, 0, ["A", "active"])
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
        sheet.write_formula(1, 3, "=A1", None, "none")
        sheet.write_row(2, 0, ["B"])
        sheet.write_formula(2, 1, "=B2", None, "")
    part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile("made.xlsx") as made, zipfile.ZipFile("r.xlsx", "w") as cleared:
        for name in made.namelist():
            data = made.read(name)
            cleared.writestr(name, data.replace(b"<v>none</v>", b"") if name == part else data)
    [one] = read_source("r.xlsx").warnings
    told = "2 cells with an error, or a formula without a value, read as empty: C2 and B3"
    assert (one.message, str(one.span)) == (told, "r.xlsx[R]!C2")

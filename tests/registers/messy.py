"""A spreadsheet with the mess of real ones, written for the tests; everything in it is invented."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import xlsxwriter

#: Ref, name, lead officer, pooled?, spend (£k), last reviewed, scrutinised by, risk register,
#: partner 1, its type, partner 2, its type, notes.
ROWS = [
    (
        "P-01",
        "Eastshire care pool",
        "A. Smith",
        "Yes ",
        "£21,400",
        "31/3/24",
        "Audit committee; Joint scrutiny",
        "Joint",
        "Eastshire Council",
        "Unitary council",
        "Eastshire ICB",
        "ICB",
        "",
    ),
    (
        "P-02",
        "Waste venture",
        "TBC",
        "N",
        9300,
        dt.date(2025, 9, 30),
        "n/a",
        "each body alone",
        "Eastshire Council",
        "Unitary council",
        "Westvale Council",
        "District council",
        "ask legal",
    ),
    ("", "", "", "", "", "", "", "", "", "", "", "", ""),
    (
        "P-03",
        "Safer streets forum",
        "B. Jones",
        "no",
        "n/a",
        "1/12/2023",
        "Own board",
        "nowhere",
        "Northmoor Police",
        "Police",
        "-",
        "",
        "",
    ),
    (
        "P-04",
        "Riverside board",
        "C. Patel",
        "Y",
        "lots",
        "spring 2024",
        "-",
        "TBC",
        "Riverside Homes",
        "Housing association",
        "",
        "",
        "",
    ),
    (
        "P-05",
        "Safer streets forum",
        "None",
        "maybe",
        "£1,250.50",
        "30/2/2024",
        "Town meeting",
        "Joint",
        "Northmoor Police",
        "Police",
        "Eastshire Council",
        "Unitary council",
        "dup?",
    ),
    ("", "", "", "", "", "", "", "", "", "", "", "", "row of notes only"),
    ("Total", "", "", "", 31950.5, "", "", "", "", "", "", "", ""),
]
HEADINGS = [
    "Ref",
    "Partnership name",
    "Lead officer",
    "Pooled?",
    "Annual spend (£k)",
    "Last reviewed",
    "Scrutinised by",
    "Risk register",
    "Partner 1",
    "Partner 1 type",
    "Partner 2",
    "Partner 2 type",
    "Notes",
]


def write(path: Path) -> Path:
    """Write the workbook: a title, two rows of headings with merged cells, and rows from row 4."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Register 2024")
    dates = book.add_format({"num_format": "dd/mm/yyyy"})
    title = book.add_format({"bold": True})
    sheet.merge_range(0, 0, 0, len(HEADINGS) - 1, "Register of partnerships, June 2024", title)
    sheet.merge_range("D2:E2", "Money", title)
    sheet.merge_range("I2:L2", "Partners", title)
    sheet.write_row(2, 0, HEADINGS)
    for number, row in enumerate(ROWS, 3):
        for column, cell in enumerate(row):
            if isinstance(cell, dt.date):
                sheet.write_datetime(number, column, dt.datetime.combine(cell, dt.time()), dates)
            elif cell != "":
                sheet.write(number, column, cell)
    book.close()
    return path

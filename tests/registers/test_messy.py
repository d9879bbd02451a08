"""A messy spreadsheet goes through `map` and `check`: nothing is guessed in silence, nothing lost."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from govrules.cli import main
from govrules.registers.read import read_source
from govrules.truth import UNKNOWN

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


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "register.xlsx")
    return tmp_path


@pytest.fixture
def proposed(folder, capsys):
    assert main(["map", "register.xlsx", "--output", "mapping.yaml"]) == 0
    capsys.readouterr()
    return folder / "mapping.yaml"


@pytest.fixture
def confirmed(proposed):
    """Confirm the proposal as a person would: delete the marks, and say what is not a fact."""
    text = proposed.read_text("utf-8").replace(", unsure: yes }", " }")
    proposed.write_text(text.replace("ignored: []", "ignored: [Notes]"), "utf-8")
    return proposed


def test_the_proposal_finds_the_headings_and_what_stands_below_them(proposed):
    text = proposed.read_text("utf-8").partition("# Facts that no")[0]
    assert text == (Path(__file__).parent / "messy.mapping.yaml").read_text("utf-8")


def test_what_is_not_confirmed_is_not_read(proposed):
    read = read_source("register.xlsx", mapping=proposed)
    assert {each.reviewed for each in read.subject.partnerships} == {UNKNOWN}
    assert [each.code.title for each in read.warnings].count("not-confirmed") == 2
    assert "Total" not in [each.id for each in read.subject.partnerships]


def test_no_row_is_lost(confirmed):
    read = read_source("register.xlsx", mapping=confirmed)
    [note] = read.notes
    assert note == (
        "register.xlsx[Register 2024]: 8 rows, 5 partnerships; 1 blank (6); "
        "1 summing up (11); 1 without a fact (10); 1 row above the headings"
    )
    names = [each.name for each in read.subject.partnerships]
    assert names.count("Safer streets forum") == 2
    assert len(names) == 5
    assert read.problems == ()


def test_cells_are_read_as_they_are_meant(confirmed):
    pool, waste, streets, board, twin = read_source(
        "register.xlsx", mapping=confirmed
    ).subject.partnerships
    assert pool.funding.pooled is True
    assert pool.funding.annual_spend == Decimal(21_400_000)
    assert pool.reviewed == dt.date(2024, 3, 31)
    assert pool.scrutiny.by == frozenset({"audit_committee", "joint_scrutiny", UNKNOWN})
    assert [each.name for each in pool.partners[:2]] == ["Eastshire Council", "Eastshire ICB"]
    assert pool.partners[2] is UNKNOWN
    assert waste.responsible_officer is UNKNOWN
    assert waste.reviewed == dt.date(2025, 9, 30)
    assert waste.risk.register == "each_body_alone"
    assert streets.funding.annual_spend is UNKNOWN
    assert streets.reviewed == dt.date(2023, 12, 1)
    assert len(streets.partners) == 2
    assert board.funding.annual_spend is UNKNOWN
    assert twin.responsible_officer is None
    assert twin.funding.annual_spend == Decimal(1_250_500)


def test_each_cell_that_cannot_be_read_is_named_by_sheet_row_and_column(confirmed):
    read = read_source("register.xlsx", mapping=confirmed)
    *cells, row = read.warnings
    assert str(row.span) == "register.xlsx[Register 2024]!10"
    assert [(str(each.span).partition("!")[2], each.message.split("`")[1]) for each in cells] == [
        ("C5", "TBC"),
        ("G5", "n/a"),
        ("E7", "n/a"),
        ("K7", "-"),
        ("E8", "lots"),
        ("F8", "spring 2024"),
        ("H8", "TBC"),
        ("D9", "maybe"),
        ("F9", "30/2/2024"),
        ("G9", "Town meeting"),
    ]


def test_findings_point_at_cells(confirmed, capsys):
    arguments = ["--mapping", "mapping.yaml", "--as-of", "2026-01-31", "--format", "json"]
    assert main(["check", "register.xlsx", *arguments]) in (0, 1)
    subjects = json.loads(capsys.readouterr().out)["subjects"]
    places = {
        finding["location"]["subject"]
        for subject in subjects
        for finding in subject["findings"]
        if finding["verdict"] in {"flagged", "clear"}
    }
    assert "register.xlsx[Register 2024]!H6" not in places
    assert any(each.startswith("register.xlsx[Register 2024]!H") for each in places)


def test_a_proposal_overwrites_nothing_unless_told_to(proposed, capsys):
    proposed.write_text("mine")
    assert main(["map", "register.xlsx", "--output", "mapping.yaml"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert proposed.read_text() == "mine"
    assert main(["map", "register.xlsx", "--output", "mapping.yaml", "--overwrite"]) == 0
    assert proposed.read_text().startswith("# Proposed by")

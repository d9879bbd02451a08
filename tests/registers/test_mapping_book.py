"""A mapping as a workbook says what it says as YAML, and each is made from the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import python_calamine
import xlsxwriter
import yaml

from govrules.cli import main
from govrules.registers.read import read_source

EXAMPLES = Path(__file__).parents[2] / "examples"
REGISTER = (
    "Ref,Partnership,Lead officer,Pooled?,Annual budget (£k),Last reviewed,Agreement,Type,Colour\n"
    "P1,Care pool,A. Smith,Y,21400,31/03/2024,Y,Statutory,red\n"
    "P2,Arts network,B. Jones,N,12,01/02/2025,N,Networking,blue\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for each in EXAMPLES.glob("eastshire*"):
        shutil.copy(each, tmp_path)
    (tmp_path / "register.csv").write_text(REGISTER, "utf-8")
    return tmp_path


def run(*arguments):
    return main([*map(str, arguments)])


def sheet(path, name):
    book = python_calamine.CalamineWorkbook.from_path(path)
    return [[*row] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]


def edited(path, changes):
    """Write a workbook again with some cells changed, as a person does; None drops a sheet."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    sheets = {name: sheet(path, name) for name in book.sheet_names}
    for name, cells in changes.items():
        if cells is None:
            del sheets[name]
            continue
        rows = sheets[name]
        for (row, column), cell in cells.items():
            while len(rows) <= row:
                rows.append([])
            rows[row] += [""] * (column + 1 - len(rows[row]))
            rows[row][column] = cell
    with xlsxwriter.Workbook("edited.xlsx") as made:
        for name, rows in sheets.items():
            one = made.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell != "":
                        one.write(at, column, cell)
    return "edited.xlsx"


# ── There and back ────────────────────────────────────────────────────────────────────────────


def there_and_back(register, mapping):
    assert run("map", register, "--mapping", mapping, "--output", "there.xlsx") == 0
    assert run("map", register, "--mapping", "there.xlsx", "--output", "back.yaml") == 0
    with open("back.yaml", encoding="utf-8") as file:  # noqa: PTH123 - where the test stands
        return yaml.safe_load(file)


WHOLE = """\
govrules: 1
register: { name: Norvale register, organisation: { name: Norvale Council, kind: unitary_council }, as_of: 2026-01-31 }
unknown: [see file, "?? ask"]
columns:
  Ref: id
  Partnership: name
  Lead officer: { fact: responsible_officer, values: { None: none, "=1+1": unknown } }
  Pooled?: { fact: funding.pooled, values: { Y: yes, N: no } }
  "Annual budget (£k)": { fact: funding.annual_spend, unit: "£k" }
  Last reviewed: { fact: reviewed, dates: [d/m/y, d mmm y] }
  Agreement: { fact: governing_document, values: { Y: yes, N: none }, unsure: yes }
  Type: { fact: nature, values: { Networking: unknown }, separator: "\\n", complete: yes }
ignored: [Colour]
skip:
  - { column: Ref, is: [Total, Sum] }
  - { column: Partnership, is: Ended, unsure: yes }
lists:
  partners: { complete: yes }
"""


def test_a_mapping_goes_there_and_back_whole(folder):
    (folder / "whole.yaml").write_text(WHOLE, "utf-8")
    # A word alone is a list of one.
    wanted = yaml.safe_load(WHOLE)
    assert there_and_back("register.csv", "whole.yaml") == wanted


def test_the_mapping_of_the_example_goes_there_and_back(folder):
    wanted = yaml.safe_load((folder / "eastshire.mapping.yaml").read_text("utf-8"))
    assert there_and_back("eastshire.xlsx", "eastshire.mapping.yaml") == wanted


@pytest.mark.parametrize("register", ["register.csv", "eastshire.xlsx"])
def test_a_proposal_is_the_same_in_both_forms(register):
    assert run("map", register, "--output", "proposed.yaml") == 0
    with open("proposed.yaml", encoding="utf-8") as file:  # noqa: PTH123 - where the test stands
        wanted = yaml.safe_load(file)
    assert run("map", register, "--output", "proposed.xlsx") == 0
    assert run("map", register, "--mapping", "proposed.xlsx", "--output", "again.yaml") == 0
    with open("again.yaml", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        assert yaml.safe_load(file) == wanted


def test_the_same_facts_are_read_by_either_form(folder):
    run("map", "eastshire.xlsx", "--mapping", "eastshire.mapping.yaml", "--output", "book.xlsx")
    by_text = read_source("eastshire.xlsx", mapping="eastshire.mapping.yaml")
    by_book = read_source("eastshire.xlsx", mapping="book.xlsx")
    assert by_book.subject == by_text.subject
    assert by_book.as_of == by_text.as_of
    assert by_book.notes == by_text.notes


def test_a_workbook_shows_what_a_person_decides_by(folder):
    run("map", "register.csv", "--output", "book.xlsx")
    heads, *rows = sheet("book.xlsx", "Columns")
    assert heads[:5] == ["Heading", "For example", "Fact", "What the fact asks", "Read it?"]
    by_heading = {row[0]: row for row in rows}
    assert by_heading["Ref"][2:5] == ["id", "What is the partnership's reference?", "yes"]
    assert by_heading["Agreement"][2] == "governing_document"
    assert by_heading["Agreement"][4] == "to confirm"
    assert by_heading["Colour"][1:5] == ["red, blue", "", "", ""]
    words = sheet("book.xlsx", "Meanings")[1:]
    assert ["Agreement", "N", "none"] in words
    assert ["Type", "Networking", ""] in words
    facts = dict(row[:2] for row in sheet("book.xlsx", "Facts")[1:])
    assert facts["funding.pooled"] == "Do partners pool budgets?"


# ── Edited by hand ────────────────────────────────────────────────────────────────────────────


def test_a_person_confirms_ignores_and_chooses_in_the_workbook(folder):
    run("map", "register.csv", "--output", "book.xlsx")
    at = {row[0]: number for number, row in enumerate(sheet("book.xlsx", "Columns"))}
    words = sheet("book.xlsx", "Meanings")
    networking = words.index(["Type", "Networking", ""])
    changes = {
        "Columns": {
            (at["Agreement"], 4): "Yes",
            (at["Type"], 4): "yes",
            (at["Colour"], 2): "area",
            (at["Lead officer"], 4): "ignore",
        },
        "Meanings": {(networking, 2): "voluntary"},
    }
    read = read_source("register.csv", mapping=edited("book.xlsx", changes))
    care, arts = read.subject.partnerships
    assert arts.governing_document is None
    assert arts.area == "blue"
    assert "voluntary" in arts.nature
    assert care.responsible_officer != "A. Smith"
    assert read.warnings == ()


def test_a_yes_that_became_a_truth_value_is_a_yes(folder):
    run("map", "register.csv", "--output", "book.xlsx")
    words = sheet("book.xlsx", "Meanings")
    row = len(words)
    meant = {(row, 0): "Pooled?", (row, 1): "N", (row, 2): True}
    read = read_source("register.csv", mapping=edited("book.xlsx", {"Meanings": meant}))
    assert read.subject.partnerships[1].funding.pooled is True


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"Columns": None}, "unknown-table", "edited.xlsx"),
        ({"Meanings": None}, "unknown-table", "edited.xlsx"),
        ({"Settings": None}, "unknown-table", "edited.xlsx"),
        ({"Columns": {(0, 2): "Fakt"}}, "unknown-table", "edited.xlsx"),
        ({"Columns": {(1, 2): "nmae"}}, "unknown-fact", "edited.xlsx[Columns]!C2"),
        ({"Columns": {(1, 2): 17}}, "unknown-fact", "edited.xlsx[Columns]!C2"),
        ({"Columns": {(1, 4): "perhaps"}}, "unknown-value", "edited.xlsx[Columns]!E2"),
        ({"Columns": {(2, 2): "id"}}, "fact-mapped-twice", "edited.xlsx[Columns]!A3"),
        ({"Columns": {(9, 4): "yes"}}, "missing-key", "edited.xlsx[Columns]!A10"),
        ({"Columns": {(2, 0): "Partnreship"}}, "unknown-column", "edited.xlsx[Columns]!A3"),
        ({"Columns": {(2, 0): ""}}, "missing-key", "edited.xlsx[Columns]!C3"),
        ({"Columns": {(5, 5): "£b"}}, "bad-format", "edited.xlsx[Columns]!F6"),
        ({"Columns": {(6, 6): "y-d-m"}}, "bad-format", "edited.xlsx[Columns]!G7"),
        ({"Meanings": {(1, 0): "Pulled?"}}, "unknown-column", "edited.xlsx[Meanings]!A2"),
        ({"Meanings": {(1, 2): "maybe"}}, "type-mismatch", "edited.xlsx[Meanings]!C2"),
        ({"Settings": {(1, 0): "tabel", (1, 7): "x"}}, "unknown-key", "edited.xlsx[Settings]!A2"),
        ({"Settings": {(1, 0): "header", (1, 7): "top"}}, "bad-format", "edited.xlsx[Settings]!H2"),
        ({"Settings": {(1, 7): "alone"}}, "wrong-shape", "edited.xlsx[Settings]!H2"),
    ],
)
def test_nonsense_is_said_with_its_cell(changes, code, place, capsys):
    run("map", "register.csv", "--output", "book.xlsx")
    name = edited("book.xlsx", changes)
    capsys.readouterr()
    assert run("check", "register.csv", "--mapping", name) == 2
    said = capsys.readouterr().err
    assert any(
        line.startswith(f"{place}: GR") and f" {code}: " in line for line in said.splitlines()
    ), said
    assert "  help: " in said


def test_a_register_is_no_mapping(folder, capsys):
    assert run("check", "register.csv", "--mapping", "eastshire.xlsx") == 2
    assert "there is no sheet `Columns`, so that this is no mapping" in capsys.readouterr().err


def test_the_mapping_of_another_register_is_refused_column_by_column(folder, capsys):
    run("map", "register.csv", "--output", "book.xlsx")
    assert run("check", "eastshire.xlsx", "--table", "Partners", "--mapping", "book.xlsx") == 2
    said = capsys.readouterr().err
    assert "book.xlsx[Columns]!A3: GR706 unknown-column" in said
    assert run("map", "register.csv", "--output", "mapping.xls") == 2


# ── Preview ───────────────────────────────────────────────────────────────────────────────────


def test_a_preview_shows_one_partnership_cell_by_cell(folder, capsys):
    assert run("map", "register.csv", "--preview", "--entry", "P2") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "register.csv:3: Arts network"
    pairs = dict(zip(said[1::2], said[2::2], strict=False))
    assert pairs["  Pooled?: `N`"] == "    whether partners pool budgets (funding.pooled): no"
    assert (
        pairs["  Annual budget (£k): `12`"] == "    the annual spend (funding.annual_spend): 12000"
    )
    assert (
        pairs["  Agreement: `N`"]
        == "    the governing document (governing_document, to confirm): none"
    )
    assert "    the kinds of partnership that it is (nature, to confirm): unknown" in said
    assert "    unknown value `Networking`" in said
    assert said[-2:] == ["  Colour: `blue`", "    no fact is read from it"]


def test_a_preview_goes_by_the_mapping_that_is_given(folder, capsys):
    arguments = ("--mapping", "eastshire.mapping.yaml", "--preview")
    assert run("map", "eastshire.xlsx", *arguments) == 0
    said = capsys.readouterr().out
    assert "  partners: 2 rows of eastshire.xlsx[Partners]" in said
    assert "    name: Eastshire Council; kind: unitary_council; named_accountable: yes" in said


def test_a_preview_of_nobody_says_who_is_there(folder, capsys):
    assert run("map", "register.csv", "--preview", "--entry", "Arts netwrk") == 2
    assert "did you mean `Arts network`?" in capsys.readouterr().err


def test_from_a_spreadsheet_to_a_report_in_three_commands_and_no_yaml(folder, capsys):
    text = REGISTER.replace("Colour", "Protocol agreed").replace("red", "N").replace("blue", "N")
    (folder / "register.csv").write_text(text, "utf-8")
    assert run("map", "register.csv", "--output", "mapping.xlsx") == 0
    assert run("map", "register.csv", "--mapping", "mapping.xlsx", "--preview") == 0
    arguments = ("--mapping", "mapping.xlsx", "--as-of", "2026-01-31")
    assert run("check", "register.csv", *arguments) == 1
    said = capsys.readouterr().out
    assert "Budgets are pooled without an agreed protocol" in said


def test_a_list_is_confirmed_in_the_settings(folder, capsys):
    assert run("map", "eastshire.xlsx", "--output", "book.xlsx") == 0
    read = read_source("eastshire.xlsx", mapping="book.xlsx")
    [warning] = [each for each in read.warnings if each.code.title == "not-confirmed"]
    assert str(warning.span).startswith("book.xlsx[Settings]!B")
    assert warning.help == "look at it, and delete the row of its `unsure` if it is right"
    rows = sheet("book.xlsx", "Settings")
    at = next(number for number, row in enumerate(rows) if row[2] == "unsure")
    cells = {(at, column): "" for column in range(8)}
    read = read_source("eastshire.xlsx", mapping=edited("book.xlsx", {"Settings": cells}))
    assert len([each for each in read.subject.partnerships[0].partners if each.name]) >= 2

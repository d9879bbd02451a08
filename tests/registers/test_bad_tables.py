"""
What is said of tables and mapping files that are wrong.

Each case of a table in ``diagnostics`` has a table and often a mapping; what is said is whether the
table is used all the same, every diagnostic in full and what became of the rows.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
import xlsxwriter

from govrules.cli import main
from govrules.diagnostics import Code, Diagnostic
from govrules.errors import FactsError
from govrules.registers import sources, workbooks
from govrules.registers.read import read_register, read_source
from tests.pages import cases

HERE = Path(__file__).parent
CASES = cases("A table")


def workbook(path: Path, **sheets: list[list[object]]) -> None:
    """Write a workbook."""
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()


def truncated(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file and cut its second half off."""
    write(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def database(path: Path, *tables: str) -> None:
    """Write a DuckDB database."""
    with duckdb.connect(str(path)) as connection:
        for each in tables:
            connection.execute(f"create table {each} (name varchar, status varchar)")
            connection.execute(f"insert into {each} values ('Care pool', 'active')")  # noqa: S608 - our own names


TABLE = pa.table({"name": ["Care pool"] * 500, "status": ["active"] * 500})
ROWS: list[list[object]] = [["name", "status"], ["Care pool", "active"]]

#: Files that are no text are written by the test: by case, the name of the table.
WRITTEN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "missing": ("register.csv", lambda _: None),
    "folder": ("register.csv", lambda path: path.mkdir()),
    "binary": ("register.csv", lambda path: path.write_bytes(b"name\n\x00\x01\x02")),
    "cp1252": ("register.csv", lambda path: path.write_bytes("name\nCaf\u00e9\n".encode("cp1252"))),
    "utf-16": ("register.jsonl", lambda path: path.write_bytes('{"name": 1}\n'.encode("utf-16"))),
    "workbook-named-csv": ("register.csv", lambda path: workbook(path, Register=ROWS)),
    "text-named-xlsx": ("register.xlsx", lambda path: path.write_text("name\nCare pool\n")),
    "text-named-parquet": ("register.parquet", lambda path: path.write_text("name\nCare pool\n")),
    "parquet-named-xlsx": (
        "register.xlsx",
        lambda path: pyarrow.parquet.write_table(TABLE, path),
    ),
    "pdf": ("register.xlsx", lambda path: path.write_bytes(b"%PDF-1.7 and more")),
    "sqlite": ("register.db", lambda path: path.write_bytes(b"SQLite format 3\x00")),
    "word-file": ("register.docx", lambda path: path.write_bytes(b"PK\x03\x04 a document")),
    "protected-workbook": (
        "register.xlsx",
        lambda path: shutil.copy(HERE / "protected.xlsx", path),
    ),
    "truncated-workbook": (
        "register.xlsx",
        lambda path: truncated(path, lambda each: workbook(each, Register=ROWS)),
    ),
    "truncated-parquet": (
        "register.parquet",
        lambda path: truncated(path, lambda each: pyarrow.parquet.write_table(TABLE, each)),
    ),
    "truncated-arrow": (
        "register.arrow",
        lambda path: truncated(
            path,
            lambda each: pyarrow.feather.write_feather(TABLE, each, compression="uncompressed"),
        ),
    ),
    "truncated-duckdb": (
        "register.duckdb",
        lambda path: truncated(path, lambda each: database(each, "partnerships")),
    ),
    "several-sheets": ("register.xlsx", lambda path: workbook(path, Register=ROWS, Other=ROWS)),
    "no-such-sheet": ("register.xlsx", lambda path: workbook(path, Register=ROWS)),
    "empty-workbook": ("register.xlsx", lambda path: workbook(path, Register=[])),
    "several-tables": ("register.duckdb", lambda path: database(path, "partnerships", "partners")),
    "no-table": ("register.duckdb", database),
    "arrow-lacks-columns": (
        "register.arrow",
        lambda path: pyarrow.feather.write_feather(TABLE, path),
    ),
    "workbook-cells": (
        "register.xlsx",
        lambda path: workbook(
            path,
            Register=[
                [
                    "name",
                    "funding.pooled",
                    "funding.annual_spend",
                    "reviewed",
                    "funding.traced_share",
                ],
                ["Care pool", True, -5, 45382, 140],
                ["Waste", 3, True, "31/3/24", "some"],
                ["", "", "", "", "", "a note"],
            ],
        ),
    ),
    "sheets-of-the-same-kind": (
        "register.xlsx",
        lambda path: workbook(path, Adults=ROWS, Children=ROWS, Place=ROWS, Notes=[["See site"]]),
    ),
}


def said_of(
    source: str, mapping: str | None
) -> tuple[str, tuple[Diagnostic, ...], tuple[str, ...]]:
    """Return what a user is told of a table: whether it is used, and all that is said."""
    try:
        read = read_source(source, mapping=mapping)
    except FactsError as error:
        return "refused", error.diagnostics, ()
    return "used", (*read.warnings, *read.problems), read.notes


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[str, str | None]]:
    """Lay the files of a case out, and return the paths of its table and of its mapping."""

    def lay(case: str) -> tuple[str, str | None]:
        CASES[case].lay(tmp_path)
        if case in WRITTEN:
            name, write = WRITTEN[case]
            write(tmp_path / name)
        else:
            [name] = [each.name for each in tmp_path.iterdir() if each.stem == "register"]
        monkeypatch.chdir(tmp_path)
        return name, "mapping.yaml" if (tmp_path / "mapping.yaml").exists() else None

    return lay


@pytest.mark.parametrize("case", CASES)
def test_bad_tables_are_explained(case, lay):
    verdict, diagnostics, notes = said_of(*lay(case))
    said = "\n".join([verdict, *map(str, diagnostics), *notes]) + "\n"
    CASES[case].check(said)


@pytest.mark.parametrize("case", CASES)
def test_each_problem_is_said_once_with_a_place_and_a_remedy(case, lay):
    _, diagnostics, _ = said_of(*lay(case))
    assert diagnostics
    assert len({str(each) for each in diagnostics}) == len(diagnostics)
    for each in diagnostics:
        assert each.message
        assert "\n" not in each.message
        assert each.help
        assert each.span.file.startswith(("register.", "mapping.yaml", "partners."))


@pytest.mark.parametrize("case", ["truncated-parquet", "protected-workbook", "several-tables"])
def test_a_table_that_cannot_be_read_is_exit_code_2(case, lay, capsys):
    source, _ = lay(case)
    assert main(["check", source]) == 2
    assert main(["map", source]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err


def test_a_reader_that_is_not_installed_is_named_with_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "register.parquet"
    pyarrow.parquet.write_table(TABLE, path)

    def absent(name):
        raise ModuleNotFoundError(name=name.partition(".")[0])

    monkeypatch.setattr(sources.importlib, "import_module", absent)
    with pytest.raises(FactsError) as raised:
        read_register(path)
    [found] = raised.value.diagnostics
    assert found.code is Code.READER_NOT_INSTALLED
    assert found.help == "pip install govrules[registers], or save the register as CSV"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "xlsx"])
def test_more_rows_than_are_read_are_refused(tmp_path, monkeypatch, suffix):
    for module in ("json_rows", "own_schema", "json_lines", "grids", "layouts"):
        monkeypatch.setattr(f"govrules.registers.{module}.MAX_ROWS", 3)
    path = tmp_path / f"register.{suffix}"
    if suffix == "csv":
        path.write_text("name\n" + "Care pool\n" * 4)
    elif suffix == "jsonl":
        path.write_text('{"name": "Care pool"}\n' * 4)
    elif suffix == "xlsx":
        workbook(path, Register=[["name"], *[["Care pool"]] * 4])
    else:
        pyarrow.parquet.write_table(TABLE, path)
    with pytest.raises(FactsError) as raised:
        read_register(path)
    assert [each.code for each in raised.value.diagnostics] == [Code.TOO_MANY_ROWS]


def test_files_over_the_limit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_TABLE_BYTES", 10)
    path = tmp_path / "register.csv"
    path.write_text("name,status\nCare pool,active\n")
    with pytest.raises(FactsError, match="file-too-large"):
        read_register(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_TABLE_BYTES", 100_000)
    path = tmp_path / "register.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * 200_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(FactsError, match="unpacks to more"):
        read_register(path)


def test_a_column_of_text_is_named_cell_by_cell_up_to_a_number(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("name,funding.annual_spend\n" + "Care pool,a lot\n" * 30)
    read = read_source(path)
    assert len(read.warnings) == 21
    assert "10 more cells of the column cannot be read" in read.warnings[0].message
    assert [each.span.line for each in read.warnings[1:]] == list(range(2, 22))


def test_every_code_for_tables_has_a_case():
    said = "".join(case.said for case in CASES.values())
    elsewhere = {Code.READER_NOT_INSTALLED, Code.TOO_MANY_ROWS, Code.SHEET_TOO_LARGE}
    codes = [code for code in Code if code.id.startswith("GR7") and code not in elsewhere]
    assert codes
    assert [code for code in codes if f"{code.id} {code.title}: " not in said] == []


def test_a_date_in_a_cell_is_a_date(tmp_path):
    table = pa.table({"name": ["One"], "reviewed": [dt.date(2024, 3, 31)]})
    [entry] = read_register(table).partnerships
    assert entry.reviewed == dt.date(2024, 3, 31)
    assert entry.origin["reviewed"] == "table:1"


DAMAGED = {
    "csv": lambda path: path.write_text("name,funding.pooled\nCare pool,yes\nWaste,no\n" * 5),
    "jsonl": lambda path: path.write_text(
        '{"name": "Care pool", "funding": {"pooled": true}}\n' * 5
    ),
    "xlsx": lambda path: workbook(path, Register=ROWS * 5),
    "parquet": lambda path: pyarrow.parquet.write_table(TABLE, path),
    "arrow": lambda path: pyarrow.feather.write_feather(TABLE, path, compression="uncompressed"),
    "yaml": lambda path: path.write_text(MAPPING),
}
MAPPING = """\
govrules: 1
header: 1
columns: { name: name, status: { fact: status, values: { on: active }, unsure: no } }
skip: [{ column: name, is: [Total] }]
lists: { partners: { complete: yes } }
"""


@pytest.mark.parametrize("kind", DAMAGED)
def test_whatever_is_damaged_is_explained_or_read(tmp_path, kind):
    chance = random.Random(kind)  # noqa: S311 - the same damage every time
    whole = tmp_path / f"register.{kind}"
    DAMAGED[kind](whole)
    good = tmp_path / "good.csv"
    good.write_text("name,status\nCare pool,active\n")
    refused = []
    for _ in range(60):
        data = bytearray(whole.read_bytes())
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            if chance.random() < 0.5:
                data[at] = chance.choice(b"\n\t:{}[],\"'#;" + bytes([chance.randrange(256)]))
            else:
                del data[at : at + chance.randint(1, 40)]
        path = tmp_path / f"damaged.{kind}"
        path.write_bytes(bytes(data) or b"x")
        try:
            if kind == "yaml":
                read_source(good, mapping=path)
            else:
                read_source(path)
        except FactsError as error:
            refused.append(error.diagnostics)
    assert refused
    assert all(refused)


def test_rows_without_facts_are_named_up_to_a_number_and_all_counted(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("name,Notes\n" + ",see elsewhere\n" * 30)
    read = read_source(path)
    assert [each.code for each in read.warnings].count(Code.ROW_WITHOUT_FACTS) == 20
    assert "30 without a fact (2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 20 more)" in read.notes[0]

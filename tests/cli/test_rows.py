"""Findings as rows: one each, in the order of the other formats, and nothing that runs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from python_calamine import CalamineWorkbook

from govrules.render.machines import HEADS


@pytest.fixture
def expected(run, pack, register):
    subjects = json.loads(run("check", register, "--rules", pack, "--format", "json").out)[
        "subjects"
    ]
    return [
        (subject["id"], each["rule"], each["verdict"], each["severity"] or "")
        for subject in subjects
        for each in (*subject["findings"], *subject["summaries"])
    ]


def picked(rows):
    head, *body = rows
    assert tuple(head) == HEADS
    wanted = [HEADS.index(each) for each in ("subject", "rule", "verdict", "severity")]
    return [tuple(row[at] for at in wanted) for row in body]


def test_csv_has_a_row_for_each_finding(run, pack, register, expected):
    ran = run("check", register, "--rules", pack, "--format", "csv")
    assert ran.code == 1
    assert picked([*csv.reader(io.StringIO(ran.out))]) == expected


def test_a_workbook_is_not_printed(run, pack, register):
    ran = run("check", register, "--rules", pack, "--format", "xlsx")
    assert (ran.code, ran.out) == (2, "")
    assert "--output findings.xlsx" in ran.err


def test_what_looks_like_a_formula_is_never_carried_out(run, pack, tmp_path):
    path = tmp_path / "register.csv"
    path.write_text('name,funding.pooled\n"=HYPERLINK(""x"")",no\n')
    said = run("check", path, "--rules", pack, "--format", "csv").out
    names = [row[1] for row in csv.reader(io.StringIO(said))]
    assert '\'=HYPERLINK("x")' in names
    assert not any(each.startswith("=") for each in names)


def test_a_workbook_says_what_was_not_read(run, pack, tmp_path):
    path, book = tmp_path / "register.csv", tmp_path / "book.xlsx"
    path.write_text("name,funding.pooled,status\n" + "".join(f"P{n},often,so\n" for n in range(25)))
    run("check", path, "--rules", pack, "--format", "xlsx", "--output", book)
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name("Summary").to_python()
    at = next(at for at, row in enumerate(rows) if row[0] == "What was not read")
    assert rows[at + 1][:3] == ["What", "Where", "What to do"]
    assert "5 more cells of the column cannot be read (`funding.pooled`" in rows[at + 2][0]
    assert rows[-1][0] == "and 17 more: `govrules check` prints them all"

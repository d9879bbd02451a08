"""A messy spreadsheet goes through `map` and `check`: nothing is guessed in silence, nothing lost."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from decimal import Decimal
from pathlib import Path

import pytest

from govrules.cli import main
from govrules.registers.read import read_source
from govrules.truth import UNKNOWN

SPEC = importlib.util.spec_from_file_location("messy", Path(__file__).with_name("messy.py"))
messy = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(messy)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    messy.write(tmp_path / "register.xlsx")
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

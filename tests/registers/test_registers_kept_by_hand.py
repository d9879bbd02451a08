"""
Three registers as busy people keep them, in own words and of invented places.

One is a fire authority's list with notes in its cells, one a park's sheet of thousands and ticks,
one a health partnership's text in semicolons. Each cell is read right, or reported at its place.
"""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

import pytest
import xlsxwriter

from govrules import load_rulebook
from govrules.reading import declared_by
from govrules.registers.mapping_text import mapping_text
from govrules.registers.propose import propose
from govrules.registers.read import read_source
from govrules.truth import UNKNOWN

#: A cell that says something, of which no value is read: it is reported.
TOLD = object()

FIRE = [
    ["Fenshire Fire Authority: outside arrangements, draft 3"],
    [],
    ["Ref", "Arrangement", "Lead", "Others", "From", "To", "£ a year", "Host?", "Spend", "Looked"],
    [
        "F1",
        "Estates Group",
        "A Marlow (deputy)",
        "Fenshire Police; Fenshire Ambulance Trust",
        "wef 1.4.19",
        "rolling",
        "12,500",
        "Yes - host",
        "Board",
        "Sept 24",
    ],
    [
        "F2",
        "Water Pact",
        "Vacant",
        "Wend Lifeboats",
        "1st April 2021",
        "31/3/26",
        "nil",
        "no",
        "n/a",
        "14/02/25",
    ],
    ["F2a", "Training pool", "ditto", "see above", "", "", "£3k", "No", "as above", ""],
    [
        "F3",
        "Joint Control Room",
        "B Osei",
        "Wend Council & Holm Police",
        "2018",
        "2028 (break)",
        "£1.2m-£1.4m",
        "Y",
        "Joint Committee",
        "never",
    ],
    [
        "F5",
        "Road Safety Forum",
        "Post vacant",
        "12 districts",
        "13/01/2022",
        "31/02/2027",
        "5,000 + in kind",
        "Not us",
        "Nobody",
        "02/03/25",
    ],
    ["* subject to call-in"],
]
FIRE_MAPPING = """
govrules: 1
encoding: cp1252
header: 3
columns:
  Ref: id
  Arrangement: name
  Lead: responsible_officer
  Others: { fact: "partners[].name", separator: ";" }
  From: started
  To: governing_document.expires
  £ a year: funding.annual_spend
  Host?: funding.pooled
  Spend: funding.spending_authority
  Looked: reviewed
"""
#: No threshold of the rules lies in the band of the control room, so that it counts.
FIRE_FACTS = {
    "name": [
        "Estates Group",
        "Water Pact",
        "Training pool",
        "Joint Control Room",
        "Road Safety Forum",
    ],
    "responsible_officer": ["A Marlow (deputy)", UNKNOWN, UNKNOWN, "B Osei", UNKNOWN],
    "partners": [["Fenshire Police", "Fenshire Ambulance Trust"], ["Wend Lifeboats"], [], [], []],
    "started": [TOLD, dt.date(2021, 4, 1), UNKNOWN, TOLD, dt.date(2022, 1, 13)],
    "governing_document.expires": [TOLD, TOLD, UNKNOWN, TOLD, TOLD],
    "funding.annual_spend": [Decimal(12500), Decimal(0), Decimal(3000), Decimal(1_200_000), TOLD],
    "funding.pooled": [TOLD, False, False, True, TOLD],
    "funding.spending_authority": ["Board", UNKNOWN, UNKNOWN, "Joint Committee", UNKNOWN],
    "reviewed": [TOLD, TOLD, UNKNOWN, TOLD, TOLD],
}

PARK = [
    ["Hallam Edge National Park: who we work with"],
    [],
    ["", "", "Money (£000)", "Money (£000)", "Paper", "Oversight", "Oversight"],
    ["Body", "What for", "Ours", "All", "Signed", "Board?", "Reviewed (months ago)"],
    ["Peat Compact", "Rewet the moor", 45, 310, "2022-06-01", "3 of 9", 6],
    ["Visitor Bus", "Sunday buses", -5, 62.5, "", "Yes", 26],
    ["Dark Skies", "Star parties", 0, "?", "tbc", "-", 0],
    ["Youth Rangers", "Volunteers", "1.5", "12", "2016", "No", 120],
    ["Sub total", "", 41.5, 384.5],
    ["Tourism Growth", "Joint marketing", "£20,000", "£150k", "N/A", "yes", 13],
    ["Source: finance ledger, month 9"],
]
PARK_MAPPING = """
govrules: 1
header: 3-4
columns:
  Body: name
  What for: objective
  "Money (£000) / Ours": { fact: value.cost, unit: £k }
  "Money (£000) / All": { fact: funding.annual_spend, unit: £k }
  Paper / Signed: governing_document.signed
  "Oversight / Board?": oversight.board
  "Oversight / Reviewed (months ago)": { fact: reviewed, dates: excel }
"""
PARK_FACTS = {
    "name": ["Peat Compact", "Visitor Bus", "Dark Skies", "Youth Rangers", "Tourism Growth"],
    "objective": [
        "Rewet the moor",
        "Sunday buses",
        "Star parties",
        "Volunteers",
        "Joint marketing",
    ],
    "value.cost": [Decimal(45000), TOLD, Decimal(0), Decimal(1500), TOLD],
    "funding.annual_spend": [
        Decimal(310000),
        Decimal(62500),
        UNKNOWN,
        Decimal(12000),
        Decimal(150000),
    ],
    "governing_document.signed": [dt.date(2022, 6, 1), UNKNOWN, UNKNOWN, TOLD, UNKNOWN],
    "oversight.board": [TOLD, True, UNKNOWN, False, True],
    "reviewed": [TOLD, TOLD, TOLD, TOLD, TOLD],
}

HEALTH = [
    [
        "Partnership",
        "Status",
        "Accountable body",
        "Share budgets",
        "Annual value",
        "Terms agreed",
        "Chair",
    ],
    [
        "Wharf Early Help",
        "Unincorporated",
        "Wharf District",
        "Partly",
        "€ 40.000",
        "12 Jan 2024",
        "P Nash (Wharf District)",
    ],
    [
        "Families \u2013 Lune",
        "Company limited by guarantee",
        "Lune County",
        "Y",
        "£250,000.00",
        "2024-13-01",
        "Ada Pell",
    ],
    ["Café Collective", "CIC", "Not applicable", "N", "£1,2m", "Q3 2023", "To follow"],
    ["Rough Sleeping Cell", "none", "No one", "Y", "1 000", "30/06/23 (draft)", "vacant"],
]
HEALTH_MAPPING = """
govrules: 1
encoding: cp1252
delimiter: ";"
columns:
  Partnership: name
  Status: { fact: legal_form, values: { Unincorporated: unincorporated_association } }
  Accountable body: accountability.accountable_body
  Share budgets: funding.pooled
  Annual value: funding.annual_spend
  Terms agreed: governing_document.signed
  Chair: responsible_officer
"""
HEALTH_FACTS = {
    "name": ["Wharf Early Help", "Families \u2013 Lune", "Café Collective", "Rough Sleeping Cell"],
    "legal_form": [
        "unincorporated_association",
        "company_limited_by_guarantee",
        TOLD,
        None,
    ],
    "accountability.accountable_body": ["Wharf District", "Lune County", UNKNOWN, UNKNOWN],
    "funding.pooled": [TOLD, True, False, True],
    "funding.annual_spend": [TOLD, Decimal(250000), TOLD, Decimal(1000)],
    "governing_document.signed": [dt.date(2024, 1, 12), TOLD, TOLD, TOLD],
    "responsible_officer": ["P Nash (Wharf District)", "Ada Pell", UNKNOWN, UNKNOWN],
}
#: Of each: how its file is called, its rows, its mapping, what is read, how many cells hold a word
#: for what nobody knows, and how many rows are named as no partnerships.
REGISTERS = {
    "fire": ("register.csv", FIRE, FIRE_MAPPING, FIRE_FACTS, 7, 1),
    "park": ("register.xlsx", PARK, PARK_MAPPING, PARK_FACTS, 4, 2),
    "health": ("register.csv", HEALTH, HEALTH_MAPPING, HEALTH_FACTS, 4, 0),
}


def lay(name, rows, delimiter):
    if name.endswith(".csv"):
        with open(name, "w", encoding="cp1252", newline="") as file:  # noqa: PTH123 - where the test stands
            csv.writer(file, delimiter=delimiter).writerows(rows)
        return
    with xlsxwriter.Workbook(name) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)


def value(record, path):
    for part in path.split("."):
        if record is UNKNOWN or record is None:
            return record
        record = getattr(record, part)
    return record


@pytest.mark.parametrize("kind", REGISTERS)
def test_each_cell_is_read_right_or_told(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, rows, mapping, facts, placeholders, aside = REGISTERS[kind]
    lay(name, rows, ";" if "delimiter" in mapping else ",")
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    whole = read_source(name, mapping="mapping.yaml", rulebook=load_rulebook())
    entries = whole.subject.partnerships
    assert [each.name for each in entries] == facts["name"]
    places = []
    for path, wanted in facts.items():
        for entry, one in zip(entries, wanted, strict=True):
            found = value(entry, path)
            if isinstance(one, list):
                known = [] if found is UNKNOWN else [each.name for each in found[:-1]]
                assert known == one, (entry.name, path)
            else:
                assert found == (UNKNOWN if one is TOLD else one), (entry.name, path)
            if one is TOLD:
                places.append(entry.origin[path])
    told = [each for each in whole.warnings if each.code.title == "unreadable-value"]
    lists = [each for each in told if "several bodies" in each.message]
    assert sorted(str(each.span) for each in told if each not in lists) == sorted(places)
    assert len(lists) == (2 if kind == "fire" else 0)
    words = [each.message for each in whole.warnings if each.code.title == "placeholder"]
    assert sum(int(each.split()[0]) for each in words) == placeholders
    [tally] = [each for each in whole.notes if f"{len(entries)} partnership" in each]
    assert f": {len(entries) + aside} rows, " in tally
    assert not whole.problems


def test_numbers_too_small_for_days_are_proposed_as_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay("register.xlsx", PARK, ",")
    assert "excel" not in mapping_text(propose("register.xlsx", declared_by(load_rulebook())))


@pytest.mark.parametrize(
    ("cell", "several"),
    [
        ("12 districts", True),
        ("Two colleges", True),
        ("several charities", True),
        ("Eastshire Council and Westvale Council", True),
        ("Wend Council & Holm Police", True),
        ("Eastshire and Westvale Councils", True),
        ("Police and Crime Commissioner", False),
        ("Health and Care Trust", False),
        ("Association of Schools and Colleges", False),
        ("All Saints Trust", False),
        ("Three Rivers District Council", False),
        ("42nd Street", False),
    ],
)
def test_bodies_that_are_counted_or_joined_are_no_one_body(cell, several, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay("register.csv", [["name", "partners[0].name"], ["A", cell]], ",")
    whole = read_source("register.csv")
    known = whole.subject.partnerships[0].partners
    assert (known is UNKNOWN) == several
    assert [each.code.title for each in whole.warnings] == ["unreadable-value"] * several


def test_the_mapping_may_say_that_it_is_one_body(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "Eastshire Council and Westvale Council"
    lay("register.csv", [["name", "who"], ["A", f"{name}; Holm Trust"]], ",")
    (tmp_path / "mapping.yaml").write_text(
        'govrules: 1\ncolumns: { name: name, who: { fact: "partners[].name", separator: ";", '
        f"values: {{ {name}: {name} }} }} }}\n"
    )
    whole = read_source("register.csv", mapping="mapping.yaml")
    known = whole.subject.partnerships[0].partners
    assert [each.name for each in known[:-1]] == [name, "Holm Trust"]
    assert not whole.warnings


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Holm Trust; Wend Council; etc.", ["Holm Trust", "Wend Council"]),
        ("Holm Trust; and others", ["Holm Trust"]),
        ("1. Holm Trust\n2. Wend Council", ["Holm Trust", "Wend Council"]),
        ("\u2022 Holm Trust\n- Wend Council", ["Holm Trust", "Wend Council"]),
        ("1. Holm Trust 2. Wend Council", []),
    ],
)
def test_what_heads_a_name_or_stands_for_more_is_no_body(cell, names, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "register.csv").write_text(f'name,who\nA,"{cell}"\n', "utf-8")
    (tmp_path / "mapping.yaml").write_text(
        'govrules: 1\ncolumns: { name: name, who: { fact: "partners[].name", separator: ";" } }\n'
    )
    whole = read_source("register.csv", mapping="mapping.yaml")
    known = whole.subject.partnerships[0].partners
    told = () if known is UNKNOWN else known
    assert [each.name for each in told if each is not UNKNOWN] == names
    assert bool(whole.warnings) == ("Wend Council" not in names or "etc" in cell)


@pytest.mark.parametrize("rows", ["rows: partners\n", ""])
def test_bodies_that_are_counted_are_told_in_rows_of_their_own_too(rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    of_rows = [["name", "who"], ["A", "Holm Trust"], ["A", "12 districts"]]
    lay("register.csv", of_rows if rows else [["name"], ["A"]], ",")
    lay("partners.csv", of_rows, ",")
    columns = 'columns: { name: name, who: "partners[].name" }\n'
    lists = (
        "columns: { name: name }\nlists: { partners: { file: partners.csv, key: name, "
        "joins: name, columns: { who: name } } }\n"
    )
    (tmp_path / "mapping.yaml").write_text(f"govrules: 1\n{rows}{columns if rows else lists}")
    whole = read_source("register.csv", mapping="mapping.yaml")
    [entry] = whole.subject.partnerships
    assert [each.name for each in entry.partners[:-1]] == ["Holm Trust"]
    assert entry.partners[-1] is UNKNOWN
    assert [each.code.title for each in whole.warnings] == ["unreadable-value"]

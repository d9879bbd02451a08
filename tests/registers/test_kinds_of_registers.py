"""Each kind of register that was once misread, in several samples: what is proposed, and what is read."""

from __future__ import annotations

import csv
import datetime as dt
import json
from decimal import Decimal

import attrs
import pyarrow as pa
import pytest
import xlsxwriter
import yaml
from pyarrow import parquet as pq

from govrules import assess, load_rulebook
from govrules.cli import main
from govrules.reading import declared_by
from govrules.registers.mapping_text import mapping_text
from govrules.registers.propose import propose
from govrules.registers.read import read_register, read_source
from govrules.truth import UNKNOWN

BOOK = load_rulebook()
DECLARED = declared_by(BOOK)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(rows, name="register.csv", encoding="utf-8"):
    if name.endswith(".csv"):
        with open(name, "w", encoding=encoding, newline="") as file:  # noqa: PTH123 - where the test stands
            csv.writer(file).writerows(rows)
        return name
    with xlsxwriter.Workbook(name) as book:
        for title, its in (rows if isinstance(rows, dict) else {"R": rows}).items():
            sheet = book.add_worksheet(title)
            for at, row in enumerate(its):
                sheet.write_row(at, 0, row)
    return name


def mapped(file):
    """Return a proposal as what it says of each column, and as text; and confirm all of it."""
    text = mapping_text(propose(file, DECLARED))
    sure = text.replace(", unsure: yes", "").replace("    unsure: yes\n", "")
    with open("mapping.yaml", "w", encoding="utf-8") as made:  # noqa: PTH123 - likewise
        made.write(sure)
    found = {}
    for heading, about in (yaml.safe_load(text)["columns"] or {}).items():
        wording = {"fact": about} if isinstance(about, str) else about
        found[heading] = ("?" if wording.get("unsure") else "") + wording["fact"]
    return found, text


def read(rulebook=BOOK):
    file = "register.xlsx" if open_as_workbook() else "register.csv"
    return read_source(file, mapping="mapping.yaml", rulebook=rulebook)


def open_as_workbook():
    with open("mapping.yaml", encoding="utf-8") as made:  # noqa: PTH123 - likewise
        return "\ntable:" in made.read()


def _write(mapping):
    with open("mapping.yaml", "w", encoding="utf-8") as made:  # noqa: PTH123 - where the test stands
        made.write(f"govrules: 1\n{mapping}\n")


def titles(found):
    return [each.code.title for each in (*found.warnings, *found.problems)]


# ── What is proposed: a fact, `?` and a fact that a person confirms, or nothing ───────────────

NAMES = ["Care pool", "Arts network", "Waste venture"]
PROPOSED = {
    # A date of the next review is none of the last.
    "a date that lies ahead": [
        ("Review date", ["01/04/2027", "01/12/2026", "15/06/2027"], None),
        ("Next review due", ["April 2027", "2028", ""], None),
        ("Review due", ["31/03/2027", "30/09/2027", "TBC"], None),
        ("Date of next review (annual)", ["2027-04-01", "2027-05-01", ""], None),
    ],
    # Plain yes and no of an agreement say that there is one.
    "an agreement, yes or no": [
        ("Agreement", ["Y", "N", "Y"], "?governing_document"),
        ("Formal agreement?", ["Yes", "No", "TBC"], "?governing_document"),
        ("Constitution (Y/N)", ["y", "n", ""], "?governing_document"),
        ("Terms of reference", ["✓", "", "✓"], "?governing_document"),
        ("Written agreement?", ["Yes", "No", "In draft"], "?governing_document"),
    ],
    # The heading counts, though not every cell can be read.
    "amounts as prose": [
        ("Total annual budget", ["£250-£300k", "c. £60k", "N/A"], "?funding.annual_spend"),
        ("Annual budget", ["as last reported", "£40,000", "£12k"], "?funding.annual_spend"),
        # A word for what nobody knows leaves no doubt of the others.
        ("Annual budget", ["see report", "£40,000", "£12k"], "funding.annual_spend"),
        ("Gross budget 2025/26", ["£1m approx", "in kind", "£3,000"], "?funding.annual_spend"),
        ("Our contribution", ["£25,000 + officer time", "£9k", "£4k"], "?value.cost"),
    ],
    "a year in place of a date": [
        ("Last reviewed", [2025, 2026, 2026], "?reviewed"),
        ("Date of last review", ["2024", "2025", "2025"], "?reviewed"),
        ("Start date", [2004, 2011, 2019], "?started"),
        ("Agreement expires", ["2027/28", "2026/27", "2030/31"], "?governing_document.expires"),
    ],
    "one word in other letters": [
        ("Pooled budget?", ["Y", "y", "N"], "funding.pooled"),
        ("Status", ["LIVE", "Live", "live"], "status"),
        ("Legally binding", ["YES", "yes", "No"], "governing_document.legally_binding"),
        ("Internal audit", ["n", "N", "y"], "assurance.internal_audit"),
    ],
    "a rating of the register's own": [
        ("RAG", ["Red", "Amber", "Green"], "?own_rating"),
        ("Risk level", ["High", "Medium", "Low"], "?own_rating"),
        ("Governance strength rating", ["Substantial", "Moderate", "Weak"], "?own_rating"),
        ("Significance rating", ["Major", "Moderate", "Limited"], "?own_rating"),
    ],
    "what no fact holds": [
        ("Reports to", ["Cabinet", "Scrutiny", "Cabinet"], None),
        ("Portfolio holder", ["Cllr A", "Cllr B", "Cllr A"], None),
        ("PAS score", ["71", "58", "41"], None),
        ("Website", ["www.a.example", "", ""], None),
    ],
}


@pytest.mark.parametrize(
    ("heading", "cells", "wanted"),
    [each for samples in PROPOSED.values() for each in samples],
)
def test_a_column_is_proposed_right_or_left_over(heading, cells, wanted):
    kind = "register.xlsx" if any(isinstance(each, int) for each in cells) else "register.csv"
    rows = [("Partnership", heading), *zip(NAMES, cells, strict=True)]
    found, text = mapped(lay(rows, kind))
    assert found.get(heading, None) == wanted, text
    assert (heading in text) or wanted is None
    # What is proposed is never refused, and no row is lost.
    known = read()
    assert [each.name for each in known.subject.partnerships] == NAMES
    assert known.problems == ()


OTHERS = [
    (["Identifier", "Title", "Amount Awarded", "Award Date", "Recipient Org:Name"], "grant"),
    (["Ref", "Purpose of grant", "Grant awarded to", "Date awarded"], "grant"),
    (["Title", "Grant recipient", "Grant programme", "Budget"], "grant"),
    (["Supplier", "Payment date", "Net amount", "Cost centre"], "payment"),
    (["Title", "Contract reference", "Supplier name", "Contract end date"], "contract"),
]


@pytest.mark.parametrize(("heads", "kind"), OTHERS)
def test_rows_that_are_no_partnerships_are_said_to_be_none_and_left_over(heads, kind, capsys):
    lay([heads, *([f"{head} {row}" for head in heads] for row in range(3))])
    found, text = mapped("register.csv")
    assert found == {}
    assert f"# A row seems to be a {kind} and no partnership (" in text
    assert all(each in text for each in heads)
    assert main(["check", "register.csv", "--mapping", "mapping.yaml"]) == 3
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "heads",
    [
        ["Partnership", "Supplier", "Contract end date"],
        ["Name of partnership", "Grant programme", "Amount awarded"],
        ["Title", "Budget", "Supplier"],
        ["Joint committee", "Contract value", "Start date"],
    ],
)
def test_a_register_of_partnerships_that_holds_grants_or_contracts_is_one(heads):
    lay([heads, *([name, *(["x"] * (len(heads) - 1))] for name in NAMES)])
    found, text = mapped("register.csv")
    assert found[heads[0]] == "name"
    assert "A row seems to be" not in text


@pytest.mark.parametrize(
    ("heads", "rows", "one"),
    [
        (["Partnership", "Partners", "Risk register of partner"], ["A, B", "Y"], "Partners"),
        (["Partnership", "Members", "Partner type"], ["A; B", "Council"], "Members"),
        (["Partnership", "Partner organisations", "Partner role"], ["A, B", "Lead"], None),
        (["Partnership", "Who are the partners?", "Votes"], ["A; B", "50"], None),
    ],
)
def test_facts_of_a_list_are_read_from_one_cell_at_most(heads, rows, one):
    lay([heads, *([name, *rows] for name in NAMES)])
    found, _ = mapped("register.csv")
    listed = [each for each, fact in found.items() if "partners[]" in fact]
    assert len(listed) == 1
    assert one is None or listed == [one]
    known = read()
    assert known.problems == ()
    assert all(
        [one.name for one in each.partners if one is not UNKNOWN] == ["A", "B"]
        for each in known.subject.partnerships
    )


@pytest.mark.parametrize(
    ("one", "other", "fact"),
    [
        ("Budget 2024/25", "Budget 2025/26", "funding.annual_spend"),
        ("Budget £m", "Budget £m", "funding.annual_spend"),
        ("Annual budget", "Total budget", "funding.annual_spend"),
        ("Lead officer", "SRO", "responsible_officer"),
        ("Last reviewed", "Date of last review", "reviewed"),
    ],
)
def test_of_two_columns_that_say_the_same_neither_is_sure(one, other, fact):
    cells = ["2025-04-30", "2024-05-31"] if fact == "reviewed" else ["5", "6"]
    cells = ["J. Bell", "P. Shah"] if fact == "responsible_officer" else cells
    lay([("Partnership", one, other), *((name, *cells) for name in NAMES)])
    found, text = mapped("register.csv")
    assert sorted(found.values()) == [f"?{fact}", "name"]
    assert f"may both hold `{fact}`" in " ".join(text.replace("#", " ").split())


SHEETS = [
    {"Adults": ["DASS"], "Children": ["DCS", "Schools"]},
    {"North": ["N1"], "South": ["S1"], "East": ["E1"], "West": ["W1"]},
    {"2024": ["Old"], "2025": ["New"]},
    {"Statutory": ["Safer", "Care"], "Voluntary": ["Arts"]},
]


@pytest.mark.parametrize("sheets", SHEETS)
def test_sheets_with_the_same_headings_are_one_register(sheets):
    heads = ["Partnership", "Lead officer"]
    lay(
        {
            title: [heads, *([f"{title} {each}", each] for each in leads)]
            for title, leads in sheets.items()
        },
        "register.xlsx",
    )
    _, text = mapped("register.xlsx")
    assert yaml.safe_load(text)["table"] == [*sheets]
    known = read()
    expected = [(f"{title} {each}", each) for title, its in sheets.items() for each in its]
    assert [(e.name, e.responsible_officer) for e in known.subject.partnerships] == expected
    one = read_source(f"register.xlsx::{next(iter(sheets))}", mapping=_of_one_sheet())
    assert "sheet-of-the-same-kind" in titles(one)
    assert any("not read" in each for each in one.notes)


def test_forms_of_one_partnership_a_sheet_are_one_register():
    def form(name, lead):
        return [["About the partnership"], ["Name of partnership", name], ["Lead officer", lead]]

    asked = [["Pooled budget", "No"], ["Annual budget", "£90k"]]
    forms = {title: [*form(title, "DASS"), *asked] for title in ("Care", "Arts")}
    lay(forms, "register.xlsx")
    _, text = mapped("register.xlsx")
    found = yaml.safe_load(text)
    assert (found["table"], found["sideways"]) == (["Care", "Arts"], True)
    assert [each.name for each in read().subject.partnerships] == ["Care", "Arts"]
    with open("one.yaml", "w", encoding="utf-8") as made:  # noqa: PTH123 - where the test stands
        made.write(text.replace("[Care, Arts]", "Care"))
    assert titles(read_source("register.xlsx", mapping="one.yaml")) == ["sheet-of-the-same-kind"]


def test_a_column_without_a_heading_is_left_over_and_one_without_a_cell_is_not():
    rows = [["", "Lead officer", "", "Notes"], ["Care pool", "DASS"], ["Arts", "DCS"]]
    lay({"R": rows}, "register.xlsx")
    _, text = mapped("register.xlsx")
    left = text.partition("Columns left over")[2].partition("ignored:")[0]
    assert "[A]" in left
    assert "Notes" not in text
    [told] = read().warnings
    assert told.message == "no fact is read from 1 column: `[A]`"


def _of_one_sheet():
    with open("one.yaml", "w", encoding="utf-8") as made:  # noqa: PTH123 - where the test stands
        made.write(
            "govrules: 1\ncolumns: { Partnership: name, Lead officer: responsible_officer }\n"
        )
    return "one.yaml"


@pytest.mark.parametrize(
    "down",
    [
        ["funding.pooled", "protocol.agreed", "responsible_officer"],
        ["status", "area", "objective"],
        ["funding.annual_spend"],
        ["id", "Comments", "reviewed", "status"],
    ],
)
def test_facts_that_run_down_a_table_are_no_partnerships(down, capsys):
    rows = [("name", "Care pool", "Arts network"), *((each, "", "") for each in down)]
    lay(rows)
    assert main(["check", "register.csv"]) == 2
    assert "the table seems to lie on its side" in capsys.readouterr().err
    lay([("name", "status"), *((each, "active") for each in ("Area", "Care pool", "Status"))])
    assert len(read_source("register.csv").subject.partnerships) == 3


# ── What is read ──────────────────────────────────────────────────────────────────────────────

BANDS = [
    ("£1m-£5m", 1_000_000, 5_000_000),
    ("between £100k and £250k", 100_000, 250_000),
    ("£250k+", 250_000, None),
    (">£5m", 5_000_000, None),
    ("up to £50k", None, 50_000),
    ("<£10,000", None, 10_000),
]


@pytest.mark.parametrize(("cell", "low", "high"), BANDS)
def test_the_mapping_says_which_end_of_a_band_counts(cell, low, high):
    lay([("Partnership", "Budget"), ("A", cell), ("B", "£7")])
    for end, wanted in (("lower end", low), ("upper end", high), ("", None)):
        said = f", bands: {end}" if end else ""
        budget = f"{{ fact: funding.annual_spend{said} }}"
        _write(f"columns: {{ Partnership: name, Budget: {budget} }}")
        known = read(None)
        one, other = known.subject.partnerships
        assert other.funding.annual_spend == 7
        if wanted is None:
            assert one.funding is UNKNOWN
            [told] = known.warnings
            assert ("and no " in told.message) == bool(end)
        else:
            assert one.funding.annual_spend == Decimal(wanted)
            assert known.warnings == ()


SETTLED = [
    # Without a threshold of the rules within: 25,000, 100,000 and 1,000,000.
    ("£1m-£5m", 1_000_000, [1_000_001, 5_000_000]),
    ("between £100k and £250k", 100_000, [100_001, 249_999, 250_000]),
    (">£5m", 5_000_000, [5_000_001, 80_000_000]),
    ("£1.2m or more", 1_200_000, [1_300_000, 99_000_000]),
    ("£30k to £90k", 30_000, [30_001, 90_000]),
    # With one: at an end that counts below it, too.
    ("£100k-£1m", None, []),
    ("£250k+", None, []),
    ("up to £50k", None, []),
    # Nothing may be spent at all, and a rule asks that.
    ("<£10,000", None, []),
]


@pytest.mark.parametrize(("cell", "wanted", "others"), SETTLED)
def test_a_band_counts_where_no_rule_tells_its_amounts_apart(cell, wanted, others):
    lay([("Partnership", "Budget"), ("A", cell)])
    _write("columns: { Partnership: name, Budget: funding.annual_spend }")
    known = read()
    [one], [told] = known.subject.partnerships, known.warnings
    if wanted is None:
        assert (one.funding, told.code.title) == (UNKNOWN, "unreadable-value")
        return
    assert (one.funding.annual_spend, told.code.title) == (Decimal(wanted), "read-with-care")
    assert "no threshold of the rules lies within it" in told.message
    verdicts = _verdicts(one)
    for each in others:
        funding = attrs.evolve(one.funding, annual_spend=Decimal(each))
        assert _verdicts(attrs.evolve(one, funding=funding)) == verdicts


def _verdicts(one):
    found = assess(one, BOOK, as_of=dt.date(2026, 3, 31)).findings
    return [(each.rule.id, each.verdict, each.severity, each.could_be) for each in found]


@pytest.mark.parametrize(
    ("test", "settles"),
    [
        ("funding.annual_spend: { at_least: £3000 }", True),
        ("funding.annual_spend: { at_least: £1000 }", True),
        ("funding.annual_spend: { more_than: £1000 }", False),
        ("funding.annual_spend: { at_most: £1000 }", False),
        ("funding.annual_spend: { more_than: £2000 }", True),
        ("funding.annual_spend: { less_than: £2000 }", False),
        ("funding.annual_spend: { less_than: { parameter: much } }", False),
        ("funding.annual_spend: £1500", False),
        ("funding.annual_spend: { between: [£2000, £4000] }", False),
        ("funding.annual_spend: { between: [£3000, £4000] }", True),
        ("funding.annual_spend: { more_than: { fact: funding.total_spend } }", False),
        ("not: { funding.annual_spend: none }", False),
        ("responsible_officer: none", False),
    ],
)
def test_a_band_counts_only_where_rules_ask_for_thresholds_alone(test, settles):
    book = load_rulebook(
        {
            "rulebook.yaml": RULEBOOK + PARAMETER,
            "rules.yaml": RULES.replace("not: { responsible_officer: none }", test),
        }
    )
    lay([("Partnership", "Budget"), ("A", "£1000-£2000")])
    _write("columns: { Partnership: name, Budget: funding.annual_spend }")
    [one] = read(book).subject.partnerships
    assert (one.funding is not UNKNOWN) == settles


@pytest.mark.parametrize("about", ["name, bands: lower end", "funding.annual_spend, bands: middle"])
def test_an_end_of_a_band_that_is_none_is_refused(about, capsys):
    lay([("Partnership",), ("A",)])
    _write(f"columns:\n  Partnership: {{ fact: {about} }}")
    assert main(["check", "register.csv", "--mapping", "mapping.yaml"]) == 2
    assert "mapping.yaml:3:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "lead"),
    [("Café Trust", "Zoë"), ("Ynys Môn partneriaeth", "Siân"), ("Norvale’s pool", "£ officer")],
)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_letters_are_read_as_the_file_holds_them(encoding, name, lead):
    lay([("Partnership", "Lead officer"), (name, lead)], encoding=encoding)
    mapped("register.csv")
    [known] = read().subject.partnerships
    assert (known.name, known.responsible_officer) == (name, lead)


@pytest.mark.parametrize("number", [1900, 1999, 2025, 2100, 0, 1])
def test_a_number_in_a_cell_for_dates_is_told(number):
    with xlsxwriter.Workbook("register.xlsx") as book:
        sheet = book.add_worksheet("R")
        sheet.write_row(0, 0, ["name", "reviewed"])
        sheet.write_row(1, 0, ["A"])
        sheet.write_number(1, 1, number, book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_row(2, 0, ["B"])
        sheet.write_number(2, 1, 45382, book.add_format({"num_format": "dd/mm/yyyy"}))
    found = read_source("register.xlsx")
    one, other = found.subject.partnerships
    assert (one.reviewed, other.reviewed) == (UNKNOWN, dt.date(2024, 3, 31))
    assert titles(found) == ["unreadable-value"]


@pytest.mark.parametrize("mark", [";", "|", " / ", " + ", "\n", "\u2022", ","])
def test_what_parts_bodies_in_a_cell_is_found(mark):
    lay([("Partnership", "Partners"), *((each, f"One{mark}Two{mark}Three") for each in NAMES)])
    mapped("register.csv")
    for each in read().subject.partnerships:
        assert [one.name for one in each.partners if one is not UNKNOWN] == ["One", "Two", "Three"]


@pytest.mark.parametrize(
    ("year", "century"), [("00", 2000), ("24", 2024), ("68", 2068), ("69", 1969), ("99", 1999)]
)
@pytest.mark.parametrize("form", ["31/03/{}", "31.03.{}", "31-03-{}"])
def test_years_of_two_digits_go_by_one_rule(form, year, century):
    lay([("Partnership", "Start"), ("A", form.format(year))])
    way = form[2].join("dmy")
    _write(f'columns: {{ Partnership: name, Start: {{ fact: started, dates: "{way}" }} }}')
    assert read().subject.partnerships[0].started == dt.date(century, 3, 31)


@pytest.mark.parametrize(
    ("heading", "meant"),
    [
        ("responsible_oficer", "responsible_officer"),
        ("fundng.pooled", "funding.pooled"),
        ("scrutiny.lst", "scrutiny.last"),
        ("Objectve", "objective"),
    ],
)
def test_a_heading_that_is_a_fact_misspelt_is_told(heading, meant):
    lay([("name", heading), ("A", "x")])
    [told] = read_source("register.csv").warnings
    assert (told.code.title, told.help) == ("column-not-mapped", f"did you mean `{meant}`?")


@pytest.mark.parametrize("heading", ["Description", "Colour", "Notes", "Chair"])
def test_a_heading_that_is_like_no_fact_is_not_guessed_at(heading):
    lay([("name", heading), ("A", "x")])
    [told] = read_source("register.csv").warnings
    assert "did you mean" not in told.help


@pytest.mark.parametrize(
    ("column", "values", "wanted"),
    [
        ("funding.pooled", [1, 0], [True, False]),
        ("funding.pooled", [True, False], [True, False]),
        ("funding.pooled", ["1", "0"], [True, False]),
        ("public.vulnerable_users", [1.0, 0.0], [True, False]),
    ],
)
def test_nought_and_one_are_no_and_yes_in_a_table_in_memory(column, values, wanted):
    head, _, tail = column.partition(".")
    found = read_register(pa.table({"name": ["A", "B"], column: values})).partnerships
    assert [getattr(getattr(each, head), tail) for each in found] == wanted


# ── What is not read stands in the machine formats ────────────────────────────────────────────

RULEBOOK = """govrules: 1
id: small
title: Small
version: "1"
owner: the tests
sources: { policy: { title: Policy, publisher: A council, year: "2026" } }
"""
PARAMETER = """parameters:
  much: { value: £1500, unit: £, reason: It is much., says: ours }
"""
RULES = """govrules: 1
theme: money
rules:
  - id: nobody-responsible
    title: No officer is responsible
    principle: Somebody is in charge.
    source: { document: policy, paragraph: 1 }
    requires: { not: { responsible_officer: none } }
    severity: low
"""


@pytest.fixture
def pack(folder):
    (folder / "small").mkdir()
    (folder / "small" / "rulebook.yaml").write_text(RULEBOOK)
    (folder / "small" / "money.yaml").write_text(RULES)
    return "small"


NOT_READ = [
    ("register.csv", "name,reviewed\nA,spring 2025\n", "unreadable-value"),
    ("register.csv", "name,Colour\nA,red\n", "column-not-mapped"),
    ("register.csv", "name,reviewed\nA,2099-01-01\n", "date-ahead"),
    ("register.csv", "name,responsible_officer\nA,TBC\n", "placeholder"),
    (
        "register.yaml",
        "partnerships: [{ name: A, status: asleep }, { name: B }]\n",
        "unknown-value",
    ),
    ("register.jsonl", '{"name": "A", "status": "asleep"}\n{"name": "B"}\n', "unreadable-value"),
]


@pytest.mark.parametrize(("name", "text", "title"), NOT_READ)
def test_check_and_findings_name_what_is_not_read_in_their_files(name, text, title, folder, pack):
    (folder / name).write_text(text, "utf-8")
    as_of = ["--rules", pack, "--as-of", "2026-03-31"]
    main(["check", name, *as_of, "--format", "json", "--output", "o.json"])
    rest = json.loads((folder / "o.json").read_text("utf-8"))
    assert title in {each["name"] for each in rest["problems"]}
    main(["findings", name, *as_of, "--output", "f.csv", "--problems", "p.json"])
    rest = json.loads((folder / "p.json").read_text("utf-8"))
    assert title in {each["name"] for each in rest["problems"]}


def test_findings_on_columns_name_what_is_not_read_too(folder, pack):
    rows = {"responsible_officer": ["TBC"], "funding": [{"pooled": True}]}
    laid_out = pa.table({"name": ["A"], **rows})
    pq.write_table(laid_out, "register.parquet")
    main(
        [
            "findings",
            "register.parquet",
            "--rules",
            pack,
            "--output",
            "f.csv",
            "--problems",
            "p.json",
        ]
    )
    rest = json.loads((folder / "p.json").read_text("utf-8"))
    assert [each["name"] for each in rest["problems"]] == ["placeholder"]


@pytest.mark.parametrize("rating", ["Weak", None])
def test_the_registers_own_rating_stands_beside_the_tier_in_json(rating, folder):
    lay([("name", "own_rating"), ("A", rating or "")])
    main(["check", "register.csv", "--format", "json", "--output", "o.json"])
    [one] = [
        each
        for each in json.loads((folder / "o.json").read_text("utf-8"))["subjects"]
        if each["name"] == "A"
    ]
    assert "risk_tier" in one["derived"]
    assert one["own_rating"] == rating


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mine", "its"), [("7", "007"), ("P 9", "P9"), ("0012", "12"), ("EX 1", "ex1")]
)
def test_a_reference_that_is_written_otherwise_is_named(mine, its):
    partners = [["Ref", "Partner"], [its, "X"], ["8", "Y"]]
    lay({"R": [["Ref", "Partnership"], [mine, "A"], ["8", "B"]], "P": partners}, "register.xlsx")
    _write(
        "table: R\ncolumns: { Ref: id, Partnership: name }\nlists: { partners: { table: P, "
        "key: Ref, joins: Ref, columns: { Partner: name } } }"
    )
    known = read()
    assert [each.partners is UNKNOWN for each in known.subject.partnerships] == [True, False]
    [told] = known.problems
    assert told.help == f"did you mean `{mine}`? References are compared as they stand"


BAD = [
    # A mapping for another file.
    ({}, "columns: { Name: name, Reviewed: reviewed }", "no column `Name`"),
    (
        {},
        "columns: { Partnership: name }\nlists: { partners: { file: gone.csv, key: Ref, joins: Partnership, columns: { Partner: name } } }",
        "gone.csv",
    ),
    # A sheet that is not there.
    (
        {"R": [["Partnership"], ["A"]]},
        "table: Registr\ncolumns: { Partnership: name }",
        "there is no sheet `Registr`",
    ),
    (
        {"R": [["Partnership"], ["A"]]},
        "table: [R, S]\ncolumns: { Partnership: name }",
        "there is no sheet `S`",
    ),
    # A key that matches nothing.
    (
        {"R": [["Partnership"], ["A"]], "P": [["For", "Body"], ["B", "X"]]},
        "table: R\ncolumns: { Partnership: name }\nlists: { partners: { table: P, key: For, joins: Partnership, columns: { Body: name } } }",
        "no partnership has the `Partnership` `B`",
    ),
    (
        {"R": [["Partnership"], ["A"]], "P": [["For", "Body"], ["A", "X"]]},
        "table: R\ncolumns: { Partnership: name }\nlists: { partners: { table: P, key: Fro, joins: Partnership, columns: { Body: name } } }",
        "Fro",
    ),
]


@pytest.mark.parametrize(("sheets", "mapping", "said"), BAD)
def test_a_mapping_that_does_not_fit_is_explained(sheets, mapping, said, capsys, folder):
    file = lay(
        sheets or [("Partnership", "Budget"), ("A", "5")],
        "register.xlsx" if sheets else "register.csv",
    )
    (folder / "mapping.yaml").write_text(f"govrules: 1\n{mapping}\n", "utf-8")
    assert main(["check", file, "--mapping", "mapping.yaml", "--output", "o.txt"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "help: " in told
    assert "Traceback" not in told

"""What `map` proposes can be read back, says what it is unsure of, and hides nothing."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from govrules import FactsError, Partnership, assess, load_rulebook
from govrules.nodes import Report
from govrules.parsing import parse
from govrules.reading import declared_by
from govrules.registers.mapping import read_mapping
from govrules.registers.mapping_text import mapping_text, quoted
from govrules.registers.propose import propose
from govrules.registers.read import read_source
from govrules.render.standing import tier_of
from govrules.subjects import Declared
from govrules.truth import UNKNOWN

HERE = Path(__file__).parent


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(text, *, name="register.csv", encoding="utf-8", **options):
    with open(name, "w", encoding=encoding, newline="") as file:  # noqa: PTH123 - where the test stands
        file.write(text)
    return mapped(name, **options)


def mapped(name, declared=Declared(), **options):  # noqa: B008 - it holds nothing
    """Return what is proposed, after reading it as a mapping."""
    text = mapping_text(propose(name, declared, **options))
    with open("mapping.yaml", "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        file.write(text)
    read_mapping("mapping.yaml", declared)
    return yaml.safe_load(text), text


def test_headings_that_are_facts_are_those_facts(folder):
    found, _ = proposed("id,funding.pooled,funding.annual_spend,Comments\n1,yes,5,x\n")
    assert found["columns"] == {
        "id": "id",
        "funding.pooled": "funding.pooled",
        "funding.annual_spend": "funding.annual_spend",
    }


def test_a_column_that_no_fact_is_like_is_left_over(folder):
    found, text = proposed("Partnership name,Favourite colour\nCare pool,blue\n")
    assert found["columns"] == {"Partnership name": "name"}
    assert "#   Favourite colour\n" in text
    assert found["ignored"] == []


def test_facts_that_no_column_was_found_for_are_listed(folder):
    _, text = proposed("Partnership name\nCare pool\n")
    left = text.partition("# Facts that no column was found for")[2]
    listed = left.replace("#", " ").replace(",", " ").split()
    assert "funding.pooled" in listed
    assert "name" not in listed


def test_cells_that_do_not_fit_a_heading_make_it_unsure(folder):
    found, text = proposed("Name,Pooled?\nA,in part\nB,perhaps\nC,yes\n")
    assert found["columns"]["Pooled?"] == {"fact": "funding.pooled", "unsure": True}
    assert "not read as it stands: `in part`, `perhaps`" in text


def test_one_and_nought_may_be_yes_and_no_and_may_not(folder):
    found, _ = proposed("Name,Pooled?\nA,1\nB,0\n")
    assert found["columns"]["Pooled?"] == {"fact": "funding.pooled", "unsure": True}


@pytest.mark.parametrize(
    ("dates", "ways", "unsure"),
    [
        (["31/3/24", "1/2/24"], "d/m/y", False),
        (["1/2/24", "3/4/24"], "d/m/y", True),
        (["31 March 2024"], "d mmm y", False),
        (["31/3/24", "31 Mar 2024"], ["d/m/y", "d mmm y"], False),
        (["3/31/24"], "m/d/y", False),
        (["31/3/24", "3/31/24"], "d/m/y", True),
    ],
)
def test_dates_are_recognised_and_the_order_of_day_and_month_is_not_guessed(
    folder, dates, ways, unsure
):
    found, _ = proposed("Name,Last reviewed\n" + "".join(f"A,{each}\n" for each in dates))
    column = found["columns"]["Last reviewed"]
    assert column["dates"] == ways
    assert column.get("unsure", False) is unsure


def test_the_unit_of_an_amount_stands_in_its_heading(folder):
    found, _ = proposed("Name,Annual budget (£000s),Grant\nA,12,yes\n")
    assert found["columns"]["Annual budget (£000s)"]["unit"] == "£k"


def test_numbers_of_a_workbook_may_be_fractions_and_days(folder):
    book = xlsxwriter.Workbook("register.xlsx")
    sheet = book.add_worksheet("Register")
    sheet.write_row(0, 0, ["Name", "oversight.cost_share", "reviewed", "funding.traced_share"])
    sheet.write_row(1, 0, ["A", 0.4, 45382, 0.4])
    sheet.write_row(2, 0, ["B", 0.5, 45383, 40])
    book.close()
    found, _ = mapped("register.xlsx")
    mixed = {"fact": "funding.traced_share", "unsure": True}
    assert found["columns"]["funding.traced_share"] == mixed
    assert found["columns"]["oversight.cost_share"] == {
        "fact": "oversight.cost_share",
        "unsure": True,
        "unit": "fraction",
    }
    assert found["columns"]["reviewed"] == {"fact": "reviewed", "unsure": True, "dates": "excel"}


def test_values_of_a_closed_list_are_translated_only_with_a_mark(folder):
    found, _ = proposed("Name,Legal form\nA,Joint committee\nB,Joint comittee\n")
    assert found["columns"]["Legal form"] == {
        "fact": "legal_form",
        "values": {"Joint comittee": "joint_committee"},
        "unsure": True,
    }


def test_partners_in_one_cell_are_parted(folder):
    found, _ = proposed('Name,Partners\nA,"Eastshire Council; Northmoor Police"\nB,X; Y\n')
    assert found["columns"]["Partners"] == {"fact": "partners[].name", "separator": ";"}
    assert found["lists"] == {"partners": {"complete": False}}
    first, _ = read_source("register.csv", mapping="mapping.yaml").subject.partnerships
    assert [each.name for each in first.partners[:2]] == ["Eastshire Council", "Northmoor Police"]
    assert first.partners[2] is UNKNOWN
    assert first.origin["partners[1].name"] == "register.csv:2"


def test_one_fact_is_proposed_for_one_column(folder):
    found, text = proposed("Partnership name,Name of partnership\nA,B\n")
    assert [*found["columns"].values()] == [{"fact": "name", "unsure": True}]
    assert "may both hold `name`" in text
    assert "Columns left over" in text


def test_partners_in_another_sheet_are_found_by_what_they_refer_to(folder):
    with xlsxwriter.Workbook("register.xlsx") as book:
        main = book.add_worksheet("All")
        for number, row in enumerate([("Ref", "Name"), ("P1", "Care pool"), ("P2", "Waste")]):
            main.write_row(number, 0, row)
        others = book.add_worksheet("Members")
        for number, row in enumerate(
            [("Ref", "Organisation"), ("P1", "X Council"), ("P2", "Y"), ("P2", "Z")]
        ):
            others.write_row(number, 0, row)
        book.add_worksheet("Notes").write(0, 0, "See the intranet")
    found, text = mapped("register.xlsx")
    assert found["lists"]["partners"] == {
        "unsure": True,
        "complete": False,
        "table": "Members",
        "key": "Ref",
        "joins": "Ref",
        "columns": {"Organisation": "name"},
    }
    assert "# The sheet `Notes` is not read." in text
    unconfirmed = read_source("register.xlsx", mapping="mapping.yaml").subject
    assert {each.partners for each in unconfirmed.partnerships} == {UNKNOWN}
    with open("mapping.yaml", "w", encoding="utf-8") as file:  # noqa: PTH123 - where the test stands
        file.write(text.replace("    unsure: yes\n", "").replace("complete: no", "complete: yes"))
    read = read_source("register.xlsx", mapping="mapping.yaml")
    _, waste = read.subject.partnerships
    assert [each.name for each in waste.partners] == ["Y", "Z"]
    assert waste.origin["partners[1].name"] == "register.xlsx[Members]!B4"
    assert waste.origin["partners[1]"] == "register.xlsx[Members]!4"
    assert read.notes[0] == "register.xlsx[Members]: 3 rows, 3 partners"


def test_what_is_no_utf_8_is_read_as_cp1252_and_said_to_be(folder):
    found, _ = proposed("Name,Budget\nCafé pool,£5\n", encoding="cp1252")
    assert found["encoding"] == "cp1252"
    [pool] = read_source("register.csv", mapping="mapping.yaml").subject.partnerships
    assert pool.name == "Café pool"


@pytest.mark.parametrize(("mark", "said"), [(";", ";"), ("\t", "tab"), ("|", "|")])
def test_another_delimiter_is_found(folder, mark, said):
    found, _ = proposed(f"Name{mark}Status\nCare pool{mark}active\n")
    assert found["delimiter"] == said
    [pool] = read_source("register.csv", mapping="mapping.yaml").subject.partnerships
    assert (pool.name, pool.status) == ("Care pool", "active")


def test_keys_and_columns_of_other_files_are_mapped_too(folder):
    found, _ = proposed(
        json.dumps({"Partnership name": "Care pool", "Pooled?": "Y"}), name="register.jsonl"
    )
    assert found["columns"]["Partnership name"] == "name"
    pyarrow.parquet.write_table(pa.table({"Partnership name": ["A"]}), "register.parquet")
    assert mapped("register.parquet")[0]["columns"] == {"Partnership name": "name"}


def test_derived_facts_of_the_rulebook_are_proposed(folder):
    declared = declared_by(load_rulebook())
    found, _ = proposed("Name,Risk tier\nA,High\n", declared=declared)
    assert found["columns"]["Risk tier"] == "risk_tier"


def test_headings_that_yaml_would_read_otherwise_are_quoted(folder):
    found, _ = proposed('"Name: of, [it]","yes","# Status"\nA,b,active\n')
    assert found["columns"]["# Status"]
    read_source("register.csv", mapping="mapping.yaml")


@pytest.mark.parametrize("text", ["a\x7fb", "a\x85b", "a\u2028b", "\ufeffa", "on", "a: b", "x # y"])
def test_a_text_in_quotes_is_read_back(text):
    written = f"{quoted(text)}: {quoted(text)}\n"
    node = parse(written, Report("mapping.yaml", written))
    [(key, value)] = node.items
    assert (key.text, value.text) == (text, text)


def test_a_document_is_no_table_to_be_mapped(folder):
    with pytest.raises(FactsError, match="no table is read"):
        proposed("name: Care pool\n", name="pool.yaml")


# ── Right or silent ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "heading", ["Agreement", "Written agreement?", "Terms of reference in place (Y/N)"]
)
def test_a_yes_or_no_of_an_agreement_says_that_there_is_one(folder, heading):
    found, _ = proposed(f"Partnership,{heading}\nCare pool,Y\nArts,n\nWaste,TBC\nForum,y\n")
    about = found["columns"][heading]
    assert about["fact"] == "governing_document"
    assert about["unsure"] is True
    confirm()
    care, arts, waste, forum = read_source(
        "register.csv", mapping="mapping.yaml"
    ).subject.partnerships
    assert care.governing_document.kind is UNKNOWN
    assert forum.governing_document == care.governing_document
    assert arts.governing_document is None
    assert waste.governing_document is UNKNOWN


@pytest.mark.parametrize(
    ("heading", "ratings"),
    [
        ("RAG", ["Red", "Amber", "Green"]),
        ("RAG status", ["R", "A", "G"]),
        ("Risk rating", ["High", "Medium", "Low"]),
        ("Governance rating", ["Substantial", "Reasonable", "Weak"]),
        ("Overall rating", ["Good", "Fair", "TBC"]),
    ],
)
def test_a_rating_is_kept_as_the_registers_own_beside_the_tier(folder, heading, ratings):
    rows = "".join(f"p{at},{each}\n" for at, each in enumerate(ratings))
    found, _ = proposed(f"Partnership,{heading}\n{rows}")
    assert found["columns"][heading] == {"fact": "own_rating", "unsure": True}
    confirm()
    entries = read_source("register.csv", mapping="mapping.yaml").subject.partnerships
    kept = [UNKNOWN if each == "TBC" else each for each in ratings]
    assert [each.own_rating for each in entries] == kept
    book = load_rulebook()
    tier = tier_of(assess(entries[0], book))
    assert entries[0].stated == {}
    assert tier.sentence.endswith(f"The register itself rates it {ratings[0]}.")
    assert "own rating" not in tier_of(assess(Partnership(name="A"), book)).sentence


def confirm():
    with open("mapping.yaml", encoding="utf-8") as file:  # noqa: PTH123 - where the test stands
        text = file.read()
    with open("mapping.yaml", "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        file.write(text.replace(", unsure: yes", "").replace("    unsure: yes\n", ""))


def test_that_there_is_an_agreement_goes_with_what_it_is(folder):
    with open("mapping.yaml", "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        file.write(
            "govrules: 1\ncolumns: { Partnership: name, Agreement: { fact: governing_document, values: "
            "{ Y: yes, N: none } }, Kind: governing_document.kind }\n"
        )
    with open("register.csv", "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        file.write("Partnership,Agreement,Kind\nA,Y,Constitution\nB,N,Constitution\nC,Y,\n")
    read = read_source("register.csv", mapping="mapping.yaml")
    a, b, c = (each.governing_document for each in read.subject.partnerships)
    assert a.kind == "constitution"
    assert b is UNKNOWN
    assert c.kind is UNKNOWN
    assert "`governing_document` is none here" in read.warnings[0].message


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Review date", ["01/04/2027", "01/12/2026", "15/06/2027"]),
        ("Next review", ["01/04/2027", "01/12/2026", "15/06/2027"]),
        ("Reports to", ["Cabinet", "Scrutiny", "Cabinet"]),
        ("Risk score", ["12", "4", "9"]),
        ("Amount Awarded", ["2500", "3000", "3500"]),
        ("Amount Disbursed", ["", "", ""]),
        ("Planned Dates:Start Date", ["2024-01-18", "", ""]),
        ("Recipient Org:Name", ["Group 1", "Group 2", "Group 3"]),
        ("Lead officer", ["Yes", "No", "Yes"]),
        ("Partners", ["3", "4", "12"]),
        ("Pooled budget", ["see report", "by the ICB", "ask finance"]),
        ("Portfolio holder", ["Cllr Green", "Cllr Shah", "Cllr Price"]),
    ],
)
def test_what_no_fact_holds_is_left_over(folder, heading, cells):
    found, text = proposed(
        f"Partnership,{heading}\n" + "".join(f"p{at},{each}\n" for at, each in enumerate(cells))
    )
    assert found["columns"] == {"Partnership": "name"}
    assert heading in text or not any(cells)


def test_the_likely_facts_of_a_column_left_over_stand_below_it_with_their_questions(folder):
    _, text = proposed("Partnership,Review date\nCare pool,01/04/2027\n")
    assert (
        "#   Review date\n#     perhaps reviewed: When was the partnership last reviewed?\n" in text
    )


def test_a_heading_counts_where_its_cells_cannot_be_read(folder):
    found, text = proposed(
        'Title of the partnership,Total annual budget\nTrust,c. lots\nPool,"£250-£300k"\n'
    )
    assert found["columns"]["Title of the partnership"] == "name"
    assert found["columns"]["Total annual budget"]["unsure"] is True
    assert "not read as it stands: `c. lots`" in text


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("Pooled budget?", ["Y", "y", "N", "n"]),
        (
            "Governing document",
            ["Memorandum of Understandings", "memorandum of understandings", "MOU", "MoU"],
        ),
        ("Legal form", ["CLG", "clg", "Joint Comittee", "joint comittee"]),
        ("Status", ["Live", "LIVE", "live", "Closed"]),
        ("Agreement", ["Yes", "YES", "yes", "no"]),
    ],
)
def test_words_in_other_letters_are_one_word(folder, heading, cells):
    found, _ = proposed(
        f"Partnership,{heading}\n" + "".join(f"p{at},{each}\n" for at, each in enumerate(cells))
    )
    confirm()
    read = read_source("register.csv", mapping="mapping.yaml")
    assert not [each for each in read.warnings if each.code.title == "unreadable-value"]
    about = found["columns"][heading]
    words = [
        str(each).casefold() for each in ({} if isinstance(about, str) else about).get("values", ())
    ]
    assert len({*words}) == len(words)


def test_facts_of_one_list_are_not_read_from_two_cells(folder):
    shutil.copy(HERE / "draft.xls", "draft.xls")
    found, _ = mapped("draft.xls")
    listed = [each for each in found["columns"].values() if "partners[]" in str(each)]
    assert len(listed) == 1
    confirm()
    read = read_source("draft.xls", mapping="mapping.yaml")
    assert len(read.subject.partnerships) == 5
    assert str(read.notes[0]) == "draft.xls[Draft register]: 5 rows, 5 partnerships"
    coastal = read.subject.partnerships[1]
    assert [each.name for each in coastal.partners[:2]] == [
        "Environment Agency",
        "Norvale District Council",
    ]
    assert coastal.origin["value.cost"] == "draft.xls[Draft register]!F3"
    assert coastal.risk is UNKNOWN
    assert read.subject.partnerships[0].risk.register == "nowhere"


def test_a_name_that_stands_twice_is_said_before_anything_else(folder):
    _, text = proposed(
        "Partnership,Risk,Protocol\nForum,Managers,Y\nForum,Funding,N\nBoard,Funding,N\n"
    )
    before = text.partition("govrules: 1")[0]
    assert "`Forum` stands in rows 2 and 3 of `Partnership`" in before


@pytest.mark.parametrize(
    "heads",
    [
        ("No.", "Requirement", "Update"),
        ("Ref", "Question", "Answer"),
        ("Id", "Standards", "Evidence"),
    ],
)
def test_requirements_that_run_down_are_asked_of_the_bodies_across(folder, heads):
    found, text = proposed(
        ",".join(heads) + "\n1,Publish the framework,Done\n2,Register of interests,Yes\n"
    )
    assert (found["sideways"], found["header"]) == (True, 2)
    assert found["columns"][heads[1]] == {"fact": "name", "unsure": True}
    assert found["columns"]["Register of interests"] == "conflicts.register"
    assert "# The table lies on its side" in text
    confirm()
    read = read_source("register.csv", mapping="mapping.yaml")
    [body] = read.subject.partnerships
    assert (body.name, body.conflicts.register) == (heads[2], True)


def test_columns_that_refer_to_pages_are_no_bodies(folder):
    rows = [
        ("Local checklist", "", "", "", ""),
        ("No.", "Requirement", "Further guidance section", "Page", "Update"),
        ("Accountability", "", "", "", ""),
        (1, "Roles are described", "19.a", 11, "Boards covered"),
        (2, "Register of interests published", "19.f", 16, "In progress"),
    ]
    with xlsxwriter.Workbook("register.xlsx") as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    found, _ = mapped("register.xlsx")
    assert (found["sideways"], found["header"]) == (True, 2)
    assert found["skip"] == [{"column": "Requirement", "is": ["Further guidance section", "Page"]}]
    confirm()
    [body] = read_source("register.xlsx", mapping="mapping.yaml").subject.partnerships
    assert body.name == "Update"


def test_a_second_sheet_joins_whatever_zeros_its_keys_begin_with(folder):
    with xlsxwriter.Workbook("register.xlsx") as book:
        main_sheet = book.add_worksheet("Register")
        for at, row in enumerate(
            [("Ref", "Partnership"), (7, "Care pool"), ("008", "Arts"), ("P 9", "Waste")]
        ):
            main_sheet.write_row(at, 0, row)
        others = book.add_worksheet("Partners")
        for at, row in enumerate(
            [
                ("Ref", "Partner", "Type"),
                ("007", "Council A", "Unitary council"),
                (8, "Arts East", "Charity"),
                ("P9", "Waste Ltd", "Company"),
                (7, "ICB", "Integrated care board"),
                ("P10", "Ghost", "Company"),
            ]
        ):
            others.write_row(at, 0, row)
    found, _ = mapped("register.xlsx")
    assert found["table"] == "Register"
    assert found["lists"]["partners"]["table"] == "Partners"
    assert found["lists"]["partners"]["columns"] == {"Partner": "name", "Type": "kind"}


def test_a_partner_a_row_is_noticed(folder):
    rows = "Care pool,DASS,X Council,Unitary council\n,,Y ICB,ICB\n,,Z Trust,Charity\nArts,Arts,X Council,Unitary council\n"
    found, _ = proposed("Partnership,Lead officer,Partner,Type\n" + rows)
    assert found["rows"] == "partners"
    assert found["columns"]["Partner"] == "partners[].name"
    assert found["columns"]["Type"]["fact"] == "partners[].kind"
    read = read_source("register.csv", mapping="mapping.yaml")
    assert [
        len([one for one in each.partners if one is not UNKNOWN])
        for each in read.subject.partnerships
    ] == [3, 1]


# ── Never refused ─────────────────────────────────────────────────────────────────────────────

WORDS = st.sampled_from(
    [
        "Y",
        "y",
        "N",
        "Yes",
        "TBC",
        "n/a",
        "None",
        "nil",
        "£5",
        "12k",
        "31/3/24",
        "2025",
        "Cabinet",
        "A; B",
        "A, B",
        "MoU",
        "memo of understanding",
        "MEMORANDUM OF UNDERSTANDING",
        "Statutory",
        "active",
        "Live",
        "",
        "1",
        "0",
        "Total",
        "* note",
        ": [x]",
        "#",
        "- a",
    ]
)
HEADINGS = st.sampled_from(
    [
        "Ref",
        "Name",
        "Partnership",
        "Partners",
        "Partner",
        "Partner 1",
        "Partner 2",
        "Type",
        "Agreement",
        "Agreement?",
        "Pooled",
        "Budget",
        "Budget £k",
        "Last reviewed",
        "Review date",
        "Status",
        "Risk register",
        "Votes",
        "Role",
        "Exit terms",
        "Scrutiny",
        "x: [y]",
        "# z",
        "Money / Pooled?",
        "",
        "yes",
        "partners[0].name",
    ]
)


@given(
    heads=st.lists(HEADINGS, min_size=1, max_size=7),
    rows=st.lists(st.lists(WORDS, min_size=7, max_size=7), max_size=6),
)
@example(heads=["Agreement?"], rows=[["Y"] * 7, ["Total", *"YYYYYY"]])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_proposed_is_never_refused_confirmed_or_not(folder, heads, rows):
    if not any(map(str.strip, heads)):
        return
    table = io.StringIO()
    csv.writer(table).writerows([heads, *(row[: len(heads)] for row in rows)])
    try:
        proposed(table.getvalue())
    except FactsError as error:
        # Every heading may be drawn empty once it is quoted, which leaves nothing to map.
        if {each.code.title for each in error.diagnostics} == {"no-headings"}:
            return
        raise
    for _ in range(2):
        try:
            read_source("register.csv", mapping="mapping.yaml")
        except FactsError as error:
            raise AssertionError([str(each) for each in error.diagnostics]) from error
        confirm()


def test_what_few_rows_have_is_no_reference_for_certain(folder):
    found, _ = proposed("Partnership,Yes,No\nA,x,\nB,x,\nC,,x\n")
    assert found["columns"]["No"] == {"fact": "id", "unsure": True}

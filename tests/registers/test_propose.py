"""What `map` proposes can be read back, says what it is unsure of, and hides nothing."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter
import yaml

from govrules import FactsError, load_rulebook
from govrules.reading import declared_by
from govrules.registers.mapping import read_mapping
from govrules.registers.mapping_text import mapping_text
from govrules.registers.propose import propose
from govrules.registers.read import read_source
from govrules.subjects import Declared
from govrules.truth import UNKNOWN


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
    assert found["columns"]["Pooled?"]["values"] == {"1": "yes", "0": "no"} or found["columns"][
        "Pooled?"
    ]["values"] == {"1": True, "0": False}
    assert found["columns"]["Pooled?"]["unsure"] is True


@pytest.mark.parametrize(
    ("dates", "ways", "unsure"),
    [
        (["31/3/24", "1/2/24"], "d/m/y", False),
        (["1/2/24", "3/4/24"], "d/m/y", True),
        (["31 March 2024"], "d mmm y", False),
        (["31/3/24", "31 Mar 2024"], ["d/m/y", "d mmm y"], False),
        (["3/31/24"], "m/d/y", False),
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
    assert [*found["columns"].values()].count("name") == 1
    assert "Columns left over" in text or "unsure" in text


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


def test_a_document_is_no_table_to_be_mapped(folder):
    with pytest.raises(FactsError, match="no table is read"):
        proposed("name: Care pool\n", name="pool.yaml")

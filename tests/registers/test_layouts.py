"""Tables as people lay them out: each row is a partnership, or is named for what it is."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govrules.cli import main
from govrules.errors import FactsError
from govrules.registers.grids import open_grid
from govrules.registers.read import read_source
from govrules.registers.sources import Layout
from govrules.truth import UNKNOWN

MAPPING = "govrules: 1\ncolumns: { Ref: id, Partnership: name, Lead: responsible_officer, Budget: funding.annual_spend }\n"
HEADS = ["Ref", "Partnership", "Lead", "Budget"]
POOL = ["P1", "Care pool", "DASS", 250000]
ARTS = ["P2", "Arts network", "Arts", 0]
WASTE = ["P3", "Waste venture", "Waste", 4200000]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def book(*, merged=(), hidden=(), hidden_rows=(), **sheets):
    """Write a workbook of rows, with merged areas in its first sheet."""
    with xlsxwriter.Workbook("register.xlsx") as made:
        for number, (name, rows) in enumerate(sheets.items()):
            sheet = made.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
                if number == 0 and at in hidden_rows:
                    sheet.set_row(at, None, None, {"hidden": True})
            for area, text in merged if number == 0 else ():
                sheet.merge_range(area, text)
            if name in hidden:
                sheet.hide()
        # A workbook needs a first sheet that is seen.
        seen = next((each for each in made.worksheets() if each.name not in hidden), None)
        if seen is not None:
            seen.activate()
            seen.set_first_sheet()


def text(content, name="register.csv", encoding="utf-8"):
    with open(name, "wb") as file:  # noqa: PTH123 - where the test stands
        file.write(content.encode(encoding))


def read(source="register.xlsx", mapping=MAPPING):
    with open("mapping.yaml", "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        file.write(mapping)
    return read_source(source, mapping="mapping.yaml")


def names(found):
    return [each.name for each in found.subject.partnerships if each is not UNKNOWN]


# ── Rows that are no partnerships ─────────────────────────────────────────────────────────────


def test_headings_that_are_repeated_head_another_table(folder):
    title, other = ["Statutory partnerships"], ["Voluntary partnerships"]
    book(R=[title, HEADS, POOL, WASTE, [], other, HEADS, ARTS])
    found = read(mapping=MAPPING + "header: 2\n")
    assert names(found) == ["Care pool", "Waste venture", "Arts network"]
    assert found.notes == (
        (
            "register.xlsx[R]: 6 rows, 3 partnerships; 1 blank (5); 1 repeating the headings (7); "
            "1 heading a group (6); 1 row above the headings"
        ),
    )


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (["Ref", "Partnership", "Lead", "Budget"], "repeating the headings"),
        (["REF", " partnership ", "", ""], "repeating the headings"),
        (["Total", "", "", 4450000], "summing up"),
        (["", "Grand total", "", "£4,450,000"], "summing up"),
        (["Subtotal:", "", "", "4,450,000"], "summing up"),
        (["* figures are those of last year"], "of notes"),
        (["Note: outside bodies are left out"], "of notes"),
        (["", "Source: Audit committee, March 2026"], "of notes"),
        (["Key:", "Y = yes, N = no"], "of notes"),
        (["Prepared by the governance team"], "of notes"),
        (["Voluntary partnerships:"], "heading a group"),
        (["Voluntary partnerships"], "heading a group"),
    ],
)
def test_what_is_certainly_no_partnership_is_named_for_what_it_is(row, what):
    book(R=[HEADS, POOL, row, ARTS])
    found = read()
    assert names(found) == ["Care pool", "Arts network"]
    assert found.notes == (f"register.xlsx[R]: 3 rows, 2 partnerships; 1 {what} (3)",)
    assert found.warnings == ()


@pytest.mark.parametrize("name", ["Total Place", "Sum of Parts Trust", "Notes and Queries Board"])
def test_a_partnership_is_not_lost_for_its_name(name):
    book(R=[HEADS, POOL, ["P9", name, "A", 5], ARTS])
    assert names(read()) == ["Care pool", name, "Arts network"]


def test_a_name_alone_may_be_a_partnership_and_may_not(folder):
    book(R=[HEADS, POOL, ["", "Skills board"], ARTS])
    found = read()
    assert names(found) == ["Care pool", "Skills board", "Arts network"]
    assert [(each.code.title, str(each.span)) for each in found.warnings] == [
        ("row-of-one-cell", "register.xlsx[R]!B3")
    ]


def test_a_text_merged_over_the_columns_heads_a_group(folder):
    rows = [
        ["Partnership", "Lead", "Budget", "Ref"],
        ["Care pool", "A", 1, "x"],
        [],
        ["Arts", "B", 2, "y"],
    ]
    book(merged=[("A3:D3", "Culture")], R=rows)
    found = read()
    assert names(found) == ["Care pool", "Arts"]
    assert "1 heading a group (3)" in found.notes[0]


def test_a_list_of_names_alone_is_a_list_of_partnerships(folder):
    text("Partnership\nCare pool\nArts network\nWaste venture\n")
    found = read("register.csv", "govrules: 1\ncolumns: { Partnership: name }\n")
    assert names(found) == ["Care pool", "Arts network", "Waste venture"]
    assert found.warnings == ()


# ── Headings ──────────────────────────────────────────────────────────────────────────────────


def proposed(source, *arguments):
    assert main(["map", source, "--output", "proposed.yaml", "--overwrite", *arguments]) == 0
    with open("proposed.yaml", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        return file.read()


@pytest.mark.parametrize("area", ["A1:C1", "A1:D1", "A1:B1"])
def test_a_title_is_no_heading_however_far_it_is_merged(area):
    book(merged=[(area, "NORVALE COUNCIL: PARTNERSHIPS")], R=[[], HEADS, POOL, ARTS])
    said = proposed("register.xlsx")
    assert "header: 2\n" in said
    assert "  Ref: id\n" in said
    assert "NORVALE" not in said


def test_headings_over_some_columns_belong_to_those_below_them(folder):
    rows = [
        ["Register"],
        ["", "", "Money", "Money"],
        ["Ref", "Partnership", "Pooled?", "Annual budget"],
        ["P1", "Care pool", "Yes", 5],
    ]
    book(merged=[("C2:D2", "Money")], R=rows)
    said = proposed("register.xlsx")
    assert "header: 2-3\n" in said
    assert '"Money / Pooled?": funding.pooled' in said


def test_headings_may_stand_in_three_rows(folder):
    rows = [
        ["", "", "Resources", "", ""],
        ["", "", "Money", "", "Staff"],
        ["Ref", "Partnership", "Pooled?", "Annual budget", "Shared posts"],
        ["P1", "Care pool", "Yes", 5, 2],
    ]
    book(merged=[("C1:E1", "Resources"), ("C2:D2", "Money")], R=rows)
    assert "header: 1-3\n" in proposed("register.xlsx")


def test_headings_go_on_in_the_row_below_those_that_span(folder):
    rows = [
        ["Ref", "Partnership", "Lead officer", "Status", "Money", ""],
        ["", "", "", "", "Pooled?", "Annual budget"],
        ["P1", "Care pool", "A. Smith", "Active", "Yes", 5],
    ]
    book(merged=[("E1:F1", "Money")], R=rows)
    assert "header: 1-2\n" in proposed("register.xlsx")
    text(
        "Ref,Partnership,Lead officer,Status,Money,,Notes\n,,,,Pooled?,Annual budget,\nP1,Care pool,A,Active,Yes,5,x\n"
    )
    assert "header:" not in proposed("register.csv") or "header: 1-2" in proposed("register.csv")


# ── Sheets ────────────────────────────────────────────────────────────────────────────────────


def test_several_sheets_are_one_register(folder):
    # The columns of the last stand in another order, and its title pushes them down.
    place = [
        ["Place directorate"],
        ["Partnership", "Ref", "Budget", "Lead"],
        ["Waste venture", "P3", 4200000, "W"],
    ]
    book(Adults=[HEADS, POOL], Children=[HEADS, ARTS], Place=place, Notes=[["See the site"]])
    found = read(mapping=MAPPING + "table: [Adults, Children, Place]\n")
    assert names(found) == ["Care pool", "Arts network", "Waste venture"]
    waste = found.subject.partnerships[2]
    assert (waste.id, waste.funding.annual_spend) == ("P3", Decimal(4200000))
    assert waste.origin["funding.annual_spend"] == "register.xlsx[Place]!C3"
    assert waste.origin[""] == "register.xlsx[Place]!3"
    assert found.warnings == ()
    assert found.notes == (
        "register.xlsx[Adults, Children and Place]: 3 rows, 3 partnerships; 1 row above the headings",
        "register.xlsx: 1 sheet not read: `Notes`",
    )


def test_sheets_of_the_same_kind_that_are_not_read_are_said(folder):
    book(Adults=[HEADS, POOL], Children=[HEADS, ARTS], Lists=[["Yes"], ["No"]], hidden=["Lists"])
    found = read(mapping=MAPPING + "table: Adults\n")
    assert [each.code.title for each in found.warnings] == ["sheet-of-the-same-kind"]
    assert found.notes[1] == "register.xlsx: 2 sheets not read: `Children`, `Lists` (hidden)"


def test_a_proposal_reads_sheets_of_the_same_kind_together(folder):
    book(Adults=[HEADS, POOL], Children=[HEADS, ARTS], Notes=[["See the site"]])
    assert "table: [Adults, Children]" in proposed("register.xlsx")


@pytest.mark.parametrize(
    "lists",
    [[["Yes"], ["No"]], [["Guidance"], ["Yellow cells are for input"]], [HEADS, ["x", "y"]]],
)
def test_hidden_sheets_come_last(lists):
    book(Lists=lists, Register=[HEADS, POOL], hidden=["Lists"])
    assert "table: Register\n" in proposed("register.xlsx")
    assert names(read()) == ["Care pool"]


def test_rows_and_columns_that_are_hidden_are_read_and_said(folder):
    book(R=[HEADS, POOL, ARTS, WASTE], hidden_rows=[2])
    found = read()
    assert names(found) == ["Care pool", "Arts network", "Waste venture"]
    assert found.notes[1] == "register.xlsx[R]: 1 hidden row read: 3"


def test_columns_that_are_hidden_are_read_and_said(folder):
    with xlsxwriter.Workbook("register.xlsx") as made:
        sheet = made.add_worksheet("R")
        for at, row in enumerate([HEADS, POOL, ARTS]):
            sheet.write_row(at, 0, row)
        sheet.set_column("C:D", None, None, {"hidden": True})
    found = read()
    assert found.subject.partnerships[0].responsible_officer == "DASS"
    assert found.notes[1] == "register.xlsx[R]: 2 hidden columns: `Lead`, `Budget`"


# ── One partner a row ─────────────────────────────────────────────────────────────────────────

PARTNERS = MAPPING.replace(
    "Budget: funding.annual_spend", '"Partner": "partners[].name", Kind: "partners[].kind"'
)
ROWS_OF_PARTNERS = PARTNERS + "rows: partners\n"


def members(found):
    return {
        each.name: [(one.name, one.kind) for one in each.partners if one is not UNKNOWN]
        for each in found.subject.partnerships
    }


TWO = {
    "Care pool": [
        ("X Council", "unitary_council"),
        ("Y ICB", "integrated_care_board"),
        ("Z Trust", "nhs_trust"),
    ],
    "Arts": [("X Council", "unitary_council")],
}


@pytest.mark.parametrize(
    "names_of_rows",
    [
        [("P1", "Care pool"), ("", ""), ("", ""), ("P2", "Arts")],
        [("P1", "Care pool"), ("P1", "Care pool"), ("P1", "Care  Pool"), ("P2", "Arts")],
        [("P1", "Care pool"), ("", ""), ("P1", "Care pool"), ("P2", "Arts")],
    ],
)
def test_several_rows_are_one_partnership_with_its_partners(names_of_rows):
    kinds = [
        ("X Council", "Unitary council"),
        ("Y ICB", "Integrated care board"),
        ("Z Trust", "NHS trust"),
        ("X Council", "Unitary council"),
    ]
    rows = [
        (*own, "DASS" if own[0] else "", *kind)
        for own, kind in zip(names_of_rows, kinds, strict=True)
    ]
    text("Ref,Partnership,Lead,Partner,Kind\n" + "".join(",".join(row) + "\n" for row in rows))
    found = read("register.csv", ROWS_OF_PARTNERS)
    assert members(found) == TWO
    assert found.subject.partnerships[0].origin["partners[1].name"] == "register.csv:3"
    assert found.warnings == ()
    assert "4 rows of partners are 2 partnerships" in found.notes[-1]


def test_names_that_are_merged_over_several_rows_are_of_each(folder):
    rows = [
        ["Ref", "Partnership", "Lead", "Partner", "Kind"],
        ["", "", "A", "X Council", "Unitary council"],
        ["", "", "", "Y ICB", "Integrated care board"],
        ["", "", "", "Z Trust", "NHS trust"],
        ["P2", "Arts", "B", "X Council", "Unitary council"],
    ]
    book(merged=[("A2:A4", "P1"), ("B2:B4", "Care pool")], R=rows)
    assert members(read(mapping=ROWS_OF_PARTNERS)) == TWO


def test_rows_of_partners_may_stand_in_several_sheets_and_on_their_side(folder):
    heads = ["Ref", "Partnership", "Lead", "Partner", "Kind"]
    book(
        A=[
            heads,
            ["P1", "Care pool", "D", "X Council", "Unitary council"],
            ["", "", "", "Y ICB", "nonsense"],
        ],
        B=[heads, ["P2", "Arts", "A", "X Council", "Unitary council"]],
    )
    found = read(mapping=ROWS_OF_PARTNERS + "table: [A, B]\n")
    assert {key: [name for name, _ in each] for key, each in members(found).items()} == {
        "Care pool": ["X Council", "Y ICB"],
        "Arts": ["X Council"],
    }
    assert found.subject.partnerships[1].origin["partners[0].name"] == "register.xlsx[B]!D2"
    assert str(found.warnings[0].span) == "register.xlsx[A]!E3"
    rows = [
        ["Partnership", "Care pool", "", "Arts"],
        ["Partner", "X", "Y", "X"],
        ["Lead", "D", "", "A"],
    ]
    text("".join(",".join(row) + "\n" for row in rows))
    mapping = 'govrules: 1\nsideways: yes\nrows: partners\ncolumns: { Partnership: name, Partner: "partners[].name", Lead: responsible_officer }\n'
    care, arts = read("register.csv", mapping).subject.partnerships
    assert [each.name for each in care.partners if each is not UNKNOWN] == ["X", "Y"]
    assert [each.name for each in arts.partners if each is not UNKNOWN] == ["X"]


def test_rows_of_one_partnership_that_differ_are_reported(folder):
    text("Ref,Partnership,Lead,Partner,Kind\nP1,Care pool,A,X,Charity\n,,B,Y,Charity\n")
    found = read("register.csv", ROWS_OF_PARTNERS)
    [pool] = found.subject.partnerships
    assert pool.responsible_officer is UNKNOWN
    assert "rows 2 and 3 are one partnership, and differ" in found.warnings[0].message


def test_a_row_without_a_name_is_said_where_nothing_says_what_it_is(folder):
    text("Ref,Partnership,Lead,Partner,Kind\nP1,Care pool,A,X,Charity\n,,B,Y,Charity\n")
    mapping = MAPPING.replace(", Budget: funding.annual_spend", "")
    found = read("register.csv", mapping + "ignored: [Partner, Kind]\n")
    assert [each.code.title for each in found.warnings] == ["row-without-name"]


# ── Tables on their side ──────────────────────────────────────────────────────────────────────

CHECKLIST = (
    "Question,Sports Partnership,Crime Partnership,Travellers Board\n"
    "Does the partnership have agreed aims?,Yes,Yes,No\n"
    "Is a register of interests kept?,No,Yes,\n"
    'Annual budget,"£12,000","£85,000",£0\n'
)
ON_ITS_SIDE = (
    "govrules: 1\nsideways: yes\ncolumns:\n  Question: name\n  Does the partnership have agreed aims?: aims.agreed\n"
    "  Is a register of interests kept?: conflicts.register\n  Annual budget: funding.annual_spend\n"
)


def test_questions_may_run_down_and_partnerships_across(folder):
    text(CHECKLIST)
    found = read("register.csv", ON_ITS_SIDE)
    assert names(found) == ["Sports Partnership", "Crime Partnership", "Travellers Board"]
    assert [each.aims.agreed for each in found.subject.partnerships] == [True, True, False]
    sports, crime, board = found.subject.partnerships
    assert (sports.conflicts.register, crime.conflicts.register) == (False, True)
    assert board.conflicts is UNKNOWN
    assert found.subject.partnerships[1].origin["funding.annual_spend"] == "register.csv:4"
    assert found.notes == ("register.csv: 3 rows, 3 partnerships",)


def test_a_sheet_on_its_side_keeps_its_cells(folder):
    rows = [
        each.split(",")
        for each in CHECKLIST.replace('"£12,000","£85,000"', "12000,85000").splitlines()
    ]
    book(Checklist=[["Checklist of 2026"], *rows])
    found = read(mapping=ON_ITS_SIDE)
    assert (
        found.subject.partnerships[1].origin["conflicts.register"] == "register.xlsx[Checklist]!C4"
    )


def test_one_body_alone_may_answer_down_the_sheet(folder):
    text(
        "Name,Sports Partnership\nAims agreed?,Yes\nRegister of interests,No\nAnnual budget,5000\n"
    )
    said = proposed("register.csv")
    assert "sideways: yes" in said
    [sports] = read(
        "register.csv", said.replace(", unsure: yes", "").replace("  unsure: yes\n", "")
    ).subject.partnerships
    assert (sports.name, sports.conflicts.register) == ("Sports Partnership", False)


@pytest.mark.parametrize(
    "questions",
    [
        ["Are the aims published?", "Are decisions minuted?", "Who scrutinises it?"],
        ["Lead officer", "Annual budget", "Pooled budget", "Risk register"],
    ],
)
def test_a_table_on_its_side_is_proposed_as_one(questions):
    text("Requirement,Alpha,Beta\n" + "".join(f"{each},Yes,No\n" for each in questions))
    assert "sideways: yes\n" in proposed("register.csv")


# ── Text ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (
            "Ref;Partnership;Lead;Budget\nP1;Care pool;Smith, A.;250,000\nP2;Arts;Jones, B.;0\n",
            "utf-8",
        ),
        (
            "Ref\tPartnership\tLead\tBudget\nP1\tCare pool\tSmith, A.\t250,000\nP2\tArts\tB; C\t0\n",
            "utf-8",
        ),
        (
            "Ref|Partnership|Lead|Budget\nP1|Care pool|Smith, A.|250,000\nP2|Arts|B; C|0\n",
            "utf-8-sig",
        ),
        (
            "Ref\tPartnership\tLead\tBudget\nP1\tCare pool\tSmith, A.\t250,000\nP2\tArts\tB\t0\n",
            "utf-16",
        ),
        (
            'Ref,Partnership,Lead,Budget\nP1,Care pool,"Smith, A.","250,000"\nP2,Arts,B; C,0\n',
            "utf-16",
        ),
        (
            "Ref;Partnership;Lead;Budget\r\nP1;Care pool;Smith, A.;250,000\r\nP2;Arts;B;0\r\n",
            "utf-16",
        ),
    ],
)
@pytest.mark.parametrize("name", ["register.csv", "register.txt"])
def test_text_is_read_as_its_bytes_and_first_rows_say(content, encoding, name):
    text(content, name, encoding)
    found = read(name)
    assert names(found) == ["Care pool", "Arts"]
    assert found.subject.partnerships[0].funding.annual_spend == Decimal(250000)
    assert found.subject.partnerships[0].responsible_officer == "Smith, A."


def test_the_delimiter_that_the_mapping_names_counts(folder):
    text("Ref;Partnership,Lead;Budget\nP1;Care pool,A;5\n")
    found = read(
        "register.csv",
        MAPPING.replace(
            "{ Ref: id, Partnership: name, Lead: responsible_officer, Budget: funding.annual_spend }",
            '{ "Ref;Partnership": name }\ndelimiter: ","\nignored: ["Lead;Budget"]',
        ),
    )
    assert names(found) == ["P1;Care pool"]


@pytest.mark.parametrize("written", ["tab", r'"\t"', r"'\t'", '"\t"'])
def test_a_tab_may_be_written_in_a_mapping_in_any_way(folder, written):
    text("Name,Lead,Budget\tRef\nCare,pool,A\tP1\nArts,B,C\tP2\n")
    mapping = (
        f'govrules: 1\ncolumns: {{ "Name,Lead,Budget": name, Ref: id }}\ndelimiter: {written}\n'
    )
    assert names(read("register.csv", mapping)) == ["Care,pool,A", "Arts,B,C"]


# ── Nothing checked ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("register.csv", "name,status,funding.pooled\n"),
        ("register.csv", "name,status,funding.pooled\n,,\n\n"),
        ("register.yaml", "partnerships: []\n"),
        ("register.json", '{"partnerships": []}\n'),
        ("register.csv", "name,status,funding.pooled\nTotal,,5\n"),
    ],
)
def test_a_register_without_a_partnership_is_not_checked(name, content, capsys):
    text(content, name)
    assert main(["check", name]) == 3
    assert "nothing was checked" in capsys.readouterr().err
    assert main(["findings", name, "--output", "findings.csv"]) == 3


def test_headings_alone_in_a_workbook_are_no_register(folder, capsys):
    book(R=[["name", "status"]])
    assert main(["check", "register.xlsx"]) == 3
    assert "nothing was checked" in capsys.readouterr().err


# ── Machine formats ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_what_is_not_read_stands_in_the_machine_formats(form, capsys):
    book(
        Adults=[["name", "status", "Colour"], ["Care pool", "asleep", "red"], ["Total", "", 1]],
        Notes=[["x"]],
    )
    main(["check", "register.xlsx::Adults", "--format", form])
    said = capsys.readouterr().out
    found = json.loads(said if form == "json" else said.splitlines()[-1])
    assert {each["name"] for each in found["problems"]} == {"column-not-mapped", "unreadable-value"}
    places = {each["place"] for each in found["problems"]}
    assert places == {"register.xlsx[Adults]!A1", "register.xlsx[Adults]!B2"}
    assert found["notes"] == [
        "register.xlsx[Adults]: 2 rows, 1 partnership; 1 summing up (3)",
        "register.xlsx: 1 sheet not read: `Notes`",
    ]


def ods(rows, hidden=()):
    """Write an OpenDocument spreadsheet: a sheet Register, and hidden ones before it."""

    def sheet(name, its, style=""):
        body = "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
                if isinstance(cell, int)
                else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
                for cell in row
            )
            + "</table:table-row>"
            for row in its
        )
        return f'<table:table table:name="{name}"{style}>{body}</table:table>'

    names = {"office": "office", "table": "table", "text": "text", "style": "style"}
    spaces = " ".join(
        f'xmlns:{key}="urn:oasis:names:tc:opendocument:xmlns:{value}:1.0"'
        for key, value in names.items()
    )
    styles = '<style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style>'
    sheets = "".join(sheet(each, [["Yes"], ["No"]], ' table:style-name="ta1"') for each in hidden)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{sheets}{sheet('Register', rows)}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile("register.ods", "w") as packed:
        packed.writestr("mimetype", kind)
        packed.writestr("content.xml", content)
        packed.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        )


def test_an_opendocument_sheet_is_read_with_its_cells(folder):
    ods([HEADS, POOL, ["Total", "", "", 250000], ARTS], hidden=["Lists"])
    found = read("register.ods")
    assert names(found) == ["Care pool", "Arts network"]
    assert found.subject.partnerships[1].origin["id"] == "register.ods[Register]!A4"
    assert found.notes == (
        "register.ods[Register]: 3 rows, 2 partnerships; 1 summing up (3)",
        "register.ods: 1 sheet not read: `Lists` (hidden)",
    )


@pytest.mark.parametrize(
    ("heads", "row"),
    [
        (["Partnership", "Lead", "Budget", "Ref"], ["Arts network", "Arts", 0, "P2"]),
        (["Lead", "Partnership", "Ended in"], ["Arts", "Arts network", 2024]),
        (["Partnership", "Ref", "Reason"], ["Arts network", "P2", "no funds"]),
    ],
)
def test_a_table_below_with_columns_elsewhere_is_left_out_with_an_error(heads, row):
    book(R=[HEADS, POOL, WASTE, [], ["Ended"], heads, row])
    found = read()
    assert names(found) == ["Care pool", "Waste venture"]
    assert [each.code.title for each in found.problems] == ["second-table"]
    assert "2 of another table (6, 7)" in found.notes[0]
    assert found.subject.partnerships[-1] is UNKNOWN


def test_a_group_heads_a_list_of_references_and_names_too(folder):
    book(
        R=[["Ref", "Partnership"], ["P1", "Care pool"], ["Voluntary partnerships"], ["P2", "Arts"]]
    )
    mapping = "govrules: 1\ncolumns: { Ref: id, Partnership: name }\n"
    found = read(mapping=mapping)
    assert names(found) == ["Care pool", "Arts"]
    assert "1 heading a group (3)" in found.notes[0]


def test_many_names_alone_are_counted(folder):
    rows = [POOL] * 60 + [["", f"Board {at}"] for at in range(25)]
    book(R=[HEADS, *rows])
    found = [each for each in read().warnings if each.code.title == "row-of-one-cell"]
    assert len(found) == 21
    assert any(each.message.startswith("5 more names stand alone") for each in found)


def test_rows_of_partners_need_a_name_to_belong_to(folder):
    text("Lead,Partner,Kind\nA,X,Charity\nB,Y,Charity\n")
    mapping = 'govrules: 1\nrows: partners\ncolumns: { Lead: responsible_officer, Partner: "partners[].name", Kind: "partners[].kind" }\n'
    with pytest.raises(FactsError, match="no column says to which partnership a row belongs"):
        read("register.csv", mapping)
    found = read(
        "register.csv",
        mapping.replace("Lead: responsible_officer", "Lead: { fact: name, unsure: yes }"),
    )
    assert found.subject.partnerships == ()
    assert "not-confirmed" in {each.code.title for each in found.warnings}


# ── No row is lost, whatever stands in it ─────────────────────────────────────────────────────

CELLS = st.sampled_from(
    [
        "",
        "",
        "P1",
        "P7",
        "Care pool",
        "Arts",
        "Ref",
        "Partnership",
        "Lead",
        "Budget",
        "Total",
        "Grand total",
        "5",
        "£3k",
        "* note",
        "Note: x",
        "Voluntary partnerships",
        "A:",
        7,
        0,
        "y" * 95,
    ]
)


@given(written=st.text(alphabet="a1 ,;\t'\r\n\x0b\x0c\x85\u2028", min_size=1, max_size=40))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_text_without_quotes_is_read_as_csv_reads_it(folder, written):
    path = folder / "plain.csv"
    path.write_text(written, encoding="utf-8", newline="")
    rows = open_grid(str(path), Layout(delimiter=",")).rows
    assert rows == [*csv.reader(io.StringIO(written, newline=""))]


@given(rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=12), merged=st.booleans())
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_in_are_partnerships_out_and_rows_that_are_named(folder, rows, merged):
    if merged:
        book(R=[HEADS, *rows])
    else:
        table = io.StringIO()
        csv.writer(table).writerows([HEADS, *rows])
        text(table.getvalue())
    found = read("register.xlsx" if merged else "register.csv")
    tally = found.notes[0].partition(": ")[2].split("; ")
    rows_in, out = (int(each.split()[0].replace(",", "")) for each in tally[0].split(", "))
    assert out == len(names(found))
    assert rows_in == out + sum(int(each.split()[0]) for each in tally[1:])
    numbers = [
        int(one)
        for each in tally[1:]
        for one in re.findall(r"[0-9]+", each.partition("(")[2])
        if "more" not in each
    ]
    assert len({*numbers}) == len(numbers)


def test_rows_that_are_skipped_are_no_partners_either(folder):
    text("Ref,Partnership,Lead,Partner,Kind\nP1,Care pool,A,X,Charity\nP2,Ended,B,Y,Charity\n")
    found = read("register.csv", ROWS_OF_PARTNERS + "skip: [{ column: Partnership, is: Ended }]\n")
    assert names(found) == ["Care pool"]
    assert found.problems == ()

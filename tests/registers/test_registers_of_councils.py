"""
Twelve registers in the likeness of public ones, from `map` to the last cell.

Their columns are after what public pages ask for; places, bodies and figures are invented, and the
words are ours. Each row is a partnership or is named for what it is, and each cell of a column
that is read is read right, or reported.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
import xlsxwriter
import yaml

from govrules import load_rulebook
from govrules.reading import declared_by
from govrules.registers.mapping_text import mapping_text
from govrules.registers.propose import propose
from govrules.registers.read import read_source
from govrules.truth import UNKNOWN

REPORTED = object()
DECLARED = declared_by(load_rulebook())


def of(*members):
    return frozenset({*members, UNKNOWN})


def day(text):
    return dt.date.fromisoformat(text)


#: Of each register: its kind, its rows, what is merged, the facts read of each partnership by
#: path, the columns left over, and how many rows are named as no partnerships.
REGISTERS = {
    # After East Devon District Council, "Register our partnerships".
    "district": (
        "xlsx",
        [
            ["Partnership Register for the Audit Committee"],
            ["Updated: March 2026"],
            [],
            [
                "Title of the partnership",
                "Service area within the council",
                "Lead/responsible officer",
                "Objective",
                "Reporting arrangements",
                "Total annual budget",
                "Liabilities",
            ],
            [
                "Coast Trust",
                "Environment",
                "Countryside Manager",
                "Look after the coast path",
                "Scrutiny",
                "£310,000",
                "None",
            ],
            [
                "Building Control Service",
                "Planning",
                "Head of Planning",
                "Shared building control",
                "Joint committee",
                "£1.2m",
                "TUPE",
            ],
            [
                "Home Agency",
                "Housing",
                "TBC",
                "Adaptations for older people",
                "Cabinet",
                "much",
                "",
            ],
            [],
            ["* figures are of last year"],
        ],
        {"merged": [("A1:G1", "Partnership Register for the Audit Committee")]},
        {
            "name": ["Coast Trust", "Building Control Service", "Home Agency"],
            "responsible_officer": ["Countryside Manager", "Head of Planning", UNKNOWN],
            "objective": [
                "Look after the coast path",
                "Shared building control",
                "Adaptations for older people",
            ],
            "funding.annual_spend": [Decimal(310000), Decimal(1200000), REPORTED],
        },
        ["Service area within the council", "Reporting arrangements", "Liabilities"],
        1,
    ),
    # After Manchester City Council, "Register of Significant Partnerships".
    "city": (
        "xlsx",
        [
            [
                "Ref",
                "Partnership name",
                "SMT lead",
                "Link officer",
                "Executive Member",
                "Legal status",
                "Governance rating",
                "Date of last review",
            ],
            ["Growth and Development"],
            [
                "SP1",
                "City Airport Holdings",
                "Treasurer",
                "A. Shah",
                "Cllr Green",
                "Company limited by shares",
                "Substantial",
                dt.date(2025, 11, 3),
            ],
            [
                "SP2",
                "Central Land LLP",
                "Growth Director",
                "",
                "Cllr Price",
                "LLP",
                "Reasonable",
                dt.date(2025, 6, 30),
            ],
            ["Children"],
            [
                "SP3",
                "Safeguarding Partnership",
                "DCS",
                "B. Okoro",
                "Cllr Price",
                "Statutory body",
                "Limited",
                "tbc",
            ],
        ],
        {},
        {
            "id": ["SP1", "SP2", "SP3"],
            "name": ["City Airport Holdings", "Central Land LLP", "Safeguarding Partnership"],
            "responsible_officer": ["Treasurer", "Growth Director", "DCS"],
            "legal_form": [
                "company_limited_by_shares",
                "limited_liability_partnership",
                "statutory_body",
            ],
            "own_rating": ["Substantial", "Reasonable", "Limited"],
            "reviewed": [day("2025-11-03"), day("2025-06-30"), UNKNOWN],
        },
        ["Link officer", "Executive Member"],
        2,
    ),
    # After North Norfolk District Council, "Partnership Framework", draft register.
    "framework": (
        "csv",
        [
            [
                "Partnership name",
                "Lead officer",
                "Partners",
                "Statutory / Voluntary",
                "Our contribution £",
                "Total budget £",
                "Agreement in place (Y/N)",
                "Exit strategy Y/N",
            ],
            [
                "Wellbeing Board",
                "Health Officer",
                "County Council; Norvale ICB",
                "Statutory",
                "5000",
                "20,000",
                "N",
                "N",
            ],
            [
                "Coast Partnership",
                "Coastal Manager",
                "Rivers Agency; Great Staithe Council",
                "Voluntary",
                "90k",
                "360000",
                "Y",
                "Y",
            ],
            [
                "Youth Board",
                "Community Officer",
                "County Council",
                "Voluntary",
                "in kind",
                "n/a",
                "?",
                "N",
            ],
            ["Total", "", "", "", "95000", "380000", "", ""],
        ],
        {},
        {
            "name": ["Wellbeing Board", "Coast Partnership", "Youth Board"],
            "partners[0].name": ["County Council", "Rivers Agency", "County Council"],
            "nature": [of("statutory"), of("voluntary"), of("voluntary")],
            "value.cost": [Decimal(5000), Decimal(90000), REPORTED],
            "funding.annual_spend": [Decimal(20000), Decimal(360000), UNKNOWN],
        },
        ["Exit strategy Y/N"],
        1,
    ),
    # After the Northern Ireland template for partnerships of a department.
    "department": (
        "csv",
        [
            [
                "Title of Partnership",
                "Contact name",
                "Geographical area",
                "Aim",
                "Total funding",
                "Defined lifespan",
            ],
            ["Rural Transport", "C. Doherty", "West", "Lifts to clinics", "£40,000", "Yes"],
            ["Peace Forum", "M. Reilly", "North ward", "Shared spaces", "£15,500", "No"],
        ],
        {},
        {
            "name": ["Rural Transport", "Peace Forum"],
            "area": ["West", "North ward"],
            "objective": ["Lifts to clinics", "Shared spaces"],
            "funding.annual_spend": [Decimal(40000), Decimal(15500)],
        },
        ["Contact name", "Defined lifespan"],
        0,
    ),
    # After the planning template of the Better Care Fund, its sheet of expenditure.
    "pooled": (
        "xlsx",
        [
            ["Planning template", "", "", "", "", ""],
            ["", "", "", "Planned expenditure", "", ""],
            ["Scheme ID", "Scheme Name", "Host", "Expenditure (£)", "Pooled?", "Source of Funding"],
            [1, "Reablement", "Norvale Council", 2350000, "Yes", "Minimum"],
            [2, "Equipment", "Norvale ICB", "£1,480,000", "Yes", "Additional"],
            [3, "Carers", "Norvale Council", "TBC", "No", "Minimum"],
            ["", "Total", "", 3830000, "", ""],
        ],
        {"merged": [("D2:F2", "Planned expenditure")]},
        {
            "name": ["Reablement", "Equipment", "Carers"],
            "pool.host": ["Norvale Council", "Norvale ICB", "Norvale Council"],
            "funding.annual_spend": [Decimal(2350000), Decimal(1480000), UNKNOWN],
            "funding.pooled": [True, True, False],
        },
        ["Scheme ID", "Planned expenditure / Source of Funding"],
        1,
    ),
    # After registers of joint committees and shared services, a sheet for each directorate.
    "directorates": (
        "xlsx",
        {
            "Adults": [
                ["Partnership", "Lead officer", "Annual budget"],
                ["Care pool", "DASS", 21400000],
            ],
            "Children": [
                ["Partnership", "Lead officer", "Annual budget"],
                ["Send board", "DCS", 0],
                ["Nursery group", "DCS", "£9k"],
            ],
            "Place": [
                ["Place"],
                ["Lead officer", "Partnership", "Annual budget"],
                ["Waste", "Waste venture", 4200000],
            ],
        },
        {},
        {
            "name": ["Care pool", "Send board", "Nursery group", "Waste venture"],
            "responsible_officer": ["DASS", "DCS", "DCS", "Waste"],
            "funding.annual_spend": [
                Decimal(21400000),
                Decimal(0),
                Decimal(9000),
                Decimal(4200000),
            ],
        },
        [],
        0,
    ),
    # After statutory and voluntary partnerships listed one table below the other.
    "stacked": (
        "xlsx",
        [
            ["Statutory partnerships"],
            ["Ref", "Partnership", "Lead officer", "Start date"],
            ["S1", "Safer Norvale", "Director", dt.date(2004, 4, 1)],
            [],
            ["Voluntary partnerships"],
            ["Ref", "Partnership", "Lead officer", "Start date"],
            ["V1", "Arts network", "Arts Officer", dt.date(2019, 9, 1)],
            ["V2", "Food network", "", "spring"],
        ],
        {},
        {
            "id": ["S1", "V1", "V2"],
            "name": ["Safer Norvale", "Arts network", "Food network"],
            "started": [day("2004-04-01"), day("2019-09-01"), REPORTED],
        },
        [],
        2,
    ),
    # After registers that give each member body a row, the name written once.
    "members": (
        "xlsx",
        [
            ["Partnership", "Lead officer", "Partner organisation", "Type of organisation"],
            ["Care pool", "DASS", "Norvale Council", "Unitary council"],
            ["", "", "Norvale ICB", "ICB"],
            ["", "", "Helping Hands", "Charity"],
            ["Skills board", "Economy", "Norvale College", "University"],
        ],
        {"merged": [("A2:A4", "Care pool"), ("B2:B4", "DASS")]},
        {
            "name": ["Care pool", "Skills board"],
            "responsible_officer": ["DASS", "Economy"],
            "partners[0].name": ["Norvale Council", "Norvale College"],
        },
        [],
        0,
    ),
    # After a self-assessment of governance: questions down, partnerships across.
    "self-assessment": (
        "csv",
        [
            ["Question", "Sports Partnership", "Crime Partnership", "Travellers Board"],
            ["Aims agreed?", "Yes", "Yes", "No"],
            ["Register of interests?", "Yes", "Don't know", "No"],
            ["Are decisions minuted?", "Yes", "TBC", "Yes"],
            ["Annual budget", "£12,000", "£85,000", "£0"],
            ["Score /5", "3", "4", "1"],
        ],
        {},
        {
            "name": ["Sports Partnership", "Crime Partnership", "Travellers Board"],
            "aims.agreed": [True, True, False],
            "conflicts.register": [True, UNKNOWN, False],
            "decisions.minuted": [True, UNKNOWN, True],
            "funding.annual_spend": [Decimal(12000), Decimal(85000), Decimal(0)],
        },
        ["Score /5"],
        0,
    ),
    # After Darlington Borough Council, annual review of significant partnerships.
    "annual review": (
        "utf-16",
        [
            [
                "Ref",
                "Partnership",
                "Lead officer",
                "Risk register",
                "Complaints",
                "Last reviewed",
                "Remedial action",
            ],
            [
                "1",
                "Stronger Communities Board",
                "D. Hall",
                "Joint",
                "Single procedure",
                "31/03/2025",
                "None",
            ],
            [
                "2",
                "Voluntary Sector Group",
                "E. Lunn",
                "Nowhere",
                "Each body alone",
                "28/02/2025",
                "Agree aims",
            ],
        ],
        {},
        {
            "name": ["Stronger Communities Board", "Voluntary Sector Group"],
            "risk.register": ["joint", "nowhere"],
            "public.complaints": ["single_procedure", "each_body_alone"],
            "reviewed": [day("2025-03-31"), day("2025-02-28")],
        },
        ["Remedial action"],
        0,
    ),
    # After Cheshire West and Chester Council, significant partnerships, as a continental export.
    "semicolons": (
        "semicolons",
        [
            ["Partnership", "Significant?", "Accountable body", "Purpose", "Expiry date"],
            ["Growth Board", "Yes", "Norvale Council", "Jobs, homes, roads", "31.03.2027"],
            ["Canal Trust", "No", "Trust, Canal & Lakes", "Boats, banks", "15.06.2028"],
        ],
        {},
        {
            "name": ["Growth Board", "Canal Trust"],
            "accountability.accountable_body": ["Norvale Council", "Trust, Canal & Lakes"],
            "objective": ["Jobs, homes, roads", "Boats, banks"],
            "governing_document.expires": [day("2027-03-31"), day("2028-06-15")],
        },
        [],
        0,
    ),
    # After registers of outside bodies, with guidance hidden before and lists after.
    "outside bodies": (
        "xlsx",
        {
            "Guidance": [["Guidance"], ["Yellow cells are for input"]],
            "Register": [
                ["", "", "Governance", "", "Money", ""],
                [
                    "Name of body",
                    "Council lead",
                    "Governing document",
                    "Legally binding?",
                    "Guarantees (£)",
                    "Internal audit",
                ],
                ["Leisure Trust", "Leisure Client", "Trust deed", "Y", 250000, "Y"],
                ["Crematorium", "Head of Law", "Constitution", "N", "nil", "N"],
            ],
            "Lists": [["Yes"], ["No"]],
        },
        {
            "merged": [("C1:D1", "Governance"), ("E1:F1", "Money")],
            "of": "Register",
            "hidden": ["Guidance"],
        },
        {
            "name": ["Leisure Trust", "Crematorium"],
            "responsible_officer": ["Leisure Client", "Head of Law"],
            "governing_document.kind": ["trust_deed", "constitution"],
            "governing_document.legally_binding": [True, False],
            "assurance.internal_audit": [True, False],
            "funding.guarantees": [Decimal(250000), Decimal(0)],
        },
        [],
        0,
    ),
}


def lay(kind, rows, how):
    """Write a register as its kind says, and return its name."""
    if kind == "xlsx":
        sheets = rows if isinstance(rows, dict) else {"Register": rows}
        with xlsxwriter.Workbook("register.xlsx", {"default_date_format": "dd/mm/yyyy"}) as book:
            for name, its in sheets.items():
                sheet = book.add_worksheet(name)
                for at, row in enumerate(its):
                    sheet.write_row(at, 0, row)
                if name == how.get("of", name) and name not in how.get("hidden", ()):
                    for area, text in how.get("merged", ()):
                        sheet.merge_range(area, text)
                if name in how.get("hidden", ()):
                    sheet.hide()
            seen = next(
                each for each in book.worksheets() if each.name not in how.get("hidden", ())
            )
            seen.activate()
            seen.set_first_sheet()
        return "register.xlsx"
    table = io.StringIO()
    mark = {"semicolons": ";", "utf-16": "\t"}.get(kind, ",")
    csv.writer(table, delimiter=mark).writerows(rows)
    with open("register.csv", "wb") as file:  # noqa: PTH123 - where the test stands
        file.write(table.getvalue().encode("utf-16" if kind == "utf-16" else "utf-8"))
    return "register.csv"


def value(record, path):
    for part in path.split("."):
        name, _, index = part.partition("[")
        if record is UNKNOWN or record is None:
            return record
        record = getattr(record, name)
        if index and record is not UNKNOWN:
            record = record[int(index.rstrip("]"))]
    return record


@pytest.mark.parametrize("name", REGISTERS)
def test_every_row_and_cell_is_read_right_or_named(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kind, rows, how, facts, left, aside = REGISTERS[name]
    file = lay(kind, rows, how)
    text = mapping_text(propose(file, DECLARED))
    confirmed = text.replace(", unsure: yes", "").replace("unsure: yes\n", "")
    with open("mapping.yaml", "w", encoding="utf-8") as made:  # noqa: PTH123 - likewise
        made.write(confirmed)
    read = read_source(file, mapping="mapping.yaml", rulebook=load_rulebook())
    found = read.subject.partnerships
    assert len(found) == len(facts["name"]), text
    places = set()
    for path, wanted in facts.items():
        for each, one in zip(found, wanted, strict=True):
            if one is REPORTED:
                assert value(each, path) is UNKNOWN
                places.add(each.origin[path])
            else:
                assert value(each, path) == one, (path, text)
    # What is reported is what was expected to be, and nothing else.
    reported = {str(each.span) for each in read.warnings if each.code.title == "unreadable-value"}
    assert reported == places
    not_mapped = [each.message for each in read.warnings if each.code.title == "column-not-mapped"]
    named = {each for message in not_mapped for each in message.split("`")[1::2]}
    assert named == {*left}
    [tally] = [each for each in read.notes if f", {len(found)} partnership" in each]
    whole = int(tally.rpartition(": ")[0] and tally.partition(": ")[2].split()[0])
    blank = 1 if " blank" in tally else 0
    assert whole == len(found) + blank + aside
    assert read.problems == ()
    assert yaml.safe_load(text)["govrules"] == 1

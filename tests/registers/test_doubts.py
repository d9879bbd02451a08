"""What is doubtful in tables: it is said, and never read as if it were certain."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from decimal import Decimal
from operator import attrgetter

import attrs
import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter

from govrules import Partnership, Register, assess, load_rulebook, to_data
from govrules.cli import main
from govrules.decode.names import fold_body
from govrules.diagnostics import Code, Place, Span, read_place
from govrules.engines.columns import to_batches
from govrules.portfolio import assess_register
from govrules.reading import declared_by
from govrules.registers.propose import propose
from govrules.registers.read import read_register, read_source
from govrules.truth import UNKNOWN


@pytest.fixture
def table(tmp_path):
    def lay(text, mapping="", name="register.csv"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        if not mapping:
            return read_source(path)
        (tmp_path / "mapping.yaml").write_text(f"govrules: 1\n{mapping}", "utf-8")
        return read_source(path, mapping=tmp_path / "mapping.yaml")

    return lay


def codes(read):
    return [each.code for each in (*read.warnings, *read.problems)]


def names(entry):
    return [each if each is UNKNOWN else each.name for each in entry.partners]


# ── One body ──


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Eastshire Council", "EASTSHIRE  COUNCIL"),
        ("Smith & Sons", "Smith and Sons"),
        ("Care Homes Ltd", "Care Homes Limited"),
        ("Care Homes Ltd.", "Care Homes"),
        ("Caf\u00e9 Trust", "Cafe\u0301 Trust"),
        ("St Mary's Trust", "St Mary\u2019s Trust"),
        ("Stoke-on-the-Hill", "Stoke\u2013on\u2013the\u2013Hill"),
    ],
)
def test_one_body_is_one_however_it_is_spelt(one, other):
    assert fold_body(one) == fold_body(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Eastshire Council", "Westshire Council"), ("Limited", "Ltd Council"), ("A1", "A2")],
)
def test_two_bodies_are_two(one, other):
    assert fold_body(one) != fold_body(other)


def test_a_body_in_two_columns_counts_once_with_all_that_is_known(table):
    read = table(
        "name,partners[0].name,partners[0].independent,partners[1].name,partners[1].kind,"
        "partners[2].name\n"
        "A,Smith & Sons,yes,SMITH AND SONS,charity,Third\nB,One,,Two,,None\n"
    )
    assert Code.PARTNER_TWICE in codes(read)
    one, two = read.subject.partnerships
    assert names(one) == ["Smith & Sons", "Third", UNKNOWN]
    assert (one.partners[0].independent, one.partners[0].kind) == (True, "charity")
    assert one.origin["partners[1].name"].endswith(":2")
    assert names(two) == ["One", "Two", UNKNOWN]


def test_a_body_twice_in_a_cell_counts_once(table):
    mapping = 'columns: { name: name, who: { fact: "partners[].name", separator: ";" } }\n'
    read = table('name,who\nA,"One; Two;ONE"\n', mapping)
    assert names(read.subject.partnerships[0]) == ["One", "Two", UNKNOWN]
    assert codes(read) == [Code.PARTNER_TWICE]


def test_what_two_records_of_one_body_contradict_each_other_in_is_unknown(tmp_path):
    path = tmp_path / "entry.yaml"
    path.write_text(
        "govrules: 1\npartners:\n"
        "  - { name: One, independent: yes, kind: charity }\n"
        "  - { name: Two }\n"
        "  - { name: ONE, independent: no }\n"
    )
    one, two = read_source(path).subject.partners
    assert (one.independent, one.kind, two.name) == (UNKNOWN, "charity", "Two")


def test_a_body_twice_on_a_line_counts_once(tmp_path):
    path = tmp_path / "register.jsonl"
    twice = [{"name": "One", "kind": "charity"}, {"name": "Two"}, {"name": "ONE"}]
    path.write_text(
        "\n".join(json.dumps({"name": each, "partners": twice}) for each in "AB"), "utf-8"
    )
    read = read_source(path)
    assert [names(each) for each in read.subject.partnerships] == [["One", "Two"]] * 2
    assert codes(read) == [Code.PARTNER_TWICE] * 2


def workbook(path, sheets):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)


@pytest.mark.parametrize(
    ("name", "key", "joined"),
    [
        ("Health & Care Board", "Health and Care Board", True),
        ("Stoke-on-the-Hill Forum", "STOKE\u2013ON\u2013THE\u2013HILL  FORUM", True),
        ("Caf\u00e9 Trust Ltd", "Cafe\u0301 Trust", True),
        ("Care Pool", "Care Pools", False),
        # References are compared as they stand: each of these may be two.
        ("A1.1", "A11", False),
        ("P9", "P 9", False),
        ("7", "007", False),
    ],
)
def test_rows_of_another_sheet_join_by_name_however_it_is_spelt(tmp_path, name, key, joined):
    path = tmp_path / "register.xlsx"
    sheets = {"All": [("Name",), (name,), ("Other",)], "Who": [("For", "Body"), (key, "X")]}
    workbook(path, sheets)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "govrules: 1\ntable: All\ncolumns: { Name: name }\nlists: { partners: { table: Who, "
        "key: For, joins: Name, columns: { Body: name } } }\n"
    )
    read = read_source(path, mapping=mapping)
    entry = read.subject.partnerships[0]
    assert (entry.partners is not UNKNOWN and names(entry) == ["X", UNKNOWN]) == joined
    [told] = [*read.warnings, *read.problems]
    assert told.code is (Code.TWO_SPELLINGS if joined else Code.ROW_WITHOUT_PARTNERSHIP)
    assert (told.span.line, told.span.column) == (2, 1)


def test_rows_of_one_partnership_in_two_spellings_are_one(table):
    mapping = 'rows: partners\ncolumns: { Name: name, Who: "partners[].name" }\n'
    read = table("Name,Who\nHealth & Care,One\nOther,Two\nHealth and care,Three\n", mapping)
    one, _ = read.subject.partnerships
    assert (one.name, names(one)) == ("Health & Care", ["One", "Three", UNKNOWN])
    assert codes(read) == [Code.TWO_SPELLINGS]


# ── Several in a cell ──


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("One; Two", ["One", "Two", UNKNOWN]),
        ("One;Two\nThree", ["One", "Two", "Three", UNKNOWN]),
        ("Housing, Health and Care Trust; Two", ["Housing, Health and Care Trust", "Two", UNKNOWN]),
        ("One, Two, Three", None),
        ("One; Two, Three, Four", None),
        ("One | Two", None),
        ("One, Two", None),
        ("One; Two | Three", None),
        ("One / Two", None),
        ("One; Two + Three", None),
        ("\u2022 One \u2022 Two", None),
        ("Health/Care Board; Two", ["Health/Care Board", "Two", UNKNOWN]),
    ],
)
def test_several_bodies_are_never_one_with_a_long_name(table, cell, found):
    mapping = 'columns: { name: name, who: { fact: "partners[].name", separator: ";" } }\n'
    # Two further columns, so that a line break in the cell swallows no row.
    read = table(f'name,who,x,y\nA,"{cell}",,\n', mapping + "ignored: [x, y]\n")
    entry = read.subject.partnerships[0]
    if found is None:
        assert entry.partners is UNKNOWN
        assert Code.UNREADABLE_VALUE in codes(read)
    else:
        assert names(entry) == found
        assert not codes(read)


@pytest.mark.parametrize("cell", ["One; Two", "One | Two", "One\nTwo", "One / Two"])
def test_a_cell_for_one_body_that_names_several_is_told(table, cell):
    read = table(f'name,partners[0].name,id,area\nA,"{cell}",,\n')
    assert read.subject.partnerships[0].partners is UNKNOWN
    assert codes(read) == [Code.UNREADABLE_VALUE]


# ── Rows, headings and values ──


def test_rows_that_a_quote_swallowed_are_named(table):
    read = table('id,name,funding.pooled\nA,"Alpha,yes\nB,Beta",yes\nC,Gamma,no\n')
    assert codes(read) == [Code.SUSPECT_CELL]
    known, rest = read.subject.partnerships
    assert (known.id, rest) == ("C", UNKNOWN)


@pytest.mark.parametrize("name", ["One\nTwo", "One, and\nmore"])
def test_a_line_break_alone_swallows_nothing(table, name):
    read = table(f'id,name,objective,area\nA,B,"{name}",\n')
    assert not codes(read)


@pytest.mark.parametrize(
    ("heading", "meant"),
    [("reviewd", "reviewed"), ("funding.anual_spend", "funding.annual_spend")],
)
def test_a_misspelt_heading_is_said_with_what_it_may_mean(table, heading, meant):
    read = table(f"name,{heading}\nA,x\n")
    [told] = read.warnings
    assert (told.code, told.help) == (Code.COLUMN_NOT_MAPPED, f"did you mean `{meant}`?")


@pytest.mark.parametrize(
    ("fact", "values", "meant"),
    [
        ("governing_document", "Yes: yes, No: none", "`yes`, `none` or `unknown`"),
        ("partners", "No: none", "`none` or `unknown`"),
    ],
)
def test_a_word_of_a_whole_record_that_is_not_explained_need_not_mean_none(
    table, fact, values, meant
):
    mapping = f"columns: {{ name: name, Seen: {{ fact: {fact}, values: {{ {values} }} }} }}\n"
    text = "name,Seen\nA,No\nB,Draft\n"
    read = table(text, mapping)
    none, draft = (getattr(each, fact) for each in read.subject.partnerships)
    assert none in (None, ())
    assert draft is UNKNOWN
    [told] = read.warnings
    assert told.help == f"say under `values` of the column what `Draft` means: {meant}"
    assert not table(text, mapping.replace("No: none", "No: none, Draft: unknown")).warnings


def test_a_stream_is_read_once_and_whole():
    flat = pa.table({"name": ["A", "B"], "funding.pooled": [1, 0]})
    laid_out = pa.table({"name": ["A", "B"], "funding": [{"pooled": True}, {"pooled": False}]})
    for each in (flat, laid_out):
        stream = pa.RecordBatchReader.from_batches(each.schema, each.to_batches())
        entries = read_register(stream).partnerships
        assert [(one.name, one.funding.pooled) for one in entries] == [("A", True), ("B", False)]


def test_a_value_that_does_not_fit_its_column_costs_that_value(tmp_path):
    path = tmp_path / "register.parquet"
    entries = pa.table(
        {
            "name": ["A", "B"],
            "status": ["actve", "active"],
            "funding": [{"pooled": True, "annual_spend": 1.5}, {"pooled": False}],
        }
    )
    pyarrow.parquet.write_table(entries, path)
    read = read_source(path)
    one, two = read.subject.partnerships
    assert (one.status, two.status) == (UNKNOWN, "active")
    assert one.funding.annual_spend == Decimal("1.5")
    assert [(each.code, each.span.line) for each in read.warnings] == [(Code.UNREADABLE_VALUE, 1)]


@pytest.mark.parametrize("share", ["33.3333", "33.333333", "33.3333333333"])
def test_a_third_stops_no_findings(tmp_path, capsys, share):
    path = tmp_path / "register.csv"
    heads = "id,name,funding.pooled,protocol,partners[0].name,partners[0].voting_share"
    path.write_text(f"{heads}\nA,A,yes,none,X,{share}\nB,B,yes,none,Y,50\n")
    out = tmp_path / "findings.csv"
    assert main(["findings", str(path), "--as-of", "2026-03-31", "--output", str(out)]) == 1
    told = "partners[0].voting_share" in capsys.readouterr().err
    assert told == (len(share) > 9)
    assert out.exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [("empty.csv", "id,name\n"), ("empty.yaml", "govrules: 1\npartnerships: []\n")],
)
def test_an_empty_register_is_nothing_checked(tmp_path, capsys, name, text):
    path = tmp_path / name
    path.write_text(text)
    assert main(["check", str(path), "--as-of", "2026-03-31"]) == 3
    assert "no partnership was read" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["2.14E7", "1.0E7", "1e-05", "2.14e+07"])
@pytest.mark.parametrize("name", ["entry.json", "entries.jsonl"])
def test_a_number_of_json_is_that_number(tmp_path, name, value):
    path = tmp_path / name
    path.write_text(f'{{"name": "A", "funding": {{"annual_spend": {value}}}}}')
    read = read_source(path)
    entry = read.subject if name == "entry.json" else read.subject.partnerships[0]
    assert entry.funding.annual_spend == Decimal(value)
    assert not codes(read)


@pytest.mark.parametrize("word", ["TBC", "n/a", "?", "not known", "\u2014"])
@pytest.mark.parametrize("path", ["funding.spending_authority", "funding.annual_spend", "reviewed"])
def test_a_placeholder_is_unknown_in_every_format(tmp_path, path, word):
    files = {
        "a.yaml": f'{path}: "{word}"\n',
        "b.json": json.dumps({path: word}),
        "c.jsonl": json.dumps({"name": "A", path: word}),
        "d.csv": f"name,{path}\nA,{word}\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
        read = read_source(tmp_path / name)
        entry = read.subject if name[0] in "ab" else read.subject.partnerships[0]
        value = entry
        for part in path.split("."):
            value = value if value is UNKNOWN else getattr(value, part)
        assert value is UNKNOWN
        assert codes(read) == [Code.PLACEHOLDER], name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "name: A\nfunding: { pooled: null, annual_spend: ~ }\nreviewed:\n"),
        ("b.json", '{"name": "A", "funding": {"pooled": null, "annual_spend": null}}'),
        ("c.jsonl", '{"name": "A", "funding": {"pooled": null}}\n{"name": "B", "reviewed": null}'),
        ("d.jsonl", '{"name": "A", "funding.pooled": null}\n{"name": "TBC", "reviewed": null}'),
    ],
)
def test_null_is_unknown_and_noted_once_a_file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    read = read_source(path)
    assert read.notes == (
        f"{path}: 2 facts are `null`, and so unknown: write `none` where there is none",
    )
    entry = read.subject.partnerships[0] if name[0] in "cd" else read.subject
    assert entry.funding is UNKNOWN or entry.funding.pooled is UNKNOWN


@pytest.mark.parametrize("column", ["reviewed", "scrutiny.last", "value.assessed"])
def test_a_date_of_something_done_that_lies_ahead_is_told(tmp_path, capsys, column):
    path = tmp_path / "register.csv"
    path.write_text(f"id,name,{column}\nA,A,2027-04-01\nB,B,2026-03-31\n")
    main(["check", str(path), "--as-of", "2026-03-31"])
    told = [line for line in capsys.readouterr().err.splitlines() if "GR609" in line]
    assert len(told) == 1
    assert ":2: warning: GR609" in told[0].replace(":2:1:", ":2:")


@pytest.mark.parametrize(
    "entries",
    ["name: A\nreviewed: 2027-04-01\n", "partnerships: [{ name: A, reviewed: 2027-04-01 }]\n"],
)
def test_programs_are_told_what_is_read_otherwise_than_recorded(tmp_path, capsys, entries):
    path = tmp_path / "facts.yaml"
    path.write_text(f"govrules: 1\n{entries}")
    main(["check", str(path), "--as-of", "2026-03-31", "--format", "json"])
    [told] = json.loads(capsys.readouterr().out)["problems"]
    assert (told["code"], told["warning"]) == ("GR609", True)
    subject, rulebook = read_source(path).subject, load_rulebook()
    judge = assess_register if isinstance(subject, Register) else assess
    found = judge(subject, rulebook, as_of=dt.date(2026, 3, 31))
    assert [each.code for each in found.warnings] == [Code.DATE_AHEAD]
    assert to_data(found)["problems"] == [told]


def test_programs_are_told_what_is_wrong_with_a_register(tmp_path, capsys):
    path = tmp_path / "facts.yaml"
    path.write_text("govrules: 1\npartnerships: [{ id: A, name: A }, { id: a, name: B }]\n")
    assert main(["check", str(path), "--as-of", "2026-03-31", "--format", "json"]) == 2
    told = json.loads(capsys.readouterr().out)["problems"]
    assert [each["name"] for each in told if not each["warning"]] == ["duplicate-entry"]


def test_the_place_of_each_spelling_has_its_column():
    place = Place(Span("a.yaml", 10, 15, 3))
    assert place == "a.yaml:10"
    assert read_place(place).column == 15
    assert pickle.loads(pickle.dumps(place)) == place


# ── Columns that are laid out as facts ──


def laid_out(path, rows):
    """Write rows as columns of facts, and return the path."""
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


DISORDERLY = [
    {
        "id": "A",
        "name": "Care pool",
        "responsible_officer": "TBC",
        "reviewed": "2027-04-01",
        "status": "asleep",
        "protocol": {"agreed": "yes", "signed": None},
        "funding": {"pooled": 1, "annual_spend": 33.333},
        "partners": [{"name": "One"}, {"name": "Two"}, {"name": "ONE", "independent": True}],
    },
    {
        "id": "B",
        "name": "Forum",
        "responsible_officer": "none",
        "reviewed": "none",
        "status": "active",
        "protocol": None,
        "funding": {"pooled": 0, "annual_spend": 5.0},
        "partners": None,
    },
]


def test_what_columns_cannot_say_is_told_by_row_and_fact(tmp_path):
    read = read_source(laid_out(tmp_path / "register.parquet", DISORDERLY))
    one, two = read.subject.partnerships
    assert (one.responsible_officer, two.responsible_officer) == (UNKNOWN, None)
    assert (one.reviewed, two.reviewed) == (dt.date(2027, 4, 1), None)
    assert (one.status, two.status) == (UNKNOWN, "active")
    assert (one.protocol.agreed, two.protocol) == (True, UNKNOWN)
    assert (one.funding.pooled, two.funding.pooled) == (True, False)
    # Objects keep every digit.
    assert (one.funding.annual_spend, two.funding.annual_spend) == (Decimal("33.333"), 5)
    assert [(each.name, each.independent) for each in one.partners] == [
        ("One", True),
        ("Two", UNKNOWN),
    ]
    told = {each.code: (each.span.line, each.message) for each in read.warnings}
    assert told.keys() == {
        Code.PLACEHOLDER,
        Code.UNREADABLE_VALUE,
        Code.PARTNER_TWICE,
        Code.COLUMN_NOT_MAPPED,
    }
    assert {line for line, _ in told.values()} == {0, 1}
    assert told[Code.COLUMN_NOT_MAPPED][1].endswith("1 column: `protocol.signed`")
    assert told[Code.PARTNER_TWICE][1] == "`ONE` stands twice in `partners`: it counts once"


def test_findings_say_what_check_says_of_disorderly_columns(tmp_path, capsys):
    path = laid_out(tmp_path / "register.parquet", DISORDERLY)
    out = tmp_path / "findings.jsonl"
    main(["findings", str(path), "--as-of", "2026-03-31", "--output", str(out)])
    told = capsys.readouterr().err
    for code in ("GR601", "GR608", "GR609", "GR610", "GR708"):
        assert code in told, code
    # A column keeps pence, and what it does not keep is told, and unknown.
    assert "`33.333` has more digits than a column keeps" in told
    found = [json.loads(line) for line in out.read_text().splitlines()]
    entries = read_source(path).subject.partnerships
    book = load_rulebook()
    for entry in entries:
        rounded = attrs.evolve(entry, funding=attrs.evolve(entry.funding, annual_spend=UNKNOWN))
        kept = rounded if entry.id == "A" else entry
        expected = assess(kept, book, as_of=dt.date(2026, 3, 31)).findings
        assert [
            (each["rule"], each["verdict"], each["severity"])
            for each in found
            if each["subject"] == entry.id
        ] == [
            (each.rule.id, each.verdict.value, each.severity and each.severity.value)
            for each in expected
        ]


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("funding.pooled", [1, 0, None], [True, False, UNKNOWN]),
        ("funding.pooled", [1, 0, 7], [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("funding.pooled", ["Y", "n", "maybe"], [True, False, UNKNOWN]),
        ("funding.annual_spend", [5, -1, 10**16], [5, UNKNOWN, UNKNOWN]),
        ("funding.annual_spend", [float("nan"), 2.5, 1e6], [UNKNOWN, Decimal("2.5"), 10**6]),
        ("funding.annual_spend", ["£1.2m", "nil", "none"], [1_200_000, 0, None]),
        ("funding.annual_spend", [True, False, None], [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("funding.traced_share", [100, 101, 33.3], [100, UNKNOWN, Decimal("33.3")]),
        ("funding.spending_authority", ["Board", "yes", "\u2013"], ["Board", UNKNOWN, UNKNOWN]),
        ("funding.spending_authority", [7, 8, None], ["7", "8", UNKNOWN]),
        ("funding.spending_authority", [b"Board", b"n/a", None], ["Board", UNKNOWN, UNKNOWN]),
        ("funding.spending_authority", [["Board"], None, []], [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("value.cost_covers", [{"a": 1}, None], [UNKNOWN, UNKNOWN]),
        ("value.cost_covers", ["TBC", None], [UNKNOWN, UNKNOWN]),
    ],
)
def test_a_column_of_any_type_is_read_or_told(tmp_path, column, values, found):
    head, _, name = column.partition(".")
    table = pa.Table.from_pylist(
        [{"id": str(at), head: {name: each}} for at, each in enumerate(values)]
    )
    path = tmp_path / "register.parquet"
    pyarrow.parquet.write_table(table, path)
    read = read_source(path)
    entries = [attrgetter(column)(each) for each in read.subject.partnerships]
    assert entries == found
    assert [type(each) is bool for each in entries] == [type(each) is bool for each in found]
    silent = all(each is UNKNOWN or each is None or each != each for each in values)  # noqa: PLR0124
    lost = sum(
        one is UNKNOWN and other is not None and other == other  # noqa: PLR0124
        for one, other in zip(found, values, strict=True)
    )
    assert bool(read.warnings) == (lost > 0) or silent


@pytest.mark.parametrize("rows", [25, 60])
def test_of_many_bad_values_some_are_named_and_the_others_counted(tmp_path, rows):
    entries = [{"id": str(at), "funding": {"pooled": f"perhaps {at}"}} for at in range(rows)]
    read = read_source(laid_out(tmp_path / "register.parquet", entries))
    assert len(read.warnings) == 21
    assert f"{rows - 20} more values are so" in read.warnings[-1].message


def test_what_columns_say_is_none_is_none_in_findings_too(tmp_path):
    entries = [Partnership(id="A", reviewed=None, responsible_officer=None)]
    path = tmp_path / "register.parquet"
    book = load_rulebook()
    pyarrow.parquet.write_table(pa.Table.from_batches(to_batches(entries, Partnership, book)), path)
    out = tmp_path / "findings.jsonl"
    main(["findings", str(path), "--as-of", "2026-03-31", "--output", str(out)])
    found = {
        each["rule"]: each["verdict"] for each in map(json.loads, out.read_text().splitlines())
    }
    expected = assess(entries[0], book, as_of=dt.date(2026, 3, 31)).findings
    assert {each.rule.id: each.verdict.value for each in expected}.items() <= found.items()


@pytest.mark.parametrize("fact", ["reviewed", "scrutiny.last", "governing_document.signed"])
def test_findings_and_watch_tell_of_dates_ahead(tmp_path, capsys, fact):
    path = tmp_path / "register.yaml"
    path.write_text(f"govrules: 1\npartnerships:\n  - {{ id: A, {fact}: 2027-04-01 }}\n")
    out = str(tmp_path / "findings.csv")
    main(["findings", str(path), "--as-of", "2026-03-31", "--output", out])
    assert capsys.readouterr().err.count("GR609") == 1
    main(["watch", str(path), "--as-of", "2026-03-31", "--seconds", "0"])
    assert capsys.readouterr().err.count("GR609") == 1


# ── More of kinds that trials showed ──


@pytest.mark.parametrize(
    ("text", "left", "kept"),
    [
        ('id,name,area\nA,"Alpha,x\nB,Beta,y\nC,Gamma",z\nD,Delta,x\n', [2], ["D"]),
        ('id;name;area\nA;"Alpha;x\nB;Beta";y\nC;Gamma;z\n', [2], ["C"]),
        ('id\tname\tarea\nA\tAlpha\tx\nB\t"Beta\ty\nC\tGamma"\tz\n', [3], ["A"]),
        ('id,name,area\nA,Alpha,"x\nB,Beta,y\nC,Gamma,z"\n', [2], []),
    ],
)
def test_a_quote_that_swallows_rows_costs_them_and_is_named(table, text, left, kept):
    read = table(text)
    suspect = [each for each in read.problems if each.code is Code.SUSPECT_CELL]
    assert [each.span.line for each in suspect] == left
    entries = [each for each in read.subject.partnerships if each is not UNKNOWN]
    assert [each.id for each in entries] == kept


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        (
            "a.yaml",
            (
                "govrules: 1\npartnerships:\n  - { id: A, partners: [{ name: St Mary's }] }\n"
                "  - { id: B, partners: [{ name: St-Marys }] }\n"
            ),
            ((4, 33), "a.yaml:3:33"),
        ),
        (
            "a.yaml",
            (
                "govrules: 1\npartnerships:\n  - id: A\n    partners:\n      - name: Care Co\n"
                "  - id: B\n    partners:\n      - name: Careco\n"
            ),
            ((8, 15), "a.yaml:5:15"),
        ),
        (
            "a.csv",
            "id,partners[0].name,partners[1].name\nA,Care Co,\nB,One,Care-Co-\nC,,Careco\n",
            ((3, 1), "a.csv:2"),
        ),
        (
            "a.json",
            (
                '{"partnerships": [{"id": "A", "partners": [{"name": "Care Co"}]},\n'
                '{"id": "B", "partners": [{"name": "Careco"}]}]}'
            ),
            ((2, 35), "a.json:1:53"),
        ),
    ],
)
def test_each_spelling_of_a_partner_is_told_with_its_place(
    tmp_path, monkeypatch, name, text, places
):
    here, there = places
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text)
    register = read_source(name).subject
    found = [
        each
        for each in assess_register(register, load_rulebook(), as_of=dt.date(2026, 3, 31)).problems
        if each.code is Code.TWO_SPELLINGS
    ]
    assert (found[0].span.line, found[0].span.column) == here
    assert there in found[0].message


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ("Partnership,Risk,High,Low", ["Forum,Managers,X,", "Forum,Funding,,X", "Board,Staff,X,"]),
        ("Partnership,Action,Due", ["Care,Meet,May", "Care,Write,June", "Care,Act,July"]),
        ("Name,KPI,Target", ["Arts,Visits,9", "Arts,Income,8", "Waste,Tonnes,7"]),
        ("Ref,Partnership,Risk", ["1,Forum,A", "2,Forum,B", "3,Board,C"]),
    ],
)
def test_a_row_that_is_less_than_a_partnership_is_said_first(tmp_path, columns, rows):
    path = tmp_path / "register.csv"
    path.write_text("\n".join([columns, *rows]) + "\n")
    first = propose(str(path), declared_by(load_rulebook())).notes[0]
    assert "a row may not be one partnership" in first

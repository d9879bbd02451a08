"""One register in every format is one register, and each fact knows where it stands."""

from __future__ import annotations

import csv
import json
import pickle
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from govrules import UNKNOWN, FactsError, assess_register, load_rulebook, read_register, read_text
from govrules.diagnostics import read_place
from govrules.model import Partnership
from govrules.nodes import Report
from govrules.parsing import parse
from govrules.portfolio import entries_of
from govrules.registers import json_lines
from govrules.registers.read import read_source
from govrules.subjects import Declared, SubjectReader
from govrules.vocabulary import Choice, Choices, Record, Records, YesNo, vocabulary_of

COLUMNS = {
    "id": ["P1", "P2", "P3"],
    "name": ["Care pool", "Waste venture", None],
    "funding.pooled": [True, False, None],
    "funding.annual_spend": [21400000, 9300000, 5],
    "reviewed": ["2024-03-31", None, "2025-01-02"],
    "partners[0].name": ["Eastshire Council", None, "Westvale Council"],
    "partners[1].name": ["Eastshire ICB", "Northmoor Council", None],
    "partners[1].kind": ["integrated_care_board", None, None],
}
ROWS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]


def write_csv(path):
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, [*COLUMNS])
        writer.writeheader()
        yes_no = {True: "yes", False: "no"}
        writer.writerows(
            {key: yes_no[value] if isinstance(value, bool) else value for key, value in row.items()}
            for row in ROWS
        )


def write_xlsx(path):
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("All")
    sheet.write_row(0, 0, [*COLUMNS])
    for number, row in enumerate(ROWS, 1):
        sheet.write_row(number, 0, list(row.values()))
    book.close()


def nested(row):
    found = {key: value for key, value in row.items() if not key.startswith("partners")}
    partners = [
        {"name": row["partners[0].name"]},
        {"name": row["partners[1].name"], "kind": row["partners[1].kind"]},
    ]
    found["partners"] = [each for each in partners if each["name"]] + ["unknown"]
    return found


def write_duckdb(path):
    with duckdb.connect(str(path)) as connection:
        table = pa.table(COLUMNS)
        connection.register("given", table)
        connection.execute("create table partnerships as select * from given")


WRITERS = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "parquet": lambda path: pyarrow.parquet.write_table(pa.table(COLUMNS), path),
    "arrow": lambda path: pyarrow.feather.write_feather(pa.table(COLUMNS), path),
    "duckdb": write_duckdb,
    "jsonl": lambda path: path.write_text("\n".join(json.dumps(nested(row)) for row in ROWS)),
    "json": lambda path: path.write_text(json.dumps({"partnerships": [*map(nested, ROWS)]})),
    "yaml": lambda path: path.write_text(
        json.dumps({"partnerships": [*map(nested, ROWS)]}).replace('"unknown"', "unknown")
    ),
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(suffix):
        path = tmp_path / f"register.{suffix}"
        WRITERS[suffix](path)
        return path.name

    return write


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_register_is_the_same_in_every_format(written, suffix):
    pool, waste, third = read_register(written(suffix)).partnerships
    assert (pool.id, waste.name, third.name) == ("P1", "Waste venture", UNKNOWN)
    assert [each.funding.pooled for each in (pool, waste, third)] == [True, False, UNKNOWN]
    assert pool.funding.annual_spend == Decimal(21400000)
    assert waste.reviewed is UNKNOWN
    assert [each.name for each in pool.partners[:-1]] == ["Eastshire Council", "Eastshire ICB"]
    assert pool.partners[1].kind == "integrated_care_board"
    assert [each.name for each in waste.partners[:-1]] == ["Northmoor Council"]
    assert pool.partners[-1] is UNKNOWN
    assert third == read_register(written("yaml")).partnerships[2]


@pytest.mark.parametrize(
    ("suffix", "row", "spend", "partner"),
    [
        ("csv", "register.csv:3", "register.csv:3", "register.csv:3"),
        ("xlsx", "register.xlsx[All]!3", "register.xlsx[All]!D3", "register.xlsx[All]!G3"),
        ("parquet", "register.parquet:2", "register.parquet:2", "register.parquet:2"),
        ("duckdb", "register.duckdb:2", "register.duckdb:2", "register.duckdb:2"),
    ],
)
def test_each_fact_knows_its_place(written, suffix, row, spend, partner):
    _, waste, _ = read_register(written(suffix)).partnerships
    assert waste.origin[""] == row
    assert waste.origin["funding.annual_spend"] == spend
    # The first partner of this row stands in the second group of columns.
    assert waste.origin["partners[0].name"] == partner
    assert "partners[1].name" not in waste.origin
    assert set(waste.origin) >= {"", "id", "partners[0].name"}
    assert all(str(read_place(each)) == each for each in waste.origin.values())


def test_a_line_is_the_place_of_its_facts(written):
    _, waste, _ = read_register(written("jsonl")).partnerships
    assert dict(waste.origin) == {"": "register.jsonl:2"}


def test_a_register_of_rows_is_assessed_like_any_other(written):
    rulebook = load_rulebook()
    found = [
        [
            [(each.rule.id, each.verdict, each.severity) for each in entry.findings]
            for entry in assess_register(read_register(written(suffix)), rulebook).entries
        ]
        for suffix in ("yaml", "csv", "xlsx", "duckdb", "jsonl")
    ]
    assert all(each == found[0] for each in found)


def test_the_table_of_a_database_is_named_after_two_colons(tmp_path):
    path = tmp_path / "all.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table old as select 'Gone' as name")
        connection.execute("create table current as select 'Care pool' as name")
    for source, table in ((f"{path}::current", ""), (path, "current")):
        [pool] = read_register(source, table=table).partnerships
        assert pool.name == "Care pool"
        assert pool.origin["name"] == f"{path}::current::current:1".replace("::current::", "::")


def test_a_table_of_a_database_in_another_schema_is_named_with_it(tmp_path):
    path = tmp_path / "all.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute('create schema "of care"')
        connection.execute("""create table "of care".pools as select 'Care pool' as name""")
    assert read_register(path).partnerships[0].name == "Care pool"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table pools as select 'Other pool' as name")
    for table, name in (("pools", "Other pool"), ("of care.pools", "Care pool")):
        assert read_register(path, table=table).partnerships[0].name == name
    with pytest.raises(FactsError, match=r"`pools`, `of care\.pools`"):
        read_register(path)


def test_a_table_in_memory_is_read_with_a_mapping(tmp_path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("govrules: 1\nregister: { name: Mine }\ncolumns: { Partnership: name }\n")
    register = read_register(pa.table({"Partnership": ["Care pool"]}), mapping=mapping)
    assert register.name == "Mine"
    assert register.partnerships[0].name == "Care pool"


def test_rows_that_had_to_be_left_out_leave_the_list_open(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("name\nCare pool\nWaste,too many\n")
    read = read_source(path)
    assert len(read.problems) == 1
    assert read.subject.partnerships[-1] is UNKNOWN
    assert len(entries_of(read.subject)) == 1
    with pytest.raises(FactsError):
        read_register(path)


def test_json_rows_with_other_keys_are_a_table(tmp_path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "govrules: 1\ncolumns: { Partnership: name, money.pooled: funding.pooled }\n"
    )
    for name, text in (
        ("a.jsonl", '{"Partnership": "A", "money": {"pooled": true}}\n\n{"Partnership": "B"}\n'),
        ("a.json", '[\n{"Partnership": "A", "money": {"pooled": true}},\n\n{"Partnership": "B"}]'),
    ):
        (tmp_path / name).write_text(text)
        first, second = read_register(tmp_path / name, mapping=mapping).partnerships
        assert (first.name, first.funding.pooled, second.name) == ("A", True, "B")
        assert first.origin["name"].endswith(":1" if name == "a.jsonl" else ":2")
        assert second.origin["name"].endswith(":3" if name == "a.jsonl" else ":4")


def test_lines_in_cells_do_not_move_the_numbers_of_rows(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text('name,area\n"Care\npool",x\nWaste,y\n')
    first, second = read_register(path).partnerships
    assert first.name == "Care pool"
    assert [first.origin[""], second.origin[""]] == [f"{path}:2", f"{path}:4"]


def test_a_pack_s_own_and_derived_facts_are_columns_too(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("name,risk_tier\nCare pool,high\nWaste,\n")
    first, second = read_register(path, rulebook=load_rulebook()).partnerships
    assert first.stated == {"risk_tier": "high"}
    assert second.stated == {}


def test_what_one_column_holds_changes_nothing_of_another():
    table = pa.table(
        {"name": [True], "objective": [1], "area": [1.0], "responsible_officer": ["1"]}
    )
    [read] = read_register(table).partnerships
    texts = (read.name, read.objective, read.area, read.responsible_officer)
    assert texts == (UNKNOWN, "1", "1", "1")


def test_a_cell_that_cannot_be_read_is_named_in_each_of_its_columns(tmp_path):
    path = tmp_path / "register.csv"
    path.write_text("name,reviewed,scrutiny.last\nA,2024-02-30,2024-02-30\nB,,2024-02-30\n")
    read = read_source(path)
    named = [(each.span.line, each.message.split("(")[1]) for each in read.warnings]
    reviewed = "`reviewed`, column `reviewed`)"
    last = "`scrutiny.last`, column `scrutiny.last`)"
    assert named == [(2, reviewed), (2, last), (3, last)]
    assert [each.reviewed for each in read.subject.partnerships] == [UNKNOWN, UNKNOWN]


# ── Lines that are well written are read as the careful reader reads them ─────────────────────


def values_of(fact_type, depth=0):
    odd = st.sampled_from(
        [None, "", "unknown", "none", "NONE", 0, 1, True, "x", [], {}, ["unknown"]]
    )
    match fact_type:
        case YesNo():
            good = st.sampled_from([True, False, "yes", "No", " true "])
        case Choice(values):
            good = st.sampled_from(values)
        case Choices(values):
            good = st.lists(st.sampled_from([*values, "unknown", None]), max_size=3)
        case Record(cls):
            good = objects(cls, depth + 1)
        case Records(cls):
            good = st.lists(objects(cls, depth + 1) | st.just("unknown"), max_size=2)
        case _:
            good = st.sampled_from(
                ["2024-03-31", "12 months", 7, 7.5, 1e30, -1, "£4,000", "text", " none ", "7.0"]
            )
    return st.one_of(good, good, good, odd)


def objects(cls, depth=0):
    fields = vocabulary_of(cls).fields
    if depth > 2:
        return st.just({})
    names = st.lists(st.sampled_from([*fields]), max_size=3, unique=True)
    return names.flatmap(
        lambda chosen: st.fixed_dictionaries(
            {name: values_of(fields[name].type, depth) for name in chosen}
        )
    )


def test_what_is_well_written_is_read_quickly():
    texts = [json.dumps(nested(row)) for row in ROWS]
    quick = json_lines.QuickReader(Partnership).read(texts, [{"": "x.jsonl:1"}] * len(texts))
    assert [each.id for each in quick] == COLUMNS["id"]
    assert quick[0].origin == {"": "x.jsonl:1"}


def read_with_care(line):
    report = Report("x.jsonl", line)
    reader = SubjectReader(report, Declared())
    return reader.read_entry(parse(line, report, quoted=False), Partnership), report.diagnostics


def read_quickly(texts):
    """Return what is read without care; None where something is odd."""
    try:
        return json_lines.QuickReader(Partnership).read(texts, [{}] * len(texts))
    except json_lines._OddError:
        return None


@given(st.lists(objects(Partnership), min_size=1, max_size=4))
def test_quick_and_careful_reading_agree(facts):
    texts = [json.dumps(each) for each in facts]
    alone = [read_quickly([text]) for text in texts]
    for quick, text in zip(alone, texts, strict=True):
        if quick is not None:
            assert (quick[0], []) == read_with_care(text)
    together = None if None in alone else [each for [each] in alone]
    # What was read of one line changes nothing of another.
    assert repr(read_quickly(texts)) == repr(together)


@pytest.mark.parametrize(
    "odd",
    [
        '{"name": "B", "name": "C"}',
        '{"name": "B", "name" : "C"}',
        '{"name": "B: or not", "funding": {"pooled": true, "pooled"\t: true}}',
        '{"name": "\\":", "funding.pooled": true, "area": "B", "area": "B"}',
        '{"name": "B"} {"name": "C"}',
        '{"name": "B"},',
        "[]",
    ],
)
@pytest.mark.parametrize("at", range(4))
def test_of_many_lines_the_one_that_is_odd_is_left_out(tmp_path, monkeypatch, odd, at):
    monkeypatch.chdir(tmp_path)
    written = [json.dumps({"name": name, "area": ":"}) for name in ("A", "D", "E")]
    written.insert(at, odd)
    (tmp_path / "register.jsonl").write_text("\n".join(written))
    read = read_source("register.jsonl")
    [problem] = read.problems
    assert str(problem.span) == f"register.jsonl:{at + 1}"
    *known, unknown = read.subject.partnerships
    assert [each.name for each in known] == ["A", "D", "E"]
    assert unknown is UNKNOWN


def test_numbers_stay_as_they_were_written(tmp_path):
    path = tmp_path / "register.jsonl"
    shares = ["7", "7.0", "7.00", '"7"']
    path.write_text("\n".join(f'{{"funding.traced_share": {each}}}' for each in shares))
    partnerships = read_register(path).partnerships
    assert [str(each.funding.traced_share) for each in partnerships] == ["7", "7.0", "7.00", "7"]


def test_one_is_yes_by_the_type_of_the_fact_and_two_is_not(tmp_path):
    path = tmp_path / "register.jsonl"
    path.write_text('{"funding.pooled": true}\n{"funding.pooled": 1}\n{"funding.pooled": 2}\n')
    read = read_source(path)
    assert [each.span.line for each in read.warnings] == [3]
    pooled = [each.funding.pooled for each in read.subject.partnerships]
    assert pooled == [True, True, UNKNOWN]


@pytest.mark.parametrize("name", [" a", "a  b", "a\nb ", "\t=1", " ", "none ", "N/A "])
def test_space_in_the_quotes_of_a_line_is_kept_as_that_of_a_file_is(tmp_path, name):
    path = tmp_path / "register.jsonl"
    path.write_text(json.dumps({"id": "a", "name": name}) + '\n{"id": "b", "name": "B"}')
    alone = read_text(json.dumps({"id": "a", "name": name}), rulebook=load_rulebook())
    assert read_source(path).subject.partnerships[0].name == alone.subject.name


def test_an_entry_is_pickled_without_its_table(tmp_path):
    rulebook = load_rulebook()

    def first_of(rows):
        path = tmp_path / f"{rows}.csv"
        path.write_text("id,name,funding.pooled\n" + "P1,Care pool,yes\n" * rows)
        return entries_of(read_source(path, rulebook=rulebook).subject)[0]

    short, long = first_of(2), first_of(2000)
    again = pickle.loads(pickle.dumps(long))
    assert again == long
    assert {**again.origin} == {**long.origin} != {}
    assert len(pickle.dumps(long)) <= len(pickle.dumps(short)) + 200

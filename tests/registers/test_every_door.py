"""One value written by hand is one fact, through whichever format it comes."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
import xlsxwriter
from pyarrow import feather
from pyarrow import parquet as pq

from govrules import (
    UNKNOWN,
    FactsError,
    LiveRegister,
    Partnership,
    load_rulebook,
    read,
    read_register,
)
from govrules.registers.read import read_source

pd = pytest.importorskip("pandas")

BOOK = load_rulebook()
DAY = dt.date(2026, 3, 31)
#: Nothing is read, and the whole document or event is refused, which says so.
REFUSED = "refused"
#: What is written, of which fact, and what it is: unknown and told where it says no value.
VALUES = [
    ("responsible_officer", "Head of Care", "Head of Care"),
    ("responsible_officer", "TBC", UNKNOWN),
    ("responsible_officer", " n/a ", UNKNOWN),
    ("responsible_officer", "not  known", UNKNOWN),
    ("responsible_officer", "\u2014", UNKNOWN),
    ("responsible_officer", "Don\u2019t know", UNKNOWN),
    ("responsible_officer", "nil", UNKNOWN),
    ("responsible_officer", "yes", UNKNOWN),
    ("responsible_officer", "FALSE", UNKNOWN),
    ("responsible_officer", "none", None),
    ("funding.spending_authority", "tba", UNKNOWN),
    ("funding.spending_authority", "None", None),
    ("funding.spending_authority", "Cabinet", "Cabinet"),
    ("funding.pooled", "Y", True),
    ("funding.pooled", "no", False),
    ("funding.pooled", "none", False),
    ("funding.pooled", "TBC", UNKNOWN),
    ("funding.pooled", "maybe", UNKNOWN),
    ("funding.pooled", "1", True),
    ("funding.annual_spend", "\u00a31.2m", Decimal(1_200_000)),
    ("funding.annual_spend", "2.14E7", Decimal(21_400_000)),
    ("funding.annual_spend", "250,000", Decimal(250_000)),
    ("funding.annual_spend", "nil", Decimal(0)),
    ("funding.annual_spend", "none", None),
    ("funding.annual_spend", "TBC", UNKNOWN),
    ("funding.annual_spend", "\u00a31m-\u00a35m", UNKNOWN),
    ("funding.annual_spend", "lots", UNKNOWN),
    ("funding.annual_spend", "-5", UNKNOWN),
    ("reviewed", "2024-03-31", dt.date(2024, 3, 31)),
    ("reviewed", "31 March 2024", dt.date(2024, 3, 31)),
    ("reviewed", "03/04/2024", UNKNOWN),
    ("reviewed", "2024", UNKNOWN),
    ("reviewed", "n/k", UNKNOWN),
    ("reviewed", "none", None),
    ("status", "active", "active"),
    ("status", "Active", "active"),
    ("status", "asleep", UNKNOWN),
    ("status", "?", UNKNOWN),
    ("legal_form", "Joint committee", "joint_committee"),
    ("partners[0].name", "TBC", UNKNOWN),
    ("partners[0].name", "Eastshire Council", "Eastshire Council"),
    ("partners[0].kind", "County council", "county_council"),
    ("partners[0].kind", "n/a", UNKNOWN),
    ("partners[0].voting_share", "33.3", Decimal("33.3")),
    ("partners[0].voting_share", "101", UNKNOWN),
    ("partners[0].independent", "y", True),
]
#: Where a document is refused for a value that is none, and not only told.
STRICT = {"yaml", "json", "event"}


def nested(path, value):
    """Return an entry as a document holds it."""
    if path.startswith("partners[0]."):
        return {"partners": [{"name": "Beside", path.partition(".")[2]: value}]}
    for part in reversed(path.split(".")):
        value = {part: value}
    return value


def columns(path, value):
    """Return an entry as columns that are laid out as facts: beside others, so that they are."""
    entry = {"id": "P1", "oversight": {"board": True}, **nested(path, value)}
    kinds = pa.array([entry]).type
    return pa.Table.from_arrays(pa.array([entry], kinds).flatten(), [each.name for each in kinds])


def as_document(folder, path, value):
    file = folder / "register.yaml"
    head, dot, tail = path.partition("[0].")
    # As a person writes it, who quotes only what begins like something else.
    text = f'"{value}"' if value == "?" else value
    lines = [f"{head}:", "  - name: Beside", f"    {tail}: {text}"] if dot else [f"{path}: {text}"]
    if tail == "name":
        del lines[1]
        lines[1] = f"  - name: {text}"
    file.write_text("\n".join(["govrules: 1", "id: P1", *lines, ""]), "utf-8")
    return read_source(file)


def as_json(folder, path, value):
    file = folder / "register.json"
    file.write_text(json.dumps({"id": "P1", **nested(path, value)}))
    return read_source(file)


def as_lines(folder, path, value):
    file = folder / "register.jsonl"
    file.write_text(json.dumps({"id": "P1", **nested(path, value)}))
    return read_source(file)


def as_cells(folder, path, value):
    file = folder / "register.csv"
    file.write_text(f'id,{path}\nP1,"{value}"\n', "utf-8")
    return read_source(file)


def as_workbook(folder, path, value):
    file = folder / "register.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", path])
        sheet.write_row(1, 0, ["P1", value])
    return read_source(file)


def as_flat_parquet(folder, path, value):
    file = folder / "flat.parquet"
    pq.write_table(pa.table({"id": ["P1"], path: [value]}), file)
    return read_source(file)


def as_parquet(folder, path, value):
    file = folder / "register.parquet"
    pq.write_table(columns(path, value), file)
    return read_source(file)


def as_arrow(folder, path, value):
    file = folder / "register.arrow"
    feather.write_feather(columns(path, value), file)
    return read_source(file)


def as_duckdb(folder, path, value):
    as_parquet(folder, path, value)
    file = folder / "register.duckdb"
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as database:
        database.from_parquet(str(folder / "register.parquet")).create("register")
    return read_source(file)


def as_mapping(_, path, value):
    return read({"id": "P1", **nested(path, value)})


def as_mappings(_, path, value):
    return read([{"id": "P1", **nested(path, value)}])


FILES = {
    "mapping": as_mapping,
    "mappings": as_mappings,
    "yaml": as_document,
    "json": as_json,
    "lines": as_lines,
    "cells": as_cells,
    "workbook": as_workbook,
    "flat parquet": as_flat_parquet,
    "parquet": as_parquet,
    "arrow": as_arrow,
    "duckdb": as_duckdb,
}


def as_pandas(path, value):
    return read_register(columns(path, value).to_pandas(types_mapper=pd.ArrowDtype))


def as_flat_pandas(path, value):
    return read_register(pd.DataFrame({"id": ["P1"], path: [value]}))


def as_stream(path, value):
    table = columns(path, value)
    return read_register(pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))


def as_polars(path, value):
    import polars  # noqa: ICN001, PLC0415 - it may not be installed

    return read_register(polars.from_arrow(columns(path, value)))


FRAMES = {"pandas": as_pandas, "flat pandas": as_flat_pandas, "stream": as_stream}
if importlib.util.find_spec("polars"):
    FRAMES["polars"] = as_polars


def as_event(path, value):
    live = LiveRegister(BOOK, as_of=DAY, engine="reference")
    live.put(Partnership(id="P1"))
    if path.startswith("partners"):
        facts = {"partners": nested(path, value)["partners"]}
    else:
        facts = {path: value}
    applied = live.change("P1", facts)
    return live.register().partnerships[0], applied.warnings


def at(record, path):
    for part in path.replace("[0]", ".0").split("."):
        if record is UNKNOWN or record is None or record == ():
            return UNKNOWN
        if part == "0":
            known = [each for each in record if each is not UNKNOWN]
            record = known[0] if known else UNKNOWN
        else:
            record = getattr(record, part)
    return record


def said(subject):
    return subject.partnerships[0] if hasattr(subject, "partnerships") else subject


def held(found, path, value, expected):
    kept = at(found, path)
    assert kept == expected, value
    assert (kept is True or kept is False) == isinstance(expected, bool), value


@pytest.mark.parametrize("door", FILES)
def test_files_say_the_same_of_every_value(tmp_path, door):
    for path, value, expected in VALUES:
        try:
            found = FILES[door](tmp_path, path, value)
        except FactsError:
            assert door in STRICT, (door, value)
            assert expected is UNKNOWN, (door, value)
            continue
        assert not found.problems, (door, value)
        held(said(found.subject), path, (door, value), expected)
        told = {each.code.title for each in found.warnings} - {"row-without-name"}
        assert bool(told) == (expected is UNKNOWN), (door, path, value, told)


@pytest.mark.parametrize("door", FRAMES)
def test_frames_say_the_same_of_every_value(door):
    for path, value, expected in VALUES:
        held(said(FRAMES[door](path, value)), path, (door, value), expected)


def test_events_say_the_same_of_every_value():
    for path, value, expected in VALUES:
        try:
            found, warnings = as_event(path, value)
        except FactsError:
            assert expected is UNKNOWN, value
            continue
        held(found, path, value, expected)
        assert bool(warnings) == (expected is UNKNOWN), (path, value)


TWICE = [
    {"name": "Smith & Sons", "kind": "charity"},
    {"name": "Third"},
    {"name": "SMITH AND SONS", "independent": True},
]


def test_a_body_listed_twice_counts_once_in_every_format(tmp_path):
    entry = {"id": "P1", "partners": TWICE}
    (tmp_path / "a.json").write_text(json.dumps({**entry, "partners": TWICE}))
    (tmp_path / "a.yaml").write_text(f"govrules: 1\npartners: {json.dumps(TWICE)}\n")
    (tmp_path / "a.jsonl").write_text(json.dumps(entry))
    table = pa.Table.from_pylist([entry, {"id": "P2", "partners": TWICE[:2]}])
    pq.write_table(table, tmp_path / "a.parquet")
    feather.write_feather(table, tmp_path / "a.arrow")
    rows = [
        "id",
        *(f"partners[{at}].{name}" for at in range(3) for name in ("name", "kind", "independent")),
    ]
    cells = ["P1", "Smith & Sons", "charity", "", "Third", "", "", "SMITH AND SONS", "", "yes"]
    (tmp_path / "a.csv").write_text(",".join(rows) + "\n" + ",".join(cells) + "\n")
    for name in ("a.json", "a.yaml", "a.jsonl", "a.parquet", "a.arrow", "a.csv"):
        whole = read_source(tmp_path / name)
        found = said(whole.subject).partners
        known = [each for each in found if each is not UNKNOWN]
        assert [each.name for each in known] == ["Smith & Sons", "Third"], name
        assert (known[0].kind, known[0].independent) == ("charity", True), name
        assert [each.code.title for each in whole.warnings].count("partner-twice") == 1, name
    live = LiveRegister(BOOK, as_of=DAY, engine="reference")
    live.put(Partnership(id="P1"))
    warnings = live.change("P1", {"partners": TWICE}).warnings
    assert [each.code.title for each in warnings] == ["partner-twice"]
    assert len(live.register().partnerships[0].partners) == 2


#: Five times two bodies: each is counted once, and every further time is told.
SPELT = [
    "Eastshire Council",
    "Hope Trust Ltd",
    "EASTSHIRE COUNCIL",
    "Hope Trust",
    "Eastshire council",
]
LISTED = {"id": "P1", "name": "Care pool"}
LAID = """
govrules: 1
table: All
columns: { id: id, name: name }
lists: { partners: { table: Who, key: of, joins: id, columns: { body: name, kind: kind } } }
"""


def repeated(folder):
    """Yield every way to list one body several times, and the mapping that it needs."""
    records = {**LISTED, "partners": [{"name": each} for each in SPELT]}
    (folder / "a.json").write_text(json.dumps({"partnerships": [records]}))
    (folder / "a.yaml").write_text(json.dumps({"partnerships": [records]}))
    (folder / "a.jsonl").write_text(f"{json.dumps(records)}\n")
    parquet = pa.Table.from_pylist([records])
    pq.write_table(parquet, folder / "a.parquet")
    feather.write_feather(parquet, folder / "a.arrow")
    yield from ((folder / f"a.{each}", None) for each in ("json", "yaml", "jsonl"))
    yield from ((folder / f"a.{each}", None) for each in ("parquet", "arrow"))
    across = {**LISTED} | {f"partners[{at}].name": each for at, each in enumerate(SPELT)}
    cells = folder / "across.csv"
    cells.write_text(f"{','.join(across)}\n{','.join(across.values())}\n")
    yield cells, None
    of_cells = folder / "cells.yaml"
    of_cells.write_text(
        'govrules: 1\ncolumns: { id: id, name: name, who: { fact: "partners[].name", '
        'separator: ";" } }\n'
    )
    whole = {**LISTED, "who": "; ".join(SPELT)}
    (folder / "cell.csv").write_text(f"{','.join(whole)}\n{','.join(whole.values())}\n")
    (folder / "cell.json").write_text(json.dumps([{**LISTED, "who": SPELT}]))
    (folder / "cell.jsonl").write_text(json.dumps({**LISTED, "who": SPELT}))
    pq.write_table(pa.Table.from_pylist([{**LISTED, "who": SPELT}]), folder / "cell.parquet")
    yield from ((each, of_cells) for each in sorted(folder.glob("cell.*")))
    of_rows = folder / "rows.yaml"
    of_rows.write_text(
        'govrules: 1\nrows: partners\ncolumns: { id: id, name: name, who: "partners[].name" }\n'
    )
    rows = [[*LISTED.values(), SPELT[0]], *(["", "", each] for each in SPELT[1:])]
    (folder / "rows.csv").write_text("\n".join(map(",".join, [["id", "name", "who"], *rows])))
    with xlsxwriter.Workbook(folder / "rows.xlsx") as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([["id", "name", "who"], *rows]):
            sheet.write_row(at, 0, row)
    yield from ((folder / each, of_rows) for each in ("rows.csv", "rows.xlsx"))
    of_sheets = folder / "sheets.yaml"
    of_sheets.write_text(LAID)
    with xlsxwriter.Workbook(folder / "sheets.xlsx") as book:
        for name, its in (
            ("All", [[*LISTED], [*LISTED.values()]]),
            ("Who", [["of", "body", "kind"], *(["P1", each, ""] for each in SPELT)]),
        ):
            sheet = book.add_worksheet(name)
            for at, row in enumerate(its):
                sheet.write_row(at, 0, row)
    yield folder / "sheets.xlsx", of_sheets


def test_every_repetition_of_a_body_is_told_and_none_counts(tmp_path):
    for path, mapping in repeated(tmp_path):
        whole = read_source(path, mapping=mapping)
        known = [each for each in said(whole.subject).partners if each is not UNKNOWN]
        assert [each.name for each in known] == SPELT[:2], path.name
        told = [each for each in whole.warnings if each.code.title == "partner-twice"]
        assert len(told) == 3, path.name
        assert {each.message.split("`")[1] for each in told} == {*SPELT[2:]}, path.name
        assert not whole.problems, path.name
